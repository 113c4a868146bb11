//! The book of the model: every statement that is ever said, signed once by a real signer and verified by the real rules, and what
//! every set of them comes to.

use std::collections::{HashMap, HashSet};

use interoffice_core::actions::inbound::out_of_turn;
use interoffice_core::store::peers::{PeerRow, Standing};
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId, StatementHash};
use interoffice_protocol::link::{LinkSet, LinkState, Side};
use interoffice_protocol::messages::Outcome;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::statement::{
    Accept, Audience, Body, Chain, Decline, Delete, Envelope, Freeze, HoldTerms, KeySet, KeySetAuthority, Receipt, ReceiptLevel,
    RemovalCover, Request, Signed, Signer, Subject, Terms, Thaw, Verified, VerifyFault, Withdraw, office_id, verify,
};

use super::laws;
use super::words::{Said, Word, Words};

/// When everything of the model happens (milliseconds since 1970, UTC).
const NOW_MS: i64 = 1_900_000_000_000;

/// A law that does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    /// Its number in the list of invariants.
    pub(crate) invariant: &'static str,
    /// What was found.
    pub(crate) what: String,
    /// What happened up to there.
    pub(crate) steps: Vec<String>,
}

impl Broken {
    pub(super) fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into(), steps: Vec::new() }
    }
}

/// An office of the model with its keys.
pub(super) struct Keys {
    pub(super) id: OfficeId,
    pub(super) signer: Signer,
    pub(super) chain: Chain,
}

impl Keys {
    fn new(seed: u8) -> Self {
        let root_secret = [seed; 32];
        let id = office_id(&Signer::root(OfficeId([0; 32]), &root_secret).public_key());
        let (root, signer) = (Signer::root(id, &root_secret), Signer::new(id, 1, &[seed + 100; 32]));
        let set = KeySet {
            version: 1,
            authority: KeySetAuthority::Root,
            root_key: root.public_key(),
            statement_key: signer.public_key(),
            tls_pins: vec![[seed; 32]],
            recovery_key: [0; 32],
            not_after_ms: NOW_MS + 1,
            previous: StatementHash::NONE,
        };
        let signed = root.sign(envelope(Audience::Everyone, Subject::Office, 1, StatementHash::NONE), &set.into());
        Self { id, chain: Chain::verify(&[signed]).expect("the chain of the model holds"), signer }
    }
}

pub(super) fn epoch() -> Epoch {
    Epoch { counter: 2, identity: [7; 16] }
}

/// An envelope of the model; its sender is filled in by the signer.
pub(super) fn envelope(to: Audience, subject: Subject, sequence: u64, previous: StatementHash) -> Envelope {
    Envelope {
        from: OfficeId([0; 32]),
        to,
        subject,
        epoch: epoch(),
        sequence,
        previous,
        nonce: Nonce([sequence as u8; 16]),
        issued_at_ms: NOW_MS,
        extensions: Vec::new(),
    }
}

pub(super) fn user(name: &str) -> UserName {
    UserName::new(name).expect("a valid name")
}

pub(super) fn terms() -> Terms {
    let (purpose, scope) = ("the model".to_owned(), Scope::standard());
    Terms { purpose, level: Level::Read, scope, not_after_ms: Some(NOW_MS), lease_s: 60, hold: HoldTerms::None }
}

/// The book.
pub(super) struct Book {
    pub(super) owner: Keys,
    pub(super) reader: Keys,
    pub(super) third: Keys,
    statements: HashMap<(Side, Words), Verified>,
    states: HashMap<Said, LinkState>,
    merged: HashSet<(Said, Said)>,
}

impl Book {
    pub(super) fn new() -> Self {
        let [owner, reader, third] = [1, 2, 3].map(Keys::new);
        Self { owner, reader, third, statements: HashMap::new(), states: HashMap::new(), merged: HashSet::new() }
    }

