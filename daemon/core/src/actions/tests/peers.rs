//! Which office a person means by a text, although other offices choose their own names.

use interoffice_protocol::ids::OfficeId;

use super::offices::{Office, code};
use crate::actions::peers;

/// The office at `home` that `text` means, or the code of the refusal.
fn meant(home: &Office, text: &str) -> Result<OfficeId, &'static str> {
    match home.sees(|view| peers::find(view, text)) {
        Ok(peer) => Ok(peer.office),
        refused => Err(code(refused)),
    }
}

/// The office code in groups; the check characters do not matter for finding.
fn in_groups(id: &str) -> String {
    let groups: Vec<String> = id.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned() + "x").collect();
    groups.join("-").to_uppercase()
}

#[test]
fn a_peer_is_found_by_name_id_code_and_the_beginning_of_either() {
    let (mut home, south, east) = (Office::new("Home", 1), Office::new("South", 2), Office::new("East", 3));
    south.introduces_as("South", &mut home);
    east.introduces_as("East 24", &mut home);
    let id = south.id.to_string();
    let groups = in_groups(&id);
    for text in
        ["South", " SOUTH ", &id, &id.to_uppercase(), &id[..9], &groups, &groups[..11], &groups.replace('-', ""), &groups.replace('-', " ")]
    {
        assert_eq!(meant(&home, text), Ok(south.id), "{text:?}");
    }
    assert_eq!(meant(&home, "east 24"), Ok(east.id));
    for text in ["", "-", "West", &id[..4], &format!("{id}a"), "East", "\u{1b}[2J"] {
        assert_eq!(meant(&home, text), Err("unknown-office"), "{text:?}");
    }
}

#[test]
fn an_office_that_calls_itself_by_anothers_id_gets_nothing_that_was_meant_for_it() {
    let (mut home, south, east) = (Office::new("Home", 1), Office::new("South", 2), Office::new("East", 3));
    let id = south.id.to_string();
    south.introduces_as("South", &mut home);
    east.introduces_as(&id, &mut home);
    assert_eq!(meant(&home, &id), Ok(south.id));
    assert_eq!(meant(&home, &in_groups(&id)), Ok(south.id));
    for imitation in [in_groups(&id)[..11].to_owned(), id[..8].to_owned()] {
        let (mut home, south, east) = (Office::new("Home", 1), Office::new("South", 2), Office::new("East", 3));
        south.introduces_as("South", &mut home);
        east.introduces_as(&imitation, &mut home);
        assert_eq!(meant(&home, &imitation), Err("ambiguous-office"), "{imitation}");
        assert_eq!(meant(&home, &id), Ok(south.id));
        assert_eq!(meant(&home, &east.id.to_string()), Ok(east.id), "the imitator can still be blocked");
    }
}

#[test]
fn a_name_that_two_offices_have_means_neither_and_the_refusal_says_how_to_go_on() {
    let (mut home, south, east) = (Office::new("Home", 1), Office::new("South", 2), Office::new("East", 3));
    south.introduces_as("South", &mut home);
    east.introduces_as(" sOuth", &mut home);
    let refused = home.sees(|view| peers::find(view, "South")).unwrap_err().to_string();
    assert!(refused.contains(&south.id.to_string()) && refused.contains(&east.id.to_string()), "{refused}");
    // The beginning of an id that is somebody's name too: an id can be made to begin with five chosen letters.
    let mut home = Office::new("Home", 1);
    south.introduces_as(&east.id.to_string()[..6], &mut home);
    east.introduces_as("East", &mut home);
    assert_eq!(meant(&home, &east.id.to_string()[..6]), Err("ambiguous-office"));
}
