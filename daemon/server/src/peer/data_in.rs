//! Reading the peer's data lane: batches go to who applies them, the rest to who sends.

use std::sync::Arc;

use interoffice_protocol::messages::{Lane, Message, ProposalAnswer, Verdict};
use interoffice_protocol::misbehaviour::Misbehaviour;

use super::data_command::Command;
use super::receive::Work;
use super::session::{Queues, Session};
use super::wire::{Broken, Read, Reader};

/// Reads data streams, one after the other, until the connection ends or the peer misbehaves.
pub(super) async fn run(session: Arc<Session>, queues: Queues) {
    while let Ok(stream) = session.connection.accept_uni().await {
        let mut reader = Reader::new(stream, Lane::Data);
        match reader.next().await {
            Ok(Read::Message(Message::Lane(Lane::Data))) => {}
            Ok(_) => {
                session.misbehaved(&Misbehaviour::WrongLane);
                return;
            }
            Err(Broken::Misbehaved(misbehaviour)) => {
                session.misbehaved(&misbehaviour);
                return;
            }
            Err(Broken::Ended) => continue,
        }
        // A new stream means that the sender starts over: tell it where we are, after everything that came before is applied.
        if queues.receive.send(Work::ResumeAll).await.is_err() {
            return;
        }
        if read_stream(&session, &mut reader, &queues).await.is_err() {
            return;
        }
    }
}

/// The connection is of no use any more.
struct Over;

async fn read_stream(session: &Session, reader: &mut Reader, queues: &Queues) -> Result<(), Over> {
    loop {
        let message = match reader.next().await {
            Ok(Read::Message(message)) => message,
            Ok(Read::Bad(misbehaviour)) => {
                if session.misbehaved(&misbehaviour) {
                    return Err(Over);
                }
                continue;
            }
            Err(Broken::Misbehaved(misbehaviour)) => {
                session.misbehaved(&misbehaviour);
                return Err(Over);
            }
            // The stream was reset or finished; another may follow.
            Err(Broken::Ended) => return Ok(()),
        };
        session.door.health().heard(session.office);
        if !session.is_paired() {
            // Records of a blocked or removed office, or of one whose words were not compared, are not even looked at.
            continue;
        }
        let taken = match message {
            Message::Batch(batch) => queues.receive.send(Work::Batch(Box::new(batch))).await.is_ok(),
            Message::InventoryAsk(ask) => queues.receive.send(Work::Inventory(ask.link)).await.is_ok(),
            Message::Resume(resume) => queues.data.send(Command::Resume(resume)).await.is_ok(),
            Message::BatchAck(ack) => queues.data.send(Command::Ack(ack)).await.is_ok(),
            Message::Inventory(inventory) => queues.data.send(Command::Inventory(inventory)).await.is_ok(),
            Message::Gone(gone) => queues.data.send(Command::Gone(gone.link)).await.is_ok(),
            Message::Proposal(proposal) => {
                let verdict = Verdict::Refused("this office takes no proposals".to_owned());
                queues.data.send(Command::Send(ProposalAnswer { id: proposal.id, verdict }.into())).await.is_ok()
            }
            Message::ProposalAnswer(_) => true,
            _ => {
                session.misbehaved(&Misbehaviour::WrongLane);
                return Err(Over);
            }
        };
        if !taken {
            return Err(Over);
        }
    }
}
