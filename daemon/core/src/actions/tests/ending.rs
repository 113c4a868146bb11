//! Which links become unreadable when their end can't be written down.

use interoffice_protocol::ids::LinkId;

use super::offices::{Office, ann_shares_with_bob, as_user, code, user_name};
use crate::actions::{ending, links, outbound};
use crate::domain::actor::Actor;
use crate::domain::user::Account;

fn only(link: &str) -> Vec<LinkId> {
    vec![link.parse().unwrap()]
}

#[test]
fn a_verb_names_the_links_it_would_end_to_whoever_may_end_them() {
    let (alder, mut birch, link) = ann_shares_with_bob();
    birch.add("carl", Account::Practitioner);
    let operator = Actor::Operator;
    assert_eq!(birch.sees(|view| ending::of_link(view, &as_user("bob"), &link[..8])).unwrap(), only(&link));
    assert_eq!(code(birch.sees(|view| ending::of_link(view, &as_user("carl"), &link))), "unknown-link");
    assert_eq!(birch.sees(|view| ending::of_user(view, &operator, &user_name("bob"))).unwrap(), only(&link));
    assert_eq!(birch.sees(|view| ending::of_user(view, &operator, &user_name("carl"))).unwrap(), []);
    assert_eq!(code(birch.sees(|view| ending::of_user(view, &as_user("carl"), &user_name("bob")))), "not-admin");
    assert_eq!(birch.sees(|view| ending::of_peer(view, &operator, "Alder")).unwrap(), only(&link));
    assert_eq!(birch.sees(ending::of_time).unwrap(), []);
    assert_eq!(alder.sees(|view| ending::of_peer(view, &operator, "Birch")).unwrap(), only(&link));
}

#[test]
fn only_the_other_side_of_a_link_ends_it_by_a_statement_that_it_signed() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    let plan = alder.does(|tx| links::plan_delete(tx, &as_user("ann"), &link)).unwrap();
    alder.does(|tx| links::delete(tx, &as_user("ann"), &link, &plan.id)).unwrap();
    let mut waiting = alder.sees(|view| outbound::waiting_statements(view, birch.id, 1, 100)).unwrap();
    let (_, delete) = waiting.pop().unwrap();
    let ends = |from: &Office, signed: &_| birch.sees(|view| ending::of_statement(view, from.id, signed)).unwrap();
    assert_eq!(ends(&alder, &delete), only(&link));
    let mut forged = delete.clone();
    forged.signature[3] ^= 1;
    assert_eq!(ends(&alder, &forged), []);
    assert_eq!(ends(&Office::new("Cedar", 3), &delete), [], "nobody else's word ends it");
}
