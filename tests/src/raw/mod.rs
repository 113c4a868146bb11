//! QUIC by hand: packets that no library would send, and that cost an attacker little.

mod flood;
mod packet;

pub use flood::{Flood, FloodPlan, FloodReport};
