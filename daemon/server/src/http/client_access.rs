//! Client access: `/client-access`, and all clients for one user: `/users/{name}/all-clients`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::client_access::{self, AllClients, ClientAccess, Switch};
use interoffice_core::actions::users::UserView;
use interoffice_core::domain::plan::Plan;

use super::answer::{Answer, one, planned};
use super::asked::{Agreed, As, Body, user_name};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/client-access", get(show).post(switch))
        .route("/client-access/plan", post(plan_switch))
        .route("/users/{name}/all-clients", post(set_all_clients))
        .route("/users/{name}/all-clients/plan", post(plan_all_clients))
}

async fn show(State(house): State<House>, As(actor): As) -> Answer<ClientAccess> {
    one(house.read(move |view| client_access::view(view, &actor)).await)
}

async fn plan_switch(State(house): State<House>, As(actor): As, Body(wanted): Body<Switch>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| client_access::plan_switch(tx, &actor, &wanted)).await)
}

async fn switch(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Switch>>) -> Answer<ClientAccess> {
    let (wanted, plan) = asked.split()?;
    one(house.write(People, move |tx| client_access::switch(tx, &actor, &wanted, &plan)).await)
}

async fn plan_all_clients(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(wanted): Body<AllClients>,
) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| client_access::plan_all_clients(tx, &actor, &name, &wanted)).await)
}

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
