//! Who may see which record inside an office: owners, shares, groups, client access, and why somebody sees something.

use interoffice_tests::{Desk, Office, card, copy_names, exit, import, linked, names, says, says_not, share, until};
use serde_json::Value;

/// An office where users see only what concerns them: Rita administers, Ann, Bob and Carl are practitioners, Eve is an assistant.
fn clinic() -> Office {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob", "carl"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["user", "add", "eve", "--account", "assistant"]).ok();
    office.user("rita").cli(&["client-access", "--manage", "on", "--yes"]).ok();
    office
}

fn grant(desk: &Desk<'_>, record: &str, change: [&str; 2]) {
    desk.cli(&["record", "access", record, change[0], change[1], "--yes"]).ok();
}

fn reasons(office: &Office, record: &str, user: &str) -> Vec<String> {
    let explained = office.json(&["record", "explain", record, "--user", user]);
    let because = explained[0]["because"].as_array().cloned().unwrap_or_default();
    because.iter().filter_map(|reason| reason["source"].as_str()).map(str::to_owned).collect()
}

/// V-01, V-03, V-06, I-02, I-04: who makes a record owns it, and only the owner and administrators see it until it is shared.
#[test]
fn v_01_v_06_a_record_is_its_owners_until_it_is_shared() {
    let office = clinic();
    let records = import(office.user("ann"), &card("Clara Client"));
    assert_eq!(names(&office.user("ann")), ["Clara Client"]);
    assert_eq!(names(&office.user("rita")), ["Clara Client"], "an administrator sees all records");
    for other in ["bob", "carl", "eve"] {
        assert!(names(&office.user(other)).is_empty(), "{other} sees nothing");
        says(&office.user(other).cli(&["record", "show", &records[0]]).ended(exit::NOT_FOUND), "no record");
        office.user(other).cli(&["record", "access", &records[0]]).ended(exit::NOT_FOUND);
        office.user(other).cli(&["record", "explain", &records[0]]).ended(exit::NOT_FOUND);
        office.user(other).cli(&["record", "owner", &records[0], other, "--yes"]).ended(exit::NOT_FOUND);
    }
    assert_eq!(reasons(&office, &records[0], "ann"), ["owner"]);
    assert_eq!(reasons(&office, &records[0], "rita"), ["administrator"]);
    assert!(reasons(&office, &records[0], "bob").is_empty());
}

/// V-02, V-16, V-17, V-20 to V-26: three levels, each allows what it says, and nothing is effective before the yes.
#[test]
fn v_20_read_write_and_full_control_allow_what_they_say() {
    let office = clinic();
    let (ann, bob, carl) = (office.user("ann"), office.user("bob"), office.user("carl"));
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);

    let plan = ann.json(&["record", "access", &record, "--user", "bob=read", "--dry-run"]);
    says(&plan["changes"].to_string(), "bob gets Read");
    ann.cli(&["record", "access", &record, "--user", "bob=read"]).ended(exit::USAGE);
    assert!(names(&bob).is_empty(), "nothing is effective before the yes");

    grant(&ann, &record, ["--user", "bob=read"]);
    assert_eq!(bob.json(&["record", "show", &record])["access"], "read");
    says(&bob.cli(&["record", "edit", &record, "--set", "TEL=1"]).ended(exit::REFUSED), "not change it");
    says(&bob.cli(&["record", "access", &record, "--user", "carl=read", "--yes"]).ended(exit::REFUSED), "Full Control");

    grant(&ann, &record, ["--user", "bob=write"]);
    bob.cli(&["record", "edit", &record, "--set", "TEL=+1 555 0100"]).ok();
    says(&bob.cli(&["record", "access", &record, "--user", "carl=read", "--yes"]).ended(exit::REFUSED), "Full Control");
    bob.cli(&["record", "delete", &record, "--yes"]).ended(exit::REFUSED);

    grant(&ann, &record, ["--user", "bob=full-control"]);
    grant(&bob, &record, ["--user", "carl=read"]);
    assert_eq!(names(&carl), ["Clara Client"]);
    let shares = ann.json(&["record", "access", &record]);
    assert_eq!(shares["owner"], "ann");
    let users: Vec<String> =
        shares["users"].as_array().expect("users").iter().map(|share| format!("{}={}", share["user"], share["level"])).collect();
    assert_eq!(users, ["\"bob\"=\"full-control\"", "\"carl\"=\"read\""], "who has access by a right is not among them");

    for bad in ["bob=own", "bob=", "bob"] {
        ann.cli(&["record", "access", &record, "--user", bad, "--yes"]).ended(exit::USAGE);
    }
    ann.cli(&["record", "access", &record, "--user", "nobody=read", "--yes"]).ended(exit::NOT_FOUND);
    ann.cli(&["record", "access", &record, "--group", "Nowhere=read", "--yes"]).ended(exit::NOT_FOUND);
    says(&ann.cli(&["record", "access", &record, "--user", "ann=read", "--yes"]).ended(exit::CONFLICT), "owns the record");
    says(&ann.cli(&["record", "access", &record, "--user", "eve=full-control", "--yes"]).ended(exit::REFUSED), "assistant");
    grant(&ann, &record, ["--user", "bob=none"]);
    bob.cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
    let verbs: Vec<Value> =
        office.events().into_iter().filter(|line| line["object"] == record.as_str()).map(|line| line["verb"].clone()).collect();
    assert!(verbs.contains(&"record.grant".into()) && verbs.contains(&"record.revoke".into()), "the audit has each: {verbs:?}");
}

