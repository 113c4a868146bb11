//! Users as rows.

use interoffice_protocol::names::UserName;

use interoffice_protocol::record::Level;

use super::{Row, SqlExt, StoreFault, Tx, View, grants};
use crate::domain::access::Person;
use crate::domain::fold::fold;
use crate::domain::user::Account;

/// A user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserRow {
    /// Local row.
    pub id: i64,
    /// Permanent sign-in name.
    pub name: UserName,
    /// Name for people.
    pub display_name: String,
    /// E-mail address, may be empty.
    pub email: String,
    /// What the account is for.
    pub account: Account,
    /// Holds Record Sharing.
    pub specialist: bool,
    /// Holds Super User.
    pub super_user: bool,
    /// Holds Enterprise View.
    pub enterprise_view: bool,
    /// The level at which all clients are shared with the user.
    pub all_clients: Option<Level>,
    /// Can't act any more.
    pub disabled: bool,
    /// When the user was added (milliseconds since 1970, UTC).
    pub created_ms: i64,
}

impl UserRow {
    /// What access depends on.
    pub fn person(&self) -> Person {
        let Self { id, account, super_user, specialist, all_clients, .. } = *self;
        Person { id, account, super_user, specialist, all_clients }
    }

    /// Whether the user is an admin who sees every record of the office, private ones included.
    pub fn sees_everything(&self) -> bool {
        self.person().sees_everything() && !self.disabled
    }
}

const COLUMNS: &str = "id, name, display_name, email, account, specialist, super_user, enterprise_view, disabled, created_ms, all_clients";

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
    })
}

/// The user with this name.
pub fn find(view: &View<'_>, name: &UserName) -> Result<Option<UserRow>, StoreFault> {
    view.sql().first(&format!("SELECT {COLUMNS} FROM users WHERE name = ?1"), &[name.as_str().into()], user)
}

/// The user in this row.
pub fn by_id(view: &View<'_>, id: i64) -> Result<UserRow, StoreFault> {
    view.sql()
        .first(&format!("SELECT {COLUMNS} FROM users WHERE id = ?1"), &[id.into()], user)?
        .ok_or_else(|| StoreFault::Corrupt("a record names an owner who is not there".to_owned()))
}

/// All users by name.
pub fn list(view: &View<'_>) -> Result<Vec<UserRow>, StoreFault> {
    view.sql().all(&format!("SELECT {COLUMNS} FROM users ORDER BY name"), &[], user)
}

/// Whether each of the folded `words` is found in what a user is called: names for people, e-mail address, sign-in name.
pub fn is_called(user: &UserRow, words: &[String]) -> bool {
    let called = [user.display_name.as_str(), user.email.as_str(), user.name.as_str()].map(fold);
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
             all_clients) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING id",
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
             all_clients = ?9 WHERE id = ?1",
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
        ],
    )?;
    Ok(())
}
