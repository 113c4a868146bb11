//! Who an office is and how it shows that: keys, key sets, certificates, invite codes and the TLS configurations of the peer door.
//!
//! An office is its root key. TLS certificates are disposable: a handshake proves possession of a key, and the chain of key
//! sets that the root signed says whose key that is. Clock and randomness are arguments; files are touched in `keys` alone.
#![forbid(unsafe_code)]

mod groups;
mod invite;
mod keys;
mod office_code;
mod pin;
mod tls;
mod web;

pub use groups::BadCode;
pub use invite::{BadInvite, INVITE_VERSION, Invite, InviteToken};
pub use keys::{KeyFault, OfficeKeys, RecoveryKey, SecretSeed, Seeds, SetTerms};
pub use office_code::{BadOfficeCode, parse_office, short_office, show_office};
pub use pin::{BadCertificate, spki_pin};
pub use tls::{ALPN, TlsFault, client_config, install_provider, provider, server_config};
pub use web::{WebCertificate, WebFault, web_config};
