//! The http door, spoken to as a browser or a program does: TLS with the office's certificate and no other, cookies, headers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::office::Office;

const PATIENCE: Duration = Duration::from_secs(60);

/// An answer of the http door.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Every header, names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The stable code of a problem, empty for another answer.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body of an answer that says it was done.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

/// Somebody at the http door of an office, with the cookies that it was given.
#[derive(Clone, Debug)]
pub struct Browser {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    cookies: BTreeMap<String, String>,
    /// Headers of every request beside the usual ones.
    pub headers: BTreeMap<String, String>,
}

impl Office {
    /// A browser without cookies at the http door.
    pub fn browser(&self) -> Browser {
        let address = self.json(&["status"])["daemon"]["http"].as_str().expect("the http door is open").parse().expect("an address");
        Browser::at(address, &self.folder())
    }

    /// A browser in which this user is signed in; the password is set by an invitation when there is none yet.
    pub fn signed_in(&self, user: &str) -> Browser {
        let mut browser = self.browser();
        if self.user_view(user)["state"] == "inactive" {
            let link = self.json(&["user", "invite", user])["link"].as_str().expect("a link").to_owned();
            let token = link.split_once('#').expect("a token in the link").1;
            browser.post("/passes/use", &json!({ "token": token, "password": password(user) })).ok();
        }
        browser.sign_in(user, &password(user)).ok();
        browser
    }
}

/// The password that [`Office::signed_in`] gives a user.
pub fn password(user: &str) -> String {
    format!("copper kettle on a tuesday 7 {user}")
}

/// The name under which a browser keeps a cookie of this office.
pub fn cookie_of(name: &str, office: &Office) -> String {
    let id = office.json(&["id"])["office"].as_str().expect("an id").to_owned();
    format!("{name}-{}", &id[..10])
}

impl Browser {
    /// A browser without cookies at the http door of the office in `folder`.
    pub fn at(address: SocketAddr, folder: &Path) -> Self {
        let pem = std::fs::read(folder.join("web/certificate.pem")).expect("the office's certificate");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("a certificate that can be trusted");
        let provider = Arc::new(interoffice_certs::provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions of TLS");
        let tls = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Self { address, tls, cookies: BTreeMap::new(), headers: BTreeMap::new() }
    }

    /// Signs in; the cookies are kept.
    pub fn sign_in(&mut self, user: &str, password: &str) -> Reply {
        self.post("/session", &json!({ "user": user, "password": password }))
    }

    /// `GET path` of the API.
    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", &format!("/api/v1{path}"), &[], b"")
    }

    /// `POST path` of the API.
    pub fn post(&mut self, path: &str, body: &Value) -> Reply {
        self.json("POST", path, body, &[])
    }

    /// `DELETE path` of the API.
    pub fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", &format!("/api/v1{path}"), &[], b"")
    }

    /// Asks for a plan and carries it out.
    pub fn carry_out(&mut self, path: &str, body: &Value) -> Reply {
        let plan = self.post(&format!("{path}/plan"), body);
        if plan.status != 200 {
            return plan;
        }
        let mut body = body.clone();
        body["plan"] = plan.json()["id"].clone();
        self.post(path, &body)
    }

    /// A request to the API with a JSON body and these headers.
    pub fn json(&mut self, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(method, &format!("/api/v1{path}"), &headers, body.to_string().as_bytes())
    }

    /// A cookie's value, by the name without the office.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(found, _)| found.starts_with(name)).map(|(_, value)| value.as_str())
    }

    /// Sets a cookie as if the door of `office` had.
    pub fn set_cookie(&mut self, name: &str, office: &Office, value: &str) {
        self.cookies.insert(cookie_of(name, office), value.to_owned());
    }

    /// Forgets a cookie, by the name without the office.
    pub fn forget_cookie(&mut self, name: &str) {
        self.cookies.retain(|found, _| !found.starts_with(name));
    }

    /// Any request; the answer is read to its end.
    pub fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut stream = self.open(method, target, headers, body);
        let mut bytes = Vec::new();
        // The door may close without the last word of TLS; what came until then is judged by its length.
        let _ = stream.read_to_end(&mut bytes);
        let reply = parse(&bytes);
        for (_, value) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
            if value.is_empty() {
                self.cookies.remove(name)
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        reply
    }

    /// Sends a request and leaves its answer to be read.
    pub fn open(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> StreamOwned<ClientConnection, TcpStream> {
        let mut stream = self.connect(None);
        stream.write_all(&self.request(method, target, headers, body, "close")).expect("the request is sent");
        stream
    }

    /// Talks TLS with the door, from this address of the machine if that makes a difference.
    fn connect(&self, from: Option<Ipv4Addr>) -> StreamOwned<ClientConnection, TcpStream> {
        let tcp = match from {
            Some(from) => connect_from(from, self.address),
            None => TcpStream::connect(self.address),
        };
        let tcp = tcp.expect("the http door takes a connection");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        tcp.set_nodelay(true).expect("small parts are sent at once");
        let name = ServerName::IpAddress(self.address.ip().into());
        let connection = ClientConnection::new(Arc::clone(&self.tls), name).expect("a TLS client");
        StreamOwned::new(connection, tcp)
    }

    /// The bytes of a request.
    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8], connection: &str) -> Vec<u8> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: {connection}\r\n", self.address);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = write!(head, "cookie: {}\r\n", pairs.join("; "));
        }
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }
}

