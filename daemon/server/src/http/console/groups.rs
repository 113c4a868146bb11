//! Groups: many users who get access to a record at once. Who is in one is seen by administrators and by its members.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::lists::{self, Found, Part, ROWS, address, part};
use super::plans::Deed;
use super::shell::{self, Shell, go, ok, unfit};
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

const HERE: &str = "groups";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/groups", get(list))
        .route("/new-group", get(show_new).post(create))
        .route("/groups/{group}", get(show))
        .route("/groups/{group}/name", post(rename))
        .route("/groups/{group}/add", post(add))
        .route("/groups/{group}/remove/{user}", get(ask_remove).post(remove))
        .route("/groups/{group}/delete", get(ask_delete).post(delete))
}

/// A group as the API gives it; of one that the viewer may not look into, the name alone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(default)]
    members: Option<Vec<String>>,
    #[serde(default)]
    records: Option<u64>,
}

impl Group {
    /// Where its page is.
    fn place(&self) -> String {
        format!("/groups/{}", segment(&self.name))
    }

    /// How many records are shared with it, in words; empty when the viewer may not know.
    fn records_words(&self) -> String {
        self.records.map(|records| counted(records, "record")).unwrap_or_default()
    }
}

/// Every group of the office; `None` when that is more than a page offers to choose from.
pub(super) async fn all(visit: &Visit) -> Result<Option<Vec<Group>>, Trouble> {
    Ok(lists::few(visit, "/groups").await?)
}

/// The group with this name.
pub(super) async fn load(visit: &Visit, name: &str) -> Result<Group, Problem> {
    visit.api.get(&format!("/groups/{}", segment(name))).await
}

