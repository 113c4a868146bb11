//! The corpus of every target, replayed: what fuzzing found once, what crashed once, and changed copies of both.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use interoffice_fuzzing::{TARGETS, seeds};

/// Bytes of the whole corpus, at most: it travels with the repository.
const CORPUS_BYTES_MAX: u64 = 1 << 20;
/// How many changed copies each target is given, when the variable does not say.
const CHANGED: &str = "INTEROFFICE_FUZZ_CHANGED";
/// Chooses other changes.
const SEED: &str = "INTEROFFICE_TEST_SEED";
/// Writes the beginnings into the corpus.
const WRITE: &str = "INTEROFFICE_WRITE_CORPUS";

fn folder(kind: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(kind).join(target)
}

/// The files of a folder by name; none when there is no folder.
fn inputs(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder is read").path());
    let mut found: Vec<_> = paths.map(|path| (path.display().to_string(), std::fs::read(&path).expect("an input is read"))).collect();
    found.sort();
    found
}

/// Seeded random numbers: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A copy of one input with a few changes, parts of another among them.
fn changed(inputs: &[(String, Vec<u8>)], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = inputs[dice.below(inputs.len())].1.clone();
    let other = &inputs[dice.below(inputs.len())].1;
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let until = (at + 1 + dice.below(16)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = dice.next() as u8,
            2 => drop(bytes.drain(at.min(until)..until)),
            3 => bytes.truncate(at),
            4 => bytes.splice(at..at, (0..1 + dice.below(4)).map(|_| 0xff)).for_each(drop),
            5 => {
                let from = dice.below(other.len() + 1);
                let part = other[from..(from + dice.below(64)).min(other.len())].to_vec();
                bytes.splice(at..at, part).for_each(drop);
            }
            _ => {
                let part = bytes[at.min(until)..until].to_vec();
                bytes.splice(at..at, part).for_each(drop);
            }
        }
    }
    bytes
}

fn run(name: &str, run: fn(&[u8]), what: &str, bytes: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(bytes))) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        eprintln!("{name} fails on {what}\nkeep these bytes in fuzz/regressions/{name}/ : {hex}");
        resume_unwind(panic);
    }
}

fn replay(name: &str, usually: usize) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    let corpus = inputs(&folder("corpus", name));
    assert!(!corpus.is_empty(), "{name} has no corpus: write one with {WRITE}=1");
    let crashes = inputs(&folder("regressions", name));
    for (file, bytes) in crashes.iter().chain(&corpus) {
        run(name, target.run, file, bytes);
    }
    let variable = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap_or_else(|error| panic!("{name}: {error}")));
    let mut dice = Dice(variable(SEED).unwrap_or(1));
    let times = variable(CHANGED).map_or(usually, |times| times as usize);
    let all: Vec<_> = corpus.into_iter().chain(crashes).collect();
    for number in 0..times {
        let bytes = changed(&all, &mut dice);
        run(name, target.run, &format!("changed copy {number}"), &bytes);
    }
}

macro_rules! replays {
    ($($name:ident: $times:literal,)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name), $times);
        })*

        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

replays! {
    frame: 4_000,
    greeting: 4_000,
    control: 4_000,
    replication: 4_000,
    proposal: 4_000,
    statement: 400,
    key_set: 400,
    link: 400,
    invite: 2_000,
    office_code: 2_000,
    vcard: 400,
    import: 200,
    batch: 200,
    received: 200,
    sequence: 200,
}

#[test]
fn every_target_is_replayed_and_has_a_program() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, REPLAYED);
    for name in names {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../fuzz/programs/{name}.rs"));
        assert!(program.is_file(), "{name} has no program in fuzz/programs");
    }
}

#[test]
fn the_corpus_is_small_enough_to_travel() {
    let size = |folder: PathBuf| -> u64 { inputs(&folder).iter().map(|(_, bytes)| bytes.len() as u64).sum() };
    let all: u64 = TARGETS.iter().map(|target| size(folder("corpus", target.name)) + size(folder("regressions", target.name))).sum();
    assert!(all <= CORPUS_BYTES_MAX, "{all} bytes: reduce it with `cargo fuzz cmin`");
}

/// Every beginning runs; with the variable set they are written into the corpus, where fuzzing takes them up.
#[test]
fn where_fuzzing_begins_nothing_fails() {
    let write = std::env::var_os(WRITE).is_some();
    for (name, file, bytes) in seeds::seeds() {
        let target = TARGETS.iter().find(|target| target.name == name).expect("a beginning has a target");
        run(name, target.run, &file, &bytes);
        if write {
            let folder = folder("corpus", name);
            std::fs::create_dir_all(&folder).expect("a folder is made");
            std::fs::write(folder.join(file), &bytes).expect("a beginning is written");
        }
    }
}
