//! What a user chooses for him- or herself: accepting cases as a specialist, and the linked users that are seen from there.

use interoffice_tests::{
    accept, card, copies, copy_names, enable, exit, import, link, link_of, linked, names, request, says, says_not, share, specialists,
    until, waiting_link,
};
use serde_json::{Value, json};

/// S-45, S-46: without "Accept cases as a specialist from any owner" record sharing does not work for a user; with it the specialist
/// reaches everything that was shared, from whichever owner, private records among it.
///
/// ```text
/// A: ann  --Clara, Paul (private)-->  B: bob (off: closed, on: open)      A: eva --request--> B: bob (off: not accepted)
/// ```
#[test]
fn s_45_a_specialist_who_does_not_accept_cases_reaches_nothing_until_he_does() {
    let (a, b, link) = linked();
    enable(&a, "eva");
    b.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &(card("Clara Client") + &card("Paul Private")));
    ann.cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    share(ann, &link, &records[..1]);
    ann.cli(&["record", "share", "--link", &link, &records[1], "--include-private", "--yes", "--wait"]).ok();
    import(bob, &card("Bert Own"));
    assert_eq!(bob.json(&["preferences"])["record_sharing"]["accept_cases"], true, "it comes selected");
    assert_eq!(copy_names(bob), ["Clara Client", "Paul Private"], "S-46");

    let mut rita = b.signed_in("rita");
    rita.headers.insert("x-interoffice-as".into(), "bob".into());
    let by_another = rita.json("PATCH", "/preferences", &json!({ "accept_cases": false }), &[]);
    assert_eq!(by_another.code(), "not-in-person", "nobody chooses it for him");
    says(&bob.cli(&["preferences", "--accept-cases", "off"]).ok().out, "from any owner");
    assert_eq!(names(&bob), ["Bert Own"], "his own records are as before");
    let listed = bob.cli(&["record", "list"]).ok();
    says(&listed.err, "does not accept cases");
    for record in &records {
        bob.cli(&["record", "show", record]).ended(exit::NOT_FOUND);
        bob.cli(&["record", "export", record]).ended(exit::NOT_FOUND);
    }
    says(&bob.cli(&["record", "list", "--link", &link]).ended(exit::REFUSED), "does not accept cases");
    assert_eq!((&link_of(bob, &link)["status"], &link_of(ann, &link)["status"]), (&json!("Active"), &json!("Active")));

    // A request finds him as he is; the asking office learns nothing of it.
    let of_eva = request(a.user("eva"), "Office B/bob");
    waiting_link(bob, &of_eva);
    says(&bob.cli(&["link", "accept", &of_eva]).ended(exit::REFUSED), "--accept-cases on");
    assert_eq!(link_of(a.user("eva"), &of_eva)["status"], "Waiting");

    // What changes meanwhile is there when he opens it again.
    ann.cli(&["record", "edit", &records[0], "--add", "NOTE=prefers letters"]).ok();
    ann.cli(&["link", "wait", &link, "--until", "synced"]).ok();
    bob.cli(&["preferences", "--accept-cases", "on"]).ok();
    says(&bob.json(&["record", "show", &records[0]]).to_string(), "prefers letters");
    accept(bob, &of_eva);
    let more = import(a.user("eva"), &card("Edda Client"));
    a.user("eva").cli(&["link", "wait", &of_eva]).ok();
    share(a.user("eva"), &of_eva, &more);
    assert_eq!(copy_names(bob), ["Clara Client", "Edda Client", "Paul Private"], "from any owner");
    let lines = b.json(&["audit", "--verb", "user.accept-cases", "--about", "bob"]);
    let said: Vec<&Value> = lines.as_array().into_iter().flatten().map(|line| &line["detail"]).collect();
    assert_eq!(said, ["on", "off"], "the audit has both");
}

/// S-16: from the own settings one reaches the linked users, in two lists, with what goes over each link.
#[test]
fn s_16_the_linked_users_are_reached_from_the_own_settings() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let link = link(ann, bob);
    share(ann, &link, &import(ann, &card("Clara Client")));
    until("the copy is there", || copies(bob, &link).len() == 1);
    let mut browser = a.signed_in("ann");
    let hers = browser.get("/preferences").ok();
    assert_eq!((&hers["user"], &hers["record_sharing"]["enabled"]), (&json!("ann"), &json!(true)));
    let list = |shown: &Value, list: &str| -> Vec<String> {
        let links = shown["record_sharing"][list].as_array().cloned().unwrap_or_default();
        links.iter().map(|link| format!("{} {} {}", link["remote_user"], link["status"], link["records"])).collect()
    };
    assert_eq!(list(&hers, "receiving_mine"), ["\"bob\" \"Active\" 1"]);
    assert!(list(&hers, "sharing_with_me").is_empty());
    let his = bob.json(&["preferences"]);
    assert_eq!((list(&his, "receiving_mine").len(), list(&his, "sharing_with_me")), (0, vec!["\"ann\" \"Active\" 1".to_owned()]));
    let page = bob.cli(&["preferences"]).ok().out;
    for words in ["Users receiving my contact records", "Users sharing their contact records with me", "Office A"] {
        says(&page, words);
    }

    // One's own settings show one's own links, an administrator's too.
    a.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    assert!(list(&a.user("rita").json(&["preferences"]), "receiving_mine").is_empty());
    says_not(&a.user("rita").cli(&["preferences"]).ok().out, "bob");
    says(&a.cli(&["preferences"]).ended(exit::USAGE), "--as USER");
}
