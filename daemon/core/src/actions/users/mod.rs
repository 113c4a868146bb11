//! Users: adding, listing, names and rights that are set directly; account types and roles; and how a user goes.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use serde::{Deserialize, Serialize};

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::page::{LIMIT_DEFAULT, Page, cut, limit, place, read_place};
use crate::domain::refusal::Refusal;
use crate::domain::role::check_fit;
use crate::domain::search as words_of;
use crate::domain::user::{Account, Right, check_display_name, check_email, check_exclusion, check_part_of_name, full_name};
use crate::store::credentials::PassKind;
use crate::store::records::{self, KindCounts};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, claims, credentials, roles as role_rows};

mod account;
mod ending;

pub(super) use account::differing;
pub use account::{Assignment, assign, plan_assign};
pub use ending::{HandOver, HandedOver, delete, disable, enable, hand_over, plan_delete, plan_disable, plan_hand_over};

/// Users looked through at once for a page.
const BATCH: usize = 200;

/// What a user is added with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewUser {
    /// Permanent sign-in name: 2 to 256 letters and digits.
    pub name: String,
    /// First name, may be empty.
    pub first_name: String,
    /// Last name, may be empty.
    pub last_name: String,
    /// Name for people; empty for first and last name, or the sign-in name.
    pub display_name: String,
    /// E-mail address of at most 256 characters, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
    /// Name of the role; empty for the one that goes with the account.
    pub role: String,
    /// Gives Super User.
    pub super_user: bool,
    /// Gives Enterprise View.
    pub enterprise_view: bool,
}

/// A user as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Permanent sign-in name.
    pub name: String,
    /// First name, may be empty.
    pub first_name: String,
    /// Last name, may be empty.
    pub last_name: String,
    /// Name for people.
    pub display_name: String,
    /// E-mail address, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
    /// Name of the role.
    pub role: String,
    /// What the role allows.
    pub permissions: Vec<&'static str>,
    /// Whether the role administers the office.
    pub administers: bool,
    /// Whether the user can sign in: `active`, `inactive` before a password was set, or `disabled`.
    pub state: &'static str,
    /// Until when the user can set the first password (milliseconds since 1970, UTC); null when not invited.
    pub invited_until_ms: Option<i64>,
    /// Holds Record Sharing: is a specialist.
    pub specialist: bool,
    /// Holds Super User.
    pub super_user: bool,
    /// Holds Enterprise View.
    pub enterprise_view: bool,
    /// The level at which all clients are shared with the user, or `none`.
    pub all_clients: &'static str,
    /// Can't act any more.
    pub disabled: bool,
    /// The rights by their names for people.
    pub rights: Vec<&'static str>,
    /// Records in use that the user owns; null when the viewer is neither that user nor an administrator.
    pub records: Option<KindCounts>,
    /// When the user was added (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

impl UserView {
    /// The user as `actor` sees him or her.
    pub(super) fn of(view: &View<'_>, actor: &Actor, user: &UserRow) -> Result<Self, Fault> {
        let told = actor.user() == Some(&user.name) || rights::administers(view, actor)?;
        let records = if told { Some(records::count_of(view, user.id)?) } else { None };
        Self::with(view, user, records)
    }

    fn with(view: &View<'_>, user: &UserRow, records: Option<KindCounts>) -> Result<Self, Fault> {
        let invited_until_ms = if user.activated { None } else { credentials::pass_ends(view, user.id, PassKind::Activate)? };
        let state = match user {
            _ if user.disabled => "disabled",
            _ if user.activated => "active",
            _ => "inactive",
        };
        let held =
            [(Right::RecordSharing, user.specialist), (Right::SuperUser, user.super_user), (Right::EnterpriseView, user.enterprise_view)];
        Ok(Self {
            name: user.name.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            account: user.account,
            role: user.role.name.clone(),
            permissions: user.role.permissions.names(),
            administers: user.role.administers,
            state,
            invited_until_ms,
            specialist: user.specialist,
            super_user: user.super_user,
            enterprise_view: user.enterprise_view,
            all_clients: user.all_clients.map_or("none", Level::as_str),
            disabled: user.disabled,
            rights: held.iter().filter(|(_, held)| *held).map(|(right, _)| right.label()).collect(),
            records,
            created_ms: user.created_ms,
        })
    }
}

/// Adds a user.
pub fn add(tx: &Tx<'_>, actor: &Actor, new: &NewUser) -> Result<UserView, Fault> {
    let name = UserName::new(&new.name).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), "choose another name"))?;
    tx.attempt(actor, "user.add", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = insert(tx, name, new)?;
    audit::done(tx, actor, "user.add", user.name.as_str(), user.account.as_str())?;
    UserView::of(tx, actor, &user)
}

