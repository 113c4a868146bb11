//! Statements: only what the office on the other end signed for this one is taken, as the bytes that came.

use interoffice_protocol::limits;
use interoffice_protocol::statement::{Audience, Kind, Signed, Verified, VerifyFault, verify};

use crate::bytes::Bytes;
use crate::keys::{Keys, NOT_AFTER_MS, NOW_MS};

thread_local! {
    static OFFICES: [Keys; 2] = [Keys::new(1), Keys::new(2)];
}

/// Kind, version, number of the key set, and where and how a bit is turned; then the payload.
pub fn statement(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let (kind, version, key_set_version) = (bytes.byte(), bytes.byte(), u32::from(bytes.byte()));
    let (place, turned) = (usize::from(u16::from_be_bytes(bytes.array())), 1 << bytes.below(8));
    let payload = bytes.rest().to_vec();
    OFFICES.with(|offices| {
        for (from, to) in [(0, 1), (1, 0)] {
            let mut signed = Signed { kind, version, key_set_version, payload: payload.clone(), signature: [0; 64] };
            offices[from].sign_bytes(&mut signed);
            between(&offices[from], &offices[to], &signed, place, turned);
        }
    });
}

fn between(from: &Keys, to: &Keys, signed: &Signed, place: usize, turned: u8) {
    let unsigned = Signed { signature: [0; 64], ..signed.clone() };
    assert!(verify(unsigned, &from.chain, to.id, NOW_MS).is_err(), "a statement that nobody signed was taken");
    let verified = match verify(signed.clone(), &from.chain, to.id, NOW_MS) {
        Ok(verified) => verified,
        Err(fault) => {
            assert_ne!(fault, VerifyFault::BadSignature, "the signature is right");
            return refused(signed, fault);
        }
    };
    assert_eq!(verified.signed(), signed, "the bytes that came are kept");
    assert_eq!(verified.hash(), signed.hash());
    assert_eq!(verified.from(), from.id);
    assert_eq!(verified.envelope().to, Audience::Office(to.id));
    assert_eq!(Kind::from_byte(signed.kind), Some(verified.body().kind()));
    assert_eq!((signed.version, signed.key_set_version), (1, 1), "there is one key set, and one version of each kind");
    assert_eq!(signed.envelope().as_ref(), Some(verified.envelope()));
    assert!(verified.envelope().sequence <= limits::COUNTER_MAX);
    assert!(verified.envelope().extensions.iter().all(|extension| !extension.critical));
    assert_eq!(Verified::from_store(signed.clone()).as_ref(), Ok(&verified), "what was verified is read from the store as it was");
    elsewhere(from, to, signed);
    changed(from, to, signed, place, turned);
    let again = from.signer.sign(verified.envelope().clone(), verified.body());
    assert!(again.payload.len() <= signed.payload.len(), "we write numbers as short as they can be");
    let again = verify(again, &from.chain, to.id, NOW_MS).expect("what was taken is taken when it is said again");
    assert_eq!((again.envelope(), again.body()), (verified.envelope(), verified.body()), "and means the same");
}

/// What was refused is refused as something that may stay in the store, or not at all.
fn refused(signed: &Signed, fault: VerifyFault) {
    let stored = Verified::from_store(signed.clone());
    match fault {
        VerifyFault::ForeignFrom | VerifyFault::ForeignTo | VerifyFault::UnknownKeySet(_) | VerifyFault::ExpiredKeySet => {
            assert!(stored.is_ok(), "its form was judged before its signer: {fault}");
        }
        fault => assert_eq!(stored, Err(fault)),
    }
}

/// Nobody else takes it, nobody takes it from another, and keys that are over sign nothing but ends.
fn elsewhere(from: &Keys, to: &Keys, signed: &Signed) {
    assert!(verify(signed.clone(), &from.chain, from.id, NOW_MS).is_err(), "a statement for another office was taken");
    assert!(verify(signed.clone(), &to.chain, to.id, NOW_MS).is_err(), "a statement of another office was taken");
    let ends = matches!(Kind::from_byte(signed.kind), Some(Kind::Delete | Kind::Withdraw | Kind::Decline | Kind::Receipt));
    let late = verify(signed.clone(), &from.chain, to.id, NOT_AFTER_MS + 1);
    if ends {
        assert!(late.is_ok(), "an end is heard whatever became of the keys");
    } else {
        assert_eq!(late, Err(VerifyFault::ExpiredKeySet));
    }
}

/// One bit turned anywhere, and nobody believes it.
fn changed(from: &Keys, to: &Keys, signed: &Signed, place: usize, turned: u8) {
    let believed = |statement: Signed| verify(statement, &from.chain, to.id, NOW_MS).is_ok();
    let mut other = signed.clone();
    other.signature[place % 64] ^= turned;
    assert!(!believed(other), "a changed signature was believed");
    let mut other = signed.clone();
    let length = other.payload.len();
    other.payload[place % length] ^= turned;
    assert!(!believed(other), "a changed payload was believed");
    assert!(!believed(Signed { payload: signed.payload[..place % length].to_vec(), ..signed.clone() }), "a payload cut off was believed");
    assert!(!believed(Signed { kind: signed.kind ^ turned, ..signed.clone() }), "a changed kind was believed");
    assert!(!believed(Signed { version: signed.version ^ turned, ..signed.clone() }), "a changed version was believed");
    assert!(!believed(Signed { key_set_version: 0, ..signed.clone() }), "another key set was believed");
}
