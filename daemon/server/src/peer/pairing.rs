//! Pairing two offices over an invite: commit, reveal, and the words that both admins compare.

use std::net::SocketAddr;
use std::time::Duration;

use interoffice_certs::Invite;
use interoffice_core::actions::peers;
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::{Fault, audit};
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::messages::{Message, Pair, PairRefusal};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::pairing::{Transcript, commitment, opens};
use quinn::{Connection, SendStream, VarInt};

use super::greeting::{self, Greeted};
use super::registry::close;
use super::wire::{Broken, Read, Reader, send};
use super::{PeerDoor, endpoint};
use crate::clock;
use crate::house::Priority;

/// Each step of a pairing must come within this time.
const STEP: Duration = Duration::from_millis(limits::HANDSHAKE_MS);

fn failed(step: &'static str, why: impl std::fmt::Display) -> Fault {
    Refusal::conflict("pairing-failed", format!("pairing stopped at the step '{step}': {why}"), "").into()
}

fn refusal_words(refusal: PairRefusal) -> &'static str {
    match refusal {
        PairRefusal::UnknownToken => "the other office does not know this invite, or it was used already: ask its admin for a new one",
        PairRefusal::Expired => "the invite is older than a day: ask the other office's admin for a new one",
        PairRefusal::BrokenCommitment => "the answers do not fit together: somebody may stand in between, ask for a new invite",
        PairRefusal::Rejected => "the other office's admin said no",
        PairRefusal::TooMany => "too many attempts: wait a minute and try again",
    }
}

impl PeerDoor {
    /// Dials the office behind an invite and goes through the pairing up to the words.
    pub(super) async fn pair_with(&self, invite: Invite) -> Result<OfficeId, Fault> {
        if invite.is_expired(clock::now_ms()) {
            return Err(failed("reading the invite", refusal_words(PairRefusal::Expired)));
        }
        let mut last = failed("reading the invite", "it names no address");
        for address in &invite.addresses {
            match endpoint::dial_name(self.endpoint(), address).await {
                Ok(connection) => {
                    let end = self.pair_over(&connection, &invite).await;
                    connection.close(VarInt::from_u32(close::DONE), b"the pairing is over");
                    return end;
                }
                Err(fault) => last = failed("reaching the other office", fault),
            }
        }
        Err(last)
    }

    async fn pair_over(&self, connection: &Connection, invite: &Invite) -> Result<OfficeId, Fault> {
        let house = self.house();
        let greeting = tokio::time::timeout(STEP, greeting::greet(house, connection, invite.office)).await;
        let (mut out, mut reader, greeted) = match greeting {
            Ok(Ok(greeted)) => greeted,
            Ok(Err(Broken::Misbehaved(Misbehaviour::PinMismatch))) => {
                return Err(failed("recognising the other office", "another office answered there: check the invite with its admin"));
            }
            Ok(Err(Broken::Misbehaved(misbehaviour))) => return Err(failed("recognising the other office", misbehaviour.words())),
            Ok(Err(Broken::Ended)) => return Err(failed("greeting the other office", closed_words(connection))),
            Err(_) => return Err(failed("greeting the other office", "no answer in time")),
        };
        let nonce: [u8; 32] = clock::random();
        let start = Pair::Start { token: *invite.token.expose(), commitment: commitment(house.keys().office(), &nonce) };
        let theirs = match ask(&mut out, &mut reader, start).await {
            Ok(Pair::Commit { commitment }) => commitment,
            end => return Err(failed("showing the invite", unexpected(end, connection))),
        };
        let their_nonce = match ask(&mut out, &mut reader, Pair::Reveal { nonce }).await {
            Ok(Pair::Reveal { nonce }) if opens(&theirs, invite.office, &nonce) => nonce,
            Ok(Pair::Reveal { .. }) => return Err(failed("comparing commitments", refusal_words(PairRefusal::BrokenCommitment))),
            end => return Err(failed("comparing commitments", unexpected(end, connection))),
        };
        let transcript = Transcript {
            inviter: invite.office,
            invited: house.keys().office(),
            token: *invite.token.expose(),
            inviter_nonce: their_nonce,
            invited_nonce: nonce,
        };
        self.met(greeted, transcript, None).await?;
        Ok(invite.office)
    }

