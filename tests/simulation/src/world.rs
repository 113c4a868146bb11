//! A world: offices, the connections between them, who asked whom for what, and the one place where a step happens.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;

use interoffice_core::store::{Fault, StoreFault, Tx, View};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Marks, Person, Placed};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::check::{self, Checker, Violation};
use crate::clock::Clock;
use crate::network::Network;
use crate::office::Office;
use crate::random::Random;
use crate::session::Session;
use crate::signed_in::SignedIn;
use crate::sometimes;
use crate::step::{Step, Timed};
use crate::swarm::Swarm;
use crate::trace::Trace;

/// Whether a step did anything, or what is wrong.
pub(crate) type Did = Result<bool, Violation>;

/// Somebody, by office and place among its users.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Who {
    pub(crate) office: usize,
    pub(crate) user: usize,
}

/// A link that somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct LinkFacts {
    pub(crate) number: u32,
    pub(crate) link: LinkId,
    pub(crate) owner: Who,
    pub(crate) reader: Who,
    /// Whether its received file was ever lost or came back older.
    pub(crate) damaged: bool,
}

/// A record that somebody made.
#[derive(Clone, Debug)]
pub(crate) struct RecordFacts {
    pub(crate) number: u32,
    pub(crate) record: RecordId,
    pub(crate) owner: Who,
    pub(crate) marks: Marks,
    /// The words in it now.
    pub(crate) tokens: Vec<Placed>,
    pub(crate) deleted: bool,
    pub(crate) archived: bool,
}

/// What an office found wrong with another.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    pub(crate) at: usize,
    pub(crate) about: usize,
    pub(crate) misbehaviour: Misbehaviour,
    /// Whether what it is about came as it was sent, by an honest office, and for the first time.
    pub(crate) genuine: bool,
}

/// What was done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Steps that did something.
    pub(crate) steps: u64,
    /// Messages that were put on a wire.
    pub(crate) messages: u64,
    /// Things that went wrong.
    pub(crate) faults: u64,
    /// Simulated time that passed (milliseconds).
    pub(crate) true_ms: i64,
}

/// See the module.
pub(crate) struct World {
    pub(crate) swarm: Swarm,
    /// True time (milliseconds since the world began).
    pub(crate) true_ms: i64,
    pub(crate) offices: Vec<Office>,
    pub(crate) network: Network,
    /// Sessions by who keeps them and with whom.
    pub(crate) sessions: BTreeMap<(usize, usize), Session>,
    pub(crate) links: Vec<LinkFacts>,
    pub(crate) records: Vec<RecordFacts>,
    pub(crate) complaints: Vec<Complaint>,
    pub(crate) counts: Counts,
    pub(crate) trace: Trace,
    /// What the checks know.
    pub(crate) checker: Checker,
    /// Files of links that were kept aside.
    pub(crate) kept_files: BTreeMap<u32, Vec<u8>>,
    /// Receipts that are to be checked once the step is over: the office that erased, and the link.
    pub(crate) receipts: Vec<(usize, LinkId)>,
    /// Pairs whose control lane lost something out of its middle, which no stream does.
    pub(crate) lossy: BTreeSet<(usize, usize)>,
    /// Whether what is handed over now was changed on its way.
    pub(crate) damaged: bool,
    /// Connections that were dialled so far.
    pub(crate) connections: u64,
    /// Who signed in lately, whether or not that still counts.
    pub(crate) signed_in: Vec<SignedIn>,
    /// The code of the last refusal.
    pub(crate) refused: Option<&'static str>,
    next_token: u32,
}

/// What a user is called: by office and place.
pub(crate) fn user_name(who: Who) -> String {
    const FIRST: [&str; 5] = ["ada", "ben", "cleo", "dora", "nobody"];
    format!("{}{}", FIRST[who.user.min(FIRST.len() - 1)], who.office)
}

/// The administrator of an office.
pub(crate) fn admin_name(office: usize) -> String {
    format!("desk{office}")
}

/// How a full disk is told.
const FULL: &str = "the disk is full";

/// A store that failed although nothing is wrong with its disk.
#[track_caller]
pub(crate) fn failed(office: usize, fault: &impl std::fmt::Display) -> Violation {
    let asked = Location::caller();
    let what = format!("the store of office {office} failed: {fault} (asked for in {}:{})", asked.file(), asked.line());
    Violation { invariant: "INV-29", anomaly: "store-failed", what }
}

