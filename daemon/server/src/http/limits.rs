//! How often somebody may ask: strangers by address, callers by who they are, and guesses of a password by what was typed and by account.
//!
//! A stranger hears of the bucket of what was typed alone, which is the same whether that names somebody or nobody. The account has a bucket
//! too, so that its name and its address are no two ways to it; what is beyond that bucket is answered like a wrong password, in the same time.
//!
//! A bucket fills again with time (GCRA); nothing is written down, and buckets that are full again are forgotten.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use interoffice_core::domain::actor::Actor;
use sha2::{Digest as _, Sha256};

use crate::api::Problem;

/// Guesses of one account's password a minute from devices where nobody signed in before: R20 allows ten.
const GUESSES: u32 = 10;
/// Guesses of one account's password a minute on a device where its user signed in before: others can't use these up.
const GUESSES_KNOWN: u32 = 10;
/// Links for one forgotten password an hour: nobody fills another's mailbox.
const FORGOTTEN: u32 = 3;
/// Guesses, and links that are shown or used, a minute from one address: an office behind one address signs in at nine.
const GUESSES_ADDRESS: u32 = 60;
/// Requests a second of one address without a session, and how many at once.
const STRANGER: (u32, u32) = (20, 200);
/// Requests a second of one user, and how many at once: a page asks for a dozen things, a program for more.
const CALLER: (u32, u32) = (200, 2_000);
/// Letters of what somebody calls an account that count: more than any name or address has.
const ACCOUNT_CHARS: usize = 256;
/// After so many checks the buckets that are full again are forgotten.
const SWEEP: u32 = 1_024;

type Buckets<K> = DefaultKeyedRateLimiter<K>;

/// What stands for a word that somebody typed: its hash, so that no bucket holds what might be a password in the wrong place.
type Word = [u8; 32];

/// All buckets of the http door.
pub(super) struct Limits {
    typed: Buckets<Word>,
    accounts: Buckets<Word>,
    devices: Buckets<(Word, [u8; 32])>,
    forgotten: Buckets<Word>,
    addresses: Buckets<IpAddr>,
    strangers: Buckets<IpAddr>,
    callers: Buckets<String>,
    checks: AtomicU32,
}

const fn count(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

fn per_minute(number: u32) -> Quota {
    Quota::per_minute(count(number))
}

fn per_second((rate, burst): (u32, u32)) -> Quota {
    Quota::per_second(count(rate)).allow_burst(count(burst))
}

fn check<K: std::hash::Hash + Eq + Clone>(buckets: &Buckets<K>, key: &K) -> Result<(), Problem> {
    buckets.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        too_often(wait)
    })
}

/// The answer to whoever asks too often.
fn too_often(wait_s: u64) -> Problem {
    let mut problem = super::answer::problem(429, "too-often", "that was asked too often", &format!("ask again in {wait_s} s"));
    problem.retry_after_s = Some(wait_s);
    problem
}

impl Limits {
    pub(super) fn new() -> Self {
        Self {
            typed: RateLimiter::keyed(per_minute(GUESSES)),
            accounts: RateLimiter::keyed(per_minute(GUESSES)),
            devices: RateLimiter::keyed(per_minute(GUESSES_KNOWN)),
            forgotten: RateLimiter::keyed(Quota::per_hour(count(FORGOTTEN))),
            addresses: RateLimiter::keyed(per_minute(GUESSES_ADDRESS)),
            strangers: RateLimiter::keyed(per_second(STRANGER)),
            callers: RateLimiter::keyed(per_second(CALLER)),
            checks: AtomicU32::new(0),
        }
    }

    /// A guess by a stranger of the password of whom `typed` names. Says whether it may be looked at: where the `account` that is meant was
    /// guessed too often under all its names, it may not, and is answered like a wrong one.
    pub(super) fn guess(&self, typed: &str, account: Option<&str>, address: IpAddr) -> Result<bool, Problem> {
        self.sweep();
        check(&self.addresses, &prefix(address))?;
        check(&self.typed, &word(typed))?;
        Ok(account.is_none_or(|account| check(&self.accounts, &word(account)).is_ok()))
    }

    /// A guess of the password of `account` on a device where its user signed in before.
    pub(super) fn guess_known(&self, account: &str, device: [u8; 32]) -> Result<(), Problem> {
        self.sweep();
        check(&self.devices, &(word(account), device))
    }

    /// A link that is shown or used. Its secret can't be guessed; whoever tries all the same is slowed down with all that come from there.
    pub(super) fn link(&self, address: IpAddr) -> Result<(), Problem> {
        self.sweep();
        check(&self.addresses, &prefix(address))
    }

