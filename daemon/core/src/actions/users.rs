//! Users: adding, listing, rights that are set directly, and disabling with everything that hangs on it.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use interoffice_protocol::statement::EndReason;
use serde::{Deserialize, Serialize};

use super::{links, rights};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::domain::search as words_of;
use crate::domain::user::{Account, Right, check_display_name, check_email, check_exclusion};
use crate::store::records::{self, KindCounts};
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit, proxies};

/// What a user is added with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewUser {
    /// Permanent sign-in name: 2 to 256 letters and digits.
    pub name: String,
    /// Name for people; empty for the sign-in name.
    pub display_name: String,
    /// E-mail address of at most 256 characters, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
    /// Gives Super User.
    pub super_user: bool,
    /// Gives Enterprise View.
    pub enterprise_view: bool,
}

/// A user as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UserView {
    /// Permanent sign-in name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// E-mail address, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
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
    /// Records in use that the user owns.
    pub records: KindCounts,
    /// When the user was added (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

impl UserView {
    pub(super) fn of(view: &View<'_>, user: &UserRow) -> Result<Self, Fault> {
        Ok(Self::with(user, records::count_of(view, user.id)?))
    }

    fn with(user: &UserRow, records: KindCounts) -> Self {
        let held =
            [(Right::RecordSharing, user.specialist), (Right::SuperUser, user.super_user), (Right::EnterpriseView, user.enterprise_view)];
        Self {
            name: user.name.to_string(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            account: user.account,
            specialist: user.specialist,
            super_user: user.super_user,
            enterprise_view: user.enterprise_view,
            all_clients: user.all_clients.map_or("none", Level::as_str),
            disabled: user.disabled,
            rights: held.iter().filter(|(_, held)| *held).map(|(right, _)| right.label()).collect(),
            records,
            created_ms: user.created_ms,
        }
    }
}

/// Adds a user.
pub fn add(tx: &Tx<'_>, actor: &Actor, new: &NewUser) -> Result<UserView, Fault> {
    let name = UserName::new(&new.name).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), "choose another name"))?;
    tx.attempt(actor, "user.add", name.as_str());
    rights::require_admin(tx, actor)?;
    let display_name = if new.display_name.is_empty() { new.name.clone() } else { new.display_name.clone() };
    check_display_name(&display_name)?;
    check_email(&new.email)?;
    if users::find(tx, &name)?.is_some() {
        let message = format!("this office has a user '{name}' already; letter case makes no difference");
        return Err(Refusal::conflict("user-exists", message, "choose another name").into());
    }
    let user = UserRow {
        id: 0,
        name,
        display_name,
        email: new.email.clone(),
        account: new.account,
        specialist: false,
        super_user: new.super_user,
        enterprise_view: new.enterprise_view,
        all_clients: None,
        disabled: false,
        created_ms: tx.now_ms,
    };
    let user = users::insert(tx, &user)?;
    audit::done(tx, actor, "user.add", user.name.as_str(), user.account.as_str())?;
    UserView::of(tx, &user)
}

/// All users of the office by name, disabled ones among them.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<UserView>, Fault> {
    search(view, actor, "")
}

/// The users whose names for people, e-mail address or sign-in name hold all words of `text`, by name; all users for an empty text.
pub fn search(view: &View<'_>, actor: &Actor, text: &str) -> Result<Vec<UserView>, Fault> {
    rights::require_member(view, actor)?;
    words_of::check(text)?;
    let words = words_of::words(text);
    let counts = records::count_by_owner(view)?;
    let of = |user: &UserRow| counts.iter().find(|(owner, _)| *owner == user.id).map_or_else(KindCounts::default, |(_, counts)| *counts);
    let found = users::list(view)?;
    Ok(found.iter().filter(|user| users::is_called(user, &words)).map(|user| UserView::with(user, of(user))).collect())
}

/// One user.
pub fn show(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<UserView, Fault> {
    rights::require_member(view, actor)?;
    UserView::of(view, &find(view, name)?)
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
    audit::done(tx, actor, "user.right", name.as_str(), &detail)?;
    UserView::of(tx, &user)
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
    if user.account != Account::Admin || others {
        return Ok(());
    }
    let message = format!("{} is the last administrator with access to all records, and nobody with full access would be left", user.name);
    Err(Refusal::denied("last-admin", message, "add another administrator first: interoffice user add NAME --account admin").into())
}

/// What disabling a user will do.
pub fn plan_disable(tx: &Tx<'_>, actor: &Actor, name: &UserName) -> Result<Plan, Fault> {
    tx.attempt(actor, "user.disable", name.as_str());
    rights::require_admin(tx, actor)?;
    let user = enabled(tx, name)?;
    check_last_admin(tx, &user)?;
    let mut draft = Draft::new("user.disable", name.as_str());
    draft.change(format!("{name} can neither sign in nor act any more"));
    if user.specialist {
        draft.change(format!("{name} loses the right {}", Right::RecordSharing.label()));
    }
    links::describe_end(tx, &links::live_links_of(tx, name)?, &mut draft)?;
    let proxies = proxies::list(tx, Some(user.id))?.len() as u64;
    if proxies > 0 {
        let (ends, which) = (if proxies == 1 { "ends" } else { "end" }, counted(proxies, "proxy", "proxies"));
        draft.change(format!("{which} {ends}: others no longer see what {name} owns, nor {name} what others own"));
    }
    let owned = records::count_of(tx, user.id)?;
    if owned.total() > 0 {
        let owned = counted(owned.total(), "record", "records");
        draft.stay(format!("{owned} of this office stay, with {name} as owner; administrators see them"));
    }
    Ok(draft.finish())
}

/// Disables a user: all links of the user end, and the copies shared over them are removed.
pub fn disable(tx: &Tx<'_>, actor: &Actor, name: &UserName, plan: &PlanId) -> Result<UserView, Fault> {
    plan_disable(tx, actor, name)?.agreed(plan)?;
    let mut user = enabled(tx, name)?;
    (user.disabled, user.specialist) = (true, false);
    users::update(tx, &user)?;
    proxies::forget(tx, user.id)?;
    let ended = links::end_links_of(tx, actor, name, EndReason::UserGone)?;
    let owned = records::count_of(tx, user.id)?.total();
    audit::done(tx, actor, "user.disable", name.as_str(), &format!("links {ended}, records owned {owned}"))?;
    UserView::of(tx, &user)
}
