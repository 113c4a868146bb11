//! Mail in stories: mails that were written into a folder, and a real mail server, the program aiosmtpd, on loopback.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::office::Office;
use crate::{skipped, until};

/// Who signs in at the server, as its address is written.
const USER: &str = "office%40a.example";
const PASSWORD: &str = "correct horse";

/// The mails in a folder, the oldest first.
pub fn mails_in(folder: &Path) -> Vec<String> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map_or_else(|_| Vec::new(), |files| files.flatten().map(|file| file.path()).collect());
    paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
    paths.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
    paths.iter().map(|path| fs::read_to_string(path).expect("a mail is text")).collect()
}

/// What a line of the head of a mail says, such as `Subject`.
#[track_caller]
pub fn head<'m>(mail: &'m str, name: &str) -> &'m str {
    let line = mail.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in:\n{mail}"))
}

/// The mails that an office wrote into its folder, the oldest first.
pub fn in_folder(office: &Office) -> Vec<String> {
    mails_in(&office.folder().join("mails"))
}

/// Those of the mails that go to a user of Office A.
pub fn to<'m>(mails: &'m [String], user: &str) -> Vec<&'m String> {
    mails.iter().filter(|mail| head(mail, "To").contains(&format!("<{user}@a.example>"))).collect()
}

/// What an office knows of its mails in this state.
pub fn mails(office: &Office, state: &str) -> Vec<Value> {
    office.json(&["mail", "list", "--state", state, "--limit", "0"]).as_array().expect("a list").clone()
}

/// A morning comes, wherever it is: the office moves from the west of the date line to the east of it, where the next day is due.
pub fn next_morning(office: &mut Office) {
    office.cli(&["settings", "--time-zone", "Pacific/Kiritimati"]).ok();
    // The chores run at the start.
    office.restart();
    until("the digests are written", || office.json(&["status"])["chores"].to_string().contains("digests written"));
    until("nothing waits", || mails(office, "waiting").is_empty());
}

/// The environment of a daemon that writes mails into `mails` in its data folder.
pub fn into_folder() -> Vec<(String, String)> {
    environment(&[("FOLDER", "mails".to_owned())])
}

fn environment(keys: &[(&str, String)]) -> Vec<(String, String)> {
    let always = [("FROM", "Office A <office@a.example>".to_owned()), ("BASE_URL", "https://a.example".to_owned())];
    keys.iter().chain(&always).map(|(key, value)| (format!("INTEROFFICE__MAIL__{key}"), value.clone())).collect()
}

/// A mail server, with a certificate of its own that nobody else vouches for. It ends with this value.
#[derive(Debug)]
pub struct MailServer {
    root: TempDir,
    port: u16,
    running: Option<Child>,
}

impl MailServer {
    /// A server that does not run yet; `None` when this machine can't have one, which is said aloud.
    pub fn set_up() -> Option<Self> {
        let root = tempfile::Builder::new().prefix("interoffice-smtp-").tempdir().expect("a temporary folder");
        if !python().is_file() {
            skipped("mail over SMTP", "no aiosmtpd in target/tools/smtp; ./test installs it where there is python3 with venv and pip");
            return None;
        }
        if !certify(root.path()) {
            skipped("mail over SMTP", "no certificate could be made; install openssl");
            return None;
        }
        fs::create_dir(root.path().join("taken")).expect("the folder for mails");
        // Nobody else on this machine asks for just this port between here and the start.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("loopback has a free port").port();
        Some(Self { root, port, running: None })
    }

    /// Starts it; it speaks TLS alone and takes mails from whoever signs in.
    pub fn start(&mut self) {
        self.run(&[]);
    }

    /// Starts it without TLS and without anybody signing in.
    pub fn start_without_tls(&mut self) {
        self.run(&["--without-tls"]);
    }

    fn run(&mut self, more: &[&str]) {
        assert!(self.running.is_none(), "the mail server runs already");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("smtp/server.py");
        let mut command = Command::new(python());
        command.arg(script).args(["--port", &self.port.to_string(), "--password", PASSWORD]).args(more);
        for (flag, file) in [("--folder", "taken"), ("--certificate", "certificate.pem"), ("--key", "key.pem")] {
            command.arg(flag).arg(self.root.path().join(file));
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the mail server starts");
        let mut line = String::new();
        let said = BufReader::new(child.stdout.take().expect("its stdout is a pipe")).read_line(&mut line);
        self.running = Some(child);
        assert!(said.is_ok() && line.trim() == "listening", "the mail server did not begin to listen: {line:?}");
    }

    /// Ends it.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // A server that has ended already can't be killed, only waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// The mails that it took.
    pub fn taken(&self) -> Vec<String> {
        mails_in(&self.root.path().join("taken"))
    }

    /// The environment of a daemon that sends mails over this server and trusts its certificate.
    pub fn environment(&self) -> Vec<(String, String)> {
        let file = |name: &str| self.root.path().join(name).display().to_string();
        environment(&[
            ("SMTP", format!("smtp://{USER}@127.0.0.1:{}", self.port)),
            ("PASSWORD_FILE", file("password")),
            ("CA_FILE", file("certificate.pem")),
        ])
    }

    /// The same for a daemon that trusts another certificate.
    pub fn environment_of_a_stranger(&self) -> Vec<(String, String)> {
        let other = self.root.path().join("other");
        fs::create_dir(&other).expect("a folder");
        assert!(certify(&other), "another certificate is made");
        let mut environment = self.environment();
        environment.push(("INTEROFFICE__MAIL__CA_FILE".to_owned(), other.join("certificate.pem").display().to_string()));
        environment
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where `./test` puts a Python that knows aiosmtpd.
fn python() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it runs from");
    let target = test.ancestors().nth(3).expect("a test lies in a folder of its build profile");
    target.join("tools/smtp/bin/python")
}

/// Makes a certificate for loopback with its key, and the file with the password.
fn certify(folder: &Path) -> bool {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=mail.a.example", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let password = folder.join("password");
    fs::write(&password, PASSWORD).expect("the password is written");
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
    fs::set_permissions(&password, mode).expect("the password is closed to others");
    made.is_ok_and(|status| status.success())
}
