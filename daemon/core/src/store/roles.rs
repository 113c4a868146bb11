//! Roles as rows.

use super::{Row, SqlExt, StoreFault, Tx, View};
use crate::domain::fold::fold;
use crate::domain::role::Permissions;
use crate::domain::user::Account;

/// A role.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleRow {
    /// Local row.
    pub id: i64,
    /// Name for people.
    pub name: String,
    /// What it allows.
    pub permissions: Permissions,
    /// Whether it administers the office; such a role can't be changed.
    pub administers: bool,
    /// When it was made (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

const COLUMNS: &str = "o.id, o.name, o.permissions, o.fixed, o.created_ms";

/// The role whose columns begin at `first`.
pub(super) fn role(row: &Row<'_>, first: usize) -> Result<RoleRow, StoreFault> {
    let bits = u32::try_from(row.int(first + 2)?).map_err(|_| StoreFault::Corrupt("a role has unknown permissions".to_owned()))?;
    Ok(RoleRow {
        id: row.int(first)?,
        name: row.text(first + 1)?,
        permissions: Permissions::from_bits(bits),
        administers: row.flag(first + 3)?,
        created_ms: row.int(first + 4)?,
    })
}

/// The role of this name; letter case and accents make no difference.
pub fn find(view: &View<'_>, name: &str) -> Result<Option<RoleRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM roles o WHERE o.folded = ?1"), &[fold(name).into()], |row| role(row, 0))
}

/// The role that an account of this type has from the start: the oldest one of that name, else the oldest that allows least.
pub fn standard(view: &View<'_>, account: Account) -> Result<RoleRow, StoreFault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM roles o WHERE o.fixed = ?1
         ORDER BY CASE WHEN o.folded = ?2 THEN 0 ELSE 1 END, o.permissions, o.id LIMIT 1"
    );
    let administers = account == Account::Admin;
    let name = if administers { "administrator" } else { account.as_str() };
    view.sql()
        .first(&sql, &[administers.into(), name.into()], |row| role(row, 0))?
        .ok_or_else(|| StoreFault::Corrupt("the office has no role for a new user".to_owned()))
}

/// All roles by name, and how many users have each.
pub fn list(view: &View<'_>) -> Result<Vec<(RoleRow, u64)>, StoreFault> {
    let sql =
        format!("SELECT {COLUMNS}, (SELECT count(*) FROM users u WHERE u.role = o.id AND u.deleted = 0) FROM roles o ORDER BY o.folded");
    view.sql().all(&sql, &[], |row| Ok((role(row, 0)?, row.uint(5)?)))
}

/// How many users have a role.
pub fn user_count(view: &View<'_>, id: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM users WHERE role = ?1 AND deleted = 0", &[id.into()])
}

/// How many roles there are beside those that administer.
pub fn count(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM roles WHERE fixed = 0", &[])
}

/// Writes a new role down.
pub fn insert(tx: &Tx<'_>, name: &str, permissions: Permissions) -> Result<RoleRow, StoreFault> {
    let id = tx.sql().first(
        "INSERT INTO roles (name, folded, permissions, fixed, created_ms) VALUES (?1, ?2, ?3, 0, ?4) RETURNING id",
        &[name.into(), fold(name).into(), i64::from(permissions.bits()).into(), tx.now_ms.into()],
        |row| row.int(0),
    )?;
    let id = id.ok_or_else(|| StoreFault::Corrupt("a new role got no row".to_owned()))?;
    Ok(RoleRow { id, name: name.to_owned(), permissions, administers: false, created_ms: tx.now_ms })
}

/// Gives a role another name and other permissions.
pub fn update(tx: &Tx<'_>, id: i64, name: &str, permissions: Permissions) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE roles SET name = ?2, folded = ?3, permissions = ?4 WHERE id = ?1",
        &[id.into(), name.into(), fold(name).into(), i64::from(permissions.bits()).into()],
    )?;
    Ok(())
}

/// Deletes a role that no user has.
pub fn delete(tx: &Tx<'_>, id: i64, instead: i64) -> Result<(), StoreFault> {
    // Deleted users keep a role, which nobody looks at.
    tx.sql().execute("UPDATE users SET role = ?2 WHERE role = ?1 AND deleted = 1", &[id.into(), instead.into()])?;
    tx.sql().execute("DELETE FROM roles WHERE id = ?1", &[id.into()])?;
    Ok(())
}
