//! Who may see a record: `/records/{id}/shares`, `/records/{id}/owner`, `/records/{id}/explain`; and who wants to hear
//! of its changes: `/records/{id}/digest`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::access::{self, Changes, Explained, Shares, Transfer, Transferred};
use interoffice_core::actions::digest::{self, Digested, Receive};
use interoffice_core::domain::plan::Plan;
use serde::Deserialize;

use super::answer::{Answer, Items, planned};
use super::asked::{Agreed, As, Body, Params, user_name};
use super::record_ids::resolve;
use super::records::one_of_ours;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/records/{id}/shares", get(show).post(set))
        .route("/records/{id}/shares/plan", post(plan_set))
        .route("/records/{id}/owner", post(transfer))
        .route("/records/{id}/owner/plan", post(plan_transfer))
        .route("/records/{id}/explain", get(explain))
        .route("/records/{id}/digest", post(receive))
}

async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<Shares> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.read(move |view| access::show(view, &asking, record)).await;
    one_of_ours(&house, actor, record, end).await
}

async fn plan_set(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(changes): Body<Changes>) -> Answer<Plan> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| access::plan_set(tx, &asking, record, &changes)).await;
    one_of_ours(&house, actor, record, end).await
}

async fn set(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(asked): Body<Agreed<Changes>>) -> Answer<Shares> {
    let (changes, plan) = asked.split()?;
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| access::set(tx, &asking, record, &changes, &plan)).await;
    one_of_ours(&house, actor, record, end).await
}

async fn plan_transfer(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Transfer>) -> Answer<Plan> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    match house.write(People, move |tx| access::plan_transfer(tx, &asking, record, &wanted)).await {
        Ok(plan) => planned(&house, Ok(plan)),
        end => one_of_ours(&house, actor, record, end).await,
    }
}

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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    user: Option<String>,
}

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

async fn receive(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(wanted): Body<Receive>) -> Answer<Digested> {
    let record = resolve(&house, &actor, &id).await?;
    let asking = actor.clone();
    let end = house.write(People, move |tx| digest::set_receives(tx, &asking, record, wanted)).await;
    one_of_ours(&house, actor, record, end).await
}
