//! The end of a run: troubles are over, and everything must come to rest.

use interoffice_core::actions::peers;
use interoffice_core::domain::actor::Actor;
use interoffice_oracle::Event;
use interoffice_protocol::messages::Lane;

use crate::check::Violation;
use crate::machines::Until;
use crate::world::World;

/// Rounds after which a world must have come to rest.
const ROUNDS_MAX: usize = 60;
/// Exchanges of one round and pair after which two offices do nothing but talk.
const TALK_MAX: usize = 2_000;
/// What passes between two rounds: whatever is tried again has been by then (milliseconds).
const ROUND_MS: u32 = 31_000;
/// Rounds without any news that make a rest: three retry periods.
const STILL: usize = 3;

impl World {
    /// Ends all troubles and lets offices talk and work until nothing is left to be done.
    pub(crate) fn rest(&mut self) -> Result<(), Violation> {
        self.trace.tell(|| "troubles are over".to_owned());
        self.network.begin_step(u32::MAX);
        self.network.heal();
        let count = self.offices.len();
        for office in 0..count {
            self.start(office)?;
            let now = self.true_ms;
            self.offices[office].clock.set_rate(now, 1_000);
            self.disk(office, false)?;
            for other in (0..count).filter(|other| *other != office) {
                let theirs = self.offices[other].id.to_string();
                if self.verb(office, |tx| peers::set_blocked(tx, &Actor::Operator, &theirs, false))?.is_some() {
                    self.note(Event::PeerBlocked { office, peer: other, blocked: false });
                }
            }
        }
        for (a, b) in std::mem::take(&mut self.lossy) {
            self.cut(a, b, 2);
        }
        if self.swarm.rates.lose > 0 {
            // A stream does not lose a frame and go on: a connection that did ends at last, and what was not answered is said again.
            for (a, b) in (0..count).flat_map(|b| (0..b).map(move |a| (a, b))) {
                self.cut(a, b, 2);
            }
        }
        let mut still = 0;
        for _ in 0..ROUNDS_MAX {
            self.pass(ROUND_MS)?;
            still = if self.round()? { 0 } else { still + 1 };
            if still == STILL {
                return Ok(());
            }
        }
        Err(Violation { invariant: "INV-15", anomaly: "never-at-rest", what: "the offices never come to rest".to_owned() })
    }

    /// One round of everybody; says whether anything happened in it beside asking for leases.
    fn round(&mut self) -> Result<bool, Violation> {
        let mut any = false;
        let count = self.offices.len();
        for a in 0..count {
            for b in 0..a {
                let news = (self.connect(a, b, false)? && self.connected(a, b)) | self.talk(a, b)?;
                // Who met an older self of another office, or a liar, does not come to rest with it.
                any |= news && !self.offices[a].tainted && !self.offices[b].tainted;
            }
        }
        for office in 0..count {
            any |= self.erase_ended(office, Until::Done)?;
            any |= self.erase_parts(office, Until::Done)?;
            self.check_receipts()?;
        }
        Ok(any)
    }

    fn talk(&mut self, a: usize, b: usize) -> Result<bool, Violation> {
        for round in 0..TALK_MAX {
            let mut any = false;
            for (from, to) in [(a, b), (b, a)] {
                for lane in [Lane::Control, Lane::Data] {
                    any |= self.speak(from, to, lane, 8)?;
                    any |= self.deliver(from, to, lane, 8)?;
                }
            }
            self.check_receipts()?;
            if !any {
                return Ok(round > 0);
            }
        }
        let what = format!("offices {a} and {b} never stop talking");
        Err(Violation { invariant: "INV-15", anomaly: "never-at-rest", what })
    }
}
