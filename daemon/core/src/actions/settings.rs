//! Settings of the office that an administrator changes directly.

use serde::{Deserialize, Serialize};

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::digest::zone;
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::domain::retention::check_years;
use crate::store::office::Habits;
use crate::store::{Fault, Tx, View, audit, claims, office, users};

/// The settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Settings {
    /// Whether users see only contacts assigned to them.
    pub office_security: bool,
    /// Whether everybody needs a second factor to sign in.
    pub second_factor: bool,
    /// IANA name of the time zone in whose morning the daily digest is sent.
    pub time_zone: String,
    /// Whether showing a record whole is written into the audit.
    pub log_views: bool,
    /// Whether exporting records is written into the audit.
    pub log_downloads: bool,
    /// Whether a new record that looks like another one is asked about.
    pub warn_duplicates: bool,
    /// Whether it is asked who is responsible for a new record.
    pub ask_responsible: bool,
    /// Years for which a record is kept after its relationship was ended, before it is deleted.
    pub keep_years: u32,
}

/// What is to be changed; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = SettingsChange)]
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
    /// See [`Settings::log_views`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_views: Option<bool>,
    /// See [`Settings::log_downloads`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_downloads: Option<bool>,
    /// See [`Settings::warn_duplicates`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn_duplicates: Option<bool>,
    /// See [`Settings::ask_responsible`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_responsible: Option<bool>,
    /// See [`Settings::keep_years`]: 1 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_years: Option<u32>,
}

/// The settings as they are.
pub fn view(view: &View<'_>, actor: &Actor) -> Result<Settings, Fault> {
    rights::require_member(view, actor)?;
    let Habits { log_views, log_downloads, warn_duplicates, ask_responsible } = office::habits(view)?;
    Ok(Settings {
        office_security: office::load(view)?.policy.office_security,
        second_factor: office::wants_second_factor(view)?,
        time_zone: office::time_zone(view)?,
        log_views,
        log_downloads,
        warn_duplicates,
        ask_responsible,
        keep_years: office::keep_years(view)?,
    })
}

/// Changes what is given, all of it or nothing.
pub fn change(tx: &Tx<'_>, actor: &Actor, change: &Change) -> Result<Settings, Fault> {
    tx.attempt(actor, "office.settings", "office");
    rights::require_admin(tx, actor)?;
    if let Some(name) = &change.time_zone {
        set_time_zone(tx, actor, name.trim())?;
    }
    if let Some(on) = change.office_security {
        set_office_security(tx, actor, on)?;
    }
    if let Some(on) = change.second_factor {
        set_second_factor(tx, actor, on)?;
    }
    if let Some(years) = change.keep_years {
        set_keep_years(tx, actor, years)?;
    }
    set_habits(tx, actor, change)?;
    view(tx, actor)
}

/// Sets for how many years records are kept. Fewer years delete nothing at once: somebody is reminded a month before.
fn set_keep_years(tx: &Tx<'_>, actor: &Actor, years: u32) -> Result<(), Fault> {
    check_years(years)?;
    if office::keep_years(tx)? != years {
        office::set_keep_years(tx, years)?;
        audit::done(tx, actor, "office.keep-years", "office", &years.to_string())?;
    }
    Ok(())
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

/// Sets what the office writes down and asks about.
fn set_habits(tx: &Tx<'_>, actor: &Actor, change: &Change) -> Result<(), Fault> {
    let before = office::habits(tx)?;
    let mut after = before;
    let switches = [
        ("office.log-views", change.log_views, &mut after.log_views),
        ("office.log-downloads", change.log_downloads, &mut after.log_downloads),
        ("office.warn-duplicates", change.warn_duplicates, &mut after.warn_duplicates),
        ("office.ask-responsible", change.ask_responsible, &mut after.ask_responsible),
    ];
    for (verb, wanted, switch) in switches {
        if let Some(on) = wanted.filter(|on| on != switch) {
            *switch = on;
            audit::done(tx, actor, verb, "office", if on { "on" } else { "off" })?;
        }
    }
    if after != before {
        office::set_habits(tx, after)?;
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
        claims::blank_all(tx)?;
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
