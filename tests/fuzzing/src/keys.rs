//! Two offices whose keys grow from fixed seeds; those of the golden vectors, so that what is written there verifies here.

use ed25519_dalek::{Signer as _, SigningKey};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId, StatementHash};
use interoffice_protocol::names::UserName;
use interoffice_protocol::statement::{
    Audience, Chain, Envelope, KeySet, KeySetAuthority, Signed, Signer, Subject, office_id, signing_bytes,
};

/// A moment at which every key is good (milliseconds since 1970, UTC).
pub(crate) const NOW_MS: i64 = 1_900_000_000_000;
/// When every key set ends (milliseconds since 1970, UTC).
pub(crate) const NOT_AFTER_MS: i64 = 2_000_000_000_000;

/// An office with its keys.
pub(crate) struct Keys {
    pub(crate) id: OfficeId,
    pub(crate) signer: Signer,
    pub(crate) chain: Chain,
    secret: [u8; 32],
}

impl Keys {
    /// The office whose keys grow from `seed`.
    pub(crate) fn new(seed: u8) -> Self {
        let id = office_id(&Signer::root(OfficeId([0; 32]), &[seed; 32]).public_key());
        let root = Signer::root(id, &[seed; 32]);
        let recovery = Signer::root(id, &[seed.wrapping_add(100); 32]);
        let secret = [seed.wrapping_add(50); 32];
        let signer = Signer::new(id, 1, &secret);
        let set = KeySet {
            version: 1,
            authority: KeySetAuthority::Root,
            root_key: root.public_key(),
            statement_key: signer.public_key(),
            tls_pins: vec![[7; 32], [8; 32]],
            recovery_key: recovery.public_key(),
            not_after_ms: NOT_AFTER_MS,
            previous: StatementHash::NONE,
        };
        let signed = root.sign(envelope(id, Audience::Everyone, Subject::Office, 1), &set.into());
        let chain = Chain::verify(&[signed]).expect("a first key set of the root is a chain");
        Self { id, signer, chain, secret }
    }

    /// Signs whatever stands in `signed`, meaningful or not, with the statement key.
    pub(crate) fn sign_bytes(&self, signed: &mut Signed) {
        signed.signature = SigningKey::from_bytes(&self.secret).sign(&signing_bytes(signed)).to_bytes();
    }
}

/// An envelope without extensions.
pub(crate) fn envelope(from: OfficeId, to: Audience, subject: Subject, sequence: u64) -> Envelope {
    Envelope {
        from,
        to,
        subject,
        epoch: Epoch { counter: 1, identity: [0xe0; 16] },
        sequence,
        previous: StatementHash::NONE,
        nonce: Nonce([sequence as u8; 16]),
        issued_at_ms: NOW_MS,
        extensions: Vec::new(),
    }
}

pub(crate) fn user(name: &str) -> UserName {
    UserName::new(name).expect("a user name")
}
