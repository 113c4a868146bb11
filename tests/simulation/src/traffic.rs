//! What passes over connections: frames written and delivered, and everything that can happen to them on the way.

use interoffice_core::store::{Fault, StoreFault};
use interoffice_oracle::event::Taken;
use interoffice_oracle::{Event, Token};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Lane, Message};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::Verified;
use interoffice_protocol::wire::frame::Frame;

use crate::check::{self, Violation};
use crate::network::Parcel;
use crate::session::{Follow, ends};
use crate::sometimes;
use crate::step::Step;
use crate::world::{Complaint, Did, World, failed};

fn lane_of(number: u32) -> Lane {
    if number.is_multiple_of(2) { Lane::Control } else { Lane::Data }
}

/// The link that a message is about, where it says so.
fn link_of(message: &Message) -> Option<LinkId> {
    match message {
        Message::Statement(signed) => Verified::from_store(signed.clone()).ok()?.link(),
        Message::Batch(batch) => Some(batch.link),
        Message::BatchAck(ack) => Some(ack.link),
        Message::Resume(resume) => Some(resume.link),
        Message::Gone(gone) => Some(gone.link),
        Message::InventoryAsk(ask) => Some(ask.link),
        Message::Inventory(inventory) => Some(inventory.link),
        _ => None,
    }
}

impl World {
    /// What happens between offices.
    pub(crate) fn traffic_step(&mut self, step: Step) -> Did {
        let offices = self.offices.len();
        let pair = |a: u32, b: u32| (a as usize % offices, b as usize % offices);
        let (from, to) = match step {
            Step::Connect { a, b, .. } | Step::Cut { a, b, .. } => pair(a, b),
            Step::Speak { from, to, .. }
            | Step::Deliver { from, to, .. }
            | Step::Double { from, to, .. }
            | Step::Lose { from, to, .. }
            | Step::Replay { from, to, .. }
            | Step::Corrupt { from, to, .. }
            | Step::Clog { from, to }
            | Step::Unclog { from, to }
            | Step::Part { from, to, .. } => pair(from, to),
            _ => return Ok(self.network.heal()),
        };
        if from == to {
            return Ok(false);
        }
        match step {
            Step::Connect { half, .. } => self.connect(from, to, half == 1),
            Step::Cut { side, .. } => Ok(self.cut(from, to, side)),
            Step::Speak { lane, count, .. } => self.speak(from, to, lane_of(lane), count),
            Step::Deliver { lane, count, .. } => self.deliver(from, to, lane_of(lane), count),
            Step::Double { lane, .. } => self.double(from, to, lane_of(lane)),
            Step::Lose { lane, .. } => Ok(self.lose(from, to, lane_of(lane))),
            Step::Replay { step, nth, .. } => self.replay(from, to, step, nth),
            Step::Corrupt { lane, at, bits, .. } => self.corrupt(from, to, lane_of(lane), at, bits),
            Step::Clog { .. } => Ok(!std::mem::replace(&mut self.network.wire_mut(from, to).clogged, true)),
            Step::Unclog { .. } => Ok(std::mem::replace(&mut self.network.wire_mut(from, to).clogged, false)),
            Step::Part { both, .. } => Ok(self.part(from, to, both == 1)),
            _ => Ok(false),
        }
    }

    fn part(&mut self, from: usize, to: usize, both: bool) -> bool {
        let mut any = !std::mem::replace(&mut self.network.wire_mut(from, to).parted, true);
        if both {
            any |= !std::mem::replace(&mut self.network.wire_mut(to, from).parted, true);
        } else {
            sometimes!("a partition in one direction");
        }
        any
    }

    pub(crate) fn complain(&mut self, at: usize, about: usize, misbehaviour: Misbehaviour, genuine: bool) {
        self.trace.tell(|| format!("        {at} complains about {about}: {misbehaviour}"));
        self.complaints.push(Complaint { at, about, misbehaviour, genuine });
    }

    /// One end forgets a connection.
    pub(crate) fn end_session(&mut self, me: usize, other: usize) -> bool {
        self.sessions.remove(&(me, other)).is_some()
    }

    /// A connection ends: at one side only (the other may still take what is on its way), or at both.
    pub(crate) fn cut(&mut self, a: usize, b: usize, side: u32) -> bool {
        let any = match side % 3 {
            0 => self.end_session(a, b),
            1 => self.end_session(b, a),
            _ => self.end_session(a, b) | self.end_session(b, a),
        };
        for (from, to) in [(a, b), (b, a)] {
            if !self.sessions.contains_key(&(to, from)) {
                self.network.wire_mut(from, to).clear();
            }
        }
        self.counts.faults += u64::from(any);
        any
    }

