//! One office: its keys from a seed, its store, its received files, its own clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use interoffice_core::actions::office as office_verbs;
use interoffice_core::domain::moment::Moment;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, OfficeContext, StoreFault, Tx, View, WriteStore};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId, StatementHash};
use interoffice_protocol::statement::{
    Audience, Chain, Envelope, KeySet, KeySetAuthority, Signed, Signer, Subject, office_id, signing_bytes,
};
use tempfile::TempDir;

use crate::failing;
use crate::random::Random;

/// When every test begins (milliseconds since 1970, UTC).
pub(crate) const BEGIN_MS: i64 = 1_900_000_000_000;
/// How long the keys of every office last from then on (milliseconds).
pub(crate) const KEYS_LAST_MS: i64 = 300_000_000_001;

/// An office.
pub(crate) struct Office {
    pub(crate) name: &'static str,
    pub(crate) id: OfficeId,
    pub(crate) chain: Chain,
    pub(crate) now_ms: i64,
    /// Signs as this office does, for statements that the office itself would never make.
    pub(crate) forger: Signer,
    pub(crate) files: ReceivedFiles,
    store: WriteStore,
    on_disk: bool,
    seed: u8,
    folder: TempDir,
    random: Random,
}

/// The secret half of an office's statement key.
fn secret(seed: u8) -> [u8; 32] {
    [seed.wrapping_add(128); 32]
}

fn keys(seed: u8) -> (Signer, Chain) {
    let root_secret = [seed; 32];
    let id = office_id(&Signer::root(OfficeId([0; 32]), &root_secret).public_key());
    let root = Signer::root(id, &root_secret);
    let signer = Signer::new(id, 1, &secret(seed));
    let set = KeySet {
        version: 1,
        authority: KeySetAuthority::Root,
        root_key: root.public_key(),
        statement_key: signer.public_key(),
        tls_pins: vec![[seed; 32]],
        recovery_key: [0; 32],
        not_after_ms: BEGIN_MS + KEYS_LAST_MS - 1,
        previous: StatementHash::NONE,
    };
    let envelope = Envelope {
        from: id,
        to: Audience::Everyone,
        subject: Subject::Office,
        epoch: Epoch { counter: 1, identity: [seed; 16] },
        sequence: 1,
        previous: StatementHash::NONE,
        nonce: Nonce([seed; 16]),
        issued_at_ms: BEGIN_MS,
        extensions: Vec::new(),
    };
    let chain = Chain::verify(&[root.sign(envelope, &set.into())]).expect("the chain of a test office holds");
    (signer, chain)
}

/// A folder in memory where the machine has one: nothing here is about the disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

impl Office {
    /// A new office with a database in memory.
    pub(crate) fn new(name: &'static str, seed: u8) -> Self {
        Self::open(name, seed, false)
    }

    /// A new office whose database is a file, so that it can be closed, opened and looked into.
    pub(crate) fn on_disk(name: &'static str, seed: u8) -> Self {
        Self::open(name, seed, true)
    }

    fn open(name: &'static str, seed: u8, on_disk: bool) -> Self {
        let (forger, chain) = keys(seed);
        let folder = folder();
        let store = store(folder.path(), seed, on_disk);
        let files = ReceivedFiles::open_on(folder.path().join("received"), failing::disk()).expect("a folder for received files");
        let random = Random::new(u64::from(seed));
        let mut office = Self { name, id: chain.office(), chain, now_ms: BEGIN_MS, forger, files, store, on_disk, seed, folder, random };
        office.write(|tx| office_verbs::set_up(tx, name)).expect("an office is set up");
        office
    }

    /// Kills the daemon and starts it again: what was not committed is gone.
    pub(crate) fn restart(&mut self) {
        self.files.close();
        self.files = ReceivedFiles::open_on(self.folder.path().join("received"), failing::disk()).expect("a folder for received files");
        self.files.sweep().expect("leftovers are swept");
        if self.on_disk {
            self.store = store(self.folder.path(), self.seed, true);
        }
    }

    #[track_caller]
    pub(crate) fn write<T>(&mut self, mut work: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let (now_ms, entropy) = (self.now_ms, self.random.bytes());
        let write = |store: &mut WriteStore| store.write(Moment::new(now_ms, entropy), &mut work).map(|(value, _)| value);
        failing::everywhere(&mut self.store, failing::all_rows, write)
    }

    #[track_caller]
    pub(crate) fn read<T>(&self, mut read: impl FnMut(&View<'_>) -> Result<T, Fault>) -> T {
        failing::everywhere(&mut &self.store, |_| (), |store| store.read(self.now_ms, &mut read)).expect("reading works")
    }

    /// Does something with the file of a received link.
    #[track_caller]
    pub(crate) fn file<T>(&self, link: LinkId, mut work: impl FnMut(&ReceivedFiles) -> Result<T, StoreFault>) -> T {
        let state = |files: &mut &ReceivedFiles| failing::copies(files, link);
        failing::everywhere(&mut &self.files, state, |files| Ok(work(files)?)).expect("a received file works")
    }

    /// `signed`, changed into what no signer of this version makes, under this office's signature again.
    pub(crate) fn sign_again(&self, signed: Signed) -> Signed {
        let key = SigningKey::from_bytes(&secret(self.seed));
        Signed { signature: key.sign(&signing_bytes(&signed)).to_bytes(), ..signed }
    }

    /// A token for an invite.
    pub(crate) fn token(&mut self) -> [u8; 16] {
        u128::from(self.random.next()).to_be_bytes()
    }

    /// Where everything of the office lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of one received link.
    pub(crate) fn received(&self, link: LinkId) -> PathBuf {
        self.folder.path().join("received").join(format!("{link}.db"))
    }

    /// Every file of the office that holds `word`, letter case ignored.
    pub(crate) fn files_with(&self, word: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder is read") {
                let path = entry.expect("a folder is read").path();
                if path.is_dir() {
                    folders.push(path);
                } else if holds(&std::fs::read(&path).expect("a file is read"), word) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Everything in `office.db`, a line a row, without columns whose name is in `without`.
    pub(crate) fn tables(&self, without: &[&str]) -> Vec<String> {
        assert!(self.on_disk, "only a database on disk can be looked into from the outside");
        interoffice_core::store::inspect::rows(&self.folder.path().join("office.db"), without).expect("the database opens")
    }
}

fn store(folder: &Path, seed: u8, on_disk: bool) -> WriteStore {
    let context = Arc::new(OfficeContext::new(keys(seed).0));
    let opened = if on_disk { WriteStore::open(folder, context) } else { WriteStore::in_memory(context) };
    opened.expect("a store opens")
}

fn holds(bytes: &[u8], word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}
