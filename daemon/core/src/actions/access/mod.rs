//! Who may see a record inside the office: shown, explained, shared and taken away, and the record given to another owner.

mod explain;
mod owner;
mod shares;

pub(super) use explain::hide_members;
pub use explain::{Explained, Reason, explain};
pub use owner::{Transfer, Transferred, plan_transfer, transfer};
pub(super) use shares::give;
pub use shares::{Change, Changes, GRANTS_MAX, GroupShare, Shares, UserShare, plan_set, set, show};
