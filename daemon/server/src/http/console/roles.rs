//! Roles: what the people who have one may do, and every change of that by plan.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use interoffice_core::domain::role::Permission;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::plans::Deed;
use super::shell::{Shell, go, ok, unfit};
use super::shown::{capital, counted};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

const HERE: &str = "roles";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/roles", get(list))
        .route("/add-role", get(show_add).post(add))
        .route("/roles/{name}", get(show).post(change))
        .route("/roles/{name}/delete", get(ask_delete).post(delete))
}

/// What a permission allows, in words that follow "may".
pub(super) fn permission_words(name: &str) -> &str {
    match Permission::parse(name) {
        Some(permission) => permission.words(),
        None => name,
    }
}

/// A role as the API gives it.
#[derive(Clone, Deserialize)]
pub(super) struct Role {
    pub(super) name: String,
    permissions: Vec<String>,
    pub(super) administers: bool,
    users: u64,
}

impl Role {
    /// Where its page is.
    fn place(&self) -> String {
        format!("/roles/{}", segment(&self.name))
    }

    fn words(&self) -> String {
        let words: Vec<&str> = self.permissions.iter().map(|name| permission_words(name)).collect();
        match (self.administers, words.is_empty()) {
            (true, _) => "Everything, and administer the office".to_owned(),
            (false, true) => "Look only".to_owned(),
            _ => capital(&words.join("; ")),
        }
    }
}

#[derive(Deserialize)]
struct Roles {
    items: Vec<Role>,
}

/// All roles by name.
pub(super) async fn roles(visit: &Visit) -> Result<Vec<Role>, Problem> {
    let roles: Roles = visit.api.get("/roles").await?;
    Ok(roles.items)
}

async fn load(visit: &Visit, name: &str) -> Result<Role, Problem> {
    visit.api.get(&format!("/roles/{}", segment(name))).await
}

#[derive(Template)]
#[template(path = "roles.html")]
struct ListPage {
    shell: Shell,
    roles: Vec<Role>,
}

async fn list(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&ListPage { shell: visit.shell("Roles", HERE), roles: roles(&visit).await? }))
}

/// A box of a permission.
struct Tick {
    name: &'static str,
    words: String,
    on: bool,
}

fn ticks(on: impl Fn(&str) -> bool) -> Vec<Tick> {
    let tick = |permission: Permission| Tick { name: permission.as_str(), words: capital(permission.words()), on: on(permission.as_str()) };
    Permission::ALL.into_iter().map(tick).collect()
}

#[derive(Template)]
#[template(path = "role.html")]
struct RolePage {
    shell: Shell,
    /// The role that is changed; none while one is made.
    role: Option<Role>,
    called: String,
    ticks: Vec<Tick>,
    wrong: Option<Wrong>,
}

impl RolePage {
    fn action(&self) -> String {
        self.role.as_ref().map_or_else(|| "/add-role".to_owned(), Role::place)
    }

    fn is_fixed(&self) -> bool {
        self.role.as_ref().is_some_and(|role| role.administers)
    }
}

fn new_page(visit: &Visit, fields: &Fields, wrong: Option<Wrong>) -> RolePage {
    let chosen = fields.all("permission");
    let ticks = ticks(|name| chosen.iter().any(|chosen| chosen == name));
    RolePage { shell: visit.shell("Make a role", HERE), role: None, called: fields.text("name").to_owned(), ticks, wrong }
}

async fn show_add(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&new_page(&visit, &Fields::default(), None)))
}

const ROLE_FIELDS: [(&str, &str); 2] = [("bad-role-name", "name"), ("role-exists", "name")];

async fn add(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let asked = json!({ "name": fields.text("name"), "permissions": fields.all("permission") });
    match visit.api.post::<Role>("/roles", &asked).await {
        Ok(role) => Ok(go("/roles", &format!("The role {} is made; nobody has it yet", role.name))),
        Err(problem) if mendable(&problem) => {
            let wrong = Some(Wrong::of(problem, &ROLE_FIELDS));
            Ok(unfit(&new_page(&visit, &fields, wrong)))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let role = load(&visit, &name).await?;
    let ticks = ticks(|name| role.permissions.iter().any(|held| held == name));
    Ok(ok(&RolePage { shell: visit.shell(&role.name, HERE), called: role.name.clone(), role: Some(role), ticks, wrong: None }))
}

async fn change(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let role = load(&visit, &name).await?;
    let permissions = fields.all("permission");
    let mut kept: Vec<(&'static str, String)> = permissions.iter().map(|name| ("permission", name.clone())).collect();
    kept.push(("name", fields.text("name").to_owned()));
    let deed = Deed {
        title: format!("Change the role {}?", role.name),
        here: HERE,
        lead: "",
        yes: "Yes, change this role",
        danger: false,
        api: format!("/roles/{}/change", segment(&role.name)),
        body: json!({ "name": fields.text("name"), "permissions": permissions }),
        action: role.place(),
        kept,
        back: role.place(),
    };
    let again = |wrong: Wrong| {
        let ticks = ticks(|name| permissions.iter().any(|chosen| chosen == name));
        let shell = visit.shell(&role.name, HERE);
        unfit(&RolePage { shell, role: Some(role.clone()), called: fields.text("name").to_owned(), ticks, wrong: Some(wrong) })
    };
    let same = permissions.len() == role.permissions.len() && permissions.iter().all(|name| role.permissions.contains(name));
    if same && fields.text("name") == role.name {
        return Ok(again(Wrong::missing("", "Nothing is different from before: tick something, or go back")));
    }
    match deed.carry_out::<Role>(&visit, &fields).await {
        Ok(Ok(role)) => Ok(go("/roles", &format!("The role {} is changed for {}", role.name, counted(role.users, "user")))),
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if mendable(&problem) => Ok(again(Wrong::of(problem, &ROLE_FIELDS))),
        Err(trouble) => Err(trouble),
    }
}

#[derive(Template)]
#[template(path = "role_delete.html")]
struct DeletePage {
    shell: Shell,
    role: Role,
    wrong: Option<Wrong>,
}

async fn ask_delete(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let role = load(&visit, &name).await?;
    Ok(ok(&DeletePage { shell: visit.shell(&format!("Delete the role {}?", role.name), HERE), role, wrong: None }))
}

async fn delete(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let role = load(&visit, &name).await?;
    match visit.api.send::<Value>(Method::DELETE, &format!("/roles/{}", segment(&role.name)), &json!({})).await {
        Ok(_) => Ok(go("/roles", &format!("The role {} is deleted", role.name))),
        Err(problem) if mendable(&problem) => {
            let shell = visit.shell(&format!("Delete the role {}?", role.name), HERE);
            Ok(unfit(&DeletePage { shell, role, wrong: Some(Wrong::of(problem, &[])) }))
        }
        Err(problem) => Err(problem.into()),
    }
}
