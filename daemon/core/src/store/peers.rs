//! Peers: the offices this one has met, and how far statements between them have come.

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{OfficeId, StatementHash};
use interoffice_protocol::statement::{Chain, Signed};
use interoffice_protocol::wire::codec;

use super::{Row, SqlExt, StoreFault, Tx, Value, View};

/// How this office stands to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The admins are comparing the words.
    Comparing,
    /// Both confirmed.
    Paired,
    /// Nothing but endings and receipts is taken.
    Blocked,
    /// Taken off the list; endings and receipts are still exchanged.
    Removed,
}

impl Standing {
    const ALL: [Self; 4] = [Self::Comparing, Self::Paired, Self::Blocked, Self::Removed];

    /// The word that people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comparing => "compare words",
            Self::Paired => "paired",
            Self::Blocked => "blocked",
            Self::Removed => "removed",
        }
    }
}

/// A peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerRow {
    /// Local row.
    pub row: i64,
    /// Its id.
    pub office: OfficeId,
    /// What it calls itself.
    pub name: String,
    /// Where it can be reached, `host:port`.
    pub addresses: Vec<String>,
    /// How we stand to it.
    pub standing: Standing,
    /// Our admin compared the words.
    pub confirmed_here: bool,
    /// Their admin compared the words.
    pub confirmed_there: bool,
    /// The words.
    pub words: Vec<String>,
    /// Highest epoch heard from it.
    pub heard: Option<Epoch>,
    /// Last statement applied from it in that epoch.
    pub heard_sequence: u64,
    /// Hash of that statement.
    pub heard_hash: StatementHash,
    /// Last statement issued to it in our epoch.
    pub issued_sequence: u64,
    /// Hash of that statement.
    pub issued_hash: StatementHash,
    /// When it was last heard from (milliseconds since 1970, UTC).
    pub last_heard_ms: Option<i64>,
}

const COLUMNS: &str = "id, office, name, addresses, state, confirmed_here, confirmed_there, words, heard_counter, heard_identity,
    heard_sequence, heard_hash, issued_sequence, issued_hash, last_heard_ms";

fn peer(row: &Row<'_>) -> Result<PeerRow, StoreFault> {
    let standing = usize::try_from(row.int(4)?).ok().and_then(|index| Standing::ALL.get(index).copied());
    Ok(PeerRow {
        row: row.int(0)?,
        office: OfficeId(row.bytes(1)?),
        name: row.text(2)?,
        addresses: row.text(3)?.lines().map(str::to_owned).collect(),
        standing: standing.ok_or_else(|| StoreFault::Corrupt("a peer has an unknown standing".to_owned()))?,
        confirmed_here: row.flag(5)?,
        confirmed_there: row.flag(6)?,
        words: row.text(7)?.split_whitespace().map(str::to_owned).collect(),
        heard: match (row.int_or_null(8)?, row.bytes_or_null(9)?) {
            (Some(counter), Some(identity)) => Some(Epoch { counter: u64::try_from(counter).unwrap_or(0), identity }),
            _ => None,
        },
        heard_sequence: row.uint(10)?,
        heard_hash: StatementHash(row.bytes(11)?),
        issued_sequence: row.uint(12)?,
        issued_hash: StatementHash(row.bytes(13)?),
        last_heard_ms: row.int_or_null(14)?,
    })
}

/// The peer with this id.
pub fn find(view: &View<'_>, office: OfficeId) -> Result<Option<PeerRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM peers WHERE office = ?1"), &[office.0.into()], peer)
}

/// The peer in this row.
pub fn by_row(view: &View<'_>, row: i64) -> Result<PeerRow, StoreFault> {
    view.sql()
        .first(&format!("SELECT {COLUMNS} FROM peers WHERE id = ?1"), &[row.into()], peer)?
        .ok_or_else(|| StoreFault::Corrupt("a link names a peer that is not there".to_owned()))
}

/// All peers, oldest first.
pub fn all(view: &View<'_>) -> Result<Vec<PeerRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM peers ORDER BY id"), &[], peer)
}

/// The peer's chain of key sets as last accepted.
pub fn chain(view: &View<'_>, row: i64) -> Result<Chain, StoreFault> {
    let kept = view.sql().first("SELECT chain FROM peers WHERE id = ?1", &[row.into()], |row| Ok(row.blob(0)?.to_vec()))?;
    let kept = kept.ok_or_else(|| StoreFault::Corrupt("there is no such peer".to_owned()))?;
    view.office.chain(row, &kept, || {
        let sets: Vec<Signed> = codec::decode_data(&kept).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
        Chain::verify(&sets).map_err(|error| StoreFault::Corrupt(error.to_string()))
    })
}

