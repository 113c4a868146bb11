//! Hello: who is on the other end, checked against the certificate of the connection before anything else is read.

use interoffice_core::actions::issue::{self, Heard};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::peers::{self, Introduction, PeerRow, Standing};
use interoffice_core::store::{Fault, StoreFault, Tx, audit, office};
use interoffice_protocol::ids::{Nonce, OfficeId};
use interoffice_protocol::messages::{Hello, Lane, Message};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::{Chain, ChainStep};
use quinn::{Connection, RecvStream, SendStream};

use super::control_out::Out;
use super::wire::{Broken, Read, Reader, send};
use super::{PeerDoor, endpoint};
use crate::clock;
use crate::house::{House, Priority};

/// The office on the other end, as its Hello showed it.
#[derive(Clone, Debug)]
pub(super) struct Greeted {
    /// Its chain, which the connection's certificate fits.
    pub(super) chain: Chain,
    /// What it said.
    pub(super) hello: Hello,
}

impl Greeted {
    /// The office.
    pub(super) fn office(&self) -> OfficeId {
        self.chain.office()
    }

    /// What the store keeps of it.
    pub(super) fn introduction(&self) -> Introduction<'_> {
        Introduction { chain: &self.chain, name: &self.hello.office_name, addresses: &self.hello.addresses }
    }
}

/// Our Hello to `to`.
pub(super) async fn hello_to(house: &House, to: OfficeId) -> Result<Hello, Fault> {
    let chain = house.keys().chain().signed().to_vec();
    let addresses = house.addresses();
    let nonce = Nonce(clock::random());
    house
        .read(move |view| {
            let row = office::load(view)?;
            let peer = peers::find(view, to)?;
            let peer = peer.as_ref();
            Ok(Hello {
                to,
                chain: chain.clone(),
                epoch: row.epoch,
                heard_epoch: peer.and_then(|peer| peer.heard),
                heard_sequence: peer.map_or(0, |peer| peer.heard_sequence),
                issued_sequence: peer.map_or(0, |peer| peer.issued_sequence),
                office_name: row.name,
                addresses,
                nonce,
                paired: peer.is_some_and(|peer| peer.confirmed_here),
            })
        })
        .await
}

/// Reads the other end's Hello and checks it against the connection and our own name.
pub(super) async fn read(connection: &Connection, reader: &mut Reader, ours: OfficeId) -> Result<Greeted, Broken> {
    let hello = match reader.next().await? {
        Read::Message(Message::Hello(hello)) => hello,
        Read::Message(_) => return Err(Misbehaviour::BeforeHello.into()),
        Read::Bad(misbehaviour) => return Err(misbehaviour.into()),
    };
    let chain = Chain::verify(&hello.chain).map_err(Misbehaviour::from)?;
    let pin = endpoint::peer_pin(connection).map_err(|_| Misbehaviour::PinMismatch)?;
    match () {
        () if !chain.accepts_pin(&pin) => Err(Misbehaviour::PinMismatch.into()),
        () if hello.to != ours => Err(Misbehaviour::ForeignHello.into()),
        () => Ok(Greeted { chain, hello }),
    }
}

/// Opens the control stream of a dialled connection and greets; the office on the other end must be `to`.
pub(super) async fn greet(house: &House, connection: &Connection, to: OfficeId) -> Result<(SendStream, Reader, Greeted), Broken> {
    let (mut out, stream) = connection.open_bi().await.map_err(|_| Broken::Ended)?;
    let hello = hello_to(house, to).await.map_err(|_| Broken::Ended)?;
    if !send(&mut out, hello).await {
        return Err(Broken::Ended);
    }
    let mut reader = Reader::new(stream, Lane::Control);
    let greeted = read(connection, &mut reader, house.keys().office()).await?;
    if greeted.office() != to {
        return Err(Misbehaviour::PinMismatch.into());
    }
    Ok((out, reader, greeted))
}

/// Takes the control stream of an incoming connection and reads its Hello; ours follows with [`answer`].
pub(super) async fn meet(house: &House, connection: &Connection) -> Result<(SendStream, Reader, Greeted), Broken> {
    let (out, stream): (SendStream, RecvStream) = connection.accept_bi().await.map_err(|_| Broken::Ended)?;
    let mut reader = Reader::new(stream, Lane::Control);
    let greeted = read(connection, &mut reader, house.keys().office()).await?;
    Ok((out, reader, greeted))
}

/// Answers a Hello with ours.
pub(super) async fn answer(house: &House, out: &mut SendStream, greeted: &Greeted) -> Result<(), Broken> {
    let hello = hello_to(house, greeted.office()).await.map_err(|_| Broken::Ended)?;
    if send(out, hello).await { Ok(()) } else { Err(Broken::Ended) }
}

