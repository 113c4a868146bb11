//! How much anybody may cost: callers of one network, offices that misbehave, and lines in the audit about either. All of it is in
//! memory and asked with the time, so that it can be tried without waiting.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::misbehaviour::Misbehaviour;

const MINUTE: Duration = Duration::from_secs(60);
/// A deed that is repeated gets one line in the audit within this time.
const NOTE: Duration = Duration::from_secs(3600);
/// Offices that nobody here knows cost nothing to make, so only so many of them get a line within that time.
const STRANGERS_NOTED: usize = 256;
/// Bad frames are forgotten after so long without one.
const QUIET: Duration = Duration::from_millis(limits::BAD_FRAMES_QUIET_MS);

/// Where a call comes from: an IPv4 address, or the /64 network of an IPv6 one, of which one machine may have every address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            v4 => v4,
        })
    }
}

/// Counts within minutes that begin with the first event.
#[derive(Debug)]
pub(super) struct PerMinute<K>(HashMap<K, (Instant, u32)>);

impl<K> Default for PerMinute<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> PerMinute<K> {
    /// Counts one more; `false` when there were `most` within the minute already.
    pub(super) fn may(&mut self, key: K, most: u32, now: Instant) -> bool {
        self.0.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        let (_, count) = self.0.entry(key).or_insert((now, 0));
        *count = count.saturating_add(1);
        *count <= most
    }
}

/// How many control statements one office may still say: so many at once, and so many a second for long. It outlives connections, so that
/// calling again gains nothing.
#[derive(Debug)]
pub(super) struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    /// A whole burst.
    pub(super) fn new(now: Instant) -> Self {
        Self { left: f64::from(limits::CONTROL_STATEMENTS_BURST), at: now }
    }

    /// Counts one statement; `false` when it is one too many.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(limits::CONTROL_STATEMENTS_PER_S);
        self.left = (self.left + earned).min(f64::from(limits::CONTROL_STATEMENTS_BURST));
        self.at = now;
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }
}

/// What one office did wrong.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    frames: u32,
    cooled: u32,
    last: Option<Instant>,
    until: Option<Instant>,
}

impl Conduct {
    /// Counts a misbehaviour; `true` when the office cools down from now on. An office that was quiet for a while starts over: honest
    /// ones stumble now and then, and a daemon runs for months.
    pub(super) fn count(&mut self, misbehaviour: &Misbehaviour, now: Instant) -> bool {
        if !misbehaviour.counts_as_bad_frame() {
            return false;
        }
        let last = self.last.max(self.until);
        if last.is_some_and(|last| now.saturating_duration_since(last) > QUIET) {
            self.frames = 0;
        }
        if last.is_some_and(|last| now.saturating_duration_since(last) > Duration::from_millis(limits::COOL_DOWN_MAX_MS)) {
            self.cooled = 0;
        }
        self.last = Some(now);
        self.frames += 1;
        if self.frames < limits::BAD_FRAMES_MAX {
            return false;
        }
        let pause_ms = (limits::COOL_DOWN_MIN_MS << self.cooled.min(16)).min(limits::COOL_DOWN_MAX_MS);
        self.frames = 0;
        self.cooled += 1;
        self.until = Some(now + Duration::from_millis(pause_ms));
        true
    }

    /// How long the office still cools down.
    pub(super) fn cooling(&self, now: Instant) -> Option<Duration> {
        let left = self.until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}

/// Callers under the name of a known office whose Hello contradicts what is known, by office and source: the office itself may call
/// from elsewhere and is not kept out by an old copy of it.
#[derive(Debug, Default)]
pub(super) struct TurnedAway(HashMap<(OfficeId, Source), Instant>);

impl TurnedAway {
    /// Keeps the caller out for [`limits::COOL_DOWN_MIN_MS`].
    pub(super) fn keep_out(&mut self, office: OfficeId, from: Source, now: Instant) {
        self.forget(now);
        self.0.insert((office, from), now + Duration::from_millis(limits::COOL_DOWN_MIN_MS));
    }

    /// Whether the caller is still kept out.
    pub(super) fn is_kept_out(&mut self, office: OfficeId, from: Source, now: Instant) -> bool {
        self.forget(now);
        self.0.contains_key(&(office, from))
    }

