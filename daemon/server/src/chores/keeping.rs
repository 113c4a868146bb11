//! Records whose relationship was ended: somebody is reminded, and once they were kept long enough they are deleted.

use std::time::Duration;

use interoffice_core::actions::records;
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
