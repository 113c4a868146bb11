//! What a disk may hold after the power went: the journal of `preload/power_cut.c`, undone for a random part of what was not durable.
//!
//! Certain is only what was synced. Of the other writes each sector of 512 bytes survives or not, whatever happened to its
//! neighbours; of a file's other lengths one is drawn; of the other names each survives or not, but for names that were renamed
//! into each other, of which a beginning of their history survives.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use interoffice_tests::Dice;
use tempfile::TempDir;

const MAGIC: u32 = 0x5043_5554;
const HEAD_BYTES: usize = 72;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// Of how many draws a part of them lets a change survive.
const CHANCES: usize = 8;

/// The library, built by the C compiler of this machine.
pub(crate) struct Preload {
    folder: TempDir,
}

impl Preload {
    /// Builds the library; `None` where no C compiler is.
    pub(crate) fn build() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("processes/preload/power_cut.c");
        let preload = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(preload.library()).arg(source).args(["-ldl", "-lpthread"]);
        match compiler.output() {
            Ok(output) => {
                assert!(output.status.success(), "the library does not compile:\n{}", String::from_utf8_lossy(&output.stderr));
                Some(preload)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => panic!("the C compiler does not start: {error}"),
        }
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("power_cut.so")
    }

    /// Puts a folder under watch from the next start of its program on. `keep` lies outside of it on the same file system.
    pub(crate) fn watch(&self, folder: &Path, keep: &Path) -> Disk {
        fs::create_dir_all(keep).expect("the folder for what was removed");
        Disk { library: self.library(), folder: folder.to_owned(), keep: keep.to_owned() }
    }
}

/// When a watched program dies by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It does not; somebody else kills it.
    Whenever,
    /// After so many changes and syncs.
    AfterChanges(usize),
    /// After so many changes of names and syncs of folders.
    AfterNames(usize),
}

/// The files of one folder and what is not durable of them.
pub(crate) struct Disk {
    library: PathBuf,
    folder: PathBuf,
    keep: PathBuf,
}

/// What one cut took away.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Lost {
    /// Changes and syncs that the journal held.
    pub(crate) noted: usize,
    /// Sectors that went back to an older state.
    pub(crate) sectors: usize,
    /// Files that got an older length.
    pub(crate) lengths: usize,
    /// Names that were made, removed or changed in vain.
    pub(crate) names: usize,
}

impl Lost {
    /// Adds what another cut took.
    pub(crate) fn add(&mut self, other: Self) {
        self.noted += other.noted;
        self.sectors += other.sectors;
        self.lengths += other.lengths;
        self.names += other.names;
    }
}

