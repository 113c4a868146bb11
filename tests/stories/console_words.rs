//! What pages of the console say beforehand, offer, and say when nothing came of it.

use interoffice_tests::web::{Browser, Reply};
use interoffice_tests::{Office, card, eventually, import, link, paired, request, share, specialists, waiting_link};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.bytes).into_owned()
}

#[track_caller]
fn page(browser: &mut Browser, place: &str) -> String {
    let reply = browser.send("GET", place, &[], b"");
    assert_eq!(reply.status, 200, "{place}: {}", text(&reply));
    text(&reply)
}

#[track_caller]
fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part:?} is missing in {page}");
    }
}

#[track_caller]
fn lacks(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(!page.contains(part), "{part:?} stands in {page}");
    }
}

/// Two offices that met: Ann is a specialist of the first and asked Bob of the second, who is none; Omar administers there.
fn asked() -> (Office, Office, String) {
    let (a, b) = paired();
    interoffice_tests::enable(&a, "ann");
    b.cli(&["user", "add", "bob"]).ok();
    b.cli(&["user", "add", "omar", "--account", "admin"]).ok();
    let link = request(a.user("ann"), &b.at("bob"));
    waiting_link(b.user("bob"), &link);
    (a, b, link)
}

/// S-01, S-23: whoever may not accept is told so where the request is, may decline all the same, and administrators see who waits for them.
#[test]
fn who_may_not_accept_is_told_before_and_administrators_see_it() {
    let (_a, b, link) = asked();
    let mut bob = b.signed_in("bob");
    let decline = format!("/links/{link}/decline");
    for place in ["/link-requests".to_owned(), format!("/links/{link}")] {
        let seen = page(&mut bob, &place);
        has(&seen, &["To accept, you need the right Record Sharing; an administrator of your office can enable you.", &decline]);
        lacks(&seen, &[">Accept<", ">Accept…<", "type=\"checkbox\""]);
    }
    let mut omar = b.signed_in("omar");
    has(&page(&mut omar, "/"), &["ann at Office A asks bob, who may not accept yet", "href=\"/people/bob/enable\""]);
    has(&page(&mut omar, &format!("/links/{link}")), &["href=\"/people/bob/enable\""]);
    has(&page(&mut omar, "/link-requests"), &["No request waits for you"]);
    b.cli(&["specialist", "enable", "bob", "--yes"]).ok();
    lacks(&page(&mut omar, "/"), &["who may not accept yet"]);
    lacks(&page(&mut omar, &format!("/links/{link}")), &[">Accept…<", "/people/bob/enable"]);
    has(&page(&mut bob, "/link-requests"), &[">Accept<"]);
}

/// C-10: another office may ask for whomever it likes, and learns nothing from it; nobody's pages are the worse for it.
#[test]
fn a_request_to_nobody_takes_no_page_away() {
    let (a, b) = paired();
    interoffice_tests::enable(&a, "ann");
    b.cli(&["user", "add", "omar", "--account", "admin"]).ok();
    let link = request(a.user("ann"), "Office B/zzzz");
    waiting_link(b.user("omar"), &link);
    let mut omar = b.signed_in("omar");
    lacks(&page(&mut omar, "/"), &["who may not accept yet"]);
    let seen = page(&mut omar, &format!("/links/{link}"));
    has(&seen, &["Nobody here has the user name zzzz"]);
    lacks(&seen, &["/people/zzzz/enable", ">Accept…<"]);
}

