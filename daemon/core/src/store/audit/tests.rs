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
