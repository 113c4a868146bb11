//! Sharing records over a link and taking them back: `/links/{link}/records`, `share`, `unshare`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::records::{LIMIT_DEFAULT, LIMIT_MAX, place, read_place};
use interoffice_core::actions::sharing::{self, Selection, Shared, SharedRecord, Unshared};
use interoffice_core::actions::{copies, links};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::received::{CopyQuery, CopyRow, ReceivedFiles};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::link::Side;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, one};
use super::asked::{Agreed, As, Body, Params};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/links/{link}/records", get(shared_with))
        .route("/links/{link}/share/plan", post(plan_share))
        .route("/links/{link}/share", post(share))
        .route("/links/{link}/unshare/plan", post(plan_unshare))
        .route("/links/{link}/unshare", post(unshare))
}

/// A page of what a link shows: by the last sequence at the owner's office, by the last place in name order at the reader's.
#[derive(Debug, Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// A record that a link shows, seen from either side.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Seen {
    /// Shared from here.
    Shared(SharedRecord),
    /// Brought here.
    Copy(SharedCopy),
}

/// A copy in the list behind a link.
#[derive(Debug, Serialize)]
struct SharedCopy {
    record: String,
    name: String,
    kind: &'static str,
    /// Always `received`.
    state: &'static str,
    version: String,
    received_ms: i64,
}

/// What a link shows.
#[derive(Debug, Serialize)]
struct SeenPage {
    items: Vec<Seen>,
    next: Option<String>,
}

async fn shared_with(State(house): State<House>, As(actor): As, Path(link): Path<String>, Params(page): Params<Page>) -> Answer<SeenPage> {
    let received = house.received().clone();
    one(house.read(move |view| seen(view, &received, &actor, &link, &page)).await)
}

fn seen(view: &View<'_>, received: &ReceivedFiles, actor: &Actor, link: &str, page: &Page) -> Result<SeenPage, Fault> {
    let limit = page.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let row = links::find(view, actor, link)?;
    if row.side == Side::Owner {
        let bad = |_| Refusal::invalid("bad-place", "this is no place in the list", "take it from the answer before, or leave it out");
        let after = page.after.as_deref().map_or(Ok(0), str::parse).map_err(bad)?;
        let shared = sharing::shared_with(view, actor, link, after, limit)?;
        let next = shared.last().filter(|_| shared.len() == limit).map(|last| last.sequence.to_string());
        return Ok(SeenPage { items: shared.into_iter().map(Seen::Shared).collect(), next });
    }
    copies::may_read(view, actor, row.link)?;
    let after = page.after.as_deref().map(read_place).transpose()?;
    let rows = received.list(row.link, &CopyQuery { after, limit, ..CopyQuery::default() })?;
    let next = rows.last().filter(|_| rows.len() == limit).map(|last| place(&last.name, &last.record));
    let copy = |row: CopyRow| SharedCopy {
        record: row.record.to_string(),
        name: row.name,
        kind: row.kind.as_str(),
        state: "received",
        version: row.version.to_string(),
        received_ms: row.received_ms,
    };
    Ok(SeenPage { items: rows.into_iter().map(copy).map(Seen::Copy).collect(), next })
}

async fn plan_share(State(house): State<House>, As(actor): As, Path(link): Path<String>, Body(selection): Body<Selection>) -> Answer<Plan> {
    one(house.write(People, move |tx| sharing::plan_share(tx, &actor, &link, &selection)).await)
}

async fn share(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(asked): Body<Agreed<Selection>>,
) -> Answer<Shared> {
    let (selection, plan) = asked.split()?;
    one(house.write(People, move |tx| sharing::share(tx, &actor, &link, &selection, &plan)).await)
}

async fn plan_unshare(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(selection): Body<Selection>,
) -> Answer<Plan> {
    one(house.write(People, move |tx| sharing::plan_unshare(tx, &actor, &link, &selection)).await)
}

async fn unshare(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(asked): Body<Agreed<Selection>>,
) -> Answer<Unshared> {
    let (selection, plan) = asked.split()?;
    one(house.write_ending(People, move |tx| sharing::unshare(tx, &actor, &link, &selection, &plan)).await)
}
