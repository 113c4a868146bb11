//! The log of each link this office owns: which record stands at which sequence, and what the reader is known to hold.

use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::seeded::{Bug, planted};

use super::{Ring, Row, SqlExt, StoreFault, Tx, Value, View, links};

/// One row of a link's log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    /// The record.
    pub record: RecordId,
    /// Its place in the log.
    pub sequence: u64,
    /// Shared, or withdrawn.
    pub put: bool,
    /// The version that the reader is known to hold.
    pub held: Option<Version>,
    /// The version that was withdrawn and awaits its receipt, with the place of the withdrawal.
    pub gone: Option<(Version, u64)>,
    /// The record's present version and body, for rows that put; `None` when the record is not there any more.
    pub present: Option<(Version, Vec<u8>)>,
}

fn version(row: &Row<'_>, index: usize) -> Result<Option<Version>, StoreFault> {
    Ok(match (row.int_or_null(index)?, row.int_or_null(index + 1)?) {
        (Some(epoch), Some(counter)) => {
            Some(Version { epoch: u64::try_from(epoch).unwrap_or(0), counter: u64::try_from(counter).unwrap_or(0) })
        }
        _ => None,
    })
}

fn log_row(row: &Row<'_>) -> Result<LogRow, StoreFault> {
    let present = match version(row, 8)? {
        Some(version) => Some((version, row.blob(10)?.to_vec())),
        None => None,
    };
    let gone_at = row.int_or_null(7)?.and_then(|sequence| u64::try_from(sequence).ok());
    Ok(LogRow {
        record: RecordId(row.bytes(0)?),
        sequence: row.uint(1)?,
        put: row.flag(2)?,
        held: version(row, 3)?,
        gone: version(row, 5)?.zip(gone_at),
        present,
    })
}

/// Rows after `sequence`, in order, with the records' bodies: at most `limit`, and none after the bodies exceed `bytes`.
pub fn after(view: &View<'_>, link: i64, sequence: u64, limit: usize, bytes: usize) -> Result<Vec<LogRow>, StoreFault> {
    let (mut rows, mut taken) = (Vec::new(), 0);
    view.sql().query(
        "SELECT g.record, g.sequence, g.put, g.held_epoch, g.held_counter, g.gone_epoch, g.gone_counter, g.gone_sequence,
                r.version_epoch, r.version_counter, r.body
         FROM link_log g LEFT JOIN records r ON r.record = g.record AND r.archived = 0
         WHERE g.link = ?1 AND g.sequence > ?2 ORDER BY g.sequence LIMIT ?3",
        &[link.into(), sequence.into(), limit.into()],
        &mut |row| {
            // A row that is not looked at costs nothing: its body is not even read.
            if taken <= bytes {
                let row = log_row(row)?;
                taken += row.present.as_ref().map_or(0, |(_, body)| body.len());
                rows.push(row);
            }
            Ok(())
        },
    )?;
    Ok(rows)
}

/// Every row of a log in record order, without bodies (they are empty).
pub fn all(view: &View<'_>, link: i64) -> Result<Vec<LogRow>, StoreFault> {
    view.sql().all(
        "SELECT g.record, g.sequence, g.put, g.held_epoch, g.held_counter, g.gone_epoch, g.gone_counter, g.gone_sequence,
                r.version_epoch, r.version_counter, x''
         FROM link_log g LEFT JOIN records r ON r.record = g.record AND r.archived = 0
         WHERE g.link = ?1 ORDER BY g.record",
        &[link.into()],
        log_row,
    )
}

/// What each log says of one record, with the link's local row and without the body (it is empty).
pub fn of_record(view: &View<'_>, record: RecordId) -> Result<Vec<(i64, LogRow)>, StoreFault> {
    view.sql().all(
        "SELECT g.record, g.sequence, g.put, g.held_epoch, g.held_counter, g.gone_epoch, g.gone_counter, g.gone_sequence,
                r.version_epoch, r.version_counter, x'', g.link
         FROM link_log g LEFT JOIN records r ON r.record = g.record AND r.archived = 0
         WHERE g.record = ?1 ORDER BY g.link",
        &[record.0.into()],
        |row| Ok((row.int(11)?, log_row(row)?)),
    )
}

