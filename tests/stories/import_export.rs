//! Address cards: real programs' files come in without loss, a broken card is named, and what was shared comes out as it went in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interoffice_tests::{Office, accept, card, enable, exit, import, linked, many_cards, paired, says, share};
use serde_json::Value;

/// Files as eight address books write them, vCard 2.1, 3.0 and 4.0, kept beside the parser.
fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/core/src/domain/vcard/fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the samples").flatten().map(|entry| entry.path()).collect();
    files.sort();
    assert!(files.len() >= 5, "samples of several programs");
    files
}

/// The exported records by their ids, without what differs by office.
fn by_id(jsonl: &str) -> BTreeMap<String, Value> {
    let parse = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        let content = ["name", "kind", "fields", "related", "members", "version"].map(|part| record[part].clone());
        (record["id"].as_str().expect("an id").to_owned(), Value::from(content.to_vec()))
    };
    jsonl.lines().map(parse).collect()
}

/// S-40: what eight programs exported comes back byte for byte, and reaches the other office property by property.
#[test]
fn s_40_real_address_cards_are_shared_without_loss() {
    let (a, b) = paired();
    enable(&a, "ann");
    enable(&b, "bob");
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let mut records = Vec::new();
    for file in samples() {
        let bytes = std::fs::read(&file).expect("a sample");
        let report = ann.json(&["record", "import", file.to_str().expect("a plain path")]);
        assert_eq!(report[0]["broken"].as_array().map(Vec::len), Some(0), "{}: {report}", file.display());
        let ids: Vec<_> = report[0]["records"].as_array().expect("ids").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        assert!(!ids.is_empty());
        let line_count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
        let back: usize = ids.iter().map(|id| line_count(&ann.cli(&["record", "export", id]).ok().out)).sum();
        assert_eq!(back, line_count(&String::from_utf8_lossy(&bytes)), "every line of {} comes back", file.display());
        records.extend(ids);
    }

    let known = ann.json(&["link", "request", "Office B/bob"]);
    ann.cli(&["link", "withdraw", known["link"].as_str().expect("an id")]).ok();
    let fields: Vec<&str> = known["fields"].as_array().expect("fields").iter().filter_map(Value::as_str).chain(["other"]).collect();
    let asked = ann.json(&["link", "request", "Office B/bob", "--fields", &fields.join(",")]);
    let link = asked["link"].as_str().expect("an id").to_owned();
    accept(bob, &link);
    ann.cli(&["link", "wait", &link]).ok();
    share(ann, &link, &records);
    let sent = by_id(&ann.cli(&["record", "export", "--format", "json"]).ok().out);
    let got = by_id(&bob.cli(&["record", "export", "--link", &link, "--format", "json"]).ok().out);
    assert_eq!(sent.len(), records.len());
    assert_eq!(got, sent, "what arrived is what was shared, property by property");
    for version in ["vcard3", "vcard4"] {
        let cards = bob.cli(&["record", "export", "--link", &link, "--format", version]).ok().out;
        assert_eq!(cards.lines().filter(|line| *line == "BEGIN:VCARD").count(), records.len());
    }
}

/// S-40: a broken card is named with its line, the others come in, and the exit code says "partly".
#[test]
fn s_40_a_broken_card_is_named_and_the_others_come_in() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "ann"]).ok();
    let ann = office.user("ann");
    let text = "BEGIN:VCARD\nVERSION:3.0\nFN:First\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:Second\nNOTE:one\ntwo without colon\nEND:VCARD\nBEGIN:VCARD\nFN:Third\nEND:VCARD\n";
    let file = office.file("broken.vcf", text);
    let said = ann.cli(&["record", "import", file.to_str().expect("a plain path")]);
    says(&said.err, "line 9");
    said.ended(exit::PARTLY);
    let names: Vec<_> = ann.records().iter().map(|record| record["name"].clone()).collect();
    assert_eq!(names, ["First", "Third"]);

    let none = office.file("none.vcf", "name,email\nann,ann@example.com\n");
    ann.cli(&["record", "import", none.to_str().expect("a plain path")]).ended(exit::PARTLY);
    ann.cli(&["record", "import", "does-not-exist.vcf"]).ended(exit::USAGE);
    office.cli(&["record", "import", file.to_str().expect("a plain path")]).ended(exit::USAGE);
    let again =
        ann.cli_with(&["record", "import", "-", "--output", "json"], &office.file("third.vcf", "BEGIN:VCARD\nFN:Third\nEND:VCARD\n"));
    assert_eq!(again.json()[0]["unchanged"], 1, "the same card again is no second record");
}

