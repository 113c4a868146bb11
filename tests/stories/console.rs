//! What the pages of the console carry: the headers that keep a page safe in a browser, cookies that no script and no other site gets, and
//! forms that no other site can send.

use std::collections::{BTreeMap, BTreeSet};

use interoffice_tests::Office;
use interoffice_tests::console::{FILES, PAGES, Route, Stage, routes};
use interoffice_tests::web::{Browser, Reply, cookie_of, password};

/// What a page may load and do: from this house alone, and no script but its file.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What every answer carries, whoever asks for what.
const ALWAYS: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[track_caller]
fn carries(reply: &Reply, headers: &[(&str, &str)], what: &str) {
    for (header, value) in headers {
        let found: Vec<&str> = reply.headers.iter().filter(|(name, _)| name == header).map(|(_, value)| value.as_str()).collect();
        assert_eq!(found, [*value], "{what}: {header}");
    }
}

/// Every cookie of an answer is for this host alone, encrypted, out of reach of scripts, and never sent by another site; gives their names.
#[track_caller]
fn cookies(reply: &Reply, what: &str) -> Vec<String> {
    let set = reply.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
    set.map(|cookie| {
        assert!(cookie.starts_with("__Host-"), "{what}: {cookie}");
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(part), "{what}: {cookie}");
        }
        cookie.split('=').next().unwrap_or_default().to_owned()
    })
    .collect()
}

/// The browsers of everybody on the stage; a stranger's has no name.
fn browsers(stage: &Stage) -> BTreeMap<String, Browser> {
    let visitors: BTreeSet<&str> = PAGES.iter().map(|page| page.visitor).collect();
    let open = |visitor: &str| match visitor.split_once('/') {
        Some(("b", user)) => stage.b.signed_in(user),
        Some((_, user)) => stage.a.signed_in(user),
        None => stage.a.browser(),
    };
    visitors.into_iter().map(|visitor| (visitor.to_owned(), open(visitor))).collect()
}

