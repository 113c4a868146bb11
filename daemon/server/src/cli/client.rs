//! The client of the JSON API: HTTP over the control socket, one connection that is kept, JSON both ways.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::sync::Mutex;

use super::exit::{Exit, Failure};
use crate::api::{AS_HEADER, BASE, Problem, SOCKET};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientFault {
    /// Nobody listens at the socket.
    #[error("no daemon answers at {}: {error}; start it with: interoffice serve --dir {}", socket.display(), folder.display())]
    Unreachable {
        /// The socket.
        socket: PathBuf,
        /// The data folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The daemon went away while it was asked, or in the middle of its answer.
    #[error("the daemon went away before it answered ({0}); see whether it was done when it runs again")]
    Lost(String),
    /// The daemon says no.
    #[error("{0}")]
    Problem(Problem),
    /// The answer is not what this program understands.
    #[error("the daemon's answer can't be read: {0}; compare `interoffice --version` of both, and see the daemon's log")]
    Broken(String),
}

impl From<ClientFault> for Failure {
    fn from(fault: ClientFault) -> Self {
        match fault {
            ClientFault::Problem(problem) => problem.into(),
            ClientFault::Unreachable { .. } | ClientFault::Lost(_) => Self::new(Exit::Unreachable, fault.to_string()),
            ClientFault::Broken(_) => Self::new(Exit::Failed, fault.to_string()),
        }
    }
}

fn broken(error: impl std::fmt::Display) -> ClientFault {
    ClientFault::Broken(error.to_string())
}

type Sender = SendRequest<Full<Bytes>>;

/// A client of the daemon of one data folder. It keeps one connection; calls at the same time wait for each other.
pub(crate) struct Client {
    folder: PathBuf,
    actor: Option<String>,
    sender: Mutex<Option<Sender>>,
}

impl Client {
    /// A client of the daemon in `folder`, acting for the user `actor` or as the operator. Connects with the first call.
    pub(crate) fn new(folder: &Path, actor: Option<String>) -> Self {
        Self { folder: folder.to_owned(), actor, sender: Mutex::new(None) }
    }

    /// `GET path`, an API path such as `/users`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientFault> {
        self.json(Method::GET, path, Bytes::new()).await
    }

    /// `POST path` with a JSON body.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientFault> {
        self.json(Method::POST, path, serde_json::to_vec(body).map_err(broken)?.into()).await
    }

    /// `PATCH path` with a JSON body.
    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientFault> {
        self.json(Method::PATCH, path, serde_json::to_vec(body).map_err(broken)?.into()).await
    }

    /// `PUT path` with a JSON body.
    pub(crate) async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientFault> {
        self.json(Method::PUT, path, serde_json::to_vec(body).map_err(broken)?.into()).await
    }

    /// `DELETE path`.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientFault> {
        self.json(Method::DELETE, path, Bytes::new()).await
    }

    /// `POST path` with a body as it is, such as a file of contacts.
    pub(crate) async fn post_bytes<T: DeserializeOwned>(&self, path: &str, content_type: &str, body: Bytes) -> Result<T, ClientFault> {
        read_json(self.send(Method::POST, path, content_type, body).await?).await
    }

    /// `GET path`, the answer's bytes part by part.
    pub(crate) async fn body(&self, path: &str) -> Result<Body, ClientFault> {
        Ok(Body(self.send(Method::GET, path, "", Bytes::new()).await?.into_body()))
    }

    /// `GET path` as a stream of lines.
    pub(crate) async fn lines(&self, path: &str) -> Result<Lines, ClientFault> {
        Ok(Lines { body: self.body(path).await?, rest: Vec::new() })
    }

    async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T, ClientFault> {
        read_json(self.send(method, path, "application/json", body).await?).await
    }

    /// Sends a request; an answer that is a problem becomes a fault.
    async fn send(&self, method: Method, path: &str, content_type: &str, body: Bytes) -> Result<Response<Incoming>, ClientFault> {
        let request = || {
            let mut request = Request::builder().method(method.clone()).uri(format!("{BASE}{path}")).header(HOST, "interoffice");
            if !body.is_empty() {
                request = request.header(CONTENT_TYPE, content_type);
            }
            if let Some(actor) = &self.actor {
                request = request.header(AS_HEADER, actor);
            }
            request.body(Full::new(body.clone())).map_err(broken)
        };
        let response = self.exchange(request).await?;
        if response.status().is_success() { Ok(response) } else { Err(problem(response).await) }
    }

    async fn exchange(&self, request: impl Fn() -> Result<Request<Full<Bytes>>, ClientFault>) -> Result<Response<Incoming>, ClientFault> {
        let mut kept = self.sender.lock().await;
        let mut sender = match kept.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        sender.ready().await.or_else(|error| if error.is_closed() { Ok(()) } else { Err(broken(error)) })?;
        let response = match sender.send_request(request()?).await {
            // The kept connection was closed meanwhile and nothing was sent over it: a new one is as good.
            Err(error) if error.is_canceled() => {
                sender = self.connect().await?;
                sender.send_request(request()?).await
            }
            other => other,
        };
        let response = response.map_err(|error| ClientFault::Lost(error.to_string()))?;
        *kept = Some(sender);
        Ok(response)
    }

    async fn connect(&self) -> Result<Sender, ClientFault> {
        let socket = self.folder.join(SOCKET);
        let stream = UnixStream::connect(&socket).await.map_err(|error| self.unreachable(error))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // The task ends with the connection; what breaks is seen by the call that waits.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn unreachable(&self, error: std::io::Error) -> ClientFault {
        ClientFault::Unreachable { socket: self.folder.join(SOCKET), folder: self.folder.clone(), error }
    }
}

