//! Asking for access inside an office: names of what is hidden, who has it, requests and their answers.

use interoffice_tests::{Desk, Office, card, copy_names, exit, import, linked, names, says, says_not, share, until};
use serde_json::{Value, json};

/// Rita administers, Ann, Bob, Carl and Dora are practitioners, Eve is an assistant; client access is on and requests are taken.
fn clinic() -> Office {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "carl", "dora"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["user", "add", "eve", "--account", "assistant"]).ok();
    office.user("rita").cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
    office
}

/// The names in the list that shows locked records too, each locked one in brackets.
fn with_locked(desk: &Desk<'_>, args: &[&str]) -> Vec<String> {
    let list = desk.json(&[&["record", "list", "--locked", "--limit", "0"], args].concat());
    let shown = |record: &Value| {
        let name = record["name"].as_str().unwrap_or_default();
        if record["access"] == "none" { format!("[{name}]") } else { name.to_owned() }
    };
    list.as_array().expect("a list").iter().map(shown).collect()
}

fn request(desk: &Desk<'_>, record: &str, level: &str) -> String {
    desk.json(&["access", "request", record, "--level", level, "--message", "for the claim"])["id"].to_string()
}

fn state(desk: &Desk<'_>, number: &str) -> String {
    let list = desk.json(&["access", "list", "--limit", "0"]);
    let found = list.as_array().expect("a list").iter().find(|request| request["id"].as_u64() == number.parse().ok());
    found.map_or_else(String::new, |request| request["state"].as_str().unwrap_or_default().to_owned())
}

/// P-05: an administrator allows requesting, which is off at first; the plan says whose names are seen by whom, and what stays when it goes.
#[test]
fn p_05_requesting_is_allowed_by_an_administrator_with_a_plan() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    office.cli(&["user", "add", "ann"]).ok();
    office.cli(&["user", "add", "bob"]).ok();
    let rita = office.user("rita");
    assert_eq!(rita.json(&["client-access"])["requesting"], false);
    says(&office.user("ann").cli(&["client-access", "--requesting", "on", "--yes"]).ended(exit::REFUSED), "administrator");
    let early = rita.json(&["client-access", "--requesting", "on", "--dry-run"]);
    says(&early["stays"].to_string(), "once client access or office security is on");
    rita.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client") + &card("Paul Private")));
    office.user("ann").cli(&["record", "edit", &records[2], "--private", "on"]).ok();
    let plan = rita.json(&["client-access", "--requesting", "on", "--dry-run"]);
    says(&plan["changes"].to_string(), "the names of all 2 records that are not private");
    says(&plan["stays"].to_string(), "no name is shown of 1 private record");
    assert!(with_locked(&office.user("bob"), &[]).is_empty(), "nothing is effective before the yes");
    rita.cli(&["client-access", "--requesting", "on", "--yes"]).ok();
    assert_eq!(with_locked(&office.user("bob"), &[]), ["[Clara Client]", "[Doris Client]"]);
    says(&rita.cli(&["client-access"]).ok().out, "Asking for access  yes");

    let number = request(&office.user("bob"), &records[0], "read");
    let plan = rita.json(&["client-access", "--requesting", "off", "--dry-run"]);
    says(&plan["changes"].to_string(), "hidden from them again");
    says(&plan["stays"].to_string(), "1 request stays open");
    rita.cli(&["client-access", "--requesting", "off", "--yes"]).ok();
    assert!(with_locked(&office.user("bob"), &[]).is_empty());
    let open = office.user("bob").json(&["access", "list"]);
    assert_eq!((&open[0]["state"], &open[0]["name"]), (&"waiting".into(), &Value::Null), "the name is hidden here too");
    office.user("bob").cli(&["access", "request", &records[1]]).ended(exit::NOT_FOUND);
    office.user("ann").cli(&["access", "grant", &number]).ok();
    assert_eq!(names(&office.user("bob")), ["Clara Client"], "what was open is answered");
    office.user("rita").cli(&["client-access", "--requesting", "on", "--manage", "off", "--yes"]).ok();
    assert_eq!(with_locked(&office.user("bob"), &[]), ["Clara Client", "Doris Client"], "where nothing is hidden, nothing is locked");
    let lines = office.events();
    assert!(lines.iter().any(|line| line["verb"] == "client-access.requesting" && line["detail"] == "on"), "the audit has it");
}

