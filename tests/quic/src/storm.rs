//! A storm: one seed, one mix of faults, people who go on with their work, callers from the street, and then quiet, in which everything
//! must come to rest.

use std::time::Duration;

use crate::callers::{self, Caller};
use crate::home::{NAMES, OFFICES};
use crate::marks::Marks;
use crate::network::{Faults, Traffic};
use crate::people::{self, do_something, unrest};
use crate::world::World;

/// Handshakes that each run must come to.
pub const CONNECTIONS: u64 = 20;
/// The shortest storm.
const STORM: Duration = Duration::from_secs(30);
/// The longest storm: by then even a bad network lets so many handshakes through.
const STORM_MAX: Duration = Duration::from_secs(240);
/// A cut that is this old has ended the connection that it cut: idle time, and a heartbeat.
const NOTICED: Duration = Duration::from_secs(36);
/// By then everything must have come to rest.
const QUIET: Duration = Duration::from_secs(150);

/// A mix of faults.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Its name.
    pub name: &'static str,
    latency_ms: (u64, u64),
    faults: Faults,
    cuts: bool,
    crashes: bool,
}

const NONE: Faults = Faults { lost: 0, doubled: 0, corrupted: 0, late: 0, late_ms: 0, line: None };

/// The mixes; they follow each other from seed to seed.
pub const MIXES: [Mix; 5] = [
    Mix { name: "calm", latency_ms: (1, 20), faults: NONE, cuts: false, crashes: false },
    Mix { name: "lossy", latency_ms: (5, 60), faults: Faults { lost: 100, doubled: 30, ..NONE }, cuts: false, crashes: false },
    Mix {
        name: "slow",
        latency_ms: (20, 300),
        faults: Faults { late: 200, late_ms: 500, line: Some(150), ..NONE },
        cuts: false,
        crashes: true,
    },
    Mix { name: "cuts", latency_ms: (1, 40), faults: Faults { lost: 10, ..NONE }, cuts: true, crashes: false },
    Mix {
        name: "rough",
        latency_ms: (1, 100),
        faults: Faults { lost: 30, doubled: 50, corrupted: 30, late: 50, late_ms: 200, line: None },
        cuts: true,
        crashes: true,
    },
];

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Its mix.
    pub mix: &'static str,
    /// Handshakes that callers finished.
    pub connections: u64,
    /// What was sent.
    pub traffic: Traffic,
    /// The trace, see [`crate::network::Network::trace`].
    pub trace: [u8; 32],
    /// The situations that were met.
    pub marks: Marks,
    /// How long the run was (simulated).
    pub elapsed: Duration,
    /// How long it took to come to rest (simulated).
    pub rest: Duration,
}

/// How two offices are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separation {
    Cut,
    OneWay,
    Held,
}

struct Cut {
    between: (usize, usize),
    how: Separation,
    began: Duration,
    until: Duration,
    /// Whether it lasts so long that the offices must notice.
    long: bool,
    /// Handshakes before, for cuts that are too short to be noticed.
    handshakes: Option<u64>,
    deleted: Vec<String>,
    gave_up: bool,
}

struct Storm {
    world: World,
    mix: Mix,
    cuts: Vec<Cut>,
    down: Vec<(usize, Duration)>,
    crashed: bool,
    stopped: bool,
    parted: bool,
    /// Links that were deleted while the network was cut between their offices.
    deleted: Vec<String>,
}

/// Runs one seed.
///
/// # Errors
/// What was not as it must be.
pub fn run(seed: u64) -> Result<Report, String> {
    let mix = MIXES[(seed % MIXES.len() as u64) as usize];
    let world = World::new(seed, mix.latency_ms);
    let mut storm =
        Storm { world, mix, cuts: Vec::new(), down: Vec::new(), crashed: false, stopped: false, parted: false, deleted: Vec::new() };
    storm.begin();
    storm.blow();
    let rest = storm.calm_down()?;
    let Storm { world, .. } = storm;
    let complaints = world.network.complaints();
    if !complaints.is_empty() {
        return Err(complaints.join("; "));
    }
    let connections = world.handshakes.count();
    if connections < CONNECTIONS {
        return Err(format!("only {connections} handshakes came to an end"));
    }
    let (traffic, trace, marks) = (world.network.traffic(), world.network.trace(), world.network.marks());
    Ok(Report { seed, mix: mix.name, connections, traffic, trace, marks, elapsed: world.elapsed(), rest })
}

impl Storm {
    fn mark(&self, name: &'static str) {
        self.world.network.mark(name);
    }

