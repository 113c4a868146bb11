//! Users as rows.

use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;

use super::roles::{self, RoleRow};
use super::{Row, SqlExt, StoreFault, Tx, View, grants};
use crate::domain::access::Person;
use crate::domain::fold::fold;
use crate::domain::role::Permission;
use crate::domain::user::Account;

/// A user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserRow {
    /// Local row.
    pub id: i64,
    /// Permanent sign-in name.
    pub name: UserName,
    /// First name, may be empty.
    pub first_name: String,
    /// Last name, may be empty.
    pub last_name: String,
    /// Name for people.
    pub display_name: String,
    /// E-mail address, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
    /// What the user may do.
    pub role: RoleRow,
    /// Holds Record Sharing.
    pub specialist: bool,
    /// Holds Super User.
    pub super_user: bool,
    /// Holds Enterprise View.
    pub enterprise_view: bool,
    /// The level at which all clients are shared with the user.
    pub all_clients: Option<Level>,
    /// Accepts cases as a specialist from any owner.
    pub accepts_cases: bool,
    /// Can't act any more.
    pub disabled: bool,
    /// Has set a password, and so can sign in.
    pub activated: bool,
    /// When the user was added (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

impl UserRow {
    /// What access depends on.
    pub fn person(&self) -> Person {
        let Self { id, account, super_user, specialist, all_clients, .. } = *self;
        let RoleRow { administers, permissions, .. } = self.role;
        let (role_shares, role_all_clients) = (permissions.has(Permission::Share), permissions.has(Permission::AllClients));
        Person { id, account, administers, role_shares, role_all_clients, super_user, specialist, all_clients }
    }

    /// Whether the user is an administrator who sees every record of the office, private ones included.
    pub fn sees_everything(&self) -> bool {
        self.person().sees_everything() && !self.disabled
    }
}

const COLUMNS: &str = "u.id, u.name, u.display_name, u.email, u.account, u.specialist, u.super_user, u.enterprise_view, u.disabled,
    u.created_ms, u.all_clients, u.first_name, u.last_name, o.id, o.name, o.permissions, o.fixed, o.created_ms,
    EXISTS (SELECT 1 FROM credentials c WHERE c.user_row = u.id), u.accepts_cases";
const FROM: &str = "FROM users u JOIN roles o ON o.id = u.role";

fn user(row: &Row<'_>) -> Result<UserRow, StoreFault> {
    let account = usize::try_from(row.int(4)?).ok().and_then(|number| Account::ALL.get(number).copied());
    Ok(UserRow {
        id: row.int(0)?,
        name: UserName::new(&row.text(1)?).map_err(|_| StoreFault::Corrupt("a user has an unreadable name".to_owned()))?,
        display_name: row.text(2)?,
        email: row.text(3)?,
        account: account.ok_or_else(|| StoreFault::Corrupt("a user has an unknown account type".to_owned()))?,
        specialist: row.flag(5)?,
        super_user: row.flag(6)?,
        enterprise_view: row.flag(7)?,
        disabled: row.flag(8)?,
        created_ms: row.int(9)?,
        all_clients: grants::level(row.int(10)?)?,
        first_name: row.text(11)?,
        last_name: row.text(12)?,
        role: roles::role(row, 13)?,
        activated: row.flag(18)?,
        accepts_cases: row.flag(19)?,
    })
}

/// The user with this name.
pub fn find(view: &View<'_>, name: &UserName) -> Result<Option<UserRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE u.name = ?1 AND u.deleted = 0");
    view.sql().first(&sql, &[name.as_str().into()], user)
}

/// Whether a user had this name once who was deleted.
pub fn was_deleted(view: &View<'_>, name: &UserName) -> Result<bool, StoreFault> {
    Ok(view.sql().count("SELECT count(*) FROM users WHERE name = ?1 AND deleted = 1", &[name.as_str().into()])? > 0)
}

/// The user in this row.
pub fn by_id(view: &View<'_>, id: i64) -> Result<UserRow, StoreFault> {
    view.sql()
        .first(&format!("SELECT {COLUMNS} {FROM} WHERE u.id = ?1"), &[id.into()], user)?
        .ok_or_else(|| StoreFault::Corrupt("a record names an owner who is not there".to_owned()))
}

/// All users by name.
pub fn list(view: &View<'_>) -> Result<Vec<UserRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} {FROM} WHERE u.deleted = 0 ORDER BY u.name"), &[], user)
}

