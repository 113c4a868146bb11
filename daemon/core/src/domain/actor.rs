//! Who does something: the operator at the daemon's own socket, a user, another office, or the daemon by itself.

use std::fmt;

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::names::UserName;

/// Who does something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Whoever may open the control socket; acts as an admin.
    Operator,
    /// A user, through the operator (`--as`) or signed in.
    User(UserName),
    /// Another office, over the wire.
    Peer(OfficeId),
    /// A chore of the daemon.
    Daemon,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::Peer(office) => write!(f, "office:{office}"),
            Self::Daemon => f.write_str("daemon"),
        }
    }
}
