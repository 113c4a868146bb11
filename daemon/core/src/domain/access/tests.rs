//! Each source by itself, what private takes away, and who may share.

use super::*;

const ANN: i64 = 1;
const BOB: i64 = 2;

const CLOSED: Policy = Policy { office_security: true, client_access: false, sharing: true, requesting: false };
const OPEN: Policy = Policy { office_security: false, ..CLOSED };

fn person(id: i64) -> Person {
    Person {
        id,
        account: Account::Practitioner,
        administers: false,
        role_shares: true,
        role_all_clients: false,
        super_user: false,
        specialist: false,
        all_clients: None,
    }
}

fn user(id: i64) -> Viewer {
    Viewer::User(person(id))
}

fn bobs(private: bool, assigned: bool) -> Facts {
    Facts { owner: BOB, private, assigned, archived: false, everyone: None, grants: Vec::new(), proxy_of: None }
}

fn granted(facts: Facts, group: Option<&str>, level: Level) -> Facts {
    let mut grants = facts.grants.clone();
    grants.push(Grant { group: group.map(str::to_owned), level });
    Facts { grants, ..facts }
}

fn level(viewer: &Viewer, policy: &Policy, facts: &Facts) -> Option<Level> {
    decide(viewer, policy, facts).level
}

#[test]
fn with_office_security_on_a_user_sees_own_and_unassigned_contacts() {
    assert_eq!(level(&user(BOB), &CLOSED, &bobs(true, true)), Some(Level::FullControl));
    assert_eq!(level(&user(ANN), &CLOSED, &bobs(false, true)), None);
    assert_eq!(level(&user(ANN), &CLOSED, &bobs(false, false)), Some(Level::Write));
    assert_eq!(level(&user(ANN), &OPEN, &bobs(false, true)), Some(Level::Read));
    assert_eq!(level(&user(ANN), &OPEN, &bobs(true, true)), None);
}

#[test]
fn with_client_access_on_a_user_sees_only_what_concerns_him_or_her() {
    let policy = Policy { client_access: true, ..OPEN };
    assert_eq!(level(&user(ANN), &policy, &bobs(false, true)), None);
    let shared = Facts { everyone: Some(Level::Read), ..bobs(false, true) };
    assert_eq!(level(&user(ANN), &policy, &shared), Some(Level::Read));
}

#[test]
fn who_sees_a_record_as_one_of_many_does_not_see_it_once_it_is_private() {
    let general = [
        Person { super_user: true, ..person(ANN) },
        Person { all_clients: Some(Level::FullControl), ..person(ANN) },
        person(ANN), // sees it through the whole office
    ];
    for person in general {
        let facts = |private| Facts { everyone: Some(Level::Read), ..bobs(private, false) };
        assert!(level(&Viewer::User(person), &OPEN, &facts(false)).is_some());
        assert_eq!(level(&Viewer::User(person), &OPEN, &facts(true)), None);
        let named = granted(facts(true), None, Level::Read);
        assert_eq!(level(&Viewer::User(person), &OPEN, &named), Some(Level::Read), "who is named keeps it");
    }
}

#[test]
fn an_admin_sees_all_until_he_or_she_is_a_specialist() {
    let admin = |specialist| Viewer::User(Person { account: Account::Admin, administers: true, specialist, ..person(ANN) });
    assert_eq!(level(&admin(false), &CLOSED, &bobs(true, true)), Some(Level::FullControl));
    assert_eq!(level(&admin(true), &CLOSED, &bobs(false, true)), None);
    assert_eq!(level(&Viewer::Operator, &CLOSED, &bobs(true, true)), Some(Level::FullControl));
}

#[test]
fn every_source_is_named_and_one_that_goes_leaves_the_others() {
    let facts = granted(granted(bobs(false, true), Some("Tax"), Level::Write), None, Level::Read);
    let decision = decide(&user(ANN), &CLOSED, &facts);
    assert_eq!(decision.level, Some(Level::Write));
    let read = Because { level: Level::Read, source: Source::Grant };
    let write = Because { level: Level::Write, source: Source::Group("Tax".to_owned()) };
    assert_eq!(decision.because, [read.clone(), write]);
    let without_group = granted(bobs(false, true), None, Level::Read);
    assert_eq!(decide(&user(ANN), &CLOSED, &without_group), Decision { level: Some(Level::Read), because: vec![read] });
}

