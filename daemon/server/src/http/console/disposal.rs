//! Taking a client out of use, bringing one back, ending a relationship, deleting for good: each by a plan, but what takes nothing away.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::client::{Client, one};
use super::form::Fields;
use super::plans::Deed;
use super::shell::go;
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/clients/{id}/archive", get(ask_archive).post(archive))
        .route("/clients/{id}/end", get(ask_end).post(end))
        .route("/clients/{id}/delete", get(ask_delete).post(delete))
        .route("/clients/{id}/bring-back", post(bring_back))
}

#[derive(Deserialize)]
struct Gone {
    copies: u64,
}

fn deed(client: &Client, verb: &str, title: String, lead: &'static str, yes: &'static str) -> Deed {
    Deed {
        title,
        here: "clients",
        lead,
        yes,
        danger: true,
        api: format!("/records/{verb}"),
        body: json!({ "records": [client.id] }),
        action: format!("{}/{verb}", client.place()),
        kept: Vec::new(),
        back: client.place(),
    }
}

fn archiving(client: &Client) -> Deed {
    let lead = "The record leaves the lists and is kept. You can bring it back at any time; what was shared with other offices has to be shared anew then.";
    deed(client, "archive", format!("Archive {}?", client.name), lead, "Yes, archive")
}

fn ending(client: &Client) -> Deed {
    let lead = "The relationship is over, the record is kept. Removed is not erased: until the record is deleted it can be reopened.";
    deed(client, "end", format!("End the relationship with {}?", client.name), lead, "Yes, end the relationship")
}

fn deleting(client: &Client) -> Deed {
    let lead = "The record is deleted for good, here and at other offices. This can’t be undone.";
    deed(client, "delete", format!("Delete {}?", client.name), lead, "Yes, delete for good")
}

/// What became of copies, as the end of a sentence.
fn copies(gone: &Gone) -> String {
    if gone.copies == 0 { String::new() } else { format!("; {} at other offices being removed", counted(gone.copies, "copy")) }
}

async fn ask_archive(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    archiving(&one(&visit, &id).await?).ask(&visit, None).await
}

async fn archive(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    Ok(match archiving(&client).carry_out::<Gone>(&visit, &fields).await? {
        Ok(gone) => go(&client.place(), &format!("{} is archived{}", client.name, copies(&gone))),
        Err(page) => page,
    })
}

async fn ask_end(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    ending(&one(&visit, &id).await?).ask(&visit, None).await
}

async fn end(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    Ok(match ending(&client).carry_out::<Gone>(&visit, &fields).await? {
        Ok(gone) => go(&client.place(), &format!("The relationship with {} is ended{}", client.name, copies(&gone))),
        Err(page) => page,
    })
}

async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    deleting(&one(&visit, &id).await?).ask(&visit, None).await
}

async fn delete(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    Ok(match deleting(&client).carry_out::<Gone>(&visit, &fields).await? {
        Ok(gone) => go("/clients", &format!("{} is deleted{}", client.name, copies(&gone))),
        Err(page) => page,
    })
}

async fn bring_back(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let client = one(&visit, &id).await?;
    visit.api.post::<Value>("/records/unarchive", &json!({ "records": [client.id] })).await?;
    Ok(go(&client.place(), &format!("{} is in use again", client.name)))
}
