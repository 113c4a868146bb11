//! Who does something: the operator at the daemon's own socket, a user, another office, or the daemon by itself.

use std::fmt;

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::names::UserName;

/// Who does something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Whoever may open the control socket; acts as an admin.
    Operator,
    /// A user who signed in, or a program with a token of the user's.
    User(UserName),
    /// Somebody on behalf of a user: an administrator, or the operator (`--as`) when no name is given.
    For {
        /// The administrator; `None` for the operator.
        by: Option<UserName>,
        /// The user on whose behalf it is done.
        user: UserName,
    },
    /// Somebody at the http door who has not signed in.
    Stranger,
    /// Another office, over the wire.
    Peer(OfficeId),
    /// A chore of the daemon.
    Daemon,
}

impl Actor {
    /// The user whose rights count, if a user acts or somebody acts for one.
    pub fn user(&self) -> Option<&UserName> {
        match self {
            Self::User(name) | Self::For { user: name, .. } => Some(name),
            Self::Operator | Self::Stranger | Self::Peer(_) | Self::Daemon => None,
        }
    }

    /// The administrator who acts for that user, if one does.
    pub fn by(&self) -> Option<&UserName> {
        match self {
            Self::For { by, .. } => by.as_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::For { by: Some(by), user } => write!(f, "user:{by} for user:{user}"),
            Self::For { by: None, user } => write!(f, "operator for user:{user}"),
            Self::Peer(office) => write!(f, "office:{office}"),
            Self::Stranger => f.write_str("stranger"),
            Self::Daemon => f.write_str("daemon"),
        }
    }
}
