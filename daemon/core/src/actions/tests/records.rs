//! Records of one office: imported without loss, seen by whom they concern, edited cheaply, removed with their copies.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::limits::RECORD_BYTES_MAX;

use super::offices::{Office, ann_shares_with_bob, as_user, code, share_all, user_name};
use crate::actions::records::{self, Format, ImportOptions, Query, RecordView, read_cards};
use crate::actions::{sharing, users};
use crate::domain::actor::Actor;
use crate::domain::edit::{Edit, NewRelated, PropertyEdit};
use crate::domain::sample::Sample;
use crate::domain::user::{Account, Right};
use crate::store::Fault;

fn card(name: &str, uid: &str, more: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{name}\r\nUID:{uid}\r\n{more}END:VCARD\r\n")
}

/// Alder with Adam the administrator, Ann and Carl.
fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    alder.add("adam", Account::Admin);
    alder.add("ann", Account::Practitioner);
    alder.add("carl", Account::Practitioner);
    alder
}

fn set(change: &str) -> Edit {
    Edit { set: vec![PropertyEdit::parse(change).unwrap()], ..Edit::default() }
}

fn edit(office: &mut Office, user: &str, record: RecordId, edit: &Edit) -> Result<RecordView, Fault> {
    office.does(|tx| records::edit(tx, &as_user(user), record, edit))
}

fn names(office: &Office, actor: &Actor, query: &Query) -> Vec<String> {
    let page = office.sees(|view| records::list(view, actor, query)).unwrap();
    page.records.into_iter().map(|record| record.name).collect()
}

fn export(office: &Office, record: RecordId, format: Format) -> String {
    String::from_utf8(office.sees(|view| records::export(view, &Actor::Operator, &[record], format)).unwrap()).unwrap()
}

#[test]
fn v_01_i_03_who_imports_a_card_owns_the_record_and_broken_cards_are_named_by_line() {
    let mut alder = alder();
    let text = format!("{}BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Broken\r\n{}", card("Zoe", "1", ""), card("Yan", "2", ""));
    let file = read_cards(text.as_bytes());
    assert_eq!((file.cards.len(), file.broken.len()), (2, 1));
    assert_eq!(file.broken[0].line, 6, "{:?}", file.broken);
    let report = alder.does(|tx| records::import_cards(tx, &as_user("ann"), &file.cards, &Default::default())).unwrap();
    assert_eq!((report.created, report.updated, report.unchanged), (2, 0, 0));
    let page = alder.sees(|view| records::list(view, &as_user("ann"), &Query { mine: true, ..Query::default() })).unwrap();
    assert!(page.records.iter().all(|record| record.owner == "ann" && record.connected_to == ["ann"] && record.version == "1.1"));
    let need_user = alder.does(|tx| records::import_cards(tx, &Actor::Operator, &file.cards, &Default::default()));
    assert_eq!(code(need_user), "need-user");
}

#[test]
fn importing_again_changes_what_differs_and_leaves_the_rest() {
    let mut alder = alder();
    let first =
        alder.import("ann", &(card("Zoe", "1", "") + &card("Yan", "2", "") + "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:No Uid\r\nEND:VCARD\r\n"));
    edit(&mut alder, "ann", first[2], &set("NOTE=kept")).unwrap();
    edit(&mut alder, "ann", first[1], &Edit { add_related: vec![case("Claim")], ..Edit::default() }).unwrap();
    let again = card("Zoe", "1", "") + &card("Yan Lee", "2", "") + "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:No Uid\r\nEND:VCARD\r\n";
    let file = read_cards(again.as_bytes());
    let report = alder.does(|tx| records::import_cards(tx, &as_user("ann"), &file.cards, &Default::default())).unwrap();
    assert_eq!((report.created, report.updated, report.unchanged), (0, 1, 2));
    let yan = alder.sees(|view| records::show(view, &as_user("ann"), first[1])).unwrap();
    assert_eq!((yan.summary.name.as_str(), yan.summary.version.as_str()), ("Yan Lee", "1.3"));
    assert_eq!(yan.content.related.len(), 1, "related items are no part of a card and stay");
    let carls = alder.does(|tx| records::import_cards(tx, &as_user("carl"), &file.cards, &Default::default())).unwrap();
    assert_eq!(carls.created, 3, "another user's cards are records of their own");
}

#[test]
fn two_cards_under_one_uid_both_become_records() {
    let mut alder = alder();
    let text = card("Zoe", "1", "") + &card("Yan", "1", "");
    assert_eq!(alder.import("ann", &text).len(), 2);
    assert_eq!(alder.import("ann", &text).len(), 0, "and the same file again says nothing new");
}

