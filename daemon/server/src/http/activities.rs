//! Activities of a specialist on a contact that another office shares: `/records/{id}/activities`. Each is written into the file of the
//! link that brought the copy, behind its line of the audit.

use axum::extract::{Path, State};
use interoffice_core::actions::activities::{self, ActivityQuery, ActivityView, Noted};
use interoffice_core::actions::audit::Sighting;
use interoffice_core::actions::copies::Readable;
use interoffice_core::actions::records;
use interoffice_core::domain::activity::{Activity, ActivityId, NewActivity};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::page::Page;
use interoffice_core::store::received::{Kept, ReceivedFiles};
use interoffice_core::store::{Fault, Ring, StoreFault, View};
use interoffice_protocol::ids::{LinkId, RecordId};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body, Params};
use super::record_ids::resolve;
use super::records::find as find_record;
use super::{audit, copies};
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// What `look` finds in the files of the links that the caller reads, link by link; nothing of those where it finds nothing.
async fn looked<T: Send + 'static>(
    house: &House,
    actor: &Actor,
    look: impl Fn(&ReceivedFiles, LinkId) -> Result<Option<T>, StoreFault> + Send + 'static,
) -> Result<Vec<(Readable, T)>, Fault> {
    let reading = actor.clone();
    let which = move |view: &View<'_>| activities::readers(view, &reading);
    let read = move |received: &ReceivedFiles, links: Vec<Readable>| {
        let mut found = Vec::new();
        for link in links {
            if let Some(seen) = look(received, link.link)? {
                found.push((link, seen));
            }
        }
        Ok(found)
    };
    copies::read(house, which, read).await
}

/// The activities of a contact that another office shares, the latest first: those of the caller, and of nobody else. A record of the
/// caller's own office has none.
#[utoipa::path(get, path = "/records/{id}/activities", operation_id = "activities.list", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it"), ActivityQuery), responses((status = 200, body = Page<ActivityView>), Problems))]
async fn list(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    Params(query): Params<ActivityQuery>,
) -> Answer<Page<ActivityView>> {
    let part = query.part()?;
    let record = resolve(&house, &actor, &id).await?;
    let found = looked(&house, &actor, move |received, link| received.activities(link, record, part.after, part.wanted())).await?;
    let Some((link, _)) = found.first() else {
        find_record(&house, &actor, record).await?;
        return one(Ok(part.page([])));
    };
    if matches!(actor, Actor::For { .. }) {
        // Somebody else than the specialist is shown them.
        audit::before(&house, &actor, Sighting::View(record, Some(link.link))).await?;
    }
    one(Ok(part.page(found.into_iter().map(|(_, activities)| activities))))
}

/// Notes an activity on a contact that another office shares. It stays in this office, and goes with the copy.
#[utoipa::path(post, path = "/records/{id}/activities", operation_id = "activities.add", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = NewActivity, responses((status = 200, body = Noted), Problems))]
async fn add(State(house): State<House>, As(actor): As, Path(id): Path<String>, Body(new): Body<NewActivity>) -> Answer<Noted> {
    let record = resolve(&house, &actor, &id).await?;
    let fits = move |received: &ReceivedFiles, link| Ok(Some(received.takes_activity(link, record)?).filter(|kept| *kept != Kept::NoCopy));
    let Some((link, kept)) = looked(&house, &actor, fits).await?.into_iter().next() else {
        let shown = find_record(&house, &actor, record).await?;
        return Err(if shown.link().is_none() { activities::own_record() } else { records::unknown(record) }.into());
    };
    activities::room(record, kept)?;
    let inside = house.clone();
    let done = house.to_the_end(async move {
        let (house, asking) = (inside, actor.clone());
        let activity = house.write(People, move |tx| activities::add(tx, &asking, link.link, record, &new)).await?;
        let noted = Noted::of(&activity);
        let end = keep(&house, link.link, activity).await;
        remember(&house, &actor, "activity.add", record, end).await.map(|()| noted)
    });
    one(done.await)
}

