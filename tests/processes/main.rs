//! Real daemons, started, killed, scanned and attacked.
#![forbid(unsafe_code)]

mod caller;
mod canary;
mod hostile;
mod peer_down;
mod thirty_kills;
