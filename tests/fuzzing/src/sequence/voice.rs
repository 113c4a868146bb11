//! What the other office says on the control lane: statements that it signs, in their order or twisted, answers, lists, renewals.

use interoffice_core::actions::{inbound, issue, lease, outbound, removal};
use interoffice_core::store::links::LinkRow;
use interoffice_core::store::peers::{self, Standing};
use interoffice_core::store::{log, statements};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, Nonce, StatementHash};
use interoffice_protocol::link::Side;
use interoffice_protocol::merkle;
use interoffice_protocol::messages::{Answer, Leaf, ListChunk, Message, Outcome, Renewal};
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{
    Accept, Amend, Audience, Body, Decline, Delete, EndReason, Envelope, EpochNotice, Extension, Freeze, Head, Hold, HoldTerms, Receipt,
    ReceiptLevel, RemovalCover, Request, Revoke, Signed, Subject, Terms, Thaw, Withdraw,
};

use super::{PEOPLE, Run};
use crate::bytes::Bytes;
use crate::keys::user;

/// What the other office has said.
#[derive(Default)]
pub(super) struct Voice {
    said: Vec<(Signed, Outcome)>,
    /// Receipts with the lists behind them.
    lists: Vec<(StatementHash, Vec<Leaf>)>,
    drawn: u8,
}

/// What is wrong with a statement although it is signed well.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twist {
    None,
    Sequence,
    Previous,
    Recipient,
    Issuer,
    Signature,
    OlderEpoch,
    TwinEpoch,
    NewerEpoch,
    Critical,
    Version,
}

const TWISTS: [Twist; 10] = [
    Twist::Sequence,
    Twist::Previous,
    Twist::Recipient,
    Twist::Issuer,
    Twist::Signature,
    Twist::OlderEpoch,
    Twist::TwinEpoch,
    Twist::NewerEpoch,
    Twist::Critical,
    Twist::Version,
];

