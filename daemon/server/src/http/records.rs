//! Contact records: the office's own, and the copies that other offices share: `/records`.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};
use interoffice_core::actions::copies::{self, Readable};
use interoffice_core::actions::records::{self, Content, Gone, Query, RecordSummary, RecordView, place, read_place};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::Edit;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::received::{CopyQuery, CopyRow, ReceivedFiles};
use interoffice_core::store::{Fault, View};
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::record::{Record, RecordKind};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, one};
use super::asked::{Agreed, As, Body, Params};
use crate::api::Problem;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> Router<House> {
    Router::new()
        .route("/records", get(list))
        .route("/records/{id}", get(show).patch(edit))
        .route("/records/archive/plan", post(plan_archive))
        .route("/records/archive", post(archive))
        .route("/records/unarchive", post(unarchive))
        .route("/records/delete/plan", post(plan_delete))
        .route("/records/delete", post(delete))
}

/// Which records: the office's own and received ones, or those of one link.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    pub(super) text: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) mine: bool,
    pub(super) archived: bool,
    /// Only what this link brought here: its id or the beginning of it.
    pub(super) link: Option<String>,
    pub(super) after: Option<String>,
    pub(super) limit: Option<usize>,
    /// For an export: the form.
    pub(super) format: Option<String>,
    /// For an export: these records instead, separated by commas.
    pub(super) ids: Option<String>,
}

impl Which {
    /// The same question for the office's own records; `None` when it is about a link.
    pub(super) fn own(&self) -> Option<Query> {
        self.link.is_none().then(|| Query {
            text: self.text.clone(),
            kind: self.kind.clone(),
            owner: self.owner.clone(),
            mine: self.mine,
            archived: self.archived,
            after: self.after.clone(),
            limit: self.limit,
        })
    }

    /// The links that the question is about: none when it is about own records only.
    pub(super) fn links(&self, view: &View<'_>, actor: &Actor) -> Result<Vec<Readable>, Fault> {
        if let Some(link) = &self.link {
            let found = interoffice_core::actions::links::find(view, actor, link)?;
            return Ok(vec![copies::may_read(view, actor, found.link)?]);
        }
        if self.owner.is_some() || self.mine || self.archived {
            return Ok(Vec::new());
        }
        Ok(copies::readable(view, actor)?.0)
    }

    /// The same question for the copies of a link.
    pub(super) fn copies(&self, limit: usize) -> Result<CopyQuery, Refusal> {
        let unknown = || Refusal::invalid("bad-kind", "there is no such kind of record", "use contact, business or household");
        let kind = self.kind.as_deref().map(|kind| RecordKind::parse(kind).ok_or_else(unknown)).transpose()?;
        let after = self.after.as_deref().map(read_place).transpose()?;
        Ok(CopyQuery { text: self.text.clone().unwrap_or_default(), kind, after, limit })
    }
}

/// A record in a list: an own one, or a copy with where it comes from.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    summary: RecordSummary,
    /// Where a copy comes from; null for an own record.
    #[serde(flatten)]
    origin: Option<Origin>,
}

/// Where a copy comes from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Origin {
    #[serde(skip)]
    id: LinkId,
    /// The link that brought it.
    link: String,
    /// The office that owns it.
    office: String,
    office_name: String,
    /// The agreed level.
    level: &'static str,
}

impl From<&Readable> for Origin {
    fn from(link: &Readable) -> Self {
        Self {
            id: link.link,
            link: link.link.to_string(),
            office: link.office.clone(),
            office_name: link.office_name.clone(),
            level: link.level,
        }
    }
}

/// One page of a list.
#[derive(Debug, Serialize)]
struct Page {
    items: Vec<Listed>,
    next: Option<String>,
    /// What a reader of the list should know, such as offices that are not reachable.
    notes: Vec<String>,
}

