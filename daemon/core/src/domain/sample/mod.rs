//! Sample records: invented people, companies and households, the same for the same seed, for demonstrations and measurements.

mod words;

use interoffice_protocol::ids::RelatedId;
use interoffice_protocol::record::{FieldName, Param, Property, Record, RecordKind, Related, RelatedKind};

use super::fold::fold;
use super::vcard::{CardVersion, escape, neutral, render};
use words::{CATEGORIES, FAMILY, FIRM_FIRST, FIRM_LAST, GIVEN, OTHER_SCRIPTS, PLACES, SENTENCES, STREETS, TITLES};

/// The first records are contacts, so that every household finds members before it.
const CONTACTS_FIRST: usize = 4;
/// How far back a household looks for its members.
const MEMBERS_WITHIN: usize = 40;
/// Bytes of a note in [`sample_cards`].
const NOTE_BYTES: usize = 120;

/// A reproducible set of records: record `index` depends on the seed and `note_bytes` only, so a longer set begins with a shorter one.
///
/// About 8 % are businesses and 8 % households; domains end in `.example`, telephone numbers are of the 555 range kept for fiction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Where the random numbers start.
    pub seed: u64,
    /// Number of records.
    pub count: usize,
    /// Bytes of each note; 0 for none. A contact has about 1 KB with 470.
    pub note_bytes: usize,
}

/// `count` vCard 4.0 cards with short notes.
pub fn sample_cards(seed: u64, count: usize) -> String {
    Sample { seed, count, note_bytes: NOTE_BYTES }.cards()
}

/// Cases, policies, investments and opportunities, none to three, of record `index` under `seed`.
pub fn related_for(seed: u64, index: usize) -> Vec<Related> {
    let mut dice = Dice::new(seed, index, Salt::Related);
    (0..dice.below(4)).map(|_| related(&mut dice)).collect()
}

impl Sample {
    /// All cards of the set, one after the other, as one vCard 4.0 file.
    pub fn cards(&self) -> String {
        (0..self.count).map(|index| self.card(index)).collect()
    }

    /// Card `index`, from 0; may be beyond `count`.
    pub fn card(&self, index: usize) -> String {
        render(&self.record(index), CardVersion::V4)
    }

    /// Record `index` with its related items; a household names its members by `MEMBER` properties, since their record ids are not known.
    pub fn record(&self, index: usize) -> Record {
        let kind = kind_of(self.seed, index);
        let mut dice = Dice::new(self.seed, index, Salt::Card);
        let mut sheet = Sheet::default();
        sheet.put("UID", format!("urn:uuid:{}", uuid_of(self.seed, index)));
        let display_name = match kind {
            RecordKind::Contact => contact(&mut sheet, &mut dice, &person(self.seed, index), index),
            RecordKind::Business => business(&mut sheet, &mut dice, index),
            RecordKind::Household => household(&mut sheet, &mut dice, self.seed, index),
        };
        if self.note_bytes > 0 {
            sheet.put("NOTE", escape(&note(&mut dice, self.note_bytes)));
        }
        Record { kind, display_name, properties: sheet.properties, members: Vec::new(), related: related_for(self.seed, index) }
    }
}

#[derive(Default)]
struct Sheet {
    properties: Vec<Property>,
}

impl Sheet {
    fn put(&mut self, name: &str, value: String) {
        self.put_with(name, &[], value);
    }

    fn put_with(&mut self, name: &str, params: &[(&str, &str)], value: String) {
        let params = params.iter().map(|(name, value)| Param { name: (*name).to_owned(), values: vec![(*value).to_owned()] }).collect();
        let property = Property { field: FieldName::Other, name: name.to_owned(), group: String::new(), params, value };
        self.properties.push(neutral(&property));
    }

    fn put_address(&mut self, dice: &mut Dice, kind: &str) {
        let street = format!("{} {}", 1 + dice.below(180), dice.pick(STREETS));
        let (city, region, code, country) = dice.pick(PLACES);
        self.put_with("ADR", &[("TYPE", kind)], format!(";;{};{};{};{};{}", escape(&street), escape(city), region, code, country));
    }

    fn put_phone(&mut self, dice: &mut Dice, kind: &str) {
        let area = [202, 303, 415, 512, 617, 713, 808][dice.below(7)];
        self.put_with("TEL", &[("VALUE", "uri"), ("TYPE", kind)], format!("tel:+1-{area}-555-{:04}", 100 + dice.below(100)));
    }
}

struct Person {
    given: &'static str,
    family: &'static str,
    mailbox: String,
}

