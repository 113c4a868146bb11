//! QUIC between offices over a simulated network.
#![forbid(unsafe_code)]
