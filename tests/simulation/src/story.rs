//! Messages in words, for whoever looks for a mistake.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Change, Message};
use interoffice_protocol::statement::Verified;

/// The first letters of a link's id.
pub(crate) fn brief(link: &LinkId) -> String {
    link.to_string().chars().take(5).collect()
}

/// A message in one line.
pub(crate) fn shortly(message: &Message) -> String {
    match message {
        Message::Batch(batch) => {
            let mut line = format!("Batch {} {}..{}", brief(&batch.link), batch.from, batch.to);
            for entry in &batch.entries {
                let sign = if matches!(entry.change, Change::Withdraw) { '-' } else { '+' };
                let id: String = entry.record.to_string().chars().rev().take(4).collect();
                line.push_str(&format!(" {sign}{id}"));
            }
            line
        }
        Message::BatchAck(ack) => format!("BatchAck {} {}", brief(&ack.link), ack.to),
        Message::Resume(resume) => format!("Resume {} at {} (epoch {})", brief(&resume.link), resume.cursor, resume.epoch.is_some()),
        Message::Gone(gone) => format!("Gone {}", brief(&gone.link)),
        Message::InventoryAsk(ask) => format!("InventoryAsk {}", brief(&ask.link)),
        Message::Inventory(part) => {
            format!("Inventory {} part {} of {} copies at {}", brief(&part.link), part.index, part.holdings.len(), part.cursor)
        }
        Message::Statement(signed) => match Verified::from_store(signed.clone()) {
            Ok(statement) => {
                let link = statement.link().as_ref().map(brief).unwrap_or_default();
                let envelope = statement.envelope();
                format!("Statement {} {link} {:?} (hash {:.6})", envelope.sequence, statement.body(), statement.hash().to_string())
            }
            Err(fault) => format!("Statement: {fault}"),
        },
        Message::Answer(answer) => format!("Answer {:.6} {:?}", answer.statement.to_string(), answer.outcome),
        Message::ListChunk(chunk) => {
            format!("ListChunk {:.6} {} with {} leaves", chunk.statement.to_string(), chunk.index, chunk.leaves.len())
        }
        Message::Renewal(renewal) => format!("Renewal of {} links", renewal.links.len()),
        Message::LeaseAsk(_) => "LeaseAsk".to_owned(),
        other => format!("{other:?}"),
    }
}