#[test]
fn an_assistant_never_has_full_control() {
    let assistant = Viewer::User(Person { account: Account::Assistant, all_clients: Some(Level::FullControl), ..person(ANN) });
    let facts = Facts { everyone: Some(Level::FullControl), ..granted(bobs(false, true), Some("Tax"), Level::FullControl) };
    let decision = decide(&assistant, &CLOSED, &facts);
    assert_eq!((decision.level, decision.because.len()), (Some(Level::Write), 3));
}

#[test]
fn a_proxy_writes_what_the_owner_owns_and_is_not_private() {
    let facts = |private| Facts { proxy_of: Some("bob".to_owned()), ..bobs(private, true) };
    let decision = decide(&user(ANN), &CLOSED, &facts(false));
    assert_eq!(decision.because, [Because { level: Level::Write, source: Source::Proxy("bob".to_owned()) }]);
    assert_eq!(level(&user(ANN), &CLOSED, &facts(true)), None);
    assert!(!may_share(&user(ANN), &CLOSED, &decision));
    let specialist = Viewer::User(Person { specialist: true, ..person(ANN) });
    assert_eq!(level(&specialist, &CLOSED, &facts(false)), Some(Level::Write), "a specialist may be a proxy");
}

#[test]
fn sharing_takes_full_control_and_the_policy_of_the_office() {
    let admins_only = Policy { sharing: false, ..CLOSED };
    let may = |viewer: &Viewer, policy: &Policy, facts: &Facts| may_share(viewer, policy, &decide(viewer, policy, facts));
    assert!(may(&user(BOB), &CLOSED, &bobs(false, true)));
    assert!(!may(&user(BOB), &admins_only, &bobs(false, true)));
    assert!(!may(&user(ANN), &CLOSED, &granted(bobs(false, true), None, Level::Write)));
    assert!(may(&user(ANN), &CLOSED, &granted(bobs(false, true), None, Level::FullControl)));
    let admin = |specialist| Viewer::User(Person { account: Account::Admin, administers: true, specialist, ..person(ANN) });
    assert!(may(&admin(false), &admins_only, &bobs(false, true)));
    assert!(!may(&admin(true), &admins_only, &bobs(false, true)), "who does not see it shares it with nobody");
}

/// P-14, K-04: a name is shown where requests are taken, and only of what is hidden, in use and not private.
#[test]
fn p_14_a_name_alone_is_shown_of_what_is_hidden_and_neither_private_nor_out_of_use() {
    let asking = Policy { requesting: true, ..CLOSED };
    let locked = |viewer: &Viewer, policy: &Policy, facts: &Facts| is_locked(viewer, policy, facts, &decide(viewer, policy, facts));
    assert!(locked(&user(ANN), &asking, &bobs(false, true)));
    assert!(!locked(&user(ANN), &CLOSED, &bobs(false, true)), "requesting is off");
    assert!(!locked(&user(ANN), &Policy { office_security: false, ..asking }, &bobs(false, true)), "nothing is hidden");
    assert!(locked(&user(ANN), &Policy { office_security: false, client_access: true, ..asking }, &bobs(false, true)));
    assert!(!locked(&user(ANN), &asking, &bobs(true, true)), "private");
    assert!(!locked(&user(ANN), &asking, &Facts { archived: true, ..bobs(false, true) }), "out of use");
    assert!(!locked(&user(BOB), &asking, &bobs(false, true)), "the owner sees it");
    assert!(!locked(&user(ANN), &asking, &granted(bobs(false, true), Some("Tax"), Level::Read)), "who is granted it sees it");
    assert!(!locked(&Viewer::Operator, &asking, &bobs(true, true)));
}
