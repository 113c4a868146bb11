//! Roles: `/roles`.

use axum::extract::{Path, State};
use interoffice_core::actions::roles::{self, NewRole, RoleChange, RoleView};
use interoffice_core::domain::plan::Plan;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one, planned};
use super::asked::{Agreed, As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, remove)).routes(routes!(plan_change)).routes(routes!(change))
}

/// All roles.
#[utoipa::path(get, path = "/roles", operation_id = "roles.list", tag = "roles", responses((status = 200, body = Items<RoleView>), Problems))]
async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<RoleView>> {
    items(house.read(move |view| roles::list(view, &actor)).await)
}

/// Makes a role.
#[utoipa::path(post, path = "/roles", operation_id = "roles.add", tag = "roles", request_body = NewRole, responses((status = 200, body = RoleView), Problems))]
async fn add(State(house): State<House>, As(actor): As, Body(role): Body<NewRole>) -> Answer<RoleView> {
    one(house.write(People, move |tx| roles::add(tx, &actor, &role)).await)
}

/// One role.
#[utoipa::path(get, path = "/roles/{role}", operation_id = "roles.show", tag = "roles", params(("role" = String, Path, description = "Name of a role")), responses((status = 200, body = RoleView), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(role): Path<String>) -> Answer<RoleView> {
    one(house.read(move |view| roles::show(view, &actor, &role)).await)
}

/// What changing a role will do.
#[utoipa::path(post, path = "/roles/{role}/change/plan", operation_id = "roles.plan_change", tag = "roles", params(("role" = String, Path, description = "Name of a role")), request_body = RoleChange, responses((status = 200, body = Plan), Problems))]
async fn plan_change(State(house): State<House>, As(actor): As, Path(role): Path<String>, Body(change): Body<RoleChange>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| roles::plan_change(tx, &actor, &role, &change)).await)
}

/// Changes a role, by a plan that was read.
#[utoipa::path(post, path = "/roles/{role}/change", operation_id = "roles.change", tag = "roles", params(("role" = String, Path, description = "Name of a role")), request_body = Agreed<RoleChange>, responses((status = 200, body = RoleView), Problems))]
async fn change(
    State(house): State<House>,
    As(actor): As,
    Path(role): Path<String>,
    Body(asked): Body<Agreed<RoleChange>>,
) -> Answer<RoleView> {
    let (change, plan) = asked.split()?;
    one(house.write(People, move |tx| roles::change(tx, &actor, &role, &change, &plan)).await)
}

/// Deletes a role that nobody has.
#[utoipa::path(delete, path = "/roles/{role}", operation_id = "roles.remove", tag = "roles", params(("role" = String, Path, description = "Name of a role")), responses((status = 200, body = RoleView), Problems))]
async fn remove(State(house): State<House>, As(actor): As, Path(role): Path<String>) -> Answer<RoleView> {
    one(house.write(People, move |tx| roles::delete(tx, &actor, &role)).await)
}
