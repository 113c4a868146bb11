//! The measures. Each takes its times with one clock, that of the machine both daemons run on.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::results::Results;
use crate::stage::{Stage, wait};

/// Commits of the measure with eight writers.
const COMMITS: usize = 5_000;
const WRITERS: usize = 8;
/// Commits of the measure of one commit, and the time from one to the next.
const SINGLE: usize = 1_000;
const EVERY: Duration = Duration::from_millis(5);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_micros(200);
/// Longest time for a change to become visible.
const VISIBLE: Duration = Duration::from_secs(60);
/// The property that commits change; every standard scope shows it.
pub(crate) const PROPERTY: &str = "ROLE";

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Shares every record: from the commit of the share until the other office has acknowledged all of them as durable, and a
/// person there reads the last one and finds it by its name.
pub(crate) fn sync(stage: &mut Stage, results: &mut Results) -> Result<()> {
    let path = format!("/links/{}/share", stage.link);
    let mut selection = json!({ "all_mine": true });
    let plan = stage.ann.post(&format!("{path}/plan"), &selection)?;
    selection["plan"] = plan["id"].clone();
    stage.a.forget_peak()?;
    stage.b.forget_peak()?;
    let started = Instant::now();
    stage.ann.post(&path, &selection)?;
    let committed = started.elapsed();
    let link = wait(&mut stage.ann, &stage.link, "synced")?;
    let durable = started.elapsed();
    let count = stage.records.len();
    if link["records"] != count || link["delivered"] != count {
        bail!("{count} records were shared, and the link says {link}");
    }
    let last = stage.records.last().context("there are no records")?;
    let copy = stage.bob.get(&format!("/records/{last}"))?;
    let found =
        stage.bob.get(&format!("/records?link={}&limit=1&text={}", stage.link, query_text(copy["name"].as_str().unwrap_or_default())))?;
    if found["items"].as_array().is_none_or(Vec::is_empty) {
        bail!("the last record is not found by its name at B: {copy}");
    }
    let queryable = started.elapsed();
    results.add("sync_commit_ms", ms(committed));
    results.add("sync_durable_s", durable.as_secs_f64());
    results.add("sync_s", queryable.as_secs_f64());
    results.add("memory_a_sync_mb", mb(stage.a.memory_kb("VmHWM")?));
    results.add("memory_b_sync_mb", mb(stage.b.memory_kb("VmHWM")?));
    Ok(())
}

/// The first word of a name that needs no escape in an address.
fn query_text(name: &str) -> &str {
    name.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.len() > 2).unwrap_or_default()
}

fn mb(kb: u64) -> f64 {
    kb as f64 / 1024.0
}

/// Memory of both daemons while nothing happens.
pub(crate) fn at_rest(stage: &Stage, results: &mut Results) -> Result<()> {
    results.add("memory_a_rest_mb", mb(stage.a.memory_kb("VmRSS")?));
    results.add("memory_b_rest_mb", mb(stage.b.memory_kb("VmRSS")?));
    Ok(())
}

