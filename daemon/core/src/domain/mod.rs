//! Nouns and pure rules of one office: no SQL, no clock, no randomness.

pub mod access;
pub mod activity;
pub mod actor;
pub mod digest;
pub mod edit;
pub mod fold;
pub mod mail;
pub mod moment;
pub mod page;
pub mod password;
pub mod plan;
pub mod points;
pub mod reach;
pub mod refusal;
pub mod request;
pub mod retention;
pub mod role;
pub mod sample;
pub mod scope;
pub mod search;
pub mod sheet;
pub mod user;
pub mod vcard;
