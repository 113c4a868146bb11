//! Stories about users, specialists and records, told through the verbs of two offices in memory.

mod access;
#[cfg(feature = "seeded-bugs")]
mod alike;
mod answers;
mod bounds;
mod connected;
mod digests;
mod ending;
mod found;
mod mails;
mod offices;
mod outbox;
mod pages;
mod peers;
mod records;
mod requests;
mod retention;
mod rows;
mod seen;
mod specialists;
mod users;
