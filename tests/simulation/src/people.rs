//! What administrators do, and how a world is furnished before anything happens.

use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{office as office_verbs, peers, settings, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::user::{Account, Right};
use interoffice_core::store::peers::{self as rows, Introduction, Standing};
use interoffice_core::store::{Fault, links as link_rows};
use interoffice_oracle::Event;
use interoffice_oracle::event::{Person, Rights, Why};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::LinkState;
use interoffice_protocol::names::UserName;

use crate::check::Violation;
use crate::random::Random;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, Who, World, admin_name, user_name};

/// A user's name, which is valid since we chose it.
pub(crate) fn valid_name(text: &str) -> Result<UserName, Fault> {
    UserName::new(text).map_err(|error| interoffice_core::store::StoreFault::Corrupt(error.to_string()).into())
}

/// A user as an actor.
pub(crate) fn actor(who: Who) -> Result<Actor, Violation> {
    let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
    Ok(Actor::User(name))
}

impl World {
    /// Sets offices up, adds users, pairs everybody with everybody.
    pub(crate) fn furnish(&mut self) -> Result<(), Violation> {
        for office in 0..self.offices.len() {
            self.offices[office].set_chance(Random::at(self.swarm.seed, u64::MAX - office as u64));
            let name = self.offices[office].name();
            self.verb(office, |tx| office_verbs::set_up(tx, name))?;
            self.add_user(office, &admin_name(office), Account::Admin)?;
            for user in 0..self.swarm.users {
                self.add_user(office, &user_name(Who { office, user }), Account::Practitioner)?;
                self.right_on(Who { office, user })?;
            }
            for other in 0..office {
                self.pair(other, office)?;
            }
            let clocks = self.offices[office].clocks();
            self.note(Event::Restarted { office, clocks });
            self.tick(office)?;
        }
        if let Some(office) = self.swarm.hostile.filter(|office| *office < self.offices.len()) {
            self.offices[office].tainted = true;
            self.note(Event::Hostile { office });
        }
        Ok(())
    }

    fn add_user(&mut self, office: usize, name: &str, account: Account) -> Result<(), Violation> {
        let new = NewUser { name: name.to_owned(), account, ..NewUser::default() };
        if self.verb(office, |tx| users::add(tx, &Actor::Operator, &new))?.is_some() {
            let rights = Rights { admin: account == Account::Admin, ..Rights::default() };
            self.note(Event::UserAdded { who: Person::new(office, name), rights });
        }
        Ok(())
    }

    /// Meets and confirms two offices, as their admins do after comparing the words. One that had not parted from the other stays as
    /// it is, and says in its greeting that it has confirmed.
    fn pair(&mut self, a: usize, b: usize) -> Did {
        let before = [self.standing(a, b)?, self.standing(b, a)?];
        if before.contains(&Some(Standing::Blocked)) || before == [Some(Standing::Paired); 2] {
            return Ok(false);
        }
        let token = self.offices[a].draw();
        if self.verb(a, |tx| peers::invite(tx, &Actor::Operator, &token))?.is_none() {
            return Ok(false);
        }
        let words = ["one", "two", "three", "four", "five"];
        for (me, other) in [(a, b), (b, a)] {
            let (chain, name) = (self.offices[other].chain.clone(), self.offices[other].name());
            let addresses = [format!("{name}.example:4433")];
            let who = Introduction { chain: &chain, name, addresses: &addresses };
            let token = (me == a).then_some(&token);
            self.verb(me, |tx| peers::met(tx, &who, &words, token))?;
        }
        for (me, other) in [(a, b), (b, a)] {
            let (mine, theirs) = (self.offices[me].id, self.offices[other].id);
            let confirmed = self.verb(me, |tx| peers::confirm(tx, &Actor::Operator, &theirs.to_string()))?.is_some();
            if confirmed || self.standing(me, other)? == Some(Standing::Paired) {
                self.verb(other, |tx| peers::confirmed_there(tx, mine))?;
            }
        }
        let paired = [self.standing(a, b)?, self.standing(b, a)?] == [Some(Standing::Paired); 2];
        if paired {
            self.note(Event::Paired { a, b });
        }
        Ok(paired)
    }

    /// How an office stands to another.
    fn standing(&self, me: usize, other: usize) -> Result<Option<Standing>, Violation> {
        let id = self.offices[other].id;
        self.look(me, |view| Ok(rows::find(view, id)?.map(|peer| peer.standing)))
    }

    /// What administrators do.
    pub(crate) fn admin_step(&mut self, step: Step) -> Did {
        let offices = self.offices.len();
        let users = self.swarm.users;
        let who = |office: u32, user: u32| Who { office: office as usize % offices, user: user as usize % users };
        let pair = |office: u32, peer: u32| (office as usize % offices, peer as usize % offices);
        let (office, peer) = match step {
            Step::RightOff { office, user } => return self.with_up(who(office, user), Self::right_off),
            Step::RightOn { office, user } => return self.with_up(who(office, user), Self::right_on),
            Step::SetRight { office, user, right, on } => {
                return self.with_up(who(office, user), |world, who| world.set_right(who, right == 0, on == 1));
            }
            Step::Security { office, on } => return self.with_up(who(office, 0), |world, who| world.security(who.office, on == 1)),
            Step::DisableUser { office, user } => return self.with_up(who(office, user), Self::disable),
            Step::Block { office, peer } | Step::Unblock { office, peer } | Step::RemovePeer { office, peer } => pair(office, peer),
            Step::PairAgain { a, b } => pair(a, b),
            _ => return Ok(false),
        };
        if office == peer || !self.offices[office].up {
            return Ok(false);
        }
        match step {
            Step::Block { .. } => self.block(office, peer, true),
            Step::Unblock { .. } => self.block(office, peer, false),
            Step::RemovePeer { .. } => self.remove_peer(office, peer),
            _ if self.offices[peer].up => self.pair(office, peer),
            _ => Ok(false),
        }
    }

