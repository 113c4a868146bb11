//! Peers: inviting, meeting, comparing words, blocking and parting.

use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::limits;
use interoffice_protocol::messages::PairRefusal;
use interoffice_protocol::statement::EndReason;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{links, rights};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId, counted};
use crate::domain::refusal::Refusal;
use crate::store::peers::{self, Introduction, PeerRow, Standing};
use crate::store::{Fault, Ring, Tx, View, audit, links as link_rows, office, statements};

/// A peer as people see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct PeerView {
    /// Its id, base32.
    pub office: String,
    /// What it calls itself.
    pub name: String,
    /// Where it can be reached.
    pub addresses: Vec<String>,
    /// `compare words`, `paired`, `blocked` or `removed`.
    pub standing: &'static str,
    /// The words that both admins compare, while they do.
    pub words: Vec<String>,
    /// Our admin confirmed.
    pub confirmed_here: bool,
    /// Their admin confirmed.
    pub confirmed_there: bool,
    /// When it was last heard from (milliseconds since 1970, UTC).
    pub last_heard_ms: Option<i64>,
    /// Links that are Waiting or Active.
    pub links: u64,
    /// Statements that wait for its answer.
    pub waiting_statements: u64,
    /// Since when the oldest of them waits (milliseconds since 1970, UTC).
    pub waiting_since_ms: Option<i64>,
}

fn peer_view(view: &View<'_>, peer: &PeerRow) -> Result<PeerView, Fault> {
    let live = link_rows::of_peer(view, peer.row)?.iter().filter(|link| !links::is_over(link)).count();
    let (waiting_statements, waiting_since_ms) = statements::backlog(view, peer.row)?;
    Ok(PeerView {
        office: peer.office.to_string(),
        name: peer.name.clone(),
        addresses: peer.addresses.clone(),
        standing: peer.standing.as_str(),
        words: if peer.standing == Standing::Comparing { peer.words.clone() } else { Vec::new() },
        confirmed_here: peer.confirmed_here,
        confirmed_there: peer.confirmed_there,
        last_heard_ms: peer.last_heard_ms,
        links: live as u64,
        waiting_statements,
        waiting_since_ms,
    })
}

/// Notes an invite with this token; says when its life ends (milliseconds since 1970, UTC).
pub fn invite(tx: &Tx<'_>, actor: &Actor, token: &[u8; 16]) -> Result<i64, Fault> {
    tx.attempt(actor, "peer.invite", "");
    rights::require_admin(tx, actor)?;
    let expires_ms = tx.now_ms + limits::INVITE_LIFE_MS;
    peers::add_invite(tx, &token_hash(token), expires_ms)?;
    audit::done(tx, actor, "peer.invite", "", "")?;
    Ok(expires_ms)
}

fn token_hash(token: &[u8; 16]) -> [u8; 32] {
    Sha256::new().chain_update(b"interoffice/v1/invite-token\0").chain_update(token).finalize().into()
}

/// Whether an invite with this token is open to `office`; the door asks before it goes on with a pairing.
pub fn check_token(view: &View<'_>, token: &[u8; 16], office: OfficeId) -> Result<Result<(), PairRefusal>, Fault> {
    let Some(invite) = peers::find_invite(view, &token_hash(token))? else { return Ok(Err(PairRefusal::UnknownToken)) };
    Ok(match () {
        // The same office may come again when its first attempt was cut off.
        () if invite.used_by.is_some_and(|used| used != office) => Err(PairRefusal::UnknownToken),
        () if invite.expires_ms < view.now_ms => Err(PairRefusal::Expired),
        () => Ok(()),
    })
}

/// Writes down an office that came through an invite, with the words to compare; `token` is ours when we invited.
pub fn met(tx: &Tx<'_>, who: &Introduction<'_>, words: &[&str], token: Option<&[u8; 16]>) -> Result<PeerView, Fault> {
    let office = who.chain.office();
    if office == tx.office.office() {
        return Err(Refusal::not_found("own-office", "this invite is from this very office", "use an invite from another office").into());
    }
    if let Some(known) = peers::find(tx, office)?
        && matches!(known.standing, Standing::Paired | Standing::Blocked)
    {
        return Err(already(&known).into());
    }
    if let Some(token) = token
        && let Some(invite) = peers::find_invite(tx, &token_hash(token))?
    {
        peers::use_invite(tx, invite.row, office)?;
    }
    peers::met(tx, who, &words.join(" "))?;
    tx.ring(Ring::Peer(office));
    audit::done(tx, &Actor::Peer(office), "peer.met", &office.to_string(), "")?;
    peer_view(tx, &find_office(tx, office)?)
}

