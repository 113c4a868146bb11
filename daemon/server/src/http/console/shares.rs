//! The Shares dialog: which colleagues, which groups, and whether the whole office sees a record, at which level. Nothing counts before OK.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::groups;
use super::inside::segment;
use super::links::level_words;
use super::lists::Found;
use super::plans::{Plan, stale};
use super::sharing::Sharing;
use super::shell::{self, Shell, go};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

/// Field names of levels begin with this; who it is follows, such as `user:ann`.
const LEVEL: &str = "level:";
const OFFICE: &str = "office:";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients/{id}/shares", get(show).post(change))
}

/// A line of the dialog.
struct Line {
    /// Whose it is: `user:ann`, `group:Tax`, or `office:`.
    key: String,
    /// What counts now; `none` for somebody who is only added to the list.
    now: String,
    /// What is chosen.
    level: String,
}

impl Line {
    /// A line as it is there, with what was chosen for it.
    fn there(key: String, now: &str, fields: &Fields) -> Self {
        let level = fields.some(&format!("{LEVEL}{key}")).unwrap_or_else(|| now.to_owned());
        Self { key, now: now.to_owned(), level }
    }

    fn is_group(&self) -> bool {
        self.key.starts_with("group:")
    }

    fn name(&self) -> &str {
        let name = self.key.split_once(':').map_or("", |(_, name)| name);
        if name.is_empty() { "Whole office" } else { name }
    }

    fn now_words(&self) -> &'static str {
        level_words(&self.now)
    }

    fn is_new(&self) -> bool {
        self.now == "none"
    }

    fn change(&self) -> Value {
        match self.key.split_once(':') {
            Some(("user", user)) => json!({ "user": user, "level": self.level }),
            Some(("group", group)) => json!({ "group": group, "level": self.level }),
            _ => json!({ "whole_office": true, "level": self.level }),
        }
    }
}

#[derive(Template)]
#[template(path = "shares.html")]
struct Page {
    shell: Shell,
    shares: Sharing,
    lines: Vec<Line>,
    /// Groups that are not in the list; `None` where there are too many to choose from, and the name is typed.
    groups: Option<Vec<String>>,
    /// The name that was typed, while it is none.
    group: String,
    find: String,
    found: Option<Found>,
    plan: Option<Plan>,
    wrong: Option<Wrong>,
    /// Whether the viewer may change the list, or the own line of it alone.
    may_change: bool,
}

impl Page {
    fn find_text(&self) -> &str {
        &self.find
    }

    fn has_office(&self) -> bool {
        self.lines.iter().any(|line| line.key == OFFICE)
    }
}

/// The lines as chosen: whoever was added last stands on top.
fn lines(shares: &Sharing, fields: &Fields) -> Vec<Line> {
    let users = shares.users.iter().map(|share| Line::there(format!("user:{}", share.user), &share.level, fields));
    let groups = shares.groups.iter().map(|share| Line::there(format!("group:{}", share.group), &share.level, fields));
    let office = (shares.whole_office != "none").then(|| Line::there(OFFICE.to_owned(), &shares.whole_office, fields));
    let there: Vec<Line> = users.chain(groups).chain(office).collect();
    let added = fields.0.iter().filter_map(|(name, level)| Some((name.strip_prefix(LEVEL)?, level)));
    let added = added.filter(|(key, level)| *level != "none" && there.iter().all(|line| line.key != *key));
    let added = added.map(|(key, level)| Line { key: key.to_owned(), now: "none".to_owned(), level: level.clone() });
    added.collect::<Vec<_>>().into_iter().chain(there).collect()
}

/// What is chosen and not so yet; `None` when that is nothing.
fn changes(lines: &[Line]) -> Option<Value> {
    let changed: Vec<Value> = lines.iter().filter(|line| line.level != line.now).map(Line::change).collect();
    (!changed.is_empty()).then(|| json!({ "changes": changed }))
}

/// Whether a refusal is about what was chosen, which can be chosen otherwise.
fn is_mendable(problem: &Problem) -> bool {
    matches!(problem.status, 403 | 404 | 409 | 422)
        && !matches!(problem.code.as_str(), "unknown-record" | "foreign-record" | "proof-needed")
}

