//! What is on the platter and what is only in memory: files with their unsynced changes, folders with their unsynced names.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Dice;

/// What a disk writes whole or not at all (bytes).
const SECTOR: usize = 512;

/// Number of a file; it stays with the content when the name changes.
pub(crate) type FileId = u64;

/// A change of a file that no sync has covered yet, with the number of the operation that made it.
#[derive(Clone, Debug)]
enum Change {
    Write { operation: u64, at: usize, bytes: Vec<u8> },
    Cut { operation: u64, len: usize },
}

/// The content of a file.
#[derive(Clone, Default, Debug)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// Whether who reads it now sees what will never be on the platter.
    forsaken: bool,
    /// How long the file is for who reads it now.
    len: u64,
}

fn is_settled(content: &Content) -> bool {
    content.pending.is_empty() && !content.forsaken
}

/// A change of names that no sync of the folder has covered yet. Names are relative to the disk's folder.
#[derive(Clone, Debug)]
enum Naming {
    Made(String, FileId),
    Removed(String),
    Moved(String, String, FileId),
}

impl Naming {
    fn folder(&self) -> &str {
        match self {
            Self::Made(name, _) | Self::Removed(name) | Self::Moved(name, ..) => folder_of(name),
        }
    }
}

/// The folder in which `name` lies, empty for the disk's own folder.
pub(crate) fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Files and names, as they are read now and as they survive.
#[derive(Clone, Default, Debug)]
pub(crate) struct Image {
    contents: BTreeMap<FileId, Content>,
    live: BTreeMap<String, FileId>,
    durable: BTreeMap<String, FileId>,
    namings: Vec<(u64, Naming)>,
    /// Folders below the disk's own whose own name may be lost, with the operation that made them.
    new_folders: BTreeMap<String, u64>,
    folders: BTreeSet<String>,
    next: FileId,
}

/// How a power cut chooses among what was not synced.
struct Choice {
    dice: Dice,
    mode: Mode,
}

enum Mode {
    /// Nothing that was not synced is there.
    Nothing,
    /// What was done up to an operation is there, and a torn part of that operation.
    Upto(u64),
    /// Anything may be there, anything may be missing, any sectors of a write.
    Any,
}

impl Choice {
    fn new(seed: u64, last_operation: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mode = match (seed, dice.below(3)) {
            (0, _) => Mode::Nothing,
            (_, 0) => Mode::Upto(last_operation.saturating_sub(dice.below(12))),
            _ => Mode::Any,
        };
        Self { dice, mode }
    }

    fn keeps(&mut self, operation: u64) -> bool {
        match self.mode {
            Mode::Nothing => false,
            Mode::Upto(last) => operation <= last,
            Mode::Any => self.dice.percent(50),
        }
    }

    fn tears(&mut self, operation: u64) -> bool {
        match self.mode {
            Mode::Nothing => false,
            Mode::Upto(last) => operation == last,
            Mode::Any => self.dice.percent(30),
        }
    }
}