/// What Hello says of an office.
#[derive(Clone, Debug)]
pub struct Introduction<'a> {
    /// Its checked chain.
    pub chain: &'a Chain,
    /// What it calls itself.
    pub name: &'a str,
    /// Where it can be reached.
    pub addresses: &'a [String],
}

/// Writes down an office that is met, or met anew, with the words to compare.
pub fn met(tx: &Tx<'_>, who: &Introduction<'_>, words: &str) -> Result<(), StoreFault> {
    let sets = codec::encode(&who.chain.signed().to_vec());
    tx.sql().execute(
        "INSERT INTO peers (office, name, addresses, chain, state, words, heard_hash, issued_hash, last_heard_ms, created_ms)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?6, ?7, ?7)
         ON CONFLICT (office) DO UPDATE SET name = excluded.name, addresses = excluded.addresses, chain = excluded.chain, state = 0,
             words = excluded.words, confirmed_here = 0, confirmed_there = 0, last_heard_ms = excluded.last_heard_ms",
        &[
            who.chain.office().0.into(),
            who.name.into(),
            who.addresses.join("\n").into(),
            sets.into(),
            words.into(),
            StatementHash::NONE.0.into(),
            tx.now_ms.into(),
        ],
    )?;
    Ok(())
}

/// Writes down what a known office says of itself when it connects.
pub fn introduced(tx: &Tx<'_>, row: i64, who: &Introduction<'_>) -> Result<(), StoreFault> {
    let sets = codec::encode(&who.chain.signed().to_vec());
    tx.sql().execute(
        "UPDATE peers SET name = ?2, addresses = CASE WHEN ?3 = '' THEN addresses ELSE ?3 END, chain = ?4, last_heard_ms = ?5 WHERE id = ?1",
        &[row.into(), who.name.into(), who.addresses.join("\n").into(), sets.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// Sets how we stand to the peer.
pub fn set_standing(tx: &Tx<'_>, row: i64, standing: Standing) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE peers SET state = ?2 WHERE id = ?1", &[row.into(), (standing as i64).into()])?;
    Ok(())
}

/// Notes that an admin compared the words: ours, or (`there`) theirs.
pub fn confirmed(tx: &Tx<'_>, row: i64, there: bool) -> Result<(), StoreFault> {
    let sql =
        if there { "UPDATE peers SET confirmed_there = 1 WHERE id = ?1" } else { "UPDATE peers SET confirmed_here = 1 WHERE id = ?1" };
    tx.sql().execute(sql, &[row.into()])?;
    Ok(())
}

/// Notes the last statement applied from the peer.
pub fn set_heard(tx: &Tx<'_>, row: i64, epoch: Epoch, sequence: u64, hash: StatementHash) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE peers SET heard_counter = ?2, heard_identity = ?3, heard_sequence = ?4, heard_hash = ?5, last_heard_ms = ?6 WHERE id = ?1",
        &[row.into(), epoch.counter.into(), epoch.identity.into(), sequence.into(), hash.0.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// Notes the last statement issued to the peer.
pub fn set_issued(tx: &Tx<'_>, row: i64, sequence: u64, hash: StatementHash) -> Result<(), StoreFault> {
    tx.sql()
        .execute("UPDATE peers SET issued_sequence = ?2, issued_hash = ?3 WHERE id = ?1", &[row.into(), sequence.into(), hash.0.into()])?;
    Ok(())
}

/// An invite that was made here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InviteRow {
    /// Local row.
    pub row: i64,
    /// End of its life (milliseconds since 1970, UTC).
    pub expires_ms: i64,
    /// Who used it.
    pub used_by: Option<OfficeId>,
}

/// Writes an invite down by the hash of its token.
pub fn add_invite(tx: &Tx<'_>, token_hash: &[u8; 32], expires_ms: i64) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO invites (token_hash, expires_ms, created_ms) VALUES (?1, ?2, ?3)",
        &[token_hash.into(), expires_ms.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// The invite with this token hash.
pub fn find_invite(view: &View<'_>, token_hash: &[u8; 32]) -> Result<Option<InviteRow>, StoreFault> {
    view.sql().first("SELECT id, expires_ms, used_by FROM invites WHERE token_hash = ?1", &[token_hash.into()], |row| {
        Ok(InviteRow { row: row.int(0)?, expires_ms: row.int(1)?, used_by: row.bytes_or_null(2)?.map(OfficeId) })
    })
}

/// Uses an invite up.
pub fn use_invite(tx: &Tx<'_>, row: i64, office: OfficeId) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE invites SET used_by = ?2 WHERE id = ?1", &[row.into(), Value::from(office.0)])?;
    Ok(())
}
