//! In which order received files change on the disk, and what they say of what they can't read.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use interoffice_protocol::digest::{LinkSecret, SetDigest};
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::messages::{Batch, Change, Entry};
use interoffice_protocol::record::{Record, RecordKind};

use super::disk::{Disk, MachineDisk};
use super::{Applied, CopyQuery, Kept, ReceivedFiles};
use crate::domain::activity::{Activity, ActivityId, Kind, PER_COPY_MAX};
use crate::store::StoreFault;

/// Writes down what it is asked.
struct Written(Arc<Mutex<Vec<String>>>);

impl Written {
    fn note(&self, deed: &str, path: &Path) {
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        self.0.lock().unwrap().push(format!("{deed} {extension}"));
    }
}

impl Disk for Written {
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path);
        MachineDisk.remove(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("rename", to);
        MachineDisk.rename(from, to)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.note("sync", path);
        MachineDisk.sync(path)
    }
}

/// A log that comes back after a power cut would be read into whichever file stands beside it.
#[test]
fn inv_31_the_log_of_the_old_file_is_durably_gone_before_the_new_one_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let deeds = Arc::new(Mutex::new(Vec::new()));
    let received = ReceivedFiles::open_on(folder.path().join("received"), Box::new(Written(deeds.clone()))).unwrap();
    let link = LinkId([1; 32]);
    received.apply(link, &LinkSecret::new([2; 32]), &[], 0).unwrap();
    deeds.lock().unwrap().clear();
    received.rebuild(link).unwrap();
    let deeds = deeds.lock().unwrap();
    let at = deeds.iter().position(|deed| deed == "rename db").unwrap();
    assert_eq!((deeds[at - 1].as_str(), deeds[at + 1].as_str()), ("sync ", "sync "), "{deeds:?}");
}

const LINK: LinkId = LinkId([1; 32]);

fn secret() -> LinkSecret {
    LinkSecret::new([2; 32])
}

fn received(folder: &Path) -> ReceivedFiles {
    ReceivedFiles::open(folder.join("received")).unwrap()
}

fn put(number: u64, name: &str) -> Batch {
    let epoch = Epoch { counter: 1, identity: [3; 16] };
    let version = Version { epoch: 1, counter: 1 };
    let (kind, display_name) = (RecordKind::Contact, name.to_owned());
    let record = Record { kind, display_name, properties: Vec::new(), members: Vec::new(), related: Vec::new() };
    let change = Change::Put { version, record: Box::new(record) };
    let entries = vec![Entry { record: RecordId([number as u8; 16]), change }];
    Batch { link: LINK, epoch, from: number - 1, to: number, entries, digest_after: SetDigest::EMPTY }
}

fn names(files: &ReceivedFiles, text: &str) -> Vec<String> {
    let query = CopyQuery { text: text.to_owned(), limit: 10, ..CopyQuery::default() };
    files.list(LINK, &query).unwrap().into_iter().map(|row| row.name).collect()
}

#[test]
fn wildcards_in_a_search_are_letters_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    files.apply(LINK, &secret(), &[put(1, "Ann 100%"), put(2, "Bob_by"), put(3, "Cy\\d"), put(4, "Dan")], 0).unwrap();
    assert_eq!(names(&files, "100%"), ["Ann 100%"]);
    assert_eq!(names(&files, "b_b"), ["Bob_by"]);
    assert_eq!(names(&files, "an"), ["Ann 100%", "Dan"]);
}

#[test]
fn a_link_that_is_withheld_shows_nothing_until_its_withdrawal_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    files.apply(LINK, &secret(), &[put(1, "Ann")], 0).unwrap();
    files.withhold(LINK, 1, 3);
    files.withhold(LINK, 1, 2);
    assert!(files.is_closed(LINK) && !files.is_denied(LINK));
    files.apply(LINK, &secret(), &[put(2, "Bob")], 0).unwrap();
    assert_eq!((names(&files, ""), files.get(LINK, RecordId([1; 16])).unwrap()), (Vec::new(), None));
    files.apply(LINK, &secret(), &[put(3, "Cy")], 0).unwrap();
    assert_eq!(names(&files, ""), ["Ann", "Bob", "Cy"]);
    files.deny(LINK);
    assert_eq!(files.apply(LINK, &secret(), &[put(4, "Dan")], 0).unwrap(), None);
    assert_eq!(names(&files, ""), Vec::<String>::new());
    files.allow(LINK);
    assert_eq!(names(&files, ""), ["Ann", "Bob", "Cy"]);
}