impl Disk {
    /// The variables by which a program is watched.
    pub(crate) fn environment(&self, end: End) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_str().expect("temporary folders have plain names").to_owned();
        let pair = |name: &str, path: &Path| (name.to_owned(), text(path));
        let paths = [pair("LD_PRELOAD", &self.library), pair("POWER_CUT_FOLDER", &self.folder), pair("POWER_CUT_KEEP", &self.keep)];
        let end = match end {
            End::Whenever => None,
            End::AfterChanges(after) => Some(vec![("POWER_CUT_AFTER", after)]),
            End::AfterNames(after) => Some(vec![("POWER_CUT_AFTER", after), ("POWER_CUT_NAMES", 1)]),
        };
        let end = end.into_iter().flatten().map(|(name, number)| (name.to_owned(), number.to_string()));
        paths.into_iter().chain(end).collect()
    }

    /// Takes away a random part of what was not durable. The program must be dead.
    pub(crate) fn cut(&self, dice: &mut Dice) -> Lost {
        let journal = fs::read(self.keep.join("journal")).unwrap_or_default();
        let records = parse(&journal);
        let mut lost = Lost { noted: records.len(), ..Lost::default() };
        // Some disks lose all of it, some nothing; most something between.
        let draw = |dice: &mut Dice| [0, CHANCES, 1, CHANCES / 2, CHANCES - 1][dice.below(5)];
        let (bytes, names) = (draw(dice), draw(dice));
        self.undo_contents(&records, bytes, dice, &mut lost);
        self.undo_names(&records, names, dice, &mut lost);
        self.forget();
        lost
    }

    fn undo_contents(&self, records: &[Record<'_>], survives: usize, dice: &mut Dice, lost: &mut Lost) {
        let mut paths = HashMap::new();
        for folder in [&self.folder, &self.keep] {
            inodes(folder, &mut paths);
        }
        let mut open: BTreeMap<u64, Vec<&Record<'_>>> = BTreeMap::new();
        for record in records {
            match record.kind {
                Kind::Write | Kind::Length => open.entry(record.inode).or_default().push(record),
                Kind::Sync => drop(open.remove(&record.inode)),
                _ => {}
            }
        }
        for (inode, changes) in open {
            // A file that was made and has no name any more can't come back.
            let Some(path) = paths.get(&inode) else { continue };
            let now = fs::read(path).expect("a watched file can be read");
            let mut file = File { length: now.len(), bytes: now.clone(), ..File::default() };
            for change in changes.iter().rev() {
                file.undo(change, survives, dice);
            }
            lost.sectors += file.sectors;
            lost.lengths += usize::from(file.length != now.len());
            let then = file.end();
            if then != now {
                // The same inode, since several names may lead to it.
                fs::write(path, then).expect("a watched file can be written");
            }
        }
    }

    fn undo_names(&self, records: &[Record<'_>], survives: usize, dice: &mut Dice, lost: &mut Lost) {
        let mut open: Vec<&Record<'_>> = Vec::new();
        for record in records {
            match record.kind {
                Kind::SyncFolder => open.retain(|change| change.name.parent() != Some(record.name.as_path())),
                Kind::Create | Kind::Unlink | Kind::Rename | Kind::Folder => open.push(record),
                _ => {}
            }
        }
        let histories = histories(&open);
        let mut kept: HashSet<usize> = HashSet::new();
        for history in histories {
            for change in history {
                if dice.below(CHANCES) >= survives {
                    break;
                }
                kept.insert(change);
            }
        }
        for (index, change) in open.iter().enumerate().rev().filter(|(index, _)| !kept.contains(index)) {
            let undone = self.undo_name(change);
            undone.unwrap_or_else(|error| panic!("change {index} of a name can't be undone: {error}: {}", change.name.display()));
            lost.names += 1;
        }
    }

    /// Takes one change of a name back. The last one of a journal may not have happened.
    fn undo_name(&self, change: &Record<'_>) -> io::Result<()> {
        let grave = self.keep.join(change.grave.to_string());
        match change.kind {
            Kind::Create if change.name.exists() => fs::remove_file(&change.name),
            Kind::Folder if change.name.exists() => fs::remove_dir_all(&change.name),
            Kind::Unlink if !change.name.exists() => fs::hard_link(grave, &change.name),
            Kind::Rename if !change.name.exists() && change.other.exists() => {
                fs::rename(&change.other, &change.name)?;
                if change.grave == 0 { Ok(()) } else { fs::hard_link(grave, &change.other) }
            }
            _ => Ok(()),
        }
    }

    /// Everything that is there now is durable, and what lived in memory is gone.
    fn forget(&self) {
        let _ = fs::remove_dir_all(&self.keep);
        fs::create_dir_all(&self.keep).expect("the folder for what was removed");
        let mut paths = HashMap::new();
        inodes(&self.folder, &mut paths);
        for path in paths.values().filter(|path| path.to_string_lossy().ends_with("-shm")) {
            fs::remove_file(path).expect("shared memory can be removed");
        }
        let _ = fs::remove_file(self.folder.join("control.sock"));
    }
}

/// A path of every file below `folder`, by inode.
fn inodes(folder: &Path, found: &mut HashMap<u64, PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder that can be read").flatten() {
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() {
            inodes(&entry.path(), found);
        } else if kind.is_file() {
            found.insert(entry.metadata().expect("an entry can be looked at").ino(), entry.path());
        }
    }
}

