//! Changing what a record says: its properties, its related items, and the mark *Private*.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::Console;
use super::card_form::CardForm;
use super::client::{Client, Related, one};
use super::copies::holders;
use super::form::{Fields, Wrong};
use super::inside::segment;
use super::sharing::Sharing;
use super::shell::{Shell, go, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

const HERE: &str = "clients";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/clients/{id}/edit", get(show).post(save))
        .route("/clients/{id}/private", get(ask_private).post(mark))
        .route("/clients/{id}/related/{item}", get(show_related).post(save_related))
        .route("/clients/{id}/related/{item}/remove", get(ask_remove).post(remove_related))
}

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    shell: Shell,
    client: Client,
    form: CardForm,
    wrong: Option<Wrong>,
}

fn page(visit: &Visit, client: Client, typed: &Fields, wrong: Option<Wrong>) -> EditPage {
    let form = CardForm::of(client.properties(), typed);
    EditPage { shell: visit.shell(&format!("Edit {}", client.name), HERE), client, form, wrong }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    Ok(ok(&page(&visit, client, &Fields::default(), None)))
}

/// What is said when somebody else changed the record while this form was open.
fn changed_meanwhile(version: &str) -> Wrong {
    Wrong {
        field: "",
        detail: format!("Somebody else changed this record while you typed: it is at version {version} now"),
        remedy: "What you typed is kept, nothing is saved yet. Look at it together with what is there now, then save again".to_owned(),
    }
}

