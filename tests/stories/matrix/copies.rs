//! What one office receives from another: who sees the copies there and who may do what with the link, at both ends, while it is Active and
//! once it has ended. The copies are for one person (S-45, S-46, S-52, K-02, K-11); whom the link concerns know of it, and administrators.

use interoffice_tests::web::Line;
use interoffice_tests::{Office, card, copies, import, linked, share, until};
use serde_json::{Value, json};

use super::asked::short;
use super::cells::Matrix;

/// Somebody at one of the two offices, as far as links and copies go.
struct Person {
    name: &'static str,
    /// Ann, who shares, or Bob, who reads.
    is_party: bool,
    administers: bool,
    specialist: bool,
    /// May archive and delete; everybody here may edit and export.
    disposes: bool,
    line: Line,
}

impl Person {
    fn why(&self) -> String {
        let Self { name, is_party, administers, specialist, disposes, .. } = self;
        format!("    {name}: party {is_party}, administers {administers}, specialist {specialist}, disposes {disposes}")
    }
}

/// How far the link is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Active,
    Ended,
}

/// A record of the sharing office.
struct Shared {
    id: String,
    name: &'static str,
    /// Whether it goes over the link.
    shared: bool,
    /// Who owns it at home.
    owner: &'static str,
}

/// People who would see a record of their own office for every reason there is, and see no copy for any of them. `party` is there already.
fn people(office: &Office, party: &'static str) -> Vec<Person> {
    for (name, account, role, special) in [
        ("rita", "admin", "Administrator", false),
        ("gina", "practitioner", "Administrator", true),
        ("cora", "practitioner", "Practitioner", true),
        ("sam", "practitioner", "Practitioner", false),
        ("carl", "practitioner", "Practitioner", false),
        ("pat", "practitioner", "Practitioner", false),
        ("eve", "assistant", "Assistant", false),
    ] {
        office.cli(&["user", "add", name, "--account", account, "--role", role]).ok();
        if special {
            office.cli(&["specialist", "enable", name, "--yes"]).ok();
        }
    }
    office.cli(&["user", "right", "sam", "super-user", "on"]).ok();
    office.cli(&["user", "all-clients", "carl", "full-control", "--yes"]).ok();
    office.cli(&["user", "proxy", "add", party, "pat", "--yes"]).ok();
    office.cli(&["group", "add", "Team", "--member", party, "--member", "pat", "--member", "eve"]).ok();
    let person = |name: &'static str, is_party, administers, specialist| {
        let line = Line::new(office.signed_in(name));
        Person { name, is_party, administers, specialist, disposes: name != "eve", line }
    };
    vec![
        person(party, true, false, true),
        person("rita", false, true, false),
        person("gina", false, true, true),
        person("cora", false, false, true),
        person("sam", false, false, false),
        person("carl", false, false, false),
        person("pat", false, false, false),
        person("eve", false, false, false),
    ]
}

/// Whether somebody knows of the link: those whom it links, and administrators.
fn knows(person: &Person) -> bool {
    person.is_party || person.administers
}

/// What is asked about a record of the other office.
const ABOUT_COPIES: [(&str, &str); 12] = [
    ("GET", ""),
    ("GET", "/shares"),
    ("GET", "/explain"),
    ("POST", "/shares/plan"),
    ("POST", "/owner/plan"),
    ("POST", "/digest"),
    ("POST", "/requests"),
    ("PATCH", ""),
    ("EXPORT", ""),
    ("ARCHIVE", ""),
    ("DELETE", ""),
    ("BEGINNING", ""),
];

/// K-11: the home office is the only writer; S-52: nobody but the reader sees a copy, whatever else he or she may.
fn expected_of_copy(person: &Person, state: State, record: &Shared, method: &str, path: &str) -> String {
    let sees = person.is_party && state == State::Active && record.shared;
    let gone = "404 unknown-record".to_owned();
    match (method, path) {
        ("ARCHIVE" | "DELETE", _) if !person.disposes => "403 role".to_owned(),
        // What stands in another office is nothing that could be archived or deleted here.
        ("ARCHIVE" | "DELETE", _) => gone,
        _ if !sees => gone,
        ("GET", "") | ("EXPORT" | "BEGINNING", _) => format!("200 {} read {}", record.name, record.owner),
        _ => "403 foreign-record".to_owned(),
    }
}

