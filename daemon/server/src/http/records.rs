//! Contact records: the office's own, and the copies that other offices share: `/records`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use interoffice_core::actions::audit::Sighting;
use interoffice_core::actions::copies::{Readable, may_read, readable};
use interoffice_core::actions::records::{self, Content, Member, Query, RecordSummary, RecordView, place, read_place};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::Edit;
use interoffice_core::domain::page::{self, LIMIT_DEFAULT};
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::search;
use interoffice_core::store::received::{CopyQuery, CopyRow, ReceivedFiles};
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::record::{Record, RecordKind};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Body, Params};
use super::copies::{MaybeOrigin, Origin};
use super::locked::{self, Entry};
use super::record_ids::resolve;
use super::{audit, copies, members};
use crate::api::Problem;
use crate::house::{House, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, edit))
}

/// Which records: the office's own and received ones, or those of one link.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    pub(super) text: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) mine: bool,
    /// Only those for which this user is responsible.
    pub(super) responsible: Option<String>,
    /// Only those for which nobody is.
    pub(super) no_responsible: bool,
    pub(super) archived: bool,
    /// Names of records that the user may ask for, too.
    pub(super) locked: bool,
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
            responsible: self.responsible.clone(),
            no_responsible: self.no_responsible,
            archived: self.archived,
            after: self.after.clone(),
            limit: self.limit,
        })
    }

    /// The links that the question is about: none when it is about own records only.
    pub(super) fn links(&self, view: &View<'_>, actor: &Actor) -> Result<Vec<Readable>, Fault> {
        if let Some(link) = &self.link {
            let found = interoffice_core::actions::links::find(view, actor, link)?;
            return Ok(vec![may_read(view, actor, found.link)?]);
        }
        let of_ours = self.owner.is_some() || self.responsible.is_some() || self.mine || self.no_responsible || self.archived;
        if of_ours {
            return Ok(Vec::new());
        }
        Ok(readable(view, actor)?.0)
    }

    /// The same question for the copies of a link.
    pub(super) fn copies(&self, limit: usize) -> Result<CopyQuery, Refusal> {
        let unknown = || Refusal::invalid("bad-kind", "there is no such kind of record", "use contact, business or household");
        let kind = self.kind.as_deref().map(|kind| RecordKind::parse(kind).ok_or_else(unknown)).transpose()?;
        let after = self.after.as_deref().map(read_place).transpose()?;
        let text = self.text.clone().unwrap_or_default();
        search::check(&text)?;
        Ok(CopyQuery { text, kind, after, limit })
    }
}

/// A record in a list: an own one, or a copy with where it comes from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Listed {
    #[serde(flatten)]
    summary: Entry,
    /// Where a copy comes from; null for an own record.
    #[serde(flatten)]
    #[schema(value_type = MaybeOrigin)]
    origin: Option<Origin>,
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RecordPage)]
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
        responsible: Some(link.owner.clone()),
        connected_to: vec![link.owner.clone()],
        offline: false,
        private: false,
        unassigned: false,
        archived: false,
        status: "active",
        deletion_ms: None,
        version: row.version.to_string(),
        changed_ms: row.received_ms,
    }
}

/// A place in the order of a list, and what stands there.
type Placed = ((String, RecordId), Listed);

/// One page of the office's own records, and whether more follow.
fn own_page(view: &View<'_>, actor: &Actor, which: &Which) -> Result<(Vec<Placed>, bool), Fault> {
    let Some(query) = which.own() else { return Ok((Vec::new(), false)) };
    let own = records::list(view, actor, &query)?;
    let mut found = Vec::with_capacity(own.records.len());
    for summary in own.records {
        let id = summary.id.parse().map_err(|_| StoreFault::Corrupt("a record id".to_owned()))?;
        found.push(((summary.name.clone(), id), Listed { summary: Entry::Seen(summary), origin: None }));
    }
    let (names, more) = locked::page(view, actor, which, &query)?;
    found.extend(names.into_iter().map(|(place, name)| (place, Listed { summary: Entry::Locked(name), origin: None })));
    Ok((found, more || own.next.is_some()))
}

/// The copies of each link that may stand on a page; of a file that can't be read there are none, and a note says so.
fn listed_copies(received: &ReceivedFiles, links: Vec<Readable>, query: &CopyQuery) -> Vec<(Readable, Option<Vec<CopyRow>>)> {
    let list = |link: Readable| {
        let rows = received.list(link.link, query).inspect_err(|fault| copies::broken(&link, fault)).ok();
        (link, rows)
    };
    links.into_iter().map(list).collect()
}

