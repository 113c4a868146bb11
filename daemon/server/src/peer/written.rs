//! Writing arrived batches down, on a full disk too: what takes a record back takes effect at once, whether it fits or not (INV-33).

use std::sync::Arc;

use interoffice_core::store::received::Applied;
use interoffice_core::store::{Fault, StoreFault};
use interoffice_protocol::digest::LinkSecret;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Batch, Change};

use crate::clock;
use crate::house::House;

/// Writes batches of a link down. On a full disk the reserve is spent on withdrawals; when they can't be written all the same, the link
/// is unreadable until they are.
pub(super) async fn write(house: &House, link: LinkId, secret: LinkSecret, group: Vec<Batch>) -> Result<Option<Applied>, Fault> {
    let group = Arc::new(group);
    let attempt = || {
        let (secret, group) = (secret.clone(), group.clone());
        house.files(move |received| Ok(received.apply(link, &secret, &group, clock::now_ms())?))
    };
    let mut end = attempt().await;
    let withdraws = last_withdrawal(&group).is_some();
    if withdraws && matches!(end, Err(Fault::Store(StoreFault::DiskFull))) && house.spend_reserve() {
        end = attempt().await;
    }
    if end.is_err() {
        put_off(house, link, &group);
    }
    end
}

/// Makes a link unreadable when a batch that is not written now, and will be sent again, takes a record back.
pub(super) fn put_off(house: &House, link: LinkId, group: &[Batch]) {
    if let Some((epoch, upto)) = last_withdrawal(group) {
        tracing::warn!(%link, "records were taken back and that can't be written down yet: the link is unreadable until it is");
        house.received().withhold(link, epoch, upto);
    }
}

/// Epoch and sequence of the last batch that takes a record back.
fn last_withdrawal(group: &[Batch]) -> Option<(u64, u64)> {
    let withdraws = |batch: &&Batch| batch.entries.iter().any(|entry| matches!(entry.change, Change::Withdraw));
    group.iter().rfind(withdraws).map(|batch| (batch.epoch.counter, batch.to))
}
