//! No ring of modules: the top-level modules of a crate import each other in one direction only.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    finding::{Finding, lines, none_of},
    paths::{CRATES, Layout, module_of},
    tree::{self, Source},
};

/// Module → modules it uses, each with the first place where it does.
type Graph = BTreeMap<String, BTreeMap<String, (String, usize)>>;

/// Reports every import that is part of a ring inside the crate in `home`. Modules for tests may look anywhere.
fn rings(home: &str, sources: &[Source]) -> Vec<Finding> {
    let graph = graph_of(home, sources);
    let mut findings = Vec::new();
    for (from, uses) in &graph {
        for (to, (path, line)) in uses {
            if reachable(&graph, to).contains(from) {
                let advice = "move what both need into a module below them";
                findings.push(Finding::new(path, *line, format!("`{from}` uses `{to}`, which leads back to `{from}`: {advice}")));
            }
        }
    }
    findings
}

fn graph_of(home: &str, sources: &[Source]) -> Graph {
    let layout = Layout::of(home, sources);
    let mut graph = Graph::new();
    for source in sources {
        let Some(from) = module_of(home, &source.path) else { continue };
        if source.path.ends_with("tests.rs") || source.path.contains("/tests/") {
            continue;
        }
        let shipped = without_test_modules(&source.code);
        let shipped = Source { path: source.path.clone(), text: String::new(), code: shipped, literals: String::new() };
        for reference in layout.references(home, &shipped) {
            let place = (source.path.clone(), reference.line);
            graph.entry(from.clone()).or_default().entry(reference.module).or_insert(place);
        }
    }
    graph
}

fn reachable(graph: &Graph, start: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut left = vec![start.to_owned()];
    while let Some(module) = left.pop() {
        for next in graph.get(&module).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next.clone()) {
                left.push(next.clone());
            }
        }
    }
    seen
}

/// Blanks each `#[cfg(test)] mod … { … }`, keeping the lines.
fn without_test_modules(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        let (before, test) = rest.split_at(at);
        kept.push_str(before);
        let end = match (test.find('{'), test.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|semicolon| open < semicolon) => closing_brace(test, open) + 1,
            (_, Some(semicolon)) => semicolon + 1,
            _ => test.len(),
        };
        kept.extend(test[..end].chars().map(|c| if c == '\n' { c } else { ' ' }));
        rest = &test[end..];
    }
    kept + rest
}

/// Offset of the brace that closes the one at `open`, or of the last character when none does.
pub(crate) fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len() - 1
}

#[test]
fn no_top_level_modules_import_each_other_in_a_ring() {
    let sources = tree::sources();
    none_of(CRATES.iter().flat_map(|home| rings(home, &sources)).collect());
}

#[test]
fn a_ring_of_three_modules_is_found_and_a_ladder_is_not() {
    let ring = [
        Source::new("protocol/src/lib.rs", "pub use a::A;"),
        Source::new("protocol/src/a.rs", "use crate::b::B;"),
        Source::new("protocol/src/b/mod.rs", "\nuse crate::{c::C};"),
        Source::new("protocol/src/c.rs", "fn f() -> crate::A {}"),
        Source::new("protocol/src/d.rs", "use crate::a;\n#[cfg(test)]\nmod tests { use crate::e; }"),
        Source::new("protocol/src/e.rs", "use crate::d;"),
    ];
    assert_eq!(lines(&rings("protocol/src", &ring)), [1, 2, 1]);
    assert_eq!(rings("protocol/src", &ring[3..]), []);
}
