//! Links that let somebody set a password: `/passes`, `/set-up`, `/users/{name}/invite`; and tokens: `/users/{name}/tokens`.

use std::net::IpAddr;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use interoffice_core::actions::passwords::{self, Passed};
use interoffice_core::actions::tokens::{self, NewToken, TokenView};
use interoffice_core::actions::users::{NewUser, UserView};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::user::Account;
use interoffice_core::store::credentials::PassKind;
use interoffice_protocol::names::UserName;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one};
use super::asked::{As, Body, user_name};
use super::gate::{Caller, Door};
use super::session::check_password;
use crate::api::Problem;
use crate::house::{House, Priority::People};
use crate::secret::{self, Secret};

/// The secret of a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = LinkSecret)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// What stands behind the # of the link.
    token: Secret,
}

/// What a link is for.
#[derive(Serialize, utoipa::ToSchema)]
struct Purpose {
    /// `set-up`, `activate` or `reset`.
    kind: &'static str,
    /// Sign-in name; empty for the first administrator, who chooses it.
    user: String,
}

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(set_up))
        .routes(routes!(show))
        .routes(routes!(use_it))
        .routes(routes!(forgot))
        .routes(routes!(invite))
        .routes(routes!(list_tokens, add_token))
        .routes(routes!(remove_token))
}

fn address(caller: &Caller) -> Result<IpAddr, Problem> {
    Ok(caller.address.ok_or_else(|| Refusal::denied("not-signed-in", "there is no address to count", "ask over the http door"))?)
}

/// What a link is for.
#[utoipa::path(post, path = "/passes/show", operation_id = "passes.show", tag = "passes", request_body = Shown, responses((status = 200, body = Purpose), Problems))]
async fn show(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(shown): Body<Shown>,
) -> Answer<Purpose> {
    door.web()?.limits.link(address(&caller)?)?;
    let hash = secret::hash_token(&shown.token);
    let holder = house.read(move |view| passwords::holder(view, &hash)).await?;
    let kind = match holder.kind {
        PassKind::SetUp => "set-up",
        PassKind::Activate => "activate",
        PassKind::Reset => "reset",
    };
    Ok(Json(Purpose { kind, user: holder.user }))
}

/// A first or a new password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Use {
    /// What stands behind the # of the link.
    token: Secret,
    /// The password to set.
    password: Secret,
}

/// Sets a password with a link, which is used up.
#[utoipa::path(post, path = "/passes/use", operation_id = "passes.use_it", tag = "passes", request_body = Use, responses((status = 200, body = UserView), Problems))]
async fn use_it(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<Use>,
) -> Answer<UserView> {
    let web = door.web()?;
    web.limits.link(address(&caller)?)?;
    let token = secret::hash_token(&asked.token);
    let holder = house.read(move |view| passwords::holder(view, &token)).await?;
    if holder.kind == PassKind::SetUp {
        let message = "this link adds the first administrator, who needs a name too";
        return Err(Refusal::invalid("needs-name", message, "send it to POST /set-up").into());
    }
    check_password(&asked.password, &holder.words)?;
    let hash = web.passwords.hash(asked.password).await?;
    one(house.write(People, move |tx| passwords::set_with_pass(tx, &token, &hash)).await)
}

/// Who forgot the password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Forgot {
    /// Sign-in name or e-mail address.
    user: String,
}

/// The answer that is the same for everybody.
#[derive(Serialize, utoipa::ToSchema)]
struct Noted {
    /// What happens now.
    message: &'static str,
}

/// Has a link sent to somebody who forgot the password.
#[utoipa::path(post, path = "/passes/forgot", operation_id = "passes.forgot", tag = "passes", request_body = Forgot, responses((status = 202, body = Noted), Problems))]
async fn forgot(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<Forgot>,
) -> Result<(StatusCode, Json<Noted>), Problem> {
    door.web()?.limits.forgot(&asked.user, address(&caller)?)?;
    let (token, hash) = secret::token("");
    house.write(People, move |tx| passwords::forgot(tx, &asked.user, &token, &hash)).await?;
    let message = "if there is such a user with an e-mail address, a link is on its way to it";
    Ok((StatusCode::ACCEPTED, Json(Noted { message })))
}

/// The first administrator.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct First {
    /// What stands behind the # of the link that the set-up printed.
    token: Secret,
    /// Sign-in name: 2 to 256 letters and digits.
    name: String,
    /// First name, may be empty.
    #[serde(default)]
    first_name: String,
    /// Last name, may be empty.
    #[serde(default)]
    last_name: String,
    /// E-mail address, may be empty.
    #[serde(default)]
    email: String,
    /// The password.
    password: Secret,
}

