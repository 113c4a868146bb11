//! Who has a record, for whoever knows of it: with what each may do for those who see it, and as names alone for those who may ask.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::seeded::{Bug, planted};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::access::{self, Shares};
use super::super::records::known;
use super::ask::{Asking, asking};
use crate::domain::actor::Actor;
use crate::store::grants::{self, Grantee};
use crate::store::records::RecordRow;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, StoreFault, View, groups};

/// A user who has access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, ToSchema)]
pub struct UserWithAccess {
    /// The user.
    pub user: String,
}

/// A group that has access; who is in it is not said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct GroupWithAccess {
    /// The group.
    pub group: String,
}

/// What a user without access learns of who has a record (INV-58): neither levels nor which of the users owns it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LockedShares {
    /// The record.
    pub record: String,
    /// Its name.
    pub name: String,
    /// `none`.
    pub access: &'static str,
    /// Users who have it by name, the owner among them, and are in no group.
    pub users: Vec<UserWithAccess>,
    /// Groups that have it.
    pub groups: Vec<GroupWithAccess>,
    /// Whether access can be asked for.
    pub request: Option<Asking>,
}

/// Who a record is shared with, for a user who sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WholeShares {
    /// The shares.
    #[serde(flatten)]
    pub shares: Shares,
    /// Whether more can be asked for; `None` for whoever runs the daemon, who asks nobody.
    pub request: Option<Asking>,
}

/// Who has a record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum WhoHasAccess {
    /// For a user who sees it.
    Whole(WholeShares),
    /// For a user who may know its name and ask.
    Locked(LockedShares),
}

/// Who has a record, for whoever sees it or may ask for it.
pub fn who_has_access(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<WhoHasAccess, Fault> {
    let known = known(view, actor, record)?;
    let request = asking(view, actor, &known)?;
    if !known.is_locked {
        return Ok(WhoHasAccess::Whole(WholeShares { shares: access::show(view, actor, record)?, request }));
    }
    let owner = users::by_id(view, known.row.owner)?;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    if is_individual(view, &known.row, &owner)? {
        users.push(UserWithAccess { user: owner.name.to_string() });
    }
    for grant in grants::of_record(view, known.row.id)? {
        match grant.grantee {
            Grantee::Group(_) => groups.push(GroupWithAccess { group: grant.name }),
            Grantee::User(id) if is_individual(view, &known.row, &users::by_id(view, id)?)? => {
                users.push(UserWithAccess { user: grant.name })
            }
            Grantee::User(_) => {}
        }
    }
    // The order does not tell the owner.
    users.sort();
    users.dedup();
    let (record, name) = (known.row.record.to_string(), known.row.name);
    Ok(WhoHasAccess::Locked(LockedShares { record, name, access: "none", users, groups, request }))
}

/// Whether a user without access may learn that `user` has a record: the user owns it or has it by name, and is in no group. Whoever
/// sees it by a right or a role is not among them.
pub(super) fn is_individual(view: &View<'_>, record: &RecordRow, user: &UserRow) -> Result<bool, StoreFault> {
    let by_name = user.id == record.owner || grants::reaching(view, record.id, user.id)?.iter().any(|grant| grant.group.is_none());
    let hides = !planted(Bug::RequestShowsMembers) && groups::is_in_any(view, user.id)?;
    Ok(by_name && !user.disabled && !hides)
}
