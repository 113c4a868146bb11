//! Issuing statements: the only place where this office declares something to another.

use interoffice_protocol::ids::{Nonce, OfficeId};
use interoffice_protocol::limits;
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::{Audience, Body, Envelope, Subject, Verified};

use crate::domain::refusal::Refusal;
use crate::store::links::LinkRow;
use crate::store::peers::PeerRow;
use crate::store::{Fault, Ring, Tx, View, office, peers, statements};

/// Signs `body` about `subject` for a peer, next in order, and leaves it waiting in the outbox.
pub(super) fn issue(tx: &Tx<'_>, peer: &PeerRow, subject: Subject, body: &Body) -> Result<Verified, Fault> {
    // The row is read again since an earlier statement of this very transaction has moved the sequence.
    let peer = peers::by_row(tx, peer.row)?;
    let epoch = office::load(tx)?.epoch;
    let envelope = Envelope {
        from: tx.office.office(),
        to: Audience::Office(peer.office),
        subject,
        epoch,
        sequence: peer.issued_sequence + 1,
        previous: peer.issued_hash,
        nonce: Nonce(tx.moment.random()),
        issued_at_ms: tx.now_ms,
        extensions: Vec::new(),
    };
    let signed = tx.office.signer.sign(envelope, body);
    let verified = statements::verified(signed)?;
    statements::insert(tx, peer.row, &verified, true)?;
    peers::set_issued(tx, peer.row, peer.issued_sequence + 1, verified.hash())?;
    tx.ring(Ring::Peer(peer.office));
    Ok(verified)
}

/// Refuses to ask a peer for anything while its outbox is full. What ends something is never refused: it has to find room.
pub(super) fn require_room(view: &View<'_>, peer: &PeerRow) -> Result<(), Fault> {
    let (rows, _) = statements::backlog(view, peer.row)?;
    let full = rows >= limits::OUTBOX_ROWS_PER_PEER || statements::backlog_bytes(view, peer.row)? >= limits::OUTBOX_BYTES_PER_PEER;
    if !full {
        return Ok(());
    }
    let detail = format!("{rows} statements wait for {} already: nothing more is asked of it", peer.name);
    Err(Refusal::conflict("outbox-full", detail, "see why it is not reached: interoffice peer list").into())
}

/// The subject of a statement about an existing link.
pub(super) fn about(link: &LinkRow) -> Subject {
    let (owner, reader) = match link.side {
        interoffice_protocol::link::Side::Owner => (link.local_user.clone(), link.remote_user.clone()),
        interoffice_protocol::link::Side::Reader => (link.remote_user.clone(), link.local_user.clone()),
    };
    Subject::Link { link: link.link, request: link.request, owner, reader }
}

/// The peer lacks statements of ours from `sequence` on: they and all that follow wait again.
pub fn send_again(tx: &Tx<'_>, to: OfficeId, sequence: u64) -> Result<u64, Fault> {
    let Some(peer) = peers::find(tx, to)? else { return Ok(0) };
    let epoch = office::load(tx)?.epoch;
    Ok(statements::wait_again(tx, peer.row, epoch.counter, sequence)?)
}

/// What a peer says it has heard of us, compared with what we know to have said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// It fits.
    Fine,
    /// The peer lacks statements that were answered: they wait again.
    Rewound(u64),
    /// The peer has heard more than we ever said: this data folder is older than what was sent from it.
    WeAreOld,
}

/// Compares what `from_office` heard of us with our own count, and sends again what it lacks.
pub fn reconcile_heard(tx: &Tx<'_>, from_office: OfficeId, heard_epoch: Option<u64>, heard_sequence: u64) -> Result<Heard, Fault> {
    let Some(peer) = peers::find(tx, from_office)? else { return Ok(Heard::Fine) };
    let epoch = office::load(tx)?.epoch;
    match heard_epoch {
        Some(_) if planted(Bug::OldCopyUnnoticed) => Ok(Heard::Fine),
        Some(heard) if heard > epoch.counter => Ok(Heard::WeAreOld),
        Some(heard) if heard == epoch.counter && heard_sequence > peer.issued_sequence => Ok(Heard::WeAreOld),
        Some(heard) if heard < epoch.counter && peer.issued_sequence == 0 => Ok(Heard::Fine),
        _ => {
            let from = if heard_epoch == Some(epoch.counter) { heard_sequence + 1 } else { 1 };
            let again = statements::wait_again(tx, peer.row, epoch.counter, from)?;
            Ok(if again == 0 { Heard::Fine } else { Heard::Rewound(from) })
        }
    }
}