fn already(peer: &PeerRow) -> Refusal {
    match peer.standing {
        Standing::Blocked => {
            Refusal::conflict("peer-blocked", format!("{} is blocked here", peer.name), "unblock it first: interoffice peer block --undo")
        }
        _ => Refusal::conflict("already-paired", format!("this office and {} are paired already", peer.name), "nothing needs to be done"),
    }
}

/// Our admin compared the words and found them alike.
pub fn confirm(tx: &Tx<'_>, actor: &Actor, office: &str) -> Result<PeerView, Fault> {
    tx.attempt(actor, "peer.confirm", office);
    rights::require_admin(tx, actor)?;
    let peer = find(tx, office)?;
    if peer.standing != Standing::Comparing {
        return Err(already(&peer).into());
    }
    peers::confirmed(tx, peer.row, false)?;
    settle(tx, &peer, peer.confirmed_there)?;
    audit::done(tx, actor, "peer.confirm", &peer.office.to_string(), "")?;
    peer_view(tx, &find_office(tx, peer.office)?)
}

/// Their admin compared the words and found them alike.
pub fn confirmed_there(tx: &Tx<'_>, office: OfficeId) -> Result<(), Fault> {
    let peer = find_office(tx, office)?;
    if peer.standing == Standing::Comparing && !peer.confirmed_there {
        peers::confirmed(tx, peer.row, true)?;
        settle(tx, &peer, peer.confirmed_here)?;
        audit::done(tx, &Actor::Peer(office), "peer.confirm", &office.to_string(), "")?;
    }
    Ok(())
}

fn settle(tx: &Tx<'_>, peer: &PeerRow, other_side: bool) -> Result<(), Fault> {
    if other_side {
        peers::set_standing(tx, peer.row, Standing::Paired)?;
    }
    tx.ring(Ring::Peer(peer.office));
    Ok(())
}

/// The peers, oldest first.
pub fn list(view: &View<'_>, actor: &Actor) -> Result<Vec<PeerView>, Fault> {
    rights::require_member(view, actor)?;
    peers::all(view)?.iter().map(|peer| peer_view(view, peer)).collect()
}

/// Blocks a peer, or takes the block back: nothing but endings and receipts is exchanged while it stands.
pub fn set_blocked(tx: &Tx<'_>, actor: &Actor, office: &str, blocked: bool) -> Result<PeerView, Fault> {
    let verb = if blocked { "peer.block" } else { "peer.unblock" };
    tx.attempt(actor, verb, office);
    rights::require_admin(tx, actor)?;
    let peer = find(tx, office)?;
    match (peer.standing, blocked) {
        (Standing::Paired, true) => peers::set_standing(tx, peer.row, Standing::Blocked)?,
        (Standing::Blocked, false) => peers::set_standing(tx, peer.row, Standing::Paired)?,
        (standing, _) => {
            let message = format!("{} is not {}", peer.name, if blocked { "paired" } else { "blocked" });
            return Err(Refusal::conflict("wrong-standing", message, format!("it stands as: {}", standing.as_str())).into());
        }
    }
    tx.ring(Ring::Peer(peer.office));
    audit::done(tx, actor, verb, &peer.office.to_string(), "")?;
    peer_view(tx, &find_office(tx, peer.office)?)
}

/// What removing a peer will do.
pub fn plan_remove(tx: &Tx<'_>, actor: &Actor, office: &str) -> Result<Plan, Fault> {
    tx.attempt(actor, "peer.remove", office);
    rights::require_admin(tx, actor)?;
    let peer = find(tx, office)?;
    let mut draft = Draft::new("peer.remove", peer.office.to_string());
    let live: Vec<_> = link_rows::of_peer(tx, peer.row)?.into_iter().filter(|link| !links::is_over(link)).collect();
    draft.basis(&peer.office.0);
    links::describe_end(tx, &live, &mut draft)?;
    draft.counts.offices = 1;
    draft.change(format!("{} is taken off the list of offices; {} with it end", peer.name, counted(live.len() as u64, "link", "links")));
    draft.stay("that office is still told what has ended, and its receipts are still accepted".to_owned());
    Ok(draft.finish(&tx.office.signer))
}

