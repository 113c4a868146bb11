//! Wall clocks that jump by ten years in both directions or stand still, at either office, while daemons run and between their starts.
//! Needs libfaketime.
//!
//! `INTEROFFICE_CLOCK_ROUNDS` makes the run longer, `INTEROFFICE_CLOCK_SEED` makes it another.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interoffice_tests::clock::library;
use interoffice_tests::{Dice, Office, exit, import, link, link_of, many_cards, pair, share, skipped, until};
use serde_json::Value;

use crate::deaths::setting;

const SEED: u64 = 20_260_303;
const ROUNDS: u64 = 8;
/// Jumps of a round, while the owner's office can't be reached.
const JUMPS: usize = 3;
const RECORDS: usize = 5;
/// What a clock may show, in the words of libfaketime: so much beside the right time, or one moment for ever.
const CLOCKS: [&str; 8] = ["+0", "+3653d", "-3653d", "+30d", "-1d", "2016-11-22 12:00:00", "2036-11-22 12:00:00", "-60s"];
/// What a reader is shown soon after its clock jumped stays so: lists are read again after this.
const MOMENT: Duration = Duration::from_millis(100);

struct Stage {
    offices: [Office; 2],
    link: String,
    dice: Dice,
    jumps: usize,
    restarts: usize,
}

/// The file that says what the clock of an office shows.
fn clock(office: &Office) -> PathBuf {
    office.root().join("clock")
}

