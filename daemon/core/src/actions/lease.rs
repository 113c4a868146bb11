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
    let written = clock.safe_ms.saturating_add(view.now_ms.saturating_sub(clock.wall_ms).max(0));
    Ok(written.max(view.office.counted.safe_ms()))
}

/// What passed before a tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// Whether this process has written no tick yet.
    pub first: bool,
    /// Since it wrote the last one, or began to look (milliseconds of the machine's own clock).
    pub boot_ms: i64,
}

/// What a tick wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticked {
    /// The safe clock (milliseconds).
    pub safe_ms: i64,
    /// Whether the wall clock stands before its last persisted reading.
    pub went_back: bool,
}

/// What a process counts on the machine's own clock between two ticks. A tick that can't be written, since the disk is full, loses none of it.
#[derive(Debug, Default)]
pub struct Count {
    /// The safe clock, and what the machine's clock showed then (milliseconds): at the last tick, or at the first look.
    since: Option<(i64, i64)>,
    ticked: bool,
}

impl Count {
    /// A process begins.
    pub fn begin(office: &OfficeContext) -> Self {
        office.counted.begin();
        Self::default()
    }

    /// The machine's clock shows `boot_ms` (milliseconds since whenever): from now on everybody counts what is not written yet. Says what
    /// [`tick`] is to be given.
    pub fn look(&mut self, view: &View<'_>, boot_ms: i64) -> Result<Passed, Fault> {
        let (safe_ms, since_ms) = match self.since {
            Some(since) => since,
            None => {
                let went_back = view.now_ms < office::safe_clock(view)?.wall_ms;
                view.office.counted.set_lost(went_back);
                *self.since.insert((safe_now(view)?, boot_ms))
            }
        };
        let passed = if planted(Bug::SafeClockStands) { 0 } else { boot_ms.saturating_sub(since_ms) };
        view.office.counted.raise(safe_ms.saturating_add(passed));
        Ok(Passed { first: !self.ticked, boot_ms: passed })
    }

    /// The tick that followed on the look at `boot_ms` is durable.
    pub fn written(&mut self, office: &OfficeContext, boot_ms: i64, ticked: Ticked) {
        (self.since, self.ticked) = (Some((ticked.safe_ms, boot_ms)), true);
        office.counted.set_lost(false);
    }
}

/// Moves the safe clock on by what passed since the last tick, on the wall clock or by what [`Count`] says, whichever is more.
///
/// A wall clock that stands before its last persisted reading when a process begins leaves nobody to tell how much time is missing, so
/// every copy is locked until its owner's office renews.
pub fn tick(tx: &Tx<'_>, passed: Passed) -> Result<Ticked, Fault> {
    let clock = office::safe_clock(tx)?;
    let wall = tx.now_ms.saturating_sub(clock.wall_ms);
    let most = if planted(Bug::SafeClockStands) { 0 } else { wall.max(passed.boot_ms).max(0) };
    let safe_ms = clock.safe_ms.saturating_add(most);
    office::set_safe_clock(tx, safe_ms, tx.now_ms)?;
    if wall < 0 && passed.first {
        links::lock_leases(tx, safe_ms)?;
    }
    Ok(Ticked { safe_ms, went_back: wall < 0 })
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
/// stood ahead and was set back, or nobody knows yet how much time passed.
pub fn locked(view: &View<'_>, link: &links::LinkRow) -> Result<bool, Fault> {
    let Some(until) = link.lease_until_ms.filter(|_| !planted(Bug::LockedStillReadable)) else { return Ok(false) };
    let left = until.saturating_sub(safe_now(view)?);
    Ok(view.office.counted.is_lost() || left <= 0 || left > i64::from(link.lease_s) * 1000)
}
