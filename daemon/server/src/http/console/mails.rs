//! The outbox: mails and how they are, a test message, and the texts that an administrator may change.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong, mendable};
use super::inside::segment;
use super::lists::{self, ROWS, address};
use super::shell::{Shell, go, ok, unfit};
use super::shown::{When, capital, tone};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;

const HERE: &str = "mails";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/mails", get(list))
        .route("/mails/test", get(show_test).post(test))
        .route("/mails/{id}/retry", post(retry))
        .route("/mail-texts", get(texts))
        .route("/mail-texts/{kind}", get(show_text).post(set_text))
        .route("/mail-texts/{kind}/default", get(ask_default).post(default))
}

/// A kind of mail as people say it.
fn kind_words(kind: &str) -> String {
    match kind {
        "access-asked" => "Somebody asks for access".to_owned(),
        "access-granted" => "Access was given".to_owned(),
        "access-refused" => "Access was refused".to_owned(),
        "deletion-near" => "Records will be deleted soon".to_owned(),
        "digest" => "Daily digest".to_owned(),
        "test" => "Test message".to_owned(),
        other => capital(&other.replace('-', " ")),
    }
}

/// A mail as the API gives it.
#[derive(Deserialize)]
struct Mail {
    id: i64,
    kind: String,
    user: String,
    state: String,
    reason: String,
    attempts: u64,
    created_ms: i64,
    next_try_ms: Option<i64>,
    sent_ms: Option<i64>,
}

#[derive(Deserialize)]
struct Mails {
    set_up: bool,
    items: Vec<Mail>,
    next: Option<String>,
}

impl Default for Mails {
    /// No mails, and nothing to say of the settings.
    fn default() -> Self {
        Self { set_up: true, items: Vec::new(), next: None }
    }
}

/// A mail with its times.
struct Row {
    mail: Mail,
    written: When,
    next: Option<When>,
    sent: Option<When>,
}

impl Row {
    fn tone(&self) -> &'static str {
        tone(&self.mail.state)
    }

    fn kind(&self) -> String {
        kind_words(&self.mail.kind)
    }

    fn reason(&self) -> String {
        sentence(&self.mail.reason)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sought {
    state: String,
    /// The place behind which the page begins.
    after: String,
}

/// States that a list can be narrowed to.
const STATES: [&str; 4] = ["waiting", "sent", "failed", "dropped"];

#[derive(Template)]
#[template(path = "mails.html")]
struct ListPage {
    shell: Shell,
    set_up: bool,
    state: String,
    after: String,
    rows: Vec<Row>,
    next: Option<String>,
    wrong: Option<Wrong>,
}

impl ListPage {
    /// Where the list begins.
    fn first(&self) -> String {
        address("/mails", &[("state", &self.state)])
    }
}

async fn list(visit: Visit, Query(sought): Query<Sought>) -> Result<Response, Trouble> {
    let Sought { state, after } = sought;
    let state = STATES.into_iter().find(|known| *known == state).unwrap_or_default().to_owned();
    let place = address(&format!("/mails?limit={ROWS}"), &[("state", &state), ("after", &after)]);
    let (Mails { set_up, items, next }, wrong) = lists::part(&visit, &place).await?;
    let clock = &visit.clock;
    let row = |mail: Mail| Row {
        written: clock.when(mail.created_ms),
        next: clock.maybe(mail.next_try_ms),
        sent: clock.maybe(mail.sent_ms),
        mail,
    };
    let rows = items.into_iter().map(row).collect();
    let next = next.map(|after| address("/mails", &[("state", &state), ("after", &after)]));
    let page = ListPage { shell: visit.shell("Outbox", HERE), set_up, state, after, rows, next, wrong };
    Ok(if page.wrong.is_some() { unfit(&page) } else { ok(&page) })
}

async fn retry(visit: Visit, Path(id): Path<i64>) -> Result<Response, Trouble> {
    visit.api.post::<Value>(&format!("/mails/{id}/retry"), &json!({})).await?;
    Ok(go("/mails", "The mail is tried again"))
}

#[derive(Template)]
#[template(path = "mail_test.html")]
struct TestPage {
    shell: Shell,
    user: String,
    set_up: bool,
    wrong: Option<Wrong>,
}

async fn test_page(visit: &Visit, user: &str, wrong: Option<Wrong>) -> Result<TestPage, Trouble> {
    let set_up = is_set_up(visit).await?;
    Ok(TestPage { shell: visit.shell("Send a test message", HERE), user: user.to_owned(), set_up, wrong })
}

/// Whether the settings of the daemon say where mails go.
pub(super) async fn is_set_up(visit: &Visit) -> Result<bool, Trouble> {
    let mails: Mails = visit.api.get("/mails?limit=1").await?;
    Ok(mails.set_up)
}

async fn show_test(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&test_page(&visit, &visit.me.user.name, None).await?))
}

