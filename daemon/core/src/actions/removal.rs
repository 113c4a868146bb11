//! Removing copies: carried out here as a reader, confirmed here as an owner.
//!
//! At the reader's office an ended link goes through [`prepare`] (the list of what goes is durable), the unlinking of its
//! file, and [`finish`] (the receipt is signed). Each step may be repeated after a crash.

use std::collections::{HashMap, HashSet};

use interoffice_protocol::ids::{LinkId, OfficeId, RecordId, StatementHash, VersionId};
use interoffice_protocol::limits;
use interoffice_protocol::link::Side;
use interoffice_protocol::merkle;
use interoffice_protocol::messages::{Leaf, ListChunk, Outcome};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::{Body, Delete, Receipt, ReceiptLevel, RemovalCover, Verified};

use super::inbound::Heard;
use super::issue::{about, issue};
use crate::domain::actor::Actor;
use crate::domain::plan::counted;
use crate::store::links::{self, LinkRow};
use crate::store::log::{self, LogRow};
use crate::store::peers::{self, PeerRow};
use crate::store::received::Withdrawn;
use crate::store::removals::{self, RemovalRow, RemovalState};
use crate::store::{Fault, Ring, Tx, View, audit, office, statements};

/// A removal that this office has to carry out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Duty {
    /// The link.
    pub link: LinkRow,
    /// How far it has come.
    pub state: RemovalState,
}

/// The ended links whose files this office has to erase.
pub fn duties(view: &View<'_>) -> Result<Vec<Duty>, Fault> {
    let mut duties = Vec::new();
    for removal in removals::to_carry_out(view)?.into_iter().filter(|removal| removal.upto == 0) {
        duties.push(Duty { link: links::load(view, removal.link)?, state: removal.state });
    }
    Ok(duties)
}

/// First durable step of erasing a link: what its receipt will say.
pub fn prepare(tx: &Tx<'_>, link: LinkId, leaves: &[Leaf]) -> Result<(), Fault> {
    let to_do = |removal: &RemovalRow| removal.side == Side::Reader && removal.state == RemovalState::ToDo;
    let Some(removal) = removals::of_link(tx, link)?.filter(to_do) else { return Ok(()) };
    let row = links::load(tx, link)?;
    add_chunks(tx, &link.0, row.peer, leaves, false)?;
    removals::set(tx, removal.row, RemovalState::Prepared, leaves.len() as u64, &merkle::root(leaves), None)?;
    if planted(Bug::ReceiptBeforeErase) { finish(tx, link) } else { Ok(()) }
}

fn add_chunks(tx: &Tx<'_>, owner: &[u8; 32], peer: i64, leaves: &[Leaf], waits: bool) -> Result<u32, Fault> {
    let mut chunks = 0;
    for chunk in leaves.chunks(limits::LIST_CHUNK_ENTRIES) {
        statements::add_chunk(tx, owner, peer, chunks, chunk, waits)?;
        chunks += 1;
    }
    Ok(chunks)
}

fn chunks_of(count: u64) -> u32 {
    u32::try_from(count.div_ceil(limits::LIST_CHUNK_ENTRIES as u64)).unwrap_or(u32::MAX)
}

/// Last step of erasing a link, after its file was unlinked: the signed receipt.
pub fn finish(tx: &Tx<'_>, link: LinkId) -> Result<(), Fault> {
    let Some(removal) = removals::of_link(tx, link)?.filter(|removal| removal.state == RemovalState::Prepared) else { return Ok(()) };
    let row = links::load(tx, link)?;
    let end = end_statement(tx, link)?;
    let count = removal.count.unwrap_or(0);
    let root = removal.root.unwrap_or_default();
    let receipt = sign(tx, &row, RemovalCover::Link { end }, count, root)?;
    statements::adopt_chunks(tx, &link.0, receipt)?;
    removals::set(tx, removal.row, RemovalState::Erased, count, &root, Some(receipt))?;
    audit::done(tx, &Actor::Daemon, "link.erased", &link.to_string(), &counted(count, "copy", "copies"))?;
    Ok(())
}

