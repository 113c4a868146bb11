//! What users sign in with, as rows: passwords, second factors, recovery codes, and passes that let somebody set a password once.

use super::{SqlExt, StoreFault, Tx, View};

/// What a user signs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Argon2id hash with its parameters.
    pub password: String,
    /// When it was set (milliseconds since 1970, UTC).
    pub password_ms: i64,
    /// Secret of the second factor, if one was begun.
    pub totp: Option<Vec<u8>>,
    /// Whether the second factor was confirmed.
    pub totp_on: bool,
    /// Last time step whose code was used.
    pub totp_step: i64,
}

/// What the user in this row signs in with, `None` before a password was set.
pub fn find(view: &View<'_>, user: i64) -> Result<Option<Credential>, StoreFault> {
    view.sql().first("SELECT password, password_ms, totp, totp_on, totp_step FROM credentials WHERE user_row = ?1", &[user.into()], |row| {
        Ok(Credential {
            password: row.text(0)?,
            password_ms: row.int(1)?,
            totp: row.blob_or_null(2)?,
            totp_on: row.flag(3)?,
            totp_step: row.int(4)?,
        })
    })
}

/// Sets a user's password; a second factor stays.
pub fn set_password(tx: &Tx<'_>, user: i64, hash: &str) -> Result<(), StoreFault> {
    tx.sql().execute(
        "INSERT INTO credentials (user_row, password, password_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_row) DO UPDATE SET password = excluded.password, password_ms = excluded.password_ms",
        &[user.into(), hash.into(), tx.now_ms.into()],
    )?;
    Ok(())
}

/// Begins a second factor with this secret; it counts when it was confirmed.
pub fn begin_totp(tx: &Tx<'_>, user: i64, secret: &[u8]) -> Result<(), StoreFault> {
    let sql = "UPDATE credentials SET totp = ?2, totp_on = 0, totp_step = 0 WHERE user_row = ?1";
    tx.sql().execute(sql, &[user.into(), secret.into()])?;
    Ok(())
}

/// Notes that the code of a time step was used; the second factor is on from now.
pub fn use_totp(tx: &Tx<'_>, user: i64, step: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE credentials SET totp_on = 1, totp_step = ?2 WHERE user_row = ?1", &[user.into(), step.into()])?;
    Ok(())
}

/// Takes a user's second factor away, with the recovery codes.
pub fn drop_totp(tx: &Tx<'_>, user: i64) -> Result<(), StoreFault> {
    tx.sql().execute("UPDATE credentials SET totp = NULL, totp_on = 0, totp_step = 0 WHERE user_row = ?1", &[user.into()])?;
    set_recovery_codes(tx, user, &[])
}

/// Sets a user's recovery codes; those of before count no more.
pub fn set_recovery_codes(tx: &Tx<'_>, user: i64, hashes: &[[u8; 32]]) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM recovery_codes WHERE user_row = ?1", &[user.into()])?;
    for hash in hashes {
        tx.sql().execute("INSERT INTO recovery_codes (user_row, hash) VALUES (?1, ?2)", &[user.into(), hash[..].into()])?;
    }
    Ok(())
}

/// Uses a recovery code up; says whether there was one.
pub fn use_recovery_code(tx: &Tx<'_>, user: i64, hash: &[u8; 32]) -> Result<bool, StoreFault> {
    let sql = "DELETE FROM recovery_codes WHERE user_row = ?1 AND hash = ?2";
    Ok(tx.sql().execute(sql, &[user.into(), hash[..].into()])? > 0)
}

/// How many recovery codes a user has left.
pub fn recovery_codes(view: &View<'_>, user: i64) -> Result<u64, StoreFault> {
    view.sql().count("SELECT count(*) FROM recovery_codes WHERE user_row = ?1", &[user.into()])
}

/// What a pass lets somebody do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassKind {
    /// Add the first administrator.
    SetUp,
    /// Set the first password of an account.
    Activate,
    /// Set a password that was forgotten.
    Reset,
}

