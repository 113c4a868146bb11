//! Proxies as rows: whose records a user sees beside his or her own.

use super::{Row, SqlExt, StoreFault, Tx, Value, View};

/// A proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxyRow {
    /// The user who sees.
    pub proxy: String,
    /// The user whose records are seen.
    pub owner: String,
    /// Since when (milliseconds since 1970, UTC).
    pub since_ms: i64,
}

fn proxy(row: &Row<'_>) -> Result<ProxyRow, StoreFault> {
    Ok(ProxyRow { proxy: row.text(0)?, owner: row.text(1)?, since_ms: row.int(2)? })
}

/// The proxies that have to do with a user, on either side, or all; by the names of owner and proxy.
pub fn list(view: &View<'_>, user: Option<i64>) -> Result<Vec<ProxyRow>, StoreFault> {
    let sql = "SELECT p.name, o.name, x.since_ms FROM proxies x JOIN users p ON p.id = x.proxy_row JOIN users o ON o.id = x.owner_row
        WHERE (?1 IS NULL OR x.proxy_row = ?1 OR x.owner_row = ?1) ORDER BY o.name, p.name";
    view.sql().all(sql, &[user.into()], proxy)
}

/// Whether a user is a proxy of another.
pub fn is_proxy(view: &View<'_>, proxy: i64, owner: i64) -> Result<bool, StoreFault> {
    let sql = "SELECT count(*) FROM proxies WHERE proxy_row = ?1 AND owner_row = ?2";
    Ok(view.sql().count(sql, &[proxy.into(), owner.into()])? > 0)
}

/// Makes a user a proxy of another, or no longer.
pub fn set(tx: &Tx<'_>, proxy: i64, owner: i64, on: bool) -> Result<(), StoreFault> {
    let params: [Value; 3] = [proxy.into(), owner.into(), tx.now_ms.into()];
    let (sql, params) = if on {
        ("INSERT INTO proxies (proxy_row, owner_row, since_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", &params[..])
    } else {
        ("DELETE FROM proxies WHERE proxy_row = ?1 AND owner_row = ?2", &params[..2])
    };
    tx.sql().execute(sql, params)?;
    Ok(())
}

/// Ends every proxy that has to do with a user; says how many there were.
pub fn forget(tx: &Tx<'_>, user: i64) -> Result<u64, StoreFault> {
    tx.sql().execute("DELETE FROM proxies WHERE proxy_row = ?1 OR owner_row = ?1", &[user.into()])
}
