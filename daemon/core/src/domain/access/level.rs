//! Levels as people write and read them, and the highest that an account may have.

use interoffice_protocol::record::Level;

use crate::domain::refusal::Refusal;
use crate::domain::user::Account;

/// The level's name for people.
pub fn label(level: Level) -> &'static str {
    match level {
        Level::Read => "Read",
        Level::Write => "Write",
        Level::FullControl => "Full Control",
    }
}

/// Reads a level that somebody wrote; `none` and `off` stand for no level.
pub fn parse(text: &str) -> Result<Option<Level>, Refusal> {
    match text.trim().to_lowercase().replace([' ', '_'], "-").as_str() {
        "none" | "off" => Ok(None),
        "full" => Ok(Some(Level::FullControl)),
        name => Level::parse(name)
            .map(Some)
            .ok_or_else(|| Refusal::invalid("bad-level", format!("'{name}' is no level"), "use read, write, full-control or none")),
    }
}

/// The highest level that an account of this type can be granted: Full Control is co-ownership, and assistants own nothing.
pub fn highest(account: Account) -> Level {
    match account {
        Account::Assistant => Level::Write,
        Account::Practitioner | Account::Admin => Level::FullControl,
    }
}

/// Whether a user who was granted `level` of a record by name owns it beside its owner: whoever has Full Control does. An assistant does
/// not, whatever was granted before he or she became one; nor does a user who is disabled.
pub fn co_owns(account: Account, disabled: bool, level: Level) -> bool {
    !disabled && level.min(highest(account)) == Level::FullControl
}

/// Refuses a level that is above what the account of `name` can be granted.
pub fn check(account: Account, name: &str, level: Option<Level>) -> Result<(), Refusal> {
    if level <= Some(highest(account)) {
        return Ok(());
    }
    let message = format!("{name} is an assistant, and assistants own no clients, not even with others");
    Err(Refusal::denied("assistant", message, "grant Write instead"))
}