/// Sets `records` as shared (`put`) or withdrawn, at the end of the log.
pub fn set(tx: &Tx<'_>, link: &links::LinkRow, records: &[RecordId], put: bool) -> Result<u64, StoreFault> {
    if records.is_empty() {
        return Ok(link.head);
    }
    let mut sequence = links::take_sequences(tx, link.row, records.len() as u64)?;
    links::shares_changed(tx, link.row)?;
    for record in records {
        tx.sql().execute(
            "INSERT INTO link_log (link, record, sequence, put) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (link, record) DO UPDATE SET sequence = excluded.sequence, put = excluded.put",
            &[link.row.into(), record.0.into(), sequence.into(), put.into()],
        )?;
        sequence += 1;
    }
    tx.ring(Ring::Link(link.link));
    Ok(sequence - 1)
}

/// Moves a changed record to the end of the log of each live link that shows it.
pub fn touch(tx: &Tx<'_>, record: RecordId) -> Result<(), StoreFault> {
    let shown = tx.sql().all(
        "SELECT g.id, l.id, l.link FROM link_log g JOIN links l ON l.id = g.link WHERE g.record = ?1 AND g.put = 1 AND l.state IN (2, 3)",
        &[record.0.into()],
        |row| Ok((row.int(0)?, row.int(1)?, LinkId(row.bytes(2)?))),
    )?;
    for (log, link, id) in shown.into_iter().filter(|_| !planted(Bug::EditNotLogged)) {
        let sequence = links::take_sequences(tx, link, 1)?;
        tx.sql().execute("UPDATE link_log SET sequence = ?2 WHERE id = ?1", &[log.into(), sequence.into()])?;
        tx.ring(Ring::Link(id));
    }
    Ok(())
}

/// The live links that show a record.
pub fn links_showing(view: &View<'_>, record: RecordId) -> Result<Vec<LinkId>, StoreFault> {
    view.sql().all(
        "SELECT l.link FROM link_log g JOIN links l ON l.id = g.link WHERE g.record = ?1 AND g.put = 1 AND l.state IN (2, 3) ORDER BY l.id",
        &[record.0.into()],
        |row| Ok(LinkId(row.bytes(0)?)),
    )
}

/// Notes what the reader holds now of a record: a version, or nothing since it was withdrawn at `sequence`.
pub fn held(tx: &Tx<'_>, link: i64, record: RecordId, version: Option<Version>, sequence: u64) -> Result<(), StoreFault> {
    match version {
        Some(version) => tx.sql().execute(
            "UPDATE link_log SET held_epoch = ?3, held_counter = ?4 WHERE link = ?1 AND record = ?2",
            &[link.into(), record.0.into(), version.epoch.into(), version.counter.into()],
        )?,
        None => tx.sql().execute(
            "UPDATE link_log SET gone_epoch = held_epoch, gone_counter = held_counter, gone_sequence = ?3, held_epoch = NULL, held_counter = NULL
             WHERE link = ?1 AND record = ?2 AND held_counter IS NOT NULL",
            &[link.into(), record.0.into(), sequence.into()],
        )?,
    };
    Ok(())
}

/// Forgets that a withdrawn version of a record awaits its receipt, since one has named it.
pub fn not_gone(tx: &Tx<'_>, link: i64, record: RecordId) -> Result<(), StoreFault> {
    let sql = "UPDATE link_log SET gone_epoch = NULL, gone_counter = NULL, gone_sequence = NULL WHERE link = ?1 AND record = ?2";
    tx.sql().execute(sql, &[link.into(), record.0.into()])?;
    Ok(())
}

/// Forgets that the reader was thought to hold a record, since it does not and nothing was withdrawn.
pub fn not_held(tx: &Tx<'_>, link: i64, record: RecordId) -> Result<(), StoreFault> {
    let sql = "UPDATE link_log SET held_epoch = NULL, held_counter = NULL WHERE link = ?1 AND record = ?2";
    tx.sql().execute(sql, &[link.into(), record.0.into()])?;
    Ok(())
}

/// Forgets everything the reader was thought to hold, since it holds nothing.
pub fn forget_held(tx: &Tx<'_>, link: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE link_log SET held_epoch = NULL, held_counter = NULL WHERE link = ?1", &[link.into()])?;
    forget_gone(tx, link, 0)
}

/// Forgets withdrawals after `sequence` that were acknowledged, since the reader stands there again and knows nothing of them.
pub fn forget_gone(tx: &Tx<'_>, link: i64, sequence: u64) -> Result<(), StoreFault> {
    let sql = "UPDATE link_log SET gone_epoch = NULL, gone_counter = NULL, gone_sequence = NULL WHERE link = ?1 AND gone_sequence > ?2";
    tx.sql().execute(sql, &[link.into(), sequence.into()])?;
    Ok(())
}

