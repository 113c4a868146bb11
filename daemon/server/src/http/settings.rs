//! Settings that the office keeps in its database: `/settings`.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use interoffice_core::actions::settings::{self, Change, Settings};

use super::answer::{Answer, one};
use super::asked::{As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new().route("/settings", get(show).patch(change))
}

async fn show(State(house): State<House>, As(actor): As) -> Answer<Settings> {
    one(house.read(move |view| settings::view(view, &actor)).await)
}

async fn change(State(house): State<House>, As(actor): As, Body(change): Body<Change>) -> Answer<Settings> {
    one(house.write(People, move |tx| settings::change(tx, &actor, &change)).await)
}
