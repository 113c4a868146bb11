//! Questions about links, statements and copies whose answer is that there is nothing, or too much.

use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, OfficeId, RecordId, StatementHash};
use interoffice_protocol::link::Side;
use interoffice_protocol::messages::{Answer, BatchAck, ListChunk, Outcome, Resume};
use interoffice_protocol::misbehaviour::Misbehaviour;

use super::offices::{Office, ann_shares_with_bob, as_user, carry, code, pair, share_all, user_name};
use crate::actions::copies::{self, Arriving};
use crate::actions::issue::{self, Heard};
use crate::actions::outbound::{Acked, Next, Sending, Start};
use crate::actions::{ending, inbound, lease, links, outbound, removal, sharing};
use crate::domain::actor::Actor;
use crate::domain::user::Account;
use crate::store::links::{self as link_rows, NewLink};
use crate::store::{peers, statements};

const NOBODY: OfficeId = OfficeId([9; 32]);

#[test]
fn the_beginning_of_an_id_that_two_links_have_names_neither() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    let (ann, ben, office) = (user_name("ann"), user_name("ben"), birch.id);
    let mut ids = [LinkId([0; 32]), LinkId([0; 32])];
    ids[1].0[31] = 1;
    for id in ids {
        alder
            .does(|tx| {
                let row = link_rows::load(tx, link.parse().unwrap())?;
                let terms = statements::link_set(tx, row.link)?.terms().cloned().unwrap();
                let peer = peers::find(tx, office)?.unwrap().row;
                let hash = StatementHash(id.0);
                let (side, secret) = (Side::Owner, [0; 32]);
                let new = NewLink { link: id, peer, side, local_user: &ann, remote_user: &ben, request: hash, secret, terms: &terms };
                Ok(link_rows::insert(tx, &new)?)
            })
            .unwrap();
    }
    let find = |actor: &Actor, text: &str| alder.sees(|view| links::find(view, actor, text)).map(|row| row.link);
    assert_eq!(code(find(&as_user("ann"), &ids[0].to_string()[..8])), "ambiguous-link");
    assert_eq!(code(find(&as_user("ann"), &ids[0].to_string()[..3])), "unknown-link");
    assert_eq!(find(&as_user("ann"), &ids[1].to_string()).unwrap(), ids[1]);
    assert_eq!(code(find(&Actor::Peer(birch.id), &ids[0].to_string()[..8])), "unknown-link");
}

#[test]
fn an_office_that_says_what_it_heard_is_sent_the_rest_and_tells_an_old_copy_from_a_new_life() {
    let (mut alder, birch, _) = ann_shares_with_bob();
    let peer = alder.sees(|view| Ok(peers::find(view, birch.id)?)).unwrap().unwrap();
    let mut heard = |office, epoch, sequence| alder.does(|tx| issue::reconcile_heard(tx, office, epoch, sequence)).unwrap();
    let (said, ours) = (peer.issued_sequence, Some(1));
    assert_eq!(heard(birch.id, ours, said), Heard::Fine);
    assert_eq!(heard(birch.id, ours, said + 1), Heard::WeAreOld);
    assert_eq!(heard(birch.id, Some(2), 0), Heard::WeAreOld);
    assert_eq!(heard(birch.id, ours, 0), Heard::Rewound(1));
    assert_eq!(heard(birch.id, None, 0), Heard::Rewound(1), "it never heard anything");
    assert_eq!(heard(NOBODY, ours, 99), Heard::Fine);
    let (mut cedar, mut dogwood) = (Office::new("Cedar", 3), Office::new("Dogwood", 4));
    pair(&mut cedar, &mut dogwood);
    let heard = cedar.does(|tx| issue::reconcile_heard(tx, dogwood.id, Some(0), 7)).unwrap();
    assert_eq!(heard, Heard::Fine, "a life of which nothing is known had said it");
    let waiting = |alder: &Office| alder.sees(|view| outbound::waiting_statements(view, birch.id, 1, 100)).unwrap().len() as u64;
    assert_eq!(waiting(&alder), said);
}

