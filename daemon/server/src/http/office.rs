//! This office: `/health`, `/office` and `/id`.

use axum::Json;
use axum::extract::State;
use interoffice_certs::{short_office, show_office};
use interoffice_core::actions::{office, rights};
use interoffice_core::domain::reach::Tried;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one};
use super::asked::As;
use super::peers::door;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(name)).routes(routes!(id)).routes(routes!(test_addresses))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Health {
    ok: bool,
}

/// Whether the daemon answers.
#[utoipa::path(get, path = "/health", operation_id = "office.health", tag = "health", responses((status = 200, body = Health), Problems))]
async fn health() -> Json<Health> {
    Json(Health { ok: true })
}

/// What everybody may know of this office.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OfficeName)]
struct Named {
    /// Its name.
    name: String,
}

/// The name that stands at the door.
#[utoipa::path(get, path = "/office", operation_id = "office.name", tag = "office", responses((status = 200, body = Named), Problems))]
async fn name(State(house): State<House>) -> Answer<Named> {
    one(house.read(|view| Ok(office::view(view)?.name)).await.map(|name| Named { name }))
}

/// Who this office is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Identity {
    /// The id, base32.
    pub(super) office: String,
    /// The id in groups with check characters, for people.
    pub(super) code: String,
    /// The first groups, for tables.
    pub(super) short: String,
    /// The name.
    pub(super) name: String,
    /// Where other offices reach it, best first.
    pub(super) addresses: Vec<String>,
}

impl Identity {
    pub(super) fn of(house: &House, name: String) -> Self {
        let office = house.context().office();
        Self { office: office.to_string(), code: show_office(&office), short: short_office(&office), name, addresses: house.addresses() }
    }
}

/// Who this office is.
#[utoipa::path(get, path = "/id", operation_id = "office.id", tag = "id", responses((status = 200, body = Identity), Problems))]
async fn id(State(house): State<House>, As(actor): As) -> Answer<Identity> {
    let name = house.read(move |view| {
        rights::require_member(view, &actor)?;
        Ok(office::view(view)?.name)
    });
    one(name.await.map(|name| Identity::of(&house, name)))
}

/// Tries the addresses that this office gives to others, from the inside, for administrators. It takes five seconds at most.
///
/// The daemon calls itself at each of them and hangs up; no other address can be named. An answer does not prove that a firewall lets others
/// in, and none does not prove that others hear nothing: many routers do not let their own network call its outside address.
#[utoipa::path(post, path = "/office/addresses/test", operation_id = "office.test_addresses", tag = "office", responses((status = 200, body = Items<Tried>), Problems))]
async fn test_addresses(State(house): State<House>, As(actor): As) -> Answer<Items<Tried>> {
    let asking = actor.clone();
    house.write(People, move |tx| office::may_try_addresses(tx, &asking)).await?;
    let tried = door(&house)?.try_own_addresses().await?;
    let seen = tried.clone();
    items(house.write(People, move |tx| office::addresses_tried(tx, &actor, &seen)).await.map(|()| tried))
}
