//! Federation: two or three whole offices in one thread, their stores and received files real, time and network by hand.
//!
//! `office` is one office, `session` what it says to and hears from another over one connection, `world` the connections between
//! them with their losses, `people` the verbs by named users. The other modules are the tests.
#![forbid(unsafe_code)]

mod connections;
mod copies;
mod failing;
mod handshake;
mod late_lists;
mod leases;
mod ledger;
mod limits;
mod mutated;
mod office;
mod part_removals;
mod people;
mod plans;
mod questions;
mod random;
mod refusals;
mod removals;
mod replays;
mod session;
mod statements;
mod walk;
mod world;
