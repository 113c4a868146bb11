//! Links as sets of statements: in whatever order and how often they come, the link is the same, and an end is for ever.

use interoffice_protocol::ids::{LinkId, StatementHash};
use interoffice_protocol::link::{LinkSet, LinkState};
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{
    Accept, Amend, Audience, Body, Decline, Delete, EndReason, Envelope, Freeze, HoldTerms, Request, Signed, Subject, Terms, Thaw,
    Verified, Withdraw,
};
use interoffice_protocol::wire::codec;

use crate::bytes::Bytes;
use crate::keys::{Keys, envelope, user};

thread_local! {
    static OFFICES: [Keys; 3] = [Keys::new(1), Keys::new(2), Keys::new(3)];
}

/// Statements that one run says about a link, at most; far below the bound on those that wait for their Request, up to which alone the
/// order does not matter.
const SAID_MAX: usize = 24;

/// What is said about one link, and two orders in which it arrives.
pub fn link(bytes: &[u8]) {
    let mut bytes = Bytes::new(bytes);
    let said = OFFICES.with(|offices| Talk::new(offices).listen(&mut bytes));
    let link = said[0].link().expect("a request opens a link");
    let (first, state) = gather(link, said.iter());
    let mut order: Vec<&Verified> = said.iter().collect();
    for at in (1..order.len()).rev() {
        order.swap(at, bytes.below(at + 1));
    }
    // Some come twice, and all of them once more at the end.
    let again: Vec<&Verified> = order.iter().copied().filter(|_| bytes.rarely(3)).collect();
    let (second, other) = gather(link, again.into_iter().chain(order).chain(said.iter()));
    assert_eq!(first, second, "the set is the same in every order");
    assert_eq!(state, other);
    let kept: Vec<StatementHash> = first.statements().map(Verified::hash).collect();
    assert!(kept.is_sorted() && kept.len() <= said.len());
    founded(&first, state);
}

/// Inserts statements one after the other; what is refused changes nothing, and what ended stays so.
fn gather<'v>(link: LinkId, statements: impl Iterator<Item = &'v Verified>) -> (LinkSet, LinkState) {
    let mut set = LinkSet::new(link);
    for statement in statements {
        let before = set.clone();
        let was = set.state();
        match set.insert(statement.clone()) {
            Ok(true) => assert!(set.statements().any(|kept| kept == statement)),
            Ok(false) | Err(_) => assert_eq!(set, before, "what is known or refused changes nothing"),
        }
        match (was, set.state()) {
            (LinkState::Ended(before), LinkState::Ended(after)) => assert!(after <= before, "the first reason in order counts"),
            (LinkState::Ended(_), now) => panic!("an ended link became {now:?}"),
            (LinkState::Active { .. }, LinkState::Waiting | LinkState::Unknown) | (LinkState::Waiting, LinkState::Unknown) => {
                panic!("a link went back")
            }
            _ => {}
        }
    }
    let state = set.state();
    (set, state)
}

/// Every statement that was kept is of the side that may say it and about this very link; Active needs an acceptance of these very terms,
/// and is frozen while a freeze stands that its own issuer has not ended.
fn founded(set: &LinkSet, state: LinkState) {
    let (Some(request), Some(parties)) = (set.request(), set.parties()) else { return };
    let mut frozen = false;
    let mut agreed = false;
    for statement in set.statements().filter(|statement| statement.hash() != request.hash()) {
        let Subject::Link { link, request: named, owner, reader } = &statement.envelope().subject else { panic!("about no link") };
        assert_eq!((*link, *named, owner, reader), (set.link(), request.hash(), &parties.owner, &parties.reader));
        match statement.body() {
            Body::Accept(accept) => {
                assert_eq!((statement.from(), Some(&accept.terms)), (parties.reader_office, set.terms()));
                agreed = true;
            }
            Body::Decline(_) => assert_eq!(statement.from(), parties.reader_office),
            Body::Withdraw(_) => assert_eq!(statement.from(), parties.owner_office),
            Body::Freeze(_) => {
                let ended = |other: &Verified| {
                    other.from() == statement.from() && matches!(other.body(), Body::Thaw(thaw) if thaw.freeze == statement.hash())
                };
                frozen |= !set.statements().any(ended);
            }
            _ => assert!([parties.owner_office, parties.reader_office].contains(&statement.from())),
        }
    }
    if let LinkState::Active { frozen: told } = state {
        assert!(agreed, "nobody agreed to an active link");
        assert_eq!(told, frozen);
    }
}