async fn page(visit: &Visit, shares: Sharing, fields: &Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let lines = lines(&shares, fields);
    let (mut plan, mut wrong) = (None, wrong);
    if let Some(asked) = changes(&lines) {
        match visit.api.post::<Plan>(&format!("/records/{}/shares/plan", segment(&shares.record)), &asked).await {
            Ok(made) => plan = Some(made),
            Err(problem) if is_mendable(&problem) => wrong = Some(Wrong::of(problem, &[])),
            Err(problem) => return Err(problem.into()),
        }
    }
    let groups = if shares.may_share { groups::all(visit).await? } else { Some(Vec::new()) };
    let is_new = |name: &String| lines.iter().all(|line| line.key != format!("group:{name}"));
    let groups = groups.map(|groups| groups.into_iter().map(|group| group.name).filter(is_new).collect());
    let find = fields.text("find").to_owned();
    let page = Page {
        shell: visit.shell(&format!("Shares of {}", shares.name), "clients"),
        groups,
        group: if wrong.as_ref().is_some_and(|wrong| wrong.field == "group") { fields.text("group").to_owned() } else { String::new() },
        found: groups::found(visit, &find).await?,
        may_change: shares.may_share || shares.is_for_self(&visit.me.user),
        shares,
        lines,
        find,
        plan,
        wrong,
    };
    let status = if page.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(shell::page(&page, status))
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let shares = Sharing::of(&visit, &id).await?;
    page(&visit, shares, &Fields::default(), None).await
}

/// Puts somebody on the list; what was chosen for him or her before stays.
fn add(fields: &mut Fields, key: &str) {
    let name = format!("{LEVEL}{key}");
    if fields.some(&name).is_none_or(|level| level == "none") {
        fields.0.retain(|(found, _)| *found != name);
        fields.0.insert(0, (name, "read".to_owned()));
    }
}

/// Takes somebody off the list.
fn remove(fields: &mut Fields, key: &str) {
    let name = format!("{LEVEL}{key}");
    fields.0.retain(|(found, _)| *found != name);
    fields.0.push((name, "none".to_owned()));
}

async fn change(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Result<Response, Trouble> {
    let shares = Sharing::of(&visit, &id).await?;
    let chosen = fields.text("do").to_owned();
    match chosen.split_once(':') {
        Some(("plus", user)) => {
            add(&mut fields, &format!("user:{user}"));
            fields.0.retain(|(name, _)| name != "find");
        }
        Some(("remove", key)) => remove(&mut fields, key),
        _ if chosen == "group" && !fields.text("group").is_empty() => match groups::load(&visit, fields.text("group").trim()).await {
            Ok(group) => add(&mut fields, &format!("group:{}", group.name)),
            Err(problem) if is_mendable(&problem) => {
                return page(&visit, shares, &fields, Some(Wrong::of(problem, &[("unknown-group", "group")]))).await;
            }
            Err(problem) => return Err(problem.into()),
        },
        _ if chosen == "office" => add(&mut fields, OFFICE),
        _ => {}
    }
    if chosen != "ok" {
        return page(&visit, shares, &fields, None).await;
    }
    let Some(mut asked) = changes(&lines(&shares, &fields)) else { return Ok(go(&shares.place(), "Nothing changed")) };
    let place = format!("/records/{}/shares", segment(&shares.record));
    let plan: Plan = match visit.api.post(&format!("{place}/plan"), &asked).await {
        Ok(plan) => plan,
        Err(problem) if is_mendable(&problem) => return page(&visit, shares, &fields, None).await,
        Err(problem) => return Err(problem.into()),
    };
    if plan.id != fields.text("plan") {
        let first = fields.text("plan").is_empty();
        let wrong = if first { Wrong::missing("", "Read what will happen, then choose OK") } else { stale() };
        return page(&visit, shares, &fields, Some(wrong)).await;
    }
    asked["plan"] = plan.id.into();
    match visit.api.post::<Value>(&place, &asked).await {
        Ok(_) => Ok(go(&super::access_control::after(&visit, &shares.record).await, &format!("The shares of {} are changed", shares.name))),
        Err(problem) if problem.code == "stale-plan" => {
            let shares = Sharing::of(&visit, &id).await?;
            page(&visit, shares, &fields, Some(stale())).await
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sharing::{GroupShare, UserShare};
    use super::*;

    fn clara() -> Sharing {
        let level = || "read".to_owned();
        let users = vec![UserShare { user: "bob".to_owned(), level: level() }];
        let groups = vec![GroupShare { group: "Tax: wills".to_owned(), level: level() }];
        let shares = json!({ "record": "r", "name": "Clara", "whole_office": "none", "may_share": true });
        Sharing { users, groups, ..serde_json::from_value(shares).unwrap() }
    }

    #[test]
    fn what_is_chosen_becomes_changes_and_nothing_else_does() {
        let mut fields = Fields(vec![("level:user:bob".to_owned(), "read".to_owned())]);
        assert_eq!(changes(&lines(&clara(), &fields)), None);
        add(&mut fields, "user:carl");
        add(&mut fields, OFFICE);
        remove(&mut fields, "group:Tax: wills");
        let expected = json!({ "changes": [
            { "whole_office": true, "level": "read" },
            { "user": "carl", "level": "read" },
            { "group": "Tax: wills", "level": "none" },
        ] });
        assert_eq!(changes(&lines(&clara(), &fields)), Some(expected));
        remove(&mut fields, OFFICE);
        assert_eq!(lines(&clara(), &fields)[0].key, "user:carl", "who was only added is gone from the list");
    }
}
