//! QUIC by hand: packets that no library would send, and that cost an attacker little.

mod client;
mod flood;
mod packet;

pub use client::RawClient;
pub use flood::{Flood, FloodPlan, FloodReport};
