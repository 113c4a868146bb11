//! Asking for access to records: `/records/{id}/requests`, `/requests`.

use axum::extract::{Path, State};
use interoffice_core::actions::requests::{self, Ask, Grant, Refuse, RequestPage, RequestQuery, RequestView};
use interoffice_core::domain::refusal::Refusal;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body, Nothing, Params};
use super::record_ids::resolve;
use super::records::one_of_ours;
use crate::api::Problem;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(grant))
        .routes(routes!(refuse))
        .routes(routes!(withdraw))
}

/// The number of a request that stands in a path.
fn number(text: &str) -> Result<u64, Problem> {
    let bad = || Refusal::invalid("bad-request-number", "a request is named by its number", "see yours: interoffice access list");
    Ok(text.parse().map_err(|_| bad())?)
}

/// Asks for access to a record.
#[utoipa::path(post, path = "/records/{id}/requests", operation_id = "requests.ask", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Ask, responses((status = 200, body = RequestView), Problems))]
async fn ask(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Ask>) -> Answer<RequestView> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| requests::ask(tx, &asking, record, &wanted)).await;
    one_of_ours(&house, actor, record, end).await
}

/// Requests for access.
#[utoipa::path(get, path = "/requests", operation_id = "requests.list", tag = "requests", params(RequestQuery), responses((status = 200, body = RequestPage), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(query): Params<RequestQuery>) -> Answer<RequestPage> {
    one(house.read(move |view| requests::list(view, &actor, &query)).await)
}

/// One request.
#[utoipa::path(get, path = "/requests/{number}", operation_id = "requests.show", tag = "requests", params(("number" = String, Path, description = "Number of a request")), responses((status = 200, body = RequestView), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.read(move |view| requests::show(view, &actor, id)).await)
}

/// Grants a request.
#[utoipa::path(post, path = "/requests/{number}/grant", operation_id = "requests.grant", tag = "requests", params(("number" = String, Path, description = "Number of a request")), request_body = Grant, responses((status = 200, body = RequestView), Problems))]
async fn grant(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(given): Body<Grant>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::grant(tx, &actor, id, &given)).await)
}

/// Refuses a request.
#[utoipa::path(post, path = "/requests/{number}/refuse", operation_id = "requests.refuse", tag = "requests", params(("number" = String, Path, description = "Number of a request")), request_body = Refuse, responses((status = 200, body = RequestView), Problems))]
async fn refuse(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(why): Body<Refuse>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::refuse(tx, &actor, id, &why)).await)
}

/// Withdraws a request.
#[utoipa::path(post, path = "/requests/{number}/withdraw", operation_id = "requests.withdraw", tag = "requests", params(("number" = String, Path, description = "Number of a request")), responses((status = 200, body = RequestView), Problems))]
async fn withdraw(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(_): Body<Nothing>) -> Answer<RequestView> {
    let id = number(&id)?;
    one(house.write(People, move |tx| requests::withdraw(tx, &actor, id)).await)
}
