//! Whose records a user sees beside his or her own: `/proxies`, `/users/{name}/proxies`.

use axum::extract::{Path, State};
use interoffice_core::actions::proxies::{self, ProxyChange, ProxyView};
use interoffice_core::domain::plan::Plan;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, planned};
use super::asked::{Agreed, As, Body, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(of_user, set)).routes(routes!(plan_set))
}

/// All proxies of the office.
#[utoipa::path(get, path = "/proxies", operation_id = "proxies.list", tag = "proxies", responses((status = 200, body = Items<ProxyView>), Problems))]
async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<ProxyView>> {
    items(house.read(move |view| proxies::list(view, &actor)).await)
}

/// Whose data a user sees as a proxy, and who sees the user's.
#[utoipa::path(get, path = "/users/{name}/proxies", operation_id = "proxies.of_user", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Items<ProxyView>), Problems))]
async fn of_user(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Items<ProxyView>> {
    let name = user_name(&name)?;
    items(house.read(move |view| proxies::of_user(view, &actor, &name)).await)
}

/// What making somebody a proxy, or no longer, will do.
#[utoipa::path(post, path = "/users/{name}/proxies/plan", operation_id = "proxies.plan_set", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = ProxyChange, responses((status = 200, body = Plan), Problems))]
async fn plan_set(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(change): Body<ProxyChange>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| proxies::plan_set(tx, &actor, &name, &change)).await)
}

/// Makes somebody a proxy, or no longer, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/proxies", operation_id = "proxies.set", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<ProxyChange>, responses((status = 200, body = Items<ProxyView>), Problems))]
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
