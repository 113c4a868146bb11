//! Scopes of tokens: which part of the API a program may use, and whether it only reads.

use super::refusal::Refusal;

/// A part of the API, to read or to change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Records and copies: reading.
    ReadRecords,
    /// Records: changing, sharing inside the office, asking for access.
    WriteRecords,
    /// Links, other offices, what is shared with them: reading.
    ReadLinks,
    /// Links and what is shared over them: changing.
    WriteLinks,
    /// Users, groups, roles, settings, the audit: reading.
    ReadOffice,
    /// Users, groups, roles, settings: changing.
    WriteOffice,
}

impl Scope {
    /// Every scope; the place is its bit in the store.
    pub const ALL: [Self; 6] =
        [Self::ReadRecords, Self::WriteRecords, Self::ReadLinks, Self::WriteLinks, Self::ReadOffice, Self::WriteOffice];

    /// The scope's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadRecords => "records:read",
            Self::WriteRecords => "records:write",
            Self::ReadLinks => "links:read",
            Self::WriteLinks => "links:write",
            Self::ReadOffice => "office:read",
            Self::WriteOffice => "office:write",
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scopes(u32);

impl Scopes {
    /// The set with these bits; bits that mean nothing are left out.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << Scope::ALL.len()) - 1))
    }

    /// One bit a scope.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether `scope` is among them; who may change a part may read it.
    pub fn has(self, scope: Scope) -> bool {
        let own = 1 << scope as u32;
        let changing = match scope {
            Scope::ReadRecords => 1 << Scope::WriteRecords as u32,
            Scope::ReadLinks => 1 << Scope::WriteLinks as u32,
            Scope::ReadOffice => 1 << Scope::WriteOffice as u32,
            Scope::WriteRecords | Scope::WriteLinks | Scope::WriteOffice => 0,
        };
        self.0 & (own | changing) != 0
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.0 & (1 << *scope as u32) != 0).map(Scope::as_str).collect()
    }

    /// The set of these names, at least one.
    ///
    /// # Errors
    /// A refusal that names the first unknown one.
    pub fn parse(names: &[String]) -> Result<Self, Refusal> {
        let known = || format!("the scopes are {}", Scope::ALL.map(Scope::as_str).join(", "));
        let mut set = Self::default();
        for name in names {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            let scope = Scope::ALL.into_iter().find(|scope| scope.as_str() == name.trim());
            let scope = scope.ok_or_else(|| Refusal::invalid("unknown-scope", format!("'{shown}' is no scope"), known()))?;
            set.0 |= 1 << scope as u32;
        }
        if set.0 == 0 {
            return Err(Refusal::invalid("no-scope", "a token without a scope can do nothing", known()));
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_change_a_part_may_read_it_and_no_other() {
        let set = Scopes::parse(&["records:write".to_owned()]).unwrap();
        let held: Vec<_> = Scope::ALL.into_iter().filter(|scope| set.has(*scope)).map(Scope::as_str).collect();
        assert_eq!(held, ["records:read", "records:write"]);
        assert_eq!(Scopes::parse(&[]).map_err(|refusal| refusal.code), Err("no-scope"));
        assert_eq!(Scopes::parse(&["all".to_owned()]).map_err(|refusal| refusal.code), Err("unknown-scope"));
    }
}
