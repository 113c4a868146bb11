//! What time alone brings about: the safe clock of the leases, links whose agreed end has passed, and the reserve made anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use interoffice_core::actions::{ending, lease, links};
use interoffice_core::store::Fault;

use super::Chore;
use crate::clock;
use crate::house::{House, Later, Priority};

/// Moves the safe clock on.
pub(crate) struct LeaseTick {
    began: Instant,
    count: Arc<Mutex<lease::Count>>,
}

impl LeaseTick {
    /// The clock of a daemon that starts.
    pub(crate) fn new(house: &House) -> Self {
        Self { began: clock::instant(), count: Arc::new(Mutex::new(lease::Count::begin(house.context()))) }
    }
}

fn locked(count: &Mutex<lease::Count>) -> MutexGuard<'_, lease::Count> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Chore for LeaseTick {
    fn name(&self) -> &'static str {
        "lease"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            let boot_ms = i64::try_from(clock::since(self.began).as_millis()).unwrap_or(i64::MAX);
            let count = Arc::clone(&self.count);
            let passed = house.read(move |view| locked(&count).look(view, boot_ms)).await?;
            let ticked = house.write(Priority::Chores, move |tx| lease::tick(tx, passed)).await?;
            locked(&self.count).written(house.context(), boot_ms, ticked);
            Ok(if ticked.went_back { "the wall clock went back".to_owned() } else { String::new() })
        })
    }
}

/// Ends links whose agreed end has passed.
pub(crate) struct Expiry;

impl Chore for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            let ended = house.end_links(Priority::Chores, ending::of_time, links::end_expired).await?;
            Ok(if ended.is_empty() { String::new() } else { format!("{} links ended", ended.len()) })
        })
    }
}

/// Makes the reserve again once the disk has room.
pub(crate) struct Reserve;

impl Chore for Reserve {
    fn name(&self) -> &'static str {
        "reserve"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        let house = house.clone();
        Box::pin(async move {
            let whole = tokio::task::spawn_blocking(move || house.keep_reserve()).await.unwrap_or(false);
            Ok(if whole { String::new() } else { "the disk is full: free some space".to_owned() })
        })
    }
}
