//! Files of records: importing and exporting, part by part so that nobody else waits: `/records/import` and `/records/export`.

use std::io;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use interoffice_core::actions::audit::Sighting;
use interoffice_core::actions::copies::{Readable, readable};
use interoffice_core::actions::records::{self, Format, IMPORT_CARDS_MAX, ImportOptions, ImportReport};
use interoffice_core::actions::rights;
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::domain::role::Permission;
use interoffice_core::domain::vcard::{self, CardVersion};
use interoffice_core::store::received::{CopyQuery, ReceivedFiles};
use interoffice_core::store::{Fault, StoreFault, View};
use interoffice_protocol::ids::{LinkId, RecordId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::{As, Params, unread};
use super::gate::{self, Caller};
use super::locked;
use super::record_ids::resolve_all;
use super::records::{CopyView, Shown, Which, copy_view, first_copy};
use super::stream::{self, Parts};
use super::{audit, copies};
use crate::api::Problem;
use crate::house::{House, Priority::People};

/// Records of one part of an export.
const PART: usize = 200;

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(import)).routes(routes!(export))
}

/// Imports a file of vCards.
#[utoipa::path(post, path = "/records/import", operation_id = "records_files.import", tag = "records", params(ImportOptions), request_body(content = String, content_type = "text/vcard"), responses((status = 200, body = ImportReport), Problems))]
async fn import(
    State(house): State<House>,
    As(actor): As,
    Params(options): Params<ImportOptions>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<ImportReport> {
    let bytes = body.map_err(|rejection| unread(&rejection))?;
    let asking = actor.clone();
    // Who may not import is told so before a large file is read.
    house.read(move |view| rights::require_user(view, &asking).map(drop)).await?;
    let read = tokio::task::spawn_blocking(move || records::read_cards(&bytes));
    let file = read.await.map_err(|error| StoreFault::Database(format!("the file could not be read: {error}")))?;
    let mut report = ImportReport { broken: file.broken, ..ImportReport::default() };
    let mut cards = file.cards.into_iter().peekable();
    while cards.peek().is_some() {
        let part: Vec<_> = cards.by_ref().take(IMPORT_CARDS_MAX).collect();
        let actor = actor.clone();
        report.join(house.write(People, move |tx| records::import_cards(tx, &actor, &part, &options)).await?);
    }
    one(Ok(report))
}

/// A place in a list of copies: name and record.
type Place = (String, RecordId);

/// Where an export stands.
enum Stage {
    /// These records, named one by one.
    Named(Vec<RecordId>),
    /// The office's own records, from this place on.
    Own(Option<String>),
    /// The copies of this link and those after it, by id; of the first from this place on.
    Copies(LinkId, Option<Place>),
}

/// Where the copies begin.
const FIRST_LINK: Stage = Stage::Copies(LinkId([0; LinkId::LEN]), None);

/// One part, what it shows, and what comes after it.
struct Part {
    bytes: Vec<u8>,
    shows: Sighting,
    next: Option<Stage>,
}

impl Part {
    fn empty(next: Option<Stage>) -> Self {
        Self { bytes: Vec::new(), shows: Sighting::Own(0), next }
    }
}

/// Exports records as vCards or JSON lines.
#[utoipa::path(get, path = "/records/export", operation_id = "records_files.export", tag = "records", params(Which), responses((status = 200, content((String = "text/vcard"), (String = "application/jsonl"))), Problems))]
async fn export(
    State(house): State<House>,
    Extension(caller): Extension<Caller>,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    let actor = caller.actor.clone();
    locked::refuse(&which)?;
    let asking = actor.clone();
    house.read(move |view| rights::require(view, &asking, Permission::Export)).await?;
    let unknown = || Refusal::invalid("bad-format", "there is no such form", "use vcard, vcard4, vcard3 or json");
    let format = which.format.as_deref().map_or(Some(Format::Vcard), Format::parse).ok_or_else(unknown)?;
    let stage = match &which.ids {
        Some(ids) => {
            let texts: Vec<String> = ids.split(',').map(str::to_owned).collect();
            Stage::Named(resolve_all(&house, &actor, &texts).await?)
        }
        None if which.link.is_some() => FIRST_LINK,
        None => Stage::Own(None),
    };
    // The first part is read before the answer begins, so that a refusal is one.
    let first = part(&house, &actor, &which, format, stage).await?;
    let (parts, response) = stream::answer(if format == Format::Json { "application/jsonl" } else { "text/vcard" });
    tokio::spawn(send(house, caller, which, format, first, parts));
    Ok(response)
}

async fn send(house: House, caller: Caller, which: Which, format: Format, first: Part, parts: Parts) {
    let mut current = first;
    loop {
        if !current.bytes.is_empty() && parts.send(Ok(current.bytes.into())).await.is_err() {
            return;
        }
        let Some(stage) = current.next else { return };
        match part_for(&house, &caller, &which, format, stage).await {
            Ok(next) => current = next,
            Err(fault) => {
                tracing::warn!(%fault, "an export is broken off");
                // A reader that has gone needs no telling.
                let _ = parts.send(Err(io::Error::other("the export is broken off"))).await;
                return;
            }
        }
    }
}

/// The part at a stage, while the session or token goes on with which the export was begun (INV-55).
async fn part_for(house: &House, caller: &Caller, which: &Which, format: Format, stage: Stage) -> Result<Part, Fault> {
    if !gate::still_there(house, caller).await {
        return Err(gate::over().into());
    }
    part(house, &caller.actor, which, format, stage).await
}

/// The part at a stage; where the office wants to know who exports what, that is written down when this returns.
async fn part(house: &House, actor: &Actor, which: &Which, format: Format, stage: Stage) -> Result<Part, Fault> {
    let part = read(house, actor, which, format, stage).await?;
    audit::before(house, actor, part.shows.clone()).await?;
    Ok(part)
}

async fn read(house: &House, actor: &Actor, which: &Which, format: Format, stage: Stage) -> Result<Part, Fault> {
    match stage {
        Stage::Named(mut ids) => {
            let rest = ids.split_off(ids.len().min(PART));
            let mut bytes = Vec::new();
            for id in &ids {
                named(house, actor, *id, format, &mut bytes).await?;
            }
            Ok(Part { bytes, shows: Sighting::Named(ids), next: (!rest.is_empty()).then_some(Stage::Named(rest)) })
        }
        Stage::Own(after) => {
            let query = records::Query { after, limit: Some(PART), ..which.own().unwrap_or_default() };
            let asking = actor.clone();
            let page = house.read(move |view| records::export_page(view, &asking, &query, format)).await?;
            let next = page.next.map_or(FIRST_LINK, |next| Stage::Own(Some(next)));
            Ok(Part { bytes: page.bytes, shows: Sighting::Own(page.count), next: Some(next) })
        }
        Stage::Copies(link, after) => of_link(house, actor, which, format, link, after).await,
    }
}

/// Writes one record that was named, own or received.
async fn named(house: &House, actor: &Actor, id: RecordId, format: Format, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    let (asking, reading) = (actor.clone(), actor.clone());
    let own = house.read(move |view| records::export(view, &asking, &[id], format)).await;
    let Err(Fault::Refused(refusal)) = own else {
        bytes.extend(own?);
        return Ok(());
    };
    let which = move |view: &View<'_>| Ok(readable(view, &reading)?.0);
    let found = copies::read(house, which, move |received, links| Ok(first_copy(received, links, id)));
    let (link, copy) = found.await?.pop().ok_or(refusal)?;
    write_copy(&link, copy?, format, bytes)
}

fn version(format: Format) -> CardVersion {
    if format == Format::Vcard3 { CardVersion::V3 } else { CardVersion::V4 }
}

fn json(value: &impl serde::Serialize, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    serde_json::to_writer(&mut *bytes, value).map_err(|error| StoreFault::Corrupt(error.to_string()))?;
    bytes.push(b'\n');
    Ok(())
}

/// One part of the copies of the first link from `first` on.
async fn of_link(house: &House, actor: &Actor, which: &Which, format: Format, first: LinkId, after: Option<Place>) -> Result<Part, Fault> {
    // Asked anew for each part: a link that ended meanwhile gives nothing more.
    let (asking, asked) = (actor.clone(), which.clone());
    let mut links = house.read(move |view| asked.links(view, &asking)).await?;
    links.retain(|link| link.link >= first);
    links.sort_by_key(|link| link.link);
    let Some(link) = links.first().map(|link| link.link) else { return Ok(Part::empty(None)) };
    let behind = links.get(1).map(|next| Stage::Copies(next.link, None));
    let mut query = which.copies(PART)?;
    query.after = after.filter(|_| link == first);
    let (asking, asked) = (actor.clone(), which.clone());
    let this_one = move |view: &View<'_>| {
        let mut links = asked.links(view, &asking)?;
        links.retain(|readable| readable.link == link);
        Ok(links)
    };
    let write = move |received: &ReceivedFiles, links: Vec<Readable>| {
        links.into_iter().map(|link| Ok((link.clone(), written(received, &link, &query, format)?))).collect()
    };
    let part = copies::read(house, this_one, write).await?.pop();
    Ok(match part {
        Some((_, Copies { bytes, count, last })) => {
            let next = last.map_or(behind, |last| Some(Stage::Copies(link, Some(last))));
            Part { bytes, shows: Sighting::Copies(link, count), next }
        }
        // It ended while its file was read: nothing of it goes out.
        None => Part::empty(behind),
    })
}

/// A page of a link's copies in the form of the export.
struct Copies {
    bytes: Vec<u8>,
    count: usize,
    /// The place of the last one when more follow.
    last: Option<Place>,
}

fn written(received: &ReceivedFiles, link: &Readable, query: &CopyQuery, format: Format) -> Result<Copies, Fault> {
    let rows = received.list(link.link, query)?;
    let mut bytes = Vec::with_capacity(rows.len() * 1024);
    for row in &rows {
        if let Some(copy) = copy_view(received, link, row.record)? {
            write_copy(link, copy, format, &mut bytes)?;
        }
    }
    let last = rows.last().filter(|_| rows.len() == query.limit).map(|last| (last.name.clone(), last.record));
    Ok(Copies { bytes, count: rows.len(), last })
}

fn write_copy(link: &Readable, copy: CopyView, format: Format, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    if format == Format::Json {
        return json(&Shown::copy(link, copy), bytes);
    }
    bytes.extend_from_slice(vcard::render(&copy.body, version(format)).as_bytes());
    Ok(())
}
