//! How a daemon dies: by kill -9, after which its disk holds everything it wrote, or with the power of its machine, after which it holds
//! what was synced and a random part of the rest.

use interoffice_tests::{Dice, Office};

use crate::lost_writes::{Disk, End, Lost, Preload};

/// How the daemons of a test die.
pub(crate) enum Deaths {
    /// kill -9.
    Kills,
    /// The power goes.
    PowerCuts {
        /// What remembers that a write is not durable.
        preload: Preload,
        /// The disks of the offices, in their order.
        disks: Vec<Disk>,
        /// What was lost so far.
        lost: Lost,
    },
}

/// The power goes after so many changes and syncs at most; a verb makes about ten.
const CHANGES_MAX: usize = 800;
/// The same counted in changes of names and syncs of folders, of which there are few: only they tell when a file is really gone.
const NAMES_MAX: usize = 25;
/// The same for a start that is cut off.
const START_MAX: usize = 40;

/// When the power of a daemon goes.
fn end(dice: &mut Dice) -> End {
    match dice.below(8) {
        0 => End::AfterChanges(1 + dice.below(START_MAX)),
        1..=3 => End::AfterChanges(1 + dice.below(CHANGES_MAX)),
        _ => End::AfterNames(1 + dice.below(NAMES_MAX)),
    }
}

impl Deaths {
    /// Power cuts; `None` where no compiler is to build what they need.
    pub(crate) fn power_cuts() -> Option<Self> {
        Some(Self::PowerCuts { preload: Preload::build()?, disks: Vec::new(), lost: Lost::default() })
    }

    /// What all cuts together took; `None` when daemons are killed only.
    pub(crate) fn lost(&self) -> Option<Lost> {
        match self {
            Self::Kills => None,
            Self::PowerCuts { lost, .. } => Some(*lost),
        }
    }

    /// An office whose daemon can die this way; it is set up and does not run. Its first daemon lives until it is killed.
    pub(crate) fn office(&mut self, name: &str) -> Office {
        let mut office = Office::set_up(name);
        if let Self::PowerCuts { preload, disks, .. } = self {
            let disk = preload.watch(&office.folder(), &office.root().join("cut"));
            office.set_environment(disk.environment(End::Whenever));
            disks.push(disk);
        }
        office
    }

    /// Starts the daemon of an office that died, as often as it dies again on the way; says how often it had died.
    pub(crate) fn start(&mut self, office: &mut Office, side: usize, dice: &mut Dice) -> usize {
        let Self::PowerCuts { disks, lost, .. } = self else {
            office.serve();
            return 1;
        };
        for deaths in 1.. {
            lost.add(disks[side].cut(dice));
            office.set_environment(disks[side].environment(end(dice)));
            match office.try_serve() {
                Ok(()) => return deaths,
                Err(words) => assert!(words.contains("signal: 9"), "the start after a power cut failed (seed {}): {words}", dice.seed()),
            }
        }
        0
    }
}

/// A number of the environment, or the usual one.
pub(crate) fn setting(name: &str, usual: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return usual };
    text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}"))
}