/// The users who are called so and are not disabled; `None` when nobody was looked for.
pub(super) async fn found(visit: &Visit, text: &str) -> Result<Option<Found>, Trouble> {
    lists::find(visit, text, |user| !user.is_disabled()).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Place {
    /// The place behind which the page begins.
    after: String,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct ListPage {
    shell: Shell,
    after: String,
    groups: Vec<Group>,
    next: Option<String>,
    wrong: Option<Wrong>,
}

async fn list(visit: Visit, Query(Place { after }): Query<Place>) -> Result<Response, Trouble> {
    let (Part { items, next }, wrong) = part(&visit, &address(&format!("/groups?limit={ROWS}"), &[("after", &after)])).await?;
    let next = next.map(|after| address("/groups", &[("after", &after)]));
    let page = ListPage { shell: visit.shell("Groups", HERE), after, groups: items, next, wrong };
    Ok(if page.wrong.is_some() { unfit(&page) } else { ok(&page) })
}

#[derive(Template)]
#[template(path = "group_new.html")]
struct NewPage {
    shell: Shell,
    asked: Fields,
    members: Vec<String>,
    found: Option<Found>,
    wrong: Option<Wrong>,
}

impl NewPage {
    fn find_text(&self) -> &str {
        self.asked.text("find")
    }
}

async fn new_page(visit: &Visit, asked: Fields, wrong: Option<Wrong>) -> Result<Response, Trouble> {
    let found = found(visit, asked.text("find")).await?;
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shell = visit.shell("Create new group", HERE);
    Ok(shell::page(&NewPage { shell, members: asked.all("member"), asked, found, wrong }, status))
}

async fn show_new(visit: Visit) -> Result<Response, Trouble> {
    new_page(&visit, Fields::default(), None).await
}

const WRONG: [(&str, &str); 3] = [("bad-group-name", "name"), ("group-exists", "name"), ("unknown-user", "find")];

async fn create(visit: Visit, mut fields: Fields) -> Result<Response, Trouble> {
    let chosen = fields.text("do").to_owned();
    match chosen.split_once(':') {
        Some(("plus", user)) => {
            if !fields.all("member").iter().any(|member| member == user) {
                fields.0.push(("member".to_owned(), user.to_owned()));
            }
            fields.0.retain(|(name, _)| name != "find");
            return new_page(&visit, fields, None).await;
        }
        Some(("remove", user)) => {
            fields.0.retain(|(name, value)| name != "member" || value != user);
            return new_page(&visit, fields, None).await;
        }
        _ if chosen == "find" => return new_page(&visit, fields, None).await,
        _ => {}
    }
    if fields.text("name").is_empty() {
        return new_page(&visit, fields, Some(Wrong::missing("name", "Enter a name for the group"))).await;
    }
    match visit.api.post::<Group>("/groups", &json!({ "name": fields.text("name"), "members": fields.all("member") })).await {
        Ok(group) => Ok(go(&group.place(), &format!("The group {} is made", group.name))),
        Err(problem) if matches!(problem.status, 404 | 409 | 422) => new_page(&visit, fields, Some(Wrong::of(problem, &WRONG))).await,
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    shell: Shell,
    group: Group,
    place: String,
    find: String,
    found: Option<Found>,
    wrong: Option<Wrong>,
}

impl GroupPage {
    fn is_member(&self, user: &str) -> bool {
        self.group.members.iter().flatten().any(|member| member == user)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sought {
    find: String,
}

async fn group_page(visit: &Visit, name: &str, find: &str, wrong: Option<Wrong>) -> Result<GroupPage, Trouble> {
    let group = load(visit, name).await?;
    let found = found(visit, find).await?;
    Ok(GroupPage { shell: visit.shell(&group.name, HERE), place: group.place(), group, find: find.to_owned(), found, wrong })
}

async fn show(visit: Visit, Path(name): Path<String>, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    Ok(ok(&group_page(&visit, &name, &sought.find, None).await?))
}

async fn rename(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let asked = json!({ "name": fields.text("name") });
    match visit.api.send::<Group>(Method::PATCH, &format!("/groups/{}", segment(&name)), &asked).await {
        Ok(group) => Ok(go(&group.place(), "The group has another name now")),
        Err(problem) if matches!(problem.status, 409 | 422) => {
            Ok(unfit(&group_page(&visit, &name, "", Some(Wrong::of(problem, &WRONG))).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn add(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let user = fields.text("user");
    let group: Group = visit.api.post(&format!("/groups/{}/members", segment(&name)), &json!({ "user": user })).await?;
    Ok(go(&group.place(), &format!("{user} is in the group now, and sees what is shared with it")))
}

#[derive(Template)]
#[template(path = "group_remove.html")]
struct RemovePage {
    shell: Shell,
    group: Group,
    user: String,
    /// How many stay in the group.
    others: u64,
}

async fn ask_remove(visit: Visit, Path((name, user)): Path<(String, String)>) -> Result<Response, Trouble> {
    let group = load(&visit, &name).await?;
    let members = group.members.as_deref().unwrap_or_default();
    if !members.contains(&user) {
        return Ok(go(&group.place(), &format!("{user} is not in the group")));
    }
    let others = members.len() as u64 - 1;
    Ok(ok(&RemovePage { shell: visit.shell(&format!("Remove {user} from {}?", group.name), HERE), group, user, others }))
}

async fn remove(visit: Visit, Path((name, user)): Path<(String, String)>) -> Result<Response, Trouble> {
    let place = format!("/groups/{}/members/{}", segment(&name), segment(&user));
    let group: Group = visit.api.send(Method::DELETE, &place, &json!({})).await?;
    Ok(go(&group.place(), &format!("{user} is out of the group; to undo it, add {user} again")))
}

async fn deletion(visit: &Visit, name: &str) -> Result<Deed, Trouble> {
    let group = load(visit, name).await?;
    Ok(Deed {
        title: format!("Delete Group {}?", group.name),
        here: HERE,
        lead: "Access is revoked for all users in the group. This can’t be undone.",
        yes: "Delete",
        danger: true,
        api: format!("/groups/{}/delete", segment(&group.name)),
        body: json!({}),
        action: format!("{}/delete", group.place()),
        kept: Vec::new(),
        back: group.place(),
    })
}

async fn ask_delete(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    deletion(&visit, &name).await?.ask(&visit, None).await
}

async fn delete(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    Ok(match deletion(&visit, &name).await?.carry_out::<Value>(&visit, &fields).await? {
        Ok(_) => go("/groups", &format!("The group {name} is deleted")),
        Err(page) => page,
    })
}