impl Run<'_> {
    pub(super) fn the_peer_says(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(16) {
            0..=2 => self.opening(bytes),
            3..=8 => self.about_link(bytes),
            9 => self.about_itself(bytes),
            10 => self.again(bytes),
            11 | 12 => self.answers(bytes),
            13 => self.list(bytes),
            14 => self.renews(bytes),
            _ => self.anything(bytes),
        }
    }

    fn opening(&mut self, bytes: &mut Bytes<'_>) {
        let reader = if bytes.rarely(4) { "nobody" } else { PEOPLE[bytes.below(PEOPLE.len())] };
        let owner = if bytes.rarely(2) { "carol" } else { "dave" };
        let subject = Subject::Opening { owner: user(owner), reader: user(reader) };
        let terms = Terms {
            purpose: "referrals".into(),
            level: Level::ALL[bytes.below(Level::ALL.len())],
            scope: Scope::standard(),
            not_after_ms: None,
            lease_s: 3600 * (1 + u32::from(bytes.byte())),
            hold: HoldTerms::None,
        };
        self.voice.drawn = self.voice.drawn.wrapping_add(1);
        let body = Request { terms, secret: [self.voice.drawn; 32] }.into();
        self.say(subject, &body, bytes);
    }

    fn about_link(&mut self, bytes: &mut Bytes<'_>) {
        let unknown = bytes.rarely(16);
        let Some(row) = self.link(bytes) else { return };
        let (owner, reader) = match row.side {
            Side::Owner => (row.local_user.clone(), row.remote_user.clone()),
            Side::Reader => (row.remote_user.clone(), row.local_user.clone()),
        };
        let link = if unknown { LinkId([bytes.byte(); 32]) } else { row.link };
        let body = self.body(&row, bytes);
        let hash = self.say(Subject::Link { link, request: row.request, owner, reader }, &body, bytes);
        if let (Body::Receipt(_), Some(hash)) = (&body, hash) {
            let leaves = self.leaves(&row);
            self.voice.lists.push((hash, leaves));
        }
    }

    /// What the office believes the other one to hold of a link, as a receipt would list it.
    fn leaves(&self, row: &LinkRow) -> Vec<Leaf> {
        let rows = self.office.read(|view| Ok(log::all(view, row.row)?));
        let held =
            rows.iter().filter_map(|entry| entry.held.or(entry.gone.map(|(version, _)| version)).map(|version| (entry.record, version)));
        held.map(|(record, version)| Leaf { record, version: row.secret.version_id(record, version) }).collect()
    }

    fn body(&mut self, row: &LinkRow, bytes: &mut Bytes<'_>) -> Body {
        let set = self.office.read(|view| Ok(statements::link_set(view, row.link)?));
        let mut terms = set.terms().cloned().expect("a link of the store has a request");
        let any_of_set: Vec<StatementHash> = set.statements().map(|statement| statement.hash()).collect();
        let one = bytes.pick(&any_of_set).copied().unwrap_or(StatementHash::NONE);
        let reasons = [EndReason::Deleted, EndReason::RightDisabled, EndReason::UserGone, EndReason::Expired, EndReason::PeerRemoved];
        match bytes.below(16) {
            0..=5 => {
                if bytes.rarely(8) {
                    terms.purpose.push('!');
                }
                Accept { terms }.into()
            }
            6 => Decline { reason: "no".into() }.into(),
            7 => Withdraw { reason: String::new() }.into(),
            8 => Delete { reason: reasons[bytes.below(5)], note: String::new() }.into(),
            9 => Freeze { reason: String::new() }.into(),
            10 => Thaw { freeze: one }.into(),
            11 => Amend { terms, agrees_to: one }.into(),
            12 => Hold { basis: "a law".into(), until_ms: 0, count: bytes.number(), root: [1; 32] }.into(),
            _ => self.receipt(row, one, bytes).into(),
        }
    }

    fn receipt(&self, row: &LinkRow, end: StatementHash, bytes: &mut Bytes<'_>) -> Receipt {
        let leaves = self.leaves(row);
        let epoch = self.office.read(|view| Ok(interoffice_core::store::office::load(view)?)).epoch.counter;
        let cover = match bytes.below(4) {
            0 => RemovalCover::Part { epoch: bytes.number(), upto: bytes.number() },
            1 => RemovalCover::Part { epoch, upto: row.head },
            _ => RemovalCover::Link { end },
        };
        let mut count = leaves.len() as u64;
        if bytes.rarely(6) {
            count = bytes.number();
        }
        let root = if bytes.rarely(8) { [2; 32] } else { merkle::root(&leaves) };
        let chunks = if bytes.rarely(8) { u32::from(bytes.byte()) } else { u32::from(!leaves.is_empty()) };
        let level = if bytes.rarely(4) { ReceiptLevel::Removed } else { ReceiptLevel::Erased };
        Receipt { level, cover, count, root, chunks, removed_at_ms: self.office.moments.now_ms, held: 0, holds: Vec::new() }
    }

    fn about_itself(&mut self, bytes: &mut Bytes<'_>) {
        let epoch = Epoch { counter: bytes.number(), identity: [7; 16] };
        let body = match bytes.below(4) {
            0 => Revoke { key: [3; 32], epoch, sequence: bytes.number() }.into(),
            1 => EpochNotice { epoch, quotes: None, reported_by: self.office.id }.into(),
            _ => Head { sequence: bytes.number(), hash: [4; 32] }.into(),
        };
        self.say(Subject::Office, &body, bytes);
    }

    /// Says something in its turn, or twisted; gives its hash when it was stored.
    fn say(&mut self, subject: Subject, body: &Body, bytes: &mut Bytes<'_>) -> Option<StatementHash> {
        let twist = if bytes.rarely(5) { TWISTS[bytes.below(TWISTS.len())] } else { Twist::None };
        let signed = self.signed(subject, body, twist, bytes.byte());
        let before = self.state();
        let heard = self.office.read(|view| Ok(peers::find(view, self.peer.id)?)).and_then(|peer| peer.heard);
        let life = signed.envelope().map(|envelope| envelope.epoch);
        let outcome = self.hear(&signed);
        // Nothing is older than what was never heard.
        let old = heard.zip(life).is_some_and(|(heard, life)| life != heard && life.counter <= heard.counter);
        if old || matches!(twist, Twist::Recipient | Twist::Issuer | Twist::Signature | Twist::Previous) {
            assert_ne!(outcome, Outcome::Stored, "a statement that breaks a rule was stored");
        }
        if matches!(twist, Twist::Recipient | Twist::Issuer | Twist::Signature) {
            assert_eq!(self.state(), before, "a statement that nobody said to this office changed something");
        }
        let blocked = self.office.read(|view| Ok(peers::find(view, self.peer.id)?)).is_some_and(|peer| peer.standing != Standing::Paired);
        if blocked && matches!(body, Body::Request(_)) {
            assert_ne!(outcome, Outcome::Stored, "an office that is not paired asked for something");
        }
        if matches!(outcome, Outcome::Gap { .. } | Outcome::Later) {
            assert_eq!(self.state(), before, "a statement that was put off changed something");
        }
        let hash = signed.hash();
        self.voice.said.push((signed, outcome));
        (outcome == Outcome::Stored).then_some(hash)
    }

    fn signed(&self, subject: Subject, body: &Body, twist: Twist, number: u8) -> Signed {
        let peer = self.office.read(|view| Ok(peers::find(view, self.peer.id)?)).expect("the other office is known");
        let (mut epoch, mut sequence, mut previous) = match peer.heard {
            Some(epoch) => (epoch, peer.heard_sequence + 1, peer.heard_hash),
            None => (Epoch { counter: 1, identity: [1; 16] }, 1, StatementHash::NONE),
        };
        let mut extensions = Vec::new();
        let mut to = Audience::Office(self.office.id);
        match twist {
            Twist::Sequence => sequence = u64::from(number),
            Twist::Previous => previous = StatementHash([number.wrapping_add(1); 32]),
            Twist::Recipient => to = if number.is_multiple_of(2) { Audience::Everyone } else { Audience::Office(self.peer.id) },
            Twist::OlderEpoch => epoch.counter = epoch.counter.saturating_sub(1),
            Twist::TwinEpoch => epoch.identity = [number.wrapping_add(2); 16],
            Twist::NewerEpoch => {
                epoch = Epoch { counter: epoch.counter + 1 + u64::from(number), identity: [number; 16] };
                (sequence, previous) = (1, StatementHash::NONE);
            }
            Twist::Critical => {
                extensions.push(Extension { tag: u16::from(number), critical: number.is_multiple_of(2), bytes: vec![number] })
            }
            // A later version may say that it stands anywhere.
            Twist::Version if number > 200 => {
                epoch.counter = u64::MAX - u64::from(number);
                (sequence, previous) = (1, StatementHash::NONE);
            }
            Twist::None | Twist::Issuer | Twist::Signature | Twist::Version => {}
        }
        let from = self.peer.id;
        let issued_at_ms = self.office.moments.now_ms;
        let envelope = Envelope { from, to, subject, epoch, sequence, previous, nonce: Nonce([number; 16]), issued_at_ms, extensions };
        let mut signed = self.peer.signer.sign(envelope.clone(), body);
        match twist {
            Twist::Issuer => {
                // Its payload says that this office itself said it.
                signed.payload[..32].copy_from_slice(&self.office.id.0);
                self.peer.sign_bytes(&mut signed);
            }
            Twist::Signature => signed.signature[usize::from(number) % 64] ^= 1,
            Twist::Version => {
                signed.version = 2 + number % 4;
                self.peer.sign_bytes(&mut signed);
            }
            _ => {}
        }
        signed
    }

    fn hear(&mut self, signed: &Signed) -> Outcome {
        let peer = self.peer.id;
        // What goes over the wire goes as bytes.
        let Ok(Some(Message::Statement(read))) = Message::from_frame(&Message::Statement(signed.clone()).to_frame()) else {
            panic!("a statement is a message");
        };
        assert_eq!(read, *signed);
        self.office.verb(|tx| inbound::statement(tx, peer, read.clone())).expect("a statement is heard").outcome
    }

    /// Something that was said before, at any later time: the same answer, and nothing changes.
    fn again(&mut self, bytes: &mut Bytes<'_>) {
        let Some((signed, first)) = bytes.pick(&self.voice.said).cloned() else { return };
        let before = self.state();
        let outcome = self.hear(&signed);
        if first == Outcome::Stored {
            assert_eq!(outcome, first, "a repeated statement gets the same answer");
            assert_eq!(self.state(), before, "a repeated statement changed something");
        }
    }

    fn answers(&mut self, bytes: &mut Bytes<'_>) {
        let peer = self.peer.id;
        let waiting = self.office.read(|view| outbound::waiting_statements(view, peer, 0, 1_000));
        let outcome = match bytes.below(12) {
            0 => Outcome::Gap { expected: bytes.number() },
            1 => Outcome::Unsupported,
            2 => Outcome::Refused,
            3 => Outcome::Later,
            _ => Outcome::Stored,
        };
        let statement = match bytes.pick(&waiting) {
            Some((_, signed)) if !bytes.rarely(16) => signed.hash(),
            _ => StatementHash([bytes.byte(); 32]),
        };
        let heard = bytes.number();
        self.office.verb(|tx| inbound::answer(tx, peer, &Answer { statement, outcome })).expect("an answer is taken");
        if bytes.rarely(8) {
            self.office.verb(|tx| issue::reconcile_heard(tx, peer, Some(1), heard)).expect("a greeting is taken");
        }
    }

    fn list(&mut self, bytes: &mut Bytes<'_>) {
        let Some((statement, mut leaves)) = bytes.pick(&self.voice.lists).cloned() else { return };
        if bytes.rarely(6) {
            leaves.pop();
        }
        let chunk = ListChunk { statement, index: u32::from(bytes.rarely(8)), leaves };
        let peer = self.peer.id;
        self.office.verb(|tx| removal::list_chunk(tx, peer, &chunk)).expect("a list is taken");
    }

    fn renews(&mut self, bytes: &mut Bytes<'_>) {
        let links: Vec<LinkId> = (0..bytes.below(3)).filter_map(|_| self.link(bytes)).map(|row| row.link).collect();
        let renewal = Renewal { nonce: Nonce([0; 16]), epoch: Epoch { counter: 1, identity: [1; 16] }, links };
        assert_eq!(renewal.check(), Ok(()));
        let peer = self.peer.id;
        let asked = self.office.read(lease::safe_now);
        self.office.verb(|tx| lease::renewed(tx, peer, &renewal.links, asked)).expect("a renewal is taken");
    }

    /// A statement whose payload is whatever the bytes are, signed well.
    fn anything(&mut self, bytes: &mut Bytes<'_>) {
        let (kind, version) = (bytes.below(20) as u8, 1 + u8::from(bytes.rarely(8)));
        let length = bytes.below(200);
        let payload = bytes.take(length).to_vec();
        let mut signed = Signed { kind, version, key_set_version: 1, payload, signature: [0; 64] };
        self.peer.sign_bytes(&mut signed);
        let outcome = self.hear(&signed);
        self.voice.said.push((signed, outcome));
    }
}
