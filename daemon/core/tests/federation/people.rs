//! What named people do, and what is looked at afterwards.

use std::collections::BTreeMap;

use interoffice_core::actions::links::Ask;
use interoffice_core::actions::sharing::Selection;
use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{link_view, links, peers, records, sharing, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::{Edit, PropertyEdit};
use interoffice_core::store::peers::{Introduction, Standing};
use interoffice_core::store::received::CopyQuery;
use interoffice_core::store::removals::{self, RemovalRow};
use interoffice_core::store::{Fault, links as link_rows, log, peers as peer_rows, records as record_rows};
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{LinkId, RecordId};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Record, Scope};

use crate::office::Office;
use crate::world::World;

/// Alice's office, whose records are shared in most tests.
pub(crate) const NORTH: usize = 0;
/// Bob's office.
pub(crate) const SOUTH: usize = 1;
/// Carol's office.
pub(crate) const EAST: usize = 2;

const NAMES: [&str; 3] = ["North", "South", "East"];
const SPECIALISTS: [&str; 3] = ["alice", "bob", "carol"];

pub(crate) fn name(text: &str) -> UserName {
    UserName::new(text).expect("a user name")
}

pub(crate) fn user(text: &str) -> Actor {
    Actor::User(name(text))
}

/// The code of a refusal; anything else fails the test.
pub(crate) fn refused<T: std::fmt::Debug>(end: Result<T, Fault>) -> &'static str {
    match end {
        Err(Fault::Refused(refusal)) => refusal.code,
        other => panic!("this should have been refused: {other:?}"),
    }
}

pub(crate) fn selection(chosen: &[RecordId]) -> Selection {
    Selection { records: chosen.iter().map(RecordId::to_string).collect(), ..Selection::default() }
}

pub(crate) fn all_mine() -> Selection {
    Selection { all_mine: true, ..Selection::default() }
}

/// A card with a word in each field by which its copies can be found; `other` fields among them.
pub(crate) fn card(number: usize) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:00000000-0000-4000-8000-{number:012}\r\nFN:Person Fncanary{number}x\r\n\
         N:Fncanary{number}x;Person;;;\r\nTEL:+1-555-{number:07}\r\nEMAIL:mailcanary{number}x@person.example\r\n\
         NOTE:Some words about Notecanary{number}x\r\nX-SHOE-SIZE:Othercanary{number}x\r\nEND:VCARD\r\n"
    )
}

/// Meets and confirms two offices, as their admins do after comparing the words.
pub(crate) fn pair(world: &mut World, a: usize, b: usize) {
    let token = world.offices[a].token();
    world.offices[a].write(|tx| peers::invite(tx, &Actor::Operator, &token)).expect("an invite is made");
    let words = ["one", "two", "three", "four", "five"];
    for (me, other) in [(a, b), (b, a)] {
        let (chain, their_name) = (world.offices[other].chain.clone(), world.offices[other].name);
        let who = Introduction { chain: &chain, name: their_name, addresses: &[format!("{their_name}.example:4433")] };
        let token = (me == a).then_some(&token);
        world.offices[me].write(|tx| peers::met(tx, &who, &words, token)).expect("an office is met");
    }
    for (me, other) in [(a, b), (b, a)] {
        let (mine, theirs) = (world.offices[me].id, world.offices[other].id);
        world.offices[me].write(|tx| peers::confirm(tx, &Actor::Operator, &theirs.to_string())).expect("words are confirmed");
        world.offices[other].write(|tx| peers::confirmed_there(tx, mine)).expect("a confirmation is taken");
    }
    for (me, other) in [(a, b), (b, a)] {
        let theirs = world.offices[other].id;
        let standing = world.offices[me].read(|view| Ok(peer_rows::find(view, theirs)?)).expect("a peer").standing;
        assert_eq!(standing, Standing::Paired);
    }
}

impl World {
    /// North with alice and South with bob, both specialists, paired.
    pub(crate) fn two() -> Self {
        Self::of(vec![Office::new(NAMES[0], 1), Office::new(NAMES[1], 2)])
    }

