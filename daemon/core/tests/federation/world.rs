//! Offices and the connections between them: two ordered lanes each way, which a test may cut or thin out.

use std::collections::{HashMap, VecDeque};

use interoffice_core::actions::issue;
use interoffice_core::actions::removal;
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{links, peers};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Lane, Message};
use interoffice_protocol::misbehaviour::Misbehaviour;

use crate::office::Office;
use crate::session::Session;

/// What becomes of a message on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Deliver,
    Lose,
    Twice,
}

/// Decides what becomes of a message from one office to another.
pub(crate) type Fates = Box<dyn FnMut(usize, usize, &Message) -> Fate>;

/// One direction of a connection.
#[derive(Default)]
struct Wire {
    control: VecDeque<Message>,
    data: VecDeque<Message>,
}

impl Wire {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Message> {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Data => &mut self.data,
        }
    }
}

/// How far the erasing of a link goes before the daemon is killed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Until {
    Listed,
    Prepared,
    Erased,
    Done,
}

/// All offices of a test.
pub(crate) struct World {
    pub(crate) offices: Vec<Office>,
    /// What becomes of messages; everything is delivered unless a test says otherwise.
    pub(crate) fates: Fates,
    /// Every message that was ever sent, in order, with sender and receiver.
    pub(crate) sent: Vec<(usize, usize, Message)>,
    sessions: HashMap<(usize, usize), Session>,
    wires: HashMap<(usize, usize), Wire>,
    misbehaviour: Vec<Misbehaviour>,
}

/// Rounds after which a world must have come to rest.
const ROUNDS_MAX: usize = 400;

impl World {
    pub(crate) fn new(offices: Vec<Office>) -> Self {
        Self {
            offices,
            fates: Box::new(|_, _, _| Fate::Deliver),
            sent: Vec::new(),
            sessions: HashMap::new(),
            wires: HashMap::new(),
            misbehaviour: Vec::new(),
        }
    }

    /// What any office found wrong with another so far; afterwards nothing is.
    pub(crate) fn take_misbehaviour(&mut self) -> Vec<Misbehaviour> {
        let of_sessions = self.sessions.values_mut().flat_map(|session| std::mem::take(&mut session.misbehaviour));
        let mut all = std::mem::take(&mut self.misbehaviour);
        all.extend(of_sessions);
        all
    }

    pub(crate) fn is_connected(&self, a: usize, b: usize) -> bool {
        self.sessions.contains_key(&(a, b))
    }

    /// Opens a connection, with what two Hellos settle.
    pub(crate) fn connect(&mut self, a: usize, b: usize) {
        if self.is_connected(a, b) {
            return;
        }
        let known = |me: &Office, peer: &Office| me.read(|view| Ok(peers::find(view, peer.id)?.is_some()));
        if !known(&self.offices[a], &self.offices[b]) || !known(&self.offices[b], &self.offices[a]) {
            return;
        }
        for (me, peer) in [(a, b), (b, a)] {
            let (mine, theirs) = (self.offices[me].id, self.offices[peer].id);
            let row = self.offices[peer].read(|view| Ok(peers::find(view, mine)?)).expect("they know us");
            let heard = row.heard.map(|epoch| epoch.counter);
            let found = self.offices[me].write(|tx| issue::reconcile_heard(tx, theirs, heard, row.heard_sequence));
            assert_ne!(found.expect("a greeting is taken"), issue::Heard::WeAreOld);
            self.sessions.insert((me, peer), Session::default());
            self.wires.insert((me, peer), Wire::default());
        }
    }

    /// Cuts a connection: what is on its way is lost.
    pub(crate) fn disconnect(&mut self, a: usize, b: usize) {
        for way in [(a, b), (b, a)] {
            if let Some(session) = self.sessions.remove(&way) {
                self.misbehaviour.extend(session.misbehaviour);
            }
            self.wires.remove(&way);
        }
    }

    /// Kills an office's daemon and starts it again.
    pub(crate) fn restart(&mut self, office: usize) {
        for other in 0..self.offices.len() {
            self.disconnect(office, other);
        }
        self.offices[office].restart();
    }

    fn post(&mut self, from: usize, to: usize, messages: impl IntoIterator<Item = Message>) -> bool {
        let mut any = false;
        for message in messages {
            any = true;
            // What goes over the wire goes as bytes.
            let decoded = Message::from_frame(&message.to_frame()).expect("a frame of ours decodes").expect("a frame of ours is known");
            assert_eq!(decoded, message);
            self.sent.push((from, to, decoded.clone()));
            let copies = match (self.fates)(from, to, &decoded) {
                Fate::Deliver => 1,
                Fate::Lose => 0,
                Fate::Twice => 2,
            };
            let Some(wire) = self.wires.get_mut(&(from, to)) else { continue };
            let lane = decoded.lane_kind().expect("each message has a lane");
            wire.lane(lane).extend(std::iter::repeat_n(decoded, copies));
        }
        any
    }

    /// Lets an office say what it has to say to another; says whether that was anything.
    pub(crate) fn speak(&mut self, from: usize, to: usize) -> bool {
        let peer = self.offices[to].id;
        let Some(session) = self.sessions.get_mut(&(from, to)) else { return false };
        let said = session.speak(&mut self.offices[from], peer);
        self.post(from, to, said)
    }

    /// Delivers the next message of a lane; says whether there was one.
    pub(crate) fn deliver(&mut self, from: usize, to: usize, lane: Lane) -> bool {
        let Some(message) = self.wires.get_mut(&(from, to)).and_then(|wire| wire.lane(lane).pop_front()) else { return false };
        self.hand_over(from, to, message);
        true
    }

