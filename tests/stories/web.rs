//! The http door: what every answer carries, who is let in, what is never done twice, and what nobody learns.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use interoffice_tests::web::{Browser, Reply, cookie_of, password};
use interoffice_tests::{Office, card, import, linked, share};
use serde_json::{Value, json};

/// An office with Rita, who administers it, and the practitioners Ann and Bob.
fn alder() -> Office {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for name in ["ann", "bob"] {
        office.cli(&["user", "add", name]).ok();
    }
    office
}

/// Every operation of the API: method, path with its parameters in braces.
fn operations(browser: &mut Browser) -> Vec<(String, String)> {
    let document = browser.get("/openapi.json").ok();
    let paths = document["paths"].as_object().expect("paths").clone();
    let methods = |item: &Value| item.as_object().into_iter().flatten().map(|(method, _)| method.to_uppercase()).collect::<Vec<_>>();
    let all: Vec<_> = paths
        .iter()
        .flat_map(|(path, item)| methods(item).into_iter().map(|method| (method, path.clone())))
        .filter(|(method, _)| ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method.as_str()))
        .collect();
    assert!(all.len() > 100, "{}", all.len());
    all
}

/// A path with every parameter filled in.
fn filled(path: &str, values: &BTreeMap<&str, String>) -> String {
    path.split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => values.get(name).unwrap_or_else(|| panic!("no value for {name}")).clone(),
            None => part.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn call(browser: &mut Browser, method: &str, path: &str) -> Reply {
    let body: &[u8] = if method == "GET" || method == "DELETE" { b"" } else { b"{}" };
    browser.send(method, &format!("/api/v1{path}"), &[("content-type", "application/json")], body)
}

/// Values that name nothing.
fn nothing() -> BTreeMap<&'static str, String> {
    let names = ["id", "name", "group", "user", "link", "peer", "role", "number", "token", "session", "kind", "activity"];
    names
        .into_iter()
        .map(|name| (name, if ["number", "token", "session"].contains(&name) { "999999" } else { "nobody99" }.to_owned()))
        .collect()
}

#[test]
fn asvs_3_4_every_answer_carries_its_headers_and_a_stranger_is_let_in_nowhere() {
    let office = alder();
    let mut stranger = office.browser();
    let open: BTreeSet<&str> =
        ["/health", "/office", "/openapi.json", "/session", "/set-up", "/passes/show", "/passes/use", "/passes/forgot"].into();
    for (method, path) in operations(&mut stranger) {
        let reply = call(&mut stranger, &method, &filled(&path, &nothing()));
        for (header, value) in [
            ("strict-transport-security", "max-age=63072000"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(reply.header(header), Some(value), "{method} {path}: {header}");
        }
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{method} {path}: {policy}");
        if !(open.contains(path.as_str()) && (method == "POST" || ["/health", "/office", "/openapi.json"].contains(&path.as_str()))) {
            assert_eq!((reply.status, reply.code().as_str()), (401, "not-signed-in"), "{method} {path}");
        }
    }
    assert_eq!(stranger.send("TRACE", "/api/v1/health", &[], b"").status, 405, "ASVS 13.4");
}

#[test]
fn asvs_3_3_cookies_are_for_this_host_and_no_script_and_a_planted_one_is_not_taken_up() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let mut fresh = office.browser();
    fresh.set_cookie("__Host-session", &office, "planted");
    let reply = fresh.sign_in("ann", &password("ann"));
    let cookies: Vec<&str> = reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        fresh.sign_in("ann", &password("ann")).ok();
        let token = fresh.cookie("__Host-session").expect("a session").to_owned();
        assert!(token.len() >= 43 && seen.insert(token), "ASVS 7.2.3: 256 bits, new at every sign-in");
    }
    let mut stale = office.browser();
    for token in &seen {
        let last = Some(token.as_str()) == fresh.cookie("__Host-session");
        stale.set_cookie("__Host-session", &office, token);
        assert_eq!(stale.get("/session").status, if last { 200 } else { 401 }, "ASVS 7.2.4: the session before ends");
    }
    assert_eq!(ann.get("/session").status, 200, "and no other");
    // Also when somebody else comes after.
    office.cli(&["user", "add", "dora"]).ok();
    office.signed_in("dora");
    let before = fresh.cookie("__Host-session").expect("a session").to_owned();
    fresh.sign_in("dora", &password("dora")).ok();
    stale.set_cookie("__Host-session", &office, &before);
    assert_eq!((stale.get("/session").status, fresh.get("/session").status), (401, 200));
    let out = ann.delete("/session");
    assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"storage\""), "ASVS 14.3.1");
}

