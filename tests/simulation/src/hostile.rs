//! The hostile office: it has its keys and signs well, and says what is not so. Some of its lies go past its own order of statements,
//! and must change nothing; others take their place in it, as what it says in earnest does, and must have no effect.

use interoffice_core::store::peers::{self, PeerRow};
use interoffice_core::store::{Tx, links, office, statements};
use interoffice_protocol::digest::SetDigest;
use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{LinkId, Nonce, OfficeId, RecordId, StatementHash};
use interoffice_protocol::link::Side;
use interoffice_protocol::messages::{Batch, BatchAck, ListChunk, Message, Renewal};
use interoffice_protocol::statement::{
    Accept, Audience, Body, Decline, Delete, EndReason, Envelope, Extension, Freeze, Head, Receipt, ReceiptLevel, RemovalCover, Signed,
    Subject, Verified, Withdraw,
};

use crate::check::{self, Violation};
use crate::keys;
use crate::sometimes;
use crate::step::Step;
use crate::world::{Did, World};

/// What the liar knows when it lies.
struct Liar {
    place: usize,
    peer: PeerRow,
    epoch: Epoch,
    /// A link that it has a part in with the office it lies to, or with another.
    row: Option<links::LinkRow>,
    nonce: [u8; 16],
}

impl World {
    /// The hostile office says something false.
    pub(crate) fn lie_step(&mut self, step: Step) -> Did {
        let Step::Lie { to, kind, link } = step else { return Ok(false) };
        let to = to as usize % self.offices.len();
        let Some(from) = self.swarm.hostile.filter(|from| *from != to) else { return Ok(false) };
        if !self.offices[from].up || !self.offices[to].up || !self.connected(from, to) {
            return Ok(false);
        }
        let link = self.link(link).map(|facts| facts.link);
        let (theirs, nonce) = (self.offices[to].id, self.offices[from].draw());
        let known = self.look(from, |view| {
            let row = link.map_or(Ok(None), |link| links::find(view, link))?;
            Ok((peers::find(view, theirs)?, office::load(view)?.epoch, row))
        })?;
        let (Some(peer), epoch, row) = known else { return Ok(false) };
        let liar = Liar { place: from, peer, epoch, row, nonce };
        match kind % 24 {
            kind @ 0..10 => self.lie_past_order(&liar, to, kind, link),
            kind @ 10..19 => self.lie_in_order(&liar, kind, link),
            kind => self.lie_without_signature(&liar, to, kind, link),
        }
    }

    /// A statement that the other office must refuse without giving it a place.
    fn lie_past_order(&mut self, liar: &Liar, to: usize, kind: u32, link: Option<LinkId>) -> Did {
        let (mine, theirs) = (self.offices[liar.place].id, to);
        let heard = self.look(theirs, |view| Ok(peers::find(view, mine)?.is_some_and(|peer| peer.heard.is_some())))?;
        if !heard && matches!(kind, 2 | 4 | 5) {
            // Whoever was never heard may begin in any epoch.
            return Ok(false);
        }
        let subject = liar.subject(link);
        let body = Body::Delete(Delete { reason: EndReason::Deleted, note: String::new() });
        let mut envelope = liar.envelope(subject);
        let mut signer = keys::signer(liar.place);
        match kind {
            0 => envelope.to = Audience::Office(OfficeId([7; 32])),
            1 => envelope.previous = StatementHash([9; 32]),
            2 => envelope.sequence = liar.peer.issued_sequence.max(1),
            3 => envelope.sequence += 5,
            4 => envelope.epoch.counter = envelope.epoch.counter.saturating_sub(1),
            5 => envelope.epoch.identity[0] ^= 1,
            // In another office's name, with a key of its own.
            6 => signer = interoffice_protocol::statement::Signer::new(self.offices[(to + 1) % self.offices.len()].id, 1, &[5; 32]),
            7 => signer = interoffice_protocol::statement::Signer::new(self.offices[liar.place].id, 9, &[5; 32]),
            _ => {}
        }
        let mut signed = signer.sign(envelope, &body);
        match kind {
            8 => signed.payload = not_as_encoded(&signed.payload),
            9 => signed.signature[3] ^= 4,
            _ => {}
        }
        sometimes!("a lie past the order of statements");
        self.must_change_nothing(liar.place, to, Message::Statement(signed))
    }

    /// Something that no signature covers, about links that are not the liar's to speak of.
    fn lie_without_signature(&mut self, liar: &Liar, to: usize, kind: u32, link: Option<LinkId>) -> Did {
        let link = link.unwrap_or(LinkId([3; 32]));
        let ours = |side: Side| liar.row.as_ref().is_some_and(|row| row.side == side && row.peer == liar.peer.row);
        let (nonce, digest, epoch) = (Nonce(liar.nonce), SetDigest::EMPTY, liar.epoch);
        let message: Message = match kind {
            19 if !ours(Side::Owner) => Batch { link, epoch, from: 0, to: 1, entries: Vec::new(), digest_after: digest }.into(),
            20 => Renewal { nonce, epoch, links: vec![link] }.into(),
            21 => ListChunk { statement: StatementHash([1; 32]), index: 0, leaves: Vec::new() }.into(),
            22 if !ours(Side::Reader) => BatchAck { link, epoch, to: 1, digest }.into(),
            _ => BatchAck { link, epoch, to: u64::from(u32::MAX), digest }.into(),
        };
        sometimes!("a lie without a signature");
        self.must_change_nothing(liar.place, to, message)
    }

