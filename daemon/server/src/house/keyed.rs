//! The key by which a client named its request: it is claimed in the transaction of the first verb that the request does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use interoffice_core::actions::claims::{self, Keyed};
use interoffice_core::store::{Fault, Tx};

tokio::task_local! {
    static CLAIM: Claim;
}

/// A key, and whether a verb has claimed it.
#[derive(Clone)]
pub(crate) struct Claim {
    keyed: Arc<Keyed>,
    taken: Arc<AtomicBool>,
}

impl Claim {
    /// A key that nothing was done under yet.
    pub(crate) fn new(keyed: Keyed) -> Self {
        Self { keyed: Arc::new(keyed), taken: Arc::default() }
    }

    /// The key.
    pub(crate) fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    /// Whether something was done under it.
    pub(crate) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst)
    }

    /// Does everything that is asked for in `work` under this key.
    pub(crate) async fn during<F: Future>(self, work: F) -> F::Output {
        CLAIM.scope(self, work).await
    }

    /// The claim that the next verb of this task has to make.
    pub(super) fn due() -> Option<Self> {
        CLAIM.try_with(Clone::clone).ok().filter(|claim| !claim.is_taken())
    }

    /// Makes the claim in the transaction that does what was asked for.
    pub(super) fn take(&self, tx: &Tx<'_>) -> Result<(), Fault> {
        claims::take(tx, &self.keyed)
    }

    /// The transaction is durable.
    pub(super) fn taken(&self) {
        self.taken.store(true, Ordering::SeqCst);
    }
}
