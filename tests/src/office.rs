//! An office: a data folder of its own with the daemon that serves it, and the commands people give there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::control::{self, Answered};
use crate::daemon::{self, Daemon};
use crate::said::Said;

/// One office of a story. Its daemon ends and its folder goes with this value.
#[derive(Debug)]
pub struct Office {
    name: String,
    address: SocketAddr,
    daemon: Option<Daemon>,
    environment: Vec<(String, String)>,
    launcher: Vec<String>,
    set_up_link: Option<String>,
    root: TempDir,
}

impl Office {
    /// Sets an office up and starts its daemon.
    pub fn open(name: &str) -> Self {
        let mut office = Self::set_up(name);
        office.serve();
        office
    }

    /// Sets an office up; nothing runs yet.
    pub fn set_up(name: &str) -> Self {
        Self::set_up_at(name, daemon::free_address())
    }

    /// The same with a given address of its peer door.
    pub fn set_up_at(name: &str, address: SocketAddr) -> Self {
        Self::make(name, address, |_| {})
    }

    /// The same with a data folder that `prepare` is shown while it is empty, to put another disk under it.
    pub fn set_up_on(name: &str, prepare: impl FnOnce(&Path)) -> Self {
        Self::make(name, daemon::free_address(), prepare)
    }

    fn make(name: &str, address: SocketAddr, prepare: impl FnOnce(&Path)) -> Self {
        let root = tempfile::Builder::new().prefix("interoffice-").tempdir().expect("a temporary folder");
        let (environment, launcher) = (Vec::new(), Vec::new());
        let mut office = Self { name: name.to_owned(), address, daemon: None, environment, launcher, set_up_link: None, root };
        std::fs::create_dir(office.folder()).expect("the data folder is made");
        prepare(&office.folder());
        let address = address.to_string();
        let made = office.json(&["init", "--name", name, "--listen", &address, "--advertise", &address, "--http", "127.0.0.1:0"]);
        office.set_up_link = made["set_up_link"].as_str().map(str::to_owned);
        office
    }

    /// The link with which the first administrator is added.
    pub fn set_up_link(&self) -> Option<String> {
        self.set_up_link.clone()
    }

    /// Starts the daemon.
    pub fn serve(&mut self) {
        self.try_serve().unwrap_or_else(|words| panic!("{words}"));
    }

    /// Starts the daemon; its last words when it ends instead.
    pub fn try_serve(&mut self) -> Result<(), String> {
        assert!(self.daemon.is_none(), "{} runs already", self.name);
        self.daemon = Some(Daemon::start(&self.folder(), &self.log(), &self.launcher, &self.environment)?);
        Ok(())
    }

    /// Sets the variables that the daemon is given beside the usual ones, from the next start on.
    pub fn set_environment(&mut self, environment: Vec<(String, String)>) {
        self.environment = environment;
    }

    /// Sets the program that starts the daemon, by turning into it, with the arguments before the daemon's own; from the next start on.
    pub fn set_launcher(&mut self, launcher: Vec<String>) {
        self.launcher = launcher;
    }

    /// Ends the daemon without a word, as a power cut would.
    pub fn kill9(&mut self) {
        self.daemon.take().expect("the daemon runs").kill();
    }

