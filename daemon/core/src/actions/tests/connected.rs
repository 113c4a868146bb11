//! Who is connected to a record, and for whom it opens offline: lists, pages and the record alone say what the rule says, for every user and
//! record of generated offices with assistants and disabled users.

use proptest::prelude::*;

use super::access::{USERS, generated};
use super::offices::{Office, as_user, user_name};
use crate::actions::access;
use crate::actions::records::{self, Query, RecordSummary};
use crate::domain::access::level::co_owns;
use crate::domain::actor::Actor;
use crate::domain::user::Account;
use crate::store::grants::{self, Grantee};
use crate::store::users;

/// What the rule says: who is connected to a record, its owner first.
fn ruled(alder: &Office, id: &str) -> Vec<String> {
    let rows = alder.sees(|view| {
        let row = crate::store::records::find(view, id.parse().expect("an id"))?.expect("a record");
        let mut connected = vec![row.owner_name.to_string()];
        let mut others = Vec::new();
        for grant in grants::of_record(view, row.id)? {
            let Grantee::User(user) = grant.grantee else { continue };
            let user = users::by_id(view, user)?;
            if co_owns(user.account, user.disabled, grant.level) {
                others.push(user.name.to_string());
            }
        }
        others.sort_unstable();
        connected.extend(others);
        Ok(connected)
    });
    rows.expect("rows")
}

/// Every page of a list.
fn pages(alder: &Office, actor: &Actor, query: &Query) -> Vec<RecordSummary> {
    let (mut all, mut query) = (Vec::new(), query.clone());
    loop {
        let page = alder.sees(|view| records::list(view, actor, &query)).expect("a page");
        all.extend(page.records);
        query.after = page.next;
        if query.after.is_none() {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// V-11 to V-15, V-24, V-28, I-33, K-01: names, mark, lists, pages and the single record agree with the rule, and with each other.
    #[test]
    fn v_14_lists_marks_and_records_name_exactly_the_owners_of_the_rule(
        policy in 0u8..4,
        members in proptest::collection::vec((0usize..6, any::<bool>()), 0..4),
        assistants in proptest::collection::vec(any::<bool>(), USERS.len()),
        disabled in proptest::collection::vec(0u8..4, USERS.len()),
        dealt in proptest::collection::vec((any::<usize>(), 0u8..4, 0i64..4, proptest::collection::vec((any::<bool>(), any::<usize>(), 2i64..4), 0..5)), 1..10),
    ) {
        let mut alder = generated(policy, &[0; USERS.len()], &members, &[], &dealt).expect("an office");
        alder.does(|tx| {
            for (number, user) in USERS.iter().enumerate().skip(1) {
                let mut row = users::find(tx, &user_name(user))?.expect("a user");
                row.disabled = disabled[number] == 0;
                if assistants[number] && crate::store::records::count_all_of(tx, row.id)? == 0 {
                    row.account = Account::Assistant;
                }
                users::update(tx, &row)?;
            }
            Ok(())
        }).expect("users");
        let enabled = USERS.iter().enumerate().filter(|(number, _)| *number == 0 || disabled[*number] != 0);
        for actor in enabled.map(|(_, user)| as_user(user)).chain([Actor::Operator]) {
            let whole = pages(&alder, &actor, &Query { limit: Some(1_000), ..Query::default() });
            for other in [Query { limit: Some(2), ..Query::default() }, Query { text: Some("client".into()), limit: Some(3), ..Query::default() }] {
                prop_assert_eq!(&pages(&alder, &actor, &other), &whole);
            }
            for listed in &whole {
                let wanted = ruled(&alder, &listed.id);
                prop_assert_eq!(&listed.connected_to, &wanted);
                prop_assert_eq!(listed.offline, actor.user().is_some_and(|user| wanted.contains(&user.to_string())));
                let alone = alder.sees(|view| records::show(view, &actor, listed.id.parse().expect("an id"))).expect("a record");
                prop_assert_eq!(&alone.summary, listed);
                // Whoever co-owns a record has Full Control of it, and what the shares say of an assistant is what he or she has.
                prop_assert!(!listed.offline || alone.access == "full-control");
                let shares = alder.sees(|view| access::show(view, &actor, listed.id.parse().expect("an id"))).expect("shares");
                for share in shares.users {
                    let user = alder.sees(|view| Ok(users::find(view, &user_name(&share.user))?)).expect("a row").expect("a user");
                    let owns = share.level == "full-control" && !user.disabled;
                    prop_assert_eq!(owns, wanted[1..].contains(&share.user));
                    prop_assert!(user.account != Account::Assistant || share.level != "full-control");
                }
            }
        }
    }
}
