//! Who is signed in, from which devices users have signed in before, and the tokens of programs, as rows. Of a secret only the hash.

use interoffice_protocol::names::UserName;

use super::{Row, SqlExt, StoreFault, Tx, View};

/// How long a session lives without being used (milliseconds): an hour.
pub const IDLE_MS: i64 = 3_600_000;
/// How long a session lives at most (milliseconds): a working day of twelve hours.
pub const LIFE_MS: i64 = 12 * 3_600_000;
/// A use is written down when the last one that was is older than this (milliseconds).
pub const SEEN_MS: i64 = 60_000;
/// Devices that are remembered of one user; the one not seen for longest gives way.
pub const DEVICES_MAX: u64 = 20;

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Local row.
    pub id: i64,
    /// Local row of the user.
    pub user_row: i64,
    /// Who signed in.
    pub user: UserName,
    /// When it began (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// When it was last used, to the minute.
    pub seen_ms: i64,
    /// When the password was last given.
    pub proved_ms: i64,
    /// Whether a second factor was given.
    pub second_factor: bool,
    /// From where.
    pub address: String,
    /// With which program, as it says.
    pub agent: String,
}

impl SessionRow {
    /// When it ends unless it is used (milliseconds since 1970, UTC).
    pub fn ends_ms(&self) -> i64 {
        (self.seen_ms + IDLE_MS).min(self.created_ms + LIFE_MS)
    }
}

const SESSION: &str = "s.id, s.user_row, u.name, s.created_ms, s.seen_ms, s.proved_ms, s.second_factor, s.address, s.agent
    FROM sessions s JOIN users u ON u.id = s.user_row";
/// Alive at `?1`: neither too old nor unused for too long, and its user not disabled.
const ALIVE: &str = "s.created_ms + 43200000 > ?1 AND s.seen_ms + 3600000 > ?1 AND u.disabled = 0";
const _: () = assert!(LIFE_MS == 43_200_000 && IDLE_MS == 3_600_000, "the statement and the constants say the same");

fn name(row: &Row<'_>, index: usize) -> Result<UserName, StoreFault> {
    UserName::new(&row.text(index)?).map_err(|_| StoreFault::Corrupt("a user has an unreadable name".to_owned()))
}

fn session(row: &Row<'_>) -> Result<SessionRow, StoreFault> {
    Ok(SessionRow {
        id: row.int(0)?,
        user_row: row.int(1)?,
        user: name(row, 2)?,
        created_ms: row.int(3)?,
        seen_ms: row.int(4)?,
        proved_ms: row.int(5)?,
        second_factor: row.flag(6)?,
        address: row.text(7)?,
        agent: row.text(8)?,
    })
}

/// The session with this token, if it is alive.
pub fn find(view: &View<'_>, hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreFault> {
    let sql = format!("SELECT {SESSION} WHERE s.token_hash = ?2 AND {ALIVE}");
    view.sql().first(&sql, &[view.now_ms.into(), hash.into()], session)
}

/// The session in this row, if it is alive.
pub fn by_id(view: &View<'_>, id: i64) -> Result<Option<SessionRow>, StoreFault> {
    view.sql().first(&format!("SELECT {SESSION} WHERE s.id = ?2 AND {ALIVE}"), &[view.now_ms.into(), id.into()], session)
}

/// The sessions of a user that are alive, the newest first.
pub fn of_user(view: &View<'_>, user: i64) -> Result<Vec<SessionRow>, StoreFault> {
    let sql = format!("SELECT {SESSION} WHERE s.user_row = ?2 AND {ALIVE} ORDER BY s.id DESC");
    view.sql().all(&sql, &[view.now_ms.into(), user.into()], session)
}

/// What a session begins with.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Local row of the user.
    pub user: i64,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whether a second factor was given.
    pub second_factor: bool,
    /// From where.
    pub address: &'a str,
    /// With which program, as it says.
    pub agent: &'a str,
}

/// Begins a session; gives its row. Sessions of the user that have ended go.
pub fn insert(tx: &Tx<'_>, new: &NewSession<'_>) -> Result<i64, StoreFault> {
    let ended = "DELETE FROM sessions WHERE user_row = ?1 AND (created_ms < ?2 OR seen_ms < ?3)";
    tx.sql().execute(ended, &[new.user.into(), (tx.now_ms - LIFE_MS).into(), (tx.now_ms - IDLE_MS).into()])?;
    let id = tx.sql().first(
        "INSERT INTO sessions (user_row, token_hash, created_ms, seen_ms, proved_ms, second_factor, address, agent)
         VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?5, ?6) RETURNING id",
        &[new.user.into(), new.token_hash.into(), tx.now_ms.into(), new.second_factor.into(), new.address.into(), new.agent.into()],
        |row| row.int(0),
    )?;
    id.ok_or_else(|| StoreFault::Corrupt("a new session got no row".to_owned()))
}

/// Notes that a session is used.
pub fn touch(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE sessions SET seen_ms = ?2 WHERE id = ?1 AND seen_ms < ?2", &[id.into(), tx.now_ms.into()])?;
    Ok(())
}

