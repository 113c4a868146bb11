//! Reading the copies that other offices share, the one way for every handler: which links may be read is asked of the store, their
//! files are read where blocking is allowed, and then the store is asked again. A file may be busy for seconds while it is rebuilt; the
//! threads that read the store wait for none. A link that ended meanwhile shows nothing, as if its file had not been read.

use std::collections::HashSet;

use interoffice_core::actions::copies::Readable;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_protocol::ids::LinkId;
use serde::Serialize;

use crate::house::House;

/// Runs `read` on the files of the links that `which` gives; what it finds in a link that `which` does not give any more is dropped.
pub(super) async fn read<T, W, R>(house: &House, which: W, read: R) -> Result<Vec<(Readable, T)>, Fault>
where
    T: Send + 'static,
    W: Fn(&View<'_>) -> Result<Vec<Readable>, Fault> + Clone + Send + 'static,
    R: FnOnce(&ReceivedFiles, Vec<Readable>) -> Result<Vec<(Readable, T)>, Fault> + Send + 'static,
{
    let links = house.read(which.clone()).await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = house.files(move |received| read(received, links)).await?;
    if !found.is_empty() {
        let still: HashSet<LinkId> = house.read(which).await?.into_iter().map(|link| link.link).collect();
        found.retain(|(link, _)| still.contains(&link.link));
    }
    Ok(found)
}

/// Leaves out the file of one link, since the others can be read all the same.
pub(super) fn broken(link: &Readable, fault: &StoreFault) {
    tracing::error!(link = %link.link, %fault, "the copies of a link can't be read");
}

/// What an own record lacks of [`Origin`], in the words of the description.
#[derive(utoipa::ToSchema)]
#[schema(as = Origin)]
#[allow(dead_code, reason = "the description is all that is made of it")]
pub(super) struct MaybeOrigin {
    /// The link that brought a copy; an own record has none.
    link: Option<String>,
    /// The office that owns it.
    office: Option<String>,
    /// Its name.
    office_name: Option<String>,
    /// The agreed level.
    level: Option<String>,
}

/// Where a copy comes from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Origin {
    /// The link that brought it.
    pub(super) link: String,
    /// The office that owns it.
    pub(super) office: String,
    pub(super) office_name: String,
    /// The agreed level.
    pub(super) level: &'static str,
}

impl From<&Readable> for Origin {
    fn from(link: &Readable) -> Self {
        Self { link: link.link.to_string(), office: link.office.clone(), office_name: link.office_name.clone(), level: link.level }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use super::*;
    use crate::house::testing;

    fn link(byte: u8) -> Readable {
        let (owner, office, office_name) = ("ann".to_owned(), String::new(), "Office A".to_owned());
        Readable { link: LinkId([byte; 32]), owner, office, office_name, level: "read" }
    }

    fn names(_: &ReceivedFiles, links: Vec<Readable>) -> Result<Vec<(Readable, u8)>, Fault> {
        Ok(links.into_iter().map(|link| (link.clone(), link.link.0[0])).collect())
    }

    #[tokio::test]
    async fn inv_10_what_was_read_of_a_link_that_ended_meanwhile_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let ended = Arc::new(AtomicBool::new(false));
        let (asked, ending) = (Arc::clone(&ended), Arc::clone(&ended));
        let which = move |_: &View<'_>| Ok(if asked.load(Ordering::Acquire) { vec![link(2)] } else { vec![link(1), link(2)] });
        let found = read(&house, which, move |received, links| {
            ending.store(true, Ordering::Release);
            names(received, links)
        });
        assert_eq!(found.await.unwrap(), [(link(2), 2)]);
        assert_eq!(read(&house, |_: &View<'_>| Ok(Vec::new()), names).await.unwrap(), []);
        house.close();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn files_that_are_busy_hold_up_nobody_who_reads_the_store() {
        const BUSY: usize = 8;
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let done = Arc::new(Barrier::new(BUSY + 1));
        let waiting: Vec<_> = (0..BUSY)
            .map(|_| {
                let (house, done) = (house.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    let busy = move |received: &ReceivedFiles, links| {
                        done.wait();
                        names(received, links)
                    };
                    read(&house, |_: &View<'_>| Ok(vec![link(1)]), busy).await.unwrap().len()
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let seen = tokio::time::timeout(Duration::from_secs(10), house.read(|_| Ok(())));
        assert!(seen.await.is_ok(), "everybody else reads on");
        tokio::task::spawn_blocking(move || done.wait()).await.unwrap();
        for reader in waiting {
            assert_eq!(reader.await.unwrap(), 1);
        }
        house.close();
    }
}
