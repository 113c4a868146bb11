//! Taking copies back while a disk is full, at either office and in every way.

use interoffice_tests::{exit, link_of, until};
use serde_json::Value;

use crate::full_stage::{Stage, USERS};

/// A way to take copies back, and the office (0 the owner's) whose disk is full meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    OwnerDeletesOwnerFull,
    OwnerDeletesReaderFull,
    ReaderDeletesReaderFull,
    UnshareOwnerFull,
    UnshareReaderFull,
    RightTakenOwnerFull,
    RecordDeletedOwnerFull,
    ReaderDeletesWithoutReserve,
}

impl Ending {
    pub(crate) const ALL: [Self; 8] = [
        Self::OwnerDeletesOwnerFull,
        Self::OwnerDeletesReaderFull,
        Self::ReaderDeletesReaderFull,
        Self::UnshareOwnerFull,
        Self::UnshareReaderFull,
        Self::RightTakenOwnerFull,
        Self::RecordDeletedOwnerFull,
        Self::ReaderDeletesWithoutReserve,
    ];

    fn full(self) -> usize {
        use Ending::*;
        match self {
            OwnerDeletesOwnerFull | UnshareOwnerFull | RightTakenOwnerFull | RecordDeletedOwnerFull => 0,
            OwnerDeletesReaderFull | ReaderDeletesReaderFull | UnshareReaderFull | ReaderDeletesWithoutReserve => 1,
        }
    }

    /// Whether one record is taken back and not the link.
    fn of_one(self) -> bool {
        [Self::UnshareOwnerFull, Self::UnshareReaderFull, Self::RecordDeletedOwnerFull].contains(&self)
    }
}

impl Stage {
    /// Takes copies back while a disk is full, and sees it through once there is room.
    pub(crate) fn end_on_full(&mut self, ending: Ending, level: u64) {
        let (full, link, record) = (ending.full(), self.link.clone(), self.shared[0].clone());
        if ending == Ending::ReaderDeletesWithoutReserve {
            self.spend_reserve(1);
        }
        self.disks[full].fill(level);
        let said = match ending {
            Ending::OwnerDeletesOwnerFull | Ending::OwnerDeletesReaderFull => self.ann().cli(&["link", "delete", &link, "--yes"]),
            Ending::ReaderDeletesReaderFull | Ending::ReaderDeletesWithoutReserve => self.bob().cli(&["link", "delete", &link, "--yes"]),
            Ending::UnshareOwnerFull | Ending::UnshareReaderFull => {
                self.ann().cli(&["record", "unshare", "--link", &link, &record, "--yes"])
            }
            Ending::RightTakenOwnerFull => self.offices[0].cli(&["specialist", "disable", USERS[0], "--yes"]),
            Ending::RecordDeletedOwnerFull => self.ann().cli(&["record", "delete", &record, "--yes"]),
        };
        let done = self.attempt(said.clone());
        assert!(done || ending == Ending::ReaderDeletesWithoutReserve, "{level} bytes left: the reserve is there for this: {said:?}");
        if said.line.contains("--as bob") {
            self.nothing_readable();
        }
        self.gone_while_full(ending, &record);
        self.disks[full].free();
        if !done {
            self.nothing_readable();
            self.bob().cli(&["link", "delete", &link, "--yes"]).ok();
        }
        self.receipts(ending, &link);
        self.no_restart();
        if ending == Ending::RightTakenOwnerFull {
            self.offices[0].cli(&["specialist", "enable", USERS[0], "--yes"]).ok();
        }
        if ending.of_one() {
            self.shared.retain(|shared| *shared != record);
        }
        if ending == Ending::RecordDeletedOwnerFull {
            self.notes.remove(&record);
            self.bring(1);
        } else if ending.of_one() {
            self.brought.push(record);
        }
        if ending.of_one() {
            self.share_all();
            self.brought.clear();
        }
        self.whole_again();
    }

    /// The other office hears of it while the disk is still full, and shows nothing of it any more.
    fn gone_while_full(&self, ending: Ending, record: &str) {
        until(&format!("{ending:?}, {} bytes left: what was taken back is not shown", self.level), || {
            if ending.of_one() { self.bob().cli(&["record", "show", record]).code != exit::OK } else { self.reads_nothing() }
        });
    }

    fn receipts(&self, ending: Ending, link: &str) {
        until(&format!("{ending:?}, {} bytes were left: the receipt arrives once there is room", self.level), || {
            let seen = link_of(self.ann(), link);
            let erased = |part: &Value| part["state"] == "Erased";
            if ending.of_one() {
                seen["parts"].as_array().is_some_and(|parts| !parts.is_empty() && parts.iter().all(erased))
            } else {
                erased(&seen["removal"])
            }
        });
    }
}
