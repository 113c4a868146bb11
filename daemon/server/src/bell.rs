//! The bell: after each commit it tells every door whom the commit concerns, so that nobody has to ask the store again and again.

use std::sync::Arc;

use interoffice_core::store::{Ring, Rings};
use tokio::sync::broadcast;

/// Commits that a listener may lag behind before it is told "everything".
const RINGS_KEPT: usize = 1024;

/// Rings after each commit.
#[derive(Clone, Debug)]
pub(crate) struct Bell {
    sender: broadcast::Sender<Arc<Rings>>,
}

/// What a listener heard.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// These changed.
    Some(Arc<Rings>),
    /// The listener was too slow to hear each ring: anything may have changed.
    Everything,
}

impl Heard {
    /// Whether `ring` is among what was heard.
    pub(crate) fn concerns(&self, ring: &Ring) -> bool {
        match self {
            Self::Some(rings) => rings.contains(ring),
            Self::Everything => true,
        }
    }
}

impl Bell {
    /// A bell that nobody listens to yet.
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(RINGS_KEPT).0 }
    }

    /// Tells every listener whom a commit concerned.
    pub(crate) fn ring(&self, rings: Rings) {
        if !rings.is_empty() {
            // Nobody listening is no fault: whoever comes later reads the store first.
            let _ = self.sender.send(Arc::new(rings));
        }
    }

    /// Listens to every ring from here on. Subscribe first, then read the store: what is committed in between is heard.
    pub(crate) fn subscribe(&self) -> Listener {
        Listener { receiver: self.sender.subscribe() }
    }
}

/// Hears the bell.
#[derive(Debug)]
pub(crate) struct Listener {
    receiver: broadcast::Receiver<Arc<Rings>>,
}

impl Listener {
    /// Waits for the next ring; `None` when the house is gone.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        match self.receiver.recv().await {
            Ok(rings) => Some(Heard::Some(rings)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Everything),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit() -> Rings {
        Rings::from([Ring::Audit])
    }

    #[tokio::test]
    async fn a_listener_hears_what_changed() {
        let bell = Bell::new();
        let mut listener = bell.subscribe();
        bell.ring(audit());
        assert!(listener.next().await.unwrap().concerns(&Ring::Audit));
    }

    #[tokio::test]
    async fn a_listener_that_lags_is_told_that_everything_changed() {
        let bell = Bell::new();
        let mut listener = bell.subscribe();
        for _ in 0..=RINGS_KEPT {
            bell.ring(audit());
        }
        assert!(matches!(listener.next().await.unwrap(), Heard::Everything));
        drop(bell);
        while let Some(heard) = listener.next().await {
            assert!(heard.concerns(&Ring::Audit));
        }
    }

    #[tokio::test]
    async fn a_commit_that_concerns_nobody_rings_no_bell() {
        let bell = Bell::new();
        let mut listener = bell.subscribe();
        bell.ring(Rings::new());
        drop(bell);
        assert!(listener.next().await.is_none());
    }
}
