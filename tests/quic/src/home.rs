//! Homes: the data folders of three offices that are paired with each other, made once a process and copied for each run; and the keys
//! of callers that nobody knows.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use interoffice_certs::{OfficeKeys, SecretSeed, Seeds, SetTerms};
use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{office, peers, records, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::moment::Moment;
use interoffice_core::store::peers::Introduction;
use interoffice_core::store::{Fault, OfficeContext, Tx, WriteStore};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId};
use interoffice_protocol::names::UserName;
use tempfile::TempDir;

use crate::random::Random;

/// Offices of a run.
pub const OFFICES: usize = 3;
/// Their names; turmoil knows the hosts by them.
pub const NAMES: [&str; OFFICES] = ["north", "south", "east"];
/// One specialist each.
pub const USERS: [&str; OFFICES] = ["alice", "bob", "carol"];
/// When every run begins (milliseconds since 1970, UTC).
pub const BEGIN_MS: i64 = 1_900_000_000_000;
/// Address cards of each specialist.
pub const CARDS: usize = 30;
const KEYS_LAST_MS: i64 = 300_000_000_000;
/// The usual length of an office's certificate (bytes); it is made again until it has it, as the trace is of lengths.
const CERTIFICATE_BYTES: usize = 305;
const ATTEMPTS: usize = 200;

/// What runs are made from.
#[derive(Debug)]
pub struct Template {
    folder: TempDir,
    /// The ids of the offices.
    pub offices: [OfficeId; OFFICES],
}

/// A folder in memory where the machine has one: nothing here is about the disk.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

/// Where an office listens: turmoil counts its hosts from one.
pub fn address(office: usize) -> SocketAddr {
    SocketAddr::new(host(office).into(), 4870)
}

/// The host with this number.
pub fn host(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 0, number as u8 + 1)
}

/// Keys from a seed. The TLS key alone is made by the TLS library's chance.
pub fn keys(seed: u8) -> OfficeKeys {
    let made = || {
        let part = |part: u8| SecretSeed::new([seed.wrapping_mul(3).wrapping_add(part); 32]);
        let terms =
            SetTerms { epoch: epoch(seed), nonce: Nonce([seed; 16]), issued_at_ms: BEGIN_MS, not_after_ms: BEGIN_MS + KEYS_LAST_MS };
        OfficeKeys::generate(Seeds { root: part(1), statement: part(2), recovery: part(3) }, &terms).expect("keys can be made").0
    };
    let mut keys = made();
    for _ in 0..ATTEMPTS {
        if keys.certificate().len() == CERTIFICATE_BYTES {
            break;
        }
        keys = made();
    }
    keys
}

fn epoch(seed: u8) -> Epoch {
    Epoch { counter: 1, identity: [seed; 16] }
}

/// The address card with this number; its note makes it as long as cards with a picture of a few kilobytes.
pub fn card(number: usize) -> String {
    let note = format!("canary{number}x ").repeat(200);
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:00000000-0000-4000-8000-{number:012}\r\nFN:Person {number}\r\n\
         TEL:+1-555-{number:07}\r\nEMAIL:person{number}@people.example\r\nNOTE:{note}\r\nEND:VCARD\r\n"
    )
}

/// The template of this process.
pub fn template() -> Arc<Template> {
    static TEMPLATE: OnceLock<Arc<Template>> = OnceLock::new();
    TEMPLATE.get_or_init(|| Arc::new(Template::make())).clone()
}

struct Draft {
    keys: OfficeKeys,
    store: WriteStore,
    random: Random,
}

impl Draft {
    fn open(folder: &Path, number: usize) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let keys = keys(number as u8 + 1);
        keys.save(folder).expect("keys are saved");
        let context = Arc::new(OfficeContext::new(keys.signer()));
        Self { keys, store: WriteStore::open(folder, context).expect("a database"), random: Random::new(number as u64, 9) }
    }

    fn write<T>(&mut self, work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> T {
        let moment = Moment::new(BEGIN_MS, self.random.bytes());
        self.store.write(moment, work).expect("a verb").0
    }

    fn settle_in(&mut self, number: usize) {
        self.write(|tx| office::set_up(tx, NAMES[number]));
        let new = NewUser { name: USERS[number].to_owned(), ..NewUser::default() };
        self.write(|tx| users::add(tx, &Actor::Operator, &new));
        let user = UserName::new(USERS[number]).expect("a user name");
        let plan = self.write(|tx| specialists::plan_enable(tx, &Actor::Operator, &user, None));
        self.write(|tx| specialists::enable(tx, &Actor::Operator, &user, None, &plan.id));
        let text: String = (number * 1_000..number * 1_000 + CARDS).map(card).collect();
        let file = records::read_cards(text.as_bytes());
        let actor = Actor::User(user);
        for cards in file.cards.chunks(records::IMPORT_CARDS_MAX) {
            self.write(|tx| records::import_cards(tx, &actor, cards, &records::ImportOptions::default()));
        }
    }
}

fn pair(drafts: &mut [Draft], a: usize, b: usize) {
    let token = drafts[a].random.bytes::<16>();
    drafts[a].write(|tx| peers::invite(tx, &Actor::Operator, &token));
    let words = ["one", "two", "three", "four", "five"];
    for (me, other) in [(a, b), (b, a)] {
        let addresses = [address(other).to_string()];
        let chain = drafts[other].keys.chain().clone();
        let who = Introduction { chain: &chain, name: NAMES[other], addresses: &addresses };
        let token = (me == a).then_some(&token);
        drafts[me].write(|tx| peers::met(tx, &who, &words, token));
    }
    for (me, other) in [(a, b), (b, a)] {
        let (mine, theirs) = (drafts[me].keys.office(), drafts[other].keys.office());
        drafts[me].write(|tx| peers::confirm(tx, &Actor::Operator, &theirs.to_string()));
        drafts[other].write(|tx| peers::confirmed_there(tx, mine));
    }
}

impl Template {
    fn make() -> Self {
        let folder = folder();
        let mut drafts: Vec<Draft> = (0..OFFICES).map(|number| Draft::open(&folder.path().join(NAMES[number]), number)).collect();
        for (number, draft) in drafts.iter_mut().enumerate() {
            draft.settle_in(number);
        }
        for a in 0..OFFICES {
            for b in a + 1..OFFICES {
                pair(&mut drafts, a, b);
            }
        }
        let offices = std::array::from_fn(|number| drafts[number].keys.office());
        for draft in &mut drafts {
            draft.store.checkpoint().expect("the log is folded into the file");
        }
        Self { folder, offices }
    }

    /// A copy of the folders for one run.
    pub fn copy(&self) -> TempDir {
        let to = folder();
        copy(self.folder.path(), to.path());
        to
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the template is there") {
        let entry = entry.expect("the template can be read");
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a new folder");
            // Keys are only read from a folder that is closed to others.
            fs::set_permissions(&target, entry.metadata().expect("a folder").permissions()).expect("permissions");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file is copied");
        }
    }
}
