//! Two offices whose every datagram goes through a network that loses, delays, shuffles, doubles and damages: whatever people see on
//! the way was so once, and in the end both agree and the receipts are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use interoffice_tests::relay::{Mix, Relay, Tally};
use interoffice_tests::{Desk, Dice, Office, enable, eventually, import, link, link_of, many_cards, pair, share};
use serde_json::Value;

const RECORDS: usize = 300;
const EDITS: usize = 40;
const UNSHARED: usize = 100;
/// Pause between two looks of who watches.
const LOOK: Duration = Duration::from_millis(50);

/// What a network is called, what it does, and the fault it must have shown to count.
type Network = (&'static str, Mix, fn(&Tally) -> u64);

const NETWORKS: [Network; 5] = [
    ("loss", Mix { delay_ms: 2, jitter_ms: 0, dropped: 12, doubled: 0, damaged: 0 }, |tally| tally.dropped),
    ("another order", Mix { delay_ms: 1, jitter_ms: 40, dropped: 0, doubled: 0, damaged: 0 }, |tally| tally.overtaken),
    ("twice", Mix { delay_ms: 1, jitter_ms: 5, dropped: 0, doubled: 40, damaged: 0 }, |tally| tally.doubled),
    ("damage", Mix { delay_ms: 1, jitter_ms: 0, dropped: 0, doubled: 0, damaged: 12 }, |tally| tally.damaged),
    ("everything at once", Mix { delay_ms: 5, jitter_ms: 30, dropped: 8, doubled: 8, damaged: 8 }, |tally| {
        tally.dropped.min(tally.damaged)
    }),
];

/// An office that others reach through a relay only.
fn behind_a_relay(name: &str, seed: u64) -> (Office, Relay) {
    let mut office = Office::set_up(name);
    let relay = Relay::before(office.address(), seed);
    office.advertise(relay.address());
    office.serve();
    (office, relay)
}

/// What ann has done over one link: what bob may see of it.
struct Truth {
    /// The revision that was last committed, of each record.
    revisions: BTreeMap<String, usize>,
    /// Records of which a receipt said that they are erased.
    gone: BTreeSet<String>,
}

/// Somebody at the other office who reads all the time, and complains of whatever never was.
struct Watch<'a> {
    reader: Desk<'a>,
    link: &'a str,
    truth: &'a Mutex<Truth>,
    seen: BTreeMap<String, usize>,
    looks: usize,
}

fn locked(truth: &Mutex<Truth>) -> std::sync::MutexGuard<'_, Truth> {
    truth.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The revision that a record shows, which both of the fields that are always changed together must tell alike.
fn revision(record: &Value) -> usize {
    let value = |field: &str| record["fields"][field][0]["value"].as_str().map(str::to_owned);
    let (note, title) = (value("notes"), value("titles"));
    assert_eq!(note, title, "a record of two halves: {record}");
    note.and_then(|note| note.strip_prefix("revision ")?.parse().ok()).unwrap_or_default()
}

impl Watch<'_> {
    fn look(&mut self) {
        // What is gone before the look began must not be seen by it; what is committed after it began may be.
        let gone = locked(self.truth).gone.clone();
        let said = self.reader.cli(&["record", "export", "--link", self.link, "--format", "json"]);
        if said.code != 0 {
            return;
        }
        self.looks += 1;
        let truth = locked(self.truth);
        for line in said.out.lines() {
            let record: Value = serde_json::from_str(line).expect("a line of JSON");
            let id = record["id"].as_str().expect("an id").to_owned();
            let now = revision(&record);
            assert!(!gone.contains(&id), "{id} is readable after its receipt");
            let last = truth.revisions.get(&id).unwrap_or_else(|| panic!("{id} was never shared"));
            assert!(now <= *last, "{id} shows revision {now}, and {last} is the last");
            let before = self.seen.insert(id.clone(), now).unwrap_or_default();
            assert!(now >= before, "{id} went back from revision {before} to {now}");
        }
    }
}

