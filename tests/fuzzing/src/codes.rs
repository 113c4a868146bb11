//! Texts that people pass on: invite codes and office codes.

use data_encoding::BASE32_NOPAD;
use interoffice_certs::{Invite, parse_office, show_office};
use interoffice_protocol::ids::OfficeId;
use sha2::{Digest, Sha256};

use crate::bytes::Bytes;

/// Either a text that was pasted, or the payload of a code whose checksum is right.
pub fn invite(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let text = if mode % 2 == 0 { String::from_utf8_lossy(rest).into_owned() } else { code_of(rest) };
    let Ok(invite) = Invite::parse(&text) else { return };
    let again = invite.encode().expect("what was read can be written");
    assert!(again.starts_with("io1-"));
    assert_eq!(Invite::parse(&again).as_ref(), Ok(&invite));
    let upper = invite.encode_for_qr().expect("what was read can be written");
    assert_eq!(Invite::parse(&upper).as_ref(), Ok(&invite));
    let width = 1 + usize::from(*mode) / 2;
    let broken: String = again.as_bytes().chunks(width).map(|line| format!(" {}\r\n", String::from_utf8_lossy(line))).collect();
    assert_eq!(Invite::parse(&broken).as_ref(), Ok(&invite), "line breaks do not matter");
    assert!(
        invite.is_expired(invite.expires_at_ms) && !invite.is_expired(invite.expires_at_ms.saturating_sub(1))
            || invite.expires_at_ms == i64::MIN
    );
    let place = 4 + usize::from(*mode) % (again.len() - 4);
    for other in ['A', '7', '-'] {
        let mut wrong = again.clone();
        wrong.replace_range(place..=place, &other.to_string());
        assert!(Invite::parse(&wrong).is_err() || wrong.eq_ignore_ascii_case(&again), "a wrong character was not noticed");
    }
    assert!(!format!("{invite:?}").contains(&format!("{:?}", invite.token.expose())), "the token is not printed");
}

/// The code with this payload.
fn code_of(payload: &[u8]) -> String {
    let checksum = Sha256::new().chain_update(b"interoffice/v1/invite\0").chain_update(payload).finalize();
    format!("io1-{}", BASE32_NOPAD.encode(&[payload, &checksum[..5]].concat()))
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Either a text that was typed, or an office whose code is mistyped in one place.
pub fn office_code(bytes: &[u8]) {
    let Some((mode, rest)) = bytes.split_first() else { return };
    if mode % 2 == 0 {
        let text = String::from_utf8_lossy(rest);
        if let Ok(office) = parse_office(&text) {
            whole(office);
        }
        return;
    }
    let mut bytes = Bytes::new(rest);
    let office = OfficeId(bytes.array());
    let code = whole(office);
    let places: Vec<usize> = code.char_indices().filter(|(_, letter)| *letter != '-').map(|(at, _)| at).collect();
    let at = places[bytes.below(places.len())];
    let mut typed = code.clone().into_bytes();
    typed[at] = ALPHABET[bytes.below(32)];
    mistyped(&code, typed);
    let mut swapped = code.clone().into_bytes();
    let neighbour = places.iter().copied().find(|place| *place > at).unwrap_or(places[0]);
    swapped.swap(at, neighbour);
    mistyped(&code, swapped);
}

/// The code of an office is read in either case and without dashes.
fn whole(office: OfficeId) -> String {
    let code = show_office(&office);
    assert_eq!(code.len(), 77);
    for spelled in [code.clone(), code.to_lowercase(), code.replace('-', ""), code.replace('-', " ")] {
        assert_eq!(parse_office(&spelled), Ok(office));
    }
    code
}

fn mistyped(code: &str, typed: Vec<u8>) {
    let typed = String::from_utf8(typed).expect("letters and digits");
    assert!(parse_office(&typed).is_err() || typed == code, "{typed} was taken for {code}");
}
