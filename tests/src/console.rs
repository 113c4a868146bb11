//! The console as tests walk it: two offices with something in every state, every page with places where it is seen, and the routes that
//! its sources name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cards::{card, household, import, many_cards};
use crate::meet::{enable, link, pair, request, share, waiting_link};
use crate::office::Office;

/// A name as long as people make them, with a part that no line can be broken in.
pub const LONG: &str = "Maximiliana Theodora von und zu Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

/// Two offices with something in every state, and what places call the things in them.
#[derive(Debug)]
pub struct Stage {
    /// Where Ann, Cleo, Nora and the administrator Rita work.
    pub a: Office,
    /// Where Bob, Dora, Emil and the administrator Omar work.
    pub b: Office,
    /// What stands behind a name with a colon in a place.
    pub names: BTreeMap<&'static str, String>,
}

impl Stage {
    /// Sets both offices up.
    #[track_caller]
    pub fn set() -> Self {
        Self::between("Archer Advice", "Rechtsanwaltsgesellschaft Hafenstraßenbahnhofsvorplatz")
    }

    /// Sets both offices up under these names.
    #[track_caller]
    pub fn between(a: &str, b: &str) -> Self {
        let (a, b) = (Office::open(a), Office::open(b));
        pair(&a, &b);
        a.cli(&["user", "add", "rita", "--account", "admin", "--first-name", "Rita", "--last-name", "Rowan"]).ok();
        for (user, last) in [("ann", "Archer"), ("cleo", "Crane"), ("nora", LONG)] {
            a.cli(&["user", "add", user, "--first-name", user, "--last-name", last, "--email", &format!("{user}@archer.example")]).ok();
        }
        b.cli(&["user", "add", "omar", "--account", "admin"]).ok();
        a.cli(&["specialist", "enable", "ann", "--yes"]).ok();
        for user in ["bob", "dora", "emil"] {
            enable(&b, user);
        }
        a.user("rita").cli(&["client-access", "--manage", "on", "--requesting", "on", "--yes"]).ok();
        let mut stage = Self { a, b, names: BTreeMap::new() };
        stage.fill();
        stage.link();
        let office = stage.b.json(&["id"])["office"].as_str().expect("an id").to_owned();
        stage.names.insert("office", office);
        stage
    }

    /// Brings the records in.
    fn fill(&mut self) {
        let ann = self.a.user("ann");
        let people =
            card("Petra Miller") + &card("Paul Private") + &card("Otto Old") + &card(LONG) + &card("Greta Gone") + &card("Fred Fresh");
        let ids = import(ann, &people);
        let business = card("Miller Mills").replace("VERSION:4.0\r\n", "VERSION:4.0\r\nKIND:org\r\n");
        let more = import(ann, &(business + &household("The Millers", &["Petra Miller"])));
        import(ann, &many_cards(60));
        let note = format!("NOTE={}", "Calls on Mondays; see the file. ".repeat(12));
        ann.cli(&["record", "edit", &ids[0], "--add-related", "case=Fire claim/pending", "--add-related", "policy=Life 12/active"]).ok();
        ann.cli(&["record", "edit", &ids[3], "--set", &note, "--set", &format!("URL=https://example.com/{}", "a".repeat(150))]).ok();
        ann.cli(&["record", "edit", &ids[1], "--private", "on"]).ok();
        ann.cli(&["record", "archive", &ids[2], "--yes"]).ok();
        let locked = import(self.a.user("cleo"), &card("Clara Locked"));
        let offered = import(self.b.user("bob"), &card("Brigitte Brought"));
        for (name, id) in ["petra", "private", "archived", "long", "gone", "fresh"].into_iter().zip(ids) {
            self.names.insert(name, id);
        }
        for (name, id) in ["business", "household"].into_iter().zip(more) {
            self.names.insert(name, id);
        }
        self.names.insert("locked", locked[0].clone());
        self.names.insert("copy", offered[0].clone());
    }