    /// Answers a pairing attempt whose first step has been read.
    pub(super) async fn be_paired(
        &self,
        from: SocketAddr,
        greeted: Greeted,
        start: Pair,
        out: &mut SendStream,
        reader: &mut Reader,
    ) -> Result<(), Broken> {
        let Pair::Start { token, commitment: theirs } = start else { return Err(Misbehaviour::PairingOutOfTurn.into()) };
        let office = greeted.office();
        // Who asks too often gets no answer that costs anything: neither a look into the store nor a line in the audit.
        if !self.registry().may_pair(from.ip()) {
            return Err(Misbehaviour::TooManyPairings.into());
        }
        let checked = self.house().read(move |view| peers::check_token(view, &token, office)).await;
        if let Some(reason) = checked.map_err(|_| Broken::Ended)?.err() {
            return self.refuse_pairing(office, reason, out).await;
        }
        let nonce: [u8; 32] = clock::random();
        let ours = self.house().keys().office();
        let revealed = match ask(out, reader, Pair::Commit { commitment: commitment(ours, &nonce) }).await {
            Ok(Pair::Reveal { nonce }) => nonce,
            Ok(_) => return Err(Misbehaviour::PairingOutOfTurn.into()),
            Err(broken) => return Err(broken),
        };
        if !opens(&theirs, office, &revealed) {
            return self.refuse_pairing(office, PairRefusal::BrokenCommitment, out).await;
        }
        let transcript = Transcript { inviter: ours, invited: office, token, inviter_nonce: nonce, invited_nonce: revealed };
        self.met(greeted, transcript, Some(token)).await.map_err(|_| Broken::Ended)?;
        if !send(out, Pair::Reveal { nonce }).await {
            return Err(Broken::Ended);
        }
        // The other end closes once it has read the last step.
        let _ = tokio::time::timeout(STEP, reader.next()).await;
        Ok(())
    }

    /// Says no, and writes it down so that this office's admin sees the attempt and the step at which it failed.
    async fn refuse_pairing(&self, office: OfficeId, reason: PairRefusal, out: &mut SendStream) -> Result<(), Broken> {
        if self.registry().may_note_stranger(office, our_words(reason)) {
            let note = format!("showing the invite: {}", our_words(reason));
            let written = self.house().write(Priority::Chores, move |tx| {
                audit::done(tx, &Actor::Peer(office), "peer.pairing-refused", &office.to_string(), &note)?;
                Ok(())
            });
            if let Err(fault) = written.await {
                tracing::warn!(%fault, "a refused pairing could not be written down");
            }
        }
        send(out, Pair::Refused { reason }).await;
        // The refusal must arrive before the connection closes.
        let _ = out.finish();
        let _ = tokio::time::timeout(Duration::from_secs(2), out.stopped()).await;
        Ok(())
    }

    async fn met(&self, greeted: Greeted, transcript: Transcript, token: Option<[u8; 16]>) -> Result<(), Fault> {
        let words = transcript.words();
        self.house().write(Priority::People, move |tx| peers::met(tx, &greeted.introduction(), &words, token.as_ref()).map(|_| ())).await
    }
}

fn our_words(refusal: PairRefusal) -> &'static str {
    match refusal {
        PairRefusal::UnknownToken => "no open invite of this office has that token",
        PairRefusal::Expired => "the invite is older than a day: make a new one",
        PairRefusal::BrokenCommitment => "the revealed nonce did not fit its commitment",
        PairRefusal::Rejected => "an admin said no",
        PairRefusal::TooMany => "too many attempts from that address within a minute",
    }
}

async fn ask(out: &mut SendStream, reader: &mut Reader, step: Pair) -> Result<Pair, Broken> {
    if !send(out, step).await {
        return Err(Broken::Ended);
    }
    match tokio::time::timeout(STEP, reader.next()).await {
        Ok(Ok(Read::Message(Message::Pair(step)))) => Ok(step),
        Ok(Ok(_)) => Err(Misbehaviour::PairingOutOfTurn.into()),
        Ok(Err(broken)) => Err(broken),
        Err(_) => Err(Broken::Ended),
    }
}

fn unexpected(end: Result<Pair, Broken>, connection: &Connection) -> String {
    match end {
        Ok(Pair::Refused { reason }) => refusal_words(reason).to_owned(),
        Ok(_) => "the other office answered out of turn".to_owned(),
        Err(Broken::Misbehaved(misbehaviour)) => misbehaviour.words().to_owned(),
        Err(Broken::Ended) => closed_words(connection),
    }
}

fn closed_words(connection: &Connection) -> String {
    match connection.close_reason() {
        Some(reason) => super::dial_fault::DialFault::of(connection.remote_address(), &reason).to_string(),
        None => "the other office gave no answer in time".to_owned(),
    }
}
