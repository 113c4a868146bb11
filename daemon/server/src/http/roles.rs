//! Roles: `/roles`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::roles::{self, NewRole, RoleChange, RoleView};
use interoffice_core::domain::plan::Plan;

use super::answer::{Answer, Items, items, one, planned};
use super::asked::{Agreed, As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/roles", get(list).post(add))
        .route("/roles/{role}", get(show).delete(remove))
        .route("/roles/{role}/change/plan", post(plan_change))
        .route("/roles/{role}/change", post(change))
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<RoleView>> {
    items(house.read(move |view| roles::list(view, &actor)).await)
}

async fn add(State(house): State<House>, As(actor): As, Body(role): Body<NewRole>) -> Answer<RoleView> {
    one(house.write(People, move |tx| roles::add(tx, &actor, &role)).await)
}

async fn show(State(house): State<House>, As(actor): As, Path(role): Path<String>) -> Answer<RoleView> {
    one(house.read(move |view| roles::show(view, &actor, &role)).await)
}

async fn plan_change(State(house): State<House>, As(actor): As, Path(role): Path<String>, Body(change): Body<RoleChange>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| roles::plan_change(tx, &actor, &role, &change)).await)
}

async fn change(
    State(house): State<House>,
    As(actor): As,
    Path(role): Path<String>,
    Body(asked): Body<Agreed<RoleChange>>,
) -> Answer<RoleView> {
    let (change, plan) = asked.split()?;
    one(house.write(People, move |tx| roles::change(tx, &actor, &role, &change, &plan)).await)
}

async fn remove(State(house): State<House>, As(actor): As, Path(role): Path<String>) -> Answer<RoleView> {
    one(house.write(People, move |tx| roles::delete(tx, &actor, &role)).await)
}