/// V-10, V-12 to V-15, V-19, V-24, V-27 to V-29: co-owners stand behind the owner, and only owners have the asterisk of what opens offline.
#[test]
fn v_13_connected_to_names_every_owner_and_only_owners_open_offline() {
    let office = clinic();
    let (ann, bob, carl) = (office.user("ann"), office.user("bob"), office.user("carl"));
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    grant(&ann, &record, ["--user", "bob=full-control"]);
    office.user("rita").cli(&["user", "all-clients", "carl", "write", "--yes"]).ok();

    let seen = |desk: &Desk<'_>| desk.records().remove(0);
    for (desk, offline) in [(&ann, true), (&bob, true), (&carl, false)] {
        let record = seen(desk);
        assert_eq!(record["connected_to"], serde_json::json!(["ann", "bob"]));
        assert_eq!(record["offline"], offline, "{}", desk.name());
    }
    says(&ann.cli(&["record", "list"]).ok().out, "ann, bob*");
    says_not(&carl.cli(&["record", "list"]).ok().out, "*");

    says(&carl.cli(&["record", "access", &record, "--user", "eve=read", "--yes"]).ended(exit::REFUSED), "Full Control");
    grant(&carl, &record, ["--user", "carl=full-control"]);
    assert_eq!(seen(&carl)["offline"], true, "who has all clients makes a record open offline by taking Full Control");
    assert_eq!(seen(&carl)["connected_to"], serde_json::json!(["ann", "bob", "carl"]));
    assert_eq!(carl.json(&["record", "list", "--mine"]), serde_json::json!([]), "his own are those he owns");
}

/// V-05, V-08, P-13: all clients for one user, with what changes said before; private records stay hidden.
#[test]
fn p_13_all_clients_are_shared_with_one_user() {
    let office = clinic();
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Paul Private")));
    office.user("ann").cli(&["record", "edit", &records[1], "--private", "on"]).ok();
    let rita = office.user("rita");
    let plan = rita.json(&["user", "all-clients", "bob", "write", "--dry-run"]);
    says(&plan["changes"].to_string(), "1 record that is not private");
    says(&plan["stays"].to_string(), "1 private record");
    assert!(names(&office.user("bob")).is_empty());
    rita.cli(&["user", "all-clients", "bob", "write", "--yes"]).ok();
    assert_eq!(names(&office.user("bob")), ["Clara Client"]);
    assert_eq!(reasons(&office, &records[0], "bob"), ["all-clients"]);
    office.user("bob").cli(&["user", "all-clients", "bob", "full-control", "--yes"]).ended(exit::REFUSED);
    says(&rita.cli(&["user", "all-clients", "eve", "full-control", "--yes"]).ended(exit::REFUSED), "assistant");
    let enabling = office.json(&["specialist", "enable", "bob", "--dry-run"]);
    says(&enabling["changes"].to_string(), "all clients are no longer shared with bob");
    rita.cli(&["user", "all-clients", "bob", "none", "--yes"]).ok();
    assert!(names(&office.user("bob")).is_empty());
    office.cli(&["specialist", "enable", "bob", "--yes"]).ok();
    says(&rita.cli(&["user", "all-clients", "bob", "read", "--yes"]).ended(exit::REFUSED), "specialist");
}

