//! Links: asked for, answered, taken back, ended. Whatever ends a link, from whichever side, goes through `end` or arrives
//! as a statement, and both run through `settle`.

use interoffice_protocol::ids::LinkId;
use interoffice_protocol::limits;
use interoffice_protocol::link::{LinkState, Side, may_say};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use interoffice_protocol::seeded::{Bug, planted};
use interoffice_protocol::statement::{Accept, Body, Decline, Delete, EndReason, HoldTerms, Kind, Request, Subject, Terms, Withdraw};

use super::issue::{about, issue, require_room};
use super::link_view::LinkView;
use super::{peers, preferences, rights};
use crate::domain::actor::Actor;
use crate::domain::plan::{Draft, Plan, PlanId};
use crate::domain::refusal::Refusal;
use crate::store::links::{self, LinkRow, NewLink};
use crate::store::peers::{PeerRow, Standing};
use crate::store::{Fault, Ring, StoreFault, Tx, View, audit, log, peers as peer_rows, removals, statements};

/// What a link is asked for with.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The other office: its name, its id, or the beginning of its id.
    pub office: String,
    /// The user there.
    pub user: String,
    /// Why, for both sides to read.
    pub purpose: String,
    /// What the reader may do.
    pub level: Level,
    /// What is shown.
    pub scope: Scope,
    /// When it is to end (milliseconds since 1970, UTC).
    pub not_after_ms: Option<i64>,
}

/// Asks a user of another office to receive records of the acting user.
pub fn request(tx: &Tx<'_>, actor: &Actor, ask: &Ask) -> Result<LinkView, Fault> {
    tx.attempt(actor, "link.request", format!("{}/{}", short(&ask.office), short(&ask.user)));
    let owner = rights::require_specialist(tx, actor)?;
    request_for(tx, actor, &owner.name, ask)
}

fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// The same on behalf of `owner`, for an admin's quick handshake.
pub(super) fn request_for(tx: &Tx<'_>, actor: &Actor, owner: &UserName, ask: &Ask) -> Result<LinkView, Fault> {
    let reader = UserName::new(&ask.user).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    let peer = peer_to_ask(tx, &ask.office)?;
    require_room(tx, &peer)?;
    check_terms(ask, tx.now_ms)?;
    let same = |link: &LinkRow| link.side == Side::Owner && link.peer == peer.row && link.remote_user == reader && !is_over(link);
    if let Some(link) = links::of_user(tx, owner)?.iter().find(|link| same(link)) {
        let state = if link.state == LinkState::Waiting { "waiting" } else { "active" };
        return Err(Refusal::conflict(
            "link-exists",
            format!("a link from {owner} to {reader} at {} is {state} already", peer.name),
            "use that one, or end it first: interoffice link list --receiving-mine",
        )
        .into());
    }
    let terms = Terms {
        purpose: ask.purpose.clone(),
        level: ask.level,
        scope: ask.scope,
        not_after_ms: ask.not_after_ms,
        lease_s: if ask.level == Level::FullControl { limits::LEASE_LONG_S } else { limits::LEASE_SHORT_S },
        hold: HoldTerms::None,
    };
    let body = Request { terms: terms.clone(), secret: tx.moment.random() };
    let subject = Subject::Opening { owner: owner.clone(), reader: reader.clone() };
    let statement = issue(tx, &peer, subject, &Body::Request(body.clone()))?;
    let link = statement.link().ok_or_else(|| StoreFault::Corrupt("a request opens no link".to_owned()))?;
    links::insert(
        tx,
        &NewLink {
            link,
            peer: peer.row,
            side: Side::Owner,
            local_user: owner,
            remote_user: &reader,
            request: statement.hash(),
            secret: body.secret,
            terms: &terms,
        },
    )?;
    audit::done(tx, actor, "link.request", &link.to_string(), &format!("{owner} to {reader} at {}", peer.office))?;
    LinkView::of(tx, &links::load(tx, link)?)
}

fn peer_to_ask(view: &View<'_>, office: &str) -> Result<PeerRow, Fault> {
    let peer = peers::find(view, office)?;
    let remedy = match peer.standing {
        Standing::Paired => return Ok(peer),
        Standing::Comparing => "let both admins compare the words and confirm: interoffice peer confirm",
        Standing::Blocked => "an admin has blocked it: interoffice peer block --undo",
        Standing::Removed => "pair with it again: interoffice peer invite",
    };
    Err(Refusal::conflict("not-paired", format!("this office and {} are not paired ({})", peer.name, peer.standing.as_str()), remedy)
        .into())
}

