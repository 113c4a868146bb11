//! Removals: what is to be erased, here or at another office, and how far that has come.

use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::link::Side;

use super::{Row, SqlExt, StoreFault, Tx, View};

/// How far a removal has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RemovalState {
    /// Nothing durable yet at the office that removes.
    ToDo,
    /// At the office that removes: the list of what goes is durable, the file not yet unlinked.
    Prepared,
    /// Removed, as the receipt says.
    Removed,
    /// Erased, as the receipt says.
    Erased,
    /// A receipt came that does not cover what was shared.
    Mismatch,
}

const STATES: [RemovalState; 5] =
    [RemovalState::ToDo, RemovalState::Prepared, RemovalState::Removed, RemovalState::Erased, RemovalState::Mismatch];

/// A removal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemovalRow {
    /// Local row.
    pub row: i64,
    /// The link.
    pub link: LinkId,
    /// 0 for the whole link, else the last log sequence covered.
    pub upto: u64,
    /// Owner's epoch of the withdrawals covered, 0 for the whole link.
    pub epoch: u64,
    /// Which end this office is.
    pub side: Side,
    /// How far it has come.
    pub state: RemovalState,
    /// Copies that exist as far as this office knows.
    pub expected: u64,
    /// Copies the receipt names.
    pub count: Option<u64>,
    /// Merkle root over them.
    pub root: Option<[u8; 32]>,
    /// The Receipt.
    pub receipt: Option<StatementHash>,
    /// When the removal was asked for.
    pub asked_ms: i64,
    /// When the receipt was made or arrived.
    pub done_ms: Option<i64>,
}

const COLUMNS: &str = "id, link, upto, epoch_counter, side, state, expected, count, root, receipt, asked_ms, done_ms";

fn removal(row: &Row<'_>) -> Result<RemovalRow, StoreFault> {
    let state = usize::try_from(row.int(5)?).ok().and_then(|index| STATES.get(index).copied());
    Ok(RemovalRow {
        row: row.int(0)?,
        link: LinkId(row.bytes(1)?),
        upto: row.uint(2)?,
        epoch: row.uint(3)?,
        side: if row.int(4)? == 0 { Side::Owner } else { Side::Reader },
        state: state.ok_or_else(|| StoreFault::Corrupt("a removal has an unknown state".to_owned()))?,
        expected: row.uint(6)?,
        count: row.int_or_null(7)?.and_then(|count| u64::try_from(count).ok()),
        root: row.bytes_or_null(8)?,
        receipt: row.bytes_or_null(9)?.map(StatementHash),
        asked_ms: row.int(10)?,
        done_ms: row.int_or_null(11)?,
    })
}

/// Writes a removal down; one that is there already stays as it is.
pub fn ask(tx: &Tx<'_>, link: LinkId, upto: u64, epoch: u64, side: Side, expected: u64) -> Result<(), StoreFault> {
    let side = i64::from(side == Side::Reader);
    tx.sql().execute(
        "INSERT INTO removals (link, upto, epoch_counter, side, state, expected, asked_ms) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
         ON CONFLICT (link, upto, epoch_counter) DO NOTHING",
        &[link.0.into(), upto.into(), epoch.into(), side.into(), expected.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// The removal of a whole link.
pub fn of_link(view: &View<'_>, link: LinkId) -> Result<Option<RemovalRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM removals WHERE link = ?1 AND upto = 0"), &[link.0.into()], removal)
}

/// The removal of a part of a link, up to a sequence.
pub fn part(view: &View<'_>, link: LinkId, epoch: u64, upto: u64) -> Result<Option<RemovalRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM removals WHERE link = ?1 AND epoch_counter = ?2 AND upto = ?3");
    view.sql().first(&sql, &[link.0.into(), epoch.into(), upto.into()], removal)
}

/// The parts of a link that were asked to be removed and are covered by a receipt up to `upto`.
pub fn open_parts(view: &View<'_>, link: LinkId, epoch: u64, upto: u64) -> Result<Vec<RemovalRow>, StoreFault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM removals WHERE link = ?1 AND epoch_counter = ?2 AND side = 0 AND upto > 0 AND upto <= ?3 AND state <> 3
         ORDER BY upto"
    );
    view.sql().all(&sql, &[link.0.into(), epoch.into(), upto.into()], removal)
}

/// Whether any part of a link was asked to be removed at another office that a receipt up to `upto` can be about, removed by now or not.
pub fn asked_part(view: &View<'_>, link: LinkId, epoch: u64, upto: u64) -> Result<bool, StoreFault> {
    let sql = "SELECT count(*) FROM removals WHERE link = ?1 AND epoch_counter = ?2 AND side = 0 AND upto > 0 AND upto <= ?3";
    Ok(view.sql().count(sql, &[link.0.into(), epoch.into(), upto.into()])? > 0)
}

/// Takes `count` copies that a receipt up to `upto` names off what the next open part expects.
pub fn split_off(tx: &Tx<'_>, link: LinkId, epoch: u64, upto: u64, count: u64) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE removals SET expected = CASE WHEN expected > ?4 THEN expected - ?4 ELSE 0 END WHERE id =
             (SELECT id FROM removals WHERE link = ?1 AND epoch_counter = ?2 AND side = 0 AND state = 0 AND upto > ?3 ORDER BY upto LIMIT 1)",
        &[link.0.into(), epoch.into(), upto.into(), count.into()],
    )?;
    Ok(())
}

/// The last sequence up to which receipts say that what was withdrawn is gone, 0 for none.
pub fn receipted_upto(view: &View<'_>, link: LinkId, epoch: u64) -> Result<u64, StoreFault> {
    let sql = "SELECT max(upto) FROM removals WHERE link = ?1 AND epoch_counter = ?2 AND side = 0 AND state = 3 AND receipt IS NOT NULL";
    view.sql().count(sql, &[link.0.into(), epoch.into()])
}

/// All removals of a link, oldest first.
pub fn all_of(view: &View<'_>, link: LinkId) -> Result<Vec<RemovalRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM removals WHERE link = ?1 ORDER BY id"), &[link.0.into()], removal)
}

/// Removals that this office still has to carry out.
pub fn to_carry_out(view: &View<'_>) -> Result<Vec<RemovalRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM removals WHERE side = 1 AND state < 3 ORDER BY id"), &[], removal)
}

/// How many removals at other offices are not receipted.
pub fn unconfirmed(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM removals WHERE side = 0 AND state < 2", &[])
}

/// Writes how far a removal has come.
pub fn set(
    tx: &Tx<'_>,
    row: i64,
    state: RemovalState,
    count: u64,
    root: &[u8; 32],
    receipt: Option<StatementHash>,
) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE removals SET state = ?2, count = ?3, root = ?4, receipt = ?5, done_ms = CASE WHEN ?2 > 1 THEN ?6 ELSE NULL END WHERE id = ?1",
        &[row.into(), (state as i64).into(), count.into(), root.into(), receipt.map(|hash| hash.0).into(), tx.now_ms.into()],
    )?;
    Ok(())
}