    /// Puts what a session has to say at once on the wire.
    pub(crate) fn flush(&mut self, me: usize, other: usize) -> Result<(), Violation> {
        self.ring_bells(me);
        let Some(session) = self.sessions.get_mut(&(me, other)) else { return Ok(()) };
        let told = std::mem::take(&mut session.told);
        let said: Vec<Message> = session.small.drain(..).chain(session.data.small.drain(..)).collect();
        for event in told {
            if self.damaged && matches!(event, Event::Heard { taken: Taken::Refused, .. }) {
                // What was refused is not what was said.
                continue;
            }
            if let Event::Receipted { link, erased: true, .. } = event {
                self.receipts.push((other, LinkId(link)));
            }
            self.note(event);
        }
        for message in said {
            self.post(me, other, &message)?;
        }
        Ok(())
    }

    fn post(&mut self, from: usize, to: usize, message: &Message) -> Result<(), Violation> {
        self.counts.messages += 1;
        if let Message::Renewal(renewal) = message {
            check::renews(self, from, to, renewal)?;
        }
        let Some(connection) = self.sessions.get(&(from, to)).map(|session| session.connection) else { return Ok(()) };
        self.network.post(from, to, message, connection);
        let Some(sent) = self.network.history.last() else { return Ok(()) };
        self.trace.fact(2, &sent.frame.body);
        let tokens = Token::all_in(&sent.frame.body);
        let link = link_of(message);
        self.trace.tell(|| format!("    {from} to {to}: {}", crate::story::shortly(message)));
        self.note(Event::Sent { from, to, link: link.map(|link| link.0), tokens });
        Ok(())
    }

    /// Lets an office write up to `count` frames.
    pub(crate) fn speak(&mut self, from: usize, to: usize, lane: Lane, count: u32) -> Did {
        if !self.offices[from].up {
            return Ok(false);
        }
        let (office, Some(session)) = (&mut self.offices[from], self.sessions.get_mut(&(from, to))) else { return Ok(false) };
        let mut follow = session.wake(office).map_err(|fault| failed(from, &fault))?;
        let mut said = Vec::new();
        while follow == Follow::Nothing && said.len() < count.max(1) as usize {
            let next = match lane {
                Lane::Control => session.next_control(office).map(|next| (next, Follow::Nothing)),
                Lane::Data => session.next_data(office),
            };
            let (message, after) = next.map_err(|fault| failed(from, &fault))?;
            follow = after;
            let Some(message) = message else { break };
            said.push(message);
        }
        let mut any = !said.is_empty();
        for message in said {
            self.post(from, to, &message)?;
        }
        any |= self.follow(from, to, follow, true)?;
        self.flush(from, to)?;
        Ok(any)
    }

    /// Acts on what followed from a message or a look; says whether the connection changed.
    fn follow(&mut self, me: usize, other: usize, follow: Follow, genuine: bool) -> Did {
        match follow {
            Follow::Nothing => Ok(false),
            Follow::Close => Ok(self.cut(me, other, 2)),
            Follow::Judge(misbehaviour) => {
                let over = ends(&misbehaviour);
                self.complain(me, other, misbehaviour, genuine);
                if over {
                    self.cut(me, other, 2);
                }
                Ok(over)
            }
            Follow::Reset => {
                // The stream that carried the link is reset: what is on it is lost, and every link resumes, in both directions.
                self.network.wire_mut(me, other).lane(Lane::Data).clear();
                let both = self.connected(me, other);
                for (this, that) in [(me, other), (other, me)] {
                    let (office, Some(session)) = (&mut self.offices[this], self.sessions.get_mut(&(this, that))) else { continue };
                    if this == other && !both {
                        continue;
                    }
                    if this == me {
                        session.data.restart();
                    }
                    session.resume_all(office).map_err(|fault| failed(this, &fault))?;
                    self.flush(this, that)?;
                }
                Ok(true)
            }
        }
    }

    /// Lets up to `count` frames of a lane arrive.
    pub(crate) fn deliver(&mut self, from: usize, to: usize, lane: Lane, count: u32) -> Did {
        let mut any = false;
        for _ in 0..count.max(1) {
            if !self.network.wire(from, to).flows() || !self.offices[to].up {
                break;
            }
            let Some(parcel) = self.network.wire_mut(from, to).lane(lane).pop_front() else { break };
            any = true;
            self.arrive(from, to, &parcel)?;
        }
        Ok(any)
    }

    fn double(&mut self, from: usize, to: usize, lane: Lane) -> Did {
        if !self.network.wire(from, to).flows() || !self.offices[to].up {
            return Ok(false);
        }
        let Some(parcel) = self.network.wire_mut(from, to).lane(lane).front().cloned() else { return Ok(false) };
        self.counts.faults += 1;
        self.arrive(from, to, &parcel)?;
        Ok(true)
    }