fn sign(tx: &Tx<'_>, link: &LinkRow, cover: RemovalCover, count: u64, root: [u8; 32]) -> Result<StatementHash, Fault> {
    let body = Receipt {
        level: ReceiptLevel::Erased,
        cover,
        count,
        root,
        chunks: chunks_of(count),
        removed_at_ms: tx.now_ms,
        held: 0,
        holds: Vec::new(),
    };
    let peer = peers::by_row(tx, link.peer)?;
    Ok(issue(tx, &peer, about(link), &Body::Receipt(body))?.hash())
}

/// The statement that ended a link, as a receipt names it.
fn end_statement(view: &View<'_>, link: LinkId) -> Result<StatementHash, Fault> {
    let set = statements::link_set(view, link)?;
    let end =
        set.statements().find(|statement| matches!(statement.body(), Body::Delete(Delete { .. }) | Body::Withdraw(_) | Body::Decline(_)));
    Ok(end.map_or(StatementHash::NONE, Verified::hash))
}

/// The receipt for withdrawn records, after the link's file was rebuilt without them. Says whether there is one: if not, the link has
/// ended meanwhile, and the receipt for all of it must name these copies too, so the file still needs them.
pub fn finish_part(tx: &Tx<'_>, link: LinkId, withdrawn: &Withdrawn) -> Result<bool, Fault> {
    if removals::part(tx, link, withdrawn.epoch, withdrawn.upto)?.is_some_and(|removal| removal.state == RemovalState::Erased) {
        return Ok(true);
    }
    let row = links::load(tx, link)?;
    if row.ended_ms.is_some() {
        return Ok(false);
    }
    removals::ask(tx, link, withdrawn.upto, withdrawn.epoch, Side::Reader, withdrawn.leaves.len() as u64)?;
    let count = withdrawn.leaves.len() as u64;
    let root = merkle::root(&withdrawn.leaves);
    let receipt = sign(tx, &row, RemovalCover::Part { epoch: withdrawn.epoch, upto: withdrawn.upto }, count, root)?;
    add_chunks(tx, &receipt.0, row.peer, &withdrawn.leaves, true)?;
    if let Some(removal) = removals::part(tx, link, withdrawn.epoch, withdrawn.upto)? {
        removals::set(tx, removal.row, RemovalState::Erased, count, &root, Some(receipt))?;
    }
    audit::done(tx, &Actor::Daemon, "record.erased", &link.to_string(), &counted(count, "copy", "copies"))?;
    Ok(true)
}

/// A reader's receipt arrives at the owner's office.
pub(super) fn receipt(tx: &Tx<'_>, peer: &PeerRow, statement: &Verified, link: LinkId, receipt: &Receipt) -> Result<Heard, Fault> {
    let fault = |misbehaviour| Ok(Heard { outcome: Outcome::Refused, misbehaviour: Some(misbehaviour) });
    let Some(link) = links::find(tx, link)?.filter(|link| link.peer == peer.row && link.side == Side::Owner) else {
        return fault(Misbehaviour::ReceiptUnfounded);
    };
    let mut set = statements::link_set(tx, link.link)?;
    if let Err(misfit) = set.insert(statement.clone()) {
        return fault(misfit.into());
    }
    // Each copy took a place in the log, so a receipt can't name more copies than that.
    if receipt.chunks != chunks_of(receipt.count) || receipt.count > link.head {
        return fault(Misbehaviour::OutOfBounds("the count of a receipt"));
    }
    if !founded(tx, &link, receipt)? {
        return fault(Misbehaviour::ReceiptUnfounded);
    }
    statements::insert(tx, peer.row, statement, false)?;
    judge(tx, &link, statement.hash(), receipt)?;
    tx.ring(Ring::Link(link.link));
    Ok(Heard { outcome: Outcome::Stored, misbehaviour: None })
}

