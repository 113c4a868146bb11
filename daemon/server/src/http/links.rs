//! Links between a user of this office and a user of another: `/links`.

use std::time::Duration;

use axum::extract::{Path, State};
use interoffice_core::actions::ending;
use interoffice_core::actions::link_view::{self, Direction, Filter, LinkView};
use interoffice_core::actions::links::{self, Ask};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::received::ReceivedFiles;
use interoffice_core::store::{Fault, Ring, StoreFault, View};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::record::{FieldName, Level, RelatedKind, Scope};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing, Params};
use crate::bell::Listener;
use crate::house::{House, Priority::People};

/// Longest time a request may wait for a link to get somewhere (milliseconds).
const WAIT_MS_MAX: u64 = 30_000;
/// How long at most until a waiting request looks again by itself; receipts are heard by the bell.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Shortest time between two looks, however often the bell rings.
const BREATH: Duration = Duration::from_millis(20);

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list, request))
        .routes(routes!(accept))
        .routes(routes!(show))
        .routes(routes!(wait))
        .routes(routes!(decline))
        .routes(routes!(withdraw))
        .routes(routes!(plan_delete))
        .routes(routes!(delete))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Which {
    direction: Option<String>,
    status: Option<String>,
    user: Option<String>,
}

impl Which {
    fn filter(self) -> Result<Filter, Refusal> {
        let direction = match self.direction.as_deref() {
            None | Some("all") => None,
            Some("receiving-mine") => Some(Direction::ReceivingMine),
            Some("sharing-with-me") => Some(Direction::SharingWithMe),
            Some(_) => {
                let remedy = "the directions are receiving-mine, sharing-with-me and all";
                return Err(Refusal::invalid("unknown-direction", "there is no such direction", remedy));
            }
        };
        Ok(Filter { direction, status: self.status.filter(|status| status != "all"), user: self.user })
    }
}

/// The links that the caller may know of.
#[utoipa::path(get, path = "/links", operation_id = "links.list", tag = "links", params(Which), responses((status = 200, body = Items<LinkView>), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(which): Params<Which>) -> Answer<Items<LinkView>> {
    let filter = which.filter()?;
    items(all(&house, actor, filter).await)
}

/// One link.
#[utoipa::path(get, path = "/links/{link}", operation_id = "links.show", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), responses((status = 200, body = LinkView), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(link): Path<String>) -> Answer<LinkView> {
    one(load(&house, actor, link).await)
}

/// The links of a list.
async fn all(house: &House, actor: Actor, filter: Filter) -> Result<Vec<LinkView>, Fault> {
    let links = house.read(move |view| link_view::list(view, &actor, &filter)).await?;
    with_copies(house, links).await
}

/// One link.
async fn load(house: &House, actor: Actor, link: String) -> Result<LinkView, Fault> {
    let link = house.read(move |view| link_view::show(view, &actor, &link)).await?;
    let gone = || StoreFault::Corrupt("a link got lost on its way".to_owned());
    Ok(with_copies(house, vec![link]).await?.pop().ok_or_else(gone)?)
}

/// Fills in how many copies each link brought here; the office's database does not know, the link's own file does.
pub(super) async fn with_copies(house: &House, mut links: Vec<LinkView>) -> Result<Vec<LinkView>, Fault> {
    if !links.iter().any(brings_copies) {
        return Ok(links);
    }
    house
        .files(move |received| {
            links.iter_mut().filter(|link| brings_copies(link)).for_each(|link| count_copies(received, link));
            Ok(links)
        })
        .await
}

fn brings_copies(link: &LinkView) -> bool {
    link.direction == Direction::SharingWithMe.as_str() && link.status != "Ended"
}