impl World {
    /// The world of a swarm before anything happened: offices set up, users there, offices paired.
    pub(crate) fn new(swarm: Swarm, telling: bool) -> Result<Self, Violation> {
        let mut offices = Vec::with_capacity(swarm.offices);
        for place in 0..swarm.offices {
            let clock = Clock::new(swarm.crystal_ppm[place], swarm.wall_off_ms[place]);
            offices.push(Office::open(place, swarm.on_disk, clock).map_err(|fault| failed(place, &fault))?);
        }
        let mut world = Self {
            network: Network::new(swarm.offices),
            swarm,
            true_ms: 0,
            offices,
            sessions: BTreeMap::new(),
            links: Vec::new(),
            records: Vec::new(),
            complaints: Vec::new(),
            counts: Counts::default(),
            trace: Trace::new(telling),
            checker: Checker::default(),
            kept_files: BTreeMap::new(),
            receipts: Vec::new(),
            lossy: BTreeSet::new(),
            damaged: false,
            connections: 0,
            signed_in: Vec::new(),
            refused: None,
            next_token: 1,
        };
        world.furnish()?;
        Ok(world)
    }

    /// A word that stands nowhere yet.
    pub(crate) fn fresh_token(&mut self) -> interoffice_oracle::Token {
        self.next_token += 1;
        interoffice_oracle::Token(self.next_token)
    }

    /// A person as the oracle knows him or her.
    pub(crate) fn person(&self, who: Who) -> Person {
        Person::new(who.office, &user_name(who))
    }

    /// Tells the checks of something that happened.
    pub(crate) fn note(&mut self, event: Event) {
        self.trace.tell(|| format!("        {event:?}"));
        self.checker.note(&event);
    }

