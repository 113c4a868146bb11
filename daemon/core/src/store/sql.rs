//! The seam between our statements and a database: parameters and columns as plain values, SQL in the subset that SQLite
//! and PostgreSQL share.

use rusqlite::ffi;
use rusqlite::types::ValueRef;

use super::failing;

/// A parameter or a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Integers, times (milliseconds) and flags (0 or 1).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A number that no column can keep. Whatever statement is given it fails: any other number in its place would be a lie.
    TooBig,
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $into:expr,)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $into
            }
        })*
    };
}

value_from! {
    i64 => |value| Self::Int(value),
    u32 => |value| Self::Int(i64::from(value)),
    u8 => |value| Self::Int(i64::from(value)),
    u64 => |value| i64::try_from(value).map_or(Self::TooBig, Self::Int),
    usize => |value| i64::try_from(value).map_or(Self::TooBig, Self::Int),
    bool => |value| Self::Int(i64::from(value)),
    &str => |value| Self::Text(value.to_owned()),
    String => |value| Self::Text(value),
    &String => |value| Self::Text(value.clone()),
    Vec<u8> => |value| Self::Blob(value),
    &[u8] => |value| Self::Blob(value.to_vec()),
    [u8; 16] => |value| Self::Blob(value.to_vec()),
    [u8; 32] => |value| Self::Blob(value.to_vec()),
    &[u8; 16] => |value| Self::Blob(value.to_vec()),
    &[u8; 32] => |value| Self::Blob(value.to_vec()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The database could not do what it was asked; nothing of the transaction happened.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// No room: revocations are kept in memory and denied meanwhile.
    #[error("the disk is full: free some space, everything asked for since then was refused and nothing is half done")]
    DiskFull,
    /// The file was written by a newer program.
    #[error("the data folder was written by a newer interoffice (schema {found}, this program knows {known}): install that version again")]
    NewerSchema {
        /// Version in the file.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// A row does not have the shape that the program wrote.
    #[error("a stored row can't be read: {0}")]
    Corrupt(String),
    /// The operating system refused a file operation.
    #[error("{what}: {error}")]
    Io {
        /// What was attempted.
        what: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The disk could not say that a change is durable. It may keep pages that it will never write and call them clean, so neither a later
    /// success nor what is read here tells anything: only a new process sees what is durable.
    #[error("the disk could not make a change durable ({0}): nothing is acknowledged any more until the daemon is started again")]
    NotDurable(String),
    /// Anything else the database reports.
    #[error("the database reports: {0}")]
    Database(String),
}

impl StoreFault {
    /// A failed file operation.
    pub fn io(what: impl Into<String>, error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io { what: what.into(), error } }
    }

    /// A sync that failed.
    pub fn not_durable(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::NotDurable(format!("{what}: {error}"))
    }

    /// Whether this process must acknowledge nothing more.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::NotDurable(_))
    }
}

impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if matches!(extended, Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)) {
            return Self::NotDurable(error.to_string());
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            // The file that readers and the writer share as memory can't grow, for want of room.
            _ if error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => Self::DiskFull,
            _ => Self::Database(error.to_string()),
        }
    }
}

/// What a store needs of a database.
pub trait Sql {
    /// Runs a statement; says how many rows it changed.
    fn execute(&self, sql: &str, params: &[Value]) -> Result<u64, StoreFault>;

    /// Runs a query and hands each row to `each`.
    fn query(&self, sql: &str, params: &[Value], each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreFault>) -> Result<(), StoreFault>;
}