/// A page of at most `limit` from pages of each source, each with one more than fits when there is more.
fn merge(mut found: Vec<Placed>, mut more: bool, limit: usize) -> Page {
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    // A record that several links bring stands there once for each; the page does not end among them.
    let mut end = found.len().min(limit);
    while end > 0 && end < found.len() && found[end].0 == found[end - 1].0 {
        end += 1;
    }
    more |= end < found.len();
    found.truncate(end);
    let next = found.last().filter(|_| more).map(|((name, record), _)| place(name, record));
    Page { items: found.into_iter().map(|(_, listed)| listed).collect(), next, notes: Vec::new() }
}

/// The records that the caller sees, page by page.
#[utoipa::path(get, path = "/records", operation_id = "records.list", tag = "records", params(Which), responses((status = 200, body = Page), Problems))]
async fn list(State(house): State<House>, As(actor): As, Params(which): Params<Which>) -> Answer<Page> {
    let limit = page::limit(which.limit, LIMIT_DEFAULT, "records")?;
    if which.link.is_some() {
        locked::refuse(&which)?;
    }
    // One more than asked for tells whether another page follows.
    let query = which.copies(limit + 1)?;
    let (asking, asked) = (actor.clone(), which.clone());
    let own = house.read(move |view| Ok((own_page(view, &asking, &asked)?, readable(view, &asking)?)));
    let ((mut found, mut more), (open, locked)) = own.await?;
    let links = move |view: &View<'_>| which.links(view, &actor);
    let mut notes = Vec::new();
    for (link, rows) in copies::read(&house, links, move |received, links| Ok(listed_copies(received, links, &query))).await? {
        let Some(rows) = rows else {
            notes.push(format!("link {}: its copies can't be read now, see the daemon's log", short(&link.link.to_string())));
            continue;
        };
        more |= rows.len() > limit;
        let origin = Origin::from(&link);
        found.extend(rows.iter().map(|row| {
            let summary = Entry::Seen(summary(&link, row));
            ((row.name.clone(), row.record), Listed { summary, origin: Some(origin.clone()) })
        }));
    }
    let mut page = merge(found, more, limit);
    page.notes = notes;
    note_offline(&house, &open, &mut page.notes);
    page.notes.extend(locked.iter().map(|link| format!("link {}: its records are locked: {}", short(&link.link), link.reason)));
    one(Ok(page))
}

/// The beginning of an id, enough to be given to a command.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// Says of each office behind the links when it is not connected.
fn note_offline(house: &House, open: &[Readable], notes: &mut Vec<String>) {
    let states = house.peers().map(|door| door.states()).unwrap_or_default();
    let mut offices: Vec<&Readable> = Vec::new();
    for link in open {
        if !offices.iter().any(|known| known.office == link.office) {
            offices.push(link);
        }
    }
    for office in offices {
        if let Some(state) = states.iter().find(|state| state.office.to_string() == office.office && state.state != "connected") {
            notes.push(format!("{} is {}: its records are shown as they were last received", office.office_name, state.state));
        }
    }
}

/// A record whole: an own one, or a copy with where it comes from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Shown {
    #[serde(flatten)]
    record: RecordView,
    /// Those members of a household that the viewer sees, by their names; not in exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_members: Option<Vec<Member>>,
    #[serde(flatten)]
    #[schema(value_type = MaybeOrigin)]
    origin: Option<Origin>,
}

impl Shown {
    /// The link that brought it; `None` for an own record.
    pub(super) fn link(&self) -> Option<LinkId> {
        self.origin.as_ref().and_then(|origin| origin.link.parse().ok())
    }

    /// A copy that `link` brought.
    pub(super) fn copy(link: &Readable, copy: CopyView) -> Self {
        let CopyView { row, body } = copy;
        let record = RecordView { summary: summary(link, &row), access: "read", content: Content::of(&body) };
        Self { record, seen_members: None, origin: Some(Origin::from(link)) }
    }
}

/// One record that the actor may read, own or received; a received one is asked for through the same door as in lists.
pub(super) async fn find(house: &House, actor: &Actor, record: RecordId) -> Result<Shown, Fault> {
    let (asking, reading) = (actor.clone(), actor.clone());
    let own = house.read(move |view| records::show(view, &asking, record)).await;
    let Err(Fault::Refused(refusal)) = own else { return own.map(|record| Shown { record, seen_members: None, origin: None }) };
    let which = move |view: &View<'_>| Ok(readable(view, &reading)?.0);
    let found = copies::read(house, which, move |received, links| Ok(first_copy(received, links, record)));
    let (link, shown) = found.await?.pop().ok_or(refusal)?;
    Ok(Shown::copy(&link, shown?))
}

