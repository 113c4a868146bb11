//! Two offices and the connection between them; one of them has a disk that is hurt.

use std::collections::VecDeque;
use std::path::Path;

use interoffice_core::actions::{issue, removal};
use interoffice_core::store::removals::RemovalState;
use interoffice_core::store::{links, peers};
use interoffice_disk::Disk;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::messages::Message;

use super::office::{End, Office, Stop};
use super::talk::Session;

/// Rounds after which two offices have come to rest.
const ROUNDS_MAX: usize = 60;

/// See the module.
pub(crate) struct Stage {
    pub(crate) offices: [Office; 2],
    /// The link between the two, once there is one.
    pub(crate) link: Option<LinkId>,
    /// The records that were imported before the scenario.
    pub(crate) records: Vec<RecordId>,
    /// Whether the two can't reach each other.
    pub(crate) apart: bool,
    /// Tokens of invites that were drawn.
    pub(crate) tokens: u8,
    sessions: Option<[Session; 2]>,
    wires: [VecDeque<Message>; 2],
}

/// The owner's office.
pub(crate) const NORTH: usize = 0;
/// The reader's office.
pub(crate) const SOUTH: usize = 1;

impl Stage {
    /// Both offices in the folders below `folder`, their daemons down, the disk below `patient` if there is one.
    pub(crate) fn new(folder: &Path, patient: Option<usize>) -> Self {
        let office = |place: usize| {
            let own = folder.join(place.to_string());
            // A folder that can't be made is found when the daemon starts.
            let _ = std::fs::create_dir_all(&own);
            let disk = (patient == Some(place)).then(|| Disk::of(&own));
            Office::new(place, own, disk)
        };
        Self {
            offices: [office(NORTH), office(SOUTH)],
            link: None,
            records: Vec::new(),
            apart: false,
            tokens: 0,
            sessions: None,
            wires: Default::default(),
        }
    }

    /// Cuts the connection: what is on its way is lost.
    pub(crate) fn disconnect(&mut self) {
        self.sessions = None;
        self.wires = Default::default();
    }

    /// Opens a connection, with what two Hellos settle, if the offices know each other.
    pub(crate) fn connect(&mut self) -> End<()> {
        self.disconnect();
        if self.apart {
            return Ok(());
        }
        let mut known = Vec::new();
        for (me, other) in [(NORTH, SOUTH), (SOUTH, NORTH)] {
            let theirs = self.offices[other].id;
            known.push(self.offices[me].read(|view| Ok(peers::find(view, theirs)?))?);
        }
        if known.iter().any(Option::is_none) {
            return Ok(());
        }
        for (me, other) in [(NORTH, SOUTH), (SOUTH, NORTH)] {
            let theirs = self.offices[other].id;
            let Some(row) = &known[other] else { continue };
            let (heard, sequence) = (row.heard.map(|epoch| epoch.counter), row.heard_sequence);
            let found = self.offices[me].write(|tx| issue::reconcile_heard(tx, theirs, heard, sequence))?;
            if found == issue::Heard::WeAreOld {
                return Err(Stop::Wrong(format!("{} has lost statements that it sent", self.offices[me].name)));
            }
        }
        self.sessions = Some(Default::default());
        Ok(())
    }

    fn speak(&mut self, from: usize) -> End<bool> {
        let peer = self.offices[1 - from].id;
        let Some(sessions) = &mut self.sessions else { return Ok(false) };
        let said = sessions[from].speak(&mut self.offices[from], peer)?;
        let any = !said.is_empty();
        self.wires[from].extend(said);
        Ok(any)
    }

    fn deliver(&mut self, from: usize) -> End<bool> {
        let Some(sessions) = &mut self.sessions else { return Ok(false) };
        let Some(message) = self.wires[from].pop_front() else { return Ok(false) };
        let peer = self.offices[from].id;
        let answers = sessions[1 - from].hear(&mut self.offices[1 - from], peer, message)?;
        self.wires[1 - from].extend(answers);
        Ok(true)
    }

    /// Lets both talk over the connection that stands until neither has anything to say; says whether anything was said.
    pub(crate) fn talk(&mut self) -> End<bool> {
        let mut ever = false;
        for _ in 0..ROUNDS_MAX {
            let mut any = false;
            for from in [NORTH, SOUTH] {
                any |= self.speak(from)?;
                while self.deliver(from)? {
                    any = true;
                }
            }
            if !any {
                return Ok(ever);
            }
            ever = true;
        }
        Err(Stop::Wrong("the offices never stop talking".to_owned()))
    }

    /// Connects both anew and lets them talk and work until all is quiet.
    pub(crate) fn settle(&mut self) -> End<()> {
        self.connect()?;
        for _ in 0..ROUNDS_MAX {
            let talked = self.talk()?;
            let worked = self.work(NORTH)? | self.work(SOUTH)?;
            if !talked && !worked {
                return Ok(());
            }
        }
        Err(Stop::Wrong("the offices never come to rest".to_owned()))
    }

    /// What the chore does that removes copies; says whether there was anything.
    pub(crate) fn work(&mut self, place: usize) -> End<bool> {
        let me = &mut self.offices[place];
        let mut any = false;
        for duty in me.read(removal::duties)? {
            any = true;
            let link = duty.link.link;
            if duty.state == RemovalState::ToDo {
                let leaves = me.look(|files| files.leaves(link, &duty.link.secret))?;
                me.write(|tx| removal::prepare(tx, link, &leaves))?;
            }
            me.change(|files| files.erase(link))?;
            me.write(|tx| removal::finish(tx, link))?;
        }
        for link in me.look(|files| files.sweep())? {
            let Some(row) = me.read(|view| Ok(links::find(view, link)?))?.filter(|row| row.ended_ms.is_none()) else {
                any = true;
                me.change(|files| files.erase(link))?;
                continue;
            };
            if let Some(withdrawn) = me.look(|files| files.withdrawn(link, &row.secret))? {
                any = true;
                me.change(|files| files.rebuild(link))?;
                if me.write(|tx| removal::finish_part(tx, link, &withdrawn))? {
                    me.change(|files| files.receipted(link, withdrawn.epoch, withdrawn.upto))?;
                }
            }
        }
        Ok(any)
    }
}