/// One row of an answer.
pub struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    fn column(&self, index: usize) -> Result<ValueRef<'_>, StoreFault> {
        failing::touch("", Some(index))?;
        Ok(self.0.get_ref(index)?)
    }

    /// Appends what any column holds to `bytes`: text and bytes as they are, numbers with their eight bytes.
    pub fn append(&self, index: usize, bytes: &mut Vec<u8>) -> Result<(), StoreFault> {
        match self.column(index)? {
            ValueRef::Null => {}
            ValueRef::Integer(number) => bytes.extend_from_slice(&number.to_be_bytes()),
            ValueRef::Real(number) => bytes.extend_from_slice(&number.to_be_bytes()),
            ValueRef::Text(value) | ValueRef::Blob(value) => bytes.extend_from_slice(value),
        }
        Ok(())
    }

    /// An integer column.
    pub fn int(&self, index: usize) -> Result<i64, StoreFault> {
        self.column(index)?.as_i64().map_err(|error| StoreFault::Corrupt(error.to_string()))
    }

    /// An integer column that is never negative.
    pub fn uint(&self, index: usize) -> Result<u64, StoreFault> {
        u64::try_from(self.int(index)?).map_err(|_| StoreFault::Corrupt(format!("column {index} is negative")))
    }

    /// A flag.
    pub fn flag(&self, index: usize) -> Result<bool, StoreFault> {
        Ok(self.int(index)? != 0)
    }

    /// An integer column that may be NULL.
    pub fn int_or_null(&self, index: usize) -> Result<Option<i64>, StoreFault> {
        match self.column(index)? {
            ValueRef::Null => Ok(None),
            _ => self.int(index).map(Some),
        }
    }

    /// A text column.
    pub fn text(&self, index: usize) -> Result<String, StoreFault> {
        let text = self.column(index)?.as_str().map_err(|error| StoreFault::Corrupt(error.to_string()))?;
        Ok(text.to_owned())
    }

    /// A text column that may be NULL.
    pub fn text_or_null(&self, index: usize) -> Result<Option<String>, StoreFault> {
        match self.column(index)? {
            ValueRef::Null => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    /// A bytes column.
    pub fn blob(&self, index: usize) -> Result<&[u8], StoreFault> {
        match self.column(index)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            other => Err(StoreFault::Corrupt(format!("column {index} holds {} where bytes belong", other.data_type()))),
        }
    }

    /// A bytes column that may be NULL.
    pub fn blob_or_null(&self, index: usize) -> Result<Option<Vec<u8>>, StoreFault> {
        match self.column(index)? {
            ValueRef::Null => Ok(None),
            _ => Ok(Some(self.blob(index)?.to_vec())),
        }
    }

    /// A bytes column of a fixed length.
    pub fn bytes<const N: usize>(&self, index: usize) -> Result<[u8; N], StoreFault> {
        let bytes = self.blob(index)?;
        bytes.try_into().map_err(|_| StoreFault::Corrupt(format!("column {index} holds {} bytes where {N} belong", bytes.len())))
    }

    /// A bytes column of a fixed length that may be NULL.
    pub fn bytes_or_null<const N: usize>(&self, index: usize) -> Result<Option<[u8; N]>, StoreFault> {
        match self.column(index)? {
            ValueRef::Null => Ok(None),
            _ => self.bytes(index).map(Some),
        }
    }
}

/// Shorthands over [`Sql`].
pub trait SqlExt: Sql {
    /// All rows, each turned into a `T`.
    fn all<T>(&self, sql: &str, params: &[Value], mut row: impl FnMut(&Row<'_>) -> Result<T, StoreFault>) -> Result<Vec<T>, StoreFault> {
        let mut rows = Vec::new();
        self.query(sql, params, &mut |found| {
            rows.push(row(found)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, if there is one.
    fn first<T>(&self, sql: &str, params: &[Value], row: impl FnMut(&Row<'_>) -> Result<T, StoreFault>) -> Result<Option<T>, StoreFault> {
        Ok(self.all(sql, params, row)?.into_iter().next())
    }

    /// A number, 0 when there is no row or it is NULL.
    fn count(&self, sql: &str, params: &[Value]) -> Result<u64, StoreFault> {
        Ok(self.first(sql, params, |row| row.int_or_null(0))?.flatten().map_or(0, |count| u64::try_from(count).unwrap_or(0)))
    }
}

impl<S: Sql + ?Sized> SqlExt for S {}

impl Sql for rusqlite::Connection {
    fn execute(&self, sql: &str, params: &[Value]) -> Result<u64, StoreFault> {
        failing::touch(sql, None)?;
        let mut statement = self.prepare_cached(sql)?;
        Ok(statement.execute(rusqlite::params_from_iter(params.iter().map(Bound)))? as u64)
    }

    fn query(&self, sql: &str, params: &[Value], each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        failing::touch(sql, None)?;
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params.iter().map(Bound)))?;
        while let Some(row) = rows.next()? {
            each(&Row(row))?;
        }
        Ok(())
    }
}

/// Runs statements that have no parameters and whose rows nobody reads.
pub(super) fn batch(conn: &rusqlite::Connection, sql: &str) -> Result<(), StoreFault> {
    failing::touch(sql, None)?;
    Ok(conn.execute_batch(sql)?)
}

/// Runs one statement that begins or ends a transaction, prepared once a connection: every job runs two to four of them.
pub(super) fn control(conn: &rusqlite::Connection, sql: &'static str) -> Result<(), StoreFault> {
    failing::touch(sql, None)?;
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Does `work` in a transaction, which is durable when this returns `Ok` and leaves nothing behind else.
pub(super) fn transaction<T>(
    conn: &mut rusqlite::Connection,
    work: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    failing::touch("BEGIN", None)?;
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let end = work(&tx)?;
    failing::touch("COMMIT", None)?;
    tx.commit()?;
    Ok(end)
}

struct Bound<'v>(&'v Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::TooBig => return Err(rusqlite::Error::ToSqlConversionFailure("a number is too big to be kept".into())),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_column_can_keep_fails_its_statement_and_is_not_written_as_another() {
        let sql = rusqlite::Connection::open_in_memory().unwrap();
        sql.execute_batch("CREATE TABLE cursors (sequence INTEGER NOT NULL) STRICT").unwrap();
        let write = |number: u64| Sql::execute(&sql, "INSERT INTO cursors (sequence) VALUES (?1)", &[number.into()]);
        assert!(write(i64::MAX as u64).is_ok());
        for number in [1 << 63, u64::MAX] {
            assert!(matches!(write(number), Err(StoreFault::Database(words)) if words.contains("too big")));
        }
        assert_eq!(sql.count("SELECT count(*) FROM cursors", &[]).unwrap(), 1);
    }
}
