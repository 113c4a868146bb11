//! Giving a record to another owner.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use interoffice_protocol::seeded::{Bug, planted};
use serde::{Deserialize, Serialize};

use super::super::records::seen;
use super::super::{rights, sharing, users as user_verbs};
use crate::domain::access::Viewer;
use crate::domain::access::level::{self, label};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::grants::{self, Grantee};
use crate::store::records::{self, RecordRow};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, claims, links, log, peers};

/// Who is to own a record.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Transfer {
    /// The new owner.
    pub owner: String,
    /// What the present owner keeps: `read`, `write`, `full-control` or `none`; nothing when not given. Anything else is for who may share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// What a transfer did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Transferred {
    /// The record.
    pub record: String,
    /// Who owns it now.
    pub owner: String,
    /// Who owned it before.
    pub before: String,
    /// Copies at other offices that are being removed, since the links belong to the owner of before.
    pub copies: u64,
}

struct Checked {
    row: RecordRow,
    before: UserRow,
    owner: UserRow,
    keep: Option<Level>,
}

fn checked(view: &View<'_>, actor: &Actor, record: RecordId, transfer: &Transfer) -> Result<Checked, Fault> {
    let (row, _) = seen(view, actor, record)?;
    let viewer = rights::viewer(view, actor)?;
    let may = match &viewer {
        Viewer::Operator => true,
        Viewer::User(person) => person.id == row.owner || person.sees_everything(),
    };
    if !may {
        let message = "a record is given away by its owner or by an administrator";
        return Err(Refusal::denied("not-owner", message, format!("ask {}, who owns it", row.owner_name)).into());
    }
    let keep = transfer.keep.as_deref().map_or(Ok(None), level::parse)?;
    if keep.is_some() && !planted(Bug::KeptWithoutSharing) {
        require_keeping(view, &viewer)?;
    }
    let name = UserName::new(&transfer.owner).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    let owner = user_verbs::enabled(view, &name)?;
    owner.account.check_owns(name.as_str())?;
    if owner.id == row.owner {
        return Err(Refusal::conflict("already-owner", format!("{name} owns the record already"), "nothing needs to be done").into());
    }
    let before = users::by_id(view, row.owner)?;
    level::check(before.account, before.name.as_str(), keep)?;
    Ok(Checked { row, before, owner, keep })
}

/// Refuses whoever may not share records: with what the owner of before keeps, one more sees the record than did.
fn require_keeping(view: &View<'_>, viewer: &Viewer) -> Result<(), Fault> {
    rights::require_sharing(view, viewer).map_err(|fault| match fault {
        Fault::Refused(refusal) => {
            Refusal { remedy: "give it away without --keep, or ask an administrator to do it".to_owned(), ..refusal }.into()
        }
        fault => fault,
    })
}

/// What giving a record to another owner will do.
pub fn plan_transfer(tx: &Tx<'_>, actor: &Actor, record: RecordId, transfer: &Transfer) -> Result<Plan, Fault> {
    tx.attempt(actor, "record.owner", record.to_string());
    plan(tx, &checked(tx, actor, record, transfer)?)
}

fn plan(view: &View<'_>, checked: &Checked) -> Result<Plan, Fault> {
    let Checked { row, before, owner, keep } = checked;
    let mut draft = Draft::new("record.owner", row.record.to_string());
    draft.basis(row.version.to_string().as_bytes());
    draft.change(format!("{} owns the record instead of {}", owner.name, before.name));
    match keep {
        Some(level) => draft.stay(format!("{} keeps {}", before.name, label(*level))),
        None => draft.change(format!("{} keeps nothing of it by name", before.name)),
    }
    let showing = log::links_showing(view, row.record)?;
    draft.counts.links = showing.len() as u64;
    for link in &showing {
        draft.basis(&link.0);
        let link = links::load(view, *link)?;
        let peer = peers::by_row(view, link.peer)?;
        draft.change(format!(
            "its copy for {} at {} is removed, since {} shared it; {} may share it anew",
            link.remote_user, peer.name, before.name, owner.name
        ));
        draft.concerns(peer.office, &peer.name);
    }
    let others = grants::of_record(view, row.id)?.iter().filter(|grant| grant.grantee != Grantee::User(owner.id)).count() as u64;
    if others > 0 {
        let stay = if others == 1 { "stays" } else { "stay" };
        draft.stay(format!("{} {stay} as before", counted(others, "share with a user or group", "shares with users and groups")));
    }
    Ok(draft.finish(&view.office.signer))
}

/// Gives a record to another owner; every grant stays, but for the new owner's own, which he or she needs no more.
pub fn transfer(tx: &Tx<'_>, actor: &Actor, record: RecordId, wanted: &Transfer, plan_id: &PlanId) -> Result<Transferred, Fault> {
    tx.attempt(actor, "record.owner", record.to_string());
    let checked = checked(tx, actor, record, wanted)?;
    plan(tx, &checked)?.agreed(plan_id)?;
    let Checked { row, before, owner, keep } = checked;
    let copies = if planted(Bug::TransferKeepsCopies) { 0 } else { sharing::withdraw_everywhere(tx, actor, row.record)? };
    grants::set(tx, row.id, Grantee::User(owner.id), None)?;
    let keep = if planted(Bug::OldOwnerKeepsAll) { Some(Level::FullControl) } else { keep };
    grants::set(tx, row.id, Grantee::User(before.id), keep)?;
    records::set_owner(tx, row.id, owner.id)?;
    claims::blank_all(tx)?;
    audit::done(tx, actor, "record.owner", &record.to_string(), &format!("{} instead of {}, copies {copies}", owner.name, before.name))?;
    Ok(Transferred { record: record.to_string(), owner: owner.name.to_string(), before: before.name.to_string(), copies })
}