/// The record in the first of these links that has it. A file that can't be read is the answer only when no other has the record.
pub(super) fn first_copy(
    received: &ReceivedFiles,
    links: Vec<Readable>,
    record: RecordId,
) -> Vec<(Readable, Result<CopyView, StoreFault>)> {
    let mut unread = Vec::new();
    for link in links {
        match copy_view(received, &link, record) {
            Ok(Some(view)) => return vec![(link, Ok(view))],
            Ok(None) => {}
            Err(fault) => {
                copies::broken(&link, &fault);
                unread.push((link, Err(fault)));
            }
        }
    }
    unread.truncate(1);
    unread
}

/// A copy as its link's file has it.
pub(super) struct CopyView {
    row: CopyRow,
    pub(super) body: Record,
}

/// A record of one link.
pub(super) fn copy_view(received: &ReceivedFiles, link: &Readable, record: RecordId) -> Result<Option<CopyView>, StoreFault> {
    let Some((version, body)) = received.get(link.link, record)? else { return Ok(None) };
    let (name, kind) = (body.display_name.clone(), body.kind);
    // The place just before it in the list, which is ordered by name and id.
    let before = RecordId(u128::from_be_bytes(record.0).wrapping_sub(1).to_be_bytes());
    let query = CopyQuery { after: Some((name.clone(), before)), limit: 1, ..CopyQuery::default() };
    let listed = received.list(link.link, &query)?.into_iter().find(|row| row.record == record);
    let row = listed.unwrap_or(CopyRow { link: link.link, record, kind, name, version, received_ms: 0 });
    Ok(Some(CopyView { row, body }))
}

/// One record.
#[utoipa::path(get, path = "/records/{id}", operation_id = "records.show", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), responses((status = 200, body = super::locked::Looked), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(id): Path<String>) -> Result<Response, Problem> {
    let record = resolve(&house, &actor, &id).await?;
    let mut found = find(&house, &actor, record).await;
    if let Ok(shown) = &mut found {
        audit::before(&house, &actor, Sighting::View(record, shown.link())).await?;
        shown.seen_members = Some(members::seen(&house, &actor, shown.link(), &shown.record.content.members).await?);
    }
    let tag = found.as_ref().ok().map(|shown| [(header::ETAG, tag(&shown.record.summary.version))]);
    let looked = locked::or_name(&house, actor, record, found).await?;
    Ok(match tag {
        Some(tag) => (tag, looked).into_response(),
        None => looked.into_response(),
    })
}

/// The tag of a record's version; versions are digits and dots, which every header takes.
fn tag(version: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Changes a record.
#[utoipa::path(patch, path = "/records/{id}", operation_id = "records.edit", tag = "records", params(("id" = String, Path, description = "Id of a record, or the beginning of it")), request_body = Edit, responses((status = 200, body = RecordView), Problems))]
async fn edit(
    State(house): State<House>,
    As(actor): As,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(edit): Body<Edit>,
) -> Result<Response, Problem> {
    let record = resolve(&house, &actor, &id).await?;
    let mut edit = edit;
    let matching = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).filter(|tag| *tag != "*");
    if let Some(tag) = matching {
        edit.base_version = Some(tag.trim_start_matches("W/").trim_matches('"').to_owned());
    }
    let (asking, conditional) = (actor.clone(), matching.is_some());
    let end = house.write(People, move |tx| records::edit(tx, &asking, record, &edit)).await;
    let Json(edited) = one_of_ours(&house, actor, record, end).await.map_err(|mut problem| {
        // RFC 9110: what fails is the condition that the client named.
        if conditional && problem.code == "changed-meanwhile" {
            problem.status = 412;
        }
        problem
    })?;
    Ok(([(header::ETAG, tag(&edited.summary.version))], Json(edited)).into_response())
}

/// The answer of a verb on a record of the office's own.
pub(super) async fn one_of_ours<T>(house: &House, actor: Actor, record: RecordId, end: Result<T, Fault>) -> Answer<T> {
    match end {
        Err(Fault::Refused(refusal)) if refusal.code == "unknown-record" => Err(not_here(house, actor, record, refusal).await),
        end => one(end),
    }
}

/// Why a record that is not the office's own can't be changed here: a copy is changed at its home office.
async fn not_here(house: &House, actor: Actor, record: RecordId, refusal: Refusal) -> Problem {
    match find(house, &actor, record).await {
        Ok(copy) => {
            let (office, level) = copy.origin.map(|origin| (origin.office_name, origin.level)).unwrap_or_default();
            let message = format!("this record belongs to {office} and is shared here at level {level}");
            Refusal::denied("foreign-record", message, "ask its owner to change it").into()
        }
        Err(_) => refusal.into(),
    }
}
