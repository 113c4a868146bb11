//! A received file under any sequence of batches, restarts, rebuilds and receipts, beside a map that says what it must hold.

use std::collections::BTreeMap;
use std::path::Path;

use interoffice_core::store::received::{Applied, CopyQuery, Progress, ReceivedFiles};
use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::messages::{Batch, Change, Entry};
use interoffice_protocol::record::{FieldName, Property, Record, RecordKind};
use tempfile::TempDir;

use crate::bytes::Bytes;

/// Steps of one run, so that it stays short.
const STEPS_MAX: usize = 60;
const LINK: LinkId = LinkId([3; 32]);

/// A folder in memory where the machine has one: nothing here is about the disk.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

/// What happens to one link's file.
pub fn received(bytes: &[u8]) {
    let folder = folder();
    let mut bytes = Bytes::new(bytes);
    let mut run = Run::new(folder.path());
    for _ in 0..STEPS_MAX {
        if bytes.is_empty() {
            break;
        }
        run.step(&mut bytes);
        run.check();
    }
    run.end();
}

/// The file, and what it must hold.
struct Run<'f> {
    folder: &'f Path,
    files: ReceivedFiles,
    secret: LinkSecret,
    held: BTreeMap<RecordId, (Version, String)>,
    epoch: Option<Epoch>,
    cursor: u64,
    /// Records withdrawn and not on a receipt, with the sequence of their withdrawal and the version that was held.
    erasing: BTreeMap<RecordId, (u64, u64, Option<Version>)>,
}

impl<'f> Run<'f> {
    fn new(folder: &'f Path) -> Self {
        let files = open(folder);
        let secret = LinkSecret::new([7; 32]);
        Self { folder, files, secret, held: BTreeMap::new(), epoch: None, cursor: 0, erasing: BTreeMap::new() }
    }

    fn step(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(12) {
            0 => {
                self.files.close();
                self.files = open(self.folder);
                self.files.sweep().expect("leftovers are swept");
            }
            1 => self.files.rebuild(LINK).expect("a file is rebuilt"),
            2 => self.receipt(),
            _ => {
                let batches: Vec<Batch> = (0..1 + bytes.below(3)).map(|_| self.batch(bytes)).collect();
                self.apply(&batches);
            }
        }
    }

    /// A batch that mostly follows on what is there.
    fn batch(&self, bytes: &mut Bytes<'_>) -> Batch {
        let counter = self.epoch.map_or(1, |epoch| epoch.counter);
        let epoch = match bytes.below(16) {
            0 => Epoch { counter: counter + 1, identity: [1; 16] },
            1 => Epoch { counter, identity: [2; 16] },
            2 => Epoch { counter: counter.saturating_sub(1), identity: [1; 16] },
            _ => self.epoch.unwrap_or(Epoch { counter, identity: [1; 16] }),
        };
        let from = match bytes.below(8) {
            0 => bytes.number().min(1 << 61),
            1 => self.cursor.saturating_sub(u64::from(bytes.byte())),
            2 => self.cursor + 1,
            _ => self.cursor,
        };
        let entries = (0..bytes.below(5)).map(|_| entry(bytes)).collect();
        Batch { link: LINK, epoch, from, to: from + 1 + bytes.below(4) as u64, entries, digest_after: SetDigest(bytes.array()) }
    }

    fn apply(&mut self, batches: &[Batch]) {
        let before = (self.epoch, self.cursor);
        let mut gap = false;
        for batch in batches {
            let same = self.epoch.is_none_or(|epoch| epoch == batch.epoch);
            let newer = self.epoch.is_some_and(|epoch| batch.epoch.counter > epoch.counter);
            if batch.from == self.cursor && (same || newer) {
                self.take(batch);
            } else if !(same && batch.to <= self.cursor) {
                gap = true;
                break;
            }
        }
        let found = self.files.apply(LINK, &self.secret, batches, 1).expect("batches are applied").expect("the link is not denied");
        match found {
            Applied::Gap(progress) => {
                assert!(gap && before == (self.epoch, self.cursor), "nothing of what leaves a gap is taken");
                self.stands(&progress);
            }
            Applied::Durable { progress, .. } => {
                assert!(!gap || before != (self.epoch, self.cursor));
                self.stands(&progress);
            }
        }
    }

    fn take(&mut self, batch: &Batch) {
        for entry in &batch.entries {
            match &entry.change {
                Change::Put { version, record } => {
                    self.held.insert(entry.record, (*version, record.display_name.clone()));
                }
                Change::Withdraw => {
                    let held = self.held.remove(&entry.record).map(|(version, _)| version);
                    let earlier = self.erasing.get(&entry.record).and_then(|(_, _, version)| *version);
                    self.erasing.insert(entry.record, (batch.epoch.counter, batch.to, held.or(earlier)));
                }
            }
        }
        self.epoch = Some(batch.epoch);
        self.cursor = batch.to;
    }

