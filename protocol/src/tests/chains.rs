//! Chains of key sets: order, authority, forks.

use super::samples::{self, Office};
use crate::ids::StatementHash;
use crate::limits;
use crate::statement::{Chain, ChainFault, ChainStep, KeySet, KeySetAuthority, Signed, Signer, VerifyFault};

/// The set that follows on `sets`, changed by `change`, signed by `key`.
fn next(sets: &[Signed], office: &Office, key: &Signer, change: impl FnOnce(&mut KeySet)) -> Signed {
    let mut set = KeySet {
        version: sets.len() as u32 + 1,
        previous: sets.last().map_or(StatementHash::NONE, Signed::hash),
        ..samples::first_key_set(&office.root, &office.recovery, &office.signer)
    };
    change(&mut set);
    samples::key_set_statement(key, sets.len() as u64 + 1, set)
}

fn grown(sets: &[Signed], set: Signed) -> Vec<Signed> {
    let mut sets = sets.to_vec();
    sets.push(set);
    sets
}

fn by_recovery(set: &mut KeySet) {
    set.authority = KeySetAuthority::Recovery;
}

fn chain(sets: &[Signed]) -> Chain {
    Chain::verify(sets).expect("the chain holds")
}

#[test]
fn a_chain_of_rotations_holds_and_names_its_newest_keys() {
    let office = samples::office(1);
    let mut sets = office.chain.signed().to_vec();
    for pin in 2..=limits::KEY_SETS_MAX as u8 {
        sets.push(next(&sets, &office, &office.root, |set| set.tls_pins = vec![[pin; 32]]));
    }
    let chain = chain(&sets);
    assert_eq!(chain.office(), office.id);
    assert_eq!(chain.latest().version, 60);
    assert_eq!(chain.set(1).map(|set| set.version), Some(1));
    assert_eq!((chain.set(0), chain.set(61)), (None, None));
    assert!(chain.accepts_pin(&[60; 32]));
    assert!(!chain.accepts_pin(&[59; 32]), "only the newest set's certificates");
    sets.push(next(&sets, &office, &office.root, |_| {}));
    assert_eq!(Chain::verify(&sets), Err(ChainFault::Length(61)));
    assert_eq!(Chain::verify(&[]), Err(ChainFault::Length(0)));
}

#[test]
fn a_chain_with_a_wrong_root_is_refused() {
    let (office, other) = (samples::office(1), samples::office(2));
    let first = office.chain.signed();
    // Another root key under the same office id.
    let taken = next(&[], &office, &office.root, |set| set.root_key = other.root.public_key());
    assert_eq!(Chain::verify(&[taken]), Err(ChainFault::Order(0)));
    // The first set signed by somebody else.
    let forged = next(&[], &office, &Signer::root(office.id, &[0x66; 32]), |_| {});
    assert_eq!(Chain::verify(&[forged]), Err(ChainFault::BadSignature(0)));
    // The root changes on the way.
    let changed = next(first, &office, &office.root, |set| set.root_key = other.root.public_key());
    assert_eq!(Chain::verify(&grown(first, changed)), Err(ChainFault::Order(1)));
    // A rotation signed by the statement key.
    let statement_key = Signer::root(office.id, &[51; 32]);
    let by_statement_key = next(first, &office, &statement_key, |_| {});
    assert_eq!(Chain::verify(&grown(first, by_statement_key)), Err(ChainFault::BadSignature(1)));
    // Another office's set in the middle.
    let foreign = next(first, &other, &other.root, |_| {});
    assert_eq!(Chain::verify(&grown(first, foreign)), Err(ChainFault::Order(1)));
}

#[test]
fn a_chain_with_a_gap_is_refused() {
    let office = samples::office(1);
    let first = office.chain.signed();
    let second = grown(first, next(first, &office, &office.root, |_| {}));
    let third = grown(&second, next(&second, &office, &office.root, |_| {}));
    assert_eq!(Chain::verify(&third[1..]), Err(ChainFault::Order(0)));
    assert_eq!(Chain::verify(&[third[0].clone(), third[2].clone()]), Err(ChainFault::Order(1)));
    let jumped = next(first, &office, &office.root, |set| set.version = 3);
    assert_eq!(Chain::verify(&grown(first, jumped)), Err(ChainFault::Order(1)));
    let unhinged = next(first, &office, &office.root, |set| set.previous = StatementHash::NONE);
    assert_eq!(Chain::verify(&grown(first, unhinged)), Err(ChainFault::Order(1)));
    let numbered = Signer::new(office.id, 1, &[1; 32]);
    assert_eq!(Chain::verify(&grown(first, next(first, &office, &numbered, |_| {}))), Err(ChainFault::Order(1)), "a key-set version");
}