/// What a list shows of a copy.
pub(super) fn summary(link: &Readable, row: &CopyRow) -> RecordSummary {
    RecordSummary {
        id: row.record.to_string(),
        kind: row.kind.as_str(),
        name: row.name.clone(),
        owner: link.owner.clone(),
        connected_to: vec![link.owner.clone()],
        private: false,
        unassigned: false,
        archived: false,
        version: row.version.to_string(),
        changed_ms: row.received_ms,
    }
}

fn page(view: &View<'_>, received: &ReceivedFiles, actor: &Actor, which: &Which) -> Result<Page, Fault> {
    let limit = which.limit.unwrap_or(records::LIMIT_DEFAULT);
    if !(1..=records::LIMIT_MAX).contains(&limit) {
        return Err(Refusal::invalid("bad-limit", "a page has 1 to 1,000 records", "ask for more pages").into());
    }
    let mut more = false;
    let mut found: Vec<((String, RecordId), Listed)> = Vec::new();
    if let Some(query) = which.own() {
        let own = records::list(view, actor, &query)?;
        more |= own.next.is_some();
        for summary in own.records {
            let id = summary.id.parse().map_err(|_| interoffice_core::store::StoreFault::Corrupt("a record id".to_owned()))?;
            found.push(((summary.name.clone(), id), Listed { summary, origin: None }));
        }
    }
    for link in which.links(view, actor)? {
        // One more than asked for tells whether another page follows.
        let rows = received.list(link.link, &which.copies(limit + 1)?)?;
        more |= rows.len() > limit;
        let origin = Origin::from(&link);
        let listed =
            |row: &CopyRow| ((row.name.clone(), row.record), Listed { summary: summary(&link, row), origin: Some(origin.clone()) });
        found.extend(rows.iter().map(listed));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    // A record that several links bring stands there once for each; the page does not end among them.
    let mut end = found.len().min(limit);
    while end > 0 && end < found.len() && found[end].0 == found[end - 1].0 {
        end += 1;
    }
    more |= end < found.len();
    found.truncate(end);
    let next = found.last().filter(|_| more).map(|((name, record), _)| place(name, record));
    Ok(Page { items: found.into_iter().map(|(_, listed)| listed).collect(), next, notes: Vec::new() })
}

async fn list(State(house): State<House>, As(actor): As, Params(which): Params<Which>) -> Answer<Page> {
    let received = house.received().clone();
    let asking = actor.clone();
    let found = house.read(move |view| {
        let page = page(view, &received, &asking, &which)?;
        let (open, locked) = copies::readable(view, &asking)?;
        Ok((page, open, locked))
    });
    let (mut page, open, locked) = found.await?;
    let offline: Vec<_> = house.peers().map(|door| door.states()).unwrap_or_default();
    let mut offices: Vec<&Readable> = Vec::new();
    for link in &open {
        if !offices.iter().any(|known| known.office == link.office) {
            offices.push(link);
        }
    }
    for office in offices {
        if let Some(state) = offline.iter().find(|state| state.office.to_string() == office.office && state.state != "connected") {
            page.notes.push(format!("{} is {}: its records are shown as they were last received", office.office_name, state.state));
        }
    }
    page.notes.extend(locked.iter().map(|link| format!("link {}: its records are locked: {}", &link.link[..12], link.reason)));
    one(Ok(page))
}

/// A record whole: an own one, or a copy with where it comes from.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    record: RecordView,
    #[serde(flatten)]
    origin: Option<Origin>,
}

impl Shown {
    /// The link that brought it, `None` for an own record.
    pub(super) fn link(&self) -> Option<LinkId> {
        self.origin.as_ref().map(|origin| origin.id)
    }
}

/// The id in `text`.
pub(super) fn record_id(text: &str) -> Result<RecordId, Refusal> {
    text.trim().parse().map_err(|error: interoffice_protocol::ids::BadId| Refusal::invalid("bad-record-id", error.to_string(), ""))
}