/// Browsers keep one cookie of a name for all ports of a host: who tries two offices on one machine is signed in at both.
#[test]
fn two_offices_on_one_host_sign_nobody_of_the_other_out() {
    let names = |name: &str| {
        let office = Office::open(name);
        office.cli(&["user", "add", "ann"]).ok();
        office.signed_in("ann");
        let reply = office.browser().sign_in("ann", &password("ann"));
        let cookies = reply.headers.iter().filter(|(header, _)| header == "set-cookie");
        cookies.map(|(_, value)| value.split_once('=').expect("a name").0.to_owned()).collect::<BTreeSet<String>>()
    };
    let (here, there) = (names("Alder"), names("Birch"));
    assert_eq!((here.len(), there.len()), (2, 2));
    assert!(here.is_disjoint(&there), "{here:?} and {there:?}");
}

#[test]
fn asvs_3_5_nothing_changes_by_the_hand_of_another_site_nor_by_a_get() {
    let office = alder();
    let mut rita = office.signed_in("rita");
    let group = json!({ "name": "Tax" });
    for headers in [[("origin", "https://evil.example")], [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")]] {
        let reply = rita.json("POST", "/groups", &group, &headers);
        assert_eq!((reply.status, reply.code().as_str()), (403, "foreign-origin"), "{headers:?}");
    }
    assert_eq!(rita.get("/groups").ok()["items"], json!([]));
    rita.json("POST", "/groups", &group, &[("sec-fetch-site", "same-origin")]).ok();
    let before = office.events().len();
    for (_, path) in operations(&mut rita) {
        if path != "/audit/export" {
            call(&mut rita, "GET", &filled(&path, &nothing()));
        }
    }
    assert_eq!(office.events().len(), before, "no GET leaves a trace in the audit, so none has changed anything");
}

#[test]
fn asvs_6_2_passwords_are_long_and_not_the_first_guess_and_nothing_else_is_asked_of_them() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let mut current = password("ann");
    let mut set = |new: &str| {
        let reply = ann.post("/session/password", &json!({ "password": current, "new_password": new }));
        if reply.status == 200 {
            new.clone_into(&mut current);
        }
        reply.code()
    };
    for bad in ["1234567", "password", "qwertyuiop", "letmein1", "ann", "AlderAlder", &"x".repeat(257)] {
        assert_eq!(set(bad), "bad-password", "{bad}");
    }
    for good in
        ["only lower case words here", "ÄÖÜ 密码 пароль слово", "seventy characters and more of a sentence that nobody else would say "]
    {
        assert_eq!(set(good), "", "{good}");
    }
}

