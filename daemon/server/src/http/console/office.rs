//! One other office: how the way to it is, the words that both administrators compare, the doctor, and every way to part.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::Fields;
use super::inside::segment;
use super::offices::{HERE, Peer, Way};
use super::plans::Deed;
use super::shell::{Shell, go, ok};
use super::trouble::{Trouble, sentence};
use super::visit::Visit;
use crate::api::Problem;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/offices/{office}", get(show))
        .route("/offices/{office}/words", get(words).post(confirm))
        .route("/offices/{office}/doctor", get(doctor))
        .route("/offices/{office}/block", get(ask_block).post(block))
        .route("/offices/{office}/unblock", post(unblock))
        .route("/offices/{office}/remove", get(ask_remove).post(remove))
}

async fn load(visit: &Visit, office: &str) -> Result<Peer, Problem> {
    visit.api.get(&format!("/peers/{}", segment(office))).await
}

fn place(peer: &Peer) -> String {
    format!("/offices/{}", segment(&peer.office))
}

#[derive(Template)]
#[template(path = "office.html")]
struct OfficePage {
    shell: Shell,
    way: Way,
}

async fn show(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer = load(&visit, &office).await?;
    Ok(ok(&OfficePage { shell: visit.shell(&peer.name, HERE), way: Way::of(&visit, peer) }))
}

#[derive(Template)]
#[template(path = "office_words.html")]
struct WordsPage {
    shell: Shell,
    peer: Peer,
}

async fn words(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer = load(&visit, &office).await?;
    if peer.standing != "compare words" {
        return Ok(go(&place(&peer), &format!("With {} there is nothing to compare any more", peer.name)));
    }
    Ok(ok(&WordsPage { shell: visit.shell(&format!("Compare words with {}", peer.name), HERE), peer }))
}

async fn confirm(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer: Peer = visit.api.post(&format!("/peers/{}/confirm", segment(&office)), &json!({})).await?;
    let text = match peer.standing.as_str() {
        "paired" => format!("{} and this office are paired", peer.name),
        _ => format!("You have confirmed the words of {}", peer.name),
    };
    Ok(go(&place(&peer), &text))
}

/// What the doctor found.
#[derive(Deserialize)]
struct Pinged {
    reachable: bool,
    round_trip_us: Option<u64>,
    address: Option<String>,
    reason: Option<String>,
}

impl Pinged {
    /// How long question and answer took.
    fn took(&self) -> String {
        match self.round_trip_us {
            Some(micros) if micros < 1_000 => "in less than a millisecond".to_owned(),
            Some(micros) => format!("in {} ms", micros / 1_000),
            None => String::new(),
        }
    }

    /// Why there was no answer, and what to do.
    fn why(&self) -> String {
        sentence(self.reason.as_deref().unwrap_or("no reason was given"))
    }
}

#[derive(Template)]
#[template(path = "office_doctor.html")]
struct DoctorPage {
    shell: Shell,
    way: Way,
    answer: Pinged,
}

async fn doctor(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer = load(&visit, &office).await?;
    let asked: Result<Pinged, Problem> = visit.api.post(&format!("/peers/{}/ping", segment(&peer.office)), &json!({})).await;
    let answer = match asked {
        Ok(answer) => answer,
        // What stops the asking is what the doctor is asked for.
        Err(problem) if problem.status == 409 => {
            Pinged { reachable: false, round_trip_us: None, address: None, reason: Some(problem.to_string()) }
        }
        Err(problem) => return Err(problem.into()),
    };
    // The question may have changed how the way is.
    let way = Way::of(&visit, load(&visit, &peer.office).await?);
    Ok(ok(&DoctorPage { shell: visit.shell(&format!("Doctor for {}", peer.name), HERE), way, answer }))
}

#[derive(Template)]
#[template(path = "office_block.html")]
struct BlockPage {
    shell: Shell,
    peer: Peer,
}

async fn ask_block(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer = load(&visit, &office).await?;
    Ok(ok(&BlockPage { shell: visit.shell(&format!("Block {}?", peer.name), HERE), peer }))
}

async fn block(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer: Peer = visit.api.post(&format!("/peers/{}/block", segment(&office)), &json!({})).await?;
    Ok(go(&place(&peer), &format!("{} is blocked", peer.name)))
}

async fn unblock(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    let peer: Peer = visit.api.post(&format!("/peers/{}/unblock", segment(&office)), &json!({})).await?;
    Ok(go(&place(&peer), &format!("{} is let in again", peer.name)))
}

async fn removal(visit: &Visit, office: &str) -> Result<Deed, Trouble> {
    let peer = load(visit, office).await?;
    let here = place(&peer);
    Ok(Deed {
        title: format!("Remove {}?", peer.name),
        here: HERE,
        lead: "Every link with this office ends, and its copies are removed at both offices. To meet again you need a new invitation.",
        yes: "Yes, remove this office",
        danger: true,
        api: format!("/peers/{}/remove", segment(&peer.office)),
        body: json!({}),
        action: format!("{here}/remove"),
        kept: Vec::new(),
        back: here,
    })
}

async fn ask_remove(visit: Visit, Path(office): Path<String>) -> Result<Response, Trouble> {
    removal(&visit, &office).await?.ask(&visit, None).await
}

async fn remove(visit: Visit, Path(office): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let deed = removal(&visit, &office).await?;
    Ok(match deed.carry_out::<Value>(&visit, &fields).await? {
        Ok(done) => go("/offices", &format!("{} is taken off the list of offices", done["name"].as_str().unwrap_or("The office"))),
        Err(page) => page,
    })
}