/// S-24: a single request is tagged beforehand; when none is tagged, that nothing came of it is no good news.
#[test]
fn a_single_request_is_tagged_and_nothing_is_no_good_news() {
    let (a, b) = specialists();
    let first = request(a.user("ann"), &b.at("bob"));
    waiting_link(b.user("bob"), &first);
    let mut bob = b.signed_in("bob");
    has(&page(&mut bob, "/link-requests"), &[&format!("value=\"{first}\" checked>")]);
    let nothing = bob.send("POST", "/links/accept", &[FORM], b"");
    assert_eq!(nothing.status, 303, "{}", text(&nothing));
    let seen = page(&mut bob, "/link-requests");
    has(&seen, &["Nothing was tagged, so nothing changed", "<div class=\"note\">"]);
    lacks(&seen, &["note good"]);
    interoffice_tests::enable(&a, "eva");
    let second = request(a.user("eva"), &b.at("bob"));
    waiting_link(b.user("bob"), &second);
    lacks(&page(&mut bob, "/link-requests"), &["checked"]);
}

/// S-55: whom a new client is assigned to is asked, with its owner alone as the answer that tells least; the owner is no further user.
#[test]
fn a_new_client_is_its_owners_alone_unless_somebody_says_otherwise() {
    let office = Office::open("Harbour Advice");
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["settings", "--office-security", "on"]).ok();
    let mut ann = office.signed_in("ann");
    let seen = page(&mut ann, "/clients/new");
    has(&seen, &["value=\"owner\" checked>", "id=\"assign-bob\""]);
    lacks(&seen, &["id=\"assign-ann\""]);
    let unsaid = ann.send("POST", "/clients/new", &[FORM], b"do=save&kind=contact&fn-1=Clara+Client");
    assert_eq!(unsaid.status, 422);
    has(&text(&unsaid), &["Choose whom it is assigned to"]);
    let ticked = ann.send("POST", "/clients/new", &[FORM], b"do=save&kind=contact&fn-1=Clara+Client&whom=owner&assign=bob");
    assert_eq!(ticked.status, 422, "what was ticked is not passed over");
    has(&text(&ticked), &["Further users are named: choose The owner and these users"]);
    let made = ann.send("POST", "/clients/new", &[FORM], b"do=save&kind=contact&fn-1=Clara+Client&whom=owner");
    assert_eq!(made.status, 303, "{}", text(&made));
}

/// S-17, S-25, S-26: *Linked Users* opens the list in which somebody is.
#[test]
fn linked_users_opens_the_list_that_has_entries() {
    let (a, b) = specialists();
    let mut bob = b.signed_in("bob");
    let (receiving, sharing) = ("value=\"receiving-mine\" selected", "value=\"sharing-with-me\" selected");
    has(&page(&mut bob, "/links"), &[receiving]);
    link(a.user("ann"), b.user("bob"));
    has(&page(&mut bob, "/links"), &[sharing, "New 'Linked User' Record"]);
    has(&page(&mut bob, "/links?list=receiving-mine"), &[receiving]);
    has(&page(&mut a.signed_in("ann"), "/links"), &[receiving]);
    request(b.user("bob"), &a.at("ann"));
    has(&page(&mut bob, "/links"), &[receiving]);
}

/// What is no more, or not for whoever looks, is said where the ways on are; a stranger is led to sign in.
#[test]
fn what_is_no_more_is_said_inside_the_house() {
    let office = Office::open("Harbour Advice");
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    let mut bob = office.signed_in("bob");
    for place in [format!("/clients/{record}"), "/clients/unknown".to_owned(), "/nowhere".to_owned(), "/links/unknown".to_owned()] {
        let reply = bob.send("GET", &place, &[], b"");
        assert_eq!(reply.status, 404, "{place}");
        has(&text(&reply), &["<nav id=\"menu\"", "href=\"/clients\"", "Sign out bob", "There is nothing here"]);
        if place.starts_with("/clients/") {
            has(&text(&reply), &["It may have been deleted, or taken back by the office that shared it", "unknown-record"]);
        }
    }
    let in_dialog = bob.send("GET", "/clients/unknown", &[("fragment", "person")], b"");
    lacks(&text(&in_dialog), &["<nav id=\"menu\""]);
    has(&text(&in_dialog), &["sheet", "There is nothing here"]);
    let stranger = office.browser().send("GET", "/nowhere", &[], b"");
    lacks(&text(&stranger), &["<nav id=\"menu\""]);
}