async fn save(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    if fields.text("do").starts_with("more:") {
        return Ok(ok(&page(&visit, client, &fields, None)));
    }
    if client.version != fields.text("version") {
        let wrong = changed_meanwhile(&client.version);
        return Ok(unfit(&page(&visit, client, &fields, Some(wrong))));
    }
    let form = CardForm::of(client.properties(), &fields);
    if form.name().is_empty() {
        let wrong = Wrong::missing("fn-1", "A record has a name: enter one");
        return Ok(unfit(&page(&visit, client, &fields, Some(wrong))));
    }
    let Some(mut edit) = form.edit() else { return Ok(go(&client.place(), "Nothing changed")) };
    edit["base_version"] = client.version.clone().into();
    match patch(&visit, &client, &edit).await {
        Ok(_) => Ok(go(&client.place(), "The record is changed")),
        Err(problem) if problem.code == "changed-meanwhile" => {
            let client = one(&visit, &id).await?;
            let wrong = changed_meanwhile(&client.version);
            Ok(unfit(&page(&visit, client, &fields, Some(wrong))))
        }
        Err(problem) if problem.status == 422 => {
            let wrong = Wrong::of(problem, &[("name-needed", "fn-1")]);
            Ok(unfit(&page(&visit, client, &fields, Some(wrong))))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn patch(visit: &Visit, client: &Client, edit: &Value) -> Result<Value, Problem> {
    visit.api.send(Method::PATCH, &format!("/records/{}", segment(&client.id)), edit).await
}

#[derive(Template)]
#[template(path = "private.html")]
struct PrivatePage {
    shell: Shell,
    client: Client,
    sharing: Sharing,
    /// Who has a copy at another office.
    holders: Vec<String>,
    wrong: Option<Wrong>,
}

impl PrivatePage {
    /// The users and groups that have it by name, beside its owner.
    fn by_name(&self) -> Vec<String> {
        let users = self.sharing.users.iter().map(|share| share.user.clone()).filter(|user| *user != self.client.owner);
        users.chain(self.sharing.groups.iter().map(|share| format!("the group {}", share.group))).collect()
    }
}

async fn private_page(visit: &Visit, client: Client, wrong: Option<Wrong>) -> Result<PrivatePage, Trouble> {
    let (sharing, holders) = (Sharing::of(visit, &client.id).await?, holders(visit, &client.id).await?.unwrap_or_default());
    Ok(PrivatePage { shell: visit.shell(&format!("Private: {}", client.name), HERE), client, sharing, holders, wrong })
}

async fn ask_private(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    Ok(ok(&private_page(&visit, client, None).await?))
}

async fn mark(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    let private = fields.text("private") == "yes";
    match patch(&visit, &client, &json!({ "private": private })).await {
        Ok(_) if private => Ok(go(&client.place(), "The record is marked Private")),
        Ok(_) => Ok(go(&client.place(), "The mark Private is taken off")),
        Err(problem) if problem.status == 409 => Ok(unfit(&private_page(&visit, client, Some(Wrong::of(problem, &[]))).await?)),
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "related.html")]
struct RelatedPage {
    shell: Shell,
    client: Client,
    /// `new`, or the id of the item.
    item: String,
    typed: Related,
    version: String,
    wrong: Option<Wrong>,
}

impl RelatedPage {
    fn is_new(&self) -> bool {
        self.item == "new"
    }
}

/// The related item of this id; a blank one for `new`.
fn related(client: &Client, item: &str) -> Result<Related, Trouble> {
    let blank =
        || Related { id: String::new(), kind: "case".to_owned(), title: String::new(), status: String::new(), detail: String::new() };
    if item == "new" {
        return Ok(blank());
    }
    let found = client.related.iter().find(|related| related.id == item).cloned();
    let gone = || crate::http::answer::problem(404, "no-such-related", "this record has no such related item", "look at the record again");
    Ok(found.ok_or_else(gone)?)
}

fn related_page(visit: &Visit, client: Client, item: String, typed: Related, wrong: Option<Wrong>) -> RelatedPage {
    let title = if item == "new" { "New related item" } else { "Change a related item" };
    RelatedPage { shell: visit.shell(title, HERE), version: client.version.clone(), client, item, typed, wrong }
}

async fn show_related(visit: Visit, Path((id, item)): Path<(String, String)>) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    let typed = related(&client, &item)?;
    Ok(ok(&related_page(&visit, client, item, typed, None)))
}

async fn save_related(visit: Visit, Path((id, item)): Path<(String, String)>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    let (kind, title, status) = (fields.text("kind").to_owned(), fields.text("title").to_owned(), fields.text("status").to_owned());
    let detail = fields.text("detail").replace("\r\n", "\n");
    let mut edit = match item.as_str() {
        "new" => json!({ "add_related": [{ "kind": kind, "title": title, "status": status, "detail": detail }] }),
        item => json!({ "change_related": [{ "id": item, "title": title, "status": status, "detail": detail }] }),
    };
    edit["base_version"] = fields.text("version").into();
    let wrong = if title.is_empty() {
        Wrong::missing("title", "A related item has a title: enter one")
    } else {
        match patch(&visit, &client, &edit).await {
            Ok(_) => return Ok(go(&client.place(), "The related items are changed")),
            Err(problem) if problem.code == "changed-meanwhile" => changed_meanwhile(&client.version),
            Err(problem) if problem.status == 422 => Wrong::of(problem, &[("bad-related", "title")]),
            Err(problem) => return Err(problem.into()),
        }
    };
    let typed = Related { id: item.clone(), kind, title, status, detail };
    Ok(unfit(&related_page(&visit, client, item, typed, Some(wrong))))
}

#[derive(Template)]
#[template(path = "related_remove.html")]
struct RemovePage {
    shell: Shell,
    client: Client,
    item: Related,
    /// Who has a copy at another office.
    holders: Vec<String>,
}

async fn ask_remove(visit: Visit, Path((id, item)): Path<(String, String)>) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    let item = related(&client, &item)?;
    let holders = holders(&visit, &client.id).await?.unwrap_or_default();
    Ok(ok(&RemovePage { shell: visit.shell("Remove a related item", HERE), client, item, holders }))
}

async fn remove_related(visit: Visit, Path((id, item)): Path<(String, String)>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    let item = related(&client, &item)?;
    patch(&visit, &client, &json!({ "remove_related": [item.id], "base_version": fields.text("version") })).await?;
    Ok(go(&client.place(), &format!("{} is removed", item.title)))
}
