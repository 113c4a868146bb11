//! Groups of users: `/groups`.

use axum::extract::{Path, State};
use interoffice_core::actions::groups::{self, GroupQuery, GroupView, NewGroup};
use interoffice_core::domain::page::Page;
use interoffice_core::domain::plan::Plan;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one, planned};
use super::asked::{Agreed, As, Body, Nothing, Params, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show, rename))
        .routes(routes!(add_member))
        .routes(routes!(remove_member))
        .routes(routes!(plan_remove))
        .routes(routes!(remove))
}

/// All groups by name, page by page.
#[utoipa::path(get, path = "/groups", operation_id = "groups.list", tag = "groups", params(GroupQuery), responses((status = 200, body = Page<GroupView>), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(query): Params<GroupQuery>) -> Answer<Page<GroupView>> {
    one(house.read(move |view| groups::list(view, &actor, &query)).await)
}

/// Makes a group.
#[utoipa::path(post, path = "/groups", operation_id = "groups.add", tag = "groups", request_body = NewGroup, responses((status = 200, body = GroupView), Problems))]
async fn add(State(house): State<House>, As(actor): As, Body(group): Body<NewGroup>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::add(tx, &actor, &group)).await)
}

/// One group.
#[utoipa::path(get, path = "/groups/{group}", operation_id = "groups.show", tag = "groups", params(("group" = String, Path, description = "Name of a group")), responses((status = 200, body = GroupView), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(group): Path<String>) -> Answer<GroupView> {
    one(house.read(move |view| groups::show(view, &actor, &group)).await)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// Gives a group another name.
#[utoipa::path(patch, path = "/groups/{group}", operation_id = "groups.rename", tag = "groups", params(("group" = String, Path, description = "Name of a group")), request_body = Name, responses((status = 200, body = GroupView), Problems))]
async fn rename(State(house): State<House>, As(actor): As, Path(group): Path<String>, Body(new): Body<Name>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::rename(tx, &actor, &group, &new.name)).await)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Member {
    user: String,
}

/// Puts a user into a group.
#[utoipa::path(post, path = "/groups/{group}/members", operation_id = "groups.add_member", tag = "groups", params(("group" = String, Path, description = "Name of a group")), request_body = Member, responses((status = 200, body = GroupView), Problems))]
async fn add_member(State(house): State<House>, As(actor): As, Path(group): Path<String>, Body(member): Body<Member>) -> Answer<GroupView> {
    one(house.write(People, move |tx| groups::add_member(tx, &actor, &group, &member.user)).await)
}

/// Takes a user out of a group.
#[utoipa::path(delete, path = "/groups/{group}/members/{user}", operation_id = "groups.remove_member", tag = "groups", params(("group" = String, Path, description = "Name of a group"), ("user" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = GroupView), Problems))]
async fn remove_member(State(house): State<House>, As(actor): As, Path((group, user)): Path<(String, String)>) -> Answer<GroupView> {
    let user = user_name(&user)?;
    one(house.write(People, move |tx| groups::remove_member(tx, &actor, &group, &user)).await)
}

/// What deleting a group will do.
#[utoipa::path(post, path = "/groups/{group}/delete/plan", operation_id = "groups.plan_remove", tag = "groups", params(("group" = String, Path, description = "Name of a group")), responses((status = 200, body = Plan), Problems))]
async fn plan_remove(State(house): State<House>, As(actor): As, Path(group): Path<String>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| groups::plan_delete(tx, &actor, &group)).await)
}

/// Deletes a group, by a plan that was read.
#[utoipa::path(post, path = "/groups/{group}/delete", operation_id = "groups.remove", tag = "groups", params(("group" = String, Path, description = "Name of a group")), request_body = Agreed<Nothing>, responses((status = 200, body = GroupView), Problems))]
async fn remove(
    State(house): State<House>,
    As(actor): As,
    Path(group): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<GroupView> {
    let (_, plan) = asked.split()?;
    one(house.write(People, move |tx| groups::delete(tx, &actor, &group, &plan)).await)
}