    /// The same with databases on disk.
    pub(crate) fn two_on_disk() -> Self {
        Self::of(vec![Office::on_disk(NAMES[0], 1), Office::on_disk(NAMES[1], 2)])
    }

    /// North, South and East with alice, bob and carol, all paired.
    pub(crate) fn three() -> Self {
        Self::of((0..3).map(|index| Office::new(NAMES[index], index as u8 + 1)).collect())
    }

    fn of(offices: Vec<Office>) -> Self {
        let mut world = Self::new(offices);
        let count = world.offices.len();
        for (a, who) in SPECIALISTS.into_iter().enumerate().take(count) {
            world.specialist(a, who);
            for b in 0..a {
                pair(&mut world, b, a);
            }
        }
        world
    }

    pub(crate) fn add_user(&mut self, office: usize, who: &str) {
        let new = NewUser { name: who.to_owned(), ..NewUser::default() };
        self.offices[office].write(|tx| users::add(tx, &Actor::Operator, &new)).expect("a user is added");
    }

    pub(crate) fn specialist(&mut self, office: usize, who: &str) {
        self.add_user(office, who);
        self.enable(office, who).expect("a specialist is enabled");
    }

    pub(crate) fn enable(&mut self, office: usize, who: &str) -> Result<(), Fault> {
        let who = name(who);
        let me = &mut self.offices[office];
        let plan = me.write(|tx| specialists::plan_enable(tx, &Actor::Operator, &who, None))?;
        me.write(|tx| specialists::enable(tx, &Actor::Operator, &who, None, &plan.id)).map(drop)
    }

    pub(crate) fn disable_right(&mut self, office: usize, who: &str) -> Result<(), Fault> {
        let who = name(who);
        let me = &mut self.offices[office];
        let plan = me.write(|tx| specialists::plan_disable(tx, &Actor::Operator, &who))?;
        me.write(|tx| specialists::disable(tx, &Actor::Operator, &who, &plan.id)).map(drop)
    }

    pub(crate) fn disable_user(&mut self, office: usize, who: &str) -> Result<(), Fault> {
        let who = name(who);
        let me = &mut self.offices[office];
        let plan = me.write(|tx| users::plan_disable(tx, &Actor::Operator, &who))?;
        me.write(|tx| users::disable(tx, &Actor::Operator, &who, &plan.id)).map(drop)
    }

    /// Imports cards `from..to` for a user.
    pub(crate) fn import(&mut self, office: usize, who: &str, from: usize, to: usize) -> Vec<RecordId> {
        self.import_text(office, who, &(from..to).map(card).collect::<String>(), records::ImportOptions::default())
    }

    pub(crate) fn import_text(&mut self, office: usize, who: &str, text: &str, options: records::ImportOptions) -> Vec<RecordId> {
        let file = records::read_cards(text.as_bytes());
        assert!(file.broken.is_empty(), "{:?}", file.broken);
        let mut imported = Vec::new();
        for cards in file.cards.chunks(records::IMPORT_CARDS_MAX) {
            let report =
                self.offices[office].write(|tx| records::import_cards(tx, &user(who), cards, &options)).expect("cards are imported");
            imported.extend(report.records.iter().map(|id| id.parse::<RecordId>().expect("a record id")));
        }
        imported
    }

    pub(crate) fn ask(&mut self, from: usize, owner: &str, to: usize, reader: &str, scope: Scope) -> Result<LinkId, Fault> {
        let ask = Ask {
            office: self.offices[to].name.to_owned(),
            user: reader.to_owned(),
            purpose: "referrals".to_owned(),
            level: Level::Read,
            scope,
            not_after_ms: None,
        };
        let view = self.offices[from].write(|tx| links::request(tx, &user(owner), &ask))?;
        Ok(view.link.parse().expect("a link id"))
    }

    pub(crate) fn request(&mut self, from: usize, owner: &str, to: usize, reader: &str) -> Result<LinkId, Fault> {
        self.ask(from, owner, to, reader, Scope::standard())
    }

