//! A print of everything an office keeps, to see whether something changed it (INV-24, INV-25).

use interoffice_core::store::{Fault, inspect, links, peers, statements};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::messages::{Message, Outcome};
use sha2::{Digest, Sha256};

use super::Violation;
use crate::office::Office;
use crate::world::{World, failed};

/// Columns that count contacts with another office and nothing else.
const COUNTERS: [&str; 3] = ["peers.last_heard_ms", "office.safe_ms", "office.safe_wall_ms"];

/// A hash over everything that an office keeps: its database without counters, and how far each received file has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Print([u8; 32]);

fn of(office: &Office) -> Result<Print, Fault> {
    let mut hash = Sha256::new();
    let received: Vec<LinkId> = office.read(|view| {
        inspect::contents(view, &COUNTERS, &mut |table, row| {
            hash.update((table.len() + row.len()).to_be_bytes());
            hash.update(table);
            hash.update(row);
        })?;
        Ok(links::all(view)?.into_iter().filter(|row| row.ended_ms.is_none()).map(|row| row.link).collect())
    })?;
    for link in received {
        let progress = office.files.progress(link)?;
        hash.update(format!("{link} {:?} {:?} {} {}", progress.cursor, progress.digest, progress.count, progress.erasing));
    }
    Ok(Print(hash.finalize().into()))
}

/// Whether a message that arrived once may still change something at `to`: a statement that was put off then, an answer to one that
/// is said again, and where a reader stands, which is said anew on each connection and believed.
pub(crate) fn is_news(world: &World, from: usize, to: usize, message: &Message) -> Result<bool, Violation> {
    let id = world.offices[from].id;
    let kept = |hash| {
        world.look(to, |view| {
            let Some(peer) = peers::find(view, id)? else { return Ok((false, false)) };
            let waits = statements::waiting(view, peer.row, 0, 1_000)?.iter().any(|(_, signed)| signed.hash() == hash);
            Ok((statements::answer_given(view, peer.row, hash)?.is_some(), waits))
        })
    };
    match message {
        Message::Resume(_) | Message::Inventory(_) => Ok(true),
        // That something was missed is believed as well: it is said again, and the other office knows it already.
        Message::Answer(answer) if matches!(answer.outcome, Outcome::Gap { .. }) => Ok(true),
        Message::Answer(answer) => Ok(kept(answer.statement)?.1),
        Message::Statement(signed) => {
            let own = signed.envelope().is_some_and(|envelope| envelope.from == id);
            Ok(own && !kept(signed.hash())?.0)
        }
        _ => Ok(false),
    }
}

/// The print of an office now.
pub(crate) fn print(world: &World, office: usize) -> Result<Print, Violation> {
    of(&world.offices[office]).map_err(|fault| failed(office, &fault))
}

/// Something that must change nothing has happened at an office: what it keeps is what it was.
pub(crate) fn unchanged(world: &World, office: usize, before: Print, invariant: &'static str, by: &str) -> Result<(), Violation> {
    if print(world, office)? == before {
        return Ok(());
    }
    let anomaly = if invariant == "INV-24" { "duplicate-effect" } else { "torn-record" };
    Err(Violation::new(invariant, anomaly, format!("office {office} was changed by {by}")))
}

#[cfg(test)]
mod tests {
    use interoffice_core::actions::lease;
    use interoffice_core::actions::office as verbs;

    use super::*;
    use crate::clock::Clock;

    #[test]
    fn inv_24_and_25_a_print_changes_with_any_row_and_with_nothing_else() {
        let mut office = Office::open(0, false, Clock::new(0, 0)).unwrap();
        let print = |office: &Office| of(office).unwrap();
        let empty = print(&office);
        office.write(|tx| verbs::set_up(tx, "North")).unwrap();
        let before = print(&office);
        assert_ne!(before, empty);
        office.true_ms += 90_000;
        office.write(|tx| lease::tick(tx, lease::Passed { first: false, boot_ms: 1 })).unwrap();
        assert_eq!(print(&office), before, "clocks are counters");
        office.write(|tx| Ok(interoffice_core::store::office::set_security(tx, true)?)).unwrap();
        assert_ne!(print(&office), before);
    }

    #[test]
    fn a_store_fault_is_told_as_one() {
        let fault: Fault = interoffice_core::store::StoreFault::DiskFull.into();
        assert_eq!(failed(0, &fault).anomaly, "store-failed");
    }
}
