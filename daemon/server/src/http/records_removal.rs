//! Records that leave use, and come back: `/records/archive`, `/records/end`, `/records/unarchive`, `/records/delete`.

use axum::extract::State;
use interoffice_core::actions::records::{self, Gone};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::plan::Plan;
use interoffice_core::store::Fault;
use interoffice_protocol::ids::RecordId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one, planned};
use super::asked::{Agreed, As, Body};
use super::record_ids::resolve_all;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(plan_archive))
        .routes(routes!(archive))
        .routes(routes!(plan_end))
        .routes(routes!(end))
        .routes(routes!(unarchive))
        .routes(routes!(plan_delete))
        .routes(routes!(delete))
}

#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    records: Vec<String>,
}

impl Named {
    async fn ids(&self, house: &House, actor: &Actor) -> Result<Vec<RecordId>, Fault> {
        resolve_all(house, actor, &self.records).await
    }
}

/// What archiving records will do.
#[utoipa::path(post, path = "/records/archive/plan", operation_id = "records.plan_archive", tag = "records", request_body = Named, responses((status = 200, body = Plan), Problems))]
async fn plan_archive(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Plan> {
    let ids = named.ids(&house, &actor).await?;
    planned(&house, house.write(People, move |tx| records::plan_archive(tx, &actor, &ids)).await)
}

/// Takes records out of use, by a plan that was read.
#[utoipa::path(post, path = "/records/archive", operation_id = "records.archive", tag = "records", request_body = Agreed<Named>, responses((status = 200, body = Gone), Problems))]
async fn archive(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Named>>) -> Answer<Gone> {
    let (named, plan) = asked.split()?;
    let ids = named.ids(&house, &actor).await?;
    one(house.write_ending(People, move |tx| records::archive(tx, &actor, &ids, &plan)).await)
}

/// What ending the relationship with clients will do.
#[utoipa::path(post, path = "/records/end/plan", operation_id = "records.plan_end", tag = "records", request_body = Named, responses((status = 200, body = Plan), Problems))]
async fn plan_end(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Plan> {
    let ids = named.ids(&house, &actor).await?;
    planned(&house, house.write(People, move |tx| records::plan_end(tx, &actor, &ids)).await)
}

/// Ends the relationship with clients, by a plan that was read: their records are kept for years, and then deleted.
#[utoipa::path(post, path = "/records/end", operation_id = "records.end", tag = "records", request_body = Agreed<Named>, responses((status = 200, body = Gone), Problems))]
async fn end(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Named>>) -> Answer<Gone> {
    let (named, plan) = asked.split()?;
    let ids = named.ids(&house, &actor).await?;
    one(house.write_ending(People, move |tx| records::end(tx, &actor, &ids, &plan)).await)
}

/// Takes records into use again.
#[utoipa::path(post, path = "/records/unarchive", operation_id = "records.unarchive", tag = "records", request_body = Named, responses((status = 200, body = Gone), Problems))]
async fn unarchive(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Gone> {
    let ids = named.ids(&house, &actor).await?;
    one(house.write(People, move |tx| records::unarchive(tx, &actor, &ids)).await)
}

/// What deleting records will do.
#[utoipa::path(post, path = "/records/delete/plan", operation_id = "records.plan_delete", tag = "records", request_body = Named, responses((status = 200, body = Plan), Problems))]
async fn plan_delete(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Plan> {
    let ids = named.ids(&house, &actor).await?;
    planned(&house, house.write(People, move |tx| records::plan_delete(tx, &actor, &ids)).await)
}

/// Deletes records, by a plan that was read.
#[utoipa::path(post, path = "/records/delete", operation_id = "records.delete", tag = "records", request_body = Agreed<Named>, responses((status = 200, body = Gone), Problems))]
async fn delete(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Named>>) -> Answer<Gone> {
    let (named, plan) = asked.split()?;
    let ids = named.ids(&house, &actor).await?;
    one(house.write_ending(People, move |tx| records::delete(tx, &actor, &ids, &plan)).await)
}
