//! What must hold in a federation of offices, kept without SQL and without any of the product's code.
#![forbid(unsafe_code)]

pub mod event;
pub mod token;

pub use event::{Event, Person};
pub use token::Token;
