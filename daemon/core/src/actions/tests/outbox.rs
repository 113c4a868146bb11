//! An outbox that is full takes no more requests, and every ending.

use interoffice_protocol::limits;
use interoffice_protocol::record::{Level, Scope};

use super::offices::{Office, ann_shares_with_bob, as_user, code};
use crate::actions::links::{self, Ask};
use crate::store::{damage, peers};

fn ask(alder: &mut Office, user: &str) -> Result<(), crate::store::Fault> {
    let ask = Ask {
        office: "Birch".to_owned(),
        user: user.to_owned(),
        purpose: String::new(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: None,
    };
    alder.does(|tx| links::request(tx, &as_user("ann"), &ask)).map(drop)
}

/// Puts rows of so many bytes into the outbox for Birch, from one number to another.
fn fill(alder: &mut Office, birch: &Office, (from, to): (u64, u64), bytes: u64) {
    let office = birch.id;
    alder.does(|tx| Ok(damage::fill_outbox(tx, peers::find(tx, office)?.unwrap().row, from, to, bytes)?)).unwrap();
}

fn only_endings(alder: &mut Office, link: &str) {
    assert_eq!(code(ask(alder, "ben")), "outbox-full");
    let plan = alder.does(|tx| links::plan_delete(tx, &as_user("ann"), link)).unwrap();
    alder.does(|tx| links::delete(tx, &as_user("ann"), link, &plan.id)).expect("an ending always finds room");
}

#[test]
fn an_outbox_with_too_many_statements_takes_endings_and_no_requests() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    fill(&mut alder, &birch, (1, limits::OUTBOX_ROWS_PER_PEER - 1), 1);
    ask(&mut alder, "bea").expect("there is room for one more");
    only_endings(&mut alder, &link);
}

#[test]
fn an_outbox_with_too_many_bytes_takes_endings_and_no_requests() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    let quarter = limits::OUTBOX_BYTES_PER_PEER / 4;
    fill(&mut alder, &birch, (1, 3), quarter);
    ask(&mut alder, "bea").expect("there is room for one more");
    fill(&mut alder, &birch, (4, 4), quarter);
    only_endings(&mut alder, &link);
}
