//! The texts of mails as the program brings them, the variables they may use, and the values that an edited text is tried with.
//!
//! A text is a template of minijinja. What stands in HTML is escaped; a variable that the kind does not have is an error.

use serde::Serialize;

use super::{MailKind, Value, Values, Variable};
use crate::domain::digest::NAMES_MAX;

/// Longest template of a subject (characters).
pub const SUBJECT_CHARS_MAX: usize = 200;
/// Longest template of a plain text (bytes).
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Longest template of an HTML part (bytes).
pub const HTML_BYTES_MAX: usize = 64 * 1024;

/// The templates of one kind of mail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Text {
    /// Of the subject, which becomes one line.
    pub subject: String,
    /// Of the plain text.
    pub text: String,
    /// Of the HTML part: what stands between `<body>` and `</body>`.
    pub html: String,
}

const OFFICE: Variable = Variable { name: "office", about: "name of the office" };
const NAME: Variable = Variable { name: "name", about: "the reader's name for people" };
const USER: Variable = Variable { name: "user", about: "the reader's sign-in name" };
const CONSOLE: Variable = Variable { name: "console", about: "address of the office's console" };
const LINK: Variable = Variable { name: "link", about: "address that the mail is about" };
const EXPIRES: Variable = Variable { name: "expires", about: "until when the link is good, on the office's clock" };
const RECORD: Variable = Variable { name: "record", about: "name of the record" };
const RECORD_ID: Variable = Variable { name: "record_id", about: "id of the record, since the reader may not see its name" };
const BY: Variable = Variable { name: "by", about: "name of the user who did it" };
const REASON: Variable = Variable { name: "reason", about: "what that user wrote, may be empty" };
const RECORDS: Variable = Variable { name: "records", about: "list of the names of changed records, 50 at most" };
const COUNT: Variable = Variable { name: "count", about: "number of changed records" };
const MORE: Variable = Variable { name: "more", about: "number of changed records that are not named" };
const DELETED: Variable = Variable { name: "deleted", about: "day on which the first of the records is deleted" };
const SINCE: Variable = Variable { name: "since", about: "since when they changed, on the office's clock" };

/// The variables that a text of this kind may use.
pub fn variables(kind: MailKind) -> Vec<Variable> {
    let own: &[Variable] = match kind {
        MailKind::Invitation | MailKind::PasswordReset => &[LINK, EXPIRES],
        MailKind::AccessAsked => &[RECORD, LINK, BY, REASON],
        MailKind::AccessGranted => &[RECORD, LINK, BY],
        MailKind::AccessRefused => &[RECORD_ID, LINK, BY, REASON],
        MailKind::Digest => &[RECORDS, COUNT, MORE, SINCE],
        MailKind::Test => &[],
        MailKind::DeletionNear => &[RECORDS, COUNT, MORE, DELETED],
    };
    [&[OFFICE, NAME, USER, CONSOLE], own].concat()
}

/// Values of every variable of the kind, to try a text with: a full mail, and one in which all is empty that may be.
pub fn samples(kind: MailKind) -> [Values; 2] {
    [false, true].map(|empty| variables(kind).into_iter().map(|variable| (variable.name, sample(variable.name, empty))).collect())
}

fn sample(variable: &str, empty: bool) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    match variable {
        "office" => text("Harbour Law"),
        "name" => text("Mia Muster"),
        "user" => text("mia"),
        "console" => text("https://office.example"),
        "link" => text("https://office.example/link"),
        "expires" | "since" => text("2026-01-31 07:00 (UTC)"),
        "deleted" => text("2026-01-31"),
        "record" => text("Tim Test"),
        "record_id" => text("agpz2q7mkd3xw5ehjr4tnbvc6y"),
        "by" => text("Nora Neu"),
        "reason" if !empty => text("I take over the file."),
        "records" if !empty => Value::Names((1..=NAMES_MAX).map(|number| format!("Client {number}")).collect()),
        "records" => Value::Names(vec!["Tim Test".to_owned()]),
        "count" => Value::Number(if empty { 1 } else { NAMES_MAX as u64 + 7 }),
        "more" => Value::Number(if empty { 0 } else { 7 }),
        _ => text(""),
    }
}

/// The text that the program brings for this kind.
pub fn text(kind: MailKind) -> Text {
    let (subject, text, html) = match kind {
        MailKind::Invitation => INVITATION,
        MailKind::PasswordReset => PASSWORD_RESET,
        MailKind::AccessAsked => ACCESS_ASKED,
        MailKind::AccessGranted => ACCESS_GRANTED,
        MailKind::AccessRefused => ACCESS_REFUSED,
        MailKind::Digest => DIGEST,
        MailKind::Test => TEST,
        MailKind::DeletionNear => DELETION_NEAR,
    };
    Text { subject: subject.to_owned(), text: text.to_owned(), html: html.to_owned() }
}

