//! The readers: a few threads with a connection each, for everything that only looks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
#[cfg(feature = "simulation")]
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use interoffice_core::store::{Fault, OfficeContext, ReadStore, StoreFault, View};
use tokio::sync::oneshot;

use super::queue::Queue;
use super::stopping;
use crate::clock;

/// Threads that read.
const READERS: usize = 3;
/// Reads that may wait; who comes later waits outside.
const QUEUE_ROOM: usize = 256;

type Read = Box<dyn FnOnce(&ReadStore) + Send>;
type Reads = Queue<Read, 1>;

/// Handle to the threads that read.
#[derive(Clone)]
pub(super) struct Readers {
    reads: Arc<Reads>,
    /// Reads in the thread of the caller, in a simulation.
    #[cfg(feature = "simulation")]
    here: Option<Arc<Mutex<ReadStore>>>,
}

impl Readers {
    /// Starts the threads on the database in `folder`.
    pub(super) fn start(folder: PathBuf, context: Arc<OfficeContext>) -> Result<(Self, Vec<JoinHandle<()>>), StoreFault> {
        let reads = Arc::new(Reads::new(QUEUE_ROOM));
        let mut handles = Vec::with_capacity(READERS);
        for number in 1..=READERS {
            let thread = Thread { folder: folder.clone(), context: Arc::clone(&context), reads: Arc::clone(&reads) };
            let store = ReadStore::open(&thread.folder, Arc::clone(&thread.context))?;
            let builder = std::thread::Builder::new().name(format!("reader-{number}"));
            handles.push(builder.spawn(move || thread.run(store)).map_err(|error| StoreFault::io("a reader can't be started", error))?);
        }
        let readers = Self {
            reads,
            #[cfg(feature = "simulation")]
            here: None,
        };
        Ok((readers, handles))
    }

    /// Readers without threads: whoever asks looks by itself.
    #[cfg(feature = "simulation")]
    pub(super) fn here(folder: &std::path::Path, context: Arc<OfficeContext>) -> Result<Self, StoreFault> {
        let store = ReadStore::open(folder, context)?;
        Ok(Self { reads: Arc::new(Reads::new(QUEUE_ROOM)), here: Some(Arc::new(Mutex::new(store))) })
    }

    /// Runs `read` on a consistent state that holds everything acknowledged before the call.
    pub(super) async fn read<T, F>(&self, read: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&View<'_>) -> Result<T, Fault> + Send + 'static,
    {
        #[cfg(feature = "simulation")]
        if let Some(store) = &self.here {
            return store.lock().unwrap_or_else(PoisonError::into_inner).read(clock::now_ms(), read);
        }
        let (caller, answer) = oneshot::channel();
        let read: Read = Box::new(move |store| {
            // A caller that no longer waits needs no answer.
            let _ = caller.send(store.read(clock::now_ms(), read));
        });
        self.reads.push(0, read).await.map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(StoreFault::Database("the program met a case it does not know".to_owned()).into()))
    }

    /// Takes no reads any more.
    pub(super) fn close(&self) {
        self.reads.close();
    }
}

struct Thread {
    folder: PathBuf,
    context: Arc<OfficeContext>,
    reads: Arc<Reads>,
}

impl Thread {
    fn run(&self, mut store: ReadStore) {
        while let Some(read) = self.reads.pop() {
            if catch_unwind(AssertUnwindSafe(|| read(&store))).is_ok() {
                continue;
            }
            // The connection may stand inside a transaction; a new one does not.
            match ReadStore::open(&self.folder, Arc::clone(&self.context)) {
                Ok(fresh) => store = fresh,
                Err(fault) => tracing::error!(%fault, "a reader keeps its old connection"),
            }
        }
    }
}
