//! The office itself: set up once, described on request.

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::limits::OFFICE_NAME_BYTES_MAX;
use interoffice_protocol::names::is_plain;
use serde::Serialize;

use super::rights;
use crate::domain::actor::Actor;
use crate::domain::reach::{self, Tried};
use crate::domain::refusal::Refusal;
use crate::store::{Fault, Tx, View, audit, office, peers, removals};

/// The office as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct OfficeView {
    /// Its id, base32.
    pub office: String,
    /// Its name.
    pub name: String,
    /// This life of its database.
    pub epoch: u64,
    /// Whether users see only contacts assigned to them.
    pub office_security: bool,
    /// Paired offices.
    pub peers: u64,
    /// Removals at other offices that no receipt has confirmed.
    pub unconfirmed_removals: u64,
}

/// Sets the office up; refused when it is.
pub fn set_up(tx: &Tx<'_>, name: &str) -> Result<(), Fault> {
    if office::find(tx)?.is_some() {
        return Err(Refusal::conflict("already-set-up", "this office is set up already", "use the folder as it is").into());
    }
    check_name(name)?;
    office::create(tx, name, Epoch::after([], tx.moment.random()))?;
    audit::done(tx, &Actor::Operator, "office.set-up", &tx.office.office().to_string(), "")?;
    Ok(())
}

/// Refuses a name that other offices could not take.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = !name.trim().is_empty() && name.len() <= OFFICE_NAME_BYTES_MAX && is_plain(name);
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid("bad-office-name", "an office name has 1 to 256 printable characters", "choose another name"))
    }
}

const TRIED: &str = "office.addresses-tried";

/// Whether `actor` may have the addresses tried that this office gives to others; asked before anybody is called.
pub fn may_try_addresses(tx: &Tx<'_>, actor: &Actor) -> Result<(), Fault> {
    tx.attempt(actor, TRIED, "office");
    rights::require_admin(tx, actor)
}

/// Remembers that `actor` had them tried, with how many came to what. Whoever was no administrator any more meanwhile is refused.
pub fn addresses_tried(tx: &Tx<'_>, actor: &Actor, tried: &[Tried]) -> Result<(), Fault> {
    may_try_addresses(tx, actor)?;
    audit::done(tx, actor, TRIED, "office", &reach::counts(tried))?;
    Ok(())
}

/// The office.
pub fn view(view: &View<'_>) -> Result<OfficeView, Fault> {
    let row = office::load(view)?;
    let paired = peers::all(view)?.iter().filter(|peer| peer.standing == peers::Standing::Paired).count();
    Ok(OfficeView {
        office: view.office.office().to_string(),
        name: row.name,
        epoch: row.epoch.counter,
        office_security: row.policy.office_security,
        peers: paired as u64,
        unconfirmed_removals: removals::unconfirmed(view)?,
    })
}