/// Whether a receipt is about something that was asked for. The reader of a link that ended before this office knew it Active has a
/// removal to confirm that this office never expected.
fn founded(tx: &Tx<'_>, link: &LinkRow, receipt: &Receipt) -> Result<bool, Fault> {
    match receipt.cover {
        RemovalCover::Link { .. } if super::links::is_over(link) => {
            removals::ask(tx, link.link, 0, 0, Side::Owner, 0)?;
            Ok(true)
        }
        RemovalCover::Link { .. } => Ok(false),
        RemovalCover::Part { epoch, upto } if removals::asked_part(tx, link.link, epoch, upto)? => Ok(true),
        RemovalCover::Part { epoch, upto } => {
            // The reader was asked for more and confirms what it has removed so far: the rest stays asked for.
            let ours = epoch == office::load(tx)?.epoch.counter && upto <= link.head;
            let some = ours && log::awaits(tx, link.row, upto)?;
            if some {
                removals::ask(tx, link.link, upto, epoch, Side::Owner, receipt.count)?;
                removals::split_off(tx, link.link, epoch, upto, receipt.count)?;
            }
            Ok(some)
        }
    }
}

/// The removals that a receipt decides: of the whole link with all its parts, or of the parts that it covers.
fn covered(view: &View<'_>, link: &LinkRow, hash: StatementHash, receipt: &Receipt) -> Result<Vec<RemovalRow>, Fault> {
    let mut removals = match receipt.cover {
        RemovalCover::Link { .. } => removals::all_of(view, link.link)?,
        RemovalCover::Part { epoch, upto } => removals::open_parts(view, link.link, epoch, upto)?,
    };
    let open = |removal: &RemovalRow| match removal.state {
        RemovalState::ToDo => true,
        RemovalState::Removed => removal.receipt != Some(hash),
        RemovalState::Prepared | RemovalState::Erased | RemovalState::Mismatch => false,
    };
    removals.retain(open);
    Ok(removals)
}

/// The leaves that a receipt must have: what the reader was known to hold of what it covers.
fn expected(view: &View<'_>, link: &LinkRow, receipt: &Receipt) -> Result<Vec<Leaf>, Fault> {
    let named = match receipt.cover {
        RemovalCover::Link { .. } => named_in_parts(view, link)?,
        RemovalCover::Part { .. } => HashSet::new(),
    };
    let named_before = |row: &LogRow| (!row.put || row.sequence > link.cursor) && named.contains(&row.record);
    let held = |row: &LogRow| match receipt.cover {
        RemovalCover::Link { .. } if named_before(row) => None,
        RemovalCover::Link { .. } => row.held.or(row.gone.map(|(version, _)| version)),
        RemovalCover::Part { upto, .. } => row.gone.filter(|(_, sequence)| *sequence <= upto).map(|(version, _)| version),
    };
    let rows = log::all(view, link.row)?;
    Ok(rows
        .iter()
        .filter_map(|row| held(row).map(|version| Leaf { record: row.record, version: link.secret.version_id(row.record, version) }))
        .collect())
}

/// Records on the lists of receipts for parts that reach beyond what the reader acknowledged. It was past the withdrawal of these, perhaps
/// of a later version than we know it to have held, and names them no more when the whole link goes.
fn named_in_parts(view: &View<'_>, link: &LinkRow) -> Result<HashSet<RecordId>, Fault> {
    let mut named = HashSet::new();
    for statement in statements::link_set(view, link.link)?.statements() {
        if let Body::Receipt(part) = statement.body()
            && matches!(part.cover, RemovalCover::Part { upto, .. } if upto > link.cursor)
        {
            named.extend(list_of(view, statement.hash(), part)?.unwrap_or_default().iter().map(|leaf| leaf.record));
        }
    }
    Ok(named)
}

