//! The peer door under callers who come again and again: what they say is judged each time, and costs no more lines than one an hour.

use interoffice_certs::OfficeKeys;
use interoffice_core::actions::peers;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::audit;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::Nonce;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Hello, Lane, Message, Pair};
use interoffice_protocol::misbehaviour::Misbehaviour;
use quinn::ConnectionError;

use super::greeting::{self, Greeted, Known};
use super::wire::{Read, Reader, send};
use super::{PeerDoor, endpoint};
use crate::house::Priority;
use crate::house::testing::{self, keys};

async fn open(folder: &std::path::Path) -> PeerDoor {
    PeerDoor::open(&testing::open(folder).await).unwrap()
}

fn hello(keys: &OfficeKeys, door: &PeerDoor) -> Hello {
    Hello {
        to: door.house().keys().office(),
        chain: keys.chain().signed().to_vec(),
        epoch: Epoch { counter: 1, identity: [1; 16] },
        heard_epoch: None,
        heard_sequence: 0,
        issued_sequence: 0,
        office_name: "Office B".to_owned(),
        addresses: Vec::new(),
        nonce: Nonce([1; 16]),
        paired: false,
    }
}

async fn lines(door: &PeerDoor, verb: &'static str) -> usize {
    let all = door.house().read(|view| Ok(audit::since(view, 0, 10_000)?)).await.unwrap();
    all.iter().filter(|line| line.verb == verb).count()
}

/// Calls under fresh keys with an invite that was never made; gives the words with which the connection was closed, if it was.
async fn guess(door: &PeerDoor) -> Option<String> {
    let keys = keys();
    let caller = endpoint::bind(&keys, ([127, 0, 0, 1], 0).into()).unwrap();
    let connection = endpoint::dial(&caller, door.house().listening().unwrap()).await.unwrap();
    let (mut out, stream) = connection.open_bi().await.unwrap();
    send(&mut out, hello(&keys, door)).await;
    send(&mut out, Pair::Start { token: [7; 16], commitment: [7; 32] }).await;
    let mut reader = Reader::new(stream, Lane::Control);
    let mut refused = false;
    while let Ok(Read::Message(message)) = reader.next().await {
        refused |= matches!(message, Message::Pair(Pair::Refused { .. }));
    }
    match connection.closed().await {
        ConnectionError::ApplicationClosed(close) if !refused => Some(String::from_utf8_lossy(&close.reason).into_owned()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pairing_attempts_beyond_the_rate_are_closed_and_leave_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let door = open(folder.path()).await;
    let running = door.start();
    for _ in 0..limits::UNKNOWN_OFFICE_PER_MIN {
        assert_eq!(guess(&door).await, None, "an attempt within the rate is answered");
    }
    for _ in 0..3 {
        assert_eq!(guess(&door).await.as_deref(), Some(Misbehaviour::TooManyPairings.words()));
    }
    assert_eq!(lines(&door, "peer.pairing-refused").await, limits::UNKNOWN_OFFICE_PER_MIN as usize);
    door.house().stop();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_office_that_repeats_itself_gets_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let door = open(folder.path()).await;
    let theirs = keys();
    let said = |change: &dyn Fn(&mut Hello)| {
        let mut hello = hello(&theirs, &door);
        change(&mut hello);
        Greeted { chain: theirs.chain().clone(), hello }
    };
    let first = said(&|_| {});
    let met = door.house().write(Priority::People, move |tx| peers::met(tx, &first.introduction(), &["apple", "pear"], None));
    met.await.unwrap();

    for name in ["Office C", "Office D", "Office E"] {
        let known = greeting::recognise(&door, &said(&|hello| hello.office_name = name.to_owned())).await.unwrap();
        assert!(matches!(known, Known::Peer(peer) if peer.name == name));
    }
    assert_eq!(lines(&door, "peer.renamed").await, 1);

    for _ in 0..3 {
        let far = Epoch { counter: limits::EPOCH_JUMP_MAX + 2, identity: [9; 16] };
        let known = greeting::recognise(&door, &said(&|hello| hello.heard_epoch = Some(far))).await.unwrap();
        assert!(matches!(known, Known::Wrong(Misbehaviour::EpochImplausible)), "{known:?}");
    }
    assert_eq!(lines(&door, "peer.refused").await, 1);

    for _ in 0..3 {
        let more = Epoch { counter: 2, identity: [9; 16] };
        let known = greeting::recognise(&door, &said(&|hello| hello.heard_epoch = Some(more))).await.unwrap();
        assert!(matches!(known, Known::WeAreOld), "{known:?}");
    }
    assert_eq!(lines(&door, "office.older-than-peers").await, 1);
    let words: Vec<_> = door.house().read(|view| peers::list(view, &Actor::Operator)).await.unwrap();
    assert_eq!(words[0].name, "Office E", "what is refused changes nothing");
}