/// Writes a new user down whom somebody who may do that adds.
pub(super) fn insert(tx: &Tx<'_>, name: UserName, new: &NewUser) -> Result<UserRow, Fault> {
    let full = || full_name(&new.first_name, &new.last_name, &new.name);
    let display_name = if new.display_name.is_empty() { full() } else { new.display_name.clone() };
    check_display_name(&display_name)?;
    check_part_of_name(&new.first_name)?;
    check_part_of_name(&new.last_name)?;
    check_email(&new.email)?;
    let role = match new.role.as_str() {
        "" => role_rows::standard(tx, new.account)?,
        role => super::roles::find(tx, role)?,
    };
    check_fit(new.account, role.administers, name.as_str())?;
    if users::find(tx, &name)?.is_some() {
        let message = format!("this office has a user '{name}' already; letter case makes no difference");
        return Err(Refusal::conflict("user-exists", message, "choose another name").into());
    }
    if users::was_deleted(tx, &name)? {
        let message = format!("a user '{name}' was deleted, and what was written down about that name must not fall to somebody else");
        return Err(Refusal::conflict("user-exists", message, "choose another name").into());
    }
    let user = UserRow {
        id: 0,
        name,
        first_name: new.first_name.trim().to_owned(),
        last_name: new.last_name.trim().to_owned(),
        role,
        display_name,
        email: new.email.clone(),
        account: new.account,
        specialist: false,
        super_user: new.super_user,
        enterprise_view: new.enterprise_view,
        all_clients: None,
        accepts_cases: true,
        disabled: false,
        activated: false,
        created_ms: tx.now_ms,
    };
    Ok(users::insert(tx, &user)?)
}

/// What is to be changed of a user's names and address; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Naming {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Name for people.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// Changes a user's names and address: an administrator may, and the user him- or herself.
pub fn rename(tx: &Tx<'_>, actor: &Actor, name: &UserName, naming: &Naming) -> Result<UserView, Fault> {
    tx.attempt(actor, "user.rename", name.as_str());
    if actor.user() != Some(name) {
        rights::require_admin(tx, actor)?;
    }
    let mut user = enabled(tx, name)?;
    let named_by_parts = user.display_name == full_name(&user.first_name, &user.last_name, name.as_str());
    for (part, given) in [(&mut user.first_name, &naming.first_name), (&mut user.last_name, &naming.last_name)] {
        if let Some(given) = given {
            check_part_of_name(given)?;
            given.trim().clone_into(part);
        }
    }
    match &naming.display_name {
        Some(given) => user.display_name.clone_from(given),
        None if named_by_parts => user.display_name = full_name(&user.first_name, &user.last_name, name.as_str()),
        None => {}
    }
    check_display_name(&user.display_name)?;
    if let Some(email) = &naming.email {
        check_email(email)?;
        if *email != user.email {
            check_address_is_free(tx, &user, email)?;
            // A link that went to the address of before sets no password any more.
            credentials::drop_resets(tx, user.id)?;
        }
        user.email.clone_from(email);
    }
    users::update(tx, &user)?;
    audit::done(tx, actor, "user.rename", name.as_str(), "")?;
    UserView::of(tx, actor, &user)
}

/// Refuses an address that somebody else has: of two who have the same, neither can sign in by it.
fn check_address_is_free(tx: &Tx<'_>, user: &UserRow, email: &str) -> Result<(), Fault> {
    let taken = |other: &UserRow| other.id != user.id && other.email.eq_ignore_ascii_case(email);
    if email.is_empty() || !users::list(tx)?.iter().any(taken) {
        return Ok(());
    }
    let message = "another user of this office has this e-mail address";
    Err(Refusal::conflict("email-taken", message, "give an address that only this user reads").into())
}

/// All users of the office by name, disabled ones among them.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<UserView>, Fault> {
    rights::require_member(view, actor)?;
    views(view, actor, &users::list(view)?)
}

/// Which users to list; everything may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct UserQuery {
    /// Words that all have to be found in the names, the address or the sign-in name.
    pub text: String,
    /// The place after which the page begins, from the page before.
    pub after: Option<String>,
    /// Users of the page, 1 to 1,000; 50 when not given.
    pub limit: Option<usize>,
}

