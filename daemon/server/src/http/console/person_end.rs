//! How a user goes and comes back: disabled by plan, enabled again, the records handed over, deleted at last; where he or she is signed
//! in, and a second factor that was lost.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::account::{self, Session};
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::lists::Choice;
use super::people::{HERE, User, everybody, load};
use super::plans::Deed;
use super::shell::{Shell, go, ok, unfit};
use super::shown::{When, counted};
use super::trouble::Trouble;
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/people/{name}/disable", get(ask_disable).post(disable))
        .route("/people/{name}/enable-account", post(enable))
        .route("/people/{name}/hand-over", get(show_hand_over).post(hand_over))
        .route("/people/{name}/delete", get(ask_delete).post(delete))
        .route("/people/{name}/sessions", get(sessions))
        .route("/people/{name}/sessions/end", post(end_sessions))
        .route("/people/{name}/sessions/{session}/end", post(end_session))
        .route("/people/{name}/second-factor", get(ask_second_factor).post(drop_second_factor))
}

fn place(user: &User) -> String {
    format!("/people/{}", segment(&user.name))
}

async fn disabling(visit: &Visit, name: &str) -> Result<Deed, Trouble> {
    let user = load(visit, name).await?;
    let here = place(&user);
    Ok(Deed {
        title: format!("Disable {}?", user.display_name),
        here: HERE,
        lead: "This counts at once. The account can be enabled again; links and rights that end now do not come back.",
        yes: "Yes, disable this user",
        danger: true,
        api: format!("/users/{}/disable", segment(&user.name)),
        body: json!({}),
        action: format!("{here}/disable"),
        kept: Vec::new(),
        back: here,
    })
}

async fn ask_disable(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    disabling(&visit, &name).await?.ask(&visit, None).await
}

async fn disable(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let deed = disabling(&visit, &name).await?;
    Ok(match deed.carry_out::<User>(&visit, &fields).await? {
        Ok(user) => go(&place(&user), &format!("{} is disabled, and every link is over", user.display_name)),
        Err(page) => page,
    })
}

async fn enable(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user: User = visit.api.post(&format!("/users/{}/enable", segment(&name)), &json!({})).await?;
    let text = format!("{} can sign in again; links and rights that ended do not come back", user.display_name);
    Ok(go(&place(&user), &text))
}

#[derive(Template)]
#[template(path = "person_hand_over.html")]
struct HandOverPage {
    shell: Shell,
    user: User,
    choice: Choice,
    to: String,
    wrong: Option<Wrong>,
}

async fn hand_over_page(visit: &Visit, user: User, asked: &Fields, wrong: Option<Wrong>) -> Result<HandOverPage, Trouble> {
    let takes = |other: &User| !other.disabled && other.owns_clients() && other.name != user.name;
    let choice = Choice::of(visit, everybody(visit).await?, asked, takes).await?;
    let shell = visit.shell(&format!("Hand over the records of {}", user.display_name), HERE);
    Ok(HandOverPage { shell, user, choice, to: asked.text("to").to_owned(), wrong })
}

async fn show_hand_over(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    Ok(ok(&hand_over_page(&visit, user, &Fields::default(), None).await?))
}

async fn hand_over(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct HandedOver {
        to: String,
        records: u64,
    }
    let user = load(&visit, &name).await?;
    if Choice::is_sought(&fields) {
        return Ok(ok(&hand_over_page(&visit, user, &fields, None).await?));
    }
    let to = fields.text("to").to_owned();
    if to.is_empty() {
        let wrong = Wrong::missing("to", "Choose who is to own the records");
        return Ok(unfit(&hand_over_page(&visit, user, &fields, Some(wrong)).await?));
    }
    let here = place(&user);
    let deed = Deed {
        title: format!("Hand all records of {} over to {to}?", user.name),
        here: HERE,
        lead: "",
        yes: "Yes, hand them over",
        danger: false,
        api: format!("/users/{}/hand-over", segment(&user.name)),
        body: json!({ "to": to }),
        action: format!("{here}/hand-over"),
        kept: vec![("to", to.clone())],
        back: here.clone(),
    };
    match deed.carry_out::<HandedOver>(&visit, &fields).await {
        Ok(Ok(done)) => Ok(go(&here, &format!("{} owns {} of {} now", done.to, counted(done.records, "record"), user.name))),
        Ok(Err(page)) => Ok(page),
        Err(Trouble(problem)) if mendable(&problem) => {
            let wrong = Some(Wrong::of(problem, &[("bad-user-name", "to"), ("already-owner", "to")]));
            Ok(unfit(&hand_over_page(&visit, user, &fields, wrong).await?))
        }
        Err(trouble) => Err(trouble),
    }
}

