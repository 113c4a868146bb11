//! What time brings about in the outbox of mails: the daily digests, and old mails forgotten.

use std::time::Duration;

use interoffice_core::actions::{digest, mails};
use interoffice_core::store::Fault;

use super::Chore;
use crate::house::{House, Later, Priority};

/// Writes the daily digests when their morning has come.
pub(super) struct Digest;

impl Chore for Digest {
    fn name(&self) -> &'static str {
        "digest"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            if !house.read(digest::is_due).await? {
                return Ok(String::new());
            }
            let written = house.write(Priority::Chores, digest::write_due).await?;
            Ok(format!("{written} digests written"))
        })
    }
}

/// Forgets mails that ended long ago.
pub(super) struct OldMails;

impl Chore for OldMails {
    fn name(&self) -> &'static str {
        "old-mails"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            let pruned = house.write(Priority::Chores, mails::prune).await?;
            Ok(if pruned.mails == 0 { String::new() } else { format!("{} forgotten", pruned.mails) })
        })
    }
}