    /// A link that is asked for by whoever forgot the password of `account`, which may name nobody: that makes no difference.
    pub(super) fn forgot(&self, account: &str, address: IpAddr) -> Result<(), Problem> {
        self.link(address)?;
        check(&self.forgotten, &word(account))
    }

    /// A request of somebody who shows nothing that counts.
    pub(super) fn stranger(&self, address: IpAddr) -> Result<(), Problem> {
        self.sweep();
        check(&self.strangers, &prefix(address))
    }

    /// A request of somebody who is known.
    pub(super) fn caller(&self, actor: &Actor) -> Result<(), Problem> {
        self.sweep();
        check(&self.callers, &actor.to_string())
    }

    fn sweep(&self) {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP != SWEEP - 1 {
            return;
        }
        self.typed.retain_recent();
        self.accounts.retain_recent();
        self.devices.retain_recent();
        self.forgotten.retain_recent();
        self.addresses.retain_recent();
        self.strangers.retain_recent();
        self.callers.retain_recent();
    }
}

/// What counts as one word: nobody is called by more letters, so more of them need not be looked at.
fn word(text: &str) -> Word {
    let folded: String = text.trim().chars().take(ACCOUNT_CHARS).flat_map(char::to_lowercase).collect();
    Sha256::digest(folded.as_bytes()).into()
}

/// What counts as one address: of IPv6 the network of 64 bits, which one customer has whole.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) >> 64 << 64).to_be_bytes()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_20_an_account_is_guessed_ten_times_a_minute_and_its_user_still_gets_in_on_a_known_device() {
        let limits = Limits::new();
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        let guessed = (0..100).filter(|n| limits.guess("Ann", Some("ann"), from(*n)).is_ok()).count();
        assert_eq!(guessed, 10);
        let refused = limits.guess("ann ", Some("ann"), from(200)).unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (429, "too-often"));
        assert!(refused.retry_after_s.is_some_and(|wait| (1..=7).contains(&wait)));
        assert!(limits.guess_known("ann", [7; 32]).is_ok());
        assert!(limits.guess("bob", Some("bob"), from(202)).is_ok());
    }

    #[test]
    fn asvs_6_3_8_the_address_of_an_account_is_bounded_like_that_of_nobody_and_is_no_second_way_to_it() {
        let limits = Limits::new();
        let from = |n: u32| IpAddr::from(n.to_be_bytes());
        // Ten thousand guesses of Ann by her name and by her address in turn, and of nobody by two words as well.
        let guess = |n: u32, words: [&str; 2], account| limits.guess(words[n as usize % 2], account, from(n));
        let ann: Vec<_> = (0..10_000).map(|n| guess(n, ["ann", "ann@alder.example"], Some("ann"))).collect();
        let nobody: Vec<_> = (10_000..20_000).map(|n| guess(n, ["zoe", "zoe@alder.example"], None)).collect();
        let statuses = |answers: &[Result<bool, Problem>]| {
            answers.iter().take(100).map(|answer| answer.as_ref().map_or_else(|problem| problem.status, |_| 0)).collect::<Vec<_>>()
        };
        assert_eq!(statuses(&ann), statuses(&nobody), "a stranger sees the same");
        assert_eq!(ann.iter().take(100).filter(|answer| answer.is_ok()).count(), 20, "ten for each word");
        assert_eq!(ann.iter().take(100).filter(|answer| matches!(answer, Ok(true))).count(), 10, "and ten looks at the account");
        let looks = |answers: &[Result<bool, Problem>]| answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
        assert!(looks(&ann) <= 11, "10,000 guesses in seconds: {}", looks(&ann));
    }

    #[test]
    fn a_link_for_a_forgotten_password_is_sent_three_times_an_hour_whoever_asks() {
        let limits = Limits::new();
        let from = |n: u8| IpAddr::from([192, 0, 2, n]);
        assert_eq!((0..50).filter(|n| limits.forgot(if n % 2 == 0 { "ann" } else { " Ann" }, from(*n)).is_ok()).count(), 3);
        assert!(limits.forgot("bob", from(1)).is_ok());
        assert_eq!(word(&"A".repeat(1_000_000)), word(&"a".repeat(ACCOUNT_CHARS)));
        assert_eq!((0..100).filter(|_| limits.link(from(100)).is_ok()).count(), 60);
    }

    #[test]
    fn one_address_guesses_at_a_bounded_rate_whatever_names_it_tries() {
        let limits = Limits::new();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let same_network: IpAddr = "2001:db8::2".parse().unwrap();
        let guessed = (0..200).filter(|n| limits.guess(&format!("user{n}"), None, if n % 2 == 0 { one } else { same_network }).is_ok());
        assert_eq!(guessed.count(), 60);
    }
}
