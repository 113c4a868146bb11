//! One office of the demo: its folder, its daemon as a process, and the ways to start, stop and kill it.

use std::fs::File;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::super::client::{Client, ClientFault};
use super::super::exit::{Exit, Failure};
use crate::clock;

/// Longest time until a daemon answers after its start.
const START: Duration = Duration::from_secs(30);
/// Longest time for a graceful stop.
const STOP: Duration = Duration::from_secs(10);
/// Pause between two looks at a daemon that starts.
const LOOK_AGAIN: Duration = Duration::from_millis(3);
/// Lines of a log that a failed demo shows.
const LOG_LINES: usize = 12;

/// An office, and its daemon while it runs. The daemon ends with it.
pub(super) struct Office {
    name: &'static str,
    folder: PathBuf,
    log: PathBuf,
    listen: SocketAddr,
    daemon: Option<Child>,
}

impl Office {
    /// An office that is not set up yet, in the folder `place` of `home`, with a free port of this machine.
    pub(super) fn new(name: &'static str, home: &Path, place: &str) -> Result<Self, Failure> {
        let listen = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { name, folder: home.join(place), log: home.join(format!("{place}.log")), listen, daemon: None })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Process id of the running daemon.
    pub(super) fn process(&self) -> Option<u32> {
        self.daemon.as_ref().and_then(Child::id)
    }

    /// Runs `interoffice init`; what it prints as JSON.
    pub(super) async fn init(&self) -> Result<Value, Failure> {
        let mut init = self.command()?;
        init.args(["init", "--output", "json", "--name", self.name, "--listen", &self.listen.to_string(), "--http", "127.0.0.1:0"]);
        let done = init.output().await?;
        if !done.status.success() {
            return Err(Failure::new(
                Exit::Failed,
                format!("{} can't be set up: {}", self.name, String::from_utf8_lossy(&done.stderr).trim()),
            ));
        }
        serde_json::from_slice(&done.stdout)
            .map_err(|error| Failure::new(Exit::Failed, format!("what `init` prints can't be read: {error}")))
    }

    /// Starts the daemon and waits until it answers.
    pub(super) async fn start(&mut self) -> Result<(), Failure> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut serve = self.command()?;
        // A group of its own, so that Ctrl-C in the terminal reaches the demo, which then stops the daemons in order.
        serve.arg("serve").stdout(Stdio::null()).stderr(log).process_group(0);
        let daemon = self.daemon.insert(serve.spawn()?);
        let client = Client::new(&self.folder, None);
        let started = clock::instant();
        loop {
            match client.get::<Value>("/health").await {
                Ok(_) => return Ok(()),
                Err(ClientFault::Unreachable { .. } | ClientFault::Lost(_)) if started.elapsed() < START => {}
                Err(fault) => return Err(fault.into()),
            }
            if let Some(status) = daemon.try_wait()? {
                return Err(Failure::new(Exit::Failed, format!("the daemon of {} ended at once ({status})", self.name)));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn command(&self) -> Result<Command, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--dir").arg(&self.folder).stdin(Stdio::null()).kill_on_drop(true);
        // Settings meant for the user's own office are not meant for these; how much is logged is.
        let settings = std::env::vars_os()
            .map(|(name, _)| name)
            .filter(|name| name.to_str().is_some_and(|name| name.starts_with("INTEROFFICE_") && !name.starts_with("INTEROFFICE__LOG__")));
        settings.for_each(|name| {
            command.env_remove(name);
        });
        Ok(command)
    }

    /// Kills the daemon with SIGKILL, as a power cut would; it gets no time for anything.
    pub(super) async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().await?;
        }
        Ok(())
    }

    /// Stops the daemon gracefully, and kills it if that takes too long.
    pub(super) async fn stop(&mut self) {
        let Some(mut daemon) = self.daemon.take() else { return };
        let pid = daemon.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // A signal that does not arrive is noticed by the wait below.
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        if tokio::time::timeout(STOP, daemon.wait()).await.is_err() {
            // It is killed once more when it is dropped.
            let _ = daemon.kill().await;
        }
    }

    /// The last lines of the daemon's log.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }
}
