//! What machines and daemons do by themselves: chores, clocks, deaths and starts, files lost and put back.

use interoffice_core::actions::{lease, links, removal};
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{StoreFault, links as link_rows};
use interoffice_oracle::Event;
use interoffice_oracle::event::Why;
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::LinkState;

use crate::check::Violation;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, World, failed};

/// How far a chore goes before the daemon dies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Until {
    Listed,
    Prepared,
    Erased,
    Done,
}

fn until(number: u32) -> Until {
    match number {
        0 => Until::Listed,
        1 => Until::Prepared,
        2 => Until::Erased,
        _ => Until::Done,
    }
}

/// A connection on which nothing is answered for so long is given up (milliseconds).
const GIVEN_UP_MS: u32 = 30_000;
/// So much time at once is told to everybody, whatever the clocks are like (milliseconds).
const LONG_MS: u32 = 600_000;

impl World {
    /// What machines do.
    pub(crate) fn machine_step(&mut self, step: Step) -> Did {
        let offices = self.offices.len();
        let place = |office: u32| office as usize % offices;
        match step {
            Step::Erase { office, until: number } => self.erase_ended(place(office), until(number)),
            Step::Rebuild { office, until: number } => self.erase_parts(place(office), until(number)),
            Step::Tick { office } => self.chore(place(office), Self::tick),
            Step::Expire { office } => self.chore(place(office), Self::expire),
            Step::Crash { office, machine } => {
                let died = self.stop(place(office), machine == 1)?;
                Ok(died && self.start(place(office))?)
            }
            Step::Stop { office, machine } => self.stop(place(office), machine == 1),
            Step::Start { office } => self.start(place(office)),
            Step::Jump { office, minutes, back } => {
                let by_ms = i64::from(minutes) * if back == 1 { -60_000 } else { 60_000 };
                self.set_clock(place(office), |clock, now| clock.jump(now, by_ms))
            }
            Step::Rate { office, permille } => self.set_clock(place(office), |clock, now| clock.set_rate(now, i64::from(permille))),
            Step::LoseFile { link } | Step::KeepFile { link } | Step::OldFile { link } => self.file_step(step, link),
            Step::Disk { office, full } => self.disk(place(office), full == 1),
            Step::KeepFolder { office } => self.keep_folder(place(office)),
            Step::OldFolder { office } => self.old_folder(place(office)),
            _ => Ok(false),
        }
    }

    fn chore(&mut self, office: usize, chore: impl FnOnce(&mut Self, usize) -> Did) -> Did {
        if self.offices[office].up { chore(self, office) } else { Ok(false) }
    }

    /// Time has passed: connections that are silent for too long are given up, and clocks are looked at where that matters.
    pub(crate) fn time_passed(&mut self, ms: u32) -> Result<(), Violation> {
        if ms >= GIVEN_UP_MS {
            for a in 0..self.offices.len() {
                for b in 0..a {
                    let (there, back) = (self.network.wire(a, b), self.network.wire(b, a));
                    let idle = there.is_empty() && back.is_empty() && there.flows() && back.flows();
                    if !idle || !self.connected(a, b) {
                        self.cut(a, b, 2);
                    }
                }
            }
        }
        for office in 0..self.offices.len() {
            let uneven = !self.offices[office].clock.is_even();
            if self.offices[office].up && (ms >= LONG_MS || (uneven && ms > 0)) {
                self.tick(office)?;
            }
            if ms > 0 && self.offices[office].up {
                let clocks = self.offices[office].clocks();
                self.note(Event::ClockRead { office, clocks });
            }
        }
        Ok(())
    }

    /// The daemon looks at its clocks.
    pub(crate) fn tick(&mut self, office: usize) -> Did {
        let (boot_ms, passed) = self.offices[office].look_at_crystal().map_err(|fault| failed(office, &fault))?;
        let Some(ticked) = self.verb(office, |tx| lease::tick(tx, passed))? else {
            if !self.offices[office].clock.is_even() {
                sometimes!("a tick could not be written while the wall clock went wrong");
            }
            self.note(Event::TickLost { office });
            return Ok(false);
        };
        self.offices[office].ticked(boot_ms, ticked);
        let clocks = self.offices[office].clocks();
        self.note(Event::ClockRead { office, clocks });
        self.note(Event::Ticked { office });
        if ticked.went_back {
            sometimes!("a wall clock went back");
            if passed.first {
                sometimes!("a daemon started with its wall clock set back");
            }
        }
        Ok(true)
    }

