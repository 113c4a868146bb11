//! Access inside one office: what lists show is what the decision says, for every user and every record of generated offices.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;
use proptest::prelude::*;

use super::offices::{Office, as_user, code, user_name};
use crate::actions::access::{self, Change, Changes};
use crate::actions::records::{self, Query, read_cards};
use crate::actions::{groups, rights};
use crate::domain::access::{Viewer, level};
use crate::domain::actor::Actor;
use crate::domain::user::Account;
use crate::store::grants::{self, Grantee};
use crate::store::{Fault, office, users};

pub(super) const USERS: [&str; 6] = ["adam", "ann", "bob", "carl", "dora", "eve"];

/// How a generated record is marked and shared, in numbers that are taken modulo what there is.
type Dealt = (usize, u8, i64, Vec<(bool, usize, i64)>);

fn account(user: usize) -> Account {
    match user {
        0 => Account::Admin,
        5 => Account::Assistant,
        _ => Account::Practitioner,
    }
}

/// An office with two groups, and records that were dealt.
pub(super) fn generated(
    policy: u8,
    rights_of: &[u8],
    members: &[(usize, bool)],
    proxies: &[(usize, usize)],
    dealt: &[Dealt],
) -> Result<Office, Fault> {
    let mut alder = Office::new("Alder", 1);
    for (number, user) in USERS.iter().enumerate() {
        alder.add(user, account(number));
    }
    alder.does(|tx| {
        office::set_security(tx, policy & 1 != 0)?;
        office::set_client_access(tx, policy & 2 != 0)?;
        office::set_requesting(tx, policy & 4 != 0)?;
        let rows = USERS.map(|user| users::find(tx, &user_name(user)).ok().flatten().expect("a user"));
        for (mut row, rights) in rows.iter().cloned().zip(rights_of) {
            row.super_user = rights & 3 == 1;
            row.specialist = rights & 3 == 2;
            row.all_clients = grants::level(i64::from(rights >> 2 & 3))?.filter(|_| rights & 16 != 0);
            users::update(tx, &row)?;
        }
        let of_name = |name: &str| crate::store::groups::insert(tx, name).map(|group| group.id);
        let both = [of_name("Tax")?, of_name("Wills")?];
        for (user, second) in members {
            crate::store::groups::add_member(tx, both[usize::from(*second)], rows[user % USERS.len()].id)?;
        }
        for (proxy, owner) in proxies.iter().filter(|(proxy, owner)| proxy != owner) {
            crate::store::proxies::set(tx, rows[*proxy].id, rows[*owner].id, true)?;
        }
        for (number, (owner, marks, everyone, shares)) in dealt.iter().enumerate() {
            let owner = 1 + owner % 4;
            let card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Client {number}\r\nUID:{number}\r\nEND:VCARD\r\n");
            let report = records::import_cards(tx, &as_user(USERS[owner]), &read_cards(card.as_bytes()).cards, &Default::default())?;
            let id: RecordId = report.records[0].parse().expect("an id");
            let row = crate::store::records::find(tx, id)?.expect("a record");
            crate::store::records::set_marks(tx, row.id, marks & 1 != 0, marks & 2 != 0)?;
            crate::store::records::set_everyone(tx, row.id, grants::level(*everyone)?)?;
            crate::store::records::set_archived(tx, row.id, marks & 4 != 0)?;
            for (group, whose, level) in shares {
                let grantee = if *group { Grantee::Group(both[whose % 2]) } else { Grantee::User(rows[whose % USERS.len()].id) };
                grants::set(tx, row.id, grantee, grants::level(*level)?)?;
            }
        }
        Ok(())
    })?;
    Ok(alder)
}

