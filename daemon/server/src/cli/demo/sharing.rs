//! The middle scenes: records come in at A, are shared, arrive at B as they were sent, and follow an edit live.

use std::path::Path;
use std::time::Duration;

use interoffice_core::domain::plan::counted;
use interoffice_core::domain::sample::{related_for, sample_cards};
use serde_json::{Value, json};

use super::super::exit::{Exit, Failure};
use super::super::output::{number, text};
use super::meeting::{Side, plan_and_commit, wait};
use super::{A, B, Demo, Stage, checks};
use crate::clock;

/// Where the invented records start; any number would do.
const SEED: u64 = 1906;
/// Records that get cases, policies, investments and opportunities, each by an edit of its own.
const RELATED_MAX: usize = 200;
/// Records named in one request.
pub(super) const PAGE: usize = 500;
/// Pause between two looks at a record that is to change.
const LOOK_AGAIN: Duration = Duration::from_micros(500);
/// What the live edit writes.
const NOTE: &str = "Prefers to be called after lunch";

/// Imports the named files, or invented records with their cases and policies.
pub(super) async fn import(stage: &mut Stage, demo: &Demo) -> Result<(), Failure> {
    stage.report.begin("import contacts at A");
    let mut reports = Vec::new();
    if demo.import.is_empty() {
        let cards = sample_cards(SEED, demo.records as usize);
        reports.push(import_cards(stage, "invented contacts, businesses and households", cards.into()).await?);
    }
    for file in &demo.import {
        let bytes = std::fs::read(file).map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", file.display())))?;
        reports.push(import_cards(stage, &name_of(file), bytes).await?);
    }
    if demo.import.is_empty() {
        let items = add_related(stage, reports[0]["records"].as_array().map_or(&[][..], Vec::as_slice)).await?;
        stage.report.tell(format!(
            "{} were added to them",
            counted(items, "case, policy, investment or opportunity", "cases, policies, investments and opportunities")
        ));
        stage.report.fact("related_items", items);
    }
    let ann: Value = stage.desk_a.get("/users/ann").await?;
    let counts = |kind: &str| number(&ann["records"], kind);
    stage.report.tell(format!(
        "ann now owns {} contacts, {} businesses and {} households",
        counts("contacts"),
        counts("businesses"),
        counts("households")
    ));
    stage.report.fact("records", ann["records"].clone());
    stage.report.fact("files", reports);
    stage.report.end()
}

