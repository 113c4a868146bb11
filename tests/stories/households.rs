//! The members of a household: by name for whoever sees them too, and for everybody else as a number.

use interoffice_tests::{Desk, Office, card, household, import, linked, says, says_not, share};
use serde_json::json;

fn page(office: &Office, user: &str, path: &str) -> String {
    let reply = office.signed_in(user).send("GET", path, &[], b"");
    assert_eq!(reply.status, 200, "{path} for {user}");
    String::from_utf8(reply.bytes).expect("a page")
}

/// Whoever sees a household sees the names of those members that he or she sees by themselves, on the page and on the command line; the
/// names of the others are told nowhere, and a member that was deleted is like one that is hidden.
#[test]
fn members_of_a_household_have_names_for_those_who_see_them() {
    let (a, b, link) = linked();
    a.cli(&["user", "add", "carl"]).ok();
    let (ann, bob, carl) = (a.user("ann"), b.user("bob"), a.user("carl"));
    let family = household("The Millers", &["Petra Miller", "Paul Private"]);
    let records = import(ann, &(card("Petra Miller") + &card("Paul Private") + &family));
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    for record in [&records[0], &records[2]] {
        ann.cli(&["record", "access", record, "--user", "carl=read", "--yes"]).ok();
    }
    let seen = |desk: Desk<'_>| desk.json(&["record", "show", &records[2]])["seen_members"].clone();
    let (petra, paul) = (json!({ "id": records[0], "name": "Petra Miller" }), json!({ "id": records[1], "name": "Paul Private" }));
    assert_eq!(seen(ann), json!([petra, paul]));
    assert_eq!(seen(carl), json!([petra]));
    let words = carl.cli(&["record", "show", &records[2]]).ok().out;
    says(&words, &format!("Petra Miller ({}), a member you don't see", &records[0][..12]));
    says_not(&words, "Paul Private");

    let path = format!("/clients/{}", records[2]);
    let whole = page(&a, "ann", &path);
    says(&whole, &format!("<a href=\"/clients/{}\">Petra Miller</a>", records[0]));
    says(&whole, &format!("<a href=\"/clients/{}\">Paul Private</a>", records[1]));
    says_not(&whole, "you don't see");
    let part = page(&a, "carl", &path);
    says(&part, &format!("<a href=\"/clients/{}\">Petra Miller</a>", records[0]));
    says(&part, "A member you don");
    assert!(!part.contains("Paul Private") && !part.contains(&records[1]), "neither a name nor an id: {part}");

    ann.cli(&["record", "share", "--link", &link, "--without-members", "--yes", "--wait", &records[2]]).ok();
    assert_eq!(seen(bob), json!([]), "the members did not travel");
    says(&bob.cli(&["record", "show", &records[2]]).ok().out, "2 members you don't see");
    share(ann, &link, &records[..1]);
    assert_eq!(seen(bob), json!([petra]));
    ann.cli(&["record", "delete", &records[0], "--yes"]).ok();
    assert_eq!(seen(ann), json!([paul]));
}
