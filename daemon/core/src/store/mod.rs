//! The store: the only place with SQL. `office.db` holds what the office owns and knows; the copies of each received link
//! live in a file of their own (`received`), which is closed and unlinked when the link ends.
//!
//! Writing is one connection, reading is many. A write is a closure over a [`Tx`] that may be run again; several waiting
//! closures share one transaction, each in its own savepoint, and one fsync ([`WriteStore::begin`], `job`, `commit`).

pub mod audit;
pub mod claims;
pub mod credentials;
#[cfg(test)]
pub(crate) mod damage;
pub mod digests;
mod durable;
pub mod failing;
pub mod grants;
pub mod groups;
pub mod inspect;
pub mod links;
pub mod log;
pub mod mails;
pub mod migrate;
pub mod office;
pub mod peers;
pub mod proxies;
pub mod received;
pub mod records;
pub mod removals;
pub mod requests;
pub mod roles;
pub mod sessions;
pub mod sql;
pub mod statements;
mod tx;
pub mod users;

pub use sql::{Row, Sql, SqlExt, StoreFault, Value};
pub use tx::{Fault, OfficeContext, ReadStore, Ring, Rings, Tx, View, WriteStore};