/// I-03, I-12 to I-17, I-33, K-01, INV-60: one owner at all times; a transfer keeps the grants and takes back what the old owner shared abroad.
#[test]
fn i_12_a_record_gets_another_owner_and_keeps_its_grants() {
    let office = clinic();
    let (ann, carl) = (office.user("ann"), office.user("carl"));
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    grant(&ann, &record, ["--user", "carl=read"]);
    grant(&ann, &record, ["--user", "bob=full-control"]);
    says(&office.user("bob").cli(&["record", "owner", &record, "bob", "--yes"]).ended(exit::REFUSED), "owner or by an administrator");
    says(&ann.cli(&["record", "owner", &record, "eve", "--yes"]).ended(exit::REFUSED), "assistant");
    says(&ann.cli(&["record", "owner", &record, "ann", "--yes"]).ended(exit::CONFLICT), "already");
    says(
        &ann.json(&["record", "owner", &record, "bob", "--keep", "read", "--dry-run"])["changes"].to_string(),
        "bob owns the record instead of ann",
    );
    ann.cli(&["record", "owner", &record, "bob", "--keep", "read", "--yes"]).ok();
    let shown = office.json(&["record", "show", &record]);
    assert_eq!((&shown["owner"], &shown["connected_to"]), (&"bob".into(), &serde_json::json!(["bob"])));
    assert_eq!(ann.json(&["record", "show", &record])["access"], "read");
    assert_eq!(carl.json(&["record", "show", &record])["access"], "read", "grants stay");
    office.user("rita").cli(&["record", "owner", &record, "carl", "--yes"]).ok();
    office.user("bob").cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
    assert_eq!(carl.json(&["record", "show", &record])["access"], "full-control");
    grant(&carl, &record, ["--whole-office", "write"]);
    for user in ["ann", "bob"] {
        assert_eq!(office.user(user).json(&["record", "show", &record])["access"], "write", "{user}");
    }
    grant(&carl, &record, ["--user", "bob=read"]);
    let kept = carl.json(&["record", "access", &record, "--user", "bob=none", "--dry-run"]);
    says(&kept["stays"].to_string(), "bob keeps Write, since the record is shared with the whole office");
    let all = carl.json(&["record", "access", &record, "--user", "bob=none", "--whole-office", "none", "--dry-run"]);
    says_not(&all["stays"].to_string(), "bob keeps");
    carl.cli(&["record", "access", &record, "--user", "bob=none", "--whole-office", "none", "--yes"]).ok();
    office.user("bob").cli(&["record", "show", &record]).ended(exit::NOT_FOUND);
}

/// K-05, K-07: the copy that an owner shared with another office is removed there when the record gets another owner.
#[test]
fn k_05_a_transfer_takes_back_the_copies_of_the_old_owners_links() {
    let (a, b, link) = linked();
    a.cli(&["user", "add", "carl"]).ok();
    let records = import(a.user("ann"), &card("Clara Client"));
    share(a.user("ann"), &link, &records);
    until("bob has the copy", || copy_names(b.user("bob")) == ["Clara Client"]);
    for verb in [&["access", &records[0]][..], &["explain", &records[0]], &["owner", &records[0], "bob", "--yes"]] {
        let refused = b.user("bob").cli(&[&["record"], verb].concat()).ended(exit::REFUSED);
        says(&refused, "belongs to Office A");
    }
    let plan = a.user("ann").json(&["record", "owner", &records[0], "carl", "--keep", "full-control", "--dry-run"]);
    says(&plan["changes"].to_string(), "copy for bob at Office B is removed");
    a.user("ann").cli(&["record", "owner", &records[0], "carl", "--keep", "full-control", "--yes"]).ok();
    until("the copy is gone", || copy_names(b.user("bob")).is_empty());
    let again = a.user("ann").cli(&["record", "share", "--link", &link, &records[0], "--yes"]).ended(exit::NOT_FOUND);
    says(&again, "you own no record");
}

