//! What people do, and the races in it: two things that happen before either office hears of the other, right behind each other.

use crate::generate::{Generator, Seen};
use crate::step::Step;
use crate::world::{LinkFacts, World};

/// Records that every user begins with.
const FIRST_RECORDS: usize = 3;
/// Links that are alive at a time, about.
const LIVE_LINKS: usize = 6;
/// How often it is looked how many are.
const LOOK_EVERY: u32 = 12;
const HOUR_MS: u32 = 3_600_000;

impl Generator {
    /// What people do next.
    pub(crate) fn people(&mut self, world: &World) -> Step {
        let users = world.offices.len() * world.swarm.users;
        if world.records.len() < users * FIRST_RECORDS && self.random.chance(30) {
            return self.add_record(world);
        }
        if world.swarm.rates.inside > 0
            && self.random.chance(world.swarm.rates.inside)
            && let Some(step) = self.inside(world)
        {
            return step;
        }
        if self.few_links(world) || self.random.chance(3) {
            return self.request(world);
        }
        let step = match self.random.below(100) {
            0..16 => self.answer(world),
            16..74 => self.share_and_edit(world),
            74..97 => self.race(world),
            _ => self.end(world),
        };
        step.or_else(|| self.share_and_edit(world)).unwrap_or_else(|| self.add_record(world))
    }

    /// Whether fewer links are alive than people usually have; looked at now and then.
    fn few_links(&mut self, world: &World) -> bool {
        let wanted = (1 + world.offices.len()).min(LIVE_LINKS);
        if self.looked_at.is_multiple_of(LOOK_EVERY) {
            let alive = |facts: &&LinkFacts| Self::seen(world, facts).0 < Seen::Over;
            self.alive = world.links.iter().rev().take(24).filter(alive).count();
        }
        self.looked_at += 1;
        let few = self.alive < wanted;
        self.alive += usize::from(few);
        few
    }

    fn add_record(&mut self, world: &World) -> Step {
        self.records += 1;
        let (office, user) = (self.office(world), self.random.below(world.swarm.users) as u32);
        Step::AddRecord { record: self.records, office, user, marks: self.random.below(16) as u32 }
    }

    fn request(&mut self, world: &World) -> Step {
        self.links += 1;
        let (office, to) = self.pair(world);
        let user = self.random.below(world.swarm.users) as u32;
        // Now and then somebody who is not there is asked.
        let reader = if self.random.chance(4) { world.swarm.users as u32 } else { self.random.below(world.swarm.users) as u32 };
        let ends = if self.random.chance(8) { 1 + self.random.below(60 * 24 * 4) as u32 } else { 0 };
        Step::Request { link: self.links, office, user, to, reader, scope: self.random.below(8) as u32, ends }
    }

    fn answer(&mut self, world: &World) -> Option<Step> {
        let link = self.link_seen(world, |_, reader| reader == Seen::Waiting)?.number;
        Some(match self.random.below(14) {
            0 => Step::Decline { link },
            1 => Step::Withdraw { link },
            _ => Step::Accept { link },
        })
    }

    fn end(&mut self, world: &World) -> Option<Step> {
        let link = self.link_seen(world, |owner, reader| owner == Seen::Active || reader == Seen::Active)?.number;
        Some(Step::DeleteLink { link, side: self.random.below(2) as u32 })
    }

    fn share_and_edit(&mut self, world: &World) -> Option<Step> {
        let facts = self.link_seen(world, |owner, _| owner == Seen::Active)?;
        let link = facts.number;
        let (a, b, c) = (self.record_of(world, facts)?, self.record_of(world, facts)?, self.record_of(world, facts)?);
        Some(match self.random.below(40) {
            0..13 => Step::Share { link, a, b, c },
            13..16 => Step::ShareAll { link },
            16..24 => Step::Unshare { link, record: a },
            24..26 => Step::UnshareAll { link },
            26..36 => Step::EditRecord { record: a, field: self.random.below(8) as u32 },
            36 => Step::DeleteRecord { record: a },
            37 => Step::Archive { record: a },
            38 if self.random.chance(50) => Step::Unarchive { record: a },
            38 => Step::Mark { record: a, marks: self.random.below(4) as u32 },
            _ => return Some(self.add_record(world)),
        })
    }

    fn plan(&mut self, steps: &[Step]) -> Option<Step> {
        let (first, rest) = steps.split_first()?;
        self.planned.extend(rest.iter().map(|step| (Some(1), *step)));
        Some(*first)
    }

    /// Two halves of a race.
    fn race(&mut self, world: &World) -> Option<Step> {
        match self.random.below(12) {
            0 | 1 => {
                let link = self.link_seen(world, |owner, reader| (owner, reader) == (Seen::Waiting, Seen::Waiting))?.number;
                let (accept, withdraw) = (Step::Accept { link }, Step::Withdraw { link });
                let both = if self.random.chance(50) { [accept, withdraw] } else { [withdraw, accept] };
                self.plan(&both)
            }
            2 => {
                let link = self.link_seen(world, |_, reader| reader == Seen::Waiting)?.number;
                self.plan(&[Step::Accept { link }, Step::Accept { link }])
            }
            3 => {
                let Step::Request { link, office, user, to, reader, scope, ends } = self.request(world) else { return None };
                self.links += 1;
                let back = Step::Request { link: self.links, office: to, user: reader, to: office, reader: user, scope, ends };
                self.plan(&[Step::Request { link, office, user, to, reader, scope, ends }, back])
            }
            4 => {
                let link = self.link_seen(world, |owner, reader| (owner, reader) == (Seen::Active, Seen::Active))?.number;
                let side = self.random.below(2) as u32;
                self.plan(&[Step::DeleteLink { link, side }, Step::DeleteLink { link, side: 1 - side }])
            }
            5..8 => self.race_with_data(world),
            8 => self.race_with_right(world),
            9 => self.race_with_erasing(world),
            10 => self.long_silence(world),
            _ => {
                let facts = self.link_seen(world, |_, reader| reader == Seen::Waiting)?;
                let (link, office, user) = (facts.number, facts.reader.office as u32, facts.reader.user as u32);
                let (accept, off) = (Step::Accept { link }, Step::RightOff { office, user });
                let both = if self.random.chance(50) { [accept, off] } else { [off, accept] };
                self.planned.push_back((None, Step::RightOn { office, user }));
                self.plan(&both)
            }
        }
    }

