//! Sharing records over a link and taking them back: `/links/{link}/records`, `share`, `unshare`.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use interoffice_core::actions::sharing::{self, Selection, Shared, SharedRecord, Unshared};
use interoffice_core::domain::plan::Plan;
use serde::Deserialize;

use super::answer::{Answer, Items, items, one};
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

#[derive(Debug, Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn shared_with(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Params(page): Params<Page>,
) -> Answer<Items<SharedRecord>> {
    let limit = page.limit.unwrap_or(50);
    items(house.read(move |view| sharing::shared_with(view, &actor, &link, page.after, limit)).await)
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
