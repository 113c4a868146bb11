//! A small blocking client of the JSON API: one kept connection to a control socket, so that the client costs the daemons
//! beside it as little as possible.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Longest time for one answer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A connection that acts for one user, or for the operator.
pub(crate) struct Socket {
    stream: UnixStream,
    actor: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// An answer: its status and where its body stands.
pub(crate) struct Answer<'a> {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Whether the body holds `text`.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

impl Socket {
    /// Connects to the daemon in `folder`; `actor` is empty for the operator.
    pub(crate) fn connect(folder: &Path, actor: &str) -> Result<Self> {
        let path = folder.join("control.sock");
        let stream = UnixStream::connect(&path).with_context(|| format!("connecting to {}", path.display()))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let actor = if actor.is_empty() { String::new() } else { format!("x-interoffice-as: {actor}\r\n") };
        Ok(Self { stream, actor, request: Vec::new(), answer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the whole answer, whatever its status is.
    pub(crate) fn call(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Result<Answer<'_>> {
        self.request.clear();
        write!(
            self.request,
            "{method} /api/v1{path} HTTP/1.1\r\nhost: interoffice\r\n{}content-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            self.actor,
            body.len()
        )?;
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request)?;
        self.read_answer().with_context(|| format!("{method} {path}"))
    }

    fn read_answer(&mut self) -> Result<Answer<'_>> {
        self.answer.clear();
        let (head, length) = loop {
            if let Some(head) = self.answer.windows(4).position(|window| window == b"\r\n\r\n") {
                break (head + 4, content_length(&self.answer[..head])?);
            }
            self.read_more()?;
        };
        while self.answer.len() < head + length {
            self.read_more()?;
        }
        let status = std::str::from_utf8(&self.answer[9..12])?.parse()?;
        Ok(Answer { status, body: &self.answer[head..head + length] })
    }

    fn read_more(&mut self) -> Result<()> {
        let mut part = [0; 16 * 1024];
        match self.stream.read(&mut part)? {
            0 => bail!("the daemon closed the connection"),
            len => self.answer.extend_from_slice(&part[..len]),
        }
        Ok(())
    }

    fn json(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Value> {
        let answer = self.call(method, path, "application/json", body)?;
        if !(200..300).contains(&answer.status) {
            bail!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(serde_json::from_slice(answer.body)?)
    }

    /// `GET path`.
    pub(crate) fn get(&mut self, path: &str) -> Result<Value> {
        self.json("GET", path, b"")
    }

    /// `POST path`.
    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.json("POST", path, body.to_string().as_bytes())
    }

    /// Gives a record's property `name` this value, in a commit of its own.
    pub(crate) fn set(&mut self, record: &str, name: &str, value: &str) -> Result<()> {
        let body = format!(r#"{{"set":[{{"name":"{name}","value":"{value}"}}]}}"#);
        let answer = self.call("PATCH", &format!("/records/{record}"), "application/json", body.as_bytes())?;
        if answer.status != 200 {
            bail!("PATCH {record}: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        Ok(())
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let named = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = named.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value.trim()).next();
    length.context("the answer has no length")?.parse().context("the answer's length is no number")
}
