//! The house under several callers at once: group commit, order, faults that stay with their job, denials that are written down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use interoffice_core::actions::claims::{self, Keyed};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Ring, audit};
use interoffice_disk::{Disk, Kind};

use super::testing::{self, open};
use super::*;
use crate::bell::Heard;

/// Notes `what` in the audit, the simplest verb there is.
fn note(tx: &Tx<'_>, what: &str) -> Result<(), Fault> {
    Ok(audit::done(tx, &Actor::Daemon, "test.note", what, "")?)
}

async fn notes(house: &House) -> Vec<String> {
    let lines = house.read(|view| Ok(audit::since(view, 0, 10_000)?)).await.unwrap();
    lines.into_iter().filter(|line| line.verb == "test.note").map(|line| line.object).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_job_of_many_callers_happens_once_and_in_its_callers_order() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path()).await;
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let house = house.clone();
            tokio::spawn(async move {
                for number in 0..100 {
                    house.write(Priority::People, move |tx| note(tx, &format!("{caller}/{number:03}"))).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let seen = notes(&house).await;
    assert_eq!(seen.len(), 800);
    for caller in 0..8 {
        let own: Vec<_> = seen.iter().filter(|what| what.starts_with(&format!("{caller}/"))).collect();
        assert!(own.is_sorted() && own.len() == 100, "caller {caller} finds its jobs in the order of its calls");
    }
    house.close();
}

fn one_of_five(tx: &Tx<'_>, what: &'static str) -> Result<&'static str, Fault> {
    note(tx, what)?;
    match what {
        "broken" => Err(StoreFault::Database("a broken row".to_owned()).into()),
        "panics" => panic!("a case that nobody thought of"),
        "refused" => Err(Refusal::conflict("no", "not now", "").into()),
        _ => Ok(what),
    }
}

#[tokio::test]
async fn waiting_jobs_share_a_commit_and_one_that_fails_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path()).await;
    let mut bell = house.bell().subscribe();
    let gate = Arc::new(AtomicBool::new(false));
    let held = Arc::clone(&gate);
    // The first job holds the writer until the others wait behind it.
    let first = tokio::spawn({
        let house = house.clone();
        async move {
            let hold = move |tx: &Tx<'_>| {
                while !held.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                note(tx, "first")
            };
            house.write(Priority::People, hold).await
        }
    });
    let jobs = ["good", "broken", "panics", "refused", "also good"].map(|what| {
        let house = house.clone();
        tokio::spawn(async move { house.write(Priority::People, move |tx| one_of_five(tx, what)).await })
    });
    // One turn of the only thread of this test: every call above stands in the queue after it.
    tokio::task::yield_now().await;
    gate.store(true, Ordering::Release);
    let mut ends = Vec::new();
    for job in jobs {
        ends.push(job.await.unwrap());
    }
    first.await.unwrap().unwrap();
    assert!(
        matches!(&ends[..], [Ok("good"), Err(Fault::Store(_)), Err(Fault::Store(_)), Err(Fault::Refused(_)), Ok("also good")]),
        "{ends:?}"
    );
    assert_eq!(notes(&house).await, ["first", "good", "also good"]);
    assert!(matches!(bell.next().await, Some(Heard::Some(rings)) if rings.contains(&Ring::Audit)));
    house.close();
}

#[tokio::test]
async fn a_denial_leaves_a_line_in_the_audit_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path()).await;
    let mut bell = house.bell().subscribe();
    let denied = house.write(Priority::People, |tx| {
        tx.attempt(&Actor::Daemon, "test.denied", "ann");
        note(tx, "gone")?;
        Err::<(), _>(Refusal::denied("not-you", "you may not", "").into())
    });
    assert!(denied.await.is_err());
    assert_eq!(notes(&house).await, Vec::<String>::new());
    let lines = house.read(|view| Ok(audit::since(view, 0, 100)?)).await.unwrap();
    let line = lines.iter().find(|line| line.verb == "test.denied").unwrap();
    assert_eq!((line.object.as_str(), line.outcome.as_str()), ("ann", "not-you"));
    assert!(bell.next().await.unwrap().concerns(&Ring::Audit));
    house.close();
}

