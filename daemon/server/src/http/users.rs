//! Users of this office: `/users`.

use axum::extract::{Path, State};
use interoffice_core::actions::ending;
use interoffice_core::actions::users::{self, Assignment, HandOver, HandedOver, Naming, NewUser, UserQuery, UserView};
use interoffice_core::domain::page::Page;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::user::Right;
use interoffice_core::store::View;
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
        .routes(routes!(enable))
        .routes(routes!(plan_assign))
        .routes(routes!(assign))
        .routes(routes!(plan_hand_over))
        .routes(routes!(hand_over))
        .routes(routes!(plan_delete))
        .routes(routes!(delete))
        .routes(routes!(set_right))
        .routes(routes!(plan_disable))
        .routes(routes!(disable))
}

/// The users of the office by name, page by page.
#[utoipa::path(get, path = "/users", operation_id = "users.list", tag = "users", params(UserQuery), responses((status = 200, body = Page<UserView>), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(query): Params<UserQuery>) -> Answer<Page<UserView>> {
    one(house.read(move |view| users::search(view, &actor, &query)).await)
}

/// Adds a user.
#[utoipa::path(post, path = "/users", operation_id = "users.add", tag = "users", request_body = NewUser, responses((status = 200, body = UserView), Problems))]
async fn add(State(house): State<House>, As(actor): As, Body(user): Body<NewUser>) -> Answer<UserView> {
    one(house.write(People, move |tx| users::add(tx, &actor, &user)).await)
}

/// One user.
#[utoipa::path(get, path = "/users/{name}", operation_id = "users.show", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = UserView), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.read(move |view| users::show(view, &actor, &name)).await)
}

/// Changes names and address of a user.
#[utoipa::path(patch, path = "/users/{name}", operation_id = "users.rename", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Naming, responses((status = 200, body = UserView), Problems))]
async fn rename(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(naming): Body<Naming>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| users::rename(tx, &actor, &name, &naming)).await)
}

/// Lets a disabled user act again.
#[utoipa::path(post, path = "/users/{name}/enable", operation_id = "users.enable", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = UserView), Problems))]
async fn enable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<UserView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| users::enable(tx, &actor, &name)).await)
}

/// What another account type or role will change.
#[utoipa::path(post, path = "/users/{name}/assign/plan", operation_id = "users.plan_assign", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Assignment, responses((status = 200, body = Plan), Problems))]
async fn plan_assign(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(wanted): Body<Assignment>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_assign(tx, &actor, &name, &wanted)).await)
}

/// Gives a user another account type or role, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/assign", operation_id = "users.assign", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<Assignment>, responses((status = 200, body = UserView), Problems))]
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

/// What handing over all records of a user will do.
#[utoipa::path(post, path = "/users/{name}/hand-over/plan", operation_id = "users.plan_hand_over", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = HandOver, responses((status = 200, body = Plan), Problems))]
async fn plan_hand_over(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(wanted): Body<HandOver>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_hand_over(tx, &actor, &name, &wanted)).await)
}

/// Hands all records of a user over, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/hand-over", operation_id = "users.hand_over", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<HandOver>, responses((status = 200, body = HandedOver), Problems))]
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

/// What deleting a user will do.
#[utoipa::path(post, path = "/users/{name}/delete/plan", operation_id = "users.plan_delete", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Plan), Problems))]
async fn plan_delete(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_delete(tx, &actor, &name)).await)
}

/// Deletes a user, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/delete", operation_id = "users.delete", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<Nothing>, responses((status = 200, body = UserView), Problems))]
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

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SetRight {
    right: String,
    on: bool,
}

/// Switches Super User or Enterprise View.
#[utoipa::path(post, path = "/users/{name}/rights", operation_id = "users.set_right", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = SetRight, responses((status = 200, body = UserView), Problems))]
async fn set_right(State(house): State<House>, As(actor): As, Path(name): Path<String>, Body(asked): Body<SetRight>) -> Answer<UserView> {
    let name = user_name(&name)?;
    let unknown = || Refusal::invalid("unknown-right", "there is no such right", "the rights are super-user and enterprise-view");
    let right = Right::parse(&asked.right).ok_or_else(unknown)?;
    one(house.write(People, move |tx| users::set_right(tx, &actor, &name, right, asked.on)).await)
}

/// What disabling a user will do.
#[utoipa::path(post, path = "/users/{name}/disable/plan", operation_id = "users.plan_disable", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Plan), Problems))]
async fn plan_disable(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Plan> {
    let name = user_name(&name)?;
    planned(&house, house.write(People, move |tx| users::plan_disable(tx, &actor, &name)).await)
}

/// Disables a user, by a plan that was read.
#[utoipa::path(post, path = "/users/{name}/disable", operation_id = "users.disable", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = Agreed<Nothing>, responses((status = 200, body = UserView), Problems))]
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
