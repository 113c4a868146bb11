//! Client access: `/client-access`, and all clients for one user: `/users/{name}/all-clients`.

use axum::extract::{Path, State};
use interoffice_core::actions::client_access::{self, AllClients, ClientAccess, Switch};
use interoffice_core::actions::users::UserView;
use interoffice_core::domain::plan::Plan;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one, planned};
use super::asked::{Agreed, As, Body, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(show, switch))
        .routes(routes!(plan_switch))
        .routes(routes!(set_all_clients))
        .routes(routes!(plan_all_clients))
}

/// Whether users see only records that concern them, and who may share.
#[utoipa::path(get, path = "/client-access", operation_id = "client_access.show", tag = "client-access", responses((status = 200, body = ClientAccess), Problems))]
async fn show(State(house): State<House>, As(actor): As) -> Answer<ClientAccess> {
    one(house.read(move |view| client_access::view(view, &actor)).await)
}

/// What switching client access, sharing or requesting will do.
#[utoipa::path(post, path = "/client-access/plan", operation_id = "client_access.plan_switch", tag = "client-access", request_body = Switch, responses((status = 200, body = Plan), Problems))]
async fn plan_switch(State(house): State<House>, As(actor): As, Body(wanted): Body<Switch>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| client_access::plan_switch(tx, &actor, &wanted)).await)
}

/// Switches client access, sharing and requesting, by a plan that was read.
#[utoipa::path(post, path = "/client-access", operation_id = "client_access.switch", tag = "client-access", request_body = Agreed<Switch>, responses((status = 200, body = ClientAccess), Problems))]
async fn switch(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Switch>>) -> Answer<ClientAccess> {
    let (wanted, plan) = asked.split()?;
    one(house.write(People, move |tx| client_access::switch(tx, &actor, &wanted, &plan)).await)
}

/// What sharing all clients with a user will do.
#[utoipa::path(post, path = "/users/{name}/all-clients/plan", operation_id = "client_access.plan_all_clients", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = AllClients, responses((status = 200, body = Plan), Problems))]
async fn plan_all_clients(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(wanted): Body<AllClients>,
) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| client_access::plan_all_clients(tx, &actor, &name, &wanted)).await)
}

/// Shares all clients with a user, or no longer, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/all-clients", operation_id = "client_access.set_all_clients", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<AllClients>, responses((status = 200, body = UserView), Problems))]
async fn set_all_clients(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(asked): Body<Agreed<AllClients>>,
) -> Answer<UserView> {
    let name = user_name(&name)?;
    let (wanted, plan) = asked.split()?;
    one(house.write(People, move |tx| client_access::set_all_clients(tx, &actor, &name, &wanted, &plan)).await)
}
