//! Draws the steps of a run: mostly traffic, some of it what people do, a part of it trouble as the run's rates say, and again and
//! again the two halves of a race right behind each other.

use std::collections::VecDeque;

use interoffice_oracle::local::State;
use interoffice_protocol::messages::Lane;

use crate::random::Random;
use crate::step::{Step, Timed};
use crate::world::{LinkFacts, World};

/// See the module.
pub(crate) struct Generator {
    pub(crate) random: Random,
    id: u32,
    pub(crate) links: u32,
    pub(crate) records: u32,
    /// Steps of a race that are to come, each with the time before it if that matters.
    pub(crate) planned: VecDeque<(Option<u32>, Step)>,
    /// Links that were alive at the last look, and steps of people since.
    pub(crate) alive: usize,
    pub(crate) looked_at: u32,
}

/// How the two ends of a link see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Seen {
    Nothing,
    Waiting,
    Active,
    Over,
}

impl Generator {
    /// A generator for the run of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0x5eed), id: 0, links: 0, records: 0, planned: VecDeque::new(), alive: 0, looked_at: 0 }
    }

    /// The next step for a world as it is now.
    pub(crate) fn next(&mut self, world: &World) -> Timed {
        self.id += 1;
        let (gap, step) = self.draw(world);
        let gap_ms = gap.unwrap_or_else(|| self.gap(world));
        Timed { id: self.id, gap_ms, step }
    }

    fn gap(&mut self, world: &World) -> u32 {
        let swarm = &world.swarm;
        let mean = if self.random.below(1_000) < swarm.long_permille as usize { swarm.long_gap_ms } else { swarm.short_gap_ms };
        self.random.below(2 * mean as usize) as u32
    }

    fn draw(&mut self, world: &World) -> (Option<u32>, Step) {
        if !self.planned.is_empty()
            && self.random.chance(55)
            && let Some(step) = self.planned.pop_front()
        {
            return step;
        }
        if let Some(step) = self.trouble(world) {
            return (None, step);
        }
        if world.offices.iter().filter(|office| office.up).count() < 2 {
            return (None, self.down_or_up(world, 0, 0));
        }
        let step = match self.random.below(100) {
            0..24 => self.people(world),
            24..30 => self.chore(world),
            _ => match self.traffic(world) {
                Some(step) => step,
                None => self.people(world),
            },
        };
        (None, step)
    }

    /// An office that runs, or any.
    pub(crate) fn office(&mut self, world: &World) -> u32 {
        self.random.below(world.offices.len()) as u32
    }

    /// Two offices.
    pub(crate) fn pair(&mut self, world: &World) -> (u32, u32) {
        let count = world.offices.len();
        let a = self.random.below(count);
        (a as u32, ((a + 1 + self.random.below(count - 1)) % count) as u32)
    }

    /// What could happen between offices right now, one of it.
    fn traffic(&mut self, world: &World) -> Option<Step> {
        let count = world.offices.len();
        let mut found: Vec<Step> = Vec::new();
        for a in 0..count {
            for b in 0..count {
                if a != b && world.offices[a].up && world.offices[b].up {
                    self.possible(world, a, b, &mut found);
                }
            }
        }
        self.random.pick(&found).copied()
    }

    fn possible(&mut self, world: &World, a: usize, b: usize, found: &mut Vec<Step>) {
        let wire = world.network.wire(a, b);
        let (from, to) = (a as u32, b as u32);
        for (lane, number) in [(Lane::Control, 0), (Lane::Data, 1)] {
            if wire.flows() && wire.waiting(lane) > 0 {
                let count = if self.random.chance(75) { 1 } else { 1 + self.random.below(6) as u32 };
                found.push(Step::Deliver { from, to, lane: number, count });
                found.push(Step::Deliver { from, to, lane: number, count: 1 });
            }
        }
        if let Some(session) = world.sessions.get(&(a, b)) {
            let count = 1 + self.random.below(4) as u32;
            if session.has_control() {
                found.push(Step::Speak { from, to, lane: 0, count });
            }
            if session.data.has_work() || !session.bell.is_empty() {
                found.push(Step::Speak { from, to, lane: 1, count });
            }
        }
        let passes = !wire.parted && !world.network.wire(b, a).parted;
        if passes && a < b && !world.connected(a, b) {
            let (dials, is_dialled) = if self.random.chance(50) { (from, to) } else { (to, from) };
            found.push(Step::Connect { a: dials, b: is_dialled, half: u32::from(self.random.chance(4)) });
        }
    }

    fn chore(&mut self, world: &World) -> Step {
        let office = self.office(world);
        let until = [0, 1, 2, 3, 3, 3, 3, 3][self.random.below(8)];
        match self.random.below(10) {
            0 => Step::Tick { office },
            1 => Step::Expire { office },
            2..6 => Step::Erase { office, until },
            _ => Step::Rebuild { office, until },
        }
    }

    /// How the owner's and the reader's office see a link, as the oracle has it: asking costs nothing.
    pub(crate) fn seen(world: &World, facts: &LinkFacts) -> (Seen, Seen) {
        let at = |office: usize| match world.checker.oracle.state(office, &facts.link.0) {
            State::Unknown => Seen::Nothing,
            State::Waiting => Seen::Waiting,
            State::Active { .. } => Seen::Active,
            State::Ended(_) => Seen::Over,
        };
        (at(facts.owner.office), at(facts.reader.office))
    }

    /// One of the links, mostly a late one.
    pub(crate) fn some_link<'w>(&mut self, world: &'w World) -> Option<&'w LinkFacts> {
        let skip = if self.random.chance(70) { world.links.len().saturating_sub(6) } else { 0 };
        self.random.pick(&world.links[skip..])
    }

    /// A link that is seen like this at both ends, if one is found soon.
    pub(crate) fn link_seen<'w>(&mut self, world: &'w World, fits: impl Fn(Seen, Seen) -> bool) -> Option<&'w LinkFacts> {
        for _ in 0..4 {
            let facts = self.some_link(world)?;
            let (owner, reader) = Self::seen(world, facts);
            if fits(owner, reader) {
                return Some(facts);
            }
        }
        None
    }

    /// A record of the owner of a link.
    pub(crate) fn record_of(&mut self, world: &World, facts: &LinkFacts) -> Option<u32> {
        let own: Vec<u32> =
            world.records.iter().filter(|record| record.owner == facts.owner && !record.deleted).map(|record| record.number).collect();
        self.random.pick(&own).copied()
    }

    /// A trouble of one of the classes that this run has.
    fn trouble(&mut self, world: &World) -> Option<Step> {
        let rates = world.swarm.rates;
        let all = [
            rates.cut,
            rates.double,
            rates.lose,
            rates.replay,
            rates.corrupt,
            rates.clog,
            rates.part,
            rates.crash,
            rates.down,
            rates.clock,
            rates.files,
            rates.folder,
            rates.disk,
            rates.block,
            rates.rights,
            rates.lies,
        ];
        let place = self.random.below(1_000) as u32;
        if place >= all.iter().sum() {
            return None;
        }
        let class = self.random.weighed(&all);
        let (from, to) = self.pair(world);
        let lane = self.random.below(2) as u32;
        Some(match class {
            0 => Step::Cut { a: from, b: to, side: [0, 1, 2, 2][self.random.below(4)] },
            1 => self.on_its_way(world, |from, to, lane| Step::Double { from, to, lane })?,
            2 => self.on_its_way(world, |from, to, lane| Step::Lose { from, to, lane })?,
            3 => self.replay(world)?,
            4 => {
                let (at, bits) = (self.random.next() as u32 % 4_096, 1 << self.random.below(8));
                self.on_its_way(world, |from, to, lane| Step::Corrupt { from, to, lane, at, bits })?
            }
            5 if self.random.chance(55) => Step::Clog { from, to },
            5 => Step::Unclog { from, to },
            6 if self.random.chance(50) => Step::Part { from, to, both: u32::from(self.random.chance(50)) },
            6 => Step::Heal {},
            7 => Step::Crash { office: from, machine: lane },
            8 => self.down_or_up(world, from, lane),
            9 => self.clock_trouble(from),
            10 => self.file_trouble(world)?,
            11 if self.random.chance(50) => Step::KeepFolder { office: from },
            11 => Step::OldFolder { office: from },
            12 => Step::Disk { office: from, full: lane },
            13 => self.standing_trouble(from, to),
            14 => self.right_trouble(world, from),
            _ => Step::Lie { to, kind: self.random.next() as u32 % 64, link: self.some_link(world).map_or(0, |facts| facts.number) },
        })
    }

    /// A daemon stops, or one that is down starts.
    fn down_or_up(&mut self, world: &World, office: u32, machine: u32) -> Step {
        let down = world.offices.iter().position(|office| !office.up);
        match down {
            Some(down) if self.random.chance(70) => Step::Start { office: down as u32 },
            _ => Step::Stop { office, machine },
        }
    }

    fn on_its_way(&mut self, world: &World, step: impl Fn(u32, u32, u32) -> Step) -> Option<Step> {
        let count = world.offices.len();
        let mut found = Vec::new();
        for from in 0..count {
            for to in (0..count).filter(|to| *to != from) {
                for (lane, number) in [(Lane::Control, 0), (Lane::Data, 1)] {
                    if world.network.wire(from, to).waiting(lane) > 0 {
                        found.push(step(from as u32, to as u32, number));
                    }
                }
            }
        }
        self.random.pick(&found).copied()
    }

    /// Something that was sent comes again, mostly from its sender, now and then from or to somebody else.
    fn replay(&mut self, world: &World) -> Option<Step> {
        let sent = self.random.pick(&world.network.history).filter(|sent| sent.arrived)?;
        let (step, nth) = sent.place;
        let (from, to) = match self.random.below(8) {
            0 => self.pair(world),
            1 => (sent.to as u32, sent.from as u32),
            _ => (sent.from as u32, sent.to as u32),
        };
        Some(Step::Replay { from, to, step, nth })
    }

    fn clock_trouble(&mut self, office: u32) -> Step {
        const YEAR_MIN: usize = 365 * 24 * 60;
        let most = [2, 300, 8 * 24 * 60, 10 * YEAR_MIN][self.random.below(4)];
        let (minutes, back) = (1 + self.random.below(most) as u32, u32::from(self.random.chance(60)));
        match self.random.below(5) {
            0 => Step::Rate { office, permille: [0, 0, 500, 990, 1_010, 2_000][self.random.below(6)] },
            1 => Step::Rate { office, permille: 1_000 },
            2 => {
                // Set while nobody looks: the daemon finds it so when it starts.
                self.planned.push_back((None, Step::Jump { office, minutes, back }));
                self.planned.push_back((None, Step::Start { office }));
                Step::Stop { office, machine: 1 }
            }
            _ => Step::Jump { office, minutes, back },
        }
    }

    fn file_trouble(&mut self, world: &World) -> Option<Step> {
        let facts = self.link_seen(world, |_, reader| reader == Seen::Active)?;
        let (link, from, to) = (facts.number, facts.owner.office as u32, facts.reader.office as u32);
        if self.random.chance(30) {
            return Some(Step::LoseFile { link });
        }
        // Kept aside, and put back when the link has moved on.
        let record = self.record_of(world, facts)?;
        let more = Step::EditRecord { record, field: self.random.below(5) as u32 };
        let (speak, arrive) = (Step::Speak { from, to, lane: 1, count: 8 }, Step::Deliver { from, to, lane: 1, count: 8 });
        self.planned.extend([more, speak, arrive, Step::OldFile { link }].map(|step| (None, step)));
        Some(Step::KeepFile { link })
    }

    fn standing_trouble(&mut self, office: u32, peer: u32) -> Step {
        match self.random.below(20) {
            0..9 => Step::Block { office, peer },
            9..18 => Step::Unblock { office, peer },
            18 => {
                self.planned.push_back((None, Step::PairAgain { a: office, b: peer }));
                Step::RemovePeer { office, peer }
            }
            _ => Step::PairAgain { a: office, b: peer },
        }
    }

    fn right_trouble(&mut self, world: &World, office: u32) -> Step {
        let user = self.random.below(world.swarm.users) as u32;
        match self.random.below(24) {
            0..8 => {
                self.planned.push_back((None, Step::RightOn { office, user }));
                Step::RightOff { office, user }
            }
            8 => {
                // Between losing the one right and gaining it again a user may hold others.
                let right = self.random.below(2) as u32;
                self.planned.push_back((None, Step::SetRight { office, user, right, on: 1 }));
                self.planned.push_back((None, Step::Security { office, on: 0 }));
                self.planned.push_back((None, Step::RightOn { office, user }));
                Step::RightOff { office, user }
            }
            9 => Step::SetRight { office, user, right: self.random.below(2) as u32, on: self.random.below(2) as u32 },
            10 => Step::Security { office, on: self.random.below(2) as u32 },
            11..23 => Step::RightOn { office, user },
            // The first user of each office stays, so that there is always somebody.
            _ if user > 0 => Step::DisableUser { office, user },
            _ => Step::RightOn { office, user },
        }
    }
}