fn person(seed: u64, index: usize) -> Person {
    let mut dice = Dice::new(seed, index, Salt::Person);
    if dice.below(100) < 8 {
        let (given, family, mailbox) = dice.pick(OTHER_SCRIPTS);
        return Person { given, family, mailbox: mailbox.to_owned() };
    }
    let (given, family) = (dice.pick(GIVEN), dice.pick(FAMILY));
    let letters = |text: &str| fold(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    Person { given, family, mailbox: format!("{}.{}", letters(given), letters(family)) }
}

fn contact(sheet: &mut Sheet, dice: &mut Dice, person: &Person, index: usize) -> String {
    let display_name = format!("{} {}", person.given, person.family);
    sheet.put("FN", escape(&display_name));
    sheet.put("N", format!("{};{};;;", escape(person.family), escape(person.given)));
    sheet.put_with("EMAIL", &[("TYPE", "home"), ("PREF", "1")], format!("{}{index}@mail.example", person.mailbox));
    sheet.put_phone(dice, "cell");
    sheet.put_phone(dice, "home");
    sheet.put_address(dice, "home");
    sheet.put("BDAY", format!("{}{:02}{:02}", 1938 + dice.below(66), 1 + dice.below(12), 1 + dice.below(28)));
    if dice.below(100) < 60 {
        let firm = firm(dice);
        sheet.put("ORG", escape(&firm));
        sheet.put("TITLE", escape(dice.pick(TITLES)));
        sheet.put_with("EMAIL", &[("TYPE", "work")], format!("{}@{}", person.mailbox, domain(&firm)));
    }
    sheet.put("CATEGORIES", categories(dice));
    display_name
}

fn business(sheet: &mut Sheet, dice: &mut Dice, index: usize) -> String {
    let firm = firm(dice);
    let domain = domain(&firm);
    sheet.put("KIND", "org".to_owned());
    sheet.put("FN", escape(&firm));
    sheet.put("ORG", escape(&firm));
    sheet.put_with("EMAIL", &[("TYPE", "work")], format!("office{index}@{domain}"));
    sheet.put_phone(dice, "work");
    sheet.put_address(dice, "work");
    sheet.put("URL", format!("https://www.{domain}/"));
    sheet.put("CATEGORIES", categories(dice));
    firm
}

fn household(sheet: &mut Sheet, dice: &mut Dice, seed: u64, index: usize) -> String {
    let size = 2 + dice.below(3);
    let near = (index.saturating_sub(MEMBERS_WITHIN)..index).rev().filter(|at| kind_of(seed, *at) == RecordKind::Contact);
    let members: Vec<usize> = near.chain(0..CONTACTS_FIRST.min(index.saturating_sub(MEMBERS_WITHIN))).take(size).collect();
    let family = members.last().map_or(FAMILY[0], |member| person(seed, *member).family);
    let display_name = format!("Household {family}");
    sheet.put("KIND", "group".to_owned());
    sheet.put("FN", escape(&display_name));
    for member in members {
        sheet.put("MEMBER", format!("urn:uuid:{}", uuid_of(seed, member)));
    }
    sheet.put_phone(dice, "home");
    sheet.put_address(dice, "home");
    sheet.put("CATEGORIES", categories(dice));
    display_name
}

fn firm(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(FIRM_FIRST), dice.pick(FIRM_LAST))
}

fn domain(firm: &str) -> String {
    let letters: String = fold(firm).chars().map(|char| if char.is_ascii_alphanumeric() { char } else { ' ' }).collect();
    format!("{}.example", letters.split_whitespace().collect::<Vec<_>>().join("-"))
}

fn categories(dice: &mut Dice) -> String {
    let (first, second) = (dice.below(CATEGORIES.len()), dice.below(CATEGORIES.len()));
    if first == second { CATEGORIES[first].to_owned() } else { format!("{},{}", CATEGORIES[first], CATEGORIES[second]) }
}

fn note(dice: &mut Dice, bytes: usize) -> String {
    let mut note = String::with_capacity(bytes + 80);
    while note.len() < bytes {
        if !note.is_empty() {
            note.push(' ');
        }
        note.push_str(dice.pick(SENTENCES));
    }
    note.truncate(bytes);
    if note.ends_with(' ') {
        note.pop();
        note.push('.');
    }
    note
}

fn related(dice: &mut Dice) -> Related {
    let kind = dice.pick(&RelatedKind::ALL);
    let number = 1_000 + dice.below(9_000);
    let (titles, states): (&[&str], &[&str]) = match kind {
        RelatedKind::Case => (&["Claim", "Change of address", "Complaint"], &["open", "pending", "waiting for papers"]),
        RelatedKind::Policy => (&["Life policy", "Household contents policy", "Disability policy"], &["in force", "lapsed", "paid up"]),
        RelatedKind::Investment => (&["Savings plan", "Index fund account", "Bond account"], &["active", "closed"]),
        RelatedKind::Opportunity => {
            (&["Pension review", "Mortgage renewal", "Cover for the new house"], &["new", "in talks", "offer sent"])
        }
    };
    let title = format!("{} {number}", dice.pick(titles));
    let status = dice.pick(states).to_owned();
    let detail = dice.pick(SENTENCES).to_owned();
    Related { id: RelatedId(dice.bytes()), kind, title, status, detail }
}