/// P-14, K-04: a record is in the list by its name, and nothing else of it is there; counts, search, export and ids are as before.
#[test]
fn p_14_a_user_without_access_sees_the_name_in_the_list_and_nothing_else() {
    let office = clinic();
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Paul Private") + &card("Zeno Client")));
    office.user("ann").cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    import(office.user("bob"), &card("Mona Mine"));
    let bob = office.user("bob");
    assert_eq!(names(&bob), ["Mona Mine"], "the list is as before");
    assert_eq!(with_locked(&bob, &[]), ["[Clara Client]", "Mona Mine", "[Zeno Client]"]);
    assert_eq!(with_locked(&office.user("rita"), &[]).len(), 4, "an administrator sees all and nothing is locked");
    let locked = bob.json(&["record", "list", "--locked"])[0].clone();
    let keys: Vec<&String> = locked.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["access", "id", "kind", "name"]);
    says(&bob.cli(&["record", "list", "--locked"]).ok().out, "locked");

    assert_eq!(with_locked(&bob, &["clara"]), ["[Clara Client]"]);
    for content in ["clara-client@example.com", "5550100", "555"] {
        assert!(!with_locked(&bob, &[content]).iter().any(|name| name.starts_with('[')), "{content} is not looked for in what is locked");
    }
    assert_eq!(with_locked(&bob, &["--kind", "business"]), Vec::<String>::new());
    bob.cli(&["record", "list", "--locked", "--owner", "ann"]).ended(exit::USAGE);
    assert_eq!(bob.api("GET", "/records?locked=true&owner=ann", &Value::Null).status, 422, "the owner is not told");
    assert_eq!(bob.api("GET", "/records/export?locked=true", &Value::Null).status, 422);

    let shown = bob.json(&["record", "show", &records[0]]);
    assert_eq!(shown, locked, "by its id there is the name alone");
    says_not(&bob.cli(&["record", "show", &records[0]]).ok().out, "example.com");
    bob.cli(&["record", "show", &records[1]]).ended(exit::NOT_FOUND);
    bob.cli(&["record", "show", &records[0][..25]]).ended(exit::NOT_FOUND);
    for verb in [&["edit", &records[0], "--set", "TEL=1"][..], &["explain", &records[0]], &["delete", &records[0], "--yes"]] {
        bob.cli(&[&["record"], verb].concat()).ended(exit::NOT_FOUND);
    }
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let page = bob.api("GET", &format!("/records?locked=true&limit=1{after}"), &Value::Null).body;
        pages.extend(page["items"].as_array().expect("items").iter().map(|item| item["name"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(pages, ["Clara Client", "Mona Mine", "Zeno Client"]);
    office.user("ann").cli(&["record", "archive", &records[2], "--yes"]).ok();
    assert_eq!(with_locked(&bob, &[]), ["[Clara Client]", "Mona Mine"], "what is out of use is not named");
}

/// P-15, P-16, P-17, INV-58: the requester sees which groups have it and which individuals, not who is in a group; and asks.
#[test]
fn p_15_p_16_p_17_the_requester_sees_groups_and_individuals_and_asks() {
    let office = clinic();
    let rita = office.user("rita");
    rita.cli(&["group", "add", "Tax", "--member", "carl"]).ok();
    rita.cli(&["group", "add", "Wills", "--member", "dora"]).ok();
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    let shared = ["record", "access", &record, "--group", "Tax=write", "--user", "carl=read", "--user", "eve=read", "--user", "dora=read"];
    office.user("ann").cli(&[&shared[..], &["--yes"]].concat()).ok();
    let bob = office.user("bob");
    let seen = bob.json(&["record", "access", &record]);
    assert_eq!(seen["name"], "Clara Client");
    assert_eq!(seen["groups"], json!([{ "group": "Tax" }]));
    assert_eq!(seen["users"], json!([{ "user": "ann" }, { "user": "eve" }]), "the owner is one of them; carl and dora are in groups");
    assert_eq!(seen["request"]["possible"], true);
    for hidden in ["carl", "dora", "Wills", "rita", "level", "owner", "example.com"] {
        says_not(&seen.to_string(), hidden);
    }
    says(&bob.cli(&["record", "access", &record]).ok().out, "access request");
    rita.cli(&["group", "join", "Wills", "ann"]).ok();
    assert_eq!(bob.json(&["record", "access", &record])["users"], json!([{ "user": "eve" }]), "an owner in a group is not told either");
    bob.cli(&["record", "access", &record, "--user", "bob=read", "--yes"]).ended(exit::NOT_FOUND);

    let asked = bob.json(&["access", "request", &record, "--message", "I take over the claim"]);
    assert_eq!((&asked["state"], &asked["level"], &asked["requester"]), (&"waiting".into(), &"read".into(), &"bob".into()));
    let again = bob.json(&["record", "access", &record]);
    assert_eq!((&again["request"]["possible"], &again["request"]["why"]), (&false.into(), &"already-asked".into()));
    assert_eq!(again["request"]["waiting"], asked["id"]);
    says(&bob.cli(&["access", "request", &record]).ended(exit::CONFLICT), "waits");
    says(&office.user("ann").cli(&["access", "list"]).ok().out, "I take over the claim");
}

/// P-18 (without the mail): whoever may share a record sees the requests for it and grants, by the rules of sharing; nobody else does.
#[test]
fn p_18_those_who_may_share_see_the_request_and_grant() {
    let office = clinic();
    let (ann, bob, carl, rita) = (office.user("ann"), office.user("bob"), office.user("carl"), office.user("rita"));
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client") + &card("Edda Client")));
    ann.cli(&["record", "access", &records[0], "--user", "carl=full-control", "--user", "dora=write", "--yes"]).ok();
    let number = request(&bob, &records[0], "write");
    for may in [&ann, &carl, &rita, &bob] {
        assert_eq!(state(may, &number), "waiting", "{} sees it", may.name());
    }
    for not in [office.user("dora"), office.user("eve")] {
        assert_eq!(state(&not, &number), "", "{} does not", not.name());
        not.cli(&["access", "grant", &number]).ended(exit::NOT_FOUND);
        not.cli(&["access", "refuse", &number]).ended(exit::NOT_FOUND);
    }
    says(&bob.cli(&["access", "grant", &number]).ended(exit::REFUSED), "not by the user who made it");
    ann.cli(&["access", "withdraw", &number]).ended(exit::REFUSED);
    ann.cli(&["access", "grant", &number, "--level", "none"]).ended(exit::USAGE);
    ann.cli(&["access", "grant", "4711"]).ended(exit::NOT_FOUND);

    let granted = carl.json(&["access", "grant", &number, "--level", "read"]);
    assert_eq!((&granted["state"], &granted["given"], &granted["answered_by"]), (&"granted".into(), &"read".into(), &"carl".into()));
    assert_eq!(bob.json(&["record", "show", &records[0]])["access"], "read");
    let told = ann.json(&["record", "explain", &records[0], "--user", "bob"]);
    assert_eq!(told[0]["because"][0]["source"], "grant", "it is the same share as one by hand");
    assert_eq!(bob.json(&["access", "list", "--mine"])[0]["answered_by"], "carl");
    ann.cli(&["access", "grant", &number]).ended(exit::CONFLICT);
    let more = request(&bob, &records[0], "full-control");
    says(&ann.cli(&["access", "grant", &more, "--level", "read"]).ended(exit::CONFLICT), "has Read already");

    rita.cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    assert_eq!(state(&ann, &more), "", "where administrators alone share, they alone answer");
    ann.cli(&["access", "grant", &more]).ended(exit::NOT_FOUND);
    rita.cli(&["access", "grant", &more]).ok();
    assert_eq!(bob.json(&["record", "show", &records[0]])["access"], "full-control");

    let eve = office.user("eve");
    says(&eve.cli(&["access", "request", &records[1], "--level", "full-control"]).ended(exit::REFUSED), "assistant");
    let number = request(&eve, &records[1], "write");
    says(&rita.cli(&["access", "grant", &number, "--level", "full-control"]).ended(exit::REFUSED), "assistant");
    assert_eq!(state(&eve, &number), "waiting", "what was refused left nothing behind");
    rita.cli(&["access", "grant", &number]).ok();
    assert_eq!(names(&eve), ["Doris Client"]);
    let lines: Vec<Value> = office.events().into_iter().filter(|line| line["object"] == records[1].as_str()).collect();
    let verbs: Vec<&str> = lines.iter().filter_map(|line| line["verb"].as_str()).collect();
    assert_eq!(verbs.iter().filter(|verb| **verb == "request.grant").count(), 1, "one line for a grant: {verbs:?}");
    assert!(!verbs.contains(&"record.grant") && office.events().iter().all(|line| !line.to_string().contains("for the claim")));
}

/// P-19: with requesting off whoever sees a record sees groups and individuals, and why no request can be made; others see nothing.
#[test]
fn p_19_with_requesting_off_the_way_to_ask_is_closed_and_says_so() {
    let office = clinic();
    office.user("rita").cli(&["group", "add", "Tax", "--member", "carl"]).ok();
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    office.user("ann").cli(&["record", "access", &record, "--user", "bob=read", "--group", "Tax=read", "--yes"]).ok();
    assert_eq!(office.user("bob").json(&["record", "access", &record])["request"]["possible"], true, "who reads may ask for more");
    office.user("rita").cli(&["client-access", "--requesting", "off", "--yes"]).ok();
    let seen = office.user("bob").json(&["record", "access", &record]);
    assert_eq!((&seen["owner"], &seen["groups"][0]["group"]), (&"ann".into(), &"Tax".into()));
    assert_eq!((&seen["request"]["possible"], &seen["request"]["why"]), (&false.into(), &"requesting-off".into()));
    says_not(&seen.to_string(), "carl");
    says(&office.user("bob").cli(&["record", "access", &record]).ok().out, "ask somebody who has it in person");
    says(&office.user("bob").cli(&["access", "request", &record, "--level", "write"]).ended(exit::REFUSED), "takes no requests");
    office.user("dora").cli(&["record", "access", &record]).ended(exit::NOT_FOUND);
    office.user("dora").cli(&["access", "request", &record]).ended(exit::NOT_FOUND);
    let denied = office.events().into_iter().rfind(|line| line["verb"] == "request.ask").expect("a line");
    assert_eq!((&denied["actor"], &denied["outcome"]), (&"operator for user:bob".into(), &"requesting-off".into()));
}

/// P-24: refused, withdrawn and void requests have a state that the requester sees, with the reason; a no is not argued with at once.
#[test]
fn p_24_the_requester_sees_what_became_of_the_request() {
    let office = clinic();
    let (ann, bob) = (office.user("ann"), office.user("bob"));
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client") + &card("Edda Client")));
    let refused = request(&bob, &records[0], "read");
    ann.cli(&["access", "refuse", &refused, "--reason", "The claim is closed"]).ok();
    let seen = bob.json(&["access", "list", "--mine", "--state", "refused"]);
    assert_eq!((&seen[0]["reason"], &seen[0]["answered_by"]), (&"The claim is closed".into(), &"ann".into()));
    says(&bob.cli(&["access", "list"]).ok().out, "ann: The claim is closed");
    says(&bob.cli(&["access", "request", &records[0]]).ended(exit::CONFLICT), "within the last 24 hours");
    assert_eq!(bob.json(&["record", "access", &records[0]])["request"]["why"], "refused-lately");
    ann.cli(&["record", "access", &records[0], "--user", "bob=read", "--yes"]).ok();
    says(&bob.cli(&["access", "request", &records[0], "--level", "write"]).ended(exit::CONFLICT), "within the last 24 hours");

    let withdrawn = request(&bob, &records[1], "read");
    bob.cli(&["access", "withdraw", &withdrawn]).ok();
    assert_eq!((state(&bob, &withdrawn), state(&ann, &withdrawn)), ("withdrawn".to_owned(), "withdrawn".to_owned()));
    bob.cli(&["access", "withdraw", &withdrawn]).ended(exit::CONFLICT);
    says(&ann.cli(&["access", "grant", &withdrawn]).ended(exit::CONFLICT), "withdrawn");

    let void = request(&bob, &records[1], "read");
    let gone = request(&bob, &records[2], "read");
    ann.cli(&["record", "access", &records[1], "--user", "bob=write", "--yes"]).ok();
    ann.cli(&["record", "delete", &records[2], "--yes"]).ok();
    let seen = bob.json(&["access", "list", "--state", "void"]);
    let why: Vec<&str> = seen.as_array().expect("a list").iter().filter_map(|request| request["why"].as_str()).collect();
    assert_eq!((why, seen[1]["id"].to_string(), seen[0]["id"].to_string()), (vec!["unavailable", "has-access"], void.clone(), gone));
    ann.cli(&["access", "grant", &void]).ended(exit::CONFLICT);
    says(&bob.cli(&["access", "request", &records[1], "--level", "write"]).ended(exit::CONFLICT), "Write already");
    bob.cli(&["access", "list", "--state", "lost"]).ended(exit::USAGE);
    bob.cli(&["access", "request", &records[1], "--level", "none"]).ended(exit::USAGE);
    bob.cli(&["access", "request", &records[1], "--level", "full-control", "--message", "two\nlines"]).ended(exit::USAGE);
    says(&office.cli(&["access", "request", &records[1]]).ended(exit::USAGE), "--as USER");
    assert!(office.user("carl").json(&["access", "list"]).as_array().is_some_and(Vec::is_empty));
}

/// K-04: what another office shares is never asked for here, and what it does not share is not even a name.
#[test]
fn k_04_a_record_of_another_office_is_never_requested() {
    let (a, b, link) = linked();
    b.cli(&["user", "add", "carl"]).ok();
    b.cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
    a.cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
    let records = import(a.user("ann"), &(card("Clara Client") + &card("Kept Client")));
    share(a.user("ann"), &link, &records[..1]);
    until("bob has the copy", || copy_names(b.user("bob")) == ["Clara Client"]);
    says(&b.user("bob").cli(&["access", "request", &records[0], "--level", "write"]).ended(exit::REFUSED), "belongs to Office A");
    assert_eq!(with_locked(&b.user("bob"), &[]), ["Clara Client"], "a copy is a copy, and the rest is not there");
    for user in ["bob", "carl"] {
        b.user(user).cli(&["access", "request", &records[1]]).ended(exit::NOT_FOUND);
        b.user(user).cli(&["record", "access", &records[1]]).ended(exit::NOT_FOUND);
    }
    b.user("carl").cli(&["access", "request", &records[0]]).ended(exit::NOT_FOUND);
    assert!(with_locked(&b.user("carl"), &[]).is_empty());
    assert_eq!(b.user("bob").api("GET", &format!("/records?locked=true&link={link}"), &Value::Null).status, 422);
}

/// P-15, P-18, P-24 over the API: every verb with its status, and a private record that answers like one that is not there.
#[test]
fn p_15_p_24_the_api_says_the_same_with_statuses() {
    let office = clinic();
    let (ann, bob) = (office.user("ann"), office.user("bob"));
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Paul Private")));
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    let listed = bob.api("GET", "/records?locked=true", &Value::Null).body;
    assert_eq!(listed["items"], json!([{ "id": records[0], "kind": "contact", "name": "Clara Client", "access": "none" }]));
    assert_eq!(bob.api("GET", &format!("/records/{}", records[0]), &Value::Null).body, listed["items"][0]);
    let shares = bob.api("GET", &format!("/records/{}/shares", records[0]), &Value::Null);
    assert_eq!((shares.status, &shares.body["users"]), (200, &json!([{ "user": "ann" }])));

    let ask = |record: &str, body: &Value| bob.api("POST", &format!("/records/{record}/requests"), body);
    let unknown = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let (private, nowhere) = (ask(&records[1], &json!({})), ask(unknown, &json!({})));
    let words = |body: &Value, record: &str| body.to_string().replace(record, "RECORD");
    assert_eq!((private.status, nowhere.status), (404, 404));
    assert_eq!(words(&private.body, &records[1]), words(&nowhere.body, unknown));
    assert_eq!(ask(&records[0], &json!({ "level": "own" })).status, 422);
    assert_eq!(ask(&records[0], &json!({ "message": "x".repeat(501) })).status, 422);
    assert_eq!(ask(&records[0], &json!({ "nonsense": 1 })).status, 422);
    let asked = ask(&records[0], &json!({ "level": "write", "message": "x".repeat(500) }));
    assert_eq!((asked.status, &asked.body["state"]), (200, &"waiting".into()));
    assert_eq!(ask(&records[0], &json!({})).status, 409);
    let id = asked.body["id"].as_u64().expect("a number");

    let at = |verb: &str| format!("/requests/{id}/{verb}");
    assert_eq!(bob.api("POST", &at("grant"), &json!({})).status, 403);
    assert_eq!(office.user("carl").api("GET", &format!("/requests/{id}"), &Value::Null).status, 404);
    assert_eq!(office.user("carl").api("POST", &at("withdraw"), &json!({})).status, 404);
    assert_eq!(ann.api("POST", "/requests/nonsense/grant", &json!({})).status, 422);
    let waiting = ann.api("GET", "/requests?state=waiting", &Value::Null).body;
    assert_eq!((&waiting["items"][0]["id"], &waiting["items"][0]["may_answer"]), (&id.into(), &true.into()));
    assert_eq!(ann.api("GET", "/requests?mine=true", &Value::Null).body["items"], json!([]));
    assert_eq!(bob.api("GET", "/requests?mine=true&limit=0", &Value::Null).status, 422);
    let refused = ann.api("POST", &at("refuse"), &json!({ "reason": "not yours" }));
    assert_eq!((refused.status, &refused.body["state"]), (200, &"refused".into()));
    assert_eq!(ann.api("POST", &at("grant"), &json!({})).status, 409);
    assert_eq!(bob.api("POST", &at("withdraw"), &json!({})).status, 409);

    let by_operator = office.user("carl").api("POST", &format!("/records/{}/requests", records[0]), &json!({})).body["id"].clone();
    let granted = office.api("POST", &format!("/requests/{by_operator}/grant"), &json!({ "level": "read" }));
    assert_eq!((granted.status, &granted.body["answered_by"]), (200, &Value::Null), "whoever runs the daemon has no name here");
    assert_eq!(names(&office.user("carl")), ["Clara Client"]);
    assert_eq!(office.api("GET", "/requests?mine=true", &Value::Null).status, 422);
}
