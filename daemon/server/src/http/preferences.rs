//! What a user chooses for him- or herself: `/preferences`.

use axum::extract::State;
use interoffice_core::actions::preferences::{self, Change, Preferences};
use interoffice_core::store::Fault;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body};
use super::links::with_copies;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// The caller's preferences, and the users with whom he or she is linked.
#[utoipa::path(get, path = "/preferences", operation_id = "preferences.show", tag = "preferences", responses((status = 200, body = Preferences), Problems))]
async fn show(State(house): State<House>, As(actor): As) -> Answer<Preferences> {
    let shown = house.read(move |view| preferences::show(view, &actor)).await;
    one(counted(&house, shown).await)
}

/// Changes the caller's preferences.
#[utoipa::path(patch, path = "/preferences", operation_id = "preferences.change", tag = "preferences", request_body = Change, responses((status = 200, body = Preferences), Problems))]
async fn change(State(house): State<House>, As(actor): As, Body(change): Body<Change>) -> Answer<Preferences> {
    let changed = house.write(People, move |tx| preferences::change(tx, &actor, &change)).await;
    one(counted(&house, changed).await)
}

/// With how many copies each link brought here.
async fn counted(house: &House, shown: Result<Preferences, Fault>) -> Result<Preferences, Fault> {
    let mut shown = shown?;
    let links = std::mem::take(&mut shown.record_sharing.sharing_with_me);
    shown.record_sharing.sharing_with_me = with_copies(house, links).await?;
    Ok(shown)
}