fn check_terms(ask: &Ask, now_ms: i64) -> Result<(), Refusal> {
    if ask.purpose.len() > limits::STATEMENT_TEXT_BYTES_MAX {
        return Err(Refusal::invalid("purpose-too-long", "a purpose has at most 2,000 bytes", "say it shorter"));
    }
    if ask.not_after_ms.is_some_and(|end| end <= now_ms) {
        return Err(Refusal::invalid("end-in-the-past", "the end date of the link has passed", "give a later one"));
    }
    Ok(())
}

/// Whether a link is over for good.
pub fn is_over(link: &LinkRow) -> bool {
    matches!(link.state, LinkState::Ended(_))
}

/// The link that a person means, by its id or the beginning of it, seen by `actor`: a user finds only his or her own links, an
/// admin all of the office.
pub fn find(view: &View<'_>, actor: &Actor, text: &str) -> Result<LinkRow, Fault> {
    let wanted = text.trim().to_ascii_lowercase();
    let unknown = || {
        let text: String = text.chars().take(64).collect();
        Refusal::not_found("unknown-link", format!("there is no link '{text}'"), "see yours with `interoffice link list`")
    };
    if let Ok(id) = wanted.parse::<LinkId>() {
        let all = sees_all(view, actor)?;
        let theirs = |link: &LinkRow| all || actor.user() == Some(&link.local_user);
        return Ok(links::find(view, id)?.filter(theirs).ok_or_else(unknown)?);
    }
    let all = visible(view, actor)?;
    let mut found = all.into_iter().filter(|link| wanted.len() >= 4 && link.link.to_string().starts_with(&wanted));
    let first = found.next().ok_or_else(unknown)?;
    if found.next().is_some() {
        return Err(Refusal::invalid("ambiguous-link", "several links begin like that", "give more letters of the id").into());
    }
    Ok(first)
}

/// The links that `actor` may know of.
pub fn visible(view: &View<'_>, actor: &Actor) -> Result<Vec<LinkRow>, Fault> {
    match actor {
        _ if sees_all(view, actor)? => Ok(links::all(view)?),
        _ => actor.user().map_or(Ok(Vec::new()), |name| Ok(links::of_user(view, name)?)),
    }
}

/// Whether `actor` may know of every link of the office.
fn sees_all(view: &View<'_>, actor: &Actor) -> Result<bool, Fault> {
    Ok(match actor {
        Actor::User(_) | Actor::For { .. } => rights::require_user(view, actor)?.role.administers,
        Actor::Operator | Actor::Daemon => true,
        Actor::Peer(_) | Actor::Stranger => false,
    })
}

/// Accepts requests that wait for the acting user.
pub fn accept(tx: &Tx<'_>, actor: &Actor, requests: &[String]) -> Result<Vec<LinkView>, Fault> {
    tx.attempt(actor, "link.accept", requests.first().map_or("", String::as_str));
    let reader = rights::require_specialist(tx, actor)?;
    preferences::require_accepting(&reader)?;
    let mut accepted = Vec::with_capacity(requests.len());
    for text in requests {
        let link = answerable(tx, actor, text, &reader.name)?;
        let terms = terms_of(tx, &link)?;
        let peer = peer_rows::by_row(tx, link.peer)?;
        issue(tx, &peer, about(&link), &Body::Accept(Accept { terms }))?;
        audit::done(tx, actor, "link.accept", &link.link.to_string(), "")?;
        accepted.push(LinkView::of(tx, &settle(tx, &link)?)?);
    }
    Ok(accepted)
}

fn terms_of(view: &View<'_>, link: &LinkRow) -> Result<Terms, Fault> {
    let set = statements::link_set(view, link.link)?;
    Ok(set.terms().cloned().ok_or_else(|| StoreFault::Corrupt("a link has no request".to_owned()))?)
}

/// A request that waits for `reader` to answer.
fn answerable(view: &View<'_>, actor: &Actor, text: &str, reader: &UserName) -> Result<LinkRow, Fault> {
    let link = find(view, actor, text)?;
    if link.side != Side::Reader || link.local_user != *reader {
        let message = "this request is not addressed to you";
        return Err(Refusal::denied("not-addressee", message, "only the user it names can answer it").into());
    }
    if !may_say(link.side, link.state, Kind::Accept) {
        return Err(
            Refusal::conflict("not-waiting", "this request does not wait for an answer any more", "see `interoffice link list`").into()
        );
    }
    Ok(link)
}

