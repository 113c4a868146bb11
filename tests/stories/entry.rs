//! The way in: what the set-up prints, and what the pages tell whoever is not signed in yet: the office, and a user's name against a link alone.

use interoffice_tests::web::{Browser, Reply, password};
use interoffice_tests::{Office, run, says};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn page(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.bytes).into_owned()
}

fn send(browser: &mut Browser, place: &str, form: &str) -> Reply {
    browser.send("POST", place, &[FORM], form.replace(' ', "+").as_bytes())
}

/// What stands behind the # of a link that lets a user set a password.
fn code_for(office: &Office, user: &str) -> String {
    let invited = office.json(&["user", "invite", user]);
    invited["link"].as_str().and_then(|link| link.split_once('#')).expect("a link with a code").1.to_owned()
}

/// The set-up says what to do next in words that hold: start the daemon, then open the link.
#[test]
fn the_set_up_prints_the_link_and_when_to_open_it() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("office");
    let folder = folder.to_str().expect("a readable path");
    let said = run(&["init", "--name", "Alder", "--dir", folder, "--listen", "127.0.0.1:4871", "--http", "127.0.0.1:4881"], None).ok();
    let (before, next) = said.out.split_once("Next:").expect("what to do next");
    says(before, "shown this once");
    let serve = next.find(&format!("interoffice serve --dir {folder}")).expect("the daemon is started");
    let link = next.find("https://127.0.0.1:4881/set-up#").expect("the link");
    assert!(serve < link, "the daemon first: {next}");
    says(next, "counts once, within a day");
    let last = said.out.trim_end().lines().last().expect("a last line").trim();
    assert!(last.starts_with("https://127.0.0.1:4881/set-up#"), "the link stands alone, at the end: {last}");
    for stale in ["No page", "POST /"] {
        assert!(!said.out.contains(stale), "{}", said.out);
    }
    let shut = home.path().join("shut");
    let shut = shut.to_str().expect("a readable path");
    let said = run(&["init", "--name", "Ash", "--dir", shut, "--listen", "127.0.0.1:4871", "--http", "off"], None).ok();
    says(&said.out, &format!("interoffice user add NAME --dir {shut}"));
    assert!(!said.out.contains("in a browser"), "no page is served: {}", said.out);
}

/// Pages before the sign-in name the office they belong to: two offices of one machine look the same otherwise.
#[test]
fn pages_before_the_sign_in_name_the_office() {
    let office = Office::open("Alder & Ash");
    let mut stranger = office.browser();
    assert_eq!(stranger.get("/office").ok()["name"], "Alder & Ash");
    for place in ["/sign-in", "/set-up", "/password", "/forgot"] {
        let page = page(&stranger.send("GET", place, &[], b""));
        let (_, title) = page.split_once("<title>").expect("a title");
        let title = title.split_once("</title>").expect("a title").0;
        assert!(title.ends_with(" – Alder &#38; Ash"), "{place}: {title}");
        assert!(page.contains("<span>Alder &#38; Ash</span>"), "{place}: {page}");
    }
    let wrong = send(&mut stranger, "/sign-in", "user=ann&password=no");
    assert!(page(&wrong).contains("<span>Alder &#38; Ash</span>"), "and where something was wrong");
}

