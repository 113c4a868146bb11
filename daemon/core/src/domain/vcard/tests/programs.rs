//! Exports as the programs people use write them, each with its own habits; every property must arrive.

use super::super::{CardVersion, ParsedFile, compare, parse_file, render};
use super::{WRITTEN, told_all};

const ANDROID: &[u8] = include_bytes!("../fixtures/android.vcf");
const GOOGLE: &[u8] = include_bytes!("../fixtures/google.vcf");
const MACOS: &[u8] = include_bytes!("../fixtures/macos.vcf");
const OUTLOOK: &[u8] = include_bytes!("../fixtures/outlook.vcf");
const NEXTCLOUD: &[u8] = include_bytes!("../fixtures/nextcloud.vcf");
const THUNDERBIRD: &[u8] = include_bytes!("../fixtures/thunderbird.vcf");
const EVOLUTION: &[u8] = include_bytes!("../fixtures/evolution.vcf");
const OLD_PHONE: &[u8] = include_bytes!("../fixtures/oldphone.vcf");

pub(super) const ALL: [&[u8]; 8] = [ANDROID, GOOGLE, MACOS, OUTLOOK, NEXTCLOUD, THUNDERBIRD, EVOLUTION, OLD_PHONE];

/// Names a folder with more exports, as real programs wrote them; such files are too personal to be kept here.
const MORE_EXPORTS: &str = "INTEROFFICE_TEST_CARDS";

fn parsed(file: &[u8]) -> ParsedFile {
    let parsed = parse_file(file);
    assert_eq!(parsed.broken, []);
    parsed
}

fn assert_cards(file: &[u8], version: CardVersion, cards: &[&[&str]]) {
    let parsed = parsed(file);
    assert_eq!(parsed.cards.len(), cards.len());
    for (card, expected) in parsed.cards.iter().zip(cards) {
        assert_eq!(card.version, version);
        assert_eq!(told_all(&card.record), *expected);
    }
}

#[test]
fn android_writes_quoted_printable_with_soft_breaks_and_bare_types() {
    assert_cards(
        ANDROID,
        CardVersion::V21,
        &[
            &[
                "N|Østergård;Bjørn;;;",
                "FN|Bjørn Østergård",
                "TEL|TYPE=CELL,PREF|+1-202-555-0101",
                "TEL|TYPE=WORK,FAX|+1-202-555-0102",
                "TEL|TYPE=X-Mobile Two|+1-202-555-0103",
                "EMAIL|TYPE=HOME|bjorn@mail.example",
                r#"ADR|TYPE=HOME|;;Højgade 7\, 2. sal;Århus;;8000;Danmark"#,
                r#"NOTE|Første linje\nAnden linje\, med komma; og semikolon og et blankt tegn\nC:\\temp slut"#,
                "X-ANDROID-CUSTOM|vnd.android.cursor.item/nickname;Bjøssen;1;;;;;;;;;;;;;",
                "PHOTO|TYPE=JPEG|data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQECAQEBAQECAQEBAgICAgICAgICAwMEAwMDAwMCAgMEAwMEBAQEBAIDBQUEBAUEBAQE",
            ],
            &["TEL|TYPE=CELL|+1-202-555-0104"],
        ],
    );
}

#[test]
fn google_escapes_what_needs_no_escape_and_ties_labels_by_groups() {
    assert_cards(
        GOOGLE,
        CardVersion::V3,
        &[
            &[
                r#"FN|Dr. Amara Okafor\, PhD"#,
                r#"N|Okafor;Amara;Ngozi\, Ada;Dr.;PhD"#,
                "X-PHONETIC-FIRST-NAME|Ah-mah-rah",
                "EMAIL|TYPE=INTERNET|TYPE=HOME|amara@mail.example",
                "item1.EMAIL|TYPE=INTERNET|amara@lab.example",
                "item1.X-ABLABEL|Laboratory",
                "TEL|TYPE=CELL|+1 202-555-0110",
                r#"ADR|TYPE=HOME|;;12 Mill Lane\nRear house;Springfield;IL;62701;USA;12 Mill Lane\nRear house\nSpringfield\, IL 62701\nUSA"#,
                r#"ORG|Lark Hill\, Inc.;Research"#,
                r#"TITLE|Head of "Research""#,
                "BDAY|--0229",
                "URL|TYPE=PROFILE|http://www.lark-hill.example/amara,okafor?a=1;b=2",
                "item2.X-ABDATE|2001-07-14",
                "item2.X-ABLABEL|_$!<Anniversary>!$_",
                "item3.X-ABRELATEDNAMES|Jenny",
                "item3.X-ABLABEL|_$!<Spouse>!$_",
                r#"NOTE|Line one\nLine two\, with a comma\; and a share \\\\server\\docs"#,
                r#"CATEGORIES|myContacts,Clients\, old,VIP"#,
                "PHOTO|https://photos.example/amara.jpg",
            ],
            &["FN|Copper Beech Clinic", "N|;;;;", "ORG|Copper Beech Clinic", "TEL|TYPE=WORK|+1 202-555-0111"],
        ],
    );
}