    /// Links the people: one link of each state, in both directions.
    fn link(&mut self) {
        let (ann, bob) = (self.a.user("ann"), self.b.user("bob"));
        let id = |name: &str| self.names[name].clone();
        let active = link(ann, bob);
        share(ann, &active, &[id("petra"), id("long"), id("business"), id("household")]);
        let brought = link(bob, ann);
        share(bob, &brought, &[id("copy")]);
        let call = ["record", "activity", "add", &id("copy"), "--kind", "call", "--subject", "Asked about the policy"];
        let call =
            ann.json(&[&call[..], &["--text", "Wants another quote.\nCalls again."]].concat())["id"].as_str().expect("an id").to_owned();
        let ended = link(ann, self.b.user("emil"));
        share(ann, &ended, &[id("petra"), id("gone")]);
        ann.cli(&["link", "delete", &ended, "--yes"]).ok();
        ann.cli(&["link", "wait", &ended, "--until", "erased", "--timeout", "90"]).ok();
        let waiting = request(ann, &self.b.at("dora"));
        let asked = request(self.b.user("dora"), &self.a.at("ann"));
        waiting_link(ann, &asked);
        // Cleo is no specialist, and can't accept.
        let stuck = request(self.b.user("dora"), &self.a.at("cleo"));
        waiting_link(self.a.user("cleo"), &stuck);
        let links = [("active", active), ("brought", brought), ("ended", ended), ("waiting", waiting), ("asked", asked), ("stuck", stuck)];
        self.names.insert("call", call);
        for (name, link) in links {
            self.names.insert(name, link);
        }
    }

    /// A place with what its names stand for.
    pub fn place(&self, place: &str) -> String {
        let mut filled = place.to_owned();
        // The longer ones first: one may begin like another.
        let mut names: Vec<(&&str, &String)> = self.names.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in names {
            filled = filled.replace(&format!(":{name}"), value);
        }
        assert!(!filled.contains(':'), "{place} names nothing that is on the stage");
        filled
    }
}

/// A page of the console, and somebody who looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Its route, as the console names it.
    pub route: &'static str,
    /// Who looks, `office/user`; nobody who is signed in where it is empty.
    pub visitor: &'static str,
    /// Where, with names of the stage.
    pub place: &'static str,
    /// The buttons that are pressed there first, a bar between them; empty for none. What they lead to is the page.
    pub press: &'static str,
}

const fn page(route: &'static str, visitor: &'static str, place: &'static str) -> Page {
    Page { route, visitor, place, press: "" }
}

const fn pressed(route: &'static str, visitor: &'static str, place: &'static str, press: &'static str) -> Page {
    Page { route, visitor, place, press }
}

