//! Everything that every viewer sees in every way, against what each may see (INV-01, INV-06, INV-10,
//! INV-23, INV-29, INV-58).
//!
//! The same functions of the core are called that the API calls, by every user of every office, by somebody who is no user, by
//! another office, and by the operator.

mod asking;
mod copies;
mod links;
mod own;

use std::collections::BTreeSet;

use interoffice_core::actions::audit;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_oracle::event::Record;
use interoffice_oracle::local::Local;
use interoffice_oracle::{Oracle, Token, Viewer};

use super::Violation;
use crate::office::Office;
use crate::people::valid_name;
use crate::world::World;

/// Links that each viewer asks for by their ids at one time.
const LINKS_AT_ONCE: usize = 2;

/// Who looks, at which office, in one consistent state of it.
pub(super) struct Eyes<'e> {
    pub(super) oracle: &'e Oracle,
    pub(super) office: &'e Office,
    pub(super) local: &'e Local,
    pub(super) view: &'e View<'e>,
    /// `None` for another office, which sees nothing.
    pub(super) viewer: Option<Viewer<'e>>,
    pub(super) actor: Actor,
    /// The viewer's number at the office.
    number: usize,
    /// Changes from time to time: what is looked at in samples is another part then.
    pub(super) turn: usize,
}

/// What looking found: nothing wrong, something wrong, or a store that failed.
pub(super) type Looked = Result<Result<(), Violation>, Fault>;

impl Eyes<'_> {
    fn place(&self) -> usize {
        self.office.place
    }

    /// Whether it is this viewer's turn for something that costs much, which comes round after `turns`.
    pub(super) fn has_turn(&self, turns: usize) -> bool {
        self.has_turn_at(0, turns)
    }

    /// The same, so many times later.
    pub(super) fn has_turn_at(&self, later: usize, turns: usize) -> bool {
        (self.turn + self.number + later).is_multiple_of(turns)
    }

    /// Links that are asked for one by one this time: what is asked by an id goes through the same door for each, and costs more.
    pub(super) fn some_links(&self) -> impl Iterator<Item = &[u8; 32]> {
        let count = self.local.links.len().max(1);
        let first = (self.turn * LINKS_AT_ONCE) % count;
        self.local.links.keys().cycle().skip(first).take(LINKS_AT_ONCE.min(self.local.links.len()))
    }

    /// What somebody got and must not have, or the other way round.
    pub(super) fn wrong(&self, invariant: &'static str, anomaly: &'static str, what: &str) -> Violation {
        Violation::new(invariant, anomaly, format!("{} at office {}: {what}", self.actor, self.place()))
    }

    /// Whether the viewer is somebody who may look at anything at all.
    pub(super) fn is_member(&self) -> bool {
        match self.viewer {
            Some(Viewer::Operator) => true,
            Some(Viewer::User(name)) => self.local.users.get(name).is_some_and(|user| !user.disabled),
            None => false,
        }
    }

    /// No word beside `allowed` is in what the viewer got by `way`.
    pub(super) fn only(&self, allowed: &BTreeSet<Token>, got: &impl std::fmt::Debug, way: &str) -> Result<(), Violation> {
        self.only_in(allowed, format!("{got:?}").as_bytes(), way)
    }

    /// The same for bytes.
    pub(super) fn only_in(&self, allowed: &BTreeSet<Token>, got: &[u8], way: &str) -> Result<(), Violation> {
        let stray = Token::all_in(got).into_iter().find(|token| !allowed.contains(token) && self.oracle.home_of(*token).is_some());
        match stray {
            Some(token) => Err(self.wrong("INV-01", "stale-right", &format!("{way} shows {token:?}"))),
            None => Ok(()),
        }
    }
}

/// What a verb gave, or `None` when a rule refused it.
pub(super) fn given<T>(end: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match end {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Refused(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// See the module.
pub(crate) fn readers(world: &World) -> Result<(), Violation> {
    let turn = usize::try_from(world.counts.steps).unwrap_or(0) / 50;
    for office in 0..world.offices.len() {
        of_office(world, office, turn)?;
    }
    Ok(())
}

fn of_office(world: &World, office: usize, turn: usize) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    let Some(local) = oracle.local(office).filter(|_| world.offices[office].up && !oracle.is_hostile(office)) else { return Ok(()) };
    let users = local.users.keys().map(|name| Some(Viewer::User(name)));
    let viewers: Vec<Option<Viewer<'_>>> = users.chain([Some(Viewer::User("stranger")), Some(Viewer::Operator), None]).collect();
    let other = world.offices[(office + 1) % world.offices.len()].id;
    world.look(office, |view| {
        for (number, viewer) in viewers.iter().enumerate() {
            let actor = match viewer {
                Some(Viewer::User(name)) => Actor::User(valid_name(name)?),
                Some(Viewer::Operator) => Actor::Operator,
                None => Actor::Peer(other),
            };
            let eyes = Eyes { oracle, office: &world.offices[office], local, view, viewer: *viewer, actor, number, turn };
            match everything(&eyes) {
                // Who can open no file on a full disk shows none of it.
                Ok(Ok(())) | Err(Fault::Store(StoreFault::DiskFull)) => {}
                end => return end,
            }
        }
        Ok(Ok(()))
    })?
}

/// What a step inside an office could have changed: how many records each of its users sees, and how much of those that it was about.
pub(super) fn inside(world: &World, office: usize, records: &BTreeSet<Record>) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    let Some(local) = oracle.local(office).filter(|_| world.offices[office].up && !oracle.is_hostile(office)) else { return Ok(()) };
    let turn = usize::try_from(world.counts.steps).unwrap_or(0);
    world.look(office, |view| {
        for (number, name) in local.users.keys().enumerate() {
            let (viewer, actor) = (Some(Viewer::User(name)), Actor::User(valid_name(name)?));
            let eyes = Eyes { oracle, office: &world.offices[office], local, view, viewer, actor, number, turn };
            for look in [the_audit(&eyes)?, own::counted(&eyes)?, own::some(&eyes, records)?] {
                if look.is_err() {
                    return Ok(look);
                }
            }
        }
        Ok(Ok(()))
    })?
}

fn everything(eyes: &Eyes<'_>) -> Looked {
    for look in [own::look, asking::look, copies::look, links::look, the_audit] {
        if let Err(violation) = look(eyes)? {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}

/// The audit is for administrators, and names nobody's words.
fn the_audit(eyes: &Eyes<'_>) -> Looked {
    let lines = given(audit::since(eyes.view, &eyes.actor, 0, 1))?;
    let may = match eyes.viewer {
        Some(Viewer::Operator) => true,
        Some(Viewer::User(name)) => eyes.is_member() && eyes.local.administers(name),
        None => false,
    };
    Ok(if lines.is_some() == may { Ok(()) } else { Err(eyes.wrong("INV-01", "stale-right", "the audit is shown to who must not see it")) })
}
