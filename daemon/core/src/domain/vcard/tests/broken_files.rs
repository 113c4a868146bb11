//! What is wrong in a file is named with its line, and the other cards arrive.

use super::super::{CARD_BYTES_MAX, CardVersion, ParsedFile, parse_file, render};

fn lines_of(parsed: &ParsedFile) -> Vec<usize> {
    parsed.broken.iter().map(|broken| broken.line).collect()
}

fn names_of(parsed: &ParsedFile) -> Vec<&str> {
    parsed.cards.iter().map(|card| card.record.display_name.as_str()).collect()
}

#[test]
fn a_line_without_colon_breaks_its_card_only() {
    let parsed = parse_file(
        b"BEGIN:VCARD\nVERSION:3.0\nFN:First\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Second\nNOTE:one\ntwo without colon\nEND:VCARD\nBEGIN:VCARD\nFN:Third\nEND:VCARD\n",
    );
    assert_eq!(names_of(&parsed), ["First", "Third"]);
    assert_eq!(lines_of(&parsed), [9]);
    assert!(parsed.broken[0].reason.contains("line 9 has no colon"), "{}", parsed.broken[0].reason);
    assert!(!parsed.broken[0].reason.contains("two"), "a reason quotes no content");
}

#[test]
fn a_line_that_is_no_property_name_before_its_colon_is_named() {
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:3.0\nFN:A\nNOTE:one\nshe said: hello\nEND:VCARD\n");
    assert_eq!((names_of(&parsed).len(), lines_of(&parsed)), (0, vec![5]));
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:3.0\nFN:A\n:nothing\nEND:VCARD\n");
    assert_eq!(lines_of(&parsed), [4]);
}

#[test]
fn a_card_without_end_is_named_by_its_first_line_and_the_next_arrives() {
    let parsed = parse_file(b"BEGIN:VCARD\nFN:Lost\nBEGIN:VCARD\nFN:Found\nEND:VCARD\nBEGIN:VCARD\nFN:Cut off");
    assert_eq!(names_of(&parsed), ["Found"]);
    assert_eq!(lines_of(&parsed), [1, 6]);
    assert!(parsed.broken[0].reason.contains("before line 3"));
    assert!(parsed.broken[1].reason.contains("before the file ends"));
}

#[test]
fn an_unfinished_inner_card_takes_no_other_card_with_it() {
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:2.1\nN:Out\nAGENT:\nBEGIN:VCARD\nN:In\nEND:VCARD\nBEGIN:VCARD\nFN:Next\nEND:VCARD\n");
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["Next"], vec![1]));
}

#[test]
fn lines_between_cards_are_reported_once_a_run_and_empty_ones_never() {
    let parsed =
        parse_file(b"\n\nBEGIN:VCARD\nFN:A\nEND:VCARD\n\n \t\nBEGN:VCARD\nFN:Misspelt\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n\x1A");
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["A", "B"], vec![8]));
    assert!(parsed.broken[0].reason.starts_with("lines 8 to 10 are outside"), "{}", parsed.broken[0].reason);
}

#[test]
fn a_file_without_any_card_says_so() {
    for file in [&b""[..], b"\n\n", b"name,email\nann,ann@mail.example\n", b"\xEF\xBB\xBF", b"\xFF\xFE"] {
        let parsed = parse_file(file);
        assert_eq!((parsed.cards.len(), parsed.broken.len()), (0, 1));
        assert!(parsed.broken[0].reason.contains("holds no address card"));
        assert!(parsed.broken[0].line >= 1);
    }
}

#[test]
fn an_empty_card_is_reported() {
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:4.0\nEND:VCARD\nBEGIN:VCARD\r\nEND:VCARD\nBEGIN:VCARD\nX-ONLY:1\nEND:VCARD\n");
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["Unnamed"], vec![1, 4]));
}

#[test]
fn a_card_that_is_too_long_is_reported_with_both_sizes() {
    let photo = "A".repeat(CARD_BYTES_MAX);
    let file = format!("BEGIN:VCARD\nFN:Big\nPHOTO;ENCODING=b:{photo}\nEND:VCARD\nBEGIN:VCARD\nFN:Small\nEND:VCARD\n");
    let parsed = parse_file(file.as_bytes());
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["Small"], vec![1]));
    assert!(parsed.broken[0].reason.contains("702 KiB") && parsed.broken[0].reason.contains("700 KiB"), "{}", parsed.broken[0].reason);
}

#[test]
fn a_card_that_is_long_only_by_its_encoding_is_read_and_so_is_what_was_written_of_it() {
    let note = "=41".repeat(CARD_BYTES_MAX / 2);
    let parsed = parse_file(format!("BEGIN:VCARD\nVERSION:2.1\nFN:A\nNOTE;ENCODING=QUOTED-PRINTABLE:{note}\nEND:VCARD\n").as_bytes());
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["A"], vec![]));
    let photo = "A".repeat(CARD_BYTES_MAX - 4_096);
    let parsed = parse_file(format!("BEGIN:VCARD\nFN:B\nPHOTO;ENCODING=b:{photo}\nEND:VCARD\n").as_bytes());
    let again = parse_file(render(&parsed.cards[0].record, CardVersion::V4).as_bytes());
    assert_eq!((names_of(&again), lines_of(&again)), (vec!["B"], vec![]));
}

#[test]
fn a_card_longer_than_any_encoding_explains_is_reported_without_being_kept() {
    let file = format!("BEGIN:VCARD\nFN:A\n{}END:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n", "X:1234567890\n".repeat(CARD_BYTES_MAX / 4));
    let parsed = parse_file(file.as_bytes());
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["B"], vec![1]));
    assert!(parsed.broken[0].reason.contains("KiB"));
}

#[test]
fn a_card_that_grows_beyond_the_limit_when_it_is_read_is_reported_too() {
    let note = "a,".repeat(CARD_BYTES_MAX / 2 - 100);
    let parsed = parse_file(format!("BEGIN:VCARD\nFN:Commas\nNOTE:{note}\nEND:VCARD\n").as_bytes());
    assert_eq!((parsed.cards.len(), lines_of(&parsed)), (0, vec![1]));
}

#[test]
fn an_unknown_character_set_is_named_unless_it_does_not_matter() {
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=KLINGON:Plain letters\nEND:VCARD\n");
    assert_eq!(names_of(&parsed), ["Plain letters"]);
    let parsed = parse_file(b"BEGIN:VCARD\nVERSION:2.1\nN:A\nFN;CHARSET=KLINGON:Caf\xE9\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n");
    assert_eq!((names_of(&parsed), lines_of(&parsed)), (vec!["B"], vec![4]));
    assert!(parsed.broken[0].reason.contains("KLINGON"));
}

#[test]
fn something_else_that_begins_inside_a_card_is_named() {
    let parsed = parse_file(b"BEGIN:VCARD\nFN:A\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCARD\n");
    assert_eq!((parsed.cards.len(), lines_of(&parsed)), (0, vec![3]));
}
