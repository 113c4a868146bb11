//! Mistakes that are planted into the rules: the corpus and changed copies of it notice those that show in one office, or in reading bytes.
//! `cargo test -p interoffice-fuzzing --features seeded-bugs --test planted`
#![forbid(unsafe_code)]
#![cfg(feature = "seeded-bugs")]

use std::panic::{catch_unwind, set_hook};
use std::path::Path;

use interoffice_fuzzing::TARGETS;
use interoffice_protocol::seeded::{Bug, plant};

/// Mistakes and a target that notices each with its corpus alone; `INTEROFFICE_TELL_PLANTED=1` says which targets notice which.
const NOTICED: &[(Bug, &str)] = &[
    (Bug::NoTombstoneCheck, "received"),
    (Bug::PreviousNotChecked, "sequence"),
    (Bug::VerifyReencoded, "statement"),
    (Bug::RecipientNotChecked, "sequence"),
    (Bug::AcceptWithoutRequest, "link"),
    (Bug::LateAccept, "sequence"),
    (Bug::DigestForgetsWithdraw, "received"),
    (Bug::RelatedOutsideScope, "batch"),
    (Bug::OrphansApplied, "link"),
    (Bug::BlockedHeard, "sequence"),
    (Bug::RepeatTakesSequence, "sequence"),
    (Bug::GapApplied, "received"),
    (Bug::EndedStillReadable, "sequence"),
    (Bug::TwinHeard, "sequence"),
    (Bug::EpochBackHeard, "sequence"),
    (Bug::WrongSideHeard, "link"),
    (Bug::OtherTermsAccepted, "link"),
    (Bug::FirstEndWins, "link"),
];

/// Whether a target, with a mistake planted, fails on its corpus.
fn fails(bug: Bug, name: &'static str) -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    // A thread of its own: a mistake is planted for one thread, and so is what a target keeps between runs.
    let thread = std::thread::spawn(move || {
        plant(Some(bug));
        let files = std::fs::read_dir(folder).expect("a target has a corpus").map(|entry| entry.expect("a folder is read").path());
        files.into_iter().any(|path| {
            let bytes = std::fs::read(path).expect("an input is read");
            catch_unwind(|| (target.run)(&bytes)).is_err()
        })
    });
    thread.join().expect("panics are caught")
}

#[test]
fn planted_mistakes_are_noticed() {
    set_hook(Box::new(|_| {}));
    if std::env::var_os("INTEROFFICE_TELL_PLANTED").is_some() {
        for bug in Bug::ALL {
            let found: Vec<_> = TARGETS.iter().map(|target| target.name).filter(|name| fails(*bug, name)).collect();
            eprintln!("{bug:?}: {found:?}");
        }
    }
    let passed: Vec<_> = NOTICED.iter().filter(|(bug, target)| !fails(*bug, target)).collect();
    assert!(passed.is_empty(), "nobody noticed {passed:?}");
}