/// A connection to the http door that stays open from one request to the next: for who asks thousands of times.
#[derive(Debug)]
pub struct Line {
    browser: Browser,
    from: Option<Ipv4Addr>,
    stream: Option<StreamOwned<ClientConnection, TcpStream>>,
}

impl Line {
    /// A line for whoever uses this browser.
    pub fn new(browser: Browser) -> Self {
        Self { browser, from: None, stream: None }
    }

    /// A line from this address of the machine.
    pub fn from_address(browser: Browser, from: Ipv4Addr) -> Self {
        Self { browser, from: Some(from), stream: None }
    }

    /// A request to the API with a JSON body, or none for null, and these headers.
    pub fn ask(&mut self, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        self.send(method, &format!("/api/v1{path}"), &headers, &bytes)
    }

    /// `GET place`, a page of the console.
    pub fn page(&mut self, place: &str) -> Reply {
        self.send("GET", place, &[], b"")
    }

    fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let request = self.browser.request(method, target, headers, body, "keep-alive");
        for _ in 0..2 {
            let stream = self.stream.get_or_insert_with(|| self.browser.connect(self.from));
            if stream.write_all(&request).is_ok()
                && let Some(answer) = read_one(stream)
            {
                let reply = parse(&answer);
                if reply.header("connection") == Some("close") {
                    self.stream = None;
                }
                return reply;
            }
            // The door closes lines that rest: the next one is new.
            self.stream = None;
        }
        panic!("no answer to {method} {target}");
    }
}

fn connect_from(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from.into(), 0))?;
        socket.connect(to).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Reads one answer whose length its head says.
fn read_one(stream: &mut impl Read) -> Option<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 16_384]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")).and_then(|text| text.trim().parse::<usize>().ok());
            let whole = match length {
                Some(length) => bytes.len() >= end + 4 + length,
                None if head.contains("transfer-encoding: chunked") => bytes.ends_with(b"0\r\n\r\n"),
                None => true,
            };
            if whole {
                return Some(bytes);
            }
        }
        match stream.read(&mut part) {
            Ok(length) if length > 0 => bytes.extend_from_slice(&part[..length]),
            _ => return None,
        }
    }
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).expect("a status");
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let body = &bytes[end + 4..];
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Reply { status, headers, bytes: if chunked { unchunk(body) } else { body.to_vec() } }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = String::from_utf8_lossy(&body[..end]);
        let Ok(size) = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16) else { break };
        let rest = &body[end + 2..];
        if size == 0 || rest.len() < size {
            break;
        }
        whole.extend_from_slice(&rest[..size]);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    whole
}

/// The code that an app shows now for the secret of a second factor, as the door printed it.
pub fn totp(secret: &str) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("test").build().expect("a second factor");
    totp.generate_current().to_string()
}
