//! The keys of the offices of every run: made once, always the same.

use std::sync::OnceLock;

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId, StatementHash};
use interoffice_protocol::statement::{Audience, Chain, Envelope, KeySet, KeySetAuthority, Signer, Subject, office_id};

use crate::clock::BEGIN_MS;
use crate::swarm::OFFICES_MAX;

/// How long the keys last (milliseconds): longer than any clock is set forth.
const KEYS_LAST_MS: i64 = 200 * 365 * 24 * 3_600_000;

/// The chain of key sets of the office at `place`.
pub(crate) fn chain(place: usize) -> Chain {
    static CHAINS: OnceLock<Vec<Chain>> = OnceLock::new();
    CHAINS.get_or_init(|| (0..OFFICES_MAX).map(make).collect())[place].clone()
}

/// A signer for the office at `place`.
pub(crate) fn signer(place: usize) -> Signer {
    Signer::new(chain(place).office(), 1, &statement_secret(place))
}

fn statement_secret(place: usize) -> [u8; 32] {
    [place as u8 + 129; 32]
}

#[expect(clippy::expect_used, reason = "keys of our own making that do not hold together are a mistake in this file")]
fn make(place: usize) -> Chain {
    let byte = place as u8 + 1;
    let root_secret = [byte; 32];
    let id = office_id(&Signer::root(OfficeId([0; 32]), &root_secret).public_key());
    let root = Signer::root(id, &root_secret);
    let set = KeySet {
        version: 1,
        authority: KeySetAuthority::Root,
        root_key: root.public_key(),
        statement_key: Signer::new(id, 1, &statement_secret(place)).public_key(),
        tls_pins: vec![[byte; 32]],
        recovery_key: [0; 32],
        not_after_ms: BEGIN_MS + KEYS_LAST_MS,
        previous: StatementHash::NONE,
    };
    let envelope = Envelope {
        from: id,
        to: Audience::Everyone,
        subject: Subject::Office,
        epoch: Epoch { counter: 1, identity: [byte; 16] },
        sequence: 1,
        previous: StatementHash::NONE,
        nonce: Nonce([byte; 16]),
        issued_at_ms: BEGIN_MS,
        extensions: Vec::new(),
    };
    Chain::verify(&[root.sign(envelope, &set.into())]).expect("the chain of an office of a run holds")
}
