//! Keys on disk: what is written, who may read it, and what a crash in the middle of a replacement leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::Nonce;
use interoffice_protocol::statement::{Audience, Body, Delete, EndReason, Envelope, Subject, verify};
use tempfile::TempDir;

use super::*;

fn terms(day: i64) -> SetTerms {
    let now = 1_790_000_000_000 + day * 86_400_000;
    SetTerms {
        epoch: Epoch { counter: 1, identity: [3; 16] },
        nonce: Nonce([day as u8; 16]),
        issued_at_ms: now,
        not_after_ms: now + 90 * 86_400_000,
    }
}

fn new_keys(byte: u8) -> (OfficeKeys, RecoveryKey) {
    let seed = |add: u8| SecretSeed::new([byte + add; 32]);
    OfficeKeys::generate(Seeds { root: seed(0), statement: seed(1), recovery: seed(2) }, &terms(0)).expect("keys can be made")
}

fn saved(byte: u8) -> (TempDir, OfficeKeys) {
    let data = TempDir::new().expect("a temporary folder");
    let (keys, _) = new_keys(byte);
    keys.save(data.path()).expect("keys can be written");
    (data, keys)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the path exists").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode can be set");
}

fn names(data: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(data.join("keys"))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

const NAMES: [&str; 5] = ["chain", "root.key", "statement.key", "tls.crt", "tls.key"];

fn same(one: &OfficeKeys, two: &OfficeKeys) -> bool {
    one.chain() == two.chain()
        && one.root.expose() == two.root.expose()
        && one.statement.expose() == two.statement.expose()
        && one.tls.der() == two.tls.der()
        && one.certificate() == two.certificate()
}

#[test]
fn keys_are_written_for_their_owner_alone_and_read_back() {
    let (data, keys) = saved(10);
    assert_eq!(mode(&data.path().join("keys")), 0o700);
    assert_eq!(names(data.path()), NAMES);
    for name in NAMES {
        assert_eq!(mode(&data.path().join("keys").join(name)), 0o600, "{name}");
    }
    assert!(!data.path().join("keys.new").exists());
    let loaded = OfficeKeys::load(data.path()).expect("the keys load");
    assert!(same(&keys, &loaded));
    assert_eq!(loaded.pin(), spki_pin(loaded.certificate()).expect("our certificate parses"));
    assert!(loaded.chain().accepts_pin(&loaded.pin()));
}

#[test]
fn the_same_seeds_are_the_same_office() {
    assert_eq!(new_keys(10).0.office(), new_keys(10).0.office());
    assert_ne!(new_keys(10).0.office(), new_keys(11).0.office());
}

#[test]
fn keys_are_never_overwritten() {
    let (data, keys) = saved(10);
    let fault = new_keys(20).0.save(data.path()).expect_err("there are keys already");
    assert!(matches!(fault, KeyFault::Exists(_)), "{fault}");
    assert!(same(&keys, &OfficeKeys::load(data.path()).expect("the old keys are still there")));
}

#[test]
fn a_set_up_that_was_interrupted_can_be_repeated() {
    let data = TempDir::new().expect("a temporary folder");
    fs::create_dir(data.path().join("keys.new")).expect("a folder");
    fs::write(data.path().join("keys.new/root.key"), "half").expect("a file");
    assert!(matches!(OfficeKeys::load(data.path()), Err(KeyFault::Missing(_))));
    new_keys(10).0.save(data.path()).expect("the draft is in nobody's way");
    assert_eq!(names(data.path()), NAMES);
}

#[test]
fn a_key_that_others_may_read_is_refused_with_the_command_to_run() {
    for (name, wrong, right) in [("root.key", 0o644, 0o600), ("statement.key", 0o640, 0o600), ("tls.key", 0o604, 0o600), ("", 0o755, 0o700)]
    {
        let (data, _) = saved(10);
        let path = if name.is_empty() { data.path().join("keys") } else { data.path().join("keys").join(name) };
        set_mode(&path, wrong);
        let fault = OfficeKeys::load(data.path()).expect_err("others may read it").to_string();
        assert!(fault.ends_with(&format!("run `chmod {right:o} '{}'`", path.display())), "{fault}");
        set_mode(&path, right);
        OfficeKeys::load(data.path()).expect("the command helps");
    }
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let (other, _) = saved(20);
    for name in NAMES {
        let (data, _) = saved(10);
        let path = data.path().join("keys").join(name);
        let whole = fs::read(&path).expect("the file is there");
        for bad in [&b""[..], b"\0\xff garbage", &whole[..whole.len() - 2], &vec![b'a'; 100_000]] {
            fs::write(&path, bad).expect("the file can be damaged");
            let fault = OfficeKeys::load(data.path()).expect_err("a damaged file is found").to_string();
            assert!(fault.contains(name) && fault.contains("bring the folder of keys back"), "{name}: {fault}");
        }
        fs::copy(other.path().join("keys").join(name), &path).expect("the file can be swapped");
        let fault = OfficeKeys::load(data.path()).expect_err("a foreign file is found");
        assert!(matches!(fault, KeyFault::Foreign(_)), "{name}: {fault}");
        fs::remove_file(&path).expect("the file can be lost");
        let fault = OfficeKeys::load(data.path()).expect_err("a lost file is found").to_string();
        assert!(fault.contains(name), "{fault}");
    }
}

#[test]
fn rotations_continue_the_chain_and_bar_the_old_keys() {
    let (data, first) = saved(10);
    let second = first.rotate_tls(data.path(), &terms(1)).expect("TLS can be replaced");
    let third = second.rotate_statement(data.path(), SecretSeed::new([99; 32]), &terms(2)).expect("the statement key can be replaced");
    assert_eq!(names(data.path()), NAMES);
    assert!(same(&third, &OfficeKeys::load(data.path()).expect("the new keys load")));

    assert_eq!(third.office(), first.office());
    assert!(third.chain().continues(first.chain()) && third.chain().continues(second.chain()));
    assert_eq!(third.chain().latest().version, 3);
    assert!(!second.chain().accepts_pin(&first.pin()));
    assert!(third.chain().accepts_pin(&second.pin()));
    assert_ne!(first.signer().public_key(), third.signer().public_key());
}

#[test]
fn a_full_chain_takes_no_more() {
    let (data, mut keys) = saved(10);
    for day in 1..KEY_SETS_MAX as i64 {
        keys = keys.rotate_statement(data.path(), SecretSeed::new([day as u8 + 100; 32]), &terms(day)).expect("there is room");
    }
    assert!(same(&keys, &OfficeKeys::load(data.path()).expect("the longest chain loads")));
    let fault = keys.rotate_tls(data.path(), &terms(100)).expect_err("the chain is full");
    assert!(matches!(fault, KeyFault::ChainFull));
}

/// Every prefix of the steps of a replacement, as a crash leaves them, loads as the old or the new keys and leaves no spares.
#[test]
fn a_replacement_that_was_interrupted_is_finished_or_undone() {
    const STEPS: [&str; 4] = ["chain", "statement.key", "tls.key", "tls.crt"];
    for renamed in 0..=STEPS.len() {
        let (data, old) = saved(10);
        let folder = data.path().join("keys");
        let before: Vec<_> = STEPS.iter().map(|name| fs::read(folder.join(name)).expect("an old file")).collect();
        let tls = old.rotate_tls(data.path(), &terms(1)).expect("TLS can be replaced");
        let new = tls.rotate_statement(data.path(), SecretSeed::new([99; 32]), &terms(2)).expect("replaced");
        for (name, old_bytes) in STEPS.iter().zip(&before).skip(renamed) {
            fs::rename(folder.join(name), folder.join(format!("{name}.next"))).expect("stepped back");
            fs::write(folder.join(name), old_bytes).expect("stepped back");
            set_mode(&folder.join(name), 0o600);
        }
        let loaded = OfficeKeys::load(data.path()).expect("either set loads");
        assert!(same(&loaded, if renamed == 0 { &old } else { &new }), "after {renamed} renames");
        assert!(names(data.path()).iter().all(|name| name == "chain.next" || NAMES.contains(&name.as_str())));
        loaded.rotate_tls(data.path(), &terms(3)).expect("what was left is in nobody's way");
        assert_eq!(names(data.path()), NAMES);
    }
}

#[test]
fn the_signer_signs_what_the_chain_verifies() {
    let (data, keys) = saved(10);
    let reader = new_keys(20).0.office();
    for keys in [&keys, &keys.rotate_statement(data.path(), SecretSeed::new([99; 32]), &terms(1)).expect("replaced")] {
        let envelope = Envelope {
            from: keys.office(),
            to: Audience::Office(reader),
            subject: Subject::Office,
            epoch: terms(0).epoch,
            sequence: 1,
            previous: StatementHash::NONE,
            nonce: Nonce([1; 16]),
            issued_at_ms: 0,
            extensions: Vec::new(),
        };
        let head = interoffice_protocol::statement::Head { sequence: 1, hash: [0; 32] };
        let signed = keys.signer().sign(envelope.clone(), &head.into());
        verify(signed, keys.chain(), reader, terms(0).issued_at_ms).expect("our own statement verifies");
        let wrong = keys.signer().sign(envelope, &Body::from(Delete { reason: EndReason::Deleted, note: String::new() }));
        verify(wrong, keys.chain(), reader, 0).expect_err("a delete is about a link");
    }
}

#[test]
fn the_recovery_key_is_printed_read_back_and_named_in_the_key_set() {
    let (keys, recovery) = new_keys(10);
    let read = RecoveryKey::parse(&recovery.show().to_lowercase().replace('-', " ")).expect("the printed key reads");
    assert_eq!(read.public_key(), recovery.public_key());
    assert_eq!(keys.chain().latest().recovery_key, recovery.public_key());
    assert!(RecoveryKey::parse(&crate::show_office(&keys.office())).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let (keys, recovery) = new_keys(10);
    let text = format!("{keys:?} {recovery:?} {:?}", SecretSeed::new([10; 32]));
    assert_eq!(text, format!("OfficeKeys({}, key set 1) RecoveryKey(..) SecretSeed(..)", keys.office()));
}
