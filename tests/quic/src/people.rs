//! What people at the offices do during a run, and how it must look when everything is quiet again.

use interoffice_core::actions::link_view::{self, Filter, LinkView};
use interoffice_core::actions::links::Ask;
use interoffice_core::actions::sharing::Selection;
use interoffice_core::actions::{links, peers, sharing};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::received::CopyQuery;
use interoffice_core::store::{Fault, statements};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};

use crate::home::{NAMES, OFFICES, USERS};
use crate::world::{Running, World, at_once};

/// The specialist of an office.
///
/// # Panics
/// Never: the names are good ones.
pub fn user(office: usize) -> Actor {
    Actor::User(UserName::new(USERS[office]).expect("a user name"))
}

/// The links that an office knows, in the order in which it met them.
pub fn links_of(running: &Running) -> Vec<LinkView> {
    at_once(running.office.read(|view| link_view::list(view, &Actor::Operator, &Filter::default()))).expect("links are listed")
}

/// Asks the specialist of `to` to read what the one of `from` shares.
///
/// # Errors
/// A refusal, as when as many requests wait as may.
pub fn request(running: &Running, from: usize, to: usize) -> Result<LinkId, Fault> {
    let actor = user(from);
    let ask = Ask {
        office: NAMES[to].to_owned(),
        user: USERS[to].to_owned(),
        purpose: "referrals".to_owned(),
        level: Level::Read,
        scope: Scope::everything(),
        not_after_ms: None,
    };
    let view = at_once(running.office.write(move |tx| links::request(tx, &actor, &ask)))?;
    Ok(view.link.parse().expect("a link id"))
}

/// Accepts a request.
///
/// # Errors
/// A refusal.
pub fn accept(running: &Running, office: usize, link: &str) -> Result<(), Fault> {
    let (actor, link) = (user(office), link.to_owned());
    at_once(running.office.write(move |tx| links::accept(tx, &actor, std::slice::from_ref(&link)).map(drop)))
}

/// Shares every record of the owner.
///
/// # Errors
/// A refusal.
pub fn share(running: &Running, office: usize, link: &str) -> Result<(), Fault> {
    let (actor, link) = (user(office), link.to_owned());
    at_once(running.office.write(move |tx| {
        let all = Selection { all_mine: true, ..Selection::default() };
        let plan = sharing::plan_share(tx, &actor, &link, &all)?;
        sharing::share(tx, &actor, &link, &all, &plan.id).map(drop)
    }))
}

/// Takes every record back.
///
/// # Errors
/// A refusal.
pub fn unshare(running: &Running, office: usize, link: &str) -> Result<(), Fault> {
    let (actor, link) = (user(office), link.to_owned());
    at_once(running.office.write(move |tx| {
        let all = Selection { all_mine: true, ..Selection::default() };
        let plan = sharing::plan_unshare(tx, &actor, &link, &all)?;
        sharing::unshare(tx, &actor, &link, &all, &plan.id).map(drop)
    }))
}

/// Ends a link.
///
/// # Errors
/// A refusal.
pub fn delete(running: &Running, office: usize, link: &str) -> Result<(), Fault> {
    let (actor, link) = (user(office), link.to_owned());
    at_once(running.office.write(move |tx| {
        let plan = links::plan_delete(tx, &actor, &link)?;
        links::delete(tx, &actor, &link, &plan.id).map(drop)
    }))
}

/// Copies that a reader's office holds of a link.
pub fn copies(running: &Running, link: &str) -> u64 {
    let link: LinkId = link.parse().expect("a link id");
    let query = CopyQuery { limit: 100_000, ..CopyQuery::default() };
    at_once(running.office.files(move |received| Ok(received.list(link, &query)?.len() as u64))).unwrap_or_default()
}

