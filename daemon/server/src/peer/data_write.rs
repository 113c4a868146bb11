//! The writer of the data lane: frames on a stream of our own, which is dropped at once when a link on it ends.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::Lane;
use interoffice_protocol::wire::frame::{Frame, FrameKind};
use quinn::SendStream;
use tokio::sync::{Notify, mpsc};

use super::session::Session;
use super::wire;

/// A frame for the writer; batches say which link they are of.
pub(super) struct Outgoing {
    pub(super) link: Option<LinkId>,
    pub(super) frame: Frame,
}

/// Links that ended while they were being sent: nothing of them is handed to the transport any more.
#[derive(Debug, Default)]
pub(super) struct Ended {
    links: Mutex<HashSet<LinkId>>,
    restart: Notify,
}

impl Ended {
    /// Stops a link: frames that wait are dropped, and the stream that carries its batches is reset.
    pub(super) fn stop(&self, link: LinkId) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).insert(link);
        self.restart.notify_one();
    }

    /// Lets a link through again, since it is sent anew.
    pub(super) fn allow(&self, link: LinkId) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).remove(&link);
    }

    fn contains(&self, link: LinkId) -> bool {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).contains(&link)
    }
}

/// Writes frames until the connection ends.
pub(super) async fn run(session: Arc<Session>, mut frames: mpsc::Receiver<Outgoing>, ended: Arc<Ended>) {
    while let Ok(mut stream) = session.connection.open_uni().await {
        // Whatever control has to say goes first.
        let _ = stream.set_priority(-1);
        if !wire::send(&mut stream, Lane::Data).await {
            return;
        }
        let over = tokio::select! {
            biased;
            () = ended.restart.notified() => false,
            () = write(&session, &mut stream, &mut frames, &ended) => true,
        };
        if over {
            return;
        }
        // An error means that the stream is closed already.
        let _ = stream.reset(0u32.into());
        discard(&session, &mut frames);
        // Acknowledgements went with the stream: the peer is told where everything stands.
        session.resume.notify_one();
    }
}

/// Drops batches that wait: they belong to sendings that start anew.
fn discard(session: &Session, frames: &mut mpsc::Receiver<Outgoing>) {
    while let Ok(outgoing) = frames.try_recv() {
        give_back(session, &outgoing);
    }
}

async fn write(session: &Session, stream: &mut SendStream, frames: &mut mpsc::Receiver<Outgoing>, ended: &Ended) {
    while let Some(outgoing) = frames.recv().await {
        give_back(session, &outgoing);
        if outgoing.link.is_some_and(|link| ended.contains(link)) {
            continue;
        }
        if !wire::send_frame(stream, &outgoing.frame).await {
            return;
        }
    }
}

/// Room for the next part of an inventory.
fn give_back(session: &Session, outgoing: &Outgoing) {
    if outgoing.frame.kind == FrameKind::Inventory as u8 {
        session.inventory_room.add_permits(1);
    }
}
