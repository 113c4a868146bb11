//! Roles: named sets of permissions. A permission lets a user do something with what the access rule gives him or her; but for *can
//! access all clients* none gives access. A role never exceeds the type of the account that has it.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::user::Account;

/// Longest name of a role (characters).
pub const NAME_CHARS_MAX: usize = 100;
/// Most roles of an office.
pub const ROLES_MAX: u64 = 100;

/// Something that a role allows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Reads and edits all clients of the office that are not private.
    AllClients,
    /// Creates and edits records.
    Edit,
    /// Shares records inside the office.
    Share,
    /// Shares records with users of other offices, as a specialist.
    Exchange,
    /// Archives records.
    Archive,
    /// Deletes records.
    Delete,
    /// Takes records out as a file.
    Export,
}

impl Permission {
    /// Every permission; the place is its bit in the store.
    pub const ALL: [Self; 7] = [Self::AllClients, Self::Edit, Self::Share, Self::Exchange, Self::Archive, Self::Delete, Self::Export];

    /// The permission's name in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllClients => "all-clients",
            Self::Edit => "edit",
            Self::Share => "share",
            Self::Exchange => "exchange",
            Self::Archive => "archive",
            Self::Delete => "delete",
            Self::Export => "export",
        }
    }

    /// What it allows, in words that follow "may".
    pub fn words(self) -> &'static str {
        match self {
            Self::AllClients => "access all clients, to read and edit them",
            Self::Edit => "create and edit records",
            Self::Share => "share records inside the office",
            Self::Exchange => "share records with users of other offices",
            Self::Archive => "archive records",
            Self::Delete => "delete records",
            Self::Export => "export records",
        }
    }

    /// The permission with this name.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_lowercase().replace([' ', '_'], "-");
        Self::ALL.into_iter().find(|permission| permission.as_str() == name)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// The set with these bits; bits that mean nothing are left out.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Permission::ALL.len()) - 1))
    }

    /// One bit a permission.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether `permission` is among them.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// The permissions in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        self.iter().map(Permission::as_str).collect()
    }

    /// The set of these names.
    ///
    /// # Errors
    /// A refusal that names the first unknown one.
    pub fn parse(names: &[String]) -> Result<Self, Refusal> {
        let mut set = Self::default();
        for name in names {
            let known = || Permission::ALL.map(Permission::as_str).join(", ");
            let shown: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
            let permission = Permission::parse(name).ok_or_else(|| {
                Refusal::invalid("unknown-permission", format!("'{shown}' is no permission"), format!("the permissions are {}", known()))
            })?;
            set.0 |= 1 << permission as u32;
        }
        Ok(set)
    }
}

/// Refuses a name that is empty, too long or not printable.
pub fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name;
    if fits {
        return Ok(());
    }
    let message = "the name of a role has 1 to 100 printable characters, and no space at its ends";
    Err(Refusal::invalid("bad-role-name", message, "choose another name"))
}

/// Refuses a role that does not go with the account of `user`: who administers is no assistant, and an account that only administers
/// has that role and no other.
pub fn check_fit(account: Account, administers: bool, user: &str) -> Result<(), Refusal> {
    match (account, administers) {
        (Account::Assistant, true) => Err(Refusal::denied(
            "role-exceeds-account",
            format!("{user} is an assistant, and no role gives an assistant the office to administer"),
            "choose another role, or another account type",
        )),
        (Account::Admin, false) => Err(Refusal::denied(
            "role-exceeds-account",
            format!("the account of {user} is there to administer, and has the role Administrator"),
            "choose another account type first",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_found_by_their_names_and_kept_as_bits() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let set = Permissions::parse(&names(&["export", "All Clients"])).unwrap();
        assert_eq!(set.names(), ["all-clients", "export"]);
        assert_eq!(Permissions::from_bits(set.bits()), set);
        assert_eq!(Permissions::from_bits(u32::MAX).names().len(), Permission::ALL.len());
        assert_eq!(Permissions::parse(&names(&["everything"])).map_err(|refusal| refusal.code), Err("unknown-permission"));
    }

    #[test]
    fn a_role_never_exceeds_the_account_type() {
        assert!(check_fit(Account::Assistant, true, "eve").is_err());
        assert!(check_fit(Account::Admin, false, "rita").is_err());
        for (account, administers) in [(Account::Practitioner, true), (Account::Practitioner, false), (Account::Assistant, false)] {
            assert!(check_fit(account, administers, "ann").is_ok());
        }
    }
}
