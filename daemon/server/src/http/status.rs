//! How the daemon and its work are, on one page: `/status`.

use axum::extract::State;
use interoffice_core::actions::link_view::{self, Filter, LinkView};
use interoffice_core::actions::office::{self, OfficeView};
use interoffice_core::actions::records::{self, Counts};
use interoffice_core::actions::{rights, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, View};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Problems, one};
use super::asked::As;
use super::chores;
use super::links::with_copies;
use super::office::Identity;
use super::peers::{self, Peer};
use crate::clock;
use crate::house::{ChoreState, House};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(status))
}

/// How everything is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Status {
    office: Office,
    daemon: Daemon,
    counts: Tally,
    peers: Vec<Peer>,
    chores: Vec<ChoreState>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Office {
    #[serde(flatten)]
    identity: Identity,
    office_security: bool,
    /// Removals at other offices that no receipt has confirmed.
    unconfirmed_removals: u64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Daemon {
    version: &'static str,
    pid: u32,
    started_ms: i64,
    uptime_ms: i64,
    folder: String,
    /// Where the peer door listens; null while it does not.
    listening: Option<String>,
    /// Where the http door listens; null while it does not.
    http: Option<String>,
    /// Where browsers find it; null while it is shut.
    url: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Tally {
    users: u64,
    specialists: u64,
    records: Counts,
    links: LinkTally,
}

#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct LinkTally {
    waiting: u64,
    active: u64,
    frozen: u64,
    ended: u64,
    /// Records shared over live links of this office's users.
    shared: u64,
    /// Those among them that the other offices do not have yet.
    pending: u64,
    /// Copies that live links have brought here.
    received: u64,
}

impl LinkTally {
    fn of(links: &[LinkView]) -> Self {
        let mut tally = Self::default();
        for link in links {
            match link.status {
                "Waiting" => tally.waiting += 1,
                "Active" => tally.active += 1,
                "Frozen" => tally.frozen += 1,
                _ => {
                    tally.ended += 1;
                    continue;
                }
            }
            if link.direction == "receiving-mine" {
                tally.shared += link.records;
                tally.pending += link.records.saturating_sub(link.delivered);
            } else {
                tally.received += link.records;
            }
        }
        tally
    }
}

/// What the store knows; the links' copies are counted afterwards.
fn tally(view: &View<'_>, actor: &Actor) -> Result<(OfficeView, Tally, Vec<LinkView>), Fault> {
    rights::require_member(view, actor)?;
    let users = users::list(view, actor)?;
    let specialists = users.iter().filter(|user| user.specialist && !user.disabled).count() as u64;
    let users = users.iter().filter(|user| !user.disabled).count() as u64;
    let links = link_view::list(view, actor, &Filter::default())?;
    let tally = Tally { users, specialists, records: records::counts(view, actor)?, links: LinkTally::default() };
    Ok((office::view(view)?, tally, links))
}

/// How the daemon and its work are.
#[utoipa::path(get, path = "/status", operation_id = "status.status", tag = "status", responses((status = 200, body = Status), Problems))]
async fn status(State(house): State<House>, As(actor): As) -> Answer<Status> {
    one(gather(&house, actor).await)
}

async fn gather(house: &House, actor: Actor) -> Result<Status, Fault> {
    let asking = actor.clone();
    let (office, mut counts, links) = house.read(move |view| tally(view, &asking)).await?;
    counts.links = LinkTally::of(&with_copies(house, links).await?);
    Ok(Status {
        office: Office {
            identity: Identity::of(house, office.name),
            office_security: office.office_security,
            unconfirmed_removals: office.unconfirmed_removals,
        },
        daemon: Daemon {
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            started_ms: house.started_ms(),
            uptime_ms: clock::now_ms() - house.started_ms(),
            folder: house.folder().display().to_string(),
            listening: house.listening().map(|address| address.to_string()),
            http: house.web().map(|address| address.to_string()),
            url: house.web_url(),
        },
        counts,
        peers: peers::all(house, actor.clone()).await?,
        chores: chores::all(house, actor).await?,
    })
}
