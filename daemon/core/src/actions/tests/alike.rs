//! The same work for what is hidden and for what is not there: the statements that the store runs are written down and compared, so that
//! nobody learns from the time an answer takes what its words do not tell (ASVS 8.2.2, K-04). The store listens only with the feature
//! `seeded-bugs`.

use interoffice_protocol::ids::{LinkId, RecordId};

use super::offices::{Office, ann_shares_with_bob, as_user, user_name};
use crate::actions::access::{self, Change, Changes, Transfer};
use crate::actions::client_access::{self, Switch};
use crate::actions::digest::{self, Receive};
use crate::actions::events;
use crate::actions::records::{self, Format};
use crate::actions::requests::{self, Ask, who_has_access};
use crate::actions::{links, passwords, settings, sign_in, tokens};
use crate::domain::actor::Actor;
use crate::domain::edit::Edit;
use crate::domain::plan::PlanId;
use crate::domain::user::Account;
use crate::store::failing::{heard, listen};
use crate::store::{Fault, Tx};

/// A verb on a record.
type Verb = (&'static str, fn(&Tx<'_>, &Actor, RecordId) -> Result<(), Fault>);

fn changes() -> Changes {
    let change = Change { user: Some("carl".to_owned()), level: "read".to_owned(), ..Change::default() };
    Changes { changes: vec![change] }
}

fn transfer() -> Transfer {
    Transfer { owner: "carl".to_owned(), keep: None }
}

