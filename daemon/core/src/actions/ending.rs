//! Which links a verb would end. Asked when the disk is full and the end can't be written down: their copies become unreadable all the
//! same, in memory, until it can. Each question refuses whoever may not end them, as the verb itself does.

use interoffice_protocol::ids::{LinkId, OfficeId};
use interoffice_protocol::names::UserName;
use interoffice_protocol::statement::{Body, Signed, verify};

use super::{links, peers, rights};
use crate::domain::actor::Actor;
use crate::store::links as rows;
use crate::store::{Fault, View, peers as peer_rows};

/// The link that `actor` means to end.
pub fn of_link(view: &View<'_>, actor: &Actor, link: &str) -> Result<Vec<LinkId>, Fault> {
    Ok(vec![links::find(view, actor, link)?.link])
}

/// All links of a user, who is disabled or loses the right to share.
pub fn of_user(view: &View<'_>, actor: &Actor, name: &UserName) -> Result<Vec<LinkId>, Fault> {
    rights::require_admin(view, actor)?;
    Ok(rows::of_user(view, name)?.into_iter().map(|link| link.link).collect())
}

/// All links with an office that is removed.
pub fn of_peer(view: &View<'_>, actor: &Actor, office: &str) -> Result<Vec<LinkId>, Fault> {
    rights::require_admin(view, actor)?;
    let peer = peers::find(view, office)?;
    Ok(rows::of_peer(view, peer.row)?.into_iter().map(|link| link.link).collect())
}

/// The links whose agreed end has passed.
pub fn of_time(view: &View<'_>) -> Result<Vec<LinkId>, Fault> {
    let expired = rows::all(view)?.into_iter().filter(|link| link.not_after_ms.is_some_and(|end| end <= view.now_ms));
    Ok(expired.map(|link| link.link).collect())
}

/// The link that a statement of another office ends: none unless that office signed it, and has a part in that link.
pub fn of_statement(view: &View<'_>, office: OfficeId, signed: &Signed) -> Result<Vec<LinkId>, Fault> {
    let Some(peer) = peer_rows::find(view, office)? else { return Ok(Vec::new()) };
    let chain = peer_rows::chain(view, peer.row)?;
    let Ok(statement) = verify(signed.clone(), &chain, view.office.office(), view.now_ms) else { return Ok(Vec::new()) };
    let ends = matches!(statement.body(), Body::Delete(_) | Body::Withdraw(_) | Body::Decline(_));
    let Some(link) = statement.link().filter(|_| ends) else { return Ok(Vec::new()) };
    Ok(rows::find(view, link)?.filter(|row| row.peer == peer.row).map(|row| row.link).into_iter().collect())
}
