//! Mails and their texts: `/mails`, `/mail/texts`.

use axum::extract::{Path, State};
use interoffice_core::actions::mails::{self, MailQuery, MailView, Test, TextChange, TextView};
use interoffice_core::domain::mail::MailKind;
use interoffice_core::domain::refusal::Refusal;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one};
use super::asked::{As, Body, Params};
use crate::house::{House, Priority::People};
use crate::letters;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(test))
        .routes(routes!(retry))
        .routes(routes!(texts))
        .routes(routes!(text, set_text, reset_text))
}

/// Why nothing is sent while the settings name no way for mails.
const NOT_SET_UP: &str = "mail is not set up";

/// The mails, and whether any are sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Mails {
    /// Whether the settings say where mails go; they wait while this is false.
    set_up: bool,
    /// The mails, the newest first.
    items: Vec<MailView>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// Mails that were written, and how they are, page by page.
#[utoipa::path(get, path = "/mails", operation_id = "mails.list", tag = "mails", params(MailQuery), responses((status = 200, body = Mails), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(query): Params<MailQuery>) -> Answer<Mails> {
    let page = house.read(move |view| mails::list(view, &actor, &query)).await;
    let set_up = house.config().mail.is_on();
    let explained = |mail| explained(&house, mail);
    one(page.map(|page| Mails { set_up, items: page.items.into_iter().map(explained).collect(), next: page.next }))
}

/// Says of a mail that waits for nothing but settings that it does.
fn explained(house: &House, mut mail: MailView) -> MailView {
    if mail.state == "waiting" && !house.config().mail.is_on() {
        NOT_SET_UP.clone_into(&mut mail.reason);
    }
    mail
}

/// Sends a test message to a user.
#[utoipa::path(post, path = "/mails/test", operation_id = "mails.test", tag = "mails", request_body = Test, responses((status = 200, body = MailView), Problems))]
async fn test(State(house): State<House>, As(actor): As, Body(wanted): Body<Test>) -> Answer<MailView> {
    one(house.write(People, move |tx| mails::test(tx, &actor, &wanted)).await.map(|mail| explained(&house, mail)))
}

/// Has a mail sent that failed.
#[utoipa::path(post, path = "/mails/{id}/retry", operation_id = "mails.retry", tag = "mails", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), responses((status = 200, body = MailView), Problems))]
async fn retry(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<MailView> {
    let id = id.parse().map_err(|_| Refusal::invalid("bad-mail-id", "a mail is named by its number", "see them: interoffice mail list"))?;
    one(house.write(People, move |tx| mails::retry(tx, &actor, id)).await.map(|mail| explained(&house, mail)))
}

/// The texts of all messages.
#[utoipa::path(get, path = "/mail/texts", operation_id = "mails.texts", tag = "mail", responses((status = 200, body = Items<TextView>), Problems))]
async fn texts(State(house): State<House>, As(actor): As) -> Answer<Items<TextView>> {
    items(house.read(move |view| mails::show_texts(view, &actor)).await)
}

/// The text of one kind of message.
#[utoipa::path(get, path = "/mail/texts/{kind}", operation_id = "mails.text", tag = "mail", params(("kind" = String, Path, description = "Kind of message")), responses((status = 200, body = TextView), Problems))]
async fn text(State(house): State<House>, As(actor): As, Path(kind): Path<String>) -> Answer<TextView> {
    let kind = MailKind::parse(&kind)?;
    one(house.read(move |view| mails::show_text(view, &actor, kind)).await)
}

/// Sets the text of a kind of message.
#[utoipa::path(put, path = "/mail/texts/{kind}", operation_id = "mails.set_text", tag = "mail", params(("kind" = String, Path, description = "Kind of message")), request_body = TextChange, responses((status = 200, body = TextView), Problems))]
async fn set_text(State(house): State<House>, As(actor): As, Path(kind): Path<String>, Body(change): Body<TextChange>) -> Answer<TextView> {
    let kind = MailKind::parse(&kind)?;
    one(house.write(People, move |tx| mails::set_text(tx, &actor, kind, &change, letters::check)).await)
}

/// Takes the text back that the program came with.
#[utoipa::path(delete, path = "/mail/texts/{kind}", operation_id = "mails.reset_text", tag = "mail", params(("kind" = String, Path, description = "Kind of message")), responses((status = 200, body = TextView), Problems))]
async fn reset_text(State(house): State<House>, As(actor): As, Path(kind): Path<String>) -> Answer<TextView> {
    let kind = MailKind::parse(&kind)?;
    one(house.write(People, move |tx| mails::reset_text(tx, &actor, kind)).await)
}
