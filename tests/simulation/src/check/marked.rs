//! Situations that are seen only from above, where both ends of a link and all of its past are known.

use interoffice_oracle::event::{Link, Office, Record, Said, Taken};
use interoffice_oracle::local::Known;
use interoffice_oracle::{Answer, Event, Oracle, Viewer};

use crate::sometimes;

/// Marks what an event meets, before the oracle is told of it.
pub(super) fn before(oracle: &Oracle, event: &Event) {
    match event {
        Event::Heard { at, link, said, taken: Taken::New, .. } => heard(oracle, *at, link, *said),
        Event::Applied { at, link, puts, withdrawn } => {
            applied(oracle, *at, link, puts.iter().map(|(record, _)| record));
            if !puts.is_empty() && !withdrawn.is_empty() {
                sometimes!("a batch brought some records and withdrew others");
            }
        }
        Event::LeaseRenewed { at, links, .. } if links.iter().any(|link| lease_is_over(oracle, *at, link)) => {
            sometimes!("a lease was renewed after it was over");
        }
        Event::Requested { wanted, .. } => {
            let same = |(_, agreed): (&Link, &interoffice_oracle::history::Agreement)| {
                (&agreed.wanted.owner, &agreed.wanted.reader) == (&wanted.owner, &wanted.reader)
            };
            if oracle.agreements().any(same) {
                sometimes!("the same two people were linked anew");
            }
        }
        _ => {}
    }
}

fn heard(oracle: &Oracle, at: Office, link: &Link, said: Said) {
    let known = oracle.known(at, link);
    match said {
        Said::Accept if known.is_some_and(Known::is_over) => sometimes!("an acceptance met an end"),
        Said::End(_) if known.is_some_and(Known::is_over) => sometimes!("an end met another end"),
        Said::End(_) if lease_is_over(oracle, at, link) => sometimes!("a lease was over before the end was heard"),
        _ => {}
    }
}

fn applied<'r>(oracle: &Oracle, at: Office, link: &Link, mut puts: impl Iterator<Item = &'r Record>) {
    let (Some(local), Some(agreed)) = (oracle.local(at), oracle.agreement(link)) else { return };
    let came_back = |record: &Record| {
        let held = local.links.get(link).is_some_and(|known| known.copies.contains_key(record));
        agreed.newest.contains_key(record) && !held
    };
    let elsewhere = |record: &Record| local.links.iter().any(|(other, known)| other != link && known.copies.contains_key(record));
    for record in puts.by_ref() {
        if came_back(record) {
            sometimes!("a record came back after it was withdrawn");
        }
        if elsewhere(record) {
            sometimes!("two links brought the same record");
        }
    }
}

fn lease_is_over(oracle: &Oracle, office: Office, link: &Link) -> bool {
    let verdict = oracle.may_open(office, Viewer::Operator, link);
    verdict.answer == Answer::MustNot && verdict.why == "the lease is over"
}
