//! Transactions: what a verb sees of the store ([`View`], [`Tx`]), and how waiting verbs share one commit.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use interoffice_protocol::ids::{LinkId, OfficeId};
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::{Chain, Signer};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::sql::{batch, control};
use super::{Sql, StoreFault, audit, durable, migrate};
use crate::domain::actor::Actor;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Refusal, RefusalKind};

/// Whom a commit concerns; the doors wake who waits for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ring {
    /// Statements or lists wait for this office, or its standing changed.
    Peer(OfficeId),
    /// The log or standing of this link changed.
    Link(LinkId),
    /// The other office holds more of this link than before.
    Delivered(LinkId),
    /// Copies of this link were written here, or taken away.
    Copies(LinkId),
    /// A removal is to be carried out here.
    Removal(LinkId),
    /// Somebody asked for access to a record, or was answered.
    Requests,
    /// Audit lines were written.
    Audit,
    /// A mail waits to be sent.
    Mail,
}

/// The rings of one commit.
pub type Rings = BTreeSet<Ring>;

/// What every transaction of a running daemon is given beside its database.
#[derive(Debug)]
pub struct OfficeContext {
    /// Signs what this office declares.
    pub signer: Signer,
    /// What this process counted for the clock of the leases.
    pub counted: Counted,
    chains: Mutex<HashMap<i64, (Vec<u8>, Chain)>>,
}

/// What a process counted for the clock of the leases beyond what is written down.
#[derive(Debug, Default)]
pub struct Counted {
    safe_ms: AtomicI64,
    is_lost: AtomicBool,
}

impl Counted {
    /// What the safe clock shows at least (milliseconds).
    pub fn safe_ms(&self) -> i64 {
        self.safe_ms.load(Ordering::SeqCst)
    }

    /// The safe clock shows at least so much from now on (milliseconds).
    pub fn raise(&self, safe_ms: i64) {
        self.safe_ms.fetch_max(safe_ms, Ordering::SeqCst);
    }

    /// Whether nobody knows how much time passed before this process began, and that is not written down yet.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }

    /// Sets whether it is so.
    pub fn set_lost(&self, is_lost: bool) {
        self.is_lost.store(is_lost, Ordering::SeqCst);
    }

    /// A process begins and has counted nothing.
    pub fn begin(&self) {
        self.safe_ms.store(0, Ordering::SeqCst);
        self.set_lost(false);
    }
}

impl OfficeContext {
    /// The context of a daemon that starts.
    pub fn new(signer: Signer) -> Self {
        Self { signer, counted: Counted::default(), chains: Mutex::default() }
    }

    /// The chain of a peer, whose row holds `bytes`: verified when these bytes are seen for the first time.
    pub(super) fn chain(&self, row: i64, bytes: &[u8], verify: impl Fn() -> Result<Chain, StoreFault>) -> Result<Chain, StoreFault> {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, chain)) = chains.get(&row).filter(|(seen, _)| seen == bytes) {
            return Ok(chain.clone());
        }
        let chain = verify()?;
        chains.insert(row, (bytes.to_vec(), chain.clone()));
        Ok(chain)
    }

    /// This office.
    pub fn office(&self) -> OfficeId {
        self.signer.office()
    }
}

/// Why a verb did not happen: it was refused, or the store failed. In both cases nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A rule says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The store could not.
    #[error("{0}")]
    Store(#[from] StoreFault),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A consistent state of the store, to read from.
pub struct View<'c> {
    sql: &'c dyn Sql,
    /// This office.
    pub office: &'c OfficeContext,
    /// The wall clock (milliseconds since 1970, UTC).
    pub now_ms: i64,
}

impl<'c> View<'c> {
    /// The database, for the modules of the store.
    pub(crate) fn sql(&self) -> &'c dyn Sql {
        self.sql
    }
}

/// A transaction: a [`View`] that may be changed.
pub struct Tx<'c> {
    view: View<'c>,
    /// Time and randomness of this run.
    pub moment: Moment,
    rings: RefCell<Rings>,
    verb: RefCell<Option<(Actor, &'static str, String)>>,
}

impl<'c> std::ops::Deref for Tx<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

impl Tx<'_> {
    /// Notes whom the commit concerns.
    pub fn ring(&self, ring: Ring) {
        self.rings.borrow_mut().insert(ring);
    }

    /// Says what is being attempted, so that a denial can be written down although the attempt leaves nothing else behind.
    pub fn attempt(&self, actor: &Actor, verb: &'static str, object: impl Into<String>) {
        *self.verb.borrow_mut() = Some((actor.clone(), verb, object.into()));
    }
}

/// The one connection that writes.
pub struct WriteStore {
    conn: Connection,
    context: Arc<OfficeContext>,
}

