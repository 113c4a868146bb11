//! Frames that are too long, lie about their length, come on the wrong lane, are of unknown kinds, or were changed on the way: each has the
//! consequence that the list of misbehaviour names, and after ten the office is cut off.

use std::sync::Arc;

use interoffice_certs::OfficeKeys;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{BatchAck, InventoryAsk, LeaseAsk, Message, Pair, Ping, Resume};
use interoffice_protocol::misbehaviour::{Consequence, Misbehaviour};
use interoffice_protocol::wire::codec::Malformed;
use interoffice_protocol::wire::frame::{FrameHeader, FrameKind};
use interoffice_tests::caller::{Call, fresh_keys, hello, id_of, scripted, soon};
use interoffice_tests::{Dice, says};

use crate::under_attack::Stage;

/// Connections on which a stranger sends mutated frames, and how many at a time.
const STRANGERS: usize = 1_500;
const AT_ONCE: usize = 8;
/// Mutated frames that a paired office sends on one connection, if it is let.
const FRAMES: usize = 200;

fn header(kind: u8, length: u32) -> Vec<u8> {
    [&[kind, 1][..], &length.to_be_bytes()].concat()
}

fn bytes_of(message: impl Into<Message>) -> Vec<u8> {
    message.into().to_frame().to_bytes()
}

fn ping(byte: u8) -> Ping {
    Ping { nonce: Nonce([byte; 16]), answer: false }
}

/// Asks for a sign of life; `false` when the connection is over.
async fn lives(call: &mut Call, byte: u8) -> bool {
    call.send(ping(byte)).await;
    loop {
        match call.next().await {
            Some(Message::Ping(Ping { nonce, answer: true })) if nonce == Nonce([byte; 16]) => return true,
            Some(_) => {}
            None => return false,
        }
    }
}

/// Every frame of a paired office that breaks a rule of the wire, the lane it comes on, and the rule.
fn broken() -> Vec<(&'static str, bool, Vec<u8>, Misbehaviour)> {
    let oversized = |kind: FrameKind, most: usize| {
        let length = most as u32 + 1;
        let bytes = header(kind as u8, length);
        let refused = FrameHeader::decode(bytes.clone().try_into().expect("a header")).expect_err("too long");
        (bytes, Misbehaviour::Oversized(refused))
    };
    let (ping_bytes, ping_long) = oversized(FrameKind::Ping, limits::CONTROL_FRAME_BYTES);
    let (batch_bytes, batch_long) = oversized(FrameKind::Batch, limits::DATA_FRAME_BYTES);
    let malformed = Misbehaviour::Malformed(Malformed::Trailing(1));
    let resume = Resume { link: LinkId([1; 32]), epoch: None, cursor: 0, digest: SetDigest::EMPTY };
    let mut short = bytes_of(ping(1));
    short[5] -= 1;
    let mut long = [bytes_of(ping(1)), vec![0]].concat();
    long[5] += 1;
    vec![
        ("a frame over the bound of the control lane", false, ping_bytes, ping_long),
        ("a batch over the bound of the data lane", true, batch_bytes, batch_long),
        ("a batch of a megabyte, announced on the control lane", false, header(FrameKind::Batch as u8, 1 << 20), Misbehaviour::WrongLane),
        ("a frame of the data lane on the control lane", false, bytes_of(resume), Misbehaviour::WrongLane),
        ("a frame of the control lane on the data lane", true, bytes_of(ping(1)), Misbehaviour::WrongLane),
        ("a frame that says it is shorter than it is", false, short, malformed.clone()),
        ("a frame with a byte too many, counted in", false, long, malformed),
        ("a pairing step in a session", false, bytes_of(Pair::Confirmed), Misbehaviour::PairingOutOfTurn),
    ]
}

