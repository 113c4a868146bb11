//! The JSContact names (RFC 9553) under which properties are shared.

use bincode::{Decode, Encode};

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A JSContact property; the order is part of the wire format, so new ones go to the end.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
        #[cfg_attr(test, derive(wincode::SchemaWrite, wincode::SchemaRead))]
        pub enum FieldName {
            $($(#[$doc])* $variant,)*
        }

        impl FieldName {
            /// Every field, in wire order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The JSContact name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

fields! {
    /// Name and its components (N, FN, SOUND).
    Name = "name",
    /// Nicknames.
    Nicknames = "nicknames",
    /// Organisations and departments.
    Organizations = "organizations",
    /// Titles and roles.
    Titles = "titles",
    /// E-mail addresses.
    Emails = "emails",
    /// Telephone numbers.
    Phones = "phones",
    /// Postal addresses and their labels.
    Addresses = "addresses",
    /// Birthday, anniversary, day of death.
    Anniversaries = "anniversaries",
    /// Free notes.
    Notes = "notes",
    /// Categories.
    Keywords = "keywords",
    /// Web links.
    Links = "links",
    /// Pictures, logos, sounds.
    Media = "media",
    /// Instant messaging and social profiles.
    OnlineServices = "onlineServices",
    /// Relations to other people.
    RelatedTo = "relatedTo",
    /// Hobbies, interests, expertise.
    PersonalInfo = "personalInfo",
    /// Public keys and certificates.
    CryptoKeys = "cryptoKeys",
    /// Calendars and free/busy addresses.
    Calendars = "calendars",
    /// Addresses for scheduling.
    SchedulingAddresses = "schedulingAddresses",
    /// Directory entries.
    Directories = "directories",
    /// Languages.
    PreferredLanguages = "preferredLanguages",
    /// Gender and pronouns.
    SpeakToAs = "speakToAs",
    /// Members of a household or group.
    Members = "members",
    /// Identifiers and bookkeeping of the card: UID, REV, PRODID, KIND, SOURCE.
    Metadata = "metadata",
    /// Geographic position and time zone.
    Localization = "localization",
    /// Everything else: X- properties and names not known.
    Other = "other",
}

impl FieldName {
    /// The field with this JSContact name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.as_str() == text)
    }

    /// The field's bit in a scope.
    pub fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

const _: () = assert!(FieldName::ALL.len() <= 32, "a scope keeps one bit a field in 32 bits");
