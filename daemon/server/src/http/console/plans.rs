//! A plan as people read it before they say yes, and the page on which they say it.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form::{Fields, Wrong};
use super::shell::{self, Shell};
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;

/// From how many records on their number is typed before they go.
const TYPED: u64 = 100;

/// A plan as the API gives it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Plan {
    pub(super) id: String,
    changes: Vec<String>,
    stays: Vec<String>,
    counts: Counts,
    pub(super) unreachable: Vec<String>,
}

/// What a plan is about, in numbers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    contacts: u64,
    businesses: u64,
    households: u64,
    cases: u64,
    policies: u64,
    investments: u64,
    opportunities: u64,
    private: u64,
}

impl Plan {
    /// What will happen, a line each.
    pub(super) fn changes(&self) -> &[String] {
        &self.changes
    }

    /// What stays as it is, a line each.
    pub(super) fn stays(&self) -> &[String] {
        &self.stays
    }

    /// The records and what comes along with them, as one list; empty when there are none, and when the only line of the
    /// plan begins with the same numbers.
    pub(super) fn in_all(&self) -> String {
        let counted = self.counted();
        let spoken = match counted.rsplit_once(", ") {
            Some((others, last)) => format!("{others} and {last} "),
            None => format!("{counted} "),
        };
        let said = matches!(&self.changes[..], [only] if only.starts_with(&spoken));
        if said { String::new() } else { counted }
    }

    fn counted(&self) -> String {
        let c = &self.counts;
        let all = [
            (c.contacts, "contact"),
            (c.businesses, "business"),
            (c.households, "household"),
            (c.cases, "case"),
            (c.policies, "policy"),
            (c.investments, "investment"),
            (c.opportunities, "opportunity"),
        ];
        let words: Vec<String> = all.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
        words.join(", ")
    }

    fn records(&self) -> u64 {
        self.counts.contacts + self.counts.businesses + self.counts.households
    }

    /// The number that is typed before so many records go.
    pub(super) fn typed(&self) -> Option<u64> {
        Some(self.records()).filter(|records| *records >= TYPED)
    }

    /// What is wrong with a yes to many records: their number was not typed.
    pub(super) fn untyped(&self, fields: &Fields) -> Option<Wrong> {
        let records = self.typed()?;
        let said = fields.text("records").replace([',', '.', ' '], "");
        (said != records.to_string()).then(|| {
            let detail = format!("Type {records}, the number of records, to say that you mean all of them");
            Wrong { field: "records", detail, remedy: String::new() }
        })
    }
}

/// Name of the box that says yes to private records.
const PRIVATE_TOO: &str = "private_too";

/// Something that is done by a plan: where the API does it, and the words of its page.
pub(super) struct Deed {
    pub(super) title: String,
    /// Part of the menu.
    pub(super) here: &'static str,
    /// What is said before the plan; may be empty.
    pub(super) lead: &'static str,
    /// What the button says.
    pub(super) yes: &'static str,
    /// Whether something goes for good.
    pub(super) danger: bool,
    /// Where the API does it; its plan is at the same place behind `/plan`.
    pub(super) api: String,
    /// What is asked for.
    pub(super) body: Value,
    /// Where the form goes.
    pub(super) action: String,
    /// What goes along in the form, so that it asks for the same again.
    pub(super) kept: Vec<(&'static str, String)>,
    /// Where *No* goes.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page {
    shell: Shell,
    deed: Deed,
    plan: Plan,
    wrong: Option<Wrong>,
}

impl Deed {
    /// How many private records it would let others see, which is said yes to apart (K-10).
    fn private(&self, plan: &Plan) -> Option<u64> {
        Some(plan.counts.private).filter(|private| *private > 0 && !self.danger)
    }

    /// What is wrong with a yes that does not say yes to the private records among the others.
    fn unconfirmed(&self, plan: &Plan, fields: &Fields) -> Option<Wrong> {
        self.private(plan).filter(|_| !fields.is_on(PRIVATE_TOO))?;
        Some(Wrong::missing(PRIVATE_TOO, "Say yes to the private records too, or go back and leave them out"))
    }

    /// Where to see what another office would get, for what goes over a link.
    fn preview(&self) -> Option<String> {
        let link = self.api.strip_prefix("/links/")?.strip_suffix("/share")?;
        Some(format!("/links/{link}/preview"))
    }

    /// What it would do.
    pub(super) async fn plan(&self, visit: &Visit) -> Result<Plan, Trouble> {
        Ok(visit.api.post(&format!("{}/plan", self.api), &self.body).await?)
    }

    /// The page that says what it would do.
    pub(super) async fn ask(self, visit: &Visit, wrong: Option<Wrong>) -> Result<Response, Trouble> {
        let plan = self.plan(visit).await?;
        let shell = visit.shell(&self.title, self.here);
        let failed = wrong.is_some();
        let page = Page { shell, deed: self, plan, wrong };
        Ok(if failed { shell::unfit(&page) } else { shell::ok(&page) })
    }

    /// Does it, when the plan in `fields` is still what it would do; otherwise the page that asks, again.
    pub(super) async fn carry_out<T: DeserializeOwned>(self, visit: &Visit, fields: &Fields) -> Result<Result<T, Response>, Trouble> {
        let read = fields.text("plan");
        if read.is_empty() {
            return Ok(Err(self.ask(visit, None).await?));
        }
        let plan = self.plan(visit).await?;
        if plan.id != read {
            return Ok(Err(self.ask(visit, Some(stale())).await?));
        }
        if let Some(wrong) = self.unconfirmed(&plan, fields).or_else(|| plan.untyped(fields)) {
            return Ok(Err(self.ask(visit, Some(wrong)).await?));
        }
        let mut body = self.body.clone();
        if let Value::Object(members) = &mut body {
            members.insert("plan".to_owned(), plan.id.into());
        }
        match visit.api.post(&self.api, &body).await {
            Ok(done) => Ok(Ok(done)),
            Err(problem) if problem.code == "stale-plan" => Ok(Err(self.ask(visit, Some(stale())).await?)),
            Err(problem) => Err(problem.into()),
        }
    }
}

/// What is said when things changed while somebody read.
pub(super) fn stale() -> Wrong {
    let detail = "Something changed while you read this: look at it again";
    Wrong { field: "", detail: detail.to_owned(), remedy: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(contacts: u64) -> Plan {
        let counts = Counts { contacts, cases: 3, ..Counts::default() };
        Plan { id: "p".to_owned(), changes: vec!["ann loses it".to_owned()], stays: Vec::new(), counts, unreachable: Vec::new() }
    }

    #[test]
    fn a_plan_says_its_counts_in_words() {
        assert_eq!(plan(12).in_all(), "12 contacts, 3 cases");
        let told = Plan { changes: vec!["12 contacts and 3 cases will be removed at Harbour Law (bob)".to_owned()], ..plan(12) };
        assert_eq!(told.in_all(), "", "the same is not said twice");
        let twice = Plan { changes: vec![told.changes[0].clone(), "1 private record is among them".to_owned()], ..told };
        assert_eq!(twice.in_all(), "12 contacts, 3 cases");
    }

    #[test]
    fn a_hundred_records_want_their_number_typed() {
        let typed = |text: &str| Fields(vec![("records".to_owned(), text.to_owned())]);
        assert!(plan(99).untyped(&typed("")).is_none());
        assert!(plan(1_234).untyped(&typed("")).is_some());
        assert!(plan(1_234).untyped(&typed(" 1,234 ")).is_none());
    }
}
