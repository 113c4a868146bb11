//! The disk itself: what SQLite keeps and loses on it, and that what is armed happens where it was armed.
#![forbid(unsafe_code)]

use std::path::Path;

use interoffice_disk::{Disk, Fault, Kind};
use rusqlite::Connection;
use tempfile::TempDir;

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

fn database(folder: &Path, synchronous: &str) -> rusqlite::Result<Connection> {
    let conn = Connection::open(folder.join("a.db"))?;
    conn.execute_batch(&format!(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA secure_delete=ON;
         CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"
    ))?;
    Ok(conn)
}

fn note(conn: &Connection, number: u64) -> rusqlite::Result<()> {
    let text = format!("{number} {}", "words ".repeat(300));
    conn.execute("INSERT INTO notes (number, text) VALUES (?1, ?2)", rusqlite::params![number.cast_signed(), text])?;
    Ok(())
}

fn notes(folder: &Path) -> Vec<u64> {
    let conn = database(folder, "FULL").expect("the database opens");
    let check: String = conn.query_row("PRAGMA quick_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(check, "ok");
    let mut statement = conn.prepare("SELECT number FROM notes ORDER BY number").expect("a statement");
    let rows = statement.query_map([], |row| row.get::<_, i64>(0)).expect("rows");
    rows.map(|row| row.expect("a row").cast_unsigned()).collect()
}

/// Writes until the power is cut in the middle, many times; counts acknowledged notes and those of them that are gone.
fn acknowledged_and_lost(synchronous: &str) -> (usize, usize) {
    let (mut acknowledged, mut lost) = (0, 0);
    for seed in 0..60 {
        let folder = folder();
        let disk = Disk::of(folder.path());
        let conn = database(folder.path(), synchronous).expect("a database");
        let before = disk.operations();
        disk.arm(Fault { at_operation: 5 + seed * 3, kind: Kind::KillBefore });
        let written: Vec<u64> = (1..=80).take_while(|number| note(&conn, *number).is_ok()).collect();
        assert!(disk.is_dead() && disk.operations() >= before);
        drop(conn);
        disk.power_cut(seed);
        let found = notes(folder.path());
        acknowledged += written.len();
        lost += written.iter().filter(|number| !found.contains(number)).count();
    }
    (acknowledged, lost)
}

#[test]
fn inv_29_what_was_acknowledged_is_lost_with_synchronous_normal_and_not_with_full() {
    let (acknowledged, lost) = acknowledged_and_lost("FULL");
    assert!(acknowledged > 500, "{acknowledged}");
    assert_eq!(lost, 0, "of {acknowledged}");
    let (acknowledged, lost) = acknowledged_and_lost("NORMAL");
    assert!(lost > acknowledged / 10, "the disk would not notice a sync that is missing: {lost} of {acknowledged}");
}

#[test]
fn a_killed_process_loses_nothing_that_it_wrote() {
    for kind in [Kind::KillBefore, Kind::KillAfter, Kind::KillDuring] {
        for at_operation in 1..40 {
            let folder = folder();
            let disk = Disk::of(folder.path());
            let conn = database(folder.path(), "NORMAL").expect("a database");
            disk.arm(Fault { at_operation, kind });
            let written: Vec<u64> = (1..=80).take_while(|number| note(&conn, *number).is_ok()).collect();
            drop(conn);
            assert!(disk.is_dead(), "{kind:?} at {at_operation}");
            disk.start();
            let found = notes(folder.path());
            assert!(written.iter().all(|number| found.contains(number)), "{kind:?} at {at_operation}: {written:?}, {found:?}");
        }
    }
}

#[test]
fn a_power_cut_tears_writes_at_sectors() {
    let mut torn = 0;
    for seed in 1..40 {
        let folder = folder();
        let disk = Disk::of(folder.path());
        let conn = database(folder.path(), "OFF").expect("a database");
        for number in 1..=8 {
            note(&conn, number).expect("a note");
        }
        disk.kill();
        drop(conn);
        let log = folder.path().join("a.db-wal");
        let whole = std::fs::read(&log).expect("a log");
        disk.power_cut(seed);
        let left = std::fs::read(&log).unwrap_or_default();
        // A page of the log is torn when some sectors of it are as written and others are not.
        torn += whole[32..]
            .chunks_exact(24 + 4096)
            .enumerate()
            .filter(|(index, page)| {
                let at = 32 + index * (24 + 4096);
                let same =
                    |sector: usize| left.get(at + sector * 512..at + (sector + 1) * 512) == page.get(sector * 512..(sector + 1) * 512);
                let same: Vec<bool> = (0..8).map(same).collect();
                same.contains(&true) && same.contains(&false)
            })
            .count();
    }
    assert!(torn > 20, "{torn}");
}

#[test]
fn a_full_disk_refuses_and_takes_again_what_it_refused() {
    let folder = folder();
    let disk = Disk::of(folder.path());
    let conn = database(folder.path(), "FULL").expect("a database");
    note(&conn, 1).expect("there is room");
    disk.limit(Some(disk.used() + 10_000));
    let full = (2..100).find_map(|number| note(&conn, number).err()).expect("the disk is full some time");
    assert_eq!(full.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
    assert!(note(&conn, 1_000).is_err());
    disk.limit(None);
    note(&conn, 1_001).expect("there is room again");
    drop(conn);
    let found = notes(folder.path());
    assert!(found.contains(&1) && found.contains(&1_001) && !found.contains(&1_000));
}

#[test]
fn an_error_happens_once_and_leaves_a_database_that_works() {
    for kind in [Kind::Error, Kind::ShortWrite, Kind::SyncFails] {
        for at_operation in 1..30 {
            let folder = folder();
            let disk = Disk::of(folder.path());
            let conn = database(folder.path(), "FULL").expect("a database");
            disk.arm(Fault { at_operation, kind });
            let written: Vec<u64> = (1..=20).filter(|number| note(&conn, *number).is_ok()).collect();
            assert!(disk.fired() && written.len() == 19, "{kind:?} at {at_operation}: {}", written.len());
            drop(conn);
            assert!(written.iter().all(|number| notes(folder.path()).contains(number)));
        }
    }
}

#[test]
fn an_error_while_reading_is_said_and_goes_away() {
    let folder = folder();
    let disk = Disk::of(folder.path());
    let conn = database(folder.path(), "FULL").expect("a database");
    note(&conn, 1).expect("a note");
    drop(conn);
    let conn = Connection::open(folder.path().join("a.db")).expect("a database");
    disk.arm_read(1);
    let count = |conn: &Connection| conn.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0));
    assert!(count(&conn).is_err() && disk.fired());
    assert_eq!(count(&conn).expect("it reads again"), 1);
}

