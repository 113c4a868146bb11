//! Groups of users: `/groups`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use interoffice_core::actions::groups::{self, GroupView, NewGroup};
use interoffice_core::domain::plan::Plan;
use serde::Deserialize;

use super::answer::{Answer, Items, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/groups", get(list).post(add))
        .route("/groups/{group}", get(show).patch(rename))
        .route("/groups/{group}/members", post(add_member))
        .route("/groups/{group}/members/{user}", delete(remove_member))
        .route("/groups/{group}/delete/plan", post(plan_remove))
        .route("/groups/{group}/delete", post(remove))
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<GroupView>> {
    items(house.read(move |view| groups::list(view, &actor)).await)
}

async fn add(State(house): State<House>, As(actor): As, Body(group): Body<NewGroup>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::add(tx, &actor, &group)).await)
}

async fn show(State(house): State<House>, As(actor): As, Path(group): Path<String>) -> Answer<GroupView> {
    one(house.read(move |view| groups::show(view, &actor, &group)).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

async fn rename(State(house): State<House>, As(actor): As, Path(group): Path<String>, Body(new): Body<Name>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::rename(tx, &actor, &group, &new.name)).await)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    user: String,
}

async fn add_member(State(house): State<House>, As(actor): As, Path(group): Path<String>, Body(member): Body<Member>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::add_member(tx, &actor, &group, &member.user)).await)
}

async fn remove_member(State(house): State<House>, As(actor): As, Path((group, user)): Path<(String, String)>) -> Answer<GroupView> {
    let user = user_name(&user)?;
    one(house.write(People, move |tx| groups::remove_member(tx, &actor, &group, &user)).await)
}

async fn plan_remove(State(house): State<House>, As(actor): As, Path(group): Path<String>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| groups::plan_delete(tx, &actor, &group)).await)
}

async fn remove(
    State(house): State<House>,
    As(actor): As,
    Path(group): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<GroupView> {
    let (_, plan) = asked.split()?;
    one(house.write(People, move |tx| groups::delete(tx, &actor, &group, &plan)).await)
}