async fn keep(house: &House, link: LinkId, activity: Activity) -> Result<(), Fault> {
    let record = activity.record;
    let kept = house.files(move |received| Ok(received.keep_activity(link, &activity)?)).await?;
    house.bell().ring([Ring::Copies(link)].into());
    Ok(activities::room(record, kept)?)
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
    let record = resolve(&house, &actor, &id).await?;
    let activity = activities::id(&activity)?;
    let there = move |received: &ReceivedFiles, link| Ok(received.has_activity(link, record, activity)?.then_some(()));
    let (link, ()) = looked(&house, &actor, there).await?.into_iter().next().ok_or_else(activities::unknown)?;
    let inside = house.clone();
    let done = house.to_the_end(async move {
        let (house, asking) = (inside, actor.clone());
        house.write(People, move |tx| activities::remove(tx, &asking, link.link, record)).await?;
        let end = take_away(&house, link.link, record, activity).await;
        remember(&house, &actor, "activity.remove", record, end).await
    });
    one(done.await.map(|()| Removed { id: activity.to_string() }))
}

async fn take_away(house: &House, link: LinkId, record: RecordId, activity: ActivityId) -> Result<(), Fault> {
    let dropped = house.files(move |received| Ok(received.drop_activity(link, record, activity)?)).await?;
    house.bell().ring([Ring::Copies(link)].into());
    // Where there is none any more, the same was done meanwhile.
    Ok(dropped.map(drop).ok_or_else(|| records::unknown(record))?)
}

/// Writes behind the line of a deed that the file did not do it, and why.
async fn remember(house: &House, actor: &Actor, verb: &'static str, record: RecordId, end: Result<(), Fault>) -> Result<(), Fault> {
    if end.is_err() {
        let asking = actor.clone();
        if let Err(fault) = house.write(People, move |tx| activities::in_vain(tx, &asking, verb, record)).await {
            tracing::warn!(%record, %fault, "the audit says that an activity was noted or taken away, and it was not");
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use interoffice_core::domain::activity::Kind;
    use interoffice_core::store::audit as lines;

    use super::*;
    use crate::house::testing;

    /// A copy that was taken back between the line of the audit and the file: the caller is refused, and the audit does not stay untrue.
    #[tokio::test]
    async fn s_47_what_the_file_did_not_do_is_said_behind_the_line_that_says_it() {
        let folder = tempfile::tempdir().unwrap();
        let house = testing::open(folder.path()).await;
        let (link, record, id) = (LinkId([1; 32]), RecordId([2; 16]), ActivityId([3; 16]));
        let activity = Activity { id, record, kind: Kind::Call, at_ms: 0, subject: "Call".to_owned(), text: String::new(), added_ms: 0 };
        let kept = keep(&house, link, activity).await;
        let away = take_away(&house, link, record, id).await;
        for (verb, end) in [("activity.add", kept), ("activity.remove", away)] {
            let end = remember(&house, &Actor::Operator, verb, record, end).await;
            assert!(matches!(end, Err(Fault::Refused(refusal)) if refusal.code == "unknown-record"), "{verb}");
        }
        let said = house.read(|view| Ok(lines::since(view, 0, 100)?)).await.unwrap();
        let said: Vec<_> = said.iter().filter(|line| line.object == record.to_string()).map(|line| (&*line.verb, &*line.outcome)).collect();
        assert_eq!(said, [("activity.add", "not-kept"), ("activity.remove", "not-kept")]);
        let done = remember(&house, &Actor::Operator, "activity.add", record, Ok(())).await;
        assert!(done.is_ok());
        assert_eq!(
            house.read(|view| Ok(lines::since(view, 0, 100)?)).await.unwrap().iter().filter(|line| line.outcome == "not-kept").count(),
            2
        );
        house.close();
    }
}
