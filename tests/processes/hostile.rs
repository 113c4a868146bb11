//! A hostile peer against a real daemon: whatever it sends changes nothing, the daemon lives, and the others are served.

use interoffice_certs::OfficeKeys;
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::epoch::{Epoch, Version};
use interoffice_protocol::ids::{LinkId, Nonce, RecordId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Batch, Change, Entry, Hello, Message, Outcome, Pair, PairRefusal, Ping, Resume};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Record, Scope};
use interoffice_protocol::statement::{
    Accept, Audience, Body, Delete, EndReason, HoldTerms, Receipt, ReceiptLevel, RemovalCover, Request, Subject, Terms, Withdraw,
};
use interoffice_tests::{Office, card, eventually, exit, import, linked, says, share, until};
use serde_json::Value;

use interoffice_tests::caller::{Call, Voice, fresh_keys, hello, id_of, listen, read, scripted, soon};

/// Office B with its honest partner A, and what B looked like before the attack.
struct Stage {
    a: Office,
    b: Office,
    link: String,
    records: Vec<String>,
    before: (Value, Value),
    process: Option<u32>,
    edits: usize,
}

fn seen(b: &Office) -> (Value, Value) {
    (b.json(&["link", "list"]), b.json(&["record", "list", "--limit", "0"]))
}

impl Stage {
    fn new() -> Self {
        let (a, b, link) = linked();
        let records = import(a.user("ann"), &(card("Carl Client") + &card("Cora Client")));
        share(a.user("ann"), &link, &records);
        let (before, process) = (seen(&b), b.process());
        Self { a, b, link, records, before, process, edits: 0 }
    }

    /// Pairs B with an office whose keys are then used without its daemon.
    fn gone_bad(&self, name: &str) -> OfficeKeys {
        scripted(name, &self.b)
    }

    /// Nothing changed at B, the same process runs, and A's user is served: an edit arrives.
    fn unharmed(&mut self, after: &str) {
        assert_eq!(seen(&self.b), self.before, "nothing changed after: {after}");
        self.served(after);
    }

    fn served(&mut self, after: &str) {
        self.edits += 1;
        let note = format!("NOTE=edit {}", self.edits);
        self.a.user("ann").cli(&["record", "edit", &self.records[0], "--set", &note]).ok();
        let arrived = || self.b.user("bob").json(&["record", "show", &self.records[0]]).to_string().contains(&note[5..]);
        until(&format!("A is served after: {after}"), arrived);
        assert_eq!(self.b.json(&["status"])["daemon"]["pid"].as_u64(), self.process.map(u64::from), "the daemon lives after: {after}");
        self.before = seen(&self.b);
    }

    fn link_id(&self) -> LinkId {
        self.link.parse().expect("a link id")
    }
}

fn user(name: &str) -> UserName {
    UserName::new(name).expect("a user name")
}

fn ping() -> Ping {
    Ping { nonce: Nonce([1; 16]), answer: false }
}

fn request_body() -> Body {
    let (scope, hold) = (Scope::standard(), HoldTerms::None);
    let terms = Terms { purpose: String::new(), level: Level::Read, scope, not_after_ms: None, lease_s: limits::LEASE_SHORT_S, hold };
    Body::Request(Request { terms, secret: [3; 32] })
}

fn opening() -> Subject {
    Subject::Opening { owner: user("mallory"), reader: user("bob") }
}