fn ask_of_copy(line: &mut Line, record: &Shared, method: &str, path: &str) -> String {
    let id = &record.id;
    let one = json!({ "records": [id] });
    let told = |body: Value| {
        let word = |member: &str| body[member].as_str().unwrap_or("?").to_owned();
        format!("200 {} {} {}", word("name"), word("access"), word("owner"))
    };
    let body = match path {
        "/shares/plan" => json!({ "changes": [{ "user": "cora", "level": "read" }] }),
        "/owner/plan" => json!({ "owner": "cora" }),
        "/digest" => json!({ "receive": true }),
        "" => json!({ "set": [{ "name": "FN", "value": record.name }] }),
        _ => json!({}),
    };
    let reply = match method {
        "GET" => line.ask("GET", &format!("/records/{id}{path}"), &Value::Null, &[]),
        "BEGINNING" => line.ask("GET", &format!("/records/{}", &id[..id.len() - 2]), &Value::Null, &[]),
        "EXPORT" => line.ask("GET", &format!("/records/export?format=json&ids={id}"), &Value::Null, &[]),
        "ARCHIVE" => line.ask("POST", "/records/archive/plan", &one, &[]),
        "DELETE" => line.ask("POST", "/records/delete/plan", &one, &[]),
        method => line.ask(method, &format!("/records/{id}{path}"), &body, &[]),
    };
    match (reply.status, path) {
        (200, "") => told(reply.json()),
        _ => short(&reply),
    }
}

/// Lists in which a copy may stand; with the link's id where one is named.
const LISTS: [&str; 7] = [
    "/records?limit=100",
    "/records?text=client&limit=100",
    "/records?link=LINK&limit=100",
    "/links/LINK/records?limit=100",
    "/records/export?format=json",
    "/records/export?format=json&link=LINK",
    "/records?mine=true",
];

fn expected_in_list(person: &Person, state: State, record: &Shared, list: &str) -> &'static str {
    let reads = person.is_party && state == State::Active;
    match list {
        // An administrator knows of the link, and not what it brought.
        _ if list.contains("LINK") && !reads => "404 unknown-link",
        "/records?mine=true" => "absent",
        _ if reads && record.shared => "there",
        _ => "absent",
    }
}

fn lists(matrix: &mut Matrix, person: &mut Person, state: State, link: &str, records: &[Shared]) {
    for list in LISTS {
        let reply = person.line.ask("GET", &list.replace("LINK", link), &Value::Null, &[]);
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        for record in records {
            let got = match reply.status {
                200 if text.contains(record.name) => "there".to_owned(),
                200 => "absent".to_owned(),
                _ => short(&reply),
            };
            let wanted = expected_in_list(person, state, record, list);
            let cell = format!("link {state:?}: {} looks for {} in {list}", person.name, record.name);
            matrix.compare("copies in lists", &cell, wanted, &got, || text.clone());
        }
    }
}

/// What is asked about the link itself: what follows its id, and what is sent.
const ABOUT_LINKS: [(&str, &str); 9] = [
    ("GET", ""),
    ("LIST", ""),
    ("POST", "/delete/plan"),
    ("POST", "/share/plan"),
    ("POST", "/unshare/plan"),
    ("POST", "/decline"),
    ("POST", "/withdraw"),
    ("ACCEPT", ""),
    ("WAIT", ""),
];

/// S-22, S-24, S-29, S-31: what each may do with the link; `sends` says at which end.
fn expected_of_link(person: &Person, state: State, sends: bool, method: &str, path: &str) -> &'static str {
    let party = person.is_party;
    match (method, path) {
        ("LIST", _) => return if knows(person) { "there" } else { "absent" },
        ("ACCEPT", _) | (_, "/share/plan") if !person.specialist => return "403 not-specialist",
        _ if !knows(person) => return "404 unknown-link",
        _ => {}
    }
    match (method, path) {
        ("WAIT", _) if state == State::Ended => "409 link-ended",
        ("GET" | "WAIT", _) => "200",
        (_, "/delete/plan") => {
            if state == State::Active {
                "200"
            } else {
                "409 link-ended"
            }
        }
        (_, "/withdraw") => "409 not-waiting",
        ("ACCEPT", _) | (_, "/decline") if sends || !party => "403 not-addressee",
        ("ACCEPT", _) | (_, "/decline") => "409 not-waiting",
        (_, "/share/plan") if !sends => "403 wrong-direction",
        _ if !sends || !party => "403 not-your-link",
        _ if state == State::Ended => "409 link-not-active",
        _ => "200",
    }
}

