//! Leases: a copy stays readable only as long as the owner's office renews it, on a clock that never goes back.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::{LinkState, Side};
use interoffice_protocol::seeded::{Bug, planted};

use crate::store::{Fault, OfficeContext, Tx, View, links, office, peers};

/// The safe clock (milliseconds): the persisted sum of what passed on the wall clock or since boot, whichever is more, and what passed since
/// it was last persisted.
pub fn safe_now(view: &View<'_>) -> Result<i64, Fault> {
    if planted(Bug::LeaseOnWallClock) {
        return Ok(view.now_ms);
    }
    let clock = office::safe_clock(view)?;
    let unwritten = view.now_ms.saturating_sub(clock.wall_ms).max(view.office.unwritten_ms());
    Ok(clock.safe_ms.saturating_add(unwritten.max(0)))
}

/// What a daemon counts on the machine's own clock between two ticks. A tick that can't be written, since the disk is full, loses none of it.
#[derive(Debug, Default)]
pub struct Count {
    /// What the machine's clock showed when everything before was written (milliseconds).
    since_ms: Option<i64>,
    ticked: bool,
}

impl Count {
    /// The machine's clock shows `boot_ms` (milliseconds since whenever): lets everybody count what is not written yet, and says what
    /// [`tick`] is to be given.
    pub fn look(&mut self, office: &OfficeContext, boot_ms: i64) -> Option<i64> {
        let passed = boot_ms.saturating_sub(*self.since_ms.get_or_insert(boot_ms));
        office.set_unwritten_ms(passed);
        self.ticked.then_some(passed)
    }

    /// The [`tick`] that followed on the look at `boot_ms` is durable.
    pub fn written(&mut self, office: &OfficeContext, boot_ms: i64) {
        // The first tick of a process is not given what passed before it could be written; the second is.
        if std::mem::replace(&mut self.ticked, true) {
            self.since_ms = Some(boot_ms);
            office.set_unwritten_ms(0);
        }
    }
}

/// Moves the safe clock on by what passed since the last tick; `since_boot_ms` is what the machine's own clock says passed, `None`
/// at the first tick of a process ([`Count`] knows both).
///
/// Returns whether the wall clock stands before its last persisted reading. At a start nobody can tell then how much time is
/// missing, so every copy is locked until its owner's office renews the lease.
pub fn tick(tx: &Tx<'_>, since_boot_ms: Option<i64>) -> Result<bool, Fault> {
    let clock = office::safe_clock(tx)?;
    let wall = tx.now_ms.saturating_sub(clock.wall_ms);
    let passed = if planted(Bug::SafeClockStands) { 0 } else { wall.max(since_boot_ms.unwrap_or(0)).max(0) };
    let safe_ms = clock.safe_ms.saturating_add(passed);
    office::set_safe_clock(tx, safe_ms, tx.now_ms)?;
    if wall < 0 && since_boot_ms.is_none() {
        links::lock_leases(tx, safe_ms)?;
    }
    Ok(wall < 0)
}

/// The links that another office owns and this one reads, whose leases it may renew on `office`'s request: live, not frozen.
pub fn renewable(view: &View<'_>, office: interoffice_protocol::ids::OfficeId) -> Result<Vec<LinkId>, Fault> {
    let Some(peer) = peers::find(view, office)? else { return Ok(Vec::new()) };
    if peer.standing != peers::Standing::Paired && !planted(Bug::BlockedRenewed) {
        return Ok(Vec::new());
    }
    let live = |link: &links::LinkRow| link.side == Side::Owner && link.state == LinkState::Active { frozen: false };
    Ok(links::of_peer(view, peer.row)?.into_iter().filter(live).map(|link| link.link).collect())
}

/// Takes a renewal from `office`: its links' leases run from `asked_ms` (safe clock), when this office sent the nonce.
pub fn renewed(tx: &Tx<'_>, office: interoffice_protocol::ids::OfficeId, renewed: &[LinkId], asked_ms: i64) -> Result<u64, Fault> {
    let Some(peer) = peers::find(tx, office)? else { return Ok(0) };
    // The wall clock may have stood ahead when this was asked for, and been set back before anybody wrote that down.
    let asked_ms = asked_ms.min(safe_now(tx)?);
    let mut count = 0;
    for link in links::of_peer(tx, peer.row)? {
        if link.side == Side::Reader && matches!(link.state, LinkState::Active { .. }) && renewed.contains(&link.link) {
            links::set_lease(tx, link.row, asked_ms.saturating_add(i64::from(link.lease_s) * 1000))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Whether a reader's link is locked: its lease ran out, or would last longer than any lease does, since it began on a wall clock that
/// stood ahead and was set back.
pub fn locked(view: &View<'_>, link: &links::LinkRow) -> Result<bool, Fault> {
    let Some(until) = link.lease_until_ms.filter(|_| !planted(Bug::LockedStillReadable)) else { return Ok(false) };
    let left = until.saturating_sub(safe_now(view)?);
    Ok(left <= 0 || left > i64::from(link.lease_s) * 1000)
}
