//! `record`: importing, looking at, changing and exporting records. Sharing them is in `sharing`.

use std::io::Read as _;
use std::path::Path;

use interoffice_core::domain::edit::PropertyEdit;
use serde_json::{Value, json};

use super::ask::{self, Consent};
use super::client::{query, segment};
use super::exit::{Exit, Failure};
use super::output::{Column, Format, counted, none, number, pairs, say, short, text, time};
use super::pages::{self, Parameters};
use super::record_args::{Edit, ExportQuery, Narrow, Query, Record};
use super::{Context, access, activities, links, object_events, progress, record_add, sharing};

const COLUMNS: [Column; 8] = [
    ("RECORD", |record| text(record, "id")),
    ("KIND", |record| text(record, "kind")),
    ("NAME", |record| text(record, "name")),
    ("RESPONSIBLE", responsible),
    ("CONNECTED TO", connected),
    ("VERSION", |record| text(record, "version")),
    ("CHANGED", |record| time(record, "changed_ms")),
    ("MARKS", marks),
];

pub(super) async fn run(context: &Context, record: Record) -> Result<(), Failure> {
    match record {
        Record::Import { files, private } => import(context, &files, private).await,
        Record::Add(add) => record_add::run(context, &add).await,
        Record::List { query, locked, limit } => list(context, query, locked, limit).await,
        Record::Show { record } => {
            let shown: Value = context.client.get(&format!("/records/{}", segment(&record))).await?;
            context.printer.one(&shown, details)?;
            say_who(context, &shown)
        }
        Record::Edit(edit) => change(context, *edit).await,
        Record::Export { records, query, format } => export(context, &records, query, &format).await,
        Record::Access(asked) => access::access(context, asked).await,
        Record::Activity(activity) => activities::run(context, activity).await,
        Record::Copies { record } => sharing::copies(context, &record).await,
        Record::Events { record, limit } => object_events::print(context, &format!("/records/{}", segment(&record)), limit).await,
        Record::Explain(asked) => access::explain(context, asked).await,
        Record::Owner(asked) => access::owner(context, asked).await,
        Record::Digest(asked) => access::digest(context, asked).await,
        Record::Share { selection, wait, consent } => sharing::share(context, selection, wait, consent).await,
        Record::Unshare { selection, consent } => sharing::unshare(context, selection, consent).await,
        Record::Archive { records, undo: true, .. } => {
            let done: Value = context.client.post("/records/unarchive", &json!({ "records": records })).await?;
            context.printer.one(&done, |done| format!("{} in use again.", counted(number(done, "records"), "record is", "records are")))
        }
        Record::Archive { records, end: true, consent, .. } => remove(context, "end", "out of use", &records, consent).await,
        Record::Archive { records, consent, .. } => remove(context, "archive", "out of use", &records, consent).await,
        Record::Delete { records, consent } => remove(context, "delete", "deleted", &records, consent).await,
    }
}

async fn remove(context: &Context, verb: &str, done: &str, records: &[String], consent: Consent) -> Result<(), Failure> {
    let gone = ask::carry_out(context, &format!("/records/{verb}"), json!({ "records": records }), consent).await?;
    let Some(gone) = gone else { return Ok(()) };
    context.printer.one(&gone, |gone| format!("{} {done}.", counted(number(gone, "records"), "record is", "records are")))
}

