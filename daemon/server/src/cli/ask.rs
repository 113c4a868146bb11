//! Asking before something big is done: the plan is shown with its counts, and nothing happens before a yes.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::Context;
use super::exit::{Exit, Failure};
use super::output::{Format, one_line, say};

/// The flags of a command that asks first.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Consent {
    /// Do it without asking
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Only show what would happen
    #[arg(long, conflicts_with = "yes")]
    pub(super) dry_run: bool,
}

/// Asks the daemon for the plan of `POST path` with `body`, shows it, asks, and carries it out. `None` when it was only shown.
pub(super) async fn carry_out(context: &Context, path: &str, body: Value, consent: Consent) -> Result<Option<Value>, Failure> {
    let plan: Value = context.client.post(&format!("{path}/plan"), &body).await?;
    if consent.dry_run {
        context.printer.one(&plan, words)?;
        return Ok(None);
    }
    if context.printer.format() == Format::Table || !consent.yes {
        say(words(&plan).trim_end())?;
    }
    if !consent.yes {
        confirm("Do this?")?;
    }
    let mut body = body;
    body["plan"] = plan["id"].clone();
    Ok(Some(context.client.post(path, &body).await?))
}

/// Asks a question that a person must answer with yes.
pub(super) fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody is there to be asked, so nothing was done: give --yes to do it, or --dry-run to look"));
    }
    // A stderr that is gone leaves the question unseen, and then the answer is not yes.
    let _ = write!(io::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Failed, "nothing was done")),
    }
}

/// A plan in sentences.
fn words(plan: &Value) -> String {
    let mut text = String::new();
    let sentences = |name: &str| plan[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(one_line).collect::<Vec<_>>();
    let mut part = |head: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(head);
            text.push('\n');
            text.extend(lines.iter().map(|line| format!("  - {line}\n")));
        }
    };
    part("This will happen:", sentences("changes"));
    part("This stays as it is:", sentences("stays"));
    part("Not reachable now, will learn of it later:", sentences("unreachable"));
    let counts: Vec<String> = plan["counts"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0))
        .map(|(noun, count)| format!("{}: {count}", noun.replace('_', " ")))
        .collect();
    if !counts.is_empty() {
        text.push_str(&format!("Counts: {}\n", counts.join(", ")));
    }
    if text.is_empty() { "Nothing will change.\n".to_owned() } else { text }
}

/// The body of a verb that needs nothing but a plan.
pub(super) fn nothing() -> Value {
    json!({})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_shown_in_sentences_with_counts() {
        let plan = json!({
            "id": "x", "changes": ["Super User is switched off for ann"], "stays": [], "unreachable": [],
            "counts": {"links": 2, "unassigned_contacts": 3, "people": 0},
        });
        assert_eq!(words(&plan), "This will happen:\n  - Super User is switched off for ann\nCounts: links: 2, unassigned contacts: 3\n");
        assert_eq!(words(&json!({})), "Nothing will change.\n");
    }

    #[test]
    fn a_sentence_of_a_plan_stays_one_line_whatever_an_office_calls_itself() {
        let plan = json!({ "changes": ["a link with East\n\u{1b}[2K\nCounts: links: 0 ends"] });
        assert_eq!(words(&plan), "This will happen:\n  - a link with East  [2K Counts: links: 0 ends\n");
    }
}