    fn arrive(&mut self, from: usize, to: usize, parcel: &Parcel) -> Result<(), Violation> {
        if self.sessions.get(&(to, from)).is_none_or(|session| session.connection != parcel.connection) {
            // It belongs to a connection that this end has given up.
            return Ok(());
        }
        let message = match Message::from_frame(&parcel.frame) {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(()),
            Err(fault) => return Err(failed(from, &format!("a frame of ours does not decode: {fault}"))),
        };
        self.network.arrived(parcel);
        self.trace.tell(|| format!("    at {to} from {from}: {}", crate::story::shortly(&message)));
        self.hand_over(from, to, message, true)
    }

    /// Hands a message to an office as if it had just come from another.
    pub(crate) fn hand_over(&mut self, from: usize, to: usize, message: Message, genuine: bool) -> Result<(), Violation> {
        let genuine = genuine && !self.offices[from].tainted && !self.offices[to].tainted;
        let (office, Some(session)) = (&mut self.offices[to], self.sessions.get_mut(&(to, from))) else { return Ok(()) };
        let follow = match session.hear(office, message) {
            Ok(follow) => follow,
            // Nothing was applied and nothing answered: it is said again on the next connection.
            Err(Fault::Store(StoreFault::DiskFull)) => Follow::Close,
            Err(fault) => return Err(failed(to, &fault)),
        };
        self.follow(to, from, follow, genuine)?;
        self.flush(to, from)
    }

    fn lose(&mut self, from: usize, to: usize, lane: Lane) -> bool {
        let queue = self.network.wire_mut(from, to).lane(lane);
        // A stream loses nothing out of its middle, and the probe behind a list relies on that; all else stands even this.
        let chunk = |frame: &Frame| matches!(Message::from_frame(frame), Ok(Some(Message::ListChunk(_))));
        let lost = queue.front().is_some_and(|parcel| !chunk(&parcel.frame));
        if lost {
            queue.pop_front();
            self.counts.faults += 1;
            if lane == Lane::Control {
                self.lossy.insert((from, to));
            }
        }
        lost
    }

    /// A frame that was sent earlier comes again.
    fn replay(&mut self, from: usize, to: usize, step: u32, nth: u32) -> Did {
        if !self.offices[to].up || !self.sessions.contains_key(&(to, from)) {
            return Ok(false);
        }
        let Some(sent) = self.network.sent_at(step, nth) else { return Ok(false) };
        let (arrived, ours) = (sent.arrived, (sent.from, sent.to) == (from, to));
        let Ok(Some(message)) = Message::from_frame(&sent.frame) else { return Ok(false) };
        // A stream that ended is not heard again, so what a receiver has not had may still be news.
        if !arrived || matches!(message, Message::Hello(_)) {
            return Ok(false);
        }
        sometimes!("a frame was replayed");
        if !ours {
            sometimes!("a frame was replayed to or by another office");
        }
        self.trace.tell(|| format!("    replayed at {to}: {}", crate::story::shortly(&message)));
        self.counts.faults += 1;
        let news = check::is_news(self, from, to, &message)?;
        let before = if news { None } else { Some(check::print(self, to)?) };
        self.hand_over(from, to, message, false)?;
        before.map_or(Ok(()), |before| check::unchanged(self, to, before, "INV-24", "a frame that it had heard before"))?;
        Ok(true)
    }

    /// The next frame arrives with wrong bits: it must change nothing.
    fn corrupt(&mut self, from: usize, to: usize, lane: Lane, at: u32, bits: u32) -> Did {
        if !self.network.wire(from, to).flows() || !self.offices[to].up {
            return Ok(false);
        }
        let Some(parcel) = self.network.wire_mut(from, to).lane(lane).front().cloned() else { return Ok(false) };
        let mut frame = parcel.frame;
        let length = frame.body.len();
        if length == 0 {
            return Ok(false);
        }
        frame.body[at as usize % length] ^= (bits as u8).max(1);
        self.counts.faults += 1;
        match Message::from_frame(&frame) {
            Ok(Some(Message::Statement(signed))) => {
                sometimes!("a statement arrived with a wrong byte");
                let before = check::print(self, to)?;
                self.damaged = true;
                let heard = self.hand_over(from, to, Message::Statement(signed), false);
                self.damaged = false;
                heard?;
                check::unchanged(self, to, before, "INV-25", "a statement with a wrong byte")?;
            }
            Ok(_) => {}
            Err(_) => sometimes!("a frame did not decode"),
        }
        self.cut(from, to, 2);
        Ok(true)
    }
}