async fn import(context: &Context, files: &[impl AsRef<Path>], private: bool) -> Result<(), Failure> {
    let bar = progress::bar("files", files.len() as u64);
    let mut reports = Vec::new();
    for file in files.iter().map(AsRef::as_ref) {
        let bytes = read(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        let path = format!("/records/import{}", query(&[("private", private.then(|| "true".to_owned()))]));
        let mut report: Value = context.client.post_bytes(&path, "text/vcard", bytes.into()).await?;
        report["file"] = file.display().to_string().into();
        reports.push(report);
        bar.inc(1);
    }
    bar.finish_and_clear();
    for report in &reports {
        for broken in report["broken"].as_array().into_iter().flatten() {
            say(&format!("{}: line {}: {}", text(report, "file"), text(broken, "line"), text(broken, "reason")))?;
        }
    }
    let columns: [Column; 6] = [
        ("FILE", |report| text(report, "file")),
        ("NEW", |report| text(report, "created")),
        ("CHANGED", |report| text(report, "updated")),
        ("SAME", |report| text(report, "unchanged")),
        ("BROKEN", |report| report["broken"].as_array().map_or(0, Vec::len).to_string()),
        ("LIKE OTHERS", |report| text(report, "possible_duplicates")),
    ];
    context.printer.list(&reports, &columns, "")?;
    let broken: usize = reports.iter().filter_map(|report| report["broken"].as_array()).map(Vec::len).sum();
    match broken {
        0 => Ok(()),
        _ => {
            Err(Failure::new(Exit::Partly, format!("{} left out, the rest is imported", counted(broken as u64, "card was", "cards were"))))
        }
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The query's parameters, the link by its id.
async fn parameters(context: &Context, text: Option<String>, narrow: Narrow) -> Result<Parameters, Failure> {
    let yes = |on: bool| on.then(|| "true".to_owned());
    let link = match narrow.link {
        Some(link) => Some(links::resolve(context, &link).await?),
        None => None,
    };
    Ok(vec![
        ("text", text),
        ("kind", narrow.kind),
        ("owner", narrow.owner),
        ("mine", yes(narrow.mine)),
        ("responsible", narrow.responsible),
        ("no_responsible", yes(narrow.no_responsible)),
        ("archived", yes(narrow.archived)),
        ("link", link),
    ])
}

async fn list(context: &Context, asked: Query, locked: bool, limit: u64) -> Result<(), Failure> {
    let mut parameters = parameters(context, asked.text, asked.narrow).await?;
    let narrowed = parameters.iter().any(|(_, value)| value.is_some());
    parameters.push(("locked", locked.then(|| "true".to_owned())));
    let records = pages::list(context, "/records", &parameters, limit).await?;
    records.print(context, &COLUMNS, &none("record", narrowed))?;
    records.first["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).try_for_each(say)
}

/// Says, after a record of this office, where it is seen and changed who has it.
fn say_who(context: &Context, record: &Value) -> Result<(), Failure> {
    if context.printer.format() != Format::Table || !text(record, "office_name").is_empty() || record["access"] == "none" {
        return Ok(());
    }
    let id = text(record, "id");
    say(&format!("Who has it: interoffice record access {id}. Its owner: interoffice record owner {id} USER"))
}

/// Who a record is connected to, its owner first; an asterisk marks what opens without a connection.
fn connected(record: &Value) -> String {
    let offline = if record["offline"] == true { "*" } else { "" };
    let owners = if text(record, "office_name").is_empty() { text(record, "connected_to") } else { owner(record) };
    format!("{owners}{offline}")
}

fn owner(record: &Value) -> String {
    match text(record, "office_name").as_str() {
        "" => text(record, "owner"),
        office => format!("{office}/{}", text(record, "owner")),
    }
}

/// Whether a record is in use; of a locked one nothing is said.
fn status(record: &Value) -> String {
    match record["status"].as_str() {
        Some("ended") => format!("Archived and deactivated: can be reopened until it is deleted on {}", time(record, "deletion_ms")),
        Some("archived") => "Archived and active".to_owned(),
        Some(_) => "Active".to_owned(),
        None => String::new(),
    }
}

/// Who is responsible for a record; of a locked one nothing is said.
fn responsible(record: &Value) -> String {
    match text(record, "responsible").as_str() {
        "" if record["access"] == "none" => String::new(),
        "" => "No responsible assigned".to_owned(),
        _ => owner(record),
    }
}

fn marks(record: &Value) -> String {
    let marks = ["private", "archived", "unassigned"];
    // Of a locked record nothing is shown but its name.
    let locked = (record["access"] == "none").then_some("locked");
    let ended = (record["status"] == "ended").then_some("ended");
    marks.into_iter().filter(|mark| record[mark] == true).chain(ended).chain(locked).collect::<Vec<_>>().join(", ")
}

/// The members of a household by their names, and how many the viewer does not see.
fn members(record: &Value) -> String {
    let list = |key: &str| record[key].as_array().map_or(&[][..], Vec::as_slice);
    let seen = list("seen_members");
    let mut words: Vec<String> = seen.iter().map(|member| format!("{} ({})", text(member, "name"), short(member, "id"))).collect();
    match list("members").len().saturating_sub(seen.len()) {
        0 => {}
        1 => words.push("a member you don't see".to_owned()),
        more => words.push(format!("{more} members you don't see")),
    }
    words.join(", ")
}

fn details(record: &Value) -> String {
    let mut words = pairs(&[
        ("Record", text(record, "id")),
        ("Kind", text(record, "kind")),
        ("Name", text(record, "name")),
        ("Owner", owner(record)),
        ("Responsible", responsible(record)),
        ("Status", status(record)),
        ("Connected to", text(record, "connected_to")),
        ("Access", text(record, "access")),
        ("Version", text(record, "version")),
        ("Changed", time(record, "changed_ms")),
        ("Marks", marks(record)),
        ("Members", members(record)),
    ]);
    if record["access"] == "none" {
        words.push_str("You see its name alone. Who has it: interoffice record access RECORD\n");
    }
    let mut properties = Vec::new();
    for (_, of_field) in record["fields"].as_object().into_iter().flatten() {
        for property in of_field.as_array().into_iter().flatten() {
            properties.push((property_name(property), text(property, "value")));
        }
    }
    let properties: Vec<(&str, String)> = properties.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    words.push('\n');
    words.push_str(&pairs(&properties));
    let related = record["related"].as_array().map_or(&[][..], Vec::as_slice);
    if !related.is_empty() {
        let columns: [Column; 4] = [
            ("ITEM", |item| text(item, "id")),
            ("KIND", |item| text(item, "kind")),
            ("TITLE", |item| text(item, "title")),
            ("STATUS", |item| text(item, "status")),
        ];
        words.push('\n');
        words.push_str(&super::output::table(related, &columns));
    }
    words
}

fn property_name(property: &Value) -> String {
    let mut name = text(property, "name");
    for param in property["params"].as_array().into_iter().flatten() {
        name.push_str(&format!(";{}={}", text(param, "name"), text(param, "values").replace(", ", ",")));
    }
    name
}

async fn change(context: &Context, edit: Edit) -> Result<(), Failure> {
    let body = body_of(&edit)?;
    if body.as_object().is_none_or(|changes| changes.keys().all(|key| key == "base_version")) {
        return Err(Failure::usage("nothing to change: give --set, --add, --remove or another change; see --help"));
    }
    let record: Value = context.client.patch(&format!("/records/{}", segment(&edit.record)), &body).await?;
    context.printer.one(&record, |record| {
        format!("Record {} ({}) is at version {}.", text(record, "id"), text(record, "name"), text(record, "version"))
    })
}

fn body_of(edit: &Edit) -> Result<Value, Failure> {
    let mut body = json!({});
    for (member, changes) in [("set", &edit.set), ("add", &edit.add)] {
        let parsed = changes.iter().map(|change| PropertyEdit::parse(change)).collect::<Result<Vec<_>, _>>();
        let parsed = parsed.map_err(|refusal| Failure::usage(refusal.to_string()))?;
        if !parsed.is_empty() {
            body[member] = json!(parsed);
        }
    }
    let mut related = Vec::new();
    for item in &edit.add_related {
        let (kind, rest) = item
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--add-related: '{item}' is not KIND=TITLE or KIND=TITLE/STATUS")))?;
        let (title, status) = rest.rsplit_once('/').unwrap_or((rest, ""));
        related.push(json!({ "kind": kind, "title": title, "status": status }));
    }
    let mut changed = Vec::new();
    for item in &edit.status_of {
        let (id, status) = item.split_once('=').ok_or_else(|| Failure::usage(format!("--status-of: '{item}' is not ID=STATUS")))?;
        changed.push(json!({ "id": id, "status": status }));
    }
    let lists = [
        ("add_related", json!(related)),
        ("change_related", json!(changed)),
        ("remove", json!(edit.remove)),
        ("remove_related", json!(edit.remove_related)),
    ];
    for (member, list) in lists.into_iter().filter(|(_, list)| list.as_array().is_some_and(|list| !list.is_empty())) {
        body[member] = list;
    }
    if let Some(private) = &edit.private {
        body["private"] = (private == "on").into();
    }
    if let Some(version) = &edit.base_version {
        body["base_version"] = version.as_str().into();
    }
    Ok(body)
}

async fn export(context: &Context, records: &[String], asked: ExportQuery, format: &str) -> Result<(), Failure> {
    let mut parameters = parameters(context, asked.text, asked.narrow).await?;
    parameters.push(("format", Some(format.to_owned())));
    parameters.push(("ids", (!records.is_empty()).then(|| records.join(","))));
    let mut body = context.client.body(&format!("/records/export{}", query(&parameters))).await?;
    while let Some(part) = body.next().await? {
        context.printer.bytes(&part)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        edit: Edit,
    }

    #[test]
    fn an_edit_becomes_the_body_that_the_daemon_takes() {
        let line = ["edit", "06f7k", "--set", "TEL#2=+1 555", "--add-related", "case=Claim 4711/pending", "--private", "on"];
        let body = body_of(&Line::parse_from(line).edit).unwrap();
        assert_eq!(
            body,
            json!({
                "set": [{"name": "TEL#2", "value": "+1 555", "params": []}],
                "add_related": [{"kind": "case", "title": "Claim 4711", "status": "pending"}],
                "private": true,
            })
        );
        let bad = body_of(&Line::parse_from(["edit", "06f7k", "--set", "TEL"]).edit).unwrap_err();
        assert_eq!(bad.exit, Exit::Usage);
    }
}
