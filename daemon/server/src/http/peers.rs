//! Other offices: `/peers`.

use axum::extract::{Path, State};
use interoffice_certs::{Invite, InviteToken, short_office, show_office};
use interoffice_core::actions::ending;
use interoffice_core::actions::peers::{self, PeerView};
use interoffice_core::actions::rights;
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::plan::Plan;
use interoffice_core::domain::refusal::Refusal;
use interoffice_core::store::{Fault, View};
use interoffice_protocol::ids::OfficeId;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Items, Problems, items, one, planned};
use super::asked::{Agreed, As, Body, Nothing};
use crate::api::Problem;
use crate::clock;
use crate::config::check_address;
use crate::house::{House, PeerHandle, PeerState, PingReport, Priority::People};

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(invite))
        .routes(routes!(accept))
        .routes(routes!(show))
        .routes(routes!(confirm))
        .routes(routes!(ping))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .routes(routes!(plan_remove))
        .routes(routes!(remove))
}

/// A peer, and how the way to it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Peer {
    #[serde(flatten)]
    view: PeerView,
    /// Its id in groups with check characters.
    code: String,
    /// The first groups, for tables.
    short: String,
    /// How the way to it is; null while the peer door does not deal with it.
    connection: Option<PeerState>,
}

impl Peer {
    fn of(house: &House, view: PeerView) -> Self {
        let office = view.office.parse::<OfficeId>().ok();
        let connection = house.peers().and_then(|door| door.states().into_iter().find(|state| Some(state.office) == office));
        let (code, short) = office.map(|office| (show_office(&office), short_office(&office))).unwrap_or_default();
        Self { view, code, short, connection }
    }
}

/// Every peer with the way to it.
pub(super) async fn all(house: &House, actor: Actor) -> Result<Vec<Peer>, Fault> {
    let views = house.read(move |view| peers::list(view, &actor)).await?;
    Ok(views.into_iter().map(|view| Peer::of(house, view)).collect())
}

/// The other offices.
#[utoipa::path(get, path = "/peers", operation_id = "peers.list", tag = "peers", responses((status = 200, body = Items<Peer>), Problems))]
async fn list(State(house): State<House>, As(actor): As) -> Answer<Items<Peer>> {
    items(all(&house, actor).await)
}

async fn load(house: &House, actor: Actor, peer: String) -> Result<Peer, Fault> {
    let view = house.read(move |view| {
        let office = peers::find(view, &peer)?.office.to_string();
        let gone = || Refusal::not_found("unknown-office", "that office is not known here", "see `interoffice peer list`");
        Ok(peers::list(view, &actor)?.into_iter().find(|peer| peer.office == office).ok_or_else(gone)?)
    });
    Ok(Peer::of(house, view.await?))
}

