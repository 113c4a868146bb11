//! Asking for access inside one office: what is shown by name alone, to whom, and what becomes of requests.

use interoffice_protocol::ids::RecordId;
use proptest::prelude::*;

use super::access::{USERS, generated};
use super::offices::{Office, as_user, code, user_name};
use crate::actions::access::{self, Change, Changes};
use crate::actions::client_access::{self, Switch};
use crate::actions::records::{self, Query, list_locked, show_locked};
use crate::actions::requests::{self, Ask, Grant, LockedShares, Refuse, RequestQuery, RequestView, WhoHasAccess, who_has_access};
use crate::actions::{groups, rights, users as user_verbs};
use crate::domain::access::{Viewer, decide, is_locked, may_share};
use crate::domain::actor::Actor;
use crate::domain::edit::Edit;
use crate::domain::request::{AGAIN_MS, EXPIRES_MS, OFTEN_MAX, WAITING_MAX};
use crate::domain::user::Account;
use crate::store::records::RecordRow;
use crate::store::{Fault, grants, office, users};

fn every_record(alder: &Office) -> Vec<RecordRow> {
    alder
        .sees(|view| {
            let mut rows = Vec::new();
            for user in users::list(view)? {
                for archived in [false, true] {
                    let query = Query { owner: Some(user.name.to_string()), archived, limit: Some(1_000), ..Query::default() };
                    for record in records::list(view, &Actor::Operator, &query)?.records {
                        rows.extend(crate::store::records::find(view, record.id.parse().expect("an id"))?);
                    }
                }
            }
            rows.sort_by(|a, b| (&a.name, a.record).cmp(&(&b.name, b.record)));
            Ok(rows)
        })
        .expect("records")
}

/// The names that pages of two show to a user.
fn named(alder: &Office, user: &str, text: Option<&str>) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = Query { text: text.map(str::to_owned), after: after.take(), limit: Some(2), ..Query::default() };
        let page = alder.sees(|view| list_locked(view, &as_user(user), &query)).expect("a page");
        found.extend(page.records.iter().map(|record| record.id.clone()));
        match page.records.last().filter(|_| page.more) {
            Some(last) => after = Some(records::place(&last.name, &last.id.parse().expect("an id"))),
            None => return found,
        }
    }
}

