//! The verbs: one call is one transaction and one audit line. Each loads, asks whether it may, decides, saves, writes what follows
//! from it, and remembers.

pub mod access;
pub mod activities;
pub mod audit;
pub mod claims;
pub mod client_access;
pub mod copies;
pub mod digest;
pub mod ending;
pub mod events;
pub mod groups;
pub mod inbound;
pub mod issue;
pub mod lease;
pub mod ledger;
pub mod link_view;
pub mod links;
pub mod mails;
pub mod office;
pub mod outbound;
pub mod passwords;
pub mod peers;
pub mod preferences;
pub mod preview;
pub mod proxies;
pub mod records;
pub mod removal;
pub mod requests;
pub mod rights;
pub mod roles;
pub mod settings;
pub mod sharing;
pub mod sign_in;
pub mod specialists;
pub mod tokens;
pub mod users;

#[cfg(test)]
mod tests;
