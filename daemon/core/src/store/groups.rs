//! Groups of users as rows.

use interoffice_protocol::names::UserName;

use super::{Row, SqlExt, StoreFault, Tx, View};
use crate::domain::fold::fold;

/// A group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRow {
    /// Local row.
    pub id: i64,
    /// Name for people.
    pub name: String,
    /// When it was made (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

const COLUMNS: &str = "g.id, g.name, g.created_ms";

fn group(row: &Row<'_>) -> Result<GroupRow, StoreFault> {
    Ok(GroupRow { id: row.int(0)?, name: row.text(1)?, created_ms: row.int(2)? })
}

/// The group of this name; letter case and accents make no difference.
pub fn find(view: &View<'_>, name: &str) -> Result<Option<GroupRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM groups g WHERE g.folded = ?1"), &[fold(name).into()], group)
}

/// All groups by name.
pub fn list(view: &View<'_>) -> Result<Vec<GroupRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM groups g ORDER BY g.folded"), &[], group)
}

/// At most `limit` groups by name, from the first one on or behind the one with the folded name `after`.
pub fn page(view: &View<'_>, after: Option<&str>, limit: usize) -> Result<Vec<GroupRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM groups g WHERE ?1 IS NULL OR g.folded > ?1 ORDER BY g.folded LIMIT ?2");
    view.sql().all(&sql, &[after.map(str::to_owned).into(), limit.into()], group)
}

/// How many groups there are.
pub fn count(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM groups", &[])
}

/// Writes a new group down.
pub fn insert(tx: &Tx<'_>, name: &str) -> Result<GroupRow, StoreFault> {
    let id = tx.sql().first(
        "INSERT INTO groups (name, folded, created_ms) VALUES (?1, ?2, ?3) RETURNING id",
        &[name.into(), fold(name).into(), tx.now_ms.into()],
        |row| row.int(0),
    )?;
    let id = id.ok_or_else(|| StoreFault::Corrupt("a new group got no row".to_owned()))?;
    Ok(GroupRow { id, name: name.to_owned(), created_ms: tx.now_ms })
}

/// Gives a group another name.
pub fn rename(tx: &Tx<'_>, group: i64, name: &str) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE groups SET name = ?2, folded = ?3 WHERE id = ?1", &[group.into(), name.into(), fold(name).into()])?;
    Ok(())
}

/// Deletes a group with its members and its grants.
pub fn delete(tx: &Tx<'_>, group: i64) -> Result<(), StoreFault> {
    for sql in
        ["DELETE FROM grants WHERE group_row = ?1", "DELETE FROM group_members WHERE group_row = ?1", "DELETE FROM groups WHERE id = ?1"]
    {
        tx.sql().execute(sql, &[group.into()])?;
    }
    Ok(())
}

/// The users in a group by name.
pub fn members(view: &View<'_>, group: i64) -> Result<Vec<UserName>, StoreFault> {
    let sql = "SELECT u.name FROM group_members m JOIN users u ON u.id = m.user_row WHERE m.group_row = ?1 ORDER BY u.name";
    view.sql().all(sql, &[group.into()], |row| {
        UserName::new(&row.text(0)?).map_err(|_| StoreFault::Corrupt("a user has an unreadable name".to_owned()))
    })
}

/// How many users are in a group.
pub fn member_count(view: &View<'_>, group: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM group_members WHERE group_row = ?1", &[group.into()])
}

/// Whether a user is in a group.
pub fn is_member(view: &View<'_>, group: i64, user: i64) -> Result<bool, StoreFault> {
    let sql = "SELECT count(*) FROM group_members WHERE user_row = ?1 AND group_row = ?2";
    Ok(view.sql().count(sql, &[user.into(), group.into()])? > 0)
}

/// Whether a user is in any group.
pub fn is_in_any(view: &View<'_>, user: i64) -> Result<bool, StoreFault> {
    Ok(view.sql().count("SELECT count(*) FROM group_members WHERE user_row = ?1", &[user.into()])? > 0)
}

/// Puts a user into a group; who is in it stays in it.
pub fn add_member(tx: &Tx<'_>, group: i64, user: i64) -> Result<(), StoreFault> {
    let sql = "INSERT INTO group_members (group_row, user_row) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.sql().execute(sql, &[group.into(), user.into()])?;
    Ok(())
}

/// Takes a user out of a group.
pub fn remove_member(tx: &Tx<'_>, group: i64, user: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM group_members WHERE user_row = ?1 AND group_row = ?2", &[user.into(), group.into()])?;
    Ok(())
}

/// How many records are shared with a group.
pub fn record_count(view: &View<'_>, group: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM grants WHERE group_row = ?1", &[group.into()])
}
