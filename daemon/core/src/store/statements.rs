//! Statements issued and received, and which of ours still wait for an answer.

use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::ids::{RecordId, VersionId};
use interoffice_protocol::link::LinkSet;
use interoffice_protocol::messages::Leaf;
use interoffice_protocol::statement::{Signed, Verified};
use interoffice_protocol::wire::codec;

use super::{Row, SqlExt, StoreFault, Tx, View};

fn signed(row: &Row<'_>, index: usize) -> Result<Signed, StoreFault> {
    codec::decode_control(row.blob(index)?).map_err(|error| StoreFault::Corrupt(error.to_string()))
}

/// Writes a statement down; `outgoing` ones wait for the peer's answer.
pub fn insert(tx: &Tx<'_>, peer: i64, statement: &Verified, outgoing: bool) -> Result<(), StoreFault> {
    let envelope = statement.envelope();
    tx.sql().execute(
        "INSERT INTO statements (hash, peer, link, outgoing, kind, epoch_counter, sequence, signed, waits, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?4, ?9)",
        &[
            statement.hash().0.into(),
            peer.into(),
            statement.link().map(|link| link.0).into(),
            outgoing.into(),
            statement.signed().kind.into(),
            envelope.epoch.counter.into(),
            envelope.sequence.into(),
            codec::encode(statement.signed()).into(),
            tx.now_ms.into(),
        ],
    )?;
    Ok(())
}

/// The statement with this hash.
pub fn find(view: &View<'_>, hash: StatementHash) -> Result<Option<Signed>, StoreFault> {
    view.sql().first("SELECT signed FROM statements WHERE hash = ?1", &[hash.0.into()], |row| signed(row, 0))
}

/// A statement of the store as what it was when it was written: verified or signed here.
pub fn verified(signed: Signed) -> Result<Verified, StoreFault> {
    Verified::from_store(signed).map_err(|error| StoreFault::Corrupt(error.to_string()))
}

/// The statements about a link, as a set whose state is the link's state.
pub fn link_set(view: &View<'_>, link: LinkId) -> Result<LinkSet, StoreFault> {
    let mut set = LinkSet::new(link);
    for signed in view.sql().all(
        "SELECT signed FROM statements WHERE link = ?1 AND (outgoing = 1 OR outcome IS NULL) ORDER BY id",
        &[link.0.into()],
        |row| signed(row, 0),
    )? {
        // One that does not fit was kept before the Request was known; it has no effect.
        let _ = set.insert(verified(signed)?);
    }
    Ok(set)
}

/// How many statements of a peer are kept about links that nobody asked for.
pub fn orphans_of(view: &View<'_>, peer: i64) -> Result<u64, StoreFault> {
    view.sql().count(
        "SELECT count(*) FROM statements s WHERE s.peer = ?1 AND s.outgoing = 0 AND s.link IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM links l WHERE l.link = s.link)",
        &[peer.into()],
    )
}

/// The issuer's statements to a peer that wait for its answer, in order of issue.
pub fn waiting(view: &View<'_>, peer: i64, from_sequence: u64, limit: usize) -> Result<Vec<(u64, Signed)>, StoreFault> {
    view.sql().all(
        "SELECT sequence, signed FROM statements WHERE peer = ?1 AND waits = 1 AND sequence >= ?2 ORDER BY sequence LIMIT ?3",
        &[peer.into(), from_sequence.into(), limit.into()],
        |row| Ok((row.uint(0)?, signed(row, 1)?)),
    )
}

/// How many statements wait for a peer's answer, and since when.
pub fn backlog(view: &View<'_>, peer: i64) -> Result<(u64, Option<i64>), StoreFault> {
    let found = view.sql().first("SELECT count(*), min(at_ms) FROM statements WHERE peer = ?1 AND waits = 1", &[peer.into()], |row| {
        Ok((row.uint(0)?, row.int_or_null(1)?))
    })?;
    Ok(found.unwrap_or((0, None)))
}

/// Bytes of the statements that wait for a peer's answer.
pub fn backlog_bytes(view: &View<'_>, peer: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT coalesce(sum(length(signed)), 0) FROM statements WHERE peer = ?1 AND waits = 1", &[peer.into()])
}

/// Sets statements from `sequence` on to wait again, since the peer says that it lacks them.
pub fn wait_again(tx: &Tx<'_>, peer: i64, epoch_counter: u64, sequence: u64) -> Result<u64, StoreFault> {
    tx.sql().execute(
        "UPDATE statements SET waits = 1, outcome = NULL WHERE peer = ?1 AND outgoing = 1 AND epoch_counter = ?2 AND sequence >= ?3",
        &[peer.into(), epoch_counter.into(), sequence.into()],
    )
}

/// Writes down a peer's final answer: 1 stored, 2 unsupported, 3 refused.
pub fn answered(tx: &Tx<'_>, peer: i64, hash: StatementHash, outcome: u8) -> Result<bool, StoreFault> {
    let changed = tx.sql().execute(
        "UPDATE statements SET waits = 0, outcome = ?3 WHERE hash = ?1 AND peer = ?2 AND outgoing = 1 AND waits = 1",
        &[hash.0.into(), peer.into(), outcome.into()],
    )?;
    Ok(changed > 0)
}

/// A statement of ours about a link, of one kind: when it was issued and what the peer answered.
pub fn outcome_of(view: &View<'_>, link: LinkId, kind: u8) -> Result<Option<(bool, Option<i64>)>, StoreFault> {
    view.sql().first(
        "SELECT waits, outcome FROM statements WHERE link = ?1 AND kind = ?2 AND outgoing = 1 ORDER BY id DESC LIMIT 1",
        &[link.0.into(), kind.into()],
        |row| Ok((row.flag(0)?, row.int_or_null(1)?)),
    )
}