/// What happened stands on pages in words, with the names of people and offices.
#[test]
fn events_are_told_in_words() {
    let (a, b) = specialists();
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    b.cli(&["user", "add", "omar", "--account", "admin"]).ok();
    let active = link(a.user("ann"), b.user("bob"));
    let record = import(a.user("ann"), &card("Clara Client")).remove(0);
    let ann = a.user("ann");
    ann.cli(&["record", "edit", &record, "--set", "TEL=+1 555 0102"]).ok();
    ann.cli(&["record", "access", &record, "--user", "rita=read", "--yes"]).ok();
    share(ann, &active, std::slice::from_ref(&record));
    let mut ann = a.signed_in("ann");
    let seen = page(&mut ann, &format!("/clients/{record}"));
    has(&seen, &["Edited", "(version ", "Brought by an import", "Shared", "rita, Read", "ann on the command line"]);
    lacks(&seen, &["record.edit", "user:ann", "operator for"]);
    let seen = page(&mut ann, &format!("/links/{active}"));
    has(&seen, &["Request sent", "Request accepted by the other office", "Records shared", "1 record", "Office B"]);
    lacks(&seen, &["link.accepted", "office:", "record.share<"]);
    let mut rita = a.signed_in("rita");
    let seen = page(&mut rita, &format!("/links/{active}"));
    has(&seen, &["Request accepted by the other office"]);
    let mut omar = b.signed_in("omar");
    let seen = page(&mut omar, &format!("/links/{active}"));
    has(&seen, &["Request from the other office", "Request accepted", "Office A"]);
}

/// What an administrator can do is offered where it is missing, and a page of a user says what is so now.
#[test]
fn pages_say_what_is_so_and_offer_what_is_missing() {
    let (a, b) = paired();
    let alone = Office::open("Alone");
    for office in [&a, &alone] {
        office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
        office.cli(&["user", "add", "bob"]).ok();
    }
    let mut rita = alone.signed_in("rita");
    has(&page(&mut rita, "/"), &["href=\"/offices/invite\""]);
    lacks(&page(&mut alone.signed_in("bob"), "/"), &["href=\"/offices/invite\""]);
    let seen = page(&mut rita, "/people/rita");
    has(&seen, &["once Record Sharing is enabled"]);
    alone.cli(&["user", "add", "cleo"]).ok();
    let seen = page(&mut rita, "/people/cleo");
    has(&seen, &["No invitation is open for this user"]);
    lacks(&seen, &["or the invitation ended"]);

    let mut rita = a.signed_in("rita");
    let seen = page(&mut rita, "/people/bob/enable");
    has(&seen, &["<option value=\"Office B\">", "value=\"Office B\"", "User name at that office"]);
    let body = plan_of(&seen, "office=Office+B&user=&purpose=");
    let enabled = rita.send("POST", "/people/bob/enable", &[FORM], body.as_bytes());
    assert_eq!(enabled.status, 303, "an office that was filled in beforehand asks nobody: {}", text(&enabled));
    has(&page(&mut rita, "/people/bob"), &["Bob is a specialist now."]);
    lacks(&page(&mut rita, "/people/bob"), &["once Record Sharing is enabled"]);
    let mut bob = a.signed_in("bob");
    has(&page(&mut bob, "/links/new"), &["<option value=\"Office B\">", "value=\"Office B\"", "User name at that office"]);
    eventually("nobody was asked", || b.json(&["link", "list"]).as_array().filter(|links| links.is_empty()).map(|_| ()));
}

/// A form with the plan that stands on its page.
#[track_caller]
fn plan_of(page: &str, rest: &str) -> String {
    let plan = page.split("name=\"plan\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a plan");
    format!("plan={plan}&{rest}")
}
