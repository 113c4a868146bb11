//! What goes over wires, what files hold, and what clocks and crashes do to it.

use crate::event::{Clocks, Event, Link, Office};
use crate::local::{Held, Known, Lease, Standing, State};
use crate::oracle::Oracle;
use crate::token::Token;

impl Oracle {
    pub(crate) fn traffic(&mut self, event: Event) {
        match event {
            Event::Heard { at, from, link, said, taken } => self.heard(at, from, &link, said, taken),
            Event::Sent { from, to, link, tokens } => self.sent(from, to, link, &tokens),
            Event::Applied { at, link, puts, withdrawn } => self.applied(at, &link, &puts, &withdrawn),
            Event::Interrupted { at, link, tokens } => self.file(at, &link, |known| known.residue.extend(tokens)),
            Event::FileErased { at, link } => self.file(at, &link, |known| (known.copies, known.residue) = Default::default()),
            Event::FileRebuilt { at, link } => self.file(at, &link, |known| {
                known.residue = known.copies.values().flat_map(|held: &Held| held.tokens.iter().copied()).collect();
            }),
            Event::Receipted { at, link, part, erased } => self.receipted(at, &link, part, erased),
            Event::LeaseRenewed { at, links, asked } => self.renewed(at, &links, asked),
            Event::Hostile { office } => drop(self.hostile.insert(office)),
            Event::ClockRead { .. } | Event::Ticked { .. } | Event::TickLost { .. } | Event::Crashed { .. } | Event::Restarted { .. } => {
                self.time(&event)
            }
            Event::FileLost { .. } | Event::FileKept { .. } | Event::FileOlder { .. } => self.file_trouble(&event),
            Event::FolderKept { office } => {
                if let Some(local) = self.offices.get(&office) {
                    self.kept_folders.insert(office, local.clone());
                }
            }
            Event::FolderReplaced { office } => {
                if let Some(kept) = self.kept_folders.get(&office) {
                    let mut kept = kept.clone();
                    kept.clock.stopped();
                    self.offices.insert(office, kept);
                    self.rewound.insert(office);
                }
            }
            _ => {}
        }
    }

    fn file(&mut self, at: Office, link: &Link, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.offices.get_mut(&at).and_then(|local| local.links.get_mut(link)) {
            change(known);
        }
    }

    /// INV-06, INV-07 and INV-20 at the moment when something leaves an office.
    fn sent(&mut self, from: Office, to: Office, link: Option<Link>, tokens: &[Token]) {
        if self.hostile.contains(&from) {
            return;
        }
        for token in tokens {
            if let Err((invariant, anomaly, what)) = self.may_send(from, to, link.as_ref(), *token) {
                self.breach(invariant, anomaly, format!("{from} sent {token:?} to {to}: {what}"));
            }
        }
    }

    fn may_send(
        &self,
        from: Office,
        to: Office,
        link: Option<&Link>,
        token: Token,
    ) -> Result<(), (&'static str, &'static str, &'static str)> {
        let Some((record, place)) = self.token(token) else { return Ok(()) };
        if self.home_of(token) != Some(from) {
            return Err(("INV-07", "leaked-onward", "the record is another office's"));
        }
        let Some((known, agreed)) = link.and_then(|link| Some((self.known(from, link)?, self.agreement(link)?))) else {
            return Err(("INV-07", "leaked-onward", "no link carries it"));
        };
        if agreed.wanted.owner.office != from || agreed.wanted.reader.office != to {
            return Err(("INV-07", "leaked-onward", "the link does not lead there"));
        }
        match known.state() {
            State::Active { frozen: Some(false) | None } => {}
            _ => return Err(("INV-20", "zombie-share", "the link was not Active when it was sent")),
        }
        if self.offices[&from].standing(to) != Some(Standing::Paired) {
            return Err(("INV-20", "zombie-share", "the other office was blocked or removed when it was sent"));
        }
        if !known.shared.contains(&record) {
            return Err(("INV-06", "zombie-share", "the record is not on the link"));
        }
        // Where the word stands now at that office, which may live on from an older copy of its folder.
        let own = self.offices[&from].records.get(&record);
        let now = own.and_then(|own| own.tokens.iter().find(|placed| placed.token == token));
        if !agreed.wanted.mask.shows(now.map_or(place, |placed| placed.place)) {
            return Err(("INV-06", "leaked-onward", "the link's scope does not show the field"));
        }
        if now.is_some() { Ok(()) } else { Err(("INV-28", "non-monotonic-read", "the word stood in an older version only")) }
    }

