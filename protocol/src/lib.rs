//! What two offices must agree on, word for word: identifiers, statements, links, records, logs, messages and their bytes.
//!
//! Nothing here names a socket, a clock or a source of randomness: time and random bytes are arguments.
#![forbid(unsafe_code)]

pub mod digest;
pub mod epoch;
pub mod ids;
pub mod limits;
pub mod link;
pub mod log;
pub mod merkle;
pub mod messages;
pub mod misbehaviour;
pub mod names;
pub mod pace;
pub mod pairing;
mod pairing_words;
pub mod record;
pub mod seeded;
pub mod statement;
pub mod wire;

#[cfg(test)]
mod tests;
