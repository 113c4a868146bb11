//! One office among twenty that does everything it may, all the time and without ever reading: the other nineteen get their work done.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use interoffice_certs::OfficeKeys;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Hello, InventoryAsk, Message, Outcome, Ping, Resume};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{Body, HoldTerms, Request, Subject, Terms, Withdraw};
use interoffice_protocol::wire::frame::FrameKind;
use interoffice_tests::caller::{Call, Voice, fresh_keys, hello, id_of, met, soon};
use interoffice_tests::process::{forget_peak, memory_kb};
use interoffice_tests::{Office, enable};

const HONEST: u8 = 19;
/// Rounds of work of each honest office.
const ROUNDS: usize = 200;
/// Every so many rounds it sends a request and takes it back.
const REQUEST_EVERY: usize = 10;
/// What one office may make the daemon keep (kilobytes): its window, what is read and applied of it, what waits to be written to it, and
/// what the allocator does not give back of the work for all twenty.
const GROWTH_KB: u64 = 32 * 1024;

fn local(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 7, 0, number).into()
}

fn name(number: u8) -> String {
    format!("Office {number}")
}

/// A session of an office that is paired.
async fn session(keys: &OfficeKeys, number: u8, b: std::net::SocketAddr, to: OfficeId) -> Option<Call> {
    let mut call = Call::silent_from(keys, local(number), b).await;
    call.send(Hello { office_name: name(number), ..hello(keys, to, 3) }).await;
    matches!(call.next().await, Some(Message::Hello(_))).then_some(call)
}

fn ping(nonce: [u8; 16]) -> Ping {
    Ping { nonce: Nonce(nonce), answer: false }
}

fn request(number: u8) -> (Subject, Body) {
    let user = |name: &str| UserName::new(name).expect("a user name");
    let (scope, hold) = (Scope::standard(), HoldTerms::None);
    let terms = Terms { purpose: String::new(), level: Level::Read, scope, not_after_ms: None, lease_s: limits::LEASE_SHORT_S, hold };
    (Subject::Opening { owner: user("olga"), reader: user("bob") }, Body::Request(Request { terms, secret: [number; 32] }))
}

