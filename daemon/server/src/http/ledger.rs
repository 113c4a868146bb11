//! Where copies are, and what would go there: `/records/{id}/copies`, `/links/{link}/preview`.

use axum::extract::{Path, State};
use interoffice_core::actions::ledger::{CopyThere, copies_of};
use interoffice_core::actions::preview::{self, Preview};
use interoffice_core::actions::sharing::Selection;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::Fault;
use interoffice_protocol::ids::RecordId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, one};
use super::asked::{As, Body};
use super::record_ids::resolve;
use super::records::one_of_ours;
use super::sharing::whole_ids;
use crate::house::House;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(copies)).routes(routes!(preview))
}

/// Which offices hold copies of a record, or held one and have signed a receipt.
#[utoipa::path(get, path = "/records/{id}/copies", operation_id = "ledger.copies", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), responses((status = 200, body = Items<CopyThere>), Problems))]
async fn copies(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<Items<CopyThere>> {
    let record = resolve(&house, &actor, &id).await?;
    let end = found(&house, actor.clone(), record).await;
    one_of_ours(&house, actor, record, end.map(Items::from)).await
}

/// The copies, with what the peer door knows of the offices since the store was last told.
async fn found(house: &House, actor: Actor, record: RecordId) -> Result<Vec<CopyThere>, Fault> {
    let mut copies = house.read(move |view| copies_of(view, &actor, record)).await?;
    let states = house.peers().map(|peers| peers.states()).unwrap_or_default();
    for copy in &mut copies {
        let state = states.iter().find(|state| state.office.to_string() == copy.office);
        copy.renewed(state.and_then(|state| state.last_heard_ms));
    }
    Ok(copies)
}

/// What the other office would get of some records: all that they say there, and the hash of the bytes that are sent.
#[utoipa::path(post, path = "/links/{link}/preview", operation_id = "ledger.preview", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Selection, responses((status = 200, body = Preview), Problems))]
async fn preview(State(house): State<House>, As(actor): As, Path(link): Path<String>, Body(selection): Body<Selection>) -> Answer<Preview> {
    let selection = whole_ids(&house, &actor, selection).await?;
    one(house.read(move |view| preview::preview(view, &actor, &link, &selection)).await)
}