    /// All offices start within a few steps, so that they dial each other at the same time.
    fn begin(&mut self) {
        for office in 0..OFFICES {
            self.world.start(office);
            let pause = self.world.random.below(20);
            self.world.run_for(Duration::from_millis(pause));
        }
        let settled = self.world.run_until(Duration::from_secs(5), |world| unrest(world).is_none());
        if settled && self.world.handshakes.count() > (OFFICES * (OFFICES - 1) / 2) as u64 {
            self.mark("a simultaneous dial was settled");
        }
        self.world.network.set_faults(self.mix.faults);
    }

    fn blow(&mut self) {
        let started = self.world.elapsed();
        if self.world.random.below(20) == 0 {
            self.call(Caller::Crowd);
        }
        loop {
            let lasted = self.world.elapsed() - started;
            let seen = self.world.handshakes.count() >= CONNECTIONS && !self.cuts.iter().any(|cut| cut.long);
            if lasted > STORM_MAX || (lasted > STORM && seen) {
                return;
            }
            self.mend_and_start();
            self.look();
            self.work();
            match self.world.random.below(100) {
                0..35 => self.work(),
                35..65 => {
                    let kind = Caller::ALL[self.world.random.below(Caller::ALL.len() as u64) as usize];
                    self.call(kind);
                }
                _ => self.trouble(lasted < STORM),
            }
            let pause = self.world.random.between(50, 1_200);
            self.world.run_for(Duration::from_millis(pause));
        }
    }

    fn call(&mut self, kind: Caller) {
        let office = self.world.random.below(OFFICES as u64) as usize;
        self.world.in_the_street(move |street| callers::call(street, kind, office));
    }

    /// Somebody works; what is deleted across a cut is remembered.
    fn work(&mut self) {
        let before = if self.cuts.is_empty() { Vec::new() } else { self.live() };
        do_something(&mut self.world);
        if before.is_empty() {
            return;
        }
        let after = self.live();
        for (link, between) in before.iter().filter(|before| !after.contains(before)) {
            if let Some(cut) = self.cuts.iter_mut().find(|cut| cut.between == *between && cut.how == Separation::Cut) {
                cut.deleted.push(link.clone());
            }
        }
    }

    /// The links that are Active at both ends, and between whom.
    fn live(&self) -> Vec<(String, (usize, usize))> {
        let mut live = Vec::new();
        for a in 0..OFFICES {
            for b in a + 1..OFFICES {
                let (Some(here), Some(there)) = (self.world.running(a), self.world.running(b)) else { continue };
                let there: Vec<String> =
                    people::links_of(&there).into_iter().filter(|link| link.status == "Active").map(|link| link.link).collect();
                let both = people::links_of(&here).into_iter().filter(|link| link.status == "Active" && there.contains(&link.link));
                live.extend(both.map(|link| (link.link, (a, b))));
            }
        }
        live
    }

    /// Something goes wrong with a host, or, while the storm is `young`, with the network.
    fn trouble(&mut self, young: bool) {
        match self.world.random.below(4) {
            0 | 3 if self.mix.cuts && young => self.separate(),
            1 if self.mix.crashes => self.take_down(true),
            _ => self.take_down(false),
        }
    }

    fn separate(&mut self) {
        let a = self.world.random.below(OFFICES as u64 - 1) as usize;
        let b = a + 1 + self.world.random.below((OFFICES - 1 - a) as u64) as usize;
        if self.cuts.iter().any(|cut| cut.between == (a, b)) {
            return;
        }
        let how = match self.world.random.below(6) {
            0..3 => Separation::Cut,
            3..5 => Separation::OneWay,
            _ => Separation::Held,
        };
        match how {
            Separation::Cut => self.world.cut(a, b),
            Separation::OneWay if self.world.random.below(2) == 0 => self.world.cut_one_way(a, b),
            Separation::OneWay => self.world.cut_one_way(b, a),
            Separation::Held => self.world.hold(a, b),
        }
        let long = self.world.random.below(4) == 0;
        let lasts_ms = if long { self.world.random.between(32_000, 45_000) } else { self.world.random.between(200, 8_000) };
        let handshakes = (how == Separation::Cut && !long && unrest(&self.world).is_none()).then(|| self.world.handshakes.count());
        let until = self.world.elapsed() + Duration::from_millis(lasts_ms);
        self.cuts.push(Cut {
            between: (a, b),
            how,
            began: self.world.elapsed(),
            until,
            long,
            handshakes,
            deleted: Vec::new(),
            gave_up: false,
        });
        if handshakes.is_some() {
            // Nobody does anything meanwhile, so that it can be seen whether the connection notices.
            self.world.run_for(Duration::from_millis(lasts_ms));
            self.mend_and_start();
        }
    }

