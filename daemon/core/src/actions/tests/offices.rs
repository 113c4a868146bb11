//! Two offices in memory whose statements are carried by hand.

use std::sync::Arc;

use interoffice_protocol::epoch::Epoch;
use interoffice_protocol::ids::{Nonce, OfficeId, RecordId, StatementHash};
use interoffice_protocol::messages::Answer;
use interoffice_protocol::names::UserName;
use interoffice_protocol::statement::{Audience, Chain, Envelope, KeySet, KeySetAuthority, Signer, Subject, office_id};

use crate::actions::users::{NewUser, UserView};
use crate::actions::{inbound, links, office, outbound, peers, records, sharing, specialists, users};
use crate::domain::actor::Actor;
use crate::domain::moment::Moment;
use crate::domain::user::Account;
use crate::store::audit::AuditLine;
use crate::store::peers::Introduction;
use crate::store::{Fault, OfficeContext, Tx, View, WriteStore, audit};

pub(super) const NOW_MS: i64 = 1_900_000_000_000;

/// An office with its store.
pub(super) struct Office {
    pub(super) id: OfficeId,
    name: &'static str,
    chain: Chain,
    store: WriteStore,
    now_ms: i64,
}

pub(super) fn user_name(name: &str) -> UserName {
    UserName::new(name).unwrap()
}

pub(super) fn as_user(name: &str) -> Actor {
    Actor::User(user_name(name))
}

