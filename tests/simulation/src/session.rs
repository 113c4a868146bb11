//! One end of a connection, as the daemon's tasks keep it: what an office says to another in which order, and what it does with
//! what it hears. This file is the control lane, `lanes.rs` the data lane.

use std::collections::{BTreeMap, VecDeque};

use interoffice_core::actions::{inbound, issue, lease, outbound, peers as peer_verbs, removal};
use interoffice_core::store::peers::{self, Standing};
use interoffice_core::store::{Fault, Ring, Rings, office, statements};
use interoffice_oracle::Event;
use interoffice_oracle::event::Clocks;
use interoffice_protocol::ids::{Nonce, OfficeId, StatementHash};
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Answer, LeaseAsk, Message, Outcome, Pair, Ping, Renewal};
use interoffice_protocol::misbehaviour::{Consequence, Misbehaviour};
use interoffice_protocol::statement::Signed;

use crate::heard;
use crate::lanes::DataLane;
use crate::office::Office;

/// How often a reader asks for its leases to be renewed (milliseconds).
const LEASE_EVERY_MS: i64 = 600_000;
/// A probe goes out so often, and what was put off is said again with it (milliseconds).
const BEAT_MS: i64 = limits::HEARTBEAT_MS as i64 / 2;
/// Statements and chunks read from the outbox at a time.
const AT_ONCE: usize = 64;

/// What follows for the connection from something that was heard or looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Follow {
    /// It goes on.
    Nothing,
    /// The other side did this; the connection goes on or not, as the judgement says.
    Judge(Misbehaviour),
    /// The connection is of no use any more.
    Close,
    /// The data stream is reset: an ended link was on it.
    Reset,
}

/// See the module.
pub(crate) struct Session {
    /// Who keeps it.
    pub(crate) me: usize,
    /// The office on the other end.
    pub(crate) other: usize,
    pub(crate) office: OfficeId,
    /// Which connection this is an end of.
    pub(crate) connection: u64,
    /// Whether records flow.
    pub(crate) paired: bool,
    /// What commits since the last look concern.
    pub(crate) bell: Rings,
    /// What is to be written on the control lane before anything else.
    pub(crate) small: VecDeque<Message>,
    /// The data lane.
    pub(crate) data: DataLane,
    /// What happened, for whoever keeps count.
    pub(crate) told: Vec<Event>,
    standing: Standing,
    confirmed: bool,
    outbox: bool,
    statements: VecDeque<(u64, Signed)>,
    sequence: u64,
    chunk: i64,
    sent_lists: Vec<StatementHash>,
    had: BTreeMap<Nonce, Vec<StatementHash>>,
    renew: Option<Nonce>,
    asked: Option<(Nonce, i64, Clocks)>,
    asked_at_ms: i64,
    beat_at_ms: i64,
    later: bool,
}

impl Session {
    /// A session that has just begun; the other side is known and stands like this.
    pub(crate) fn begin(me: &mut Office, other: (usize, OfficeId), connection: u64, standing: Standing) -> Result<Self, Fault> {
        let (other, office) = other;
        let mut session = Self {
            me: me.place,
            other,
            office,
            connection,
            paired: standing == Standing::Paired,
            bell: Rings::new(),
            small: VecDeque::new(),
            data: DataLane::default(),
            told: Vec::new(),
            standing,
            confirmed: false,
            outbox: true,
            statements: VecDeque::new(),
            sequence: 0,
            chunk: 0,
            sent_lists: Vec::new(),
            had: BTreeMap::new(),
            renew: None,
            asked: None,
            asked_at_ms: me.true_ms,
            beat_at_ms: me.true_ms,
            later: false,
        };
        session.look_at_standing(me)?;
        session.ask_leases(me)?;
        session.resume_all(me)?;
        Ok(session)
    }