    fn must_change_nothing(&mut self, from: usize, to: usize, message: Message) -> Did {
        self.trace.tell(|| format!("    a lie to {to}: {}", crate::story::shortly(&message)));
        self.counts.faults += 1;
        let before = check::print(self, to)?;
        self.hand_over(from, to, message, false)?;
        check::unchanged(self, to, before, "INV-05", "a lie")?;
        Ok(true)
    }

    /// A statement that takes the next place in the liar's order and goes out as its others do, and must have no effect.
    fn lie_in_order(&mut self, liar: &Liar, kind: u32, link: Option<LinkId>) -> Did {
        let Some(signed) = self.unfounded(liar, kind, link)? else { return Ok(false) };
        let Ok(verified) = Verified::from_store(signed.clone()) else { return Ok(false) };
        sometimes!("a lie in the order of statements");
        self.counts.faults += 1;
        let (row, sequence) = (liar.peer.row, liar.peer.issued_sequence + 1);
        let peer = liar.peer.office;
        self.verb(liar.place, |tx: &Tx<'_>| {
            statements::insert(tx, row, &verified, true)?;
            peers::set_issued(tx, row, sequence, verified.hash())?;
            tx.ring(interoffice_core::store::Ring::Peer(peer));
            Ok(())
        })?;
        Ok(true)
    }

    /// What the liar has no right to say.
    fn unfounded(&self, liar: &Liar, kind: u32, link: Option<LinkId>) -> Result<Option<Signed>, Violation> {
        let Some(id) = link else { return Ok(None) };
        let theirs = liar.row.as_ref().filter(|row| row.peer == liar.peer.row);
        let foreign = theirs.is_none();
        let terms = |row: &links::LinkRow| {
            let set = self.look(liar.place, |view| Ok(statements::link_set(view, row.link)?))?;
            Ok::<_, Violation>(set.terms().cloned())
        };
        let owner = theirs.filter(|row| row.side == Side::Owner);
        let reader = theirs.filter(|row| row.side == Side::Reader);
        let mut subject = liar.subject(link);
        let (text, mut extensions) = (String::new(), Vec::new());
        let body = match (kind, owner, reader) {
            // Acceptances: of one's own request, of other terms, of another request.
            (10, Some(row), _) => terms(row)?.map(|terms| Body::Accept(Accept { terms })),
            (11, _, Some(row)) => terms(row)?.map(|mut terms| {
                terms.purpose.push('!');
                Body::Accept(Accept { terms })
            }),
            (12, _, Some(row)) => {
                subject = Subject::Link {
                    link: id,
                    request: StatementHash([2; 32]),
                    owner: row.remote_user.clone(),
                    reader: row.local_user.clone(),
                };
                terms(row)?.map(|terms| Body::Accept(Accept { terms }))
            }
            (13, Some(_), _) => Some(Body::Decline(Decline { reason: text })),
            (14, _, Some(_)) => Some(Body::Withdraw(Withdraw { reason: text })),
            (15, Some(_), _) => Some(Body::Receipt(receipt())),
            (16, ..) if foreign => Some(Body::Delete(Delete { reason: EndReason::Deleted, note: text })),
            (17, ..) if foreign => Some(Body::Freeze(Freeze { reason: text })),
            (18, ..) => {
                subject = Subject::Office;
                extensions.push(Extension { tag: 7, critical: true, bytes: Vec::new() });
                Some(Body::Head(Head { sequence: 1, hash: [0; 32] }))
            }
            _ => None,
        };
        let mut envelope = liar.envelope(subject);
        envelope.extensions = extensions;
        Ok(body.map(|body| keys::signer(liar.place).sign(envelope, &body)))
    }
}

impl Liar {
    fn envelope(&self, subject: Subject) -> Envelope {
        Envelope {
            from: OfficeId([0; 32]),
            to: Audience::Office(self.peer.office),
            subject,
            epoch: self.epoch,
            sequence: self.peer.issued_sequence + 1,
            previous: self.peer.issued_hash,
            nonce: Nonce(self.nonce),
            issued_at_ms: 0,
            extensions: Vec::new(),
        }
    }

    /// A link as the liar knows it, or as it makes it up.
    fn subject(&self, link: Option<LinkId>) -> Subject {
        let Some(row) = &self.row else {
            let name = crate::people::valid_name("nobody4").ok();
            return match (link, name) {
                (Some(link), Some(name)) => Subject::Link { link, request: StatementHash([4; 32]), owner: name.clone(), reader: name },
                _ => Subject::Office,
            };
        };
        let (owner, reader) = match row.side {
            Side::Owner => (row.local_user.clone(), row.remote_user.clone()),
            Side::Reader => (row.remote_user.clone(), row.local_user.clone()),
        };
        Subject::Link { link: row.link, request: row.request, owner, reader }
    }
}

fn receipt() -> Receipt {
    Receipt {
        level: ReceiptLevel::Erased,
        cover: RemovalCover::Link { end: StatementHash::NONE },
        count: 0,
        root: [0; 32],
        chunks: 0,
        removed_at_ms: 0,
        held: 0,
        holds: Vec::new(),
    }
}

/// Bytes that mean the same and are not what an encoder writes: a number is written longer than it needs.
fn not_as_encoded(payload: &[u8]) -> Vec<u8> {
    let at = RecordId::LEN * 2;
    let mut other = payload[..at].to_vec();
    // The audience's variant, 0, in the longer form for numbers of sixteen bits.
    other.extend([251, 0, 0]);
    other.extend(&payload[at + 1..]);
    other
}