#[test]
fn names_are_lost_until_their_folder_is_synced() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("old"), "old").expect("a file");
    std::fs::write(path("gone"), "gone").expect("a file");
    let disk = Disk::of(folder.path());
    let change = || {
        disk.rename(&path("old"), &path("new")).expect("renamed");
        disk.remove(&path("gone")).expect("removed");
    };
    let there = || ["old", "new", "gone"].map(|name| path(name).exists());
    change();
    assert_eq!(there(), [false, true, false]);
    disk.kill();
    disk.power_cut(0);
    assert_eq!(there(), [true, false, true], "nothing was synced");
    change();
    disk.sync(folder.path()).expect("synced");
    disk.kill();
    disk.power_cut(0);
    assert_eq!(there(), [false, true, false], "everything was");
    assert_eq!(std::fs::read(path("new")).expect("a file"), b"old");
}

#[test]
fn a_sync_that_failed_is_not_made_good_by_the_next_one() {
    let folder = folder();
    let disk = Disk::of(folder.path());
    let conn = database(folder.path(), "OFF").expect("a database");
    note(&conn, 1).expect("a note");
    let log = folder.path().join("a.db-wal");
    disk.arm(Fault { at_operation: 1, kind: Kind::SyncFails });
    assert!(disk.sync(&log).is_err());
    disk.sync(&log).expect("the next sync says nothing");
    let written = std::fs::metadata(&log).expect("a log").len();
    disk.kill();
    drop(conn);
    disk.power_cut(0);
    assert!(std::fs::metadata(&log).map_or(0, |log| log.len()) < written);
}

#[test]
fn what_a_failed_sync_left_behind_is_lost_although_nothing_else_waits() {
    let folder = folder();
    let disk = Disk::of(folder.path());
    let conn = database(folder.path(), "FULL").expect("a database");
    note(&conn, 1).expect("a note");
    disk.sync(folder.path()).expect("every name is durable");
    disk.arm(Fault { at_operation: 1, kind: Kind::SyncFails });
    assert!(note(&conn, 2).is_err() && disk.fired());
    disk.kill();
    drop(conn);
    disk.power_cut(0);
    assert_eq!(notes(folder.path()), [1]);
}

#[test]
fn disks_of_several_threads_know_nothing_of_each_other() {
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            std::thread::spawn(move || {
                let folder = folder();
                let disk = Disk::of(folder.path());
                let conn = database(folder.path(), "FULL").expect("a database");
                if thread % 2 == 0 {
                    disk.arm(Fault { at_operation: 20, kind: Kind::KillBefore });
                }
                let written = (1..=50).filter(|number| note(&conn, *number).is_ok()).count();
                assert_eq!(written == 50, thread % 2 == 1, "{thread}: {written}");
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a thread ends well");
    }
}
