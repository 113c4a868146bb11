//! What happened to one thing: `/records/{id}/events` and `/links/{link}/events`.

use axum::extract::{Path, State};
use interoffice_core::actions::events::{self, Page, Query};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Params};
use super::record_ids::resolve;
use super::records::one_of_ours;
use crate::house::House;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(of_record)).routes(routes!(of_link))
}

/// What happened to a record, newest first: for whoever has Full Control of it.
#[utoipa::path(get, path = "/records/{id}/events", operation_id = "records.events", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it"), Query), responses((status = 200, body = Page), Problems))]
async fn of_record(State(house): State<House>, As(actor): As, Path(id): Path<String>, Params(query): Params<Query>) -> Answer<Page> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.read(move |view| events::of_record(view, &asking, record, &query)).await;
    one_of_ours(&house, actor, record, end).await
}

/// What happened to a link, newest first: for the user whom it links.
#[utoipa::path(get, path = "/links/{link}/events", operation_id = "links.events", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it"), Query), responses((status = 200, body = Page), Problems))]
async fn of_link(State(house): State<House>, As(actor): As, Path(link): Path<String>, Params(query): Params<Query>) -> Answer<Page> {
    one(house.read(move |view| events::of_link(view, &actor, &link, &query)).await)
}
