//! What the mail door asks of the outbox: the next mail with all that it says, and what became of it. Nothing is decided when a mail is
//! written that may change until it is sent: the address, whether the reader is still one, and what he or she may still see.

use data_encoding::BASE32_NOPAD;
use interoffice_protocol::record::Level;
use serde::Serialize;

use super::super::records::reminded;
use super::super::{digest, requests as requests_verbs, rights};
use crate::domain::access::{Viewer, may_share};
use crate::domain::digest::{NAMES_MAX, show_day, show_time, zone_or_utc};
use crate::domain::mail::{self, KEPT_MS, LINES_MAX, MailKind, MailState, Text, Value, Values, WAIT_MAX_MS, gives_up, pause_ms};
use crate::domain::retention::deletion_ms;
use crate::store::mails::{self, MailRow};
use crate::store::records::{self, RecordRow};
use crate::store::requests;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, StoreFault, Tx, View, office};

/// Beginning of the reasons that have nothing to do with a mail, but with the way to the server.
const UNREACHABLE: &str = "the mail server is not reachable";

/// What the office is called in its mails, as the settings say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// Domain of the office's own address, for Message-IDs.
    pub domain: String,
    /// Address of the console without a slash at its end, which links begin with.
    pub console: String,
}

/// A mail that is to be sent now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// Its row.
    pub id: i64,
    /// What it is for.
    pub kind: MailKind,
    /// Name of the reader.
    pub to_name: String,
    /// Address of the reader.
    pub to: String,
    /// Templates of what it says.
    pub text: Text,
    /// What their variables stand for.
    pub values: Values,
    /// The same in every attempt.
    pub message_id: String,
    /// When it was written (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

/// What a look into the outbox gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// This is to be sent.
    Letter(Box<Letter>),
    /// The next one was dropped.
    Dropped,
    /// Nothing is due.
    Nothing,
}

