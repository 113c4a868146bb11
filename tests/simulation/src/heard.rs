//! What the oracle is told of statements that an office took: read from the statement itself and from what the office then says.

use interoffice_core::store::removals::{self, RemovalState};
use interoffice_core::store::{Fault, links, statements};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Said, Taken, Why};
use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::messages::Outcome;
use interoffice_protocol::statement::{Body, EndReason, Signed, Verified};

use crate::office::Office;
use crate::sometimes;

/// What a statement says of its link.
fn said(statement: &Verified, from_owner: bool) -> Said {
    let deleted = if from_owner { Why::DeletedByOwner } else { Why::DeletedByReader };
    match statement.body() {
        Body::Request(_) => Said::Request,
        Body::Accept(_) => Said::Accept,
        Body::Decline(_) => Said::End(Why::Declined),
        Body::Withdraw(_) => Said::End(Why::Withdrawn),
        Body::Delete(delete) => Said::End(match delete.reason {
            EndReason::Deleted => deleted,
            EndReason::RightDisabled => Why::RightDisabled,
            EndReason::UserGone => Why::UserGone,
            EndReason::PeerRemoved => Why::PeerRemoved,
            EndReason::Expired => Why::Expired,
        }),
        Body::Freeze(_) => Said::Freeze,
        Body::Thaw(_) => Said::Thaw,
        Body::Receipt(_) => Said::Receipt,
        _ => Said::Other,
    }
}

/// A statement was heard at `me` from the office at `from`.
pub(crate) fn statement(
    me: &Office,
    from: usize,
    signed: &Signed,
    known: bool,
    outcome: Outcome,
    told: &mut Vec<Event>,
) -> Result<(), Fault> {
    let taken = match outcome {
        _ if known => Taken::Known,
        Outcome::Stored => Taken::New,
        Outcome::Refused | Outcome::Unsupported => Taken::Refused,
        Outcome::Gap { .. } | Outcome::Later => return Ok(()),
    };
    let Ok(statement) = Verified::from_store(signed.clone()) else { return Ok(()) };
    let Some(link) = statement.link() else { return Ok(()) };
    let side = me.read(|view| Ok(links::find(view, link)?))?.map(|row| row.side);
    let said = said(&statement, side == Some(Side::Reader));
    if side.is_none() && matches!(said, Said::End(_)) {
        // An end without its request is kept and ends nothing.
        sometimes!("an end came without its request");
        return Ok(());
    }
    told.push(Event::Heard { at: me.place, from, link: link.0, said, taken });
    if said == Said::Receipt && taken == Taken::New {
        judged(me, statement.hash(), told)?;
    }
    Ok(())
}

/// A receipt, or a part of its list, arrived: tells what was judged by it.
pub(crate) fn judged(me: &Office, receipt: StatementHash, told: &mut Vec<Event>) -> Result<(), Fault> {
    // Of a statement that was refused only the hash is kept.
    let Ok(Some(signed)) = me.read(|view| Ok(statements::find(view, receipt)?)) else { return Ok(()) };
    let Some(link) = Verified::from_store(signed).ok().and_then(|statement| statement.link()) else { return Ok(()) };
    for removal in me.read(|view| Ok(removals::all_of(view, link)?))? {
        let decided = matches!(removal.state, RemovalState::Erased | RemovalState::Mismatch | RemovalState::Removed);
        if decided && removal.side == Side::Owner && removal.receipt == Some(receipt) {
            let erased = removal.state == RemovalState::Erased;
            told.push(Event::Receipted { at: me.place, link: link.0, part: removal.upto != 0, erased });
        }
    }
    Ok(())
}

/// The link of a statement of ours, if it is live here.
pub(crate) fn live_link(me: &Office, statement: StatementHash) -> Result<Option<LinkId>, Fault> {
    me.read(|view| {
        // One that was refused here is kept without its bytes, and is not ours.
        let Ok(Some(signed)) = statements::find(view, statement) else { return Ok(None) };
        let Some(link) = Verified::from_store(signed).ok().and_then(|statement| statement.link()) else { return Ok(None) };
        Ok(links::find(view, link)?.filter(|row| !matches!(row.state, LinkState::Ended(_))).map(|row| row.link))
    })
}

/// Tells of a link that was live and is not any more, since the other office did not take what opens it.
pub(crate) fn gave_up(me: &Office, live: Option<LinkId>, told: &mut Vec<Event>) -> Result<(), Fault> {
    let Some(link) = live else { return Ok(()) };
    if let Some(row) = me.read(|view| Ok(links::find(view, link)?))?
        && matches!(row.state, LinkState::Ended(_))
    {
        let why = match (row.side, row.active_ms) {
            (Side::Owner, None) => Why::Withdrawn,
            (Side::Owner, Some(_)) => Why::DeletedByOwner,
            (Side::Reader, _) => Why::DeletedByReader,
        };
        told.push(Event::Ended { office: me.place, link: link.0, why });
    }
    Ok(())
}
