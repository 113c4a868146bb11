//! Finding records quickly: an index over pieces of what they are called, and which way a list goes.
//!
//! The index is SQLite's own (FTS5 with pieces of three letters), and this file alone knows of it. It finds what `LIKE` finds, and
//! nothing else decides: the condition of a list is asked of every record that comes out of it.

use super::points;
use crate::domain::access::Sight;
use crate::store::{SqlExt, StoreFault, Tx, Value, View};

/// Fewest letters of a word that the index knows; shorter ones are looked for in the index by name, record by record.
const PIECE: usize = 3;
/// So many records are looked at one by one and sorted; of more than that, a list walks through all names and stops when it is full.
/// Tests have so few records that both ways are gone.
const FEW: u64 = if cfg!(test) { 4 } else { 2_000 };

/// Writes down what a new record can be found by.
pub(super) fn add(tx: &Tx<'_>, id: i64, search: &str) -> Result<(), StoreFault> {
    tx.sql().execute("INSERT INTO records_found (rowid, search) VALUES (?1, ?2)", &[id.into(), search.into()])?;
    points::add(tx, id, search)
}

/// Takes out what a record is found by, before the record changes or goes.
pub(super) fn forget(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    let search = tx.sql().first("SELECT search FROM records WHERE id = ?1", &[id.into()], |row| row.text(0))?;
    if let Some(search) = search {
        let sql = "INSERT INTO records_found (records_found, rowid, search) VALUES ('delete', ?1, ?2)";
        tx.sql().execute(sql, &[id.into(), search.into()])?;
    }
    points::forget(tx, id)
}

/// What a record is found by becomes `search`; said before the record itself says so.
pub(super) fn change(tx: &Tx<'_>, id: i64, search: &str) -> Result<(), StoreFault> {
    if tx.sql().count("SELECT count(*) FROM records WHERE id = ?1 AND search = ?2", &[id.into(), search.into()])? == 0 {
        forget(tx, id)?;
        add(tx, id, search)?;
    }
    Ok(())
}

/// A query that gives the local rows of few records, among them all that a list can show; with its parameters.
pub(super) struct Few {
    /// The query; its parameters are `?1` and so on.
    pub(super) sql: String,
    /// Its parameters.
    pub(super) params: Vec<Value>,
}

/// The few records that a list for `sight` and these words can come from; `None` when they may be many, and walking by name is quicker.
pub(super) fn few(view: &View<'_>, sight: &Sight, words: &[String], of_owner: bool) -> Result<Option<Few>, StoreFault> {
    if let Some(pieces) = matching(words) {
        let few = Few { sql: "SELECT rowid AS id FROM records_found WHERE records_found MATCH ?1".to_owned(), params: vec![pieces.into()] };
        if are_few(view, &few)? {
            return Ok(Some(few));
        }
    }
    let Some(me) = sight.person.filter(|_| !sight.everything && !sight.others && !of_owner) else { return Ok(None) };
    let sql = "SELECT id FROM records WHERE owner = ?1
        UNION ALL SELECT record_row FROM grants WHERE user_row = ?1
        UNION ALL SELECT a.record_row FROM group_members m JOIN grants a ON a.group_row = m.group_row WHERE m.user_row = ?1
        UNION ALL SELECT r.id FROM proxies x JOIN records r ON r.owner = x.owner_row WHERE x.proxy_row = ?1
        UNION ALL SELECT id FROM records WHERE private = 0 AND (assigned = 0 OR everyone > 0)";
    let few = Few { sql: sql.to_owned(), params: vec![me.into()] };
    if !are_few(view, &few)? {
        return Ok(None);
    }
    Ok(Some(Few { sql: sql.replace("UNION ALL", "UNION"), ..few }))
}

fn are_few(view: &View<'_>, few: &Few) -> Result<bool, StoreFault> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM ({}) AS some LIMIT {})", few.sql, FEW + 1);
    Ok(view.sql().count(&sql, &few.params)? <= FEW)
}

/// The words that the index knows, as its query: each as it is, all of them.
fn matching(words: &[String]) -> Option<String> {
    let known = words.iter().filter(|word| word.chars().nth(PIECE - 1).is_some());
    let quoted: Vec<String> = known.map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}
