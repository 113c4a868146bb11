//! Settings that the office keeps in its database: `/settings`.

use axum::extract::State;
use interoffice_core::actions::settings::{self, Settings};
use interoffice_core::store::Tx;
use serde::Deserialize;
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

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Change {
    /// Whether users see only contacts assigned to them.
    office_security: Option<bool>,
    /// Whether everybody needs a second factor to sign in.
    second_factor: Option<bool>,
}

/// Changes settings of the office.
#[utoipa::path(patch, path = "/settings", operation_id = "settings.change", tag = "settings", request_body = Change, responses((status = 200, body = Settings), Problems))]
async fn change(State(house): State<House>, As(actor): As, Body(change): Body<Change>) -> Answer<Settings> {
    let change = move |tx: &Tx<'_>| {
        if let Some(on) = change.office_security {
            settings::set_office_security(tx, &actor, on)?;
        }
        if let Some(on) = change.second_factor {
            settings::set_second_factor(tx, &actor, on)?;
        }
        settings::view(tx, &actor)
    };
    one(house.write(People, change).await)
}
