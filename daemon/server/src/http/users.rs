//! Users of this office: `/users`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::ending;
use interoffice_core::actions::users::{self, Assignment, HandOver, HandedOver, Naming, NewUser, UserView};
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::user::Right;
use interoffice_core::store::View;
use serde::Deserialize;

use super::answer::{Answer, Items, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{name}", get(show).patch(rename))
        .route("/users/{name}/enable", post(enable))
        .route("/users/{name}/assign/plan", post(plan_assign))
        .route("/users/{name}/assign", post(assign))
        .route("/users/{name}/hand-over/plan", post(plan_hand_over))
        .route("/users/{name}/hand-over", post(hand_over))
        .route("/users/{name}/delete/plan", post(plan_delete))
        .route("/users/{name}/delete", post(delete))
        .route("/users/{name}/rights", post(set_right))
        .route("/users/{name}/disable/plan", post(plan_disable))
        .route("/users/{name}/disable", post(disable))
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<UserView>> {
    items(house.read(move |view| users::list(view, &actor)).await)
}

async fn add(State(house): State<House>, As(actor): As, Body(user): Body<NewUser>) -> Answer<UserView> {
    one(house.write(People, move |tx| users::add(tx, &actor, &user)).await)
}

async fn show(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.read(move |view| users::show(view, &actor, &name)).await)
}

async fn rename(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(naming): Body<Naming>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| users::rename(tx, &actor, &name, &naming)).await)
}

async fn enable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| users::enable(tx, &actor, &name)).await)
}

async fn plan_assign(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(wanted): Body<Assignment>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_assign(tx, &actor, &name, &wanted)).await)
}

async fn assign(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<Assignment>>,
) -> Answer<UserView> {
    let name = user_name(&name)?;
    let (wanted, plan) = asked.split()?;
    one(house.write(People, move |tx| users::assign(tx, &actor, &name, &wanted, &plan)).await)
}

async fn plan_hand_over(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(wanted): Body<HandOver>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_hand_over(tx, &actor, &name, &wanted)).await)
}

async fn hand_over(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<HandOver>>,
) -> Answer<HandedOver> {
    let name = user_name(&name)?;
    let (wanted, plan) = asked.split()?;
    one(house.write(People, move |tx| users::hand_over(tx, &actor, &name, &wanted, &plan)).await)
}

async fn plan_delete(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_delete(tx, &actor, &name)).await)
}

async fn delete(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<UserView> {
    let name = user_name(&name)?;
    let (_, plan) = asked.split()?;
    one(house.write(People, move |tx| users::delete(tx, &actor, &name, &plan)).await)
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