#[test]
fn r_20_failed_sign_ins_are_few_alike_and_keep_nobody_out() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let (mut stranger, mut answers) = (office.browser(), BTreeMap::<(u16, String), u32>::new());
    for _ in 0..30 {
        let reply = stranger.sign_in("ann", "not the password of ann");
        *answers.entry((reply.status, reply.code())).or_default() += 1;
    }
    let verified = answers.get(&(401, "sign-in-failed".to_owned())).copied().unwrap_or(0);
    assert!((8..=14).contains(&verified), "ten guesses a minute are looked at, Ann's own sign-in among them: {answers:?}");
    assert_eq!(answers.keys().map(|(status, _)| *status).collect::<Vec<_>>(), [401, 429], "{answers:?}");
    let refused = stranger.sign_in("ann", &password("ann"));
    assert_eq!(refused.status, 429, "the right password is not looked at either");
    assert!(refused.header("retry-after").is_some());
    let nobody = office.browser().sign_in("nobody", "not the password of ann");
    let known = office.browser().sign_in("bob", "not the password of bob");
    assert_eq!((nobody.status, nobody.bytes), (known.status, known.bytes), "ASVS 6.3.8: who is not there is refused in the same words");
    ann.forget_cookie("__Host-session");
    ann.sign_in("ann", &password("ann")).ok();
    let lines = office.events();
    let written = lines.iter().filter(|line| line["object"] == "ann" && line["outcome"] == "sign-in-failed").count();
    assert_eq!(written as u32, verified, "ASVS 16.3.1: each that was looked at stands in the audit");
}

#[test]
fn asvs_6_3_8_guesses_by_address_do_not_tell_whose_address_it_is() {
    let office = alder();
    office.cli(&["user", "add", "emma", "--email", "emma@alder.example"]).ok();
    office.signed_in("emma");
    let mut stranger = office.browser();
    let mut guess = |who: &str| stranger.sign_in(who, "not the password of emma");
    assert!((0..40).any(|_| guess("emma").status == 429), "Emma's name is guessed too often");
    let (hers, nobodys) = (guess("emma@alder.example"), guess("nobody@alder.example"));
    assert_eq!((hers.status, hers.code().as_str()), (401, "sign-in-failed"), "her address is not said to be guessed too often");
    assert_eq!((hers.status, hers.bytes), (nobodys.status, nobodys.bytes));
    assert!((0..40).any(|_| guess("nobody@alder.example").status == 429), "an address that nobody has is bounded too");
    let lines = office.events();
    let about = |object: &str| lines.iter().filter(|line| line["verb"] == "session.begin" && line["object"] == object).count();
    assert!(about("emma") > 1, "{lines:?}");
    assert_eq!(about(""), 0, "nothing is kept about nobody");
}

#[test]
fn asvs_14_2_1_and_15_3_3_no_secret_stands_in_an_address_and_no_unknown_member_is_taken() {
    let office = alder();
    let mut rita = office.signed_in("rita");
    let document = rita.get("/openapi.json").ok();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().into_iter().flatten().map(|(_, operation)| operation) {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, place) = (parameter["name"].as_str().unwrap_or_default(), parameter["in"].as_str().unwrap_or_default());
                let secret = ["password", "secret", "code"].iter().any(|word| name.contains(word)) || (name == "token" && place == "query");
                assert!(!secret || place == "header", "{path}: {name} in {place}");
            }
        }
    }
    for (method, path, body) in [
        ("POST", "/users", json!({ "name": "carl", "administers": true })),
        ("POST", "/groups", json!({ "name": "Tax", "id": 1 })),
        ("PATCH", "/users/ann", json!({ "account": "admin" })),
        ("POST", "/roles", json!({ "name": "Boss", "fixed": true })),
        ("PATCH", "/settings", json!({ "everything": true })),
        ("POST", "/users/ann/disable", json!({ "plan": "p", "everything": true })),
        ("POST", "/client-access", json!({ "plan": "p", "on": true, "everything": true })),
        ("POST", "/records/delete/plan", json!({ "records": [], "everything": true })),
        ("POST", "/links/accept", json!({ "links": [], "everything": true })),
    ] {
        let refused = rita.json(method, path, &body, &[]);
        assert_eq!((refused.status, refused.code().as_str()), (422, "bad-body"), "{method} {path}");
    }
}

