//! Links: a grow-only set of verified statements, and a status that is a pure function of that set.
//!
//! Merging is a union, so it is commutative, associative and idempotent by construction, and an end is absorbing: no
//! statement that arrives later, again or in another order brings a link back.

mod rules;

use std::collections::BTreeMap;

pub use rules::may_say;

use crate::ids::{LinkId, OfficeId, StatementHash};
use crate::limits;
use crate::names::UserName;
use crate::seeded::{Bug, planted};
use crate::statement::{Body, EndReason, Subject, Terms, Verified};

/// Which end of a link an office is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// Its user's records are shared.
    Owner,
    /// Its user reads them.
    Reader,
}

impl Side {
    /// The other end.
    pub fn other(self) -> Self {
        match self {
            Self::Owner => Self::Reader,
            Self::Reader => Self::Owner,
        }
    }
}

/// The parties of a link, as its Request names them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parties {
    /// Office whose records are shared.
    pub owner_office: OfficeId,
    /// User whose records are shared.
    pub owner: UserName,
    /// Office that reads.
    pub reader_office: OfficeId,
    /// User who reads.
    pub reader: UserName,
}

/// Why a link ended. With several reasons in the set the first in this order counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum End {
    /// The requester took the request back.
    Withdrawn,
    /// The reader turned it down.
    Declined,
    /// The owner's side deleted it.
    DeletedByOwner,
    /// The reader's side deleted it.
    DeletedByReader,
    /// One of the users lost the right.
    RightDisabled,
    /// One of the users was disabled or deleted.
    UserGone,
    /// One of the offices removed the other.
    PeerRemoved,
    /// The agreed end date passed.
    Expired,
}

/// Where a link stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LinkState {
    /// Only ends or answers are known so far, the Request is not.
    Unknown,
    /// Requested and not answered.
    Waiting,
    /// Both signatures are there.
    Active {
        /// Whether either side suspended it.
        frozen: bool,
    },
    /// Over, for ever.
    Ended(End),
}

/// Why a verified statement has no place in a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It is about another link.
    #[error("the statement is about another link")]
    OtherLink,
    /// Its users, offices or request are not those of the link's Request.
    #[error("users, offices or request differ from those of the link's request")]
    OtherParties,
    /// Its issuer is not the side that may say this.
    #[error("the issuing office is not the side that may say this")]
    WrongSide,
    /// An Accept whose terms are not those of the Request.
    #[error("the accepted terms are not the requested ones")]
    OtherTerms,
    /// The Request is not known, and as many statements wait for it as may.
    #[error("too many statements wait for the link's request: send the request first")]
    TooManyOrphans,
}

/// The statements about one link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkSet {
    link: LinkId,
    statements: BTreeMap<StatementHash, Verified>,
}

impl LinkSet {
    /// The empty set of `link`.
    pub fn new(link: LinkId) -> Self {
        Self { link, statements: BTreeMap::new() }
    }

    /// The link.
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// Adds a statement; says whether it is new.
    ///
    /// A statement that can't be judged since the Request is not known yet is kept, up to a bound, and judged when it comes:
    /// one that does not fit is dropped then. So the set is the same in whatever order its statements came. The link's id
    /// fixes the bytes of its Request; the same bytes signed twice, under two key sets, share one sequence number and are
    /// refused as equivocation before they come here.
    ///
    /// # Errors
    /// [`Misfit`]; the set is unchanged then.
    pub fn insert(&mut self, statement: Verified) -> Result<bool, Misfit> {
        if statement.link() != Some(self.link) {
            return Err(Misfit::OtherLink);
        }
        if planted(Bug::FirstEndWins) && matches!(self.state(), LinkState::Ended(_)) {
            return Ok(false);
        }
        if matches!(statement.body(), Body::Request(_)) && self.request().is_none() {
            self.statements.retain(|_, orphan| planted(Bug::OrphansApplied) || fits(&statement, orphan).is_ok());
        } else if let Some(request) = self.request() {
            fits(request, &statement)?;
        } else if self.statements.len() >= limits::ORPHANS_PER_LINK && !self.statements.contains_key(&statement.hash()) {
            return Err(Misfit::TooManyOrphans);
        }
        Ok(self.statements.insert(statement.hash(), statement).is_none())
    }

    /// The Request, if it is known.
    pub fn request(&self) -> Option<&Verified> {
        self.statements.values().find(|statement| matches!(statement.body(), Body::Request(_)))
    }

    /// The parties, if the Request is known.
    pub fn parties(&self) -> Option<Parties> {
        self.request().and_then(parties)
    }

