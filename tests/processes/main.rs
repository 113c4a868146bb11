//! Real daemons, started, killed, scanned and attacked.
#![forbid(unsafe_code)]

mod bad_network;
mod canary;
mod comparing;
mod deaths;
mod disk_full;
mod drip;
mod flood;
mod frames;
mod full_endings;
mod full_stage;
mod gaps;
mod hostile;
mod kill_cycles;
mod lost_writes;
mod one_way;
mod peer_down;
mod poison;
mod power_cuts;
mod sign_ins;
mod slow;
mod slow_headers;
mod small_disk;
mod stale_words;
mod two_offices;
mod under_attack;
mod wall_clock;