    /// Follows a change of how we stand to the other office.
    fn look_at_standing(&mut self, me: &mut Office) -> Result<Follow, Fault> {
        let office = self.office;
        let Some(peer) = me.read(|view| Ok(peers::find(view, office)?))? else { return Ok(Follow::Close) };
        if peer.confirmed_here && !self.confirmed {
            self.confirmed = true;
            self.small.push_back(Pair::Confirmed.into());
        }
        match (std::mem::replace(&mut self.standing, peer.standing), peer.standing) {
            (Standing::Comparing, Standing::Paired) => {
                self.paired = true;
                self.ask_leases(me)?;
                self.resume_all(me)?;
                Ok(Follow::Nothing)
            }
            (before, now) if before != now => Ok(Follow::Close),
            _ => Ok(Follow::Nothing),
        }
    }

    /// Whether anything waits to be looked at or said on the control lane.
    pub(crate) fn has_control(&self) -> bool {
        self.outbox || !self.bell.is_empty() || !self.statements.is_empty() || self.renew.is_some() || !self.small.is_empty()
    }

    /// Acts on the bell and on what time has brought about.
    pub(crate) fn wake(&mut self, me: &mut Office) -> Result<Follow, Fault> {
        let rings = std::mem::take(&mut self.bell);
        if rings.contains(&Ring::Peer(self.office)) {
            self.outbox = true;
            if self.look_at_standing(me)? == Follow::Close {
                return Ok(Follow::Close);
            }
        }
        if me.true_ms - self.beat_at_ms >= BEAT_MS {
            self.beat_at_ms = me.true_ms;
            self.beat();
        }
        if me.true_ms - self.asked_at_ms >= LEASE_EVERY_MS {
            self.ask_leases(me)?;
        }
        self.hear_bell(me, &rings)
    }

    /// A heartbeat: what was put off is said again.
    fn beat(&mut self) {
        if std::mem::take(&mut self.later) {
            self.statements.clear();
            self.sequence = 0;
            self.outbox = true;
        }
    }

    fn ask_leases(&mut self, me: &mut Office) -> Result<(), Fault> {
        if !self.paired {
            return Ok(());
        }
        let nonce = Nonce(me.draw());
        let safe = me.read(lease::safe_now)?;
        self.asked_at_ms = me.true_ms;
        self.asked = Some((nonce, safe, me.clocks()));
        self.small.push_back(LeaseAsk { nonce }.into());
        Ok(())
    }

    /// The next message of the control lane: answers and probes, then statements, then lists, then a renewal behind all of them.
    pub(crate) fn next_control(&mut self, me: &mut Office) -> Result<Option<Message>, Fault> {
        if let Some(message) = self.small.pop_front() {
            return Ok(Some(message));
        }
        if self.statements.is_empty() && self.outbox {
            let (office, from) = (self.office, self.sequence);
            self.statements = me.read(|view| outbound::waiting_statements(view, office, from, AT_ONCE))?.into();
            if self.statements.is_empty() {
                self.lists(me)?;
                if let Some(message) = self.small.pop_front() {
                    return Ok(Some(message));
                }
            }
        }
        if let Some((sequence, signed)) = self.statements.pop_front() {
            self.sequence = sequence + 1;
            return Ok(Some(Message::Statement(signed)));
        }
        if let Some(nonce) = self.renew.take() {
            self.renewal(me, nonce)?;
        }
        Ok(self.small.pop_front())
    }

    fn lists(&mut self, me: &mut Office) -> Result<(), Fault> {
        let (office, after) = (self.office, self.chunk);
        let chunks = me.read(|view| outbound::waiting_chunks(view, office, after, AT_ONCE))?;
        if chunks.is_empty() {
            self.outbox = false;
            let mut receipts = std::mem::take(&mut self.sent_lists);
            if !receipts.is_empty() {
                receipts.dedup();
                let nonce = Nonce(me.draw());
                self.small.push_back(Ping { nonce, answer: false }.into());
                self.had.insert(nonce, receipts);
            }
        }
        for (row, chunk) in chunks {
            self.sent_lists.push(chunk.statement);
            self.chunk = row;
            self.small.push_back(chunk.into());
        }
        Ok(())
    }

    fn renewal(&mut self, me: &Office, nonce: Nonce) -> Result<(), Fault> {
        let office = self.office;
        let (epoch, links) = me.read(|view| Ok((office::load(view)?.epoch, lease::renewable(view, office)?)))?;
        for links in links.chunks(limits::RENEWAL_LINKS) {
            self.small.push_back(Renewal { nonce, epoch, links: links.to_vec() }.into());
        }
        Ok(())
    }

