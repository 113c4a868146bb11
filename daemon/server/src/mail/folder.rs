//! A folder as the way for mails: each becomes a file. For tests, and for offices whose other programs fetch them from there.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use lettre::Message;

use super::MailFault;
use super::transport::Refused;

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder, which is made when it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, MailFault> {
        fs::create_dir_all(path).map_err(|error| MailFault::bad("folder", format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Writes a mail into a file named by its Message-ID: a second attempt of the same mail replaces the first.
    pub(super) async fn send(&self, message_id: &str, message: &Message) -> Result<(), Refused> {
        let name: String = message_id.chars().skip(1).take_while(char::is_ascii_alphanumeric).collect();
        let (folder, bytes) = (self.path.clone(), message.formatted());
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
        let failed = |error: String| Refused::Later(format!("the folder for mails can't be written: {error}"));
        written.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}

/// The file appears whole or not at all.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (half, whole) = (folder.join(format!("{name}.part")), folder.join(format!("{name}.eml")));
    let mut file = fs::File::create(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&half, &whole)?;
    fs::File::open(folder)?.sync_all()
}
