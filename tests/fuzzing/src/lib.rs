//! What the fuzz targets do with bytes: each takes any bytes and asserts what must hold of them. The programs in `fuzz/` feed them
//! from a fuzzer; the tests of this crate replay their corpus, and changed copies of it, on every machine.
//!
//! A target never returns anything: it panics where a promise is broken, whatever the bytes are.
#![forbid(unsafe_code)]

mod batch;
mod bytes;
mod cards;
mod chains;
mod codes;
mod keys;
mod links;
mod messages;
mod moments;
mod office;
mod received;
pub mod seeds;
mod sequence;
mod statements;

pub use batch::batch;
pub use cards::{import, vcard};
pub use chains::key_set;
pub use codes::{invite, office_code};
pub use links::link;
pub use messages::{control, frame, greeting, proposal, replication};
pub use received::received;
pub use sequence::sequence;
pub use statements::statement;

/// A target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: the folder of its corpus and the program in `fuzz/`.
    pub name: &'static str,
    /// What it does with bytes.
    pub run: fn(&[u8]),
    /// Whether all it does is read what a peer sends, so that its memory is bounded by the longest frame.
    pub only_reads: bool,
}

/// Every target.
pub const TARGETS: [Target; 15] = [
    Target { name: "frame", run: frame, only_reads: true },
    Target { name: "greeting", run: greeting, only_reads: true },
    Target { name: "control", run: control, only_reads: true },
    Target { name: "replication", run: replication, only_reads: true },
    Target { name: "proposal", run: proposal, only_reads: true },
    Target { name: "statement", run: statement, only_reads: true },
    Target { name: "key_set", run: key_set, only_reads: false },
    Target { name: "link", run: link, only_reads: false },
    Target { name: "invite", run: invite, only_reads: false },
    Target { name: "office_code", run: office_code, only_reads: false },
    Target { name: "vcard", run: vcard, only_reads: false },
    Target { name: "import", run: import, only_reads: false },
    Target { name: "batch", run: batch, only_reads: false },
    Target { name: "received", run: received, only_reads: false },
    Target { name: "sequence", run: sequence, only_reads: false },
];
