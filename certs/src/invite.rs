//! Invite codes: what an admin hands to another office's admin so that the two offices can meet.
//!
//! `io1-` and base32 over (office, addresses, token, expiry) and a checksum. As text it may be broken over lines; in upper case
//! it fits the compact alphabet of QR codes.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits::{ADDRESS_BYTES_MAX, ADDRESSES_MAX};
use interoffice_protocol::wire::codec;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The version of invite codes that this program writes and reads.
pub const INVITE_VERSION: u32 = 1;

/// Bytes of the checksum: 40 bits leave one damaged code in a million million unnoticed.
const CHECKSUM_BYTES: usize = 5;
/// Longest payload: office, token, expiry, and the longest list of the longest addresses with their lengths.
const PAYLOAD_BYTES_MAX: usize = 32 + 16 + 9 + 1 + ADDRESSES_MAX * (3 + ADDRESS_BYTES_MAX);
/// Longest code, without white space.
const CODE_CHARS_MAX: usize = 16 + (PAYLOAD_BYTES_MAX + CHECKSUM_BYTES).div_ceil(5) * 8;

/// The 128-bit secret that lets an unknown office knock once; never printed by accident, compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct InviteToken([u8; 16]);

impl InviteToken {
    /// The token in 16 random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for the wire.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// What the inviting office stores instead of the token.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"interoffice/v1/invite-token\0").chain_update(self.0).finalize().into()
    }
}

impl PartialEq for InviteToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for InviteToken {}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteToken(..)")
    }
}

/// What an invite code says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invite {
    /// The inviting office.
    pub office: OfficeId,
    /// Where it can be reached, `host:port`, best first; 1 to [`ADDRESSES_MAX`].
    pub addresses: Vec<String>,
    /// The single-use secret.
    pub token: InviteToken,
    /// Until when the code is good (milliseconds since 1970, UTC).
    pub expires_at_ms: i64,
}

/// Why a text is no usable invite code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInvite {
    /// Something else altogether.
    #[error("not an invite code: one starts with `io1-`")]
    NotAnInvite,
    /// Written by a newer program.
    #[error("this invite code is of version {0}, and this program reads version {INVITE_VERSION}: update it, or ask for an older code")]
    Newer(u32),
    /// Cut off, mistyped or garbled.
    #[error("the invite code is damaged or not whole: copy it again, from `io1-` to its end")]
    Damaged,
    /// Longer than any invite code.
    #[error("the text is longer than any invite code: copy the code alone")]
    TooLong,
    /// No address, or too many.
    #[error("the invite code has {0} addresses where 1 to {ADDRESSES_MAX} may stand: ask for another")]
    AddressCount(usize),
    /// An address that is not `host:port`.
    #[error("the invite code has an address that is not `host:port`: ask for another")]
    Address,
}

impl Invite {
    /// The code as text, in lower case.
    ///
    /// # Errors
    /// [`BadInvite::AddressCount`] or [`BadInvite::Address`] when the addresses could not be read back.
    pub fn encode(&self) -> Result<String, BadInvite> {
        check_addresses(&self.addresses)?;
        let mut bytes = Zeroizing::new(codec::encode(&(self.office, &self.addresses, self.token.0, self.expires_at_ms)));
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        Ok(format!("io{INVITE_VERSION}-{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
    }

    /// The code in upper case, for the compact alphabet of QR codes; [`Invite::parse`] reads both.
    ///
    /// # Errors
    /// Those of [`Invite::encode`].
    pub fn encode_for_qr(&self) -> Result<String, BadInvite> {
        self.encode().map(|text| text.to_ascii_uppercase())
    }

    /// The invite in `text`; case, white space and line breaks do not matter.
    ///
    /// The expiry is not judged here: ask [`Invite::is_expired`].
    ///
    /// # Errors
    /// [`BadInvite`], in words for the admin who pasted the text.
    pub fn parse(text: &str) -> Result<Self, BadInvite> {
        let code = Zeroizing::new(
            text.chars().filter(|character| !is_filler(*character)).take(CODE_CHARS_MAX + 1).collect::<String>().to_ascii_uppercase(),
        );
        let (version, body) = code.strip_prefix("IO").and_then(|rest| rest.split_once('-')).ok_or(BadInvite::NotAnInvite)?;
        match version.parse::<u32>() {
            Ok(INVITE_VERSION) if version == "1" => {}
            Ok(newer) if newer > INVITE_VERSION => return Err(BadInvite::Newer(newer)),
            _ => return Err(BadInvite::NotAnInvite),
        }
        if code.chars().count() > CODE_CHARS_MAX {
            return Err(BadInvite::TooLong);
        }
        let body = Zeroizing::new(body.replace('0', "O").replace('8', "B").replace('1', "I"));
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(body.as_bytes()).map_err(|_| BadInvite::Damaged)?);
        let (payload, found) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(BadInvite::Damaged)?;
        if checksum(payload) != *found {
            return Err(BadInvite::Damaged);
        }
        let (office, addresses, token, expires_at_ms): (OfficeId, Vec<String>, [u8; 16], i64) =
            codec::decode_control(payload).map_err(|_| BadInvite::Damaged)?;
        check_addresses(&addresses)?;
        Ok(Self { office, addresses, token: InviteToken(token), expires_at_ms })
    }

    /// Whether the code is no longer good at `now_ms`.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        now_ms >= self.expires_at_ms
    }
}

