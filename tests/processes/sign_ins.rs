//! Ten thousand guesses of passwords from a hundred addresses, against a real daemon: few are looked at, none comes in, and nobody who
//! belongs here is kept out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use interoffice_tests::guesses::{Answers, GuessPlan, guess};
use interoffice_tests::process::{forget_peak, memory_kb};
use interoffice_tests::web::{Browser, password};
use interoffice_tests::{Office, card, import};

const ADDRESSES: u8 = 100;
const NAMES: usize = 100;
/// Users among the names; the others are nobody's.
const USERS: usize = 10;
/// Guesses of one account that may be looked at in a minute, and the most at once.
const A_MINUTE: u32 = 10;
/// What one hash of a password takes (kilobytes), and how many are made at once.
const HASH_KB: u64 = 64 * 1024;
const AT_ONCE: u64 = 2;
/// Pause between two reads of Ann, who may ask two hundred times a second.
const PAUSE: Duration = Duration::from_millis(20);
/// What a hundred connections and their answers may take beside (kilobytes).
const BESIDE_KB: u64 = 48 * 1024;

fn name(number: usize) -> String {
    format!("user{number}")
}

fn count(answers: &Answers, wanted: impl Fn(&str, u16) -> bool) -> u32 {
    answers.iter().filter(|((name, status), _)| wanted(name, *status)).map(|(_, times)| times).sum()
}

/// Works on as people do until the attack is over: reads, and signs in again on a device that is known. Says how often each was done.
fn work(ann: &mut Browser, over: &AtomicBool) -> (usize, usize) {
    let (mut reads, mut sign_ins) = (0, 0);
    while !over.load(Ordering::Relaxed) || sign_ins < 3 {
        for _ in 0..10 {
            ann.get("/records").ok();
            reads += 1;
            std::thread::sleep(PAUSE);
        }
        if sign_ins < 5 {
            ann.forget_cookie("__Host-session");
            ann.sign_in("ann", &password("ann")).ok();
            sign_ins += 1;
        }
    }
    (reads, sign_ins)
}

/// R20, ASVS 2.4.1, 6.3.1.
#[test]
#[allow(clippy::disallowed_methods, reason = "how many guesses are allowed depends on how long they took")]
fn r_20_ten_thousand_guesses_let_nobody_in_and_keep_nobody_out() {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "ann"]).ok();
    import(office.user("ann"), &card("Carl Client"));
    let mut ann = office.signed_in("ann");
    for number in 0..USERS {
        office.cli(&["user", "add", &name(number)]).ok();
        office.signed_in(&name(number));
    }
    let process = office.process().expect("the daemon runs");
    forget_peak(process);
    let before_kb = memory_kb(process, "VmRSS");
    let (door, over) = (office.browser(), AtomicBool::new(false));
    let plan = GuessPlan { addresses: ADDRESSES, names: (0..NAMES).map(name).collect() };
    let started = Instant::now();
    let (answers, done) = std::thread::scope(|scope| {
        let attack = scope.spawn(|| {
            let answers = guess(&door, &plan);
            over.store(true, Ordering::Relaxed);
            answers
        });
        let done = work(&mut ann, &over);
        (attack.join().expect("the attack goes to its end"), done)
    });
    let minutes = started.elapsed().as_secs() as u32 / 60 + 1;
    let grown_kb = memory_kb(process, "VmHWM").saturating_sub(before_kb);
    let sum = |wanted: u16| count(&answers, |_, status| status == wanted);
    eprintln!(
        "{} s: {} looked at, {} too often, {} found no turn; {done:?} reads and sign-ins of Ann; {grown_kb} KB more",
        started.elapsed().as_secs(),
        sum(401),
        sum(429),
        sum(503)
    );
    assert_eq!(count(&answers, |_, _| true), u32::from(ADDRESSES) * NAMES as u32);
    assert_eq!(sum(401) + sum(429) + sum(503), u32::from(ADDRESSES) * NAMES as u32, "nobody comes in: {answers:?}");
    // How many depends on how fast this machine hashes.
    assert!(sum(401) > 0, "some are looked at: {answers:?}");
    for number in 0..NAMES {
        // Who found no turn was within the bound of the account too.
        let let_through = count(&answers, |guessed, status| [401, 503].contains(&status) && guessed == name(number));
        assert!(let_through <= A_MINUTE * (1 + minutes), "{let_through} guesses of {}", name(number));
    }
    assert!(grown_kb <= AT_ONCE * HASH_KB + BESIDE_KB, "more than two hashes were made at once: {grown_kb} KB");
    let lines = office.events();
    for number in 0..USERS {
        let written = lines.iter().filter(|line| line["object"] == name(number).as_str() && line["outcome"] == "sign-in-failed").count();
        let looked_at = count(&answers, |guessed, status| status == 401 && guessed == name(number));
        assert_eq!(written as u32, looked_at, "what was looked at stands in the audit: {}", name(number));
    }
}
