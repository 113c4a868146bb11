//! A unique word in every field of 500 shared records, and every byte of the other office's folder after each receipt.

use std::collections::BTreeSet;

use interoffice_tests::{CUT_OFF, Canary, Dice, Office, accept, copies, eventually, import, link_of, scan, share, specialists};

const RECORDS: usize = 500;
/// Names of properties with one plain value, each of which gets a word of its own.
const PLAIN: [&str; 17] = [
    "NICKNAME",
    "ORG",
    "TITLE",
    "ROLE",
    "NOTE",
    "CATEGORIES",
    "EMAIL",
    "TEL",
    "IMPP",
    "URL",
    "HOBBY",
    "INTEREST",
    "EXPERTISE",
    "RELATED",
    "X-SECRET",
    "X-CUSTOM-FIELD",
    "SORT-STRING",
];

/// The card of one record with its word everywhere; every tenth is a business.
fn card(number: usize) -> String {
    let word = |field: &str| Canary(number).word(field);
    let kind = if number.is_multiple_of(10) { "KIND:org\r\n" } else { "" };
    let letters = |index: usize| char::from(b'a' + u8::try_from(index).unwrap_or(0)).to_string();
    let plain: String = PLAIN.iter().enumerate().map(|(index, name)| format!("{name}:{}\r\n", word(&letters(index)))).collect();
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{}\r\n{kind}FN:{} Client\r\nN:{};{};;;\r\nADR;LABEL=\"{}\":;;{};{};;;\r\n{plain}\
         item1.TEL;X-PARAM={}:{}\r\nitem1.X-ABLabel:{}\r\nPHOTO:data:image/png;base64,{}\r\nEND:VCARD\r\n",
        word("uid"),
        word("fn"),
        word("last"),
        word("first"),
        word("label"),
        word("street"),
        word("city"),
        word("param"),
        word("group"),
        word("tag"),
        word("photo"),
    )
}

/// The records of which a whole word stands somewhere in an office's folder.
fn found(office: &Office) -> BTreeSet<usize> {
    scan(office.root()).into_keys().filter(|record| *record != CUT_OFF).collect()
}

/// N-10, S-28, K-07: after each receipt that says Erased, no byte of what it names is left at the other office.
#[test]
fn nothing_is_left_of_what_a_receipt_says_is_erased() {
    let (a, b) = specialists();
    let (ann, bob) = (a.user("ann"), b.user("bob"));
    let known = ann.json(&["link", "request", "Office B/nobody"]);
    let fields: Vec<&str> =
        known["fields"].as_array().expect("fields").iter().filter_map(|field| field.as_str()).chain(["other"]).collect();
    let asked = ann.json(&["link", "request", "Office B/bob", "--fields", &fields.join(",")]);
    let link = asked["link"].as_str().expect("an id").to_owned();
    accept(bob, &link);
    ann.cli(&["link", "wait", &link]).ok();

    let records = import(ann, &(1..=RECORDS).map(card).collect::<String>());
    assert_eq!(records.len(), RECORDS);
    for (number, record) in records.iter().enumerate().step_by(50) {
        let item = |kind: &str| format!("{kind}={}/{}", Canary(number + 1).word(kind), Canary(number + 1).word("status"));
        let items = ["case", "policy", "investment", "opportunity"].map(item);
        let add = items.iter().flat_map(|item| ["--add-related", item.as_str()]);
        ann.cli(&["record", "edit", record].into_iter().chain(add).collect::<Vec<_>>()).ok();
    }
    share(ann, &link, &records);
    // Lists, searches, pages and exports at the other office leave nothing behind either; old versions are gone with the new ones.
    bob.cli(&["record", "list", &Canary(7).word("fn")]).ok();
    bob.cli(&["record", "export", "--link", &link]).ok();
    for (number, record) in records.iter().enumerate().step_by(25) {
        bob.cli(&["record", "show", record]).ok();
        let noted = ["--subject", &Canary(number + 1).word("subject"), "--text", &Canary(number + 1).word("text")];
        bob.cli(&[&["record", "activity", "add", record][..], &noted].concat()).ok();
        ann.cli(&["record", "edit", record, "--add", "NOTE=changed"]).ok();
    }
    ann.cli(&["link", "wait", &link, "--until", "synced"]).ok();
    assert_eq!(found(&b).len(), RECORDS, "the search finds every record while it is shared");

    let mut order: Vec<usize> = (0..RECORDS).collect();
    Dice::new(500).shuffle(&mut order);
    let (gone, kept) = order.split_at(RECORDS / 2);
    let mut unshare = vec!["record", "unshare", "--link", &link, "--yes"];
    unshare.extend(gone.iter().map(|index| records[*index].as_str()));
    ann.cli(&unshare).ok();
    let part = eventually("the receipt for the first half", || {
        let parts = link_of(ann, &link)["parts"].clone();
        parts.as_array()?.iter().find(|part| part["state"] == "Erased").cloned()
    });
    assert_eq!(part["count"], gone.len());
    let expected: BTreeSet<usize> = kept.iter().map(|index| index + 1).collect();
    assert_eq!(found(&b), expected, "not a byte of what was unshared, every record of what was not");
    assert_eq!(copies(bob, &link).len(), kept.len());

    ann.cli(&["link", "delete", &link, "--yes"]).ok();
    ann.cli(&["link", "wait", &link, "--until", "erased", "--timeout", "120"]).ok();
    assert_eq!(link_of(ann, &link)["removal"]["count"], kept.len());
    let left = scan(b.root());
    assert!(left.is_empty(), "not a byte is left after the end: {left:?}");
    assert_eq!(found(&a).len(), RECORDS, "at home everything is where it was");
}