/// S-36, C-10: callers that are no peer, or not whom they claim to be, get a closed connection and learn nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_impostors_change_nothing() {
    let mut stage = Stage::new();
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let keys = fresh_keys(1);

    let mut call = Call::greeted(&keys, address, to).await;
    call.send(ping()).await;
    says(&call.closed().await.1, "not paired");
    stage.unharmed("an unknown office");

    let mut call = Call::greeted(&keys, address, to).await;
    call.send(Pair::Start { token: [7; 16], commitment: [7; 32] }).await;
    assert_eq!(call.next().await, Some(Message::Pair(Pair::Refused { reason: PairRefusal::UnknownToken })));
    stage.unharmed("an unknown office with a token of its own");

    // A's chain is no secret; A's TLS key is.
    let honest = OfficeKeys::load(&stage.a.folder()).expect("A's keys");
    let mut call = Call::silent(&keys, address).await;
    call.send(hello(&honest, to, 6)).await;
    says(&call.closed().await.1, "certificate");
    stage.unharmed("somebody else's certificate under A's name");

    let mut call = Call::silent(&keys, address).await;
    call.send(hello(&keys, id_of(&stage.a), 6)).await;
    says(&call.closed().await.1, "another one");
    stage.unharmed("a Hello for another office");

    let mut forged: Hello = hello(&honest, to, 6);
    forged.chain[0].signature[5] ^= 1;
    let mut call = Call::silent(&keys, address).await;
    call.send(forged).await;
    says(&call.closed().await.1, "keys");
    stage.unharmed("a chain of keys that does not hold");
    assert!(!stage.b.json(&["peer", "list"]).to_string().contains("Office M"), "no stranger is on the list");
}

/// S-36: bytes that are no conversation, before anybody greeted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames_change_nothing() {
    let mut stage = Stage::new();
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let keys = fresh_keys(2);
    let greeting = Message::from(hello(&keys, to, 1)).to_frame().to_bytes();
    let with = |kind: u8, length: u32, body: &[u8]| [&[kind, 1][..], &length.to_be_bytes(), body].concat();
    let garbage: Vec<u8> = (0..200).map(|index: u8| index.wrapping_mul(37) ^ 0x5A).collect();
    let mut trailing = greeting.clone();
    trailing.push(0);
    trailing[5] = trailing[5].wrapping_add(1);
    let attacks: [(&str, Vec<u8>); 6] = [
        ("a frame before Hello", Message::from(ping()).to_frame().to_bytes()),
        ("a statement before Hello", with(65, 4, &[0; 4])),
        ("an oversized frame", with(1, u32::MAX, &[])),
        ("an oversized batch", with(33, 64 * 1024 * 1024, &[])),
        ("a malformed Hello", with(1, 200, &garbage)),
        ("a Hello with a byte too many", trailing),
    ];
    for (what, bytes) in attacks {
        let mut call = Call::silent(&keys, address).await;
        call.send_bytes(&bytes).await;
        call.closed().await;
        stage.unharmed(what);
    }
    let mut call = Call::silent(&keys, address).await;
    call.send_bytes(&greeting[..greeting.len() / 2]).await;
    call.out.finish().expect("the stream ends");
    call.closed().await;
    stage.unharmed("a Hello that was cut off");
}

/// S-22, S-31, C-15: a paired office that declares what it has no right to is refused, statement by statement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_office_can_not_speak_for_others() {
    let mut stage = Stage::new();
    let bad = stage.gone_bad("Office M");
    let (address, to, link) = (stage.b.address(), id_of(&stage.b), stage.link_id());
    let mut voice = Voice::new(&bad, to);
    let mut call = Call::greeted(&bad, address, to).await;
    let about = Subject::Link { link, request: StatementHash::NONE, owner: user("ann"), reader: user("bob") };

    let misdirected = voice.sign_to(Audience::Office(id_of(&stage.a)), opening(), &request_body());
    assert_eq!(call.say(&misdirected).await, Outcome::Refused, "a statement for another office");
    let other = fresh_keys(9);
    let foreign = Voice::new(&other, to).sign(opening(), &request_body());
    assert_eq!(call.say(&foreign).await, Outcome::Refused, "a statement of another office");
    let delete = voice.sign(about.clone(), &Body::Delete(Delete { reason: EndReason::Deleted, note: String::new() }));
    assert_eq!(call.say(&delete).await, Outcome::Refused, "the end of somebody else's link");
    voice.said(&delete);
    let Body::Request(Request { terms, .. }) = request_body() else { unreachable!("a request") };
    let accept = voice.sign(about.clone(), &Body::Accept(Accept { terms }));
    assert_eq!(call.say(&accept).await, Outcome::Refused, "an accept for somebody else's link");
    voice.said(&accept);
    let end = RemovalCover::Link { end: StatementHash::NONE };
    let (level, root, holds) = (ReceiptLevel::Erased, [0; 32], Vec::new());
    let receipt = Receipt { level, cover: end, count: 2, root, chunks: 1, removed_at_ms: 0, held: 0, holds };
    assert_eq!(call.say(&voice.sign(about, &Body::Receipt(receipt))).await, Outcome::Refused, "a receipt nobody asked for");
    stage.unharmed("statements about what is not its own");

    // The data lane: records under a link of others, and asking for those records.
    let epoch = Epoch { counter: 1, identity: [9; 16] };
    let record: RecordId = stage.records[0].parse().expect("a record id");
    let change = Change::Put { version: Version { epoch: 99, counter: 99 }, record: Box::new(empty_record()) };
    let batch = Batch { link, epoch, from: 0, to: 1, entries: vec![Entry { record, change }], digest_after: SetDigest::EMPTY };
    let resume = Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY };
    let _stream = call.data(&[batch.into(), resume.into()]).await;
    let mut asked = call.data(&[]).await;
    asked.write_all(&[0; 0]).await.expect("the lane is open");
    call.send(ping()).await;
    while !matches!(call.next().await, Some(Message::Ping(_))) {}
    stage.unharmed("a batch for a link of others");
    says(&std::fs::read_to_string(stage.b.log()).expect("a log"), "no such part");
}

