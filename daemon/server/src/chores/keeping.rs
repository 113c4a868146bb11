//! What is kept for a while: records whose relationship was ended, and answers to requests that may be sent again.

use std::time::Duration;

use interoffice_core::actions::{claims, records};
use interoffice_core::store::Fault;

use super::Chore;
use crate::house::{House, Later, Priority};

/// Keeps records for as long as the office says, and no longer.
pub(super) struct Retention;

impl Chore for Retention {
    fn name(&self) -> &'static str {
        "retention"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            if !house.read(records::is_due).await? {
                return Ok(String::new());
            }
            let kept = house.write(Priority::Chores, records::keep).await?;
            Ok(format!("{} reminded of, {} deleted", kept.reminded, kept.deleted))
        })
    }
}

/// Forgets the answers that are kept for requests which may be sent again.
pub(super) struct OldAnswers;

impl Chore for OldAnswers {
    fn name(&self) -> &'static str {
        "old-answers"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            let pruned = house.write(Priority::Chores, claims::prune).await?;
            Ok(if pruned == 0 { String::new() } else { format!("{pruned} forgotten") })
        })
    }
}
