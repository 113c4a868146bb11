//! A whole federation in one thread, from one seed: `simulate gate` runs what every change must pass.
#![forbid(unsafe_code)]

fn main() {}
