//! Finding records: by parts of names, e-mail addresses and telephone numbers, and never more than may be seen.

use interoffice_tests::{Desk, Office, card, exit, import, says};

fn found(desk: &Desk<'_>, text: &str) -> Vec<String> {
    let records = desk.json(&["record", "list", text]);
    records.as_array().into_iter().flatten().filter_map(|record| record["name"].as_str()).map(str::to_owned).collect()
}

/// T-40, V-06: a search goes by two letters and more, case and accents make no difference, and it finds what may be seen and nothing else.
#[test]
fn t_40_records_are_found_by_two_letters_and_more_and_only_by_those_who_see_them() {
    let office = Office::open("Office A");
    for user in ["ann", "bob"] {
        office.cli(&["user", "add", user]).ok();
    }
    office.cli(&["client-access", "--manage", "on", "--yes"]).ok();
    let (ann, bob) = (office.user("ann"), office.user("bob"));
    let records = import(ann, &(card("Zoë Müller") + &card("Paul \"Pit\" O_Neill") + &card("Xu Li")));
    for text in ["zo", "ZOE", "mull", "müll", "oe MU", "zoë-müller@example"] {
        assert_eq!(found(&ann, text), ["Zoë Müller"], "{text}");
    }
    for text in ["\"pit\"", "o_n", "p \"pi"] {
        assert_eq!(found(&ann, text), ["Paul \"Pit\" O_Neill"], "{text}");
    }
    assert_eq!(found(&ann, "xu"), ["Xu Li"], "two letters are enough");
    assert_eq!(found(&ann, "15550100").len(), 3, "telephone numbers are found as bare digits");
    assert!(found(&ann, "zoe nobody").is_empty() && found(&ann, "%%").is_empty());
    says(&ann.cli(&["record", "list", "z"]).ended(exit::USAGE), "two letters");
    assert!(found(&bob, "zo").is_empty() && found(&bob, "muller").is_empty(), "what is hidden is not found");

    ann.cli(&["record", "access", &records[0], "--user", "bob=read", "--yes"]).ok();
    assert_eq!(found(&bob, "muller"), ["Zoë Müller"]);
    ann.cli(&["record", "edit", &records[0], "--set", "FN=Zoë Schmidt", "--set", "N=Schmidt;Zoë;;;", "--remove", "EMAIL"]).ok();
    assert_eq!((found(&bob, "schmidt").len(), found(&bob, "muller").len()), (1, 0), "an edit is found at once, and the old name no more");
    ann.cli(&["record", "delete", &records[0], "--yes"]).ok();
    assert!(found(&ann, "schmidt").is_empty());
}