/// Notes that the password was given again, and the second factor if it was.
pub fn prove(tx: &Tx<'_>, id: i64, second_factor: bool) -> Result<(), StoreFault> {
    let sql = "UPDATE sessions SET proved_ms = ?2, second_factor = max(second_factor, ?3) WHERE id = ?1";
    tx.sql().execute(sql, &[id.into(), tx.now_ms.into(), second_factor.into()])?;
    Ok(())
}

/// Ends a session.
pub fn delete(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM sessions WHERE id = ?1", &[id.into()])?;
    Ok(())
}

/// Ends the sessions of a user, all or all but one; says how many.
pub fn delete_of_user(tx: &Tx<'_>, user: i64, but: Option<i64>) -> Result<u64, StoreFault> {
    tx.sql().execute("DELETE FROM sessions WHERE user_row = ?1 AND id <> ?2", &[user.into(), but.unwrap_or(0).into()])
}

/// Whether a user signed in before on the device with this token.
pub fn is_known_device(view: &View<'_>, user: i64, hash: &[u8; 32]) -> Result<bool, StoreFault> {
    Ok(view.sql().count("SELECT count(*) FROM devices WHERE token_hash = ?1 AND user_row = ?2", &[hash.into(), user.into()])? > 0)
}

/// Remembers a device of a user.
pub fn keep_device(tx: &Tx<'_>, user: i64, hash: &[u8; 32]) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO devices (user_row, token_hash, seen_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (token_hash) DO UPDATE SET user_row = excluded.user_row, seen_ms = excluded.seen_ms",
        &[user.into(), hash.into(), tx.now_ms.into()],
    )?;
    tx.sql().execute(
        "DELETE FROM devices WHERE user_row = ?1
         AND id NOT IN (SELECT id FROM devices WHERE user_row = ?1 ORDER BY seen_ms DESC, id DESC LIMIT ?2)",
        &[user.into(), DEVICES_MAX.into()],
    )?;
    Ok(())
}

/// Forgets the devices of a user.
pub fn forget_devices(tx: &Tx<'_>, user: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM devices WHERE user_row = ?1", &[user.into()])?;
    Ok(())
}

/// A token of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRow {
    /// Local row.
    pub id: i64,
    /// For whom the program acts.
    pub user: UserName,
    /// What it is for.
    pub name: String,
    /// One bit a scope.
    pub scopes: u32,
    /// When it was made (milliseconds since 1970, UTC).
    pub created_ms: i64,
    /// End of its life.
    pub ends_ms: i64,
    /// When it was last used, to the minute.
    pub used_ms: Option<i64>,
}

const TOKEN: &str = "t.id, u.name, t.name, t.scopes, t.created_ms, t.ends_ms, t.used_ms FROM tokens t JOIN users u ON u.id = t.user_row";

fn token(row: &Row<'_>) -> Result<TokenRow, StoreFault> {
    Ok(TokenRow {
        id: row.int(0)?,
        user: name(row, 1)?,
        name: row.text(2)?,
        scopes: u32::try_from(row.int(3)?).map_err(|_| StoreFault::Corrupt("a token has unknown scopes".to_owned()))?,
        created_ms: row.int(4)?,
        ends_ms: row.int(5)?,
        used_ms: row.int_or_null(6)?,
    })
}

/// The token with this hash, if it is alive and its user not disabled.
pub fn find_token(view: &View<'_>, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreFault> {
    let sql = format!("SELECT {TOKEN} WHERE t.token_hash = ?1 AND t.ends_ms > ?2 AND u.disabled = 0");
    view.sql().first(&sql, &[hash.into(), view.now_ms.into()], token)
}

/// The tokens of a user, the newest first; of everybody when no user is given.
pub fn tokens(view: &View<'_>, user: Option<i64>) -> Result<Vec<TokenRow>, StoreFault> {
    let sql = format!("SELECT {TOKEN} WHERE coalesce(?1, t.user_row) = t.user_row ORDER BY t.id DESC");
    view.sql().all(&sql, &[user.into()], token)
}

/// Writes a new token down; gives its row.
pub fn insert_token(tx: &Tx<'_>, user: i64, name: &str, hash: &[u8; 32], scopes: u32, ends_ms: i64) -> Result<i64, StoreFault> {
    let id = tx.sql().first(
        "INSERT INTO tokens (user_row, name, token_hash, scopes, created_ms, ends_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
        &[user.into(), name.into(), hash.into(), scopes.into(), tx.now_ms.into(), ends_ms.into()],
        |row| row.int(0),
    )?;
    id.ok_or_else(|| StoreFault::Corrupt("a new token got no row".to_owned()))
}

/// Notes that a token is used.
pub fn touch_token(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE tokens SET used_ms = ?2 WHERE id = ?1", &[id.into(), tx.now_ms.into()])?;
    Ok(())
}

/// Takes a token away.
pub fn delete_token(tx: &Tx<'_>, id: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM tokens WHERE id = ?1", &[id.into()])?;
    Ok(())
}

/// Takes the tokens of a user away; says how many.
pub fn delete_tokens(tx: &Tx<'_>, user: i64) -> Result<u64, StoreFault> {
    tx.sql().execute("DELETE FROM tokens WHERE user_row = ?1", &[user.into()])
}