/// Compares a receipt with what we know the reader to have held.
///
/// A receipt that names exactly what we expect is good by itself. One that names more, or later versions, is good when its list
/// gives the signed root and covers every record expected; until the list is here nothing is decided.
fn judge(tx: &Tx<'_>, link: &LinkRow, hash: StatementHash, receipt: &Receipt) -> Result<(), Fault> {
    let open = covered(tx, link, hash, receipt)?;
    if open.is_empty() {
        // An inventory has settled these parts before their list came, and may have dated a withdrawal later than it was.
        if let (RemovalCover::Part { .. }, Some(list)) = (receipt.cover, list_of(tx, hash, receipt)?) {
            forget_listed(tx, link, &list)?;
        }
        return settle_parts(tx, link);
    }
    let expected = expected(tx, link, receipt)?;
    let exact = expected.len() as u64 == receipt.count && merkle::root(&expected) == receipt.root;
    let list = if exact { None } else { list_of(tx, hash, receipt)? };
    let good = exact || list.as_ref().is_some_and(|list| covers(list, &expected));
    if !good && (list.is_none() || awaits_parts(tx, link, receipt)?) {
        return Ok(());
    }
    let state = match (good, receipt.level) {
        (false, _) => RemovalState::Mismatch,
        (true, ReceiptLevel::Removed) => RemovalState::Removed,
        (true, ReceiptLevel::Erased) => RemovalState::Erased,
    };
    for removal in open {
        removals::set(tx, removal.row, state, receipt.count, &receipt.root, Some(hash))?;
    }
    let verb = if good { "receipt.verified" } else { "receipt.mismatch" };
    let office = peers::by_row(tx, link.peer)?.office;
    audit::done(tx, &Actor::Peer(office), verb, &link.link.to_string(), &counted(receipt.count, "copy", "copies"))?;
    match receipt.cover {
        _ if state != RemovalState::Erased => Ok(()),
        RemovalCover::Link { .. } => Ok(log::drop_all(tx, link.row)?),
        RemovalCover::Part { upto, .. } => {
            forget_listed(tx, link, &list.unwrap_or_default())?;
            log::drop_gone(tx, link.row, upto, link.cursor)?;
            settle_parts(tx, link)
        }
    }
}

/// The whole list behind a receipt, `None` while parts of it are missing.
fn list_of(view: &View<'_>, hash: StatementHash, receipt: &Receipt) -> Result<Option<Vec<Leaf>>, Fault> {
    if !is_listed(view, hash, receipt)? {
        return Ok(None);
    }
    Ok(Some(statements::chunks(view, &hash.0)?.into_iter().flat_map(|(_, leaves)| leaves).collect()))
}

fn is_listed(view: &View<'_>, hash: StatementHash, receipt: &Receipt) -> Result<bool, Fault> {
    Ok(statements::chunk_count(view, &hash.0)? == u64::from(receipt.chunks))
}