impl Stage {
    fn new(library: &Path, dice: Dice) -> Self {
        let offices = ["Office A", "Office B"].map(|name| {
            let mut office = Office::set_up(name);
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let path = |path: &Path| path.to_str().expect("temporary folders have plain names").to_owned();
            fs::write(clock(&office), "+0").expect("the clock can be set");
            office.set_environment(vec![
                pair("LD_PRELOAD", &path(library)),
                pair("FAKETIME_TIMESTAMP_FILE", &path(&clock(&office))),
                pair("FAKETIME_NO_CACHE", "1"),
                pair("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ]);
            office.serve();
            office
        });
        pair(&offices[0], &offices[1]);
        interoffice_tests::enable(&offices[0], "ann");
        interoffice_tests::enable(&offices[1], "bob");
        let (ann, bob) = (offices[0].user("ann"), offices[1].user("bob"));
        let link = link(ann, bob);
        let records = import(ann, &many_cards(RECORDS));
        share(ann, &link, &records);
        Self { offices, link, dice, jumps: 0, restarts: 0 }
    }

    fn jump(&mut self, side: usize, shows: &str) {
        fs::write(clock(&self.offices[side]), shows).expect("the clock can be set");
        self.jumps += 1;
        if self.offices[side].process().is_some() {
            let now = self.offices[side].json(&["status"]);
            assert!(now.is_object(), "the daemon lives on with the clock at {shows}: {now}");
        }
    }

    /// One random jump; in every second case the daemon is killed before it and started after it.
    fn random_jump(&mut self, side: usize) -> &'static str {
        let shows = CLOCKS[self.dice.below(CLOCKS.len())];
        let restart = self.dice.below(2) == 0;
        if restart && self.offices[side].process().is_some() {
            self.offices[side].kill9();
            self.jump(side, shows);
            self.offices[side].serve();
            self.restarts += 1;
        } else {
            self.jump(side, shows);
        }
        shows
    }

    /// The records that the reader is shown, by every way of reading.
    fn readable(&self) -> BTreeSet<String> {
        let bob = self.offices[1].user("bob");
        let ids = |list: &Value| {
            let list = list.as_array().into_iter().flatten();
            list.filter_map(|record| record["id"].as_str().map(str::to_owned)).collect::<BTreeSet<String>>()
        };
        let listed = ids(&bob.json(&["record", "list", "--limit", "0"]));
        let exported: BTreeSet<String> = bob.cli(&["record", "export", "--format", "json"]).ok().out.lines().map(record_of).collect();
        let of_link = bob.cli(&["record", "list", "--link", &self.link, "--limit", "0", "--output", "json"]);
        let of_link = if of_link.code == exit::OK { ids(&of_link.json()) } else { BTreeSet::new() };
        listed.union(&exported).chain(&of_link).cloned().collect()
    }

    fn file(&self) -> PathBuf {
        self.offices[1].folder().join("received").join(format!("{}.db", self.link))
    }

    fn status(&self, side: usize) -> Value {
        link_of(self.offices[side].user(["ann", "bob"][side]), &self.link)["status"].clone()
    }
}

fn record_of(line: &str) -> String {
    let record: Value = serde_json::from_str(line).expect("a line of JSON");
    record["id"].as_str().expect("an id").to_owned()
}

/// INV-36: no jump of a clock makes more readable or erases anything; contact with the owner's office opens everything again.
#[test]
fn no_jump_of_a_clock_opens_or_erases_anything() {
    let (seed, rounds) = (setting("INTEROFFICE_CLOCK_SEED", SEED), setting("INTEROFFICE_CLOCK_ROUNDS", ROUNDS));
    let Some(library) = library() else { return skipped("wall clocks that jump", "no libfaketime; install the package faketime") };
    let mut stage = Stage::new(&library, Dice::new(seed));
    let (shared, mut locked) = (stage.readable(), 0);
    assert_eq!(shared.len(), RECORDS);
    for round in 0..rounds {
        stage.offices[0].kill9();
        let mut before = stage.readable();
        for _ in 0..JUMPS {
            let shows = stage.random_jump(1);
            std::thread::sleep(MOMENT);
            let now = stage.readable();
            let more: Vec<&String> = now.difference(&before).collect();
            assert!(more.is_empty(), "seed {seed}, round {round}: with its clock at {shows} the reader is shown more: {more:?}");
            assert_eq!(stage.status(1), "Active", "seed {seed}, round {round}: no clock alone ends a link");
            assert!(stage.file().exists(), "seed {seed}, round {round}: nothing is erased with the clock at {shows}");
            locked += usize::from(now.is_empty() && !before.is_empty());
            before = now;
        }
        stage.random_jump(0);
        stage.offices[0].serve();
        until(&format!("contact opens everything again (seed {seed}, round {round})"), || stage.readable() == shared);
    }
    assert!(locked > 0, "some jump locked what was readable (seed {seed})");
    ended_links_stay_ended(&mut stage);
    println!("wall clocks: seed {seed}, {rounds} rounds, {} jumps, {} restarts, {locked} locks", stage.jumps, stage.restarts);
}

/// An end holds against every clock that either office is shown afterwards.
fn ended_links_stay_ended(stage: &mut Stage) {
    stage.random_jump(0);
    stage.random_jump(1);
    let (ann, link) = (stage.offices[0].user("ann"), stage.link.clone());
    ann.cli(&["link", "delete", &link, "--yes"]).ok();
    ann.cli(&["link", "wait", &link, "--until", "erased", "--timeout", "120"]).ok();
    for shows in CLOCKS {
        for side in 0..2 {
            stage.offices[side].kill9();
            stage.jump(side, shows);
            stage.offices[side].serve();
            stage.restarts += 1;
        }
        assert_eq!([stage.status(0), stage.status(1)], ["Ended", "Ended"], "with the clock at {shows}");
        assert!(stage.readable().is_empty() && !stage.file().exists(), "nothing comes back with the clock at {shows}");
    }
}

/// INV-36: a clock that is far ahead locks what its lease no longer covers, one that was set back at a start locks everything.
#[test]
fn a_clock_far_ahead_and_one_that_was_set_back_lock_until_the_owner_is_heard() {
    let Some(library) = library() else { return skipped("wall clocks set ahead and back", "no libfaketime; install the package faketime") };
    let mut stage = Stage::new(&library, Dice::new(SEED));
    let shared = stage.readable();
    stage.offices[0].kill9();
    stage.jump(1, "+3653d");
    until("a jump of ten years locks", || stage.readable().is_empty());
    let words = stage.offices[1].user("bob").cli(&["record", "list", "--link", &stage.link]).ended(exit::REFUSED);
    interoffice_tests::says(&words, "has not renewed the lease");
    stage.jump(1, "+0");
    stage.offices[1].kill9();
    stage.offices[1].serve();
    assert!(stage.readable().len() <= shared.len());
    stage.offices[0].serve();
    until("contact opens everything again", || stage.readable() == shared);

    for set_back in ["-3653d", "2010-11-22 12:00:00"] {
        stage.offices[0].kill9();
        stage.offices[1].kill9();
        stage.jump(1, set_back);
        stage.offices[1].serve();
        until("a clock set back at a start locks", || stage.readable().is_empty());
        assert!(stage.file().exists(), "and erases nothing");
        stage.offices[0].serve();
        until("contact opens everything again", || stage.readable() == shared);
    }
}