fn name_of(file: &Path) -> String {
    file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

async fn import_cards(stage: &mut Stage, name: &str, bytes: Vec<u8>) -> Result<Value, Failure> {
    let mut report: Value = stage.ann.post_bytes("/records/import", "text/vcard", bytes.into()).await?;
    let broken = report["broken"].as_array().cloned().unwrap_or_default();
    let rest = if broken.is_empty() {
        String::new()
    } else {
        format!(", {}", counted(broken.len() as u64, "broken card left out", "broken cards left out"))
    };
    let changed = number(&report, "updated");
    let rest = if changed == 0 { rest } else { format!(", {changed} changed{rest}") };
    stage.report.tell(format!("{name}: {} new{rest}", number(&report, "created")));
    for card in &broken {
        stage.report.tell(format!("    line {}: {}", text(card, "line"), text(card, "reason")));
    }
    report["name"] = name.into();
    Ok(report)
}

/// Gives the first records what they have beside the card; says how many items that were.
async fn add_related(stage: &Stage, records: &[Value]) -> Result<u64, Failure> {
    let mut items = 0;
    for (index, record) in records.iter().filter_map(Value::as_str).take(RELATED_MAX).enumerate() {
        let related = related_for(SEED, index);
        if related.is_empty() {
            continue;
        }
        items += related.len() as u64;
        let added: Vec<Value> = related
            .iter()
            .map(|item| json!({ "kind": item.kind.as_str(), "title": item.title, "status": item.status, "detail": item.detail }))
            .collect();
        stage.ann.patch::<Value>(&format!("/records/{record}"), &json!({ "add_related": added })).await?;
    }
    Ok(items)
}

/// Shares everything of Ann's after a plan with counts, and waits until B has it durably.
pub(super) async fn share(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("share them with Bob");
    let selection = json!({ "all_mine": true });
    let path = format!("/links/{}/share", stage.link);
    let (plan, done) = plan_and_commit(stage, Side::AnnAtA, &path, selection).await?;
    let committed = stage.report.elapsed();
    let link = wait(&stage.ann, &stage.link, "synced", "B does not have everything").await?;
    let delivered = stage.report.elapsed().saturating_sub(committed);
    stage.shared = number(&done, "added");
    let (records, there) = (number(&link, "records"), number(&link, "delivered"));
    if stage.shared == 0 || records != stage.shared || there != stage.shared {
        return Err(Failure::new(Exit::Failed, format!("{} were shared, A speaks of {records}, {there} delivered", stage.shared)));
    }
    stage.report.tell(format!("{there} of {records} are durable at {B}, {:.1} ms after the share", delivered.as_secs_f64() * 1e3));
    stage.report.fact("plan", plan);
    stage.report.fact("shared", stage.shared);
    stage.report.fact("delivered_ms", super::report::ms(delivered));
    stage.report.end()
}

/// What B exports of the link is what A shared over it, property by property.
pub(super) async fn compare(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("compare what B exports with what A shared");
    let link: Value = stage.ann.get(&format!("/links/{}", stage.link)).await?;
    let records = checks::shared_records(&stage.ann, &stage.link).await?;
    let listed = checks::copies(&stage.bob, &stage.link).await?;
    if records.len() as u64 != stage.shared || listed != stage.shared {
        let counts = format!("A shares {}, names {}, B lists {listed}", stage.shared, records.len());
        return Err(Failure::new(Exit::Failed, counts));
    }
    let scope = checks::scope_of(&link);
    let mut compared = checks::Compared::default();
    for page in records.chunks(PAGE) {
        compared.page(&stage.ann, &stage.bob, page, &scope).await?;
    }
    stage.report.tell(format!(
        "{} records, {} properties, {} related items, {} household members: {}",
        compared.records,
        compared.properties,
        compared.related,
        compared.members,
        if compared.differences.is_empty() { "no difference" } else { "DIFFERENT" }
    ));
    stage.report.fact("compared", compared.to_json());
    if let Some(first) = compared.differences.first() {
        let number = compared.differences.len();
        return Err(Failure::new(Exit::Failed, format!("{number} differences between A's records and B's copies, the first: {first}")));
    }
    stage.report.end()
}

/// One edit at A, seen at B.
pub(super) async fn edit_live(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("edit a record at A and see it at B");
    let page: Value = stage.ann.get("/records?mine=true&limit=1").await?;
    let record = text(&page["items"][0], "id");
    let path = format!("/records/{record}");
    let started = clock::instant();
    let edit = async {
        let edited: Value = stage.ann.patch(&path, &json!({ "add": [{ "name": "NOTE", "value": NOTE }] })).await?;
        Ok::<_, Failure>((edited, started.elapsed()))
    };
    let watch = async {
        loop {
            let copy: Value = stage.bob.get(&path).await?;
            if copy["fields"].to_string().contains(NOTE) {
                return Ok::<_, Failure>((copy, started.elapsed()));
            }
            if started.elapsed() > super::meeting::SETTLED {
                return Err(Failure::new(Exit::TimedOut, format!("record {record} at B does not show the edit")));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let ((edited, committed), (copy, visible)) = tokio::try_join!(edit, watch)?;
    if copy["version"] != edited["version"] {
        return Err(Failure::new(Exit::Failed, format!("B shows version {}, A has {}", copy["version"], edited["version"])));
    }
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    stage.report.tell(format!(
        "{} got a note at {A} (durable after {:.1} ms); Bob reads it {:.1} ms after the edit was asked for",
        text(&edited, "name"),
        ms(committed),
        ms(visible)
    ));
    stage.report.fact("record", record);
    stage.report.fact("committed_ms", super::report::ms(committed));
    stage.report.fact("visible_ms", super::report::ms(visible));
    stage.report.end_with(visible)
}
