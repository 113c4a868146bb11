//! An older program before a newer database (INV-48): it must not open it, since it can't know what it would break.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{StoreFault, WriteStore};
use interoffice_protocol::digest::LinkSecret;
use interoffice_protocol::ids::LinkId;

use super::Violation;
use crate::office;
use crate::sometimes;
use crate::world::failed;

/// A schema that no program has yet.
const NEWER: u32 = 1_000;
/// Where a database says which schema it has (SQLite file format, section 1.3: "user version").
const SCHEMA_AT: u64 = 60;

/// Asks an office's program to open a database and a received file of a newer one.
pub(super) fn newer_is_refused(place: usize) -> Result<(), Violation> {
    let folder = tempfile::Builder::new().prefix("interoffice-simulation-").tempdir_in(office::memory());
    let folder = folder.map_err(|error| failed(place, &error))?;
    let ends = opened(place, folder.path()).map_err(|fault| failed(place, &fault))?;
    for (what, end) in ["database", "received file"].into_iter().zip(ends) {
        if !matches!(end, Some(StoreFault::NewerSchema { .. })) {
            let what = format!("office {place} opens a {what} of a newer program: {end:?}");
            return Err(Violation::new("INV-48", "stale-right", what));
        }
    }
    sometimes!("a newer database was refused");
    Ok(())
}

/// Makes a database and a received file, lets them say that they are newer, and opens them again.
fn opened(place: usize, folder: &Path) -> Result<[Option<StoreFault>; 2], StoreFault> {
    let (received, link) = (folder.join("received"), LinkId([1; 32]));
    WriteStore::open(folder, office::context(place))?.checkpoint()?;
    let files = ReceivedFiles::open(received.clone())?;
    files.apply(link, &LinkSecret::new([1; 32]), &[], 0)?;
    files.close();
    for path in [folder.join("office.db"), received.join(format!("{link}.db"))] {
        mark(&path).map_err(|error| StoreFault::io(format!("marking {}", path.display()), error))?;
    }
    let database = WriteStore::open(folder, office::context(place)).err();
    Ok([database, ReceivedFiles::open(received)?.progress(link).err()])
}

fn mark(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.seek(SeekFrom::Start(SCHEMA_AT))?;
    file.write_all(&NEWER.to_be_bytes())
}