    pub(crate) fn accept(&mut self, office: usize, who: &str, link: LinkId) -> Result<(), Fault> {
        self.offices[office].write(|tx| links::accept(tx, &user(who), &[link.to_string()])).map(drop)
    }

    pub(crate) fn decline(&mut self, office: usize, who: &str, link: LinkId) -> Result<(), Fault> {
        self.offices[office].write(|tx| links::decline(tx, &user(who), &link.to_string(), "no")).map(drop)
    }

    pub(crate) fn take_back(&mut self, office: usize, who: &str, link: LinkId) -> Result<(), Fault> {
        self.offices[office].write(|tx| links::withdraw(tx, &user(who), &link.to_string(), "")).map(drop)
    }

    pub(crate) fn delete_link(&mut self, office: usize, who: &str, link: LinkId) -> Result<(), Fault> {
        let (actor, link) = (user(who), link.to_string());
        let me = &mut self.offices[office];
        let plan = me.write(|tx| links::plan_delete(tx, &actor, &link))?;
        me.write(|tx| links::delete(tx, &actor, &link, &plan.id)).map(drop)
    }

    /// An Active link from alice at North to bob at South.
    pub(crate) fn alice_to_bob(&mut self) -> LinkId {
        self.linked(NORTH, "alice", SOUTH, "bob")
    }

    /// An Active link, known so at both ends.
    pub(crate) fn linked(&mut self, from: usize, owner: &str, to: usize, reader: &str) -> LinkId {
        let link = self.request(from, owner, to, reader).expect("a request");
        self.exchange(from, to);
        self.accept(to, reader, link).expect("an acceptance");
        self.exchange(from, to);
        link
    }

    pub(crate) fn share(&mut self, office: usize, who: &str, link: LinkId, chosen: &Selection) -> Result<sharing::Shared, Fault> {
        let (actor, link) = (user(who), link.to_string());
        let me = &mut self.offices[office];
        let plan = me.write(|tx| sharing::plan_share(tx, &actor, &link, chosen))?;
        me.write(|tx| sharing::share(tx, &actor, &link, chosen, &plan.id))
    }

    pub(crate) fn unshare(&mut self, office: usize, who: &str, link: LinkId, chosen: &Selection) -> Result<sharing::Unshared, Fault> {
        let (actor, link) = (user(who), link.to_string());
        let me = &mut self.offices[office];
        let plan = me.write(|tx| sharing::plan_unshare(tx, &actor, &link, chosen))?;
        me.write(|tx| sharing::unshare(tx, &actor, &link, chosen, &plan.id))
    }

    pub(crate) fn set_note(&mut self, office: usize, who: &str, record: RecordId, note: &str) -> Result<(), Fault> {
        let set = vec![PropertyEdit { name: "NOTE".into(), value: note.into(), params: Vec::new() }];
        let edit = Edit { set, ..Edit::default() };
        self.offices[office].write(|tx| records::edit(tx, &user(who), record, &edit)).map(drop)
    }

    pub(crate) fn delete_records(&mut self, office: usize, who: &str, chosen: &[RecordId]) -> Result<(), Fault> {
        let actor = user(who);
        let me = &mut self.offices[office];
        let plan = me.write(|tx| records::plan_delete(tx, &actor, chosen))?;
        me.write(|tx| records::delete(tx, &actor, chosen, &plan.id)).map(drop)
    }

    pub(crate) fn archive(&mut self, office: usize, who: &str, chosen: &[RecordId]) -> Result<(), Fault> {
        let actor = user(who);
        let me = &mut self.offices[office];
        let plan = me.write(|tx| records::plan_archive(tx, &actor, chosen))?;
        me.write(|tx| records::archive(tx, &actor, chosen, &plan.id)).map(drop)
    }

    pub(crate) fn block(&mut self, office: usize, other: usize, blocked: bool) -> Result<(), Fault> {
        let theirs = self.offices[other].id.to_string();
        self.offices[office].write(|tx| peers::set_blocked(tx, &Actor::Operator, &theirs, blocked)).map(drop)
    }

