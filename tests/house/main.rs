//! House rules: what the compiler cannot check about this repository, each rule one test with a sentence for a name.
//!
//! A rule is a function from text to findings, so that beside every rule stands a test that feeds it a bad sample:
//! a rule that cannot fail is no rule. A finding names file and line and says what to do.
#![forbid(unsafe_code)]

mod banned;
mod cycles;
mod finding;
mod floors;
mod lexer;
mod migrations;
mod paths;
mod reliability;
mod shape;
mod standing;
mod tree;