/// The code of a refusal; anything else is a failed test.
pub(super) fn code<T: std::fmt::Debug>(end: Result<T, Fault>) -> &'static str {
    match end {
        Err(Fault::Refused(refusal)) => refusal.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

impl Office {
    /// The office `name`, set up, whose keys grow from `seed`.
    pub(super) fn new(name: &'static str, seed: u8) -> Self {
        let root_key = Signer::root(OfficeId([0; 32]), &[seed; 32]).public_key();
        let id = office_id(&root_key);
        let (root, signer) = (Signer::root(id, &[seed; 32]), Signer::new(id, 1, &[seed + 50; 32]));
        let set = KeySet {
            version: 1,
            authority: KeySetAuthority::Root,
            root_key,
            statement_key: signer.public_key(),
            tls_pins: vec![[seed; 32]],
            recovery_key: [0; 32],
            not_after_ms: NOW_MS * 2,
            previous: StatementHash::NONE,
        };
        let envelope = Envelope {
            from: id,
            to: Audience::Everyone,
            subject: Subject::Office,
            epoch: Epoch { counter: 1, identity: [seed; 16] },
            sequence: 1,
            previous: StatementHash::NONE,
            nonce: Nonce([seed; 16]),
            issued_at_ms: NOW_MS,
            extensions: Vec::new(),
        };
        let chain = Chain::verify(&[root.sign(envelope, &set.into())]).unwrap();
        let store = WriteStore::in_memory(Arc::new(OfficeContext::new(signer))).unwrap();
        let mut office = Self { id, name, chain, store, now_ms: NOW_MS };
        office.does(|tx| office::set_up(tx, name)).unwrap();
        office
    }

    /// Runs a verb in a transaction of its own, a moment after the last one.
    pub(super) fn does<T>(&mut self, mut verb: impl FnMut(&Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.now_ms += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.now_ms.to_be_bytes());
        entropy[8..].copy_from_slice(&self.id.0[..24]);
        self.store.write(Moment::new(self.now_ms, entropy), |tx| verb(tx)).map(|(value, _)| value)
    }

    /// Lets time pass (milliseconds).
    pub(super) fn waits(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    /// Sets the wall clock of its machine back (milliseconds).
    pub(super) fn sets_clock_back(&mut self, ms: i64) {
        self.now_ms -= ms;
    }

    /// Lets time pass on its clock (milliseconds).
    pub(super) fn lets_pass(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    pub(super) fn sees<T>(&self, read: impl FnOnce(&View<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        self.store.read(self.now_ms, read)
    }

    pub(super) fn add(&mut self, name: &str, account: Account) -> UserView {
        let new = NewUser { name: name.to_owned(), account, ..NewUser::default() };
        self.does(|tx| users::add(tx, &Actor::Operator, &new)).unwrap()
    }

    /// Enables Record Sharing for a user without looking at the plan.
    pub(super) fn enable(&mut self, name: &str) {
        let name = user_name(name);
        let plan = self.does(|tx| specialists::plan_enable(tx, &Actor::Operator, &name, None)).unwrap();
        self.does(|tx| specialists::enable(tx, &Actor::Operator, &name, None, &plan.id)).unwrap();
    }

    /// Imports cards for a user; gives their ids.
    pub(super) fn import(&mut self, user: &str, cards: &str) -> Vec<RecordId> {
        let file = records::read_cards(cards.as_bytes());
        assert_eq!(file.broken, [], "the cards are whole");
        let report = self.does(|tx| records::import_cards(tx, &as_user(user), &file.cards, &Default::default())).unwrap();
        report.records.iter().map(|id| id.parse().unwrap()).collect()
    }

    pub(super) fn audit(&self) -> Vec<AuditLine> {
        self.sees(|view| Ok(audit::since(view, 0, 10_000)?)).unwrap()
    }

    fn introduces(&self, to: &mut Office) {
        self.introduces_as(self.name, to);
    }

    /// Pairs `to` with this office, which calls itself `name` there.
    pub(super) fn introduces_as(&self, name: &str, to: &mut Office) {
        let addresses = ["127.0.0.1:1".to_owned()];
        let who = Introduction { chain: &self.chain, name, addresses: &addresses };
        let me = self.id;
        to.does(|tx| peers::met(tx, &who, &["apple", "pear"], None)).unwrap();
        to.does(|tx| peers::confirm(tx, &Actor::Operator, &me.to_string())).unwrap();
        to.does(|tx| peers::confirmed_there(tx, me)).unwrap();
    }
}

/// Pairs two offices.
pub(super) fn pair(a: &mut Office, b: &mut Office) {
    a.introduces(b);
    b.introduces(a);
}

/// Carries the statements that wait at `from` to `to`, and the answers back.
pub(super) fn carry(from: &mut Office, to: &mut Office) {
    let waiting = from.sees(|view| outbound::waiting_statements(view, to.id, 1, 1_000)).unwrap();
    for (_, signed) in waiting {
        let statement = signed.hash();
        let heard = to.does(|tx| inbound::statement(tx, from.id, signed.clone())).unwrap();
        assert_eq!(heard.misbehaviour, None, "the statement is welcome");
        from.does(|tx| inbound::answer(tx, to.id, &Answer { statement, outcome: heard.outcome })).unwrap();
    }
}

/// Ann at Alder and Bob at Birch, both specialists, with an Active link from Ann to Bob; gives the offices and the link.
pub(super) fn ann_shares_with_bob() -> (Office, Office, String) {
    let (mut alder, mut birch) = (Office::new("Alder", 1), Office::new("Birch", 2));
    pair(&mut alder, &mut birch);
    alder.add("ann", Account::Practitioner);
    birch.add("bob", Account::Practitioner);
    birch.enable("bob");
    let (ann, handshake) = (user_name("ann"), to_bob());
    let plan = alder.does(|tx| specialists::plan_enable(tx, &Actor::Operator, &ann, Some(&handshake))).unwrap();
    let enabled = alder.does(|tx| specialists::enable(tx, &Actor::Operator, &ann, Some(&handshake), &plan.id)).unwrap();
    let link = enabled.link.expect("the handshake made a link").link;
    carry(&mut alder, &mut birch);
    birch.does(|tx| links::accept(tx, &as_user("bob"), std::slice::from_ref(&link))).unwrap();
    carry(&mut birch, &mut alder);
    (alder, birch, link)
}

/// The handshake with Bob at Birch.
pub(super) fn to_bob() -> specialists::Handshake {
    specialists::Handshake { office: "Birch".to_owned(), user: "bob".to_owned(), purpose: "pensions".to_owned() }
}

/// Shares everything of a user over a link.
pub(super) fn share_all(office: &mut Office, user: &str, link: &str) {
    let selection = sharing::Selection { all_mine: true, ..Default::default() };
    let plan = office.does(|tx| sharing::plan_share(tx, &as_user(user), link, &selection)).unwrap();
    office.does(|tx| sharing::share(tx, &as_user(user), link, &selection, &plan.id)).unwrap();
}
