//! Somebody who guesses passwords at an http door: many addresses, many names, as fast as the door answers.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::{ClientConnection, StreamOwned};
use serde_json::json;

use crate::web::Browser;

/// Connections that guess at the same time.
const AT_ONCE: usize = 100;

/// What a run of guesses consists of.
#[derive(Clone, Debug)]
pub struct GuessPlan {
    /// Loopback addresses from which guesses come; each guesses every name once.
    pub addresses: u8,
    /// The names, of users or of nobody.
    pub names: Vec<String>,
}

/// What became of the guesses: how often a name got an answer with this status.
pub type Answers = BTreeMap<(String, u16), u32>;

/// The `number`th address that guesses come from.
fn source(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 77, 1 + u8::try_from(number).expect("at most 250 addresses"))
}

/// Makes every guess of the plan and counts the answers.
pub fn guess(door: &Browser, plan: &GuessPlan) -> Answers {
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(Answers::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= usize::from(plan.addresses) {
                        return;
                    }
                    let seen = one_address(door, number, &plan.names);
                    let mut answers = answers.lock().expect("no thread that counts panics");
                    for (name, status) in plan.names.iter().zip(seen) {
                        *answers.entry((name.clone(), status)).or_default() += 1;
                    }
                }
            });
        }
    });
    answers.into_inner().expect("no thread that counts panics")
}

/// One who guesses from one address, over one connection while the door keeps it.
pub struct Guesser<'d>(Line<'d>);

impl<'d> Guesser<'d> {
    /// Guesses from the `number`th address.
    pub fn new(door: &'d Browser, number: usize) -> Self {
        Self(Line { door, from: source(number), stream: None })
    }

    /// One guess; says with which status it was answered.
    pub fn guess(&mut self, name: &str, password: &str) -> u16 {
        self.0.status_of(&json!({ "user": name, "password": password }).to_string())
    }
}

/// Guesses each name once, over one connection while the door keeps it. Every address begins with another name.
fn one_address(door: &Browser, number: usize, names: &[String]) -> Vec<u16> {
    let mut guesser = Guesser::new(door, number);
    let mut seen = vec![0; names.len()];
    for turn in 0..names.len() {
        let at = (turn + number) % names.len();
        seen[at] = guesser.guess(&names[at], &format!("guess {number} of {at}"));
    }
    seen
}

/// One guesser's connection, begun again when the door closed it.
struct Line<'d> {
    door: &'d Browser,
    from: Ipv4Addr,
    stream: Option<StreamOwned<ClientConnection, TcpStream>>,
}

impl Line<'_> {
    fn status_of(&mut self, body: &str) -> u16 {
        let head = "POST /api/v1/session HTTP/1.1\r\nhost: door\r\ncontent-type: application/json\r\ncontent-length: ";
        let request = format!("{head}{}\r\n\r\n{body}", body.len());
        for _ in 0..2 {
            let (door, from) = (self.door, self.from);
            let stream = self.stream.get_or_insert_with(|| door.over(connect(from, door.address())));
            match stream.write_all(request.as_bytes()).and_then(|()| answer(stream)) {
                Ok(status) => return status,
                Err(_) => self.stream = None,
            }
        }
        panic!("the http door answers no guess from {}", self.from);
    }
}

fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let connected = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
        socket.connect(to).await?.into_std()
    });
    let stream = connected.expect("the http door takes a connection");
    stream.set_nonblocking(false).expect("a stream that waits");
    stream
}

/// Reads one answer to its end; says its status.
fn answer(stream: &mut StreamOwned<ClientConnection, TcpStream>) -> std::io::Result<u16> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    let ended = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err(ended());
        }
        bytes.extend_from_slice(&piece[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let length = length.ok_or_else(ended)?;
        if bytes.len() >= end + 4 + length {
            return head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(ended);
        }
    }
}
