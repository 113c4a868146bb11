//! Background work and how it is: `/chores`.

use axum::extract::State;
use interoffice_core::actions::rights;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items};
use super::asked::As;
use crate::house::{ChoreState, House};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Background work and how it is.
#[utoipa::path(get, path = "/chores", operation_id = "chores.list", tag = "chores", responses((status = 200, body = Items<ChoreState>), Problems))]
async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<ChoreState>> {
    let board = house.board().all();
    items(house.read(move |view| rights::require_member(view, &actor).map(|()| board)).await)
}
