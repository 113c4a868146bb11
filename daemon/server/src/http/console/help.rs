//! Help: what the words on the pages mean, the keys, and where more is written.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::Console;
use super::shell::{Shell, ok};
use super::visit::Visit;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/help", get(show))
}

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    shell: Shell,
}

async fn show(visit: Visit) -> Response {
    ok(&Page { shell: visit.shell("Help", "help") })
}
