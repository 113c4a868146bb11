//! Writing mails out: the templates of their texts and what the variables stand for. Where a text is changed it is tried here, where a mail
//! is sent it is rendered here; both doors use the same rules.

use std::collections::BTreeMap;

use interoffice_core::domain::mail::{MailKind, Text, Value, Values, samples, text, variables};
use interoffice_core::domain::refusal::Refusal;
use interoffice_protocol::names::plain;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

/// Longest subject (characters); what is longer is cut.
const SUBJECT_CHARS: usize = 200;
/// Steps that one template may take: a digest of 50 names takes some hundred, and no loop runs for ever.
const FUEL: u64 = 50_000;
/// Longest part that a template may grow to (bytes).
const PART_BYTES: usize = 256 * 1024;
/// Parts of the template language that would let an edited text undo the escaping of HTML, or work without end.
const NO_FUNCTIONS: [&str; 4] = ["range", "dict", "debug", "namespace"];

/// A mail written out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Written {
    /// One line.
    pub(crate) subject: String,
    /// The plain text.
    pub(crate) text: String,
    /// The HTML part, a whole page.
    pub(crate) html: String,
}

/// Writes a mail out. A text of an administrator that can't be rendered after all gives way to the program's own.
pub(crate) fn write(kind: MailKind, edited: &Text, values: &Values) -> Result<Written, String> {
    render(edited, values).or_else(|fault| {
        tracing::warn!(kind = kind.as_str(), part = fault.part, line = fault.line, "an edited mail text failed, the program's own is used");
        render(&text(kind), values).map_err(|fault| format!("the text of the mail can't be rendered: {}", fault.words))
    })
}

/// Tries a text with sample values before it is kept.
pub(crate) fn check(kind: MailKind, text: &Text) -> Result<(), Refusal> {
    let known: Vec<&str> = variables(kind).iter().map(|variable| variable.name).collect();
    let bad = |fault: Fault| {
        let place = fault.line.map_or_else(String::new, |line| format!(", line {line}"));
        let message = format!("the {}{place} can't be rendered: {}", fault.part, fault.words);
        Refusal::invalid("bad-mail-text", message, format!("the variables of {} are {}", kind.as_str(), known.join(", ")))
    };
    for (part, source) in parts(text) {
        unknown_variable(part, source, &known).map_err(bad)?;
    }
    for values in samples(kind) {
        let written = render(text, &values).map_err(bad)?;
        if written.subject.is_empty() {
            return Err(bad(Fault { part: "subject", line: None, words: "it is empty".to_owned() }));
        }
    }
    Ok(())
}

/// What is wrong with a template.
struct Fault {
    part: &'static str,
    line: Option<usize>,
    words: String,
}

impl Fault {
    fn of(part: &'static str, error: &minijinja::Error) -> Self {
        let words = match error.kind() {
            ErrorKind::UndefinedError => "it uses a variable that there is not".to_owned(),
            ErrorKind::OutOfFuel => "it takes too many steps".to_owned(),
            kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
        };
        Self { part, line: error.line(), words: plain(&words) }
    }
}

fn parts(text: &Text) -> [(&'static str, &str); 3] {
    [("subject", &text.subject), ("text", &text.text), ("html", &text.html)]
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|part| if part == "html" { AutoEscape::Html } else { AutoEscape::None });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.remove_filter("safe");
    for function in NO_FUNCTIONS {
        environment.remove_global(function);
    }
    environment
}

/// Finds variables that the kind does not have, also where the sample values do not lead.
fn unknown_variable(part: &'static str, source: &str, known: &[&str]) -> Result<(), Fault> {
    let environment = environment();
    let template = environment.template_from_named_str(part, source).map_err(|error| Fault::of(part, &error))?;
    let mut unknown: Vec<String> =
        template.undeclared_variables(false).into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    unknown.sort();
    if let Some(name) = unknown.first() {
        return Err(Fault { part, line: None, words: format!("there is no variable '{}'", plain(name)) });
    }
    if source.contains("autoescape") {
        return Err(Fault { part, line: None, words: "values are always escaped, and 'autoescape' is not allowed".to_owned() });
    }
    Ok(())
}

fn render(text: &Text, values: &Values) -> Result<Written, Fault> {
    let environment = environment();
    let values: BTreeMap<&'static str, minijinja::Value> = values.iter().map(|(name, value)| (*name, of(value))).collect();
    let render = |part: &'static str, source: &str| {
        let whole = environment.render_named_str(part, source, &values).map_err(|error| Fault::of(part, &error))?;
        if whole.len() > PART_BYTES {
            return Err(Fault { part, line: None, words: "it grows too long".to_owned() });
        }
        Ok(whole)
    };
    let [subject, text, html] = parts(text).map(|(part, source)| render(part, source));
    Ok(Written { subject: one_line(&subject?), text: text?, html: page(&html?) })
}

