//! What the people of the office do; a verb that is refused leaves nothing behind.

use interoffice_core::actions::links::{self, Ask};
use interoffice_core::actions::sharing::{self, Selection};
use interoffice_core::actions::{peers, records, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::{Edit, PropertyEdit};
use interoffice_core::store::{Fault, Tx};
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};

use super::{PEOPLE, Run};
use crate::bytes::Bytes;
use crate::keys::user;
use crate::office::enable;

impl Run<'_> {
    pub(super) fn somebody_acts(&mut self, bytes: &mut Bytes<'_>) {
        let who = if bytes.rarely(16) { user("nobody") } else { user(PEOPLE[bytes.below(PEOPLE.len())]) };
        let actor = if bytes.rarely(8) { Actor::Operator } else { Actor::User(who.clone()) };
        let before = self.state();
        let refused = match bytes.below(16) {
            0..=2 => self.ask(&actor, bytes),
            3..=9 => self.about_a_link(&actor, bytes),
            10..=12 => self.about_a_record(&actor, bytes),
            13 => self.about_a_user(&who, bytes),
            14 => self.about_the_peer(bytes),
            _ => self.import(&actor, bytes),
        };
        if refused {
            assert_eq!(self.state(), before, "a refused verb changed something");
        }
    }

    /// Runs a verb; says whether it was refused.
    fn tried(&mut self, mut verb: impl FnMut(&Tx<'_>) -> Result<(), Fault>) -> bool {
        self.office.verb(&mut verb).is_err()
    }

    fn ask(&mut self, actor: &Actor, bytes: &mut Bytes<'_>) -> bool {
        let scope = if bytes.rarely(3) { Scope::everything() } else { Scope::standard() };
        let level = Level::ALL[bytes.below(Level::ALL.len())];
        let not_after_ms = bytes.rarely(8).then_some(self.office.moments.now_ms + 3_600_000);
        let reader = if bytes.rarely(2) { "carol" } else { "dave" };
        let ask = Ask { office: "South".into(), user: reader.into(), purpose: "referrals".into(), level, scope, not_after_ms };
        self.tried(|tx| links::request(tx, actor, &ask).map(drop))
    }

    fn about_a_link(&mut self, actor: &Actor, bytes: &mut Bytes<'_>) -> bool {
        let Some(row) = self.link(bytes) else { return false };
        let id = row.link.to_string();
        // Mostly the one whose link it is, and who may.
        let own = Actor::User(row.local_user.clone());
        let actor = if bytes.rarely(4) { actor } else { &own };
        match bytes.below(8) {
            0 | 1 => self.tried(|tx| links::accept(tx, actor, std::slice::from_ref(&id)).map(drop)),
            2 => self.tried(|tx| links::decline(tx, actor, &id, "no").map(drop)),
            3 => self.tried(|tx| links::withdraw(tx, actor, &id, "").map(drop)),
            4 => self.tried(|tx| {
                let plan = links::plan_delete(tx, actor, &id)?;
                links::delete(tx, actor, &id, &plan.id).map(drop)
            }),
            what => {
                let selection = self.selection(bytes);
                self.tried(|tx| share(tx, actor, &id, &selection, what != 7))
            }
        }
    }

    fn selection(&self, bytes: &mut Bytes<'_>) -> Selection {
        if bytes.rarely(3) {
            return Selection { all_mine: true, ..Selection::default() };
        }
        let records = (0..1 + bytes.below(2)).filter_map(|_| bytes.pick(&self.records)).map(RecordId::to_string).collect();
        Selection { records, ..Selection::default() }
    }

    fn about_a_record(&mut self, actor: &Actor, bytes: &mut Bytes<'_>) -> bool {
        let Some(record) = bytes.pick(&self.records).copied() else { return false };
        match bytes.below(6) {
            0..=2 => {
                let value = format!("Words {}", bytes.byte());
                let set = vec![PropertyEdit { name: "NOTE".into(), value, params: Vec::new() }];
                let edit = Edit { set, private: bytes.rarely(6).then_some(true), ..Edit::default() };
                self.tried(|tx| records::edit(tx, actor, record, &edit).map(drop))
            }
            3 => self.tried(|tx| {
                let plan = records::plan_delete(tx, actor, &[record])?;
                records::delete(tx, actor, &[record], &plan.id).map(drop)
            }),
            4 => self.tried(|tx| {
                let plan = records::plan_archive(tx, actor, &[record])?;
                records::archive(tx, actor, &[record], &plan.id).map(drop)
            }),
            _ => self.tried(|tx| records::unarchive(tx, actor, &[record]).map(drop)),
        }
    }

    fn about_a_user(&mut self, who: &UserName, bytes: &mut Bytes<'_>) -> bool {
        match bytes.below(4) {
            0 | 1 => self.tried(|tx| enable(tx, who)),
            2 => self.tried(|tx| {
                let plan = specialists::plan_disable(tx, &Actor::Operator, who)?;
                specialists::disable(tx, &Actor::Operator, who, &plan.id).map(drop)
            }),
            _ => self.tried(|tx| {
                let plan = users::plan_disable(tx, &Actor::Operator, who)?;
                users::disable(tx, &Actor::Operator, who, &plan.id).map(drop)
            }),
        }
    }

    fn about_the_peer(&mut self, bytes: &mut Bytes<'_>) -> bool {
        let peer = self.peer.id.to_string();
        match bytes.below(8) {
            0..=2 => self.tried(|tx| peers::set_blocked(tx, &Actor::Operator, &peer, true).map(drop)),
            3..=6 => self.tried(|tx| peers::set_blocked(tx, &Actor::Operator, &peer, false).map(drop)),
            _ => self.tried(|tx| {
                let plan = peers::plan_remove(tx, &Actor::Operator, &peer)?;
                peers::remove(tx, &Actor::Operator, &peer, &plan.id).map(drop)
            }),
        }
    }

    fn import(&mut self, actor: &Actor, bytes: &mut Bytes<'_>) -> bool {
        let number = bytes.below(8);
        let card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{number}\r\nFN:Somebody {}\r\nEND:VCARD\r\n", bytes.byte());
        let file = records::read_cards(card.as_bytes());
        let options = records::ImportOptions::default();
        let Ok(report) = self.office.verb(|tx| records::import_cards(tx, actor, &file.cards, &options)) else { return true };
        for id in &report.records {
            let id: RecordId = id.parse().expect("a record id");
            if !self.records.contains(&id) {
                self.records.push(id);
            }
        }
        false
    }
}

fn share(tx: &Tx<'_>, actor: &Actor, link: &str, selection: &Selection, add: bool) -> Result<(), Fault> {
    if add {
        let plan = sharing::plan_share(tx, actor, link, selection)?;
        return sharing::share(tx, actor, link, selection, &plan.id).map(drop);
    }
    let plan = sharing::plan_unshare(tx, actor, link, selection)?;
    sharing::unshare(tx, actor, link, selection, &plan.id).map(drop)
}
