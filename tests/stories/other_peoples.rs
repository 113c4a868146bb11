//! What belongs to somebody else: every path with an id, every caller, ids that are there and ids that are not. The two are answered alike.
//!
//! The routes come from the description of the API: one that no rule is written for makes the test fail.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_tests::web::{Line, Reply};
use interoffice_tests::{Office, card, import, linked};
use serde_json::{Value, json};

/// What a path names, and so who may learn that it is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Thing {
    /// A record. Nobody learns of one that is hidden.
    Record,
    /// A record whose name, and who has it, is told while the office takes requests (decision 0012).
    NamedRecord,
    /// A link, known to those whom it links and to administrators.
    Link,
    /// A request for access, known to who made it and to who answers.
    Request,
    /// What administrators alone do, whatever it names.
    Admins,
    /// What a user alone does, or an administrator.
    Own,
    /// Users, groups, roles and other offices: everybody of the office may know of them.
    Known,
}

use Thing::{Admins, Known, Link, NamedRecord, Own, Record, Request};

/// A rule for each route with an id: what it names, and a body that fits.
const RULES: &[(&str, &str, Thing, &str)] = &[
    ("GET", "/groups/{group}", Known, ""),
    ("PATCH", "/groups/{group}", Admins, r#"{"name":"Mine"}"#),
    ("POST", "/groups/{group}/delete", Admins, r#"{"plan":"p"}"#),
    ("POST", "/groups/{group}/delete/plan", Admins, ""),
    ("POST", "/groups/{group}/members", Admins, r#"{"user":"mallory"}"#),
    ("DELETE", "/groups/{group}/members/{user}", Admins, ""),
    ("GET", "/links/{link}", Link, ""),
    ("POST", "/links/{link}/decline", Link, r#"{"reason":""}"#),
    ("POST", "/links/{link}/delete", Link, r#"{"plan":"p"}"#),
    ("POST", "/links/{link}/delete/plan", Link, ""),
    ("GET", "/links/{link}/events", Link, ""),
    ("GET", "/links/{link}/records", Link, ""),
    ("POST", "/links/{link}/preview", Link, r#"{"all_mine":true}"#),
    ("POST", "/links/{link}/share", Link, r#"{"plan":"p","all_mine":true}"#),
    ("POST", "/links/{link}/share/plan", Link, r#"{"all_mine":true}"#),
    ("POST", "/links/{link}/unshare", Link, r#"{"plan":"p","all_mine":true}"#),
    ("POST", "/links/{link}/unshare/plan", Link, r#"{"all_mine":true}"#),
    ("GET", "/links/{link}/wait?until=active", Link, ""),
    ("POST", "/links/{link}/withdraw", Link, r#"{"reason":""}"#),
    ("GET", "/mail/texts/{kind}", Admins, ""),
    ("PUT", "/mail/texts/{kind}", Admins, r#"{"subject":"x"}"#),
    ("DELETE", "/mail/texts/{kind}", Admins, ""),
    ("POST", "/mails/{id}/retry", Admins, ""),
    ("GET", "/peers/{peer}", Known, ""),
    ("POST", "/peers/{peer}/block", Admins, ""),
    ("POST", "/peers/{peer}/confirm", Admins, ""),
    ("POST", "/peers/{peer}/ping", Known, ""),
    ("POST", "/peers/{peer}/remove", Admins, r#"{"plan":"p"}"#),
    ("POST", "/peers/{peer}/remove/plan", Admins, ""),
    ("POST", "/peers/{peer}/unblock", Admins, ""),
    ("GET", "/records/{id}", NamedRecord, ""),
    ("PATCH", "/records/{id}", Record, r#"{"set":[{"name":"NOTE","value":"was here"}]}"#),
    ("GET", "/records/{id}/activities", Record, ""),
    ("POST", "/records/{id}/activities", Record, r#"{"kind":"call","subject":"was here"}"#),
    ("DELETE", "/records/{id}/activities/{activity}", Record, ""),
    ("GET", "/records/{id}/copies", Record, ""),
    ("POST", "/records/{id}/digest", Record, r#"{"receive":true}"#),
    ("GET", "/records/{id}/events", Record, ""),
    ("GET", "/records/{id}/explain", Record, ""),
    ("POST", "/records/{id}/owner", Record, r#"{"plan":"p","owner":"mallory"}"#),
    ("POST", "/records/{id}/owner/plan", Record, r#"{"owner":"mallory"}"#),
    ("POST", "/records/{id}/requests", NamedRecord, r#"{"level":"read"}"#),
    ("GET", "/records/{id}/shares", NamedRecord, ""),
    ("POST", "/records/{id}/shares", Record, r#"{"plan":"p","changes":[{"user":"mallory","level":"read"}]}"#),
    ("POST", "/records/{id}/shares/plan", Record, r#"{"changes":[{"user":"mallory","level":"read"}]}"#),
    ("GET", "/requests/{number}", Request, ""),
    ("POST", "/requests/{number}/grant", Request, "{}"),
    ("POST", "/requests/{number}/refuse", Request, "{}"),
    ("POST", "/requests/{number}/withdraw", Request, ""),
    ("GET", "/roles/{role}", Known, ""),
    ("DELETE", "/roles/{role}", Admins, ""),
    ("POST", "/roles/{role}/change", Admins, r#"{"plan":"p","permissions":[]}"#),
    ("POST", "/roles/{role}/change/plan", Admins, r#"{"permissions":[]}"#),
    ("POST", "/specialists/{name}/disable", Admins, r#"{"plan":"p"}"#),
    ("POST", "/specialists/{name}/disable/plan", Admins, ""),
    ("POST", "/specialists/{name}/enable", Admins, r#"{"plan":"p"}"#),
    ("POST", "/specialists/{name}/enable/plan", Admins, "{}"),
    ("GET", "/users/{name}", Known, ""),
    ("PATCH", "/users/{name}", Own, r#"{"email":"mallory@example.com"}"#),
    ("POST", "/users/{name}/all-clients", Admins, r#"{"plan":"p","level":"none"}"#),
    ("POST", "/users/{name}/all-clients/plan", Admins, r#"{"level":"none"}"#),
    ("POST", "/users/{name}/assign", Admins, r#"{"plan":"p","role":"Assistant"}"#),
    ("POST", "/users/{name}/assign/plan", Admins, r#"{"role":"Assistant"}"#),
    ("POST", "/users/{name}/delete", Admins, r#"{"plan":"p"}"#),
    ("POST", "/users/{name}/delete/plan", Admins, ""),
    ("POST", "/users/{name}/disable", Admins, r#"{"plan":"p"}"#),
    ("POST", "/users/{name}/disable/plan", Admins, ""),
    ("POST", "/users/{name}/enable", Admins, ""),
    ("POST", "/users/{name}/hand-over", Admins, r#"{"plan":"p","to":"mallory"}"#),
    ("POST", "/users/{name}/hand-over/plan", Admins, r#"{"to":"mallory"}"#),
    ("POST", "/users/{name}/invite", Admins, ""),
    ("GET", "/users/{name}/proxies", Own, ""),
    ("POST", "/users/{name}/proxies", Own, r#"{"plan":"p","proxy":"mallory","on":true}"#),
    ("POST", "/users/{name}/proxies/plan", Own, r#"{"proxy":"mallory","on":true}"#),
    ("POST", "/users/{name}/rights", Admins, r#"{"right":"super-user","on":true}"#),
    ("DELETE", "/users/{name}/second-factor", Own, ""),
    ("GET", "/users/{name}/sessions", Own, ""),
    ("DELETE", "/users/{name}/sessions", Own, ""),
    ("DELETE", "/users/{name}/sessions/{session}", Own, ""),
    ("GET", "/users/{name}/tokens", Own, ""),
    ("POST", "/users/{name}/tokens", Own, r#"{"name":"x","scopes":["records:read"]}"#),
    ("DELETE", "/users/{name}/tokens/{token}", Own, ""),
];

/// Ids that stand elsewhere than in a path: behind the question mark, or in the body.
const ELSEWHERE: &[(&str, &str, Thing, &str)] = &[
    ("GET", "/records/export?format=json&ids={id}", Record, ""),
    ("POST", "/records/archive", Record, r#"{"plan":"p","records":["{id}"]}"#),
    ("POST", "/records/archive/plan", Record, r#"{"records":["{id}"]}"#),
    ("POST", "/records/delete", Record, r#"{"plan":"p","records":["{id}"]}"#),
    ("POST", "/records/delete/plan", Record, r#"{"records":["{id}"]}"#),
    ("POST", "/records/unarchive", Record, r#"{"records":["{id}"]}"#),
    ("GET", "/records?link={link}", Link, ""),
    ("GET", "/records/export?link={link}", Link, ""),
    ("POST", "/links/accept", Link, r#"{"links":["{link}"]}"#),
    ("GET", "/audit?record={id}", Admins, ""),
    ("GET", "/audit?link={link}", Admins, ""),
    ("GET", "/audit/export?about={name}", Admins, ""),
];

/// Every route of the description with a parameter in its path.
fn routes() -> BTreeSet<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let document: Value = serde_json::from_slice(&std::fs::read(path).expect("the description")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let methods = |item: &Value| item.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase()).collect::<Vec<_>>();
    paths
        .iter()
        .filter(|(path, _)| path.contains('{'))
        .flat_map(|(path, item)| methods(item).into_iter().map(|method| (method, path.clone())))
        .filter(|(method, _)| ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method.as_str()))
        .collect()
}

/// Somebody who asks, and ids of what belongs to others, each beside one that is nothing's.
struct Caller {
    name: String,
    line: Line,
    /// By parameter; the path's first part too where that says what `id` names.
    ids: BTreeMap<&'static str, Vec<(String, String)>>,
    tried: usize,
    /// Answers that told a name, as they may while the office takes requests.
    named: usize,
    faults: Vec<String>,
}

impl Caller {
    fn new(office: &Office, user: &str) -> Self {
        let name = format!("{user} of {}", office.name());
        Self { name, line: Line::new(office.signed_in(user)), ids: BTreeMap::new(), tried: 0, named: 0, faults: Vec::new() }
    }

    /// Names something of others.
    fn knows(mut self, parameter: &'static str, id: &str) -> Self {
        let missing = match parameter {
            // Of these an id of the same form is made that is nobody's.
            "records" | "link" | "activity" => {
                let other = if id.as_bytes()[9] == b'a' { "b" } else { "a" };
                format!("{}{other}{}", &id[..9], &id[10..])
            }
            "number" | "token" | "session" | "mails" => "999999".to_owned(),
            _ => "nobody99".to_owned(),
        };
        self.ids.entry(parameter).or_default().push((id.to_owned(), missing));
        self
    }

    /// Every way to fill a path in, with what is there and with what is not: each of its ids, while the others are there.
    fn fillings(&self, path: &str, body: &str) -> Vec<[(String, String, String); 2]> {
        let first = path.split('/').nth(1).unwrap_or_default();
        let both = format!("{path} {body}");
        let parameters = ["id", "name", "group", "user", "link", "peer", "role", "number", "token", "session", "kind", "activity"];
        let named: Vec<&str> = parameters.into_iter().filter(|name| both.contains(&format!("{{{name}}}"))).collect();
        let key = |name: &str| match (name, first) {
            ("id", "mails") => "mails",
            ("id", _) => "records",
            (name, _) => parameters.into_iter().find(|known| *known == name).unwrap_or("?"),
        };
        let Some(ids) = named.iter().map(|name| self.ids.get(key(name))).collect::<Option<Vec<_>>>() else { return Vec::new() };
        let mut fillings = Vec::new();
        for (place, pairs) in ids.iter().enumerate() {
            for (there, missing) in *pairs {
                let fill = |text: &str, id: &str| {
                    named.iter().enumerate().fold(text.to_owned(), |text, (other, name)| {
                        let id = if other == place { id } else { &ids[other][0].0 };
                        text.replace(&format!("{{{name}}}"), id)
                    })
                };
                fillings.push([there, missing].map(|id| (id.clone(), fill(path, id), fill(body, id))));
            }
        }
        fillings
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("a body") };
        self.line.ask(method, path, &body, &[])
    }

    /// Tries every rule; `naming` says whether the office takes requests, so that names are told.
    fn walk(&mut self, naming: bool) {
        for (method, path, thing, body) in RULES.iter().chain(ELSEWHERE) {
            for [there, missing] in self.fillings(path, body) {
                let replies = [&there, &missing].map(|(id, path, body)| {
                    let reply = self.ask(method, path, body);
                    (reply.status, String::from_utf8_lossy(&reply.bytes).replace(id.as_str(), "ID"))
                });
                self.tried += 1;
                self.named += usize::from(*thing == NamedRecord && replies[0].0 == 200);
                let [(status, said), (status_missing, said_missing)] = &replies;
                let alike = status == status_missing && said == said_missing;
                let fits = match thing {
                    Known => [200, 503].contains(status) && *status_missing == 404,
                    // The kinds of mails are the same in every office: one that is none is an error before anybody is asked who it is.
                    Admins if path.contains("{kind}") => *status == 403,
                    Admins => alike && *status == 403,
                    Own => alike && [403, 404].contains(status),
                    NamedRecord if naming && *status == 200 => *status_missing == 404 && is_a_name(said),
                    Record | NamedRecord | Link | Request => alike && [403, 404].contains(status),
                };
                if !fits {
                    self.faults.push(format!(
                        "{} {method} {path}\n  {}: {status} {said}\n  missing: {status_missing} {said_missing}",
                        self.name, there.0
                    ));
                }
            }
        }
    }
}

/// Whether an answer tells no more than a record's name, who has it, and that access is asked for.
fn is_a_name(said: &str) -> bool {
    let told: Value = serde_json::from_str(said).unwrap_or_default();
    let keys: BTreeSet<&str> = told.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let is_request = keys.contains("requester") && told["given"].is_null();
    let names = [["access", "id", "kind", "name"].into(), ["access", "groups", "name", "record", "request", "users"].into()];
    !said.contains("example.com") && (is_request || names.contains(&keys))
}

/// Users with which an office is filled.
fn fill(office: &Office) {
    for (name, more) in [("mallory", &[][..]), ("eve", &["--account", "assistant"]), ("sly", &[]), ("carl", &[])] {
        office.cli(&[&["user", "add", name][..], more].concat()).ok();
    }
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    office.cli(&["specialist", "enable", "sly", "--yes"]).ok();
    office.cli(&["group", "add", "Tax", "--member", "carl"]).ok();
}

fn request(office: &Office, user: &str, record: &str) -> String {
    let asked = office.user(user).api("POST", &format!("/records/{record}/requests"), &json!({ "level": "read" }));
    asked.body["id"].as_u64().unwrap_or_else(|| panic!("{asked:?}")).to_string()
}

fn set_requesting(office: &Office, on: bool) {
    office.cli(&["client-access", "--requesting", if on { "on" } else { "off" }, "--yes"]).ok();
}

/// Lines of the audit that say that one of the callers did something.
fn deeds(office: &Office) -> usize {
    let by_caller = |line: &&Value| ["mallory", "eve", "sly"].iter().any(|name| line["actor"].to_string().contains(name));
    office
        .events()
        .iter()
        .filter(|line| line["outcome"] == "done" && !line["verb"].to_string().contains("session"))
        .filter(by_caller)
        .count()
}

#[test]
fn asvs_8_2_2_every_route_with_an_id_has_a_rule() {
    let ruled: BTreeSet<_> =
        RULES.iter().map(|(method, path, ..)| ((*method).to_owned(), path.split('?').next().unwrap_or_default().to_owned())).collect();
    assert_eq!(ruled.len(), RULES.len(), "a rule stands there twice");
    let routes = routes();
    let without: Vec<_> = routes.difference(&ruled).collect();
    assert!(without.is_empty(), "say in RULES who may learn what these name: {without:?}");
    let gone: Vec<_> = ruled.difference(&routes).collect();
    assert!(gone.is_empty(), "these rules are for no route: {gone:?}");
}

/// R28, ASVS 8.2.1, 8.2.2: ids of other users' things, of other offices' things and of nothing are answered in the same words.
#[test]
fn asvs_8_2_2_what_is_somebody_elses_answers_like_what_is_not_there_on_every_path() {
    let (a, b, link) = linked();
    let c = Office::open("Office C");
    [&a, &b, &c].into_iter().for_each(fill);
    let records = import(a.user("ann"), &["Paul Private", "Olga Open", "Clara Shared"].map(card).concat());
    a.user("ann").cli(&["record", "edit", &records[0], "--private", "on"]).ok();
    let foreign = import(b.user("bob"), &card("Bertha Abroad")).remove(0);
    interoffice_tests::share(a.user("ann"), &link, &records[2..]);
    let to_clara = format!("/records/{}/activities", records[2]);
    let call = b.user("bob").api("POST", &to_clara, &json!({ "kind": "call", "subject": "Asked for a policy" }));
    let activity = call.body["id"].as_str().unwrap_or_else(|| panic!("{call:?}")).to_owned();
    set_requesting(&a, true);
    let number = request(&a, "carl", &records[1]);
    set_requesting(&a, false);
    let mut ann = a.signed_in("ann");
    let token = ann.post("/users/ann/tokens", &json!({ "name": "export", "scopes": ["records:read"] })).ok()["id"].to_string();
    let session = ann.get("/session").ok()["session"]["id"].to_string();

    let at_a = |user: &str| {
        let caller = Caller::new(&a, user).knows("records", &records[0]).knows("records", &records[1]).knows("records", &records[2]);
        let caller = caller.knows("records", &foreign).knows("link", &link).knows("number", &number).knows("mails", "1");
        let caller = caller.knows("group", "Tax").knows("role", "Practitioner").knows("peer", "Office%20B").knows("kind", "invitation");
        caller.knows("name", "ann").knows("user", "carl").knows("token", &token).knows("session", &session).knows("activity", &activity)
    };
    // At the other end, and where nobody ever heard of any of it.
    let abroad = |office: &Office, user: &str| {
        let caller = Caller::new(office, user).knows("records", &records[0]).knows("records", &records[1]).knows("records", &records[2]);
        caller.knows("link", &link).knows("activity", &activity)
    };
    // Bob reads the one that is shared, and learns nothing of the others.
    let bob = Caller::new(&b, "bob").knows("records", &records[0]).knows("records", &records[1]).knows("activity", &activity);
    let mut callers = [at_a("mallory"), at_a("eve"), at_a("sly"), abroad(&b, "mallory"), abroad(&b, "sly"), abroad(&c, "sly"), bob];
    let before = [&a, &b, &c].map(deeds);
    callers.iter_mut().for_each(|caller| caller.walk(false));
    assert_eq!([&a, &b, &c].map(deeds), before, "nobody did anything");
    assert_eq!(callers.iter().map(|caller| caller.named).sum::<usize>(), 0, "no name is told while no requests are taken");
    // Under a name of one's own, too.
    for path in [format!("/users/mallory/tokens/{token}"), format!("/users/mallory/sessions/{session}")] {
        let missing = path.replace(&token, "999999").replace(&session, "999999");
        let answers = [path, missing].map(|path| callers[0].ask("DELETE", &path, ""));
        assert_eq!((answers[0].status, answers[0].code()), (404, answers[1].code()));
    }
    set_requesting(&a, true);
    callers.iter_mut().for_each(|caller| caller.walk(true));
    let faults: Vec<_> = callers.iter().flat_map(|caller| &caller.faults).map(String::as_str).collect();
    let tried: usize = callers.iter().map(|caller| caller.tried).sum();
    assert!(faults.is_empty(), "{} of {tried}:\n{}", faults.len(), faults.join("\n"));
    assert!(tried > 1_000, "{tried}");
    // Three callers at the office, two records that are neither private nor foreign, three routes.
    assert_eq!(callers.iter().map(|caller| caller.named).sum::<usize>(), 3 * 2 * 3, "names are told by decision 0012 and no others");
    assert_eq!(ann.get("/session").status, 200, "nothing of it touched Ann");
    let left = b.user("bob").api("GET", &to_clara, &Value::Null).body;
    assert_eq!(left["items"].as_array().map(Vec::len), Some(1), "nor what Bob noted: {left}");
}
