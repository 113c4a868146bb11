//! What somebody filled in, and what is wrong with it.

use axum::Form;
use axum::extract::{FromRequest, Request};

use super::trouble::{Trouble, advice, sentence};
use crate::api::Problem;
use crate::http::admission::PROOF_NEEDED;
use crate::http::answer::problem;

/// The fields of a form as they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        let unread = |_| problem(400, "bad-form", "this form could not be read", "go back, load the page again, and send it once more");
        Ok(Form::<Vec<(String, String)>>::from_request(request, state).await.map(|form| Self(form.0)).map_err(unread)?)
    }
}

impl Fields {
    /// The value of a field without blanks around it; empty when there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field exactly as it was typed, such as a password.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// Every value of a field, such as of ticked boxes.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box was ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// The value of a field, when something was typed.
    pub(super) fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// What is wrong with a form, said above it and at the field.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    /// Name of the field; empty when it is about no single one.
    pub(super) field: &'static str,
    /// What is wrong.
    pub(super) detail: String,
    /// What to do.
    pub(super) remedy: String,
}

impl Wrong {
    /// A problem as something that can be mended in the form: `fields` names the field that a code is about.
    pub(super) fn of(problem: Problem, fields: &[(&str, &'static str)]) -> Self {
        let field = fields.iter().find(|(code, _)| *code == problem.code).map_or("", |(_, field)| field);
        Self { field, detail: problem.detail, remedy: problem.remedy }
    }

    /// A field that must not stay empty.
    pub(super) fn missing(field: &'static str, detail: &str) -> Self {
        Self { field, detail: detail.to_owned(), remedy: String::new() }
    }

    /// What is wrong, as a sentence.
    pub(super) fn sentence(&self) -> String {
        sentence(&self.detail)
    }

    /// What to do, as a sentence.
    pub(super) fn remedy_sentence(&self) -> String {
        advice(&self.remedy)
    }
}

/// Whether what was filled in can be mended where it was filled in: everything but what leads elsewhere first.
pub(super) fn mendable(problem: &Problem) -> bool {
    matches!(problem.status, 403 | 404 | 409 | 422) && !matches!(problem.code.as_str(), PROOF_NEEDED | "second-factor-needed")
}

/// What is wrong with one field, for templates.
pub(super) fn at(wrong: &Option<Wrong>, field: &str) -> Option<String> {
    wrong.as_ref().filter(|wrong| wrong.field == field).map(Wrong::sentence)
}
