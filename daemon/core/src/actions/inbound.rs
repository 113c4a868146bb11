//! What another office says: statements are checked, ordered and applied here, each in one transaction.

use interoffice_protocol::ids::{LinkId, OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::{Answer, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::names::UserName;
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::{Audience, Body, Chain, Envelope, Request, Signed, Subject, Verified, VerifyFault, said_by, verify};

use super::{links, removal};
use crate::domain::actor::Actor;
use crate::store::links::NewLink;
use crate::store::peers::{PeerRow, Standing};
use crate::store::{Fault, Ring, StoreFault, Tx, View, audit, links as link_rows, peers, statements, users};

/// What to answer to a statement, and what was wrong with it if anything was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// The answer.
    pub outcome: Outcome,
    /// The misbehaviour, for the door to act on.
    pub misbehaviour: Option<Misbehaviour>,
}

impl Heard {
    fn fine(outcome: Outcome) -> Self {
        Self { outcome, misbehaviour: None }
    }

    fn bad(misbehaviour: Misbehaviour) -> Self {
        Self { outcome: Outcome::Refused, misbehaviour: Some(misbehaviour) }
    }
}

/// Takes a statement from `office`, the other end of the connection it came on. A repeated one gets the same answer and changes
/// nothing. One that the office did say in its turn has its place in the order, and those after it are heard, even when it is not
/// understood or breaks a rule: then it changes nothing else.
pub fn statement(tx: &Tx<'_>, office: OfficeId, signed: Signed) -> Result<Heard, Fault> {
    let Some(peer) = peers::find(tx, office)? else { return Ok(Heard::bad(Misbehaviour::UnknownOffice)) };
    let given = statements::answer_given(tx, peer.row, signed.hash())?;
    if given.is_some() {
        repeated(tx, &peer, &signed)?;
    }
    match given {
        Some(2) => return Ok(Heard::fine(Outcome::Unsupported)),
        Some(3) => return Ok(Heard::fine(Outcome::Refused)),
        Some(_) => return Ok(Heard::fine(Outcome::Stored)),
        None => {}
    }
    let chain = peers::chain(tx, peer.row)?;
    let verified = match verify(signed.clone(), &chain, tx.office.office(), tx.now_ms) {
        Ok(verified) => verified,
        Err(VerifyFault::ExpiredKeySet) => return expired(tx, &peer, signed),
        Err(fault) => {
            return match Misbehaviour::try_from(fault) {
                Ok(misbehaviour) => Ok(Heard::bad(misbehaviour)),
                Err(_) => unsupported(tx, &peer, &chain, &signed),
            };
        }
    };
    if let Some(heard) = out_of_turn(&peer, verified.envelope()) {
        return Ok(heard);
    }
    match allowed(tx, &peer, &verified)? {
        Allowed::Yes => {
            let heard = apply(tx, &peer, &verified)?;
            keep(tx, &peer, &verified, heard)
        }
        Allowed::Later => Ok(Heard::fine(Outcome::Later)),
        Allowed::No => keep(tx, &peer, &verified, Heard::bad(Misbehaviour::BlockedOffice)),
    }
}

/// What a repeated statement does: nothing, unless a mistake is planted.
fn repeated(tx: &Tx<'_>, peer: &PeerRow, signed: &Signed) -> Result<(), StoreFault> {
    match peer.heard {
        Some(_) if planted(Bug::RepeatAudited) => {
            audit::done(tx, &Actor::Peer(peer.office), "link.requested", &signed.hash().to_string(), "")
        }
        Some(epoch) if planted(Bug::RepeatTakesSequence) => peers::set_heard(tx, peer.row, epoch, peer.heard_sequence + 1, peer.heard_hash),
        _ => Ok(()),
    }
}

/// Gives a statement its place in its issuer's order; one that was not stored is kept without effect.
fn keep(tx: &Tx<'_>, peer: &PeerRow, statement: &Verified, heard: Heard) -> Result<Heard, Fault> {
    match heard.outcome {
        Outcome::Unsupported => statements::insert_without_effect(tx, peer.row, statement, 2)?,
        Outcome::Refused => statements::insert_without_effect(tx, peer.row, statement, 3)?,
        _ => {}
    }
    let envelope = statement.envelope();
    peers::set_heard(tx, peer.row, envelope.epoch, envelope.sequence, statement.hash())?;
    Ok(heard)
}

/// A statement that the office did say, under keys whose time is over.
fn expired(tx: &Tx<'_>, peer: &PeerRow, signed: Signed) -> Result<Heard, Fault> {
    let Ok(verified) = Verified::from_store(signed) else { return Ok(Heard::bad(Misbehaviour::ExpiredKeySet)) };
    match out_of_turn(peer, verified.envelope()) {
        Some(heard) => Ok(heard),
        None => keep(tx, peer, &verified, Heard::bad(Misbehaviour::ExpiredKeySet)),
    }
}

enum Allowed {
    Yes,
    Later,
    No,
}

/// Whether an office of this standing may say this at all: one that is blocked or removed settles what there is, and no more.
fn allowed(view: &View<'_>, peer: &PeerRow, statement: &Verified) -> Result<Allowed, Fault> {
    if peer.standing == Standing::Paired || planted(Bug::BlockedHeard) {
        return Ok(Allowed::Yes);
    }
    let known = match statement.link() {
        Some(link) => link_rows::find(view, link)?,
        None => None,
    };
    let settles = match statement.body() {
        Body::Delete(_) | Body::Withdraw(_) | Body::Decline(_) | Body::Receipt(_) => true,
        // It was on its way when the link ended here, and a receipt will follow on it.
        Body::Accept(_) => known.as_ref().is_some_and(links::is_over),
        _ => false,
    };
    Ok(match peer.standing {
        Standing::Comparing if settles && known.is_some() => Allowed::Yes,
        Standing::Comparing => Allowed::Later,
        _ if settles => Allowed::Yes,
        _ => Allowed::No,
    })
}

/// What to answer to a statement that was not seen before and does not follow on its issuer's last one; `None` when it does.
pub fn out_of_turn(peer: &PeerRow, envelope: &Envelope) -> Option<Heard> {
    let (sequence, hash) = match peer.heard {
        None => (0, StatementHash::NONE),
        Some(heard) if envelope.epoch == heard || planted(Bug::EpochBackHeard) => (peer.heard_sequence, peer.heard_hash),
        Some(heard) if envelope.epoch.counter > heard.counter => (0, StatementHash::NONE),
        Some(heard) if envelope.epoch.counter == heard.counter && !planted(Bug::TwinHeard) => {
            return Some(Heard::bad(Misbehaviour::TwinOffice));
        }
        Some(_) if planted(Bug::TwinHeard) => (peer.heard_sequence, peer.heard_hash),
        Some(_) => return Some(Heard::bad(Misbehaviour::EpochWentBack)),
    };
    match () {
        () if envelope.sequence > sequence + 1 => Some(Heard::fine(Outcome::Gap { expected: sequence + 1 })),
        () if envelope.sequence <= sequence => Some(Heard::bad(Misbehaviour::Equivocation)),
        () if envelope.previous != hash && !planted(Bug::PreviousNotChecked) => Some(Heard::bad(Misbehaviour::BrokenOrder)),
        () => None,
    }
}

/// A statement that is not understood has the place that its envelope says, if the office signed it.
fn unsupported(tx: &Tx<'_>, peer: &PeerRow, chain: &Chain, signed: &Signed) -> Result<Heard, Fault> {
    let envelope = match signed.envelope() {
        None => return Ok(Heard::bad(Misbehaviour::OutOfBounds("the envelope of a statement"))),
        Some(envelope) if envelope.from != peer.office => return Ok(Heard::bad(Misbehaviour::ForeignStatement)),
        Some(envelope) if envelope.to != Audience::Office(tx.office.office()) => return Ok(Heard::bad(Misbehaviour::WrongRecipient)),
        Some(envelope) => envelope,
    };
    match said_by(signed, chain) {
        Ok(()) => {}
        Err(VerifyFault::UnknownKeySet(version)) => return Ok(Heard::bad(Misbehaviour::UnknownKeySet(version))),
        Err(_) => return Ok(Heard::bad(Misbehaviour::BadSignature)),
    }
    // Its shape is not judged, but its place is kept: that must be one that a database can keep and somebody can come after.
    if envelope.epoch.check().is_err() || limits::check_counter(envelope.sequence, "").is_err() {
        return Ok(Heard::bad(Misbehaviour::OutOfBounds("the place of a statement")));
    }
    if let Some(heard) = out_of_turn(peer, &envelope) {
        return Ok(heard);
    }
    statements::insert_unsupported(tx, peer.row, signed, envelope.epoch.counter, envelope.sequence)?;
    peers::set_heard(tx, peer.row, envelope.epoch, envelope.sequence, signed.hash())?;
    Ok(Heard::fine(Outcome::Unsupported))
}

fn apply(tx: &Tx<'_>, peer: &PeerRow, statement: &Verified) -> Result<Heard, Fault> {
    // Key sets, revocations, epochs and heads have their format from the first version on; the verbs behind them are not here yet.
    let Some(link) = statement.link() else { return Ok(Heard::fine(Outcome::Unsupported)) };
    match (statement.body(), &statement.envelope().subject) {
        (Body::Request(request), Subject::Opening { owner, reader }) => opening(tx, peer, statement, link, request, (owner, reader)),
        (Body::Receipt(receipt), _) => removal::receipt(tx, peer, statement, link, receipt),
        (Body::Accept(_), _) => about_link(tx, peer, statement, link, "link.accepted"),
        (Body::Decline(_), _) => about_link(tx, peer, statement, link, "link.declined"),
        (Body::Withdraw(_), _) => about_link(tx, peer, statement, link, "link.withdrawn"),
        (Body::Delete(_), _) => about_link(tx, peer, statement, link, "link.deleted"),
        (Body::Freeze(_), _) => about_link(tx, peer, statement, link, "link.frozen"),
        (Body::Thaw(_), _) => about_link(tx, peer, statement, link, "link.thawed"),
        // Neither have changes of terms and holds. Of the others none has such a subject: `verify` refused it.
        (Body::Amend(_) | Body::Hold(_) | Body::Request(_), _)
        | (Body::KeySet(_) | Body::Revoke(_) | Body::Epoch(_) | Body::Head(_), _) => Ok(Heard::fine(Outcome::Unsupported)),
    }
}

/// A Request: the answer says nothing about whether its addressee exists, is enabled or is a specialist, and the work is the same.
fn opening(
    tx: &Tx<'_>,
    peer: &PeerRow,
    statement: &Verified,
    link: LinkId,
    request: &Request,
    (owner, reader): (&UserName, &UserName),
) -> Result<Heard, Fault> {
    if too_many_wait(tx, peer, reader)? {
        audit::done(tx, &Actor::Peer(peer.office), "link.request-refused", &link.to_string(), "too many wait")?;
        return Ok(Heard::bad(Misbehaviour::TooManyWaiting));
    }
    if planted(Bug::ProbeTells) && users::find(tx, reader).is_ok_and(|user| user.is_none_or(|user| !user.specialist)) {
        return Ok(Heard::fine(Outcome::Refused));
    }
    statements::insert(tx, peer.row, statement, false)?;
    let new = NewLink {
        link,
        peer: peer.row,
        side: Side::Reader,
        local_user: reader,
        remote_user: owner,
        request: statement.hash(),
        secret: request.secret,
        terms: &request.terms,
    };
    link_rows::insert(tx, &new)?;
    let row = link_rows::load(tx, link)?;
    links::settle(tx, &row)?;
    audit::done(tx, &Actor::Peer(peer.office), "link.requested", &link.to_string(), &format!("{owner} to {reader}"))?;
    tx.ring(Ring::Link(link));
    Ok(Heard::fine(Outcome::Stored))
}

fn too_many_wait(tx: &Tx<'_>, peer: &PeerRow, reader: &UserName) -> Result<bool, Fault> {
    let from_peer = link_rows::waiting_from(tx, peer.row)?;
    let for_user = link_rows::waiting_for(tx, reader)?;
    Ok(from_peer >= limits::WAITING_REQUESTS_PER_PEER as u64 || for_user >= limits::WAITING_REQUESTS_PER_USER as u64)
}

/// A statement about a link that exists, or whose Request has not been seen.
fn about_link(tx: &Tx<'_>, peer: &PeerRow, statement: &Verified, id: LinkId, verb: &'static str) -> Result<Heard, Fault> {
    let Some(link) = link_rows::find(tx, id)? else {
        // An ending is kept all the same: should its Request ever arrive, the link is over before it begins.
        if matches!(statement.body(), Body::Delete(_) | Body::Withdraw(_)) {
            if statements::orphans_of(tx, peer.row)? >= limits::ORPHAN_ENDINGS_PER_PEER {
                return Ok(Heard::bad(Misbehaviour::TooManyWaiting));
            }
            statements::insert(tx, peer.row, statement, false)?;
            return Ok(Heard::fine(Outcome::Stored));
        }
        return Ok(Heard::bad(Misbehaviour::WrongLink));
    };
    if link.peer != peer.row {
        return Ok(Heard::bad(Misbehaviour::WrongLink));
    }
    let mut set = statements::link_set(tx, id)?;
    let suspends = matches!(statement.body(), Body::Freeze(_) | Body::Thaw(_));
    if suspends && set.statements().count() >= limits::STATEMENTS_PER_LINK {
        return Ok(Heard::bad(Misbehaviour::TooManyWaiting));
    }
    if let Err(misfit) = set.insert(statement.clone()) {
        return Ok(Heard::bad(misfit.into()));
    }
    if planted(Bug::StoredWithoutStoring) && matches!(statement.body(), Body::Delete(_)) {
        return Ok(Heard::fine(Outcome::Stored));
    }
    statements::insert(tx, peer.row, statement, false)?;
    let after = links::settle(tx, &link)?;
    audit::done(tx, &Actor::Peer(peer.office), verb, &id.to_string(), "")?;
    if let (Body::Accept(_), LinkState::Ended(_)) = (statement.body(), after.state) {
        // The reader accepted what we had taken back: it learns so from our Withdraw, which is on its way.
        tx.ring(Ring::Peer(peer.office));
    }
    Ok(Heard::fine(Outcome::Stored))
}

/// Takes the peer's answer to a statement of ours.
pub fn answer(tx: &Tx<'_>, office: OfficeId, answer: &Answer) -> Result<(), Fault> {
    let Some(peer) = peers::find(tx, office)? else { return Ok(()) };
    let outcome = match answer.outcome {
        Outcome::Stored => 1,
        Outcome::Unsupported => 2,
        Outcome::Refused => 3,
        Outcome::Gap { .. } | Outcome::Later => return Ok(()),
    };
    let ours = statements::answered(tx, peer.row, answer.statement, outcome)?;
    if ours && outcome != 1 {
        let what =
            if outcome == 2 { "the other office does not support this kind of statement yet" } else { "the other office refused it" };
        audit::done(tx, &Actor::Peer(office), "statement.not-stored", &answer.statement.to_string(), what)?;
        not_taken(tx, answer.statement)?;
    }
    Ok(())
}

/// A Request or Accept that the other office did not take will have no effect there, so the link ends here too: else one side would wait,
/// or read, for ever.
fn not_taken(tx: &Tx<'_>, hash: StatementHash) -> Result<(), Fault> {
    let statement = statements::find(tx, hash)?.map(statements::verified).transpose()?;
    if let Some(statement) = statement
        && let (Body::Request(_) | Body::Accept(_), Some(id)) = (statement.body(), statement.link())
        && let Some(link) = link_rows::find(tx, id)?
    {
        links::give_up(tx, &link)?;
    }
    Ok(())
}