fn empty_record() -> Record {
    let contact = interoffice_protocol::record::RecordKind::Contact;
    Record { kind: contact, display_name: "Mallory was here".to_owned(), properties: Vec::new(), related: Vec::new(), members: Vec::new() }
}

/// C-10, S-36: a paired office that breaks the rules of the wire is cut off, and after ten bad frames for a while; its admin is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_office_that_breaks_the_wire_is_cut_off() {
    let mut stage = Stage::new();
    let bad = stage.gone_bad("Office M");
    let (address, to, link) = (stage.b.address(), id_of(&stage.b), stage.link_id());
    let mut voice = Voice::new(&bad, to);
    let mut wrong = voice.sign(opening(), &request_body());
    wrong.signature[7] ^= 1;
    let resume = Message::from(Resume { link, epoch: None, cursor: 0, digest: SetDigest::EMPTY });
    let attacks: [(&str, Vec<u8>, &str); 5] = [
        ("data on the control lane", resume.to_frame().to_bytes(), "lanes"),
        ("a second Hello", Message::from(hello(&bad, to, 8)).to_frame().to_bytes(), "greeted twice"),
        ("an oversized frame", vec![4, 1, 0xFF, 0xFF, 0xFF, 0xFF], "longer message"),
        ("a malformed answer", vec![4, 1, 0, 0, 0, 3, 1, 2, 3], "make no sense"),
        ("a wrong signature", Message::from(wrong).to_frame().to_bytes(), "wrong signature"),
    ];
    for (what, bytes, words) in &attacks {
        let mut call = Call::greeted(&bad, address, to).await;
        call.send_bytes(bytes).await;
        says(&call.closed().await.1, words);
        stage.unharmed(what);
    }
    let call = Call::greeted(&bad, address, to).await;
    let _control_on_data = call.data(&[voice.sign(opening(), &request_body()).into()]).await;
    says(&call.closed().await.1, "lanes");
    stage.unharmed("a statement on the data lane");
    says(&format!("{:?}", stage.b.events()), "wrong signature");

    // Each of these is one bad frame more.
    for _ in attacks.len() + 1..limits::BAD_FRAMES_MAX as usize {
        let mut call = Call::greeted(&bad, address, to).await;
        call.send_bytes(&attacks[3].1).await;
        call.closed().await;
    }
    let mut late = Call::silent(&bad, address).await;
    late.send(hello(&bad, to, 9)).await;
    says(&late.closed().await.1, "cooling down");
    stage.unharmed("ten bad frames");
}

