//! The texts of mails, which an administrator may change.

use serde::{Deserialize, Serialize};

use super::super::rights;
use crate::domain::actor::Actor;
use crate::domain::mail::{self, HTML_BYTES_MAX, MailKind, SUBJECT_CHARS_MAX, TEXT_BYTES_MAX, Text, Variable};
use crate::domain::refusal::Refusal;
use crate::store::{Fault, Tx, View, audit, mails};

/// The text of a kind of mail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct TextView {
    /// The kind.
    pub kind: &'static str,
    /// Whether an administrator wrote it.
    pub edited: bool,
    /// The templates.
    #[serde(flatten)]
    pub text: Text,
    /// What they may use.
    pub variables: Vec<Variable>,
}

impl TextView {
    fn of(view: &View<'_>, kind: MailKind) -> Result<Self, Fault> {
        let edited = mails::text(view, kind)?;
        Ok(Self {
            kind: kind.as_str(),
            edited: edited.is_some(),
            text: edited.unwrap_or_else(|| mail::text(kind)),
            variables: mail::variables(kind),
        })
    }
}

/// What is to be another text; what is not given stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TextChange {
    /// Template of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Template of the plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Template of the HTML part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// The texts of all kinds.
pub fn show_texts(view: &View<'_>, actor: &Actor) -> Result<Vec<TextView>, Fault> {
    rights::require_admin(view, actor)?;
    MailKind::ALL.into_iter().map(|kind| TextView::of(view, kind)).collect()
}

/// The text of one kind.
pub fn show_text(view: &View<'_>, actor: &Actor, kind: MailKind) -> Result<TextView, Fault> {
    rights::require_admin(view, actor)?;
    TextView::of(view, kind)
}

/// Changes the text of a kind. `tried` renders it with [`samples`](crate::domain::mail::samples), since templates are rendered where mails are
/// sent and not here; a text that it refuses is not kept.
pub fn set_text(
    tx: &Tx<'_>,
    actor: &Actor,
    kind: MailKind,
    change: &TextChange,
    tried: impl Fn(MailKind, &Text) -> Result<(), Refusal>,
) -> Result<TextView, Fault> {
    tx.attempt(actor, "mail.text", kind.as_str());
    let mut text = show_text(tx, actor, kind)?.text;
    for (old, new) in [(&mut text.subject, &change.subject), (&mut text.text, &change.text), (&mut text.html, &change.html)] {
        if let Some(new) = new {
            old.clone_from(new);
        }
    }
    check(&text)?;
    tried(kind, &text)?;
    mails::set_text(tx, kind, &text)?;
    audit::done(tx, actor, "mail.text", kind.as_str(), "set")?;
    TextView::of(tx, kind)
}

/// Goes back to the text that the program brings.
pub fn reset_text(tx: &Tx<'_>, actor: &Actor, kind: MailKind) -> Result<TextView, Fault> {
    tx.attempt(actor, "mail.text", kind.as_str());
    rights::require_admin(tx, actor)?;
    mails::forget_text(tx, kind)?;
    audit::done(tx, actor, "mail.text", kind.as_str(), "reset")?;
    TextView::of(tx, kind)
}

fn check(text: &Text) -> Result<(), Refusal> {
    let chars = text.subject.chars().count();
    if chars > SUBJECT_CHARS_MAX || text.text.len() > TEXT_BYTES_MAX || text.html.len() > HTML_BYTES_MAX {
        let message = "the text is too long: 200 characters for the subject, 32 KiB plain, 64 KiB of HTML";
        return Err(Refusal::invalid("text-too-long", message, "make it shorter"));
    }
    if text.subject.chars().any(char::is_control) {
        return Err(Refusal::invalid("bad-subject", "a subject is one line", "take the line break out"));
    }
    Ok(())
}
