//! Preferences: what a user chooses for him- or herself, and with whom he or she is linked.

use serde::{Deserialize, Serialize};

use super::link_view::{self, Direction, Filter, LinkView};
use super::rights;
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Tx, View, audit};

/// What a user chose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Preferences {
    /// The user.
    pub user: String,
    /// Record sharing.
    pub record_sharing: RecordSharing,
}

/// What a user chose about record sharing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RecordSharing {
    /// Whether the user holds the right.
    pub enabled: bool,
    /// Accept cases as a specialist from any owner: without it the user accepts no request, and what others share stays closed.
    pub accept_cases: bool,
    /// Linked users: those receiving the user's contact records.
    pub receiving_mine: Vec<LinkView>,
    /// Linked users: those sharing their contact records with the user.
    pub sharing_with_me: Vec<LinkView>,
}

/// What is to be changed; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = PreferencesChange)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// See [`RecordSharing::accept_cases`].
    pub accept_cases: Option<bool>,
}

/// The acting user's preferences.
pub fn show(view: &View<'_>, actor: &Actor) -> Result<Preferences, Fault> {
    of(view, actor, &rights::require_user(view, actor)?)
}

fn of(view: &View<'_>, actor: &Actor, user: &UserRow) -> Result<Preferences, Fault> {
    let linked = |direction: Direction| {
        let filter = Filter { direction: Some(direction), status: None, user: Some(user.name.to_string()) };
        link_view::list(view, actor, &filter)
    };
    let (receiving_mine, sharing_with_me) = (linked(Direction::ReceivingMine)?, linked(Direction::SharingWithMe)?);
    let record_sharing = RecordSharing { enabled: user.specialist, accept_cases: user.accepts_cases, receiving_mine, sharing_with_me };
    Ok(Preferences { user: user.name.to_string(), record_sharing })
}

/// Changes what is given. Nothing is lost with what is switched off: the copies that are here stay here, closed.
pub fn change(tx: &Tx<'_>, actor: &Actor, change: &Change) -> Result<Preferences, Fault> {
    tx.attempt(actor, "user.preferences", actor.user().map_or("", |name| name.as_str()));
    let mut user = rights::require_user(tx, actor)?;
    rights::require_in_person(actor, &user)?;
    if let Some(on) = change.accept_cases.filter(|on| *on != user.accepts_cases) {
        user.accepts_cases = on;
        users::update(tx, &user)?;
        audit::done(tx, actor, "user.accept-cases", user.name.as_str(), if on { "on" } else { "off" })?;
    }
    of(tx, actor, &user)
}

/// Refuses a user who does not accept cases.
pub(super) fn require_accepting(user: &UserRow) -> Result<(), Refusal> {
    if user.accepts_cases {
        return Ok(());
    }
    let message = format!("{} does not accept cases as a specialist, as the preference says", user.name);
    Err(Refusal::denied("not-accepting", message, "change it first: interoffice preferences --accept-cases on"))
}
