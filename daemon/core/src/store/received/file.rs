//! One link's file: its copies, how far they have come, and what was withdrawn and awaits its receipt.

use std::path::Path;

use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::log::{Cursor, Fit};
use interoffice_protocol::messages::{Batch, Change, Holding, Leaf};
use interoffice_protocol::record::{Record, RecordKind};
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::wire::codec;
use rusqlite::Connection;

use super::{Applied, CopyQuery, CopyRow, Disk, Progress, Withdrawn, activities, seal};
use crate::domain::search;
use crate::store::sql::{batch, transaction};
use crate::store::{Row, Sql, SqlExt, StoreFault, Value, durable, migrate};

const MIGRATIONS: &[&str] = &[
    include_str!("../migrations_received/0001_copies.sql"),
    include_str!("../migrations_received/0002_seals.sql"),
    include_str!("../migrations_received/0003_activities.sql"),
];

/// An open file.
pub(super) struct LinkFile {
    pub(super) conn: Connection,
    link: LinkId,
}

impl LinkFile {
    /// Opens or creates the file at `path`.
    pub(super) fn open(path: &Path, link: LinkId) -> Result<Self, StoreFault> {
        let mut conn = Connection::open(path)?;
        durable::set_up(&conn, 32, "PRAGMA cache_size=-4096; PRAGMA journal_size_limit=8388608")?;
        durable::settle_log(&conn)?;
        migrate::migrate(&mut conn, MIGRATIONS)?;
        Ok(Self { conn, link })
    }

    /// How far the link has come.
    pub(super) fn progress(&self) -> Result<Progress, StoreFault> {
        let found = self.conn.first(
            "SELECT epoch_counter, epoch_identity, cursor, digest, count, (SELECT count(*) FROM withdrawn) FROM progress",
            &[],
            |row| {
                let epoch = match (row.int_or_null(0)?, row.bytes_or_null(1)?) {
                    (Some(counter), Some(identity)) => Some(Epoch { counter: u64::try_from(counter).unwrap_or(0), identity }),
                    _ => None,
                };
                Ok(Progress {
                    cursor: Cursor { epoch, sequence: row.uint(2)? },
                    digest: SetDigest(row.bytes(3)?),
                    count: row.uint(4)?,
                    erasing: row.uint(5)?,
                })
            },
        )?;
        found.ok_or_else(|| StoreFault::Corrupt("a received file has no progress row".to_owned()))
    }

    /// Applies batches in one transaction; stops before the first that leaves a gap.
    pub(super) fn apply(&mut self, secret: &LinkSecret, batches: &[Batch], now_ms: i64) -> Result<Applied, StoreFault> {
        let mut progress = self.progress()?;
        let before = progress;
        let mut withdrawn = 0;
        let mut gap = false;
        transaction(&mut self.conn, |tx| {
            for batch in batches {
                match progress.cursor.fit(batch) {
                    Fit::Old => {}
                    Fit::Next => withdrawn += apply_one(tx, secret, batch, now_ms, &mut progress)?,
                    Fit::Gap => {
                        gap = true;
                        break;
                    }
                }
            }
            if progress != before {
                let cursor = progress.cursor;
                tx.execute_sql(
                    "UPDATE progress SET epoch_counter = ?1, epoch_identity = ?2, cursor = ?3, digest = ?4, count = ?5",
                    &[
                        cursor.epoch.map(|epoch| epoch.counter).into(),
                        cursor.epoch.map(|epoch| epoch.identity).into(),
                        cursor.sequence.into(),
                        (&progress.digest.0).into(),
                        progress.count.into(),
                    ],
                )?;
            }
            progress.erasing = tx.count("SELECT count(*) FROM withdrawn", &[])?;
            Ok(())
        })?;
        Ok(if gap && progress.cursor == before.cursor { Applied::Gap(progress) } else { Applied::Durable { progress, withdrawn } })
    }

    /// A page of copies in name order.
    pub(super) fn list(&self, query: &CopyQuery) -> Result<Vec<CopyRow>, StoreFault> {
        let (name, record) = query.after.clone().unwrap_or((String::new(), RecordId([0; 16])));
        let mut params: Vec<Value> = vec![name.into(), record.0.into(), query.kind.map(|kind| kind as i64).into()];
        let mut found = String::new();
        for word in search::words(&query.text) {
            params.push(format!("%{}%", escape_like(&word)).into());
            found.push_str(&format!(" AND search LIKE ?{} ESCAPE '\\'", params.len()));
        }
        params.push(query.limit.clamp(1, 100_000).into());
        self.conn.all(
            &format!(
                "SELECT {} FROM copies
                 WHERE (name > ?1 OR (name = ?1 AND record > ?2)) AND (?3 IS NULL OR kind = ?3){found} ORDER BY name, record LIMIT ?{}",
                seal::COLUMNS,
                params.len()
            ),
            &params,
            |row| {
                seal::check(row)?;
                Ok(CopyRow {
                    link: self.link,
                    record: RecordId(row.bytes(0)?),
                    kind: kind_of(row.int(1)?)?,
                    name: row.text(5)?,
                    version: Version { epoch: row.uint(2)?, counter: row.uint(3)? },
                    received_ms: row.int(4)?,
                })
            },
        )
    }

