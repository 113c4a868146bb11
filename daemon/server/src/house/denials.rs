//! Links that are unreadable since their end is known and could not be written down: the disk is full.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use interoffice_core::store::{Fault, Ring, View, links};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::LinkState;

use super::House;

/// The links that were denied for this reason and for no other.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<HashSet<LinkId>>);

impl Denials {
    fn links(&self) -> MutexGuard<'_, HashSet<LinkId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no link is denied.
    pub(super) fn is_empty(&self) -> bool {
        self.links().is_empty()
    }
}

/// Denies the links that `ends` names when the disk is full; otherwise opens those among them again that did not end.
pub(super) async fn settle<E>(house: &House, denials: &Denials, full: bool, ends: E)
where
    E: Fn(&View<'_>) -> Result<Vec<LinkId>, Fault> + Send + 'static,
{
    let read = house.read(move |view| {
        let mut links = Vec::new();
        for link in ends(view)? {
            let over = links::find(view, link)?.is_some_and(|row| matches!(row.state, LinkState::Ended(_)));
            links.push((link, over));
        }
        Ok(links)
    });
    let links = match read.await {
        Ok(links) => links,
        // Whoever may not end a link neither closes nor opens it.
        Err(Fault::Refused(_)) => return,
        Err(fault) => return tracing::error!(%fault, "the links of an end that is not written can't be found"),
    };
    for (link, over) in links {
        if full && !over {
            denials.links().insert(link);
            house.received().deny(link);
            tracing::warn!(%link, "the disk is full; the link is unreadable until its end can be written down");
        } else if !full && denials.links().remove(&link) && !over {
            house.received().allow(link);
            // Meanwhile the owner's office was told that the link is gone here, and stopped sending: it hears again where the link stands.
            house.bell().ring([Ring::Link(link)].into());
            tracing::info!(%link, "the link is readable again: its end was refused");
        }
    }
}

#[cfg(test)]
mod tests {
    use interoffice_core::domain::refusal::Refusal;
    use interoffice_core::store::StoreFault;

    use super::super::{Priority, testing};
    use super::*;

    const LINK: LinkId = LinkId([1; 32]);
    const OTHER: LinkId = LinkId([2; 32]);

    async fn attempt(house: &House, ends: &'static [LinkId], end: fn() -> Result<(), Fault>) {
        let _ = house.end_links(Priority::People, move |_: &View<'_>| Ok(ends.to_vec()), move |_| end()).await;
    }

    fn full() -> Result<(), Fault> {
        Err(StoreFault::DiskFull.into())
    }

    fn refused() -> Result<(), Fault> {
        Err(Refusal::conflict("stale-plan", "it changed", "look again").into())
    }

    #[tokio::test]
    async fn inv_33_links_whose_end_can_not_be_written_are_unreadable_until_it_is_decided() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let denied = || [LINK, OTHER].map(|link| house.received().is_denied(link));
        attempt(&house, &[LINK], refused).await;
        assert_eq!(denied(), [false, false]);
        attempt(&house, &[LINK], full).await;
        assert_eq!(denied(), [true, false]);
        attempt(&house, &[OTHER], || Ok(())).await;
        attempt(&house, &[OTHER], refused).await;
        assert_eq!(denied(), [true, false], "another link's end decides nothing about this one");
        let nobody = |_: &View<'_>| Err(Refusal::not_found("unknown-link", "not yours", "").into());
        let _ = house.end_links(Priority::People, nobody, |_| refused()).await;
        assert_eq!(denied(), [true, false], "whoever may not end it does not open it either");
        attempt(&house, &[LINK], refused).await;
        assert_eq!(denied(), [false, false]);
        house.close();
    }
}