/// P-01 to P-04, K-03, INV-59: switching client access on takes nothing from anybody; what is new is its owner's; then access is taken step by step.
#[test]
fn p_03_switching_client_access_on_changes_nothing_at_once() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    let old = import(office.user("ann"), &(card("Clara Client") + &card("Paul Private")));
    office.user("ann").cli(&["record", "edit", &old[1], "--private", "on"]).ok();
    assert_eq!(names(&office.user("bob")), ["Clara Client"]);
    assert_eq!(reasons(&office, &old[0], "bob"), ["open-office"]);

    says(&office.user("ann").cli(&["client-access", "--manage", "on", "--yes"]).ended(exit::REFUSED), "administrator");
    let plan = office.user("rita").json(&["client-access", "--manage", "on", "--dry-run"]);
    says(&plan["stays"].to_string(), "1 record that everybody reads is shared with the whole office");
    office.user("rita").cli(&["client-access", "--manage", "on", "--yes"]).ok();
    assert_eq!(names(&office.user("bob")), ["Clara Client"], "nobody loses access");
    assert_eq!(reasons(&office, &old[0], "bob"), ["whole-office"]);

    import(office.user("ann"), &card("Nora New"));
    assert_eq!(names(&office.user("bob")), ["Clara Client"], "what is new is its owner's");
    grant(&office.user("ann"), &old[0], ["--whole-office", "none"]);
    assert!(names(&office.user("bob")).is_empty());
    office.user("bob").cli(&["record", "access", &old[0], "--whole-office", "read", "--yes"]).ended(exit::NOT_FOUND);
    grant(&office.user("ann"), &old[0], ["--whole-office", "write"]);
    let enabling = office.json(&["specialist", "enable", "ann", "--dry-run"]);
    says(&enabling["stays"].to_string(), "1 record shared with the whole office stays visible to all its users");
    let back = office.user("rita").json(&["client-access", "--manage", "off", "--dry-run"]);
    says(&back["changes"].to_string(), "reads all 2 records");
}

/// P-06, P-07, P-22, K-05: with sharing off administrators alone share, however much Full Control somebody has.
#[test]
fn p_07_with_sharing_off_only_administrators_share() {
    let office = clinic();
    let record = import(office.user("ann"), &card("Clara Client")).remove(0);
    office.user("rita").cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    says(
        &office.user("ann").cli(&["record", "access", &record, "--user", "bob=read", "--yes"]).ended(exit::REFUSED),
        "only administrators",
    );
    assert_eq!(office.user("ann").json(&["record", "access", &record])["may_share"], false);
    office.user("ann").cli(&["record", "edit", &record, "--private", "on"]).ok();
    let widened = office.user("ann").cli(&["record", "edit", &record, "--private", "off"]).ended(exit::REFUSED);
    says(&widened, "only administrators let others see records");
    grant(&office.user("rita"), &record, ["--user", "bob=read"]);
    assert_eq!(names(&office.user("bob")), ["Clara Client"]);
    office.user("ann").cli(&["record", "access", &record, "--user", "bob=none", "--yes"]).ended(exit::REFUSED);
    office.user("rita").cli(&["client-access", "--sharing", "on", "--yes"]).ok();
    grant(&office.user("ann"), &record, ["--user", "bob=none"]);
    assert!(names(&office.user("bob")).is_empty());
}

/// P-06, P-07, K-05: with sharing off nobody but administrators shares over a link either; what is shared stays, and is taken back by whoever
/// shared it.
#[test]
fn k_05_with_sharing_off_nothing_new_leaves_the_house() {
    let (a, b, link) = linked();
    let ann = a.user("ann");
    let records = import(a.user("ann"), &(card("Petra Miller") + &card("Nora New")));
    share(a.user("ann"), &link, &records[..1]);
    until("the copy is there", || copy_names(b.user("bob")) == ["Petra Miller"]);
    a.cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    for confirmed in ["--dry-run", "--yes"] {
        let refused = ann.cli(&["record", "share", "--link", &link, &records[1], confirmed]).ended(exit::REFUSED);
        says(&refused, "only administrators let others see records");
    }
    assert_eq!(copy_names(b.user("bob")), ["Petra Miller"], "what is shared stays");
    ann.cli(&["record", "unshare", "--link", &link, &records[0], "--yes"]).ok();
    until("the copy is gone", || copy_names(b.user("bob")).is_empty());
    a.cli(&["client-access", "--sharing", "on", "--yes"]).ok();
    share(a.user("ann"), &link, &records[1..]);
    until("the other record is there", || copy_names(b.user("bob")) == ["Nora New"]);
}