/// A route with something real in place of each parameter.
fn filled(stage: &Stage, route: &Route) -> String {
    let part = |part: &str| match part {
        "{id}" => stage.place(":petra"),
        "{link}" => stage.place(":active"),
        "{name}" | "{user}" => "ann".to_owned(),
        part if part.starts_with('{') => "1".to_owned(),
        part => part.to_owned(),
    };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// ASVS 3.4, 14.3: every page says what it may load, is kept by no cache, is shown inside no other page, and tells no other site of itself;
/// whoever is not signed in is led to sign in and sees none of them.
#[test]
fn asvs_3_4_every_page_carries_its_headers() {
    let stage = Stage::set();
    let mut browsers = browsers(&stage);
    let mut stranger = stage.a.browser();
    for page in PAGES.iter().filter(|page| page.press.is_empty()) {
        let (place, what) = (stage.place(page.place), format!("{} for {:?}", page.place, page.visitor));
        let reply = browsers.get_mut(page.visitor).expect("somebody who looks").send("GET", &place, &[], b"");
        let expected = if page.route == "no such page" { 404 } else { 200 };
        assert_eq!(reply.status, expected, "{what}: {}", String::from_utf8_lossy(&reply.bytes));
        carries(&reply, &ALWAYS, &what);
        carries(&reply, &[("content-security-policy", POLICY), ("cache-control", "no-store")], &what);
        carries(&reply, &[("content-type", "text/html; charset=utf-8")], &what);
        cookies(&reply, &what);
        if !page.visitor.is_empty() && page.route != "no such page" {
            let reply = stranger.send("GET", &place, &[], b"");
            let leads = reply.header("location").unwrap_or_default();
            assert!(reply.status == 303 && leads.starts_with("/sign-in"), "{what}, not signed in: {} {leads}", reply.status);
            assert!(reply.bytes.is_empty(), "{what}: nothing of it is told");
        }
    }
    let page = String::from_utf8(stranger.send("GET", "/sign-in", &[], b"").bytes).expect("a page");
    let files: BTreeSet<&str> =
        page.split('"').filter_map(|part| part.split('#').next().filter(|part| part.starts_with("/assets/"))).collect();
    assert_eq!((files.len(), FILES.len()), (3, 2), "{files:?}");
    for file in files.into_iter().chain(["/favicon.ico"]) {
        let reply = stranger.send("GET", file, &[], b"");
        assert_eq!(reply.status, 200, "{file}");
        carries(&reply, &ALWAYS, file);
        carries(&reply, &[("cache-control", "public, max-age=31536000, immutable")], file);
        assert!(reply.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")), "{file}");
    }
}

/// ASVS 3.5: no other site can send a form of the console, whoever's browser it uses, and nothing is done by looking.
#[test]
fn asvs_3_5_no_form_is_sent_by_another_site() {
    let stage = Stage::set();
    let mut rita = stage.a.signed_in("rita");
    let before = stage.a.events().len();
    let forms: Vec<Route> = routes().into_iter().filter(|route| route.post).collect();
    assert!(forms.len() > 15, "{forms:?}");
    for route in &forms {
        let place = filled(&stage, route);
        let signs =
            [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")];
        for foreign in signs {
            let reply = rita.send("POST", &place, &[FORM, foreign], b"do=ok&plan=p&theme=dark");
            assert_eq!((reply.status, reply.code().as_str()), (403, "foreign-origin"), "{place} with {foreign:?}");
            assert!(cookies(&reply, &place).is_empty(), "{place} with {foreign:?}");
        }
        if !route.get {
            let looked = rita.send("GET", &place, &[], b"");
            assert_eq!(looked.status, 405, "{place} does what it does for a form alone");
        }
    }
    assert_eq!(stage.a.events().len(), before, "and nothing is left of it in the audit");
}

/// ASVS 3.3: whatever a form is answered with, its cookies are safe.
#[test]
fn asvs_3_3_cookies_of_pages_are_out_of_reach() {
    let stage = Stage::set();
    let form = format!("user=ann&password={}", password("ann").replace(' ', "+"));
    stage.a.signed_in("ann");
    let mut ann = stage.a.browser();
    let welcome = ann.send("POST", "/sign-in", &[FORM], form.as_bytes());
    assert_eq!(welcome.status, 303, "{}", String::from_utf8_lossy(&welcome.bytes));
    let mut seen: BTreeSet<String> = cookies(&welcome, "/sign-in").into_iter().collect();
    let mut forms: Vec<Route> = routes().into_iter().filter(|route| route.post).collect();
    // Whoever is signed out meets no other form.
    forms.sort_by_key(|route| route.path == "/sign-out");
    for route in &forms {
        let place = filled(&stage, route);
        let reply = ann.send("POST", &place, &[FORM, ("sec-fetch-site", "same-origin")], b"theme=dark&accept_cases=yes");
        assert!(reply.status < 500, "{place}: {}", String::from_utf8_lossy(&reply.bytes));
        carries(&reply, &ALWAYS, &place);
        carries(&reply, &[("cache-control", "no-store")], &place);
        seen.extend(cookies(&reply, &place));
    }
    let [device, session] = ["__Host-device", "__Host-session"].map(|name| cookie_of(name, &stage.a));
    assert_eq!(seen, BTreeSet::from([device, "__Host-said".to_owned(), session, "__Host-theme".to_owned()]));
}

/// Light or dark is what somebody chose, also where something is wrong, at the door, and where the password is asked for again.
#[test]
fn every_page_has_the_colours_that_were_chosen() {
    let office = Office::open("Archer Advice");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let mut rita = office.signed_in("rita");
    let dark = |reply: &Reply| String::from_utf8_lossy(&reply.bytes).contains("data-theme=\"dark\"");
    for (theme, is_dark) in [("dark", true), ("system", false)] {
        assert_eq!(rita.send("POST", "/theme", &[FORM], format!("theme={theme}").as_bytes()).status, 303);
        for place in ["/", "/nowhere", "/clients/unknown", "/sign-in", "/password", "/set-up", "/forgot"] {
            assert_eq!(dark(&rita.send("GET", place, &[], b"")), is_dark, "{place} in {theme}");
        }
        let wrong = rita.send("POST", "/prove", &[FORM], b"then=/audit/export&form=format%3Dcsv&password=no");
        assert_eq!((wrong.status, dark(&wrong)), (422, is_dark), "{}", String::from_utf8_lossy(&wrong.bytes));
    }
}

/// Whoever was asked for the password before an export is led back to the page, and the browser fetches the file from there, once.
#[test]
fn an_export_ends_at_the_page_it_came_from() {
    let office = Office::open("Archer Advice");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let mut rita = office.signed_in("rita");
    let form = format!("then=/audit/export&form=format%3Dcsv%26user%3Drita&password={}", password("rita").replace(' ', "+"));
    let proved = rita.send("POST", "/prove", &[FORM], form.as_bytes());
    assert_eq!((proved.status, proved.header("location")), (303, Some("/audit?user=rita")), "{proved:?}");
    let page = rita.send("GET", "/audit?user=rita", &[], b"");
    assert_eq!(page.status, 200);
    let place =
        page.header("refresh").and_then(|header| header.strip_prefix("0; url=")).expect("the browser is sent for the file").to_owned();
    let file = rita.send("GET", &place, &[], b"");
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"audit.csv\""), "{place}");
    assert!(String::from_utf8_lossy(&file.bytes).contains("session.prove"), "{}", String::from_utf8_lossy(&file.bytes));
    assert_eq!(rita.send("GET", "/audit?user=rita", &[], b"").header("refresh"), None, "who loads the page again fetches no file");
}