/// Whoever was invited learns the sign-in name from the page of the link, and finds it filled in where he or she signs in.
#[test]
fn who_was_invited_learns_the_user_name_and_nobody_else_does() {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "winifred", "--first-name", "Winifred"]).ok();
    let code = code_for(&office, "winifred");
    let mut browser = office.browser();
    for guess in ["", "nonsense", &code[1..]] {
        let refused = send(&mut browser, "/password", &format!("token={guess}"));
        assert_eq!(refused.status, 422, "{guess}");
        assert!(!page(&refused).contains("inifred") && !page(&refused).contains("New password"), "{}", page(&refused));
    }
    for _ in 0..2 {
        let shown = send(&mut browser, "/password", &format!("token={code}"));
        assert_eq!(shown.status, 200, "{}", page(&shown));
        says(&page(&shown), "User name: <strong>winifred</strong>");
        says(&page(&shown), "New password again");
    }
    let unequal = send(&mut browser, "/password", &format!("token={code}&password={}&again=other", password("winifred")));
    assert_eq!(unequal.status, 422);
    says(&page(&unequal), "User name: <strong>winifred</strong>");
    let form = format!("token={code}&password={0}&again={0}", password("winifred"));
    let set = send(&mut browser, "/password", &form);
    assert_eq!((set.status, set.header("location")), (303, Some("/clients")), "{}", page(&set));
    assert_eq!(browser.get("/session").ok()["user"]["name"], "winifred", "who just set a password is in");
    office.cli(&["user", "invite", "winifred"]).ok();
    let mut later = office.browser();
    let form = format!("token={}&password={1}&again={1}", code_for(&office, "winifred"), password("winifred"));
    let reset = send(&mut later, "/password", &form);
    assert_eq!((reset.status, reset.header("location")), (303, Some("/sign-in?done=password&user=winifred")), "{}", page(&reset));
    let entry = page(&browser.send("GET", "/sign-in?done=password&user=winifred", &[], b""));
    assert!(entry.contains(r#"name="user" type="text" value="winifred""#), "{entry}");
    let again = send(&mut browser, "/password", &form);
    assert_eq!(again.status, 422, "a link counts once");
    assert!(!page(&again).contains("winifred"), "and tells nothing after it: {}", page(&again));
    let long = "x".repeat(2_000);
    let entry = page(&browser.send("GET", &format!("/sign-in?user={long}"), &[], b""));
    assert!(!entry.contains(&long), "what is no name is not shown");
}

/// A link for the first administrator leads to the page where a name is chosen, and keeps its code; the name is filled in afterwards.
#[test]
fn the_link_of_the_set_up_is_taken_at_the_other_page_too() {
    let office = Office::open("Alder");
    let link = office.set_up_link().expect("a link");
    let code = link.split_once('#').expect("a code").1;
    let mut browser = office.browser();
    let shown = page(&send(&mut browser, "/password", &format!("token={code}")));
    says(&shown, "The first administrator");
    says(&shown, code);
    let form = format!("token={code}&name=rita&password={0}&again={0}", password("rita"));
    let set = send(&mut browser, "/set-up", &form);
    assert_eq!((set.status, set.header("location")), (303, Some("/first-run")), "{}", page(&set));
}

/// Every question of a new office can be skipped, and all of them at once.
#[test]
fn each_question_of_a_new_office_can_be_skipped() {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let mut rita = office.signed_in("rita");
    let nexts = ["/first-run/addresses", "/first-run/mail", "/first-run/backup", "/"];
    for (step, next) in ["second-factor", "addresses", "mail", "backup"].into_iter().zip(nexts) {
        let page = page(&rita.send("GET", &format!("/first-run/{step}"), &[], b""));
        assert!(page.contains(&format!("href=\"{next}\">Skip this</a>")), "{step}: {page}");
        assert_eq!(page.contains("href=\"/\">Skip all</a>"), step == "second-factor", "{step}: {page}");
    }
}

/// An empty list says whether nothing is there or nothing fits.
#[test]
fn an_empty_list_says_whether_nothing_is_there_or_nothing_fits() {
    let office = Office::open("Alder");
    office.cli(&["user", "add", "ann"]).ok();
    let said = |list: &[&str]| office.user("ann").cli(list).ok().err;
    let empty = |arguments: &[&str]| said(&[&["record", "list"], arguments].concat());
    assert_eq!(empty(&[]).trim_end(), "There are no records.");
    for narrowed in [&["Petra"][..], &["--kind", "household"], &["--mine"], &["--archived"], &["--owner", "ann"]] {
        assert_eq!(empty(narrowed).trim_end(), "No record fits.", "{narrowed:?}");
    }
    assert_eq!(said(&["link", "list"]).trim_end(), "There are no links.");
    assert_eq!(said(&["link", "list", "--sharing-with-me"]).trim_end(), "No link fits.");
    assert_eq!(said(&["access", "list"]).trim_end(), "There are no requests.");
}
