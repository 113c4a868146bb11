//! Settings that the office keeps in its database: `/settings`.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use interoffice_core::actions::settings::{self, Settings};
use interoffice_core::store::Tx;
use serde::Deserialize;

use super::answer::{Answer, one};
use super::asked::{As, Body};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new().route("/settings", get(show).patch(change))
}

async fn show(State(house): State<House>, As(actor): As) -> Answer<Settings> {
    one(house.read(move |view| settings::view(view, &actor)).await)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Change {
    /// Whether users see only contacts assigned to them.
    office_security: Option<bool>,
    /// Whether everybody needs a second factor to sign in.
    second_factor: Option<bool>,
}

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