#[test]
fn an_office_that_lacks_statements_is_sent_them_again() {
    let (mut alder, mut birch, _) = ann_shares_with_bob();
    let (office, me) = (birch.id, alder.id);
    let waiting = |alder: &Office| alder.sees(|view| outbound::waiting_statements(view, office, 1, 100)).unwrap().len();
    assert_eq!(waiting(&alder), 0);
    assert_eq!(alder.does(|tx| issue::send_again(tx, office, 1)).unwrap(), 1);
    assert_eq!(waiting(&alder), 1);
    assert_eq!(alder.does(|tx| issue::send_again(tx, NOBODY, 1)).unwrap(), 0);
    carry(&mut alder, &mut birch);
    assert_eq!(waiting(&alder), 0, "what was heard before gets the same answer");
    let answer = |outcome| Answer { statement: StatementHash([7; 32]), outcome };
    for (from, outcome) in [(NOBODY, Outcome::Refused), (office, Outcome::Later), (office, Outcome::Refused)] {
        let lines = alder.audit().len();
        alder.does(|tx| inbound::answer(tx, from, &answer(outcome))).unwrap();
        assert_eq!(alder.audit().len(), lines, "an answer to nothing that was said changes nothing");
    }
    assert!(birch.sees(|view| ending::of_statement(view, me, &sample(&alder))).unwrap().is_empty());
    assert!(birch.sees(|view| ending::of_statement(view, NOBODY, &sample(&alder))).unwrap().is_empty());
}

/// A statement of Alder that ends nothing.
fn sample(alder: &Office) -> interoffice_protocol::statement::Signed {
    alder.sees(|view| Ok(statements::find(view, link_rows::all(view)?[0].request)?)).unwrap().unwrap()
}

#[test]
fn records_have_a_place_only_in_a_live_link_that_is_read_from_their_sender() {
    let (alder, mut birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    let arriving = |at: &Office, from, link| at.sees(|view| copies::arriving(view, from, link)).unwrap();
    assert!(matches!(arriving(&birch, alder.id, id), Arriving::Taken(row) if row.link == id));
    assert_eq!(arriving(&birch, alder.id, LinkId([9; 32])), Arriving::Gone);
    assert_eq!(arriving(&birch, NOBODY, id), Arriving::Foreign);
    assert_eq!(arriving(&alder, birch.id, id), Arriving::Foreign, "who owns records reads none");
    let plan = birch.does(|tx| links::plan_delete(tx, &as_user("bob"), &link)).unwrap();
    birch.does(|tx| links::delete(tx, &as_user("bob"), &link, &plan.id)).unwrap();
    assert_eq!(arriving(&birch, alder.id, id), Arriving::Gone);
    let over = birch.does(|tx| links::delete(tx, &as_user("bob"), &link, &plan.id));
    assert_eq!(code(over.map(|view| view.link)), "link-ended");
}

#[test]
fn offices_and_links_that_are_not_known_have_nothing_to_say_and_nothing_to_get() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    assert_eq!(alder.sees(|view| outbound::sending_links(view, NOBODY)).unwrap(), []);
    assert_eq!(alder.sees(|view| outbound::receiving_links(view, NOBODY)).unwrap(), []);
    let resume = |link| Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY };
    assert!(matches!(alder.does(|tx| outbound::resume(tx, NOBODY, &resume(id))).unwrap(), Start::Gone));
    assert!(matches!(alder.does(|tx| outbound::reconcile(tx, NOBODY, id, 0, &[])).unwrap(), Start::Gone));
    let chunk = ListChunk { statement: sample(&alder).hash(), index: 0, leaves: Vec::new() };
    assert_eq!(alder.does(|tx| removal::list_chunk(tx, NOBODY, &chunk)).unwrap(), Some(Misbehaviour::UnknownOffice));
    assert_eq!(alder.does(|tx| removal::list_chunk(tx, birch.id, &chunk)).unwrap(), Some(Misbehaviour::ReceiptUnfounded));
    let unknown = LinkId([9; 32]);
    alder.does(|tx| removal::prepare(tx, unknown, &[])).unwrap();
    alder.does(|tx| removal::finish(tx, unknown)).unwrap();
    assert_eq!(alder.sees(|view| Ok(crate::store::removals::all_of(view, unknown)?)).unwrap(), []);
}

