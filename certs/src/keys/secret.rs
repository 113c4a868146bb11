//! Secret halves: seeds of Ed25519 keys, the recovery key, the TLS key. None of them can be printed by accident.

use std::fmt;

use ed25519_dalek::SigningKey;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::groups::{self, BadCode, CodeKind};

/// 32 secret bytes that an Ed25519 key is made from.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretSeed([u8; 32]);

impl SecretSeed {
    /// The seed in 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSeed(..)")
    }
}

pub(super) fn public_half(seed: &SecretSeed) -> [u8; 32] {
    SigningKey::from_bytes(&seed.0).verifying_key().to_bytes()
}

/// The key that may replace the root after a loss: shown once when the office is set up, and kept on paper.
pub struct RecoveryKey(SecretSeed);

impl RecoveryKey {
    pub(super) fn new(seed: SecretSeed) -> Self {
        Self(seed)
    }

    /// The key as it is printed: 13 groups of five characters, each with a check character.
    pub fn show(&self) -> Zeroizing<String> {
        Zeroizing::new(groups::show(CodeKind::Recovery, self.0.expose()))
    }

    /// The key that was printed as `text`.
    ///
    /// # Errors
    /// [`BadCode`] names the group that is wrong.
    pub fn parse(text: &str) -> Result<Self, BadCode> {
        groups::parse(CodeKind::Recovery, text).map(|bytes| Self(SecretSeed(*bytes)))
    }

    /// The public half, which stands in the key sets.
    pub fn public_key(&self) -> [u8; 32] {
        public_half(&self.0)
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(..)")
    }
}

/// The private key of the TLS certificate (PKCS #8) and its pin.
#[derive(Clone)]
pub(super) struct TlsKey {
    der: Zeroizing<Vec<u8>>,
    pin: [u8; 32],
}

impl TlsKey {
    /// A new ECDSA P-256 key and a self-signed certificate for it.
    ///
    /// The certificate names nobody and its dates are never looked at: the key sets say whose key it is and how long it counts.
    pub(super) fn generate() -> Result<(Self, CertificateDer<'static>), rcgen::Error> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "interoffice");
        let certificate = params.self_signed(&pair)?;
        Ok((Self::of(&pair), certificate.der().clone()))
    }

    /// The key in PKCS #8 form.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, rcgen::Error> {
        KeyPair::try_from(der).map(|pair| Self::of(&pair))
    }

    fn of(pair: &KeyPair) -> Self {
        Self { der: Zeroizing::new(pair.serialize_der()), pin: Sha256::digest(pair.subject_public_key_info()).into() }
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn pin(&self) -> [u8; 32] {
        self.pin
    }

    pub(super) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.der.to_vec()).into()
    }
}
