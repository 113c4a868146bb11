//! Users of this office: `/users`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::ending;
use interoffice_core::actions::users::{self, NewUser, UserView};
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::user::Right;
use interoffice_core::store::View;
use serde::Deserialize;

use super::answer::{Answer, Items, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, Params, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{name}", get(show))
        .route("/users/{name}/rights", post(set_right))
        .route("/users/{name}/disable/plan", post(plan_disable))
        .route("/users/{name}/disable", post(disable))
}

/// Which users: those that are called so.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Called {
    text: String,
}

async fn list(State(house): State<House>, As(actor): As, Params(called): Params<Called>) -> Answer<Items<UserView>> {
    items(house.read(move |view| users::search(view, &actor, &called.text)).await)
}

async fn add(State(house): State<House>, As(actor): As, Body(user): Body<NewUser>) -> Answer<UserView> {
    one(house.write(People, move |tx| users::add(tx, &actor, &user)).await)
}

async fn show(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.read(move |view| users::show(view, &actor, &name)).await)
}

#[derive(Debug, Deserialize)]
struct SetRight {
    right: String,
    on: bool,
}

async fn set_right(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<SetRight>) -> Answer<UserView> {
    let name = user_name(&name)?;
    let unknown = || Refusal::invalid("unknown-right", "there is no such right", "the rights are super-user and enterprise-view");
    let right = Right::parse(&asked.right).ok_or_else(unknown)?;
    one(house.write(People, move |tx| users::set_right(tx, &actor, &name, right, asked.on)).await)
}

async fn plan_disable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_disable(tx, &actor, &name)).await)
}

async fn disable(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<UserView> {
    let name = user_name(&name)?;
    let (_, plan) = asked.split()?;
    let (asking, named) = (actor.clone(), name.clone());
    let ends = move |view: &View<'_>| ending::of_user(view, &asking, &named);
    one(house.end_links(People, ends, move |tx| users::disable(tx, &actor, &name, &plan)).await)
}