    /// Signs for what was withdrawn, as the chore does: the list first, then the file anew, then it is forgotten.
    fn receipt(&mut self) {
        let Some(withdrawn) = self.files.withdrawn(LINK, &self.secret).expect("withdrawn copies are read") else {
            assert!(self.erasing.is_empty());
            return;
        };
        let leaves: Vec<_> = self
            .erasing
            .iter()
            .filter_map(|(record, (_, _, version))| version.map(|version| (*record, self.secret.version_id(*record, version))))
            .collect();
        assert_eq!(withdrawn.leaves.iter().map(|leaf| (leaf.record, leaf.version)).collect::<Vec<_>>(), leaves);
        self.files.rebuild(LINK).expect("a file is rebuilt");
        self.files.receipted(LINK, withdrawn.epoch, withdrawn.upto).expect("withdrawn copies are forgotten");
        self.erasing.retain(|_, (epoch, sequence, _)| *epoch > withdrawn.epoch || *sequence > withdrawn.upto);
    }

    fn stands(&self, progress: &Progress) {
        assert_eq!((progress.cursor.epoch, progress.cursor.sequence), (self.epoch, self.cursor));
        assert_eq!((progress.count, progress.erasing), (self.held.len() as u64, self.erasing.len() as u64));
        let mut digest = SetDigest::EMPTY;
        for (record, (version, _)) in &self.held {
            digest.add(&self.secret.item_hash(*record, *version));
        }
        assert_eq!(progress.digest, digest, "the digest is that of what is held");
    }

    fn check(&self) {
        self.stands(&self.files.progress(LINK).expect("progress is read"));
        let mut rows = self.files.list(LINK, &CopyQuery { limit: 1_000, ..CopyQuery::default() }).expect("copies are listed");
        assert!(rows.is_sorted_by(|before, after| (&before.name, before.record) < (&after.name, after.record)));
        rows.sort_by_key(|row| row.record);
        let listed: Vec<_> = rows.into_iter().map(|row| (row.record, (row.version, row.name))).collect();
        assert_eq!(listed, self.held.clone().into_iter().collect::<Vec<_>>());
        let holdings = self.files.holdings(LINK, None, 1_000).expect("holdings are read");
        assert!(
            holdings.iter().map(|holding| (holding.record, holding.version)).eq(self.held.iter().map(|(id, (version, _))| (*id, *version)))
        );
        for number in 0..RECORDS {
            let found = self.files.get(LINK, record_id(number)).expect("a copy is read");
            assert_eq!(found.map(|(version, record)| (version, record.display_name)), self.held.get(&record_id(number)).cloned());
        }
    }

    /// After the end nothing is there, and nothing comes back.
    fn end(self) {
        let leaves = self.files.leaves(LINK, &self.secret).expect("leaves are read");
        let gone = self.erasing.iter().filter(|(record, (_, _, version))| version.is_some() && !self.held.contains_key(record)).count();
        assert_eq!(leaves.len(), self.held.len() + gone, "the last receipt names every copy that ever was and is on no other");
        self.files.erase(LINK).expect("a file is erased");
        let late = Batch {
            link: LINK,
            epoch: Epoch { counter: 9, identity: [9; 16] },
            from: 0,
            to: 1,
            entries: vec![],
            digest_after: SetDigest::EMPTY,
        };
        assert_eq!(self.files.apply(LINK, &self.secret, &[late], 1).expect("a late batch is looked at"), None);
        let left: Vec<_> = std::fs::read_dir(self.folder.join("received")).expect("the folder is read").collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

const RECORDS: usize = 6;

fn record_id(number: usize) -> RecordId {
    RecordId([number as u8; 16])
}

fn entry(bytes: &mut Bytes<'_>) -> Entry {
    let record = record_id(bytes.below(RECORDS));
    if bytes.rarely(3) {
        return Entry { record, change: Change::Withdraw };
    }
    let (counter, name) = (1 + bytes.below(4) as u64, format!("Copy {}", bytes.below(3)));
    let property = Property { field: FieldName::Notes, name: "NOTE".into(), group: String::new(), params: vec![], value: "words".into() };
    let body = Record { kind: RecordKind::Contact, display_name: name, properties: vec![property], members: vec![], related: vec![] };
    Entry { record, change: Change::Put { version: Version { epoch: 1, counter }, record: Box::new(body) } }
}

fn open(folder: &Path) -> ReceivedFiles {
    ReceivedFiles::open(folder.join("received")).expect("a folder for received files")
}