    /// Takes a message of either lane.
    pub(crate) fn hear(&mut self, me: &mut Office, message: Message) -> Result<Follow, Fault> {
        match message {
            Message::Statement(signed) => return self.statement(me, signed),
            Message::Answer(answer) => self.answer(me, &answer)?,
            Message::Ping(Ping { nonce, answer: false }) => self.small.push_back(Ping { nonce, answer: true }.into()),
            Message::Ping(Ping { nonce, answer: true }) => {
                for receipt in self.had.remove(&nonce).unwrap_or_default() {
                    me.write(|tx| outbound::chunks_had(tx, receipt))?;
                }
            }
            Message::ListChunk(chunk) => {
                let office = self.office;
                let wrong = me.write(|tx| removal::list_chunk(tx, office, &chunk))?;
                heard::judged(me, chunk.statement, &mut self.told)?;
                return Ok(wrong.map_or(Follow::Nothing, Follow::Judge));
            }
            Message::LeaseAsk(ask) => {
                self.outbox = true;
                self.renew = Some(ask.nonce);
            }
            Message::Renewal(renewal) => return self.renewed(me, &renewal),
            Message::Pair(Pair::Confirmed) => {
                let office = self.office;
                me.write(|tx| peer_verbs::confirmed_there(tx, office))?;
            }
            Message::Pair(_) => return Ok(Follow::Judge(Misbehaviour::PairingOutOfTurn)),
            Message::Hello(_) => return Ok(Follow::Judge(Misbehaviour::SecondHello)),
            other => return self.hear_data(me, other),
        }
        Ok(Follow::Nothing)
    }

    fn statement(&mut self, me: &mut Office, signed: Signed) -> Result<Follow, Fault> {
        let (office, hash) = (self.office, signed.hash());
        let (known, heard) = me.write_ending(|tx| {
            let peer = peers::find(tx, office)?;
            let known = peer.map_or(Ok(None), |peer| statements::answer_given(tx, peer.row, hash))?;
            Ok((known.is_some(), inbound::statement(tx, office, signed.clone())?))
        })?;
        self.small.push_back(Answer { statement: hash, outcome: heard.outcome }.into());
        heard::statement(me, self.other, &signed, known, heard.outcome, &mut self.told)?;
        Ok(heard.misbehaviour.map_or(Follow::Nothing, Follow::Judge))
    }

    fn answer(&mut self, me: &mut Office, answer: &Answer) -> Result<(), Fault> {
        let office = self.office;
        match answer.outcome {
            Outcome::Gap { expected } => {
                me.write(|tx| issue::send_again(tx, office, expected))?;
                self.statements.clear();
                self.sequence = self.sequence.min(expected);
                self.outbox = true;
            }
            Outcome::Later => self.later = true,
            Outcome::Stored => {
                me.write(|tx| inbound::answer(tx, office, answer))?;
                self.outbox = true;
            }
            Outcome::Unsupported | Outcome::Refused => {
                let live = heard::live_link(me, answer.statement)?;
                me.write(|tx| inbound::answer(tx, office, answer))?;
                heard::gave_up(me, live, &mut self.told)?;
                self.outbox = true;
            }
        }
        Ok(())
    }

    fn renewed(&mut self, me: &mut Office, renewal: &Renewal) -> Result<Follow, Fault> {
        let Some((_, asked_ms, clocks)) = self.asked.filter(|(nonce, ..)| *nonce == renewal.nonce) else {
            return Ok(Follow::Judge(Misbehaviour::RenewalUnasked));
        };
        let office = self.office;
        let count = me.write(|tx| lease::renewed(tx, office, &renewal.links, asked_ms))?;
        if count > 0 {
            let links = renewal.links.iter().map(|link| link.0).collect();
            self.told.push(Event::LeaseRenewed { at: self.me, links, asked: clocks });
        }
        Ok(Follow::Nothing)
    }
}

/// Whether a misbehaviour ends the connection.
pub(crate) fn ends(misbehaviour: &Misbehaviour) -> bool {
    matches!(misbehaviour.consequence(), Consequence::DropConnection | Consequence::DropAndTellAdmin)
}
