//! What must hold in a federation of offices, kept without SQL and without any of the product's code.
//!
//! The oracle is told what happened ([`event`]), right after each commit. It keeps what each office knows ([`local`]) apart from what
//! is known from above ([`history`]), so it can say who gets what where and when, what may lie in which file, and what may leave.
#![forbid(unsafe_code)]

mod clock;
pub mod event;
pub mod history;
pub mod inside;
pub mod local;
mod oracle;
#[cfg(test)]
mod tests;
pub mod token;
mod told;
mod told_inside;
pub mod verdict;
mod wire;

pub use event::{Event, Person};
pub use local::Viewer;
pub use oracle::Oracle;
pub use token::Token;
pub use verdict::{Answer, Breach, Verdict};
