//! Draws what people do inside their office: shares, groups, roles, requests for access, sessions. Mostly in two or three steps of
//! which the later ones meet what the first one left.

use crate::generate::{Generator, Seen};
use crate::step::Step;
use crate::world::World;

impl Generator {
    /// Something inside an office.
    pub(crate) fn inside(&mut self, world: &World) -> Option<Step> {
        let office = self.office(world);
        match self.random.below(100) {
            0..34 => self.share_inside(world),
            34..50 => Some(self.groups(world, office)),
            50..58 => Some(self.roles(world, office)),
            58..66 => self.owners(world, office),
            66..82 => self.asking(world, office),
            82..95 => Some(self.sessions(world, office)),
            _ => Some(self.settings(world, office)),
        }
    }

    /// A user, or with the number beyond them the administrator.
    fn insider(&mut self, world: &World) -> u32 {
        self.random.below(world.swarm.users + 1) as u32
    }

    fn user(&mut self, world: &World) -> u32 {
        self.random.below(world.swarm.users) as u32
    }

    /// A record that is there, with its office and the number of its owner.
    fn a_record(&mut self, world: &World) -> Option<(u32, u32, u32)> {
        let there: Vec<_> = world.records.iter().filter(|facts| !facts.deleted).collect();
        let facts = self.random.pick(&there)?;
        Some((facts.number, facts.owner.office as u32, facts.owner.user as u32))
    }

    fn share_inside(&mut self, world: &World) -> Option<Step> {
        let (record, _, owner) = self.a_record(world)?;
        // Mostly by who may; else by anybody.
        let by = if self.random.chance(70) { owner } else { self.insider(world) };
        let (to, level) = (self.random.below(12) as u32, self.random.below(4) as u32);
        let field = self.random.below(5) as u32;
        match self.random.below(8) {
            0 | 1 => self.planned.push_back((None, Step::GrantRecord { record, by, to, level: 0 })),
            2..5 => {
                let by = self.insider(world);
                self.planned.push_back((None, Step::EditAs { record, by, field }));
            }
            5 => return Some(Step::EditAs { record, by: self.insider(world), field }),
            _ => {}
        }
        Some(Step::GrantRecord { record, by, to, level })
    }

    fn groups(&mut self, world: &World, office: u32) -> Step {
        let (group, user) = (self.random.below(3) as u32, self.insider(world));
        let members = self.random.below(16) as u32;
        match self.random.below(10) {
            0..3 => {
                // A group is made, a record is shared with it, and then somebody leaves or it goes.
                if let Some((record, _, by)) = self.a_record(world) {
                    let (to, level) = (6 + group, 1 + self.random.below(3) as u32);
                    self.planned.push_back((None, Step::GrantRecord { record, by, to, level }));
                }
                Step::MakeGroup { office, group, members }
            }
            3..6 => Step::Member { office, group, user, on: 1 },
            6..9 => Step::Member { office, group, user, on: 0 },
            _ => Step::DeleteGroup { office, group },
        }
    }

    fn roles(&mut self, world: &World, office: u32) -> Step {
        let (user, role) = (self.user(world), self.random.below(6) as u32);
        let allows = [0, 0, 1, 1, 1, 2, 3, 4][self.random.below(8)];
        match self.random.below(10) {
            0..3 => {
                self.planned.push_back((None, Step::GiveRole { office, user, role }));
                Step::SetRole { office, role: role % 3, allows }
            }
            3 => Step::SetRole { office, role: 3, allows: [0, 0, 0, 1, 2][self.random.below(5)] },
            4..8 => Step::GiveRole { office, user, role },
            _ => Step::AllClients { office, user, level: self.random.below(4) as u32 },
        }
    }