impl Image {
    /// Whether the name is known; a file that is not has to be adopted before it is changed.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.live.contains_key(name)
    }

    /// Number of the file that has this name now.
    pub(crate) fn file(&self, name: &str) -> Option<FileId> {
        self.live.get(name).copied()
    }

    /// A file that was there before anybody looked: all of it is durable.
    pub(crate) fn adopt(&mut self, name: &str, durable: Vec<u8>) -> FileId {
        let len = durable.len() as u64;
        let id = self.enter(Content { durable, pending: Vec::new(), forsaken: false, len });
        self.folders.insert(folder_of(name).to_owned());
        self.live.insert(name.to_owned(), id);
        self.durable.insert(name.to_owned(), id);
        id
    }

    fn enter(&mut self, content: Content) -> FileId {
        self.next += 1;
        self.contents.insert(self.next, content);
        self.next
    }

    /// Notes that a folder stood before anybody looked.
    pub(crate) fn adopt_folder(&mut self, folder: &str) {
        self.folders.insert(folder.to_owned());
    }

    /// A new, empty file.
    pub(crate) fn made(&mut self, operation: u64, name: &str) -> FileId {
        let id = self.enter(Content::default());
        let folder = folder_of(name);
        if !folder.is_empty() && self.folders.insert(folder.to_owned()) {
            self.new_folders.insert(folder.to_owned(), operation);
        }
        self.live.insert(name.to_owned(), id);
        self.namings.push((operation, Naming::Made(name.to_owned(), id)));
        id
    }

    pub(crate) fn removed(&mut self, operation: u64, name: &str) {
        if self.live.remove(name).is_some() {
            self.namings.push((operation, Naming::Removed(name.to_owned())));
        }
    }

    pub(crate) fn moved(&mut self, operation: u64, from: &str, to: &str) {
        if let Some(id) = self.live.remove(from) {
            self.live.insert(to.to_owned(), id);
            self.namings.push((operation, Naming::Moved(from.to_owned(), to.to_owned(), id)));
        }
    }

    pub(crate) fn written(&mut self, operation: u64, file: FileId, at: u64, bytes: &[u8]) {
        let Some(content) = self.contents.get_mut(&file) else { return };
        content.len = content.len.max(at + bytes.len() as u64);
        content.pending.push(Change::Write { operation, at: at as usize, bytes: bytes.to_vec() });
    }

    pub(crate) fn cut(&mut self, operation: u64, file: FileId, len: u64) {
        let Some(content) = self.contents.get_mut(&file) else { return };
        content.len = len;
        content.pending.push(Change::Cut { operation, len: len as usize });
    }

    pub(crate) fn synced(&mut self, file: FileId) {
        let Some(content) = self.contents.get_mut(&file) else { return };
        for change in std::mem::take(&mut content.pending) {
            apply(&mut content.durable, &change);
        }
    }

    /// A sync of a file failed: what was not on the platter never gets there, and nobody is told again.
    pub(crate) fn forsaken(&mut self, file: FileId) {
        if let Some(content) = self.contents.get_mut(&file) {
            content.forsaken |= !std::mem::take(&mut content.pending).is_empty();
        }
    }

    pub(crate) fn folder_synced(&mut self, folder: &str) {
        self.new_folders.retain(|name, _| folder_of(name) != folder);
        let (done, waiting) = std::mem::take(&mut self.namings).into_iter().partition(|(_, naming)| naming.folder() == folder);
        self.namings = waiting;
        let done: Vec<(u64, Naming)> = done;
        for (_, naming) in &done {
            rename(&mut self.durable, naming);
        }
        self.forget_nameless();
    }

    fn forget_nameless(&mut self) {
        let mut named: BTreeSet<FileId> = self.live.values().chain(self.durable.values()).copied().collect();
        for (_, naming) in &self.namings {
            if let Naming::Made(_, id) | Naming::Moved(_, _, id) = naming {
                named.insert(*id);
            }
        }
        self.contents.retain(|id, _| named.contains(id));
    }

    /// Length of a file as it is read now (bytes).
    pub(crate) fn len(&self, file: FileId) -> u64 {
        self.contents.get(&file).map_or(0, |content| content.len)
    }

    /// Length of all files together (bytes).
    pub(crate) fn used(&self) -> u64 {
        self.live.values().map(|id| self.len(*id)).sum()
    }

    /// Every name that is known now.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.live.keys()
    }

    /// Whether a power cut could take anything away.
    pub(crate) fn is_settled(&self) -> bool {
        self.namings.is_empty() && self.new_folders.is_empty() && self.live.values().map(|id| &self.contents[id]).all(is_settled)
    }

    /// What a power cut after `last_operation` leaves: every name with its content.
    pub(crate) fn after_power_cut(&self, seed: u64, last_operation: u64) -> BTreeMap<String, Vec<u8>> {
        let mut choice = Choice::new(seed, last_operation);
        let mut names = self.durable.clone();
        for (operation, naming) in &self.namings {
            if choice.keeps(*operation) {
                rename(&mut names, naming);
            }
        }
        let lost: Vec<&String> =
            self.new_folders.iter().filter_map(|(folder, operation)| (!choice.keeps(*operation)).then_some(folder)).collect();
        names.retain(|name, _| !lost.iter().any(|folder| folder_of(name) == folder.as_str()));
        names.into_iter().filter_map(|(name, id)| Some((name, self.contents.get(&id)?.survivor(&mut choice)))).collect()
    }
}

impl Content {
    fn survivor(&self, choice: &mut Choice) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in &self.pending {
            let operation = match change {
                Change::Write { operation, .. } | Change::Cut { operation, .. } => *operation,
            };
            if !choice.keeps(operation) {
                continue;
            }
            match change {
                Change::Write { at, bytes: new, .. } if choice.tears(operation) => {
                    for (sector, piece) in sectors(*at, new) {
                        if choice.dice.percent(50) {
                            write(&mut bytes, sector, piece);
                        }
                    }
                }
                whole => apply(&mut bytes, whole),
            }
        }
        bytes
    }
}

/// The pieces of a write that lie in one sector each, with their offsets.
fn sectors(at: usize, bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let mut pieces = Vec::new();
    let (mut at, mut rest) = (at, bytes);
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
        pieces.push((at, piece));
        (at, rest) = (at + piece.len(), more);
    }
    pieces
}

fn write(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes: new, .. } => write(bytes, *at, new),
        Change::Cut { len, .. } => bytes.resize(*len, 0),
    }
}

fn rename(names: &mut BTreeMap<String, FileId>, naming: &Naming) {
    match naming {
        Naming::Made(name, id) => drop(names.insert(name.clone(), *id)),
        Naming::Removed(name) => drop(names.remove(name)),
        Naming::Moved(from, to, id) => {
            names.remove(from);
            names.insert(to.clone(), *id);
        }
    }
}
