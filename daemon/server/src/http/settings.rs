//! Settings that the office keeps in its database: `/settings`.

use axum::extract::State;
use interoffice_core::actions::settings::{self, Change, Settings};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// Settings of the office.
#[utoipa::path(get, path = "/settings", operation_id = "settings.show", tag = "settings", responses((status = 200, body = Settings), Problems))]
async fn show(State(house): State<House>, As(actor): As) -> Answer<Settings> {
    one(house.read(move |view| settings::view(view, &actor)).await)
}

/// Changes settings of the office.
#[utoipa::path(patch, path = "/settings", operation_id = "settings.change", tag = "settings", request_body = Change, responses((status = 200, body = Settings), Problems))]
async fn change(State(house): State<House>, As(actor): As, Body(change): Body<Change>) -> Answer<Settings> {
    one(house.write(People, move |tx| settings::change(tx, &actor, &change)).await)
}
