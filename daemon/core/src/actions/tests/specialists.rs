//! The right Record Sharing: planned, counted, confirmed, and what it takes along.

use super::offices::{Office, ann_shares_with_bob, as_user, code, pair, share_all, to_bob, user_name};
use crate::actions::records::ImportOptions;
use crate::actions::users::NewUser;
use crate::actions::{link_view, links, records, specialists, users};
use crate::domain::actor::Actor;
use crate::domain::plan::{Plan, PlanId};
use crate::domain::user::Account;
use crate::store::Fault;

fn plan_enable(office: &mut Office, name: &str) -> Result<Plan, Fault> {
    let name = user_name(name);
    office.does(|tx| specialists::plan_enable(tx, &Actor::Operator, &name, None))
}

fn enable(office: &mut Office, name: &str, plan: &PlanId) -> Result<specialists::Enabled, Fault> {
    let name = user_name(name);
    office.does(|tx| specialists::enable(tx, &Actor::Operator, &name, None, plan))
}

/// Alder, where Ann is Super User and holds Enterprise View.
fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    let ann = NewUser { name: "Ann".to_owned(), super_user: true, enterprise_view: true, ..NewUser::default() };
    alder.does(|tx| users::add(tx, &Actor::Operator, &ann)).unwrap();
    alder
}

#[test]
fn s_02_a_user_who_is_no_administrator_is_refused_and_it_stands_in_the_audit() {
    let mut alder = alder();
    let ann = user_name("ann");
    assert_eq!(code(alder.does(|tx| specialists::plan_enable(tx, &as_user("ann"), &ann, None))), "not-admin");
    let line = alder.audit().pop().unwrap();
    assert_eq!((line.actor.as_str(), line.verb.as_str(), line.outcome.as_str()), ("user:ann", "specialist.enable", "not-admin"));
    let guessed = PlanId::from("x");
    assert_eq!(code(alder.does(|tx| specialists::enable(tx, &as_user("ann"), &ann, None, &guessed))), "not-admin");
    assert_eq!(alder.audit().len(), line.id as usize + 1);
}

