//! A user is added, named anew, and invited to set a password.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::mails::is_set_up;
use super::people::{HERE, User, load};
use super::roles::{Role, roles};
use super::shell::{Shell, go, ok, unfit};
use super::shown::When;
use super::trouble::Trouble;
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/add-user", get(show_add).post(add))
        .route("/people/{name}/edit", get(show_edit).post(edit))
        .route("/people/{name}/invite", get(show_invite).post(invite))
}

#[derive(Template)]
#[template(path = "person_add.html")]
struct AddPage {
    shell: Shell,
    asked: Fields,
    roles: Vec<Role>,
    wrong: Option<Wrong>,
}

async fn add_page(visit: &Visit, asked: Fields, wrong: Option<Wrong>) -> Result<AddPage, Trouble> {
    Ok(AddPage { shell: visit.shell("Add a user", HERE), asked, roles: roles(visit).await?, wrong })
}

async fn show_add(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&add_page(&visit, Fields::default(), None).await?))
}

const NAMES: [(&str, &str); 8] = [
    ("bad-user-name", "name"),
    ("user-exists", "name"),
    ("bad-name", "first_name"),
    ("bad-display-name", "display_name"),
    ("bad-email", "email"),
    ("email-taken", "email"),
    ("role-exceeds-account", "role"),
    ("unknown-role", "role"),
];

async fn add(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let asked = json!({
        "name": fields.text("name"), "first_name": fields.text("first_name"), "last_name": fields.text("last_name"),
        "email": fields.text("email"), "account": fields.some("account").unwrap_or_else(|| "practitioner".to_owned()),
        "role": fields.text("role"),
    });
    match visit.api.post::<User>("/users", &asked).await {
        Ok(user) => {
            let text = format!("{} is added", user.display_name);
            Ok(go(&format!("/people/{}", segment(&user.name)), &text))
        }
        Err(problem) if mendable(&problem) => {
            let wrong = Some(Wrong::of(problem, &NAMES));
            Ok(unfit(&add_page(&visit, fields, wrong).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "person_edit.html")]
struct EditPage {
    shell: Shell,
    user: User,
    wrong: Option<Wrong>,
}

fn edit_page(visit: &Visit, user: User, wrong: Option<Wrong>) -> EditPage {
    EditPage { shell: visit.shell(&format!("Edit {}", user.display_name), HERE), user, wrong }
}

async fn show_edit(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    Ok(ok(&edit_page(&visit, user, None)))
}

async fn edit(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let mut user = load(&visit, &name).await?;
    let parts = [
        ("first_name", &mut user.first_name),
        ("last_name", &mut user.last_name),
        ("display_name", &mut user.display_name),
        ("email", &mut user.email),
    ];
    let mut asked = json!({});
    for (field, kept) in parts {
        if fields.text(field) != kept {
            asked[field] = fields.text(field).into();
            fields.text(field).clone_into(kept);
        }
    }
    let place = segment(&user.name);
    match visit.api.send::<User>(Method::PATCH, &format!("/users/{place}"), &asked).await {
        Ok(user) => Ok(go(&format!("/people/{place}"), &format!("{} is changed", user.display_name))),
        Err(problem) if mendable(&problem) => {
            let wrong = Some(Wrong::of(problem, &NAMES));
            Ok(unfit(&edit_page(&visit, user, wrong)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A link with which somebody sets a password.
#[derive(Deserialize)]
struct Invited {
    link: String,
    mailed: bool,
    until_ms: i64,
}

#[derive(Template)]
#[template(path = "person_invite.html")]
struct InvitePage {
    shell: Shell,
    user: User,
    made: Option<(Invited, When)>,
    /// Whether mails go out at all.
    mail: bool,
}

async fn invite_page(visit: &Visit, user: User, made: Option<(Invited, When)>) -> Result<Response, Trouble> {
    let shell = visit.shell(&format!("Invite {}", user.display_name), HERE);
    Ok(ok(&InvitePage { shell, user, made, mail: is_set_up(visit).await? }))
}

async fn show_invite(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    invite_page(&visit, user, None).await
}

async fn invite(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    if fields.is_on("first") && user.is_invited() {
        // The page was older than an invitation, which another one would end.
        return invite_page(&visit, user, None).await;
    }
    let made: Invited = visit.api.post(&format!("/users/{}/invite", segment(&user.name)), &Value::Null).await?;
    let until = visit.clock.when(made.until_ms);
    invite_page(&visit, user, Some((made, until))).await
}
