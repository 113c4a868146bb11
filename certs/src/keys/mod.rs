//! An office's keys: made once, loaded at each start, replaced by key sets that the root signs.

mod files;
mod secret;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId, StatementHash};
use interoffice_protocol::limits::KEY_SETS_MAX;
use interoffice_protocol::statement::{Audience, Chain, ChainFault, Envelope, KeySet, KeySetAuthority, Signed, Signer, Subject, office_id};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub use secret::{RecoveryKey, SecretSeed};

use crate::pin::{BadCertificate, spki_pin};
use secret::{TlsKey, public_half};

/// The random bytes from which an office's keys are made; each must come from the system's generator.
#[derive(Debug)]
pub struct Seeds {
    /// Becomes the root key.
    pub root: SecretSeed,
    /// Becomes the statement key of the first key set.
    pub statement: SecretSeed,
    /// Becomes the recovery key.
    pub recovery: SecretSeed,
}

/// What a new key set says besides its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetTerms {
    /// The office's present epoch.
    pub epoch: Epoch,
    /// Random bytes of the statement.
    pub nonce: Nonce,
    /// When the set is made (milliseconds since 1970, UTC).
    pub issued_at_ms: i64,
    /// Until when its keys sign new links (milliseconds since 1970, UTC).
    pub not_after_ms: i64,
}

