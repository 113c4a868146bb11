//! What most stories begin with: offices that met, users who are specialists, links that are Active, records that are shared.

use serde_json::Value;

use crate::office::{Desk, Office};
use crate::{eventually, until};

/// Lets two offices meet: invite, accept, words compared by both admins, confirmed by both.
#[track_caller]
pub fn pair(inviter: &Office, invited: &Office) {
    let invite = inviter.json(&["peer", "invite"]);
    let code = invite["invite"].as_str().expect("an invite code");
    let seen = invited.json(&["peer", "accept", code]);
    let words = words_of(&seen);
    let there = eventually("the inviting office sees who came", || {
        let peers = inviter.json(&["peer", "list"]);
        peers.as_array()?.iter().find(|peer| peer["name"] == invited.name()).cloned()
    });
    assert_eq!(words, words_of(&there), "both admins see the same words");
    inviter.cli(&["peer", "confirm", invited.name(), "--words", &words]).ok();
    invited.cli(&["peer", "confirm", inviter.name(), "--words", &words]).ok();
    for (here, other) in [(inviter, invited), (invited, inviter)] {
        until("both offices are paired", || here.peer(other)["standing"] == "paired");
    }
}

fn words_of(peer: &Value) -> String {
    let words: Vec<&str> = peer["words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(words.len(), 5, "five words are compared: {peer}");
    words.join(" ")
}

/// Two offices that met.
pub fn paired() -> (Office, Office) {
    let (a, b) = (Office::open("Office A"), Office::open("Office B"));
    pair(&a, &b);
    (a, b)
}

/// Adds a user and makes him or her a specialist.
#[track_caller]
pub fn enable(office: &Office, user: &str) {
    office.cli(&["user", "add", user]).ok();
    office.cli(&["specialist", "enable", user, "--yes"]).ok();
}

/// Two offices that met, with the specialist ann at the first and bob at the second.
pub fn specialists() -> (Office, Office) {
    let (a, b) = paired();
    enable(&a, "ann");
    enable(&b, "bob");
    (a, b)
}

/// Sends a link request; gives the link's id.
#[track_caller]
pub fn request(from: Desk<'_>, to: &str) -> String {
    let link = from.json(&["link", "request", to, "--purpose", "joint cases"]);
    link["link"].as_str().unwrap_or_else(|| panic!("a request makes a link: {link}")).to_owned()
}

/// Waits until a user has the request, and gives its view there.
pub fn waiting_link(desk: Desk<'_>, link: &str) -> Value {
    eventually("the request arrives", || desk.links("--sharing-with-me").into_iter().find(|seen| seen["link"] == link))
}

/// Accepts a request once it has arrived.
#[track_caller]
pub fn accept(desk: Desk<'_>, link: &str) {
    waiting_link(desk, link);
    desk.cli(&["link", "accept", link]).ok();
}

/// Makes an Active link between two specialists; gives its id.
#[track_caller]
pub fn link(from: Desk<'_>, to: Desk<'_>) -> String {
    let link = request(from, &to.office().at(to.name()));
    accept(to, &link);
    from.cli(&["link", "wait", &link, "--until", "active", "--timeout", "90"]).ok();
    link
}

/// Two offices with an Active link from ann at the first to bob at the second.
pub fn linked() -> (Office, Office, String) {
    let (a, b) = specialists();
    let link = link(a.user("ann"), b.user("bob"));
    (a, b, link)
}

/// One link as a user's office sees it.
#[track_caller]
pub fn link_of(desk: Desk<'_>, link: &str) -> Value {
    desk.json(&["link", "show", link])
}

/// Shares records over a link and waits until the other office has them.
#[track_caller]
pub fn share(desk: Desk<'_>, link: &str, records: &[String]) {
    let mut args = vec!["record", "share", "--link", link, "--yes"];
    args.extend(records.iter().map(String::as_str));
    desk.cli(&args).ok();
    desk.cli(&["link", "wait", link, "--until", "synced", "--timeout", "90"]).ok();
}

/// What a link brought to its reader.
#[track_caller]
pub fn copies(desk: Desk<'_>, link: &str) -> Vec<Value> {
    desk.json(&["record", "list", "--link", link, "--limit", "0"]).as_array().expect("a list").clone()
}

/// The names of the copies that a user sees, over all links.
#[track_caller]
pub fn copy_names(desk: Desk<'_>) -> Vec<String> {
    let records = desk.records();
    let copies = records.iter().filter(|record| record["link"].is_string());
    copies.filter_map(|record| record["name"].as_str()).map(str::to_owned).collect()
}