#[test]
fn s_40_a_household_finds_its_members_wherever_they_stand_in_the_file() {
    let mut alder = alder();
    let uid = |n: u8| format!("urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8a{n}");
    let members = format!("KIND:group\r\nMEMBER:{}\r\nMEMBER:{}\r\nMEMBER:mailto:x@example.com\r\n", uid(2), uid(3).to_uppercase());
    let text = card("The Lees", &uid(1), &members) + &card("Ann Lee", &uid(2), "") + &card("Bo Lee", &uid(3), "");
    let ids = alder.import("ann", &text);
    let household = alder.sees(|view| records::show(view, &as_user("ann"), ids[2])).unwrap();
    assert_eq!(household.summary.kind, "household");
    assert_eq!(household.content.members, [ids[0].to_string(), ids[1].to_string()]);
    // In a later file the members are found among what the owner has.
    let later = alder.import("ann", &card("Lee & Co", &uid(4), &format!("KIND:group\r\nMEMBER:{}\r\n", uid(2))));
    let later = alder.sees(|view| records::show(view, &as_user("ann"), later[0])).unwrap();
    assert_eq!(later.content.members, [ids[0].to_string()]);
    let gone = edit(&mut alder, "ann", ids[2], &Edit { remove: vec!["MEMBER#1".to_owned()], ..Edit::default() }).unwrap();
    assert_eq!(gone.content.members, [ids[1].to_string()], "members follow the MEMBER properties");
}

#[test]
fn lists_come_in_pages_and_are_searched_by_folded_words() {
    let mut alder = alder();
    let cards: String = (0..25).map(|n| card(&format!("Client {n:02}"), &format!("u{n}"), "")).collect();
    alder.import("ann", &(cards + &card("Zoë Müller", "z", "TEL:+1 (555) 0100\r\nEMAIL:zoe_m@example.com\r\n")));
    let ann = as_user("ann");
    let (mut query, mut all) = (Query { limit: Some(10), ..Query::default() }, Vec::new());
    loop {
        let page = alder.sees(|view| records::list(view, &ann, &query)).unwrap();
        all.extend(page.records.into_iter().map(|record| record.name));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 26);
    assert!(all.is_sorted() && all[25] == "Zoë Müller");
    for text in ["muller ZOE", "15550100", "zoe_m@", "+1 (555)"] {
        assert_eq!(names(&alder, &ann, &Query { text: Some(text.to_owned()), ..Query::default() }), ["Zoë Müller"], "{text}");
    }
    assert_eq!(names(&alder, &ann, &Query { text: Some("zoexm".to_owned()), ..Query::default() }).len(), 0, "_ is no wildcard");
    assert_eq!(alder.sees(|view| records::count(view, &ann, &Query::default())).unwrap().contacts, 26);
    for (query, refusal) in [
        (Query { limit: Some(0), ..Query::default() }, "bad-limit"),
        (Query { limit: Some(1_001), ..Query::default() }, "bad-limit"),
        (Query { after: Some("?".to_owned()), ..Query::default() }, "bad-place"),
        (Query { kind: Some("cat".to_owned()), ..Query::default() }, "bad-kind"),
        (Query { owner: Some("nobody".to_owned()), ..Query::default() }, "unknown-user"),
    ] {
        assert_eq!(code(alder.sees(|view| records::list(view, &ann, &query))), refusal);
    }
}

#[test]
fn i_02_i_04_s_49_s_50_office_security_decides_who_sees_a_record() {
    let mut alder = alder();
    let zoe = alder.import("ann", &card("Zoe", "1", ""))[0];
    let ids = alder.import("ann", &(card("Private", "2", "") + &card("Everybody's", "3", "")));
    edit(&mut alder, "ann", ids[0], &Edit { private: Some(true), ..Edit::default() }).unwrap();
    edit(&mut alder, "ann", ids[1], &Edit { unassigned: Some(true), ..Edit::default() }).unwrap();
    let everything = Query::default();
    assert_eq!(names(&alder, &as_user("carl"), &everything), ["Everybody's", "Zoe"], "security off: all but private");
    assert_eq!(code(edit(&mut alder, "carl", zoe, &set("NOTE=x"))), "read-only");
    alder.enable("ann");
    assert_eq!(names(&alder, &as_user("carl"), &everything), ["Everybody's"], "security on: own and unassigned");
    assert_eq!(code(alder.sees(|view| records::show(view, &as_user("carl"), zoe))), "unknown-record");
    assert_eq!(code(alder.sees(|view| records::export(view, &as_user("carl"), &[zoe], Format::Vcard))), "unknown-record");
    assert_eq!(names(&alder, &as_user("adam"), &everything).len(), 3, "an administrator sees all, private ones too");
    assert_eq!(names(&alder, &as_user("ann"), &everything).len(), 3);
    let supers = Actor::User(user_name("carl"));
    alder.does(|tx| users::set_right(tx, &Actor::Operator, &user_name("carl"), Right::SuperUser, true)).unwrap();
    assert_eq!(names(&alder, &supers, &everything), ["Everybody's", "Zoe"], "a Super User sees everything but private records");
    assert_eq!(names(&alder, &supers, &Query { owner: Some("ann".to_owned()), ..Query::default() }).len(), 2);
    assert_eq!(names(&alder, &supers, &Query { mine: true, ..Query::default() }).len(), 0);
    assert_eq!(code(edit(&mut alder, "carl", zoe, &Edit { private: Some(true), ..Edit::default() })), "not-owner");
}