impl PassKind {
    const ALL: [Self; 3] = [Self::SetUp, Self::Activate, Self::Reset];
}

/// A pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pass {
    /// Local row.
    pub id: i64,
    /// Whose password may be set; `None` for the first administrator.
    pub user: Option<i64>,
    /// What it is for.
    pub kind: PassKind,
}

/// Passes of one kind that a user has at once. A link that was mailed stays good when another one is asked for: of several mails in an
/// hour only the first is sent.
const PASSES_MAX: u64 = 5;

/// Makes a pass. Of a user's other passes of the same kind the newest stay good; of an invitation there is one.
pub fn insert_pass(tx: &Tx<'_>, user: Option<i64>, kind: PassKind, hash: &[u8; 32], ends_ms: i64) -> Result<(), StoreFault> {
    let kept = if kind == PassKind::Reset { PASSES_MAX - 1 } else { 0 };
    tx.sql().execute(
        "DELETE FROM passes WHERE coalesce(user_row, 0) = coalesce(?1, 0) AND kind = ?2 AND id NOT IN (
             SELECT id FROM passes WHERE coalesce(user_row, 0) = coalesce(?1, 0) AND kind = ?2 ORDER BY id DESC LIMIT ?3)",
        &[user.into(), (kind as i64).into(), kept.into()],
    )?;
    tx.sql().execute(
        "INSERT INTO passes (user_row, kind, token_hash, ends_ms) VALUES (?1, ?2, ?3, ?4)",
        &[user.into(), (kind as i64).into(), hash[..].into(), ends_ms.into()],
    )?;
    Ok(())
}

/// The pass with this token, which has not ended.
pub fn pass(view: &View<'_>, hash: &[u8; 32]) -> Result<Option<Pass>, StoreFault> {
    let sql = "SELECT id, user_row, kind FROM passes WHERE token_hash = ?1 AND ends_ms > ?2";
    view.sql().first(sql, &[hash[..].into(), view.now_ms.into()], |row| {
        let kind = usize::try_from(row.int(2)?).ok().and_then(|number| PassKind::ALL.get(number).copied());
        let kind = kind.ok_or_else(|| StoreFault::Corrupt("a pass is of an unknown kind".to_owned()))?;
        Ok(Pass { id: row.int(0)?, user: row.int_or_null(1)?, kind })
    })
}

/// Until when the user's pass of this kind counts (milliseconds since 1970, UTC), `None` when there is none.
pub fn pass_ends(view: &View<'_>, user: i64, kind: PassKind) -> Result<Option<i64>, StoreFault> {
    let sql = "SELECT max(ends_ms) FROM passes WHERE user_row = ?1 AND kind = ?2 AND ends_ms > ?3";
    Ok(view.sql().first(sql, &[user.into(), (kind as i64).into(), view.now_ms.into()], |row| row.int_or_null(0))?.flatten())
}

/// Takes the passes of a user away; of nobody, the one that sets the office up.
pub fn drop_passes(tx: &Tx<'_>, user: Option<i64>) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM passes WHERE coalesce(user_row, 0) = coalesce(?1, 0)", &[user.into()])?;
    Ok(())
}

/// Takes away the links with which a user could set a forgotten password.
pub fn drop_resets(tx: &Tx<'_>, user: i64) -> Result<(), StoreFault> {
    tx.sql().execute("DELETE FROM passes WHERE user_row = ?1 AND kind = ?2", &[user.into(), (PassKind::Reset as i64).into()])?;
    Ok(())
}

/// Takes everything away that a user could sign in with.
pub fn forget(tx: &Tx<'_>, user: i64) -> Result<(), StoreFault> {
    drop_passes(tx, Some(user))?;
    set_recovery_codes(tx, user, &[])?;
    tx.sql().execute("DELETE FROM credentials WHERE user_row = ?1", &[user.into()])?;
    Ok(())
}
