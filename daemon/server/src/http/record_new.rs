//! Making one record by hand: `POST /records`.

use axum::extract::State;
use interoffice_core::actions::records::{self, Created, NewContact};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Creates a contact.
#[utoipa::path(post, path = "/records", operation_id = "record_new.create", tag = "records", request_body = NewContact, responses((status = 200, body = Created), Problems))]
async fn create(State(house): State<House>, As(actor): As, Body(new): Body<NewContact>) -> Answer<Created> {
    one(house.write(People, move |tx| records::create(tx, &actor, &new)).await)
}