/// A file that can't be read leaves its link without a number, and every other link as it is.
fn count_copies(received: &ReceivedFiles, link: &mut LinkView) {
    let Some(id) = link.link.parse().ok().filter(|id| !received.is_closed(*id)) else { return };
    match received.progress(id) {
        Ok(progress) => {
            link.records = progress.count;
            link.delivered = progress.count;
        }
        Err(fault) => tracing::error!(link = link.link, %fault, "the copies of a link can't be counted"),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLink {
    office: String,
    user: String,
    #[serde(default)]
    purpose: String,
    level: Option<String>,
    /// Names of fields that travel; the standard scope when absent.
    fields: Option<Vec<String>>,
    /// Kinds of related items that travel; the standard scope when absent.
    related: Option<Vec<String>>,
    not_after_ms: Option<i64>,
}

impl NewLink {
    fn ask(self) -> Result<Ask, Refusal> {
        let level = self.level.as_deref().map_or(Some(Level::Read), Level::parse);
        let level = level
            .ok_or_else(|| Refusal::invalid("unknown-level", "there is no such level", "the levels are read, write and full-control"))?;
        let scope = scope(self.fields.as_deref(), self.related.as_deref())?;
        Ok(Ask { office: self.office, user: self.user, purpose: self.purpose, level, scope, not_after_ms: self.not_after_ms })
    }
}

/// The scope that names these fields and kinds of related items.
fn scope(fields: Option<&[String]>, related: Option<&[String]>) -> Result<Scope, Refusal> {
    let mut scope = Scope::standard();
    if let Some(names) = fields {
        scope.fields = 0;
        for name in names {
            let known: Vec<_> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
            let field = FieldName::parse(name).ok_or_else(|| {
                Refusal::invalid("unknown-field", format!("'{name}' is no field"), format!("the fields are {}", known.join(", ")))
            })?;
            scope.fields |= field.bit();
        }
    }
    if let Some(names) = related {
        scope.related = 0;
        for name in names {
            let remedy = "the kinds are case, policy, investment and opportunity";
            let kind = RelatedKind::parse(name)
                .ok_or_else(|| Refusal::invalid("unknown-related", format!("'{name}' is no kind of related item"), remedy))?;
            scope.related |= kind.bit();
        }
    }
    Ok(scope)
}

/// Asks a user of another office for a link.
#[utoipa::path(post, path = "/links", operation_id = "links.request", tag = "links", request_body = NewLink, responses((status = 200, body = LinkView), Problems))]
async fn request(State(house): State<House>, As(actor): As, Body(asked): Body<NewLink>) -> Answer<LinkView> {
    let ask = asked.ask()?;
    one(house.write(People, move |tx| links::request(tx, &actor, &ask)).await)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Tagged {
    links: Vec<String>,
}

/// Accepts requests that wait for the caller.
#[utoipa::path(post, path = "/links/accept", operation_id = "links.accept", tag = "links", request_body = Tagged, responses((status = 200, body = Items<LinkView>), Problems))]
async fn accept(State(house): State<House>, As(actor): As, Body(tagged): Body<Tagged>) -> Answer<Items<LinkView>> {
    items(house.write(People, move |tx| links::accept(tx, &actor, &tagged.links)).await)
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Why {
    reason: String,
}

/// Declines a request.
#[utoipa::path(post, path = "/links/{link}/decline", operation_id = "links.decline", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Why, responses((status = 200, body = LinkView), Problems))]
async fn decline(State(house): State<House>, As(actor): As, Path(link): Path<String>, Body(why): Body<Why>) -> Answer<LinkView> {
    one(house.write_ending(People, move |tx| links::decline(tx, &actor, &link, &why.reason)).await)
}

/// Withdraws a request.
#[utoipa::path(post, path = "/links/{link}/withdraw", operation_id = "links.withdraw", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Why, responses((status = 200, body = LinkView), Problems))]
async fn withdraw(State(house): State<House>, As(actor): As, Path(link): Path<String>, Body(why): Body<Why>) -> Answer<LinkView> {
    one(house.write_ending(People, move |tx| links::withdraw(tx, &actor, &link, &why.reason)).await)
}

/// What ending a link will do.
#[utoipa::path(post, path = "/links/{link}/delete/plan", operation_id = "links.plan_delete", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), responses((status = 200, body = Plan), Problems))]
async fn plan_delete(State(house): State<House>, As(actor): As, Path(link): Path<String>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| links::plan_delete(tx, &actor, &link)).await)
}

/// Ends a link, by a plan that was read; the copies are removed.
#[utoipa::path(post, path = "/links/{link}/delete", operation_id = "links.delete", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it")), request_body = Agreed<Nothing>, responses((status = 200, body = LinkView), Problems))]
async fn delete(
    State(house): State<House>,
    As(actor): As,
    Path(link): Path<String>,
    Body(asked): Body<Agreed<Nothing>>,
) -> Answer<LinkView> {
    let (_, plan) = asked.split()?;
    let (asking, named) = (actor.clone(), link.clone());
    let ends = move |view: &View<'_>| ending::of_link(view, &asking, &named);
    one(house.end_links(People, ends, move |tx| links::delete(tx, &actor, &link, &plan)).await)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Until {
    #[param(inline)]
    until: Goal,
    #[serde(default)]
    timeout_ms: u64,
}

/// Where a link is waited for.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Goal {
    /// Both signatures are there.
    Active,
    /// Active, and the other office has acknowledged everything, withdrawals too.
    Synced,
    /// Over.
    Ended,
    /// Over, and the copies are durably removed.
    Removed,
    /// Over, and no program holds the copies open any more.
    Erased,
}

impl Goal {
    fn is_reached(self, link: &LinkView) -> bool {
        let removal = link.removal.as_ref().map(|removal| removal.state);
        match self {
            Self::Active => link.status == "Active",
            Self::Synced => link.status == "Active" && link.pending == 0,
            Self::Ended => link.status == "Ended",
            Self::Removed => link.status == "Ended" && matches!(removal, None | Some("Removed" | "Erased")),
            Self::Erased => link.status == "Ended" && matches!(removal, None | Some("Erased")),
        }
    }

    /// Whether the link can't get there any more.
    fn is_out_of_reach(self, link: &LinkView) -> bool {
        matches!(self, Self::Active | Self::Synced) && link.status == "Ended"
    }
}

/// How far a link got while the request waited.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Waited {
    reached: bool,
    link: LinkView,
}

/// Waits until a link got somewhere.
#[utoipa::path(get, path = "/links/{link}/wait", operation_id = "links.wait", tag = "links", params(("link" = String, Path, description = "Id of a link, or the beginning of it"), Until), responses((status = 200, body = Waited), Problems))]
async fn wait(State(house): State<House>, As(actor): As, Path(link): Path<String>, Params(until): Params<Until>) -> Answer<Waited> {
    let end = tokio::time::sleep(Duration::from_millis(until.timeout_ms.min(WAIT_MS_MAX)));
    tokio::pin!(end);
    let mut bell = house.bell().subscribe();
    loop {
        let (asking, named) = (actor.clone(), link.clone());
        let link = load(&house, asking, named).await?;
        let reached = until.until.is_reached(&link);
        if reached {
            return Ok(axum::Json(Waited { reached, link }));
        }
        if until.until.is_out_of_reach(&link) {
            let why = link.end_reason.unwrap_or("ended");
            return Err(Refusal::conflict("link-ended", format!("the link is over: {why}"), "request a new one").into());
        }
        let id = link.link.parse().ok();
        tokio::select! {
            () = &mut end => return Ok(axum::Json(Waited { reached, link })),
            () = house.stopped() => return Ok(axum::Json(Waited { reached, link })),
            () = rung(&mut bell, id) => tokio::time::sleep(BREATH).await,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// Waits until the bell rings for `link`.
async fn rung(bell: &mut Listener, link: Option<LinkId>) {
    let Some(link) = link else { return std::future::pending().await };
    while let Some(heard) = bell.next().await {
        if [Ring::Link(link), Ring::Delivered(link), Ring::Removal(link)].iter().any(|ring| heard.concerns(ring)) {
            return;
        }
    }
    std::future::pending().await
}
