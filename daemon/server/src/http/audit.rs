//! The audit: `/audit` page by page, `/audit/export` as a file; and what other doors' answers owe it before they go out.

use std::io;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use interoffice_core::actions::audit::{self, Form, Page, Query, Sighting};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::page::LIMIT_MAX;
use interoffice_core::store::Fault;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Params};
use super::gate::{self, Caller};
use super::record_ids::resolve;
use super::stream::{self, Parts};
use crate::api::Problem;
use crate::house::{House, Priority::People};

/// The pages, which are quick.
pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The file, which goes on as long as its reader reads.
pub(super) fn long_routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(export))
}

/// The query with the whole id of the record that it names by a beginning.
async fn settled(house: &House, actor: &Actor, query: Query) -> Result<Query, Fault> {
    let Some(record) = &query.record else { return Ok(query) };
    let record = resolve(house, actor, record).await?.to_string();
    Ok(Query { record: Some(record), ..query })
}

/// Lines of the audit, the newest first.
#[utoipa::path(get, path = "/audit", operation_id = "audit.list", tag = "audit", params(Query), responses((status = 200, body = Page), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(query): Params<Query>) -> Answer<Page> {
    let query = settled(&house, &actor, query).await?;
    one(house.read(move |view| audit::list(view, &actor, &query)).await)
}

/// Which lines go into the file, and its form.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
struct Export {
    verb: Option<String>,
    user: Option<String>,
    about: Option<String>,
    record: Option<String>,
    link: Option<String>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    outcome: Option<String>,
    /// `csv` or `json`; `csv` when not given.
    format: Option<String>,
}

/// The lines of the audit as a file.
#[utoipa::path(get, path = "/audit/export", operation_id = "audit.export", tag = "audit", params(Export), responses((status = 200, content((String = "text/csv"), (String = "application/json"))), Problems))]
async fn export(
    State(house): State<House>,
    Extension(caller): Extension<Caller>,
    Params(asked): Params<Export>,
) -> Result<Response, Problem> {
    let actor = caller.actor.clone();
    let form = asked.format.as_deref().map_or(Ok(Form::Csv), Form::parse)?;
    let Export { verb, user, about, record, link, from_ms, to_ms, outcome, .. } = asked;
    let query = Query { verb, user, about, record, link, from_ms, to_ms, outcome, after: None, limit: Some(LIMIT_MAX) };
    let query = settled(&house, &actor, query).await?;
    let asking = actor.clone();
    let query = house.write(People, move |tx| audit::begin_export(tx, &asking, &query, form)).await?;
    let (parts, mut response) = stream::answer(if form == Form::Csv { "text/csv; charset=utf-8" } else { "application/json" });
    let name = format!("attachment; filename=\"audit.{}\"", form.as_str());
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    tokio::spawn(send(house, caller, query, form, parts));
    Ok(response)
}

async fn send(house: House, caller: Caller, mut query: Query, form: Form, parts: Parts) {
    loop {
        let (asking, asked) = (caller.actor.clone(), query.clone());
        let part = match gate::still_there(&house, &caller).await {
            true => house.read(move |view| audit::export(view, &asking, &asked, form)).await,
            false => Err(gate::over().into()),
        };
        match part {
            Ok(part) => {
                if parts.send(Ok(part.bytes.into())).await.is_err() || part.next.is_none() {
                    return;
                }
                query.after = part.next;
            }
            Err(fault) => {
                tracing::warn!(%fault, "an export of the audit is broken off");
                // A reader that has gone needs no telling.
                let _ = parts.send(Err(io::Error::other("the export is broken off"))).await;
                return;
            }
        }
    }
}

/// Writes down what an answer is about to show, where the office wants that; the answer goes out only when this is done.
pub(super) async fn before(house: &House, actor: &Actor, sighting: Sighting) -> Result<(), Fault> {
    let asked = sighting.clone();
    if !house.read(move |view| audit::logs(view, &asked)).await? {
        return Ok(());
    }
    let actor = actor.clone();
    house.write(People, move |tx| audit::sighted(tx, &actor, &sighting)).await
}
