//! Links as people see them: lists, single links, what is shared over them, and previews of it.

use std::collections::BTreeSet;

use interoffice_core::actions::link_view::{self, Filter};
use interoffice_core::actions::sharing;
use interoffice_oracle::Answer;
use interoffice_protocol::ids::{LinkId, RecordId};

use super::{Eyes, Looked, given, own};

pub(super) fn look(eyes: &Eyes<'_>) -> Looked {
    let must: BTreeSet<LinkId> = match eyes.viewer {
        Some(viewer) => {
            let sees = |link: &[u8; 32]| eyes.oracle.may_see_link(eyes.office.place, viewer, link).answer == Answer::Must;
            eyes.local.links.keys().filter(|link| sees(link)).map(|link| LinkId(*link)).collect()
        }
        None => BTreeSet::new(),
    };
    if eyes.has_turn(3)
        && let Err(violation) = listed(eyes, &must)?
    {
        return Ok(Err(violation));
    }
    let allowed = own::all_words(eyes);
    for link in eyes.some_links() {
        let id = LinkId(*link).to_string();
        let shown = given(link_view::show(eyes.view, &eyes.actor, &id))?;
        if shown.is_some() != must.contains(&LinkId(*link)) {
            return Ok(Err(eyes.wrong("INV-01", "stale-right", &format!("link {id} is shown: {}", shown.is_some()))));
        }
        let Some(shared) = given(sharing::shared_with(eyes.view, &eyes.actor, &id, 0, 1_000))? else { continue };
        if let Err(violation) = eyes.only(&allowed, &shared, "the list of shared records") {
            return Ok(Err(violation));
        }
        if let Err(violation) = preview(eyes, &id, link)? {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}

fn listed(eyes: &Eyes<'_>, must: &BTreeSet<LinkId>) -> Looked {
    let listed = given(link_view::list(eyes.view, &eyes.actor, &Filter::default()))?.unwrap_or_default();
    let found: BTreeSet<LinkId> = listed.iter().filter_map(|link| link.link.parse().ok()).collect();
    if let Some(stray) = found.symmetric_difference(must).next() {
        let what = format!("link {stray} is listed: {}", found.contains(stray));
        return Ok(Err(eyes.wrong("INV-01", "stale-right", &what)));
    }
    Ok(eyes.only(&BTreeSet::new(), &listed, "the list of links"))
}

/// A preview shows the owner what goes out, and nothing that the scope hides.
fn preview(eyes: &Eyes<'_>, id: &str, link: &[u8; 32]) -> Looked {
    let records = &eyes.local.records;
    let Some((record, own)) = records.iter().nth(eyes.turn % records.len().max(1)) else { return Ok(Ok(())) };
    let Some(preview) = given(sharing::preview(eyes.view, &eyes.actor, id, RecordId(*record)))? else { return Ok(Ok(())) };
    let Some(agreed) = eyes.oracle.agreement(link) else { return Ok(Ok(())) };
    let shows = own.tokens.iter().filter(|placed| agreed.wanted.mask.shows(placed.place)).map(|placed| placed.token).collect();
    Ok(eyes.only(&shows, &preview, "a preview"))
}
