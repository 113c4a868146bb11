//! Links as people see them: the two lists, their states in words, and how far a removal has come.

use interoffice_protocol::link::{End, LinkState, Side};
use interoffice_protocol::record::{FieldName, RelatedKind};
use interoffice_protocol::statement::Kind;
use serde::Serialize;

use super::links as verbs;
use crate::domain::actor::Actor;
use crate::domain::plan::counted;
use crate::store::links::LinkRow;
use crate::store::removals::{self, RemovalRow, RemovalState};
use crate::store::{Fault, View, log, peers, statements};

/// The two lists of linked users.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// Users receiving my contact records.
    ReceivingMine,
    /// Users sharing their contact records with me.
    SharingWithMe,
}

impl Direction {
    /// The list's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReceivingMine => "receiving-mine",
            Self::SharingWithMe => "sharing-with-me",
        }
    }

    /// The list with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::ReceivingMine, Self::SharingWithMe].into_iter().find(|direction| direction.as_str() == text)
    }
}

/// Which links to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this list.
    pub direction: Option<Direction>,
    /// Only this status word, letter case ignored.
    pub status: Option<String>,
    /// Only links of this user of the office.
    pub user: Option<String>,
}

/// How far a removal has come, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RemovalView {
    /// `Removing`, `Unconfirmed`, `Removed`, `Erased` or `Receipt does not match`.
    pub state: &'static str,
    /// The same as a sentence.
    pub words: String,
    /// Whether it covers the whole link, or only records that were unshared.
    pub whole_link: bool,
    /// Copies that exist as far as this office knows.
    pub expected: u64,
    /// Copies that the receipt names.
    pub count: Option<u64>,
    /// Hash of the signed receipt.
    pub receipt: Option<String>,
    /// Merkle root over the copies, hexadecimal.
    pub root: Option<String>,
    /// When it was asked for (milliseconds since 1970, UTC).
    pub asked_ms: i64,
    /// When the receipt was made or arrived (milliseconds since 1970, UTC).
    pub done_ms: Option<i64>,
}

/// A link as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Its id, base32.
    pub link: String,
    /// `receiving-mine` or `sharing-with-me`.
    pub direction: &'static str,
    /// User of this office.
    pub local_user: String,
    /// User of the other office.
    pub remote_user: String,
    /// The other office, base32.
    pub office: String,
    /// What it calls itself.
    pub office_name: String,
    /// `Waiting`, `Active`, `Frozen` or `Ended`.
    pub status: &'static str,
    /// Why it ended, in words.
    pub end_reason: Option<&'static str>,
    /// Whether the other office has our request (owner's side, while Waiting).
    pub sent: bool,
    /// `read`, `write` or `full-control`.
    pub level: &'static str,
    /// Why records are shared.
    pub purpose: String,
    /// JSContact names of the fields shown.
    pub fields: Vec<&'static str>,
    /// Kinds of related items shown.
    pub related: Vec<&'static str>,
    /// Agreed end (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
    /// Records shared (owner's side).
    pub records: u64,
    /// Of these, durable at the other office in their present version.
    pub delivered: u64,
    /// Changes on their way that the other office has not acknowledged, withdrawals among them (owner's side).
    pub pending: u64,
    /// The removal of the whole link, once it ended.
    pub removal: Option<RemovalView>,
    /// Removals of records that were unshared.
    pub parts: Vec<RemovalView>,
    /// When the request was made or arrived (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// When it became Active (milliseconds since 1970, UTC).
    pub active_ms: Option<i64>,
    /// When its end was learnt of (milliseconds since 1970, UTC).
    pub ended_ms: Option<i64>,
}

impl LinkView {
    /// The view of a link.
    pub fn of(view: &View<'_>, link: &LinkRow) -> Result<Self, Fault> {
        let peer = peers::by_row(view, link.peer)?;
        let counts = match link.side {
            Side::Owner => log::counts(view, link.row, link.cursor)?,
            Side::Reader => log::LogCounts::default(),
        };
        let (status, end_reason) = words(link.state);
        let all = removals::all_of(view, link.link)?;
        let request = statements::outcome_of(view, link.link, Kind::Request as u8)?;
        Ok(Self {
            link: link.link.to_string(),
            direction: if link.side == Side::Owner { Direction::ReceivingMine } else { Direction::SharingWithMe }.as_str(),
            local_user: link.local_user.to_string(),
            remote_user: link.remote_user.to_string(),
            office: peer.office.to_string(),
            office_name: peer.name,
            status,
            end_reason,
            sent: request.is_some_and(|(waits, _)| !waits),
            level: link.level.as_str(),
            purpose: link.purpose.clone(),
            fields: FieldName::ALL.iter().filter(|field| link.scope.shows_field(**field)).map(|field| field.as_str()).collect(),
            related: RelatedKind::ALL.iter().filter(|kind| link.scope.shows_related(**kind)).map(|kind| kind.as_str()).collect(),
            not_after_ms: link.not_after_ms,
            records: if verbs::is_over(link) { 0 } else { counts.shared },
            delivered: if verbs::is_over(link) { 0 } else { counts.delivered },
            pending: if verbs::is_over(link) { 0 } else { counts.pending },
            removal: all.iter().find(|removal| removal.upto == 0).map(|removal| removal_view(view, removal)),
            parts: all.iter().filter(|removal| removal.upto > 0).map(|removal| removal_view(view, removal)).collect(),
            created_ms: link.created_ms,
            active_ms: link.active_ms,
            ended_ms: link.ended_ms,
        })
    }
}