/// S-40: an edited record is exported as edited, a copy at the other office as it was received.
#[test]
fn s_40_an_export_says_what_the_record_says_now() {
    let (a, b, link) = linked();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let records = import(ann, &interoffice_tests::card("Carl Client"));
    share(ann, &link, &records);
    let export = |args: &[&str]| bob.cli(&[&["record", "export"][..], args].concat()).ok().out;
    says(&export(&["--link", "Office A/ann"]), "FN:Carl Client");
    ann.cli(&["record", "edit", &records[0], "--set", "FN=Karl Client"]).ok();
    ann.cli(&["link", "wait", &link, "--until", "synced"]).ok();
    says(&export(&[&records[0]]), "FN:Karl Client");
    says(&ann.cli(&["record", "export", &records[0]]).ok().out, "FN:Karl Client");
    assert!(export(&["--text", "nobody-has-this-name"]).is_empty());
    bob.cli(&["record", "export", "--format", "xml"]).ended(exit::USAGE);
}

/// What the console takes is a form with one file: another form, and a file beyond the bound, are told so on a page, and nothing comes in.
#[test]
fn a_form_without_a_file_and_a_file_beyond_the_bound_bring_nothing() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "ann"]).ok();
    let mut ann = office.signed_in("ann");
    let mut take = |kind: &str, body: &[u8], status: u16, words: &str| {
        let headers = [("content-type", kind), ("sec-fetch-site", "same-origin")];
        let reply = ann.send("POST", "/clients/import", &headers, body);
        let page = String::from_utf8(reply.bytes).expect("a page");
        assert_eq!(reply.status, status, "{page}");
        says(&page, words);
    };
    take("application/x-www-form-urlencoded", b"file=BEGIN%3AVCARD", 400, "This form could not be read.");
    let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.vcf\"\r\n\r\n";
    take("multipart/form-data; boundary=x", part.as_bytes(), 400, "This form could not be read.");
    let mut whole = part.as_bytes().to_vec();
    whole.extend(card("Carl Client").bytes());
    whole.resize(50 * 1024 * 1024 + part.len() + 1, b' ');
    whole.extend(b"\r\n--x--\r\n");
    take("multipart/form-data; boundary=x", &whole, 422, "The file is larger than 50 MB.");
    assert_eq!(office.user("ann").json(&["record", "list"]), serde_json::json!([]));
    office.cli(&["role", "add", "Reader", "--allow", "export"]).ok();
    office.cli(&["user", "role", "ann", "Reader", "--yes"]).ok();
    take("multipart/form-data; boundary=x", part.as_bytes(), 403, "Your role does not allow to make or edit records.");
    office.cli(&["user", "role", "ann", "Practitioner", "--yes"]).ok();
    let book = format!("{part}{}{}\r\n--x--\r\n", card("Carl Client"), many_cards(2_500));
    assert!(book.len() > 300 * 1024, "longer than any other form: {} bytes", book.len());
    take("multipart/form-data; boundary=x", book.as_bytes(), 200, "Imported: 2,501 new clients");
    assert_eq!(office.user("ann").json(&["record", "list", "--limit", "0"]).as_array().map(Vec::len), Some(2_501));
}