async fn test(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let user = fields.text("user").to_owned();
    match visit.api.post::<Mail>("/mails/test", &json!({ "user": user })).await {
        Ok(mail) => {
            let reason = if mail.reason.is_empty() { String::new() } else { format!(": {}", mail.reason) };
            Ok(go("/mails", &format!("A test message to {} is {}{reason}", mail.user, mail.state)))
        }
        Err(problem) if mendable(&problem) => {
            let wrong = Wrong::of(problem, &[("no-address", "user"), ("unknown-user", "user"), ("bad-user-name", "user")]);
            Ok(unfit(&test_page(&visit, &user, Some(wrong)).await?))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The text of a kind of mail as the API gives it.
#[derive(Clone, Deserialize)]
struct Text {
    kind: String,
    edited: bool,
    subject: String,
    text: String,
    html: String,
    variables: Vec<Variable>,
}

#[derive(Clone, Deserialize)]
struct Variable {
    name: String,
    about: String,
}

impl Variable {
    /// As a text uses it.
    fn written(&self) -> String {
        format!("{{{{ {} }}}}", self.name)
    }
}

impl Text {
    fn words(&self) -> String {
        kind_words(&self.kind)
    }
}

#[derive(Deserialize)]
struct Texts {
    items: Vec<Text>,
}

#[derive(Template)]
#[template(path = "mail_texts.html")]
struct TextsPage {
    shell: Shell,
    texts: Vec<Text>,
}

async fn texts(visit: Visit) -> Result<Response, Trouble> {
    let texts: Texts = visit.api.get("/mail/texts").await?;
    Ok(ok(&TextsPage { shell: visit.shell("Texts of mails", HERE), texts: texts.items }))
}

#[derive(Template)]
#[template(path = "mail_text.html")]
struct TextPage {
    shell: Shell,
    text: Text,
    wrong: Option<Wrong>,
}

async fn load(visit: &Visit, kind: &str) -> Result<Text, Trouble> {
    Ok(visit.api.get(&format!("/mail/texts/{}", segment(kind))).await?)
}

async fn show_text(visit: Visit, Path(kind): Path<String>) -> Result<Response, Trouble> {
    let text = load(&visit, &kind).await?;
    Ok(ok(&TextPage { shell: visit.shell(&text.words(), HERE), text, wrong: None }))
}

/// The field that a refusal of a text is about: it begins with the part that can't be used.
fn part(code: &str, detail: &str) -> &'static str {
    match code {
        "bad-subject" => "subject",
        "bad-mail-text" if detail.starts_with("the subject") => "subject",
        "bad-mail-text" if detail.starts_with("the html") => "html",
        "bad-mail-text" => "text",
        _ => "",
    }
}

async fn set_text(visit: Visit, Path(kind): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let mut text = load(&visit, &kind).await?;
    // Forms break lines as mail does; texts are kept with the one sign that all programs know.
    let typed = |name: &str| fields.raw(name).replace("\r\n", "\n");
    (text.subject, text.text, text.html) = (typed("subject"), typed("text"), typed("html"));
    let asked = json!({ "subject": text.subject, "text": text.text, "html": text.html });
    match visit.api.send::<Text>(Method::PUT, &format!("/mail/texts/{}", segment(&text.kind)), &asked).await {
        Ok(text) => Ok(go("/mail-texts", &format!("The text “{}” is kept", text.words()))),
        Err(problem) if mendable(&problem) => {
            let field = part(&problem.code, &problem.detail);
            let wrong = Some(Wrong { field, ..Wrong::of(problem, &[]) });
            Ok(unfit(&TextPage { shell: visit.shell(&text.words(), HERE), text, wrong }))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "mail_text_default.html")]
struct DefaultPage {
    shell: Shell,
    text: Text,
}

async fn ask_default(visit: Visit, Path(kind): Path<String>) -> Result<Response, Trouble> {
    let text = load(&visit, &kind).await?;
    Ok(ok(&DefaultPage { shell: visit.shell("Back to the program’s text?", HERE), text }))
}

async fn default(visit: Visit, Path(kind): Path<String>) -> Result<Response, Trouble> {
    let text: Text = visit.api.send(Method::DELETE, &format!("/mail/texts/{}", segment(&kind)), &json!({})).await?;
    Ok(go("/mail-texts", &format!("The text “{}” is the program’s own again", text.words())))
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn what_is_wrong_with_a_text_is_said_at_its_field() {
        assert_eq!(part("bad-mail-text", "the subject can't be rendered: …"), "subject");
        assert_eq!(part("bad-mail-text", "the html, line 3 can't be rendered: …"), "html");
        assert_eq!(part("bad-mail-text", "the text, line 1 can't be rendered: …"), "text");
        assert_eq!(part("text-too-long", ""), "");
    }
}