    fn forget(&mut self, now: Instant) {
        self.0.retain(|_, until| *until > now);
    }
}

/// Which deeds stand in the audit already, so that repeating them costs no more lines.
#[derive(Debug, Default)]
pub(super) struct Notes {
    known: HashMap<(OfficeId, &'static str), Instant>,
    strangers: HashMap<(OfficeId, &'static str), Instant>,
}

impl Notes {
    /// The deeds of a known office that were noted within the hour.
    pub(super) fn recent(&mut self, office: OfficeId, now: Instant) -> Vec<&'static str> {
        self.known.retain(|_, since| now.duration_since(*since) < NOTE);
        self.known.keys().filter(|(of, _)| *of == office).map(|(_, deed)| *deed).collect()
    }

    /// Notes deeds of a known office.
    pub(super) fn noted(&mut self, office: OfficeId, deeds: &[&'static str], now: Instant) {
        self.known.extend(deeds.iter().map(|deed| ((office, *deed), now)));
    }

    /// Whether a deed of a stranger gets a line now; counts it as written.
    pub(super) fn may_note_stranger(&mut self, office: OfficeId, deed: &'static str, now: Instant) -> bool {
        self.strangers.retain(|_, since| now.duration_since(*since) < NOTE);
        let may = !self.strangers.contains_key(&(office, deed)) && self.strangers.len() < STRANGERS_NOTED;
        if may {
            self.strangers.insert((office, deed), now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const BAD: Misbehaviour = Misbehaviour::WrongLane;

    fn office(byte: u8) -> OfficeId {
        OfficeId([byte; 32])
    }

    fn source(address: &str) -> Source {
        address.parse::<IpAddr>().unwrap().into()
    }

    fn conduct_pause(conduct: &Conduct, now: Instant) -> Duration {
        conduct.cooling(now).expect("the office cools down")
    }

    #[test]
    fn every_address_of_one_ipv6_network_is_one_source() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
    }

    #[test]
    fn honest_stumbles_over_months_never_cut_an_office_off() {
        let (mut conduct, start) = (Conduct::default(), clock::instant());
        for day in 0..500 {
            assert!(!conduct.count(&BAD, start + Duration::from_secs(day * 86_400)));
        }
        assert_eq!(conduct.cooling(start + Duration::from_secs(500 * 86_400)), None);
    }

    #[test]
    fn ten_bad_frames_in_a_row_cool_an_office_down_and_longer_each_time() {
        let (mut conduct, mut now) = (Conduct::default(), clock::instant());
        let mut spree = |now: Instant| (1..=limits::BAD_FRAMES_MAX).map(|_| conduct.count(&BAD, now)).filter(|cut| *cut).count();
        assert_eq!(spree(now), 1);
        now += Duration::from_millis(limits::COOL_DOWN_MIN_MS);
        assert_eq!(spree(now), 1);
        assert_eq!(conduct.cooling(now), Some(Duration::from_millis(2 * limits::COOL_DOWN_MIN_MS)));
        assert!(!conduct.count(&Misbehaviour::TooManyWaiting, now), "what is no bad frame does not count");
        // However often it happens, the pause has an end.
        for _ in 0..10 {
            now += conduct_pause(&conduct, now);
            assert!((1..=limits::BAD_FRAMES_MAX).any(|_| conduct.count(&BAD, now)));
        }
        assert_eq!(conduct_pause(&conduct, now), Duration::from_millis(limits::COOL_DOWN_MAX_MS));
        // Long after, it starts over with a short one.
        now += 3 * Duration::from_millis(limits::COOL_DOWN_MAX_MS);
        assert!((1..=limits::BAD_FRAMES_MAX).any(|_| conduct.count(&BAD, now)));
        assert_eq!(conduct.cooling(now), Some(Duration::from_millis(limits::COOL_DOWN_MIN_MS)));
    }

    #[test]
    fn statements_come_in_a_burst_and_then_at_a_rate() {
        let now = clock::instant();
        let mut allowance = Allowance::new(now);
        let mut said = |now: Instant, tries: u32| (0..tries).filter(|_| allowance.take(now)).count();
        let (burst, rate) = (limits::CONTROL_STATEMENTS_BURST as usize, limits::CONTROL_STATEMENTS_PER_S as usize);
        assert_eq!(said(now, 5_000), burst);
        assert_eq!(said(now + Duration::from_secs(1), 5_000), rate);
        assert_eq!(said(now + Duration::from_secs(3), 5_000), 2 * rate);
        assert_eq!(said(now + Duration::from_secs(3_600), 5_000), burst, "what is not said is not saved up");
    }

    #[test]
    fn a_minute_has_so_many_attempts_and_no_more() {
        let (mut attempts, now) = (PerMinute::default(), clock::instant());
        let may: Vec<bool> = (0..4).map(|_| attempts.may(source("192.0.2.1"), 2, now)).collect();
        assert_eq!(may, [true, true, false, false]);
        assert!(attempts.may(source("192.0.2.2"), 2, now), "another source has its own");
        assert!(attempts.may(source("192.0.2.1"), 2, now + MINUTE));
    }

    #[test]
    fn an_old_copy_is_kept_out_and_the_office_itself_is_not() {
        let (mut away, now) = (TurnedAway::default(), clock::instant());
        away.keep_out(office(1), source("192.0.2.1"), now);
        assert!(away.is_kept_out(office(1), source("192.0.2.1"), now));
        assert!(!away.is_kept_out(office(1), source("192.0.2.2"), now) && !away.is_kept_out(office(2), source("192.0.2.1"), now));
        assert!(!away.is_kept_out(office(1), source("192.0.2.1"), now + Duration::from_millis(limits::COOL_DOWN_MIN_MS)));
    }

    #[test]
    fn a_deed_has_one_line_an_hour_and_strangers_can_not_fill_the_audit() {
        let (mut notes, now) = (Notes::default(), clock::instant());
        notes.noted(office(1), &["peer.renamed"], now);
        assert_eq!(notes.recent(office(1), now), ["peer.renamed"]);
        assert!(notes.recent(office(2), now).is_empty());
        assert!(notes.recent(office(1), now + NOTE).is_empty());
        let mut may = |byte, deed, now| notes.may_note_stranger(office(byte), deed, now);
        assert!(may(1, "knocked", now) && !may(1, "knocked", now) && may(1, "showed an old invite", now));
        let noted = (0..=255).flat_map(|byte| [(byte, "knocked"), (byte, "guessed")]).filter(|(byte, deed)| may(*byte, deed, now)).count();
        assert_eq!(noted, STRANGERS_NOTED - 2);
        assert!(may(255, "guessed", now + NOTE));
    }
}
