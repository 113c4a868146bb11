//! One office: its daemon as a process, and the memory that process takes.

use std::fs::{self, File};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use interoffice_tests::web::{Browser, password};
use serde_json::{Value, json};

use crate::socket::Socket;

/// Longest time until a daemon answers after its start.
const START: Duration = Duration::from_secs(30);

/// A daemon that ends with this value.
pub(crate) struct Office {
    binary: PathBuf,
    folder: PathBuf,
    listen: SocketAddr,
    daemon: Option<Child>,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Office {
    /// Sets up an office called `name` in `folder` with free ports for both doors, and starts its daemon.
    pub(crate) fn set_up(binary: &Path, folder: PathBuf, name: &str) -> Result<Self> {
        let listen = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        let mut office = Self { binary: binary.to_owned(), folder, listen, daemon: None };
        let doors = ["--listen", &listen.to_string(), "--http", "127.0.0.1:0"];
        let init = office.command().args(["init", "--name", name]).args(doors).output();
        let init = init.with_context(|| format!("starting {}", binary.display()))?;
        if !init.status.success() {
            bail!("interoffice init: {}", String::from_utf8_lossy(&init.stderr));
        }
        office.start()?;
        Ok(office)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--dir").arg(&self.folder).stdin(Stdio::null()).env("INTEROFFICE__LOG__LEVEL", "warn");
        command
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        self.daemon = Some(self.command().arg("serve").stdout(Stdio::null()).stderr(log).spawn()?);
        let started = Instant::now();
        while started.elapsed() < START {
            if let Ok(mut socket) = Socket::connect(&self.folder, "") {
                socket.get("/health")?;
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the daemon in {} does not answer; see {}", self.folder.display(), self.log().display())
    }

    /// Kills the daemon.
    pub(crate) fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            // A daemon that has ended already can't be killed, and that is as good.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }

    /// The daemon's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// A connection that acts for `actor`, or for the operator when that is empty.
    pub(crate) fn socket(&self, actor: &str) -> Result<Socket> {
        Socket::connect(&self.folder, actor)
    }

    /// The http door, with nobody signed in.
    pub(crate) fn door(&self) -> Result<Browser> {
        let status = self.socket("")?.get("/status")?;
        let address = status["daemon"]["http"].as_str().context("the http door is open")?.parse()?;
        Ok(Browser::at(address, &self.folder))
    }

    /// Gives a user the password that is known of this name.
    pub(crate) fn set_password(&self, door: &mut Browser, user: &str) -> Result<()> {
        let invited = self.socket("")?.post(&format!("/users/{user}/invite"), &Value::Null)?;
        let token = invited["link"].as_str().and_then(|link| link.split_once('#')).context("a link")?.1;
        loop {
            match door.post("/passes/use", &json!({ "token": token, "password": password(user) })).status {
                200 => return Ok(()),
                429 => std::thread::sleep(Duration::from_secs(1)),
                other => bail!("setting a password: {other}"),
            }
        }
    }

    /// The http door with this user signed in, who had no password before.
    pub(crate) fn signed_in(&self, user: &str) -> Result<Browser> {
        let mut door = self.door()?;
        self.set_password(&mut door, user)?;
        door.sign_in(user, &password(user)).ok();
        Ok(door)
    }

    /// A line of `/proc/PID/status` in kilobytes, such as `VmRSS`.
    pub(crate) fn memory_kb(&self, line: &str) -> Result<u64> {
        let status = fs::read_to_string(self.proc("status")?)?;
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let kb = found.and_then(|rest| rest.trim().strip_suffix(" kB"));
        kb.with_context(|| format!("no {line} in the status of the process"))?.parse().context("memory is no number")
    }

    /// Where its peer door listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listen
    }

    /// Process id of the running daemon.
    pub(crate) fn process(&self) -> Option<u32> {
        self.daemon.as_ref().map(Child::id)
    }

    /// Starts the peak of resident memory (`VmHWM`) anew.
    pub(crate) fn forget_peak(&self) -> Result<()> {
        let path = self.proc("clear_refs")?;
        fs::write(&path, "5").with_context(|| format!("writing {}", path.display()))
    }

    fn proc(&self, file: &str) -> Result<PathBuf> {
        let pid = self.daemon.as_ref().context("the daemon does not run")?.id();
        Ok(PathBuf::from(format!("/proc/{pid}/{file}")))
    }
}