fn case(title: &str) -> NewRelated {
    NewRelated { kind: "case".to_owned(), title: title.to_owned(), status: "pending".to_owned(), detail: String::new() }
}

#[test]
fn an_edit_gives_a_new_version_and_parts_the_record_from_its_card() {
    let mut alder = alder();
    let text = card("Zoe", "1", "X-ODD;X-P=\"a,b\":kept\r\nNOTE:folded\r\n  line\r\n");
    let zoe = alder.import("ann", &text)[0];
    assert_eq!(export(&alder, zoe, Format::Vcard), text, "byte for byte until it is edited");
    let view = edit(&mut alder, "ann", zoe, &set("TEL=+1-555-0100")).unwrap();
    assert_eq!(view.summary.version, "1.2");
    let exported = export(&alder, zoe, Format::Vcard);
    assert!(exported.contains("TEL:+1-555-0100\r\n") && exported.contains("X-ODD;X-P=\"a,b\":kept\r\n"), "{exported}");
    assert!(export(&alder, zoe, Format::Vcard3).contains("VERSION:3.0\r\n"));
    let json = export(&alder, zoe, Format::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["fields"]["phones"][0]["value"], "+1-555-0100");
    let same = edit(&mut alder, "ann", zoe, &set("TEL=+1-555-0100")).unwrap();
    assert_eq!(same.summary.version, "1.2", "an edit that changes nothing makes no version");
    let stale = Edit { base_version: Some("1.1".to_owned()), ..set("TEL=1") };
    assert_eq!(code(edit(&mut alder, "ann", zoe, &stale)), "changed-meanwhile");
    let found = names(&alder, &as_user("ann"), &Query { text: Some("15550100".to_owned()), ..Query::default() });
    assert_eq!(found, ["Zoe"], "and it is found by what it says now");
    let renamed = edit(&mut alder, "ann", zoe, &set("FN=Zoe Lee")).unwrap();
    assert_eq!(renamed.summary.name, "Zoe Lee");
}

#[test]
fn a_record_too_big_for_the_wire_is_refused() {
    let mut alder = alder();
    let zoe = alder.import("ann", &card("Zoe", "1", ""))[0];
    let big = set(&format!("NOTE={}", "x".repeat(RECORD_BYTES_MAX)));
    assert_eq!(code(edit(&mut alder, "ann", zoe, &big)), "record-too-big");
    assert_eq!(alder.sees(|view| records::show(view, &as_user("ann"), zoe)).unwrap().summary.version, "1.1");
}

#[test]
fn k_10_the_private_mark_is_the_owners_and_makes_no_version() {
    let mut alder = alder();
    let private = ImportOptions { private: true, ..ImportOptions::default() };
    let file = read_cards(card("Zoe", "1", "").as_bytes());
    let report = alder.does(|tx| records::import_cards(tx, &as_user("ann"), &file.cards, &private)).unwrap();
    let zoe: RecordId = report.records[0].parse().unwrap();
    assert_eq!(code(edit(&mut alder, "carl", zoe, &Edit { private: Some(false), ..Edit::default() })), "unknown-record");
    let view = edit(&mut alder, "ann", zoe, &Edit { private: Some(false), ..Edit::default() }).unwrap();
    assert_eq!((view.summary.private, view.summary.version.as_str()), (false, "1.1"));
    assert_eq!(alder.sees(|view| records::counts(view, &Actor::Operator)).unwrap().private, 0);
}

