//! What two offices say to each other besides statements: greeting, pairing, acknowledgements, replication. Version 1 of each.
//!
//! A message counts only on the connection it came on: TLS and Hello say who speaks. Statements are signed, these are not.
//! [`Message`] is the closed list; it alone turns messages into frames and frames into messages.

mod control;
mod frames;
mod greeting;
mod message;
mod proposal;
mod replication;

pub use control::{Answer, Leaf, LeaseAsk, ListChunk, Outcome, Ping, Renewal};
pub use frames::{RawChange, encode_batch};
pub use greeting::{Hello, Lane, Pair, PairRefusal};
pub use message::{MESSAGE_VERSION, Message, lane};
pub use proposal::{Proposal, ProposalAnswer, Verdict};
pub use replication::{Batch, BatchAck, Change, Entry, Gone, Holding, Inventory, InventoryAsk, Resume};