/// Whether a receipt is to be judged only when the list behind an earlier one, for a part, has come: copies on that list are not on this
/// one.
fn awaits_parts(view: &View<'_>, link: &LinkRow, receipt: &Receipt) -> Result<bool, Fault> {
    for statement in statements::link_set(view, link.link)?.statements() {
        if let Body::Receipt(part) = statement.body()
            && comes_before(part, receipt)
            && !is_listed(view, statement.hash(), part)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `part` is about a part that was removed before what `receipt` is about.
fn comes_before(part: &Receipt, receipt: &Receipt) -> bool {
    match (&part.cover, &receipt.cover) {
        (RemovalCover::Part { .. }, RemovalCover::Link { .. }) => true,
        (RemovalCover::Part { upto: earlier, .. }, RemovalCover::Part { upto, .. }) => earlier < upto,
        (RemovalCover::Link { .. }, _) => false,
    }
}

/// Forgets what the reader was known to hold, or to owe a receipt for, where a receipt says that this very version is gone: its
/// withdrawal was applied, and the acknowledgement of that is still to come or was overtaken by an inventory.
fn forget_listed(tx: &Tx<'_>, link: &LinkRow, list: &[Leaf]) -> Result<(), Fault> {
    let named: HashMap<RecordId, VersionId> = list.iter().map(|leaf| (leaf.record, leaf.version)).collect();
    for row in &log::all(tx, link.row)? {
        let Some(gone) = named.get(&row.record) else { continue };
        let is_gone = |version| link.secret.version_id(row.record, version) == *gone;
        if (!row.put || row.sequence > link.cursor) && row.held.is_some_and(is_gone) {
            log::not_held(tx, link.row, row.record)?;
        }
        if row.gone.is_some_and(|(version, _)| is_gone(version)) {
            log::not_gone(tx, link.row, row.record)?;
        }
    }
    Ok(())
}

/// Follows a receipt, or a step of the reader through the log: drops what receipts have settled, and closes parts of which nothing is left
/// to be removed since every record was shared again before the withdrawal was sent.
pub(super) fn settle_parts(tx: &Tx<'_>, link: &LinkRow) -> Result<(), Fault> {
    let epoch = office::load(tx)?.epoch.counter;
    let upto = removals::receipted_upto(tx, link.link, epoch)?;
    if upto > 0 {
        log::drop_gone(tx, link.row, upto, link.cursor)?;
    }
    for part in removals::open_parts(tx, link.link, epoch, link.cursor)? {
        if part.state == RemovalState::ToDo && !log::awaits(tx, link.row, part.upto)? {
            removals::set(tx, part.row, RemovalState::Erased, 0, &[0; 32], None)?;
        }
    }
    Ok(())
}

/// Whether `list` names every record of `expected`.
fn covers(list: &[Leaf], expected: &[Leaf]) -> bool {
    let named: std::collections::BTreeMap<RecordId, VersionId> = list.iter().map(|leaf| (leaf.record, leaf.version)).collect();
    expected.iter().all(|leaf| named.contains_key(&leaf.record))
}

/// A part of the list behind a receipt arrives.
pub fn list_chunk(tx: &Tx<'_>, office: OfficeId, chunk: &ListChunk) -> Result<Option<Misbehaviour>, Fault> {
    let Some(peer) = peers::find(tx, office)? else { return Ok(Some(Misbehaviour::UnknownOffice)) };
    if statements::answer_given(tx, peer.row, chunk.statement)? != Some(1) {
        return Ok(Some(Misbehaviour::ReceiptUnfounded));
    }
    let Some(signed) = statements::find(tx, chunk.statement)? else { return Ok(Some(Misbehaviour::ReceiptUnfounded)) };
    let statement = statements::verified(signed)?;
    let (Body::Receipt(receipt), Some(id)) = (statement.body(), statement.link()) else { return Ok(Some(Misbehaviour::ReceiptUnfounded)) };
    if statement.from() != office || chunk.index >= receipt.chunks {
        return Ok(Some(Misbehaviour::ReceiptUnfounded));
    }
    if is_listed(tx, chunk.statement, receipt)? {
        return Ok(None);
    }
    statements::add_chunk(tx, &chunk.statement.0, peer.row, chunk.index, &chunk.leaves, false)?;
    let Some(leaves) = list_of(tx, chunk.statement, receipt)? else { return Ok(None) };
    if leaves.len() as u64 != receipt.count || merkle::root(&leaves) != receipt.root {
        statements::drop_chunks(tx, &chunk.statement.0)?;
        return Ok(Some(Misbehaviour::ListDoesNotMatchRoot));
    }
    let link = links::load(tx, id)?;
    judge(tx, &link, chunk.statement, receipt)?;
    for statement in statements::link_set(tx, id)?.statements() {
        if let Body::Receipt(later) = statement.body()
            && comes_before(receipt, later)
        {
            judge(tx, &link, statement.hash(), later)?;
        }
    }
    Ok(None)
}
