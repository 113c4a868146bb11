//! The stage of the tests in which a daemon is attacked: two linked offices that exchange all the time, and a third one that calls.

use std::sync::Arc;
use std::time::Duration;

use interoffice_certs::OfficeKeys;
use interoffice_protocol::ids::OfficeId;
use interoffice_tests::caller::{id_of, scripted};
use interoffice_tests::honest::Calls;
use interoffice_tests::process::{forget_peak, memory_kb};
use interoffice_tests::{Office, card, import, linked, share, until};
use serde_json::{Value, json};

/// Work that is done before memory is first looked at, so that what any work takes is not counted.
const WARM: usize = 20;
/// Pieces of work of either kind that are done at least, however short the attack is.
const LEAST: usize = 10;
/// Pause between two pieces of work.
const PAUSE: Duration = Duration::from_millis(200);

/// Office B, which is attacked, and its honest partners: A shares with it, H calls it.
pub(crate) struct Stage {
    pub(crate) a: Office,
    pub(crate) b: Office,
    honest: Arc<OfficeKeys>,
    to: OfficeId,
    record: String,
    edits: usize,
}

/// What honest offices did during an attack, and what it cost.
#[derive(Debug)]
pub(crate) struct Held {
    /// Calls that were served; no other was made.
    pub(crate) calls: usize,
    /// Edits at A that came to B.
    pub(crate) edits: usize,
    /// By how much B's memory had grown at most (kilobytes).
    pub(crate) grown_kb: u64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (a, b, link) = linked();
        let records = import(a.user("ann"), &card("Carl Client"));
        share(a.user("ann"), &link, &records);
        let honest = Arc::new(scripted("Office H", &b));
        let to = id_of(&b);
        let mut stage = Self { a, b, honest, to, record: records[0].clone(), edits: 0 };
        let warming = stage.calls();
        (0..WARM).for_each(|_| stage.exchange());
        assert_eq!(warming.end().failures, [""; 0]);
        stage
    }

    /// Process id of B.
    pub(crate) fn process(&self) -> u32 {
        self.b.process().expect("B runs")
    }

    fn calls(&self) -> Calls {
        Calls::start(self.honest.clone(), self.b.address(), self.to)
    }

    /// An edit at A that is waited for at B.
    pub(crate) fn exchange(&mut self) {
        self.edits += 1;
        let (ann, bob) = (self.a.user("ann"), self.b.user("bob"));
        let note = format!("edit {}.", self.edits);
        let path = format!("/records/{}", self.record);
        assert_eq!(ann.api("PATCH", &path, &json!({ "set": [{ "name": "NOTE", "value": note }] })).status, 200);
        until("the edit is at B", || bob.api("GET", &path, &Value::Null).body.to_string().contains(&note));
    }

    /// Works on while an attack goes on, until `over`; every piece of work must be done.
    pub(crate) fn work_until(&mut self, mut over: impl FnMut() -> bool) -> Held {
        forget_peak(self.process());
        let before_kb = memory_kb(self.process(), "VmRSS");
        let (calls, edits) = (self.calls(), self.edits);
        while !over() || self.edits - edits < LEAST {
            self.exchange();
            std::thread::sleep(PAUSE);
        }
        let served = calls.end();
        let grown_kb = memory_kb(self.process(), "VmHWM").saturating_sub(before_kb);
        let held = Held { calls: served.times.len(), edits: self.edits - edits, grown_kb };
        eprintln!("{held:?} beyond {before_kb} KB");
        assert_eq!(served.failures, [""; 0], "every honest call is served");
        assert!(held.calls >= LEAST && held.edits >= LEAST, "honest offices got work done: {held:?}");
        assert_eq!(self.b.json(&["status"])["daemon"]["pid"].as_u64(), Some(u64::from(self.process())), "the daemon lives");
        held
    }
}
