//! `./bench signins`: how long the http door takes to refuse a guess for a user and for nobody, and how long people wait while ten
//! thousand guesses are made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use interoffice_core::domain::sample::Sample;
use interoffice_tests::guesses::{GuessPlan, Guesser, guess};
use interoffice_tests::web::{Browser, password};
use serde_json::json;

use crate::arguments::Arguments;
use crate::measures::{ms, percentile};
use crate::office::Office;
use crate::results::{Results, say};

/// Users with a password, and names of nobody.
const EACH: usize = 40;
/// Guesses of each name: an account is guessed ten times a minute.
const TIMES: usize = 8;
/// Guesses from one address, which may guess sixty times a minute.
const FROM_ONE: usize = 40;
const RECORDS: usize = 2_000;
/// Addresses and names of the attack.
const ADDRESSES: u8 = 100;
const NAMES: usize = 100;
/// Reads of somebody who is signed in, before the attack and at least while it goes on.
const READS: usize = 400;
/// Pause between two reads.
const EVERY: Duration = Duration::from_millis(10);

/// Makes the office, guesses, and takes it away again.
pub(crate) fn measure(arguments: &Arguments, results: &mut Results) -> Result<()> {
    let folder = arguments.folder.join(format!("signins-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut office = Office::set_up(&arguments.binary, folder.join("a"), "Harbour Law")?;
    let door = office.door()?;
    say("adding people");
    let ann = people(&office, &door)?;
    refusals(&door, results);
    under_attack(&door, &ann, results)?;
    office.kill();
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn user(number: usize) -> String {
    format!("user{number}")
}

/// Adds the users with their passwords, and Ann with her records; gives the browser in which she is signed in.
fn people(office: &Office, door: &Browser) -> Result<Browser> {
    let mut desk = office.socket("")?;
    let mut ann = door.clone();
    for name in (0..EACH).map(user).chain(["ann".to_owned()]) {
        desk.post("/users", &json!({ "name": name }))?;
        office.set_password(&mut ann, &name)?;
    }
    let cards = Sample { seed: 7, count: RECORDS, note_bytes: 470 }.cards();
    let imported = office.socket("ann")?.call("POST", "/records/import", "text/vcard", cards.as_bytes())?.status;
    if imported != 200 {
        bail!("importing: {imported}");
    }
    std::thread::sleep(Duration::from_secs(60));
    ann.sign_in("ann", &password("ann")).ok();
    Ok(ann)
}

/// Guesses of users and of nobody in turn, one after the other.
fn refusals(door: &Browser, results: &mut Results) {
    say("guessing one by one");
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut guesser = Guesser::new(door, 0);
    for number in 0..TIMES * EACH * 2 {
        if number % FROM_ONE == 0 {
            guesser = Guesser::new(door, 1 + number / FROM_ONE);
            // The first guess of a connection pays for the connection.
            guesser.guess("nobody at all", "guess");
        }
        let (name, times) =
            if number % 2 == 0 { (user(number / 2 % EACH), &mut known) } else { (format!("nobody{}", number / 2 % EACH), &mut unknown) };
        let before = Instant::now();
        if guesser.guess(&name, "not the password") == 401 {
            times.push(ms(before.elapsed()));
        }
    }
    let (known, unknown) = (percentile(known, 50), percentile(unknown, 50));
    results.add("signin_user_p50_ms", known);
    results.add("signin_nobody_p50_ms", unknown);
    results.add("signin_difference_percent", (known - unknown).abs() / known.max(f64::EPSILON) * 100.0);
}

/// Reads and pauses until the attack is over; gives how long each read took.
fn reads(ann: &Browser, over: &AtomicBool) -> Result<Vec<f64>> {
    let (mut ann, mut times) = (ann.clone(), Vec::new());
    while !over.load(Ordering::Relaxed) || times.len() < READS {
        let before = Instant::now();
        let status = ann.get("/records?limit=50").status;
        times.push(ms(before.elapsed()));
        if status != 200 {
            bail!("a read was answered with {status}");
        }
        std::thread::sleep(EVERY);
    }
    Ok(times)
}

fn under_attack(door: &Browser, ann: &Browser, results: &mut Results) -> Result<()> {
    say("reading alone, then under ten thousand guesses");
    results.add("signin_alone_p99_ms", percentile(reads(ann, &AtomicBool::new(true))?, 99));
    let plan = GuessPlan { addresses: ADDRESSES, names: (0..NAMES).map(user).collect() };
    let over = AtomicBool::new(false);
    let (answers, times) = std::thread::scope(|scope| {
        let attack = scope.spawn(|| {
            let answers = guess(door, &plan);
            over.store(true, Ordering::Relaxed);
            answers
        });
        let times = reads(ann, &over);
        (attack.join(), times)
    });
    let answers = answers.map_err(|_| anyhow::anyhow!("the attack broke off"))?;
    let let_in: u32 = answers.iter().filter(|((_, status), _)| *status < 400).map(|(_, times)| times).sum();
    if let_in > 0 {
        bail!("{let_in} guesses were let in");
    }
    let looked_at: u32 = answers.iter().filter(|((_, status), _)| *status == 401).map(|(_, times)| times).sum();
    results.add("signin_looked_at", f64::from(looked_at));
    results.add("signin_attack_p99_ms", percentile(times?, 99));
    Ok(())
}
