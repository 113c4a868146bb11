//! Two offices that are paired, with users and records; and a fresh link for each run.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use interoffice_certs::OfficeKeys;
use interoffice_core::domain::sample::Sample;
use interoffice_protocol::ids::OfficeId;
use interoffice_tests::caller::{fresh_keys, met_over};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::office::Office;
use crate::socket::Socket;

/// What the office of nothing but keys is called.
const CALLER: &str = "Caller";
/// Where the invented records start; any number would do.
const SEED: u64 = 20_000;
/// Length of a note that makes a record about 1 KB.
const NOTE_BYTES: usize = 470;
/// Longest time for anything that the offices settle between them.
const SETTLED: Duration = Duration::from_secs(60);

/// The offices and what the measures need of them.
pub(crate) struct Stage {
    /// The office that shares.
    pub(crate) a: Office,
    /// The office that receives.
    pub(crate) b: Office,
    /// Ann at A, who shares.
    pub(crate) ann: Socket,
    /// Bob at B, who receives.
    pub(crate) bob: Socket,
    /// Ids of Ann's records.
    pub(crate) records: Vec<String>,
    /// The link of this run.
    pub(crate) link: String,
    /// An office of nothing but keys that is paired with B and calls it.
    pub(crate) caller: Caller,
    folder: PathBuf,
}

impl Stage {
    /// Sets up both offices, pairs them, imports the records at A, and starts both daemons anew so that the memory that the
    /// import took is not counted for anything else.
    pub(crate) fn set_up(arguments: &Arguments) -> Result<Self> {
        let folder = arguments.folder.join(format!("run-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut a = Office::set_up(&arguments.binary, folder.join("a"), "Harbour Law")?;
        let mut b = Office::set_up(&arguments.binary, folder.join("b"), "Blue Oak Wealth")?;
        pair(&a, &b)?;
        enable(&a, "ann")?;
        enable(&b, "bob")?;
        let records = import(&a, arguments.records)?;
        a.kill();
        b.kill();
        a.start()?;
        b.start()?;
        let (ann, bob) = (a.socket("ann")?, b.socket("bob")?);
        let caller = Caller::met(&b)?;
        Ok(Self { a, b, ann, bob, records, link: String::new(), caller, folder })
    }

    /// Links Ann with Bob anew; the link is Active at both when this returns.
    pub(crate) fn new_link(&mut self) -> Result<()> {
        let link = self.ann.post("/links", &json!({ "office": "Blue Oak Wealth", "user": "bob" }))?;
        self.link = link["link"].as_str().context("the request has no link")?.to_owned();
        let path = format!("/links/{}", self.link);
        let started = Instant::now();
        while self.bob.call("GET", &path, "application/json", b"")?.status != 200 {
            if started.elapsed() > SETTLED {
                bail!("the request does not arrive");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.bob.post("/links/accept", &json!({ "links": [self.link] }))?;
        wait(&mut self.ann, &self.link, "active")?;
        wait(&mut self.bob, &self.link, "active")?;
        Ok(())
    }

    /// Where to look when something went wrong.
    pub(crate) fn logs(&self) -> String {
        format!("{} and {}", self.a.log().display(), self.b.log().display())
    }

    /// Ends both daemons and removes their folders.
    pub(crate) fn tear_down(mut self) -> Result<()> {
        self.a.kill();
        self.b.kill();
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }
}

/// An office that calls B.
pub(crate) struct Caller {
    /// Its keys.
    pub(crate) keys: Arc<OfficeKeys>,
    /// Whom it calls.
    pub(crate) to: OfficeId,
}

impl Caller {
    fn met(b: &Office) -> Result<Self> {
        let mut desk = b.socket("")?;
        let keys = Arc::new(fresh_keys(200));
        let invite = desk.post("/peers/invite", &json!({}))?;
        let code = invite["invite"].as_str().context("an invite has a code")?;
        let to = desk.get("/id")?["office"].as_str().context("an office has an id")?.parse()?;
        let mut confirmed = Ok(Value::Null);
        let confirm = || confirmed = desk.post(&format!("/peers/{CALLER}/confirm"), &json!({}));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(met_over(CALLER, &keys, Ipv4Addr::LOCALHOST.into(), b.address(), code, confirm));
        confirmed?;
        Ok(Self { keys, to })
    }
}

/// Waits until the link got to `goal`; the link as it is then.
pub(crate) fn wait(socket: &mut Socket, link: &str, goal: &str) -> Result<Value> {
    let mut waited = socket.get(&format!("/links/{link}/wait?until={goal}&timeout_ms=30000"))?;
    if waited["reached"] != true {
        waited = socket.get(&format!("/links/{link}/wait?until={goal}&timeout_ms=30000"))?;
    }
    if waited["reached"] == true { Ok(waited["link"].take()) } else { bail!("the link is not {goal}: {waited}") }
}

fn pair(a: &Office, b: &Office) -> Result<()> {
    let (mut desk_a, mut desk_b) = (a.socket("")?, b.socket("")?);
    let invite = desk_a.post("/peers/invite", &json!({}))?;
    desk_b.post("/peers/accept", &json!({ "invite": invite["invite"] }))?;
    let started = Instant::now();
    loop {
        let peers = desk_a.get("/peers")?;
        let words = &peers["items"][0]["words"];
        if words.as_array().is_some_and(|words| !words.is_empty()) {
            break;
        }
        if started.elapsed() > SETTLED {
            bail!("the offices have no words to compare: {peers}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    desk_a.post("/peers/Blue%20Oak%20Wealth/confirm", &json!({}))?;
    desk_b.post("/peers/Harbour%20Law/confirm", &json!({}))?;
    for desk in [&mut desk_a, &mut desk_b] {
        while desk.get("/peers")?["items"][0]["standing"] != "paired" {
            if started.elapsed() > SETTLED {
                bail!("the offices do not get paired");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

fn enable(office: &Office, user: &str) -> Result<()> {
    let mut desk = office.socket("")?;
    desk.post("/users", &json!({ "name": user }))?;
    let path = format!("/specialists/{user}/enable");
    let plan = desk.post(&format!("{path}/plan"), &json!({}))?;
    desk.post(&path, &json!({ "plan": plan["id"] }))?;
    Ok(())
}

fn import(office: &Office, count: usize) -> Result<Vec<String>> {
    let cards = Sample { seed: SEED, count, note_bytes: NOTE_BYTES }.cards();
    let mut ann = office.socket("ann")?;
    let answer = ann.call("POST", "/records/import", "text/vcard", cards.as_bytes())?;
    if answer.status != 200 {
        bail!("importing: {} {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    let report: Value = serde_json::from_slice(answer.body)?;
    let records: Vec<String> = report["records"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if records.len() != count {
        bail!("{} of {count} records were imported", records.len());
    }
    Ok(records)
}
