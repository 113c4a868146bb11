//! What a program does with files past SQLite, and how the folder itself is put and copied.

use std::fs;
use std::io;
use std::path::Path;

use crate::disk::Disk;
use crate::image::Image;
use crate::state::{Sort, State, Verdict, failed};

impl Disk {
    /// Removes a file. What a test gives the program to remove files with.
    ///
    /// # Errors
    /// As the system or the armed fault says.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        self.on_file(path, |name, operation, state| {
            fs::remove_file(path)?;
            state.image.removed(operation, name);
            Ok(())
        })
    }

    /// Renames a file over another one.
    ///
    /// # Errors
    /// As the system or the armed fault says.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let target = self.name(to).ok_or_else(|| io::Error::from(io::ErrorKind::CrossesDevices))?;
        self.on_file(from, |name, operation, state| {
            adopt(&self.0.folder, &mut state.image, &target);
            fs::rename(from, to)?;
            state.image.moved(operation, name, &target);
            Ok(())
        })
    }

    /// Makes the content of a file, or the names in a folder, durable.
    ///
    /// # Errors
    /// As the system or the armed fault says.
    pub fn sync(&self, path: &Path) -> io::Result<()> {
        let name = self.name(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let is_folder = fs::metadata(path)?.is_dir();
        let mut state = self.state();
        let file = state.image.file(&name);
        match state.judge(Sort::Sync) {
            Verdict::Go(_) | Verdict::Last(_) => {
                if is_folder {
                    state.image.folder_synced(&name);
                } else if let Some(file) = file {
                    state.image.synced(file);
                }
                state.answer()
            }
            _ => {
                if let (Some(file), false) = (file, state.dead) {
                    state.image.forsaken(file);
                }
                Err(failed())
            }
        }
    }

    fn on_file(&self, path: &Path, work: impl FnOnce(&str, u64, &mut State) -> io::Result<()>) -> io::Result<()> {
        let name = self.name(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut state = self.state();
        if state.dead {
            return Err(failed());
        }
        if !path.exists() {
            return Err(io::ErrorKind::NotFound.into());
        }
        adopt(&self.0.folder, &mut state.image, &name);
        match state.judge(Sort::Other) {
            Verdict::Go(operation) | Verdict::Last(operation) => {
                work(&name, operation, &mut state)?;
                state.answer()
            }
            _ => Err(failed()),
        }
    }
}

/// Takes a file in that the image does not know yet.
pub(crate) fn adopt(folder: &Path, image: &mut Image, name: &str) {
    if !image.knows(name)
        && let Ok(bytes) = fs::read(folder.join(name))
    {
        image.adopt(name, bytes);
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}

/// Removes what lives in memory only: SQLite maps it as a file beside the database.
pub(crate) fn remove_shared_memory(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_shared_memory(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "db-shm" || extension == "new-shm") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

pub(crate) fn copy_unknown(root: &Path, folder: &Path, target: &Path, known: &dyn Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else { continue };
        if path.is_dir() {
            fs::create_dir_all(target.join(name))?;
            copy_unknown(root, &path, target, known)?;
        } else if !known(name) && !name.ends_with("-shm") {
            fs::copy(&path, target.join(name))?;
        }
    }
    Ok(())
}