#[test]
fn an_acknowledgement_counts_once_and_only_for_what_was_sent() {
    let (mut alder, birch, link) = ann_shares_with_bob();
    alder.import("ann", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Zoe\r\nEND:VCARD\r\n");
    share_all(&mut alder, "ann", &link);
    let id: LinkId = link.parse().unwrap();
    let resume = Resume { link: id, epoch: None, cursor: 0, digest: SetDigest::EMPTY };
    let Start::Send(mut sending) = alder.does(|tx| outbound::resume(tx, birch.id, &resume)).unwrap() else { panic!("sending starts") };
    assert!(matches!(alder.sees(|view| sending.next(view)).unwrap(), Next::Batch(_)));
    assert_eq!(sending.link(), id);
    let epoch = Epoch { counter: 1, identity: [0; 16] };
    let fresh = |sending: &Sending| sending.clone();
    let ack = BatchAck { link: id, epoch, to: 1, digest: SetDigest::EMPTY };
    assert_eq!(fresh(&sending).acked(&BatchAck { to: 2, ..ack }), Acked::Unknown);
    assert_eq!(fresh(&sending).acked(&ack), Acked::Unknown, "another life of the office had sent it");
    let epoch = alder.sees(|view| Ok(crate::store::office::load(view)?.epoch)).unwrap();
    assert_eq!(fresh(&sending).acked(&BatchAck { epoch, ..ack }), Acked::Differs);
    let digest = {
        let mut digest = SetDigest::EMPTY;
        let row = alder.sees(|view| Ok(link_rows::load(view, id)?)).unwrap();
        for log_row in alder.sees(|view| Ok(crate::store::log::all(view, row.row)?)).unwrap() {
            digest.add(&row.secret.item_hash(log_row.record, log_row.present.unwrap().0));
        }
        digest
    };
    let Acked::Persist(delivered) = sending.acked(&BatchAck { epoch, digest, ..ack }) else { panic!("it is what was sent") };
    let cursor = |alder: &Office| alder.sees(|view| Ok(link_rows::load(view, id)?.cursor)).unwrap();
    alder.does(|tx| outbound::persist(tx, &delivered)).unwrap();
    assert_eq!(cursor(&alder), 1);
    alder.does(|tx| outbound::persist(tx, &delivered)).unwrap();
    assert_eq!(cursor(&alder), 1);
    assert_eq!(sending.acked(&BatchAck { epoch, digest, ..ack }), Acked::Unknown);
}

#[test]
fn a_clock_that_was_set_back_while_the_daemon_was_down_locks_every_copy() {
    let (mut alder, mut birch, link) = ann_shares_with_bob();
    let id: LinkId = link.parse().unwrap();
    let first = lease::Passed { first: true, boot_ms: 0 };
    birch.does(|tx| lease::tick(tx, first)).unwrap();
    let (owner, asked_ms) = (alder.id, birch.sees(lease::safe_now).unwrap());
    assert_eq!(birch.does(|tx| lease::renewed(tx, owner, &[id], asked_ms)).unwrap(), 1);
    let locked = |birch: &Office| birch.sees(|view| lease::locked(view, &link_rows::load(view, id)?)).unwrap();
    assert!(!locked(&birch));
    birch.sets_clock_back(86_400_000);
    assert!(birch.does(|tx| lease::tick(tx, first)).unwrap().went_back);
    assert!(locked(&birch));
    assert!(!alder.does(|tx| lease::tick(tx, first)).unwrap().went_back);
}

#[test]
fn what_is_not_ones_own_or_not_there_is_not_shared() {
    let (mut alder, mut birch, link) = ann_shares_with_bob();
    alder.add("adam", Account::Admin);
    alder.add("amy", Account::Admin);
    alder.enable("amy");
    let (amy, ann) = (as_user("amy"), as_user("ann"));
    let chosen = |text: &str| sharing::Selection { records: vec![text.to_owned()], ..Default::default() };
    let mut share = |who: &Actor, chosen: &sharing::Selection| code(alder.does(|tx| sharing::plan_share(tx, who, &link, chosen)));
    let mine = sharing::Selection { all_mine: true, ..Default::default() };
    assert_eq!(share(&amy, &mine), "not-your-link");
    assert_eq!(share(&ann, &mine), "nothing-selected");
    assert_eq!(share(&ann, &chosen("nonsense")), "bad-record-id");
    assert_eq!(share(&ann, &chosen(&RecordId([9; 16]).to_string())), "unknown-record");
    let mut unshare = |who: &Actor, chosen: &sharing::Selection| code(alder.does(|tx| sharing::plan_unshare(tx, who, &link, chosen)));
    assert_eq!(unshare(&amy, &mine), "not-your-link");
    assert_eq!(unshare(&ann, &chosen("nonsense")), "bad-record-id");
    let row = |tx: &crate::store::Tx<'_>| link_rows::load(tx, link.parse().unwrap()).map(|row| row.row);
    let frozen = interoffice_protocol::link::LinkState::Active { frozen: true };
    alder.does(|tx| Ok(link_rows::set_state(tx, row(tx)?, frozen)?)).unwrap();
    assert_eq!(code(alder.does(|tx| sharing::plan_share(tx, &ann, &link, &mine))), "link-frozen");
    assert_eq!(code(birch.does(|tx| sharing::plan_share(tx, &as_user("bob"), &link, &mine))), "wrong-direction");
}