    /// Ends the daemon without a word after a while, whatever happens meanwhile. It stays down until [`Office::revive`].
    pub fn kill9_after(&self, delay: Duration) -> JoinHandle<()> {
        let process = self.process().expect("the daemon runs");
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            daemon::signal(process, "KILL");
        })
    }

    /// Starts the daemon again if it was killed; says whether it was.
    pub fn revive(&mut self) -> bool {
        let dead = self.is_down();
        if dead {
            self.serve();
        }
        dead
    }

    /// Whether no daemon runs: none was started, or it has ended.
    pub fn is_down(&mut self) -> bool {
        let down = self.daemon.as_mut().is_none_or(Daemon::has_ended);
        if down {
            self.daemon = None;
        }
        down
    }

    /// Stops the daemon gracefully; gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.daemon.take().expect("the daemon runs").stop()
    }

    /// Stops the daemon and starts it again.
    pub fn restart(&mut self) {
        assert_eq!(self.stop(), Some(0), "{} stops well", self.name);
        self.serve();
    }

    /// Gives the peer door another address, from the next start on.
    pub fn move_away(&mut self) {
        let (old, new) = (self.address.to_string(), daemon::free_address());
        let path = self.folder().join("interoffice.toml");
        let settings = std::fs::read_to_string(&path).expect("the settings");
        std::fs::write(&path, settings.replace(&old, &new.to_string())).expect("the settings are written");
        self.address = new;
    }

    /// Says that other offices reach the peer door at another address than the one it listens on, from the next start on.
    pub fn advertise(&self, address: SocketAddr) {
        let path = self.folder().join("interoffice.toml");
        let settings = std::fs::read_to_string(&path).expect("the settings");
        let (old, new) = (format!("advertise = [\"{}\"]", self.address), format!("advertise = [\"{address}\"]"));
        assert!(settings.contains(&old), "the settings name one address:\n{settings}");
        std::fs::write(&path, settings.replace(&old, &new)).expect("the settings are written");
    }

    /// Process id of the daemon while it runs.
    pub fn process(&self) -> Option<u32> {
        self.daemon.as_ref().map(Daemon::id)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its peer door listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its data folder.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// What its daemon said.
    pub fn log(&self) -> PathBuf {
        self.root.path().join("serve.log")
    }

    /// Everything that belongs to it on disk: the data folder and the log.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Writes a file beside the data folder, to be given to a command.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let folder = self.root.path().join("files");
        std::fs::create_dir_all(&folder).expect("the folder for files");
        let path = folder.join(name);
        std::fs::write(&path, content).expect("a file is written");
        path
    }

    /// Runs a command as the operator.
    pub fn cli(&self, args: &[&str]) -> Said {
        self.run(None, args, None)
    }

    /// The data of a command as the operator.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.cli(&[args, &["--output", "json"]].concat()).json()
    }

    /// The same office as one of its users sees it.
    pub fn user<'a>(&'a self, name: &'a str) -> Desk<'a> {
        Desk { office: self, user: name }
    }

    /// Sends a request to the JSON API as the operator.
    #[track_caller]
    pub fn api(&self, method: &str, path: &str, body: &Value) -> Answered {
        self.ask(None, method, path, body)
    }

    /// Every line of the audit.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.cli(&["events", "--output", "jsonl"]).ok().out;
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of the audit is JSON")).collect()
    }

    /// A user of this office.
    #[track_caller]
    pub fn user_view(&self, name: &str) -> Value {
        let users = self.json(&["user", "list", "--limit", "0"]);
        let found = users.as_array().into_iter().flatten().find(|user| user["name"] == name);
        found.unwrap_or_else(|| panic!("no user {name} in {users}")).clone()
    }

    /// What this office knows about another one.
    #[track_caller]
    pub fn peer(&self, other: &Self) -> Value {
        let peers = self.json(&["peer", "list"]);
        let found = peers.as_array().into_iter().flatten().find(|peer| peer["name"] == other.name);
        found.unwrap_or_else(|| panic!("{} does not know {}: {peers}", self.name, other.name)).clone()
    }

    /// `OFFICE/USER` of a user of this office, as others name it.
    pub fn at(&self, user: &str) -> String {
        format!("{}/{user}", self.name)
    }

    fn run(&self, user: Option<&str>, args: &[&str], input: Option<&Path>) -> Said {
        let folder = self.folder();
        let mut all = vec!["--dir", folder.to_str().expect("temporary folders have plain names")];
        if let Some(user) = user {
            all.extend(["--as", user]);
        }
        all.extend(args);
        daemon::run(&all, input)
    }

    #[track_caller]
    fn ask(&self, user: Option<&str>, method: &str, path: &str, body: &Value) -> Answered {
        let answer = control::ask(&self.folder(), user, method, path, (!body.is_null()).then_some(body));
        answer.unwrap_or_else(|| panic!("the daemon of {} does not answer {method} {path}", self.name))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of {}:\n{}", self.name, daemon::tail(&self.log()));
        }
    }
}

/// A user at work in an office.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    office: &'a Office,
    user: &'a str,
}

impl Desk<'_> {
    /// Runs a command for this user.
    pub fn cli(&self, args: &[&str]) -> Said {
        self.office.run(Some(self.user), args, None)
    }

    /// Runs a command for this user that reads a file on stdin.
    pub fn cli_with(&self, args: &[&str], input: &Path) -> Said {
        self.office.run(Some(self.user), args, Some(input))
    }

    /// The data of a command for this user.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.cli(&[args, &["--output", "json"]].concat()).json()
    }

    /// Sends a request to the JSON API for this user.
    #[track_caller]
    pub fn api(&self, method: &str, path: &str, body: &Value) -> Answered {
        self.office.ask(Some(self.user), method, path, body)
    }

    /// The office.
    pub fn office(&self) -> &Office {
        self.office
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        self.user
    }

    /// The links in one of the user's two lists.
    #[track_caller]
    pub fn links(&self, list: &str) -> Vec<Value> {
        self.json(&["link", "list", list]).as_array().expect("a list").clone()
    }

    /// Every record that the user sees, copies from other offices among them.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        self.json(&["record", "list", "--limit", "0"]).as_array().expect("a list").clone()
    }
}
