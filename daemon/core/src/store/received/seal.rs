//! The seal of a copy: a short hash over everything else in its row, so that what a disk has changed is not shown as somebody's record.
//! It guards against accidents. Whoever can write to the folder on purpose can also seal.

use interoffice_protocol::ids::RecordId;
use sha2::{Digest, Sha256};

use crate::store::{Row, StoreFault};

/// The columns that [`check`] reads, in its order.
pub(super) const COLUMNS: &str = "record, kind, version_epoch, version_counter, received_ms, name, search, body, seal";

/// Bytes of a seal: a changed row passes once in 2^128.
const SEAL_BYTES: usize = 16;

/// The seal of a row: its numbers (kind, version, time) in the order of [`COLUMNS`], its texts, and the record in wire form.
pub(super) fn of(record: RecordId, numbers: [i64; 4], name: &str, search: &str, body: &[u8]) -> [u8; SEAL_BYTES] {
    let mut hash = Sha256::new().chain_update(b"interoffice/v1/copy\0").chain_update(record.0);
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    for part in [name.as_bytes(), search.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut seal = [0; SEAL_BYTES];
    seal.copy_from_slice(&hash.finalize()[..SEAL_BYTES]);
    seal
}

/// Refuses a row that is not as it was written.
pub(super) fn check(row: &Row<'_>) -> Result<(), StoreFault> {
    let Some(seal) = row.bytes_or_null::<SEAL_BYTES>(8)? else { return Ok(()) };
    let record = RecordId(row.bytes(0)?);
    let numbers = [row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?];
    if of(record, numbers, &row.text(5)?, &row.text(6)?, row.blob(7)?) == seal {
        Ok(())
    } else {
        Err(StoreFault::Corrupt(format!("the copy of record {record} was damaged on the disk")))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::SqlExt as _;

    fn table(kind: i64, name: &str, body: &[u8]) -> Connection {
        let sql = Connection::open_in_memory().unwrap();
        sql.execute_batch(concat!(
            include_str!("../migrations_received/0001_copies.sql"),
            include_str!("../migrations_received/0002_seals.sql")
        ))
        .unwrap();
        let seal = of(RecordId([7; 16]), [0, 1, 2, 3], "Ann", "ann", b"body");
        sql.execute(
            "INSERT INTO copies (record, kind, version_epoch, version_counter, received_ms, name, search, body, seal)
             VALUES (?1, ?2, 1, 2, 3, ?3, 'ann', ?4, ?5)",
            rusqlite::params![[7_u8; 16], kind, name, body, seal],
        )
        .unwrap();
        sql
    }

    fn looked_at(sql: &Connection) -> Result<(), StoreFault> {
        sql.all(&format!("SELECT {COLUMNS} FROM copies"), &[], check).map(|_| ())
    }

    #[test]
    fn inv_35_a_copy_that_the_disk_has_changed_is_not_shown() {
        assert!(looked_at(&table(0, "Ann", b"body")).is_ok());
        for changed in [table(1, "Ann", b"body"), table(0, "Anm", b"body"), table(0, "Ann", b"bodz")] {
            assert!(matches!(looked_at(&changed), Err(StoreFault::Corrupt(words)) if words.contains("was damaged")));
        }
    }

    #[test]
    fn a_copy_from_before_there_were_seals_is_shown() {
        let sql = table(0, "Anm", b"body");
        sql.execute("UPDATE copies SET seal = NULL", []).unwrap();
        assert!(looked_at(&sql).is_ok());
    }
}
