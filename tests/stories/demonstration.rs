//! The demo: what a stranger sees first. Two offices pair, Ann shares with Bob, an edit arrives live, B is killed, the link ends,
//! and B, back again, signs for the removal.

use std::path::{Path, PathBuf};

use interoffice_tests::web::Browser;
use interoffice_tests::{run, start};
use serde_json::Value;

/// Address cards as several programs write them.
fn exports() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/core/src/domain/vcard/fixtures");
    let files = std::fs::read_dir(&folder).expect("the example cards are there");
    let mut cards: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    cards.retain(|path| path.extension().is_some_and(|extension| extension == "vcf"));
    cards.sort();
    assert!(cards.len() > 4, "{}", folder.display());
    cards
}

fn demo(arguments: &[&str]) -> String {
    let words: Vec<&str> = ["demo", "--once"].iter().chain(arguments).copied().collect();
    run(&words, None).ok().out
}

/// S-10, S-20, S-21, S-28, N-10: the demo shows the whole way, and its last lines say that nothing is left and the receipt holds.
#[test]
fn s_28_the_demo_shares_and_takes_back_with_the_other_office_dead_in_between() {
    let out = demo(&["--records", "30"]);
    let last: Vec<&str> = out.trim_end().lines().rev().take(2).collect();
    assert!(last[0].starts_with("receipt verified: 30 copies erased"), "{out}");
    assert_eq!(last[1], "copies at B 0");
    assert!(out.contains("Super User is switched off for ann"), "{out}");
    assert!(out.contains("no difference"), "{out}");
    let way = out.lines().find(|line| line.contains("the way to Blue Oak Wealth: ")).expect("how the way is while B is dead");
    assert!(!way.contains(": connected"), "{way}");
    for word in ["Merkle", "before: ann holds"] {
        assert!(!out.contains(word), "{word} tells an administrator nothing: {out}");
    }
}

/// S-28, N-10: the same with cards from real programs, again and again, as data: every property of every card arrives, every time.
#[test]
fn s_28_the_demo_takes_cards_of_other_programs_there_and_back() {
    let exports = exports();
    let mut arguments = vec!["--output", "json"];
    for path in &exports {
        arguments.extend(["--import", path.to_str().expect("a readable path")]);
    }
    for _ in 0..5 {
        let out = demo(&arguments);
        let result: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
        assert_eq!((&result["ok"], &result["copies_at_b"]), (&Value::Bool(true), &Value::from(0)), "{out}");
        assert_eq!(result["receipt"]["verified"], Value::Bool(true), "{out}");
        assert_eq!(result["receipt"]["state"], "Erased", "{out}");
    }
}

/// The demo stays up with two consoles, and says who can sign in where: Ann and Bob with what is shared, and an administrator at each office.
#[test]
fn the_demo_leaves_two_consoles_open_with_somebody_to_sign_in_as() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("two");
    let mut demo = start(&["--dir", folder.to_str().expect("a readable path"), "demo", "--records", "5"]);
    let said = demo.until("password of all").to_owned();
    let password = said.lines().last().and_then(|line| line.split_whitespace().last()).expect("a password");
    let mut doors = said.lines().filter_map(|line| line.trim().split_once("https://"));
    for (place, users) in [("a", ["ann", "rita"]), ("b", ["bob", "omar"])] {
        let (_, rest) = doors.next().expect("an address for each office");
        let address = rest.split_once('/').expect("an address ends with a slash").0.parse().expect("an address");
        for user in users {
            assert!(rest.contains(user), "{said}");
            let mut browser = Browser::at(address, &folder.join(place));
            browser.sign_in(user, password).ok();
            let page = browser.send("GET", "/clients?tab=all", &[], b"");
            assert_eq!(page.status, 200);
            let seen = String::from_utf8_lossy(&page.bytes).matches("<th scope=\"row\">").count();
            // An administrator of the office that receives them sees none: they are shared with Bob alone.
            assert_eq!(seen, if user == "omar" { 0 } else { 5 }, "what {user} sees of the records that are shared");
        }
    }
}