/// One record that the actor may read, own or received; a received one is asked for through the same door as in lists.
pub(super) fn find(view: &View<'_>, received: &ReceivedFiles, actor: &Actor, record: RecordId) -> Result<Shown, Fault> {
    let own = records::show(view, actor, record);
    let Err(Fault::Refused(refusal)) = own else { return own.map(|record| Shown { record, origin: None }) };
    for link in copies::readable(view, actor)?.0 {
        if let Some((version, body)) = received.get(link.link, record)? {
            let row = row(received, &link, record, version, &body)?;
            let record = RecordView { summary: summary(&link, &row), access: "read", content: Content::of(&body) };
            return Ok(Shown { record, origin: Some(Origin::from(&link)) });
        }
    }
    Err(refusal.into())
}

/// What a list shows of a copy that was found by its id.
fn row(received: &ReceivedFiles, link: &Readable, record: RecordId, version: Version, body: &Record) -> Result<CopyRow, Fault> {
    let (name, kind) = (body.display_name.clone(), body.kind);
    // The place just before it in the list, which is ordered by name and id.
    let before = RecordId(u128::from_be_bytes(record.0).wrapping_sub(1).to_be_bytes());
    let query = CopyQuery { after: Some((name.clone(), before)), limit: 1, ..CopyQuery::default() };
    let listed = received.list(link.link, &query)?.into_iter().find(|row| row.record == record);
    Ok(listed.unwrap_or(CopyRow { link: link.link, record, kind, name, version, received_ms: 0 }))
}

async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Answer<Shown> {
    let record = record_id(&id)?;
    let received = house.received().clone();
    one(house.read(move |view| find(view, &received, &actor, record)).await)
}

async fn edit(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(edit): Body<Edit>,
) -> Answer<RecordView> {
    let record = record_id(&id)?;
    let mut edit = edit;
    if let Some(version) = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()) {
        edit.base_version.get_or_insert_with(|| version.trim_matches('"').to_owned());
    }
    let asking = actor.clone();
    match house.write(People, move |tx| records::edit(tx, &asking, record, &edit)).await {
        Err(Fault::Refused(refusal)) if refusal.code == "unknown-record" => Err(not_here(&house, actor, record, refusal).await),
        end => one(end),
    }
}

/// Why a record that is not the office's own can't be changed here: a copy is changed at its home office.
async fn not_here(house: &House, actor: Actor, record: RecordId, refusal: Refusal) -> Problem {
    let received = house.received().clone();
    match house.read(move |view| find(view, &received, &actor, record)).await {
        Ok(copy) => {
            let (office, level) = copy.origin.map(|origin| (origin.office_name, origin.level)).unwrap_or_default();
            let message = format!("this record belongs to {office} and is shared here at level {level}");
            Refusal::denied("foreign-record", message, "ask its owner to change it").into()
        }
        Err(_) => refusal.into(),
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Named {
    records: Vec<String>,
}

impl Named {
    fn ids(&self) -> Result<Vec<RecordId>, Refusal> {
        self.records.iter().map(|text| record_id(text)).collect()
    }
}

async fn plan_archive(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Plan> {
    let ids = named.ids()?;
    one(house.write(People, move |tx| records::plan_archive(tx, &actor, &ids)).await)
}

async fn archive(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Named>>) -> Answer<Gone> {
    let (named, plan) = asked.split()?;
    let ids = named.ids()?;
    one(house.write_ending(People, move |tx| records::archive(tx, &actor, &ids, &plan)).await)
}

async fn unarchive(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Gone> {
    let ids = named.ids()?;
    one(house.write(People, move |tx| records::unarchive(tx, &actor, &ids)).await)
}

async fn plan_delete(State(house): State<House>, As(actor): As, Body(named): Body<Named>) -> Answer<Plan> {
    let ids = named.ids()?;
    one(house.write(People, move |tx| records::plan_delete(tx, &actor, &ids)).await)
}

async fn delete(State(house): State<House>, As(actor): As, Body(asked): Body<Agreed<Named>>) -> Answer<Gone> {
    let (named, plan) = asked.split()?;
    let ids = named.ids()?;
    one(house.write_ending(People, move |tx| records::delete(tx, &actor, &ids, &plan)).await)
}
