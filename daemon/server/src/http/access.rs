//! Who may see a record: `/records/{id}/shares`, `/records/{id}/owner`, `/records/{id}/explain`; and who wants to hear
//! of its changes: `/records/{id}/digest`.

use axum::extract::{Path, State};
use interoffice_core::actions::access::{self, Changes, Explained, Shares, Transfer, Transferred};
use interoffice_core::actions::digest::{self, Digested, Receive};
use interoffice_core::actions::requests::{WhoHasAccess, who_has_access};
use interoffice_core::domain::plan::Plan;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, planned};
use super::asked::{Agreed, As, Body, Params, user_name};
use super::record_ids::resolve;
use super::records::one_of_ours;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(show, set))
        .routes(routes!(plan_set))
        .routes(routes!(transfer))
        .routes(routes!(plan_transfer))
        .routes(routes!(explain))
        .routes(routes!(receive))
}

/// Who a record is shared with.
#[utoipa::path(get, path = "/records/{id}/shares", operation_id = "access.show", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), responses((status = 200, body = WhoHasAccess), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<WhoHasAccess> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.read(move |view| who_has_access(view, &asking, record)).await;
    one_of_ours(&house, actor, record, end).await
}

/// What changing who a record is shared with will do.
#[utoipa::path(post, path = "/records/{id}/shares/plan", operation_id = "access.plan_set", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Changes, responses((status = 200, body = Plan), Problems))]
async fn plan_set(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(changes): Body<Changes>) -> Answer<Plan> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| access::plan_set(tx, &asking, record, &changes)).await;
    one_of_ours(&house, actor, record, end).await
}

/// Changes who a record is shared with, by a plan that was read.
#[utoipa::path(post, path = "/records/{id}/shares", operation_id = "access.set", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Agreed<Changes>, responses((status = 200, body = Shares), Problems))]
async fn set(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(asked): Body<Agreed<Changes>>) -> Answer<Shares> {
    let (changes, plan) = asked.split()?;
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| access::set(tx, &asking, record, &changes, &plan)).await;
    one_of_ours(&house, actor, record, end).await
}

/// What giving a record to another owner will do.
#[utoipa::path(post, path = "/records/{id}/owner/plan", operation_id = "access.plan_transfer", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Transfer, responses((status = 200, body = Plan), Problems))]
async fn plan_transfer(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Transfer>) -> Answer<Plan> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    match house.write(People, move |tx| access::plan_transfer(tx, &asking, record, &wanted)).await {
        Ok(plan) => planned(&house, Ok(plan)),
        end => one_of_ours(&house, actor, record, end).await,
    }
}

/// Gives a record to another owner, by a plan that was read.
#[utoipa::path(post, path = "/records/{id}/owner", operation_id = "access.transfer", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Agreed<Transfer>, responses((status = 200, body = Transferred), Problems))]
async fn transfer(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    Body(asked): Body<Agreed<Transfer>>,
) -> Answer<Transferred> {
    let (wanted, plan) = asked.split()?;
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write_ending(People, move |tx| access::transfer(tx, &asking, record, &wanted, &plan)).await;
    one_of_ours(&house, actor, record, end).await
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct About {
    user: Option<String>,
}

/// Why somebody may see a record: every source and its level.
#[utoipa::path(get, path = "/records/{id}/explain", operation_id = "access.explain", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it"), About), responses((status = 200, body = Items<Explained>), Problems))]
async fn explain(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    Params(about): Params<About>,
) -> Answer<Items<Explained>> {
    let about = about.user.as_deref().map(user_name).transpose()?;
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.read(move |view| access::explain(view, &asking, record, about.as_ref())).await;
    one_of_ours(&house, actor, record, end.map(Items::from)).await
}

/// Receives the daily digest of a record, or no longer.
#[utoipa::path(post, path = "/records/{id}/digest", operation_id = "access.receive", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Receive, responses((status = 200, body = Digested), Problems))]
async fn receive(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Receive>) -> Answer<Digested> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| digest::set_receives(tx, &asking, record, wanted)).await;
    one_of_ours(&house, actor, record, end).await
}
