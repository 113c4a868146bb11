//! Sharing records over a link and taking them back: `/links/{link}/records`, `share`, `unshare`.

use axum::extract::{Path, State};
use interoffice_core::actions::copies::{Readable, may_read};
use interoffice_core::actions::links;
use interoffice_core::actions::records::{place, read_place};
use interoffice_core::actions::sharing::{self, Selection, Shared, SharedRecord, Unshared};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::page::{LIMIT_DEFAULT, limit, no_place};
use interoffice_core::domain::plan::Plan;
use interoffice_core::store::received::{CopyQuery, CopyRow, ReceivedFiles};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::link::Side;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one, planned};
use super::asked::{Agreed, As, Body, Params};
use super::copies;
use super::record_ids::resolve_all;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(shared_with))
        .routes(routes!(plan_share))
        .routes(routes!(share))
        .routes(routes!(plan_unshare))
        .routes(routes!(unshare))
}

/// A page of what a link shows: by the last sequence at the owner's office, by the last place in name order at the reader's.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// A record that a link shows, seen from either side.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Seen {
    /// Shared from here.
    Shared(SharedRecord),
    /// Brought here.
    Copy(SharedCopy),
}

/// A copy in the list behind a link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
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
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SeenPage {
    items: Vec<Seen>,
    next: Option<String>,
}

/// The records that a link shows.
#[utoipa::path(get, path = "/links/{link}/records", operation_id = "sharing.shared_with", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it"), Page), responses((status = 200, body = SeenPage), Problems))]
async fn shared_with(State(house): State<House>, As(actor): As, Path(link): Path<String>, Params(page): Params<Page>) -> Answer<SeenPage> {
    let limit = limit(page.limit, LIMIT_DEFAULT, "records")?;
    let (asking, named) = (actor.clone(), link.clone());
    let row = house.read(move |view| links::find(view, &asking, &named)).await?;
    match row.side {
        Side::Owner => one(own(&house, actor, link, page.after.as_deref(), limit).await),
        Side::Reader => one(brought(&house, actor, row.link, page.after.as_deref(), limit).await),
    }
}

/// What a link shows of this office's records.
async fn own(house: &House, actor: Actor, link: String, after: Option<&str>, limit: usize) -> Result<SeenPage, Fault> {
    let after = after.map_or(Ok(0), str::parse).map_err(|_| no_place("a list"))?;
    let shared = house.read(move |view| sharing::shared_with(view, &actor, &link, after, limit)).await?;
    let next = shared.last().filter(|_| shared.len() == limit).map(|last| last.sequence.to_string());
    Ok(SeenPage { items: shared.into_iter().map(Seen::Shared).collect(), next })
}

/// What a link brought here.
async fn brought(house: &House, actor: Actor, link: LinkId, after: Option<&str>, limit: usize) -> Result<SeenPage, Fault> {
    let query = CopyQuery { after: after.map(read_place).transpose()?, limit, ..CopyQuery::default() };
    let which = move |view: &View<'_>| Ok(vec![may_read(view, &actor, link)?]);
    let list = move |received: &ReceivedFiles, links: Vec<Readable>| {
        links.into_iter().map(|link| Ok((link.clone(), received.list(link.link, &query)?))).collect()
    };
    let rows: Vec<CopyRow> = copies::read(house, which, list).await?.into_iter().flat_map(|(_, rows)| rows).collect();
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

/// The selection with the whole ids of its records.
pub(super) async fn whole_ids(house: &House, actor: &Actor, mut selection: Selection) -> Result<Selection, Fault> {
    selection.records = resolve_all(house, actor, &selection.records).await?.iter().map(RecordId::to_string).collect();
    Ok(selection)
}

/// What sharing records over a link will do.
#[utoipa::path(post, path = "/links/{link}/share/plan", operation_id = "sharing.plan_share", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Selection, responses((status = 200, body = Plan), Problems))]
async fn plan_share(State(house): State<House>, As(actor): As, Path(link): Path<String>, Body(selection): Body<Selection>) -> Answer<Plan> {
    let selection = whole_ids(&house, &actor, selection).await?;
    planned(&house, house.write(People, move |tx| sharing::plan_share(tx, &actor, &link, &selection)).await)
}

/// Shares records over a link, by a plan that was read.
#[utoipa::path(post, path = "/links/{link}/share", operation_id = "sharing.share", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Agreed<Selection>, responses((status = 200, body = Shared), Problems))]
async fn share(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(asked): Body<Agreed<Selection>>,
) -> Answer<Shared> {
    let (selection, plan) = asked.split()?;
    let selection = whole_ids(&house, &actor, selection).await?;
    one(house.write(People, move |tx| sharing::share(tx, &actor, &link, &selection, &plan)).await)
}

/// What taking records off a link will do.
#[utoipa::path(post, path = "/links/{link}/unshare/plan", operation_id = "sharing.plan_unshare", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Selection, responses((status = 200, body = Plan), Problems))]
async fn plan_unshare(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(selection): Body<Selection>,
) -> Answer<Plan> {
    let selection = whole_ids(&house, &actor, selection).await?;
    planned(&house, house.write(People, move |tx| sharing::plan_unshare(tx, &actor, &link, &selection)).await)
}

/// Takes records off a link, by a plan that was read.
#[utoipa::path(post, path = "/links/{link}/unshare", operation_id = "sharing.unshare", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Agreed<Selection>, responses((status = 200, body = Unshared), Problems))]
async fn unshare(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(asked): Body<Agreed<Selection>>,
) -> Answer<Unshared> {
    let (selection, plan) = asked.split()?;
    let selection = whole_ids(&house, &actor, selection).await?;
    one(house.write_ending(People, move |tx| sharing::unshare(tx, &actor, &link, &selection, &plan)).await)
}