#[test]
fn a_chain_takes_key_sets_alone() {
    let opened = samples::opened();
    let fault = ChainFault::Statement { index: 0, fault: VerifyFault::WrongSubject };
    assert_eq!(Chain::verify(std::slice::from_ref(&opened.request)), Err(fault));
    let mut broken = opened.owner.chain.signed().to_vec();
    broken[0].version = 9;
    assert!(matches!(Chain::verify(&broken), Err(ChainFault::Statement { index: 0, fault: VerifyFault::UnknownVersion { .. } })));
}

#[test]
fn the_recovery_key_bars_the_root_for_ever() {
    let office = samples::office(1);
    let first = office.chain.signed();
    let recovered = grown(first, next(first, &office, &office.recovery, by_recovery));
    assert!(Chain::verify(&recovered).is_ok());
    let back = next(&recovered, &office, &office.root, |_| {});
    assert_eq!(Chain::verify(&grown(&recovered, back)), Err(ChainFault::BadSignature(2)), "the root signs no more");
    let on = grown(&recovered, next(&recovered, &office, &office.recovery, by_recovery));
    assert!(Chain::verify(&on).is_ok(), "the recovery key goes on");
    let disguised = next(first, &office, &office.root, by_recovery);
    assert_eq!(Chain::verify(&grown(first, disguised)), Err(ChainFault::BadSignature(1)), "the root in the recovery key's place");
    let first_by_recovery = next(&[], &office, &office.recovery, by_recovery);
    assert_eq!(Chain::verify(&[first_by_recovery]), Err(ChainFault::BadSignature(0)), "no set before it names the key");
}

#[test]
fn an_office_without_a_recovery_key_can_not_be_recovered() {
    let office = samples::office(1);
    let first = vec![next(&[], &office, &office.root, |set| set.recovery_key = [0; 32])];
    assert!(Chain::verify(&first).is_ok());
    let recovered = grown(&first, next(&first, &office, &office.recovery, by_recovery));
    assert_eq!(Chain::verify(&recovered), Err(ChainFault::BadSignature(1)));
}

#[test]
fn a_weak_root_or_recovery_key_is_refused() {
    let office = samples::office(1);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let first = vec![next(&[], &office, &office.root, |set| set.recovery_key = neutral)];
    let mut forged = next(&first, &office, &office.recovery, by_recovery);
    forged.signature = [0; 64];
    forged.signature[0] = 1;
    assert_eq!(Chain::verify(&grown(&first, forged)), Err(ChainFault::BadSignature(1)));
}

#[test]
fn a_later_chain_is_told_from_a_step_back_and_a_fork() {
    let office = samples::office(1);
    let first = office.chain.signed();
    let by_root = |pin: u8| grown(first, next(first, &office, &office.root, |set| set.tls_pins = vec![[pin; 32]]));
    let (known, other) = (chain(&by_root(1)), chain(&by_root(2)));
    let recovered = chain(&grown(first, next(first, &office, &office.recovery, by_recovery)));
    let recovered_otherwise = chain(&grown(
        first,
        next(first, &office, &office.recovery, |set| {
            by_recovery(set);
            set.tls_pins = vec![[9; 32]];
        }),
    ));
    let stranger = samples::office(2).chain;
    for (chain, known, step) in [
        (&known, &known, ChainStep::Same),
        (&known, &office.chain, ChainStep::Newer),
        (&office.chain, &known, ChainStep::Older),
        (&other, &known, ChainStep::Forked),
        (&recovered, &known, ChainStep::Outranks),
        (&known, &recovered, ChainStep::Outranked),
        (&recovered_otherwise, &recovered, ChainStep::Forked),
        (&recovered, &office.chain, ChainStep::Newer),
        (&stranger, &known, ChainStep::OtherOffice),
    ] {
        assert_eq!(chain.step_from(known), step);
        let may = matches!(step, ChainStep::Same | ChainStep::Newer | ChainStep::Outranks);
        assert_eq!(chain.continues(known), may, "{step:?}");
    }
}

#[test]
fn a_thief_with_the_root_can_not_outrank_by_a_recovery_key_of_his_own() {
    let office = samples::office(1);
    let first = office.chain.signed();
    let thief = Signer::root(office.id, &[0x66; 32]);
    let stolen = grown(first, next(first, &office, &office.root, |set| set.recovery_key = thief.public_key()));
    let stolen = chain(&grown(&stolen, next(&stolen, &office, &thief, by_recovery)));
    let recovered = chain(&grown(first, next(first, &office, &office.recovery, by_recovery)));
    assert_eq!(recovered.step_from(&stolen), ChainStep::Outranks, "they part where the true recovery key signed");
    assert_eq!(stolen.step_from(&recovered), ChainStep::Outranked);
}
