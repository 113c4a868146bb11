//! What a rule reports, and how a test speaks about it.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path from the repository root.
    pub(crate) path: String,
    /// Line number from 1; 0 means the file as a whole.
    pub(crate) line: usize,
    /// What is wrong and what to do about it.
    pub(crate) what: String,
}

impl Finding {
    /// A finding at `path:line`.
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Fails the calling test with every finding on a line of its own.
#[track_caller]
pub(crate) fn none_of(findings: Vec<Finding>) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{} place(s) break this rule:\n{}\n", lines.len(), lines.join("\n"));
}

/// The line numbers of the findings, for the tests that feed bad samples.
pub(crate) fn lines(findings: &[Finding]) -> Vec<usize> {
    findings.iter().map(|finding| finding.line).collect()
}