    /// A share or an edit on its way while the link ends, or while the record is taken back.
    fn race_with_data(&mut self, world: &World) -> Option<Step> {
        let facts = self.link_seen(world, |owner, reader| (owner, reader) == (Seen::Active, Seen::Active))?;
        let (link, from, to) = (facts.number, facts.owner.office as u32, facts.reader.office as u32);
        let record = self.record_of(world, facts)?;
        let speak = Step::Speak { from, to, lane: 1, count: 8 };
        let arrive = Step::Deliver { from, to, lane: 1, count: 8 };
        let share = if self.random.chance(50) { Step::ShareAll { link } } else { Step::Share { link, a: record, b: record, c: record } };
        let edit = Step::EditRecord { record, field: self.random.below(8) as u32 };
        let side = self.random.below(2) as u32;
        match self.random.below(if world.swarm.rates.lose > 0 { 7 } else { 6 }) {
            0 => self.plan(&[share, speak, Step::DeleteLink { link, side }, arrive]),
            1 => self.plan(&[edit, speak, Step::DeleteLink { link, side }, arrive]),
            2 => self.plan(&[edit, speak, Step::Unshare { link, record }, speak, arrive]),
            3 => self.plan(&[edit, Step::Unshare { link, record }, share, speak]),
            4 => self.plan(&[share, speak, Step::DeleteRecord { record }, speak, arrive]),
            6 => self.plan(&[share, speak, edit, speak, Step::Lose { from, to, lane: 1 }, arrive]),
            _ => self.plan(&[share, speak, Step::Unshare { link, record }, Step::Share { link, a: record, b: record, c: record }, speak]),
        }
    }

    /// Sharing while one of the two loses the right.
    fn race_with_right(&mut self, world: &World) -> Option<Step> {
        let facts = self.link_seen(world, |owner, reader| (owner, reader) == (Seen::Active, Seen::Active))?;
        let (link, from, to) = (facts.number, facts.owner.office as u32, facts.reader.office as u32);
        let who = if self.random.chance(50) { facts.owner } else { facts.reader };
        let (office, user) = (who.office as u32, who.user as u32);
        let speak = Step::Speak { from, to, lane: 1, count: 8 };
        let arrive = Step::Deliver { from, to, lane: 1, count: 8 };
        let (share, off, on) = (Step::ShareAll { link }, Step::RightOff { office, user }, Step::RightOn { office, user });
        if self.random.chance(50) { self.plan(&[share, speak, off, arrive, on]) } else { self.plan(&[share, off, speak, arrive, on]) }
    }

    /// The daemon dies in the middle of erasing, or the link ends while a part of it is rebuilt.
    fn race_with_erasing(&mut self, world: &World) -> Option<Step> {
        let facts = self.link_seen(world, |_, reader| reader == Seen::Active)?;
        let (link, from, to) = (facts.number, facts.owner.office as u32, facts.reader.office as u32);
        let office = to;
        let (until, machine) = (self.random.below(3) as u32, self.random.below(2) as u32);
        let side = self.random.below(2) as u32;
        let crash = if world.swarm.rates.crash > 0 { Step::Crash { office, machine } } else { Step::Tick { office } };
        let arrive = Step::Deliver { from, to, lane: 1, count: 8 };
        match self.random.below(3) {
            0 => self.plan(&[Step::DeleteLink { link, side: 1 }, Step::Erase { office, until }, crash, Step::Erase { office, until: 3 }]),
            1 => self.plan(&[
                Step::UnshareAll { link },
                Step::Speak { from, to, lane: 1, count: 8 },
                arrive,
                Step::Rebuild { office, until },
                crash,
            ]),
            _ => {
                let end = Step::DeleteLink { link, side };
                self.plan(&[
                    Step::UnshareAll { link },
                    Step::Speak { from, to, lane: 1, count: 8 },
                    arrive,
                    Step::Rebuild { office, until },
                    end,
                ])
            }
        }
    }

    /// Two offices do not hear of each other for longer than a lease, and something is taken back meanwhile.
    fn long_silence(&mut self, world: &World) -> Option<Step> {
        if world.swarm.rates.part == 0 || !self.random.chance(25) {
            return None;
        }
        let facts = self.link_seen(world, |owner, reader| (owner, reader) == (Seen::Active, Seen::Active))?;
        let (link, from, to) = (facts.number, facts.owner.office as u32, facts.reader.office as u32);
        let both = self.random.below(2) as u32;
        let hours = 20 + self.random.below(40) as u32;
        let side = self.random.below(2) as u32;
        self.planned.push_back((Some(1_000), Step::DeleteLink { link, side: u32::from(side == 1 && self.random.chance(30)) }));
        self.planned.push_back((Some(hours * HOUR_MS), Step::Tick { office: to }));
        self.planned.push_back((Some(hours * HOUR_MS), Step::Tick { office: to }));
        self.planned.push_back((None, Step::Heal {}));
        Some(Step::Part { from, to, both })
    }
}