/// Turns a request down.
pub fn decline(tx: &Tx<'_>, actor: &Actor, request: &str, reason: &str) -> Result<LinkView, Fault> {
    tx.attempt(actor, "link.decline", request);
    let reader = rights::require_user(tx, actor)?;
    check_text(reason)?;
    let link = answerable(tx, actor, request, &reader.name)?;
    let peer = peer_rows::by_row(tx, link.peer)?;
    issue(tx, &peer, about(&link), &Body::Decline(Decline { reason: reason.to_owned() }))?;
    audit::done(tx, actor, "link.decline", &link.link.to_string(), "")?;
    LinkView::of(tx, &settle(tx, &link)?)
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.len() > limits::STATEMENT_TEXT_BYTES_MAX {
        return Err(Refusal::invalid("text-too-long", "a reason has at most 2,000 bytes", "say it shorter"));
    }
    Ok(())
}

/// Takes a request back that was not answered.
pub fn withdraw(tx: &Tx<'_>, actor: &Actor, request: &str, reason: &str) -> Result<LinkView, Fault> {
    tx.attempt(actor, "link.withdraw", request);
    check_text(reason)?;
    let link = find(tx, actor, request)?;
    if !may_say(link.side, link.state, Kind::Withdraw) {
        let remedy = "an active link is ended with `interoffice link delete`, a request to you with `interoffice link decline`";
        return Err(Refusal::conflict("not-waiting", "only a request of yours that waits can be withdrawn", remedy).into());
    }
    let peer = peer_rows::by_row(tx, link.peer)?;
    issue(tx, &peer, about(&link), &Body::Withdraw(Withdraw { reason: reason.to_owned() }))?;
    audit::done(tx, actor, "link.withdraw", &link.link.to_string(), "")?;
    LinkView::of(tx, &settle(tx, &link)?)
}

/// What deleting a link will do, on either side.
pub fn plan_delete(tx: &Tx<'_>, actor: &Actor, link: &str) -> Result<Plan, Fault> {
    tx.attempt(actor, "link.delete", link);
    let link = find(tx, actor, link)?;
    if is_over(&link) {
        return Err(Refusal::conflict("link-ended", "this link has ended already", "nothing needs to be done").into());
    }
    let mut draft = Draft::new("link.delete", link.link.to_string());
    describe_end(tx, std::slice::from_ref(&link), &mut draft)?;
    draft.stay(match link.side {
        Side::Owner => format!("the records themselves stay here with {}", link.local_user),
        Side::Reader => format!("the records themselves stay with {}", link.remote_user),
    });
    Ok(draft.finish(&tx.office.signer))
}

/// Ends a link at once; the other office is told as soon as it can be reached.
pub fn delete(tx: &Tx<'_>, actor: &Actor, link: &str, plan: &PlanId) -> Result<LinkView, Fault> {
    plan_delete(tx, actor, link)?.agreed(plan)?;
    let link = find(tx, actor, link)?;
    audit::done(tx, actor, "link.delete", &link.link.to_string(), "")?;
    let ended = end(tx, &link, EndReason::Deleted, "")?;
    LinkView::of(tx, &ended)
}

/// Ends a link by this office's word, whatever made it necessary; one that is over stays as it is.
pub(super) fn end(tx: &Tx<'_>, link: &LinkRow, reason: EndReason, note: &str) -> Result<LinkRow, Fault> {
    if !may_say(link.side, link.state, Kind::Delete) {
        return Ok(link.clone());
    }
    let peer = peer_rows::by_row(tx, link.peer)?;
    issue(tx, &peer, about(link), &Body::Delete(Delete { reason, note: note.to_owned() }))?;
    settle(tx, link)
}

/// Ends a link whose Request or Accept the other office did not take.
pub(super) fn give_up(tx: &Tx<'_>, link: &LinkRow) -> Result<LinkRow, Fault> {
    let reason = "the other office did not take it";
    if !may_say(link.side, link.state, Kind::Withdraw) {
        return end(tx, link, EndReason::Deleted, reason);
    }
    let peer = peer_rows::by_row(tx, link.peer)?;
    issue(tx, &peer, about(link), &Body::Withdraw(Withdraw { reason: reason.to_owned() }))?;
    settle(tx, link)
}

