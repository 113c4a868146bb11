//! A store that fails where a test wants it: each touch of a database asks here first. Without the feature `seeded-bugs`, which no
//! release has, `touch` is nothing for the compiler.

use super::StoreFault;

/// Asked before a statement is run, and before a column of its rows is read.
#[cfg(not(feature = "seeded-bugs"))]
pub(super) const fn touch(_sql: &str, _column: Option<usize>) -> Result<(), StoreFault> {
    Ok(())
}

#[cfg(feature = "seeded-bugs")]
pub use armed::{arm, disarm, heard, listen, touch};

#[cfg(feature = "seeded-bugs")]
mod armed {
    use std::cell::RefCell;
    use std::collections::HashSet;
    use std::hash::{DefaultHasher, Hash, Hasher};

    use super::StoreFault;

    #[derive(Default)]
    struct Failing {
        /// Where something failed already. A place is a touch with the two before it, of one sort of work.
        seen: HashSet<u64>,
        work: Option<Work>,
        /// The statements since [`listen`], in their order.
        heard: Option<Vec<String>>,
    }

    struct Work {
        name: String,
        last: [u64; 2],
        statement: u64,
        failed: bool,
    }

    thread_local! {
        static FAILING: RefCell<Failing> = RefCell::default();
    }

    /// Lets the store of this thread fail once from now on, at the first place where no work of this name failed before.
    pub fn arm(name: &str) {
        FAILING.with_borrow_mut(|failing| failing.work = Some(Work { name: name.to_owned(), last: [0; 2], statement: 0, failed: false }));
    }

    /// Lets nothing fail any more; says whether something did.
    pub fn disarm() -> bool {
        FAILING.with_borrow_mut(|failing| failing.work.take().is_some_and(|work| work.failed))
    }

    /// Writes down which statements this thread runs from now on.
    pub fn listen() {
        FAILING.with_borrow_mut(|failing| failing.heard = Some(Vec::new()));
    }

    /// The statements since [`listen`]; writes down no more.
    pub fn heard() -> Vec<String> {
        FAILING.with_borrow_mut(|failing| failing.heard.take().unwrap_or_default())
    }

    fn hash(of: impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        of.hash(&mut hasher);
        hasher.finish()
    }

    /// Asked before a statement is run, and before a column of its rows is read.
    ///
    /// # Errors
    /// Once after [`arm`].
    pub fn touch(sql: &str, column: Option<usize>) -> Result<(), StoreFault> {
        FAILING.with_borrow_mut(|failing| {
            if let Some(heard) = failing.heard.as_mut().filter(|_| column.is_none()) {
                heard.push(sql.to_owned());
            }
            let Some(work) = failing.work.as_mut().filter(|work| !work.failed) else { return Ok(()) };
            if column.is_none() {
                work.statement = hash(sql);
            }
            let touch = hash((work.statement, column));
            let place = hash((&work.name, work.last, touch));
            work.last = [work.last[1], touch];
            work.failed = failing.seen.insert(place);
            match (work.failed, column) {
                (false, _) => Ok(()),
                (true, None) => Err(StoreFault::Database("a test lets this statement fail".to_owned())),
                (true, Some(_)) => Err(StoreFault::Corrupt("a test lets this column be unreadable".to_owned())),
            }
        })
    }
}
