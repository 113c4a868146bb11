//! One link at one office: its state, its two signatures, its outbox, who may read, and what is held.

use interoffice_core::actions::copies;
use interoffice_core::domain::actor::Actor;
use interoffice_core::store::links::{self, LinkRow};
use interoffice_core::store::{Fault, View, log, removals, statements};
use interoffice_oracle::event::Why;
use interoffice_oracle::local::State;
use interoffice_oracle::{Answer, Viewer};
use interoffice_protocol::ids::LinkId;
use interoffice_protocol::link::{End, LinkState, Side};
use interoffice_protocol::statement::{Body, Kind, Subject};

use super::Violation;
use crate::people::valid_name;
use crate::story::brief;
use crate::world::World;

fn end(why: Why) -> End {
    match why {
        Why::Withdrawn => End::Withdrawn,
        Why::Declined => End::Declined,
        Why::DeletedByOwner => End::DeletedByOwner,
        Why::DeletedByReader => End::DeletedByReader,
        Why::RightDisabled => End::RightDisabled,
        Why::UserGone => End::UserGone,
        Why::PeerRemoved => End::PeerRemoved,
        Why::Expired => End::Expired,
    }
}

/// Whether an office's state of a link is what the oracle says; which invariant is broken otherwise.
pub(super) fn fits(expected: State, found: Option<LinkState>) -> Result<(), (&'static str, &'static str)> {
    match (expected, found) {
        (State::Unknown, None | Some(LinkState::Unknown)) | (State::Waiting, Some(LinkState::Waiting)) => Ok(()),
        (State::Active { frozen: Some(here) }, Some(LinkState::Active { frozen })) if here == frozen => Ok(()),
        (State::Active { frozen: None }, Some(LinkState::Active { .. })) => Ok(()),
        (State::Ended(why), Some(LinkState::Ended(found))) if end(why) == found => Ok(()),
        (State::Ended(_), Some(LinkState::Ended(_))) => Err(("INV-14", "split-link")),
        (State::Ended(_), Some(LinkState::Active { .. })) => Err(("INV-13", "resurrected-delete")),
        (State::Ended(_), _) => Err(("INV-29", "lost-ack")),
        (State::Waiting | State::Unknown, Some(LinkState::Active { .. })) => Err(("INV-03", "forged-consent")),
        (State::Active { .. }, Some(LinkState::Active { .. })) => Err(("INV-14", "split-link")),
        (State::Active { .. } | State::Waiting, None | Some(LinkState::Waiting | LinkState::Unknown)) => Err(("INV-29", "lost-ack")),
        (State::Active { .. } | State::Waiting, Some(LinkState::Ended(_))) => Err(("INV-04", "forged-end")),
        (State::Unknown, Some(_)) => Err(("INV-05", "forged-consent")),
    }
}

/// Everything that must hold of a link at an office.
pub(super) fn look(world: &mut World, office: usize, link: LinkId) -> Result<(), Violation> {
    if !world.offices[office].up || world.checker.oracle.is_hostile(office) {
        return Ok(());
    }
    let row = state(world, office, link)?;
    let Some(row) = row else { return Ok(()) };
    match row.state {
        LinkState::Active { .. } if world.checker.proved.insert((office, link)) => two_signatures(world, office, &row)?,
        LinkState::Ended(_) => outbox(world, office, &row)?,
        _ => {}
    }
    match row.side {
        Side::Owner => shares(world, office, &row),
        Side::Reader => {
            reading(world, office, link)?;
            held(world, office, link)
        }
    }
}

/// The state alone (INV-03, INV-10, INV-13, INV-14, INV-29).
pub(super) fn state(world: &World, office: usize, link: LinkId) -> Result<Option<LinkRow>, Violation> {
    let row = world.look(office, |view| Ok(links::find(view, link)?))?;
    let expected = world.checker.oracle.state(office, &link.0);
    let found = row.as_ref().map(|row| row.state);
    fits(expected, found).map_err(|(invariant, anomaly)| {
        let what = format!("link {} at office {office} is {found:?} and must be {expected:?}", brief(&link));
        Violation::new(invariant, anomaly, what)
    })?;
    Ok(row)
}

/// INV-02: an Active link has both signatures, and the second is about the first.
pub(super) fn two_signatures(world: &World, office: usize, row: &LinkRow) -> Result<(), Violation> {
    let broken = |what: &str| Violation::new("INV-02", "forged-consent", format!("link {} at office {office}: {what}", brief(&row.link)));
    let set = world.look(office, |view| Ok(statements::link_set(view, row.link)?))?;
    let Some(request) = set.request() else { return Err(broken("Active without a request")) };
    let Some(accept) = set.statements().find(|statement| matches!(statement.body(), Body::Accept(_))) else {
        return Err(broken("Active without an acceptance"));
    };
    let agreed = world.checker.oracle.agreement(&row.link.0);
    let Some(wanted) = agreed.map(|agreed| &agreed.wanted) else { return Err(broken("Active and never asked for")) };
    let id = |office: usize| world.offices[office].id;
    let Subject::Link { request: named, owner, reader, .. } = &accept.envelope().subject else {
        return Err(broken("the acceptance is about no link"));
    };
    let same = (named, owner.as_str(), reader.as_str()) == (&request.hash(), wanted.owner.user.as_str(), wanted.reader.user.as_str());
    match () {
        () if request.from() != id(wanted.owner.office) => Err(broken("the request is not the owner's office's")),
        () if accept.from() != id(wanted.reader.office) => Err(broken("the acceptance is not the reader's office's")),
        () if !same => Err(broken("the acceptance names another request, owner or reader")),
        () => Ok(()),
    }
}

