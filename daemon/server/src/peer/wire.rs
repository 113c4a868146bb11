//! Frames on QUIC streams: whole messages in, whole messages out, each on its lane.

use interoffice_protocol::limits;
use interoffice_protocol::messages::{Lane, Message, lane};
use interoffice_protocol::misbehaviour::Misbehaviour;
use interoffice_protocol::wire::frame::{Frame, FrameHeader};
use quinn::{ReadExactError, RecvStream, SendStream};

/// Why nothing more comes from a stream.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection or the stream ended.
    Ended,
    /// The peer did what it must not.
    Misbehaved(Misbehaviour),
}

impl From<Misbehaviour> for Broken {
    fn from(misbehaviour: Misbehaviour) -> Self {
        Self::Misbehaved(misbehaviour)
    }
}

/// One thing that was read.
#[derive(Debug)]
pub(crate) enum Read {
    /// A message.
    Message(Message),
    /// A frame with something out of bounds: refused by itself, the stream goes on.
    Bad(Misbehaviour),
}

/// Reads messages from a stream.
pub(crate) struct Reader {
    stream: RecvStream,
    lane: Lane,
}

impl Reader {
    /// A reader of a stream that carries `lane`.
    pub(crate) fn new(stream: RecvStream, lane: Lane) -> Self {
        Self { stream, lane }
    }

    /// The next message; kinds that are not known are skipped. Not cancel-safe: a task of its own reads each stream.
    pub(crate) async fn next(&mut self) -> Result<Read, Broken> {
        loop {
            let frame = self.frame().await?;
            let kind = frame.kind;
            match Message::from_frame(&frame) {
                Ok(None) => {}
                Ok(Some(message)) => return Ok(Read::Message(message)),
                Err(fault) => {
                    tracing::debug!(kind, "a frame was refused");
                    let misbehaviour = Misbehaviour::from(fault);
                    return match misbehaviour {
                        Misbehaviour::OutOfBounds(_) => Ok(Read::Bad(misbehaviour)),
                        other => Err(other.into()),
                    };
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Frame, Broken> {
        let mut header = [0; limits::FRAME_HEADER_BYTES];
        self.fill(&mut header).await?;
        let header = FrameHeader::decode(header).map_err(Misbehaviour::Oversized)?;
        // What belongs on the other lane is not read at all: its frames may be longer than any of this one.
        if lane(header.kind).is_some_and(|lane| lane != self.lane) {
            return Err(Misbehaviour::WrongLane.into());
        }
        let mut body = vec![0; header.length as usize];
        self.fill(&mut body).await?;
        Ok(Frame { kind: header.kind, version: header.version, body })
    }

    async fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        match self.stream.read_exact(bytes).await {
            Ok(()) => Ok(()),
            Err(ReadExactError::FinishedEarly(_) | ReadExactError::ReadError(_)) => Err(Broken::Ended),
        }
    }
}

/// Writes a message to a stream; `false` when the stream is gone.
pub(crate) async fn send(stream: &mut SendStream, message: impl Into<Message>) -> bool {
    send_frame(stream, &message.into().to_frame()).await
}

/// Writes a frame to a stream; `false` when the stream is gone.
pub(crate) async fn send_frame(stream: &mut SendStream, frame: &Frame) -> bool {
    stream.write_all(&frame.to_bytes()).await.is_ok()
}
