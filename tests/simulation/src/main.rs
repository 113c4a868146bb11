//! A whole federation in one thread, from one seed: `simulate gate` runs what every change must pass.
#![forbid(unsafe_code)]

mod check;
mod clock;
mod heard;
mod hostile;
mod keys;
mod lanes;
mod machines;
mod marks;
mod network;
mod office;
mod people;
mod random;
mod session;
mod sharing;
mod step;
mod story;
mod swarm;
mod trace;
mod traffic;
mod world;

fn main() {}
