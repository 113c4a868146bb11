//! The last scenes: B is killed, A ends the link without it, B comes back, erases its copies and says so in a signed receipt.

use std::path::Path;

use serde_json::{Value, json};

use super::super::ask::nothing;
use super::super::client::segment;
use super::super::exit::{Exit, Failure};
use super::super::output::{number, text};
use super::super::status::way;
use super::meeting::{Side, plan_and_commit, wait};
use super::{A, B, Stage, checks};

/// Folder of the received copies in a data folder.
const RECEIVED: &str = "received";

/// The daemon of B dies without a word.
pub(super) async fn kill(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("kill the daemon of B with SIGKILL");
    let files = received_files(stage.b.folder())?;
    if files == 0 {
        return Err(Failure::new(Exit::Failed, "B holds copies but no file of received copies"));
    }
    let process = stage.b.process().unwrap_or_default();
    stage.b.kill().await?;
    stage.report.tell(format!("process {process} is dead; its copies are still on its disk"));
    stage.report.fact("process", process);
    stage.report.end()
}

/// Ann deletes the link; nobody waits for B.
pub(super) async fn delete_link(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("delete the link at A while B is dead");
    let path = format!("/links/{}/delete", stage.link);
    let (plan, deleted) = plan_and_commit(stage, Side::AnnAtA, &path, nothing()).await?;
    let took = stage.report.elapsed();
    let state = text(&deleted["removal"], "state");
    if deleted["status"] != "Ended" || !["Removing", "Unconfirmed"].contains(&state.as_str()) {
        return Err(Failure::new(Exit::Failed, format!("the link is not ended and removing: {deleted}")));
    }
    stage.report.tell(format!("{A} says: {}, {}", text(&deleted, "status"), text(&deleted, "end_reason")));
    stage.report.tell(format!("the copies: {state}: {}", text(&deleted["removal"], "words")));
    let peer: Value = stage.desk_a.get(&format!("/peers/{}", segment(B))).await?;
    // A process that was killed says no goodbye: until a probe of the connection had no answer, the office takes it for one that stands.
    let noticed = if peer["connection"]["state"] == "connected" {
        format!("{A} has not noticed yet that nobody answers there, as it does within ten seconds; it did not have to wait for that")
    } else {
        way(&peer)
    };
    stage.report.tell(format!("the way to {B}: {noticed}"));
    stage.report.fact("plan", plan);
    stage.report.fact("status", deleted["status"].clone());
    stage.report.fact("removal", deleted["removal"].clone());
    stage.report.fact("connection", peer["connection"].clone());
    stage.report.end_with(took)
}

/// B comes back and learns of it.
pub(super) async fn restart(stage: &mut Stage) -> Result<(), Failure> {
    stage.report.begin("start B again: it erases its copies and signs for it");
    stage.b.start().await?;
    let up = super::report::ms(stage.report.elapsed());
    wait(&stage.ann, &stage.link, "erased", "no receipt says that the copies are erased").await?;
    let whole = super::report::ms(stage.report.elapsed());
    stage.report.tell(format!("B answered again after {up:.1} ms, and A had the receipt after {whole:.1} ms"));
    stage.report.fact("up_ms", up);
    stage.report.end()
}

/// Looks for copies at B in every way there is; says how many there are.
pub(super) async fn look(stage: &mut Stage) -> Result<u64, Failure> {
    stage.report.begin("look for the copies at B");
    let link: Value = stage.bob.get(&format!("/links/{}", stage.link)).await?;
    let listed = checks::copies(&stage.bob, &stage.link).await? + checks::copies(&stage.desk_b, &stage.link).await?;
    let files = received_files(stage.b.folder())?;
    stage.report.tell(format!("at B the link is: {}, {}", text(&link, "status"), text(&link, "end_reason")));
    stage.report.tell(format!("Bob and the operator of B see {listed} copies; {files} files of received copies are in B's folder"));
    stage.report.fact("listed", listed);
    stage.report.fact("files", files);
    if listed != 0 || files != 0 || link["status"] != "Ended" {
        return Err(Failure::new(Exit::Failed, format!("B still has {listed} copies in lists and {files} files; its link is {link}")));
    }
    stage.report.end()?;
    Ok(listed)
}

fn received_files(folder: &Path) -> Result<usize, Failure> {
    match std::fs::read_dir(folder.join(RECEIVED)) {
        Ok(entries) => Ok(entries.count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// The receipt that A verified covers all that was shared, and is the one that B signed.
pub(super) async fn verify(stage: &mut Stage) -> Result<Value, Failure> {
    stage.report.begin("verify the receipt at A");
    let path = format!("/links/{}", stage.link);
    let here: Value = stage.ann.get(&path).await?;
    let there: Value = stage.bob.get(&path).await?;
    let removal = &here["removal"];
    let count = number(removal, "count");
    if removal["state"] != "Erased" || count != stage.shared || removal["expected"] != removal["count"] {
        return Err(Failure::new(Exit::Failed, format!("{} records were shared; the receipt says: {removal}", stage.shared)));
    }
    let receipt = text(removal, "receipt");
    if receipt.is_empty() || there["removal"]["receipt"] != receipt.as_str() {
        return Err(Failure::new(Exit::Failed, format!("A holds the receipt {removal}, B holds {}", there["removal"])));
    }
    stage.report.tell(format!("{}: the signature is {B}'s", text(removal, "words")));
    stage.report.tell("the list of removed copies, checked against the signed receipt: same".to_owned());
    stage.report.tell(format!("the receipt is kept at both offices under {receipt}"));
    let verified = json!({ "verified": true, "state": "Erased", "count": count, "hash": receipt, "root": removal["root"] });
    stage.report.fact("receipt", verified.clone());
    stage.report.end()?;
    Ok(verified)
}

/// The receipt in one line.
pub(super) fn receipt_line(receipt: &Value) -> String {
    format!("receipt verified: {} copies erased, {}", number(receipt, "count"), text(receipt, "hash"))
}
