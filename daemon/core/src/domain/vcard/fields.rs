//! Which JSContact property a vCard property belongs to (RFC 9555), and so which part of a scope shows it.

use interoffice_protocol::record::{FieldName, Param};

/// The field of the property `name` (upper case). Names nobody registered, `X-` names among them, are [`FieldName::Other`].
pub fn field_of(name: &str, params: &[Param]) -> FieldName {
    match name {
        "N" | "FN" | "SORT-STRING" => FieldName::Name,
        "NICKNAME" => FieldName::Nicknames,
        "ORG" => FieldName::Organizations,
        "TITLE" | "ROLE" => FieldName::Titles,
        "EMAIL" => FieldName::Emails,
        "TEL" => FieldName::Phones,
        "ADR" | "LABEL" => FieldName::Addresses,
        "BDAY" | "ANNIVERSARY" | "DEATHDATE" | "BIRTHPLACE" | "DEATHPLACE" => FieldName::Anniversaries,
        "NOTE" => FieldName::Notes,
        "CATEGORIES" => FieldName::Keywords,
        "URL" | "CONTACT-URI" => FieldName::Links,
        // Phones in Japan wrote how a name is read as its sound.
        "SOUND" if has_type(params, "X-IRMC-N") => FieldName::Name,
        "PHOTO" | "LOGO" | "SOUND" => FieldName::Media,
        "IMPP" | "SOCIALPROFILE" => FieldName::OnlineServices,
        "RELATED" | "AGENT" => FieldName::RelatedTo,
        "EXPERTISE" | "HOBBY" | "INTEREST" => FieldName::PersonalInfo,
        "KEY" => FieldName::CryptoKeys,
        "CALURI" | "FBURL" => FieldName::Calendars,
        "CALADRURI" => FieldName::SchedulingAddresses,
        "ORG-DIRECTORY" => FieldName::Directories,
        "LANG" => FieldName::PreferredLanguages,
        "GENDER" | "GRAMGENDER" | "PRONOUNS" => FieldName::SpeakToAs,
        "MEMBER" => FieldName::Members,
        "UID" | "REV" | "PRODID" | "KIND" | "SOURCE" | "CREATED" | "LANGUAGE" | "CLIENTPIDMAP" | "CLASS" | "MAILER" | "NAME"
        | "PROFILE" => FieldName::Metadata,
        "GEO" | "TZ" => FieldName::Localization,
        _ => FieldName::Other,
    }
}

/// Whether a `TYPE` parameter has the value `kind`, in any letter case.
pub(super) fn has_type(params: &[Param], kind: &str) -> bool {
    types(params).any(|value| value.eq_ignore_ascii_case(kind))
}

/// All values of `TYPE` parameters.
pub(super) fn types(params: &[Param]) -> impl Iterator<Item = &str> {
    params.iter().filter(|param| param.name == "TYPE").flat_map(|param| &param.values).map(String::as_str)
}
