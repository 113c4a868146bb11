//! In which order received files change on the disk.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use interoffice_protocol::digest::LinkSecret;
use interoffice_protocol::ids::LinkId;

use super::ReceivedFiles;
use super::disk::{Disk, MachineDisk};

/// Writes down what it is asked.
struct Written(Arc<Mutex<Vec<String>>>);

impl Written {
    fn note(&self, deed: &str, path: &Path) {
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        self.0.lock().unwrap().push(format!("{deed} {extension}"));
    }
}

impl Disk for Written {
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note("remove", path);
        MachineDisk.remove(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("rename", to);
        MachineDisk.rename(from, to)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.note("sync", path);
        MachineDisk.sync(path)
    }
}

/// A log that comes back after a power cut would be read into whichever file stands beside it.
#[test]
fn inv_31_the_log_of_the_old_file_is_durably_gone_before_the_new_one_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let deeds = Arc::new(Mutex::new(Vec::new()));
    let received = ReceivedFiles::open_on(folder.path().join("received"), Box::new(Written(deeds.clone()))).unwrap();
    let link = LinkId([1; 32]);
    received.apply(link, &LinkSecret::new([2; 32]), &[], 0).unwrap();
    deeds.lock().unwrap().clear();
    received.rebuild(link).unwrap();
    let deeds = deeds.lock().unwrap();
    let at = deeds.iter().position(|deed| deed == "rename db").unwrap();
    assert_eq!((deeds[at - 1].as_str(), deeds[at + 1].as_str()), ("sync ", "sync "), "{deeds:?}");
}
