//! Making one record by hand: `POST /records`.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use interoffice_core::actions::records::{self, Created, NewContact};

use super::answer::{Answer, one};
use super::asked::{As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new().route("/records", post(create))
}

async fn create(State(house): State<House>, As(actor): As, Body(new): Body<NewContact>) -> Answer<Created> {
    one(house.write(People, move |tx| records::create(tx, &actor, &new)).await)
}
