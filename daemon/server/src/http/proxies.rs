//! Whose records a user sees beside his or her own: `/proxies`, `/users/{name}/proxies`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::proxies::{self, ProxyChange, ProxyView};
use interoffice_core::domain::plan::Plan;

use super::answer::{Answer, Items, items, planned};
use super::asked::{Agreed, As, Body, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/proxies", get(list))
        .route("/users/{name}/proxies", get(of_user).post(set))
        .route("/users/{name}/proxies/plan", post(plan_set))
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<ProxyView>> {
    items(house.read(move |view| proxies::list(view, &actor)).await)
}

async fn of_user(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Items<ProxyView>> {
    let name = user_name(&name)?;
    items(house.read(move |view| proxies::of_user(view, &actor, &name)).await)
}

async fn plan_set(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(change): Body<ProxyChange>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| proxies::plan_set(tx, &actor, &name, &change)).await)
}

async fn set(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<ProxyChange>>,
) -> Answer<Items<ProxyView>> {
    let name = user_name(&name)?;
    let (change, plan) = asked.split()?;
    items(house.write(People, move |tx| proxies::set(tx, &actor, &name, &change, &plan)).await)
}
