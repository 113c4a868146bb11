//! What the other tasks of a session want of its data lane.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{BatchAck, Inventory, Message, Resume};
use tokio::sync::mpsc;

/// What the other tasks want of the data lane.
pub(super) enum Command {
    /// Send this.
    Send(Message),
    /// A reader says where it is.
    Resume(Resume),
    /// A reader acknowledges.
    Ack(BatchAck),
    /// A reader lists what it holds.
    Inventory(Inventory),
    /// The reader has no such link any more.
    Gone(LinkId),
}

/// Of several acknowledgements of one link that wait, the last: it includes those before it. What stands behind them is stashed.
pub(super) fn last_ack(mut command: Command, commands: &mut mpsc::Receiver<Command>, stash: &mut Option<Command>) -> Command {
    while let Command::Ack(ack) = &command {
        match commands.try_recv() {
            Ok(Command::Ack(next)) if next.link == ack.link => command = Command::Ack(next),
            Ok(other) => {
                *stash = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    command
}
