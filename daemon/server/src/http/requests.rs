//! Asking for access to records: `/records/{id}/requests`, `/requests`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::requests::{self, Ask, Grant, Refuse, RequestPage, RequestQuery, RequestView};
use interoffice_core::domain::refusal::Refusal;

use super::answer::{Answer, one};
use super::asked::{As, Body, Nothing, Params};
use super::record_ids::resolve;
use super::records::one_of_ours;
use crate::api::Problem;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/records/{id}/requests", post(ask))
        .route("/requests", get(list))
        .route("/requests/{number}", get(show))
        .route("/requests/{number}/grant", post(grant))
        .route("/requests/{number}/refuse", post(refuse))
        .route("/requests/{number}/withdraw", post(withdraw))
}

/// The number of a request that stands in a path.
fn number(text: &str) -> Result<u64, Problem> {
    let bad = || Refusal::invalid("bad-request-number", "a request is named by its number", "see yours: interoffice access list");
    Ok(text.parse().map_err(|_| bad())?)
}

async fn ask(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Ask>) -> Answer<RequestView> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| requests::ask(tx, &asking, record, &wanted)).await;
    one_of_ours(&house, actor, record, end).await
}

async fn list(State(house): State<House>, As(actor): As, Params(query): Params<RequestQuery>) -> Answer<RequestPage> {
    one(house.read(move |view| requests::list(view, &actor, &query)).await)
}

async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.read(move |view| requests::show(view, &actor, id)).await)
}

async fn grant(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(given): Body<Grant>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::grant(tx, &actor, id, &given)).await)
}

async fn refuse(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(why): Body<Refuse>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::refuse(tx, &actor, id, &why)).await)
}

async fn withdraw(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(_): Body<Nothing>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::withdraw(tx, &actor, id)).await)
}