/// At most `limit` users by name, from the first one on or behind the one called `after`.
pub fn page(view: &View<'_>, after: Option<&str>, limit: usize) -> Result<Vec<UserRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE u.deleted = 0 AND (?1 IS NULL OR u.name > ?1) ORDER BY u.name LIMIT ?2");
    view.sql().all(&sql, &[after.map(str::to_owned).into(), limit.into()], user)
}

/// The user who has this e-mail address, `None` when nobody or more than one has it.
pub fn by_email(view: &View<'_>, email: &str) -> Result<Option<UserRow>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE u.email <> '' AND lower(u.email) = lower(?1) AND u.deleted = 0 LIMIT 2");
    let mut found = view.sql().all(&sql, &[email.into()], user)?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// How many enabled users own clients, leaving one out.
pub fn practitioners_but(view: &View<'_>, id: i64) -> Result<u64, StoreFault> {
    let params = [id.into(), (Account::Practitioner as i64).into()];
    view.sql().count("SELECT count(*) FROM users WHERE id <> ?1 AND account = ?2 AND disabled = 0 AND deleted = 0", &params)
}

/// Whether each of the folded `words` is found in what a user is called: names for people, e-mail address, sign-in name.
pub fn is_called(user: &UserRow, words: &[String]) -> bool {
    let UserRow { display_name, first_name, last_name, email, name, .. } = user;
    let called = [display_name.as_str(), first_name.as_str(), last_name.as_str(), email.as_str(), name.as_str()].map(fold);
    words.iter().all(|word| called.iter().any(|text| text.contains(word.as_str())))
}

/// How many users hold Record Sharing.
pub fn specialists(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM users WHERE specialist = 1 AND disabled = 0", &[])
}

/// Adds a user, whose row and time of creation are those of the answer.
pub fn insert(tx: &Tx<'_>, new: &UserRow) -> Result<UserRow, StoreFault> {
    let id = tx.sql().first(
        "INSERT INTO users (name, display_name, email, account, specialist, super_user, enterprise_view, disabled, created_ms,
             all_clients, first_name, last_name, role, accepts_cases)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) RETURNING id",
        &[
            new.name.as_str().into(),
            new.display_name.as_str().into(),
            new.email.as_str().into(),
            (new.account as i64).into(),
            new.specialist.into(),
            new.super_user.into(),
            new.enterprise_view.into(),
            new.disabled.into(),
            tx.now_ms.into(),
            grants::number(new.all_clients).into(),
            new.first_name.as_str().into(),
            new.last_name.as_str().into(),
            new.role.id.into(),
            new.accepts_cases.into(),
        ],
        |row| row.int(0),
    )?;
    let id = id.ok_or_else(|| StoreFault::Corrupt("a new user got no row".to_owned()))?;
    Ok(UserRow { id, created_ms: tx.now_ms, ..new.clone() })
}

/// Writes everything of a user but the name, which is permanent.
pub fn update(tx: &Tx<'_>, user: &UserRow) -> Result<(), StoreFault> {
    tx.sql().execute(
        "UPDATE users SET display_name = ?2, email = ?3, account = ?4, specialist = ?5, super_user = ?6, enterprise_view = ?7, disabled = ?8,
             all_clients = ?9, first_name = ?10, last_name = ?11, role = ?12, accepts_cases = ?13 WHERE id = ?1",
        &[
            user.id.into(),
            user.display_name.as_str().into(),
            user.email.as_str().into(),
            (user.account as i64).into(),
            user.specialist.into(),
            user.super_user.into(),
            user.enterprise_view.into(),
            user.disabled.into(),
            grants::number(user.all_clients).into(),
            user.first_name.as_str().into(),
            user.last_name.as_str().into(),
            user.role.id.into(),
            user.accepts_cases.into(),
        ],
    )?;
    Ok(())
}

/// Deletes a user who owns nothing: everything of him or her goes but the name, so that nobody else gets it.
pub fn delete(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    for sql in [
        "DELETE FROM grants WHERE user_row = ?1",
        "DELETE FROM group_members WHERE user_row = ?1",
        "DELETE FROM digest_offs WHERE user_row = ?1",
    ] {
        tx.sql().execute(sql, &[id.into()])?;
    }
    tx.sql().execute(
        "UPDATE users SET deleted = 1, disabled = 1, display_name = name, email = '', first_name = '', last_name = '', specialist = 0,
             super_user = 0, enterprise_view = 0, all_clients = 0 WHERE id = ?1",
        &[id.into()],
    )?;
    Ok(())
}
