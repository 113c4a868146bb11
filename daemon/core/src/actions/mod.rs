//! The verbs: one call is one transaction and one audit line. Each loads, asks whether it may, decides, saves, writes what follows
//! from it, and remembers.

pub mod access;
pub mod audit;
pub mod client_access;
pub mod copies;
pub mod ending;
pub mod groups;
pub mod inbound;
pub mod issue;
pub mod lease;
pub mod link_view;
pub mod links;
pub mod office;
pub mod outbound;
pub mod peers;
pub mod proxies;
pub mod records;
pub mod removal;
pub mod rights;
pub mod settings;
pub mod sharing;
pub mod specialists;
pub mod users;

#[cfg(test)]
mod tests;
