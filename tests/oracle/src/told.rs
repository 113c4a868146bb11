//! Taking in what is told: each event changes what is known, and is judged against what was known before.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, Link, Office, Placed, Record, Said, Taken, Wanted, Why, With};
use crate::history::{Agreement, Home};
use crate::local::{Held, Known, Lease, Own, Standing, State, User, Viewer};
use crate::oracle::Oracle;
use crate::token::Token;

/// Requests of one office that may wait at another.
const WAITING_FROM_OFFICE: usize = 20;
/// Requests that may wait for one user.
const WAITING_FOR_USER: usize = 100;

pub(crate) fn brief(id: &[u8]) -> String {
    id.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

impl Oracle {
    pub(crate) fn user(&mut self, who: &crate::event::Person) -> Option<&mut User> {
        self.offices.get_mut(&who.office)?.users.get_mut(&who.user)
    }

    pub(crate) fn people(&mut self, event: &Event) {
        match event {
            Event::UserAdded { who, rights } => {
                if let Some(local) = self.offices.get_mut(&who.office) {
                    local.users.insert(who.user.clone(), User::new(*rights));
                }
            }
            Event::RightsSet { who, super_user, enterprise_view } => {
                if let Some(user) = self.user(who) {
                    (user.rights.super_user, user.rights.enterprise_view) = (*super_user, *enterprise_view);
                }
            }
            Event::UserDisabled { who } => {
                if let Some(user) = self.user(who) {
                    (user.disabled, user.specialist) = (true, false);
                }
                self.forget_person(who);
                self.end_all(who.office, &who.user, Why::UserGone);
            }
            Event::RightEnabled { who } => {
                if let Some(user) = self.user(who) {
                    (user.specialist, user.rights.super_user, user.rights.enterprise_view) = (true, false, false);
                    user.all_clients = None;
                }
                if let Some(local) = self.offices.get_mut(&who.office) {
                    local.security = true;
                }
            }
            Event::RightDisabled { who } => {
                if let Some(user) = self.user(who) {
                    user.specialist = false;
                }
                self.end_all(who.office, &who.user, Why::RightDisabled);
            }
            Event::SecuritySet { office, on } => {
                if let Some(local) = self.offices.get_mut(office) {
                    local.security = *on;
                }
            }
            _ => {}
        }
    }

    /// Every live link of a user ends with the user's right, in the same commit (INV-20).
    fn end_all(&mut self, office: Office, user: &str, why: Why) {
        let mine = |(link, agreed): (&Link, &Agreement)| {
            let is_end = [&agreed.wanted.owner, &agreed.wanted.reader].iter().any(|person| person.office == office && person.user == user);
            is_end.then_some(*link)
        };
        let links: Vec<Link> = self.links.iter().filter_map(mine).collect();
        for link in links {
            self.end(office, &link, why);
        }
    }

    /// An office ends a link by its own doing; one that is over, or never was heard of, stays as it is.
    fn end(&mut self, office: Office, link: &Link, why: Why) {
        let Some(local) = self.offices.get_mut(&office) else { return };
        let now = local.clock.true_ms();
        let Some(known) = local.links.get_mut(link).filter(|known| known.requested && !known.is_over()) else { return };
        known.ends.insert(why);
        if let Some(agreed) = self.links.get_mut(link) {
            agreed.ended.entry(office).or_insert((now, BTreeSet::new())).1.insert(why);
        }
    }

    pub(crate) fn records(&mut self, event: &Event) {
        match event {
            Event::RecordMade { owner, record, marks, tokens } => {
                self.learn(*record, tokens);
                let home = Home { owner: owner.clone(), versions: vec![tokens.clone()] };
                if self.records.insert(*record, home).is_some() {
                    self.breach("INV-26", "duplicate-effect", format!("record {} was made twice", brief(record)));
                }
                let shares = BTreeMap::new();
                let own = Own { owner: owner.user.clone(), marks: *marks, archived: false, shares, tokens: tokens.clone() };
                if let Some(local) = self.offices.get_mut(&owner.office) {
                    local.records.insert(*record, own);
                }
            }
            Event::RecordEdited { office, record, tokens } => {
                self.learn(*record, tokens);
                if let Some(home) = self.records.get_mut(record) {
                    home.versions.push(tokens.clone());
                }
                if let Some(own) = self.own(*office, record) {
                    own.tokens.clone_from(tokens);
                }
            }
            Event::RecordMarked { office, record, marks } => {
                if let Some(own) = self.own(*office, record) {
                    own.marks = *marks;
                    if marks.private {
                        own.shares.remove(&With::Everybody);
                    }
                }
            }
            Event::RecordDeleted { office, record } => {
                if let Some(local) = self.offices.get_mut(office) {
                    local.records.remove(record);
                }
                self.take_off_everything(*office, record);
            }
            Event::RecordArchived { office, record } => {
                if let Some(own) = self.own(*office, record) {
                    own.archived = true;
                }
                self.take_off_everything(*office, record);
            }
            Event::RecordUnarchived { office, record } => {
                if let Some(own) = self.own(*office, record) {
                    own.archived = false;
                }
            }
            _ => {}
        }
    }

    pub(crate) fn own(&mut self, office: Office, record: &Record) -> Option<&mut Own> {
        self.offices.get_mut(&office)?.records.get_mut(record)
    }

    fn learn(&mut self, record: Record, tokens: &[Placed]) {
        self.tokens.extend(tokens.iter().map(|placed| (placed.token, (record, placed.place))));
    }

    /// A record that leaves use is on no link any more.
    pub(crate) fn take_off_everything(&mut self, office: Office, record: &Record) {
        if let Some(local) = self.offices.get_mut(&office) {
            for known in local.links.values_mut() {
                known.shared.remove(record);
            }
        }
    }

    pub(crate) fn links(&mut self, event: &Event) {
        match event {
            Event::Paired { a, b } => {
                for (me, other) in [(a, b), (b, a)] {
                    if let Some(local) = self.offices.get_mut(me) {
                        local.peers.insert(*other, Standing::Paired);
                    }
                }
            }
            Event::PeerBlocked { office, peer, blocked } => {
                if let Some(local) = self.offices.get_mut(office) {
                    local.peers.insert(*peer, if *blocked { Standing::Blocked } else { Standing::Paired });
                }
            }
            Event::PeerRemoved { office, peer } => {
                if let Some(local) = self.offices.get_mut(office) {
                    local.peers.insert(*peer, Standing::Removed);
                }
                let between =
                    |(link, agreed): (&Link, &Agreement)| (agreed.concerns(*office) && agreed.other(*office) == *peer).then_some(*link);
                let links: Vec<Link> = self.links.iter().filter_map(between).collect();
                for link in links {
                    self.end(*office, &link, Why::PeerRemoved);
                }
            }
            Event::Requested { link, wanted } => self.requested(link, wanted),
            Event::Accepted { link, by } => self.accepted(link, by),
            Event::Ended { office, link, why } => self.end(*office, link, *why),
            Event::Shared { link, records } => self.shared(link, records, true),
            Event::Unshared { link, records } => self.shared(link, records, false),
            _ => {}
        }
    }

    fn requested(&mut self, link: &Link, wanted: &Wanted) {
        if let Some(local) = self.offices.get_mut(&wanted.owner.office) {
            local.links.entry(*link).or_default().requested = true;
        }
        self.links.entry(*link).or_insert_with(|| Agreement::new(wanted.clone()));
    }

    fn accepted(&mut self, link: &Link, by: &crate::event::Person) {
        let Some(agreed) = self.links.get_mut(link) else {
            return self.breach("INV-03", "forged-consent", format!("{by:?} accepted {}, which nobody asked for", brief(link)));
        };
        if agreed.wanted.reader != *by {
            return self.breach("INV-03", "forged-consent", format!("{by:?} accepted {}, which names another reader", brief(link)));
        }
        agreed.consented = true;
        let Some(local) = self.offices.get_mut(&by.office) else { return };
        let lease = Lease { asked: local.clock.passed(), locked: false };
        let known = local.links.entry(*link).or_default();
        known.accepted = true;
        known.lease = Some(lease);
    }

    fn shared(&mut self, link: &Link, records: &[Record], on: bool) {
        let Some(agreed) = self.links.get_mut(link) else { return };
        let office = agreed.wanted.owner.office;
        if on {
            agreed.ever_shared.extend(records);
        }
        let owner = agreed.wanted.owner.user.clone();
        let Some(local) = self.offices.get_mut(&office) else { return };
        let shares = local.shares(Viewer::User(&owner));
        let Some(known) = local.links.get_mut(link) else { return };
        if on && !shares && !self.hostile.contains(&office) {
            return self.breach("INV-01", "stale-right", format!("{owner} at {office}, who may not share, shared over {}", brief(link)));
        }
        if !known.is_active() && !self.hostile.contains(&office) {
            return self.breach("INV-10", "stale-right", format!("shares of {} changed while it was not Active", brief(link)));
        }
        for record in records {
            if on {
                known.shared.insert(*record)
            } else {
                known.shared.remove(record)
            };
        }
    }

    /// Takes in what a statement said at the office that keeps it.
    pub(crate) fn heard(&mut self, at: Office, from: Office, link: &Link, said: Said, taken: Taken) {
        // What is known already was told when it was new, or refused then.
        if taken == Taken::Refused && said == Said::Request {
            self.refused_request(at, from, link);
        }
        if taken != Taken::New || self.hostile.contains(&at) {
            return;
        }
        self.shut_door(at, from, link, said);
        let Some(agreed) = self.links.get(link) else {
            if matches!(said, Said::Request | Said::Accept) {
                self.breach("INV-02", "forged-consent", format!("{at} took {said:?} about {}, which nobody asked for", brief(link)));
            }
            return;
        };
        if matches!(said, Said::End(_)) && self.hostile.contains(&from) && !agreed.concerns(at) {
            // Who knows no such link keeps an end all the same, should its request ever come; it never does.
            return;
        }
        if !agreed.concerns(at) || agreed.other(at) != from {
            return self.breach("INV-05", "forged-consent", format!("{at} took {said:?} about {} from {from}", brief(link)));
        }
        if !self.hostile.contains(&from) && !self.rewound.contains(&from) && !was_said(agreed, from, said) {
            let what = format!("{at} took {said:?} about {} from {from}, where nobody did anything of the kind", brief(link));
            return self.breach("INV-04", "forged-consent", what);
        }
        if said == Said::Accept
            && let Some(agreed) = self.links.get_mut(link)
            && self.hostile.contains(&from)
        {
            agreed.consented = true;
        }
        let Some(local) = self.offices.get_mut(&at) else { return };
        let known = local.links.entry(*link).or_default();
        match said {
            Said::Request => known.requested = true,
            Said::Accept => known.accepted = true,
            Said::End(why) => drop(known.ends.insert(why)),
            Said::Freeze => known.freezes.0 = true,
            Said::Thaw => known.freezes.1 = true,
            Said::Receipt | Said::Other => {}
        }
    }

    /// INV-09: a request is taken whoever it is for; only too many of them, or a closed door, are refused.
    fn refused_request(&mut self, at: Office, from: Office, link: &Link) {
        let (Some(local), Some(agreed)) = (self.offices.get(&at), self.links.get(link)) else { return };
        let waits = |(link, known): (&Link, &Known)| {
            let wanted = &self.links.get(link)?.wanted;
            (known.state() == State::Waiting && wanted.reader.office == at).then_some((wanted.owner.office, &wanted.reader.user))
        };
        let waiting: Vec<(Office, &String)> = local.links.iter().filter_map(waits).collect();
        let from_office = waiting.iter().filter(|(office, _)| *office == from).count();
        let for_user = waiting.iter().filter(|(_, user)| **user == agreed.wanted.reader.user).count();
        let right = (agreed.wanted.owner.office, agreed.wanted.reader.office) == (from, at);
        let few = from_office < WAITING_FROM_OFFICE && for_user < WAITING_FOR_USER;
        let open = local.standing(from) == Some(Standing::Paired);
        if right && few && open && !self.hostile.contains(&at) && !self.hostile.contains(&from) && !self.rewound.contains(&from) {
            let what = format!("{at} refused the request {} for {} of {from}", brief(link), agreed.wanted.reader.user);
            self.breach("INV-09", "stale-right", what);
        }
    }

    /// INV-20: of an office that was blocked or removed nothing is taken but ends, receipts, and what comes too late to matter.
    fn shut_door(&mut self, at: Office, from: Office, link: &Link, said: Said) {
        let Some(local) = self.offices.get(&at) else { return };
        let over = local.links.get(link).is_some_and(Known::is_over);
        let settles = matches!(said, Said::End(_) | Said::Receipt) || (said == Said::Accept && over);
        if !settles && local.standing(from).is_some_and(|standing| standing != Standing::Paired) {
            self.breach("INV-20", "stale-right", format!("{at} took {said:?} about {} from {from}, to which it is shut", brief(link)));
        }
    }

    pub(crate) fn applied(&mut self, at: Office, link: &Link, puts: &[(Record, Vec<Token>)], withdrawn: &[Record]) {
        if self.hostile.contains(&at) {
            return;
        }
        if !self.offices.get(&at).and_then(|local| local.links.get(link)).is_some_and(Known::is_active) {
            return self.breach("INV-19", "zombie-share", format!("{at} applied a batch of {} while it was not Active there", brief(link)));
        }
        let mut held = Vec::new();
        for (record, tokens) in puts {
            match self.version_that_came(link, record, tokens) {
                Ok(version) => held.push((*record, Held { tokens: tokens.clone(), version })),
                Err((invariant, anomaly, what)) => {
                    let what = format!("{at} applied record {} of link {}: {what}", brief(record), brief(link));
                    self.breach(invariant, anomaly, what);
                }
            }
        }
        let Some(known) = self.offices.get_mut(&at).and_then(|local| local.links.get_mut(link)) else { return };
        known.residue.extend(puts.iter().flat_map(|(_, tokens)| tokens));
        known.copies.extend(held);
        for record in withdrawn {
            known.copies.remove(record);
        }
    }

    /// Which version of a record a batch brought; what is wrong with it otherwise.
    fn version_that_came(
        &mut self,
        link: &Link,
        record: &Record,
        tokens: &[Token],
    ) -> Result<usize, (&'static str, &'static str, &'static str)> {
        let (Some(agreed), Some(home)) = (self.links.get_mut(link), self.records.get(record)) else {
            return Err(("INV-05", "leaked-onward", "nobody made such a record"));
        };
        let owner = &agreed.wanted.owner;
        if home.owner.office != owner.office {
            return Err(("INV-07", "leaked-onward", "it is a third office's"));
        }
        if self.hostile.contains(&owner.office) {
            return Ok(0);
        }
        if !agreed.ever_shared.contains(record) {
            return Err(("INV-22", "zombie-share", "it was never shared over this link"));
        }
        let Some(version) = home.version_of(&agreed.wanted, tokens) else {
            return Err(("INV-28", "torn-record", "its words are those of no version within the scope"));
        };
        let newest = agreed.newest.entry(*record).or_insert(version);
        if version < *newest && !self.rewound.contains(&owner.office) {
            return Err(("INV-28", "non-monotonic-read", "an older version came after a newer one"));
        }
        *newest = version;
        Ok(version)
    }
}

/// Whether somebody at `from` did what a statement says.
fn was_said(agreed: &Agreement, from: Office, said: Said) -> bool {
    match said {
        Said::Request => agreed.wanted.owner.office == from,
        Said::Accept => agreed.wanted.reader.office == from && agreed.consented,
        Said::End(why) => agreed.ended.get(&from).is_some_and(|(_, ends)| ends.contains(&why)),
        Said::Receipt => agreed.wanted.reader.office == from,
        Said::Freeze | Said::Thaw | Said::Other => true,
    }
}
