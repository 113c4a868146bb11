//! Refusing: a verb that may not or can not be done says why, with a stable code and what to do. Failing is the store's word.

use std::fmt;

/// What sort of refusal it is; decides exit codes and HTTP statuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RefusalKind {
    /// The actor lacks the right, or a policy forbids it.
    Denied,
    /// The state changed meanwhile or does not allow it.
    Conflict,
    /// The input is wrong.
    Invalid,
    /// There is no such thing, or the actor may not know of it.
    NotFound,
}

/// A refusal that a person reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What sort it is.
    pub kind: RefusalKind,
    /// Stable code, such as `link-not-active`.
    pub code: &'static str,
    /// One sentence: what is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub remedy: String,
}

impl Refusal {
    /// The actor may not.
    pub fn denied(code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(RefusalKind::Denied, code, message, remedy)
    }

    /// The state does not allow it.
    pub fn conflict(code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(RefusalKind::Conflict, code, message, remedy)
    }

    /// The input is wrong.
    pub fn invalid(code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(RefusalKind::Invalid, code, message, remedy)
    }

    /// There is no such thing.
    pub fn not_found(code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, code, message, remedy)
    }

    fn new(kind: RefusalKind, code: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remedy.as_str() {
            "" => f.write_str(&self.message),
            remedy => write!(f, "{}: {remedy}", self.message),
        }
    }
}