/// P-07, I-12, I-17, K-05: with sharing off an owner gives a record away, but stays in it only if an administrator lets him or her.
#[test]
fn p_07_with_sharing_off_an_owner_gives_a_record_away_and_keeps_nothing() {
    let office = clinic();
    let (ann, bob, rita) = (office.user("ann"), office.user("bob"), office.user("rita"));
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Nora New")));
    rita.cli(&["client-access", "--sharing", "off", "--yes"]).ok();
    for level in ["read", "write", "full-control"] {
        for confirmed in ["--dry-run", "--yes"] {
            let refused = ann.cli(&["record", "owner", &records[0], "bob", "--keep", level, confirmed]).ended(exit::REFUSED);
            says(&refused, "only administrators let others see records");
            says(&refused, "without --keep");
        }
    }
    let keep = serde_json::json!({ "owner": "bob", "keep": "read" });
    assert_eq!(ann.api("POST", &format!("/records/{}/owner/plan", records[0]), &keep).body["code"], "sharing-off");
    assert!(names(&bob).is_empty(), "the record is its owner's as before");

    ann.cli(&["record", "owner", &records[0], "bob", "--keep", "none", "--yes"]).ok();
    assert_eq!((names(&ann), names(&bob)), (vec!["Nora New".to_owned()], vec!["Clara Client".to_owned()]), "one owner instead of another");
    rita.cli(&["record", "owner", &records[1], "bob", "--keep", "read", "--yes"]).ok();
    assert_eq!(reasons(&office, &records[1], "ann"), ["grant"], "an administrator lets her keep it");

    rita.cli(&["client-access", "--sharing", "on", "--yes"]).ok();
    rita.cli(&["role", "add", "Alone", "--allow", "edit"]).ok();
    rita.cli(&["user", "role", "bob", "Alone", "--yes"]).ok();
    let refused = bob.cli(&["record", "owner", &records[0], "carl", "--keep", "read", "--yes"]).ended(exit::REFUSED);
    says(&refused, "role does not allow");
    office.cli(&["record", "owner", &records[0], "carl", "--keep", "read", "--yes"]).ok();
    assert_eq!(bob.json(&["record", "show", &records[0]])["access"], "read", "the operator may");
}

/// P-10 to P-12, P-16, P-20, P-21, P-23, INV-23: a group gives many access at once; who is in it is hidden from others; what is had twice
/// survives the loss of one.
#[test]
fn p_10_a_group_gives_access_and_takes_it_away_again() {
    let office = clinic();
    let rita = office.user("rita");
    says(&office.user("ann").cli(&["group", "add", "Tax"]).ended(exit::REFUSED), "administrator");
    rita.cli(&["group", "add", "Tax", "--member", "bob", "--member", "carl"]).ok();
    rita.cli(&["group", "add", "Wills"]).ok();
    says(&rita.cli(&["group", "add", "TÁX"]).ended(exit::CONFLICT), "already");
    rita.cli(&["group", "add", ""]).ended(exit::USAGE);
    let records = import(office.user("ann"), &(card("Clara Client") + &card("Doris Client")));
    let ann = office.user("ann");
    grant(&ann, &records[0], ["--group", "tax=write"]);
    grant(&ann, &records[1], ["--group", "Tax=read"]);
    for user in ["bob", "carl"] {
        assert_eq!(names(&office.user(user)), ["Clara Client", "Doris Client"]);
    }
    says(&office.cli(&["record", "explain", &records[0], "--user", "bob"]).ok().out, "shared with the group Tax");

    assert_eq!(rita.json(&["group", "show", "Tax"])["members"], serde_json::json!(["bob", "carl"]));
    assert_eq!(office.user("bob").json(&["group", "show", "Tax"])["members"], serde_json::json!(["bob", "carl"]));
    assert!(office.user("ann").json(&["group", "show", "Tax"])["members"].is_null(), "who is not in it does not learn who is");
    let explained = ann.json(&["record", "explain", &records[0]]);
    let seen: Vec<&str> = explained.as_array().expect("users").iter().filter_map(|user| user["user"].as_str()).collect();
    assert_eq!(seen, ["ann", "rita"], "nor through the reasons of others");
    let tried = ann.json(&["record", "access", &records[0], "--group", "Tax=read", "--user", "bob=none", "--dry-run"]);
    says_not(&tried["stays"].to_string(), "bob keeps");
    says(&office.user("eve").cli(&["group", "list"]).ok().out, "not shown to you");

    rita.cli(&["group", "leave", "Tax", "carl"]).ok();
    assert!(names(&office.user("carl")).is_empty(), "what was seen only through the group is gone");
    rita.cli(&["group", "leave", "Tax", "carl"]).ended(exit::NOT_FOUND);
    rita.cli(&["group", "join", "Tax", "carl"]).ok();
    rita.cli(&["group", "join", "Wills", "carl"]).ok();
    rita.cli(&["group", "rename", "Wills", "Last wills"]).ok();
    grant(&ann, &records[0], ["--group", "Last wills=read"]);
    grant(&ann, &records[0], ["--user", "bob=read"]);

    let plan = rita.json(&["group", "delete", "Tax", "--dry-run"]);
    says(&plan["changes"].to_string(), "access to 2 records is revoked for all its 2 members");
    rita.cli(&["group", "delete", "Tax", "--yes"]).ok();
    assert_eq!(names(&office.user("carl")), ["Clara Client"], "the second group still gives it");
    assert_eq!(names(&office.user("bob")), ["Clara Client"], "the grant by name still gives it");
    assert_eq!(office.user("bob").json(&["record", "show", &records[0]])["access"], "read");
    rita.cli(&["group", "show", "Tax"]).ended(exit::NOT_FOUND);
}