    fn expire(&mut self, office: usize) -> Did {
        let ended = self.ending(office, links::end_expired)?.unwrap_or_default();
        if !ended.is_empty() {
            sometimes!("a link expired");
        }
        self.note_ended(office, &ended, Why::Expired);
        Ok(!ended.is_empty())
    }

    fn set_clock(&mut self, office: usize, set: impl FnOnce(&mut crate::clock::Clock, i64)) -> Did {
        let now = self.true_ms;
        set(&mut self.offices[office].clock, now);
        self.counts.faults += 1;
        // A daemon that is down finds its clocks so when it starts.
        if self.offices[office].up {
            self.tick(office)?;
            let clocks = self.offices[office].clocks();
            self.note(Event::ClockRead { office, clocks });
        } else {
            sometimes!("a clock was set while the daemon was down");
        }
        Ok(true)
    }

    /// The daemon dies: what is not in its folder is gone.
    pub(crate) fn stop(&mut self, office: usize, machine: bool) -> Did {
        if !self.offices[office].up {
            return Ok(false);
        }
        for other in 0..self.offices.len() {
            self.end_session(office, other);
            self.network.wire_mut(other, office).clear();
        }
        self.offices[office].die(machine).map_err(|fault| failed(office, &fault))?;
        self.offices[office].machine_died = machine;
        self.counts.faults += 1;
        self.note(Event::Crashed { office, machine });
        Ok(true)
    }

    /// The daemon starts.
    pub(crate) fn start(&mut self, office: usize) -> Did {
        if self.offices[office].up {
            return Ok(false);
        }
        if std::mem::take(&mut self.offices[office].machine_died) {
            let now = self.true_ms;
            self.offices[office].clock.boot(now);
        }
        self.offices[office].start().map_err(|fault| failed(office, &fault))?;
        let clocks = self.offices[office].clocks();
        self.note(Event::Restarted { office, clocks });
        self.tick(office)?;
        Ok(true)
    }

    /// Erases the files of ended links, up to a point.
    pub(crate) fn erase_ended(&mut self, office: usize, until: Until) -> Did {
        if !self.offices[office].up {
            return Ok(false);
        }
        let duties = self.look(office, removal::duties)?;
        for duty in &duties {
            let (link, secret) = (duty.link.link, duty.link.secret.clone());
            if duty.state == RemovalState::ToDo {
                let leaves = match self.offices[office].files.leaves(link, &secret) {
                    Err(StoreFault::Corrupt(_)) => Vec::new(),
                    leaves => leaves.map_err(|fault| failed(office, &fault))?,
                };
                if until == Until::Listed {
                    continue;
                }
                if self.verb(office, |tx| removal::prepare(tx, link, &leaves))?.is_none() {
                    continue;
                }
            }
            if until >= Until::Erased {
                self.offices[office].files.erase(link).map_err(|fault| failed(office, &fault))?;
                self.note(Event::FileErased { at: office, link: link.0 });
            }
            if until >= Until::Done && self.verb(office, |tx| removal::finish(tx, link))?.is_some() {
                sometimes!("a link was erased with a receipt");
                self.receipts.push((office, link));
            }
        }
        Ok(!duties.is_empty())
    }

    /// Rebuilds the files from which records were withdrawn, up to a point.
    pub(crate) fn erase_parts(&mut self, office: usize, until: Until) -> Did {
        if !self.offices[office].up {
            return Ok(false);
        }
        let mut any = false;
        let mut links = self.offices[office].files.sweep().map_err(|fault| failed(office, &fault))?;
        links.sort();
        for link in links {
            any |= self.erase_part(office, link, until)?;
        }
        Ok(any)
    }