    fn take_down(&mut self, crash: bool) {
        let office = self.world.random.below(OFFICES as u64) as usize;
        if self.world.running(office).is_none() {
            return;
        }
        if crash {
            self.world.crash(office);
            self.crashed = true;
        } else {
            if !self.world.stop(office) {
                self.world.network.complain(format!("{} did not stop within five seconds", NAMES[office]));
            }
            self.stopped = true;
        }
        let pause = self.world.random.between(50, 3_000);
        self.down.push((office, self.world.elapsed() + Duration::from_millis(pause)));
    }

    /// Ends what has lasted long enough.
    fn mend_and_start(&mut self) {
        let now = self.world.elapsed();
        let (over, on): (Vec<Cut>, Vec<Cut>) = std::mem::take(&mut self.cuts).into_iter().partition(|cut| cut.until <= now);
        self.cuts = on;
        for cut in over {
            self.mend(cut);
        }
        let (due, down): (Vec<_>, Vec<_>) = std::mem::take(&mut self.down).into_iter().partition(|(_, until)| *until <= now);
        self.down = down;
        for (office, _) in due {
            self.world.start(office);
        }
    }

    fn mend(&mut self, cut: Cut) {
        let (a, b) = cut.between;
        match cut.how {
            Separation::Held => {
                self.world.release(a, b);
                self.mark("the network was held and everything came at once");
            }
            Separation::OneWay => {
                self.world.mend(a, b);
                self.mark("only one direction was cut");
            }
            Separation::Cut => self.world.mend(a, b),
        }
        self.parted |= cut.gave_up;
        self.deleted.extend(cut.deleted);
        if let Some(handshakes) = cut.handshakes {
            let answer = self.world.run_until(Duration::from_secs(12), |world| unrest(world).is_none());
            if answer && self.world.handshakes.count() == handshakes && self.down.is_empty() {
                self.mark("a short cut was survived by the same connection");
            }
        }
    }

    /// Notes what the offices say of each other just now.
    fn look(&mut self) {
        for office in 0..OFFICES {
            let Some(running) = self.world.running(office) else { continue };
            for way in running.office.ways() {
                let silent = ["nothing was heard from it for too long", "was given up"].iter().any(|words| way.reason.contains(words));
                if silent {
                    self.mark("a connection was lost to silence");
                }
                let other = self.world.template.offices.iter().position(|id| *id == way.office);
                let now = self.world.elapsed();
                let lost = |cut: &Cut| silent || (way.state == "not reachable" && cut.began + NOTICED < now);
                if let Some(cut) = self.cuts.iter_mut().find(|cut| lost(cut) && is_between(cut.between, office, other)) {
                    cut.gave_up = true;
                }
            }
        }
        if self.cuts.iter().any(|cut| cut.gave_up) {
            self.mark("an office was cut off by a partition and gave the connection up");
        }
    }

    /// Takes every fault away and waits until nothing is left to be done; gives how long that took.
    fn calm_down(&mut self) -> Result<Duration, String> {
        self.world.network.set_faults(NONE);
        self.world.set_latency(Duration::from_millis(self.mix.latency_ms.0 + 20));
        for cut in std::mem::take(&mut self.cuts) {
            self.mend(cut);
        }
        for (office, _) in std::mem::take(&mut self.down) {
            self.world.start(office);
        }
        let started = self.world.elapsed();
        if !self.world.run_until(QUIET, |world| world.jobs() == 0 && unrest(world).is_none()) {
            let why = unrest(&self.world).unwrap_or_else(|| format!("{} callers are still there", self.world.jobs()));
            return Err(format!("no rest within {QUIET:?}: {why}"));
        }
        self.end_marks();
        Ok(self.world.elapsed() - started)
    }

    fn end_marks(&self) {
        for (happened, mark) in [
            (self.crashed, "an office crashed and was met again"),
            (self.stopped, "an office stopped politely and was met again"),
            (self.parted, "a partition healed and the offices met again"),
            (!self.deleted.is_empty(), "copies were erased after a deletion during a partition"),
        ] {
            if happened {
                self.mark(mark);
            }
        }
        let copied = (0..OFFICES).filter_map(|office| self.world.running(office)).any(|running| {
            let theirs = people::links_of(&running).into_iter().filter(|link| link.direction == "sharing-with-me");
            theirs.into_iter().any(|link| people::copies(&running, &link.link) > 0)
        });
        if copied && self.mix.name == "lossy" {
            self.mark("records crossed a lossy network");
        }
    }
}

fn is_between(between: (usize, usize), office: usize, other: Option<usize>) -> bool {
    other.is_some_and(|other| between == (office.min(other), office.max(other)))
}