#[derive(Template)]
#[template(path = "person_kept.html")]
struct KeptPage {
    shell: Shell,
    user: User,
    wrong: Option<Wrong>,
}

async fn deletion(visit: &Visit, name: &str) -> Result<Deed, Trouble> {
    let user = load(visit, name).await?;
    let here = place(&user);
    Ok(Deed {
        title: format!("Delete {}?", user.display_name),
        here: HERE,
        lead: "This can’t be undone. Nobody else can have this user name afterwards.",
        yes: "Yes, delete this user",
        danger: true,
        api: format!("/users/{}/delete", segment(&user.name)),
        body: json!({}),
        action: format!("{here}/delete"),
        kept: Vec::new(),
        back: here,
    })
}

async fn ask_delete(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    match deletion(&visit, &name).await?.ask(&visit, None).await {
        // Who owns something or has links is not deleted: the page says what comes first, with numbers.
        Err(Trouble(problem)) if mendable(&problem) => {
            let user = load(&visit, &name).await?;
            let shell = visit.shell(&format!("{} can’t be deleted yet", user.display_name), HERE);
            Ok(unfit(&KeptPage { shell, user, wrong: Some(Wrong::of(problem, &[])) }))
        }
        other => other,
    }
}

async fn delete(visit: Visit, Path(name): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let deed = deletion(&visit, &name).await?;
    Ok(match deed.carry_out::<User>(&visit, &fields).await? {
        Ok(user) => go("/people", &format!("{} is deleted", user.display_name)),
        Err(page) => page,
    })
}

#[derive(Template)]
#[template(path = "person_sessions.html")]
struct SessionsPage {
    shell: Shell,
    user: User,
    sessions: Vec<(Session, When, When)>,
}

async fn sessions(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let found = account::sessions(&visit, &user.name).await?;
    let clock = &visit.clock;
    let timed = |session: Session| (clock.when(session.created_ms), clock.when(session.seen_ms), session);
    let sessions = found.into_iter().map(timed).map(|(since, seen, session)| (session, since, seen)).collect();
    Ok(ok(&SessionsPage { shell: visit.shell(&format!("Where {} is signed in", user.display_name), HERE), user, sessions }))
}

async fn end_sessions(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    #[derive(Deserialize)]
    struct Ended {
        sessions: u64,
    }
    let place = segment(&name);
    let ended: Ended = visit.api.send(Method::DELETE, &format!("/users/{place}/sessions"), &json!({})).await?;
    Ok(go(&format!("/people/{place}/sessions"), &format!("{} ended", counted(ended.sessions, "session"))))
}

async fn end_session(visit: Visit, Path((name, session)): Path<(String, i64)>) -> Result<Response, Trouble> {
    let place = segment(&name);
    visit.api.send::<Value>(Method::DELETE, &format!("/users/{place}/sessions/{session}"), &json!({})).await?;
    Ok(go(&format!("/people/{place}/sessions"), "That session is over"))
}

#[derive(Template)]
#[template(path = "person_second_factor.html")]
struct SecondFactorPage {
    shell: Shell,
    user: User,
}

async fn ask_second_factor(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user = load(&visit, &name).await?;
    let shell = visit.shell(&format!("Take away the second factor of {}?", user.display_name), HERE);
    Ok(ok(&SecondFactorPage { shell, user }))
}

async fn drop_second_factor(visit: Visit, Path(name): Path<String>) -> Result<Response, Trouble> {
    let user: User = visit.api.send(Method::DELETE, &format!("/users/{}/second-factor", segment(&name)), &json!({})).await?;
    Ok(go(&place(&user), &format!("{} has no second factor now, and can sign in with the password alone", user.display_name)))
}
