//! Grants as rows: which record is shared with whom inside the office, and at which level.

use interoffice_protocol::record::Level;

use super::{SqlExt, StoreFault, Tx, Value, View};
use crate::domain::access::Grant;
use crate::domain::user::Account;

/// Who a record is shared with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grantee {
    /// A user, by the local row.
    User(i64),
    /// A group, by the local row.
    Group(i64),
}

impl Grantee {
    fn column(self) -> (&'static str, i64) {
        match self {
            Self::User(row) => ("user_row", row),
            Self::Group(row) => ("group_row", row),
        }
    }
}

/// A grant with the name of its grantee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantRow {
    /// Who it is for.
    pub grantee: Grantee,
    /// The user's name, or the group's.
    pub name: String,
    /// What is granted.
    pub level: Level,
}

/// A level as a column keeps it; 0 stands for none.
pub fn number(level: Option<Level>) -> i64 {
    level.map_or(0, |level| level as i64 + 1)
}

/// Reads what [`number`] gave.
pub fn level(number: i64) -> Result<Option<Level>, StoreFault> {
    let corrupt = || StoreFault::Corrupt("a level is out of range".to_owned());
    match usize::try_from(number).map_err(|_| corrupt())? {
        0 => Ok(None),
        number => Level::ALL.get(number - 1).copied().map(Some).ok_or_else(corrupt),
    }
}

fn some_level(number: i64) -> Result<Level, StoreFault> {
    level(number)?.ok_or_else(|| StoreFault::Corrupt("a grant grants nothing".to_owned()))
}

/// What of a record reaches a user: by name first, then through groups by their names.
pub fn reaching(view: &View<'_>, record: i64, user: i64) -> Result<Vec<Grant>, StoreFault> {
    view.sql().all(
        "SELECT NULL AS name, level FROM grants WHERE user_row = ?1 AND record_row = ?2
         UNION ALL
         SELECT g.name, a.level FROM grants a JOIN group_members m ON m.group_row = a.group_row JOIN groups g ON g.id = a.group_row
             WHERE a.record_row = ?2 AND m.user_row = ?1
         ORDER BY name",
        &[user.into(), record.into()],
        |row| Ok(Grant { group: row.text_or_null(0)?, level: some_level(row.int(1)?)? }),
    )
}

/// What of a record reaches any user, each by the local row.
pub fn reaching_all(view: &View<'_>, record: i64) -> Result<Vec<(i64, Grant)>, StoreFault> {
    view.sql().all(
        "SELECT user_row, NULL AS name, level FROM grants WHERE record_row = ?1 AND user_row IS NOT NULL
         UNION ALL
         SELECT m.user_row, g.name, a.level FROM grants a JOIN group_members m ON m.group_row = a.group_row
             JOIN groups g ON g.id = a.group_row WHERE a.record_row = ?1",
        &[record.into()],
        |row| Ok((row.int(0)?, Grant { group: row.text_or_null(1)?, level: some_level(row.int(2)?)? })),
    )
}

/// All grants of a record: users by name, then groups by name.
pub fn of_record(view: &View<'_>, record: i64) -> Result<Vec<GrantRow>, StoreFault> {
    view.sql().all(
        "SELECT a.user_row, a.group_row, coalesce(u.name, g.name), a.level FROM grants a
             LEFT JOIN users u ON u.id = a.user_row LEFT JOIN groups g ON g.id = a.group_row
         WHERE a.record_row = ?1 ORDER BY a.user_row IS NULL, coalesce(u.name, g.folded)",
        &[record.into()],
        |row| {
            let grantee = match (row.int_or_null(0)?, row.int_or_null(1)?) {
                (Some(user), None) => Grantee::User(user),
                (None, Some(group)) => Grantee::Group(group),
                _ => return Err(StoreFault::Corrupt("a grant is for nobody".to_owned())),
            };
            Ok(GrantRow { grantee, name: row.text(2)?, level: some_level(row.int(3)?)? })
        },
    )
}

/// The users beside its owner who own a record by a grant, by their names. It is [`co_owns`] in the words of SQL.
///
/// [`co_owns`]: crate::domain::access::level::co_owns
pub fn co_owners(view: &View<'_>, record: i64) -> Result<Vec<String>, StoreFault> {
    let sql = "SELECT u.name FROM grants a JOIN users u ON u.id = a.user_row
         WHERE a.record_row = ?1 AND a.level = ?2 AND u.account <> ?3 AND u.disabled = 0 ORDER BY u.name";
    let params: [Value; 3] = [record.into(), number(Some(Level::FullControl)).into(), (Account::Assistant as i64).into()];
    view.sql().all(sql, &params, |row| row.text(0))
}

/// How many records a user was granted Full Control of by name.
pub fn full_count(view: &View<'_>, user: i64) -> Result<u64, StoreFault> {
    let params: [Value; 2] = [user.into(), number(Some(Level::FullControl)).into()];
    view.sql().count("SELECT count(*) FROM grants WHERE user_row = ?1 AND level = ?2", &params)
}

/// Grants a level of a record, or takes the grant away.
pub fn set(tx: &Tx<'_>, record: i64, grantee: Grantee, level: Option<Level>) -> Result<(), StoreFault> {
    let (column, row) = grantee.column();
    let params: [Value; 2] = [record.into(), row.into()];
    tx.sql().execute(&format!("DELETE FROM grants WHERE record_row = ?1 AND {column} = ?2"), &params)?;
    if level.is_some() {
        let params: [Value; 4] = [record.into(), row.into(), number(level).into(), tx.now_ms.into()];
        let sql = format!("INSERT INTO grants (record_row, {column}, level, granted_ms) VALUES (?1, ?2, ?3, ?4)");
        tx.sql().execute(&sql, &params)?;
    }
    Ok(())
}

/// Takes away every grant of a record, since it is deleted.
pub fn forget(tx: &Tx<'_>, record: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM grants WHERE record_row = ?1", &[record.into()])?;
    Ok(())
}