/// A verb on a link.
type LinkVerb = fn(&Tx<'_>, &Actor, &str) -> Result<(), Fault>;

/// Every verb that a door offers for the id of a record.
const VERBS: [Verb; 17] = [
    ("show", |tx, actor, record| records::show(tx, actor, record).map(drop)),
    ("name", |tx, actor, record| records::show_locked(tx, actor, record).map(drop)),
    ("shares", |tx, actor, record| who_has_access(tx, actor, record).map(drop)),
    ("explain", |tx, actor, record| access::explain(tx, actor, record, None).map(drop)),
    ("explain one", |tx, actor, record| access::explain(tx, actor, record, Some(&user_name("bob"))).map(drop)),
    ("events", |tx, actor, record| events::of_record(tx, actor, record, &events::Query::default()).map(drop)),
    ("edit", |tx, actor, record| records::edit(tx, actor, record, &Edit::default()).map(drop)),
    ("mark", |tx, actor, record| records::edit(tx, actor, record, &Edit { private: Some(false), ..Edit::default() }).map(drop)),
    ("share, planned", |tx, actor, record| access::plan_set(tx, actor, record, &changes()).map(drop)),
    ("share", |tx, actor, record| access::set(tx, actor, record, &changes(), &PlanId::from("p")).map(drop)),
    ("give away, planned", |tx, actor, record| access::plan_transfer(tx, actor, record, &transfer()).map(drop)),
    ("give away", |tx, actor, record| access::transfer(tx, actor, record, &transfer(), &PlanId::from("p")).map(drop)),
    ("delete", |tx, actor, record| records::plan_delete(tx, actor, &[record]).map(drop)),
    ("archive", |tx, actor, record| records::plan_archive(tx, actor, &[record]).map(drop)),
    ("export", |tx, actor, record| records::export(tx, actor, &[record], Format::Json).map(drop)),
    ("digest", |tx, actor, record| digest::set_receives(tx, actor, record, Receive { receive: true }).map(drop)),
    ("ask", |tx, actor, record| requests::ask(tx, actor, record, &Ask::default()).map(drop)),
];

/// What a verb ran in the store, and the words it was refused with.
fn work(office: &mut Office, actor: &Actor, verb: impl Fn(&Tx<'_>, &Actor) -> Result<(), Fault>) -> (Vec<String>, String) {
    listen();
    let end = office.does(|tx| verb(tx, actor));
    (heard(), end.expect_err("it is refused").to_string())
}

fn alder() -> (Office, Vec<RecordId>) {
    let mut office = Office::new("Alder", 1);
    for user in ["ann", "bob", "carl"] {
        office.add(user, Account::Practitioner);
    }
    let card = |name: &str| format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{name}\r\nFN:{name}\r\nEND:VCARD\r\n");
    let records = office.import("ann", &["Paul Private", "Olga Open"].map(card).concat());
    let private = Edit { private: Some(true), ..Edit::default() };
    office.does(|tx| records::edit(tx, &as_user("ann"), records[0], &private)).unwrap();
    office.does(|tx| settings::set_office_security(tx, &Actor::Operator, true)).unwrap();
    (office, records)
}

#[test]
fn asvs_8_2_2_a_hidden_record_costs_the_store_what_a_missing_one_does() {
    let (mut office, records) = alder();
    let nowhere = RecordId([7; 16]);
    for requesting in [false, true] {
        let switch = Switch { requesting: Some(requesting), ..Switch::default() };
        let plan = office.does(|tx| client_access::plan_switch(tx, &Actor::Operator, &switch)).unwrap();
        office.does(|tx| client_access::switch(tx, &Actor::Operator, &switch, &plan.id)).unwrap();
        // A record whose name is told while requests are taken is no secret then.
        let hidden = if requesting { &records[..1] } else { &records[..] };
        for (name, verb) in VERBS {
            // Statements that a connection prepares once are prepared.
            work(&mut office, &as_user("bob"), |tx, actor| verb(tx, actor, nowhere));
            let (missing, words_missing) = work(&mut office, &as_user("bob"), |tx, actor| verb(tx, actor, nowhere));
            assert!(missing.len() > 2, "{name}: {missing:?}");
            for record in hidden {
                let (there, words) = work(&mut office, &as_user("bob"), |tx, actor| verb(tx, actor, *record));
                assert_eq!(words.replace(&record.to_string(), "ID"), words_missing.replace(&nowhere.to_string(), "ID"), "{name}");
                assert_eq!(there, missing, "{name}, requests {requesting}");
            }
        }
    }
}

#[test]
fn asvs_8_2_2_another_s_link_and_token_cost_the_store_what_missing_ones_do() {
    let (mut alder, _, link) = ann_shares_with_bob();
    alder.add("carl", Account::Practitioner);
    let link: LinkId = link.parse().unwrap();
    let token = tokens::NewToken { name: "export".to_owned(), scopes: vec!["records:read".to_owned()], days: None };
    let token = alder.does(|tx| tokens::add(tx, &as_user("ann"), &token, &[1; 32])).unwrap().id;
    let [there, missing] = [link, LinkId([7; 32])].map(|link| {
        let verbs: [LinkVerb; 4] = [
            |tx, actor, link| links::find(tx, actor, link).map(drop),
            |tx, actor, link| events::of_link(tx, actor, link, &events::Query::default()).map(drop),
            |tx, actor, link| links::plan_delete(tx, actor, link).map(drop),
            |tx, actor, link| links::withdraw(tx, actor, link, "").map(drop),
        ];
        verbs.map(|verb| {
            let (statements, words) = work(&mut alder, &as_user("carl"), |tx, actor| verb(tx, actor, &link.to_string()));
            (statements, words.replace(&link.to_string(), "ID"))
        })
    });
    assert_eq!(there, missing);
    let [there, missing] = [token, 999]
        .map(|token| work(&mut alder, &as_user("carl"), |tx, actor| tokens::remove(tx, actor, &user_name("carl"), token).map(drop)));
    assert_eq!(there, missing);
}

#[test]
fn asvs_6_3_8_whoever_is_not_there_costs_a_commit_like_whoever_is() {
    let (mut office, _) = alder();
    let mut writes = |verb: &dyn Fn(&Tx<'_>) -> Result<(), Fault>| {
        let lines = office.audit().len();
        listen();
        office.does(|tx| verb(tx)).unwrap();
        (heard().iter().filter(|sql| sql.contains("audit (at_ms")).count(), office.audit().len() - lines)
    };
    let (ann, refusal) = (user_name("ann"), sign_in::refused());
    assert_eq!(writes(&|tx| sign_in::failed(tx, Some(&ann), &refusal, "192.0.2.1")), (1, 1));
    assert_eq!(writes(&|tx| sign_in::failed(tx, None, &refusal, "192.0.2.1")), (1, 0), "written, and not kept");
    for nobody in ["zoe", "zoe@alder.example"] {
        assert_eq!(writes(&|tx| passwords::forgot(tx, nobody, "token", &[1; 32])), (1, 0), "{nobody}");
    }
    assert_eq!(writes(&|tx| sign_in::failed(tx, Some(&ann), &refusal, "192.0.2.1")), (1, 1));
    let numbers: Vec<u64> = office.audit().iter().map(|line| line.id).collect();
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "the numbers of the lines have no gap: {numbers:?}");
}
