//! Real daemons, started, killed, scanned and attacked.
#![forbid(unsafe_code)]