#[test]
fn more_files_than_may_be_open_are_all_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    for number in 0..70 {
        let link = LinkId([number; 32]);
        files.apply(link, &secret(), &[Batch { link, ..put(1, "Ann") }], 0).unwrap();
    }
    assert!((0..70).all(|number| files.progress(LinkId([number; 32])).unwrap().count == 1));
    assert!(files.open.lock().unwrap().len() <= super::OPEN_FILES_MAX);
}

#[test]
fn a_file_that_is_not_there_has_nothing_and_is_not_made_by_asking() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    files.rebuild(LINK).unwrap();
    files.receipted(LINK, 1, 1).unwrap();
    assert_eq!((files.withdrawn(LINK, &secret()).unwrap(), files.sweep().unwrap()), (None, Vec::new()));
    files.apply(LINK, &secret(), &[put(1, "Ann")], 0).unwrap();
    files.close();
    files.rebuild(LINK).unwrap();
    assert_eq!(names(&files, ""), ["Ann"], "a file that was closed is rebuilt like one that is open");
}

#[test]
fn a_file_whose_rows_nobody_wrote_is_unreadable() {
    let damages = [
        "DELETE FROM progress",
        "UPDATE progress SET cursor = -1",
        "UPDATE copies SET kind = 9, seal = NULL",
        "UPDATE copies SET body = x'ff', seal = NULL",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let files = received(folder.path());
        files.apply(LINK, &secret(), &[put(1, "Ann")], 0).unwrap();
        files.close();
        let conn = rusqlite::Connection::open(folder.path().join(format!("received/{LINK}.db"))).unwrap();
        assert_eq!(conn.execute(damage, []).unwrap(), 1);
        drop(conn);
        let query = CopyQuery { limit: 10, ..CopyQuery::default() };
        let ends = [files.progress(LINK).map(drop), files.list(LINK, &query).map(drop), files.get(LINK, RecordId([1; 16])).map(drop)];
        let unreadable = |end: &Result<(), StoreFault>| matches!(end, Err(StoreFault::Corrupt(_)));
        assert!(ends.iter().any(unreadable) && ends.iter().all(|end| end.is_ok() || unreadable(end)), "{damage}: {ends:?}");
    }
}

#[test]
fn what_stands_where_a_folder_or_a_file_belongs_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(ReceivedFiles::open(folder.path().join("file")), Err(StoreFault::Io { what, .. }) if what.contains("creating")));
    let files = received(folder.path());
    std::fs::create_dir(folder.path().join(format!("received/{LINK}.db"))).unwrap();
    assert!(files.apply(LINK, &secret(), &[put(1, "Ann")], 0).is_err());
    std::fs::remove_dir_all(folder.path().join("received")).unwrap();
    assert!(matches!(files.sweep(), Err(StoreFault::Io { what, .. }) if what.contains("reading")));
}

#[test]
fn a_batch_behind_a_gap_is_not_applied_and_those_before_it_are() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    let applied = files.apply(LINK, &secret(), &[put(2, "Bob")], 0).unwrap();
    assert!(matches!(applied, Some(Applied::Gap(progress)) if progress.cursor.sequence == 0));
    let applied = files.apply(LINK, &secret(), &[put(1, "Ann"), put(3, "Cy")], 0).unwrap();
    assert!(matches!(applied, Some(Applied::Durable { progress, .. }) if progress.cursor.sequence == 1));
    assert_eq!(names(&files, ""), ["Ann"]);
    let of_kind = |kind| files.list(LINK, &CopyQuery { kind: Some(kind), limit: 10, ..CopyQuery::default() }).unwrap().len();
    assert_eq!((of_kind(RecordKind::Contact), of_kind(RecordKind::Household)), (1, 0));
    files.apply(LINK, &secret(), &[put(2, "Bob")], 0).unwrap();
    let held = |after| files.holdings(LINK, after, 10).unwrap().into_iter().map(|holding| holding.record.0[0]).collect::<Vec<_>>();
    assert_eq!((held(None), held(Some(RecordId([1; 16])))), (vec![1, 2], vec![2]));
}

/// A disk that makes nothing durable.
struct Forgetful;

impl Disk for Forgetful {
    fn remove(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn sync(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Other.into())
    }
}

#[test]
fn a_folder_that_the_disk_does_not_keep_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let opened = ReceivedFiles::open_on(folder.path().join("received"), Box::new(Forgetful));
    assert!(matches!(opened, Err(fault) if fault.is_fatal()));
    assert!(MachineDisk.sync(&folder.path().join("nothing")).is_err());
}

