//! Signing: the only place where a statement of ours comes into being.

use std::borrow::Cow;

use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::body::for_each_body;
use super::{Body, Envelope, Kind, Signed, Verified};
use crate::ids::{LinkId, OfficeId, StatementHash};
use crate::wire::codec;

/// The last kind that is signed under a name of its own.
const LAST_NAMED: u8 = Kind::Head as u8;

/// Signs an office's statements with the statement key of one key set.
pub struct Signer {
    office: OfficeId,
    key_set_version: u32,
    key: SigningKey,
}

impl Signer {
    /// A signer for `office` with the statement key of its key set `key_set_version`; `secret` is the Ed25519 seed.
    pub fn new(office: OfficeId, key_set_version: u32, secret: &[u8; 32]) -> Self {
        Self { office, key_set_version, key: SigningKey::from_bytes(secret) }
    }

    /// A signer with the root or recovery key, whose statements carry key-set version 0.
    pub fn root(office: OfficeId, secret: &[u8; 32]) -> Self {
        Self::new(office, 0, secret)
    }

    /// The office it signs for.
    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// The public half of its key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// A keyed hash of `bytes` that only who holds this key can make, for a use of its own: HMAC-SHA256 under a key that is made of this one and
    /// `label`. It is for this office alone, and never the bytes of a signature.
    pub fn keyed_hash(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        let under = |key: &[u8; 32], parts: [&[u8]; 2]| -> [u8; 32] {
            let mut block = Zeroizing::new([0; 64]);
            block[..32].copy_from_slice(key);
            let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().into()
        };
        let key = Zeroizing::new(under(self.key.as_bytes(), [b"interoffice/derived/v1/", label.as_bytes()]));
        under(&key, [bytes, b""])
    }

    /// The statement of `body` in `envelope`, whose `from` is this office whatever stood there.
    pub fn sign(&self, mut envelope: Envelope, body: &Body) -> Signed {
        envelope.from = self.office;
        let mut signed = Signed {
            kind: body.kind() as u8,
            version: 1,
            key_set_version: self.key_set_version,
            payload: encode_payload(&envelope, body),
            signature: [0; 64],
        };
        signed.signature = self.key.sign(&signing_bytes(&signed)).to_bytes();
        signed
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({}, key set {})", self.office, self.key_set_version)
    }
}

/// What a kind is called in what is signed: the first fourteen have names, whatever comes later has its number, so that who does not know it
/// can check its signature all the same.
fn signing_name(kind: u8) -> Cow<'static, str> {
    let named = Kind::from_byte(kind).filter(|_| kind <= LAST_NAMED);
    named.map_or_else(|| format!("kind-{kind}").into(), |kind| kind.as_str().into())
}

/// What a signature covers: domain prefix with the kind's name, kind, version, key-set version, payload.
pub fn signing_bytes(signed: &Signed) -> Vec<u8> {
    let name = signing_name(signed.kind);
    let mut bytes = Vec::with_capacity(signed.payload.len() + 48);
    bytes.extend_from_slice(b"interoffice/v1/");
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.push(signed.kind);
    bytes.push(signed.version);
    bytes.extend_from_slice(&signed.key_set_version.to_be_bytes());
    bytes.extend_from_slice(&signed.payload);
    bytes
}

/// A statement with its payload encoded anew, as nobody should who checks one: several encodings can have one meaning.
pub(super) fn reencoded(statement: &Verified) -> Signed {
    Signed { payload: encode_payload(statement.envelope(), statement.body()), ..statement.signed().clone() }
}

/// The id of the link that a Request with this payload opens.
pub fn link_id(request_payload: &[u8]) -> LinkId {
    let mut hash = Sha256::new();
    hash.update(b"interoffice/v1/link-id\0");
    hash.update(request_payload);
    LinkId(hash.finalize().into())
}

/// Unlike the signature, the hash leaves the kind's name out: who does not know a kind must still name its statements as their
/// issuer does, in answers and as what the next statement follows on.
pub(super) fn statement_hash(signed: &Signed) -> StatementHash {
    let mut hash = Sha256::new();
    hash.update(b"interoffice/v1/statement\0");
    hash.update([signed.kind, signed.version]);
    hash.update(signed.key_set_version.to_be_bytes());
    hash.update(&signed.payload);
    StatementHash(hash.finalize().into())
}

macro_rules! encode_bodies {
    ($($name:ident($type:ty),)*) => {
        fn encode_payload(envelope: &Envelope, body: &Body) -> Vec<u8> {
            match body {
                $(Body::$name(body) => codec::encode(&(envelope, body)),)*
            }
        }
    };
}

for_each_body!(encode_bodies);