/// Every page, as everybody sees it who sees something else. A new page gets its lines here.
pub const PAGES: &[Page] = &[
    page("/sign-in", "", "/sign-in"),
    page("/sign-in", "", "/sign-in?done=out"),
    page("/password", "", "/password"),
    page("/set-up", "", "/set-up"),
    page("/forgot", "", "/forgot"),
    page("/", "a/ann", "/"),
    page("/", "a/nora", "/"),
    page("/", "a/rita", "/"),
    page("/clients", "a/ann", "/clients"),
    page("/clients", "a/ann", "/clients?tab=all"),
    page("/clients", "a/ann", "/clients?tab=all&locked=yes&text=locked"),
    page("/clients", "a/ann", "/clients?tab=mine&archived=yes"),
    page("/clients", "a/ann", "/clients?tab=mine&text=nobody-at-all"),
    page("/clients", "a/nora", "/clients"),
    page("/clients/{id}", "a/ann", "/clients/:petra"),
    page("/clients/{id}", "a/ann", "/clients/:long"),
    page("/clients/{id}", "a/ann", "/clients/:private"),
    page("/clients/{id}", "a/ann", "/clients/:archived"),
    page("/clients/{id}", "a/ann", "/clients/:business"),
    page("/clients/{id}", "a/ann", "/clients/:household"),
    page("/clients/{id}", "a/ann", "/clients/:copy"),
    page("/clients/{id}", "a/ann", "/clients/:locked"),
    page("/clients/{id}", "a/rita", "/clients/:petra"),
    page("/clients/{id}/add-activity", "a/ann", "/clients/:copy/add-activity"),
    page("/clients/{id}/activities/{activity}/remove", "a/ann", "/clients/:copy/activities/:call/remove"),
    page("/clients/{id}/explain", "a/ann", "/clients/:petra/explain"),
    page("/clients/{id}/share", "a/ann", "/clients/:fresh/share"),
    pressed("/clients/{id}/share", "a/ann", "/clients/:private/share", "Continue"),
    page("/clients/{id}/unshare/{link}", "a/ann", "/clients/:petra/unshare/:active"),
    page("/clients/{id}/shares", "a/ann", "/clients/:petra/shares"),
    page("/links", "a/ann", "/links"),
    page("/links", "a/ann", "/links?ended=yes"),
    page("/links", "a/ann", "/links?list=sharing-with-me"),
    page("/links", "a/nora", "/links"),
    page("/links/new", "a/ann", "/links/new"),
    pressed("/links/new", "a/ann", "/links/new", "OK"),
    page("/link-requests", "a/ann", "/link-requests"),
    page("/link-requests", "a/nora", "/link-requests"),
    page("/link-requests", "a/cleo", "/link-requests"),
    page("/links/{link}", "a/ann", "/links/:active"),
    page("/links/{link}", "a/ann", "/links/:brought"),
    page("/links/{link}", "a/ann", "/links/:ended"),
    page("/links/{link}", "a/ann", "/links/:waiting"),
    page("/links/{link}", "a/ann", "/links/:asked"),
    page("/links/{link}", "a/cleo", "/links/:stuck"),
    page("/links/{link}", "a/rita", "/links/:stuck"),
    page("/links/{link}", "b/bob", "/links/:active"),
    page("/links/{link}", "a/rita", "/links/:active"),
    page("/links/{link}/share", "a/ann", "/links/:active/share"),
    pressed("/links/{link}/share", "a/ann", "/links/:active/share", "Continue with the ticked ones"),
    pressed("/links/{link}/share", "a/ann", "/links/:active/share", "All my clients"),
    pressed("/links/{link}/share", "a/ann", "/links/:active/share", "All my clients|See what the other office would get"),
    page("/links/{link}/take-back", "a/ann", "/links/:active/take-back"),
    pressed("/links/{link}/take-back", "a/ann", "/links/:active/take-back", "All of them"),
    page("/links/{link}/delete", "a/ann", "/links/:active/delete"),
    page("/links/{link}/delete", "b/bob", "/links/:active/delete"),
    page("/links/{link}/decline", "a/ann", "/links/:asked/decline"),
    page("/people", "a/rita", "/people"),
    page("/people", "a/nora", "/people?text=nobody-at-all"),
    page("/people/{name}", "a/rita", "/people/ann"),
    page("/people/{name}", "a/rita", "/people/nora"),
    page("/people/{name}/enable", "a/rita", "/people/cleo/enable"),
    page("/people/{name}/disable-sharing", "a/rita", "/people/ann/disable-sharing"),
    page("/account", "a/ann", "/account"),
    page("/account", "a/nora", "/account"),
    page("/account/second-factor", "a/nora", "/account/second-factor"),
    pressed("/account/second-factor", "a/cleo", "/account/second-factor", "Begin"),
    page("/clients/new", "a/ann", "/clients/new"),
    page("/clients/import", "a/ann", "/clients/import"),
    page("/clients/{id}/edit", "a/ann", "/clients/:petra/edit"),
    page("/clients/{id}/private", "a/ann", "/clients/:petra/private"),
    page("/clients/{id}/archive", "a/ann", "/clients/:petra/archive"),
    page("/clients/{id}/end", "a/ann", "/clients/:petra/end"),
    page("/clients/{id}/delete", "a/ann", "/clients/:petra/delete"),
    page("/clients/{id}/access", "a/ann", "/clients/:petra/access"),
    page("/clients/{id}/sharing", "a/ann", "/clients/:petra/sharing"),
    page("/clients/{id}/sharing", "a/ann", "/clients/:locked/sharing"),
    page("/clients/{id}/request", "a/ann", "/clients/:locked/request"),
    page("/requests", "a/ann", "/requests"),
    page("/requests", "a/nora", "/requests"),
    page("/groups", "a/rita", "/groups"),
    page("/new-group", "a/rita", "/new-group"),
    page("/help", "a/ann", "/help"),
    page("/help/offline", "a/ann", "/help/offline"),
    page("/client-access", "a/rita", "/client-access"),
    page("/add-user", "a/rita", "/add-user"),
    page("/people/{name}/edit", "a/rita", "/people/cleo/edit"),
    page("/people/{name}/rights", "a/rita", "/people/cleo/rights"),
    page("/people/{name}/assign", "a/rita", "/people/cleo/assign"),
    page("/people/{name}/invite", "a/rita", "/people/cleo/invite"),
    page("/people/{name}/proxies", "a/rita", "/people/ann/proxies"),
    page("/people/{name}/sessions", "a/rita", "/people/ann/sessions"),
    page("/people/{name}/second-factor", "a/rita", "/people/cleo/second-factor"),
    page("/people/{name}/all-clients", "a/rita", "/people/cleo/all-clients"),
    page("/people/{name}/disable", "a/rita", "/people/cleo/disable"),
    page("/people/{name}/hand-over", "a/rita", "/people/ann/hand-over"),
    page("/people/{name}/delete", "a/rita", "/people/nora/delete"),
    page("/proxies", "a/rita", "/proxies"),
    page("/roles", "a/rita", "/roles"),
    page("/add-role", "a/rita", "/add-role"),
    page("/roles/{name}", "a/rita", "/roles/Practitioner"),
    page("/audit", "a/rita", "/audit"),
    page("/settings", "a/rita", "/settings"),
    page("/backups", "a/rita", "/backups"),
    page("/first-run/{step}", "a/rita", "/first-run/second-factor"),
    page("/first-run/{step}", "a/rita", "/first-run/addresses"),
    pressed("/first-run/{step}", "a/rita", "/first-run/addresses", "Try them"),
    page("/first-run/{step}", "a/rita", "/first-run/mail"),
    page("/first-run/{step}", "a/rita", "/first-run/backup"),
    page("/mails", "a/rita", "/mails"),
    page("/mails/test", "a/rita", "/mails/test"),
    page("/mail-texts", "a/rita", "/mail-texts"),
    page("/offices", "a/rita", "/offices"),
    page("/offices/me", "a/rita", "/offices/me"),
    pressed("/offices/me", "a/rita", "/offices/me", "Try the addresses"),
    page("/offices/invite", "a/rita", "/offices/invite"),
    page("/offices/accept", "a/rita", "/offices/accept"),
    page("/offices/{office}", "a/rita", "/offices/:office"),
    page("/offices/{office}/block", "a/rita", "/offices/:office/block"),
    page("/offices/{office}/doctor", "a/rita", "/offices/:office/doctor"),
    page("/offices/{office}/remove", "a/rita", "/offices/:office/remove"),
    page("no such page", "a/ann", "/nowhere"),
    page("no such page", "", "/nowhere"),
];