fn kind_of(seed: u64, index: usize) -> RecordKind {
    match Dice::new(seed, index, Salt::Kind).below(100) {
        _ if index < CONTACTS_FIRST => RecordKind::Contact,
        0..8 => RecordKind::Business,
        8..16 => RecordKind::Household,
        _ => RecordKind::Contact,
    }
}

fn uuid_of(seed: u64, index: usize) -> uuid::Uuid {
    uuid::Builder::from_random_bytes(Dice::new(seed, index, Salt::Uid).bytes()).into_uuid()
}

/// What a row of random numbers is for; the rows of one record have nothing to do with each other.
#[derive(Clone, Copy)]
enum Salt {
    Kind = 1,
    Uid = 2,
    Person = 3,
    Card = 4,
    Related = 5,
}

/// SplitMix64: small, fast, the same everywhere, and no secret.
struct Dice {
    state: u64,
}

impl Dice {
    fn new(seed: u64, index: usize, salt: Salt) -> Self {
        let mut start = Self { state: seed };
        let mixed = start.next() ^ (index as u64).wrapping_mul(0xD1B5_4A32_D192_ED03) ^ (salt as u64) << 56;
        Self { state: Self { state: mixed }.next() }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small and not 0, so the bias does not matter.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::vcard::{compare, parse_file};

    #[test]
    fn the_same_seed_gives_the_same_cards_and_a_longer_set_begins_with_a_shorter_one() {
        assert_eq!(sample_cards(7, 50), sample_cards(7, 50));
        assert_ne!(sample_cards(7, 50), sample_cards(8, 50));
        assert!(sample_cards(7, 80).starts_with(&sample_cards(7, 50)));
        assert_eq!(related_for(7, 3), related_for(7, 3));
    }

    #[test]
    fn every_card_is_read_back_as_the_record_it_was_made_from() {
        let sample = Sample { seed: 1, count: 500, note_bytes: 200 };
        let parsed = parse_file(sample.cards().as_bytes());
        assert_eq!(parsed.broken, []);
        assert_eq!(parsed.cards.len(), 500);
        for (index, card) in parsed.cards.iter().enumerate() {
            assert_eq!(compare(&sample.record(index), &card.record), [], "record {index}");
            assert!(!card.record.properties.iter().any(|property| property.name.starts_with("X-")));
        }
    }

    #[test]
    fn businesses_and_households_are_among_them_and_members_come_before_their_household() {
        let parsed = parse_file(sample_cards(42, 1_000).as_bytes());
        let count = |kind| parsed.cards.iter().filter(|card| card.record.kind == kind).count();
        assert!((50..120).contains(&count(RecordKind::Business)), "{}", count(RecordKind::Business));
        assert!((50..120).contains(&count(RecordKind::Household)), "{}", count(RecordKind::Household));
        let mut contacts = HashSet::new();
        for card in &parsed.cards {
            let uid = card.uid.clone().expect("every sample card has a UID");
            if card.record.kind == RecordKind::Household {
                assert!(card.household_member_uids.len() >= 2);
                assert!(card.household_member_uids.iter().all(|member| contacts.contains(member)));
            } else if card.record.kind == RecordKind::Contact {
                assert!(contacts.insert(uid), "UIDs are unique");
            }
        }
    }

    #[test]
    fn a_contact_with_a_note_of_470_bytes_has_about_a_kilobyte() {
        let sample = Sample { seed: 3, count: 400, note_bytes: 470 };
        let mean = sample.cards().len() / sample.count;
        assert!((900..1_150).contains(&mean), "{mean}");
    }

    #[test]
    fn nothing_leads_to_a_real_domain_or_telephone() {
        let sample = Sample { seed: 5, count: 300, note_bytes: 50 };
        for index in 0..sample.count {
            for property in sample.record(index).properties {
                match property.name.as_str() {
                    "EMAIL" => assert!(property.value.ends_with(".example") && property.value.is_ascii(), "{}", property.value),
                    "URL" => assert!(property.value.ends_with(".example/"), "{}", property.value),
                    "TEL" => assert!(property.value.contains("-555-01"), "{}", property.value),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn related_items_come_in_every_kind_with_ids_of_their_own() {
        let items: Vec<Related> = (0..400).flat_map(|index| related_for(9, index)).collect();
        let ids: HashSet<_> = items.iter().map(|item| item.id).collect();
        assert_eq!(ids.len(), items.len());
        assert!(RelatedKind::ALL.iter().all(|kind| items.iter().any(|item| item.kind == *kind)));
    }
}