    /// Hands a message to an office as if it had just come from another.
    pub(crate) fn hand_over(&mut self, from: usize, to: usize, message: Message) {
        let peer = self.offices[from].id;
        let Some(session) = self.sessions.get_mut(&(to, from)) else { return };
        let answers = session.hear(&mut self.offices[to], peer, message);
        self.post(to, from, answers);
    }

    /// Delivers everything that is on its way and lets both sides speak, until neither has anything left; says how often.
    pub(crate) fn talk(&mut self, a: usize, b: usize) -> usize {
        for round in 0..ROUNDS_MAX {
            let mut any = false;
            for (from, to) in [(a, b), (b, a)] {
                any |= self.speak(from, to);
                for lane in [Lane::Control, Lane::Data] {
                    while self.deliver(from, to, lane) {
                        any = true;
                    }
                }
            }
            if !any {
                return round;
            }
        }
        panic!("{} and {} never stop talking", self.offices[a].name, self.offices[b].name);
    }

    /// Connects two offices anew and lets them talk and work until all is quiet.
    pub(crate) fn exchange(&mut self, a: usize, b: usize) {
        self.disconnect(a, b);
        for _ in 0..ROUNDS_MAX {
            self.connect(a, b);
            let talked = self.talk(a, b) > 0;
            let worked = self.work(a) | self.work(b);
            if !talked && !worked {
                return;
            }
        }
        panic!("{} and {} never come to rest", self.offices[a].name, self.offices[b].name);
    }

    /// Connects all offices anew and lets them talk and work until all is quiet.
    pub(crate) fn settle(&mut self) {
        for _ in 0..self.offices.len() {
            for a in 0..self.offices.len() {
                for b in a + 1..self.offices.len() {
                    self.exchange(a, b);
                }
            }
        }
    }

    /// Lets all offices talk and work over the connections that there are, until all is quiet.
    pub(crate) fn finish(&mut self) {
        let pairs: Vec<(usize, usize)> = (0..self.offices.len()).flat_map(|b| (0..b).map(move |a| (a, b))).collect();
        for _ in 0..ROUNDS_MAX {
            let mut any = false;
            for (a, b) in pairs.iter().copied() {
                self.connect(a, b);
                any |= self.talk(a, b) > 0;
                any |= self.work(a) | self.work(b);
            }
            if !any {
                return;
            }
        }
        panic!("the offices never come to rest");
    }

    /// Carries out the removals that an office has to; says whether there were any.
    pub(crate) fn work(&mut self, office: usize) -> bool {
        let ended = self.erase_ended(office, Until::Done);
        let parts = self.erase_parts(office, Until::Done);
        ended || parts
    }

    /// Erases the files of ended links, up to a point.
    pub(crate) fn erase_ended(&mut self, office: usize, until: Until) -> bool {
        let me = &mut self.offices[office];
        let duties = me.read(removal::duties);
        for duty in &duties {
            let link = duty.link.link;
            me.files.deny(link);
            if duty.state == RemovalState::ToDo {
                let leaves = me.file(link, |files| files.leaves(link, &duty.link.secret));
                if until == Until::Listed {
                    continue;
                }
                me.write(|tx| removal::prepare(tx, link, &leaves)).expect("a list is prepared");
            }
            if until >= Until::Erased {
                me.file(link, |files| files.erase(link));
            }
            if until >= Until::Done {
                me.write(|tx| removal::finish(tx, link)).expect("a receipt is signed");
            }
        }
        !duties.is_empty()
    }

    /// Rebuilds the files from which records were withdrawn, up to a point.
    pub(crate) fn erase_parts(&mut self, office: usize, until: Until) -> bool {
        let me = &mut self.offices[office];
        let mut any = false;
        for link in me.files.sweep().expect("the folder is read") {
            let row = me.read(|view| Ok(links::load(view, link)?));
            let Some(withdrawn) = me.file(link, |files| files.withdrawn(link, &row.secret)) else { continue };
            if row.ended_ms.is_some() {
                continue;
            }
            any = true;
            if until >= Until::Prepared {
                me.file(link, |files| files.rebuild(link));
            }
            if until >= Until::Erased
                && me.write(|tx| removal::finish_part(tx, link, &withdrawn)).expect("a receipt is signed")
                && until == Until::Done
            {
                me.file(link, |files| files.receipted(link, withdrawn.epoch, withdrawn.upto));
            }
        }
        any
    }

    /// Lets time pass everywhere (milliseconds).
    pub(crate) fn pass(&mut self, ms: i64) {
        for office in &mut self.offices {
            office.now_ms += ms;
        }
    }

    /// The state in which a link stands at an office.
    pub(crate) fn state(&self, office: usize, link: LinkId) -> interoffice_protocol::link::LinkState {
        self.offices[office].read(|view| Ok(links::load(view, link)?)).state
    }
}

impl World {
    /// Lets both talk until the first batch is on its way from the first office to the second.
    pub(crate) fn talk_until_batch(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for (from, to) in [(0, 1), (1, 0)] {
                self.speak(from, to);
                while self.deliver(from, to, Lane::Control) {}
            }
            let batch = |message: &Message| matches!(message, Message::Batch(_));
            if self.wires.get(&(0, 1)).is_some_and(|wire| wire.data.iter().any(batch)) {
                return;
            }
            self.deliver(1, 0, Lane::Data);
        }
        panic!("no batch was ever sent");
    }
}