    fn erase_part(&mut self, office: usize, link: LinkId, until: Until) -> Did {
        let row = self.look(office, |view| Ok(link_rows::find(view, link)?))?;
        let Some(row) = row.filter(|row| !matches!(row.state, LinkState::Ended(_))) else {
            return self.sort_out_ended(office, link, until);
        };
        let files = &self.offices[office].files;
        let progress = files.progress(link).map_err(|fault| failed(office, &fault))?;
        if progress.erasing == 0 {
            return Ok(false);
        }
        let Some(withdrawn) = files.withdrawn(link, &row.secret).map_err(|fault| failed(office, &fault))? else { return Ok(false) };
        if until < Until::Prepared {
            return Ok(false);
        }
        files.rebuild(link).map_err(|fault| failed(office, &fault))?;
        self.note(Event::FileRebuilt { at: office, link: link.0 });
        if until >= Until::Erased && self.verb(office, |tx| removal::finish_part(tx, link, &withdrawn))? == Some(true) {
            sometimes!("a part of a link was erased with a receipt");
            self.receipts.push((office, link));
            if until == Until::Done {
                let end = self.offices[office].files.receipted(link, withdrawn.epoch, withdrawn.upto);
                end.map_err(|fault| failed(office, &fault))?;
            }
        }
        Ok(true)
    }

    /// The file of a link that is over: one that is to be erased with a receipt is left to that, any other goes.
    fn sort_out_ended(&mut self, office: usize, link: LinkId, until: Until) -> Did {
        if until < Until::Done || self.look(office, removal::duties)?.iter().any(|duty| duty.link.link == link) {
            return Ok(false);
        }
        self.offices[office].files.erase(link).map_err(|fault| failed(office, &fault))?;
        self.note(Event::FileErased { at: office, link: link.0 });
        Ok(true)
    }

    fn file_step(&mut self, step: Step, number: u32) -> Did {
        let Some(facts) = self.link(number).cloned() else { return Ok(false) };
        let (office, link) = (facts.reader.office, facts.link);
        let active = self.look(office, |view| Ok(link_rows::find(view, link)?))?.is_some_and(|row| row.ended_ms.is_none());
        if !active || !self.offices[office].up || !self.offices[office].received(link).exists() {
            return Ok(false);
        }
        let io = |error| failed(office, &StoreFault::io("a received file", error));
        if let Step::KeepFile { .. } = step {
            // Closing folds the log into the file, so that the file alone is a copy of all.
            self.offices[office].files.close();
            let bytes = std::fs::read(self.offices[office].received(link)).map_err(io)?;
            self.kept_files.insert(number, bytes);
            self.note(Event::FileKept { at: office, link: link.0 });
            return Ok(true);
        }
        let older = match step {
            Step::OldFile { .. } => match self.kept_files.get(&number) {
                None => return Ok(false),
                older => older.cloned(),
            },
            _ => None,
        };
        self.stop(office, false)?;
        let name = format!("received/{link}");
        let lost = older.is_none();
        let changed = self.offices[office].tamper(|folder| {
            let path = folder.join(name).with_extension("db");
            for extension in ["db", "db-wal", "db-shm"] {
                let _ = std::fs::remove_file(path.with_extension(extension));
            }
            older.map_or(Ok(()), |older| std::fs::write(&path, older))
        });
        changed.map_err(|fault| failed(office, &fault))?;
        if lost {
            sometimes!("a received file was lost");
            self.note(Event::FileLost { at: office, link: link.0 });
        } else {
            sometimes!("an older received file came back");
            self.note(Event::FileOlder { at: office, link: link.0 });
        }
        for known in self.links.iter_mut().filter(|known| known.number == number) {
            known.damaged = true;
        }
        self.start(office)
    }

    /// The disk of an office fills up, or has room again.
    pub(crate) fn disk(&mut self, office: usize, full: bool) -> Did {
        let was = std::mem::replace(&mut self.offices[office].disk_full, full);
        let ours = self.offices[office].limit_disk(full.then_some(0));
        if ours && full && !was {
            sometimes!("a disk was full");
            self.counts.faults += 1;
        }
        Ok(ours && was != full)
    }

    fn keep_folder(&mut self, office: usize) -> Did {
        if !self.offices[office].on_disk() {
            return Ok(false);
        }
        self.offices[office].keep_folder().map_err(|fault| failed(office, &fault))?;
        self.note(Event::FolderKept { office });
        Ok(true)
    }

    fn old_folder(&mut self, office: usize) -> Did {
        if !self.offices[office].on_disk() {
            return Ok(false);
        }
        let was_up = self.stop(office, false)?;
        let back = self.offices[office].put_back_folder().map_err(|fault| failed(office, &fault))?;
        if back {
            sometimes!("an old copy of a data folder was put back");
            self.offices[office].tainted = true;
            self.note(Event::FolderReplaced { office });
            self.follow_owners(office);
        }
        Ok(self.start(office)? && (was_up || back))
    }
}