/// One thing that somebody does by chance.
pub fn do_something(world: &mut World) {
    let me = world.random.below(OFFICES as u64) as usize;
    let other = (me + 1 + world.random.below(OFFICES as u64 - 1) as usize) % OFFICES;
    let what = world.random.below(100);
    let Some(running) = world.running(me) else { return };
    let all = links_of(&running);
    let of = |status: &str, direction: &str| -> Option<LinkView> {
        all.iter().filter(|link| link.status == status && link.direction == direction).min_by_key(|link| link.link.clone()).cloned()
    };
    let (mine, theirs) = ("receiving-mine", "sharing-with-me");
    // A refusal is an answer, and nothing to complain of: somebody was faster.
    match what {
        0..30 => drop(request(&running, me, other)),
        30..55 => drop(of("Waiting", theirs).map(|link| accept(&running, me, &link.link))),
        55..80 => drop(of("Active", mine).map(|link| share(&running, me, &link.link))),
        80..88 => drop(of("Active", mine).map(|link| unshare(&running, me, &link.link))),
        88..94 => end(world, &running, me, of("Active", mine)),
        _ => end(world, &running, me, of("Active", theirs)),
    }
}

fn end(world: &World, running: &Running, me: usize, link: Option<LinkView>) {
    let Some(link) = link else { return };
    if delete(running, me, &link.link).is_ok() && link.pending > 0 {
        world.network.mark("a link was deleted while its records were on the way");
    }
}

/// What is not yet as it must be once nothing goes wrong any more; `None` when all is well.
pub fn unrest(world: &World) -> Option<String> {
    let running: Vec<Running> = (0..OFFICES).filter_map(|office| world.running(office)).collect();
    if running.len() < OFFICES {
        return Some("an office is down".to_owned());
    }
    for (me, here) in running.iter().enumerate() {
        let ways = here.office.ways();
        if let Some(way) = ways.iter().find(|way| way.state != "connected") {
            return Some(format!("{} says of another office: {} ({})", NAMES[me], way.state, way.reason));
        }
        if ways.len() != OFFICES - 1 {
            return Some(format!("{} knows the way to {} offices", NAMES[me], ways.len()));
        }
        let open = here.endpoint.open_connections();
        if open != OFFICES - 1 {
            return Some(format!("{} has {open} connections", NAMES[me]));
        }
        let peers = at_once(here.office.read(|view| peers::list(view, &Actor::Operator))).expect("peers are listed");
        if let Some(peer) = peers.iter().find(|peer| peer.waiting_statements > 0) {
            return Some(format!(
                "{} has {} statements for {}: {}",
                NAMES[me],
                peer.waiting_statements,
                peer.name,
                waiting(here, &peer.office)
            ));
        }
    }
    (0..OFFICES).find_map(|owner| unrest_of_links(&running, owner))
}

/// The statements that an office has for another.
fn waiting(running: &Running, office: &str) -> String {
    let office = office.to_owned();
    let waiting = at_once(running.office.read(move |view| {
        let peer = peers::find(view, &office)?;
        Ok((statements::waiting(view, peer.row, 0, 8)?, peer.issued_sequence))
    }));
    let Ok((waiting, issued)) = waiting else { return "they can't be read".to_owned() };
    let words = waiting.into_iter().map(|(sequence, signed)| format!("kind {} as number {sequence} of {issued}", signed.kind));
    words.collect::<Vec<_>>().join(", ")
}

fn unrest_of_links(running: &[Running], owner: usize) -> Option<String> {
    let offices: Vec<Vec<LinkView>> = running.iter().map(links_of).collect();
    for link in offices[owner].iter().filter(|link| link.direction == "receiving-mine") {
        let reader = NAMES.iter().position(|name| *name == link.office_name)?;
        let at = |what: &str| format!("link {} from {} to {}: {what}", link.link, NAMES[owner], NAMES[reader]);
        let Some(there) = offices[reader].iter().find(|there| there.link == link.link) else { return Some(at("unknown there")) };
        if there.status != link.status || there.end_reason != link.end_reason {
            return Some(at(&format!("{} here, {} there", link.status, there.status)));
        }
        let copies = copies(&running[reader], &link.link);
        match link.status {
            "Active" if link.pending > 0 || copies != link.records => {
                return Some(at(&format!("{} records, {} copies, {} pending", link.records, copies, link.pending)));
            }
            "Ended" if copies > 0 => return Some(at(&format!("{copies} copies of an ended link"))),
            "Ended" if link.removal.as_ref().is_some_and(|removal| removal.state != "Erased") => return Some(at("no receipt")),
            _ => {}
        }
    }
    None
}
