//! Nouns and pure rules of one office: no SQL, no clock, no randomness.

pub mod access;
pub mod actor;
pub mod edit;
pub mod fold;
pub mod moment;
pub mod plan;
pub mod points;
pub mod refusal;
pub mod sample;
pub mod search;
pub mod sheet;
pub mod user;
pub mod vcard;