/// Removes a peer: all links with it end, and only endings and receipts are exchanged from then on.
pub fn remove(tx: &Tx<'_>, actor: &Actor, office: &str, plan: &PlanId) -> Result<PeerView, Fault> {
    plan_remove(tx, actor, office)?.agreed(plan)?;
    let peer = find(tx, office)?;
    for link in link_rows::of_peer(tx, peer.row)?.iter().filter(|link| !links::is_over(link)) {
        links::end(tx, link, EndReason::PeerRemoved, "")?;
        audit::done(tx, actor, "link.delete", &link.link.to_string(), "with the office")?;
    }
    peers::set_standing(tx, peer.row, Standing::Removed)?;
    tx.ring(Ring::Peer(peer.office));
    audit::done(tx, actor, "peer.remove", &peer.office.to_string(), "")?;
    peer_view(tx, &find_office(tx, peer.office)?)
}

fn find_office(view: &View<'_>, office: OfficeId) -> Result<PeerRow, Fault> {
    peers::find(view, office)?.ok_or_else(|| {
        Refusal::not_found("unknown-office", "that office is not known here", "pair with it first: interoffice peer invite").into()
    })
}

/// The peer that a person means: by its id, its code in groups, the beginning of either, or its name (letter case does not matter).
///
/// A whole id or code is that office's, whatever others call themselves. Anything shorter must fit one office alone: who chooses a
/// name like another's name or id, or grinds an id that begins like another's name, makes the text ambiguous and gets nothing else.
pub fn find(view: &View<'_>, text: &str) -> Result<PeerRow, Fault> {
    let wanted = text.trim().to_lowercase();
    let beginnings = id_beginnings(&wanted);
    let all: Vec<PeerRow> = peers::all(view)?;
    if let Some(peer) = all.iter().find(|peer| beginnings.contains(&peer.office.to_string())) {
        return Ok(peer.clone());
    }
    let fits = |peer: &&PeerRow| {
        let id = peer.office.to_string();
        peer.name.trim().to_lowercase() == wanted || beginnings.iter().any(|beginning| id.starts_with(beginning))
    };
    let found: Vec<&PeerRow> = all.iter().filter(fits).collect();
    let shown: String = text.chars().filter(|character| !character.is_control()).take(64).collect();
    match found[..] {
        [peer] => Ok(peer.clone()),
        [] if beginnings.contains(&view.office.office().to_string()) || office::load(view)?.name.trim().to_lowercase() == wanted => {
            let message = format!("'{shown}' is this office, and record sharing is between offices");
            Err(Refusal::not_found("own-office", message, "inside the office records are shared with: interoffice record access").into())
        }
        [] => Err(Refusal::not_found(
            "unknown-office",
            format!("no office called '{shown}' is known here"),
            "see the known ones with `interoffice peer list`, or pair first with `interoffice peer invite`",
        )
        .into()),
        _ => {
            let ids: Vec<String> = found.iter().map(|peer| peer.office.to_string()).collect();
            let remedy = format!("give the whole id of the one you mean: {}", ids.join(" or "));
            Err(Refusal::invalid("ambiguous-office", format!("'{shown}' fits several offices, by name or by id"), remedy).into())
        }
    }
}

/// The beginnings of ids that `text` can be: as it stands, and as a code in groups of five, the last of each a check character that
/// the id does not have. Fewer than five letters are no beginning.
fn id_beginnings(text: &str) -> Vec<String> {
    const LETTERS_MIN: usize = 5;
    const GROUP: usize = 5;
    let separated = |character: char| character == '-' || character.is_whitespace();
    let letters: String = text.chars().filter(|character| !separated(*character)).collect();
    if !letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let mut beginnings = vec![letters.clone()];
    if text.split(separated).filter(|group| !group.is_empty()).all(|group| group.len() % GROUP == 0) {
        beginnings.push(letters.as_bytes().chunks(GROUP).flat_map(|group| &group[..GROUP - 1]).copied().map(char::from).collect());
    }
    beginnings.retain(|beginning| beginning.len() >= LETTERS_MIN);
    beginnings
}
