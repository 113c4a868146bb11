//! The books of one disk: what is armed against it, how full it may get, what becomes of the next operation.

use std::io;

use crate::fault::{Fault, Kind};
use crate::image::Image;

/// What Linux calls an input/output error.
const EIO: i32 = 5;

/// What the system says when a disk does not do what it should.
pub(crate) fn failed() -> io::Error {
    io::Error::from_raw_os_error(EIO)
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) image: Image,
    pub(crate) operations: u64,
    pub(crate) reads: u64,
    pub(crate) open: usize,
    pub(crate) dead: bool,
    pub(crate) limit: Option<u64>,
    pub(crate) armed: Option<Fault>,
    pub(crate) failing_read: Option<u64>,
    pub(crate) fired: bool,
}

/// What becomes of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It happens; it is this one.
    Go(u64),
    /// It happens, and then the process dies.
    Last(u64),
    /// Half of it happens (only writes), then it fails.
    Half(u64),
    /// It fails with EIO.
    Error,
    /// There is no room.
    Full,
}

/// Whether an operation could need room, or is a sync.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Grows the files by so many bytes.
    Growing(u64),
    Sync,
    Other,
}

impl State {
    /// Counts an operation and says what becomes of it.
    pub(crate) fn judge(&mut self, sort: Sort) -> Verdict {
        if self.dead {
            return Verdict::Error;
        }
        self.operations += 1;
        let now = self.operations;
        if let Some(fault) = self.armed.filter(|fault| fault.at_operation <= now) {
            let waits = matches!(fault.kind, Kind::SyncFails) && sort != Sort::Sync;
            if !waits {
                (self.armed, self.fired) = (None, true);
                match fault.kind {
                    Kind::KillBefore => {
                        self.dead = true;
                        return Verdict::Error;
                    }
                    Kind::KillAfter => {
                        self.dead = true;
                        return Verdict::Last(now);
                    }
                    Kind::KillDuring => {
                        self.dead = true;
                        return if matches!(sort, Sort::Growing(_)) { Verdict::Half(now) } else { Verdict::Error };
                    }
                    Kind::ShortWrite if matches!(sort, Sort::Growing(_)) => return Verdict::Half(now),
                    Kind::Error | Kind::ShortWrite | Kind::SyncFails => return Verdict::Error,
                    Kind::Full => {
                        self.fired = false;
                        self.limit = Some(0);
                    }
                }
            }
        }
        match (sort, self.limit) {
            (Sort::Growing(more), Some(limit)) if more > 0 && self.image.used() + more > limit => {
                self.fired = true;
                Verdict::Full
            }
            _ => Verdict::Go(now),
        }
    }

    /// What the program hears of an operation that happened: nothing when it died of it.
    pub(crate) fn answer(&self) -> io::Result<()> {
        if self.dead { Err(failed()) } else { Ok(()) }
    }
}