fn call(number: u8, record: u8) -> Activity {
    let record = RecordId([record; 16]);
    let (subject, text) = (format!("Call {number}"), "Wants another quote".to_owned());
    Activity { id: ActivityId([number; 16]), record, kind: Kind::Call, at_ms: 7, subject, text, added_ms: 8 }
}

#[test]
fn s_47_activities_stand_with_a_copy_and_go_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    assert_eq!(files.keep_activity(LINK, &call(1, 1)).unwrap(), Kept::NoCopy, "no file is made for them");
    assert!(!folder.path().join("received").join(format!("{LINK}.db")).exists());
    files.apply(LINK, &secret(), &[put(1, "Ann"), put(2, "Bob")], 0).unwrap();
    for (number, record) in [(1, 1), (2, 1), (3, 2)] {
        assert_eq!(files.keep_activity(LINK, &call(number, record)).unwrap(), Kept::Yes);
    }
    assert_eq!(files.keep_activity(LINK, &call(4, 9)).unwrap(), Kept::NoCopy);
    let listed = |record: u8, after| files.activities(LINK, RecordId([record; 16]), after, 10).unwrap();
    assert_eq!(listed(1, None), Some(vec![call(2, 1), call(1, 1)]));
    assert_eq!(listed(1, Some((7, ActivityId([2; 16])))), Some(vec![call(1, 1)]));
    assert_eq!(listed(9, None), None);
    // A withheld or denied link shows none, and takes none.
    files.withhold(LINK, 1, 3);
    assert_eq!((listed(1, None), files.keep_activity(LINK, &call(5, 1)).unwrap()), (None, Kept::NoCopy));
    assert_eq!(files.drop_activity(LINK, RecordId([1; 16]), ActivityId([1; 16])).unwrap(), None, "not that there was none");
    let withdrawal = Entry { record: RecordId([1; 16]), change: Change::Withdraw };
    files.apply(LINK, &secret(), &[Batch { entries: vec![withdrawal], ..put(3, "") }], 0).unwrap();
    assert_eq!((listed(1, None), listed(2, None)), (None, Some(vec![call(3, 2)])));
    files.rebuild(LINK).unwrap();
    files.close();
    let bytes = std::fs::read(folder.path().join("received").join(format!("{LINK}.db"))).unwrap();
    let said = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(said("Call 3") && !said("Call 1") && !said("Call 2"), "what went is in no byte of the file");
    // It comes again without them; a new version of a copy leaves them.
    files.apply(LINK, &secret(), &[Batch { from: 3, to: 4, ..put(1, "Ann") }, Batch { from: 4, to: 5, ..put(2, "Bob") }], 0).unwrap();
    assert_eq!((listed(1, None), listed(2, None)), (Some(Vec::new()), Some(vec![call(3, 2)])));
    let third = ActivityId([3; 16]);
    assert!(files.has_activity(LINK, RecordId([2; 16]), third).unwrap());
    assert_eq!(files.drop_activity(LINK, RecordId([2; 16]), third).unwrap(), Some(true));
    assert_eq!(files.drop_activity(LINK, RecordId([2; 16]), third).unwrap(), Some(false));
    assert!(!files.has_activity(LINK, RecordId([2; 16]), third).unwrap());
    for extension in ["db", "db-wal"] {
        let bytes = std::fs::read(folder.path().join("received").join(format!("{LINK}.{extension}"))).unwrap_or_default();
        assert!(!bytes.windows(6).any(|window| window == b"Call 3"), "what its reader took away is out of the {extension} too");
    }
}

#[test]
fn s_47_a_copy_has_a_bounded_number_of_activities() {
    let folder = tempfile::tempdir().unwrap();
    let files = received(folder.path());
    files.apply(LINK, &secret(), &[put(1, "Ann")], 0).unwrap();
    let mut activity = call(1, 1);
    for number in 0..PER_COPY_MAX {
        activity.id = ActivityId(u128::from(number).to_be_bytes());
        assert_eq!(files.keep_activity(LINK, &activity).unwrap(), Kept::Yes);
    }
    activity.id = ActivityId([0xff; 16]);
    assert_eq!(files.takes_activity(LINK, RecordId([1; 16])).unwrap(), Kept::CopyFull);
    assert_eq!(files.keep_activity(LINK, &activity).unwrap(), Kept::CopyFull);
}