/// INV-32: an end that this office brought about is in its outbox until it was answered, and what is to be removed is written down.
pub(super) fn outbox(world: &World, office: usize, row: &LinkRow) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    let ours = oracle.agreement(&row.link.0).and_then(|agreed| agreed.ended.get(&office));
    let broken = |what: &str| Violation::new("INV-32", "lost-ack", format!("link {} at office {office}: {what}", brief(&row.link)));
    if let Some((_, ends)) = ours.filter(|_| !oracle.is_rewound(office)) {
        for why in ends {
            let kind = match why {
                Why::Withdrawn => Kind::Withdraw,
                Why::Declined => Kind::Decline,
                _ => Kind::Delete,
            };
            match world.look(office, |view| Ok(statements::outcome_of(view, row.link, kind as u8)?))? {
                None => return Err(broken("it ended here and nothing says so to the other office")),
                Some((false, None)) => return Err(broken("the word of its end was never answered and waits no more")),
                Some(_) => {}
            }
        }
    }
    if row.active_ms.is_some() && world.look(office, |view| Ok(removals::of_link(view, row.link)?))?.is_none() {
        return Err(broken("it ended here and nobody removes the copies"));
    }
    Ok(())
}

/// What the owner's office shares over a link is what was shared.
fn shares(world: &World, office: usize, row: &LinkRow) -> Result<(), Violation> {
    let Some(known) = world.checker.oracle.known(office, &row.link.0).filter(|known| known.is_active()) else { return Ok(()) };
    let shown = world.look(office, |view| Ok(log::put_set(view, row.row)?))?;
    let same = shown.len() == known.shared.len() && shown.iter().all(|record| known.shared.contains(&record.0));
    if same {
        return Ok(());
    }
    let what = format!("link {} shows {shown:?} and must show {:?}", brief(&row.link), known.shared);
    Err(Violation::new("INV-29", "orphan-share", what))
}

fn readable(view: &View<'_>, viewer: Viewer<'_>, link: LinkId) -> Result<bool, Fault> {
    let actor = match viewer {
        Viewer::Operator => Actor::Operator,
        Viewer::User(name) => Actor::User(valid_name(name)?),
    };
    match copies::may_read(view, &actor, link) {
        Ok(_) => Ok(true),
        Err(Fault::Refused(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// INV-01, INV-10, INV-16, INV-20, INV-36: who may read what a link brought, at this moment.
pub(super) fn reading(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    reading_by(world, office, link, true)
}

/// The same for the reader alone, whose links are few.
pub(super) fn reading_by_reader(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    reading_by(world, office, link, false)
}

fn reading_by(world: &World, office: usize, link: LinkId, operator: bool) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    let Some(reader) = oracle.agreement(&link.0).map(|agreed| &agreed.wanted.reader).filter(|reader| reader.office == office) else {
        return Ok(());
    };
    for viewer in [Some(Viewer::User(&reader.user)), operator.then_some(Viewer::Operator)].into_iter().flatten() {
        let verdict = oracle.may_open(office, viewer, &link.0);
        if verdict.answer == Answer::May {
            continue;
        }
        let shown = world.look(office, |view| readable(view, viewer, link))?;
        if !verdict.fits(shown) {
            let word = if shown { "reads" } else { "does not read" };
            let what = format!("{viewer:?} {word} link {} at office {office}, although {}", brief(&link), verdict.why);
            return Err(match (shown, verdict.why) {
                (true, "the lease is over") => Violation::new("INV-36", "unbounded-exposure", what),
                (true, "the link is not Active here") => Violation::new("INV-10", "zombie-share", what),
                (true, _) => Violation::new("INV-01", "stale-right", what),
                (false, _) => Violation::new("INV-29", "lost-ack", what),
            });
        }
    }
    Ok(())
}

/// INV-19, INV-22, INV-29: the file of a link holds as many copies as batches brought.
pub(super) fn held(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    let Some(known) = world.checker.oracle.known(office, &link.0) else { return Ok(()) };
    if known.is_over() || world.offices[office].disk_full {
        return Ok(());
    }
    let progress = world.offices[office].files.progress(link).map_err(|fault| crate::world::failed(office, &fault))?;
    if progress.count == known.copies.len() as u64 {
        return Ok(());
    }
    let what = format!("link {} holds {} copies at office {office} and must hold {}", brief(&link), progress.count, known.copies.len());
    Err(Violation::new("INV-29", "orphan-share", what))
}