fn terms(level: Level) -> Terms {
    let scope = Scope::standard();
    Terms { purpose: "referrals".into(), level, scope, not_after_ms: None, lease_s: 259_200, hold: HoldTerms::None }
}

/// A statement as the store keeps it. A link judges what was verified before, so nothing is signed here, which would take most of the time.
fn as_stored(about: &Envelope, body: &Body) -> Signed {
    let payload = match body {
        Body::Request(body) => codec::encode(&(about, body)),
        Body::Accept(body) => codec::encode(&(about, body)),
        Body::Decline(body) => codec::encode(&(about, body)),
        Body::Withdraw(body) => codec::encode(&(about, body)),
        Body::Delete(body) => codec::encode(&(about, body)),
        Body::Freeze(body) => codec::encode(&(about, body)),
        Body::Thaw(body) => codec::encode(&(about, body)),
        Body::Amend(body) => codec::encode(&(about, body)),
        other => panic!("nobody says {other:?} here"),
    };
    Signed { kind: body.kind() as u8, version: 1, key_set_version: 1, payload, signature: [0; 64] }
}

/// Two offices and a stranger who talk about a link.
struct Talk<'k> {
    offices: &'k [Keys; 3],
    said: Vec<Verified>,
    sequence: u64,
}

impl<'k> Talk<'k> {
    fn new(offices: &'k [Keys; 3]) -> Self {
        let mut talk = Self { offices, said: Vec::new(), sequence: 1 };
        let opening = Subject::Opening { owner: user("ann"), reader: user("bob") };
        talk.say(0, 1, opening, &Request { terms: terms(Level::Read), secret: [0x5e; 32] }.into());
        talk
    }

    fn say(&mut self, from: usize, to: usize, subject: Subject, body: &Body) {
        let about = envelope(self.offices[from].id, Audience::Office(self.offices[to].id), subject, self.sequence);
        self.sequence += 1;
        self.said.extend(Verified::from_store(as_stored(&about, body)));
    }

    /// The Request first, then whatever the bytes say.
    fn listen(mut self, bytes: &mut Bytes<'_>) -> Vec<Verified> {
        while !bytes.is_empty() && self.said.len() < SAID_MAX {
            let from = bytes.below(3);
            let body = self.body(bytes);
            let subject = self.subject(bytes);
            // The reader speaks to the owner, everybody else to the reader.
            let to = if from == 1 { 0 } else { 1 };
            self.say(from, to, subject, &body);
        }
        self.said
    }

    fn subject(&self, bytes: &mut Bytes<'_>) -> Subject {
        let request = &self.said[0];
        let mut link = request.link().expect("a request opens a link");
        let (mut hash, mut owner, mut reader) = (request.hash(), user("ann"), user("bob"));
        match bytes.below(24) {
            0 => link = LinkId([1; 32]),
            1 => hash = StatementHash([1; 32]),
            2 => owner = user("eve"),
            3 => reader = user("eve"),
            _ => {}
        }
        Subject::Link { link, request: hash, owner, reader }
    }

    fn body(&self, bytes: &mut Bytes<'_>) -> Body {
        let reasons = [EndReason::Deleted, EndReason::RightDisabled, EndReason::UserGone, EndReason::Expired, EndReason::PeerRemoved];
        let one_of_these = self.said[bytes.below(self.said.len())].hash();
        match bytes.below(10) {
            0..=2 => Accept { terms: terms(Level::Read) }.into(),
            3 => Accept { terms: terms(Level::Write) }.into(),
            4 => Decline { reason: String::new() }.into(),
            5 => Withdraw { reason: String::new() }.into(),
            6 => Delete { reason: reasons[bytes.below(5)], note: String::new() }.into(),
            7 => Freeze { reason: String::new() }.into(),
            8 => Thaw { freeze: one_of_these }.into(),
            _ => Amend { terms: terms(Level::Read), agrees_to: one_of_these }.into(),
        }
    }
}
