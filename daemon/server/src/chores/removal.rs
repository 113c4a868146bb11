//! Erasing what is to be erased: files of ended links are unlinked, files with withdrawn records rebuilt, receipts signed.
//! Every step may run again after a crash, and start-up is nothing but a run.

use std::time::Duration;

use interoffice_core::actions::removal::{self, Duty};
use interoffice_core::store::links::{self, LinkRow};
use interoffice_core::store::received::{ReceivedFiles, Withdrawn};
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{Fault, Ring, StoreFault};
use interoffice_protocol::digest::LinkSecret;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::LinkState;

use super::Chore;
use crate::bell::Heard;
use crate::house::{House, Later, Priority};

/// Withdrawals that come close together share one rebuild.
const GATHER: Duration = Duration::from_millis(150);

/// See the module.
pub(crate) struct Removal;

impl Chore for Removal {
    fn name(&self) -> &'static str {
        "removal"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wakes_on(&self, heard: &Heard) -> bool {
        match heard {
            Heard::Some(rings) => rings.iter().any(|ring| matches!(ring, Ring::Removal(_))),
            Heard::Everything => true,
        }
    }

    fn run<'a>(&'a self, house: &'a House) -> Later<'a, Result<String, Fault>> {
        Box::pin(async move {
            let mut run = Run::default();
            for duty in house.read(removal::duties).await? {
                let link = duty.link.link;
                run.note(link, erase(house, duty).await.map(|()| 1));
            }
            for link in house.files(|received| Ok(received.sweep()?)).await? {
                run.note(link, sort_out(house, link).await);
            }
            run.end()
        })
    }
}

/// What a run did. A link that fails must not keep the copies of others from being erased.
#[derive(Default)]
struct Run {
    done: u64,
    failed: u64,
    first: Option<Fault>,
}

impl Run {
    fn note(&mut self, link: LinkId, end: Result<u64, Fault>) {
        match end {
            Ok(done) => self.done += done,
            Err(fault) => {
                tracing::warn!(%link, %fault, "the copies of a link could not be erased, and are tried again");
                self.failed += 1;
                self.first.get_or_insert(fault);
            }
        }
    }

    fn end(self) -> Result<String, Fault> {
        match self.first {
            Some(fault) if self.failed == 1 => Err(fault),
            Some(fault) => Err(StoreFault::Database(format!("{} links could not be erased, the first: {fault}", self.failed)).into()),
            None if self.done == 0 => Ok(String::new()),
            None => Ok(format!("{} erased", self.done)),
        }
    }
}

/// Erases an ended link: the list of what goes, then the file, then the receipt, each durable before the next.
async fn erase(house: &House, duty: Duty) -> Result<(), Fault> {
    let (id, secret) = (duty.link.link, duty.link.secret.clone());
    if duty.state == RemovalState::ToDo {
        let leaves = match house.files(move |received| Ok(received.leaves(id, &secret)?)).await {
            // A damaged file is erased all the same; the receipt names nothing, and the owner's office sees that it does not match.
            Err(Fault::Store(StoreFault::Corrupt(what))) => {
                tracing::error!(link = %id, what, "the copies of an ended link can't be listed: they are erased unlisted");
                Vec::new()
            }
            listed => listed?,
        };
        house.write(Priority::Sync, move |tx| removal::prepare(tx, id, &leaves)).await?;
    }
    house.files(move |received| Ok(received.erase(id)?)).await?;
    house.write(Priority::Sync, move |tx| removal::finish(tx, id)).await
}

/// A file that is there: one of an ended or unknown link goes, one with withdrawn records is rebuilt.
async fn sort_out(house: &House, link: LinkId) -> Result<u64, Fault> {
    let Some(row) = live(house, link).await? else {
        // The link may have ended after the duties were read: its copies are listed for the receipt before the file goes.
        match house.read(removal::duties).await?.into_iter().find(|duty| duty.link.link == link) {
            Some(duty) => erase(house, duty).await?,
            None => house.files(move |received| Ok(received.erase(link)?)).await?,
        }
        return Ok(1);
    };
    let progress = house.files(move |received| Ok(received.progress(link)?)).await?;
    if progress.erasing == 0 {
        return Ok(0);
    }
    tokio::time::sleep(GATHER).await;
    let secret = row.secret.clone();
    let Some(withdrawn) = house.files(move |received| Ok(rebuild(received, link, &secret)?)).await? else { return Ok(0) };
    let (epoch, upto) = (withdrawn.epoch, withdrawn.upto);
    if house.write(Priority::Sync, move |tx| removal::finish_part(tx, link, &withdrawn)).await? {
        // Else the link has ended meanwhile, and the receipt for the whole link still has to name these copies.
        house.files(move |received| Ok(received.receipted(link, epoch, upto)?)).await?;
    }
    Ok(1)
}

/// The link, unless it is over or was never there.
async fn live(house: &House, link: LinkId) -> Result<Option<LinkRow>, Fault> {
    let row = house.read(move |view| Ok(links::find(view, link)?)).await?;
    Ok(row.filter(|row| !matches!(row.state, LinkState::Ended(_))))
}

fn rebuild(received: &ReceivedFiles, link: LinkId, secret: &LinkSecret) -> Result<Option<Withdrawn>, StoreFault> {
    let withdrawn = received.withdrawn(link, secret)?;
    if withdrawn.is_some() {
        received.rebuild(link)?;
    }
    Ok(withdrawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::testing;

    #[tokio::test]
    async fn a_file_that_can_not_be_erased_keeps_no_other_from_being_erased() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let path = |byte: u8| folder.path().join("received").join(format!("{}.db", LinkId([byte; 32])));
        for byte in 0..40 {
            // A folder where a file belongs can't be unlinked.
            if byte % 10 == 3 { std::fs::create_dir(path(byte)).unwrap() } else { std::fs::write(path(byte), "copies").unwrap() }
        }
        let end = Removal.run(&house).await.unwrap_err().to_string();
        assert!(end.starts_with("the database reports: 4 links could not be erased"), "{end}");
        for byte in 0..40 {
            assert_eq!(path(byte).exists(), byte % 10 == 3, "{byte}");
        }
        house.close();
    }
}
