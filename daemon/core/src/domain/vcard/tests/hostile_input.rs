//! Bytes from anywhere: never a panic, and time that grows no faster than the file.

use proptest::prelude::*;

use super::super::{ParsedFile, parse_file, render};
use super::programs;
use super::{CardVersion, WRITTEN};

/// Everything a caller does with a file.
fn use_all(bytes: &[u8]) -> ParsedFile {
    let parsed = parse_file(bytes);
    for card in &parsed.cards {
        assert!(!card.record.display_name.is_empty());
        for version in WRITTEN {
            let again = parse_file(render(&card.record, version).as_bytes());
            assert_eq!(again.broken, []);
            assert_eq!(again.cards[0].record, card.record);
        }
    }
    parsed
}

fn fixtures() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(programs::ALL.to_vec()).prop_map(<[u8]>::to_vec)
}

#[derive(Clone, Debug)]
enum Change {
    Set(u8),
    Remove(usize),
    Repeat(usize),
    Insert(&'static [u8]),
}

fn changes() -> impl Strategy<Value = Change> {
    let pieces: Vec<&[u8]> = vec![
        b"\r",
        b"\n ",
        b"\n",
        b":",
        b";",
        b"\"",
        b"=\n",
        b"=",
        b"\nBEGIN:VCARD\n",
        b"\nEND:VCARD\n",
        b"\nAGENT:\n",
        b"\\",
        b"\xFF",
        b"\xEF\xBB\xBF",
        b"\0",
        b"^",
        b".",
    ];
    prop_oneof![
        any::<u8>().prop_map(Change::Set),
        (1_usize..40).prop_map(Change::Remove),
        (1_usize..80).prop_map(Change::Repeat),
        prop::sample::select(pieces).prop_map(Change::Insert),
    ]
}

fn change(file: &mut Vec<u8>, at: usize, change: &Change) {
    let at = at % (file.len() + 1);
    let until = |length: usize| (at + length).min(file.len());
    match change {
        Change::Set(byte) if at < file.len() => file[at] = *byte,
        Change::Set(byte) => file.push(*byte),
        Change::Remove(length) => drop(file.drain(at..until(*length))),
        Change::Repeat(length) => {
            let piece = file[at..until(*length)].to_vec();
            file.splice(at..at, piece);
        }
        Change::Insert(piece) => drop(file.splice(at..at, piece.iter().copied())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        use_all(&bytes);
    }

    #[test]
    fn any_bytes_inside_a_card_are_read_without_panic(version in 0_usize..3, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let version = [CardVersion::V21, CardVersion::V3, CardVersion::V4][version].as_str();
        let frame = format!("BEGIN:VCARD\nVERSION:{version}\nFN:A\nX;ENCODING=QUOTED-PRINTABLE:");
        use_all(&[frame.as_bytes(), &bytes, b"\nEND:VCARD\n"].concat());
    }

    #[test]
    fn letters_that_cards_are_made_of_in_any_order_are_read_without_panic(text in "(BEGIN:VCARD|END:VCARD|AGENT|TEL|N|[:;,=\"\\\\ .\r\n^b]|ENCODING=|b|CHARSET=|VERSION:2.1|é|\t){0,80}") {
        use_all(format!("BEGIN:VCARD\n{text}\nEND:VCARD").as_bytes());
    }

    #[test]
    fn a_changed_export_is_read_without_panic(file in fixtures(), changes in prop::collection::vec((any::<usize>(), changes()), 1..12)) {
        let mut file = file;
        for (at, what) in &changes {
            change(&mut file, *at, what);
        }
        use_all(&file);
    }
}

#[test]
fn no_input_takes_more_than_its_share_of_time() {
    const BYTES: usize = 600 * 1024;
    let fill =
        |head: &str, piece: &str| format!("BEGIN:VCARD\nVERSION:2.1\nFN:A\n{head}{}\nEND:VCARD\n", piece.repeat(BYTES / piece.len()));
    let files = [
        fill("NOTE:", "\n "),
        fill("NOTE;X=\"", "\n \""),
        fill("NOTE;X=", "\","),
        fill("NOTE;X=", "\"a\"b,"),
        fill("NOTE;", ";"),
        fill("NOTE;ENCODING=QUOTED-PRINTABLE:", "=\n"),
        fill("NOTE;ENCODING=QUOTED-PRINTABLE:  ", " \n "),
        fill("PHOTO;ENCODING=BASE64:", "\n "),
        fill("", "AGENT:\n\n"),
        fill("", "AGENT:BEGIN:VCARD\n"),
        fill("", "A:\n"),
        fill("NOTE:", "\\"),
        fill("NOTE:", "^"),
        "BEGIN:VCARD\n".repeat(BYTES / 12),
        "BEGIN:VCARD\nA:\nEND:VCARD\n".repeat(BYTES / 25),
        "x\nBEGIN:VCARD\nA:\nEND:VCARD\n".repeat(BYTES / 27),
        "END:VCARDBEGIN:VCARD".repeat(BYTES / 20),
        "\r".repeat(BYTES),
    ];
    for file in files {
        // Each takes milliseconds; work that grew with the square of the size would take hours, which the limit of the test run ends.
        let parsed = parse_file(file.as_bytes());
        assert!(parsed.cards.len() + parsed.broken.len() > 0, "{:?}", &file[..60]);
    }
}
