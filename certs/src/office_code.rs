//! The office id as people see and type it.

use interoffice_protocol::ids::OfficeId;

use crate::groups::{self, BadCode, CodeKind};

/// Why a text is no office code.
pub type BadOfficeCode = BadCode;

/// Groups of the short form: 40 bits, enough to tell the peers of one office apart, never enough to trust one.
const SHORT_GROUPS: usize = 2;

/// The office code: 13 groups of five characters, `ABCDE-FGHIJ-…`, the last of each group a check character.
pub fn show_office(office: &OfficeId) -> String {
    groups::show(CodeKind::Office, office.as_bytes())
}

/// The first two groups of the office code, for tables.
pub fn short_office(office: &OfficeId) -> String {
    show_office(office).split('-').take(SHORT_GROUPS).collect::<Vec<_>>().join("-")
}

/// The office whose code is `text`, in either case, with or without dashes and spaces.
///
/// # Errors
/// [`BadOfficeCode`] names the group that is wrong, so that only that one has to be compared.
pub fn parse_office(text: &str) -> Result<OfficeId, BadOfficeCode> {
    groups::parse(CodeKind::Office, text).map(|bytes| OfficeId(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_and_read() {
        let office = OfficeId(std::array::from_fn(|index| index as u8));
        let code = show_office(&office);
        assert_eq!(code, "AAAQE-EAYEP-AUDA6-OCAJ5-BIFQO-YDIO6-B4IBL-CEQTB-CQKRS-MFYYD-DENBI-WHA5M-DYPQ2");
        assert_eq!(short_office(&office), &code[..11]);
        assert_eq!(parse_office(&code), Ok(office));
        assert_eq!(parse_office(&format!("  {}\n", code.replace('-', " ").to_lowercase())), Ok(office));
        assert_eq!(parse_office(&code.replace('-', "")), Ok(office));
    }

    #[test]
    fn the_wrong_group_is_named() {
        let mut code = show_office(&OfficeId([200; 32]));
        let third = code.as_bytes()[12];
        code.replace_range(12..13, if third == b'Q' { "R" } else { "Q" });
        let fault = parse_office(&code).expect_err("a character is wrong");
        assert_eq!(fault.to_string(), "group 3 of the office code is mistyped, or this is not one: compare it with the original");
    }
}