#[test]
fn a_request_that_is_sent_twice_under_one_key_is_done_once() {
    let office = alder();
    let mut rita = office.signed_in("rita");
    let key = [("idempotency-key", "7f1c")];
    let first = rita.json("POST", "/groups", &json!({ "name": "Tax" }), &key);
    let again = rita.json("POST", "/groups", &json!({ "name": "Tax" }), &key);
    assert_eq!((first.ok(), again.header("idempotency-replayed")), (again.ok(), Some("true")));
    let other = rita.json("POST", "/groups", &json!({ "name": "Wills" }), &key);
    assert_eq!((other.status, other.code().as_str()), (422, "key-reused"));
    assert_eq!(rita.json("POST", "/groups", &json!({ "name": "Tax" }), &[]).status, 409, "without a key it is a second request");
    let mut bob = office.signed_in("bob");
    assert_eq!(bob.json("POST", "/groups", &json!({ "name": "Tax" }), &key).code(), "not-admin", "keys are everybody's own");
    let lines = office.events();
    assert_eq!(lines.iter().filter(|line| line["verb"] == "group.add" && line["outcome"] == "done").count(), 1);
}

/// Whoever lost a role is not shown again what was answered before; that it was asked is still known.
#[test]
fn an_answer_is_not_given_again_to_who_may_not_see_any_more_what_it_shows() {
    let office = alder();
    office.cli(&["role", "add", "Desk", "--allow", "edit", "--allow", "delete"]).ok();
    office.cli(&["user", "role", "bob", "Desk", "--yes"]).ok();
    let mut bob = office.signed_in("bob");
    let mut add = |key: &str| bob.json("POST", "/records", &json!({ "name": "Paul Private" }), &[("idempotency-key", key)]);
    let first = add("1").ok();
    assert_eq!(add("1").ok(), first, "until something changes, it is");
    office.cli(&["role", "change", "Desk", "--allow", "delete", "--yes"]).ok();
    let again = add("1");
    assert_eq!((again.status, again.code().as_str()), (409, "answer-unknown"), "the role was changed: {:?}", again.json());
    assert_eq!(add("2").code(), "role", "and he can't do it any more");
    office.cli(&["role", "change", "Desk", "--allow", "edit", "--allow", "delete", "--yes"]).ok();
    let second = add("3").ok();
    assert_eq!(add("3").ok(), second);
    office.user("bob").cli(&["record", "delete", second["record"].as_str().expect("an id"), "--yes"]).ok();
    let again = add("3");
    assert_eq!((again.status, again.code().as_str()), (409, "answer-unknown"), "the record is gone: {:?}", again.json());
    assert_eq!(office.user("bob").records().len(), 1, "nothing was done twice");
}

#[test]
fn an_answer_that_was_kept_goes_with_the_role_that_allowed_it() {
    let office = alder();
    office.cli(&["user", "add", "otto", "--account", "admin"]).ok();
    let mut rita = office.signed_in("rita");
    let key = [("idempotency-key", "k1")];
    let made = rita.json("POST", "/users", &json!({ "name": "eve" }), &key);
    assert_eq!(made.status, 200, "{}", made.json());
    let again = rita.json("POST", "/users", &json!({ "name": "eve" }), &key);
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    office.cli(&["user", "account", "rita", "practitioner", "--yes"]).ok();
    office.cli(&["user", "role", "rita", "Practitioner", "--yes"]).ok();
    let gone = rita.json("POST", "/users", &json!({ "name": "eve" }), &key);
    assert_eq!((gone.status, gone.code().as_str()), (409, "answer-unknown"), "{}", gone.json());
}

#[test]
fn an_edit_names_the_version_it_is_made_to_and_a_lost_update_is_refused() {
    let office = alder();
    let record = import(office.user("ann"), &card("Zoe Quast")).remove(0);
    let mut ann = office.signed_in("ann");
    let path = format!("/records/{record}");
    let tag = ann.get(&path).header("etag").expect("a tag").to_owned();
    let edit = |tel: &str| json!({ "set": [{ "name": "TEL", "value": tel }] });
    let done = ann.json("PATCH", &path, &edit("5550100"), &[("if-match", &tag)]);
    done.ok();
    assert_ne!(done.header("etag"), Some(tag.as_str()));
    let lost = ann.json("PATCH", &path, &edit("5550199"), &[("if-match", &tag)]);
    assert_eq!((lost.status, lost.code().as_str()), (412, "changed-meanwhile"));
}

