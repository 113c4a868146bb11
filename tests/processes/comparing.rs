//! What two offices have, compared with what they acknowledged: exports, lists, searches, and every byte on their disks.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_tests::{CUT_OFF, Canary, exit, scan};
use serde_json::Value;

use crate::two_offices::{STRANGER, USERS, World, note};

/// Commands that show people something; whatever they show is searched for words that are not to be seen.
const READS: [&[&str]; 9] = [
    &["record", "list", "--limit", "0"],
    &["record", "list", "--limit", "0", "--output", "jsonl"],
    &["record", "list", "--archived"],
    &["record", "export"],
    &["record", "export", "--format", "json"],
    &["link", "list", "--output", "json"],
    &["events", "--output", "jsonl"],
    &["status"],
    &["peer", "list", "--output", "json"],
];
/// What begins a word, letter case folded.
const HEAD: &str = "qxzcanary";

/// The records whose words stand in a text.
fn numbers(text: &str) -> BTreeSet<usize> {
    let folded = text.to_lowercase();
    folded.match_indices(HEAD).filter_map(|(at, _)| folded.get(at + HEAD.len()..at + HEAD.len() + 5)?.parse().ok()).collect()
}

impl World {
    /// Nothing of a link that ended at this office is readable there.
    pub(crate) fn nothing_is_readable(&mut self, side: usize, link: &str) {
        let user = Some(USERS[side]);
        let (said, _) = self.say(side, user, &["record", "list", "--link", link]);
        assert_eq!(said.code, exit::NOT_FOUND, "INV-10 (seed {}): {said:?}", self.dice.seed());
        for args in [&["record", "list", "--limit", "0", "--output", "json"][..], &["record", "export", "--format", "json"]] {
            let (said, _) = self.say(side, user, args);
            assert!(!said.ok().out.contains(link), "INV-10: {args:?} shows something of {link} (seed {})", self.dice.seed());
        }
    }

    /// Words of another office's records on the disk of an office.
    fn foreign_words(&self, side: usize) -> BTreeMap<usize, Vec<std::path::PathBuf>> {
        let own: BTreeSet<usize> = self.sides[side].truth.iter().map(|truth| truth.number).collect();
        let mut found = scan(&self.offices[side].folder());
        let log = std::fs::read_to_string(self.offices[side].log()).unwrap_or_default();
        found.extend(numbers(&log).into_iter().map(|number| (number, vec![self.offices[side].log()])));
        found.retain(|number, _| *number != CUT_OFF && !own.contains(number));
        found
    }

    /// Whatever a receipt that an owner holds calls erased is nowhere on the reader's disk, at any moment.
    pub(crate) fn receipts_are_true(&mut self) {
        for owner in 0..2 {
            let erased: BTreeSet<String> = self
                .links(owner)
                .iter()
                .filter(|link| link["removal"]["state"] == "Erased")
                .filter_map(|link| link["link"].as_str().map(str::to_owned))
                .collect();
            let sharing = &mut self.sides[owner];
            sharing.former.iter_mut().for_each(|former| former.erased |= erased.contains(&former.link));
            let perhaps = sharing.former.iter().filter(|former| !former.erased).flat_map(|former| &former.numbers).chain(&sharing.about);
            let perhaps: BTreeSet<usize> = perhaps.copied().collect();
            let found = self.foreign_words(1 - owner);
            let left: Vec<_> = found.iter().filter(|(number, _)| !perhaps.contains(number)).collect();
            assert!(left.is_empty(), "INV-11: an Erased receipt is there, and so is what it names (seed {}): {left:?}", self.dice.seed());
            self.counts.scans += 1;
        }
    }

    /// Waits until nothing is on its way any more, and compares everything.
    pub(crate) fn at_rest(&mut self) {
        for owner in 0..2 {
            self.drained(owner);
            self.home_is_whole(owner);
            self.reader_agrees(owner);
            self.nobody_else_reads(owner);
        }
    }

    /// Everything shared has arrived, everything removed has its receipt.
    fn drained(&mut self, owner: usize) {
        let all_erased = |views: &Value| views.as_array().is_none_or(|parts| parts.iter().all(|part| part["state"] == "Erased"));
        self.until("everything arrived and every removal has its receipt", |world| {
            let links: Vec<Value> = world.links(owner).into_iter().filter(|link| link["direction"] == "receiving-mine").collect();
            let seed = world.dice.seed();
            assert!(
                !links.iter().any(|link| link.to_string().contains("does not match")),
                "a receipt does not match (seed {seed}): {links:?}"
            );
            links.iter().all(|link| {
                let over = link["status"] != "Ended" || link["removal"]["state"] == "Erased";
                over && link["pending"] == 0 && link["delivered"] == link["records"] && all_erased(&link["parts"])
            })
        });
        let sharing = &mut self.sides[owner];
        sharing.former.iter_mut().for_each(|former| former.erased = true);
        sharing.about = sharing.truth.iter().filter(|truth| truth.shared).map(|truth| truth.number).collect();
    }