    fn with_up(&mut self, who: Who, verb: impl FnOnce(&mut Self, Who) -> Did) -> Did {
        if self.offices[who.office].up { verb(self, who) } else { Ok(false) }
    }

    fn right_on(&mut self, who: Who) -> Did {
        let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
        let done = self.verb(who.office, |tx| {
            let plan = specialists::plan_enable(tx, &Actor::Operator, &name, None)?;
            specialists::enable(tx, &Actor::Operator, &name, None, &plan.id)
        })?;
        if done.is_some() {
            let who = self.person(who);
            self.note(Event::RightEnabled { who });
        }
        Ok(done.is_some())
    }

    fn right_off(&mut self, who: Who) -> Did {
        let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
        let live = self.live_links_of(who)?;
        let done = self.ending(who.office, |tx| {
            let plan = specialists::plan_disable(tx, &Actor::Operator, &name)?;
            specialists::disable(tx, &Actor::Operator, &name, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        if !live.is_empty() {
            sometimes!("a right was disabled with live links");
        }
        let person = self.person(who);
        self.note(Event::RightDisabled { who: person });
        self.note_ended(who.office, &live, Why::RightDisabled);
        Ok(true)
    }

    fn set_right(&mut self, who: Who, super_user: bool, on: bool) -> Did {
        let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
        let right = if super_user { Right::SuperUser } else { Right::EnterpriseView };
        let Some(view) = self.verb(who.office, |tx| users::set_right(tx, &Actor::Operator, &name, right, on))? else { return Ok(false) };
        let who = self.person(who);
        self.note(Event::RightsSet { who, super_user: view.super_user, enterprise_view: view.enterprise_view });
        Ok(true)
    }

    fn security(&mut self, office: usize, on: bool) -> Did {
        let done = self.verb(office, |tx| settings::set_office_security(tx, &Actor::Operator, on))?;
        if done.is_some() {
            self.note(Event::SecuritySet { office, on });
        }
        Ok(done.is_some())
    }

    fn disable(&mut self, who: Who) -> Did {
        let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
        let live = self.live_links_of(who)?;
        let done = self.ending(who.office, |tx| {
            let plan = users::plan_disable(tx, &Actor::Operator, &name)?;
            users::disable(tx, &Actor::Operator, &name, &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        sometimes!("a user was disabled");
        let person = self.person(who);
        self.note(Event::UserDisabled { who: person });
        self.note_ended(who.office, &live, Why::UserGone);
        Ok(true)
    }

    fn live_links_of(&self, who: Who) -> Result<Vec<LinkId>, Violation> {
        let name = valid_name(&user_name(who)).map_err(|fault| crate::world::failed(who.office, &fault))?;
        let rows = self.look(who.office, |view| Ok(link_rows::of_user(view, &name)?))?;
        Ok(rows.into_iter().filter(|row| !matches!(row.state, LinkState::Ended(_))).map(|row| row.link).collect())
    }

    /// Tells that links ended at an office by its own doing.
    pub(crate) fn note_ended(&mut self, office: usize, links: &[LinkId], why: Why) {
        for link in links {
            self.note(Event::Ended { office, link: link.0, why });
        }
    }

    fn block(&mut self, office: usize, peer: usize, blocked: bool) -> Did {
        let theirs = self.offices[peer].id.to_string();
        let done = self.verb(office, |tx| peers::set_blocked(tx, &Actor::Operator, &theirs, blocked))?;
        if done.is_some() {
            sometimes!("an office was blocked");
            self.note(Event::PeerBlocked { office, peer, blocked });
        }
        Ok(done.is_some())
    }

    fn remove_peer(&mut self, office: usize, peer: usize) -> Did {
        let id = self.offices[peer].id;
        let rows = self.look(office, |view| {
            let found = rows::find(view, id)?;
            Ok(found.map_or(Ok(Vec::new()), |peer| link_rows::of_peer(view, peer.row))?)
        })?;
        let live: Vec<LinkId> = rows.into_iter().filter(|row| !matches!(row.state, LinkState::Ended(_))).map(|row| row.link).collect();
        let done = self.ending(office, |tx| {
            let plan = peers::plan_remove(tx, &Actor::Operator, &id.to_string())?;
            peers::remove(tx, &Actor::Operator, &id.to_string(), &plan.id)
        })?;
        if done.is_none() {
            return Ok(false);
        }
        sometimes!("an office was removed");
        self.note(Event::PeerRemoved { office, peer });
        self.note_ended(office, &live, Why::PeerRemoved);
        Ok(true)
    }
}
