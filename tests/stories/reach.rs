//! Whether this office answers at the addresses that it gives to others: an administrator has them tried, from the inside, and is told what
//! that proves.

use std::net::UdpSocket;

use interoffice_tests::{Office, exit, pair, says, says_not};
use serde_json::{Value, json};

/// Opens an office that gives these addresses to others.
fn advertising(name: &str, addresses: &[String]) -> Office {
    let mut office = Office::set_up(name);
    let mut all = vec![office.address().to_string()];
    all.extend_from_slice(addresses);
    office.set_environment(vec![("INTEROFFICE__PEER__ADVERTISE".to_owned(), all.join(","))]);
    office.serve();
    office
}

/// A port at which nobody ever answers, as long as this is kept.
fn silence() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    let address = socket.local_addr().expect("it is bound").to_string();
    (socket, address)
}

fn outcomes(tried: &Value) -> Vec<&str> {
    tried.as_array().into_iter().flatten().filter_map(|item| item["outcome"].as_str()).collect()
}

/// What the audit says of tries: who, outcome, detail.
fn audited(office: &Office) -> Vec<(String, String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = office.events().into_iter().filter(|line| line["verb"] == "office.addresses-tried");
    lines.map(|line| (text(&line, "actor"), text(&line, "outcome"), text(&line, "detail"))).collect()
}

/// What the daemon complained of.
fn complaints(office: &Office) -> Vec<String> {
    let log = std::fs::read_to_string(office.log()).expect("a log");
    log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).map(str::to_owned).collect()
}

/// An office whose addresses lead to itself, to another office, to nobody, and nowhere, hears which is which and what to do about each. The
/// other office has nothing to look at.
#[test]
fn an_administrator_hears_what_answers_at_each_address_of_the_office() {
    let other = Office::open("Harbour Law");
    let (_kept, silent) = silence();
    let port = other.address().port();
    let wrong = [
        other.address().to_string(),
        silent.clone(),
        "nobody.invalid:4870".to_owned(),
        format!("0.0.0.0:{port}"),
        "192.0.2.1:4870".to_owned(),
    ];
    let office = advertising("Archer Advice", &wrong);
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let before = (other.events().len(), complaints(&other), complaints(&office));

    let rita = office.user("rita");
    let said = rita.cli(&["reach", "--output", "json"]);
    assert_eq!(said.code, exit::PARTLY, "{said:?}");
    let tried: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(outcomes(&tried), ["reached", "another", "no-answer", "unknown-name", "bad-address", "bad-address"]);
    let of = |place: usize, name: &str| tried[place][name].as_str().unwrap_or_default();
    assert_eq!((of(0, "address"), of(0, "at")), (office.address().to_string().as_str(), office.address().to_string().as_str()));
    assert_eq!((of(0, "range"), of(2, "range"), of(3, "range")), ("machine", "machine", ""), "loopback is this machine alone");
    says(of(0, "remedy"), "only this machine");
    says(of(1, "detail"), "another office");
    says(of(2, "detail"), "nobody answered");
    says(of(2, "detail"), &silent);
    says(of(2, "remedy"), "listens at this port");
    says_not(of(2, "remedy"), "router");
    says(of(3, "remedy"), "spelling");
    says(of(4, "remedy"), "as other offices see it");
    says(of(5, "detail"), "only this machine is heard");
    says(of(5, "remedy"), "listen there too");

    // People get a table, and what it proves.
    let said = rita.cli(&["reach"]);
    says(&said.out, "OUTCOME");
    says(&said.out, "unknown-name");
    says(&said.all(), "another office that connects");
    says(&said.ended(exit::PARTLY), "nobody answered");
    // A program gets the same; addresses that it names are not tried.
    let answer = rita.api("POST", "/office/addresses/test", &json!({ "addresses": [other.address().to_string()] }));
    assert_eq!((answer.status, outcomes(&answer.body["items"]).len()), (200, 6), "{answer:?}");

    let counts = "reached: 1, another: 1, unknown-name: 1, no-answer: 1, bad-address: 2";
    assert_eq!(audited(&office), vec![("operator for user:rita".to_owned(), "done".to_owned(), counts.to_owned()); 3]);
    assert_eq!(before, (other.events().len(), complaints(&other), complaints(&office)), "neither daemon has anything to tell");
    assert_eq!(office.json(&["peer", "list"]), json!([]));
    assert_eq!(other.json(&["peer", "list"]), json!([]));
}