    fn owners(&mut self, world: &World, office: u32) -> Option<Step> {
        let (user, on) = (self.user(world), u32::from(self.random.chance(60)));
        Some(match self.random.below(12) {
            0..5 => {
                // One that is perhaps shared over a link, or any.
                let linked = self.link_seen(world, |owner, _| owner == Seen::Active);
                let linked = linked.and_then(|facts| Some((self.record_of(world, facts)?, facts.owner.user as u32)));
                let (record, owner) = match linked {
                    Some(linked) => linked,
                    None => self.a_record(world).map(|(record, _, owner)| (record, owner))?,
                };
                let by = if self.random.chance(70) { owner } else { self.insider(world) };
                Step::GiveRecord { record, by, to: self.user(world), keep: self.random.below(4) as u32 }
            }
            5 => Step::HandOver { office, user, to: self.user(world) },
            6..8 => self.without_sharing(world)?,
            _ => {
                let by = [user, self.insider(world), world.swarm.users as u32, world.swarm.users as u32][self.random.below(4)];
                Step::Proxy { office, owner: user, user: self.insider(world), by, on }
            }
        })
    }

    /// Where administrators alone share, an owner wants to keep what he or she gives away, or names a proxy.
    fn without_sharing(&mut self, world: &World) -> Option<Step> {
        let (record, office, owner) = self.a_record(world)?;
        let (user, keep) = (self.user(world), self.random.below(4) as u32);
        let wanted = match self.random.below(2) {
            0 => Step::GiveRecord { record, by: owner, to: user, keep },
            _ => Step::Proxy { office, owner, user, by: owner, on: 1 },
        };
        self.planned.extend([wanted, Step::ClientAccess { office, what: 1, on: 1 }].map(|step| (None, step)));
        Some(Step::ClientAccess { office, what: 1, on: 0 })
    }

    fn asking(&mut self, world: &World, office: u32) -> Option<Step> {
        let (nth, by, level) = (self.random.below(64) as u32, self.insider(world), self.random.below(4) as u32);
        Some(match self.random.below(10) {
            0..6 => {
                let (record, office, _) = self.a_record(world)?;
                if self.random.chance(60) {
                    let by = self.insider(world);
                    self.planned.push_back((None, Step::AnswerAccess { office, nth, by, level }));
                }
                let asks = world.checker.oracle.local(office as usize).is_some_and(|local| local.inside.requesting);
                if !asks {
                    self.planned.push_front((None, Step::AskAccess { record, by, level }));
                    return Some(Step::ClientAccess { office, what: 2, on: 1 });
                }
                Step::AskAccess { record, by, level }
            }
            6..9 => Step::AnswerAccess { office, nth, by, level },
            _ => Step::TakeBack { office, nth },
        })
    }

    fn sessions(&mut self, world: &World, office: u32) -> Step {
        let (user, nth) = (self.user(world), self.random.below(64) as u32);
        match self.random.below(16) {
            0..6 => Step::SignIn { office, user },
            6..10 => Step::UseSession { nth },
            10 => {
                // Signed in twice, and the password is changed from one of the two.
                let nth = world.signed_in.len() as u32 + 1;
                self.planned.extend(
                    [Step::SignIn { office, user }, Step::ChangePassword { nth }, Step::UseSession { nth: nth - 1 }]
                        .map(|step| (None, step)),
                );
                Step::SignIn { office, user }
            }
            11 => Step::SetPassword { office, user },
            12 => Step::SignOut { nth, all: 0 },
            13 => Step::SignOut { nth, all: 1 },
            // Who comes back is not signed in.
            _ if user > 0 => {
                self.planned.extend([Step::DisableUser { office, user }, Step::EnableUser { office, user }].map(|step| (None, step)));
                Step::SignIn { office, user }
            }
            _ => Step::SignIn { office, user },
        }
    }

    fn settings(&mut self, world: &World, office: u32) -> Step {
        let on = u32::from(self.random.chance(50));
        match self.random.below(10) {
            0..2 => Step::ClientAccess { office, what: 1, on: u32::from(self.random.chance(75)) },
            2..4 => Step::ClientAccess { office, what: 2, on },
            4 => {
                // In an office without specialists everybody reads what is not private, until client access comes.
                let first = world.swarm.users as u32;
                self.planned.extend((1..first).map(|user| (None, Step::RightOff { office, user })));
                let then = [
                    Step::ClientAccess { office, what: 0, on: 0 },
                    Step::Security { office, on: 0 },
                    Step::ClientAccess { office, what: 0, on: 1 },
                    Step::RightOn { office, user: 0 },
                ];
                self.planned.extend(then.map(|step| (None, step)));
                Step::RightOff { office, user: 0 }
            }
            _ => Step::ClientAccess { office, what: 0, on },
        }
    }
}
