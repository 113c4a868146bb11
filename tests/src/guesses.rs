//! Somebody who guesses passwords at an http door: many addresses, many names, as fast as the door answers.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::web::{Browser, Line};

/// Connections that guess at the same time.
const AT_ONCE: usize = 100;

/// What a run of guesses consists of.
#[derive(Clone, Debug)]
pub struct GuessPlan {
    /// Loopback addresses from which guesses come; each guesses every name once.
    pub addresses: u8,
    /// The names, of users or of nobody.
    pub names: Vec<String>,
}

/// What became of the guesses: how often a name got an answer with this status.
pub type Answers = BTreeMap<(String, u16), u32>;

/// The `number`th address that guesses come from.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 77, 1 + u8::try_from(number).expect("at most 250 addresses"))
}

/// Makes every guess of the plan and counts the answers.
pub fn guess(door: &Browser, plan: &GuessPlan) -> Answers {
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(Answers::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= usize::from(plan.addresses) {
                        return;
                    }
                    let seen = one_address(door, number, &plan.names);
                    let mut answers = answers.lock().expect("no thread that counts panics");
                    for (name, status) in plan.names.iter().zip(seen) {
                        *answers.entry((name.clone(), status)).or_default() += 1;
                    }
                }
            });
        }
    });
    answers.into_inner().expect("no thread that counts panics")
}

/// One who guesses from one address, over one connection while the door keeps it.
pub struct Guesser(Line);

impl Guesser {
    /// Guesses from the `number`th address.
    pub fn new(door: &Browser, number: usize) -> Self {
        Self(Line::from_address(door.clone(), source(number)))
    }

    /// One guess; says with which status it was answered.
    pub fn guess(&mut self, name: &str, password: &str) -> u16 {
        self.0.ask("POST", "/session", &json!({ "user": name, "password": password }), &[]).status
    }
}

/// Guesses each name once, over one connection while the door keeps it. Every address begins with another name.
fn one_address(door: &Browser, number: usize, names: &[String]) -> Vec<u16> {
    let mut guesser = Guesser::new(door, number);
    let mut seen = vec![0; names.len()];
    for turn in 0..names.len() {
        let at = (turn + number) % names.len();
        seen[at] = guesser.guess(&names[at], &format!("guess {number} of {at}"));
    }
    seen
}