/// R16, S-36, C-10: each broken rule closes the connection with its own words; unknown kinds are skipped and cost nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_frame_has_its_consequence() {
    let mut stage = Stage::new();
    let bad = scripted("Office P", &stage.b);
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let mut call = Call::greeted(&bad, address, to).await;
    for kind in (9..32).chain(40..64) {
        call.send_bytes(&[header(kind, 5), vec![7; 5]].concat()).await;
    }
    assert!(lives(&mut call, 2).await, "kinds that nobody knows are skipped");
    call.send_bytes(&[header(40, 64 * 1024), vec![7; 64 * 1024]].concat()).await;
    assert!(lives(&mut call, 3).await, "the longest of them too");
    call.send_bytes(&[header(41, 64 * 1024 + 1), vec![7; 64]].concat()).await;
    says(&call.closed().await.1, "longer message");

    // One of these was sent already, and one breaks no rule: another step of a pairing that is over is heard as what it says.
    let (confirmed, mut rules) = (Misbehaviour::PairingOutOfTurn, broken());
    rules.retain(|(_, _, _, rule)| *rule != confirmed);
    assert!(rules.len() + 1 < limits::BAD_FRAMES_MAX as usize, "all of them fit before the office is cut off for a while");
    for (what, on_data, bytes, rule) in rules {
        assert!(rule.consequence() >= Consequence::DropConnection && rule.counts_as_bad_frame(), "{what}");
        let mut call = Call::greeted(&bad, address, to).await;
        let mut stream = if on_data { Some(call.data(&[]).await) } else { None };
        match &mut stream {
            Some(stream) => stream.write_all(&bytes).await.expect("the lane is open"),
            None => call.send_bytes(&bytes).await,
        }
        says(&call.closed().await.1, rule.words());
        stage.exchange();
    }
}

/// The bytes with a few of them changed, cut or doubled.
fn mutated(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = [0, 1, 127, 250, 251, 254, 255][dice.below(7)],
            2 => bytes.truncate(at.max(1)),
            _ => bytes.insert(at, 0),
        }
    }
    bytes
}

/// Sends a stranger's bytes and waits until the door has hung up.
async fn knock(keys: &OfficeKeys, address: std::net::SocketAddr, bytes: Vec<u8>) {
    let mut call = Call::silent(keys, address).await;
    call.send_bytes(&bytes).await;
    // A frame that says it is longer than it is must not be waited for.
    let _ = call.out.finish();
    soon("the door to hang up", call.connection.closed()).await;
}

/// What a paired office says in a session, of each kind one.
fn conversation(keys: &OfficeKeys, to: OfficeId) -> Vec<Vec<u8>> {
    let link = LinkId([3; 32]);
    let epoch = interoffice_protocol::epoch::Epoch { counter: 1, identity: [9; 16] };
    vec![
        bytes_of(ping(9)),
        bytes_of(hello(keys, to, 7)),
        bytes_of(LeaseAsk { nonce: Nonce([4; 16]) }),
        bytes_of(InventoryAsk { link }),
        bytes_of(BatchAck { link, epoch, to: 4, digest: SetDigest::EMPTY }),
        bytes_of(Resume { link, epoch: Some(epoch), cursor: 4, digest: SetDigest::EMPTY }),
    ]
}

/// R16, INV-25: mutated greetings of strangers by the thousand, and mutated frames of a paired office until it is cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutated_frames_over_the_wire_change_nothing_and_end_in_a_pause() {
    let mut stage = Stage::new();
    let bad = scripted("Office P", &stage.b);
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let mut dice = Dice::new(161);
    let (keys, room) = (Arc::new(fresh_keys(31)), Arc::new(tokio::sync::Semaphore::new(AT_ONCE)));
    let greeting = bytes_of(hello(&keys, to, 1));
    let mut knocking = tokio::task::JoinSet::new();
    for _ in 0..STRANGERS {
        let (bytes, keys, room) = (mutated(&greeting, &mut dice), keys.clone(), room.clone());
        let place = room.acquire_owned().await.expect("a place");
        knocking.spawn(async move {
            knock(&keys, address, bytes).await;
            drop(place);
        });
    }
    while let Some(knocked) = knocking.join_next().await {
        knocked.expect("each stranger was sent away");
    }
    stage.exchange();

    let (mut frames, mut connections) = (0, 0);
    let words = loop {
        let mut call = match Call::try_greeted(&bad, address, to).await {
            Ok(call) => call,
            Err(words) => break words,
        };
        connections += 1;
        assert!(connections <= limits::BAD_FRAMES_MAX, "after ten bad frames the office is cut off (seed {})", dice.seed());
        let conversation = conversation(&bad, to);
        for _ in 0..FRAMES {
            if call.connection.close_reason().is_some() {
                break;
            }
            call.send_bytes(&mutated(&conversation[dice.below(conversation.len())], &mut dice)).await;
            frames += 1;
        }
        let _ = call.out.finish();
        soon("the office to be cut off", call.connection.closed()).await;
    };
    eprintln!("{STRANGERS} strangers, then {frames} frames on {connections} connections");
    says(&words, "cooling down");
    stage.exchange();
}