/// Why keys could not be made, written or loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// There are no keys.
    #[error("there are no keys in {0}: set the office up first")]
    Missing(PathBuf),
    /// There are keys already, and they are never overwritten.
    #[error("there are keys in {0} already, and they are never overwritten: an office lost with its keys can't be made again")]
    Exists(PathBuf),
    /// Others may read a secret.
    #[error("other users of this machine may read {path} (mode {mode:03o}): run `chmod {right:o} '{path}'`")]
    ReadableByOthers {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        right: u32,
    },
    /// A file is not what was written.
    #[error("{path} is damaged ({why}): bring the folder of keys back from a backup")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The chain of key sets does not hold.
    #[error("the chain of key sets does not hold ({0}): bring the folder of keys back from a backup")]
    Chain(#[from] ChainFault),
    /// A key or certificate that the chain does not name.
    #[error("{0} does not belong to this office's newest key set: bring the folder of keys back from a backup")]
    Foreign(PathBuf),
    /// The chain has no room for another set.
    #[error("the chain has {KEY_SETS_MAX} key sets and takes no more: the office must be recovered under a new chain")]
    ChainFull,
    /// The certificate library refused.
    #[error("the TLS certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate that was made or loaded does not parse.
    #[error("the TLS certificate is unusable: {0}")]
    BadCertificate(#[from] BadCertificate),
    /// The file system refused.
    #[error("can't {doing} {path}: {source}")]
    Io {
        /// The verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// The keys of this office. Secrets are wiped when it is dropped and never printed.
pub struct OfficeKeys {
    root: SecretSeed,
    statement: SecretSeed,
    tls: TlsKey,
    certificate: CertificateDer<'static>,
    chain: Chain,
}

impl OfficeKeys {
    /// Makes an office: its keys, a TLS key and certificate (with the TLS library's own randomness), and its first key set.
    ///
    /// The recovery key is returned beside them, to be printed once; only its public half is kept.
    ///
    /// # Errors
    /// [`KeyFault::Certificate`] or [`KeyFault::Chain`] when a library refuses, as on a machine without randomness.
    pub fn generate(seeds: Seeds, terms: &SetTerms) -> Result<(Self, RecoveryKey), KeyFault> {
        let recovery = RecoveryKey::new(seeds.recovery);
        let (tls, certificate) = TlsKey::generate()?;
        let root_key = public_half(&seeds.root);
        let set = KeySet {
            version: 1,
            authority: KeySetAuthority::Root,
            root_key,
            statement_key: public_half(&seeds.statement),
            tls_pins: vec![spki_pin(&certificate)?],
            recovery_key: recovery.public_key(),
            not_after_ms: terms.not_after_ms,
            previous: StatementHash::NONE,
        };
        let chain = Chain::verify(&[sign_set(&seeds.root, office_id(&root_key), set, terms)])?;
        Ok((Self { root: seeds.root, statement: seeds.statement, tls, certificate, chain }, recovery))
    }

    /// Writes new keys to the folder `keys` in the office's data folder; the folder appears whole or not at all.
    ///
    /// # Errors
    /// [`KeyFault::Exists`] when there is such a folder; [`KeyFault::Io`].
    pub fn save(&self, data: &Path) -> Result<(), KeyFault> {
        files::create(data, self)
    }

    /// The keys in the folder `keys` of the office's data folder. A replacement that was interrupted is finished or undone.
    ///
    /// # Errors
    /// [`KeyFault`]; each names the file and what to do.
    pub fn load(data: &Path) -> Result<Self, KeyFault> {
        files::load(data)
    }

    /// The office.
    pub fn office(&self) -> OfficeId {
        self.chain.office()
    }

    /// The office's key sets, oldest first.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// A signer with the statement key of the newest key set.
    pub fn signer(&self) -> Signer {
        Signer::new(self.office(), self.chain.latest().version, self.statement.expose())
    }

    /// The TLS certificate that the peer door shows.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The pin of that certificate: SHA-256 of its SubjectPublicKeyInfo.
    pub fn pin(&self) -> [u8; 32] {
        self.tls.pin()
    }

    pub(crate) fn tls_key(&self) -> PrivateKeyDer<'static> {
        self.tls.private_key()
    }

    /// Replaces TLS key and certificate, on disk and in what is returned; the old pin counts no more.
    ///
    /// # Errors
    /// [`KeyFault::ChainFull`], [`KeyFault::Certificate`], [`KeyFault::Chain`]: nothing changed. After [`KeyFault::Io`] the next
    /// [`OfficeKeys::load`] says whether the old or the new set holds.
    pub fn rotate_tls(&self, data: &Path, terms: &SetTerms) -> Result<Self, KeyFault> {
        let (tls, certificate) = TlsKey::generate()?;
        self.replace(data, self.statement.clone(), tls, certificate, terms)
    }

    /// Replaces the statement key by the one made from `statement`, on disk and in what is returned.
    ///
    /// # Errors
    /// Those of [`OfficeKeys::rotate_tls`].
    pub fn rotate_statement(&self, data: &Path, statement: SecretSeed, terms: &SetTerms) -> Result<Self, KeyFault> {
        self.replace(data, statement, self.tls.clone(), self.certificate.clone(), terms)
    }

    fn replace(
        &self,
        data: &Path,
        statement: SecretSeed,
        tls: TlsKey,
        certificate: CertificateDer<'static>,
        terms: &SetTerms,
    ) -> Result<Self, KeyFault> {
        let mut sets = self.chain.signed().to_vec();
        if sets.len() >= KEY_SETS_MAX {
            return Err(KeyFault::ChainFull);
        }
        let latest = self.chain.latest();
        let set = KeySet {
            version: latest.version + 1,
            statement_key: public_half(&statement),
            tls_pins: vec![tls.pin()],
            not_after_ms: terms.not_after_ms,
            previous: sets.last().map_or(StatementHash::NONE, Signed::hash),
            ..latest.clone()
        };
        sets.push(sign_set(&self.root, self.office(), set, terms));
        let next = Self { root: self.root.clone(), statement, tls, certificate, chain: Chain::verify(&sets)? };
        files::replace(data, &next)?;
        Ok(next)
    }
}

impl fmt::Debug for OfficeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfficeKeys({}, key set {})", self.office(), self.chain.latest().version)
    }
}

fn sign_set(root: &SecretSeed, office: OfficeId, set: KeySet, terms: &SetTerms) -> Signed {
    let envelope = Envelope {
        from: office,
        to: Audience::Everyone,
        subject: Subject::Office,
        epoch: terms.epoch,
        // Key sets are the only statements to everyone, so that their versions count them.
        sequence: u64::from(set.version),
        previous: set.previous,
        nonce: terms.nonce,
        issued_at_ms: terms.issued_at_ms,
        extensions: Vec::new(),
    };
    Signer::root(office, root.expose()).sign(envelope, &set.into())
}