/// Brings a link's row to what its statements say, with everything that follows from a change: the one way by which a link
/// becomes Active or ends, for statements of ours and of the peer alike.
pub(super) fn settle(tx: &Tx<'_>, before: &LinkRow) -> Result<LinkRow, Fault> {
    let state = statements::link_set(tx, before.link)?.state();
    if state == before.state {
        return Ok(before.clone());
    }
    links::set_state(tx, before.row, state)?;
    tx.ring(Ring::Link(before.link));
    if matches!(state, LinkState::Ended(_)) {
        began_to_end(tx, before)?;
    }
    if matches!(state, LinkState::Active { .. }) && before.side == Side::Reader && !planted(Bug::FirstLeaseMissing) {
        // The reader's first lease runs from its own acceptance; renewals follow.
        links::set_lease(tx, before.row, super::lease::safe_now(tx)?.saturating_add(i64::from(before.lease_s) * 1000))?;
    }
    Ok(links::load(tx, before.link)?)
}

/// Step 1 of an ending has just been written: what is to be removed, and by whom.
fn began_to_end(tx: &Tx<'_>, link: &LinkRow) -> Result<(), Fault> {
    if link.active_ms.is_none() || (planted(Bug::RemovalForgotten) && link.side == Side::Reader) {
        return Ok(());
    }
    let expected = match link.side {
        Side::Owner => log::counts(tx, link.row, link.cursor)?.held,
        Side::Reader => 0,
    };
    removals::ask(tx, link.link, 0, 0, link.side, expected)?;
    tx.ring(Ring::Removal(link.link));
    Ok(())
}

/// Ends every link of a user, since the right, the user or the account is gone; says how many.
pub fn end_links_of(tx: &Tx<'_>, actor: &Actor, user: &UserName, reason: EndReason) -> Result<u64, Fault> {
    let mut ended = 0;
    for link in links::of_user(tx, user)?.iter().filter(|link| !is_over(link)) {
        if planted(Bug::UserGoneKeepsLinks) && reason == EndReason::UserGone {
            continue;
        }
        end(tx, link, reason, "")?;
        audit::done(tx, actor, "link.delete", &link.link.to_string(), "with the user's right")?;
        ended += 1;
    }
    Ok(ended)
}

/// Adds what ending `ended` will do to a plan, with numbers.
pub fn describe_end(view: &View<'_>, ended: &[LinkRow], draft: &mut Draft) -> Result<(), Fault> {
    let mut offices = std::collections::BTreeSet::new();
    let mut people = std::collections::BTreeSet::new();
    for link in ended {
        draft.basis(&link.link.0);
        draft.basis(&links::shares(view, link.row)?.to_be_bytes());
        let peer = peer_rows::by_row(view, link.peer)?;
        let reader = format!("{} at {}", link.remote_user, peer.name);
        draft.concerns(peer.office, &peer.name);
        offices.insert(link.peer);
        people.insert((link.peer, link.remote_user.clone()));
        draft.counts.links += 1;
        match (link.side, link.state) {
            (Side::Owner, LinkState::Waiting) => draft.change(format!("the request to {reader} is taken back")),
            (Side::Owner, _) => {
                let counts = super::sharing::count_shared(view, link)?;
                add(&mut draft.counts, &counts);
                let what = super::sharing::records_and_items(&counts);
                draft.change(format!("{what} will be removed at {} ({})", peer.name, link.remote_user));
            }
            (Side::Reader, LinkState::Waiting) => draft.change(format!("the request from {reader} to {} is turned down", link.local_user)),
            (Side::Reader, _) => draft
                .change(format!("everything that {reader} shared with {} is erased here, and the activities noted on it", link.local_user)),
        }
    }
    draft.counts.offices += offices.len() as u64;
    draft.counts.people += people.len() as u64;
    Ok(())
}

fn add(sum: &mut crate::domain::plan::PlanCounts, more: &crate::domain::plan::PlanCounts) {
    sum.contacts += more.contacts;
    sum.businesses += more.businesses;
    sum.households += more.households;
    sum.cases += more.cases;
    sum.policies += more.policies;
    sum.investments += more.investments;
    sum.opportunities += more.opportunities;
    sum.private += more.private;
}

/// The live links of a user, for plans about the user.
pub fn live_links_of(view: &View<'_>, user: &UserName) -> Result<Vec<LinkRow>, Fault> {
    Ok(links::of_user(view, user)?.into_iter().filter(|link| !is_over(link)).collect())
}

/// Ends links whose agreed end has passed, by a signed statement; says which.
pub fn end_expired(tx: &Tx<'_>) -> Result<Vec<LinkId>, Fault> {
    let mut ended = Vec::new();
    for link in links::all(tx)? {
        if !is_over(&link) && link.not_after_ms.is_some_and(|end| end <= tx.now_ms) {
            end(tx, &link, EndReason::Expired, "")?;
            audit::done(tx, &Actor::Daemon, "link.expire", &link.link.to_string(), "")?;
            ended.push(link.link);
        }
    }
    Ok(ended)
}
