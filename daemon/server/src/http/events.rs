//! What happened, line by line: `/events`, and with `follow=true` everything that goes on to happen. Whoever accepts
//! `text/event-stream` is told instead what kind of thing has changed, so that a page knows when to ask again.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use interoffice_core::actions::{audit, rights};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::Ring;
use interoffice_core::store::audit::AuditLine;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Problems;
use super::asked::Params;
use super::changes;
use super::gate::{self, Caller};
use super::stream::{self, Parts};
use crate::api::Problem;
use crate::bell::Listener;
use crate::house::House;

/// Lines read from the store at once.
const PAGE: usize = 500;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(events))
}

#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct From {
    /// Lines up to this number are known.
    #[serde(default)]
    after: u64,
    /// At most this many lines.
    limit: Option<usize>,
    /// Whether to go on with what happens next.
    #[serde(default)]
    follow: bool,
}

/// The lines of the audit, or as `text/event-stream` what kind of thing changes.
#[utoipa::path(get, path = "/events", operation_id = "events.events", tag = "events", params(From), responses((status = 200, content((String = "application/jsonl"), (String = "text/event-stream"))), Problems))]
async fn events(
    State(house): State<House>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Params(from): Params<From>,
) -> Result<Response, Problem> {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let asking = caller.actor.clone();
        house.read(move |view| rights::require_member(view, &asking)).await?;
        let (sender, response) = stream::answer("text/event-stream");
        tokio::spawn(changes::tell(house.clone(), caller, house.bell().subscribe(), sender));
        return Ok(response);
    }
    let actor = caller.actor.clone();
    let bell = house.bell().subscribe();
    // The first page is read before the answer begins, so that a refusal is one.
    let first = page(&house, &actor, from.after, from.limit).await?;
    let (sender, response) = stream::answer("application/jsonl");
    tokio::spawn(send(house, caller, from, first, bell, sender));
    Ok(response)
}

async fn page(house: &House, actor: &Actor, after: u64, left: Option<usize>) -> Result<Vec<AuditLine>, Problem> {
    let (actor, limit) = (actor.clone(), left.map_or(PAGE, |left| left.min(PAGE)));
    Ok(house.read(move |view| audit::since(view, &actor, after, limit)).await?)
}

/// Sends pages until there is nothing more to tell, the reader is gone or the house stops.
async fn send(house: House, caller: Caller, from: From, first: Vec<AuditLine>, mut bell: Listener, sender: Parts) {
    let (mut after, mut left, mut lines) = (from.after, from.limit, first);
    loop {
        if let Some(last) = lines.last() {
            after = last.id;
            left = left.map(|left| left.saturating_sub(lines.len()));
            if sender.send(Ok(jsonl(&lines))).await.is_err() || left == Some(0) {
                return;
            }
        } else if !from.follow || !rung(&house, &mut bell, &sender).await {
            return;
        }
        if !gate::still_there(&house, &caller).await {
            return;
        }
        match page(&house, &caller.actor, after, left).await {
            Ok(next) => lines = next,
            Err(problem) => {
                tracing::info!(code = problem.code, "a stream of events ends");
                return;
            }
        }
    }
}

/// Waits for new lines; false when nobody wants them any more.
async fn rung(house: &House, bell: &mut Listener, sender: &Parts) -> bool {
    loop {
        tokio::select! {
            () = house.stopped() => return false,
            () = sender.closed() => return false,
            heard = bell.next() => match heard {
                Some(heard) if heard.concerns(&Ring::Audit) => return true,
                Some(_) => {}
                None => return false,
            },
        }
    }
}

fn jsonl(lines: &[AuditLine]) -> Bytes {
    let mut text = Vec::new();
    for line in lines {
        // Text and numbers always have a JSON form, and a Vec takes everything.
        let _ = serde_json::to_writer(&mut text, line);
        text.push(b'\n');
    }
    text.into()
}
