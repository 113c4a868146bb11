//! Plans: what a cascade or a change of rights will do, said before it is done. A plan is named by a keyed hash of its content, so
//! that a commit which no longer does what was read is refused, and nobody learns from the name what the plan rests on without showing it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use interoffice_protocol::ids::OfficeId;
use interoffice_protocol::statement::Signer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;

/// What the key of this office is used for, when it names plans.
const LABEL: &str = "plan";

/// The name of one plan: the first 16 bytes of a keyed hash over all it says, as lower-case base32.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct PlanId(String);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for PlanId {
    /// Any text: one that names no plan agrees with none.
    fn from(text: &str) -> Self {
        Self(text.trim().to_ascii_lowercase())
    }
}

impl FromStr for PlanId {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text))
    }
}

/// What a plan touches, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PlanCounts {
    /// Contacts.
    pub contacts: u64,
    /// Businesses.
    pub businesses: u64,
    /// Households.
    pub households: u64,
    /// Pending cases of these records.
    pub cases: u64,
    /// Policies of these records.
    pub policies: u64,
    /// Investments of these records.
    pub investments: u64,
    /// Opportunities of these records.
    pub opportunities: u64,
    /// Links that end or change.
    pub links: u64,
    /// Other offices concerned.
    pub offices: u64,
    /// People at other offices concerned.
    pub people: u64,
    /// Contacts without an assigned user, which every user of the office sees.
    pub unassigned_contacts: u64,
    /// Records marked private among them.
    pub private: u64,
}

/// What will happen, and what will not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Plan {
    /// First 16 bytes of a keyed hash over everything below and over what it rests on, as lower-case base32; the commit quotes it.
    pub id: PlanId,
    /// The verb that carries it out, such as `specialist.enable`.
    pub verb: &'static str,
    /// What it is about: a user, a link, a record.
    pub subject: String,
    /// One sentence for each thing that will really change.
    pub changes: Vec<String>,
    /// One sentence for each thing that could be expected to change and does not.
    pub stays: Vec<String>,
    /// The numbers.
    pub counts: PlanCounts,
    /// Offices concerned that can't be reached at present, and so learn of it later; whoever shows the plan fills it in.
    pub unreachable: Vec<String>,
    /// The offices concerned, with their names.
    #[serde(skip)]
    pub concerns: Vec<(OfficeId, String)>,
}

impl Plan {
    /// Refuses a commit that was given the name of another plan.
    pub fn agreed(&self, given: &PlanId) -> Result<(), Refusal> {
        if self.id == *given {
            return Ok(());
        }
        Err(Refusal::conflict(
            "stale-plan",
            "what this would do has changed since the plan was made",
            "read the new plan and confirm that one",
        ))
    }
}

/// A plan that is being written.
#[derive(Clone, Debug)]
pub struct Draft {
    verb: &'static str,
    subject: String,
    /// See [`Plan::changes`].
    pub changes: Vec<String>,
    /// See [`Plan::stays`].
    pub stays: Vec<String>,
    /// See [`Plan::counts`].
    pub counts: PlanCounts,
    concerns: BTreeMap<OfficeId, String>,
    basis: Sha256,
}

impl Draft {
    /// An empty plan of `verb` on `subject`.
    pub fn new(verb: &'static str, subject: impl Into<String>) -> Self {
        let counts = PlanCounts::default();
        let (changes, stays) = (Vec::new(), Vec::new());
        Self { verb, subject: subject.into(), changes, stays, counts, concerns: BTreeMap::new(), basis: Sha256::new() }
    }

    /// Adds something that is not shown but makes the plan stale when it changes, such as the id and version of a record.
    pub fn basis(&mut self, part: &[u8]) {
        self.basis.update((part.len() as u64).to_be_bytes());
        self.basis.update(part);
    }

    /// Notes an office that the plan concerns.
    pub fn concerns(&mut self, office: OfficeId, name: &str) {
        self.concerns.insert(office, name.to_owned());
    }

    /// Adds a change.
    pub fn change(&mut self, sentence: impl Into<String>) {
        self.changes.push(sentence.into());
    }

    /// Adds something that stays.
    pub fn stay(&mut self, sentence: impl Into<String>) {
        self.stays.push(sentence.into());
    }

    /// The finished plan with its name, which only `office` can give it: a plan rests on things that whoever reads it may not know, such as who
    /// is in a group, and a plain hash would let them be tried out. The key outlives the process, and so does the name.
    pub fn finish(self, office: &Signer) -> Plan {
        let basis = self.basis.finalize();
        let mut plan = Plan {
            id: PlanId(String::new()),
            verb: self.verb,
            subject: self.subject,
            changes: self.changes,
            stays: self.stays,
            counts: self.counts,
            unreachable: Vec::new(),
            concerns: self.concerns.into_iter().collect(),
        };
        let mut all = basis.to_vec();
        // A plan holds texts and numbers only, so writing it as JSON can't fail.
        all.extend(serde_json::to_vec(&plan).unwrap_or_default());
        plan.id = PlanId(BASE32_NOPAD.encode(&office.keyed_hash(LABEL, &all)[..16]).to_ascii_lowercase());
        plan
    }
}

/// `1 link`, `3 links`: a number with its noun.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(seed: u8) -> Signer {
        Signer::new(OfficeId([7; 32]), 1, &[seed; 32])
    }

    fn finished(draft: Draft) -> Plan {
        draft.finish(&office(1))
    }

    fn draft() -> Draft {
        let mut draft = Draft::new("specialist.enable", "ann");
        draft.change("ann receives the right Record Sharing");
        draft
    }

    #[test]
    fn a_plan_has_the_same_name_as_long_as_it_does_the_same() {
        assert_eq!(finished(draft()), finished(draft()));
        assert!(finished(draft()).agreed(&finished(draft()).id).is_ok());
    }

    #[test]
    fn whatever_changes_in_a_plan_changes_its_name() {
        let first = finished(draft());
        let mut counted = draft();
        counted.counts.contacts = 1;
        let mut rests_on_more = draft();
        rests_on_more.basis(b"record 1");
        let mut stays = draft();
        stays.stay("office security stays on");
        for other in [counted, rests_on_more, stays].map(finished) {
            assert_eq!(other.agreed(&first.id).map_err(|refusal| refusal.code), Err("stale-plan"));
        }
    }

    #[test]
    fn a_plan_is_named_by_its_office_and_by_nobody_who_knows_all_it_rests_on() {
        let made = || {
            let mut draft = draft();
            draft.basis(b"bob");
            draft
        };
        let plan = made().finish(&office(1));
        // All that is hashed, as somebody could write it who guesses what is not shown.
        let basis = Sha256::new().chain_update(3u64.to_be_bytes()).chain_update(b"bob").finalize();
        let shown = serde_json::to_vec(&Plan { id: PlanId(String::new()), ..plan.clone() }).unwrap();
        for prefix in [&b"interoffice/plan\0"[..], b"plan", b""] {
            let plain = Sha256::new().chain_update(prefix).chain_update(basis).chain_update(&shown).finalize();
            assert_ne!(plan.id.to_string(), BASE32_NOPAD.encode(&plain[..16]).to_ascii_lowercase());
        }
        assert_ne!(made().finish(&office(2)).id, plan.id, "another office names the same plan otherwise");
        assert_eq!(made().finish(&office(1)).id, plan.id, "the name outlives the process: the key alone makes it");
    }
}
