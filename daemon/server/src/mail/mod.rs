//! The mail door: takes what verbs have written into the outbox and hands it to a mail server, or to a folder. What a mail may still say,
//! and to whom, is decided in core when it is taken; here it is only carried. One mail at a time, over one connection: an office sends
//! dozens a day.
//!
//! A mail is sent at least once: what became of it is written down after the server took it, and each attempt carries the same Message-ID.

mod envelope;
mod folder;
mod smtp;
#[cfg(test)]
mod tests;
mod transport;

use std::time::Duration;

use interoffice_core::actions::mails::{self, Letter, Sender, Taken};
use interoffice_core::store::{Fault, Ring};
use lettre::message::Mailbox;
use tokio::task::JoinHandle;

use crate::clock;
use crate::house::{House, Priority};
use crate::letters;
use crate::mail_config::Way;
use transport::{Refused, Transport};

/// The longest pause between two looks into the outbox: a clock that was set makes nobody wait for longer.
const LOOK: Duration = Duration::from_secs(60);
/// The pause after the store failed.
const AGAIN: Duration = Duration::from_secs(5);
/// How long a stop waits for the mail that is on its way.
const LAST_MAIL: Duration = Duration::from_secs(3);

/// Why the door can't open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailFault {
    /// A key of `[mail]` that can't be used.
    #[error("interoffice.toml: mail.{key}: {message}")]
    BadKey {
        /// The key.
        key: &'static str,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl MailFault {
    fn bad(key: &'static str, message: impl Into<String>) -> Self {
        Self::BadKey { key, message: message.into() }
    }
}

/// The door to the readers of mails.
pub(crate) struct MailDoor {
    house: House,
    from: Mailbox,
    sender: Sender,
    transport: Transport,
    /// Whether the server was out of reach when it was last needed, or nobody has tried yet.
    lost: bool,
}

impl MailDoor {
    /// Opens the door where the settings say; `None` when they name no way for mails, which then wait.
    ///
    /// # Errors
    /// [`MailFault`], when a file that the settings name can't be used.
    pub(crate) fn open(house: &House) -> Result<Option<Self>, MailFault> {
        let config = &house.config().mail;
        let transport = match config.way().map_err(|(key, message)| MailFault::bad(key, message))? {
            Way::Off => return Ok(None),
            Way::Smtp(server) => Transport::Smtp(Box::new(smtp::Smtp::open(house.folder(), config, server)?)),
            Way::Folder(path) => Transport::Folder(folder::Folder::open(&house.folder().join(path))?),
        };
        Self::over(house, transport).map(Some)
    }

    /// The door over a way that stands.
    fn over(house: &House, transport: Transport) -> Result<Self, MailFault> {
        let config = &house.config().mail;
        let from = envelope::from(&config.from)?;
        let sender = Sender { domain: from.email.domain().to_owned(), console: config.console() };
        Ok(Self { house: house.clone(), from, sender, transport, lost: true })
    }

    /// Starts sending; ends when the house stops.
    pub(crate) fn start(mut self) -> JoinHandle<()> {
        tokio::spawn(async move {
            self.work().await;
            self.transport.rest().await;
        })
    }

    async fn work(&mut self) {
        let mut bell = self.house.bell().subscribe();
        loop {
            let pause = self.empty().await.unwrap_or_else(|fault| {
                tracing::warn!(%fault, "the outbox of mails can't be worked on, and is looked at again");
                AGAIN
            });
            let pause = tokio::time::sleep(pause);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    biased;
                    () = self.house.stopped() => return,
                    () = &mut pause => break,
                    heard = bell.next() => match heard {
                        Some(heard) if heard.concerns(&Ring::Mail) => break,
                        Some(_) => {}
                        None => return,
                    },
                }
            }
        }
    }

    /// Sends everything that is due, one after the other; says how long until the next look.
    async fn empty(&mut self) -> Result<Duration, Fault> {
        loop {
            let wait_ms = self.house.read(mails::next_due).await?.map(|due_ms| due_ms.saturating_sub(clock::now_ms()));
            if let Some(pause) = wait_ms.map_or(Some(LOOK), pause) {
                self.transport.rest().await;
                return Ok(pause);
            }
            let Some(stands) = in_time(&self.house, self.transport.ready()).await else { return Ok(LOOK) };
            if let Err(why) = stands {
                tracing::warn!(why, "the mail server is not reachable, mails wait");
                self.lost = true;
                self.house.write(Priority::Chores, move |tx| mails::unreachable(tx, &why)).await?;
                continue;
            }
            if std::mem::take(&mut self.lost) {
                self.house.write(Priority::Chores, mails::reachable_again).await?;
            }
            let sender = self.sender.clone();
            match self.house.write(Priority::Chores, move |tx| mails::take(tx, &sender)).await? {
                Taken::Letter(letter) => {
                    if !self.send(*letter).await? {
                        return Ok(LOOK);
                    }
                }
                Taken::Dropped => {}
                // The clock went back between the look and the taking.
                Taken::Nothing => return Ok(AGAIN),
            }
        }
    }

    /// One attempt of one mail, and what became of it; false when the house stops in the middle.
    async fn send(&mut self, letter: Letter) -> Result<bool, Fault> {
        let id = letter.id;
        let end = match self.written_out(&letter) {
            Ok(message) => match in_time(&self.house, self.transport.send(&letter.message_id, &message)).await {
                Some(end) => end,
                None => return Ok(false),
            },
            Err(why) => Err(Refused::ForGood(why)),
        };
        let kind = letter.kind.as_str();
        match end {
            Ok(()) => {
                self.house.write(Priority::Chores, move |tx| mails::sent(tx, id)).await?;
                tracing::info!(mail = id, kind, "a mail was sent");
            }
            Err(Refused::ForGood(why)) => {
                tracing::warn!(mail = id, kind, why, "a mail was refused for good");
                self.house.write(Priority::Chores, move |tx| mails::failed(tx, id, &why)).await?;
            }
            Err(Refused::Later(why)) => {
                tracing::warn!(mail = id, kind, why, "a mail could not be sent");
                if !self.house.write(Priority::Chores, move |tx| mails::put_off(tx, id, &why)).await? {
                    tracing::warn!(mail = id, kind, "the mail is given up");
                }
            }
        }
        Ok(true)
    }

    fn written_out(&self, letter: &Letter) -> Result<lettre::Message, String> {
        let written = letters::write(letter.kind, &letter.text, &letter.values)?;
        envelope::message(&self.from, letter, written, clock::now_ms())
    }
}

/// How long to wait for what is due in so many milliseconds; `None` when it is due now.
fn pause(wait_ms: i64) -> Option<Duration> {
    let wait = Duration::from_millis(u64::try_from(wait_ms).ok().filter(|wait| *wait > 0)?);
    Some(wait.min(LOOK))
}

/// Waits for `work`, and after the house was told to stop only for a little while.
async fn in_time<T>(house: &House, work: impl Future<Output = T>) -> Option<T> {
    let late = async {
        house.stopped().await;
        tokio::time::sleep(LAST_MAIL).await;
    };
    tokio::select! {
        biased;
        end = work => Some(end),
        () = late => None,
    }
}