/// How long a removal may take before it is called unconfirmed (milliseconds).
const UNCONFIRMED_AFTER_MS: i64 = 60_000;

fn removal_view(view: &View<'_>, removal: &RemovalRow) -> RemovalView {
    let waiting = view.now_ms.saturating_sub(removal.asked_ms) >= UNCONFIRMED_AFTER_MS;
    let copies = counted(removal.count.unwrap_or(0), "copy is", "copies are");
    let (state, words) = match (removal.side, removal.state) {
        (Side::Owner, RemovalState::ToDo | RemovalState::Prepared) if waiting => {
            let since = jiff::Timestamp::from_millisecond(removal.asked_ms).map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
            ("Unconfirmed", format!("the other office has not confirmed the removal since {}", since.unwrap_or_default()))
        }
        (Side::Owner, RemovalState::ToDo | RemovalState::Prepared) => {
            ("Removing", "the other office has been asked to remove the copies".to_owned())
        }
        (Side::Reader, RemovalState::ToDo | RemovalState::Prepared) => {
            ("Removing", "the copies are unreadable and are being erased".to_owned())
        }
        (_, RemovalState::Erased) if removal.receipt.is_none() => {
            ("Erased", "there was nothing left to remove: the records were shared again before".to_owned())
        }
        (_, RemovalState::Removed) => ("Removed", format!("{copies} removed, as a signed receipt says")),
        (_, RemovalState::Erased) => ("Erased", format!("{copies} erased, as a signed receipt says")),
        (_, RemovalState::Mismatch) => {
            ("Receipt does not match", "the receipt does not cover every copy that the other office was sent; ask its admin".to_owned())
        }
    };
    RemovalView {
        state,
        words,
        whole_link: removal.upto == 0,
        expected: removal.expected,
        count: removal.count,
        receipt: removal.receipt.map(|hash| hash.to_string()),
        root: removal.root.map(|root| data_encoding::HEXLOWER.encode(&root)),
        asked_ms: removal.asked_ms,
        done_ms: removal.done_ms,
    }
}

fn words(state: LinkState) -> (&'static str, Option<&'static str>) {
    match state {
        LinkState::Unknown => ("Unknown", None),
        LinkState::Waiting => ("Waiting", None),
        LinkState::Active { frozen: false } => ("Active", None),
        LinkState::Active { frozen: true } => ("Frozen", None),
        LinkState::Ended(end) => (
            "Ended",
            Some(match end {
                End::Withdrawn => "the request was withdrawn",
                End::Declined => "the request was declined",
                End::DeletedByOwner => "deleted by the sharing side",
                End::DeletedByReader => "deleted by the receiving side",
                End::RightDisabled => "a user's record-sharing right was disabled",
                End::UserGone => "a user was disabled or deleted",
                End::PeerRemoved => "one office removed the other",
                End::Expired => "the agreed end date passed",
            }),
        ),
    }
}

/// The links that `actor` may know of, in order of creation.
pub fn list(view: &View<'_>, actor: &Actor, filter: &Filter) -> Result<Vec<LinkView>, Fault> {
    let wanted = |link: &LinkView| {
        filter.direction.is_none_or(|direction| direction.as_str() == link.direction)
            && filter.status.as_ref().is_none_or(|status| status.eq_ignore_ascii_case(link.status))
            && filter.user.as_ref().is_none_or(|user| user.eq_ignore_ascii_case(&link.local_user))
    };
    let mut views = Vec::new();
    for link in verbs::visible(view, actor)? {
        let link = LinkView::of(view, &link)?;
        if wanted(&link) {
            views.push(link);
        }
    }
    Ok(views)
}

/// One link.
pub fn show(view: &View<'_>, actor: &Actor, link: &str) -> Result<LinkView, Fault> {
    LinkView::of(view, &verbs::find(view, actor, link)?)
}