fn of(value: &Value) -> minijinja::Value {
    match value {
        Value::Text(text) => minijinja::Value::from(text),
        Value::Number(number) => minijinja::Value::from(*number),
        Value::Names(names) => names.iter().collect(),
    }
}

/// A header takes one line, whatever somebody is called.
fn one_line(subject: &str) -> String {
    plain(subject).trim().chars().take(SUBJECT_CHARS).collect()
}

fn page(body: &str) -> String {
    format!("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n{body}</body>\n</html>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(kind: MailKind, set: &[(&'static str, &str)]) -> Values {
        let [mut values, _] = samples(kind);
        values.extend(set.iter().map(|(name, value)| (*name, Value::Text((*value).to_owned()))));
        values
    }

    fn refused(kind: MailKind, change: impl FnOnce(&mut Text)) -> String {
        let mut text = text(kind);
        change(&mut text);
        let refusal = check(kind, &text).unwrap_err();
        assert_eq!(refusal.code, "bad-mail-text");
        refusal.to_string()
    }

    #[test]
    fn every_text_of_the_program_can_be_rendered() {
        for kind in MailKind::ALL {
            check(kind, &text(kind)).unwrap_or_else(|refusal| panic!("{}: {refusal}", kind.as_str()));
            for values in samples(kind) {
                let written = write(kind, &text(kind), &values).unwrap();
                assert!(!written.subject.contains("{{") && !written.text.contains("{%") && written.html.ends_with("</html>\n"));
            }
        }
    }

    #[test]
    fn a_digest_names_and_counts() {
        let [many, one] = samples(MailKind::Digest);
        let many = write(MailKind::Digest, &text(MailKind::Digest), &many).unwrap();
        assert_eq!(many.subject, "57 records changed at Harbour Law");
        assert!(many.text.contains("- Client 50\nand 7 more\n") && many.html.contains("<li>Client 50</li>"), "{}", many.text);
        let one = write(MailKind::Digest, &text(MailKind::Digest), &one).unwrap();
        assert!(one.subject.starts_with("1 record changed") && !one.text.contains("more\n"), "{}", one.text);
    }

    #[test]
    fn names_break_neither_the_subject_nor_the_page() {
        let name = "Eve\r\nBcc: all@a.example\r\n\r\n<script>alert(1)</script>\u{202e}";
        let values = values(MailKind::AccessAsked, &[("record", name), ("by", name)]);
        let written = write(MailKind::AccessAsked, &text(MailKind::AccessAsked), &values).unwrap();
        assert!(!written.subject.contains(char::is_control) && written.subject.chars().count() <= SUBJECT_CHARS, "{}", written.subject);
        assert!(!written.html.contains("<script>") && written.html.contains("&lt;script&gt;"), "{}", written.html);
        let long = values_of_a_long_name();
        assert_eq!(write(MailKind::Test, &text(MailKind::Test), &long).unwrap().subject.chars().count(), SUBJECT_CHARS);
    }

    fn values_of_a_long_name() -> Values {
        values(MailKind::Test, &[("office", &"ä".repeat(300))])
    }

    #[test]
    fn an_edited_text_is_refused_with_what_is_wrong() {
        let unknown = refused(MailKind::Test, |text| text.text = "{% if office == 'x' %}{{ pasword }}{% endif %}".into());
        assert!(unknown.contains("'pasword'") && unknown.contains("office, name, user, console"), "{unknown}");
        let of_another = refused(MailKind::Test, |text| text.subject = "{{ link }}".into());
        assert!(of_another.contains("subject") && of_another.contains("'link'"), "{of_another}");
        let syntax = refused(MailKind::Test, |text| text.html = "<p>\n{{ office </p>".into());
        assert!(syntax.contains("html, line 2"), "{syntax}");
        for (part, bad) in [
            ("no filter", "{{ office|safe }}"),
            ("escaping", "{% autoescape false %}{{ office }}{% endautoescape %}"),
            ("no function", "{% for i in range(9) %}{% endfor %}"),
            ("no attribute", "{{ office.length }}"),
            ("no list", "{% for letter in count %}{% endfor %}"),
        ] {
            assert!(!refused(MailKind::Digest, |text| text.html = bad.into()).is_empty(), "{part}");
        }
        let nested = "{% for a in records %}{% for b in records %}{% for c in records %}{{ a }}{% endfor %}{% endfor %}{% endfor %}";
        assert!(refused(MailKind::Digest, |text| text.text = nested.into()).contains("too many steps"));
        assert!(refused(MailKind::Test, |text| text.subject = " {# nothing #} ".into()).contains("empty"));
    }

    #[test]
    fn a_text_that_fails_after_all_gives_way_to_the_programs_own() {
        let broken = Text { subject: "{{ nobody }}".into(), text: String::new(), html: String::new() };
        let written = write(MailKind::Test, &broken, &values(MailKind::Test, &[])).unwrap();
        assert_eq!(written.subject, "Test message from Harbour Law");
    }
}
