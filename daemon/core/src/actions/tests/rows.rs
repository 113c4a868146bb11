//! Rows that no verb has written, and rows that are not there: what can't be read is said to be unreadable, and never taken for
//! something else.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::{End, LinkState, Side};
use interoffice_protocol::messages::{Answer, Outcome, Resume};
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::Signed;
use interoffice_protocol::wire::codec;

use super::offices::{Office, ann_shares_with_bob, as_user, carry, share_all};
use crate::actions::links::{self as link_verbs, Ask};
use crate::actions::{inbound, issue, outbound};
use crate::store::{Fault, StoreFault, damage, links, removals, statements};

fn is_unreadable<T: std::fmt::Debug>(end: Result<T, Fault>, what: &str) {
    assert!(matches!(&end, Err(Fault::Store(StoreFault::Corrupt(_)))), "{what}: {end:?}");
}

#[test]
fn a_link_with_an_impossible_column_is_unreadable() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    for column in [
        "local_user = '!'",
        "remote_user = ''",
        "state = 9",
        "state = 4, end_reason = NULL",
        "state = 4, end_reason = 99",
        "state = 4, end_reason = -1",
        "level = 7",
        "level = -1",
        "scope_fields = -1",
        "scope_related = 300",
        "lease_s = -1",
        "head = -1",
        "secret = x'00'",
    ] {
        let end = alder.does(|tx| {
            damage::links(tx, column)?;
            Ok(links::load(tx, id)?)
        });
        is_unreadable(end, column);
    }
    assert!(alder.sees(|view| Ok(links::load(view, id)?)).is_ok(), "nothing of it was kept");
}

#[test]
fn every_state_of_a_link_is_read_as_it_was_written() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    let active = [true, false].map(|frozen| LinkState::Active { frozen });
    let ends = [End::Withdrawn, End::Declined, End::DeletedByOwner, End::UserGone, End::PeerRemoved, End::Expired].map(LinkState::Ended);
    for state in [LinkState::Unknown, LinkState::Waiting].into_iter().chain(active).chain(ends) {
        let read = alder.does(|tx| {
            links::set_state(tx, links::load(tx, id)?.row, state)?;
            Ok(links::load(tx, id)?.state)
        });
        assert_eq!(read.unwrap(), state);
    }
}

#[test]
fn what_belongs_to_a_link_that_is_not_there_is_unreadable() {
    let (mut alder, _birch, _) = ann_shares_with_bob();
    is_unreadable(alder.sees(|view| Ok(links::load(view, LinkId([9; 32]))?)), "a link");
    is_unreadable(alder.does(|tx| Ok(links::take_sequences(tx, 4711, 1)?)), "a log");
}

#[test]
fn a_removal_in_an_unknown_state_is_unreadable() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    alder.does(|tx| Ok(removals::ask(tx, id, 0, 0, Side::Owner, 3)?)).unwrap();
    assert_eq!(alder.sees(|view| Ok(removals::of_link(view, id)?)).unwrap().map(|removal| removal.expected), Some(3));
    for state in [5, -1] {
        let end = alder.does(|tx| {
            damage::removals(tx, state)?;
            Ok(removals::of_link(tx, id)?)
        });
        is_unreadable(end, "a removal");
    }
}

/// Birch with a request that waits for Bob, and its link.
fn asked() -> (Office, LinkId) {
    let (mut alder, mut birch, link) = ann_shares_with_bob();
    let plan = alder.does(|tx| link_verbs::plan_delete(tx, &as_user("ann"), &link)).unwrap();
    alder.does(|tx| link_verbs::delete(tx, &as_user("ann"), &link, &plan.id)).unwrap();
    let ask = Ask {
        office: "Birch".to_owned(),
        user: "bob".to_owned(),
        purpose: String::new(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: None,
    };
    let asked = alder.does(|tx| link_verbs::request(tx, &as_user("ann"), &ask)).unwrap();
    carry(&mut alder, &mut birch);
    (birch, asked.link.parse().unwrap())
}

#[test]
fn a_request_whose_statement_is_gone_or_damaged_is_not_accepted() {
    let (mut birch, link) = asked();
    let request = birch.sees(|view| Ok(links::load(view, link)?.request)).unwrap();
    let signed = birch.sees(|view| Ok(statements::find(view, request)?)).unwrap().unwrap();
    let hollow = codec::encode(&Signed { payload: vec![0xff], ..signed });
    for signed in [None, Some(&[0xff][..]), Some(&hollow)] {
        let end = birch.does(|tx| {
            signed.map_or_else(|| damage::stray(tx, request), |signed| damage::statement(tx, request, signed))?;
            link_verbs::accept(tx, &as_user("bob"), &[link.to_string()])
        });
        is_unreadable(end.map(|accepted| accepted.len()), "a request");
    }
    birch.does(|tx| link_verbs::accept(tx, &as_user("bob"), &[link.to_string()])).expect("undamaged it is accepted");
}

#[test]
fn a_record_that_does_not_decode_is_not_sent() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    alder.import("ann", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Zoe\r\nEND:VCARD\r\n");
    share_all(&mut alder, "ann", &link);
    let resume = Resume { link: link.parse().unwrap(), epoch: None, cursor: 0, digest: interoffice_protocol::digest::SetDigest::EMPTY };
    let outbound::Start::Send(mut sending) = alder.does(|tx| outbound::resume(tx, birch.id, &resume)).unwrap() else {
        panic!("sending starts");
    };
    let end = alder.does(|tx| {
        damage::records(tx, &[0xff])?;
        sending.next(tx).map(|_| ())
    });
    is_unreadable(end, "a record");
    assert!(matches!(alder.sees(|view| sending.next(view)).unwrap(), outbound::Next::Batch(_)), "undamaged it is sent");
}

#[test]
fn a_request_of_ours_that_is_damaged_is_not_passed_over_when_it_was_refused() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    let request = alder.sees(|view| Ok(links::load(view, link.parse().unwrap())?.request)).unwrap();
    alder.does(|tx| issue::send_again(tx, birch.id, 1)).unwrap();
    let signed = alder.sees(|view| Ok(statements::find(view, request)?)).unwrap().unwrap();
    let hollow = codec::encode(&Signed { payload: vec![0xff], ..signed });
    let end = alder.does(|tx| {
        damage::statement(tx, request, &hollow)?;
        inbound::answer(tx, birch.id, &Answer { statement: request, outcome: Outcome::Refused })
    });
    is_unreadable(end, "a request of ours");
}
