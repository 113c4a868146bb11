//! Two offices that share with each other, links that end and are made again, daemons that die at any moment: what was acknowledged is
//! kept beside them, and compared with what they have.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use interoffice_tests::{Canary, Dice, Office, Said, exit, import, pair, until};
use serde_json::Value;

use crate::deaths::Deaths;

/// Records of each office at the beginning.
const RECORDS: usize = 20;
/// Numbers of the second office's words begin here.
const SECOND: usize = 50_000;
/// Latest moment of a death after its round began (milliseconds).
const MOMENT_MS: usize = 300;
/// How often a command is given again before the test fails.
const ATTEMPTS: usize = 200;
pub(crate) const USERS: [&str; 2] = ["ann", "bob"];
/// A user of each office who may see nothing.
pub(crate) const STRANGER: &str = "eve";

/// What was acknowledged of one record.
pub(crate) struct Truth {
    pub(crate) number: usize,
    pub(crate) record: String,
    pub(crate) version: usize,
    pub(crate) shared: bool,
    pub(crate) deleted: bool,
}

/// A link that is over, and the words of the records that were shared over it at any time.
pub(crate) struct Former {
    pub(crate) link: String,
    pub(crate) numbers: BTreeSet<usize>,
    pub(crate) erased: bool,
}

/// What one office shares, as it was acknowledged.
#[derive(Default)]
pub(crate) struct Sharing {
    pub(crate) link: Option<String>,
    pub(crate) truth: Vec<Truth>,
    pub(crate) former: Vec<Former>,
    /// Words of the records that were shared over the present link at any time since it was last at rest.
    pub(crate) about: BTreeSet<usize>,
}

/// How often things happened.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Counts {
    pub(crate) acknowledged: usize,
    pub(crate) deaths: usize,
    pub(crate) links_made: usize,
    pub(crate) links_ended: usize,
    pub(crate) rights_taken: usize,
    pub(crate) cascades_cut: usize,
    pub(crate) scans: usize,
}

/// The offices and what they acknowledged.
pub(crate) struct World {
    pub(crate) offices: [Office; 2],
    pub(crate) sides: [Sharing; 2],
    pub(crate) deaths: Deaths,
    pub(crate) dice: Dice,
    pub(crate) counts: Counts,
    pub(crate) slowest_start: Duration,
    versions: usize,
}

/// The card of a record; its word stands in everything that is searched.
fn card(number: usize) -> String {
    let word = |field: &str| Canary(number).word(field);
    let (name, mail) = (word("name"), word("mail"));
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{}\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL:{mail}@example.com\r\nNOTE:{}\r\nEND:VCARD\r\n",
        word("uid"),
        note(number, 0),
    )
}

pub(crate) fn note(number: usize, version: usize) -> String {
    format!("{} version {version}", Canary(number).word("note"))
}

impl World {
    pub(crate) fn new(dice: Dice, mut deaths: Deaths) -> Self {
        let mut offices = [deaths.office("Office A"), deaths.office("Office B")];
        offices.iter_mut().for_each(Office::serve);
        pair(&offices[0], &offices[1]);
        let counts = Counts::default();
        let sides = <[Sharing; 2]>::default();
        let mut world = Self { offices, sides, deaths, dice, counts, slowest_start: Duration::ZERO, versions: 0 };
        for (side, user) in USERS.iter().enumerate() {
            world.offices[side].cli(&["user", "add", STRANGER]).ok();
            interoffice_tests::enable(&world.offices[side], user);
            for _ in 0..RECORDS {
                world.bring(side);
            }
        }
        (0..2).for_each(|owner| world.make_link(owner));
        world
    }

    fn seed(&self) -> u64 {
        self.dice.seed()
    }

    /// Brings a new record into an office. Not done while daemons die: an import whose answer is lost can't be told from none.
    fn bring(&mut self, side: usize) {
        let number = side * SECOND + self.sides[side].truth.len() + 1;
        let record = import(self.offices[side].user(USERS[side]), &card(number)).pop().expect("a record");
        self.sides[side].truth.push(Truth { number, record, version: 0, shared: false, deleted: false });
    }

    /// Starts whoever is dead.
    #[allow(clippy::disallowed_methods, reason = "how long a start takes is measured here")]
    pub(crate) fn revive(&mut self) {
        for side in 0..2 {
            if self.offices[side].is_down() {
                let started = Instant::now();
                let deaths = self.deaths.start(&mut self.offices[side], side, &mut self.dice);
                self.slowest_start = self.slowest_start.max(started.elapsed() / u32::try_from(deaths).unwrap_or(1));
                self.counts.deaths += deaths;
            }
        }
    }