async fn read(response: Response<Incoming>) -> Result<Bytes, ClientFault> {
    let lost = |error: hyper::Error| ClientFault::Lost(error.to_string());
    Ok(response.into_body().collect().await.map_err(lost)?.to_bytes())
}

async fn read_json<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ClientFault> {
    serde_json::from_slice(&read(response).await?).map_err(broken)
}

async fn problem(response: Response<Incoming>) -> ClientFault {
    let status = response.status();
    match read(response).await {
        Ok(bytes) => serde_json::from_slice(&bytes).map_or_else(|_| broken(format!("status {status}")), ClientFault::Problem),
        Err(fault) => fault,
    }
}

/// The bytes of an answer that may go on.
pub(crate) struct Body(Incoming);

impl Body {
    /// The next part; `None` when the answer is over.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ClientFault> {
        while let Some(frame) = self.0.frame().await {
            if let Ok(data) = frame.map_err(|error| ClientFault::Lost(error.to_string()))?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// The lines of an answer that may go on.
pub(crate) struct Lines {
    body: Body,
    rest: Vec<u8>,
}

impl Lines {
    /// The next line without its end; `None` when the answer is over.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientFault> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=end).collect();
                line.pop();
                return Ok(Some(line));
            }
            match self.body.next().await? {
                Some(part) => self.rest.extend_from_slice(&part),
                None => return Ok((!self.rest.is_empty()).then(|| std::mem::take(&mut self.rest))),
            }
        }
    }
}

/// `text` as one segment of a path or one value of a query.
pub(crate) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing into a String can't fail.
            let _ = write!(segment, "%{byte:02X}");
        }
    }
    segment
}

/// `?a=b&c=d` of the values that are there; empty when none is.
pub(crate) fn query(pairs: &[(&str, Option<String>)]) -> String {
    let given = pairs.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}={}", segment(value))));
    let text = given.collect::<Vec<_>>().join("&");
    if text.is_empty() { text } else { format!("?{text}") }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn names_of_offices_fit_into_a_path() {
        assert_eq!(segment("Müller & Söhne/Nord"), "M%C3%BCller%20%26%20S%C3%B6hne%2FNord");
        assert_eq!(query(&[("a", Some("b c".into())), ("d", None), ("e", Some("1".into()))]), "?a=b%20c&e=1");
        assert_eq!(query(&[("a", None)]), "");
    }

    #[tokio::test]
    async fn a_daemon_that_is_not_there_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let fault = Client::new(folder.path(), None).get::<serde_json::Value>("/status").await.unwrap_err();
        let failure = Failure::from(fault);
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.words.contains("control.sock") && failure.words.contains("interoffice serve --dir"), "{failure}");
    }

    #[tokio::test]
    async fn a_daemon_that_dies_in_the_middle_of_its_answer_is_not_reached() {
        let folder = tempfile::tempdir().unwrap();
        let socket = tokio::net::UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let daemon = async {
            let (mut stream, _) = socket.accept().await.unwrap();
            let mut asked = [0; 1024];
            assert_ne!(stream.read(&mut asked).await.unwrap(), 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"links\"").await.unwrap();
        };
        let client = Client::new(folder.path(), None);
        let (answer, ()) = tokio::join!(client.get::<serde_json::Value>("/links"), daemon);
        let failure = Failure::from(answer.unwrap_err());
        assert_eq!(failure.exit, Exit::Unreachable, "{failure}");
        assert!(failure.words.contains("see whether it was done"), "{failure}");
    }
}
