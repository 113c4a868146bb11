//! What a user may do and see: rights, account type and role, and proxies.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::lists::Choice;
use super::people::{HERE, Proxy, User, all_proxies as all, everybody, load, proxies_of};
use super::plans::Deed;
use super::roles::{Role, roles};
use super::shell::{Shell, go, ok, unfit};
use super::shown::When;
use super::trouble::Trouble;
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/people/{name}/rights", get(show_rights).post(set_rights))
        .route("/people/{name}/assign", get(show_assign).post(assign))
        .route("/proxies", get(all_proxies))
        .route("/people/{name}/proxies", get(show_proxies).post(add_proxy))
        .route("/people/{name}/proxies/end", post(end_proxy))
}

fn place(user: &User) -> String {
    format!("/people/{}", segment(&user.name))
}

#[derive(Template)]
#[template(path = "person_rights.html")]
struct RightsPage {
    shell: Shell,
    user: User,
    /// What was ticked and what will happen, a line each, when it is time to say yes.
    sure: Option<(Vec<&'static str>, Vec<String>)>,
    wrong: Option<Wrong>,
}

fn rights_page(visit: &Visit, user: User, wrong: Option<Wrong>) -> RightsPage {
    RightsPage { shell: visit.shell(&format!("Rights of {}", user.display_name), HERE), user, sure: None, wrong }
}

/// What will happen when a right is given or taken.
fn effect(user: &User, field: &str, on: bool) -> String {
    let name = &user.name;
    match (field, on) {
        ("super_user", true) => format!("{name} sees every record of this office, but not those marked Private."),
        ("super_user", false) => {
            format!("{name} no longer sees every record of this office, but what {name} owns ({}) and what else is shared.", user.owned())
        }
        (_, true) => format!("{name} has the right Enterprise View, which by itself opens no record here."),
        (_, false) => format!("{name} no longer has the right Enterprise View."),
    }
}

async fn show_rights(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    Ok(ok(&rights_page(&visit, user, None)))
}

async fn set_rights(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let wanted = [("super-user", "super_user", user.super_user), ("enterprise-view", "enterprise_view", user.enterprise_view)];
    let changes: Vec<(&str, bool)> =
        wanted.iter().filter(|(_, field, held)| fields.is_on(field) != *held).map(|(_, field, held)| (*field, !held)).collect();
    if !changes.is_empty() && !fields.is_on("sure") {
        let lines = changes.iter().map(|(field, on)| effect(&user, field, *on)).collect();
        let ticked = wanted.iter().map(|(_, field, _)| *field).filter(|field| fields.is_on(field)).collect();
        let page = rights_page(&visit, user, None);
        return Ok(ok(&RightsPage { sure: Some((ticked, lines)), ..page }));
    }
    for (right, field, held) in wanted {
        let on = fields.is_on(field);
        if on == held {
            continue;
        }
        let asked = json!({ "right": right, "on": on });
        match visit.api.post::<Value>(&format!("/users/{}/rights", segment(&user.name)), &asked).await {
            Ok(_) => {}
            Err(problem) if mendable(&problem) => {
                let mut wrong = Wrong::of(problem, &[]);
                wrong.field = field;
                return Ok(unfit(&rights_page(&visit, load(&visit, &name).await?, Some(wrong))));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let text = if changes.is_empty() { "Nothing changed".to_owned() } else { format!("The rights of {} are changed", user.display_name) };
    Ok(go(&place(&user), &text))
}

#[derive(Template)]
#[template(path = "person_assign.html")]
struct AssignPage {
    shell: Shell,
    user: User,
    roles: Vec<Role>,
    account: String,
    role: String,
    wrong: Option<Wrong>,
}

async fn assign_page(visit: &Visit, user: User, asked: (String, String), wrong: Option<Wrong>) -> Result<AssignPage, Trouble> {
    let shell = visit.shell(&format!("Account and role of {}", user.display_name), HERE);
    Ok(AssignPage { shell, user, roles: roles(visit).await?, account: asked.0, role: asked.1, wrong })
}

async fn show_assign(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let asked = (user.account.clone(), user.role.clone());
    Ok(ok(&assign_page(&visit, user, asked, None).await?))
}

async fn assign(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let (account, role) = (fields.text("account").to_owned(), fields.text("role").to_owned());
    if account == user.account && role == user.role {
        let wrong = Wrong::missing("role", "Choose another account type or another role, or cancel");
        return Ok(unfit(&assign_page(&visit, user, (account, role), Some(wrong)).await?));
    }
    let here = place(&user);
    let deed = Deed {
        title: format!("Change what {} may do?", user.display_name),
        here: HERE,
        lead: "",
        yes: "Yes, change it",
        danger: false,
        api: format!("/users/{}/assign", segment(&user.name)),
        body: json!({ "account": account, "role": role }),
        action: format!("{here}/assign"),
        kept: vec![("account", account.clone()), ("role", role.clone())],
        back: here.clone(),
    };
    match deed.carry_out::<User>(&visit, &fields).await {
        Ok(Ok(user)) => Ok(go(&here, &format!("{} is {} with the role {} now", user.display_name, user.account_words(), user.role))),
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if mendable(&problem) => {
            let field = if matches!(problem.code.as_str(), "unknown-role" | "role-exceeds-account") { "role" } else { "account" };
            let mut wrong = Wrong::of(problem, &[]);
            wrong.field = field;
            Ok(unfit(&assign_page(&visit, user, (account, role), Some(wrong)).await?))
        }
        Err(trouble) => Err(trouble),
    }
}

#[derive(Template)]
#[template(path = "person_proxies.html")]
struct ProxiesPage {
    shell: Shell,
    user: User,
    proxies: Vec<Proxy>,
    choice: Choice,
    asked: String,
    wrong: Option<Wrong>,
}

async fn proxies_page(visit: &Visit, user: User, asked: &Fields, wrong: Option<Wrong>) -> Result<ProxiesPage, Trouble> {
    let proxies = proxies_of(visit, &user.name).await?;
    let has = |other: &User| proxies.iter().any(|proxy| proxy.proxy == other.name && proxy.owner == user.name);
    let fits = |other: &User| !other.disabled && other.name != user.name && !has(other);
    let choice = Choice::of(visit, everybody(visit).await?, asked, fits).await?;
    let shell = visit.shell(&format!("Proxies of {}", user.display_name), HERE);
    Ok(ProxiesPage { shell, user, proxies, choice, asked: asked.text("proxy").to_owned(), wrong })
}

async fn show_proxies(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    Ok(ok(&proxies_page(&visit, user, &Fields::default(), None).await?))
}

#[derive(Template)]
#[template(path = "proxies.html")]
struct AllPage {
    shell: Shell,
    proxies: Vec<(Proxy, When)>,
}

/// Who sees whose records, in the whole office; for others than administrators what has to do with them.
async fn all_proxies(visit: Visit) -> Result<Response, Trouble> {
    let proxies = all(&visit).await?.into_iter().map(|proxy| (visit.clock.when(proxy.since_ms), proxy));
    Ok(ok(&AllPage { shell: visit.shell("Proxies", HERE), proxies: proxies.map(|(since, proxy)| (proxy, since)).collect() }))
}

async fn add_proxy(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    set_proxy(visit, &name, fields, true).await
}

async fn end_proxy(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    set_proxy(visit, &name, fields, false).await
}

async fn set_proxy(visit: Visit, name: &str, fields: Fields, on: bool) -> Result<Response, Trouble> {
    let user = load(&visit, name).await?;
    if Choice::is_sought(&fields) {
        return Ok(ok(&proxies_page(&visit, user, &fields, None).await?));
    }
    let proxy = fields.text("proxy").to_owned();
    if proxy.is_empty() {
        let wrong = Wrong::missing("proxy", "Choose who is to see the records");
        return Ok(unfit(&proxies_page(&visit, user, &fields, Some(wrong)).await?));
    }
    let here = format!("{}/proxies", place(&user));
    let deed = Deed {
        title: if on {
            format!("Make {proxy} a proxy of {}?", user.name)
        } else {
            format!("Is {proxy} no longer a proxy of {}?", user.name)
        },
        here: HERE,
        lead: "",
        yes: if on { "Yes, make the proxy" } else { "Yes, end it" },
        danger: !on,
        api: format!("/users/{}/proxies", segment(&user.name)),
        body: json!({ "proxy": proxy, "on": on }),
        action: if on { here.clone() } else { format!("{here}/end") },
        kept: vec![("proxy", proxy.clone())],
        back: here.clone(),
    };
    match deed.carry_out::<Value>(&visit, &fields).await {
        Ok(Ok(_)) if on => Ok(go(&here, &format!("{proxy} sees what {} owns", user.name))),
        Ok(Ok(_)) => Ok(go(&here, &format!("{proxy} no longer sees what {} owns", user.name))),
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if mendable(&problem) => {
            let mut wrong = Wrong::of(problem, &[]);
            wrong.field = "proxy";
            Ok(unfit(&proxies_page(&visit, user, &fields, Some(wrong)).await?))
        }
        Err(trouble) => Err(trouble),
    }
}
