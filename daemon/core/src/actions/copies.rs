//! Reading what other offices share: which links a user may read, decided here for every way of reading.

use interoffice_protocol::ids::{LinkId, OfficeId};
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::seeded::{Bug, planted};
use serde::Serialize;

use super::{lease, rights};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::links::{self, LinkRow};
use crate::store::{Fault, View, peers, users};

/// A link whose copies the actor may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Readable {
    /// The link.
    pub link: LinkId,
    /// Who owns the records.
    pub owner: String,
    /// The office they come from.
    pub office: String,
    /// What it calls itself.
    pub office_name: String,
    /// Agreed level.
    pub level: &'static str,
}

/// A link that stays closed although it is Active, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Locked {
    /// The link.
    pub link: String,
    /// Why.
    pub reason: &'static str,
}

/// What becomes of records that an office sends for a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arriving {
    /// They are applied.
    Taken(Box<LinkRow>),
    /// The link is over, frozen, not Active yet, or not known: they are discarded, and the sender told that it is gone.
    Gone,
    /// The link is none that this office reads from that one.
    Foreign,
}

/// Whether records of `link` that come from `office` have a place here: decided before anything of them is written.
pub fn arriving(view: &View<'_>, office: OfficeId, link: LinkId) -> Result<Arriving, Fault> {
    let Some(row) = links::find(view, link)? else { return Ok(Arriving::Gone) };
    if row.side != Side::Reader || peers::find(view, office)?.is_none_or(|peer| peer.row != row.peer) {
        return Ok(Arriving::Foreign);
    }
    let live = row.state == LinkState::Active { frozen: false } || planted(Bug::NoTombstoneCheck);
    Ok(if live { Arriving::Taken(Box::new(row)) } else { Arriving::Gone })
}

/// Whose copies an actor reads: a specialist his or her own, the operator all, an admin none by that alone.
fn reader_links(view: &View<'_>, actor: &Actor) -> Result<Vec<LinkRow>, Fault> {
    let rows = match actor {
        Actor::Operator => links::all(view)?,
        // What an administrator may do for a user ends at the copies: they were shared with that user alone.
        Actor::For { by: Some(_), .. } => Vec::new(),
        Actor::User(name) | Actor::For { user: name, .. } => {
            let user = rights::require_user(view, actor)?;
            let all = planted(Bug::AdminReadsCopies) && user.role.administers;
            if all {
                links::all(view)?
            } else if user.specialist {
                links::of_user(view, name)?
            } else {
                Vec::new()
            }
        }
        Actor::Stranger | Actor::Peer(_) | Actor::Daemon => Vec::new(),
    };
    Ok(rows.into_iter().filter(|link| link.side == Side::Reader).collect())
}

/// The links whose copies `actor` may read now, and those that are locked.
pub fn readable(view: &View<'_>, actor: &Actor) -> Result<(Vec<Readable>, Vec<Locked>), Fault> {
    let mut open = Vec::new();
    let mut locked = Vec::new();
    for link in reader_links(view, actor)? {
        match closed(view, &link)? {
            Closed::Open => {
                let peer = peers::by_row(view, link.peer)?;
                open.push(Readable {
                    link: link.link,
                    owner: link.remote_user.to_string(),
                    office: peer.office.to_string(),
                    office_name: peer.name,
                    level: link.level.as_str(),
                });
            }
            Closed::Locked(reason) => locked.push(Locked { link: link.link.to_string(), reason }),
            Closed::Over => {}
        }
    }
    Ok((open, locked))
}

enum Closed {
    Open,
    Locked(&'static str),
    Over,
}

fn closed(view: &View<'_>, link: &LinkRow) -> Result<Closed, Fault> {
    Ok(match link.state {
        LinkState::Active { frozen: true } => Closed::Locked("the link is frozen"),
        LinkState::Active { frozen: false } if users::find(view, &link.local_user)?.is_some_and(|reader| !reader.accepts_cases) => {
            Closed::Locked("its reader does not accept cases as a specialist now: interoffice preferences --accept-cases on")
        }
        LinkState::Active { frozen: false } if lease::locked(view, link)? => {
            Closed::Locked("the other office has not renewed the lease: the copies open again when it is reached")
        }
        LinkState::Active { frozen: false } => Closed::Open,
        LinkState::Ended(_) if planted(Bug::EndedStillReadable) => Closed::Open,
        _ => Closed::Over,
    })
}

/// Whether `actor` may read the copies of one link; asked by id exactly as lists are.
pub fn may_read(view: &View<'_>, actor: &Actor, link: LinkId) -> Result<Readable, Fault> {
    let (open, locked) = readable(view, actor)?;
    if let Some(found) = open.into_iter().find(|readable| readable.link == link) {
        return Ok(found);
    }
    match locked.into_iter().find(|locked| locked.link == link.to_string()) {
        Some(locked) => Err(Refusal::denied("copies-locked", locked.reason, "nothing is lost").into()),
        None => Err(Refusal::not_found("unknown-link", "there is no such link for you", "see yours with `interoffice link list`").into()),
    }
}
