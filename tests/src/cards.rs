//! Address cards for stories, and bringing them into an office.

use serde_json::Value;

use crate::office::Desk;

/// A contact's card with a name, an e-mail address and a telephone number.
pub fn card(name: &str) -> String {
    let uid: String = name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    let last = name.rsplit(' ').next().unwrap_or(name);
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{last};;;;\r\nEMAIL;TYPE=work:{uid}@example.com\r\nTEL:+1 555 0100\r\nEND:VCARD\r\n"
    )
}

/// A household's card with its members, who are named as [`card`] knows them.
pub fn household(name: &str, members: &[&str]) -> String {
    let member = |name: &&str| format!("MEMBER:{}\r\n", name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-"));
    let members: String = members.iter().map(member).collect();
    let uid = name.to_lowercase().replace(' ', "-");
    format!("BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nUID:{uid}\r\nFN:{name}\r\n{members}END:VCARD\r\n")
}

/// Numbered cards, `Client 00001` and so on.
pub fn many_cards(number: usize) -> String {
    (1..=number).map(|index| card(&format!("Client {index:05}"))).collect()
}

/// Imports cards for a user; gives the new records' ids by name order of the file.
#[track_caller]
pub fn import(desk: Desk<'_>, cards: &str) -> Vec<String> {
    let path = desk.office().file("import.vcf", cards);
    let report = desk.json(&["record", "import", path.to_str().expect("a plain path")]);
    let ids = report[0]["records"].as_array().unwrap_or_else(|| panic!("an import names its records: {report}"));
    ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