/// One other office.
#[utoipa::path(get, path = "/peers/{peer}", operation_id = "peers.show", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Peer), Problems))]
async fn show(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Peer> {
    one(load(&house, actor, peer).await)
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct MakeInvite {
    /// Where the other office will find this one; the daemon's own addresses when empty.
    addresses: Vec<String>,
}

/// An invite, to be given to the other office's admin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OfficeInvite)]
struct Invited {
    invite: String,
    addresses: Vec<String>,
    expires_ms: i64,
}

/// Makes an invite for another office.
#[utoipa::path(post, path = "/peers/invite", operation_id = "peers.invite", tag = "peers", request_body = MakeInvite, responses((status = 200, body = Invited), Problems))]
async fn invite(State(house): State<House>, As(actor): As, Body(asked): Body<MakeInvite>) -> Answer<Invited> {
    let addresses = if asked.addresses.is_empty() { house.addresses() } else { asked.addresses };
    for address in &addresses {
        check_address(address).map_err(|message| Refusal::invalid("bad-address", message, "give --address host:port"))?;
    }
    if addresses.is_empty() {
        let remedy = "give --address host:port, or set `advertise` in interoffice.toml and restart";
        return Err(Refusal::invalid("no-address", "the daemon does not know under which address other offices reach it", remedy).into());
    }
    let token: [u8; 16] = clock::random();
    let expires_ms = house.write(People, move |tx| peers::invite(tx, &actor, &token)).await?;
    let office = house.context().office();
    let invite = Invite { office, addresses: addresses.clone(), token: InviteToken::new(token), expires_at_ms: expires_ms };
    let invite = invite.encode().map_err(|error| Refusal::invalid("bad-address", error.to_string(), "give --address host:port"))?;
    Ok(axum::Json(Invited { invite, addresses, expires_ms }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvite {
    invite: String,
}

/// Accepts the invite of another office.
#[utoipa::path(post, path = "/peers/accept", operation_id = "peers.accept", tag = "peers", request_body = AcceptInvite, responses((status = 200, body = Peer), Problems))]
async fn accept(State(house): State<House>, As(actor): As, Body(asked): Body<AcceptInvite>) -> Answer<Peer> {
    let bad = |error: interoffice_certs::BadInvite| Refusal::invalid("bad-invite", error.to_string(), "");
    let invite = Invite::parse(&asked.invite).map_err(bad)?;
    if invite.is_expired(clock::now_ms()) {
        return Err(Refusal::conflict("invite-expired", "this invite is no longer good", "ask the other office for a new one").into());
    }
    let asking = actor.clone();
    house
        .write(People, move |tx| {
            tx.attempt(&asking, "peer.accept", "");
            rights::require_admin(tx, &asking)
        })
        .await?;
    let office = door(&house)?.accept_invite(invite).await?;
    one(load(&house, actor, office.to_string()).await)
}

/// The peer door, or why it can't be asked.
pub(super) fn door(house: &House) -> Result<&dyn PeerHandle, Problem> {
    let closed = || Refusal::conflict("peer-door-closed", "the door to other offices is not open", "see the daemon's log");
    Ok(house.peers().ok_or_else(closed)?.as_ref())
}

/// Confirms that the words were compared.
#[utoipa::path(post, path = "/peers/{peer}/confirm", operation_id = "peers.confirm", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Peer), Problems))]
async fn confirm(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Peer> {
    let end = house.write(People, move |tx| peers::confirm(tx, &actor, &peer)).await;
    one(end.map(|view| Peer::of(&house, view)))
}

/// The answer to a ping, with the office that was asked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Pinged {
    office: String,
    name: String,
    #[serde(flatten)]
    report: PingReport,
}

/// Asks another office whether it is there.
#[utoipa::path(post, path = "/peers/{peer}/ping", operation_id = "peers.ping", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Pinged), Problems))]
async fn ping(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Pinged> {
    let found = house.read(move |view| {
        rights::require_member(view, &actor)?;
        peers::find(view, &peer)
    });
    let found = found.await?;
    let report = door(&house)?.ping(found.office).await;
    one(report.map(|report| Pinged { office: found.office.to_string(), name: found.name, report }))
}

/// Blocks another office.
#[utoipa::path(post, path = "/peers/{peer}/block", operation_id = "peers.block", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Peer), Problems))]
async fn block(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Peer> {
    let end = house.write(People, move |tx| peers::set_blocked(tx, &actor, &peer, true)).await;
    one(end.map(|view| Peer::of(&house, view)))
}

/// Lets another office in again.
#[utoipa::path(post, path = "/peers/{peer}/unblock", operation_id = "peers.unblock", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Peer), Problems))]
async fn unblock(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Peer> {
    let end = house.write(People, move |tx| peers::set_blocked(tx, &actor, &peer, false)).await;
    one(end.map(|view| Peer::of(&house, view)))
}

/// What removing another office will do.
#[utoipa::path(post, path = "/peers/{peer}/remove/plan", operation_id = "peers.plan_remove", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), responses((status = 200, body = Plan), Problems))]
async fn plan_remove(State(house): State<House>, As(actor): As, Path(peer): Path<String>) -> Answer<Plan> {
    planned(&house, house.write(People, move |tx| peers::plan_remove(tx, &actor, &peer)).await)
}

/// Removes another office, by a plan that was read.
#[utoipa::path(post, path = "/peers/{peer}/remove", operation_id = "peers.remove", tag = "peers", params(("peer" = String, Path, description = "Name or id of another office")), request_body = Agreed<Nothing>, responses((status = 200, body = Peer), Problems))]
async fn remove(State(house): State<House>, As(actor): As, Path(peer): Path<String>, Body(asked): Body<Agreed<Nothing>>) -> Answer<Peer> {
    let (_, plan) = asked.split()?;
    let (asking, named) = (actor.clone(), peer.clone());
    let ends = move |view: &View<'_>| ending::of_peer(view, &asking, &named);
    let end = house.end_links(People, ends, move |tx| peers::remove(tx, &actor, &peer, &plan)).await;
    one(end.map(|view| Peer::of(&house, view)))
}
