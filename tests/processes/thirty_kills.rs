//! Two daemons over loopback QUIC, and thirty power cuts at random moments: nothing that was acknowledged is lost, nothing needs a hand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use interoffice_tests::{Dice, Office, Said, copies, exit, import, link, link_of, many_cards, specialists, until};
use serde_json::Value;

const KILLS: usize = 30;
/// Records of each office.
const RECORDS: usize = 30;
/// Latest moment of a kill after its round began (milliseconds).
const MOMENT_MS: usize = 300;
const USERS: [&str; 2] = ["ann", "bob"];

/// What was acknowledged of one record.
struct Truth {
    record: String,
    note: usize,
    shared: bool,
}

/// Two offices that share with each other, and what each acknowledged.
struct World {
    offices: [Office; 2],
    /// Link of which the office with this number is the owner.
    links: [String; 2],
    truth: [Vec<Truth>; 2],
    dice: Dice,
    written: usize,
}

impl World {
    fn new(dice: Dice) -> Self {
        let (a, b) = specialists();
        let links = [link(a.user("ann"), b.user("bob")), link(b.user("bob"), a.user("ann"))];
        let of = |office: &Office, user: &str| {
            let records = import(office.user(user), &many_cards(RECORDS));
            records.into_iter().map(|record| Truth { record, note: 0, shared: false }).collect()
        };
        let truth = [of(&a, USERS[0]), of(&b, USERS[1])];
        Self { offices: [a, b], links, truth, dice, written: 0 }
    }

    /// Gives a command at an office until it is answered, starting the office's daemon again whenever it was killed meanwhile.
    fn say(&mut self, side: usize, args: &[&str]) -> Said {
        for _ in 0..100 {
            let said = self.offices[side].user(USERS[side]).cli(args);
            if said.code != exit::UNREACHABLE {
                return said;
            }
            until("the daemon that does not answer was killed", || self.offices[side].revive());
        }
        panic!("no answer to {args:?} (seed {})", self.dice.seed());
    }

    /// One random deed, which counts once it was acknowledged.
    fn act(&mut self) {
        let (side, index) = (self.dice.below(2), self.dice.below(RECORDS));
        let (record, link) = (self.truth[side][index].record.clone(), self.links[side].clone());
        if self.dice.below(3) == 0 {
            self.written += 1;
            let note = format!("NOTE=note {}", self.written);
            self.say(side, &["record", "edit", &record, "--set", &note]).ok();
            self.truth[side][index].note = self.written;
            return;
        }
        let shared = self.truth[side][index].shared;
        let verb = if shared { "unshare" } else { "share" };
        let said = self.say(side, &["record", verb, "--link", &link, &record, "--yes"]);
        // A repeated unshare finds that the first one was done, though its answer was cut off.
        if !(shared && said.code == exit::NOT_FOUND) {
            said.ok();
        }
        self.truth[side][index].shared = !shared;
    }

    /// One kill at a random moment while people work.
    fn round(&mut self) {
        let victim = self.dice.below(2);
        let moment = Duration::from_millis(self.dice.below(MOMENT_MS) as u64);
        let process = self.offices[victim].process();
        let killer = self.offices[victim].kill9_after(moment);
        while !killer.is_finished() {
            self.act();
        }
        killer.join().expect("the kill was sent");
        self.up_again(victim, process);
        self.act();
    }

    /// Starts the daemon of an office whose process was sent a kill, unless it runs again already.
    fn up_again(&mut self, side: usize, killed: Option<u32>) {
        until("the killed daemon runs again", || self.offices[side].process() != killed || self.offices[side].revive());
    }

    /// Both sides hold what was acknowledged, and nothing else.
    fn agree(&self) {
        for (side, other) in [(0, 1), (1, 0)] {
            let owner = self.offices[side].user(USERS[side]);
            owner.cli(&["link", "wait", &self.links[side], "--until", "synced", "--timeout", "120"]).ok();
            until("every withdrawal has its receipt", || {
                let parts = link_of(owner, &self.links[side])["parts"].clone();
                parts.as_array().is_some_and(|parts| parts.iter().all(|part| part["state"] == "Erased"))
            });
            let home = notes(&owner.cli(&["record", "export", "--mine", "--format", "json"]).ok().out);
            for truth in &self.truth[side] {
                let kept = home.get(&truth.record).copied().unwrap_or_default();
                assert_eq!(kept, truth.note, "an acknowledged edit is there (seed {})", self.dice.seed());
            }
            let reader = self.offices[other].user(USERS[other]);
            let there = notes(&reader.cli(&["record", "export", "--link", &self.links[side], "--format", "json"]).ok().out);
            let shared: BTreeMap<String, usize> =
                self.truth[side].iter().filter(|truth| truth.shared).map(|truth| (truth.record.clone(), truth.note)).collect();
            assert_eq!(there, shared, "the other office holds exactly what is shared, as it is now (seed {})", self.dice.seed());
        }
    }

    /// Ends a link from one side while both daemons are killed; at the end its copies are gone and a receipt names them all.
    fn end(&mut self, owner: usize, ender: usize) {
        let link = self.links[owner].clone();
        let held = self.truth[owner].iter().filter(|truth| truth.shared).count();
        let processes = [0, 1].map(|side| self.offices[side].process());
        let killers = [0, 1].map(|side| {
            let moment = Duration::from_millis(self.dice.below(MOMENT_MS / 2) as u64);
            self.offices[side].kill9_after(moment)
        });
        let said = self.say(ender, &["link", "delete", &link, "--yes"]);
        assert!([exit::OK, exit::CONFLICT].contains(&said.code), "{said:?}");
        for (side, killer) in killers.into_iter().enumerate() {
            killer.join().expect("the kill was sent");
            self.up_again(side, processes[side]);
        }
        let reader = self.offices[1 - owner].user(USERS[1 - owner]);
        until("the end is known at the other office", || link_of(reader, &link)["status"] == "Ended");
        let owner = self.offices[owner].user(USERS[owner]);
        owner.cli(&["link", "wait", &link, "--until", "erased", "--timeout", "120"]).ok();
        let removal = link_of(owner, &link)["removal"].clone();
        assert_eq!(removal["count"], held, "the receipt names every copy (seed {}): {removal}", self.dice.seed());
        reader.cli(&["record", "list", "--link", &link]).ended(exit::NOT_FOUND);
    }
}

/// The number in the note of each exported record.
fn notes(jsonl: &str) -> BTreeMap<String, usize> {
    let parse = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        let note = record["fields"]["notes"][0]["value"].as_str().and_then(|note| note.strip_prefix("note ")?.parse().ok());
        (record["id"].as_str().expect("an id").to_owned(), note.unwrap_or_default())
    };
    jsonl.lines().map(parse).collect()
}

/// C-09, C-05, S-21: thirty kills, then both agree; both links end during further kills, and nothing is left of the copies.
#[test]
fn thirty_kills_lose_nothing_that_was_acknowledged() {
    let mut world = World::new(Dice::new(20_260_101));
    for _ in 0..KILLS {
        world.round();
    }
    world.agree();
    world.end(0, 0);
    assert_eq!(copies(world.offices[0].user("ann"), &world.links[1]).len(), world.truth[1].iter().filter(|truth| truth.shared).count());
    world.end(1, 0);
    for office in &world.offices {
        let files: BTreeSet<_> =
            std::fs::read_dir(office.folder().join("received")).into_iter().flatten().flatten().map(|f| f.path()).collect();
        assert!(files.is_empty(), "no file of copies is left: {files:?}");
    }
}