/// Adds the first administrator with the link that the set-up printed.
#[utoipa::path(post, path = "/set-up", operation_id = "passes.set_up", tag = "set-up", request_body = First, responses((status = 201, body = UserView), Problems))]
async fn set_up(
    State(house): State<House>,
    Extension(door): Extension<Door>,
    Extension(caller): Extension<Caller>,
    Body(asked): Body<First>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    let web = door.web()?;
    web.limits.link(address(&caller)?)?;
    let token = secret::hash_token(&asked.token);
    let mut words = house.read(move |view| passwords::holder(view, &token)).await?.words;
    words.extend([asked.name.clone(), asked.first_name.clone(), asked.last_name.clone(), asked.email.clone()]);
    check_password(&asked.password, &words)?;
    let hash = web.passwords.hash(asked.password).await?;
    let First { name, first_name, last_name, email, .. } = asked;
    let new = NewUser { name, first_name, last_name, email, account: Account::Admin, ..NewUser::default() };
    let added = house.write(People, move |tx| passwords::set_up(tx, &token, &new, &hash)).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// A link with which somebody sets a password, shown to who made it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = UserInvite)]
struct Invited {
    #[serde(flatten)]
    passed: Passed,
    /// The link, to be handed over when no mail brings it.
    link: String,
    /// Whether a mail brings it.
    mailed: bool,
}

/// Makes a link with which a user sets a password.
#[utoipa::path(post, path = "/users/{name}/invite", operation_id = "passes.invite", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Invited), Problems))]
async fn invite(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Invited> {
    let name = user_name(&name)?;
    let (token, hash) = secret::token("");
    let link = format!("{}/password#{}", house.web_url().unwrap_or_default(), *token);
    let end = house.write(People, move |tx| passwords::invite(tx, &actor, &name, &token, &hash)).await;
    one(end.map(|(passed, mailed)| Invited { passed, link, mailed }))
}

/// A token that was made, shown this once.
#[derive(Serialize, utoipa::ToSchema)]
struct Made {
    #[serde(flatten)]
    view: TokenView,
    /// The token.
    token: String,
}

/// Who makes or takes tokens: on the control socket for the user in the path, as if that user asked.
fn for_user(actor: Actor, name: &UserName) -> Actor {
    if actor == Actor::Operator { Actor::For { by: None, user: name.clone() } } else { actor }
}

/// The tokens of a user.
#[utoipa::path(get, path = "/users/{name}/tokens", operation_id = "passes.list_tokens", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), responses((status = 200, body = Items<TokenView>), Problems))]
async fn list_tokens(State(house): State<House>, As(actor): As, Path(name): Path<String>) -> Answer<Items<TokenView>> {
    let name = user_name(&name)?;
    items(house.read(move |view| tokens::list(view, &actor, &name)).await)
}

/// Makes a token for oneself, shown this once.
#[utoipa::path(post, path = "/users/{name}/tokens", operation_id = "passes.add_token", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user")), request_body = NewToken, responses((status = 201, body = Made), Problems))]
async fn add_token(
    State(house): State<House>,
    As(actor): As,
    Path(name): Path<String>,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let name = user_name(&name)?;
    let actor = for_user(actor, &name);
    if actor.user() != Some(&name) {
        let message = "a token is made by the user for whom it counts";
        return Err(Refusal::denied("not-in-person", message, format!("ask {name} to make it")).into());
    }
    let (token, hash) = secret::token("iot_");
    let view = house.write(People, move |tx| tokens::add(tx, &actor, &new, &hash)).await?;
    Ok((StatusCode::CREATED, Json(Made { view, token: token.to_string() })))
}

/// Takes a token away.
#[utoipa::path(delete, path = "/users/{name}/tokens/{token}", operation_id = "passes.remove_token", tag = "users", params(("name" = String, Path, description = "Sign-in name of a user"), ("token" = i64, Path, description = "Number of a token")), responses((status = 200, body = TokenView), Problems))]
async fn remove_token(State(house): State<House>, As(actor): As, Path((name, token)): Path<(String, i64)>) -> Answer<TokenView> {
    let name = user_name(&name)?;
    one(house.write(People, move |tx| tokens::remove(tx, &actor, &name, token)).await)
}