/// Appends a chunk of leaves to the list of a receipt; `waits` while the peer is to get it.
pub fn add_chunk(tx: &Tx<'_>, owner: &[u8; 32], peer: i64, chunk: u32, leaves: &[Leaf], waits: bool) -> Result<(), StoreFault> {
    let mut bytes = Vec::with_capacity(leaves.len() * 48);
    for leaf in leaves {
        bytes.extend_from_slice(&leaf.record.0);
        bytes.extend_from_slice(&leaf.version.0);
    }
    tx.sql().execute(
        "INSERT INTO lists (statement, peer, chunk, leaves, waits) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (statement, chunk) DO NOTHING",
        &[owner.into(), peer.into(), chunk.into(), bytes.into(), waits.into()],
    )?;
    Ok(())
}

/// Gives the chunks that were prepared under `before` to the receipt `receipt` and lets them wait for the peer. They get new rows, so
/// that the rows of chunks have the order of their receipts and none stands before one that was sent.
pub fn adopt_chunks(tx: &Tx<'_>, before: &[u8; 32], receipt: StatementHash) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO lists (statement, peer, chunk, leaves, waits)
         SELECT ?2, peer, chunk, leaves, 1 FROM lists WHERE statement = ?1 ORDER BY chunk",
        &[before.into(), receipt.0.into()],
    )?;
    drop_chunks(tx, before)
}

/// Drops a list.
pub fn drop_chunks(tx: &Tx<'_>, owner: &[u8; 32]) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM lists WHERE statement = ?1", &[owner.into()])?;
    Ok(())
}

fn leaves(bytes: &[u8]) -> Vec<Leaf> {
    let ids = |part: &[u8]| RecordId::from_slice(&part[..16]).zip(VersionId::from_slice(&part[16..]));
    let leaf = |part: &[u8]| ids(part).map(|(record, version)| Leaf { record, version });
    bytes.chunks_exact(48).filter_map(leaf).collect()
}

/// How many chunks of a list are here.
pub fn chunk_count(view: &View<'_>, owner: &[u8; 32]) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM lists WHERE statement = ?1", &[owner.into()])
}

/// The chunks of a list that are here, in order.
pub fn chunks(view: &View<'_>, owner: &[u8; 32]) -> Result<Vec<(u32, Vec<Leaf>)>, StoreFault> {
    view.sql().all("SELECT chunk, leaves FROM lists WHERE statement = ?1 ORDER BY chunk", &[owner.into()], |row| {
        Ok((u32::try_from(row.int(0)?).unwrap_or(u32::MAX), leaves(row.blob(1)?)))
    })
}

/// A chunk that waits to be sent: local row, receipt, index, leaves.
pub type WaitingChunk = (i64, StatementHash, u32, Vec<Leaf>);

/// Chunks that wait for a peer and whose receipt it has, after local row `after`, oldest first.
pub fn waiting_chunks(view: &View<'_>, peer: i64, after: i64, limit: usize) -> Result<Vec<WaitingChunk>, StoreFault> {
    view.sql().all(
        "SELECT c.id, c.statement, c.chunk, c.leaves FROM lists c JOIN statements s ON s.hash = c.statement AND s.outgoing = 1 AND s.outcome = 1
         WHERE c.peer = ?1 AND c.waits = 1 AND c.id > ?2 ORDER BY c.id LIMIT ?3",
        &[peer.into(), after.into(), limit.into()],
        |row| Ok((row.int(0)?, StatementHash(row.bytes(1)?), u32::try_from(row.int(2)?).unwrap_or(u32::MAX), leaves(row.blob(3)?))),
    )
}

/// Marks all chunks of a receipt as had by the peer.
pub fn chunks_had(tx: &Tx<'_>, receipt: StatementHash) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE lists SET waits = 0 WHERE statement = ?1", &[receipt.0.into()])?;
    Ok(())
}

/// Keeps a statement that is not supported here, under the place it has in its issuer's order, so that it is known when it comes again.
pub fn insert_unsupported(tx: &Tx<'_>, peer: i64, statement: &Signed, epoch: u64, sequence: u64) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO statements (hash, peer, outgoing, kind, epoch_counter, sequence, signed, waits, outcome, at_ms)
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, 0, 2, ?7)",
        &[
            statement.hash().0.into(),
            peer.into(),
            statement.kind.into(),
            epoch.into(),
            sequence.into(),
            codec::encode(statement).into(),
            tx.now_ms.into(),
        ],
    )?;
    Ok(())
}

/// What was answered to a statement that came from this peer earlier (1 stored, 2 unsupported, 3 refused), `None` when it never came.
pub fn answer_given(view: &View<'_>, peer: i64, hash: StatementHash) -> Result<Option<u8>, StoreFault> {
    let sql = "SELECT coalesce(outcome, 1) FROM statements WHERE hash = ?1 AND peer = ?2 AND outgoing = 0";
    view.sql().first(sql, &[hash.0.into(), peer.into()], |row| Ok(u8::try_from(row.int(0)?).unwrap_or(1)))
}

/// Writes a received statement down with an answer other than stored (2 unsupported, 3 refused): it has its place in its issuer's order
/// and no effect on any link. Of a refused one nothing but its hash is kept.
pub fn insert_without_effect(tx: &Tx<'_>, peer: i64, statement: &Verified, outcome: u8) -> Result<(), StoreFault> {
    insert(tx, peer, statement, false)?;
    let params = [statement.hash().0.into(), outcome.into()];
    tx.sql().execute("UPDATE statements SET outcome = ?2, signed = CASE WHEN ?2 = 3 THEN x'' ELSE signed END WHERE hash = ?1", &params)?;
    Ok(())
}
