//! Activities of a specialist on a contact that another office shares: `/records/{id}/activities`. Each is written into the file of the
//! link that brought the copy, behind its line of the audit.

use axum::extract::{Path, State};
use interoffice_core::actions::activities::{self, ActivityPage, ActivityQuery, Noted};
use interoffice_core::actions::copies::Readable;
use interoffice_core::actions::records;
use interoffice_core::domain::activity::NewActivity;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_protocol::ids::{LinkId, RecordId};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body, Params};
use super::copies;
use super::record_ids::resolve;
use super::records::find as find_record;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// The record that `text` names, and the link that brought it; `None` for one of the office's own.
async fn copy_of(house: &House, actor: &Actor, text: &str) -> Result<(RecordId, Option<LinkId>), Fault> {
    let record = resolve(house, actor, text).await?;
    Ok((record, find_record(house, actor, record).await?.link()))
}

/// What `look` finds in the file of a link, as long as its reader may read it.
async fn looked<T: Send + 'static>(
    house: &House,
    actor: &Actor,
    link: LinkId,
    look: impl FnOnce(&ReceivedFiles) -> Result<T, StoreFault> + Send + 'static,
) -> Result<Option<T>, Fault> {
    let reading = actor.clone();
    let which = move |view: &View<'_>| Ok(vec![activities::reader(view, &reading, link)?]);
    let read = move |received: &ReceivedFiles, mut links: Vec<Readable>| match links.pop() {
        Some(link) => Ok(vec![(link, look(received)?)]),
        None => Ok(Vec::new()),
    };
    Ok(copies::read(house, which, read).await?.pop().map(|(_, found)| found))
}

/// The activities of a contact that another office shares, the latest first: those of the caller, and of nobody else. A record of the
/// caller's own office has none.
#[utoipa::path(get, path = "/records/{id}/activities", operation_id = "activities.list", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it"), ActivityQuery), responses((status = 200, body = ActivityPage), Problems))]
async fn list(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    Params(query): Params<ActivityQuery>,
) -> Answer<ActivityPage> {
    let part = query.part()?;
    let (record, link) = copy_of(&house, &actor, &id).await?;
    let Some(link) = link else { return one(Ok(part.page(Vec::new()))) };
    let look = move |received: &ReceivedFiles| received.activities(link, record, part.after, part.wanted());
    let found = looked(&house, &actor, link, look).await?.flatten();
    one(found.map(|found| part.page(found)).ok_or_else(|| records::unknown(record).into()))
}

/// Notes an activity on a contact that another office shares. It stays in this office, and goes with the copy.
#[utoipa::path(post, path = "/records/{id}/activities", operation_id = "activities.add", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = NewActivity, responses((status = 200, body = Noted), Problems))]
async fn add(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(new): Body<NewActivity>) -> Answer<Noted> {
    let (record, link) = copy_of(&house, &actor, &id).await?;
    let link = link.ok_or_else(activities::own_record)?;
    let fits = looked(&house, &actor, link, move |received| received.takes_activity(link, record)).await?;
    activities::room(record, fits)?;
    let activity = house.write(People, move |tx| activities::add(tx, &actor, link, record, &new)).await?;
    let noted = Noted::of(&activity);
    let kept = house.files(move |received| Ok(received.keep_activity(link, &activity)?)).await?;
    activities::room(record, Some(kept))?;
    one(Ok(noted))
}

/// That an activity is away.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ActivityRemoved)]
struct Removed {
    /// The activity.
    id: String,
}

/// Takes an activity away.
#[utoipa::path(delete, path = "/records/{id}/activities/{activity}", operation_id = "activities.remove", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it"), ("activity" = String, Path, description = "Id of an activity")), responses((status = 200, body = Removed), Problems))]
async fn remove(State(house): State<House>, As(actor): As, Path((id, activity)): Path<(String, String)>) -> Answer<Removed> {
    let (record, link) = copy_of(&house, &actor, &id).await?;
    let link = link.ok_or_else(activities::unknown)?;
    let id = activities::id(&activity)?;
    if !looked(&house, &actor, link, move |received| received.has_activity(link, record, id)).await?.unwrap_or(false) {
        return Err(activities::unknown().into());
    }
    house.write(People, move |tx| activities::remove(tx, &actor, link, record)).await?;
    // Somebody else who took it away meanwhile did the same.
    house.files(move |received| Ok(received.drop_activity(link, record, id)?)).await?;
    one(Ok(Removed { id: activities::written(id) }))
}