    /// How many different statements were signed, and how many sets of them were looked at.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.statements.len(), self.states.len())
    }

    pub(super) fn keys(&self, side: Side) -> &Keys {
        match side {
            Side::Owner => &self.owner,
            Side::Reader => &self.reader,
        }
    }

    /// The request, and the link that it opens.
    pub(super) fn request(&mut self) -> Result<(StatementHash, LinkId), Broken> {
        let request = self.statement(Side::Owner, Words::default().with(Word::Request))?;
        Ok((request.hash(), request.link().ok_or_else(|| Broken::new("INV-02", "a request opens no link"))?))
    }

    /// The last of `words`, as the other office has verified it.
    pub(super) fn statement(&mut self, side: Side, words: Words) -> Result<Verified, Broken> {
        if let Some(known) = self.statements.get(&(side, words)) {
            return Ok(known.clone());
        }
        let signed = self.sign(side, words)?;
        let (from, to) = (self.keys(side), self.keys(side.other()));
        let verified = verify(signed, &from.chain, to.id, NOW_MS);
        let verified = verified.map_err(|fault| Broken::new("INV-05", format!("{words:?} of the {side:?} is refused: {fault}")))?;
        laws::of_statement(self, side, &verified)?;
        self.statements.insert((side, words), verified.clone());
        Ok(verified)
    }

    fn sign(&mut self, side: Side, words: Words) -> Result<Signed, Broken> {
        let before = words.first(words.len() - 1);
        let previous = if before.len() == 0 { StatementHash::NONE } else { self.statement(side, before)?.hash() };
        let word = words.iter().last().ok_or_else(|| Broken::new("INV-04", "nothing is to be said"))?;
        let subject = if word == Word::Request { opening() } else { self.subject()? };
        let body = self.body(side, word, words)?;
        let to = Audience::Office(self.keys(side.other()).id);
        Ok(self.keys(side).signer.sign(envelope(to, subject, words.len() as u64, previous), &body))
    }

    /// The subject of everything that follows the request.
    pub(super) fn subject(&mut self) -> Result<Subject, Broken> {
        let (request, link) = self.request()?;
        Ok(Subject::Link { link, request, owner: user("ann"), reader: user("bob") })
    }

    fn body(&mut self, side: Side, word: Word, words: Words) -> Result<Body, Broken> {
        let text = String::new;
        Ok(match word {
            Word::Request => Request { terms: terms(), secret: [9; 32] }.into(),
            Word::Accept => Accept { terms: terms() }.into(),
            Word::Decline => Decline { reason: text() }.into(),
            Word::Withdraw => Withdraw { reason: text() }.into(),
            Word::Delete | Word::RightOff | Word::Expire => Delete { reason: word.reason(), note: text() }.into(),
            Word::Freeze => Freeze { reason: text() }.into(),
            Word::Thaw => {
                let place = words.first(words.len() - 1).frozen_at().ok_or_else(|| Broken::new("INV-04", "nothing is frozen"))?;
                Thaw { freeze: self.statement(side, words.first(place + 1))?.hash() }.into()
            }
            Word::Receipt => receipt(self.request()?.0).into(),
        })
    }

    /// Whether the office that heard `heard` words of `side` takes the last of `words`; an honest one that comes in its turn is taken.
    pub(super) fn is_taken(&mut self, side: Side, words: Words, heard: usize) -> Result<bool, Broken> {
        let row = self.peer_row(side, words.first(heard))?;
        let statement = self.statement(side, words)?;
        match out_of_turn(&row, statement.envelope()) {
            None => Ok(true),
            Some(refused) if matches!(refused.outcome, Outcome::Gap { .. }) => Ok(false),
            Some(refused) => {
                let what = format!("{words:?} of the {side:?} after {heard} of them: {:?}", refused.misbehaviour);
                Err(Broken::new("INV-27", what))
            }
        }
    }

    /// What the other office has noted of `side` after it heard `words`.
    pub(super) fn peer_row(&mut self, side: Side, words: Words) -> Result<PeerRow, Broken> {
        let heard_hash = if words.len() == 0 { StatementHash::NONE } else { self.statement(side, words)?.hash() };
        Ok(PeerRow {
            row: 1,
            office: self.keys(side).id,
            name: String::new(),
            addresses: Vec::new(),
            standing: Standing::Paired,
            confirmed_here: true,
            confirmed_there: true,
            words: Vec::new(),
            heard: (words.len() > 0).then(epoch),
            heard_sequence: words.len() as u64,
            heard_hash,
            issued_sequence: 0,
            issued_hash: StatementHash::NONE,
            last_heard_ms: None,
        })
    }

    /// The statements of a set, in the order in which they were said, the owner's first.
    pub(super) fn statements(&mut self, said: Said) -> Result<Vec<Verified>, Broken> {
        let mut statements = Vec::new();
        for side in [Side::Owner, Side::Reader] {
            let words = said.by(side);
            for count in 1..=words.len() {
                statements.push(self.statement(side, words.first(count))?);
            }
        }
        Ok(statements)
    }

    /// The set of what was said, put together in that order.
    pub(super) fn set(&mut self, said: Said) -> Result<LinkSet, Broken> {
        let mut set = LinkSet::new(self.request()?.1);
        for statement in self.statements(said)? {
            let kind = statement.body().kind();
            set.insert(statement)
                .map_err(|misfit| Broken::new("INV-05", format!("an honest {kind:?} of {said:?} is refused: {misfit}")))?;
        }
        Ok(set)
    }

    /// Where the link stands when this was said; every law about sets is checked when it is asked for the first time.
    pub(super) fn state(&mut self, said: Said) -> Result<LinkState, Broken> {
        if let Some(known) = self.states.get(&said) {
            return Ok(*known);
        }
        let state = self.set(said)?.state();
        laws::of_set(self, said, state)?;
        self.states.insert(said, state);
        Ok(state)
    }

    /// Checks, once for each pair, that what two offices know comes to the same whoever tells whom.
    pub(super) fn merge(&mut self, one: Said, other: Said) -> Result<(), Broken> {
        if self.merged.insert((one, other)) { laws::of_merging(self, one, other) } else { Ok(()) }
    }

    /// What a third office, or the wrong one, finds wrong with a statement.
    pub(super) fn fault_at(&self, signed: Signed, from: Side, to: OfficeId) -> Option<VerifyFault> {
        verify(signed, &self.keys(from).chain, to, NOW_MS).err()
    }
}

pub(super) fn opening() -> Subject {
    Subject::Opening { owner: user("ann"), reader: user("bob") }
}

fn receipt(end: StatementHash) -> Receipt {
    let cover = RemovalCover::Link { end };
    Receipt { level: ReceiptLevel::Erased, cover, count: 0, root: [0; 32], chunks: 0, removed_at_ms: NOW_MS, held: 0, holds: Vec::new() }
}
