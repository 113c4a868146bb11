//! Where a record's copies are: every office and person that holds one over a link of this office, or held one and has signed a receipt.

use std::collections::BTreeMap;

use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::link::Side;
use interoffice_protocol::statement::{Body, Receipt};
use serde::Serialize;

use super::links::is_over;
use super::records::seen;
use super::rights;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::links::{self, LinkRow};
use crate::store::log::{self, LogRow};
use crate::store::records::RecordRow;
use crate::store::{Fault, View, peers, removals, statements};

/// A copy of a record at another office.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct CopyThere {
    /// The link over which it went there, base32.
    pub link: String,
    /// User of this office who shared it.
    pub shared_by: String,
    /// User of the other office who reads it.
    pub user: String,
    /// The other office, base32.
    pub office: String,
    /// What it calls itself.
    pub office_name: String,
    /// `delivered`; `on the way` while the present version is not there yet; `being removed` until a receipt for it has come; or `removed`,
    /// with a signed receipt.
    pub state: &'static str,
    /// The version that is there, as far as this office knows; null when none is.
    pub version: Option<String>,
    /// Hash of the signed receipt for what was removed.
    pub receipt: Option<String>,
    /// When the other office removed it, as the receipt says (milliseconds since 1970, UTC).
    pub removed_ms: Option<i64>,
    /// When the other office was last heard from (milliseconds since 1970, UTC).
    pub last_heard_ms: Option<i64>,
    /// How long the copy stays readable there without a word from here (seconds); null for what is removed.
    pub lease_s: Option<u32>,
    /// When the copy locks itself at the latest, should the two offices not hear from each other again (milliseconds since 1970, UTC).
    pub lease_until_ms: Option<i64>,
    /// When the link ends as agreed (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
}

impl CopyThere {
    fn of(view: &View<'_>, link: &LinkRow) -> Result<Self, Fault> {
        let peer = peers::by_row(view, link.peer)?;
        Ok(Self {
            link: link.link.to_string(),
            shared_by: link.local_user.to_string(),
            user: link.remote_user.to_string(),
            office: peer.office.to_string(),
            office_name: peer.name,
            state: "removed",
            version: None,
            receipt: None,
            removed_ms: None,
            last_heard_ms: peer.last_heard_ms,
            lease_s: None,
            lease_until_ms: None,
            not_after_ms: None,
        })
    }

    /// What a link's log says of the record.
    fn logged(view: &View<'_>, link: &LinkRow, row: &LogRow, present: Version) -> Result<Self, Fault> {
        let held = row.held.or(row.gone.map(|(version, _)| version));
        let state = match (row.put && !is_over(link), held == Some(present)) {
            (false, _) => "being removed",
            (true, true) => "delivered",
            (true, false) => "on the way",
        };
        let mut copy = Self::of(view, link)?;
        copy.state = state;
        copy.version = held.map(|version| version.to_string());
        copy.lease_s = Some(link.lease_s);
        copy.not_after_ms = link.not_after_ms;
        copy.renewed(copy.last_heard_ms);
        Ok(copy)
    }

    /// The other office was heard from at `heard_ms`, and so may have renewed the lease then.
    pub fn renewed(&mut self, heard_ms: Option<i64>) {
        self.last_heard_ms = self.last_heard_ms.max(heard_ms);
        let lease_ms = self.lease_s.map(|lease_s| i64::from(lease_s) * 1_000);
        self.lease_until_ms = self.last_heard_ms.zip(lease_ms).map(|(heard_ms, lease_ms)| heard_ms.saturating_add(lease_ms));
    }
}

/// A record that the actor may ask about: its owner and administrators learn who holds copies. Co-owners are not told with whom the owner
/// is linked.
fn asked_about(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<RecordRow, Fault> {
    let (row, _) = seen(view, actor, record)?;
    let told = match actor {
        Actor::Operator | Actor::Daemon => true,
        Actor::User(_) | Actor::For { .. } => actor.user() == Some(&row.owner_name) || rights::require_user(view, actor)?.role.administers,
        Actor::Peer(_) | Actor::Stranger => false,
    };
    if told {
        return Ok(row);
    }
    let message = "only the owner of a record and administrators learn which offices hold copies of it";
    Err(Refusal::denied("not-owner", message, format!("ask {}, who owns it", row.owner_name)).into())
}

/// Every copy of a record at other offices, in the order in which the links began.
pub fn copies_of(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<Vec<CopyThere>, Fault> {
    let row = asked_about(view, actor, record)?;
    let logged: BTreeMap<i64, LogRow> = log::of_record(view, record)?.into_iter().collect();
    let mut copies = Vec::new();
    for link in links::all(view)?.into_iter().filter(|link| link.side == Side::Owner) {
        match logged.get(&link.row) {
            Some(said) => copies.push(CopyThere::logged(view, &link, said, row.version)?),
            None => copies.extend(receipted(view, &link, record)?),
        }
    }
    Ok(copies)
}

/// What the last receipt says that names a record on its list.
fn receipted(view: &View<'_>, link: &LinkRow, record: RecordId) -> Result<Option<CopyThere>, Fault> {
    let Some((hash, receipt)) = last_receipt(view, link.link, record)? else { return Ok(None) };
    let mut copy = CopyThere::of(view, link)?;
    copy.receipt = Some(hash);
    copy.removed_ms = Some(receipt.removed_at_ms);
    Ok(Some(copy))
}

fn last_receipt(view: &View<'_>, link: LinkId, record: RecordId) -> Result<Option<(String, Receipt)>, Fault> {
    let settled: Vec<_> = removals::all_of(view, link)?.into_iter().filter_map(|removal| removal.receipt).collect();
    let mut last: Option<(String, Receipt)> = None;
    for hash in settled {
        let listed = statements::chunks(view, &hash.0)?.into_iter().any(|(_, leaves)| leaves.iter().any(|leaf| leaf.record == record));
        let Some(signed) = statements::find(view, hash)?.filter(|_| listed) else { continue };
        if let Body::Receipt(receipt) = statements::verified(signed)?.body()
            && last.as_ref().is_none_or(|(_, before)| before.removed_at_ms <= receipt.removed_at_ms)
        {
            last = Some((hash.to_string(), receipt.clone()));
        }
    }
    Ok(last)
}
