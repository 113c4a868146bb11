//! Two offices on small disks, what people do there while a disk is full, and what must hold then.

use std::collections::BTreeMap;

use interoffice_tests::{Answered, Desk, Office, Said, exit, import, link, link_of, pair, until};
use serde_json::{Value, json};

use crate::small_disk::SmallDisk;

pub(crate) const USERS: [&str; 2] = ["ann", "bob"];
/// Records that are always there.
const BASE: usize = 6;
/// Length of a note (bytes): an import of thirty such records does not fit where little is left.
const NOTE_BYTES: usize = 3_000;
const FULL: &str = "the disk is full";

/// See the module.
pub(crate) struct Stage {
    /// The daemons die before their disks go.
    pub(crate) offices: [Office; 2],
    pub(crate) disks: [SmallDisk; 2],
    pub(crate) link: String,
    /// Every note that a record ever had; the last is what was acknowledged last.
    pub(crate) notes: BTreeMap<String, Vec<String>>,
    pub(crate) shared: Vec<String>,
    pub(crate) brought: Vec<String>,
    processes: [Option<u32>; 2],
    written: usize,
    pub(crate) level: u64,
    pub(crate) done: usize,
    pub(crate) refused: usize,
}

fn note(number: usize) -> String {
    format!("note {number} {}", "x".repeat(NOTE_BYTES))
}

impl Stage {
    pub(crate) fn new() -> Self {
        let mut disks = Vec::new();
        let offices = ["Office A", "Office B"].map(|name| {
            let mut office = Office::set_up_on(name, |folder| disks.push(SmallDisk::under(folder)));
            office.serve();
            office
        });
        let disks = <[SmallDisk; 2]>::try_from(disks).unwrap_or_else(|_| panic!("two disks"));
        pair(&offices[0], &offices[1]);
        for (office, user) in offices.iter().zip(USERS) {
            interoffice_tests::enable(office, user);
        }
        let link = link(offices[0].user(USERS[0]), offices[1].user(USERS[1]));
        let processes = [offices[0].process(), offices[1].process()];
        let (notes, shared, brought) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut stage = Self { offices, disks, link, notes, shared, brought, processes, written: 0, level: 0, done: 0, refused: 0 };
        stage.bring(BASE);
        stage.share_all();
        stage.brought.clear();
        stage.synced();
        stage
    }