fn is_filler(character: char) -> bool {
    // Mail programs and word processors break long words with invisible characters.
    character.is_whitespace() || character.is_control() || matches!(character, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash: [u8; 32] = Sha256::new().chain_update(b"interoffice/v1/invite\0").chain_update(payload).finalize().into();
    std::array::from_fn(|index| hash[index])
}

fn check_addresses(addresses: &[String]) -> Result<(), BadInvite> {
    if addresses.is_empty() || addresses.len() > ADDRESSES_MAX {
        return Err(BadInvite::AddressCount(addresses.len()));
    }
    if addresses.iter().all(|address| is_address(address)) { Ok(()) } else { Err(BadInvite::Address) }
}

/// Whether `text` has the shape `host:port`, an IPv6 host in brackets; the name need not exist.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_fits = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|character| character.is_alphanumeric() || matches!(character, '.' | '-' | '_')),
    };
    text.len() <= ADDRESS_BYTES_MAX
        && host_fits
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn invite() -> Invite {
        Invite {
            office: OfficeId([9; 32]),
            addresses: vec!["a.example:4433".into(), "[2001:db8::1]:4433".into()],
            token: InviteToken::new([5; 16]),
            expires_at_ms: 1_790_000_000_000,
        }
    }

    #[test]
    fn a_code_is_written_and_read_with_line_breaks_and_in_either_case() {
        let text = invite().encode().expect("the addresses fit");
        assert!(text.starts_with("io1-"), "{text}");
        assert_eq!(Invite::parse(&text), Ok(invite()));
        assert_eq!(Invite::parse(&invite().encode_for_qr().expect("fits")), Ok(invite()));
        let folded: String = text.as_bytes().chunks(40).map(|line| format!("  {}\r\n", String::from_utf8_lossy(line))).collect();
        assert_eq!(Invite::parse(&folded), Ok(invite()));
    }

    #[test]
    fn the_longest_invite_fits_its_own_bound() {
        let host = "h".repeat(ADDRESS_BYTES_MAX - 6);
        let longest = Invite { addresses: vec![format!("{host}:65535"); ADDRESSES_MAX], expires_at_ms: i64::MIN, ..invite() };
        assert_eq!(Invite::parse(&longest.encode().expect("fits")), Ok(longest));
    }

    #[test]
    fn other_texts_are_refused_in_words() {
        let text = invite().encode().expect("the addresses fit");
        assert_eq!(Invite::parse(""), Err(BadInvite::NotAnInvite));
        assert_eq!(Invite::parse("hello-world"), Err(BadInvite::NotAnInvite));
        assert_eq!(Invite::parse("io-abc"), Err(BadInvite::NotAnInvite));
        assert_eq!(Invite::parse("io0-abc"), Err(BadInvite::NotAnInvite));
        assert_eq!(Invite::parse(&text.replacen("io1", "io2", 1)), Err(BadInvite::Newer(2)));
        assert_eq!(Invite::parse("io1-"), Err(BadInvite::Damaged));
        assert_eq!(Invite::parse(&format!("io1-{}", "a".repeat(9_000))), Err(BadInvite::TooLong));
        for end in 4..text.len() {
            assert_eq!(Invite::parse(&text[..end]), Err(BadInvite::Damaged), "cut at {end}");
        }
    }

    #[test]
    fn addresses_are_checked_both_ways() {
        for (addresses, fault) in [
            (vec![], BadInvite::AddressCount(0)),
            (vec!["a:1".to_owned(); ADDRESSES_MAX + 1], BadInvite::AddressCount(ADDRESSES_MAX + 1)),
            (vec!["a.example".to_owned()], BadInvite::Address),
            (vec!["a.example:0".to_owned()], BadInvite::Address),
            (vec!["a.example:+80".to_owned()], BadInvite::Address),
            (vec!["::1:80".to_owned()], BadInvite::Address),
            (vec!["a b:80".to_owned()], BadInvite::Address),
            (vec!["a\u{1b}[2J:80".to_owned()], BadInvite::Address),
        ] {
            let made = Invite { addresses, ..invite() };
            let mut bytes = codec::encode(&(made.office, &made.addresses, made.token.0, made.expires_at_ms));
            let checksum = checksum(&bytes);
            bytes.extend_from_slice(&checksum);
            assert_eq!(made.encode(), Err(fault.clone()));
            assert_eq!(Invite::parse(&format!("io1-{}", BASE32_NOPAD.encode(&bytes))), Err(fault));
        }
    }

    #[test]
    fn the_token_is_not_printed_and_the_expiry_counts() {
        let invite = invite();
        assert!(format!("{invite:?}").contains("InviteToken(..)"));
        assert!(!invite.is_expired(invite.expires_at_ms - 1));
        assert!(invite.is_expired(invite.expires_at_ms));
        assert_ne!(InviteToken::new([5; 16]).hash(), InviteToken::new([6; 16]).hash());
    }

    #[test]
    fn every_wrong_character_is_found() {
        let text = invite().encode().expect("the addresses fit").to_ascii_uppercase();
        for place in 4..text.len() {
            for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".chars() {
                let wrong = format!("{}{other}{}", &text[..place], &text[place + 1..]);
                if let Ok(read) = Invite::parse(&wrong) {
                    assert_eq!(read, invite(), "{other} at {place}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_one_changed_character_is_found_or_means_the_same(place in 0..150usize, other in any::<char>()) {
            let mut chars: Vec<char> = invite().encode().unwrap().chars().collect();
            let place = place % chars.len();
            chars[place] = other;
            if let Ok(read) = Invite::parse(&chars.iter().collect::<String>()) {
                prop_assert_eq!(read, invite());
            }
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Invite::parse(&text);
            let _ = Invite::parse(&format!("io1-{text}"));
        }

        #[test]
        fn no_payload_panics(mut bytes: Vec<u8>) {
            let checksum = checksum(&bytes);
            bytes.extend_from_slice(&checksum);
            let _ = Invite::parse(&format!("io1-{}", BASE32_NOPAD.encode(&bytes)));
        }
    }
}
