//! The overview: what waits for whoever looks, how the ways to other offices are, and what is where.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::Console;
use super::first_run::{Open, open};
use super::inside::Inside;
use super::links::{Link, waiting};
use super::people::load;
use super::shell::{Shell, ok};
use super::shown::{When, tone};
use super::trouble::Trouble;
use super::visit::{Me, Visit};
use crate::api::Problem;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/", get(show))
}

#[derive(Deserialize)]
struct Status {
    office: Office,
    counts: Tally,
    peers: Vec<Peer>,
}

#[derive(Deserialize)]
struct Office {
    unconfirmed_removals: u64,
    addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Tally {
    links: Links,
}

#[derive(Deserialize)]
struct Links {
    active: u64,
    waiting: u64,
    shared: u64,
    received: u64,
}

#[derive(Deserialize)]
struct Peer {
    office: String,
    name: String,
    standing: String,
    confirmed_here: bool,
    #[serde(default)]
    connection: Option<Connection>,
}

#[derive(Deserialize)]
struct Connection {
    state: String,
    reason: String,
    since_ms: i64,
}

/// Another office, in words.
struct Way {
    office: String,
    name: String,
    state: String,
    tone: &'static str,
    reason: String,
    since: Option<When>,
    /// Whether its words wait to be confirmed here.
    compares: bool,
}

#[derive(Deserialize)]
struct Requests {
    items: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    may_answer: bool,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    shell: Shell,
    requests: Vec<Link>,
    /// Requests for users who may not accept one, for administrators, who can enable them.
    stuck: Vec<Link>,
    /// Offices whose words nobody here has confirmed yet: id and name, for administrators.
    to_compare: Vec<(String, String)>,
    opens: bool,
    to_answer: u64,
    status: Status,
    ways: Vec<Way>,
    /// What a new office still needs.
    open: Vec<Open>,
}

impl Page {
    /// Whether nothing waits for a decision.
    fn is_calm(&self) -> bool {
        self.requests.is_empty()
            && self.stuck.is_empty()
            && self.to_compare.is_empty()
            && self.to_answer == 0
            && self.status.office.unconfirmed_removals == 0
    }
}

/// What somebody sees first who signs in without being asked for a link: the clients, or this page where something else waits, and for
/// who looks after the office.
pub(super) async fn first(api: &Inside) -> Result<&'static str, Problem> {
    let me: Me = api.get("/session").await?;
    if me.user.administers || to_answer(api).await? > 0 {
        return Ok("/");
    }
    let status: Status = api.get("/status").await?;
    Ok(if status.office.unconfirmed_removals > 0 { "/" } else { "/clients" })
}

/// How many requests for access wait for whoever asks here.
async fn to_answer(api: &Inside) -> Result<u64, Problem> {
    let waiting: Requests = api.get("/requests?state=waiting").await?;
    Ok(waiting.items.iter().filter(|request| request.may_answer).count() as u64)
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    let shell = visit.shell("Overview", "overview");
    let (requests, others): (Vec<Link>, Vec<Link>) =
        waiting(&visit.api).await?.into_iter().partition(|link| link.local_user == visit.me.user.name);
    let stuck = stuck(&visit, others).await?;
    let to_answer = to_answer(&visit.api).await?;
    let mut status: Status = visit.api.get("/status").await?;
    let ways: Vec<Way> = std::mem::take(&mut status.peers).into_iter().map(|peer| way(&visit, peer)).collect();
    let comparing = ways.iter().filter(|way| way.compares && visit.me.user.administers);
    let to_compare = comparing.map(|way| (way.office.clone(), way.name.clone())).collect();
    let open = open(&visit, !status.office.addresses.is_empty()).await?;
    let opens = shell.said.as_ref().is_some_and(|said| said.welcome) && !requests.is_empty();
    Ok(ok(&Page { shell, requests, stuck, to_compare, opens, to_answer, status, ways, open }))
}

/// Users who are looked at for it.
const STUCK_MAX: usize = 50;

/// Those of the requests to others whose user may not accept them yet.
async fn stuck(visit: &Visit, mut requests: Vec<Link>) -> Result<Vec<Link>, Trouble> {
    if requests.is_empty() || !visit.me.user.administers {
        return Ok(Vec::new());
    }
    let asked: BTreeSet<String> = requests.iter().map(|link| link.local_user.clone()).collect();
    let mut waiting = BTreeSet::new();
    for name in asked.into_iter().take(STUCK_MAX) {
        match load(visit, &name).await {
            Ok(user) if !user.specialist && !user.disabled => _ = waiting.insert(name),
            Ok(_) => {}
            // Another office may ask for whomever it likes, and does not learn who is here.
            Err(problem) if problem.status == 404 => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    requests.retain(|link| waiting.contains(&link.local_user));
    Ok(requests)
}

fn way(visit: &Visit, peer: Peer) -> Way {
    let compares = peer.standing == "compare words" && !peer.confirmed_here;
    match peer.connection.filter(|_| peer.standing == "paired") {
        Some(connection) => Way {
            office: peer.office,
            name: peer.name,
            tone: tone(&connection.state),
            state: connection.state,
            reason: connection.reason,
            since: Some(visit.clock.when(connection.since_ms)),
            compares,
        },
        None => Way {
            office: peer.office,
            name: peer.name,
            tone: tone(&peer.standing),
            state: peer.standing,
            reason: String::new(),
            since: None,
            compares,
        },
    }
}
