//! The members of a household by their names, as far as whoever looks at it sees them too.

use interoffice_core::actions::copies::may_read;
use interoffice_core::actions::records::{self, Member};
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::{Fault, View};
use interoffice_protocol::ids::{LinkId, RecordId};

use super::copies;
use crate::house::House;

/// Those of `members` that the actor sees, in their order: of a household that `link` brought those that the link brought too, of an own
/// one those of the office's own.
pub(super) async fn seen(house: &House, actor: &Actor, link: Option<LinkId>, members: &[String]) -> Result<Vec<Member>, Fault> {
    let members: Vec<RecordId> = members.iter().filter_map(|id| id.parse().ok()).collect();
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let actor = actor.clone();
    let Some(link) = link else { return house.read(move |view| records::members_seen(view, &actor, &members)).await };
    let which = move |view: &View<'_>| Ok(vec![may_read(view, &actor, link)?]);
    let found = copies::read(house, which, move |received, links| {
        let mut seen = Vec::new();
        for link in links {
            for member in &members {
                if let Some((_, body)) = received.get(link.link, *member)? {
                    seen.push((link.clone(), Member { id: member.to_string(), name: body.display_name }));
                }
            }
        }
        Ok(seen)
    });
    Ok(found.await?.into_iter().map(|(_, member)| member).collect())
}
