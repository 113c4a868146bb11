//! Users of one office: who may add them, which rights exclude each other, and what goes when one is disabled.

use super::offices::{Office, ann_shares_with_bob, as_user, code, share_all, user_name};
use crate::actions::users::NewUser;
use crate::actions::{audit, link_view, settings, users};
use crate::domain::actor::Actor;
use crate::domain::user::{Account, Right};

fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    alder.add("adam", Account::Admin);
    alder.add("ann", Account::Practitioner);
    alder
}

fn new(name: &str) -> NewUser {
    NewUser { name: name.to_owned(), ..NewUser::default() }
}

#[test]
fn s_53_names_and_addresses_keep_their_bounds_and_a_name_is_taken_once() {
    let mut alder = alder();
    let mut add = |user: NewUser| alder.does(|tx| users::add(tx, &Actor::Operator, &user));
    for bad in ["a", "ann lee", "", &"a".repeat(257)] {
        assert_eq!(code(add(new(bad))), "bad-user-name", "{bad:?}");
    }
    assert_eq!(add(new(&"a".repeat(256))).unwrap().name.len(), 256);
    assert_eq!(code(add(new("ANN"))), "user-exists");
    let long = NewUser { email: format!("{}@example.com", "a".repeat(245)), ..new("carl") };
    assert_eq!(code(add(long)), "bad-email");
    assert_eq!(code(add(NewUser { display_name: "Carl\nLee".to_owned(), ..new("carl") })), "bad-display-name");
    assert_eq!(add(NewUser { account: Account::Assistant, ..new("carl") }).unwrap().display_name, "carl");
}

#[test]
fn only_an_administrator_adds_users_and_a_refusal_stands_in_the_audit() {
    let mut alder = alder();
    assert_eq!(code(alder.does(|tx| users::add(tx, &as_user("ann"), &new("carl")))), "not-admin");
    let last = alder.audit().pop().unwrap();
    assert_eq!(
        (last.actor.as_str(), last.verb.as_str(), last.object.as_str(), last.outcome.as_str()),
        ("user:ann", "user.add", "carl", "not-admin")
    );
    alder.does(|tx| users::add(tx, &as_user("adam"), &new("carl"))).unwrap();
    assert_eq!(code(alder.sees(|view| audit::since(view, &as_user("ann"), 0, 10))), "not-admin");
    assert!(alder.sees(|view| audit::since(view, &as_user("adam"), 0, 10)).is_ok());
    assert_eq!(code(alder.sees(|view| users::list(view, &as_user("nobody")))), "unknown-user");
}

#[test]
fn s_08_s_51_a_specialist_gets_neither_super_user_nor_enterprise_view() {
    let mut alder = alder();
    let ann = user_name("ann");
    let mut set = |right, on| alder.does(|tx| users::set_right(tx, &Actor::Operator, &ann, right, on));
    let view = set(Right::SuperUser, true).unwrap();
    assert_eq!(view.rights, ["Super User"]);
    assert_eq!(code(set(Right::RecordSharing, true)), "need-plan");
    alder.enable("ann");
    for right in [Right::SuperUser, Right::EnterpriseView] {
        let refused = alder.does(|tx| users::set_right(tx, &Actor::Operator, &ann, right, true));
        assert_eq!(code(refused), "right-excluded");
        assert_eq!(alder.audit().pop().unwrap().outcome, "right-excluded");
    }
    let off = alder.does(|tx| users::set_right(tx, &Actor::Operator, &ann, Right::SuperUser, false)).unwrap();
    assert_eq!(off.rights, ["Record Sharing"]);
}

#[test]
fn k_02_the_last_administrator_with_full_access_is_neither_disabled_nor_made_a_specialist() {
    let mut alder = alder();
    let adam = user_name("adam");
    assert_eq!(code(alder.does(|tx| users::plan_disable(tx, &Actor::Operator, &adam))), "last-admin");
    let enable = |alder: &mut Office| alder.does(|tx| crate::actions::specialists::plan_enable(tx, &Actor::Operator, &adam, None));
    assert_eq!(code(enable(&mut alder)), "last-admin");
    alder.add("eve", Account::Admin);
    let plan = enable(&mut alder).unwrap();
    assert!(plan.changes.iter().any(|change| change.contains("no longer sees every record")), "{plan:?}");
    alder.enable("adam");
    let eve = user_name("eve");
    assert_eq!(code(alder.does(|tx| users::plan_disable(tx, &Actor::Operator, &eve))), "last-admin", "adam sees only his own now");
}

#[test]
fn c_16_disabling_a_user_ends_the_links_and_counts_what_stays() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    alder.import("ann", "BEGIN:VCARD\nVERSION:4.0\nFN:Zoe\nUID:1\nEND:VCARD\n");
    share_all(&mut alder, "ann", &link);
    let ann = user_name("ann");
    let plan = alder.does(|tx| users::plan_disable(tx, &Actor::Operator, &ann)).unwrap();
    assert_eq!((plan.counts.links, plan.counts.offices, plan.counts.contacts), (1, 1, 1));
    assert!(plan.stays[0].starts_with("1 record of this office"), "{plan:?}");
    let before = alder.audit().len();
    let view = alder.does(|tx| users::disable(tx, &Actor::Operator, &ann, &plan.id)).unwrap();
    assert!(view.disabled && !view.specialist);
    let shown = alder.sees(|view| link_view::show(view, &Actor::Operator, &link)).unwrap();
    assert_eq!(shown.status, "Ended");
    let verbs: Vec<String> = alder.audit().drain(before..).map(|line| line.verb).collect();
    assert!(verbs.contains(&"user.disable".to_owned()) && verbs.contains(&"link.delete".to_owned()), "{verbs:?}");
    assert_eq!(code(alder.sees(|view| users::list(view, &as_user("ann")))), "user-disabled");
    assert_eq!(code(alder.does(|tx| users::plan_disable(tx, &Actor::Operator, &ann))), "user-disabled");
}

#[test]
fn office_security_stays_on_while_there_are_specialists() {
    let mut alder = alder();
    let switch = |alder: &mut Office, on| alder.does(|tx| settings::set_office_security(tx, &as_user("adam"), on));
    assert!(switch(&mut alder, true).unwrap().office_security);
    assert!(!switch(&mut alder, false).unwrap().office_security);
    alder.enable("ann");
    assert_eq!(code(switch(&mut alder, false)), "specialists-exist");
    assert!(alder.sees(|view| settings::view(view, &as_user("ann"))).unwrap().office_security);
    assert_eq!(code(alder.does(|tx| settings::set_office_security(tx, &as_user("ann"), true))), "not-admin");
}