    /// An owner's office believes that copies are gone.
    fn receipted(&mut self, at: Office, link: &Link, part: bool, erased: bool) {
        let Some(agreed) = self.links.get(link) else { return };
        let reader = agreed.other(at);
        if part || !erased || self.hostile.contains(&reader) || self.hostile.contains(&at) || self.rewound.contains(&reader) {
            return;
        }
        let Some(known) = self.known(reader, link) else { return };
        if !known.is_over() {
            self.breach(
                "INV-12",
                "zombie-share",
                format!("{at} believes all of {:02x?} erased while {reader} holds it Active", &link[..4]),
            );
        } else if !known.residue.is_empty() {
            self.breach("INV-12", "zombie-share", format!("{at} believes all of {:02x?} erased while {reader} keeps the file", &link[..4]));
        }
    }

    /// INV-16: nobody renews a link that has ended at the owner's office.
    fn renewed(&mut self, at: Office, links: &[Link], asked: Clocks) {
        for link in links {
            let Some(agreed) = self.links.get(link) else { continue };
            let owner = agreed.wanted.owner.office;
            let ended = agreed.ended.get(&owner).map(|(when, _)| *when);
            if ended.is_some_and(|when| when < asked.true_ms) && !self.hostile.contains(&owner) && !self.rewound.contains(&owner) {
                self.breach("INV-16", "unbounded-exposure", format!("{at} renewed {:02x?} that {owner} had ended before", &link[..4]));
            }
            let Some(local) = self.offices.get_mut(&at) else { continue };
            let lease = Lease { asked: local.clock.passed_at(asked), locked: false };
            if let Some(known) = local.links.get_mut(link).filter(|known| known.is_active()) {
                known.lease = Some(lease);
            }
        }
    }

    fn time(&mut self, event: &Event) {
        let (Event::ClockRead { office, .. }
        | Event::Ticked { office }
        | Event::TickLost { office }
        | Event::Crashed { office, .. }
        | Event::Restarted { office, .. }) = event
        else {
            return;
        };
        let Some(local) = self.offices.get_mut(office) else { return };
        match event {
            Event::ClockRead { clocks, .. } => local.clock.read(*clocks),
            Event::Ticked { .. } => local.clock.written(),
            Event::TickLost { .. } => local.clock.not_written(),
            Event::Crashed { .. } => local.clock.stopped(),
            Event::Restarted { clocks, .. } if local.clock.restarted(*clocks) => {
                // Nobody can tell how much time is missing.
                local.links.values_mut().filter_map(|known| known.lease.as_mut()).for_each(|lease| lease.locked = true);
            }
            _ => {}
        }
    }

    fn file_trouble(&mut self, event: &Event) {
        match event {
            Event::FileKept { at, link } => {
                if let Some(known) = self.known(*at, link) {
                    self.kept_files.insert((*at, *link), known.clone());
                }
            }
            Event::FileLost { at, link } => self.file(*at, link, |known| {
                (known.copies, known.residue, known.damaged) = Default::default();
                known.damaged = true;
            }),
            Event::FileOlder { at, link } => {
                if let Some(kept) = self.kept_files.get(&(*at, *link)).cloned() {
                    self.file(*at, link, |known| {
                        (known.copies, known.residue, known.damaged) = (kept.copies, kept.residue, true);
                    });
                }
            }
            _ => {}
        }
    }
}
