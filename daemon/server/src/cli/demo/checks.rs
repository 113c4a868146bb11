//! Comparing what two offices say: the records a link shows at A with the copies at B.

use interoffice_core::domain::vcard::{compare, parse_file};
use interoffice_protocol::record::{FieldName, Record, RelatedKind, Scope};
use serde_json::{Value, json};

use super::super::client::{Client, query};
use super::super::exit::{Exit, Failure};
use super::super::output::text;

/// Records of one page of a list.
const PAGE: u64 = 1_000;

/// Ids of all records that `link` shows, as the side that shares lists them.
pub(super) async fn shared_records(client: &Client, link: &str) -> Result<Vec<String>, Failure> {
    let (mut records, mut after) = (Vec::new(), None);
    loop {
        let page: Value =
            client.get(&format!("/links/{link}/records{}", query(&[("limit", Some(PAGE.to_string())), ("after", after)]))).await?;
        let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
        records.extend(items.iter().map(|item| text(item, "record")));
        after = items.last().map(|item| text(item, "sequence"));
        if (items.len() as u64) < PAGE {
            return Ok(records);
        }
    }
}

/// How many copies `link` brought, as the side that receives lists them; 0 when it may not be asked for any more.
pub(super) async fn copies(client: &Client, link: &str) -> Result<u64, Failure> {
    let (mut copies, mut after) = (0, None);
    loop {
        let page: Value = client.get(&format!("/records{}", query(&[("limit", Some(PAGE.to_string())), ("after", after)]))).await?;
        let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
        copies += items.iter().filter(|item| item["link"] == link).count() as u64;
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return Ok(copies);
        }
    }
}

/// The scope of a link by the fields and kinds that it names.
pub(super) fn scope_of(link: &Value) -> Scope {
    let names =
        |member: &str| link[member].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    let mut scope = Scope { fields: 0, related: 0, documents: false };
    scope.fields = names("fields").iter().filter_map(|name| FieldName::parse(name)).fold(0, |bits, field| bits | field.bit());
    scope.related = names("related").iter().filter_map(|name| RelatedKind::parse(name)).fold(0, |bits, kind| bits | kind.bit());
    scope
}

/// What was compared, and what differs.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) records: usize,
    pub(super) properties: usize,
    pub(super) related: usize,
    pub(super) members: usize,
    /// Record and difference, in words.
    pub(super) differences: Vec<String>,
}

impl Compared {
    /// Compares the exports of the same records at both offices: the card that A holds, cut down to `scope`, with the card that B writes;
    /// and the related items and members of both.
    pub(super) async fn page(&mut self, at_a: &Client, at_b: &Client, records: &[String], scope: &Scope) -> Result<(), Failure> {
        let ids = records.join(",");
        let cards_a = cards(at_a, &ids, "vcard").await?;
        let cards_b = cards(at_b, &ids, "vcard4").await?;
        let (lines_a, lines_b) = (lines(at_a, &ids).await?, lines(at_b, &ids).await?);
        let lens = [cards_a.len(), cards_b.len(), lines_a.len(), lines_b.len()];
        if lens != [records.len(); 4] {
            return Err(Failure::new(Exit::Failed, format!("{} records were exported as {lens:?} cards and lines", records.len())));
        }
        for (index, record) in records.iter().enumerate() {
            self.record(record, &cards_a[index].within(scope), &cards_b[index]);
            let (here, there) = (beside_card(&lines_a[index], scope), beside_card(&lines_b[index], scope));
            self.related += here.0.len();
            self.members += here.1.len();
            if here != there {
                self.differences.push(format!("{record}: related items or members are {here:?} at A and {there:?} at B"));
            }
        }
        Ok(())
    }

    fn record(&mut self, id: &str, shared: &Record, copy: &Record) {
        self.records += 1;
        self.properties += shared.properties.len();
        self.differences.extend(compare(shared, copy).iter().map(|difference| format!("{id}: {difference}")));
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "records": self.records,
            "properties": self.properties,
            "related_items": self.related,
            "members": self.members,
            "differences": self.differences,
        })
    }
}

async fn export(client: &Client, ids: &str, format: &str) -> Result<Vec<u8>, Failure> {
    let parameters = [("ids", Some(ids.to_owned())), ("format", Some(format.to_owned()))];
    let mut body = client.body(&format!("/records/export{}", query(&parameters))).await?;
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await? {
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

async fn cards(client: &Client, ids: &str, format: &str) -> Result<Vec<Record>, Failure> {
    let file = parse_file(&export(client, ids, format).await?);
    if let Some(broken) = file.broken.first() {
        return Err(Failure::new(Exit::Failed, format!("an export can't be read: line {}: {}", broken.line, broken.reason)));
    }
    Ok(file.cards.into_iter().map(|card| card.record).collect())
}

async fn lines(client: &Client, ids: &str) -> Result<Vec<Value>, Failure> {
    let bytes = export(client, ids, "json").await?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).map_err(|error| Failure::new(Exit::Failed, format!("an export can't be read: {error}"))))
        .collect()
}

/// Related items that the scope shows, and members.
fn beside_card(line: &Value, scope: &Scope) -> (Vec<Value>, Vec<Value>) {
    let list = |member: &str| line[member].as_array().cloned().unwrap_or_default();
    let shows = |item: &Value| item["kind"].as_str().and_then(RelatedKind::parse).is_some_and(|kind| scope.shows_related(kind));
    let members = if scope.shows_field(FieldName::Members) { list("members") } else { Vec::new() };
    (list("related").into_iter().filter(shows).collect(), members)
}
