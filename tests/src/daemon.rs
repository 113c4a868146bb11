//! The program itself: where it is, how it is run, and how a daemon is started and ended by its process id.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::control;
use crate::said::Said;

/// Longest time of one command, waiting ones included.
const COMMAND: Duration = Duration::from_secs(180);
/// How often the control socket of a starting daemon is tried, and how long between.
const STARTING: (u32, Duration) = (2_000, Duration::from_millis(15));
/// The same for a daemon that was asked to stop.
const STOPPING: (u32, Duration) = (2_000, Duration::from_millis(15));

/// The program under test, built beside the test.
pub(crate) fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it runs from");
    let profile = test.ancestors().nth(2).expect("a test lies in a folder of its build profile");
    let program = profile.join("interoffice");
    assert!(
        program.is_file(),
        "the program under test is not at {}: build it first with `cargo build --bin interoffice` (same profile), or run ./test",
        program.display()
    );
    program
}

/// Runs the program to its end.
pub fn run(args: &[&str], input: Option<&Path>) -> Said {
    let line = format!("interoffice {}", args.join(" "));
    let mut command = Command::new(program());
    command.args(args).env_remove("INTEROFFICE_DIR").env("NO_COLOR", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(match input {
        Some(path) => File::open(path).expect("the file for stdin opens").into(),
        None => Stdio::null(),
    });
    let child = command.spawn().unwrap_or_else(|error| panic!("`{line}` does not start: {error}"));
    let id = child.id();
    let (sender, receiver) = sync_channel(1);
    let waiting = std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(COMMAND) else {
        signal(id, "KILL");
        panic!("`{line}` did not end within {} s", COMMAND.as_secs());
    };
    // The thread ended with what it sent.
    let _ = waiting.join();
    let output = output.unwrap_or_else(|error| panic!("`{line}` can't be waited for: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
    Said { line, code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A command that goes on. It is asked to stop, and waited for, with this value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    said: String,
}

/// Starts the program and lets it run.
pub fn start(args: &[&str]) -> Running {
    let mut command = Command::new(program());
    command.args(args).env_remove("INTEROFFICE_DIR").env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped());
    Running { child: command.spawn().expect("the program starts"), said: String::new() }
}

impl Running {
    /// Everything that it said up to the line with these words.
    #[track_caller]
    pub fn until(&mut self, words: &str) -> &str {
        let out = self.child.stdout.as_mut().expect("its output is read");
        let mut bytes = [0; 4096];
        while !self.said.lines().rev().skip(usize::from(!self.said.ends_with('\n'))).any(|line| line.contains(words)) {
            let count = out.read(&mut bytes).expect("its output can be read");
            assert!(count > 0, "it ended without a word of {words}: {}", self.said);
            self.said.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        &self.said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        signal(self.child.id(), "TERM");
        // It ends by itself; how does not matter here.
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub(crate) fn signal(id: u32, name: &str) {
    // A process that is gone already needs no signal.
    let _ = Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).stderr(Stdio::null()).status();
}

/// An address on loopback whose UDP port nobody has.
pub(crate) fn free_address() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    socket.local_addr().expect("a bound socket has an address")
}

/// A running daemon. It ends with this value.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
}

impl Daemon {
    /// Starts the daemon of `folder` with these variables beside the usual ones, by a launcher if there is one, and waits until it answers;
    /// what it logs is appended to `log`. When it ends instead, its last words are the error.
    pub(crate) fn start(folder: &Path, log: &Path, launcher: &[String], environment: &[(String, String)]) -> Result<Self, String> {
        let file = File::options().create(true).append(true).open(log).expect("the log file opens");
        let again = file.try_clone().expect("the log file is shared");
        let line: Vec<OsString> = launcher.iter().map(OsString::from).chain([program().into_os_string()]).collect();
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).arg("serve").arg("--dir").arg(folder).env("NO_COLOR", "1").envs(environment.iter().cloned());
        let child = command.stdin(Stdio::null()).stdout(file).stderr(again).spawn().expect("the daemon starts");
        let mut daemon = Self { child };
        let (tries, pause) = STARTING;
        for _ in 0..tries {
            if let Some(status) = daemon.child.try_wait().expect("the daemon can be looked at") {
                return Err(format!("the daemon ended at once ({status}):\n{}", tail(log)));
            }
            if control::ask(folder, None, "GET", "/health", None).is_some_and(|answer| answer.status == 200) {
                return Ok(daemon);
            }
            std::thread::sleep(pause);
        }
        Err(format!("the daemon does not answer:\n{}", tail(log)))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself, or by a signal.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the daemon can be looked at").is_some()
    }

    /// Ends the daemon without a word, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Asks the daemon to stop, and waits until it has; gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        signal(self.child.id(), "TERM");
        let (looks, pause) = STOPPING;
        for _ in 0..looks {
            if let Some(status) = self.child.try_wait().expect("the daemon can be looked at") {
                return status.code();
            }
            std::thread::sleep(pause);
        }
        panic!("the daemon did not stop when it was asked to");
    }

    fn end(&mut self) {
        // A daemon that has ended already can't be killed, only waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.end();
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