    /// One copy.
    pub(super) fn get(&self, record: RecordId) -> Result<Option<(Version, Record)>, StoreFault> {
        self.conn.first(&format!("SELECT {} FROM copies WHERE record = ?1", seal::COLUMNS), &[record.0.into()], |row| {
            seal::check(row)?;
            let body = codec::decode_data(row.blob(7)?).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
            Ok((Version { epoch: row.uint(2)?, counter: row.uint(3)? }, body))
        })
    }

    /// What is held, a page in record order.
    pub(super) fn holdings(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<Holding>, StoreFault> {
        let after = after.map_or_else(Vec::new, |record| record.0.to_vec());
        self.conn.all(
            "SELECT record, version_epoch, version_counter FROM copies WHERE record > ?1 ORDER BY record LIMIT ?2",
            &[after.into(), limit.into()],
            |row| Ok(Holding { record: RecordId(row.bytes(0)?), version: Version { epoch: row.uint(1)?, counter: row.uint(2)? } }),
        )
    }

    /// The leaves of every copy, those that were withdrawn and are not on a receipt yet among them, in record order.
    pub(super) fn leaves(&self, secret: &LinkSecret) -> Result<Vec<Leaf>, StoreFault> {
        self.conn.all(
            "SELECT record, version_epoch, version_counter FROM copies
             UNION SELECT record, version_epoch, version_counter FROM withdrawn
                   WHERE version_counter IS NOT NULL AND record NOT IN (SELECT record FROM copies) ORDER BY 1",
            &[],
            |row| leaf(row, secret),
        )
    }

    /// The withdrawn copies that wait for a receipt; there may be none of what was withdrawn, which a receipt says too.
    pub(super) fn withdrawn(&self, secret: &LinkSecret) -> Result<Option<Withdrawn>, StoreFault> {
        let upto = self
            .conn
            .first("SELECT max(epoch_counter), max(sequence) FROM withdrawn", &[], |row| Ok((row.int_or_null(0)?, row.int_or_null(1)?)))?;
        let Some((Some(epoch), Some(upto))) = upto else { return Ok(None) };
        let sql = "SELECT record, version_epoch, version_counter FROM withdrawn WHERE version_counter IS NOT NULL ORDER BY record";
        let leaves = self.conn.all(sql, &[], |row| leaf(row, secret))?;
        Ok(Some(Withdrawn { epoch: u64::try_from(epoch).unwrap_or(0), upto: u64::try_from(upto).unwrap_or(0), leaves }))
    }

    /// Forgets withdrawn copies whose receipt is durable.
    pub(super) fn receipted(&self, epoch: u64, upto: u64) -> Result<(), StoreFault> {
        self.conn.execute_sql("DELETE FROM withdrawn WHERE epoch_counter <= ?1 AND sequence <= ?2", &[epoch.into(), upto.into()])
    }

    /// Writes the file anew at `fresh` without anything that was deleted, durable, and closes this one.
    pub(super) fn write_anew(self, fresh: &Path, disk: &dyn Disk) -> Result<(), StoreFault> {
        if fresh.exists() {
            disk.remove(fresh).map_err(|error| StoreFault::io("removing the leftover of a rebuild", error))?;
        }
        self.conn.execute_sql("VACUUM INTO ?1", &[fresh.to_string_lossy().as_ref().into()])?;
        disk.sync(fresh).map_err(|error| StoreFault::not_durable(fresh.display(), &error))?;
        batch(&self.conn, "PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.conn.close().map_err(|(_, error)| StoreFault::from(error))
    }
}

trait ExecuteSql {
    fn execute_sql(&self, sql: &str, params: &[Value]) -> Result<(), StoreFault>;
}

impl ExecuteSql for Connection {
    fn execute_sql(&self, sql: &str, params: &[Value]) -> Result<(), StoreFault> {
        Sql::execute(self, sql, params).map(|_| ())
    }
}

/// `text` with the wildcards of LIKE taken literally (escape character `\`).
fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn kind_of(number: i64) -> Result<RecordKind, StoreFault> {
    let kind = usize::try_from(number).ok().and_then(|index| RecordKind::ALL.get(index).copied());
    kind.ok_or_else(|| StoreFault::Corrupt("a copy has an unknown kind".to_owned()))
}

fn leaf(row: &Row<'_>, secret: &LinkSecret) -> Result<Leaf, StoreFault> {
    let record = RecordId(row.bytes(0)?);
    let version = Version { epoch: row.uint(1)?, counter: row.uint(2)? };
    Ok(Leaf { record, version: secret.version_id(record, version) })
}

/// Applies one batch that follows on `progress`; says how many withdrawals were in it.
fn apply_one(tx: &Connection, secret: &LinkSecret, batch: &Batch, now_ms: i64, progress: &mut Progress) -> Result<u64, StoreFault> {
    let mut withdrawn = 0;
    for entry in &batch.entries {
        let held = held(tx, entry.record)?;
        if let Some(version) = held {
            if !(planted(Bug::DigestForgetsWithdraw) && matches!(entry.change, Change::Withdraw)) {
                progress.digest.subtract(&secret.item_hash(entry.record, version));
            }
            progress.count -= 1;
        }
        match &entry.change {
            Change::Put { version, record } => {
                put(tx, entry.record, *version, record, now_ms)?;
                if planted(Bug::SearchRowLeft) {
                    leave_search_row(tx, record)?;
                }
                progress.digest.add(&secret.item_hash(entry.record, *version));
                progress.count += 1;
            }
            Change::Withdraw => {
                withdraw(tx, entry.record, held, batch)?;
                withdrawn += 1;
            }
        }
    }
    progress.cursor = Cursor { epoch: Some(batch.epoch), sequence: batch.to };
    Ok(withdrawn)
}

/// Deletes a copy with its activities, and notes that its withdrawal awaits a receipt. So does the withdrawal of a record that is not here:
/// who withdrew it can't know whether it ever was.
fn withdraw(tx: &Connection, record: RecordId, held: Option<Version>, batch: &Batch) -> Result<(), StoreFault> {
    tx.execute_sql("DELETE FROM copies WHERE record = ?1", &[record.0.into()])?;
    activities::drop_all(tx, record)?;
    tx.execute_sql(
        "INSERT INTO withdrawn (record, version_epoch, version_counter, epoch_counter, sequence) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (record) DO UPDATE SET version_epoch = coalesce(excluded.version_epoch, withdrawn.version_epoch),
             version_counter = coalesce(excluded.version_counter, withdrawn.version_counter),
             epoch_counter = excluded.epoch_counter, sequence = excluded.sequence",
        &[
            record.0.into(),
            held.map(|version| version.epoch).into(),
            held.map(|version| version.counter).into(),
            batch.epoch.counter.into(),
            batch.to.into(),
        ],
    )
}

/// What a text index that is not emptied with its records would leave behind: only a planted mistake comes here.
fn leave_search_row(tx: &Connection, record: &Record) -> Result<(), StoreFault> {
    batch(tx, "CREATE TABLE IF NOT EXISTS search_rows (words TEXT NOT NULL) STRICT")?;
    tx.execute_sql("INSERT INTO search_rows (words) VALUES (?1)", &[search::search_text(record).into()])
}

fn held(tx: &Connection, record: RecordId) -> Result<Option<Version>, StoreFault> {
    tx.first("SELECT version_epoch, version_counter FROM copies WHERE record = ?1", &[record.0.into()], |row| {
        Ok(Version { epoch: row.uint(0)?, counter: row.uint(1)? })
    })
}

fn put(tx: &Connection, id: RecordId, version: Version, record: &Record, now_ms: i64) -> Result<(), StoreFault> {
    let (search, body) = (search::search_text(record), codec::encode(record));
    let numbers = [record.kind as i64, version.epoch.cast_signed(), version.counter.cast_signed(), now_ms];
    let seal = seal::of(id, numbers, &record.display_name, &search, &body);
    tx.execute_sql(
        "INSERT INTO copies (record, kind, version_epoch, version_counter, name, search, body, received_ms, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (record) DO UPDATE SET kind = excluded.kind, version_epoch = excluded.version_epoch,
             version_counter = excluded.version_counter, name = excluded.name, search = excluded.search, body = excluded.body,
             received_ms = excluded.received_ms, seal = excluded.seal",
        &[
            id.0.into(),
            (record.kind as i64).into(),
            version.epoch.into(),
            version.counter.into(),
            record.display_name.as_str().into(),
            search.into(),
            body.into(),
            now_ms.into(),
            Value::Blob(seal.to_vec()),
        ],
    )
}
