//! The reading half of the control lane: each message in its order, each applied before the next is read.

use std::sync::Arc;

use interoffice_core::actions::{ending, inbound, peers, removal};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::messages::{Answer, ListChunk, Message, Outcome, Pair, Ping};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::statement::Signed;

use super::control_out::Out;
use super::session::{Queues, Session};
use super::wire::{Broken, Read, Reader};
use crate::house::Priority;

/// Reads the control lane until the connection ends or the peer misbehaves.
pub(super) async fn run(session: Arc<Session>, mut reader: Reader, first: Option<Message>, queues: Queues) {
    let mut lane = Lane { session, queues };
    let mut next = first;
    loop {
        let message = match next.take() {
            Some(message) => message,
            None => match reader.next().await {
                Ok(Read::Message(message)) => message,
                Ok(Read::Bad(misbehaviour)) => {
                    if lane.session.misbehaved(&misbehaviour) {
                        return;
                    }
                    continue;
                }
                Err(Broken::Misbehaved(misbehaviour)) => {
                    lane.session.misbehaved(&misbehaviour);
                    return;
                }
                Err(Broken::Ended) => return,
            },
        };
        lane.session.door.health().heard(lane.session.office);
        match lane.take(message).await {
            Ok(None) => {}
            Ok(Some(misbehaviour)) => {
                if lane.session.misbehaved(&misbehaviour) {
                    return;
                }
            }
            Err(fault) => {
                // Nothing of the message was applied and nothing was answered, so the peer sends it again on the next connection.
                tracing::warn!(office = %lane.session.office, %fault, "a message could not be applied");
                return;
            }
        }
    }
}

struct Lane {
    session: Arc<Session>,
    queues: Queues,
}

impl Lane {
    async fn take(&mut self, message: Message) -> Result<Option<Misbehaviour>, Fault> {
        match message {
            Message::Statement(signed) => return self.statement(signed).await,
            Message::Answer(answer) => self.answer(answer).await?,
            Message::ListChunk(chunk) => return self.chunk(chunk).await,
            Message::Ping(Ping { nonce, answer: false }) => self.out(Out::Send(Ping { nonce, answer: true }.into())).await,
            Message::Ping(Ping { nonce, answer: true }) => self.out(Out::Echo(nonce)).await,
            Message::LeaseAsk(ask) => self.out(Out::Renew(ask.nonce)).await,
            Message::Renewal(renewal) => self.out(Out::Renewed(renewal)).await,
            Message::Pair(Pair::Confirmed) => {
                let office = self.session.office;
                self.session.house().write(Priority::Sync, move |tx| peers::confirmed_there(tx, office)).await?;
            }
            Message::Pair(_) => return Ok(Some(Misbehaviour::PairingOutOfTurn)),
            Message::Hello(_) => return Ok(Some(Misbehaviour::SecondHello)),
            _ => return Ok(Some(Misbehaviour::WrongLane)),
        }
        Ok(None)
    }

    /// Hands something to who writes the lane; that task ends only with the session.
    async fn out(&self, out: Out) {
        let _ = self.queues.control.send(out).await;
    }

    async fn statement(&mut self, signed: Signed) -> Result<Option<Misbehaviour>, Fault> {
        if !self.session.door.registry().may_state(self.session.office) {
            return Ok(Some(Misbehaviour::TooManyStatements));
        }
        let office = self.session.office;
        let hash = signed.hash();
        let ending = signed.clone();
        let ends = move |view: &View<'_>| ending::of_statement(view, office, &ending);
        let heard = self.session.house().end_links(Priority::Sync, ends, move |tx| inbound::statement(tx, office, signed.clone())).await?;
        self.out(Out::Send(Answer { statement: hash, outcome: heard.outcome }.into())).await;
        Ok(heard.misbehaviour)
    }

    async fn answer(&self, answer: Answer) -> Result<(), Fault> {
        match answer.outcome {
            Outcome::Gap { expected } => self.out(Out::Rewind(expected)).await,
            Outcome::Later => self.out(Out::Later).await,
            Outcome::Stored | Outcome::Unsupported | Outcome::Refused => {
                let office = self.session.office;
                self.session.house().write(Priority::Sync, move |tx| inbound::answer(tx, office, &answer)).await?;
                self.out(Out::Flush).await;
            }
        }
        Ok(())
    }

    async fn chunk(&self, chunk: ListChunk) -> Result<Option<Misbehaviour>, Fault> {
        let office = self.session.office;
        self.session.house().write(Priority::Sync, move |tx| removal::list_chunk(tx, office, &chunk)).await
    }
}
