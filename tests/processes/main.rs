//! Real daemons, started, killed, scanned and attacked.
#![forbid(unsafe_code)]

mod bad_network;
mod canary;
mod comparing;
mod deaths;
mod drip;
mod flood;
mod hostile;
mod kill_cycles;
mod lost_writes;
mod peer_down;
mod power_cuts;
mod two_offices;
mod under_attack;
