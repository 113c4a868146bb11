//! *See as the other office*: what would go over a link, before anybody says yes to it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::Console;
use super::client::{Property, Related};
use super::facts::{Fact, facts};
use super::form::Fields;
use super::inside::segment;
use super::link_records::Chosen;
use super::links::Link;
use super::shell::{Shell, local, ok};
use super::trouble::Trouble;
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/links/{link}/preview", post(show))
}

#[derive(Deserialize)]
struct Preview {
    items: Vec<Previewed>,
    total: u64,
}

/// A record as the other office would get it.
#[derive(Deserialize)]
struct Previewed {
    kind: String,
    name: String,
    version: String,
    fields: BTreeMap<String, Vec<Property>>,
    related: Vec<Related>,
    members: Vec<String>,
    bytes: u64,
    sha256: String,
}

impl Previewed {
    fn facts(&self) -> Vec<Fact> {
        facts(&self.fields)
    }
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Page {
    shell: Shell,
    link: Link,
    preview: Preview,
    /// Where the form came from, and goes back to.
    then: String,
    kept: Vec<(&'static str, String)>,
}

impl Page {
    fn is_part(&self) -> bool {
        (self.preview.items.len() as u64) < self.preview.total
    }
}

async fn show(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let link: Link = visit.api.get(&format!("/links/{}", segment(&id))).await?;
    let chosen = Chosen::of(&fields);
    let preview = visit.api.post(&format!("/links/{}/preview", segment(&link.link)), &chosen.body()).await?;
    let shell = visit.shell(&format!("What {} would get", link.remote_user), "links");
    let mut kept = chosen.kept();
    kept.push(("link", link.link.clone()));
    let then = local(fields.text("then")).to_owned();
    Ok(ok(&Page { shell, link, preview, then, kept }))
}