fn listed(alder: &Office, actor: &Actor, query: &Query) -> Vec<String> {
    let page = alder.sees(|view| records::list(view, actor, query)).expect("a page");
    page.records.into_iter().map(|record| record.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// P-01, V-06, INV-01: the condition of lists and the decision on one record agree on every cell.
    #[test]
    fn p_01_lists_counts_and_searches_show_exactly_what_is_decided(
        policy in 0u8..4,
        rights_of in proptest::collection::vec(any::<u8>(), USERS.len()),
        members in proptest::collection::vec((0usize..6, any::<bool>()), 0..5),
        proxies in proptest::collection::vec((0usize..6, 1usize..5), 0..4),
        dealt in proptest::collection::vec((any::<usize>(), 0u8..4, 0i64..4, proptest::collection::vec((any::<bool>(), any::<usize>(), 1i64..4), 0..3)), 1..14),
    ) {
        let alder = generated(policy, &rights_of, &members, &proxies, &dealt).expect("an office");
        let all = listed(&alder, &Actor::Operator, &Query { limit: Some(1_000), ..Query::default() });
        prop_assert_eq!(all.len(), dealt.len());
        for user in USERS {
            let actor = as_user(user);
            let shown = |id: &String| {
                let row = alder.sees(|view| Ok(crate::store::records::find(view, id.parse().expect("an id"))?)).expect("a row").expect("a record");
                alder.sees(|view| {
                    let person = users::find(view, &user_name(user))?.expect("a user").person();
                    rights::access_of(view, &Viewer::User(person), &row)
                }).expect("a decision").level.is_some()
            };
            let decided: Vec<String> = all.iter().filter(|id| shown(id)).cloned().collect();
            prop_assert_eq!(&listed(&alder, &actor, &Query { limit: Some(1_000), ..Query::default() }), &decided);
            prop_assert_eq!(&listed(&alder, &actor, &Query { text: Some("client".into()), limit: Some(1_000), ..Query::default() }), &decided);
            let counted = alder.sees(|view| records::count(view, &actor, &Query::default())).expect("a count");
            prop_assert_eq!(counted.total(), decided.len() as u64);
            let found = alder.sees(|view| records::own_in_range(view, &actor, RecordId([0; 16]), RecordId([255; 16]))).expect("a range");
            prop_assert_eq!(found.len(), decided.len().min(2));
        }
    }
}

fn alder() -> (Office, RecordId) {
    let mut alder = Office::new("Alder", 1);
    for (number, user) in USERS.iter().enumerate() {
        alder.add(user, account(number));
    }
    let card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Clara\r\nUID:1\r\nEND:VCARD\r\n";
    let cards = read_cards(card.as_bytes()).cards;
    let report = alder.does(|tx| records::import_cards(tx, &as_user("ann"), &cards, &Default::default())).expect("an import");
    (alder, report.records[0].parse().expect("an id"))
}

fn change(user: &str, level: &str) -> Change {
    Change { user: Some(user.to_owned()), level: level.to_owned(), ..Change::default() }
}

/// V-25: a plan that something overtook is refused, and a change is done whole or not at all.
#[test]
fn v_25_shares_change_together_or_not_at_all_and_only_as_they_were_read() {
    let (mut alder, record) = alder();
    let ann = as_user("ann");
    let wanted = Changes { changes: vec![change("bob", "read"), change("carl", "write")] };
    let plan = alder.does(|tx| access::plan_set(tx, &ann, record, &wanted)).expect("a plan");
    let other = Changes { changes: vec![change("dora", "read")] };
    let first = alder.does(|tx| access::plan_set(tx, &ann, record, &other)).expect("a plan");
    alder.does(|tx| access::set(tx, &ann, record, &other, &first.id)).expect("shares");
    assert_eq!(code(alder.does(|tx| access::set(tx, &ann, record, &wanted, &plan.id))), "stale-plan");

    let half = Changes { changes: vec![change("bob", "read"), change("eve", "full-control")] };
    assert_eq!(code(alder.does(|tx| access::plan_set(tx, &ann, record, &half))), "assistant");
    let twice = Changes { changes: vec![change("bob", "read"), change("bob", "write")] };
    assert_eq!(code(alder.does(|tx| access::plan_set(tx, &ann, record, &twice))), "named-twice");
    assert_eq!(code(alder.does(|tx| access::plan_set(tx, &ann, record, &Changes::default()))), "no-change");
    let nobody = Changes { changes: vec![Change { level: "read".into(), ..Change::default() }] };
    assert_eq!(code(alder.does(|tx| access::plan_set(tx, &ann, record, &nobody))), "bad-change");
    assert_eq!(code(alder.does(|tx| access::plan_set(tx, &ann, record, &Changes { changes: vec![change("bob", "own")] }))), "bad-level");
    let shares = alder.sees(|view| access::show(view, &ann, record)).expect("shares");
    assert_eq!(shares.users.len(), 1, "nothing of what was refused is there: {shares:?}");
}

/// P-23, INV-23: a deleted record takes its grants along, and so does a deleted group.
#[test]
fn p_23_what_is_deleted_leaves_no_grant_behind() {
    let (mut alder, record) = alder();
    alder
        .does(|tx| groups::add(tx, &Actor::Operator, &groups::NewGroup { name: "Tax".into(), members: vec!["bob".into()] }))
        .expect("a group");
    let wanted =
        Changes { changes: vec![change("carl", "read"), Change { group: Some("Tax".into()), level: "read".into(), ..Change::default() }] };
    let plan = alder.does(|tx| access::plan_set(tx, &Actor::Operator, record, &wanted)).expect("a plan");
    alder.does(|tx| access::set(tx, &Actor::Operator, record, &wanted, &plan.id)).expect("shares");
    let plan = alder.does(|tx| groups::plan_delete(tx, &Actor::Operator, "Tax")).expect("a plan");
    alder.does(|tx| groups::delete(tx, &Actor::Operator, "Tax", &plan.id)).expect("deleted");
    let grants_left = |alder: &Office| {
        let mut lines = 0;
        let each = &mut |table: &str, _: &[u8]| lines += usize::from(table == "grants");
        alder.sees(|view| Ok(crate::store::inspect::contents(view, &[], each)?)).expect("contents");
        lines
    };
    assert_eq!(grants_left(&alder), 1);
    let plan = alder.does(|tx| records::plan_delete(tx, &Actor::Operator, &[record])).expect("a plan");
    alder.does(|tx| records::delete(tx, &Actor::Operator, &[record], &plan.id)).expect("deleted");
    assert_eq!(grants_left(&alder), 0);
    assert_eq!(Level::ALL.map(|level| level::parse(level.as_str()).ok().flatten()), Level::ALL.map(Some));
}