#[test]
fn c_17_c_18_deleting_and_archiving_take_the_record_off_every_link() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let ids = alder.import("ann", &(card("Zoe", "1", "") + &card("Yan", "2", "") + &card("Kim", "3", "")));
    edit(&mut alder, "ann", ids[0], &Edit { add_related: vec![case("Claim")], ..Edit::default() }).unwrap();
    share_all(&mut alder, "ann", &link);
    let ann = as_user("ann");
    let plan = alder.does(|tx| records::plan_delete(tx, &ann, &ids[..1])).unwrap();
    assert_eq!((plan.counts.contacts, plan.counts.cases, plan.counts.links, plan.counts.offices, plan.counts.people), (1, 1, 1, 1, 1));
    assert_eq!(plan.changes[0], "1 copy is removed at Birch");
    edit(&mut alder, "ann", ids[0], &set("NOTE=changed meanwhile")).unwrap();
    assert_eq!(code(alder.does(|tx| records::delete(tx, &ann, &ids[..1], &plan.id))), "stale-plan");
    let plan = alder.does(|tx| records::plan_delete(tx, &ann, &ids[..1])).unwrap();
    let gone = alder.does(|tx| records::delete(tx, &ann, &ids[..1], &plan.id)).unwrap();
    assert_eq!((gone.records, gone.copies), (1, 1));
    assert_eq!(code(alder.sees(|view| records::show(view, &ann, ids[0]))), "unknown-record");
    let plan = alder.does(|tx| records::plan_archive(tx, &ann, &ids[1..2])).unwrap();
    alder.does(|tx| records::archive(tx, &ann, &ids[1..2], &plan.id)).unwrap();
    let states = |alder: &Office| -> Vec<&'static str> {
        let shared = alder.sees(|view| sharing::shared_with(view, &as_user("ann"), &link, 0, 100)).unwrap();
        shared.into_iter().map(|record| record.state).collect()
    };
    assert_eq!(states(&alder), ["pending", "withdrawing", "withdrawing"]);
    assert_eq!(names(&alder, &ann, &Query::default()), ["Kim"]);
    assert_eq!(names(&alder, &ann, &Query { archived: true, ..Query::default() }), ["Yan"]);
    assert_eq!(code(alder.does(|tx| records::plan_archive(tx, &ann, &ids[1..2]))), "already-archived");
    assert_eq!(alder.does(|tx| records::unarchive(tx, &ann, &ids[1..2])).unwrap().records, 1);
    assert_eq!(states(&alder), ["pending", "withdrawing", "withdrawing"], "back in use, shared with nobody");
}

#[test]
fn an_edit_of_a_shared_record_moves_it_to_the_end_of_the_links_log() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let ids = alder.import("ann", &(card("Zoe", "1", "") + &card("Yan", "2", "")));
    share_all(&mut alder, "ann", &link);
    let order = |alder: &Office| -> Vec<String> {
        let shared = alder.sees(|view| sharing::shared_with(view, &as_user("ann"), &link, 0, 100)).unwrap();
        shared.into_iter().map(|record| record.record).collect()
    };
    let first = order(&alder)[0].clone();
    let zoe: RecordId = first.parse().unwrap();
    assert!(ids.contains(&zoe));
    edit(&mut alder, "ann", zoe, &set("NOTE=new")).unwrap();
    assert_eq!(order(&alder).last(), Some(&first));
}

#[test]
fn c_22_counts_add_up_over_kinds_and_users() {
    let mut alder = alder();
    let sample = Sample { seed: 7, count: 300, note_bytes: 0 };
    let file = read_cards(sample.cards().as_bytes());
    let parts: Vec<_> = file.cards.chunks(records::IMPORT_CARDS_MAX).collect();
    for part in parts {
        alder.does(|tx| records::import_cards(tx, &as_user("ann"), part, &Default::default())).unwrap();
    }
    alder.import("carl", &card("Zoe", "1", ""));
    let counts = alder.sees(|view| records::counts(view, &Actor::Operator)).unwrap();
    assert_eq!(counts.total.total(), 301);
    assert!(counts.total.businesses > 0 && counts.total.households > 0);
    assert_eq!(
        counts.by_user.iter().map(|user| (user.user.as_str(), user.records.total())).collect::<Vec<_>>(),
        [("ann", 300), ("carl", 1)]
    );
    let listed =
        alder.sees(|view| records::count(view, &as_user("adam"), &Query { kind: Some("household".to_owned()), ..Query::default() }));
    assert_eq!(listed.unwrap().households, counts.total.households);
    let many = vec![file.cards[0].clone(); 501];
    assert_eq!(code(alder.does(|tx| records::import_cards(tx, &as_user("ann"), &many, &Default::default()))), "too-many-cards");
}