#[test]
fn inv_55_a_stream_of_changes_names_kinds_alone_and_ends_with_the_session() {
    let office = alder();
    let mut ann = office.signed_in("ann");
    let mut stream = ann.open("GET", "/api/v1/events", &[("accept", "text/event-stream")], b"");
    let mut heard = String::new();
    assert!(listen(&mut stream, "retry:", &mut heard), "{heard}");
    import(office.user("bob"), &card("Zoe Quast"));
    assert!(listen(&mut stream, "event: changed", &mut heard), "{heard}");
    assert!(heard.contains("text/event-stream") && !heard.contains("Quast") && !heard.contains("bob"), "{heard}");
    ann.delete("/session").ok();
    assert!(!listen(&mut stream, "what is never said", &mut heard), "the stream ended: {heard}");
}

#[test]
fn a_copy_that_changes_is_told_to_who_listens_at_the_other_office() {
    let (a, b, link) = linked();
    let record = import(a.user("ann"), &card("Zoe Quast")).remove(0);
    share(a.user("ann"), &link, std::slice::from_ref(&record));
    let bob = b.signed_in("bob");
    let mut stream = bob.open("GET", "/api/v1/events", &[("accept", "text/event-stream")], b"");
    // Once two beats went by in silence, nothing of what was before is still to be told.
    let mut heard = String::new();
    while heard.is_empty() || heard.contains("changed") {
        heard.clear();
        listen(&mut stream, ": here", &mut heard);
    }
    a.user("ann").cli(&["record", "edit", &record, "--set", "NOTE=Calls on Mondays"]).ok();
    heard.clear();
    assert!(listen(&mut stream, "\"links\"", &mut heard), "{heard}");
}

/// Reads until this was said; false when the stream ended, or was quiet for three beats.
fn listen(stream: &mut impl Read, until: &str, heard: &mut String) -> bool {
    let mut part = [0; 1024];
    while !heard.contains(until) && heard.matches(": here").count() < 3 {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return false,
            Ok(length) => heard.push_str(&String::from_utf8_lossy(&part[..length])),
        }
    }
    heard.contains(until)
}

#[test]
fn v_04_the_first_administrator_comes_by_the_link_of_the_set_up_and_sees_every_record() {
    let mut office = Office::set_up("Birch");
    let link = office.set_up_link().expect("init printed a link");
    office.serve();
    let token = link.split_once('#').expect("a secret behind #").1.to_owned();
    let mut browser = office.browser();
    assert_eq!(browser.post("/passes/show", &json!({ "token": token })).ok()["kind"], "set-up");
    let first = json!({ "token": token, "name": "rita", "first_name": "Rita", "last_name": "Root", "password": password("rita") });
    let added = browser.post("/set-up", &first);
    assert_eq!((added.status, added.ok()["administers"].clone()), (201, json!(true)));
    assert_eq!(browser.post("/set-up", &first).code(), "unknown-pass", "once");
    browser.sign_in("rita", &password("rita")).ok();
    browser.post("/users", &json!({ "name": "ann" })).ok();
    let record = import(office.user("ann"), &card("Paul Private")).remove(0);
    office.user("ann").cli(&["record", "edit", &record, "--private", "on"]).ok();
    assert_eq!(browser.get(&format!("/records/{record}")).ok()["access"], "full-control");
}

#[test]
fn r_20_secrets_that_count_for_nothing_are_tried_at_a_bounded_rate() {
    let office = alder();
    let cookie = format!("{}=nothing", cookie_of("__Host-session", &office));
    for (header, value) in [("authorization", "Bearer iot_nothing"), ("cookie", cookie.as_str())] {
        let mut stranger = office.browser();
        stranger.headers.insert(header.into(), value.into());
        let answers: Vec<u16> = (0..600).map(|_| stranger.get("/users").status).take_while(|status| *status != 429).collect();
        assert!(answers.len() < 600 && answers.iter().all(|status| *status == 401), "{header}: {} answers", answers.len());
    }
}
