//! An older program before a newer database (INV-48): it must not open it, since it can't know what it would break.

use std::path::Path;

use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{StoreFault, WriteStore};
use interoffice_protocol::ids::LinkId;
use rusqlite::Connection;

use super::Violation;
use crate::office;
use crate::sometimes;
use crate::world::failed;

/// A schema that no program has yet.
const NEWER: i64 = 1_000;

/// Asks an office's program to open a database and a received file of a newer one.
pub(super) fn newer_is_refused(place: usize) -> Result<(), Violation> {
    let io = |error: std::io::Error| failed(place, &error);
    let folder = tempfile::Builder::new().prefix("interoffice-simulation-").tempdir_in(office::memory()).map_err(io)?;
    let (received, link) = (folder.path().join("received"), LinkId([1; 32]));
    std::fs::create_dir(&received).map_err(io)?;
    for path in [folder.path().join("office.db"), received.join(format!("{link}.db"))] {
        mark(&path).map_err(|error| failed(place, &error))?;
    }
    let database = WriteStore::open(folder.path(), office::context(place)).err();
    let file = ReceivedFiles::open(received).and_then(|files| files.progress(link)).err();
    for (what, end) in [("database", database), ("received file", file)] {
        if !matches!(end, Some(StoreFault::NewerSchema { .. })) {
            let what = format!("office {place} opens a {what} of a newer program: {end:?}");
            return Err(Violation::new("INV-48", "stale-right", what));
        }
    }
    sometimes!("a newer database was refused");
    Ok(())
}

fn mark(path: &Path) -> Result<(), rusqlite::Error> {
    Connection::open(path)?.pragma_update(None, "user_version", NEWER)
}
