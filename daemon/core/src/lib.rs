//! The rules, the store and the verbs of one office.
//!
//! Three floors: `domain` (nouns and pure rules), `store` (the only place with SQL), `actions` (one call, one transaction,
//! one audit line). Nothing here waits, names a clock or makes random numbers: a [`domain::moment::Moment`] brings both.
#![forbid(unsafe_code)]

pub mod actions;
pub mod domain;
pub mod store;
