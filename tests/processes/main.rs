//! Real daemons, started, killed, scanned and attacked.
#![forbid(unsafe_code)]

mod bad_network;
mod canary;
mod hostile;
mod peer_down;
mod thirty_kills;
