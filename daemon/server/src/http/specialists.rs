//! Specialists, the users who hold the record-sharing right: `/specialists`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::ending;
use interoffice_core::actions::specialists::{self, Disabled, Enabled, Handshake};
use interoffice_core::actions::users::UserView;
use interoffice_core::domain::plan::Plan;
use interoffice_core::store::View;
use serde::Deserialize;

use super::answer::{Answer, Items, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/specialists", get(list))
        .route("/specialists/{name}/enable/plan", post(plan_enable))
        .route("/specialists/{name}/enable", post(enable))
        .route("/specialists/{name}/disable/plan", post(plan_disable))
        .route("/specialists/{name}/disable", post(disable))
}

/// What comes along with the right: a link request in the same step, if asked for.
#[derive(Debug, Deserialize)]
struct Enable {
    handshake: Option<Handshake>,
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<UserView>> {
    items(house.read(move |view| specialists::list(view, &actor)).await)
}

async fn plan_enable(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<Enable>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| specialists::plan_enable(tx, &actor, &name, asked.handshake.as_ref())).await)
}

async fn enable(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<Agreed<Enable>>) -> Answer<Enabled> {
    let name = user_name(&name)?;
    let (asked, plan) = asked.split()?;
    one(house.write(People, move |tx| specialists::enable(tx, &actor, &name, asked.handshake.as_ref(), &plan)).await)
}

async fn plan_disable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| specialists::plan_disable(tx, &actor, &name)).await)
}

async fn disable(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<Disabled> {
    let name = user_name(&name)?;
    let (_, plan) = asked.split()?;
    let (asking, named) = (actor.clone(), name.clone());
    let ends = move |view: &View<'_>| ending::of_user(view, &asking, &named);
    one(house.end_links(People, ends, move |tx| specialists::disable(tx, &actor, &name, &plan)).await)
}