#[test]
fn s_04_to_s_10_the_plan_names_what_will_change_and_nothing_changes_before_it_is_confirmed() {
    let mut alder = alder();
    let file = records::read_cards(b"BEGIN:VCARD\nVERSION:4.0\nFN:Zoe\nUID:1\nEND:VCARD\n");
    let unassigned = ImportOptions { unassigned: true, ..ImportOptions::default() };
    alder.does(|tx| records::import_cards(tx, &as_user("ann"), &file.cards, &unassigned)).unwrap();
    let plan = plan_enable(&mut alder, "ann").unwrap();
    let text = plan.changes.join("\n");
    for part in [
        "the right Record Sharing",
        "Super User is switched off",
        "Enterprise View is switched off",
        "office security is switched on for Alder",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(plan.counts.unassigned_contacts, 1);
    assert_eq!(plan.stays, ["1 contact without an assigned user stays visible to all users of the office"]);
    let before = alder.sees(|view| users::show(view, &Actor::Operator, &user_name("ann"))).unwrap();
    assert_eq!(before.rights, ["Super User", "Enterprise View"]);
    let after = enable(&mut alder, "ann", &plan.id).unwrap().user;
    assert_eq!(after.rights, ["Record Sharing"]);
    assert!(alder.sees(|view| Ok(crate::store::office::load(view)?.policy.office_security)).unwrap());
    assert_eq!(alder.sees(|view| specialists::list(view, &as_user("ann"))).unwrap().len(), 1);
}

#[test]
fn s_10_a_plan_leaves_out_what_is_so_already() {
    let mut alder = alder();
    alder.enable("ann");
    alder.add("carl", Account::Practitioner);
    let plan = plan_enable(&mut alder, "carl").unwrap();
    assert_eq!(plan.changes.len(), 1, "{plan:?}");
    assert_eq!(plan.stays.len(), 0, "{plan:?}");
}

#[test]
fn a_plan_that_says_something_else_by_now_is_refused() {
    let mut alder = alder();
    let plan = plan_enable(&mut alder, "ann").unwrap();
    alder.add("carl", Account::Practitioner);
    alder.enable("carl");
    assert_eq!(code(enable(&mut alder, "ann", &plan.id)), "stale-plan", "office security is on by now");
    let plan = plan_enable(&mut alder, "ann").unwrap();
    enable(&mut alder, "ann", &plan.id).unwrap();
    assert_eq!(code(plan_enable(&mut alder, "ann")), "already-specialist");
    assert_eq!(code(enable(&mut alder, "ann", &plan.id)), "already-specialist");
}

#[test]
fn an_assistant_owns_no_clients_and_becomes_no_specialist() {
    let mut alder = alder();
    alder.add("abe", Account::Assistant);
    assert_eq!(code(plan_enable(&mut alder, "abe")), "assistant");
    let file = records::read_cards(b"BEGIN:VCARD\nVERSION:4.0\nFN:Zoe\nEND:VCARD\n");
    assert_eq!(code(alder.does(|tx| records::import_cards(tx, &as_user("abe"), &file.cards, &Default::default()))), "assistant");
}

#[test]
fn s_11_s_12_a_quick_handshake_asks_for_the_link_in_the_same_step() {
    let (mut alder, mut birch) = (alder(), Office::new("Birch", 2));
    let (ann, handshake) = (user_name("ann"), to_bob());
    let plan = |alder: &mut Office| alder.does(|tx| specialists::plan_enable(tx, &Actor::Operator, &ann, Some(&handshake)));
    assert_eq!(code(plan(&mut alder)), "unknown-office", "nobody has met Birch yet");
    pair(&mut alder, &mut birch);
    let plan = plan(&mut alder).unwrap();
    assert_eq!(plan.changes.last().unwrap(), "a link request goes from ann to bob at Birch");
    let other = plan_enable(&mut alder, "ann").unwrap();
    assert_ne!(plan.id, other.id, "with and without handshake are different plans");
    let enabled = alder.does(|tx| specialists::enable(tx, &Actor::Operator, &ann, Some(&handshake), &plan.id)).unwrap();
    let link = enabled.link.unwrap();
    assert_eq!((link.status, link.local_user.as_str(), link.purpose.as_str()), ("Waiting", "ann", "pensions"));
}

#[test]
fn s_01_without_the_right_nobody_asks_accepts_or_shares() {
    let mut alder = alder();
    let ask = links::Ask {
        office: "Birch".to_owned(),
        user: "bob".to_owned(),
        purpose: String::new(),
        level: interoffice_protocol::record::Level::Read,
        scope: interoffice_protocol::record::Scope::standard(),
        not_after_ms: None,
    };
    assert_eq!(code(alder.does(|tx| links::request(tx, &as_user("ann"), &ask))), "not-specialist");
    assert_eq!(code(alder.does(|tx| links::accept(tx, &as_user("ann"), &["abcd".to_owned()]))), "not-specialist");
    assert_eq!(code(alder.does(|tx| links::request(tx, &Actor::Operator, &ask))), "need-user");
}

#[test]
fn s_32_to_s_34_disabling_ends_the_links_and_says_with_numbers_what_goes_and_what_stays() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    alder.import("ann", "BEGIN:VCARD\nVERSION:4.0\nFN:Zoe\nUID:1\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nFN:Yan\nUID:2\nEND:VCARD\n");
    share_all(&mut alder, "ann", &link);
    let ann = user_name("ann");
    let plan = alder.does(|tx| specialists::plan_disable(tx, &Actor::Operator, &ann)).unwrap();
    assert_eq!((plan.counts.links, plan.counts.offices, plan.counts.people, plan.counts.contacts), (1, 1, 1, 2));
    assert!(plan.changes.contains(&"1 link of ann ends".to_owned()), "{plan:?}");
    assert_eq!(
        plan.stays,
        ["Super User and Enterprise View stay off for ann", "office security stays on", "2 records of ann stay in this office"]
    );
    assert_eq!(code(alder.does(|tx| specialists::disable(tx, &Actor::Operator, &ann, &PlanId::from("x")))), "stale-plan");
    let disabled = alder.does(|tx| specialists::disable(tx, &Actor::Operator, &ann, &plan.id)).unwrap();
    assert_eq!(disabled.links_ended, 1);
    assert_eq!(disabled.user.rights, [] as [&str; 0]);
    assert!(alder.sees(|view| Ok(crate::store::office::load(view)?.policy.office_security)).unwrap());
    assert_eq!(alder.sees(|view| link_view::show(view, &Actor::Operator, &link)).unwrap().status, "Ended");
    assert_eq!(code(alder.does(|tx| specialists::plan_disable(tx, &Actor::Operator, &ann))), "not-specialist");
}
