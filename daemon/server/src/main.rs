//! `interoffice`: one daemon per office, and the command line that speaks with it.
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
mod peer;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