#[test]
fn an_export_of_a_list_comes_in_parts_and_gives_back_what_was_imported() {
    let mut alder = alder();
    let sample = Sample { seed: 9, count: 120, note_bytes: 40 };
    alder.import("ann", &sample.cards());
    let (mut query, mut bytes, mut count) = (Query { limit: Some(50), ..Query::default() }, Vec::new(), 0);
    loop {
        let page = alder.sees(|view| records::export_page(view, &as_user("ann"), &query, Format::Vcard)).unwrap();
        bytes.extend(page.bytes);
        count += page.count;
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(count, 120);
    let back = read_cards(&bytes);
    let mut uids: Vec<_> = back.cards.iter().map(|card| (&card.uid, &card.record)).collect();
    let sent = read_cards(sample.cards().as_bytes());
    let mut expected: Vec<_> = sent.cards.iter().map(|card| (&card.uid, &card.record)).collect();
    uids.sort_by_key(|(uid, _)| *uid);
    expected.sort_by_key(|(uid, _)| *uid);
    assert_eq!(uids, expected);
}

#[test]
fn a_list_shows_exactly_what_may_be_seen_one_by_one() {
    for security in [false, true] {
        let mut alder = alder();
        let mut all = Vec::new();
        for owner in ["ann", "carl"] {
            let cards: String = (0..4).map(|n| card(&format!("{owner} {n}"), &format!("{owner}{n}"), "")).collect();
            for (n, record) in alder.import(owner, &cards).into_iter().enumerate() {
                let marks = Edit { private: Some(n & 1 == 1), unassigned: Some(n & 2 == 2), ..Edit::default() };
                edit(&mut alder, owner, record, &marks).unwrap();
                all.push(record);
            }
        }
        let carl = user_name("carl");
        alder.does(|tx| users::set_right(tx, &Actor::Operator, &carl, Right::SuperUser, true)).unwrap();
        alder.does(|tx| Ok(crate::store::office::set_security(tx, security)?)).unwrap();
        for actor in [Actor::Operator, as_user("adam"), as_user("ann"), as_user("carl")] {
            let page = alder.sees(|view| records::list(view, &actor, &Query::default())).unwrap();
            let mut listed: Vec<String> = page.records.into_iter().map(|record| record.id).collect();
            let seen = all.iter().filter(|record| alder.sees(|view| records::show(view, &actor, **record)).is_ok());
            let mut seen: Vec<String> = seen.map(RecordId::to_string).collect();
            listed.sort();
            seen.sort();
            assert_eq!(listed, seen, "{actor}, office security {security}");
        }
    }
}

#[test]
fn a_household_brings_its_members_along_each_once_and_none_that_is_private_archived_or_left_out() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let uid = |n: u8| format!("urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8a{n}");
    let members: String = (2..6).map(|n| format!("MEMBER:{}\r\n", uid(n))).collect();
    let people: String = (2..6).map(|n| card(&format!("Person {n}"), &uid(n), "")).collect();
    let text = people + &card("The Lees", &uid(1), &format!("KIND:group\r\n{members}")) + &card("Lee Ltd", &uid(6), "KIND:org\r\n");
    let ids = alder.import("ann", &text);
    let ann = as_user("ann");
    edit(&mut alder, "ann", ids[1], &Edit { private: Some(true), ..Edit::default() }).unwrap();
    let plan = alder.does(|tx| records::plan_archive(tx, &ann, &ids[2..3])).unwrap();
    alder.does(|tx| records::archive(tx, &ann, &ids[2..3], &plan.id)).unwrap();
    let plan = |alder: &mut Office, records: &[RecordId], without_members| {
        let records = records.iter().map(ToString::to_string).collect();
        let selection = sharing::Selection { records, without_members, ..Default::default() };
        alder.does(|tx| sharing::plan_share(tx, &as_user("ann"), &link, &selection)).map(|plan| plan.counts)
    };
    let counts = plan(&mut alder, &[ids[0], ids[4], ids[5]], false).unwrap();
    assert_eq!((counts.contacts, counts.households, counts.businesses), (2, 1, 1));
    let counts = plan(&mut alder, &[ids[5]], true).unwrap();
    assert_eq!((counts.contacts, counts.households), (0, 1));
    assert_eq!(code(plan(&mut alder, &ids[1..2], false)), "private-record");
    assert_eq!(code(plan(&mut alder, &ids[2..3], false)), "unknown-record");
    let plan = alder.does(|tx| records::plan_delete(tx, &ann, &ids[4..])).unwrap();
    assert_eq!((plan.counts.households, plan.counts.businesses), (1, 1));
}