/// One page of the users whose names for people, e-mail address or sign-in name hold all words of the text, by name; of all users for an
/// empty text.
pub fn search(view: &View<'_>, actor: &Actor, query: &UserQuery) -> Result<Page<UserView>, Fault> {
    rights::require_member(view, actor)?;
    let limit = limit(query.limit, LIMIT_DEFAULT, "users")?;
    words_of::check(&query.text)?;
    let words = words_of::words(&query.text);
    let mut after = query.after.as_deref().map(read_place).transpose()?;
    let mut found = Vec::new();
    // One more than asked for tells whether another page follows.
    while found.len() <= limit {
        let batch = users::page(view, after.as_deref(), BATCH)?;
        let is_last = batch.len() < BATCH;
        after = batch.last().map(|last| last.name.to_string());
        found.extend(batch.into_iter().filter(|user| users::is_called(user, &words)));
        if is_last {
            break;
        }
    }
    let next = cut(&mut found, limit).map(|last| place(last.name.as_str()));
    Ok(Page { items: views(view, actor, &found)?, next })
}

/// The users as `actor` sees them.
fn views(view: &View<'_>, actor: &Actor, users: &[UserRow]) -> Result<Vec<UserView>, Fault> {
    if !rights::administers(view, actor)? {
        return users.iter().map(|user| UserView::of(view, actor, user)).collect();
    }
    let counts = records::count_by_owner(view)?;
    let of = |user: &UserRow| counts.iter().find(|(owner, _)| *owner == user.id).map_or_else(KindCounts::default, |(_, counts)| *counts);
    users.iter().map(|user| UserView::with(view, user, Some(of(user)))).collect()
}

/// One user.
pub fn show(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<UserView, Fault> {
    rights::require_member(view, actor)?;
    UserView::of(view, actor, &find(view, name)?)
}

/// The user with this name, disabled or not.
pub fn find(view: &View<'_>, name: &UserName) -> Result<UserRow, Fault> {
    let unknown =
        || Refusal::not_found("unknown-user", format!("this office has no user '{name}'"), "see its users: interoffice user list");
    Ok(users::find(view, name)?.ok_or_else(unknown)?)
}

/// Switches Super User or Enterprise View; a specialist gets neither. Record Sharing is switched by a plan that is confirmed.
pub fn set_right(tx: &Tx<'_>, actor: &Actor, name: &UserName, right: Right, on: bool) -> Result<UserView, Fault> {
    tx.attempt(actor, "user.right", name.as_str());
    rights::require_admin(tx, actor)?;
    let mut user = enabled(tx, name)?;
    if on {
        check_exclusion(user.specialist, right, name.as_str())?;
    }
    let flag = match right {
        Right::SuperUser => &mut user.super_user,
        Right::EnterpriseView => &mut user.enterprise_view,
        Right::RecordSharing => {
            let message = "Record Sharing changes more than this user, so its plan is read and confirmed first";
            let verb = if on { "enable" } else { "disable" };
            return Err(Refusal::invalid("need-plan", message, format!("use interoffice specialist {verb} {name}")).into());
        }
    };
    *flag = on;
    users::update(tx, &user)?;
    let detail = format!("{} {}", right.label(), if on { "on" } else { "off" });
    claims::blank_all(tx)?;
    audit::done(tx, actor, "user.right", name.as_str(), &detail)?;
    UserView::of(tx, actor, &user)
}

/// The user with this name, who must not be disabled.
pub(super) fn enabled(view: &View<'_>, name: &UserName) -> Result<UserRow, Fault> {
    let user = find(view, name)?;
    if user.disabled {
        return Err(Refusal::conflict("user-disabled", format!("the user {name} is disabled"), "nothing needs to be done").into());
    }
    Ok(user)
}

/// Refuses when nobody with full access would be left after `user` lost it: an admin who is no specialist.
pub(super) fn check_last_admin(view: &View<'_>, user: &UserRow) -> Result<(), Fault> {
    let others = users::list(view)?.iter().any(|other| other.id != user.id && other.sees_everything());
    if !user.role.administers || others {
        return Ok(());
    }
    let message = format!("{} is the last administrator with access to all records, and nobody with full access would be left", user.name);
    Err(Refusal::denied("last-admin", message, "add another administrator first: interoffice user add NAME --account admin").into())
}

/// Refuses when nobody who owns clients would be left after `user` no longer did.
pub(super) fn check_last_practitioner(view: &View<'_>, user: &UserRow) -> Result<(), Fault> {
    if !user.account.owns_clients() || user.disabled || users::practitioners_but(view, user.id)? > 0 {
        return Ok(());
    }
    let message = format!("{} is the last practitioner, and every office has at least one", user.name);
    Err(Refusal::denied("last-practitioner", message, "add another practitioner first: interoffice user add NAME").into())
}