fn ask_of_link(line: &mut Line, link: &str, method: &str, path: &str, selection: &Value) -> String {
    match method {
        "LIST" => {
            let told = line.ask("GET", "/links", &Value::Null, &[]).json().to_string();
            if told.contains(link) { "there" } else { "absent" }.to_owned()
        }
        "ACCEPT" => short(&line.ask("POST", "/links/accept", &json!({ "links": [link] }), &[])),
        "WAIT" => short(&line.ask("GET", &format!("/links/{link}/wait?until=synced&timeout_ms=0"), &Value::Null, &[])),
        "GET" => short(&line.ask("GET", &format!("/links/{link}"), &Value::Null, &[])),
        _ if path.ends_with("share/plan") => short(&line.ask("POST", &format!("/links/{link}{path}"), selection, &[])),
        _ => short(&line.ask("POST", &format!("/links/{link}{path}"), &json!({}), &[])),
    }
}

/// Everybody at one end asks about the link.
fn about_link(matrix: &mut Matrix, people: &mut [Person], state: State, sends: bool, link: &str, records: &[Shared]) {
    for person in people {
        for (method, path) in ABOUT_LINKS {
            // What is shared is what Ann owns and did not share yet, what is taken off is what she shared.
            let wanted = path != "/share/plan";
            let chosen = records.iter().find(|record| record.shared == wanted && record.owner == "ann").expect("one");
            let got = ask_of_link(&mut person.line, link, method, path, &json!({ "records": [chosen.id] }));
            let end = if sends { "owner" } else { "reader" };
            let cell = format!("link {state:?}, at the {end}'s: {} asks {method} {path}", person.name);
            let wanted = expected_of_link(person, state, sends, method, path);
            matrix.compare("links", &cell, wanted, &got, || person.why());
        }
    }
}

fn everything(matrix: &mut Matrix, ends: &mut [Vec<Person>; 2], state: State, link: &str, records: &[Shared]) {
    let [owners, readers] = ends;
    about_link(matrix, owners, state, true, link, records);
    about_link(matrix, readers, state, false, link, records);
    for person in readers {
        for record in records {
            for (method, path) in ABOUT_COPIES {
                let got = ask_of_copy(&mut person.line, record, method, path);
                let wanted = expected_of_copy(person, state, record, method, path);
                let cell = format!("link {state:?}: {} asks {method} {path} of {}", person.name, record.name);
                matrix.compare("copies", &cell, &wanted, &got, || person.why());
            }
        }
        lists(matrix, person, state, link, records);
        if person.name == "rita" {
            // 0013: what an administrator may do for a user ends at the copies.
            let told = person.line.ask("GET", "/records?limit=100", &Value::Null, &[("x-interoffice-as", "bob")]);
            let names = String::from_utf8_lossy(&told.bytes).matches("Client").count();
            matrix.compare("copies", "rita acts for bob", "200 0", &format!("{} {names}", told.status), String::new);
        }
    }
}

/// Two offices and a link between them, Active and then ended by its reader.
pub(super) fn two_offices() -> Matrix {
    let (a, b, link) = linked();
    let mut ends = [people(&a, "ann"), people(&b, "bob")];
    let ann = import(a.user("ann"), &["Clara Client", "Doris Client", "Paul Client", "Nora Client"].map(card).concat());
    a.user("ann").cli(&["record", "edit", &ann[2], "--private", "on"]).ok();
    let carl = import(a.user("carl"), &card("Xaver Client"));
    let names = ["Clara Client", "Doris Client", "Paul Client", "Nora Client", "Xaver Client"];
    let records: Vec<Shared> = [&ann[..], &carl[..]]
        .concat()
        .into_iter()
        .zip(names)
        .enumerate()
        .map(|(place, (id, name))| Shared { id, name, shared: place < 3, owner: if place < 4 { "ann" } else { "carl" } })
        .collect();
    share(a.user("ann"), &link, &ann[..2]);
    // S-46, K-10: a private one, confirmed.
    a.user("ann").cli(&["record", "share", "--link", &link, &ann[2], "--include-private", "--yes"]).ok();
    until("the copies are there", || copies(b.user("bob"), &link).len() == 3);
    let mut matrix = Matrix::default();
    everything(&mut matrix, &mut ends, State::Active, &link, &records);
    b.user("bob").cli(&["link", "delete", &link, "--yes"]).ok();
    until("the link has ended at both ends", || {
        [a.user("ann"), b.user("bob")].iter().all(|desk| desk.json(&["link", "show", &link])["status"] == "Ended")
    });
    everything(&mut matrix, &mut ends, State::Ended, &link, &records);
    matrix
}
