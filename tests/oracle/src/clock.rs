//! What passed at an office, as far as its own clocks could know: at least this much, at most that much.

use crate::event::Clocks;

/// How much passed since the world began, by the office's own means (milliseconds).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Passed {
    /// What the machine's own count proves, and, across a stop, the wall clock. No lease may last longer.
    pub(crate) least: i64,
    /// The same with every jump of the wall clock forward. A lease that is shorter than this may be over.
    pub(crate) most: i64,
}

impl Passed {
    /// The same and what passed from one reading of a running daemon to another.
    fn and(self, before: Clocks, now: Clocks) -> Self {
        let (boot, wall) = ((now.boot_ms - before.boot_ms).max(0), now.wall_ms - before.wall_ms);
        Self { least: self.least + boot, most: self.most + boot.max(wall) }
    }
}

/// A daemon that starts with its wall clock set back to after what it wrote down, and before what it saw, does not know; a lease that
/// began in between would be longer than any lease is, and is locked (milliseconds, longer than any lease).
const FORGOTTEN_MS: i64 = 30 * 24 * 3_600_000;

/// The clocks of one office.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// Each reading with what had passed by then, oldest first.
    readings: Vec<(Clocks, Passed)>,
    /// The wall clock when the daemon last wrote its safe clock down.
    written_wall_ms: i64,
    /// What of what had passed is proved by that.
    written_least: i64,
    /// Whether it could not write it down once since then.
    is_behind: bool,
    true_ms: i64,
    running: bool,
}

impl Clock {
    /// Clocks that nobody has looked at yet: they begin with the first start of the daemon.
    pub(crate) fn unset() -> Self {
        Self { readings: Vec::new(), written_wall_ms: i64::MIN, written_least: 0, is_behind: false, true_ms: 0, running: false }
    }

    fn last(&self) -> (Clocks, Passed) {
        self.readings.last().copied().unwrap_or_default()
    }

    /// What has passed by now.
    pub(crate) fn passed(&self) -> Passed {
        self.last().1
    }

    /// What really has passed by now (milliseconds).
    pub(crate) fn true_ms(&self) -> i64 {
        self.true_ms
    }

    /// What had passed when the clocks showed `asked`: counted on from the last reading before that.
    pub(crate) fn passed_at(&self, asked: Clocks) -> Passed {
        let later = self.readings.partition_point(|(clocks, _)| clocks.true_ms < asked.true_ms);
        // Of several readings at one moment (somebody set the clock) the one that was meant is found by its wall clock.
        let same = self.readings[later..].iter().take_while(|(clocks, _)| clocks.true_ms == asked.true_ms);
        if let Some((_, passed)) = same.into_iter().find(|(clocks, _)| clocks.wall_ms == asked.wall_ms) {
            return *passed;
        }
        self.readings[..later].last().map_or_else(Passed::default, |(before, passed)| passed.and(*before, asked))
    }

    /// The clocks show this; nobody reads them while the daemon is down.
    pub(crate) fn read(&mut self, now: Clocks) {
        self.true_ms = now.true_ms;
        let (before, passed) = self.last();
        if now == before || !self.running {
            return;
        }
        self.readings.push((now, passed.and(before, now)));
    }

    pub(crate) fn written(&mut self) {
        let (clocks, passed) = self.last();
        (self.written_wall_ms, self.written_least, self.is_behind) = (clocks.wall_ms, passed.least, false);
    }

    pub(crate) fn not_written(&mut self) {
        self.is_behind = true;
    }

    pub(crate) fn stopped(&mut self) {
        self.running = false;
    }

    /// The daemon runs again. Across the stop only the wall clock counts, and of what could not be written on a full disk nothing is known.
    /// Says whether the wall clock stands before its last written reading.
    pub(crate) fn restarted(&mut self, now: Clocks) -> bool {
        if self.readings.is_empty() {
            self.readings.push((now, Passed::default()));
            self.written_wall_ms = now.wall_ms;
        }
        let (before, passed) = self.last();
        let wall = (now.wall_ms - before.wall_ms).max(0);
        let forgotten = if now.wall_ms < before.wall_ms { FORGOTTEN_MS } else { 0 };
        let most = (now.wall_ms - self.written_wall_ms).max(wall).max(forgotten);
        let known = self.written_least + (now.wall_ms - self.written_wall_ms).max(0);
        let least = if self.is_behind { known.min(passed.least + wall) } else { passed.least + wall };
        self.readings.push((now, Passed { least, most: passed.most + most }));
        self.true_ms = now.true_ms;
        let went_back = now.wall_ms < self.written_wall_ms;
        self.running = true;
        went_back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(true_ms: i64, wall_ms: i64) -> Clocks {
        Clocks { true_ms, boot_ms: true_ms, wall_ms }
    }

    #[test]
    fn a_jump_forward_may_have_been_time_and_a_jump_back_takes_none_away() {
        let mut clock = Clock::unset();
        clock.restarted(at(0, 1_000));
        clock.read(at(10, 91_000));
        assert_eq!(clock.passed(), Passed { least: 10, most: 90_000 });
        clock.read(at(20, 5));
        assert_eq!(clock.passed(), Passed { least: 20, most: 90_010 });
        assert_eq!(clock.passed_at(at(12, 91_002)), Passed { least: 12, most: 90_002 });
    }

    #[test]
    fn across_a_stop_the_wall_clock_counts_and_one_that_went_back_is_noticed() {
        let mut clock = Clock::unset();
        clock.restarted(at(0, 1_000));
        clock.read(at(50, 1_050));
        clock.written();
        clock.stopped();
        clock.read(at(60, 1_060));
        assert_eq!(clock.passed().least, 50, "nobody reads a clock while the daemon is down");
        assert!(!clock.restarted(at(100, 1_090)));
        clock.written();
        assert_eq!(clock.passed().least, 90);
        clock.stopped();
        assert!(clock.restarted(at(200, 1_089)));
        assert_eq!(clock.passed().least, 90);
    }

    #[test]
    fn what_a_daemon_counted_and_could_not_write_is_gone_with_it() {
        for is_full in [true, false] {
            let mut clock = Clock::unset();
            clock.restarted(at(0, 1_000));
            clock.read(at(10, 1_000));
            clock.written();
            clock.read(at(500, 1_000));
            if is_full {
                clock.not_written();
            }
            assert_eq!(clock.passed().least, 500);
            clock.stopped();
            assert!(!clock.restarted(at(600, 1_020)));
            assert_eq!(clock.passed().least, if is_full { 30 } else { 520 });
        }
    }
}
