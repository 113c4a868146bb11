//! Who sees which record inside the office: the one place where that is decided, for a single record and for lists.

/// Who looks, as far as the decision needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// The operator or the daemon itself.
    Operator,
    /// A user.
    User {
        /// The user's local row.
        id: i64,
        /// Whether the account is an admin's.
        admin: bool,
        /// Whether the user holds Super User.
        super_user: bool,
        /// Whether the user holds Record Sharing.
        specialist: bool,
    },
}

/// What the decision needs to know of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Local row of the owner.
    pub owner: i64,
    /// Whether the record is marked private.
    pub private: bool,
    /// Whether a user is assigned.
    pub assigned: bool,
}

/// What a viewer may do with a record; a higher step includes the lower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// Does not see it.
    None,
    /// Sees it.
    Read,
    /// Sees and edits it.
    Edit,
    /// Acts as its owner: marks it private, archives and deletes it.
    Own,
}

impl Access {
    /// The step's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Own => "own",
        }
    }
}

/// Which records a viewer gets at all, in a form that a list can filter by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// Every record, private ones included.
    pub everything: bool,
    /// Records of this owner, private ones included.
    pub own: Option<i64>,
    /// Records of others that are not private.
    pub others: bool,
    /// Records without an assigned user that are not private.
    pub unassigned: bool,
}

impl Sight {
    /// Whether the sight includes a record.
    pub fn includes(&self, facts: &Facts) -> bool {
        self.everything || self.own == Some(facts.owner) || (!facts.private && (self.others || (self.unassigned && !facts.assigned)))
    }
}

/// What `viewer` sees while office security is on or off.
///
/// An admin sees everything, unless he or she is a specialist: administering and seeing everything are separate then. With
/// office security off nobody's record is hidden from a colleague unless it is private.
pub fn sight(viewer: &Viewer, office_security: bool) -> Sight {
    match *viewer {
        Viewer::Operator => Sight { everything: true, own: None, others: true, unassigned: true },
        Viewer::User { id, super_user, .. } => {
            Sight { everything: sees_everything(viewer), own: Some(id), others: super_user || !office_security, unassigned: true }
        }
    }
}

/// What `viewer` may do with one record.
pub fn decide(viewer: &Viewer, office_security: bool, facts: &Facts) -> Access {
    if !sight(viewer, office_security).includes(facts) {
        return Access::None;
    }
    match *viewer {
        Viewer::Operator => Access::Own,
        Viewer::User { id, super_user, .. } => match () {
            () if id == facts.owner || sees_everything(viewer) => Access::Own,
            () if super_user || !facts.assigned => Access::Edit,
            () => Access::Read,
        },
    }
}

fn sees_everything(viewer: &Viewer) -> bool {
    match *viewer {
        Viewer::Operator => true,
        Viewer::User { admin, specialist, .. } => admin && !specialist,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: i64 = 1;
    const BOB: i64 = 2;

    fn user(id: i64) -> Viewer {
        Viewer::User { id, admin: false, super_user: false, specialist: false }
    }

    fn bobs(private: bool, assigned: bool) -> Facts {
        Facts { owner: BOB, private, assigned }
    }

    #[test]
    fn with_office_security_on_a_user_sees_own_and_unassigned_contacts() {
        assert_eq!(decide(&user(BOB), true, &bobs(true, true)), Access::Own);
        assert_eq!(decide(&user(ANN), true, &bobs(false, true)), Access::None);
        assert_eq!(decide(&user(ANN), true, &bobs(false, false)), Access::Edit);
        assert_eq!(decide(&user(ANN), false, &bobs(false, true)), Access::Read);
        assert_eq!(decide(&user(ANN), false, &bobs(true, true)), Access::None);
    }

    #[test]
    fn a_super_user_sees_everything_but_private_records() {
        let ann = Viewer::User { id: ANN, admin: false, super_user: true, specialist: false };
        assert_eq!(decide(&ann, true, &bobs(false, true)), Access::Edit);
        assert_eq!(decide(&ann, true, &bobs(true, true)), Access::None);
    }

    #[test]
    fn an_admin_sees_all_until_he_or_she_is_a_specialist() {
        let admin = |specialist| Viewer::User { id: ANN, admin: true, super_user: false, specialist };
        assert_eq!(decide(&admin(false), true, &bobs(true, true)), Access::Own);
        assert_eq!(decide(&admin(true), true, &bobs(false, true)), Access::None);
        assert_eq!(decide(&Viewer::Operator, true, &bobs(true, true)), Access::Own);
    }
}
