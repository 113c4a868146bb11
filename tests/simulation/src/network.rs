//! What is on its way between offices: two ordered lanes each way, which may be clogged, cut off, thinned out or doubled. Frames
//! travel as bytes.

use std::collections::VecDeque;

use interoffice_protocol::messages::{Lane, Message};
use interoffice_protocol::wire::frame::Frame;

/// A frame on its way, with its place in the history.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) frame: Frame,
    /// The connection it belongs to.
    pub(crate) connection: u64,
    number: usize,
}

/// One direction between two offices.
#[derive(Default)]
pub(crate) struct Wire {
    control: VecDeque<Parcel>,
    data: VecDeque<Parcel>,
    /// Frames wait.
    pub(crate) clogged: bool,
    /// Nothing passes, and nobody can connect.
    pub(crate) parted: bool,
}

impl Wire {
    /// The frames of a lane that are on their way.
    pub(crate) fn lane(&mut self, lane: Lane) -> &mut VecDeque<Parcel> {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Data => &mut self.data,
        }
    }

    /// Whether frames arrive at all.
    pub(crate) fn flows(&self) -> bool {
        !self.clogged && !self.parted
    }

    /// Frames on their way in a lane.
    pub(crate) fn waiting(&self, lane: Lane) -> usize {
        match lane {
            Lane::Control => self.control.len(),
            Lane::Data => self.data.len(),
        }
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.data.is_empty()
    }

    /// What is on its way is lost.
    pub(crate) fn clear(&mut self) {
        self.control.clear();
        self.data.clear();
    }
}

/// A frame that was sent.
pub(crate) struct Sent {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) frame: Frame,
    /// The step in which it was sent, and how many were sent in that before it.
    pub(crate) place: (u32, u32),
    /// Whether it has arrived at least once, so that its content is not news any more.
    pub(crate) arrived: bool,
}

/// All wires and everything that was ever sent.
pub(crate) struct Network {
    offices: usize,
    wires: Vec<Wire>,
    step: u32,
    /// What was sent, oldest first.
    pub(crate) history: Vec<Sent>,
}

impl Network {
    /// Wires between so many offices.
    pub(crate) fn new(offices: usize) -> Self {
        Self { offices, wires: (0..offices * offices).map(|_| Wire::default()).collect(), step: 0, history: Vec::new() }
    }

    /// The wire from one office to another.
    pub(crate) fn wire(&self, from: usize, to: usize) -> &Wire {
        &self.wires[from * self.offices + to]
    }

    /// The same to be changed.
    pub(crate) fn wire_mut(&mut self, from: usize, to: usize) -> &mut Wire {
        &mut self.wires[from * self.offices + to]
    }

    /// Puts a message on its way.
    pub(crate) fn post(&mut self, from: usize, to: usize, message: &Message, connection: u64) {
        let frame = message.to_frame();
        let lane = message.lane_kind().unwrap_or(Lane::Control);
        let number = self.history.len();
        let nth = self.history.last().filter(|last| last.place.0 == self.step).map_or(0, |last| last.place.1 + 1);
        self.history.push(Sent { from, to, frame: frame.clone(), place: (self.step, nth), arrived: false });
        self.wire_mut(from, to).lane(lane).push_back(Parcel { frame, connection, number });
    }

    /// A step begins: what is sent is known by its number from now on.
    pub(crate) fn begin_step(&mut self, step: u32) {
        self.step = step;
    }

    /// What was sent as the so-manyth in a step.
    pub(crate) fn sent_at(&self, step: u32, nth: u32) -> Option<&Sent> {
        let found = self.history.binary_search_by(|sent| sent.place.cmp(&(step, nth))).ok()?;
        self.history.get(found)
    }

    /// Notes that a frame has arrived.
    pub(crate) fn arrived(&mut self, parcel: &Parcel) {
        if let Some(sent) = self.history.get_mut(parcel.number) {
            sent.arrived = true;
        }
    }

    /// Ends all partitions and clogs.
    pub(crate) fn heal(&mut self) -> bool {
        let mut any = false;
        for wire in &mut self.wires {
            any |= wire.clogged || wire.parted;
            (wire.clogged, wire.parted) = (false, false);
        }
        any
    }
}
