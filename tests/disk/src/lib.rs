//! A disk under SQLite that forgets, fills up and fails when a test says so.
//!
//! [`Disk::install`] puts a layer between SQLite and its files, and [`Disk::of`] makes one folder a disk of its own: from then on every
//! database that anybody opens below that folder, in whichever thread, is counted and written down. Databases elsewhere are untouched
//! and cost nothing.
//!
//! * A **process that dies** ([`Disk::kill`], or a [`Fault`] armed at one operation) leaves what it wrote. Drop the databases, call
//!   [`Disk::start`], and open them again.
//! * A **power cut** leaves only what was synced, and of the rest what its seed says: kill, drop the databases, then
//!   [`Disk::power_cut`]. Seed 0 loses everything that was not synced; others keep some of it, in any order, and tear writes at
//!   sectors of 512 bytes. Names are lost like content: a file made, renamed or removed without a sync of its folder may be as before.
//! * A **full disk** is [`Disk::limit`], with `None` when there is room again.
//!
//! Files that a program removes, renames or syncs itself, past SQLite, go through [`Disk::remove`], [`Disk::rename`] and
//! [`Disk::sync`]; give these to it where it lets a test. Who changes files behind the disk's back says [`Disk::settle`] afterwards.
#![deny(unsafe_code)]

mod disk;
mod fault;
mod folder;
mod image;
mod state;
mod vfs;

pub use disk::Disk;
pub use fault::{Fault, Kind};
