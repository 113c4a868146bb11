//! Background work and how it is: `/chores`.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use interoffice_core::actions::rights;

use super::answer::{Answer, Items, items};
use super::asked::As;
use crate::house::{ChoreState, House};

pub(super) fn routes() -> Router<House> {
    Router::new().route("/chores", get(list))
}

async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<ChoreState>> {
    let board = house.board().all();
    items(house.read(move |view| rights::require_member(view, &actor).map(|()| board)).await)
}
