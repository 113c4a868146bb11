//! The writer: one thread that runs waiting verbs in groups, each verb in a savepoint of its own, one fsync for all of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
#[cfg(feature = "simulation")]
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use interoffice_core::domain::moment::Moment;
use interoffice_core::domain::refusal::RefusalKind;
use interoffice_core::store::{Fault, Ring, Rings, StoreFault, Tx, WriteStore};
use tokio::sync::oneshot;

use super::queue::Queue;
use super::stopping;
use crate::bell::Bell;
use crate::clock;

/// Verbs that share one commit at most.
const GROUP_JOBS: usize = 256;
/// How long a group takes new verbs in; what arrives later waits for the next group.
const GROUP_TIME: Duration = Duration::from_millis(20);
/// Verbs of one priority that may wait; who comes later waits outside.
const QUEUE_ROOM: usize = 1024;

/// Who waits for a verb; the first goes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Priority {
    /// A person looks at a screen.
    People,
    /// Another office waits.
    Sync,
    /// Nobody waits.
    Chores,
}

/// What to do when the disk refused to make something durable: the process must acknowledge nothing more.
pub(crate) type OnFatal = Arc<dyn Fn(&StoreFault) + Send + Sync>;

/// How a run of a job left the transaction.
enum Left {
    /// Ready for the next job; these rings are due after the commit.
    Whole(Rings),
    /// Gone, with everything that the jobs before it did.
    Broken,
    /// The disk could not say what of it is durable.
    Unknown(StoreFault),
}

/// A verb that waits for its turn, with its type forgotten.
trait Job: Send {
    fn run(&mut self, store: &mut WriteStore) -> Left;
    /// Tells the caller how the run ended; the group is durable.
    fn answer(self: Box<Self>);
    /// Tells the caller that nothing happened.
    fn fail(self: Box<Self>, fault: StoreFault);
}

struct Waiting<T, F> {
    verb: F,
    moment: Moment,
    end: Option<Result<T, Fault>>,
    caller: oneshot::Sender<Result<T, Fault>>,
}

impl<T: Send, F: Fn(&Tx<'_>) -> Result<T, Fault> + Send> Job for Waiting<T, F> {
    fn run(&mut self, store: &mut WriteStore) -> Left {
        let verb = &self.verb;
        let moment = self.moment.clone();
        let run = catch_unwind(AssertUnwindSafe(|| store.job(moment, &mut |tx| verb(tx))));
        let (end, rings) = match run {
            Ok(Ok((value, rings))) => (Ok(value), rings),
            Ok(Err(Fault::Store(fault))) if fault.is_fatal() => return Left::Unknown(fault),
            Ok(Err(fault)) => {
                let written = matches!(&fault, Fault::Refused(refusal) if refusal.kind == RefusalKind::Denied);
                (Err(fault), written.then_some(Ring::Audit).into_iter().collect())
            }
            Err(_) => {
                store.roll_back();
                (Err(StoreFault::Database("the program met a case it does not know; nothing was changed".to_owned()).into()), Rings::new())
            }
        };
        self.end = Some(end);
        if store.is_open() { Left::Whole(rings) } else { Left::Broken }
    }

    fn answer(self: Box<Self>) {
        // A caller that no longer waits loses nothing: what happened stands in the store.
        let _ = self.caller.send(self.end.unwrap_or_else(|| Err(stopping())));
    }

    fn fail(self: Box<Self>, fault: StoreFault) {
        let _ = self.caller.send(Err(fault.into()));
    }
}

type Jobs = Queue<Box<dyn Job>, 3>;

/// Handle to the thread that writes.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: Arc<Jobs>,
    /// Does the work in the thread of the caller, in a simulation.
    #[cfg(feature = "simulation")]
    here: Option<Arc<Mutex<Thread>>>,
}

impl Writer {
    /// Starts the thread on `store`. It ends when the queue is closed and empty, and folds the write-ahead log into the file.
    pub(super) fn start(store: WriteStore, bell: Bell, on_fatal: OnFatal) -> std::io::Result<(Self, JoinHandle<()>)> {
        let jobs = Arc::new(Jobs::new(QUEUE_ROOM));
        let mut thread = Thread { store, jobs: Arc::clone(&jobs), bell, on_fatal };
        let handle = std::thread::Builder::new().name("writer".to_owned()).spawn(move || thread.run())?;
        let writer = Self {
            jobs,
            #[cfg(feature = "simulation")]
            here: None,
        };
        Ok((writer, handle))
    }

