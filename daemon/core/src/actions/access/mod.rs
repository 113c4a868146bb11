//! Who may see a record inside the office: shown, explained, shared and taken away, and the record given to another owner.

mod explain;
mod owner;
mod shares;

pub use explain::{Explained, Reason, explain};
pub use owner::{Transfer, Transferred, plan_transfer, transfer};
pub use shares::{Change, Changes, GRANTS_MAX, GroupShare, Shares, UserShare, plan_set, set, show};

use interoffice_protocol::record::Level;

use crate::domain::refusal::Refusal;

/// The level's name for people.
pub fn label(level: Level) -> &'static str {
    match level {
        Level::Read => "Read",
        Level::Write => "Write",
        Level::FullControl => "Full Control",
    }
}

/// Reads a level that somebody wrote; `none` and `off` take access away.
pub fn level_of(text: &str) -> Result<Option<Level>, Refusal> {
    match text.trim().to_lowercase().replace([' ', '_'], "-").as_str() {
        "none" | "off" => Ok(None),
        "full" => Ok(Some(Level::FullControl)),
        name => Level::parse(name)
            .map(Some)
            .ok_or_else(|| Refusal::invalid("bad-level", format!("'{name}' is no level"), "use read, write, full-control or none")),
    }
}
