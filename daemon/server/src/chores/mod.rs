//! Chores: named background work that anyone may look at and that may run twice without harm.

mod clockwork;
mod keeping;
mod post;
mod removal;

use std::sync::Arc;
use std::time::Duration;

use interoffice_core::store::Fault;
use tokio::task::JoinHandle;

use crate::bell::Heard;
use crate::clock;
use crate::house::{House, Later};

/// The longest pause after a run that failed: most failures, such as a full disk, pass, and then nobody should wait for long.
const AGAIN: Duration = Duration::from_secs(5);

/// Named background work.
pub(crate) trait Chore: Send + Sync + 'static {
    /// Its name, as shown to an operator.
    fn name(&self) -> &'static str;

    /// The longest pause between two runs.
    fn every(&self) -> Duration;

    /// Whether this ring makes a run worth while before the pause is over.
    fn wakes_on(&self, _heard: &Heard) -> bool {
        false
    }

    /// One run; says in a few words what it did, empty for nothing worth telling.
    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>>;
}

/// Every chore of the daemon.
pub(crate) fn all(house: &House) -> Vec<Arc<dyn Chore>> {
    vec![
        Arc::new(removal::Removal),
        Arc::new(clockwork::LeaseTick::new(house)),
        Arc::new(clockwork::Expiry),
        Arc::new(clockwork::Reserve),
        Arc::new(post::Digest),
        Arc::new(post::OldMails),
        Arc::new(keeping::Retention),
        Arc::new(keeping::OldAnswers),
    ]
}

/// Starts a task for each chore; the tasks end when the house stops.
pub(crate) fn start(house: &House, chores: Vec<Arc<dyn Chore>>) -> Vec<JoinHandle<()>> {
    chores.into_iter().map(|chore| tokio::spawn(work(house.clone(), chore))).collect()
}

async fn work(house: House, chore: Arc<dyn Chore>) {
    let mut bell = house.bell().subscribe();
    loop {
        let pause = tokio::time::sleep(run(&house, chore.as_ref()).await);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                biased;
                () = house.stopped() => return,
                () = &mut pause => break,
                heard = bell.next() => match heard {
                    Some(heard) if chore.wakes_on(&heard) => break,
                    Some(_) => {}
                    None => return,
                },
            }
        }
    }
}

/// Runs a chore and keeps how it went; says how long until it runs again by itself.
async fn run(house: &House, chore: &dyn Chore) -> Duration {
    let name = chore.name();
    house.board().note(name, |state| state.state = "running");
    let end = chore.run(house).await;
    if let Err(fault) = &end {
        tracing::warn!(chore = name, %fault, "a chore failed and is tried again");
    }
    let pause = if end.is_ok() { chore.every() } else { chore.every().min(AGAIN) };
    let now_ms = clock::now_ms();
    house.board().note(name, |state| {
        state.runs += 1;
        state.last_ms = Some(now_ms);
        state.next_ms = Some(now_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)));
        match end {
            Ok(last) => {
                state.state = "waiting";
                state.failures = 0;
                state.last = last;
            }
            Err(fault) => {
                state.state = "failed";
                state.failures += 1;
                state.last = fault.to_string();
            }
        }
    });
    pause
}
