//! Erasing what is to be erased: files of ended links are unlinked, files with withdrawn records rebuilt, receipts signed.
//! Every step may run again after a crash, and start-up is nothing but a run.

use std::time::Duration;

use interoffice_core::actions::removal::{self, Duty};
use interoffice_core::store::links::{self, LinkRow};
use interoffice_core::store::received::Withdrawn;
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
            let mut done = 0;
            for duty in house.read(removal::duties).await? {
                erase(house, duty).await?;
                done += 1;
            }
            let files = blocking(house, |received| received.sweep()).await?;
            for link in files {
                done += sort_out(house, link).await?;
            }
            Ok(if done == 0 { String::new() } else { format!("{done} erased") })
        })
    }
}

/// Erases an ended link: the list of what goes, then the file, then the receipt, each durable before the next.
async fn erase(house: &House, duty: Duty) -> Result<(), Fault> {
    let (id, secret) = (duty.link.link, duty.link.secret.clone());
    if duty.state == RemovalState::ToDo {
        let leaves = blocking(house, move |received| received.leaves(id, &secret)).await?;
        house.write(Priority::Sync, move |tx| removal::prepare(tx, id, &leaves)).await?;
    }
    blocking(house, move |received| received.erase(id)).await?;
    house.write(Priority::Sync, move |tx| removal::finish(tx, id)).await
}

/// A file that is there: one of an ended or unknown link goes, one with withdrawn records is rebuilt.
async fn sort_out(house: &House, link: LinkId) -> Result<u64, Fault> {
    let Some(row) = live(house, link).await? else {
        // The link may have ended after the duties were read: its copies are listed for the receipt before the file goes.
        match house.read(removal::duties).await?.into_iter().find(|duty| duty.link.link == link) {
            Some(duty) => erase(house, duty).await?,
            None => blocking(house, move |received| received.erase(link)).await?,
        }
        return Ok(1);
    };
    let progress = blocking(house, move |received| received.progress(link)).await?;
    if progress.erasing == 0 {
        return Ok(0);
    }
    tokio::time::sleep(GATHER).await;
    let secret = row.secret.clone();
    let Some(withdrawn) = blocking(house, move |received| rebuild(received, link, &secret)).await? else { return Ok(0) };
    let (epoch, upto) = (withdrawn.epoch, withdrawn.upto);
    if house.write(Priority::Sync, move |tx| removal::finish_part(tx, link, &withdrawn)).await? {
        // Else the link has ended meanwhile, and the receipt for the whole link still has to name these copies.
        blocking(house, move |received| received.receipted(link, epoch, upto)).await?;
    }
    Ok(1)
}

/// The link, unless it is over or was never there.
async fn live(house: &House, link: LinkId) -> Result<Option<LinkRow>, Fault> {
    let row = house.read(move |view| Ok(links::find(view, link)?)).await?;
    Ok(row.filter(|row| !matches!(row.state, LinkState::Ended(_))))
}

fn rebuild(
    received: &interoffice_core::store::received::ReceivedFiles,
    link: LinkId,
    secret: &LinkSecret,
) -> Result<Option<Withdrawn>, StoreFault> {
    let withdrawn = received.withdrawn(link, secret)?;
    if withdrawn.is_some() {
        received.rebuild(link)?;
    }
    Ok(withdrawn)
}

/// Runs work on the received files where blocking is allowed.
async fn blocking<T: Send + 'static>(
    house: &House,
    work: impl FnOnce(&interoffice_core::store::received::ReceivedFiles) -> Result<T, StoreFault> + Send + 'static,
) -> Result<T, Fault> {
    let received = house.received().clone();
    match tokio::task::spawn_blocking(move || work(&received)).await {
        Ok(end) => Ok(end?),
        Err(error) => Err(StoreFault::Database(format!("erasing met a case it does not know: {error}")).into()),
    }
}