    /// A verb at an office: `None` when a rule refused it, or its disk has no room.
    #[track_caller]
    pub(crate) fn verb<T>(&mut self, office: usize, work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<Option<T>, Violation> {
        let end = self.offices[office].write(work);
        self.end_verb(office, end)
    }

    /// The same for a verb that ends links, which may use up the reserve of a full disk.
    #[track_caller]
    pub(crate) fn ending<T>(&mut self, office: usize, work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<Option<T>, Violation> {
        let end = self.offices[office].write_ending(work);
        self.end_verb(office, end)
    }

    #[track_caller]
    fn end_verb<T>(&mut self, office: usize, end: Result<T, Fault>) -> Result<Option<T>, Violation> {
        self.ring_bells(office);
        self.refused = None;
        match end {
            Ok(value) => Ok(Some(value)),
            Err(Fault::Refused(refusal)) => {
                self.refused = Some(refusal.code);
                self.trace.tell(|| format!("        refused: {}", refusal.code));
                check::denied(self, office, &refusal)?;
                Ok(None)
            }
            Err(Fault::Store(StoreFault::DiskFull)) if self.offices[office].disk_full => {
                sometimes!("a verb found the disk full");
                Ok(None)
            }
            Err(Fault::Store(fault)) => Err(failed(office, &fault)),
        }
    }

    /// The same for a verb that must leave a line of this name in the audit (INV-52).
    #[track_caller]
    pub(crate) fn audited<T>(
        &mut self,
        office: usize,
        line: &'static str,
        ends: bool,
        work: impl FnMut(&Tx<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Violation> {
        let before = check::last_line(self, office);
        let done = if ends { self.ending(office, work)? } else { self.verb(office, work)? };
        if let (Some(_), Some(before)) = (&done, before) {
            check::written(self, office, before, line)?;
        }
        Ok(done)
    }

    /// Reads at an office.
    #[track_caller]
    pub(crate) fn look<T>(&self, office: usize, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> Result<T, Violation> {
        match self.offices[office].read(read) {
            Ok(found) => Ok(found),
            Err(fault) => Err(failed(office, &fault)),
        }
    }

    /// Lets the sessions of an office know what its commits concern.
    pub(crate) fn ring_bells(&mut self, office: usize) {
        let rings = self.offices[office].take_rings();
        if rings.is_empty() {
            return;
        }
        for (_, session) in self.sessions.range_mut((office, 0)..(office + 1, 0)) {
            session.bell.extend(rings.iter().cloned());
        }
    }

    /// The link that is known by a number.
    pub(crate) fn link(&self, number: u32) -> Option<&LinkFacts> {
        self.links.iter().find(|facts| facts.number == number)
    }

    /// The record that is known by a number.
    pub(crate) fn record(&self, number: u32) -> Option<&RecordFacts> {
        self.records.iter().find(|facts| facts.number == number)
    }

    /// Lets time pass everywhere.
    pub(crate) fn pass(&mut self, ms: u32) -> Result<(), Violation> {
        self.true_ms += i64::from(ms);
        self.counts.true_ms = self.true_ms;
        for office in &mut self.offices {
            office.true_ms = self.true_ms;
        }
        self.time_passed(ms)
    }

    /// Lets a step happen, with everything that is checked after it; says whether it did anything.
    pub(crate) fn step(&mut self, timed: &Timed) -> Did {
        self.trace.tell(|| timed.to_string());
        for office in 0..self.offices.len() {
            let place = u64::from(timed.id) * 8 + office as u64;
            self.offices[office].set_chance(Random::at(self.swarm.seed, place));
        }
        self.network.begin_step(timed.id);
        self.pass(timed.gap_ms)?;
        let did = match self.happen(timed.step) {
            Err(violation) if self.is_full(&violation) => self.give_way(),
            did => did?,
        };
        self.trace.fact(u8::from(did), timed.step.name().as_bytes());
        if !did {
            return Ok(false);
        }
        self.counts.steps += 1;
        match self.check() {
            // A full disk can't be looked at.
            Err(violation) if self.is_full(&violation) => {}
            checked => checked?,
        }
        Ok(true)
    }

    fn check(&mut self) -> Result<(), Violation> {
        check::after_step(self)?;
        self.check_receipts()?;
        if self.counts.steps.is_multiple_of(50) {
            check::readers(self)?;
        }
        Ok(())
    }

    /// Whether something failed for no other reason than a full disk, which it may.
    fn is_full(&self, violation: &Violation) -> bool {
        violation.anomaly == "store-failed" && violation.what.contains(FULL) && self.offices.iter().any(|office| office.disk_full)
    }

    /// What could not be read or written on a full disk ends its sessions, and is tried again later.
    fn give_way(&mut self) -> bool {
        for office in 0..self.offices.len() {
            for other in (0..self.offices.len()).filter(|other| *other != office) {
                if self.offices[office].disk_full {
                    self.cut(office, other, 2);
                }
            }
        }
        false
    }

    /// Looks for what receipts of the last moments say is gone.
    pub(crate) fn check_receipts(&mut self) -> Result<(), Violation> {
        for (office, link) in std::mem::take(&mut self.receipts) {
            check::receipt(self, office, link)?;
        }
        Ok(())
    }

    fn happen(&mut self, step: Step) -> Did {
        match step {
            Step::AddRecord { .. }
            | Step::EditRecord { .. }
            | Step::Mark { .. }
            | Step::DeleteRecord { .. }
            | Step::Archive { .. }
            | Step::Unarchive { .. }
            | Step::Share { .. }
            | Step::ShareAll { .. }
            | Step::Unshare { .. }
            | Step::UnshareAll { .. } => self.records_step(step),
            Step::Request { .. } | Step::Accept { .. } | Step::Decline { .. } | Step::Withdraw { .. } | Step::DeleteLink { .. } => {
                self.links_step(step)
            }
            Step::GrantRecord { .. }
            | Step::GiveRecord { .. }
            | Step::HandOver { .. }
            | Step::EditAs { .. }
            | Step::AskAccess { .. }
            | Step::AnswerAccess { .. }
            | Step::TakeBack { .. } => self.inside_step(step),
            Step::MakeGroup { .. }
            | Step::DeleteGroup { .. }
            | Step::Member { .. }
            | Step::SetRole { .. }
            | Step::GiveRole { .. }
            | Step::AllClients { .. }
            | Step::Proxy { .. }
            | Step::ClientAccess { .. }
            | Step::EnableUser { .. } => self.desk_step(step),
            Step::SetPassword { .. }
            | Step::SignIn { .. }
            | Step::UseSession { .. }
            | Step::ChangePassword { .. }
            | Step::SignOut { .. } => self.session_step(step),
            Step::RightOff { .. }
            | Step::RightOn { .. }
            | Step::SetRight { .. }
            | Step::Security { .. }
            | Step::DisableUser { .. }
            | Step::Block { .. }
            | Step::Unblock { .. }
            | Step::RemovePeer { .. }
            | Step::PairAgain { .. } => self.admin_step(step),
            Step::Connect { .. }
            | Step::Cut { .. }
            | Step::Speak { .. }
            | Step::Deliver { .. }
            | Step::Double { .. }
            | Step::Lose { .. }
            | Step::Replay { .. }
            | Step::Corrupt { .. }
            | Step::Clog { .. }
            | Step::Unclog { .. }
            | Step::Part { .. }
            | Step::Heal {} => self.traffic_step(step),
            Step::Lie { .. } => self.lie_step(step),
            _ => self.machine_step(step),
        }
    }
}