    pub(crate) fn ann(&self) -> Desk<'_> {
        self.offices[0].user(USERS[0])
    }

    pub(crate) fn bob(&self) -> Desk<'_> {
        self.offices[1].user(USERS[1])
    }

    /// Counts a command that was done or refused for want of room; anything else is a failure.
    pub(crate) fn attempt(&mut self, said: Said) -> bool {
        if said.code == exit::OK {
            self.done += 1;
            return true;
        }
        assert!(said.err.contains(FULL), "{} bytes left: refused in clear words: {said:?}", self.level);
        self.refused += 1;
        false
    }

    fn cards(&mut self, count: usize) -> String {
        let mut cards = String::new();
        for _ in 0..count {
            self.written += 1;
            let number = self.written;
            cards.push_str(&format!(
                "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:c{number}\r\nFN:Client {number}\r\nNOTE:{}\r\nEND:VCARD\r\n",
                note(number)
            ));
        }
        cards
    }

    /// Imports records with room on the disk.
    pub(crate) fn bring(&mut self, count: usize) {
        let first = self.written + 1;
        let cards = self.cards(count);
        let records = import(self.ann(), &cards);
        for (index, record) in records.iter().enumerate() {
            self.notes.insert(record.clone(), vec![note(first + index)]);
        }
        self.brought.extend(records);
    }

    /// Imports records that may not fit; what came is deleted at the end of the level.
    pub(crate) fn try_import(&mut self, count: usize) -> Said {
        let first = self.written + 1;
        let cards = self.cards(count);
        let path = self.offices[0].file("full.vcf", cards);
        let said = self.ann().cli(&["record", "import", path.to_str().expect("a plain path"), "--output", "json"]);
        if self.attempt(said.clone()) {
            let report = said.clone().json();
            for (index, record) in report[0]["records"].as_array().into_iter().flatten().filter_map(Value::as_str).enumerate() {
                self.notes.insert(record.to_owned(), vec![note(first + index)]);
                self.brought.push(record.to_owned());
            }
        }
        said
    }

    pub(crate) fn own_records(&self) -> usize {
        self.ann().json(&["record", "list", "--mine", "--limit", "0"]).as_array().expect("a list").len()
    }

    /// Edits a record; it has the new note or the old one afterwards, as the answer said.
    pub(crate) fn try_edit(&mut self) {
        self.written += 1;
        let (record, new) = (self.shared[0].clone(), note(self.written));
        let said = self.ann().cli(&["record", "edit", &record, "--set", &format!("NOTE={new}")]);
        let done = self.attempt(said);
        let notes = self.notes.get_mut(&record).expect("a known record");
        if done {
            notes.push(new);
        }
        let expected = notes.last().cloned().expect("a note");
        let home = exported(&self.ann().cli(&["record", "export", &record, "--format", "json"]).ok());
        assert_eq!(home[&record], expected, "an edit is done or not");
    }

    pub(crate) fn edit(&mut self) {
        let refused = self.refused;
        self.try_edit();
        assert_eq!(self.refused, refused, "there is room");
    }

    pub(crate) fn try_share(&mut self) {
        let all: Vec<String> = self.brought.iter().filter(|record| !self.shared.contains(record)).cloned().collect();
        let Some(record) = all.first().cloned() else { return };
        let link = self.link.clone();
        let said = self.ann().cli(&["record", "share", "--link", &link, &record, "--yes"]);
        if self.attempt(said) {
            self.shared.push(record);
        }
    }

    pub(crate) fn share_all(&mut self) {
        let records: Vec<String> = self.brought.iter().filter(|record| !self.shared.contains(record)).cloned().collect();
        let link = self.link.clone();
        let mut args = vec!["record", "share", "--link", &link, "--yes"];
        args.extend(records.iter().map(String::as_str));
        self.ann().cli(&args).ok();
        self.shared.extend(records);
    }

    pub(crate) fn edit_and_share(&mut self) {
        self.edit();
        self.bring(1);
        self.share_all();
    }

    /// Waits until the reader has exactly what is shared, as it is now.
    pub(crate) fn synced(&self) {
        let expected: BTreeMap<String, String> =
            self.shared.iter().map(|record| (record.clone(), self.notes[record].last().cloned().expect("a note"))).collect();
        until(&format!("the reader has everything ({} bytes were left)", self.level), || self.copies() == expected);
        self.no_restart();
    }

    fn copies(&self) -> BTreeMap<String, String> {
        exported(&self.bob().cli(&["record", "export", "--link", &self.link, "--format", "json"]).ok())
    }

    /// Each copy is one that the record was at some time.
    pub(crate) fn copies_are_whole(&self) {
        for (record, copy) in self.copies() {
            assert!(self.notes[&record].contains(&copy), "{} bytes left: a copy is no state that its record had", self.level);
        }
    }

    /// Waits until the reader has everything, or its office said that there is no room.
    pub(crate) fn until_stuck_or_done(&self) {
        let before = self.log(1).matches(FULL).count();
        until("copies arrive or do not fit", || {
            let seen = link_of(self.ann(), &self.link);
            (seen["pending"] == 0 && seen["delivered"] == seen["records"]) || self.log(1).matches(FULL).count() > before
        });
    }

    /// Gives what was edited time to arrive and be turned away: the answer to a ping over the same connection comes after it.
    pub(crate) fn until_nothing_is_under_way(&self) {
        for _ in 0..5 {
            self.offices[0].cli(&["peer", "list"]).ok();
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    fn log(&self, side: usize) -> String {
        std::fs::read_to_string(self.offices[side].log()).unwrap_or_default()
    }

    /// Deletes what a level brought.
    pub(crate) fn forget_brought(&mut self) {
        let brought = std::mem::take(&mut self.brought);
        if brought.is_empty() {
            return;
        }
        let mut args = vec!["record", "delete", "--yes"];
        args.extend(brought.iter().map(String::as_str));
        self.ann().cli(&args).ok();
        self.shared.retain(|record| !brought.contains(record));
        brought.iter().for_each(|record| drop(self.notes.remove(record)));
    }

    /// Makes everything as it was before the level: room, reserves, the link.
    pub(crate) fn whole_again(&mut self) {
        self.disks.iter().for_each(SmallDisk::free);
        self.no_restart();
        self.forget_brought();
        if link_of(self.ann(), &self.link)["status"] == "Ended" {
            self.link = link(self.ann(), self.bob());
            self.brought = std::mem::take(&mut self.shared);
            self.share_all();
            self.brought.clear();
        }
        self.synced();
        until("every withdrawal has its receipt", || {
            let parts = link_of(self.ann(), &self.link)["parts"].clone();
            parts.as_array().is_some_and(|parts| parts.iter().all(|part| part["state"] == "Erased"))
        });
        for side in 0..2 {
            if !self.offices[side].folder().join("reserve").exists() {
                // It is made again within a minute; a start makes it at once.
                self.offices[side].restart();
                self.processes[side] = self.offices[side].process();
            }
        }
    }

    pub(crate) fn no_restart(&self) {
        let now = [self.offices[0].process(), self.offices[1].process()];
        assert_eq!(now, self.processes, "everything went on without a restart");
        for office in &self.offices {
            office.cli(&["status"]).ok();
        }
    }

    /// The reader is shown nothing of the link.
    pub(crate) fn nothing_readable(&self) {
        assert!(self.reads_nothing(), "{} bytes left: nothing of an ended link is shown", self.level);
    }

    pub(crate) fn reads_nothing(&self) -> bool {
        let all = self.bob().json(&["record", "list", "--limit", "0"]);
        let listed = self.bob().cli(&["record", "list", "--link", &self.link]);
        let exported = self.bob().cli(&["record", "export", "--format", "json"]).ok();
        all == json!([]) && !listed.out.contains("Client") && !exported.out.contains("note ")
    }

    /// Starts a daemon on a full disk: it serves, or says why not; then on one with room.
    pub(crate) fn start_on_full(&mut self, side: usize, killed: bool, level: u64) {
        self.edit();
        if killed {
            self.offices[side].kill9();
        } else {
            self.offices[side].stop();
        }
        self.disks[side].fill(level);
        match self.offices[side].try_serve() {
            Ok(()) => {
                self.done += 1;
                self.processes[side] = self.offices[side].process();
                assert_eq!(self.own_records(), self.notes.len(), "{level} bytes left: what is there can be read");
                self.disks[side].free();
            }
            Err(words) => {
                self.refused += 1;
                let last = words.lines().last().unwrap_or_default();
                assert!(last.contains(FULL), "{level} bytes left: the daemon says why it can't start:\n{words}");
                self.disks[side].free();
                self.offices[side].serve();
                self.processes[side] = self.offices[side].process();
            }
        }
        self.edit();
        self.synced();
    }

    /// Takes away the reserve of an office, as an earlier end on a full disk does.
    pub(crate) fn spend_reserve(&self, side: usize) {
        std::fs::remove_file(self.offices[side].folder().join("reserve")).expect("the reserve is there");
    }

    pub(crate) fn plan_to_end(&self, side: usize) -> Value {
        let desk = self.offices[side].user(USERS[side]);
        desk.api("POST", &format!("/links/{}/delete/plan", self.link), &json!({})).body["id"].clone()
    }

    /// The plan of something else.
    pub(crate) fn plan_to_disable(&self, side: usize) -> Value {
        self.offices[side].api("POST", &format!("/specialists/{}/disable/plan", USERS[side]), &json!({})).body["id"].clone()
    }

    pub(crate) fn commit_end(&self, side: usize, plan: &Value) -> Answered {
        let desk = self.offices[side].user(USERS[side]);
        desk.api("POST", &format!("/links/{}/delete", self.link), &json!({ "plan": plan }))
    }
}

/// The note of each exported record.
fn exported(said: &Said) -> BTreeMap<String, String> {
    let parse = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        let note = record["fields"]["notes"][0]["value"].as_str().unwrap_or_default().to_owned();
        (record["id"].as_str().expect("an id").to_owned(), note)
    };
    said.out.lines().map(parse).collect()
}
