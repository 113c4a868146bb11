//! The ways that a mail can go.

#[cfg(test)]
use std::sync::{Arc, Mutex, PoisonError};

use lettre::Message;

use super::folder::Folder;
use super::smtp::Smtp;

/// Why a mail was not taken, in words without addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// It may be taken later.
    Later(String),
    /// It will never be taken.
    ForGood(String),
}

/// A way for mails.
pub(super) enum Transport {
    /// A mail server.
    Smtp(Box<Smtp>),
    /// A folder.
    Folder(Folder),
    /// A test's own way.
    #[cfg(test)]
    Memory(Arc<Mutex<Memory>>),
}

/// What a test lets happen, and what it got.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Whether the way is blocked.
    pub(super) is_blocked: bool,
    /// The answers to the next mails, the first one last; a mail beyond them is taken.
    pub(super) answers: Vec<Refused>,
    /// Mails that were taken.
    pub(super) taken: Vec<String>,
    /// Mails that never come to an end.
    pub(super) hangs: bool,
}

impl Transport {
    /// Makes sure that the way stands; else says why not, in words without addresses of readers.
    pub(super) async fn ready(&mut self) -> Result<(), String> {
        match self {
            Self::Smtp(smtp) => smtp.ready().await,
            Self::Folder(_) => Ok(()),
            #[cfg(test)]
            Self::Memory(memory) => {
                let blocked = memory.lock().unwrap_or_else(PoisonError::into_inner).is_blocked;
                if blocked { Err("blocked".to_owned()) } else { Ok(()) }
            }
        }
    }

    /// Hands a mail over.
    pub(super) async fn send(&mut self, message_id: &str, message: &Message) -> Result<(), Refused> {
        match self {
            Self::Smtp(smtp) => smtp.send(message).await,
            Self::Folder(folder) => folder.send(message_id, message).await,
            #[cfg(test)]
            Self::Memory(memory) => {
                let hangs = {
                    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(refused) = memory.answers.pop() {
                        return Err(refused);
                    }
                    memory.taken.push(String::from_utf8_lossy(&message.formatted()).into_owned());
                    memory.hangs
                };
                if hangs { std::future::pending().await } else { Ok(()) }
            }
        }
    }

    /// Nothing is to be sent for a while.
    pub(super) async fn rest(&mut self) {
        if let Self::Smtp(smtp) = self {
            smtp.rest().await;
        }
    }
}
