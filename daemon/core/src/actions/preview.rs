//! What another office would get, before it gets anything: the very bytes that would go over a link, read again as it would read them.

use data_encoding::HEXLOWER;
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::link::Side;
use interoffice_protocol::record::Record;
use interoffice_protocol::wire::codec;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::outbound::as_sent;
use super::records::Content;
use super::sharing::{Selection, select};
use super::{links, rights};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::links::LinkRow;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, StoreFault, View};

/// Records of one preview; the rest is counted.
pub const PREVIEWED_MAX: usize = 50;

/// A record as the other office would get it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Previewed {
    /// Its id, base32.
    pub record: String,
    /// `contact`, `business` or `household`.
    pub kind: &'static str,
    /// Its name, as the other office would read it.
    pub name: String,
    /// The version that would be sent.
    pub version: String,
    /// Everything it says there.
    #[serde(flatten)]
    pub content: Content,
    /// Bytes that would be sent.
    pub bytes: u64,
    /// SHA-256 of these bytes, hexadecimal.
    pub sha256: String,
}

/// What the other office would get.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// The link.
    pub link: String,
    /// At most 50 of the records, in the order in which they were chosen.
    pub items: Vec<Previewed>,
    /// How many records were chosen, members of households among them.
    pub total: u64,
}

/// What the other office would get of a selection over a link of the acting user, shared already or not.
pub fn preview(view: &View<'_>, actor: &Actor, link: &str, selection: &Selection) -> Result<Preview, Fault> {
    let user = rights::require_specialist(view, actor)?;
    let link = links::find(view, actor, link)?;
    if link.side != Side::Owner || link.local_user != user.name {
        let message = "this link does not take records of yours anywhere";
        return Err(Refusal::denied("not-your-link", message, "use a link of your own").into());
    }
    let chosen = select(view, actor, selection)?.records;
    let items = chosen.iter().take(PREVIEWED_MAX).map(|record| previewed(view, &link, record)).collect::<Result<_, Fault>>()?;
    Ok(Preview { link: link.link.to_string(), items, total: chosen.len() as u64 })
}

fn previewed(view: &View<'_>, link: &LinkRow, row: &RecordRow) -> Result<Previewed, Fault> {
    let gone = || StoreFault::Corrupt("a record has no body".to_owned());
    let (version, body) = records::body(view, row.record)?.ok_or_else(gone)?;
    let sent = as_sent(&link.scope, body)?;
    let record: Record = codec::decode_data(&sent).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
    Ok(Previewed {
        record: RecordId::to_string(&row.record),
        kind: record.kind.as_str(),
        name: record.display_name.clone(),
        version: version.to_string(),
        content: Content::of(&record),
        bytes: sent.len() as u64,
        sha256: HEXLOWER.encode(&Sha256::digest(&sent)),
    })
}