/// Single-record commits from eight writers at once: from the first until the last of each is readable at B. A link's log is
/// applied in its order, so nothing is missing then; that each one has arrived is checked afterwards.
pub(crate) fn commits(stage: &mut Stage, results: &mut Results, run: usize) -> Result<()> {
    let each = COMMITS / WRITERS;
    let value = |writer: usize, number: usize| format!("c{run}.{writer}.{number}.");
    let record = |writer: usize, number: usize| &stage.records[writer * each + number];
    let mut sockets = Vec::new();
    for _ in 0..WRITERS {
        sockets.push((stage.a.socket("ann")?, stage.b.socket("bob")?));
    }
    let barrier = Barrier::new(WRITERS + 1);
    let (started, ends) = thread::scope(|scope| -> Result<_> {
        let writers: Vec<_> = sockets
            .iter_mut()
            .enumerate()
            .map(|(writer, (ann, bob))| {
                let (barrier, value, record) = (&barrier, &value, &record);
                scope.spawn(move || -> Result<(Instant, Instant)> {
                    barrier.wait();
                    for number in 0..each {
                        ann.set(record(writer, number), PROPERTY, &value(writer, number))?;
                    }
                    let committed = Instant::now();
                    let path = format!("/records/{}", record(writer, each - 1));
                    until_seen(bob, &path, &value(writer, each - 1))?;
                    Ok((committed, Instant::now()))
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        let mut ends = Vec::new();
        for writer in writers {
            ends.push(writer.join().map_err(|_| anyhow::anyhow!("a writer panicked"))??);
        }
        Ok((started, ends))
    })?;
    let committed = ends.iter().map(|(committed, _)| *committed).max().unwrap_or(started);
    let visible = ends.iter().map(|(_, visible)| *visible).max().unwrap_or(started);
    for writer in 0..WRITERS {
        for number in 0..each {
            let answer = stage.bob.call("GET", &format!("/records/{}", record(writer, number)), "application/json", b"")?;
            if !answer.holds(&value(writer, number)) {
                bail!("commit {} is not at B", value(writer, number));
            }
        }
    }
    results.add("commits_per_s", COMMITS as f64 / (visible - started).as_secs_f64());
    results.add("commits_local_per_s", COMMITS as f64 / (committed - started).as_secs_f64());
    Ok(())
}

/// Reads a record again and again until it shows `value`.
pub(crate) fn until_seen(bob: &mut crate::socket::Socket, path: &str, value: &str) -> Result<()> {
    let started = Instant::now();
    while !bob.call("GET", path, "application/json", b"")?.holds(value) {
        if started.elapsed() > VISIBLE {
            bail!("{path} does not show {value} at B");
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// One commit after the other, 200 a second whether or not the ones before were seen: from sending the edit at A until a reader
/// at B sees it. The time holds the commit at A with its fsync, the way, and the commit at B with its fsync.
pub(crate) fn visible(stage: &mut Stage, results: &mut Results, run: usize) -> Result<()> {
    let value = |number: usize| format!("v{run}.{number}.");
    let records = &stage.records[..SINGLE];
    let (ann, bob) = (&mut stage.ann, &mut stage.bob);
    let (sent, seen) = thread::scope(|scope| -> Result<_> {
        let writer = scope.spawn(|| -> Result<Vec<(Instant, Instant)>> {
            let first = Instant::now() + EVERY;
            let mut sent = Vec::with_capacity(SINGLE);
            for (number, record) in records.iter().enumerate() {
                let due = first + EVERY * u32::try_from(number)?;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let before = Instant::now();
                ann.set(record, PROPERTY, &value(number))?;
                sent.push((before, Instant::now()));
            }
            Ok(sent)
        });
        let mut seen = Vec::with_capacity(SINGLE);
        for (number, record) in records.iter().enumerate() {
            until_seen(bob, &format!("/records/{record}"), &value(number))?;
            seen.push(Instant::now());
        }
        let sent = writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        Ok((sent, seen))
    })?;
    let whole: Vec<f64> = sent.iter().zip(&seen).map(|((before, _), seen)| ms(*seen - *before)).collect();
    let commit: Vec<f64> = sent.iter().map(|(before, after)| ms(*after - *before)).collect();
    results.add("visible_p50_ms", percentile(whole.clone(), 50));
    results.add("visible_p99_ms", percentile(whole, 99));
    results.add("visible_commit_p50_ms", percentile(commit, 50));
    Ok(())
}

pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Deletes the link at A: from the commit until a reader at B gets nothing any more, until A has the receipt that the copies
/// are removed, and until it has the one that they are erased.
pub(crate) fn take_back(stage: &mut Stage, results: &mut Results) -> Result<()> {
    let path = format!("/links/{}/delete", stage.link);
    let plan = stage.ann.post(&format!("{path}/plan"), &json!({}))?;
    let body = json!({ "plan": plan["id"] });
    let record = format!("/records/{}", stage.records[stage.records.len() / 2]);
    if stage.bob.call("GET", &record, "application/json", b"")?.status != 200 {
        bail!("the copies are not readable at B before the delete");
    }
    let (mut removed_socket, mut erased_socket) = (stage.a.socket("ann")?, stage.a.socket("ann")?);
    let link = stage.link.clone();
    let (ann, bob) = (&mut stage.ann, &mut stage.bob);
    let started = Instant::now();
    let (committed, unreadable, removed, erased) = thread::scope(|scope| -> Result<_> {
        let watch = scope.spawn(|| -> Result<Duration> {
            while bob.call("GET", &record, "application/json", b"")?.status == 200 {
                if started.elapsed() > VISIBLE {
                    bail!("the copies stay readable at B");
                }
                thread::sleep(LOOK_AGAIN);
            }
            Ok(started.elapsed())
        });
        ann.post(&path, &body)?;
        let committed = started.elapsed();
        let removed = scope.spawn(|| wait(&mut removed_socket, &link, "removed").map(|_| started.elapsed()));
        let erased = wait(&mut erased_socket, &link, "erased")?;
        let erased_after = started.elapsed();
        if erased["removal"]["count"] != stage.records.len() {
            bail!("the receipt is not about {} copies: {}", stage.records.len(), erased["removal"]);
        }
        let panicked = |_| anyhow::anyhow!("a watcher panicked");
        Ok((committed, watch.join().map_err(panicked)??, removed.join().map_err(panicked)??, erased_after))
    })?;
    let left = stage.bob.get("/records?limit=1")?;
    if left["items"].as_array().is_none_or(|items| !items.is_empty()) {
        bail!("B still lists copies: {left}");
    }
    results.add("takeback_commit_ms", ms(committed));
    results.add("takeback_unreadable_ms", ms(unreadable));
    results.add("takeback_removed_s", removed.as_secs_f64());
    results.add("takeback_erased_s", erased.as_secs_f64());
    Ok(())
}
