//! Every filter goes by an index, in the order of the answer.

use std::sync::Arc;

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::statement::Signer;

use super::*;
use crate::domain::moment::Moment;
use crate::store::{OfficeContext, WriteStore};

fn store() -> WriteStore {
    WriteStore::in_memory(Arc::new(OfficeContext::new(Signer::new(OfficeId([1; 32]), 1, &[1; 32])))).unwrap()
}

fn whole() -> Filter {
    Filter { to_ms: i64::MAX, ..Filter::default() }
}

/// How the database would find the answer.
fn plan(store: &WriteStore, filter: &Filter) -> String {
    let plan = store.read(0, |view| {
        let verbs = filter.verb.as_ref().map(|verb| verbs(view, verb)).transpose()?;
        let (sql, params) = filter.query(verbs.as_deref(), 100);
        Ok(view.sql().all(&format!("EXPLAIN QUERY PLAN {sql}"), &params, |row| row.text(3))?)
    });
    plan.unwrap().join("\n")
}

fn write(store: &mut WriteStore, at_ms: i64, actor: &str, verb: &'static str, object: &str) {
    let actor = Actor::User(UserName::new(actor).unwrap());
    store.write(Moment::new(at_ms, [0; 32]), |tx| Ok(done(tx, &actor, verb, object, "")?)).unwrap();
}

#[test]
fn every_filter_is_answered_from_an_index_and_only_verbs_and_users_are_merged() {
    let mut store = store();
    for verb in ["link.accept", "link.delete", "links.none"] {
        write(&mut store, 1, "ann", verb, "x");
    }
    let ann = || Some(UserName::new("ann").unwrap());
    let filters = [
        (whole(), "audit_by_time"),
        (Filter { before: Some((5, 5)), ..whole() }, "audit_by_time"),
        (Filter { user: ann(), ..whole() }, "audit_by_user"),
        (Filter { user: ann(), before: Some((5, 5)), ..whole() }, "audit_by_other"),
        (Filter { user: ann(), verb: Some("link".into()), ..whole() }, "audit_by_verb"),
        (Filter { objects: vec!["ann".into()], ..whole() }, "audit_by_object"),
        (Filter { verb: Some("link.accept".into()), ..whole() }, "audit_by_verb"),
        (Filter { verb: Some("link".into()), before: Some((5, 5)), ..whole() }, "audit_by_verb"),
        (Filter { outcome: Some(Outcome::Refused), ..whole() }, "audit_not_done"),
        (Filter { outcome: Some(Outcome::Code("not-admin".into())), ..whole() }, "audit_not_done"),
    ];
    for (filter, index) in filters {
        let plan = plan(&store, &filter);
        assert!(plan.contains(&format!("INDEX {index}")), "{filter:?}:\n{plan}");
        assert!(!plan.contains("SCAN audit"), "{filter:?}:\n{plan}");
        assert!(filter.verb.is_some() || filter.user.is_some() || !plan.contains("TEMP B-TREE"), "{filter:?}:\n{plan}");
    }
}

#[test]
fn a_verb_stands_for_what_follows_its_dot_and_for_nothing_else() {
    let mut store = store();
    let written = ["link", "link.accept", "link.request", "link.request-refused", "links.none", "user.add", "link.accept"];
    for (number, verb) in written.into_iter().enumerate() {
        write(&mut store, 10 - number as i64, "ann", verb, "x");
    }
    let found = |filter: &Filter| -> Vec<String> {
        let lines = store.read(0, |view| Ok(page(view, filter, 100)?)).unwrap();
        lines.into_iter().map(|line| line.verb).collect()
    };
    let of = |verb: &str| found(&Filter { verb: Some(verb.to_owned()), ..whole() });
    assert_eq!(of("link"), ["link", "link.accept", "link.request", "link.request-refused", "link.accept"], "newest first");
    assert_eq!(of("link.request"), ["link.request"]);
    assert_eq!(of("lin"), [""; 0]);
    assert_eq!(found(&Filter { from_ms: 6, to_ms: 7, ..whole() }), ["link.request-refused", "links.none"]);
    let first = store.read(0, |view| Ok(page(view, &whole(), 2)?)).unwrap();
    let after = Filter { before: first.last().map(|line| (line.at_ms, line.id)), ..whole() };
    assert_eq!(found(&after).len(), written.len() - 2, "pages follow each other without a gap");
}

#[test]
fn the_lines_about_one_thing_are_found_by_its_index_and_page_by_the_moment() {
    let mut store = store();
    for (at_ms, verb, object) in [(1, "a", "x"), (2, "b", "x"), (2, "a", "x"), (2, "c", "x"), (2, "b", "y"), (3, "a", "x")] {
        write(&mut store, at_ms, "ann", verb, object);
    }
    store.write(Moment::new(4, [0; 32]), |tx| Ok(denied(tx, &Actor::Daemon, "a", "x", "not-owner", "")?)).unwrap();
    let found = |verbs: Option<&[&str]>, at_ms, skip, limit| {
        let from = Place { at_ms, skip };
        let (sql, params) = about_query("x", verbs, from, limit);
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = store.read(0, |view| Ok(view.sql().all(&explained, &params, |row| row.text(3))?)).unwrap().join("\n");
        assert!(plan.contains("INDEX audit_by_object") && !plan.contains("TEMP B-TREE"), "{plan}");
        let lines = store.read(0, |view| Ok(about(view, "x", verbs, from, limit)?)).unwrap();
        lines.iter().map(|line| line.verb.clone()).collect::<String>()
    };
    assert_eq!(found(None, i64::MAX, 0, 9), "aacaba");
    assert_eq!(found(Some(&["a", "b"]), i64::MAX, 0, 9), "aaba", "what was refused is left out with the verbs that are not asked for");
    assert_eq!(found(Some(&["a", "b"]), i64::MAX, 0, 2), "aa");
    assert_eq!(found(Some(&["a", "b"]), 2, 1, 2), "ba");
}
