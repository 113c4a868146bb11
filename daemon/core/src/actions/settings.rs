//! Settings of the office that an administrator changes directly.

use serde::Serialize;

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::store::{Fault, Tx, View, audit, office, users};

/// The settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Settings {
    /// Whether users see only contacts assigned to them.
    pub office_security: bool,
    /// Whether everybody needs a second factor to sign in.
    pub second_factor: bool,
}

/// The settings as they are.
pub fn view(view: &View<'_>, actor: &Actor) -> Result<Settings, Fault> {
    rights::require_member(view, actor)?;
    Ok(Settings { office_security: office::load(view)?.policy.office_security, second_factor: office::wants_second_factor(view)? })
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