    pub(crate) fn remove_peer(&mut self, office: usize, other: usize) -> Result<(), Fault> {
        let theirs = self.offices[other].id.to_string();
        let me = &mut self.offices[office];
        let plan = me.write(|tx| peers::plan_remove(tx, &Actor::Operator, &theirs))?;
        me.write(|tx| peers::remove(tx, &Actor::Operator, &theirs, &plan.id)).map(drop)
    }

    /// Two links in both directions with records shared, edited, unshared and deleted; the first is alice's to bob, the other bob's to alice.
    pub(crate) fn busy(&mut self) -> (LinkId, LinkId) {
        let records = self.import(NORTH, "alice", 0, 60);
        let link = self.alice_to_bob();
        self.share(NORTH, "alice", link, &all_mine()).expect("alice shares");
        self.exchange(NORTH, SOUTH);
        self.set_note(NORTH, "alice", records[0], "Changed").expect("alice edits");
        self.unshare(NORTH, "alice", link, &selection(&records[10..20])).expect("alice unshares");
        self.exchange(NORTH, SOUTH);
        self.delete_records(NORTH, "alice", &records[20..22]).expect("alice deletes records");
        self.exchange(NORTH, SOUTH);
        let back = self.linked(SOUTH, "bob", NORTH, "alice");
        let bobs = self.import(SOUTH, "bob", 100, 105);
        self.share(SOUTH, "bob", back, &selection(&bobs)).expect("bob shares");
        self.exchange(NORTH, SOUTH);
        (link, back)
    }

    /// What a link shows at its owner's office: each record within the link's scope, with its version.
    pub(crate) fn shown(&self, office: usize, link: LinkId) -> BTreeMap<RecordId, (Version, Record)> {
        self.offices[office].read(|view| {
            let row = link_rows::load(view, link)?;
            let mut shown = BTreeMap::new();
            for record in log::put_set(view, row.row)? {
                let (version, body) = record_rows::load_body(view, record)?.expect("a shared record is there");
                shown.insert(record, (version, body.within(&row.scope)));
            }
            Ok(shown)
        })
    }

    /// What a reader's office holds of a link.
    pub(crate) fn copies(&self, office: usize, link: LinkId) -> BTreeMap<RecordId, (Version, Record)> {
        let me = &self.offices[office];
        let all = CopyQuery { limit: 100_000, ..CopyQuery::default() };
        let rows = me.file(link, |files| files.list(link, &all));
        rows.iter().map(|row| (row.record, me.file(link, |files| files.get(link, row.record)).expect("a listed copy is there"))).collect()
    }

    /// Copies at the reader's office are what the owner's office shows, and both have the same digest.
    pub(crate) fn assert_alike(&self, owner: usize, reader: usize, link: LinkId) {
        let (shown, copies) = (self.shown(owner, link), self.copies(reader, link));
        assert_eq!(shown.keys().collect::<Vec<_>>(), copies.keys().collect::<Vec<_>>(), "the same records");
        assert_eq!(shown, copies);
        let row = self.offices[owner].read(|view| Ok(link_rows::load(view, link)?));
        let progress = self.offices[reader].file(link, |files| files.progress(link));
        assert_eq!((row.cursor, row.digest), (progress.cursor.sequence, progress.digest));
        assert_eq!(progress.count, copies.len() as u64);
        assert_eq!(progress.erasing, 0);
    }

    pub(crate) fn removals(&self, office: usize, link: LinkId) -> Vec<RemovalRow> {
        self.offices[office].read(|view| Ok(removals::all_of(view, link)?))
    }

    pub(crate) fn view(&self, office: usize, link: LinkId) -> link_view::LinkView {
        self.offices[office].read(|view| link_view::show(view, &Actor::Operator, &link.to_string()))
    }

    /// Nobody has found anything wrong with anybody.
    pub(crate) fn assert_honest(&mut self) {
        assert_eq!(self.take_misbehaviour(), Vec::new());
    }
}
