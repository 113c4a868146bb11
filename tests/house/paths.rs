//! Reads `crate::…` and `super::…` paths out of Rust code, braces expanded, and says which top-level module a file belongs to.

use std::collections::BTreeMap;

use crate::{lexer, tree::Source};

/// The crates whose source the module rules walk, as folders that hold `lib.rs` or `main.rs`.
pub(crate) const CRATES: [&str; 5] = ["protocol/src", "certs/src", "daemon/core/src", "daemon/server/src", "tests/src"];

/// One use of another module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The top-level module used.
    pub(crate) module: String,
    /// Line number from 1.
    pub(crate) line: usize,
}

/// Top-level modules of one crate and the names its root hands on from them.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    modules: Vec<String>,
    handed_on: BTreeMap<String, String>,
}

impl Layout {
    /// Reads the layout of the crate in folder `home` from its files.
    pub(crate) fn of(home: &str, sources: &[Source]) -> Self {
        let mut layout = Self { modules: sources.iter().filter_map(|source| module_of(home, &source.path)).collect(), ..Self::default() };
        layout.modules.sort();
        layout.modules.dedup();
        for root in sources.iter().filter(|source| is_root(home, &source.path)) {
            for (at, keyword) in root.code.match_indices("pub use ") {
                for path in expand(&root.code[at + keyword.len()..]) {
                    let path: Vec<&str> = path.iter().map(String::as_str).filter(|part| !["crate", "self"].contains(part)).collect();
                    if let [module, .., name] = path[..] {
                        layout.handed_on.insert(name.to_owned(), module.to_owned());
                    }
                }
            }
        }
        layout
    }

    /// The top-level modules, sorted.
    pub(crate) fn modules(&self) -> &[String] {
        &self.modules
    }

    /// The module behind the first part of a `crate::…` path: itself, or the one the crate root took the name from.
    fn resolve(&self, name: &str) -> Option<String> {
        let module = self.handed_on.get(name).map_or(name, String::as_str);
        self.modules.iter().find(|known| *known == module).cloned()
    }

    /// All uses of top-level modules in `source`, a file of the crate in `home`. Uses of the module itself are left out.
    pub(crate) fn references(&self, home: &str, source: &Source) -> Vec<Reference> {
        let own = module_of(home, &source.path);
        let mut found = Vec::new();
        for (at, text) in source.code.match_indices("crate::") {
            if lexer::holds_word(&source.code[at.saturating_sub(1)..at + text.len()], text) {
                found.extend(expand(&source.code[at + text.len()..]).into_iter().map(|path| (at, path)));
            }
        }
        let climb = "super::".repeat(depth(home, &source.path));
        if !climb.is_empty() {
            let climbs = source.code.match_indices(&climb);
            found.extend(climbs.flat_map(|(at, text)| expand(&source.code[at + text.len()..]).into_iter().map(move |path| (at, path))));
        }
        let named = |(at, path): (usize, Vec<String>)| {
            let module = self.resolve(path.first()?)?;
            (own.as_ref() != Some(&module)).then(|| Reference { module, line: lexer::line_at(&source.code, at) })
        };
        let mut references: Vec<Reference> = found.into_iter().filter_map(named).collect();
        references.sort_by(|a, b| (a.line, &a.module).cmp(&(b.line, &b.module)));
        references.dedup();
        references
    }
}

/// The top-level module that `path` belongs to; `None` for the crate root and for files outside `home`.
pub(crate) fn module_of(home: &str, path: &str) -> Option<String> {
    let inner = path.strip_prefix(home)?.strip_prefix('/')?;
    let first = inner.split('/').next()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (!is_root(home, path) && module != "bin").then(|| module.to_owned())
}

fn is_root(home: &str, path: &str) -> bool {
    ["lib.rs", "main.rs"].iter().any(|root| path == format!("{home}/{root}"))
}

/// How many `super` lead from the module of this file to the crate root.
fn depth(home: &str, path: &str) -> usize {
    let inner = path.strip_prefix(home).unwrap_or(path).trim_start_matches('/');
    let parts = inner.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").count();
    if is_root(home, path) { 0 } else { parts }
}

/// Expands what follows a path prefix, `a::{b, c::d}` into `a::b` and `a::c::d`; stops where the path ends.
pub(crate) fn expand(rest: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    walk(rest, &[], &mut paths);
    paths
}

/// Reads one path or one group and returns what is left behind it.
fn walk<'a>(rest: &'a str, prefix: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    let rest = rest.trim_start();
    if let Some(mut inner) = rest.strip_prefix('{') {
        loop {
            inner = walk(inner, prefix, paths).trim_start();
            match inner.strip_prefix(',') {
                Some(next) if !next.trim_start().starts_with('}') => inner = next,
                Some(next) => return next.trim_start().strip_prefix('}').unwrap_or(next),
                None => return inner.strip_prefix('}').unwrap_or(inner),
            }
        }
    }
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let (mut path, mut rest) = (prefix.to_vec(), &rest[name.len()..]);
    if !name.is_empty() {
        path.push(name);
    }
    if let Some(inner) = rest.strip_prefix("::") {
        return walk(inner, &path, paths);
    }
    if let Some(renamed) = rest.trim_start().strip_prefix("as ") {
        rest = renamed.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    }
    paths.push(path);
    rest.strip_prefix('*').unwrap_or(rest)
}

#[test]
fn grouped_imports_are_expanded() {
    let joined = |text| expand(text).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(joined("a::{b, c::{d as e, f}, self};"), ["a::b", "a::c::d", "a::c::f", "a::self"]);
    assert_eq!(joined("{\n    a::X,\n    b,\n};"), ["a::X", "b"]);
    assert_eq!(joined("limits::MAX_FRAME, 3)"), ["limits::MAX_FRAME"]);
}

#[test]
fn a_name_that_the_crate_root_hands_on_leads_to_its_module() {
    let sources = [
        Source::new("protocol/src/lib.rs", "mod ids;\nmod link;\npub use ids::{LinkId, OfficeId};\n"),
        Source::new("protocol/src/ids.rs", ""),
        Source::new("protocol/src/link/mod.rs", "use crate::OfficeId;\nuse super::super::nothing;\n"),
        Source::new("protocol/src/link/state.rs", "fn f() { super::super::ids::g() }\n"),
    ];
    let layout = Layout::of("protocol/src", &sources);
    assert_eq!(layout.modules(), ["ids", "link"]);
    assert_eq!(layout.references("protocol/src", &sources[2]), [Reference { module: "ids".to_owned(), line: 1 }]);
    assert_eq!(layout.references("protocol/src", &sources[3]), [Reference { module: "ids".to_owned(), line: 1 }]);
}
