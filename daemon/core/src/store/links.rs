//! Links as rows: the parties and terms of the Request, and columns derived from the statements.

use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::link::{End, LinkState, Side};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::Terms;

use super::{Row, SqlExt, StoreFault, Tx, Value, View};

/// A link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkRow {
    /// Local row.
    pub row: i64,
    /// Its id.
    pub link: LinkId,
    /// Row of the other office.
    pub peer: i64,
    /// Which end this office is.
    pub side: Side,
    /// User of this office.
    pub local_user: UserName,
    /// User of the other office.
    pub remote_user: UserName,
    /// Where it stands.
    pub state: LinkState,
    /// Hash of its Request.
    pub request: StatementHash,
    /// Its secret.
    pub secret: LinkSecret,
    /// Agreed level.
    pub level: Level,
    /// Agreed scope.
    pub scope: Scope,
    /// Agreed purpose.
    pub purpose: String,
    /// Agreed end (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
    /// Lease (seconds).
    pub lease_s: u32,
    /// Owner's side: last sequence of the log.
    pub head: u64,
    /// Owner's side: last sequence that the reader acknowledged.
    pub cursor: u64,
    /// Owner's side: digest that the reader acknowledged.
    pub digest: SetDigest,
    /// Reader's side: end of the lease on the safe clock (milliseconds).
    pub lease_until_ms: Option<i64>,
    /// When the Request was made or arrived.
    pub created_ms: i64,
    /// When it became Active.
    pub active_ms: Option<i64>,
    /// When its end was learnt of.
    pub ended_ms: Option<i64>,
}

const COLUMNS: &str =
    "id, link, peer, side, local_user, remote_user, state, end_reason, request, secret, level, scope_fields, scope_related,
    purpose, not_after_ms, lease_s, head, cursor, digest, lease_until_ms, created_ms, active_ms, ended_ms";

const ENDS: [End; 8] = [
    End::Withdrawn,
    End::Declined,
    End::DeletedByOwner,
    End::DeletedByReader,
    End::RightDisabled,
    End::UserGone,
    End::PeerRemoved,
    End::Expired,
];

fn state_columns(state: LinkState) -> (i64, Option<i64>) {
    match state {
        LinkState::Unknown => (0, None),
        LinkState::Waiting => (1, None),
        LinkState::Active { frozen: false } => (2, None),
        LinkState::Active { frozen: true } => (3, None),
        LinkState::Ended(end) => (4, ENDS.iter().position(|known| *known == end).map(|index| index as i64)),
    }
}

fn state(number: i64, end: Option<i64>) -> Option<LinkState> {
    Some(match number {
        0 => LinkState::Unknown,
        1 => LinkState::Waiting,
        2 => LinkState::Active { frozen: false },
        3 => LinkState::Active { frozen: true },
        4 => LinkState::Ended(*ENDS.get(usize::try_from(end?).ok()?)?),
        _ => return None,
    })
}

fn link(row: &Row<'_>) -> Result<LinkRow, StoreFault> {
    let corrupt = |what: &str| StoreFault::Corrupt(format!("a link has an unreadable {what}"));
    let name = |index: usize| -> Result<UserName, StoreFault> { UserName::new(&row.text(index)?).map_err(|_| corrupt("user name")) };
    Ok(LinkRow {
        row: row.int(0)?,
        link: LinkId(row.bytes(1)?),
        peer: row.int(2)?,
        side: if row.int(3)? == 0 { Side::Owner } else { Side::Reader },
        local_user: name(4)?,
        remote_user: name(5)?,
        state: state(row.int(6)?, row.int_or_null(7)?).ok_or_else(|| corrupt("state"))?,
        request: StatementHash(row.bytes(8)?),
        secret: LinkSecret::new(row.bytes(9)?),
        level: usize::try_from(row.int(10)?).ok().and_then(|index| Level::ALL.get(index).copied()).ok_or_else(|| corrupt("level"))?,
        scope: Scope {
            fields: u32::try_from(row.int(11)?).map_err(|_| corrupt("scope"))?,
            related: u8::try_from(row.int(12)?).map_err(|_| corrupt("scope"))?,
            documents: false,
        },
        purpose: row.text(13)?,
        not_after_ms: row.int_or_null(14)?,
        lease_s: u32::try_from(row.int(15)?).map_err(|_| corrupt("lease"))?,
        head: row.uint(16)?,
        cursor: row.uint(17)?,
        digest: SetDigest(row.bytes(18)?),
        lease_until_ms: row.int_or_null(19)?,
        created_ms: row.int(20)?,
        active_ms: row.int_or_null(21)?,
        ended_ms: row.int_or_null(22)?,
    })
}

/// What a new link is made of.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// Its id.
    pub link: LinkId,
    /// Row of the other office.
    pub peer: i64,
    /// Which end this office is.
    pub side: Side,
    /// User of this office.
    pub local_user: &'a UserName,
    /// User of the other office.
    pub remote_user: &'a UserName,
    /// Hash of the Request.
    pub request: StatementHash,
    /// The Request's secret.
    pub secret: [u8; 32],
    /// The Request's terms.
    pub terms: &'a Terms,
}