#[tokio::test]
async fn a_verb_that_is_run_again_sees_the_same_moment() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path()).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let first = house.write(Priority::People, move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok((tx.now_ms, tx.moment.random::<16>(), tx.moment.random::<16>()))
    });
    // A panic in the same group makes the writer run the others again.
    let second = house.write(Priority::People, |_| -> Result<(), Fault> { panic!("a case that nobody thought of") });
    let (first, second) = tokio::join!(first, second);
    let (_, one, two) = first.unwrap();
    assert!(second.is_err());
    assert_ne!(one, two);
    assert!(runs.load(Ordering::Relaxed) >= 1);
    house.close();
}

#[tokio::test]
async fn after_the_stop_every_question_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let house = open(folder.path()).await;
    house.stop();
    house.stopped().await;
    house.close();
    let code = |fault: Fault| match fault {
        Fault::Refused(refusal) => refusal.code,
        Fault::Store(_) => "store",
    };
    assert_eq!(house.write(Priority::Chores, |tx| note(tx, "late")).await.map_err(code), Err("stopping"));
    assert_eq!(house.read(|_| Ok(())).await.map_err(code), Err("stopping"));
    let wal = std::fs::metadata(folder.path().join("office.db-wal")).map_or(0, |wal| wal.len());
    assert_eq!(wal, 0, "the write-ahead log was folded into the database");
}

/// Says how often the disk could not make something durable.
fn counted() -> (Arc<AtomicUsize>, OnFatal) {
    let fatal = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&fatal);
    let count = move |_: &StoreFault| {
        counts.fetch_add(1, Ordering::SeqCst);
    };
    (fatal, Arc::new(count))
}

#[tokio::test]
async fn inv_34_after_a_sync_that_failed_nothing_is_acknowledged_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::of(folder.path());
    let (fatal, on_fatal) = counted();
    let house = testing::open_until(folder.path(), on_fatal).await;
    house.write(Priority::People, |tx| note(tx, "durable")).await.unwrap();
    disk.arm(interoffice_disk::Fault { at_operation: 1, kind: Kind::SyncFails });
    let unknown = house.write(Priority::People, |tx| note(tx, "unknown")).await;
    assert!(unknown.is_err() && disk.fired());
    assert_eq!(fatal.load(Ordering::SeqCst), 1, "the daemon ends here");
    assert!(house.write(Priority::People, |tx| note(tx, "late")).await.is_err());
    disk.kill();
    house.close();
    drop(house);
    disk.power_cut(0);
    let (_, on_fatal) = counted();
    let house = testing::reopen(folder.path(), on_fatal);
    assert_eq!(notes(&house).await, ["durable"]);
    house.close();
}

#[tokio::test]
async fn inv_34_a_received_file_that_can_not_be_made_durable_ends_the_process_too() {
    let folder = tempfile::tempdir().unwrap();
    let (fatal, on_fatal) = counted();
    let house = testing::open_until(folder.path(), on_fatal).await;
    let full = house.files(|_| Err::<(), _>(StoreFault::DiskFull.into())).await;
    assert!(full.is_err() && fatal.load(Ordering::SeqCst) == 0);
    let error = std::io::Error::from_raw_os_error(5);
    let unsynced = house.files(move |_| Err::<(), _>(StoreFault::not_durable("a file", &error).into())).await;
    assert!(unsynced.is_err() && fatal.load(Ordering::SeqCst) == 1);
    house.close();
}

/// What is begun for somebody who goes away is done to its end, and claims the key of its request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deed_of_several_steps_outlives_who_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let house = testing::open(folder.path()).await;
    let (started, on) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (inside, begun, wait) = (house.clone(), Arc::clone(&started), Arc::clone(&on));
    let keyed = Keyed { actor: "ann".to_owned(), key: "k-1".to_owned(), request: [1; 32] };
    let claim = Claim::new(keyed.clone());
    let whole = house.clone();
    let deed = async move {
        whole
            .to_the_end(async move {
                inside.write(Priority::People, |tx| note(tx, "first")).await?;
                begun.notify_one();
                wait.notified().await;
                inside.write(Priority::People, |tx| note(tx, "second")).await
            })
            .await
    };
    let asking = tokio::spawn(claim.clone().during(deed));
    started.notified().await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled(), "nobody waits for it any more");
    on.notify_one();
    let done = async {
        while notes(&house).await != ["first", "second"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), done).await.expect("the second step is done");
    assert!(claim.is_taken(), "it was done under the key of the request");
    let again = house.write(Priority::People, move |tx| claims::take(tx, &keyed)).await;
    assert!(again.is_err(), "and is not done again");
    house.close();
}
