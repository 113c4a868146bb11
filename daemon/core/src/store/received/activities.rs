//! Activities in the file of a link: each stands with a copy, and goes with it.

use interoffice_protocol::ids::{LinkId, RecordId};
use rusqlite::Connection;

use super::ReceivedFiles;
use super::file::LinkFile;
use crate::domain::activity::{Activity, ActivityId, Kind, PER_COPY_MAX, PER_LINK_MAX};
use crate::store::sql::{batch, transaction};
use crate::store::{Row, Sql, SqlExt, StoreFault};

/// Where a page of activities begins: behind the one of this time and id.
pub type Behind = Option<(i64, ActivityId)>;

/// What became of an activity that was to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is durable.
    Yes,
    /// There is no such copy, or its link is closed.
    NoCopy,
    /// The copy has [`PER_COPY_MAX`] of them.
    CopyFull,
    /// The link has [`PER_LINK_MAX`] of them.
    LinkFull,
}

impl ReceivedFiles {
    /// Keeps an activity with its copy, durable when this returns. Which copies there are is decided under the file's lock, so none is kept
    /// with a copy that was taken back meanwhile.
    pub fn keep_activity(&self, link: LinkId, activity: &Activity) -> Result<Kept, StoreFault> {
        let kept = self.with_open(link, |file| file.keep_activity(activity))?;
        Ok(kept.unwrap_or(Kept::NoCopy))
    }

    /// What would become of an activity of this copy now.
    pub fn takes_activity(&self, link: LinkId, record: RecordId) -> Result<Kept, StoreFault> {
        Ok(self.with_open(link, |file| takes(&file.conn, record))?.unwrap_or(Kept::NoCopy))
    }

    /// Whether a copy has the activity with this id.
    pub fn has_activity(&self, link: LinkId, record: RecordId, id: ActivityId) -> Result<bool, StoreFault> {
        let sql = "SELECT count(*) FROM activities WHERE record = ?1 AND activity = ?2";
        let found = self.with_open(link, |file| file.conn.count(sql, &[record.0.into(), (&id.0).into()]))?;
        Ok(found.is_some_and(|number| number > 0))
    }

    /// Takes an activity of a copy away, and out of the file's log: whether there was one; `None` when nothing of the link may be shown now.
    pub fn drop_activity(&self, link: LinkId, record: RecordId, id: ActivityId) -> Result<Option<bool>, StoreFault> {
        self.with_open(link, |file| file.drop_activity(record, id))
    }

    /// A page of the activities of a copy, the latest first; `None` when there is no such copy.
    pub fn activities(&self, link: LinkId, record: RecordId, after: Behind, limit: usize) -> Result<Option<Vec<Activity>>, StoreFault> {
        Ok(self.with_open(link, |file| file.activities(record, after, limit))?.flatten())
    }
}

/// Takes the activities of a copy away with it.
pub(super) fn drop_all(tx: &Connection, record: RecordId) -> Result<(), StoreFault> {
    Sql::execute(tx, "DELETE FROM activities WHERE record = ?1", &[record.0.into()]).map(drop)
}

fn has_copy(conn: &Connection, record: RecordId) -> Result<bool, StoreFault> {
    Ok(conn.count("SELECT count(*) FROM copies WHERE record = ?1", &[record.0.into()])? > 0)
}

fn takes(conn: &Connection, record: RecordId) -> Result<Kept, StoreFault> {
    if !has_copy(conn, record)? {
        return Ok(Kept::NoCopy);
    }
    if conn.count("SELECT count(*) FROM activities WHERE record = ?1", &[record.0.into()])? >= PER_COPY_MAX {
        return Ok(Kept::CopyFull);
    }
    Ok(if conn.count("SELECT count(*) FROM activities", &[])? < PER_LINK_MAX { Kept::Yes } else { Kept::LinkFull })
}

impl LinkFile {
    fn keep_activity(&mut self, activity: &Activity) -> Result<Kept, StoreFault> {
        let Activity { id, record, kind, at_ms, subject, text, added_ms } = activity;
        transaction(&mut self.conn, |tx| {
            let kept = takes(tx, *record)?;
            if kept != Kept::Yes {
                return Ok(kept);
            }
            Sql::execute(
                tx,
                "INSERT INTO activities (activity, record, kind, at_ms, subject, text, added_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                &[
                    (&id.0).into(),
                    record.0.into(),
                    (*kind as i64).into(),
                    (*at_ms).into(),
                    subject.as_str().into(),
                    text.as_str().into(),
                    (*added_ms).into(),
                ],
            )?;
            Ok(kept)
        })
    }

    fn drop_activity(&mut self, record: RecordId, id: ActivityId) -> Result<bool, StoreFault> {
        let sql = "DELETE FROM activities WHERE record = ?1 AND activity = ?2";
        let dropped = transaction(&mut self.conn, |tx| Ok(Sql::execute(tx, sql, &[record.0.into(), (&id.0).into()])? > 0))?;
        // The deletion overwrites what it deletes, in the log first.
        batch(&self.conn, "PRAGMA wal_checkpoint(TRUNCATE)")?;
        Ok(dropped)
    }

    fn activities(&self, record: RecordId, after: Behind, limit: usize) -> Result<Option<Vec<Activity>>, StoreFault> {
        if !has_copy(&self.conn, record)? {
            return Ok(None);
        }
        let (at_ms, id) = after.unwrap_or((i64::MAX, ActivityId([0xff; 16])));
        let found = self.conn.all(
            "SELECT activity, record, kind, at_ms, subject, text, added_ms FROM activities
             WHERE record = ?1 AND (at_ms < ?2 OR (at_ms = ?2 AND activity < ?3)) ORDER BY at_ms DESC, activity DESC LIMIT ?4",
            &[record.0.into(), at_ms.into(), (&id.0).into(), limit.into()],
            activity,
        )?;
        Ok(Some(found))
    }
}

fn activity(row: &Row<'_>) -> Result<Activity, StoreFault> {
    let kind = usize::try_from(row.int(2)?).ok().and_then(|number| Kind::ALL.get(number).copied());
    Ok(Activity {
        id: ActivityId(row.bytes(0)?),
        record: RecordId(row.bytes(1)?),
        kind: kind.ok_or_else(|| StoreFault::Corrupt("an activity has an unknown kind".to_owned()))?,
        at_ms: row.int(3)?,
        subject: row.text(4)?,
        text: row.text(5)?,
        added_ms: row.int(6)?,
    })
}