fn locked_shares(alder: &Office, user: &str, record: RecordId) -> Result<LockedShares, Fault> {
    match alder.sees(|view| who_has_access(view, &as_user(user), record))? {
        WhoHasAccess::Locked(shares) => Ok(shares),
        WhoHasAccess::Whole(shares) => panic!("{user} sees all of it: {shares:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// P-14, K-04: what a list shows by name alone is what the rule says, record by record, user by user; and nothing else finds it.
    #[test]
    fn p_14_names_are_listed_exactly_where_the_rule_says_so_and_found_by_nothing_else(
        policy in 0u8..8,
        rights_of in proptest::collection::vec(any::<u8>(), USERS.len()),
        members in proptest::collection::vec((0usize..6, any::<bool>()), 0..5),
        dealt in proptest::collection::vec((any::<usize>(), 0u8..8, 0i64..4, proptest::collection::vec((any::<bool>(), any::<usize>(), 1i64..4), 0..3)), 1..14),
    ) {
        let alder = generated(policy, &rights_of, &members, &[], &dealt).expect("an office");
        let all = every_record(&alder);
        prop_assert_eq!(all.len(), dealt.len());
        for user in USERS {
            let actor = as_user(user);
            let is_locked = |row: &RecordRow| alder.sees(|view| {
                let viewer = Viewer::User(users::find(view, &user_name(user))?.expect("a user").person());
                let policy = office::load(view)?.policy;
                let facts = row.facts(grants::reaching(view, row.id, users::find(view, &user_name(user))?.expect("a user").id)?);
                Ok(is_locked(&viewer, &policy, &facts, &decide(&viewer, &policy, &facts)))
            }).expect("a decision");
            let (locked, others): (Vec<&RecordRow>, Vec<&RecordRow>) = all.iter().partition(|row| is_locked(row));
            let ids: Vec<String> = locked.iter().map(|row| row.record.to_string()).collect();
            prop_assert_eq!(&named(&alder, user, None), &ids);
            prop_assert_eq!(&named(&alder, user, Some("client")), &ids);
            let listed = alder.sees(|view| records::list(view, &actor, &Query { limit: Some(1_000), ..Query::default() })).expect("a page");
            prop_assert!(listed.records.iter().all(|record| !ids.contains(&record.id)), "no list shows both");
            for row in locked {
                prop_assert_eq!(alder.sees(|view| show_locked(view, &actor, row.record)).expect("a name").name, row.name.clone());
                prop_assert_eq!(code(alder.sees(|view| records::show(view, &actor, row.record))), "unknown-record");
                prop_assert_eq!(code(alder.sees(|view| records::export(view, &actor, &[row.record], records::Format::Vcard))), "unknown-record");
            }
            for row in others {
                prop_assert_eq!(code(alder.sees(|view| show_locked(view, &actor, row.record))), "unknown-record");
            }
        }
    }

    /// INV-58: the record's name, the groups, and the individuals that are in no group; never who is in a group, never content.
    #[test]
    fn inv_58_a_requester_learns_names_of_groups_and_of_individuals_in_no_group(
        members in proptest::collection::vec((0usize..6, any::<bool>()), 0..5),
        dealt in proptest::collection::vec((any::<usize>(), Just(2u8), Just(0i64), proptest::collection::vec((any::<bool>(), any::<usize>(), 1i64..4), 0..4)), 1..8),
        disabled in 1usize..6,
    ) {
        let mut alder = generated(6, &[0; 6], &members, &[], &dealt).expect("an office");
        alder.does(|tx| {
            let mut user = users::find(tx, &user_name(USERS[disabled]))?.expect("a user");
            user.disabled = true;
            Ok(users::update(tx, &user)?)
        }).expect("disabled");
        let in_groups: Vec<&str> = members.iter().map(|(user, _)| USERS[user % USERS.len()]).collect();
        for row in every_record(&alder) {
            let (mut groups, mut users) = (Vec::new(), vec![row.owner_name.to_string()]);
            for grant in alder.sees(|view| Ok(grants::of_record(view, row.id)?)).expect("grants") {
                if matches!(grant.grantee, grants::Grantee::Group(_)) { groups.push(grant.name) } else { users.push(grant.name) }
            }
            users.retain(|user| !in_groups.contains(&user.as_str()) && user != USERS[disabled]);
            users.sort();
            users.dedup();
            for user in USERS.into_iter().filter(|user| *user != USERS[disabled]) {
                if alder.sees(|view| show_locked(view, &as_user(user), row.record)).is_err() {
                    continue;
                }
                let shares = locked_shares(&alder, user, row.record).expect("shares");
                prop_assert_eq!(shares.groups.iter().map(|group| group.group.clone()).collect::<Vec<_>>(), groups.clone());
                prop_assert_eq!(shares.users.iter().map(|user| user.user.clone()).collect::<Vec<_>>(), users.clone());
                let said = serde_json::to_value(&shares).expect("JSON");
                let told: Vec<&str> = said.as_object().expect("an object").keys().map(String::as_str).collect();
                prop_assert_eq!(told, ["access", "groups", "name", "record", "request", "users"]);
                let text = said.to_string();
                prop_assert!(!in_groups.iter().any(|member| text.contains(&format!("\"{member}\""))), "{}", text);
                prop_assert!(!text.contains("level"), "{}", text);
            }
        }
    }

    /// P-18: those who are told of a request are those who may share the record.
    #[test]
    fn p_18_who_may_answer_is_who_may_share(
        policy in 0u8..8,
        rights_of in proptest::collection::vec(any::<u8>(), USERS.len()),
        members in proptest::collection::vec((0usize..6, any::<bool>()), 0..5),
        dealt in proptest::collection::vec((any::<usize>(), 0u8..4, 0i64..4, proptest::collection::vec((any::<bool>(), any::<usize>(), 1i64..4), 0..4)), 1..6),
        sharing in any::<bool>(),
    ) {
        let mut alder = generated(policy, &rights_of, &members, &[], &dealt).expect("an office");
        alder.does(|tx| Ok(office::set_sharing(tx, sharing)?)).expect("a setting");
        for row in every_record(&alder) {
            let told = alder.sees(|view| requests::answerers(view, &row)).expect("users");
            for user in USERS {
                let may = alder.sees(|view| {
                    let viewer = Viewer::User(users::find(view, &user_name(user))?.expect("a user").person());
                    Ok(may_share(&viewer, &office::load(view)?.policy, &rights::access_of(view, &viewer, &row)?))
                }).expect("a decision");
                prop_assert_eq!(told.iter().any(|told| told.name.as_str() == user), may, "{}", user);
            }
        }
    }
}

/// Ann's records, one for each name; client access is on and requests are taken.
fn asking_office(names: &[&str]) -> (Office, Vec<RecordId>) {
    let mut alder = Office::new("Alder", 1);
    for (number, user) in USERS.iter().enumerate() {
        let account = if number == 0 {
            Account::Admin
        } else if number == 5 {
            Account::Assistant
        } else {
            Account::Practitioner
        };
        alder.add(user, account);
    }
    let switch = Switch { on: Some(true), requesting: Some(true), sharing: None };
    let plan = alder.does(|tx| client_access::plan_switch(tx, &Actor::Operator, &switch)).unwrap();
    alder.does(|tx| client_access::switch(tx, &Actor::Operator, &switch, &plan.id)).unwrap();
    let card = |name: &&str| {
        format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{name}\r\nFN:{name}\r\nEMAIL:hidden@example.com\r\nTEL:+1 555 0100\r\nEND:VCARD\r\n")
    };
    let cards: String = names.iter().map(card).collect();
    let ids = alder.import("ann", &cards);
    (alder, ids)
}

fn ask(alder: &mut Office, user: &str, record: RecordId, level: &str) -> Result<RequestView, Fault> {
    let wanted = Ask { level: Some(level.to_owned()), message: "please".to_owned() };
    alder.does(|tx| requests::ask(tx, &as_user(user), record, &wanted))
}

fn share(alder: &mut Office, record: RecordId, user: &str, level: &str) {
    let change = Change { user: Some(user.to_owned()), level: level.to_owned(), ..Change::default() };
    let wanted = Changes { changes: vec![change] };
    let plan = alder.does(|tx| access::plan_set(tx, &Actor::Operator, record, &wanted)).unwrap();
    alder.does(|tx| access::set(tx, &Actor::Operator, record, &wanted, &plan.id)).unwrap();
}

fn state(alder: &Office, user: &str, id: u64) -> (&'static str, Option<&'static str>) {
    let view = alder.sees(|view| requests::show(view, &as_user(user), id)).unwrap();
    (view.state, view.why)
}

/// INV-58, P-14: a name is found by its own words and by nothing else that a record is found by.
#[test]
fn inv_58_a_locked_record_is_found_by_its_name_and_not_by_what_is_in_it() {
    let (alder, ids) = asking_office(&["Zoë Quast", "Yan"]);
    assert_eq!(named(&alder, "bob", Some("zoe")), [ids[0].to_string()]);
    assert_eq!(named(&alder, "bob", Some("QUAST zoë")), [ids[0].to_string()]);
    for content in ["hidden", "example.com", "555", "15550100"] {
        assert!(named(&alder, "bob", Some(content)).is_empty(), "{content}");
        let seen = Query { text: Some(content.to_owned()), ..Query::default() };
        assert_eq!(
            alder.sees(|view| records::list(view, &as_user("ann"), &seen)).unwrap().records.len(),
            2,
            "{content} finds them for ann"
        );
    }
    let by_owner = Query { owner: Some("ann".to_owned()), ..Query::default() };
    assert_eq!(code(alder.sees(|view| list_locked(view, &as_user("bob"), &by_owner))), "locked-unknown");
    let name = alder.sees(|view| show_locked(view, &as_user("bob"), ids[0])).unwrap();
    let said = serde_json::to_value(&name).unwrap();
    assert_eq!(said, serde_json::json!({ "id": ids[0].to_string(), "kind": "contact", "name": "Zoë Quast", "access": "none" }));
}

/// INV-58: a private record and one that is not there are refused with the same words, whatever is asked.
#[test]
fn inv_58_a_private_record_is_not_told_from_one_that_is_not_there() {
    let (mut alder, ids) = asking_office(&["Paul Private"]);
    let edit = Edit { private: Some(true), ..Edit::default() };
    alder.does(|tx| records::edit(tx, &as_user("ann"), ids[0], &edit)).unwrap();
    let nowhere = RecordId([7; 16]);
    let words = |fault: Fault, record: RecordId| fault.to_string().replace(&record.to_string(), "RECORD");
    let mut asked = Vec::new();
    for record in [ids[0], nowhere] {
        asked.push(words(ask(&mut alder, "bob", record, "read").unwrap_err(), record));
        asked.push(words(alder.sees(|view| who_has_access(view, &as_user("bob"), record)).unwrap_err(), record));
        asked.push(words(alder.sees(|view| show_locked(view, &as_user("bob"), record)).unwrap_err(), record));
    }
    assert!(asked.iter().all(|words| words == &asked[0]), "{asked:?}");
    assert!(alder.audit().iter().all(|line| line.verb != "request.ask"), "neither leaves a line");
}

/// P-24: a request is asked once, ends in every way it can, and none of them makes a nuisance possible.
#[test]
fn p_24_asking_has_bounds_and_every_end_its_state() {
    let (mut alder, ids) = asking_office(&["Zoe", "Yan"]);
    let first = ask(&mut alder, "bob", ids[0], "read").unwrap();
    assert_eq!((first.state, first.may_answer, first.name.as_deref()), ("waiting", false, Some("Zoe")));
    assert_eq!(code(ask(&mut alder, "bob", ids[0], "write")), "already-asked");
    alder.waits(EXPIRES_MS);
    assert_eq!(state(&alder, "bob", first.id), ("expired", None));
    assert_eq!(code(alder.does(|tx| requests::grant(tx, &as_user("ann"), first.id, &Grant::default()))), "request-closed");

    let second = ask(&mut alder, "bob", ids[0], "read").unwrap();
    let why = Refuse { reason: "The claim is closed".to_owned() };
    alder.does(|tx| requests::refuse(tx, &as_user("ann"), second.id, &why)).unwrap();
    let refused = alder.sees(|view| requests::show(view, &as_user("bob"), second.id)).unwrap();
    assert_eq!((refused.state, refused.reason.as_str(), refused.answered_by.as_deref()), ("refused", "The claim is closed", Some("ann")));
    assert_eq!(code(ask(&mut alder, "bob", ids[0], "read")), "refused-lately");
    assert!(ask(&mut alder, "carl", ids[0], "read").is_ok(), "somebody else may ask");
    assert!(ask(&mut alder, "bob", ids[1], "read").is_ok(), "and bob for another record");
    alder.waits(AGAIN_MS);
    for _ in 0..OFTEN_MAX {
        let id = ask(&mut alder, "bob", ids[0], "read").unwrap().id;
        alder.does(|tx| requests::withdraw(tx, &as_user("bob"), id)).unwrap();
        assert_eq!(state(&alder, "bob", id), ("withdrawn", None));
    }
    assert_eq!(code(ask(&mut alder, "bob", ids[0], "read")), "asked-too-often");
}

/// P-24: at most a hundred requests of a user wait; those that are void or answered leave room.
#[test]
fn p_24_at_most_a_hundred_requests_of_a_user_wait() {
    let names: Vec<String> = (0..=WAITING_MAX + 1).map(|number| format!("Client {number:03}")).collect();
    let (mut alder, ids) = asking_office(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for id in &ids[..WAITING_MAX] {
        ask(&mut alder, "bob", *id, "read").unwrap();
    }
    assert_eq!(code(ask(&mut alder, "bob", ids[WAITING_MAX], "read")), "too-many-waiting");
    share(&mut alder, ids[0], "bob", "read");
    assert!(ask(&mut alder, "bob", ids[WAITING_MAX], "read").is_ok(), "the one that is void does not count");
    assert_eq!(code(ask(&mut alder, "bob", ids[WAITING_MAX + 1], "read")), "too-many-waiting");
    let all = RequestQuery { state: Some("waiting".to_owned()), limit: Some(30), ..RequestQuery::default() };
    let (mut seen, mut after) = (0, None);
    loop {
        let page = alder.sees(|view| requests::list(view, &as_user("ann"), &RequestQuery { after, ..all.clone() })).unwrap();
        seen += page.items.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, WAITING_MAX);
}

/// P-24: what makes a request void, and who answers after a transfer.
#[test]
fn p_24_a_request_is_void_once_there_is_nothing_to_answer() {
    let (mut alder, ids) = asking_office(&["Zoe", "Yan", "Kim", "Lou"]);
    let asked: Vec<u64> = ids.iter().map(|id| ask(&mut alder, "bob", *id, "read").unwrap().id).collect();
    let carls = ask(&mut alder, "carl", ids[0], "read").unwrap().id;
    let ann = as_user("ann");
    let plan = alder.does(|tx| records::plan_delete(tx, &ann, &[ids[0]])).unwrap();
    alder.does(|tx| records::delete(tx, &ann, &[ids[0]], &plan.id)).unwrap();
    assert_eq!(state(&alder, "bob", asked[0]), ("void", Some("unavailable")));
    let gone = alder.sees(|view| requests::show(view, &as_user("bob"), asked[0])).unwrap();
    assert_eq!((gone.name, gone.message.as_str()), (None, ""), "nothing is left of what was said about it");
    assert_eq!(code(alder.sees(|view| requests::show(view, &ann, asked[0]))), "unknown-request");

    let plan = alder.does(|tx| records::plan_archive(tx, &ann, &[ids[1]])).unwrap();
    alder.does(|tx| records::archive(tx, &ann, &[ids[1]], &plan.id)).unwrap();
    assert_eq!(state(&alder, "bob", asked[1]), ("void", Some("unavailable")));
    assert_eq!(code(alder.does(|tx| requests::grant(tx, &ann, asked[1], &Grant::default()))), "request-closed");
    share(&mut alder, ids[2], "bob", "write");
    assert_eq!(state(&alder, "bob", asked[2]), ("void", Some("has-access")));

    let to_dora = access::Transfer { owner: "dora".to_owned(), keep: None };
    let plan = alder.does(|tx| access::plan_transfer(tx, &ann, ids[3], &to_dora)).unwrap();
    alder.does(|tx| access::transfer(tx, &ann, ids[3], &to_dora, &plan.id)).unwrap();
    assert_eq!(code(alder.does(|tx| requests::grant(tx, &ann, asked[3], &Grant::default()))), "unknown-request");
    let name = user_name("bob");
    let plan = alder.does(|tx| user_verbs::plan_disable(tx, &Actor::Operator, &name)).unwrap();
    let granted = alder.does(|tx| requests::grant(tx, &as_user("dora"), asked[3], &Grant::default())).unwrap();
    assert_eq!((granted.state, granted.given), ("granted", Some("read")), "the new owner answers");
    let second = ask(&mut alder, "bob", ids[3], "write").unwrap().id;
    alder.does(|tx| user_verbs::disable(tx, &Actor::Operator, &name, &plan.id)).unwrap();
    assert_eq!(state(&alder, "dora", second), ("void", Some("requester-disabled")));
    assert_eq!(state(&alder, "carl", carls), ("void", Some("unavailable")));
}

/// P-18, INV-58: who answered is named unless that tells who is in a group; a grant is one line of the audit.
#[test]
fn inv_58_the_name_of_who_answered_does_not_tell_who_is_in_a_group() {
    let (mut alder, ids) = asking_office(&["Zoe", "Yan", "Kim"]);
    let tax = groups::NewGroup { name: "Tax".to_owned(), members: vec!["carl".to_owned()] };
    alder.does(|tx| groups::add(tx, &Actor::Operator, &tax)).unwrap();
    for record in &ids {
        let change = Change { group: Some("Tax".to_owned()), level: "full-control".to_owned(), ..Change::default() };
        let wanted = Changes { changes: vec![change] };
        let plan = alder.does(|tx| access::plan_set(tx, &Actor::Operator, *record, &wanted)).unwrap();
        alder.does(|tx| access::set(tx, &Actor::Operator, *record, &wanted, &plan.id)).unwrap();
    }
    let asked: Vec<u64> = ids.iter().map(|id| ask(&mut alder, "bob", *id, "read").unwrap().id).collect();
    let refuse = |alder: &mut Office, by: &str, id: u64| {
        alder.does(|tx| requests::refuse(tx, &as_user(by), id, &Refuse::default())).unwrap();
    };
    let by = |alder: &Office, user: &str, id: u64| alder.sees(|view| requests::show(view, &as_user(user), id)).unwrap().answered_by;
    refuse(&mut alder, "carl", asked[0]);
    assert_eq!(by(&alder, "bob", asked[0]), None, "carl has it through a group");
    assert_eq!(by(&alder, "ann", asked[0]), None, "and the owner is not in it either");
    assert_eq!(by(&alder, "adam", asked[0]).as_deref(), Some("carl"), "an administrator knows who is in a group");
    assert_eq!(by(&alder, "carl", asked[0]).as_deref(), Some("carl"));
    refuse(&mut alder, "adam", asked[1]);
    assert_eq!(by(&alder, "bob", asked[1]).as_deref(), Some("adam"), "who administers is no secret");

    let before = alder.audit().len();
    alder.does(|tx| requests::grant(tx, &as_user("carl"), asked[2], &Grant { level: Some("write".to_owned()) })).unwrap();
    let lines = alder.audit().split_off(before);
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].verb.as_str(), lines[0].object.clone()), ("request.grant", ids[2].to_string()));
    assert_eq!(by(&alder, "bob", asked[2]), None);
    assert!(alder.audit().iter().all(|line| !line.detail.contains("please")), "no line holds what was said");
}