/// Writes a new link down, Waiting until [`set_state`] says otherwise.
pub fn insert(tx: &Tx<'_>, new: &NewLink<'_>) -> Result<(), StoreFault> {
    let side = i64::from(new.side == Side::Reader);
    tx.sql().execute(
        "INSERT INTO links (link, peer, side, local_user, remote_user, state, request, secret, level, scope_fields, scope_related, purpose,
             not_after_ms, lease_s, digest, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        &[
            new.link.0.into(),
            new.peer.into(),
            side.into(),
            new.local_user.as_str().into(),
            new.remote_user.as_str().into(),
            new.request.0.into(),
            new.secret.into(),
            (new.terms.level as i64).into(),
            new.terms.scope.fields.into(),
            new.terms.scope.related.into(),
            new.terms.purpose.as_str().into(),
            new.terms.not_after_ms.into(),
            new.terms.lease_s.into(),
            SetDigest::EMPTY.0.into(),
            tx.now_ms.into(),
        ],
    )?;
    Ok(())
}

/// The link with this id.
pub fn find(view: &View<'_>, id: LinkId) -> Result<Option<LinkRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM links WHERE link = ?1"), &[id.0.into()], link)
}

/// The link with this id, which must be there.
pub fn load(view: &View<'_>, id: LinkId) -> Result<LinkRow, StoreFault> {
    find(view, id)?.ok_or_else(|| StoreFault::Corrupt("a link is not there any more".to_owned()))
}

/// All links in order of creation.
pub fn all(view: &View<'_>) -> Result<Vec<LinkRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM links ORDER BY id"), &[], link)
}

/// The links with a peer.
pub fn of_peer(view: &View<'_>, peer: i64) -> Result<Vec<LinkRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM links WHERE peer = ?1 ORDER BY id"), &[peer.into()], link)
}

/// The links of a user of this office.
pub fn of_user(view: &View<'_>, user: &UserName) -> Result<Vec<LinkRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM links WHERE local_user = ?1 ORDER BY id"), &[user.as_str().into()], link)
}

/// How many requests wait here that came from a peer.
pub fn waiting_from(view: &View<'_>, peer: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM links WHERE peer = ?1 AND side = 1 AND state = 1", &[peer.into()])
}

/// How many requests wait here for a user.
pub fn waiting_for(view: &View<'_>, user: &UserName) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM links WHERE local_user = ?1 AND side = 1 AND state = 1", &[user.as_str().into()])
}

/// Writes the derived state.
pub fn set_state(tx: &Tx<'_>, row: i64, state: LinkState) -> Result<(), StoreFault> {
    let (number, end) = state_columns(state);
    let active = matches!(state, LinkState::Active { .. }).then_some(tx.now_ms);
    let ended = matches!(state, LinkState::Ended(_)).then_some(tx.now_ms);
    tx.sql().execute(
        "UPDATE links SET state = ?2, end_reason = ?3, active_ms = coalesce(active_ms, ?4), ended_ms = coalesce(ended_ms, ?5) WHERE id = ?1",
        &[row.into(), number.into(), end.into(), active.into(), ended.into()],
    )?;
    Ok(())
}

/// Moves the owner's cursor to what the reader acknowledged.
pub fn set_cursor(tx: &Tx<'_>, row: i64, cursor: u64, digest: SetDigest) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE links SET cursor = ?2, digest = ?3 WHERE id = ?1", &[row.into(), cursor.into(), digest.0.into()])?;
    Ok(())
}

/// Takes `count` sequences of the link's log; the first of them is returned.
pub fn take_sequences(tx: &Tx<'_>, row: i64, count: u64) -> Result<u64, StoreFault> {
    let params: [Value; 2] = [row.into(), count.into()];
    let head = tx.sql().first("UPDATE links SET head = head + ?2 WHERE id = ?1 RETURNING head", &params, |row| row.uint(0))?;
    let head = head.ok_or_else(|| StoreFault::Corrupt("a log belongs to no link".to_owned()))?;
    Ok(head + 1 - count)
}

/// Notes that what is shared changed, by more than an edit of a record.
pub fn shares_changed(tx: &Tx<'_>, row: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE links SET shares = shares + 1 WHERE id = ?1", &[row.into()])?;
    Ok(())
}

/// How often what is shared changed: a plan that counted it is stale when this has moved.
pub fn shares(view: &View<'_>, row: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT shares FROM links WHERE id = ?1", &[row.into()])
}

/// Raises the head of the log to at least `head`.
pub fn raise_head(tx: &Tx<'_>, row: i64, head: u64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE links SET head = CASE WHEN head < ?2 THEN ?2 ELSE head END WHERE id = ?1", &[row.into(), head.into()])?;
    Ok(())
}

/// Sets the end of the lease (safe clock, milliseconds).
pub fn set_lease(tx: &Tx<'_>, row: i64, until_ms: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE links SET lease_until_ms = ?2 WHERE id = ?1", &[row.into(), until_ms.into()])?;
    Ok(())
}

/// Ends every lease at `now_ms` (safe clock), until it is renewed.
pub fn lock_leases(tx: &Tx<'_>, now_ms: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE links SET lease_until_ms = ?1 WHERE side = 1 AND lease_until_ms > ?1", &[now_ms.into()])?;
    Ok(())
}
