//! The control socket, spoken to directly: for what the command line does not offer, such as committing an old plan.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(90);

/// An answer of the JSON API.
#[derive(Clone, Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The body; null when it was empty or no JSON.
    pub body: Value,
}

/// Sends one request to the daemon in `folder`. `None` when nobody answers.
pub(crate) fn ask(folder: &Path, user: Option<&str>, method: &str, path: &str, body: Option<&Value>) -> Option<Answered> {
    let mut stream = UnixStream::connect(folder.join("control.sock")).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let user = user.map(|user| format!("x-interoffice-as: {user}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!("{method} /api/v1{path} HTTP/1.1\r\nhost: interoffice\r\nconnection: close\r\n{user}");
    let entity = format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(format!("{head}{entity}").as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answered { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
}
