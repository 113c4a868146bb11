//! Chains of key sets: what `Chain::verify` accepts is exactly what a second, plainer reading of the rules accepts.

use interoffice_protocol::ids::{OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::statement::{Audience, Chain, ChainStep, KeySet, KeySetAuthority, Signed, Signer, Subject, office_id};
use interoffice_protocol::wire::codec;

use crate::bytes::Bytes;
use crate::keys::{NOT_AFTER_MS, envelope};

/// Either a list of statements as it comes from a peer, or two chains built step by step and compared with each other.
pub fn key_set(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    if mode % 2 == 0 {
        return received(rest);
    }
    let mut bytes = Bytes::new(rest);
    let shared = bytes.below(4);
    let first = Plan::read(&mut bytes);
    let mut second = Plan::read(&mut bytes);
    for (index, step) in first.0.iter().enumerate().take(shared) {
        match second.0.get_mut(index) {
            Some(other) => *other = *step,
            None => second.0.push(*step),
        }
    }
    let (first, second) = (first.check(), second.check());
    if let (Some(first), Some(second)) = (first, second) {
        compared(&first, &second);
    }
}

fn received(bytes: &[u8]) {
    let Ok(sets) = codec::decode_control::<Vec<Signed>>(bytes) else { return };
    let Ok(chain) = Chain::verify(&sets) else { return };
    assert!((1..=limits::KEY_SETS_MAX).contains(&sets.len()));
    assert_eq!(chain.signed(), sets, "the bytes that came are kept");
    assert_eq!(chain.office(), office_id(&chain.latest().root_key));
    assert_eq!(chain.latest().version as usize, sets.len());
}

/// The keys of these chains: a root, and three that sets may name as recovery keys.
const ROOT: u8 = 1;
const STRANGER: u8 = 9;
const RECOVERY: [u8; 4] = [0, 101, 102, 103];

/// The office and its keys, made once: that takes far longer than all the rest.
struct Keyring {
    office: OfficeId,
    signers: Vec<(u8, Signer)>,
}

thread_local! {
    static KEYRING: Keyring = {
        let office = office_id(&Signer::root(OfficeId([0; 32]), &[ROOT; 32]).public_key());
        let keys = [ROOT, STRANGER, RECOVERY[1], RECOVERY[2], RECOVERY[3]];
        Keyring { office, signers: keys.iter().map(|key| (*key, Signer::root(office, &[*key; 32]))).collect() }
    };
}

impl Keyring {
    fn signer(&self, key: u8) -> &Signer {
        self.signers.iter().find(|(known, _)| *known == key).map(|(_, signer)| signer).expect("a key of these chains")
    }

    fn public(&self, key: u8) -> [u8; 32] {
        if key == 0 { [0; 32] } else { self.signer(key).public_key() }
    }
}

/// One set: what is right about it, and what is not.
#[derive(Clone, Copy)]
struct Step {
    authority: KeySetAuthority,
    signed_by: u8,
    recovery: u8,
    pins: usize,
    wrong: Wrong,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Version,
    Previous,
    Root,
    KeySetVersion,
    Signature,
}

/// The steps of a chain.
struct Plan(Vec<Step>);

impl Plan {
    fn read(bytes: &mut Bytes<'_>) -> Self {
        let count = bytes.below(8);
        // A long chain is made of ordinary steps, so that the bound on its length is reached.
        let padding = if bytes.rarely(32) { limits::KEY_SETS_MAX - bytes.below(4) } else { 0 };
        let plain = Step { authority: KeySetAuthority::Root, signed_by: ROOT, recovery: 0, pins: 1, wrong: Wrong::Nothing };
        let mut steps = vec![plain; padding];
        let mut recovery = 0;
        for _ in 0..count {
            let authority = if bytes.rarely(3) { KeySetAuthority::Recovery } else { KeySetAuthority::Root };
            let due = if authority == KeySetAuthority::Root { ROOT } else { recovery };
            let others = [ROOT, STRANGER, RECOVERY[1], RECOVERY[2], RECOVERY[3]];
            let signed_by = if bytes.rarely(6) || due == 0 { others[bytes.below(5)] } else { due };
            recovery = RECOVERY[bytes.below(4)];
            let pins = if bytes.rarely(12) { bytes.below(12) } else { 1 + bytes.below(limits::TLS_PINS_MAX) };
            let wrongs = [Wrong::Version, Wrong::Previous, Wrong::Root, Wrong::KeySetVersion, Wrong::Signature];
            let wrong = if bytes.rarely(16) { wrongs[bytes.below(5)] } else { Wrong::Nothing };
            steps.push(Step { authority, signed_by, recovery, pins, wrong });
        }
        Self(steps)
    }

    /// Builds the chain, and gives it when it holds; asserts that it holds exactly if it should.
    fn check(&self) -> Option<Chain> {
        let mut sets: Vec<Signed> = Vec::new();
        for (index, step) in self.0.iter().enumerate() {
            sets.push(step.sign(index, sets.last().map_or(StatementHash::NONE, Signed::hash)));
        }
        let found = Chain::verify(&sets);
        assert_eq!(found.is_ok(), self.holds(), "{found:?}");
        found.ok()
    }

    /// The rules once more: each set follows on the one before, the root signs until a recovery key did, and then only the recovery
    /// key that the set before names.
    fn holds(&self) -> bool {
        let mut recovered = false;
        let mut named = 0;
        for step in &self.0 {
            let due = match step.authority {
                KeySetAuthority::Root if !recovered => ROOT,
                KeySetAuthority::Recovery if named != 0 => named,
                _ => return false,
            };
            recovered |= step.authority == KeySetAuthority::Recovery;
            named = step.recovery;
            if step.signed_by != due || step.wrong != Wrong::Nothing || !(1..=limits::TLS_PINS_MAX).contains(&step.pins) {
                return false;
            }
        }
        (1..=limits::KEY_SETS_MAX).contains(&self.0.len())
    }
}

impl Step {
    fn sign(&self, index: usize, previous: StatementHash) -> Signed {
        KEYRING.with(|keyring| self.sign_with(keyring, index, previous))
    }

    fn sign_with(&self, keyring: &Keyring, index: usize, previous: StatementHash) -> Signed {
        let root = if self.wrong == Wrong::Root { STRANGER } else { ROOT };
        let set = KeySet {
            version: index as u32 + if self.wrong == Wrong::Version { 2 } else { 1 },
            authority: self.authority,
            root_key: keyring.public(root),
            statement_key: [index as u8; 32],
            tls_pins: vec![[7; 32]; self.pins],
            recovery_key: keyring.public(self.recovery),
            not_after_ms: NOT_AFTER_MS,
            previous: if self.wrong == Wrong::Previous { StatementHash([1; 32]) } else { previous },
        };
        let office = keyring.office;
        let about = envelope(office, Audience::Everyone, Subject::Office, index as u64 + 1);
        let key_set_version = u32::from(self.wrong == Wrong::KeySetVersion);
        let mut signed = match key_set_version {
            0 => keyring.signer(self.signed_by).sign(about, &set.into()),
            _ => Signer::new(office, key_set_version, &[self.signed_by; 32]).sign(about, &set.into()),
        };
        if self.wrong == Wrong::Signature {
            signed.signature[index % 64] ^= 1;
        }
        signed
    }
}

/// How two chains stand to each other is said alike from both sides, and a chain follows on each of its beginnings.
fn compared(first: &Chain, second: &Chain) {
    let turned = match first.step_from(second) {
        ChainStep::Newer => ChainStep::Older,
        ChainStep::Older => ChainStep::Newer,
        ChainStep::Outranks => ChainStep::Outranked,
        ChainStep::Outranked => ChainStep::Outranks,
        same => same,
    };
    assert_eq!(second.step_from(first), turned);
    assert!(first.continues(first) && second.continues(second));
    if first.continues(second) && second.continues(first) {
        assert_eq!(first, second, "neither of two different chains may take the place of the other both ways");
    }
    // Each is checked from its first set on, so a long chain is looked at in a few places.
    for length in (1..first.signed().len()).step_by(1 + first.signed().len() / 4) {
        let beginning = Chain::verify(&first.signed()[..length]).expect("the beginning of a chain is a chain");
        assert_eq!((first.step_from(&beginning), beginning.step_from(first)), (ChainStep::Newer, ChainStep::Older));
        assert!(first.continues(&beginning) && !beginning.continues(first));
    }
}
