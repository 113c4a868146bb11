//! How values, parameters and lines of old and new cards are spelled, one habit a test.

use super::super::{CardVersion, components, escape, parse_file, unescape};
use super::{card, card_of, told_all};

fn only(lines: &str) -> String {
    let told = told_all(&card_of(lines).record);
    assert_eq!(told.len(), 1, "{told:?}");
    told.concat()
}

fn only_in_2_1(lines: &str) -> String {
    told_all(&card(&format!("BEGIN:VCARD\r\nVERSION:2.1\r\n{lines}\r\nEND:VCARD\r\n")).record).concat()
}

#[test]
fn every_line_end_and_byte_order_mark_gives_the_same_card() {
    let lines = ["BEGIN:VCARD", "VERSION:3.0", "FN:Zoë", "NOTE:one", "  two", "END:VCARD", ""];
    let expected = ["FN|Zoë", "NOTE|one two"];
    for line_end in ["\r\n", "\n", "\r", "\r\r\n"] {
        let text = lines.join(line_end);
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let files = [
            text.clone().into_bytes(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            [vec![0xFF, 0xFE], utf16(u16::to_le_bytes)].concat(),
            [vec![0xFE, 0xFF], utf16(u16::to_be_bytes)].concat(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ];
        for file in files {
            let parsed = parse_file(&file);
            assert_eq!(parsed.broken, [], "{line_end:?}");
            assert_eq!(told_all(&parsed.cards[0].record), expected, "{line_end:?}");
            assert_eq!(parsed.cards[0].verbatim, text.as_bytes(), "{line_end:?}");
        }
    }
}

#[test]
fn verbatim_bytes_and_lines_are_those_of_the_file() {
    let file = b"\xEF\xBB\xBFBEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n\r\nBEGIN:VCARD\nFN:Caf\xE9\nEND:VCARDBEGIN:VCARD\nFN:C\nEND:VCARD";
    let parsed = parse_file(file);
    assert_eq!(parsed.broken, []);
    let seen: Vec<(usize, &[u8])> = parsed.cards.iter().map(|card| (card.line, card.verbatim.as_slice())).collect();
    let expected: [(usize, &[u8]); 3] =
        [(1, b"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n"), (5, b"BEGIN:VCARD\nFN:Caf\xE9\nEND:VCARD"), (7, b"BEGIN:VCARD\nFN:C\nEND:VCARD")];
    assert_eq!(seen, expected);
    assert_eq!(parsed.cards[1].record.display_name, "Café");
}

#[test]
fn lines_fold_anywhere_even_inside_a_letter_or_a_parameter() {
    let parsed = parse_file(b"BEGIN:VCARD\nFN:Zo\xC3\n \xAB\nTEL;TYPE=\n\twork:1\n 2\nEND:VCARD\n");
    assert_eq!(told_all(&parsed.cards[0].record), ["FN|Zoë", "TEL|TYPE=work|12"]);
}

#[test]
fn an_empty_line_between_properties_does_no_harm() {
    assert_eq!(told_all(&card_of("FN:A\r\n\r\nNOTE:b\r\n   ").record), ["FN|A", "NOTE|b  "]);
}

#[test]
fn parameters_keep_order_letter_case_repetition_and_quotes() {
    assert_eq!(only("TEL;type=CELL;type=pref;X-a=\"b;c:d,e\",f:1"), "TEL|TYPE=CELL|TYPE=pref|X-A=b;c:d,e,f|1");
    assert_eq!(only("TEL;TYPE=\"work,voice\",home:1"), "TEL|TYPE=work,voice,home|1");
    assert_eq!(only("NOTE;X-A=^n^^^'^x:1"), "NOTE|X-A=\n^\"^x|1");
    assert_eq!(only("TEL;TYPE=\"work:1"), "TEL|TYPE=\"work|1", "a quotation mark that is never closed");
    assert_eq!(only("TEL;TYPE=;;X=:1"), "TEL|TYPE=|X=|1");
    assert_eq!(only("TEL ; TYPE = work :1"), "TEL|TYPE=work|1");
}

#[test]
fn a_caret_in_2_1_is_a_caret() {
    assert_eq!(only_in_2_1("NOTE;X-A=^n:1"), "NOTE|X-A=^n|1");
}

#[test]
fn bare_parameters_are_types_unless_they_name_an_encoding() {
    assert_eq!(only_in_2_1("TEL;WORK;FAX;PREF:1"), "TEL|TYPE=WORK,FAX,PREF|1");
    assert_eq!(only_in_2_1("NOTE;QUOTED-PRINTABLE;HOME:a=3Db"), "NOTE|TYPE=HOME|a=b");
    assert_eq!(only_in_2_1("NOTE;ENCODING=8BIT;UTF-8:a=3Db"), "NOTE|a=3Db");
    assert_eq!(only_in_2_1("PHOTO;URL:http://pictures.example/a.gif"), "PHOTO|VALUE=URL|http://pictures.example/a.gif");
}

#[test]
fn quoted_printable_keeps_what_a_soft_break_leaves() {
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE:a= \r\n b=\r\n=0D=0Ac=20\r\n"), "NOTE|a b\\nc ");
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE:50=%=zz=4"), "NOTE|50=%=zz=4");
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE:cut off="), "NOTE|cut off");
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:caf=E9"), "NOTE|café");
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=SHIFT_JIS:=8E=52=93=63"), "NOTE|山田");
    assert_eq!(only_in_2_1("NOTE;ENCODING=QUOTED-PRINTABLE:=C3=A9=80"), "NOTE|é€", "one bad byte does not spoil the rest");
}

#[test]
fn base64_of_a_medium_becomes_a_data_uri_and_of_anything_else_stays() {
    assert_eq!(only_in_2_1("PHOTO;GIF;BASE64:\r\n R0lG\r\n ODlh\r\n"), "PHOTO|TYPE=GIF|data:image/gif;base64,R0lGODlh");
    assert_eq!(only("PHOTO;ENCODING=b:iVBORw0K"), "PHOTO|data:image/png;base64,iVBORw0K", "known by its first bytes");
    assert_eq!(only("SOUND;VALUE=binary;ENCODING=b;TYPE=X:AAAA"), "SOUND|TYPE=X|data:application/octet-stream;base64,AAAA");
    assert_eq!(only("X-THING;encoding=BASE64:AA\r\n  AA"), "X-THING|ENCODING=b|AAAA");
    assert_eq!(only("PHOTO;ENCODING=b;VALUE=uri:http://pictures.example/a"), "PHOTO|ENCODING=b|VALUE=uri|http://pictures.example/a");
    assert_eq!(only("PHOTO;ENCODING=b;TYPE=JPEG:"), "PHOTO|ENCODING=b|TYPE=JPEG|");
}

#[test]
fn base64_that_is_not_indented_ends_before_the_next_property() {
    let line = "A".repeat(60);
    let told = told_all(&card_of(&format!("PHOTO;ENCODING=b;TYPE=PNG:\r\n{line}\r\nAAAA\r\nFN:After")).record);
    assert_eq!(told, [format!("PHOTO|TYPE=PNG|data:image/png;base64,{line}AAAA"), "FN|After".to_owned()]);
}

#[test]
fn escapes_become_those_of_4_0() {
    assert_eq!(only("NOTE:a\\nb\\Nc\\,d,e\\;f;g\\\\h\\:i\\\"j\\k\\"), "NOTE|a\\nb\\nc\\,d\\,e\\;f;g\\\\h:i\"j\\\\k\\\\");
    assert_eq!(only("URL:http\\://a.example/x\\,y\\;z"), "URL|http://a.example/x,y;z");
    assert_eq!(only("X-JSON:{\"a\":\"b\\\"c\\d\"}"), "X-JSON|{\"a\":\"b\\\"c\\d\"}", "what we do not know stays as it is");
    assert_eq!(only("N:A,B;C\\,D;;;"), "N|A,B;C\\,D;;;");
    assert_eq!(only_in_2_1("N:A,B;C\\;D"), "N|A\\,B;C\\;D", "2.1 has no lists");
    assert_eq!(only("CATEGORIES:a,b\\,c"), "CATEGORIES|a,b\\,c");
}

#[test]
fn groups_may_be_nested_and_names_may_be_strange() {
    assert_eq!(only("A.b.x-Foo/Bar_1:v"), "A.b.X-FOO/BAR_1|v");
}

#[test]
fn a_card_as_value_is_kept_as_text_in_both_spellings() {
    let inline = only_in_2_1("AGENT:BEGIN:VCARD\r\nN:B;A\r\n AGENT is folded\r\nAGENT:\r\nBEGIN:VCARD\r\nN:C\r\nEND:VCARD\r\nEND:VCARD");
    assert_eq!(inline, "AGENT|BEGIN:VCARD\\nN:B\\;A\\n AGENT is folded\\nAGENT:\\nBEGIN:VCARD\\nN:C\\nEND:VCARD\\nEND:VCARD\\n");
    assert_eq!(only("AGENT:BEGIN:VCARD\\nFN:Fred\\nEND:VCARD\\n"), "AGENT|BEGIN:VCARD\\nFN:Fred\\nEND:VCARD\\n");
    assert_eq!(only("AGENT;VALUE=uri:CID:fred@mail.example"), "AGENT|VALUE=uri|CID:fred@mail.example");
}

#[test]
fn the_version_may_be_missing_late_or_new() {
    let version = |lines: &str| card(&format!("BEGIN:VCARD\n{lines}\nEND:VCARD")).version;
    assert_eq!(version("FN:A"), CardVersion::V3);
    assert_eq!(version("FN:A\nversion: 2.1"), CardVersion::V21);
    assert_eq!(version("VERSION:4.0\nFN:A"), CardVersion::V4);
    assert_eq!(version("VERSION:5.0\nFN:A"), CardVersion::V4);
    assert_eq!(version("AGENT:\nBEGIN:VCARD\nVERSION:2.1\nEND:VCARD\nFN:A"), CardVersion::V3, "the inner card's version is not ours");
}

#[test]
fn texts_are_escaped_and_taken_apart_again() {
    let text = "a,b;c\\d\ne";
    assert_eq!(escape(text), "a\\,b\\;c\\\\d\\ne");
    assert_eq!(unescape(&escape(text)), text);
    assert_eq!(escape("a\r\nb\rc"), "a\\nb\\nc");
    assert_eq!(components("a;b\\;c;\\\\;d,e\\n"), ["a", "b;c", "\\", "d,e\n"]);
    assert_eq!(components(""), [""]);
}
