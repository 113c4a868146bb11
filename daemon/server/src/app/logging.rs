//! The log: sentences with fields on stderr. Ids only; never names, addresses of people, record contents or tokens.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts the log at `level`; `RUST_LOG` overrules it for a closer look.
pub(super) fn start(level: &str) {
    // Libraries are heard from warnings on; what this program says is heard from the chosen level on.
    let chosen = format!("warn,interoffice={level}");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(chosen));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour).with_target(false);
    // A log that was started already, as in a test, stays.
    let _ = log.try_init();
}