    /// Gives a command until somebody answers; says whether an answer may have been lost before.
    pub(crate) fn say(&mut self, side: usize, user: Option<&str>, args: &[&str]) -> (Said, bool) {
        for attempt in 0..ATTEMPTS {
            let office = &self.offices[side];
            let said = user.map_or_else(|| office.cli(args), |user| office.user(user).cli(args));
            if said.code != exit::UNREACHABLE {
                return (said, attempt > 0);
            }
            self.revive();
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no answer to {args:?} (seed {})", self.seed());
    }

    /// Gives a command until it is done or, after a lost answer or a conflict with what went on meanwhile, `done` says it was.
    fn insist(&mut self, side: usize, user: Option<&str>, args: &[&str], mut done: impl FnMut(&mut Self) -> bool) -> Said {
        let mut uncertain = false;
        for _ in 0..ATTEMPTS {
            let (said, lost) = self.say(side, user, args);
            uncertain |= lost;
            match said.code {
                exit::OK => {}
                exit::CONFLICT => {
                    if !done(self) {
                        std::thread::sleep(Duration::from_millis(20));
                        continue;
                    }
                }
                _ => assert!(uncertain && done(self), "seed {}: {said:?}", self.dice.seed()),
            }
            self.counts.acknowledged += 1;
            return said;
        }
        panic!("{args:?} was never done (seed {})", self.seed());
    }

    /// Looks until something is so, while whoever dies is started again.
    pub(crate) fn until(&mut self, what: &str, mut seen: impl FnMut(&mut Self) -> bool) {
        until(&format!("{what} (seed {})", self.seed()), || {
            self.revive();
            seen(self)
        });
    }

    pub(crate) fn links(&mut self, side: usize) -> Vec<Value> {
        let (said, _) = self.say(side, None, &["link", "list", "--output", "json"]);
        said.json().as_array().expect("a list").clone()
    }

    fn view(&mut self, side: usize, link: &str) -> Value {
        self.links(side).into_iter().find(|view| view["link"] == link).unwrap_or(Value::Null)
    }

    /// Makes the link of which office `owner` is the owner, whatever dies meanwhile.
    pub(crate) fn make_link(&mut self, owner: usize) {
        let reader = 1 - owner;
        let at = format!("{}/{}", self.offices[reader].name(), USERS[reader]);
        let live = |view: &&Value| view["direction"] == "receiving-mine" && view["status"] != "Ended";
        self.insist(owner, Some(USERS[owner]), &["link", "request", &at, "--purpose", "joint cases"], |world| {
            world.links(owner).iter().any(|view| live(&view))
        });
        let link = self.links(owner).iter().find(live).map(|view| view["link"].as_str().expect("an id").to_owned());
        let link = link.expect("the link that was asked for");
        self.until("the request arrives", |world| world.view(reader, &link)["status"] == "Waiting");
        self.insist(reader, Some(USERS[reader]), &["link", "accept", &link], |world| world.view(reader, &link)["status"] == "Active");
        self.until("the link is active", |world| world.view(owner, &link)["status"] == "Active");
        self.sides[owner].link = Some(link);
        self.counts.links_made += 1;
    }

    /// One random deed, which counts once it was acknowledged.
    pub(crate) fn act(&mut self) {
        let side = self.dice.below(2);
        match self.dice.below(40) {
            0 | 1 => self.end_link(side),
            2 => self.take_right(side),
            3 => self.delete(side),
            4..=18 => self.edit(side),
            _ => self.share_or_unshare(side),
        }
    }

    fn pick(&mut self, side: usize) -> Option<usize> {
        let index = self.dice.below(self.sides[side].truth.len());
        (!self.sides[side].truth[index].deleted).then_some(index)
    }

    fn edit(&mut self, side: usize) {
        let Some(index) = self.pick(side) else { return };
        self.versions += 1;
        let (number, record, version) = (self.sides[side].truth[index].number, self.sides[side].truth[index].record.clone(), self.versions);
        let set = format!("NOTE={}", note(number, version));
        self.insist(side, Some(USERS[side]), &["record", "edit", &record, "--set", &set], |_| false);
        self.sides[side].truth[index].version = version;
    }

    fn share_or_unshare(&mut self, side: usize) {
        let Some(index) = self.pick(side) else { return };
        let Some(link) = self.sides[side].link.clone() else { return self.make_link(side) };
        let truth = &self.sides[side].truth[index];
        let (record, number, shared) = (truth.record.clone(), truth.number, truth.shared);
        self.sides[side].about.insert(number);
        let verb = if shared { "unshare" } else { "share" };
        self.insist(side, Some(USERS[side]), &["record", verb, "--link", &link, &record, "--yes"], |_| shared);
        self.sides[side].truth[index].shared = !shared;
    }

    fn delete(&mut self, side: usize) {
        let Some(index) = self.pick(side) else { return };
        let record = self.sides[side].truth[index].record.clone();
        self.insist(side, Some(USERS[side]), &["record", "delete", &record, "--yes"], |_| true);
        let truth = &mut self.sides[side].truth[index];
        (truth.deleted, truth.shared) = (true, false);
    }

    /// Ends the link of which `owner` is the owner, from either side, and makes it again.
    fn end_link(&mut self, owner: usize) {
        let Some(link) = self.sides[owner].link.clone() else { return self.make_link(owner) };
        let ender = self.dice.below(2);
        self.delete_link(ender, owner, &link);
        self.until("the end is known at both offices", |world| (0..2).all(|side| world.view(side, &link)["status"] == "Ended"));
        self.make_link(owner);
    }

    /// Deletes a link at one office; from the answer on nothing of it is readable there.
    pub(crate) fn delete_link(&mut self, ender: usize, owner: usize, link: &str) {
        self.insist(ender, Some(USERS[ender]), &["link", "delete", link, "--yes"], |world| world.view(ender, link)["status"] == "Ended");
        self.note_end(owner);
        if ender != owner {
            self.nothing_is_readable(ender, link);
        }
    }

    /// Takes a specialist's right, which ends both links, and gives it again.
    fn take_right(&mut self, side: usize) {
        let user = USERS[side];
        self.insist(side, None, &["specialist", "disable", user, "--yes"], |world| {
            world.links(side).iter().all(|view| view["status"] == "Ended")
        });
        let received = self.sides[1 - side].link.clone();
        for owner in 0..2 {
            if let Some(link) = self.sides[owner].link.clone() {
                self.note_end(owner);
                self.until("the end is known at the other office", |world| world.view(1 - side, &link)["status"] == "Ended");
            }
        }
        if let Some(link) = received {
            self.nothing_is_readable(side, &link);
        }
        self.insist(side, None, &["specialist", "enable", user, "--yes"], |_| true);
        self.counts.rights_taken += 1;
        (0..2).for_each(|owner| self.make_link(owner));
    }

    fn note_end(&mut self, owner: usize) {
        let sharing = &mut self.sides[owner];
        let Some(link) = sharing.link.take() else { return };
        let numbers = std::mem::take(&mut sharing.about);
        sharing.former.push(Former { link, numbers, erased: false });
        sharing.truth.iter_mut().for_each(|truth| truth.shared = false);
        self.counts.links_ended += 1;
    }

    /// One death, of one office or of both, at a random moment while people work.
    pub(crate) fn round(&mut self) {
        let killers = self.send_death(MOMENT_MS);
        while !killers.iter().all(|killer| killer.thread.is_finished()) {
            self.act();
        }
        self.wake(killers);
        self.act();
    }

    /// The same while a link ends and its copies are erased.
    pub(crate) fn round_of_removal(&mut self) {
        let owner = self.dice.below(2);
        let Some(link) = self.sides[owner].link.clone() else { return self.make_link(owner) };
        let ender = self.dice.below(2);
        let killers = self.send_death(MOMENT_MS / 2);
        self.delete_link(ender, owner, &link);
        self.counts.cascades_cut += 1;
        self.wake(killers);
        self.until("the end is known at both offices", |world| (0..2).all(|side| world.view(side, &link)["status"] == "Ended"));
        self.make_link(owner);
    }

    /// Works until the power of an office has gone at one of its writes; when `removing`, while a link ends and its copies are erased.
    pub(crate) fn round_of_cuts(&mut self, removing: bool) {
        if self.counts.deaths == 0 {
            // The first daemons live until they are killed.
            let killers = [0, 1].map(|side| self.kill_after(side, MOMENT_MS));
            self.wake(killers.into());
        }
        let before = self.counts.deaths;
        for _ in 0..ATTEMPTS {
            self.act();
            if removing {
                self.end_link(0);
                self.end_link(1);
                self.counts.cascades_cut += 2;
            }
            self.revive();
            if self.counts.deaths > before {
                return;
            }
        }
        panic!("no power went in a whole round (seed {})", self.seed());
    }

    /// Sends death to one office or both, each at a random moment.
    fn send_death(&mut self, moment_ms: usize) -> Vec<Killer> {
        let victims: &[usize] = [&[0][..], &[1], &[0], &[1], &[0, 1]][self.dice.below(5)];
        victims.iter().map(|side| self.kill_after(*side, moment_ms)).collect()
    }

    fn kill_after(&mut self, side: usize, moment_ms: usize) -> Killer {
        let moment = Duration::from_millis(self.dice.below(moment_ms) as u64);
        Killer { side, process: self.offices[side].process(), thread: self.offices[side].kill9_after(moment) }
    }

    /// Waits until whoever was sent death has died, and starts them again.
    fn wake(&mut self, killers: Vec<Killer>) {
        for killer in killers {
            killer.thread.join().expect("the kill was sent");
            self.until("whoever was killed runs again", |world| world.offices[killer.side].process() != killer.process);
        }
    }
}

/// A death on its way.
struct Killer {
    side: usize,
    process: Option<u32>,
    thread: JoinHandle<()>,
}
