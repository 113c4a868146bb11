//! Settings of the office that an administrator changes directly.

use serde::{Deserialize, Serialize};

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::digest::zone;
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::store::{Fault, Tx, View, audit, office, users};

/// The settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Settings {
    /// Whether users see only contacts assigned to them.
    pub office_security: bool,
    /// Whether everybody needs a second factor to sign in.
    pub second_factor: bool,
    /// IANA name of the time zone in whose morning the daily digest is sent.
    pub time_zone: String,
}

/// What is to be changed; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// Office security.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_security: Option<bool>,
    /// Whether everybody needs a second factor to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<bool>,
    /// IANA name of the office's time zone, such as `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The settings as they are.
pub fn view(view: &View<'_>, actor: &Actor) -> Result<Settings, Fault> {
    rights::require_member(view, actor)?;
    Ok(Settings {
        office_security: office::load(view)?.policy.office_security,
        second_factor: office::wants_second_factor(view)?,
        time_zone: office::time_zone(view)?,
    })
}

/// Changes what is given, all of it or nothing.
pub fn change(tx: &Tx<'_>, actor: &Actor, change: &Change) -> Result<Settings, Fault> {
    if let Some(name) = &change.time_zone {
        set_time_zone(tx, actor, name.trim())?;
    }
    if let Some(on) = change.office_security {
        set_office_security(tx, actor, on)?;
    }
    if let Some(on) = change.second_factor {
        set_second_factor(tx, actor, on)?;
    }
    view(tx, actor)
}

/// Sets the time zone in whose morning the daily digest is sent.
fn set_time_zone(tx: &Tx<'_>, actor: &Actor, name: &str) -> Result<(), Fault> {
    tx.attempt(actor, "office.time-zone", "office");
    rights::require_admin(tx, actor)?;
    zone(name)?;
    if office::time_zone(tx)? != name {
        office::set_time_zone(tx, name)?;
        audit::done(tx, actor, "office.time-zone", "office", name)?;
    }
    Ok(())
}

/// Switches office security; it stays on while the office has specialists.
pub fn set_office_security(tx: &Tx<'_>, actor: &Actor, on: bool) -> Result<Settings, Fault> {
    tx.attempt(actor, "office.security", "office");
    rights::require_admin(tx, actor)?;
    let specialists = users::specialists(tx)?;
    if !on && specialists > 0 {
        let message =
            format!("the office has {}, and record sharing needs office security", counted(specialists, "specialist", "specialists"));
        return Err(Refusal::conflict("specialists-exist", message, "disable them first: interoffice specialist list").into());
    }
    if office::load(tx)?.policy.office_security != on {
        office::set_security(tx, on)?;
        audit::done(tx, actor, "office.security", "office", if on { "on" } else { "off" })?;
    }
    view(tx, actor)
}

/// Wants a second factor of everybody who signs in, or no longer. Who has none sets one up at the next request.
pub fn set_second_factor(tx: &Tx<'_>, actor: &Actor, on: bool) -> Result<Settings, Fault> {
    tx.attempt(actor, "office.second-factor", "office");
    rights::require_admin(tx, actor)?;
    if office::wants_second_factor(tx)? != on {
        office::set_second_factor(tx, on)?;
        audit::done(tx, actor, "office.second-factor", "office", if on { "on" } else { "off" })?;
    }
    view(tx, actor)
}
