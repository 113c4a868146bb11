//! Greetings: how a connection begins, with what two Hellos settle between the offices at its ends.

use interoffice_core::actions::issue::{self, Heard};
use interoffice_core::store::peers::{self, PeerRow, Standing};
use interoffice_core::store::{Fault, Tx, office};
use interoffice_protocol::ids::Nonce;
use interoffice_protocol::messages::{Hello, Message};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::{Chain, ChainStep};

use crate::check::{self, Violation};
use crate::session::Session;
use crate::sometimes;
use crate::world::{Did, World, failed};

/// What a greeted office is to who was greeted.
enum Known {
    No,
    Peer(Box<PeerRow>),
    Wrong(Misbehaviour),
    WeAreOld,
}

impl World {
    /// Whether two offices have a connection that both know of.
    pub(crate) fn connected(&self, a: usize, b: usize) -> bool {
        let end = |me: usize, other: usize| self.sessions.get(&(me, other)).map(|session| session.connection);
        end(a, b).is_some() && end(a, b) == end(b, a)
    }

    /// One dials the other, and both greet. With `half` the answer to the greeting is lost.
    pub(crate) fn connect(&mut self, a: usize, b: usize, half: bool) -> Did {
        let passes = !self.network.wire(a, b).parted && !self.network.wire(b, a).parted;
        if !self.offices[a].up || !self.offices[b].up || !passes || self.connected(a, b) {
            return Ok(false);
        }
        let Some(hello) = self.hello(a, b)? else { return Ok(false) };
        let answer = self.hello(b, a)?;
        self.connections += 1;
        if !self.greeted(b, a, hello)? {
            return Ok(true);
        }
        let Some(answer) = answer.filter(|_| !half) else {
            sometimes!("a greeting was answered and the answer lost");
            return Ok(true);
        };
        if !self.greeted(a, b, answer)? {
            self.end_session(b, a);
        }
        Ok(true)
    }

    fn hello(&mut self, me: usize, to: usize) -> Result<Option<Hello>, Violation> {
        let (to, chain) = (self.offices[to].id, self.offices[me].chain.signed().to_vec());
        let (nonce, name) = (Nonce(self.offices[me].draw()), self.offices[me].name());
        self.look(me, |view| {
            let row = office::load(view)?;
            let Some(peer) = peers::find(view, to)? else { return Ok(None) };
            Ok(Some(Hello {
                to,
                chain,
                epoch: row.epoch,
                heard_epoch: peer.heard,
                heard_sequence: peer.heard_sequence,
                issued_sequence: peer.issued_sequence,
                office_name: row.name,
                addresses: vec![format!("{name}.example:4433")],
                nonce,
                paired: peer.confirmed_here,
            }))
        })
    }

    /// An office hears another's greeting: a session begins, unless something is wrong.
    fn greeted(&mut self, me: usize, from: usize, hello: Hello) -> Did {
        let Ok(Some(Message::Hello(hello))) = Message::from_frame(&Message::from(hello).to_frame()) else {
            return Err(failed(me, &"a greeting of ours does not decode"));
        };
        let known = self.verb(me, |tx| recognise(tx, &hello))?;
        // A connection that is greeted anew replaces an older one, and what was on its way on that is lost.
        self.end_session(me, from);
        self.network.wire_mut(me, from).clear();
        let office = self.offices[from].id;
        match known {
            Some(Known::Peer(peer)) => {
                if peer.standing != Standing::Paired {
                    sometimes!("a session with an office that is not paired");
                }
                check::knows_its_words(self, me, from, &hello)?;
                let session = Session::begin(&mut self.offices[me], (from, office), self.connections, peer.standing)
                    .map_err(|fault| failed(me, &fault))?;
                self.sessions.insert((me, from), session);
                self.flush(me, from)?;
                Ok(true)
            }
            Some(Known::Wrong(misbehaviour)) => {
                self.complain(me, from, misbehaviour, true);
                Ok(false)
            }
            Some(Known::WeAreOld) => {
                sometimes!("an office found its folder older than its words");
                Ok(false)
            }
            Some(Known::No) | None => Ok(false),
        }
    }
}

/// Takes note of a greeting, as the door does.
fn recognise(tx: &Tx<'_>, hello: &Hello) -> Result<Known, Fault> {
    let Ok(chain) = Chain::verify(&hello.chain) else { return Ok(Known::No) };
    let from = chain.office();
    let Some(peer) = peers::find(tx, from)? else { return Ok(Known::No) };
    let wrong = match chain.step_from(&peers::chain(tx, peer.row)?) {
        ChainStep::Same | ChainStep::Newer | ChainStep::Outranks => None,
        ChainStep::Older => Some(Misbehaviour::ChainWentBack),
        ChainStep::Outranked | ChainStep::Forked | ChainStep::OtherOffice => Some(Misbehaviour::ForkedChain),
    };
    let ours = office::load(tx)?.epoch;
    let wrong = wrong.or(match peer.heard {
        Some(heard) if hello.epoch.counter < heard.counter => Some(Misbehaviour::EpochWentBack),
        Some(heard) if hello.epoch.counter == heard.counter && hello.epoch != heard => Some(Misbehaviour::TwinOffice),
        _ if hello.heard_epoch.is_some_and(|heard| !heard.is_plausible_after(ours)) => Some(Misbehaviour::EpochImplausible),
        _ => None,
    });
    if let Some(misbehaviour) = wrong {
        return Ok(Known::Wrong(misbehaviour));
    }
    let heard = issue::reconcile_heard(tx, from, hello.heard_epoch.map(|epoch| epoch.counter), hello.heard_sequence)?;
    if heard == Heard::WeAreOld {
        return Ok(Known::WeAreOld);
    }
    if let Heard::Rewound(_) = heard {
        sometimes!("statements were said again since the peer lacked them");
    }
    let who = peers::Introduction { chain: &chain, name: &hello.office_name, addresses: &hello.addresses };
    peers::introduced(tx, peer.row, &who)?;
    if hello.paired && peer.standing == Standing::Comparing {
        interoffice_core::actions::peers::confirmed_there(tx, from)?;
    }
    Ok(Known::Peer(Box::new(peers::by_row(tx, peer.row)?)))
}