const INVITATION: (&str, &str, &str) = (
    "Your account at {{ office }}",
    "Hello {{ name }},

you have an account at {{ office }}. Your sign-in name is {{ user }}. Choose a password here:

{{ link }}

The link is good once, until {{ expires }}.
",
    "<p>Hello {{ name }},</p>
<p>you have an account at {{ office }}. Your sign-in name is <b>{{ user }}</b>.</p>
<p><a href=\"{{ link }}\">Choose a password</a></p>
<p>The link is good once, until {{ expires }}.</p>
",
);

const PASSWORD_RESET: (&str, &str, &str) = (
    "Your password at {{ office }}",
    "Hello {{ name }},

somebody asked for a new password for your account {{ user }} at {{ office }}. If it was you, choose it here:

{{ link }}

The link is good once, until {{ expires }}. If it was not you, do nothing: your password stays as it is.
",
    "<p>Hello {{ name }},</p>
<p>somebody asked for a new password for your account <b>{{ user }}</b> at {{ office }}. If it was you:</p>
<p><a href=\"{{ link }}\">Choose a new password</a></p>
<p>The link is good once, until {{ expires }}. If it was not you, do nothing: your password stays as it is.</p>
",
);

const ACCESS_ASKED: (&str, &str, &str) = (
    "{{ by }} asks for access to {{ record }}",
    "Hello {{ name }},

{{ by }} asks for access to the record {{ record }}, which you may share.
{% if reason %}
Reason given: {{ reason }}
{% endif %}
Grant or refuse it here:

{{ link }}
",
    "<p>Hello {{ name }},</p>
<p>{{ by }} asks for access to the record <b>{{ record }}</b>, which you may share.</p>
{% if reason %}<p>Reason given: {{ reason }}</p>
{% endif %}<p><a href=\"{{ link }}\">Grant or refuse it</a></p>
",
);

const ACCESS_GRANTED: (&str, &str, &str) = (
    "You have access to {{ record }}",
    "Hello {{ name }},

{{ by }} granted you the access to the record {{ record }} that you asked for:

{{ link }}
",
    "<p>Hello {{ name }},</p>
<p>{{ by }} granted you the access to the record <b>{{ record }}</b> that you asked for.</p>
<p><a href=\"{{ link }}\">Open it</a></p>
",
);

const ACCESS_REFUSED: (&str, &str, &str) = (
    "Your request for access was refused",
    "Hello {{ name }},

{{ by }} refused your request for access to the record {{ record_id }}.
{% if reason %}
Reason given: {{ reason }}
{% endif %}
{{ link }}
",
    "<p>Hello {{ name }},</p>
<p>{{ by }} refused your request for access to the record <a href=\"{{ link }}\">{{ record_id }}</a>.</p>
{% if reason %}<p>Reason given: {{ reason }}</p>
{% endif %}",
);

const DIGEST: (&str, &str, &str) = (
    "{{ count }} {% if count == 1 %}record{% else %}records{% endif %} changed at {{ office }}",
    "Hello {{ name }},

since {{ since }} {% if count == 1 %}one record that you have access to was{% else %}{{ count }} records that you have access to were{% endif %} \
     added or changed:

{% for record in records %}- {{ record }}
{% endfor %}{% if more %}and {{ more }} more
{% endif %}
{{ console }}

To hear no more of a record, clear Receive Daily Digest in its sharing options.
",
    "<p>Hello {{ name }},</p>
<p>since {{ since }} {% if count == 1 %}one record that you have access to was{% else %}{{ count }} records that you have access to were{% endif %} \
     added or changed:</p>
<ul>
{% for record in records %}<li>{{ record }}</li>
{% endfor %}</ul>
{% if more %}<p>and {{ more }} more</p>
{% endif %}<p><a href=\"{{ console }}\">Open the console</a></p>
<p>To hear no more of a record, clear <i>Receive Daily Digest</i> in its sharing options.</p>
",
);

const DELETION_NEAR: (&str, &str, &str) = (
    "{{ count }} {% if count == 1 %}record{% else %}records{% endif %} will be deleted at {{ office }}",
    "Hello {{ name }},

the relationship with {% if count == 1 %}this client{% else %}these {{ count }} clients{% endif %} was ended years ago. From {{ deleted }} on \
     {% if count == 1 %}the record is{% else %}the records are{% endif %} deleted for good:

{% for record in records %}- {{ record }}
{% endfor %}{% if more %}and {{ more }} more
{% endif %}
Whoever needs one longer takes it into use again before that day: {{ console }}
",
    "<p>Hello {{ name }},</p>
<p>the relationship with {% if count == 1 %}this client{% else %}these {{ count }} clients{% endif %} was ended years ago. From {{ deleted }} on \
     {% if count == 1 %}the record is{% else %}the records are{% endif %} deleted for good:</p>
<ul>
{% for record in records %}<li>{{ record }}</li>
{% endfor %}</ul>
{% if more %}<p>and {{ more }} more</p>
{% endif %}<p>Whoever needs one longer <a href=\"{{ console }}\">takes it into use again</a> before that day.</p>
",
);

const TEST: (&str, &str, &str) = (
    "Test message from {{ office }}",
    "Hello {{ name }},

this is a test message from {{ office }}. Mail works.
",
    "<p>Hello {{ name }},</p>
<p>this is a test message from {{ office }}. Mail works.</p>
",
);