/// Work of an honest office: questions that are answered, requests that are stored and taken back. Every one of them must be.
async fn work(keys: &OfficeKeys, number: u8, mut call: Call, to: OfficeId) -> usize {
    let mut voice = Voice::new(keys, to);
    let mut done = 0;
    for round in 0..ROUNDS {
        let nonce = [u8::try_from(round).unwrap_or_default(); 16];
        call.send(ping(nonce)).await;
        loop {
            match call.next().await {
                Some(Message::Ping(Ping { nonce: Nonce(back), answer: true })) if back == nonce => break,
                Some(Message::Ping(Ping { nonce, answer: false })) => call.send(Ping { nonce, answer: true }).await,
                Some(_) => {}
                None => panic!("{} was cut off in round {round}: {:?}", name(number), call.connection.close_reason()),
            }
        }
        done += 1;
        if round % REQUEST_EVERY == 0 {
            let (subject, body) = request(number);
            let asked = voice.sign(subject, &body);
            assert_eq!(call.say(&asked).await, Outcome::Stored, "the request of {}", name(number));
            voice.said(&asked);
            let (link, user) = (interoffice_protocol::statement::link_id(&asked.payload), |name| UserName::new(name).expect("a user name"));
            let about = Subject::Link { link, request: asked.hash(), owner: user("olga"), reader: user("bob") };
            let taken_back = voice.sign(about, &Body::Withdraw(Withdraw { reason: String::new() }));
            assert_eq!(call.say(&taken_back).await, Outcome::Stored, "{} takes it back", name(number));
            voice.said(&taken_back);
            done += 2;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    done
}

/// What the poison peer says on one connection: statements beyond every rate, questions whose answers it never reads, frames of a megabyte
/// that never end on every stream it gets.
async fn poison(keys: &OfficeKeys, number: u8, b: std::net::SocketAddr, to: OfficeId, turn: usize) {
    let Some(mut call) = session(keys, number, b, to).await else { return };
    match turn % 3 {
        0 => {
            let mut voice = Voice::new(keys, to);
            let (subject, body) = request(number);
            let asked = Message::from(voice.sign(subject, &body)).to_frame().to_bytes().repeat(50);
            while call.connection.close_reason().is_none() {
                if tokio::time::timeout(Duration::from_secs(2), call.out.write_all(&asked)).await.is_err() {
                    break;
                }
            }
        }
        1 => {
            let link = LinkId([9; 32]);
            let questions = [InventoryAsk { link }.into(), Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY }.into()];
            let mut stream = call.data(&questions).await;
            let many = questions.iter().flat_map(|message: &Message| message.to_frame().to_bytes()).collect::<Vec<u8>>().repeat(500);
            let pings = Message::from(ping([7; 16])).to_frame().to_bytes().repeat(500);
            for _ in 0..20 {
                let both = async { tokio::join!(stream.write_all(&many), call.out.write_all(&pings)) };
                if tokio::time::timeout(Duration::from_secs(1), both).await.is_err() {
                    break;
                }
            }
        }
        _ => {
            let batch = [&[FrameKind::Batch as u8, 1][..], &(limits::DATA_FRAME_BYTES as u32).to_be_bytes()].concat();
            let mut streams = Vec::new();
            for _ in 0..limits::STREAMS_MAX {
                streams.push(call.data(&[]).await);
            }
            for stream in &mut streams {
                let all = [&batch[..], &vec![7; limits::DATA_FRAME_BYTES - 1]].concat();
                // Most of it never gets credit.
                let _ = tokio::time::timeout(Duration::from_millis(300), stream.write_all(&all)).await;
            }
        }
    }
    call.connection.close(0u32.into(), b"");
}

/// R18, INV-49, INV-50, INV-21: nineteen honest offices and one that is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poison_peer_among_twenty_stops_nobodys_work() {
    let b = Office::open("Office B");
    enable(&b, "bob");
    let (address, to) = (b.address(), id_of(&b));
    let keys: Vec<Arc<OfficeKeys>> = (0..=HONEST).map(|number| Arc::new(fresh_keys(100 + number))).collect();
    for (number, keys) in (1..).zip(&keys) {
        met(&name(number), keys, local(number), &b).await;
    }
    let process = b.process().expect("B runs");
    let mut sessions = Vec::new();
    for (number, keys) in (1..=HONEST).zip(&keys) {
        sessions.push((number, keys.clone(), session(keys, number, address, to).await.expect("a session")));
    }
    forget_peak(process);
    let before_kb = memory_kb(process, "VmRSS");
    let (over, turns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let poisoning = {
        let (over, turns, keys) = (over.clone(), turns.clone(), keys[HONEST as usize].clone());
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                poison(&keys, HONEST + 1, address, to, turns.fetch_add(1, Ordering::Relaxed)).await;
            }
        })
    };
    let working: Vec<_> =
        sessions.into_iter().map(|(number, keys, call)| tokio::spawn(async move { work(&keys, number, call, to).await })).collect();
    let mut done = 0;
    for office in working {
        done += office.await.expect("an honest office gets its work done");
    }
    over.store(true, Ordering::Relaxed);
    soon("the poison peer to stop", poisoning).await.expect("it was no honest one");
    let (turns, grown_kb) = (turns.load(Ordering::Relaxed), memory_kb(process, "VmHWM").saturating_sub(before_kb));
    eprintln!("{done} pieces of work done beside {turns} turns of poison; {grown_kb} KB more than {before_kb} KB");
    assert_eq!(done, usize::from(HONEST) * (ROUNDS + 2 * ROUNDS.div_ceil(REQUEST_EVERY)));
    assert!(turns >= 3, "there was poison of every kind: {turns}");
    assert!(grown_kb <= GROWTH_KB, "memory grew by {grown_kb} KB");
    assert_eq!(b.json(&["status"])["daemon"]["pid"].as_u64(), Some(u64::from(process)), "the daemon lives");
}
