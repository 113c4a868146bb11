//! The one row about this office.

use interoffice_protocol::epoch::Epoch;

use super::{SqlExt, StoreFault, Tx, Value, View};
use crate::domain::access::Policy;

/// This office's own settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficeRow {
    /// Name for people.
    pub name: String,
    /// This life of the database.
    pub epoch: Epoch,
    /// What was decided for all records.
    pub policy: Policy,
}

/// Sets the office up; done once.
pub fn create(tx: &Tx<'_>, name: &str, epoch: Epoch) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO office (id, name, epoch_counter, epoch_identity, safe_ms, safe_wall_ms, created_ms) VALUES (1, ?1, ?2, ?3, ?4, ?4, ?4)",
        &[name.into(), epoch.counter.into(), epoch.identity.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// The office, `None` before it was set up.
pub fn find(view: &View<'_>) -> Result<Option<OfficeRow>, StoreFault> {
    let sql = "SELECT name, epoch_counter, epoch_identity, office_security, client_access, sharing, requesting FROM office";
    view.sql().first(sql, &[], |row| {
        let (office_security, client_access) = (row.flag(3)?, row.flag(4)?);
        let policy = Policy { office_security, client_access, sharing: row.flag(5)?, requesting: row.flag(6)? };
        Ok(OfficeRow { name: row.text(0)?, epoch: Epoch { counter: row.uint(1)?, identity: row.bytes(2)? }, policy })
    })
}

/// The office.
pub fn load(view: &View<'_>) -> Result<OfficeRow, StoreFault> {
    find(view)?.ok_or_else(|| StoreFault::Corrupt("the office is not set up".to_owned()))
}

/// Switches office security.
pub fn set_security(tx: &Tx<'_>, on: bool) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET office_security = ?1", &[on.into()])?;
    Ok(())
}

/// Switches client access.
pub fn set_client_access(tx: &Tx<'_>, on: bool) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET client_access = ?1", &[on.into()])?;
    Ok(())
}

/// Lets users with Full Control share, or administrators alone.
pub fn set_sharing(tx: &Tx<'_>, on: bool) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET sharing = ?1", &[on.into()])?;
    Ok(())
}

/// Whether the office wants a second factor of everybody who signs in.
pub fn wants_second_factor(view: &View<'_>) -> Result<bool, StoreFault> {
    Ok(view.sql().count("SELECT second_factor FROM office", &[])? > 0)
}

/// Wants a second factor of everybody, or no longer.
pub fn set_second_factor(tx: &Tx<'_>, on: bool) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET second_factor = ?1", &[on.into()])?;
    Ok(())
}

/// Lets users ask for access to what is hidden from them, or no longer.
pub fn set_requesting(tx: &Tx<'_>, on: bool) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET requesting = ?1", &[on.into()])?;
    Ok(())
}

/// IANA name of the time zone in whose morning the digest is sent.
pub fn time_zone(view: &View<'_>) -> Result<String, StoreFault> {
    let name = view.sql().first("SELECT time_zone FROM office", &[], |row| row.text(0))?;
    name.ok_or_else(|| StoreFault::Corrupt("the office is not set up".to_owned()))
}

/// Sets it.
pub fn set_time_zone(tx: &Tx<'_>, name: &str) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET time_zone = ?1", &[name.into()])?;
    Ok(())
}

/// Years for which a record is kept after its relationship was ended.
pub fn keep_years(view: &View<'_>) -> Result<u32, StoreFault> {
    let years = view.sql().first("SELECT keep_years FROM office", &[], |row| row.int(0))?;
    years.and_then(|years| u32::try_from(years).ok()).ok_or_else(|| StoreFault::Corrupt("the office keeps nothing".to_owned()))
}

/// Sets it.
pub fn set_keep_years(tx: &Tx<'_>, years: u32) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET keep_years = ?1", &[years.into()])?;
    Ok(())
}

/// What the office does beyond its deeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Habits {
    /// Whether showing a record whole is written into the audit.
    pub log_views: bool,
    /// Whether exporting records is written into the audit.
    pub log_downloads: bool,
    /// Whether a new record that looks like another one is asked about.
    pub warn_duplicates: bool,
    /// Whether it is asked who is responsible for a new record.
    pub ask_responsible: bool,
}

/// The habits of the office.
pub fn habits(view: &View<'_>) -> Result<Habits, StoreFault> {
    let habits = view.sql().first("SELECT log_views, log_downloads, warn_duplicates, ask_responsible FROM office", &[], |row| {
        let (log_views, log_downloads, warn_duplicates) = (row.flag(0)?, row.flag(1)?, row.flag(2)?);
        Ok(Habits { log_views, log_downloads, warn_duplicates, ask_responsible: row.flag(3)? })
    })?;
    habits.ok_or_else(|| StoreFault::Corrupt("the office is not set up".to_owned()))
}

/// Changes the habits of the office.
pub fn set_habits(tx: &Tx<'_>, habits: Habits) -> Result<(), StoreFault> {
    let Habits { log_views, log_downloads, warn_duplicates, ask_responsible } = habits;
    let params: [Value; 4] = [log_views.into(), log_downloads.into(), warn_duplicates.into(), ask_responsible.into()];
    tx.sql().execute("UPDATE office SET log_views = ?1, log_downloads = ?2, warn_duplicates = ?3, ask_responsible = ?4", &params)?;
    Ok(())
}

/// The safe clock as last persisted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SafeClock {
    /// Its reading (milliseconds).
    pub safe_ms: i64,
    /// The wall clock at that reading (milliseconds since 1970, UTC).
    pub wall_ms: i64,
}

/// The safe clock.
pub fn safe_clock(view: &View<'_>) -> Result<SafeClock, StoreFault> {
    let clock = view
        .sql()
        .first("SELECT safe_ms, safe_wall_ms FROM office", &[], |row| Ok(SafeClock { safe_ms: row.int(0)?, wall_ms: row.int(1)? }))?;
    clock.ok_or_else(|| StoreFault::Corrupt("the office is not set up".to_owned()))
}

/// Persists the safe clock.
pub fn set_safe_clock(tx: &Tx<'_>, safe_ms: i64, wall_ms: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE office SET safe_ms = ?1, safe_wall_ms = ?2", &[safe_ms.into(), wall_ms.into()])?;
    Ok(())
}
