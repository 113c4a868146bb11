//! A whole office under any sequence of what its people do and what one paired office says, well-formed or not.
//!
//! The office is real, its store in memory, its received files in a folder of the run. The other office is a voice with keys of its own:
//! it signs well, and says whatever the bytes make it say. After each step what must always hold is looked at.

mod data;
mod people;
mod voice;
mod watch;

use std::cell::RefCell;
use std::collections::HashMap;

use interoffice_core::actions::outbound::Sending;
use interoffice_core::actions::records::{self, ImportOptions};
use interoffice_core::actions::{peers, removal};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::peers::Introduction;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{links, links::LinkRow};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::messages::Holding;
use tempfile::TempDir;

use crate::bytes::Bytes;
use crate::keys::{Keys, user};
use crate::office::Office;
use crate::received::folder;

/// Steps of one run, so that it stays short.
const STEPS_MAX: usize = 80;
/// Users of the office: a specialist, another, and one without the right.
const PEOPLE: [&str; 3] = ["ann", "amy", "ben"];

thread_local! {
    static OFFICE: RefCell<Option<Ready>> = const { RefCell::new(None) };
}

/// The office as every run finds it, and the keys of the other one.
struct Ready {
    office: Office,
    peer: Keys,
    records: Vec<RecordId>,
}

/// What happens at an office.
pub fn sequence(bytes: &[u8]) {
    OFFICE.with_borrow_mut(|ready| {
        let Ready { office, peer, records } = ready.get_or_insert_with(set_up);
        office.for_a_while(|office| {
            let mut run = Run::new(office, peer, records.clone());
            let mut bytes = Bytes::new(bytes);
            for _ in 0..STEPS_MAX {
                if bytes.is_empty() {
                    break;
                }
                run.step(&mut bytes);
                run.watch();
            }
            run.at_the_end();
        });
    });
}

fn set_up() -> Ready {
    let mut office = Office::new("North", 1, &[("ann", true), ("amy", true), ("ben", false)]);
    let peer = Keys::new(2);
    let who = Introduction { chain: &peer.chain, name: "South", addresses: &["south.example:4433".to_owned()] };
    office.set_up(|tx| peers::met(tx, &who, &["one", "two", "three"], None));
    office.set_up(|tx| peers::confirm(tx, &Actor::Operator, &peer.id.to_string()));
    office.set_up(|tx| peers::confirmed_there(tx, peer.id));
    let card = |number: usize| {
        format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{number}\r\nFN:Person {number}\r\nNOTE:A note {number}\r\nEND:VCARD\r\n")
    };
    let file = records::read_cards((0..6).map(card).collect::<String>().as_bytes());
    let report = office.set_up(|tx| records::import_cards(tx, &Actor::User(user("ann")), &file.cards, &ImportOptions::default()));
    let records = report.records.iter().map(|id| id.parse().expect("a record id")).collect();
    Ready { office, peer, records }
}

/// One run.
struct Run<'o> {
    office: &'o mut Office,
    peer: &'o Keys,
    files: ReceivedFiles,
    folder: TempDir,
    records: Vec<RecordId>,
    voice: voice::Voice,
    /// What this connection is sending, link by link.
    sending: HashMap<LinkId, Sending>,
    /// Inventories that are still coming in.
    inventories: HashMap<LinkId, Vec<Holding>>,
    seen: watch::Seen,
}

impl<'o> Run<'o> {
    fn new(office: &'o mut Office, peer: &'o Keys, records: Vec<RecordId>) -> Self {
        let folder = folder();
        let files = ReceivedFiles::open(folder.path().join("received")).expect("a folder for received files");
        Self {
            office,
            peer,
            files,
            folder,
            records,
            voice: voice::Voice::default(),
            sending: HashMap::new(),
            inventories: HashMap::new(),
            seen: watch::Seen::default(),
        }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(16) {
            0..=4 => self.somebody_acts(bytes),
            5..=9 => self.the_peer_says(bytes),
            10..=13 => self.the_peer_sends(bytes),
            14 => self.erase(bytes),
            _ => self.time_passes(bytes),
        }
    }

    /// A link of the office, or, at times, one that nobody knows.
    fn link(&self, bytes: &mut Bytes<'_>) -> Option<LinkRow> {
        let all = self.office.read(|view| Ok(links::all(view)?));
        bytes.pick(&all).cloned()
    }

    /// A new connection, a restart, or a long night.
    fn time_passes(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(4) {
            0 => {
                self.sending.clear();
                self.inventories.clear();
            }
            1 => {
                self.files.close();
                self.files = ReceivedFiles::open(self.folder.path().join("received")).expect("a folder for received files");
                self.files.sweep().expect("leftovers are swept");
                self.sending.clear();
                self.inventories.clear();
            }
            2 => self.office.moments.now_ms += 3_600_000 * i64::from(bytes.byte()),
            _ => self.office.moments.now_ms -= 3_600_000 * i64::from(bytes.byte()),
        }
    }

    /// Carries out the removals that wait, up to some point.
    fn erase(&mut self, bytes: &mut Bytes<'_>) {
        let until = bytes.below(4);
        for duty in self.office.read(removal::duties) {
            let link = duty.link.link;
            if duty.state == RemovalState::ToDo {
                let leaves = self.files.leaves(link, &duty.link.secret).expect("leaves are read");
                self.office.verb(|tx| removal::prepare(tx, link, &leaves)).expect("a list is prepared");
            }
            if until >= 1 {
                self.files.erase(link).expect("a file is erased");
            }
            if until >= 2 {
                self.office.verb(|tx| removal::finish(tx, link)).expect("a receipt is signed");
            }
        }
        for link in self.files.sweep().expect("the folder is read") {
            let row = self.office.read(|view| Ok(links::load(view, link)?));
            let Some(withdrawn) = self.files.withdrawn(link, &row.secret).expect("withdrawn copies are read") else { continue };
            if row.ended_ms.is_some() {
                continue;
            }
            self.files.rebuild(link).expect("a file is rebuilt");
            if until >= 1 && self.office.verb(|tx| removal::finish_part(tx, link, &withdrawn)).expect("a receipt is signed") && until >= 2 {
                self.files.receipted(link, withdrawn.epoch, withdrawn.upto).expect("withdrawn copies are forgotten");
            }
        }
    }
}