/// S-46, S-50, K-10: what is private is shared by name only, and nobody locks him- or herself out by the mark.
#[test]
fn s_50_what_is_private_is_shared_by_name_only() {
    let office = clinic();
    let record = import(office.user("ann"), &card("Paul Private")).remove(0);
    let ann = office.user("ann");
    grant(&ann, &record, ["--whole-office", "full-control"]);
    says(&office.user("bob").cli(&["record", "edit", &record, "--private", "on"]).ended(exit::CONFLICT), "hidden from you too");
    ann.cli(&["record", "edit", &record, "--private", "on"]).ok();
    assert!(names(&office.user("bob")).is_empty());
    ann.cli(&["record", "edit", &record, "--private", "off"]).ok();
    assert!(names(&office.user("bob")).is_empty(), "what was private does not come back to the whole office by itself");
    ann.cli(&["record", "edit", &record, "--private", "on"]).ok();
    says(&ann.cli(&["record", "access", &record, "--whole-office", "read", "--yes"]).ended(exit::CONFLICT), "private");
    grant(&ann, &record, ["--user", "bob=read"]);
    assert_eq!(names(&office.user("bob")), ["Paul Private"]);
}

/// V-18: a colleague is found by first name, last name or e-mail address, in whatever letters it is written.
#[test]
fn v_18_a_user_is_found_by_name_or_email_address() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "zq1", "--display-name", "Zoë Quast", "--email", "zoe@example.com"]).ok();
    office.cli(&["user", "add", "bob", "--display-name", "Bob Müller", "--email", "robert.m@example.org"]).ok();
    let found = |text: &str| -> Vec<String> {
        let users = office.user("bob").json(&["user", "list", "--text", text]);
        users.as_array().into_iter().flatten().filter_map(|user| user["name"].as_str()).map(str::to_owned).collect()
    };
    for text in ["zoe", "QUAST", "quast zoé", "zoe@example", "zq", "Zo zq1"] {
        assert_eq!(found(text), ["zq1"], "{text}");
    }
    assert_eq!(found("muller"), ["bob"]);
    assert_eq!(found("example"), ["bob", "zq1"]);
    assert!(found("zoe muller").is_empty(), "all words have to be found");
    assert_eq!(office.json(&["user", "list", "--text", ""]), office.json(&["user", "list"]));
    says(&office.cli(&["user", "list", "--text", "z"]).ended(exit::USAGE), "two letters");
    says(&office.cli(&["user", "list", "--text", "nobody"]).ok().err, "Nobody is called so");
}