#[test]
fn macos_marks_companies_and_groups_in_its_own_way() {
    assert_cards(
        MACOS,
        CardVersion::V3,
        &[
            &[
                "PRODID|-//Apple Inc.//macOS 13.0//EN",
                "N|;;;;",
                "FN|Three Rivers Joinery",
                "ORG|Three Rivers Joinery;",
                "item1.EMAIL|TYPE=INTERNET|TYPE=pref|office@three-rivers.example",
                "item1.X-ABLABEL|_$!<Other>!$_",
                "item2.ADR|TYPE=WORK|TYPE=pref|;;Storgatan 5;Malmö;;211 22;Sverige",
                "item2.X-ABADR|se",
                r#"X-SOCIALPROFILE|TYPE=flickr|X-USER=joinery|http\://www.flickr.example/joinery"#,
                "IMPP|X-SERVICE-TYPE=Jabber|TYPE=WORK|TYPE=pref|xmpp:office@three-rivers.example",
                "X-ABSHOWAS|COMPANY",
                "UID|6F0C2B62-8D3C-4B66-8B55-0C37B7B1D8E4:ABPerson",
                r#"X-ABUID|6F0C2B62-8D3C-4B66-8B55-0C37B7B1D8E4\:ABPerson"#,
                "PHOTO|TYPE=PNG|data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            ],
            &[
                "PRODID|-//Apple Inc.//macOS 13.0//EN",
                "N|Household Novák",
                "FN|Household Novák",
                "X-ADDRESSBOOKSERVER-KIND|group",
                "X-ADDRESSBOOKSERVER-MEMBER|urn:uuid:AF5B1C3E-0F4D-4B6B-9E0C-52B1E7C7A001",
                "X-ADDRESSBOOKSERVER-MEMBER|urn:uuid:af5b1c3e-0f4d-4b6b-9e0c-52b1e7c7a002",
                "UID|AF5B1C3E-0F4D-4B6B-9E0C-52B1E7C7A0FF",
            ],
        ],
    );
}

#[test]
fn outlook_writes_windows_1252_and_base64_that_ends_at_an_empty_line() {
    assert_cards(
        OUTLOOK,
        CardVersion::V21,
        &[&[
            "N|LANGUAGE=de|Groß;Jürgen",
            "FN|Jürgen Groß",
            r#"ORG|Café Lumière\, München;Küche"#,
            r#"NOTE|First line	\nsecond line\n\n"#,
            "TEL|TYPE=WORK,VOICE|(202) 555-0120",
            "X-MS-OL-DEFAULT-POSTAL-ADDRESS|2",
            r#"ADR|TYPE=WORK,PREF|;Room 5;Hauptstrasse 1\, Hof;Berlin;;10115;Germany"#,
            r#"LABEL|TYPE=WORK,PREF|Hauptstrasse 1\, Hof\n10115 Berlin"#,
            "X-MS-TEL|TYPE=VOICE,CALLBACK|(202) 555-0121",
            "BDAY|19220310",
            "KEY|TYPE=X509|data:application/pkix-cert;base64,MIIB/jCCAWugAwIBAgIQDdkWkvA2cqtGkw2P4zAoZDAJBgUrDgMCHQUAMBMxETAPBgNVBAMTCG1hbmdzdGFk",
            "EMAIL|TYPE=PREF,INTERNET|juergen@cafe.example",
            "PHOTO|TYPE=JPEG|data:image/jpeg;base64,/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/",
            r#"X-MS-OL-DESIGN|<card xmlns="urn:x" ver="1.0"><fld prop="a;b,c"/></card>"#,
            "REV|20120801T184631Z",
        ]],
    );
}

#[test]
fn nextcloud_writes_carets_quotes_and_old_base64_in_4_0() {
    assert_cards(
        NEXTCLOUD,
        CardVersion::V4,
        &[&[
            "PRODID|-//Sabre//Sabre VObject 4.4.1//EN",
            "UID|0b7a2b3c-3f0f-4a0e-9a52-6f1d8f7b9c10",
            "FN|Thảo Trần",
            r#"ADR|TYPE=home|LABEL=12 Kauri Crescent\nWellington 6011, NZ|;;12 Kauri Crescent;Wellington;;6011;New Zealand"#,
            "ADR|TYPE=home,pref|;;;;;;",
            "EMAIL|TYPE=HOME|PREF=1|thao@mail.example",
            "TEL|VALUE=uri|TYPE=voice,home|tel:+1-202-555-0130;ext=5",
            "RELATED|TYPE=spouse|VALUE=text|Tuấn",
            "RELATED|TYPE=contact|urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "NOTE|LANGUAGE=en|X-QUOTE=say \"hi\"\nbye ^5|Caf\\\\u00e9 at 5\\, maybe",
            "X-SOCIALPROFILE|TYPE=MASTODON|https://social.example/@thao",
            "PHOTO|TYPE=image/png|data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            "X-NC-SCOPE|X-NC-SCOPE=v2-federated|yes",
            "CATEGORIES|Family,Wellington",
            "GEO|geo:-41.28,174.77",
            "REV|VALUE=DATE-AND-OR-TIME|20240101T000000Z",
        ]],
    );
}

#[test]
fn thunderbird_names_the_type_of_every_value() {
    assert_cards(
        THUNDERBIRD,
        CardVersion::V4,
        &[
            &[
                "EMAIL|PREF=1|eilidh@mail.example",
                "EMAIL|TYPE=work|eilidh@kestrel.example",
                "FN|Eilidh MacLeod",
                "NICKNAME|Lee,Eil",
                "N|MacLeod;Eilidh;;;",
                "BDAY|VALUE=DATE|19790214",
                "ANNIVERSARY|VALUE=DATE|20080809",
                "TZ|VALUE=TEXT|Europe/London",
                "IMPP|matrix:u/eilidh:chat.example",
                "URL|TYPE=work|VALUE=URL|https://www.kestrel.example",
                "X-CUSTOM1|VALUE=TEXT|Custom",
                "UID|3c3a1f5e-4c62-4a0b-8cb2-0a3e4a3a7f01",
            ],
            &[
                "KIND|group",
                "FN|Household MacLeod",
                "MEMBER|urn:uuid:3C3A1F5E-4C62-4A0B-8CB2-0A3E4A3A7F01",
                "MEMBER|mailto:rhys@mail.example",
            ],
        ],
    );
}

#[test]
fn evolution_and_kde_write_parameters_and_names_of_their_own() {
    assert_cards(
        EVOLUTION,
        CardVersion::V3,
        &[&[
            "UID|pas-id-61F2A1B400000001",
            "FN|Ravi Iyer",
            "N|Iyer;Ravi;;;",
            r#"X-EVOLUTION-FILE-AS|Iyer\, Ravi"#,
            "X-EVOLUTION-SPOUSE|Priya",
            "X-MOZILLA-HTML|FALSE",
            "EMAIL|X-EVOLUTION-UI-SLOT=1|TYPE=WORK|ravi@polaris.example",
            "TEL|TYPE=HOME,VOICE|X-EVOLUTION-UI-SLOT=2|+1 202 555 0140",
            r#"LABEL|TYPE=HOME|7 Harbour Street\nGalway"#,
            "CALURI|http://cal.example/ravi.ics",
            "FBURL|http://cal.example/ravi.ifb",
            "X-KADDRESSBOOK-X-SPOUSENAME|Priya",
            "X-MESSAGING/AIM-ALL|ravi",
            "SORT-STRING|iyer",
            "KEY|TYPE=PGP|data:application/pgp-keys;base64,mQENBFpXABCD",
            "LOGO|TYPE=GIF|X-EVOLUTION-MAX=1|data:image/gif;base64,R0lGODlhAQABAAAAACw=",
            "CLASS|PUBLIC",
        ]],
    );
}

#[test]
fn an_old_phone_ends_lines_with_cr_and_puts_a_card_into_a_card() {
    assert_cards(
        OLD_PHONE,
        CardVersion::V21,
        &[&[
            "N|Mensah;Kwame",
            "TEL|TYPE=home|+1-202-555-0150",
            "SOUND|TYPE=x-irmc-n|kwame;mensah;;;",
            r#"AGENT|BEGIN:VCARD\nVERSION:2.1\nN:Friday\;Fred\nTEL\;WORK:+1-202-555-0151\nNOTE:has a comma\, here\nEND:VCARD\n"#,
            "home.fax.TEL|TYPE=fax|+1-202-555-0152",
            "X-EMPTY|",
            "GEO|37.24,-17.87",
            r#"LABEL|TYPE=dom|Station Approach 3\nAccra"#,
            r#"NOTE|C:\\docs and \; and \, done"#,
        ]],
    );
}

#[test]
fn every_export_comes_back_whole_from_both_written_versions() {
    for file in ALL {
        assert_comes_back(file, "fixture");
    }
}

#[test]
fn more_exports_come_back_whole_when_a_folder_of_them_is_named() {
    let Some(folder) = std::env::var_os(MORE_EXPORTS) else {
        eprintln!("SKIPPED: no folder with more card exports; name one in {MORE_EXPORTS}");
        return;
    };
    let files = std::fs::read_dir(folder).expect("the named folder can be read");
    let paths = files.map(|file| file.expect("the named folder can be read").path());
    let mut count = 0;
    for path in paths.filter(|path| path.extension().is_some_and(|ending| ending == "vcf")) {
        assert_comes_back(&std::fs::read(&path).expect("the export can be read"), &path.display().to_string());
        count += 1;
    }
    assert!(count > 0, "the folder named in {MORE_EXPORTS} holds a .vcf file");
}

fn assert_comes_back(file: &[u8], what: &str) {
    for card in parsed(file).cards {
        for version in WRITTEN {
            let again = parsed(render(&card.record, version).as_bytes());
            assert_eq!(again.cards.len(), 1, "{what}");
            assert_eq!(again.cards[0].version, version, "{what}");
            assert_eq!(compare(&card.record, &again.cards[0].record), [], "{what}, line {}, as {}", card.line, version.as_str());
            assert_eq!(again.cards[0].record, card.record, "{what}, line {}, as {}: even the order stays", card.line, version.as_str());
        }
    }
}
