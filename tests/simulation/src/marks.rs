//! Marks: situations that a run of the gate must have met at least once, so that it is known to test them.

use std::cell::RefCell;

/// Every mark by name. A gate in which one of them never fired fails.
pub(crate) const MARKS: &[&str] = &[
    "a batch brought some records and withdrew others",
    "a batch left a gap",
    "a batch met a link that is not Active here",
    "a clock was set while the daemon was down",
    "a daemon started with its wall clock set back",
    "a denial was written into the audit",
    "a digest differed",
    "a disk was full",
    "a frame did not decode",
    "a frame was replayed",
    "a frame was replayed to or by another office",
    "a greeting was answered and the answer lost",
    "a group with records was deleted",
    "a lease was over before the end was heard",
    "a lease was renewed after it was over",
    "a lie in the order of statements",
    "a lie past the order of statements",
    "a lie without a signature",
    "a link ended with batches in flight",
    "a link expired",
    "a link was accepted",
    "a link was erased with a receipt",
    "a name without access was looked at",
    "a newer database was refused",
    "a part of a link was erased with a receipt",
    "a partition in one direction",
    "a password was changed while somebody else was signed in with it",
    "a password was set while somebody was signed in with the one before",
    "a reader was asked what it holds",
    "a reader was there before its acceptance",
    "a received file was lost",
    "a record came back after it was withdrawn",
    "a record has another owner",
    "a record that was shared over a link has another owner",
    "a record was shared with a colleague",
    "a record was shared with a group",
    "a record was shared with the whole office",
    "a record was unshared",
    "a related item was added",
    "a request for access was granted",
    "a request for access was refused",
    "a request was declined",
    "a right was disabled with live links",
    "a role that somebody has was changed",
    "a sender was told that a link is gone",
    "a session that ended was looked up",
    "a session that is over was used",
    "a session with an office that is not paired",
    "a share inside the office was taken away",
    "a statement arrived with a wrong byte",
    "a tick could not be written while the wall clock went wrong",
    "a user was disabled",
    "a user was enabled again",
    "a verb found the disk full",
    "a wall clock went back",
    "accept met withdraw",
    "all clients were shared with somebody",
    "all records of a user were handed over",
    "an acceptance met an end",
    "an end came without its request",
    "an end met another end",
    "an office found its folder older than its words",
    "an office was blocked",
    "an office was removed",
    "an old copy of a data folder was put back",
    "an older received file came back",
    "both sides deleted at once",
    "client access was switched on",
    "client access was switched on in an open office with records",
    "somebody administers no more",
    "somebody asked for access",
    "somebody became a proxy",
    "somebody in a group has a record that another may ask for",
    "somebody left a group with records",
    "somebody shared all but what is private",
    "somebody signed in",
    "somebody was denied something with a record of the office",
    "somebody who may not share named a proxy",
    "somebody who may not share wanted to keep a record",
    "statements were said again since the peer lacked them",
    "the reserve was spent on an ending",
    "the same two people were linked anew",
    "the window of a link was full",
    "two links brought the same record",
    "withdraw met accept",
];

thread_local! {
    static HITS: RefCell<Vec<u64>> = RefCell::new(vec![0; MARKS.len()]);
}

/// The place of a mark in [`MARKS`]; a name that is not there does not compile where it is asked for in a constant.
pub(crate) const fn place(name: &str) -> usize {
    let mut at = 0;
    while at < MARKS.len() {
        if same(MARKS[at].as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("no such mark: add it to MARKS")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Counts a mark by its place.
pub(crate) fn hit(place: usize) {
    HITS.with_borrow_mut(|hits| hits[place] += 1);
}

/// What was counted on this thread since the last time; afterwards nothing is.
pub(crate) fn take() -> Vec<u64> {
    HITS.with_borrow_mut(|hits| std::mem::replace(hits, vec![0; MARKS.len()]))
}

/// Says that a situation was met.
#[macro_export]
macro_rules! sometimes {
    ($name:literal) => {
        $crate::marks::hit(const { $crate::marks::place($name) })
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_has_a_name_of_its_own_and_is_counted_there() {
        let mut names = MARKS.to_vec();
        names.dedup();
        assert_eq!(names.len(), MARKS.len());
        let _ = take();
        crate::sometimes!("withdraw met accept");
        let hits = take();
        assert_eq!((hits.iter().sum::<u64>(), hits[place("withdraw met accept")]), (1, 1));
    }
}