    /// The terms of the Request, if it is known; an Accept repeats them word for word.
    pub fn terms(&self) -> Option<&Terms> {
        self.statements
            .values()
            .find_map(|statement| if let Body::Request(request) = statement.body() { Some(&request.terms) } else { None })
    }

    /// The statements in hash order: those that fit, or, while the Request is not known, those that wait for it.
    pub fn statements(&self) -> impl Iterator<Item = &Verified> {
        self.statements.values()
    }

    /// Where the link stands: a pure function of the set.
    pub fn state(&self) -> LinkState {
        let Some(parties) = self.parties() else { return LinkState::Unknown };
        let accepted = self.statements().any(|statement| matches!(statement.body(), Body::Accept(_)));
        let end = self.statements().filter_map(|statement| end_of(&parties, statement)).min();
        if let Some(end) = end.filter(|end| !(planted(Bug::LateAccept) && accepted && *end == End::Withdrawn)) {
            return LinkState::Ended(end);
        }
        if accepted { LinkState::Active { frozen: self.frozen() } } else { LinkState::Waiting }
    }

    /// Whether a Freeze of either side is not thawed. A Thaw names the Freeze of its own issuer that it ends, so their order is
    /// in the statements themselves and neither clock nor arrival matters.
    fn frozen(&self) -> bool {
        let thawed = |hash: StatementHash, from: OfficeId| {
            self.statements().any(|statement| {
                (statement.from() == from || planted(Bug::ThawByAnybody))
                    && matches!(statement.body(), Body::Thaw(thaw) if thaw.freeze == hash)
            })
        };
        self.statements()
            .filter(|statement| matches!(statement.body(), Body::Freeze(_)))
            .any(|freeze| !thawed(freeze.hash(), freeze.from()))
    }
}

fn parties(request: &Verified) -> Option<Parties> {
    let envelope = request.envelope();
    match (&envelope.subject, envelope.to) {
        (Subject::Opening { owner, reader }, crate::statement::Audience::Office(reader_office)) => {
            Some(Parties { owner_office: envelope.from, owner: owner.clone(), reader_office, reader: reader.clone() })
        }
        _ => None,
    }
}

/// Whether `statement` has a place in the link that `request` opened.
fn fits(request: &Verified, statement: &Verified) -> Result<(), Misfit> {
    if statement.hash() == request.hash() {
        return Ok(());
    }
    let parties = parties(request).ok_or(Misfit::OtherParties)?;
    let Subject::Link { request: named, owner, reader, .. } = &statement.envelope().subject else {
        return Err(Misfit::OtherParties);
    };
    let side = side_of(&parties, statement.from()).ok_or(Misfit::WrongSide)?;
    let other_request = *named != request.hash() && !planted(Bug::AcceptWithoutRequest);
    if other_request || *owner != parties.owner || *reader != parties.reader {
        return Err(Misfit::OtherParties);
    }
    match (statement.body(), side) {
        (Body::Accept(accept), Side::Reader) => match request.body() {
            Body::Request(asked) if asked.terms == accept.terms || planted(Bug::OtherTermsAccepted) => Ok(()),
            _ => Err(Misfit::OtherTerms),
        },
        (Body::Decline(_) | Body::Hold(_) | Body::Receipt(_), Side::Reader) => Ok(()),
        (Body::Withdraw(_), side) if side == Side::Owner || planted(Bug::WrongSideHeard) => Ok(()),
        (Body::Delete(_) | Body::Amend(_) | Body::Freeze(_) | Body::Thaw(_), _) => Ok(()),
        _ => Err(Misfit::WrongSide),
    }
}

/// Which end of the link `office` is.
pub fn side_of(parties: &Parties, office: OfficeId) -> Option<Side> {
    match office {
        office if office == parties.owner_office => Some(Side::Owner),
        office if office == parties.reader_office => Some(Side::Reader),
        _ => None,
    }
}

fn end_of(parties: &Parties, statement: &Verified) -> Option<End> {
    match statement.body() {
        Body::Withdraw(_) => Some(End::Withdrawn),
        Body::Decline(_) => Some(End::Declined),
        Body::Delete(delete) => Some(match (delete.reason, side_of(parties, statement.from())?) {
            (EndReason::Deleted, Side::Owner) => End::DeletedByOwner,
            (EndReason::Deleted, Side::Reader) => End::DeletedByReader,
            (EndReason::RightDisabled, _) => End::RightDisabled,
            (EndReason::UserGone, _) => End::UserGone,
            (EndReason::PeerRemoved, _) => End::PeerRemoved,
            (EndReason::Expired, _) => End::Expired,
        }),
        _ => None,
    }
}
