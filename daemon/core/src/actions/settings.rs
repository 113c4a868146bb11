//! Settings of the office that an administrator changes directly.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::store::office::Habits;
use crate::store::{Fault, Tx, View, audit, office, users};

/// The settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Settings {
    /// Whether users see only contacts assigned to them.
    pub office_security: bool,
    /// Whether showing a record whole is written into the audit.
    pub log_views: bool,
    /// Whether exporting records is written into the audit.
    pub log_downloads: bool,
    /// Whether a new record that looks like another one is asked about.
    pub warn_duplicates: bool,
}

/// What is to be changed; what is not given stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// See [`Settings::office_security`].
    pub office_security: Option<bool>,
    /// See [`Settings::log_views`].
    pub log_views: Option<bool>,
    /// See [`Settings::log_downloads`].
    pub log_downloads: Option<bool>,
    /// See [`Settings::warn_duplicates`].
    pub warn_duplicates: Option<bool>,
}

/// The settings as they are.
pub fn view(view: &View<'_>, actor: &Actor) -> Result<Settings, Fault> {
    rights::require_member(view, actor)?;
    let Habits { log_views, log_downloads, warn_duplicates } = office::habits(view)?;
    Ok(Settings { office_security: office::load(view)?.policy.office_security, log_views, log_downloads, warn_duplicates })
}

/// Changes what is given, all of it or nothing.
pub fn change(tx: &Tx<'_>, actor: &Actor, change: &Change) -> Result<Settings, Fault> {
    tx.attempt(actor, if change.office_security.is_some() { "office.security" } else { "office.settings" }, "office");
    rights::require_admin(tx, actor)?;
    if let Some(on) = change.office_security {
        set_office_security(tx, actor, on)?;
    }
    let before = office::habits(tx)?;
    let mut after = before;
    let switches = [
        ("office.log-views", change.log_views, &mut after.log_views),
        ("office.log-downloads", change.log_downloads, &mut after.log_downloads),
        ("office.warn-duplicates", change.warn_duplicates, &mut after.warn_duplicates),
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
    view(tx, actor)
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
