//! What must hold after a walk, once everything has come to rest.

use std::collections::BTreeSet;

use interoffice_core::domain::actor::Actor;
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{links as link_rows, removals};
use interoffice_protocol::link::LinkState;
use interoffice_protocol::misbehaviour::Misbehaviour;

use super::{Asked, Walk, refused_or_done};
use crate::world::Fate;

impl Walk {
    /// Troubles are over: everything comes to rest.
    pub(super) fn rest(&mut self) {
        self.world.fates = Box::new(|_, _, _| Fate::Deliver);
        let count = self.world.offices.len();
        if self.calm {
            self.note("rest");
            self.world.finish();
            self.note("end");
            return;
        }
        for a in 0..count {
            for b in (0..count).filter(|b| *b != a) {
                refused_or_done(self.world.block(a, b, false));
            }
            // A chore that was killed half way runs again at the start.
            self.world.restart(a);
        }
        self.note("rest");
        self.world.settle();
        self.note("end");
    }

    pub(super) fn check(&mut self) {
        let allowed = [Misbehaviour::BlockedOffice, Misbehaviour::TooManyWaiting];
        let strange: Vec<_> = self.world.take_misbehaviour().into_iter().filter(|fact| !allowed.contains(fact)).collect();
        assert_eq!(strange, Vec::new(), "honest offices");
        for asked in self.links.clone() {
            self.check_link(&asked);
        }
        for office in 0..self.world.offices.len() {
            let me = &self.world.offices[office];
            assert_eq!(me.read(|view| Ok(removals::unconfirmed(view)?)), 0);
            assert!(me.read(|view| Ok(removals::to_carry_out(view)?)).is_empty());
            let peers = me.read(|view| interoffice_core::actions::peers::list(view, &Actor::Operator));
            assert!(peers.iter().all(|peer| peer.waiting_statements == 0), "{peers:?}");
        }
        self.check_words();
    }

    fn check_link(&self, asked: &Asked) {
        let (owner, reader) = (asked.owner.0, asked.reader.0);
        let mine = self.world.state(owner, asked.link);
        let theirs = self.world.offices[reader].read(|view| Ok(link_rows::find(view, asked.link)?)).map(|row| row.state);
        match theirs {
            Some(theirs) => assert_eq!(mine, theirs),
            None => assert!(matches!(mine, LinkState::Ended(_)), "a request that was not taken"),
        }
        for office in [owner, reader] {
            for removal in self.world.removals(office, asked.link) {
                // An office that lost its copies, or has old ones, can't name those that it once had.
                let unnamed = removal.state == RemovalState::Mismatch && self.damaged.contains(&asked.link);
                let fits = removal.state == RemovalState::Erased || unnamed;
                assert!(fits, "{}: {removal:?}", self.world.offices[office].name);
            }
        }
        match mine {
            LinkState::Active { .. } => self.world.assert_alike(owner, reader, asked.link),
            _ => assert!(!self.world.offices[reader].received(asked.link).exists(), "no file is left"),
        }
    }

    /// Nothing of a record is left at an office that holds no copy of it and does not own it.
    fn check_words(&self) {
        for (office, me) in self.world.offices.iter().enumerate() {
            let mut held = BTreeSet::new();
            let mut text = String::new();
            for asked in self.links.iter().filter(|asked| asked.reader.0 == office) {
                held.extend(self.world.copies(office, asked.link).into_keys());
                for extension in ["db", "db-wal"] {
                    if let Ok(bytes) = std::fs::read(me.received(asked.link).with_extension(extension)) {
                        text.push_str(&String::from_utf8_lossy(&bytes).to_lowercase());
                    }
                }
            }
            for (record, number) in self.numbers.iter().filter(|(record, _)| !held.contains(record)) {
                assert!(!text.contains(&format!("fncanary{number}x")), "{}: {record} is left", me.name);
            }
        }
    }
}