    /// A writer without a thread: each verb is run by who waits for it, before anything else happens.
    #[cfg(feature = "simulation")]
    pub(super) fn here(store: WriteStore, bell: Bell, on_fatal: OnFatal) -> Self {
        let jobs = Arc::new(Jobs::new(QUEUE_ROOM));
        let thread = Thread { store, jobs: Arc::clone(&jobs), bell, on_fatal };
        Self { jobs, here: Some(Arc::new(Mutex::new(thread))) }
    }

    /// Runs `verb` in a transaction; the answer comes after it is durable. The verb may be run more than once, the last run counts.
    pub(super) async fn write<T, F>(&self, priority: Priority, verb: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Waiting { verb, moment: clock::moment(), end: None, caller };
        self.jobs.push(priority as usize, Box::new(job)).await.map_err(|_| stopping())?;
        #[cfg(feature = "simulation")]
        if let Some(thread) = &self.here {
            thread.lock().unwrap_or_else(PoisonError::into_inner).work();
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Takes no verbs any more.
    pub(super) fn close(&self) {
        self.jobs.close();
    }
}

struct Thread {
    store: WriteStore,
    jobs: Arc<Jobs>,
    bell: Bell,
    on_fatal: OnFatal,
}

impl Thread {
    fn run(&mut self) {
        while let Some(first) = self.jobs.pop() {
            self.group(first);
        }
        if let Err(fault) = self.store.checkpoint() {
            tracing::warn!(%fault, "the write-ahead log stays beside the database; the next start reads it");
        }
    }

    #[cfg(feature = "simulation")]
    fn work(&mut self) {
        while let Some(first) = self.jobs.try_pop() {
            self.group(first);
        }
    }

    fn group(&mut self, first: Box<dyn Job>) {
        if let Err(fault) = self.store.begin() {
            return if fault.is_fatal() { self.give_up(&fault) } else { first.fail(fault) };
        }
        let started = clock::instant();
        let (mut group, mut due) = (Vec::new(), Rings::new());
        let mut next = Some(first);
        while let Some(mut job) = next {
            let left = job.run(&mut self.store);
            group.push(job);
            match left {
                Left::Whole(rings) => due.extend(rings),
                Left::Broken => return self.one_by_one(group),
                Left::Unknown(fault) => return self.give_up(&fault),
            }
            let room = group.len() < GROUP_JOBS && clock::since(started) < GROUP_TIME;
            next = if room { self.jobs.try_pop() } else { None };
        }
        match self.store.commit() {
            Ok(()) => self.answer(group, due),
            Err(StoreFault::DiskFull) => self.one_by_one(group),
            Err(fault) => self.give_up(&fault),
        }
    }

    /// Runs the jobs of a group that failed as a whole again, each in a transaction of its own, so that a job harms no other.
    fn one_by_one(&mut self, group: Vec<Box<dyn Job>>) {
        self.store.roll_back();
        for mut job in group {
            if let Err(fault) = self.store.begin() {
                if fault.is_fatal() {
                    return self.give_up(&fault);
                }
                job.fail(fault);
                continue;
            }
            let due = match job.run(&mut self.store) {
                Left::Whole(due) => due,
                Left::Broken => {
                    self.store.roll_back();
                    job.answer();
                    continue;
                }
                Left::Unknown(fault) => return self.give_up(&fault),
            };
            match self.store.commit() {
                Ok(()) => self.answer(vec![job], due),
                Err(StoreFault::DiskFull) => job.fail(StoreFault::DiskFull),
                Err(fault) => return self.give_up(&fault),
            }
        }
    }

    fn answer(&self, group: Vec<Box<dyn Job>>, due: Rings) {
        self.bell.ring(due);
        for job in group {
            job.answer();
        }
    }

    /// The disk did not say that the group is durable. Whether it is can only be seen after a restart, so nobody gets an answer.
    fn give_up(&mut self, fault: &StoreFault) {
        self.jobs.close();
        (self.on_fatal)(fault);
        while self.jobs.try_pop().is_some() {}
    }
}
