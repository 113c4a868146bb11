//! `interoffice`: one daemon per office, and the command line that speaks with it. The program is this library and a `main` of one line,
//! so that the same doors can be opened over a simulated network.
#![forbid(unsafe_code)]

mod api;
mod app;
mod bell;
mod chores;
mod cli;
mod clock;
mod config;
mod house;
mod http;
mod letters;
mod mail;
mod mail_config;
mod peer;
mod secret;
#[cfg(feature = "simulation")]
pub mod simulation;

use std::process::ExitCode;

/// Does what the command line says; the code is one of those that `interoffice --help` lists.
pub fn run() -> ExitCode {
    cli::run()
}
