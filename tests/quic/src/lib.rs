//! QUIC between offices over a simulated network: the peer door of the daemon with its endpoint limits, TLS, frames, greeting, sessions,
//! lanes, couriers and chores, on turmoil's network and clock, in one thread, decided by one seed.
//!
//! * Real: everything from `daemon/server/src/peer` down to SQLite, quinn and rustls. Each office has its folder and its keys.
//! * Pretended: the UDP socket ([`network`]), the clock and chance of the daemon, and the threads of its store, whose work is done by
//!   whoever waits for it.
//! * Scripted: callers that are no office here, or that lie ([`callers`]); they speak through the real frames.
//!
//! `cargo run -p interoffice-quic-tests -- --seeds 200 --pairs 10` is what the gate runs, with five mixes of faults
//! that follow each other from seed to seed; `--seeds 5000 --pairs 50` is the long run. A seed that fails is named; run it again with
//! `--from SEED --seeds 1`. The directed tests in `tests/` belong to `cargo nextest run -p interoffice-quic-tests`.
//!
//! The trace of a run is the time, the direction and the length of every datagram that is sent and of every one that arrives. The bytes
//! are not in it: keys and nonces of TLS come from the system and can't be given by a test. Lengths do not depend on them, since
//! signatures are made again until they have the usual length ([`steady`]).
#![forbid(unsafe_code)]

pub mod callers;
pub mod home;
pub mod marks;
pub mod network;
pub mod people;
pub mod posing;
pub mod random;
pub mod steady;
pub mod storm;
pub mod world;

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the first panic of each thread from here on, also of tasks that nobody waits for.
pub fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICKED.with_borrow_mut(|kept| {
                kept.get_or_insert_with(|| info.to_string());
            });
            usual(info);
        }));
    });
}

/// The first panic in this thread since this was last asked.
pub fn panicked() -> Option<String> {
    PANICKED.take()
}