impl WriteStore {
    /// Opens `office.db` in `folder`, creating or migrating it.
    pub fn open(folder: &Path, context: Arc<OfficeContext>) -> Result<Self, StoreFault> {
        let mut conn = Connection::open(folder.join("office.db"))?;
        set_up(&conn)?;
        durable::settle_log(&conn)?;
        migrate::migrate(&mut conn, migrate::OFFICE)?;
        Ok(Self { conn, context })
    }

    /// A store in memory, for simulations.
    pub fn in_memory(context: Arc<OfficeContext>) -> Result<Self, StoreFault> {
        let mut conn = Connection::open_in_memory()?;
        migrate::copy_empty(&mut conn)?;
        set_up(&conn)?;
        Ok(Self { conn, context })
    }

    /// Starts a transaction for a group of jobs.
    pub fn begin(&mut self) -> Result<(), StoreFault> {
        if planted(Bug::AnswerBeforeCommit) && self.is_open() {
            self.commit()?;
        }
        control(&self.conn, "BEGIN IMMEDIATE")
    }

    /// Runs one job of the group in a savepoint: what it did stays only when it returns `Ok`. A denial is written into the audit.
    pub fn job<T>(&mut self, moment: Moment, job: &mut dyn FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<(T, Rings), Fault> {
        control(&self.conn, "SAVEPOINT job")?;
        let tx = Tx {
            view: View { sql: &self.conn, office: &self.context, now_ms: moment.now_ms },
            moment,
            rings: RefCell::default(),
            verb: RefCell::default(),
        };
        let end = job(&tx);
        let (rings, verb) = (tx.rings.into_inner(), tx.verb.into_inner());
        let now_ms = tx.view.now_ms;
        match end {
            Ok(value) => {
                control(&self.conn, "RELEASE job")?;
                Ok((value, rings))
            }
            Err(fault) => {
                batch(&self.conn, "ROLLBACK TO job; RELEASE job")?;
                if let (Fault::Refused(refusal), Some((actor, verb, object))) = (&fault, verb)
                    && refusal.kind == RefusalKind::Denied
                    && !planted(Bug::DenialNotAudited)
                {
                    audit::append(&self.conn, now_ms, &actor, verb, &object, refusal.code, &refusal.message)?;
                }
                Err(fault)
            }
        }
    }

    /// Whether the group's transaction still stands; the database itself drops it after some failures, such as a full disk.
    pub fn is_open(&self) -> bool {
        !self.conn.is_autocommit()
    }

    /// Makes the group durable.
    pub fn commit(&mut self) -> Result<(), StoreFault> {
        control(&self.conn, "COMMIT").inspect_err(|_| self.roll_back())
    }

    /// Drops the group.
    pub fn roll_back(&mut self) {
        if !self.conn.is_autocommit() {
            // Nothing is left to be done when even this fails: the transaction dies with the connection.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    /// One job in a transaction of its own, durable when this returns.
    pub fn write<T>(&mut self, moment: Moment, mut job: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<(T, Rings), Fault> {
        self.begin()?;
        let end = self.job(moment, &mut job);
        match &end {
            Err(Fault::Store(_)) => self.roll_back(),
            _ if planted(Bug::AnswerBeforeCommit) => {}
            _ => self.commit()?,
        }
        end
    }

    /// Reads on this connection.
    pub fn read<T>(&self, now_ms: i64, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        read(&View { sql: &self.conn, office: &self.context, now_ms })
    }

    /// Folds the write-ahead log into the file, for a graceful stop.
    pub fn checkpoint(&mut self) -> Result<(), StoreFault> {
        batch(&self.conn, "PRAGMA wal_checkpoint(TRUNCATE)")
    }
}

/// One of the connections that read.
pub struct ReadStore {
    conn: Connection,
    context: Arc<OfficeContext>,
}

impl ReadStore {
    /// Opens `office.db` in `folder` for reading; a [`WriteStore`] has been there before.
    pub fn open(folder: &Path, context: Arc<OfficeContext>) -> Result<Self, StoreFault> {
        let conn = Connection::open(folder.join("office.db"))?;
        set_up(&conn)?;
        batch(&conn, "PRAGMA query_only=ON")?;
        Ok(Self { conn, context })
    }

    /// Reads from one consistent state.
    pub fn read<T>(&self, now_ms: i64, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        control(&self.conn, "BEGIN DEFERRED")?;
        let end = read(&View { sql: &self.conn, office: &self.context, now_ms });
        control(&self.conn, "COMMIT")?;
        end
    }
}

fn set_up(conn: &Connection) -> Result<(), StoreFault> {
    // A plan does not depend on the values that are bound; else each statement with `LIMIT ?` would be planned anew at every call.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    durable::set_up(conn, 256, "PRAGMA foreign_keys=ON; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=16777216")
}