/// Why a mail can't be written out.
enum Stop {
    Drop(&'static str),
    Fault(Fault),
}

impl<F: Into<Fault>> From<F> for Stop {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

/// Takes the next mail that is due, for one attempt; drops it instead when it must not be sent any more.
pub fn take(tx: &Tx<'_>, sender: &Sender) -> Result<Taken, Fault> {
    let Some(row) = mails::due(tx, tx.now_ms, 1)?.pop() else { return Ok(Taken::Nothing) };
    match letter(tx, sender, &row) {
        Ok(mut letter) => {
            if letter.message_id.is_empty() {
                let unique = BASE32_NOPAD.encode(&tx.moment.uuid_v7()).to_ascii_lowercase();
                letter.message_id = format!("<{unique}@{}>", sender.domain);
            }
            mails::begin(tx, &row, &letter.message_id, tx.now_ms.saturating_add(pause_ms(row.attempts + 1)))?;
            Ok(Taken::Letter(Box::new(letter)))
        }
        Err(Stop::Drop(reason)) => {
            mails::end(tx, row.id, MailState::Dropped, reason)?;
            Ok(Taken::Dropped)
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// The server took the mail.
pub fn sent(tx: &Tx<'_>, id: i64) -> Result<(), Fault> {
    Ok(mails::end(tx, id, MailState::Sent, "")?)
}

/// The server refused the mail for good.
pub fn failed(tx: &Tx<'_>, id: i64, reason: &str) -> Result<(), Fault> {
    Ok(mails::end(tx, id, MailState::Failed, reason)?)
}

/// An attempt failed and may succeed later; says whether there will be another.
pub fn put_off(tx: &Tx<'_>, id: i64, reason: &str) -> Result<bool, Fault> {
    let Some(row) = mails::find(tx, id)? else { return Ok(false) };
    if gives_up(row.began_ms.unwrap_or(tx.now_ms), tx.now_ms) {
        mails::end(tx, id, MailState::Failed, &format!("given up after three days: {reason}"))?;
        return Ok(false);
    }
    mails::set_reason(tx, id, reason)?;
    Ok(true)
}

/// The server can't be reached, so that nothing that is due can be sent: counts an attempt of each, at most 1,000 at once.
pub fn unreachable(tx: &Tx<'_>, why: &str) -> Result<(), Fault> {
    let reason = format!("{UNREACHABLE}: {why}");
    for row in mails::due(tx, tx.now_ms, LINES_MAX)? {
        mails::begin(tx, &row, &row.message_id, tx.now_ms.saturating_add(pause_ms(row.attempts + 1)))?;
        put_off(tx, row.id, &reason)?;
    }
    Ok(())
}

/// The server can be reached again: what waited for that alone is due at once. Says how many mails that are.
pub fn reachable_again(tx: &Tx<'_>) -> Result<u64, Fault> {
    Ok(mails::hurry(tx, UNREACHABLE)?)
}

/// When the next mail is due (milliseconds since 1970, UTC); `None` when none waits.
pub fn next_due(view: &View<'_>) -> Result<Option<i64>, Fault> {
    Ok(mails::next_due(view)?)
}

/// What was forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Pruned {
    /// Mails that ended more than 30 days ago.
    pub mails: u64,
}

/// Forgets mails that ended more than 30 days ago, and drops those that waited for 14 days without an attempt.
pub fn prune(tx: &Tx<'_>) -> Result<Pruned, Fault> {
    let before = |ms: i64| tx.now_ms.saturating_sub(ms);
    Ok(Pruned { mails: mails::prune(tx, before(WAIT_MAX_MS), before(KEPT_MS), TOO_OLD)? })
}

const TOO_OLD: &str = "it waited for 14 days";

fn letter(tx: &Tx<'_>, sender: &Sender, row: &MailRow) -> Result<Letter, Stop> {
    let reader = users::by_id(tx, row.user)?;
    if reader.disabled {
        return Err(Stop::Drop("the user is disabled"));
    }
    if reader.email.is_empty() {
        return Err(Stop::Drop("the user has no e-mail address"));
    }
    if row.expires_ms.is_some_and(|expires| expires <= tx.now_ms) {
        return Err(Stop::Drop("its link is no longer good"));
    }
    if row.began_ms.is_none() && tx.now_ms.saturating_sub(row.created_ms) >= WAIT_MAX_MS {
        return Err(Stop::Drop(TOO_OLD));
    }
    let mut values = Values::new();
    let mut set = |name, value: &str| values.insert(name, Value::Text(value.to_owned()));
    set("office", &office::load(tx)?.name);
    set("name", &reader.display_name);
    set("user", reader.name.as_str());
    set("console", &sender.console);
    values.append(&mut own_values(tx, sender, row, &reader)?);
    let text = mails::text(tx, row.kind)?.unwrap_or_else(|| mail::text(row.kind));
    let (message_id, created_ms) = (row.message_id.clone(), row.created_ms);
    Ok(Letter { id: row.id, kind: row.kind, to_name: reader.display_name, to: reader.email, text, values, message_id, created_ms })
}

/// The variables that only this kind has.
fn own_values(tx: &Tx<'_>, sender: &Sender, row: &MailRow, reader: &UserRow) -> Result<Values, Stop> {
    match row.kind {
        MailKind::Invitation => link_values(tx, sender, row, "password"),
        MailKind::PasswordReset => link_values(tx, sender, row, "password"),
        MailKind::AccessAsked => {
            let record = subject(tx, row)?;
            let by = users::by_id(tx, row.other.ok_or_else(nameless)?)?;
            if by.disabled {
                return Err(Stop::Drop("who asked is disabled"));
            }
            let viewer = Viewer::User(reader.person());
            let decision = rights::access_of(tx, &viewer, &record)?;
            if !may_share(&viewer, &office::load(tx)?.policy, &decision) {
                return Err(Stop::Drop("the user may not share the record any more"));
            }
            Ok(access_values(sender, row, by.display_name, &record, true))
        }
        MailKind::AccessGranted => {
            let record = subject(tx, row)?;
            if level(tx, reader, &record)?.is_none() {
                return Err(Stop::Drop("the user has no access to the record any more"));
            }
            Ok(access_values(sender, row, answered_by(tx, row, &record, reader)?, &record, true))
        }
        MailKind::AccessRefused => {
            let record = subject(tx, row)?;
            let request = row.request.and_then(|request| u64::try_from(request).ok());
            let wanted = request.map(|request| requests::find(tx, request)).transpose()?.flatten().map(|request| request.level);
            if level(tx, reader, &record)?.is_some_and(|has| wanted.is_none_or(|wanted| has >= wanted)) {
                return Err(Stop::Drop("the user has access to the record meanwhile"));
            }
            Ok(access_values(sender, row, answered_by(tx, row, &record, reader)?, &record, false))
        }
        MailKind::Digest => digest_values(tx, row, reader),
        MailKind::Test => Ok(Values::new()),
        MailKind::DeletionNear => deletion_values(tx, row, reader),
    }
}

fn link_values(tx: &Tx<'_>, sender: &Sender, row: &MailRow, page: &str) -> Result<Values, Stop> {
    let token = mails::secret(tx, row.id)?.ok_or(Stop::Drop("its link is no longer good"))?;
    let expires = show_time(row.expires_ms.unwrap_or(tx.now_ms), &zone_or_utc(&office::time_zone(tx)?));
    let link = format!("{}/{page}#{token}", sender.console);
    Ok(Values::from([("link", Value::Text(link)), ("expires", Value::Text(expires))]))
}

fn nameless() -> StoreFault {
    StoreFault::Corrupt("a mail about a record names too little".to_owned())
}

/// The record that a mail is about.
fn subject(tx: &Tx<'_>, row: &MailRow) -> Result<RecordRow, Stop> {
    records::find(tx, row.record.ok_or_else(nameless)?)?.ok_or(Stop::Drop("the record is deleted"))
}

/// Who answered, by the name of the office where that person's own would tell the reader who is in which group.
fn answered_by(tx: &Tx<'_>, row: &MailRow, record: &RecordRow, reader: &UserRow) -> Result<String, Fault> {
    if let Some(by) = row.other.map(|by| users::by_id(tx, by)).transpose()?
        && requests_verbs::is_told_of(tx, &Viewer::User(reader.person()), record, &by)?
    {
        return Ok(by.display_name);
    }
    Ok(office::load(tx)?.name)
}

fn level(tx: &Tx<'_>, reader: &UserRow, record: &RecordRow) -> Result<Option<Level>, Fault> {
    Ok(rights::access_of(tx, &Viewer::User(reader.person()), record)?.level)
}

/// Where it is granted or refused, or stands why it was, or what it opened. Without access a record has an id and no name.
fn access_values(sender: &Sender, row: &MailRow, by: String, record: &RecordRow, named: bool) -> Values {
    let id = record.record.to_string();
    let page = match row.request.filter(|_| row.kind != MailKind::AccessGranted) {
        Some(request) => format!("requests/{request}"),
        None => format!("clients/{id}"),
    };
    let mut values = Values::from([
        ("link", Value::Text(format!("{}/{page}", sender.console))),
        ("by", Value::Text(by)),
        if named { ("record", Value::Text(record.name.clone())) } else { ("record_id", Value::Text(id)) },
    ]);
    if row.kind != MailKind::AccessGranted {
        values.insert("reason", Value::Text(row.note.clone()));
    }
    values
}

/// What will be deleted, as far as the reader is still the one to be told and nobody took it into use again.
fn deletion_values(tx: &Tx<'_>, row: &MailRow, reader: &UserRow) -> Result<Values, Stop> {
    let (mut names, mut first_ms) = (Vec::new(), i64::MAX);
    let years = office::keep_years(tx)?;
    for record in records::reminded_at(tx, row.until_ms.ok_or_else(nameless)?)? {
        let Some(ended_ms) = record.ended_ms else { continue };
        if !reminded(tx, &record)?.contains(&reader.id) {
            continue;
        }
        first_ms = first_ms.min(deletion_ms(ended_ms, record.reminded_ms, years));
        names.push(record.name);
    }
    if names.is_empty() {
        return Err(Stop::Drop("nothing of it is to be deleted any more"));
    }
    let count = names.len() as u64;
    names.truncate(NAMES_MAX);
    let more = count.saturating_sub(names.len() as u64);
    Ok(Values::from([
        ("records", Value::Names(names)),
        ("count", Value::Number(count)),
        ("more", Value::Number(more)),
        ("deleted", Value::Text(show_day(first_ms, &zone_or_utc(&office::time_zone(tx)?)))),
    ]))
}

fn digest_values(tx: &Tx<'_>, row: &MailRow, reader: &UserRow) -> Result<Values, Stop> {
    let (Some(from_ms), Some(until_ms)) = (row.from_ms, row.until_ms) else {
        return Err(StoreFault::Corrupt("a digest tells of no time".to_owned()).into());
    };
    if !office::load(tx)?.policy.client_access {
        return Err(Stop::Drop("client access is off"));
    }
    let changed = digest::changed(tx, reader, from_ms, until_ms, NAMES_MAX)?;
    if changed.count == 0 {
        return Err(Stop::Drop("nothing of it is left that the user may see"));
    }
    let more = changed.count.saturating_sub(changed.names.len() as u64);
    let since = show_time(from_ms, &zone_or_utc(&office::time_zone(tx)?));
    Ok(Values::from([
        ("records", Value::Names(changed.names)),
        ("count", Value::Number(changed.count)),
        ("more", Value::Number(more)),
        ("since", Value::Text(since)),
    ]))
}