/// Where the office answers at every address, scripts hear that it does; where at none, that it does not. However often it is tried, it costs
/// nobody his or her place at the door.
#[test]
fn trying_often_keeps_nobody_out() {
    let (mut office, other) = (advertising("Archer Advice", &[]), Office::open("Harbour Law"));
    for _ in 0..100 {
        let answer = office.api("POST", "/office/addresses/test", &Value::Null);
        assert_eq!((answer.status, outcomes(&answer.body["items"])), (200, vec!["reached"]), "{answer:?}");
    }
    let said = office.cli(&["reach"]).ok();
    says(&said.out, "reached");
    says(&said.err, "another office that connects");
    assert_eq!(office.cli(&["reach", "--output", "jsonl"]).ok().out.lines().count(), 1, "one line an address");
    pair(&office, &other);

    let (_kept, silent) = silence();
    office.set_environment(vec![("INTEROFFICE__PEER__ADVERTISE".to_owned(), silent)]);
    office.restart();
    says(&office.cli(&["reach"]).ended(exit::FAILED), "does not prove");
}

/// Nobody but administrators has addresses tried, and they one after the other: the daemon is no tool to look around in a network.
#[test]
fn only_administrators_try_and_one_at_a_time() {
    let (_kept, silent) = silence();
    let office = advertising("Archer Advice", &[silent]);
    office.cli(&["user", "add", "ann"]).ok();
    says(&office.user("ann").cli(&["reach"]).ended(exit::REFUSED), "not an administrator");
    let refused = office.signed_in("ann").post("/office/addresses/test", &json!({}));
    assert_eq!((refused.status, refused.code()), (403, "not-admin".to_owned()));
    let denied = audited(&office).into_iter().map(|(_, outcome, _)| outcome);
    assert_eq!(denied.collect::<Vec<_>>(), ["not-admin", "not-admin"]);

    let ask = || office.api("POST", "/office/addresses/test", &Value::Null);
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(ask);
        (ask(), other.join().expect("an answer"))
    });
    let (done, busy) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!((done.status, busy.status, &busy.body["code"]), (200, 409, &json!("being-tried")), "{busy:?}");
    assert_eq!(outcomes(&done.body["items"]), ["reached", "no-answer"]);
    assert_eq!(ask().status, 200, "and afterwards it can be tried again");
}

/// An office that names no address is told how to name one.
#[test]
fn an_office_without_addresses_hears_how_to_name_one() {
    let mut office = Office::set_up("Archer Advice");
    let listen = format!("0.0.0.0:{}", office.address().port());
    let set = |name: &str, value: &str| (format!("INTEROFFICE__PEER__{name}"), value.to_owned());
    office.set_environment(vec![set("LISTEN", &listen), set("ADVERTISE", "")]);
    office.serve();
    let said = office.cli(&["reach"]);
    assert!(said.out.is_empty(), "nothing was tried: {}", said.out);
    says(&said.ended(exit::FAILED), "advertise");
    assert_eq!(office.cli(&["reach", "--output", "json"]).out.trim(), "[]");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let page = office.signed_in("rita").send("GET", "/first-run/addresses", &[], b"");
    let page = String::from_utf8_lossy(&page.bytes).into_owned();
    says(&page, "Not said yet");
    says_not(&page, "Try them");
}

/// On the page of the first questions the same is one button, which works without scripts; whoever may not try sees none.
#[test]
fn the_page_of_the_first_questions_tries_and_shows_what_came() {
    let (_kept, silent) = silence();
    let office = advertising("Archer Advice", &[silent, "nobody.invalid:4870".to_owned()]);
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    office.cli(&["user", "add", "ann"]).ok();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (place, button) in [("/first-run/addresses", "Try them</button>"), ("/offices/me", "Try the addresses</button>")] {
        let (mut rita, mut ann) = (office.signed_in("rita"), office.signed_in("ann"));
        let page = |reply: interoffice_tests::web::Reply| String::from_utf8_lossy(&reply.bytes).into_owned();
        says(&page(rita.send("GET", place, &[], b"")), button);
        let shown = rita.send("POST", place, &form, b"");
        assert_eq!(shown.status, 200);
        let shown = page(shown);
        for words in ["role=\"status\"", "Works on this machine only", "Nobody answered", "Name not found", "another office that connects"]
        {
            says(&shown, words);
        }
        says_not(&page(ann.send("GET", place, &[], b"")), button);
        assert_eq!(ann.send("POST", place, &form, b"").status, 403, "{place}");
    }
    assert_eq!(office.signed_in("rita").send("POST", "/first-run/mail", &form, b"").status, 404, "the other questions have nothing to try");
}
