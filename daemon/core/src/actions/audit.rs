//! Reading the audit.

use interoffice_protocol::limits::COUNTER_MAX;

use super::rights;
use crate::domain::actor::Actor;
use crate::store::audit::{self, AuditLine};
use crate::store::{Fault, View};

/// Most lines of one answer.
pub const LINES_MAX: usize = 1_000;

/// The lines after number `after`, oldest first, at most `limit` and at most [`LINES_MAX`]; for administrators.
pub fn since(view: &View<'_>, actor: &Actor, after: u64, limit: usize) -> Result<Vec<AuditLine>, Fault> {
    rights::require_admin(view, actor)?;
    Ok(audit::since(view, after.min(COUNTER_MAX), limit.min(LINES_MAX))?)
}