/// Drops what a receipt for everything withdrawn up to `sequence` settles. A withdrawal that was not acknowledged yet (after `cursor`)
/// keeps its row until it is, so that the digests of both sides go the same way.
pub fn drop_gone(tx: &Tx<'_>, link: i64, sequence: u64, cursor: u64) -> Result<(), StoreFault> {
    let params: [Value; 2] = [link.into(), sequence.into()];
    tx.sql().execute(
        "UPDATE link_log SET gone_epoch = NULL, gone_counter = NULL, gone_sequence = NULL WHERE link = ?1 AND gone_sequence <= ?2",
        &params,
    )?;
    tx.sql().execute(
        "DELETE FROM link_log WHERE link = ?1 AND put = 0 AND held_counter IS NULL AND gone_counter IS NULL AND sequence <= ?2",
        &[link.into(), sequence.min(cursor).into()],
    )?;
    Ok(())
}

/// Whether a withdrawal up to `sequence` is still to be sent, acknowledged or receipted.
pub fn awaits(view: &View<'_>, link: i64, sequence: u64) -> Result<bool, StoreFault> {
    let sql = "SELECT count(*) FROM link_log WHERE link = ?1 AND ((put = 0 AND sequence <= ?2) OR gone_sequence <= ?2)";
    Ok(view.sql().count(sql, &[link.into(), sequence.into()])? > 0)
}

/// Drops the whole log of an ended link whose receipt has come.
pub fn drop_all(tx: &Tx<'_>, link: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM link_log WHERE link = ?1", &[link.into()])?;
    Ok(())
}

/// What stands in a link's log, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LogCounts {
    /// Records shared.
    pub shared: u64,
    /// Of these, delivered in their present version.
    pub delivered: u64,
    /// Copies the reader is known to hold.
    pub held: u64,
    /// Changes that the reader has not acknowledged, withdrawals among them.
    pub pending: u64,
}

/// Counts a link's log.
pub fn counts(view: &View<'_>, link: i64, cursor: u64) -> Result<LogCounts, StoreFault> {
    let found = view.sql().first(
        "SELECT coalesce(sum(put), 0), coalesce(sum(CASE WHEN put = 1 AND sequence <= ?2 THEN 1 ELSE 0 END), 0), count(held_counter),
                coalesce(sum(CASE WHEN sequence > ?2 THEN 1 ELSE 0 END), 0) FROM link_log WHERE link = ?1",
        &[link.into(), cursor.into()],
        |row| Ok(LogCounts { shared: row.uint(0)?, delivered: row.uint(1)?, held: row.uint(2)?, pending: row.uint(3)? }),
    )?;
    Ok(found.unwrap_or_default())
}

/// A shared record as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedRow {
    /// The record.
    pub record: RecordId,
    /// Shared, or withdrawn.
    pub put: bool,
    /// Its place in the log.
    pub sequence: u64,
    /// Name and kind number, when the record is still there.
    pub name: Option<(String, i64)>,
}

/// The records of a link's log after a place, in log order.
pub fn page(view: &View<'_>, link: i64, after: u64, limit: usize) -> Result<Vec<SharedRow>, StoreFault> {
    view.sql().all(
        "SELECT g.record, g.put, g.sequence, r.name, r.kind FROM link_log g LEFT JOIN records r ON r.record = g.record
         WHERE g.link = ?1 AND g.sequence > ?2 ORDER BY g.sequence LIMIT ?3",
        &[link.into(), after.into(), limit.into()],
        |row| {
            let name = match row.int_or_null(4)? {
                Some(kind) => Some((row.text(3)?, kind)),
                None => None,
            };
            Ok(SharedRow { record: RecordId(row.bytes(0)?), put: row.flag(1)?, sequence: row.uint(2)?, name })
        },
    )
}

/// The records that a link shows at present.
pub fn put_set(view: &View<'_>, link: i64) -> Result<std::collections::BTreeSet<RecordId>, StoreFault> {
    let rows =
        view.sql().all("SELECT record FROM link_log WHERE link = ?1 AND put = 1", &[link.into()], |row| Ok(RecordId(row.bytes(0)?)))?;
    Ok(rows.into_iter().collect())
}
