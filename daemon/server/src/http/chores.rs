//! Background work and how it is: `/chores`.

use axum::extract::State;
use interoffice_core::actions::rights;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, View};
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
    items(all(&house, actor).await)
}

/// All chores as the actor is told of them: what each did is so many records, links or mails of others, and for administrators.
pub(super) async fn all(house: &House, actor: Actor) -> Result<Vec<ChoreState>, Fault> {
    let mut chores = house.board().all();
    let asking = move |view: &View<'_>| rights::require_member(view, &actor).and_then(|()| rights::administers(view, &actor));
    if !house.read(asking).await? {
        chores.iter_mut().for_each(|chore| chore.last.clear());
    }
    Ok(chores)
}
