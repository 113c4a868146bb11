//! Specialists, the users who hold the record-sharing right: `/specialists`.

use axum::extract::{Path, State};
use interoffice_core::actions::ending;
use interoffice_core::actions::specialists::{self, Disabled, Enabled, Handshake};
use interoffice_core::actions::users::UserView;
use interoffice_core::domain::plan::Plan;
use interoffice_core::store::View;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(plan_enable))
        .routes(routes!(enable))
        .routes(routes!(plan_disable))
        .routes(routes!(disable))
}

/// What comes along with the right: a link request in the same step, if asked for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Enable {
    handshake: Option<Handshake>,
}

/// The specialists of the office.
#[utoipa::path(get, path = "/specialists", operation_id = "specialists.list", tag = "specialists", responses((status = 200, body = Items<UserView>), Problems))]
async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<UserView>> {
    items(house.read(move |view| specialists::list(view, &actor)).await)
}

/// What enabling record sharing for a user will do.
#[utoipa::path(post, path = "/specialists/{name}/enable/plan", operation_id = "specialists.plan_enable", tag = "specialists", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Enable, responses((status = 200, body = Plan), Problems))]
async fn plan_enable(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<Enable>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| specialists::plan_enable(tx, &actor, &name, asked.handshake.as_ref())).await)
}

/// Enables record sharing for a user, by a plan that was read.
#[utoipa::path(post, path = "/specialists/{name}/enable", operation_id = "specialists.enable", tag = "specialists", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<Enable>, responses((status = 200, body = Enabled), Problems))]
async fn enable(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<Agreed<Enable>>) -> Answer<Enabled> {
    let name = user_name(&name)?;
    let (asked, plan) = asked.split()?;
    one(house.write(People, move |tx| specialists::enable(tx, &actor, &name, asked.handshake.as_ref(), &plan)).await)
}

/// What disabling record sharing for a user will do.
#[utoipa::path(post, path = "/specialists/{name}/disable/plan", operation_id = "specialists.plan_disable", tag = "specialists", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Plan), Problems))]
async fn plan_disable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| specialists::plan_disable(tx, &actor, &name)).await)
}

/// Disables record sharing for a user, by a plan that was read.
#[utoipa::path(post, path = "/specialists/{name}/disable", operation_id = "specialists.disable", tag = "specialists", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<Nothing>, responses((status = 200, body = Disabled), Problems))]
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