/// Shares, edits, unshares and ends one link while the network misbehaves and somebody watches.
fn over_one_network(ann: Desk<'_>, bob: Desk<'_>, records: &[String], dice: &mut Dice) {
    let link = link(ann, bob);
    let revisions = records.iter().map(|record| (record.clone(), revision(&ann.json(&["record", "show", record])))).collect();
    let (truth, over) = (Mutex::new(Truth { revisions, gone: BTreeSet::new() }), AtomicBool::new(false));
    let looks = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut watch = Watch { reader: bob, link: &link, truth: &truth, seen: BTreeMap::new(), looks: 0 };
            while !over.load(Ordering::Relaxed) {
                watch.look();
                std::thread::sleep(LOOK);
            }
            watch.looks
        });
        share(ann, &link, records);
        work(ann, &link, records, dice, &truth);
        over.store(true, Ordering::Relaxed);
        watching.join().expect("whoever watched saw nothing wrong")
    });
    assert!(looks > 0, "somebody looked");
    let kept: BTreeMap<String, usize> = {
        let truth = locked(&truth);
        truth.revisions.iter().filter(|(id, _)| !truth.gone.contains(*id)).map(|(id, revision)| (id.clone(), *revision)).collect()
    };
    ann.cli(&["link", "wait", &link, "--until", "synced", "--timeout", "120"]).ok();
    let there = bob.cli(&["record", "export", "--link", &link, "--format", "json"]).ok().out;
    let there: Vec<Value> = there.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let there: BTreeMap<String, usize> =
        there.iter().map(|record| (record["id"].as_str().expect("an id").to_owned(), revision(record))).collect();
    assert_eq!(there, kept, "bob holds exactly what is shared, as it is now");
    ann.cli(&["link", "delete", &link, "--yes"]).ok();
    ann.cli(&["link", "wait", &link, "--until", "erased", "--timeout", "120"]).ok();
    assert_eq!(link_of(ann, &link)["removal"]["count"], kept.len(), "the receipt names what was still there");
    assert!(bob.records().is_empty(), "nothing is left at bob's");
}

/// Edits some records, takes others back, and waits for their receipt.
fn work(ann: Desk<'_>, link: &str, records: &[String], dice: &mut Dice, truth: &Mutex<Truth>) {
    for _ in 0..EDITS {
        let record = &records[dice.below(records.len())];
        let revision = {
            let mut truth = locked(truth);
            let revision = truth.revisions.get_mut(record).expect("a record");
            *revision += 1;
            *revision
        };
        let (note, title) = (format!("NOTE=revision {revision}"), format!("TITLE=revision {revision}"));
        ann.cli(&["record", "edit", record, "--set", &note, "--set", &title]).ok();
    }
    let mut order: Vec<&String> = records.iter().collect();
    dice.shuffle(&mut order);
    let gone = &order[..UNSHARED];
    let mut unshare = vec!["record", "unshare", "--link", link, "--yes"];
    unshare.extend(gone.iter().map(|record| record.as_str()));
    ann.cli(&unshare).ok();
    let part = eventually("the receipt for what was unshared", || {
        let parts = link_of(ann, link)["parts"].clone();
        parts.as_array()?.iter().find(|part| part["state"] == "Erased").cloned()
    });
    assert_eq!(part["count"], gone.len());
    locked(truth).gone.extend(gone.iter().map(|record| (*record).clone()));
}

/// INV-15, INV-24, INV-25, INV-28: five bad networks, one after the other, under one pair of offices.
#[test]
fn two_offices_agree_over_any_bad_network() {
    let mut dice = Dice::new(3_005);
    let (a, before_a) = behind_a_relay("Office A", dice.seed());
    let (b, before_b) = behind_a_relay("Office B", dice.seed() + 1);
    // The first network is there from the start: the offices meet over it.
    for relay in [&before_a, &before_b] {
        relay.becomes(NETWORKS[0].1);
    }
    pair(&a, &b);
    enable(&a, "ann");
    enable(&b, "bob");
    let records = import(a.user("ann"), &many_cards(RECORDS));
    for (name, mix, fault) in NETWORKS {
        for relay in [&before_a, &before_b] {
            relay.becomes(mix);
        }
        let before = fault(&before_a.tally()) + fault(&before_b.tally());
        over_one_network(a.user("ann"), b.user("bob"), &records, &mut dice);
        let faults = fault(&before_a.tally()) + fault(&before_b.tally()) - before;
        assert!(faults > 0, "the network \"{name}\" did what it is named after (seed {})", dice.seed());
        eprintln!("{name}: {faults} faults of that kind, {:?} and {:?} so far", before_a.tally(), before_b.tally());
    }
}