/// Changes that share a name, directly or over others, in their order; numbers of `changes`.
fn histories(changes: &[&Record<'_>]) -> Vec<Vec<usize>> {
    let mut histories: Vec<(HashSet<PathBuf>, Vec<usize>)> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let mut names: HashSet<PathBuf> = [change.name.clone(), change.other.clone()].into();
        names.remove(Path::new(""));
        let mut numbers = vec![index];
        histories.retain_mut(|(others, earlier)| {
            let apart = others.is_disjoint(&names);
            if !apart {
                names.extend(others.drain());
                numbers.append(earlier);
            }
            apart
        });
        numbers.sort_unstable();
        histories.push((names, numbers));
    }
    histories.into_iter().map(|(_, numbers)| numbers).collect()
}

/// A file on its way back in time.
#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    length: usize,
    /// Whether a change of the length survived, and with it all before.
    length_stands: bool,
    /// Sectors of which a change survived, and with it all before.
    stands: HashSet<usize>,
    /// From here on nothing goes further back: a truncation survived.
    cut_at: Option<usize>,
    sectors: usize,
}

impl File {
    fn undo(&mut self, change: &Record<'_>, survives: usize, dice: &mut Dice) {
        if change.old_length != change.new_length && !self.length_stands {
            self.length_stands = dice.below(CHANCES) < survives;
            if !self.length_stands {
                self.length = change.old_length;
            }
        }
        match change.kind {
            Kind::Length if self.length_stands && change.new_length < change.old_length => {
                let at = change.new_length;
                self.cut_at = Some(self.cut_at.map_or(at, |earlier| earlier.min(at)));
            }
            Kind::Length => self.restore(change.new_length, change.old_length.max(change.new_length), change),
            _ => {
                let mut at = change.offset;
                while at < change.offset + change.covered {
                    let sector = at / SECTOR;
                    let end = ((sector + 1) * SECTOR).min(change.offset + change.covered);
                    let beyond = self.cut_at.is_some_and(|cut| end > cut);
                    if !beyond && !self.stands.contains(&sector) {
                        if dice.below(CHANCES) < survives {
                            self.stands.insert(sector);
                        } else {
                            self.restore(at, end, change);
                            self.sectors += 1;
                        }
                    }
                    at = end;
                }
            }
        }
    }

    /// Puts the old bytes of a change back; where there were none, nothing was written.
    fn restore(&mut self, from: usize, to: usize, change: &Record<'_>) {
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        for (at, byte) in self.bytes[from..to].iter_mut().enumerate() {
            *byte = change.bytes.get(from + at - change.offset).copied().unwrap_or(0);
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.resize(self.length, 0);
        self.bytes
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Write,
    Length,
    Sync,
    Create,
    Unlink,
    Rename,
    SyncFolder,
    Folder,
}

/// A record of the journal.
#[derive(Debug)]
struct Record<'j> {
    kind: Kind,
    inode: u64,
    offset: usize,
    covered: usize,
    old_length: usize,
    new_length: usize,
    grave: u64,
    name: PathBuf,
    other: PathBuf,
    bytes: &'j [u8],
}

/// The records of a journal; a broken end belongs to a change that did not begin.
fn parse(mut journal: &[u8]) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    while let Some((record, rest)) = one(journal) {
        records.push(record);
        journal = rest;
    }
    records
}

fn one(journal: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (head, rest) = journal.split_at_checked(HEAD_BYTES)?;
    let short = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().expect("four bytes"));
    let long = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("eight bytes"));
    let size = |at: usize| usize::try_from(long(at)).expect("sizes fit");
    assert_eq!(short(0), MAGIC, "a record of the journal begins here");
    let (name, rest) = rest.split_at_checked(short(56) as usize)?;
    let (other, rest) = rest.split_at_checked(short(60) as usize)?;
    let (bytes, rest) = rest.split_at_checked(short(64) as usize)?;
    let path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).expect("temporary folders have plain names"));
    use Kind::*;
    let kinds = [Write, Length, Sync, Create, Unlink, Rename, SyncFolder, Folder];
    let kind = kinds[short(4) as usize - 1];
    let (inode, offset, covered, grave) = (long(8), size(16), size(24), long(48));
    let record = Record {
        kind,
        inode,
        offset,
        covered,
        old_length: size(32),
        new_length: size(40),
        grave,
        name: path(name),
        other: path(other),
        bytes,
    };
    Some((record, rest))
}
