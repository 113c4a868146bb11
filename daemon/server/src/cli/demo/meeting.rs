//! The first scenes: two offices are set up, meet, and link two of their users.

use std::time::Duration;

use interoffice_protocol::record::{FieldName, RelatedKind};
use serde_json::{Value, json};

use super::super::ask::nothing;
use super::super::client::{Client, segment};
use super::super::exit::{Exit, Failure};
use super::super::output::{short, text};
use super::{A, B, Stage};
use crate::clock;

/// Longest time for anything that the offices settle between them.
pub(super) const SETTLED: Duration = Duration::from_secs(30);
/// Pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
const PURPOSE: &str = "Estate planning for common clients";

/// Asks again until the answer is what it shall be.
pub(super) async fn until(client: &Client, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
    let started = clock::instant();
    loop {
        let answer: Value = client.get(path).await?;
        if is_so(&answer) {
            return Ok(answer);
        }
        if started.elapsed() > SETTLED {
            return Err(Failure::new(Exit::TimedOut, format!("after {} s it still does not hold that {what}", SETTLED.as_secs())));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Waits until the link of the stage got to `goal`.
pub(super) async fn wait(client: &Client, link: &str, goal: &str, what: &str) -> Result<Value, Failure> {
    let path = format!("/links/{link}/wait?until={goal}&timeout_ms={}", SETTLED.as_millis());
    let waited: Value = client.get(&path).await?;
    if waited["reached"] == true {
        return Ok(waited["link"].clone());
    }
    Err(Failure::new(Exit::TimedOut, format!("after {} s {what}: {}", SETTLED.as_secs(), waited["link"])))
}

/// Asks for the plan of a verb, tells what it says, and carries it out.
pub(super) async fn plan_and_commit(stage: &mut Stage, client: Side, path: &str, mut body: Value) -> Result<(Value, Value), Failure> {
    let client = match client {
        Side::AnnAtA => &stage.ann,
        Side::DeskOfA => &stage.desk_a,
        Side::DeskOfB => &stage.desk_b,
    };
    let plan: Value = client.post(&format!("{path}/plan"), &body).await?;
    body["plan"] = plan["id"].clone();
    let done: Value = client.post(path, &body).await?;
    for (mark, member) in [("plan:", "changes"), ("stays:", "stays"), ("not reachable:", "unreachable")] {
        for sentence in plan[member].as_array().into_iter().flatten().filter_map(Value::as_str) {
            stage.report.tell(format!("{mark} {sentence}"));
        }
    }
    Ok((plan, done))
}

/// Who carries a plan out.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// Ann herself.
    AnnAtA,
    /// The operator of A.
    DeskOfA,
    /// The operator of B.
    DeskOfB,
}

/// Two folders, two sets of keys, two daemons.
pub(super) async fn set_up(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("set up two offices and start their daemons");
    let (a, b) = tokio::try_join!(stage.a.init(), stage.b.init())?;
    tokio::try_join!(stage.a.start(), stage.b.start())?;
    for (letter, office, made) in [("A", &stage.a, &a), ("B", &stage.b, &b)] {
        let process = office.process().unwrap_or_default();
        stage.report.tell(format!("{letter}: {}, process {process}, listening at {}", office.name(), office.listen()));
        stage.report.tell(format!("   {}", text(made, "code")));
        let facts = json!({ "name": office.name(), "code": made["code"], "folder": made["folder"], "listen": office.listen().to_string(), "process": process });
        stage.report.fact(if letter == "A" { "a" } else { "b" }, facts);
    }
    stage.report.end()
}

/// Invite, accept, compare words, confirm.
pub(super) async fn pair(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("pair the offices");
    let invite: Value = stage.desk_a.post("/peers/invite", &nothing()).await?;
    let met: Value = stage.desk_b.post("/peers/accept", &json!({ "invite": invite["invite"] })).await?;
    let (at_a, at_b) = (format!("/peers/{}", segment(B)), format!("/peers/{}", segment(A)));
    let words_there = met["words"].clone();
    let meeting: Value = until(&stage.desk_a, "/peers", "both offices have words to compare", |peers| {
        peers["items"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|peer| peer["name"] == B && peer["words"].as_array().is_some_and(|words| !words.is_empty()))
    })
    .await?;
    let words_here = meeting["items"].as_array().into_iter().flatten().find(|peer| peer["name"] == B).map(|peer| peer["words"].clone());
    if words_here.as_ref() != Some(&words_there) {
        return Err(Failure::new(Exit::Refused, format!("the words differ: {} at A, {words_there} at B", words_here.unwrap_or_default())));
    }
    stage.report.tell(format!("the words to compare are the same at both: {}", text(&met, "words").replace(", ", " ")));
    stage.report.fact("words", words_there);
    stage.desk_a.post::<Value>(&format!("{at_a}/confirm"), &nothing()).await?;
    stage.desk_b.post::<Value>(&format!("{at_b}/confirm"), &nothing()).await?;
    let paired = |peer: &Value| peer["standing"] == "paired";
    let here = until(&stage.desk_a, &at_a, "the offices are paired at A", paired).await?;
    until(&stage.desk_b, &at_b, "the offices are paired at B", paired).await?;
    stage.report.tell(format!("both admins confirmed; {B} is now: {}", text(&here, "standing")));
    stage.report.end()
}

/// Bob, then Ann with a quick handshake; when every property shall travel, Ann asks for a link that says so.
pub(super) async fn enable_specialists(stage: &mut Stage, whole_cards: bool) -> Result<(), Failure> {
    stage.report.begin("enable Bob at B");
    let admin = |display_name: &str, name: &str| json!({ "name": name, "display_name": display_name, "account": "admin" });
    stage.desk_a.post::<Value>("/users", &admin("Rita Admin", "rita")).await?;
    stage.desk_b.post::<Value>("/users", &admin("Omar Admin", "omar")).await?;
    stage.desk_b.post::<Value>("/users", &json!({ "name": "bob", "display_name": "Bob Oak" })).await?;
    plan_and_commit(stage, Side::DeskOfB, "/specialists/bob/enable", nothing()).await?;
    stage.report.end()?;

    stage.report.begin(if whole_cards {
        "enable Ann at A, who asks Bob for a link"
    } else {
        "enable Ann at A with a quick handshake to Bob"
    });
    stage.desk_a.post::<Value>("/users", &json!({ "name": "ann", "display_name": "Ann Harbour", "super_user": true })).await?;
    stage
        .report
        .tell("before: ann is a Super User, who sees all contacts of the own office; a specialist sees what is assigned to her".to_owned());
    let handshake = json!({ "handshake": { "office": B, "user": "bob", "purpose": PURPOSE } });
    let body = if whole_cards { nothing() } else { handshake };
    let (plan, enabled) = plan_and_commit(stage, Side::DeskOfA, "/specialists/ann/enable", body).await?;
    let ann: Value = stage.desk_a.get("/users/ann").await?;
    let settings: Value = stage.desk_a.get("/settings").await?;
    if ann["super_user"] == true || ann["specialist"] != true || settings["office_security"] != true {
        return Err(Failure::new(Exit::Failed, format!("Ann's rights are not as planned: {ann}, {settings}")));
    }
    stage.report.tell(format!("after: ann holds {} alone; office security is on", text(&ann, "rights")));
    stage.report.fact("plan", plan);
    let link = if whole_cards { request(stage).await? } else { enabled["link"].clone() };
    stage.link = text(&link, "link");
    if stage.link.is_empty() {
        return Err(Failure::new(Exit::Failed, format!("no link was requested: {enabled}")));
    }
    stage.report.tell(format!("link {} to bob at {B} is {}", short(&link, "link"), text(&link, "status")));
    stage.report.fact("link", link);
    stage.report.end()
}

/// A request over which every property of a card travels, unknown ones too.
async fn request(stage: &Stage) -> Result<Value, Failure> {
    let fields: Vec<&str> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
    let related: Vec<&str> = RelatedKind::ALL.iter().map(|kind| kind.as_str()).collect();
    Ok(stage.ann.post("/links", &json!({ "office": B, "user": "bob", "purpose": PURPOSE, "fields": fields, "related": related })).await?)
}

/// The request arrives, Bob accepts, both ends say Active.
pub(super) async fn accept(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("Bob accepts: Waiting becomes Active");
    let arrived = |links: &Value| links["items"].as_array().into_iter().flatten().any(|link| link["link"] == stage.link.as_str());
    let lists = until(&stage.bob, "/links?direction=sharing-with-me&status=waiting", "Bob sees the request", arrived).await?;
    let seen =
        lists["items"].as_array().into_iter().flatten().find(|link| link["link"] == stage.link.as_str()).cloned().unwrap_or_default();
    stage.report.tell(format!(
        "at B: {} at {} shares with bob: {}",
        text(&seen, "remote_user"),
        text(&seen, "office_name"),
        text(&seen, "status")
    ));
    stage.bob.post::<Value>("/links/accept", &json!({ "links": [stage.link] })).await?;
    let here = wait(&stage.ann, &stage.link, "active", "the link is not Active at A").await?;
    let there = wait(&stage.bob, &stage.link, "active", "the link is not Active at B").await?;
    stage.report.tell(format!("at A: {}; at B: {}; both signatures are there", text(&here, "status"), text(&there, "status")));
    stage.report.end()
}