/// Pages that are shown as a part of another one's journey, at places that only that journey makes.
pub const ELSEWHERE: &[&str] = &[
    "/clients/{id}/related/{item}",
    "/clients/{id}/related/{item}/remove",
    "/first-run",
    "/groups/{group}",
    "/groups/{group}/delete",
    "/groups/{group}/remove/{user}",
    "/mail-texts/{kind}",
    "/mail-texts/{kind}/default",
    "/offices/{office}/words",
    "/requests/{number}",
    "/roles/{name}/delete",
];

/// Routes that answer with a file, which browsers keep.
pub const FILES: &[&str] = &["/assets/{file}", "/favicon.ico"];

/// A route of the console as its sources name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Route {
    /// Where, with parameters in braces.
    pub path: String,
    /// Whether it is looked at.
    pub get: bool,
    /// Whether forms go there.
    pub post: bool,
}

/// Every route of the console, read out of its sources.
///
/// # Panics
/// When the sources can't be read, or a route is not written as a text.
pub fn routes() -> BTreeSet<Route> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/server/src/http/console");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).expect("the sources of the console") {
        let path = entry.expect("a source of the console").path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source of the console");
            found.extend(text.split(".route(").skip(1).map(route));
        }
    }
    assert!(found.len() > 25, "the routes are read wrongly: {found:?}");
    found
}

/// What stands behind `.route(`: the path as a text, then what answers it, until the parenthesis is closed.
fn route(text: &str) -> Route {
    let path = text.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let (path, rest) = path.unwrap_or_else(|| panic!("a route whose path is no text: {}", &text[..text.len().min(60)]));
    let mut depth = 1;
    let closed = |letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth == 0
    };
    let answers = rest.split(closed).next().unwrap_or_default();
    Route { path: path.to_owned(), get: answers.contains("get("), post: answers.contains("post(") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_read_to_its_end() {
        let seen = route("\n    \"/a/{b}\",\n    get(show),\n) .layer(post(x))");
        assert_eq!(seen, Route { path: "/a/{b}".to_owned(), get: true, post: false });
        assert!(route("\"/\", get(show).post(change))").post);
    }

    #[test]
    fn every_page_of_the_console_is_walked() {
        let walked: BTreeSet<&str> = PAGES.iter().map(|page| page.route).chain(FILES.iter().chain(ELSEWHERE).copied()).collect();
        let looked_at = routes().into_iter().filter(|route| route.get);
        let forgotten: Vec<String> = looked_at.map(|route| route.path).filter(|path| !walked.contains(path.as_str())).collect();
        assert!(forgotten.is_empty(), "add these to PAGES in tests/src/console.rs: {forgotten:?}");
        let known: BTreeSet<String> = routes().into_iter().map(|route| route.path).collect();
        let gone: Vec<&&str> = walked.iter().filter(|route| **route != "no such page" && !known.contains(**route)).collect();
        assert!(gone.is_empty(), "the console has these no more: {gone:?}");
    }
}