/// What is known of a greeted office after its Hello was written down.
#[derive(Debug)]
pub(super) enum Known {
    /// Never met.
    No,
    /// Met; this is how we stand to it now.
    Peer(Box<PeerRow>),
    /// Its Hello contradicts what is known.
    Wrong(Misbehaviour),
    /// It has heard more of us than we ever said.
    WeAreOld,
}

/// Writes down what a Hello says of an office that was met before: newer keys, name, addresses, confirmation, what it lacks.
pub(super) async fn recognise(door: &PeerDoor, greeted: &Greeted) -> Result<Known, Fault> {
    let office = greeted.office();
    let lately = door.registry().noted_lately(office);
    let attempt = |noting: bool| {
        let (greeted, lately) = (greeted.clone(), lately.clone());
        door.house().write(Priority::Sync, move |tx| {
            let mut lines = Lines { office, lately: &lately, written: Vec::new() };
            let (known, heard) = recognise_in(tx, &greeted, &mut lines, noting)?;
            Ok((known, heard, lines.written))
        })
    };
    let recognised = match attempt(true).await {
        // Whoever was met before is let in although nothing can be written down: records may be taken back, and that must be heard.
        Err(Fault::Store(StoreFault::DiskFull)) => attempt(false).await,
        recognised => recognised,
    };
    let (known, heard, written) = recognised?;
    door.registry().noted(office, &written);
    // A Hello of a second connection may be older than what the session has come to since; if the session goes on, it says again
    // what now waits again.
    if let Heard::Rewound(sequence) = heard
        && let Some(control) = door.registry().probe(office)
    {
        // A session that ends needs nothing.
        let _ = control.send(Out::Rewind(sequence)).await;
    }
    Ok(known)
}

/// Lines in the audit about one office, each deed once an hour: whoever repeats it must not fill the disk.
struct Lines<'a> {
    office: OfficeId,
    lately: &'a [&'static str],
    written: Vec<&'static str>,
}

impl Lines<'_> {
    fn write(&mut self, tx: &Tx<'_>, actor: &Actor, verb: &'static str, detail: &str) -> Result<(), Fault> {
        if !self.lately.contains(&verb) {
            audit::done(tx, actor, verb, &self.office.to_string(), detail)?;
            self.written.push(verb);
        }
        Ok(())
    }
}

/// `noting` is off when the disk is full: then only an office of which there is nothing new to be written down is recognised.
fn recognise_in(tx: &Tx<'_>, greeted: &Greeted, lines: &mut Lines<'_>, noting: bool) -> Result<(Known, Heard), Fault> {
    let office = greeted.office();
    let Some(peer) = peers::find(tx, office)? else { return Ok((Known::No, Heard::Fine)) };
    let known = peers::chain(tx, peer.row)?;
    let step = greeted.chain.step_from(&known);
    if !noting && !matches!(step, ChainStep::Same) {
        return Err(StoreFault::DiskFull.into());
    }
    let wrong = match step {
        ChainStep::Same | ChainStep::Newer | ChainStep::Outranks => None,
        ChainStep::Older => Some(Misbehaviour::ChainWentBack),
        ChainStep::Outranked | ChainStep::Forked | ChainStep::OtherOffice => Some(Misbehaviour::ForkedChain),
    };
    let (epoch, ours) = (greeted.hello.epoch, office::load(tx)?.epoch);
    let wrong = wrong.or(match peer.heard {
        Some(heard) if epoch.counter < heard.counter => Some(Misbehaviour::EpochWentBack),
        Some(heard) if epoch.counter == heard.counter && epoch != heard => Some(Misbehaviour::TwinOffice),
        _ if greeted.hello.heard_epoch.is_some_and(|heard| !heard.is_plausible_after(ours)) => Some(Misbehaviour::EpochImplausible),
        _ => None,
    });
    if let Some(misbehaviour) = wrong {
        lines.write(tx, &Actor::Peer(office), "peer.refused", misbehaviour.words())?;
        return Ok((Known::Wrong(misbehaviour), Heard::Fine));
    }
    let heard = issue::reconcile_heard(tx, office, greeted.hello.heard_epoch.map(|epoch| epoch.counter), greeted.hello.heard_sequence)?;
    if heard == Heard::WeAreOld {
        lines.write(tx, &Actor::Daemon, "office.older-than-peers", "this data folder is older than what was sent from it")?;
        return Ok((Known::WeAreOld, heard));
    }
    if !noting {
        return Ok((Known::Peer(Box::new(peer)), heard));
    }
    if peer.name != greeted.hello.office_name {
        lines.write(tx, &Actor::Peer(office), "peer.renamed", "the office calls itself otherwise now: see `interoffice peer list`")?;
    }
    peers::introduced(tx, peer.row, &greeted.introduction())?;
    if greeted.hello.paired && peer.standing == Standing::Comparing {
        interoffice_core::actions::peers::confirmed_there(tx, office)?;
    }
    Ok((Known::Peer(Box::new(peers::by_row(tx, peer.row)?)), heard))
}