    /// The number of each exported record with its note.
    fn export(&mut self, side: usize, link: Option<&str>) -> BTreeMap<String, String> {
        let which = link.map_or(vec!["--mine"], |link| vec!["--link", link]);
        let args = [&["record", "export", "--format", "json"][..], &which].concat();
        let (said, _) = self.say(side, Some(USERS[side]), &args);
        let parse = |line: &str| {
            let record: Value = serde_json::from_str(line).expect("a line of JSON");
            let note = record["fields"]["notes"][0]["value"].as_str().unwrap_or_default().to_owned();
            (record["id"].as_str().expect("an id").to_owned(), note)
        };
        said.ok().out.lines().map(parse).collect()
    }

    fn home_is_whole(&mut self, owner: usize) {
        let home = self.export(owner, None);
        let truth = self.sides[owner].truth.iter().filter(|truth| !truth.deleted);
        let expected = truth.map(|truth| (truth.record.clone(), note(truth.number, truth.version))).collect();
        assert_eq!(home, expected, "INV-29: every acknowledged edit is there, and nothing else (seed {})", self.dice.seed());
    }

    fn reader_agrees(&mut self, owner: usize) {
        let Some(link) = self.sides[owner].link.clone() else { return };
        let there = self.export(1 - owner, Some(&link));
        let truth = self.sides[owner].truth.iter().filter(|truth| truth.shared);
        let expected = truth.map(|truth| (truth.record.clone(), note(truth.number, truth.version))).collect();
        assert_eq!(there, expected, "INV-15: the reader has what is shared, as it is now, and nothing else (seed {})", self.dice.seed());
    }

    /// What is not shared is neither shown to anybody at the other office nor on its disk.
    fn nobody_else_reads(&mut self, owner: usize) {
        let (reader, seed) = (1 - owner, self.dice.seed());
        let shared = self.sides[owner].about.clone();
        let own: BTreeSet<usize> = self.sides[reader].truth.iter().map(|truth| truth.number).collect();
        for (user, allowed) in [(Some(USERS[reader]), &shared), (None, &shared), (Some(STRANGER), &BTreeSet::new())] {
            for args in READS {
                let (said, _) = self.say(reader, user, args);
                let seen: Vec<usize> =
                    numbers(&said.all()).into_iter().filter(|seen| !own.contains(seen) && !allowed.contains(seen)).collect();
                assert!(seen.is_empty(), "INV-01 (seed {seed}): `{}` shows {user:?} words of {seen:?}", said.line);
            }
        }
        let gone: Vec<(usize, String)> =
            self.sides[owner].truth.iter().filter(|truth| !truth.shared).map(|truth| (truth.number, truth.record.clone())).collect();
        for (number, record) in gone.iter().step_by(4) {
            let (said, _) = self.say(reader, Some(USERS[reader]), &["record", "list", &Canary(*number).word("name"), "--output", "json"]);
            assert_eq!(said.json(), serde_json::json!([]), "INV-01: a search finds {number} (seed {seed})");
            let (said, _) = self.say(reader, Some(USERS[reader]), &["record", "show", record]);
            assert_eq!(said.code, exit::NOT_FOUND, "INV-01: {number} can be shown (seed {seed}): {said:?}");
        }
        let left: Vec<_> = self.foreign_words(reader).into_iter().filter(|(number, _)| !shared.contains(number)).collect();
        assert!(left.is_empty(), "INV-11: words of what is not shared are on the reader's disk (seed {seed}): {left:?}");
        self.counts.scans += 1;
    }

    /// Ends every link; at the end no file of copies is left.
    pub(crate) fn wind_up(&mut self) {
        for owner in 0..2 {
            if let Some(link) = self.sides[owner].link.clone() {
                let ender = self.dice.below(2);
                self.delete_link(ender, owner, &link);
            }
        }
        self.at_rest();
        for office in &self.offices {
            let files: Vec<_> =
                std::fs::read_dir(office.folder().join("received")).into_iter().flatten().flatten().map(|file| file.path()).collect();
            assert!(files.is_empty(), "no file of copies is left (seed {}): {files:?}", self.dice.seed());
        }
    }
}
