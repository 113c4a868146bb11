//! Users of the office: account types, rights, and which of them exclude each other.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Longest e-mail address (characters).
pub const EMAIL_CHARS_MAX: usize = 256;
/// Longest name for people (characters).
pub const DISPLAY_NAME_CHARS_MAX: usize = 256;

/// Longest first or last name (characters).
pub const PART_OF_NAME_CHARS_MAX: usize = 120;

/// What an account is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Works with clients of his or her own.
    #[default]
    Practitioner,
    /// Administers the office.
    Admin,
    /// Helps others; owns no clients.
    Assistant,
}

impl Account {
    /// Every account type; the place is its number in the store.
    pub const ALL: [Self; 3] = [Self::Practitioner, Self::Admin, Self::Assistant];

    /// The type's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::Admin => "admin",
            Self::Assistant => "assistant",
        }
    }

    /// The type with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.as_str() == text)
    }
}

impl Account {
    /// Whether an account of this type owns clients: assistants help others, and an account that only administers has none.
    pub fn owns_clients(self) -> bool {
        self == Self::Practitioner
    }

    /// Refuses what only an account that owns clients may have or do.
    pub fn check_owns(self, user: &str) -> Result<(), Refusal> {
        match self {
            Self::Practitioner => Ok(()),
            Self::Assistant => Err(Refusal::denied(
                "assistant",
                format!("{user} is an assistant, and assistants own no clients"),
                "name a practitioner, who is to own the records",
            )),
            Self::Admin => Err(Refusal::denied(
                "admin-only",
                format!("the account of {user} only administers, and owns no clients"),
                format!("name a practitioner, or make {user} one: interoffice user account {user} practitioner"),
            )),
        }
    }
}

/// A right of a user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Shares records with users of other offices: a specialist.
    RecordSharing,
    /// Sees everything in the office but private records.
    SuperUser,
    /// Sees over department borders.
    EnterpriseView,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 3] = [Self::RecordSharing, Self::SuperUser, Self::EnterpriseView];

    /// The right's name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::RecordSharing => "Record Sharing",
            Self::SuperUser => "Super User",
            Self::EnterpriseView => "Enterprise View",
        }
    }

    /// The right with this name; record sharing is found under both names it has had.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match plain.as_str() {
            "recordsharing" | "crossofficerecordsharing" | "specialist" | "expert" => Some(Self::RecordSharing),
            "superuser" => Some(Self::SuperUser),
            "enterpriseview" => Some(Self::EnterpriseView),
            _ => None,
        }
    }
}

/// Refuses an e-mail address that is too long or can't be one; an empty one is fine.
pub fn check_email(email: &str) -> Result<(), Refusal> {
    let refused = |message: &str| Err(Refusal::invalid("bad-email", message, "give an address like ann@example.com, or none"));
    if email.chars().count() > EMAIL_CHARS_MAX {
        return refused("an e-mail address has at most 256 characters");
    }
    let parts = email.split_once('@');
    let fits = parts.is_some_and(|(before, after)| !before.is_empty() && !after.is_empty());
    if email.is_empty() || (fits && !email.chars().any(|c| c.is_whitespace() || c.is_control())) {
        return Ok(());
    }
    refused("this is not an e-mail address")
}

/// The name for people of somebody whose first and last name are given; the sign-in name when both are empty.
pub fn full_name(first: &str, last: &str, name: &str) -> String {
    let full = format!("{} {}", first.trim(), last.trim());
    match full.trim() {
        "" => name.to_owned(),
        full => full.to_owned(),
    }
}

/// Refuses a first or last name that is too long or not printable; an empty one is fine.
pub fn check_part_of_name(name: &str) -> Result<(), Refusal> {
    if name.chars().count() <= PART_OF_NAME_CHARS_MAX && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Refusal::invalid("bad-name", "a first or last name has at most 120 printable characters", "give the name as people write it"))
}

/// Refuses a name for people that is empty, too long or not printable.
pub fn check_display_name(name: &str) -> Result<(), Refusal> {
    let chars = name.chars().count();
    if (1..=DISPLAY_NAME_CHARS_MAX).contains(&chars) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Refusal::invalid("bad-display-name", "a display name has 1 to 256 printable characters", "give the name as people write it"))
}

/// Refuses a right that a specialist can't hold beside record sharing.
pub fn check_exclusion(specialist: bool, right: Right, user: &str) -> Result<(), Refusal> {
    if !specialist || right == Right::RecordSharing {
        return Ok(());
    }
    Err(Refusal::denied(
        "right-excluded",
        format!("{user} is a specialist, and nobody holds {} together with Record Sharing", right.label()),
        format!("disable Record Sharing first: interoffice specialist disable {user}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_is_found_under_both_its_names() {
        for name in ["Record Sharing", "Cross-Office Record Sharing", "record-sharing", "cross-office-record-sharing"] {
            assert_eq!(Right::parse(name), Some(Right::RecordSharing), "{name}");
        }
        assert_eq!(Right::parse("everything"), None);
    }

    #[test]
    fn an_email_address_has_at_most_256_characters() {
        let long = |name: usize| format!("{}@example.com", "a".repeat(name));
        assert!(check_email(&long(244)).is_ok());
        assert!(check_email(&long(245)).is_err());
        assert!(check_email("").is_ok());
        for bad in ["ann", "@b", "a@", "a b@c", "a@b\n"] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_specialist_gets_neither_super_user_nor_enterprise_view() {
        for right in [Right::SuperUser, Right::EnterpriseView] {
            assert!(check_exclusion(true, right, "ann").is_err());
            assert!(check_exclusion(false, right, "ann").is_ok());
        }
    }
}