/// C-03, C-11: what was said once can be said again by anybody who heard it, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_and_reordered_statements_change_nothing() {
    let mut stage = Stage::new();
    let (bad, other) = (stage.gone_bad("Office M"), stage.gone_bad("Office N"));
    let (address, to) = (stage.b.address(), id_of(&stage.b));
    let mut voice = Voice::new(&bad, to);
    let captured = voice.sign(opening(), &request_body());
    let mut call = Call::greeted(&bad, address, to).await;
    assert_eq!(call.say(&captured).await, Outcome::Stored);
    voice.said(&captured);
    let waiting = stage.b.user("bob").json(&["link", "list", "--sharing-with-me", "--status", "waiting"]);
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "the request itself is a good one");
    stage.before = seen(&stage.b);

    assert_eq!(call.say(&captured).await, Outcome::Stored, "the same answer again");
    stage.unharmed("a replay on the same connection");
    let mut again = Call::greeted(&bad, address, to).await;
    assert_eq!(again.say(&captured).await, Outcome::Stored);
    stage.unharmed("a replay on a later connection");
    let mut elsewhere = Call::greeted(&other, address, to).await;
    let outcome = elsewhere.say(&captured).await;
    assert!(matches!(outcome, Outcome::Stored | Outcome::Refused), "a replay by another office: {outcome:?}");
    stage.unharmed("a replay by another office");

    let link: LinkId = waiting[0]["link"].as_str().expect("an id").parse().expect("a link id");
    let about = Subject::Link { link, request: captured.hash(), owner: user("mallory"), reader: user("bob") };
    let withdraw = Body::Withdraw(Withdraw { reason: String::new() });
    voice.sequence += 4;
    assert_eq!(again.say(&voice.sign(about.clone(), &withdraw)).await, Outcome::Gap { expected: 2 }, "four statements are missing");
    stage.unharmed("a statement out of order");
    voice.sequence -= 4;
    assert_eq!(again.say(&voice.sign(about.clone(), &withdraw)).await, Outcome::Stored);
    until("the request is gone", || stage.b.json(&["link", "show", &link.to_string()])["status"] == "Ended");
    stage.before = seen(&stage.b);
    assert_eq!(again.say(&captured).await, Outcome::Stored);
    stage.unharmed("a replay of a request that was withdrawn");

    let twin = voice.sign(about, &Body::Delete(Delete { reason: EndReason::Deleted, note: "second version".to_owned() }));
    again.send(twin).await;
    says(&again.closed().await.1, "two statements where only one may stand");
    stage.unharmed("two statements with one number");
}

/// C-02, N-10: at A's address somebody answers with A's chain and a certificate of his own; B says so, and bob ends the link alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c_02_a_link_ends_while_an_impostor_answers() {
    let mut stage = Stage::new();
    let (address, to) = (stage.a.address(), id_of(&stage.b));
    let honest = OfficeKeys::load(&stage.a.folder()).expect("A's keys");
    stage.a.kill9();
    let door = listen(&fresh_keys(4), address);
    let impostor = door.clone();
    let answering = tokio::spawn(async move {
        while let Some(incoming) = impostor.accept().await {
            let Ok(connection) = incoming.await else { continue };
            let Ok((mut out, mut input)) = connection.accept_bi().await else { continue };
            read(&mut input).await;
            let _ = out.write_all(&Message::from(hello(&honest, to, 1)).to_frame().to_bytes()).await;
            soon("B to hang up", connection.closed()).await;
        }
    });
    stage.b.restart();
    let peer = eventually("B sees that it is not A", || {
        let peer = stage.b.peer(&stage.a);
        peer["connection"]["reason"].as_str().is_some_and(|reason| reason.contains("certificate")).then_some(peer)
    });
    assert_ne!(peer["connection"]["state"], "connected");
    says(&peer["connection"]["reason"].to_string(), "someone may stand in between");
    let bob = stage.b.user("bob");
    assert_eq!(bob.records().len(), 2, "nothing was lost to the impostor");
    bob.cli(&["link", "delete", &stage.link, "--yes"]).ok();
    assert!(bob.records().is_empty());
    bob.cli(&["record", "show", &stage.records[0]]).ended(exit::NOT_FOUND);
    assert!(stage.b.peer(&stage.a)["waiting_statements"].as_u64().is_some_and(|waiting| waiting >= 1), "the notice waits for the real A");
    door.close(0u32.into(), b"");
    answering.await.expect("the impostor leaves");
    soon("the address to be free", door.wait_idle()).await;
    drop(door);
    stage.a.serve();
    stage.a.cli(&["link", "wait", &stage.link, "--until", "erased"]).ok();
}
