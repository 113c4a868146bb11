//! Mails in the outbox: what is taken and what is dropped, how often one is tried, and what is remembered of it.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::Level;

use super::offices::{Office, as_user, code, user_name};
use crate::actions::mails::{self as verbs, Letter, MailQuery, MailView, Sender, Taken, Test, TextChange};
use crate::actions::records;
use crate::domain::actor::Actor;
use crate::domain::mail::{DAY_MAX, DAY_MS, GIVE_UP_MS, HOUR_MS, KEPT_MS, LinkToken, MailKind, Message, Value, WAIT_MAX_MS, pause_ms};
use crate::domain::page::LIMIT_MAX;
use crate::domain::refusal::Refusal;
use crate::domain::user::Account;
use crate::store::grants::{self, Grantee};
use crate::store::users::UserRow;
use crate::store::{inspect, office, users};

/// Rita administers; Ann, Bob and Carl are practitioners; Ann owns Clara. Everybody has an address.
pub(super) fn alder() -> (Office, RecordId) {
    let mut alder = Office::new("Alder", 1);
    for (name, account) in
        [("rita", Account::Admin), ("ann", Account::Practitioner), ("bob", Account::Practitioner), ("carl", Account::Practitioner)]
    {
        alder.add(name, account);
        change(&mut alder, name, |user| user.email = format!("{name}@a.example"));
    }
    alder.does(|tx| Ok(office::set_client_access(tx, true)?)).unwrap();
    let clara = alder.import("ann", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Clara Client\r\nUID:1\r\nEND:VCARD\r\n").remove(0);
    (alder, clara)
}

pub(super) fn row(alder: &Office, name: &str) -> UserRow {
    alder.sees(|view| Ok(users::find(view, &user_name(name))?)).unwrap().unwrap()
}

pub(super) fn change(alder: &mut Office, name: &str, change: impl Fn(&mut UserRow)) {
    alder
        .does(|tx| {
            let mut user = users::find(tx, &user_name(name))?.unwrap();
            change(&mut user);
            Ok(users::update(tx, &user)?)
        })
        .unwrap();
}

pub(super) fn grant(alder: &mut Office, record: RecordId, name: &str, level: Option<Level>) {
    let user = row(alder, name).id;
    alder
        .does(|tx| {
            let record = crate::store::records::find(tx, record)?.unwrap().id;
            Ok(grants::set(tx, record, Grantee::User(user), level)?)
        })
        .unwrap();
}

pub(super) fn take(alder: &mut Office) -> Taken {
    let sender = Sender { domain: "a.example".into(), console: "https://a.example".into() };
    alder.does(|tx| verbs::take(tx, &sender)).unwrap()
}

#[track_caller]
pub(super) fn letter(alder: &mut Office) -> Letter {
    match take(alder) {
        Taken::Letter(letter) => *letter,
        other => panic!("no letter: {other:?}"),
    }
}

#[track_caller]
pub(super) fn dropped(alder: &mut Office) -> String {
    assert_eq!(take(alder), Taken::Dropped);
    let mails = listed(alder, Some("dropped"));
    mails.last().unwrap().reason.clone()
}

/// The mails in a state, the oldest first.
pub(super) fn listed(alder: &Office, state: Option<&str>) -> Vec<MailView> {
    let mut mails = alder.sees(|view| verbs::list(view, &Actor::Operator, &in_state(state))).unwrap().items;
    mails.reverse();
    mails
}

/// As many mails in a state as a page may have.
fn in_state(state: Option<&str>) -> MailQuery {
    MailQuery { state: state.map(str::to_owned), limit: Some(LIMIT_MAX), ..MailQuery::default() }
}

fn write(alder: &mut Office, message: &Message) {
    alder.does(|tx| verbs::write(tx, message)).unwrap();
}

fn asked(alder: &Office, to: &str, record: RecordId) -> Message {
    Message::AccessAsked { user: row(alder, to).id, by: row(alder, "carl").id, record, request: 7, reason: "I take over".into() }
}

fn invitation(alder: &Office, token: &str, good_for_ms: i64) -> Message {
    let expires_ms = super::offices::NOW_MS + good_for_ms;
    Message::Invitation { user: row(alder, "bob").id, token: LinkToken::new(token).unwrap(), expires_ms }
}

fn text(letter: &Letter, name: &str) -> String {
    match &letter.values[name] {
        Value::Text(text) => text.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// Whether any row holds these bytes.
fn holds(alder: &Office, words: &str) -> bool {
    let mut found = false;
    let each = &mut |_: &str, bytes: &[u8]| found |= bytes.windows(words.len()).any(|window| window == words.as_bytes());
    alder.sees(|view| Ok(inspect::contents(view, &[], each)?)).unwrap();
    found
}

/// P-43: the link stands in the mail, and nowhere once the mail is out.
#[test]
fn p_43_a_link_is_kept_until_its_mail_is_out() {
    let (mut alder, _) = alder();
    let invitation = invitation(&alder, "geheim-123", 14 * DAY_MS);
    write(&mut alder, &invitation);
    assert!(holds(&alder, "geheim-123"));
    let letter = letter(&mut alder);
    assert_eq!((letter.to.as_str(), letter.kind), ("bob@a.example", MailKind::Invitation));
    assert_eq!(text(&letter, "link"), "https://a.example/password#geheim-123");
    assert_eq!(text(&letter, "expires"), "2030-03-31 17:46 (UTC)");
    assert_eq!(take(&mut alder), Taken::Nothing, "one attempt at a time");
    alder.does(|tx| verbs::sent(tx, letter.id)).unwrap();
    assert!(!holds(&alder, "geheim-123"));
    let mail = listed(&alder, None).remove(0);
    assert_eq!((mail.state, mail.user.as_str(), mail.sent_ms.is_some(), mail.message_id), ("sent", "bob", true, letter.message_id));
    assert!(!holds(&alder, "I take over") && alder.audit().iter().all(|line| !line.detail.contains('@')));
}

/// P-43: a link that is over is not sent, and a failed mail forgets it then.
#[test]
fn p_43_a_link_that_is_over_is_not_sent() {
    let (mut alder, _) = alder();
    let first = invitation(&alder, "over-1", HOUR_MS);
    write(&mut alder, &first);
    let id = letter(&mut alder).id;
    alder.does(|tx| verbs::failed(tx, id, "550")).unwrap();
    let second = invitation(&alder, "over-2", HOUR_MS);
    write(&mut alder, &second);
    assert!(holds(&alder, "over-1"), "a failed mail may be tried again");
    alder.lets_pass(HOUR_MS);
    assert_eq!(dropped(&mut alder), "its link is no longer good");
    alder.does(verbs::prune).unwrap();
    assert!(!holds(&alder, "over-"));
    let retried = alder.does(|tx| verbs::retry(tx, &Actor::Operator, id)).unwrap();
    assert_eq!((retried.state, retried.attempts), ("waiting", 0));
    assert_eq!(dropped(&mut alder), "its link is no longer good");
    assert_eq!(code(alder.does(|tx| verbs::retry(tx, &Actor::Operator, id))), "mail-over");
}

/// INV-10: who is disabled, or has no address any more, is sent nothing that was written before.
#[test]
fn inv_10_nothing_goes_to_who_is_no_reader_any_more() {
    let (mut alder, clara) = alder();
    for (name, reason) in [("rita", "the user is disabled"), ("ann", "the user has no e-mail address")] {
        let message = asked(&alder, name, clara);
        write(&mut alder, &message);
        change(&mut alder, name, |user| {
            user.disabled = reason.contains("disabled");
            user.email = if user.disabled { user.email.clone() } else { String::new() };
        });
        assert_eq!(dropped(&mut alder), reason);
    }
    assert!(!holds(&alder, "I take over"), "what a dropped mail would have said is forgotten");
}

/// P-18, INV-10, INV-23: a mail about a record is dropped when its reader lost between writing and sending what it speaks of.
#[test]
fn p_18_access_is_asked_again_when_a_mail_is_sent() {
    let (mut alder, clara) = alder();
    grant(&mut alder, clara, "bob", Some(Level::FullControl));
    for to in ["ann", "bob"] {
        let message = asked(&alder, to, clara);
        write(&mut alder, &message);
    }
    let to_ann = letter(&mut alder);
    assert_eq!(
        (text(&to_ann, "record"), text(&to_ann, "by"), text(&to_ann, "reason")),
        ("Clara Client".into(), "carl".into(), "I take over".into())
    );
    assert_eq!(text(&to_ann, "link"), "https://a.example/requests/7", "where it is granted or refused");
    grant(&mut alder, clara, "bob", Some(Level::Write));
    assert_eq!(dropped(&mut alder), "the user may not share the record any more");

    let (carl, ann) = (row(&alder, "carl").id, row(&alder, "ann").id);
    let granted = Message::AccessGranted { user: carl, by: Some(ann), record: clara, request: 7 };
    write(&mut alder, &granted);
    assert_eq!(dropped(&mut alder), "the user has no access to the record any more");
    grant(&mut alder, clara, "carl", Some(Level::Read));
    alder.lets_pass(HOUR_MS);
    write(&mut alder, &granted);
    let to_carl = letter(&mut alder);
    assert_eq!(text(&to_carl, "record"), "Clara Client", "what is new goes first");
    assert_eq!(text(&to_carl, "link"), format!("https://a.example/clients/{clara}"));
    assert_eq!(letter(&mut alder).message_id, to_ann.message_id, "then the mail of whose end nothing was written down");
    let refused = Message::AccessRefused { user: carl, by: Some(ann), record: clara, request: 8, reason: String::new() };
    write(&mut alder, &refused);
    assert_eq!(dropped(&mut alder), "the user has access to the record meanwhile");
}

/// P-14, INV-58: who was refused is told the record's id, and not its name.
#[test]
fn p_14_a_refusal_names_no_record() {
    let (mut alder, clara) = alder();
    let refused = Message::AccessRefused {
        user: row(&alder, "carl").id,
        by: Some(row(&alder, "ann").id),
        record: clara,
        request: 8,
        reason: "no".into(),
    };
    write(&mut alder, &refused);
    let said = letter(&mut alder);
    assert_eq!((text(&said, "record_id"), said.values.contains_key("record")), (clara.to_string(), false));
    alder.lets_pass(HOUR_MS);
    write(&mut alder, &refused);
    let plan = alder.does(|tx| records::plan_delete(tx, &as_user("ann"), &[clara])).unwrap();
    alder.does(|tx| records::delete(tx, &as_user("ann"), &[clara], &plan.id)).unwrap();
    assert_eq!(dropped(&mut alder), "the record is deleted");
}

/// Attempts come further and further apart, under one Message-ID, and end after three days; then an administrator may ask for more.
#[test]
fn a_mail_is_tried_for_three_days() {
    let (mut alder, _) = alder();
    alder.does(|tx| verbs::test(tx, &Actor::Operator, &Test { user: Some("ann".into()) })).unwrap();
    let (mut passed_ms, mut ids, mut attempts) = (0, Vec::new(), 0);
    loop {
        let letter = letter(&mut alder);
        attempts += 1;
        ids.push(letter.message_id);
        if !alder.does(|tx| verbs::put_off(tx, letter.id, "it answered 451")).unwrap() {
            break;
        }
        let mail = listed(&alder, Some("waiting")).remove(0);
        assert_eq!((mail.attempts, mail.reason.as_str()), (attempts, "it answered 451"));
        alder.lets_pass(pause_ms(attempts) - 10);
        assert_eq!(take(&mut alder), Taken::Nothing);
        alder.lets_pass(10);
        passed_ms += pause_ms(attempts);
    }
    assert!((GIVE_UP_MS..GIVE_UP_MS + HOUR_MS).contains(&passed_ms) && attempts > 70, "{passed_ms} ms, {attempts} attempts");
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let mail = listed(&alder, Some("failed")).remove(0);
    assert_eq!(mail.reason, "given up after three days: it answered 451");
    assert_eq!(take(&mut alder), Taken::Nothing);
    assert_eq!(code(alder.does(|tx| verbs::retry(tx, &as_user("ann"), mail.id))), "not-admin");
    alder.does(|tx| verbs::retry(tx, &as_user("rita"), mail.id)).unwrap();
    assert_eq!(letter(&mut alder).message_id, ids[0]);
}

/// A server out of reach costs each mail an attempt, and the next mail that goes through takes those that waited along.
#[test]
fn a_server_that_comes_back_is_sent_what_waited_for_it() {
    let (mut alder, clara) = alder();
    for name in ["ann", "rita"] {
        let message = asked(&alder, name, clara);
        write(&mut alder, &message);
    }
    alder.does(|tx| verbs::unreachable(tx, "connection refused")).unwrap();
    let mails = listed(&alder, Some("waiting"));
    assert!(
        mails.iter().all(|mail| mail.attempts == 1 && mail.reason == "the mail server is not reachable: connection refused"),
        "{mails:?}"
    );
    assert_eq!(take(&mut alder), Taken::Nothing);
    alder.lets_pass(pause_ms(1));
    let first = letter(&mut alder);
    alder.does(|tx| verbs::put_off(tx, first.id, "it answered 451")).unwrap();
    alder.does(|tx| verbs::unreachable(tx, "connection refused")).unwrap();
    assert_eq!(alder.does(verbs::reachable_again).unwrap(), 1, "what the server itself put off waits for its time");
    assert_ne!(letter(&mut alder).id, first.id);
    alder.does(|tx| verbs::unreachable(tx, "connection refused")).unwrap();
    alder.lets_pass(GIVE_UP_MS);
    alder.does(|tx| verbs::unreachable(tx, "connection refused")).unwrap();
    assert_eq!(listed(&alder, Some("failed")).len(), 2);
}

/// A user is written to 50 times a day, and once an hour about the same.
#[test]
fn nobody_is_flooded() {
    let (mut alder, clara) = alder();
    let message = asked(&alder, "ann", clara);
    for _ in 0..3 {
        write(&mut alder, &message);
    }
    let reset = |alder: &Office, token: &str| Message::PasswordReset {
        user: row(alder, "ann").id,
        token: LinkToken::new(token).unwrap(),
        expires_ms: super::offices::NOW_MS + DAY_MS,
    };
    for token in ["reset-1", "reset-2"] {
        let message = reset(&alder, token);
        write(&mut alder, &message);
    }
    assert!(holds(&alder, "reset-1") && !holds(&alder, "reset-2"));
    let spared = listed(&alder, Some("dropped"));
    assert_eq!(spared.len(), 3);
    assert!(spared.iter().all(|mail| mail.reason == "the same was written to this user within an hour"), "{spared:?}");
    alder.lets_pass(HOUR_MS);
    write(&mut alder, &message);
    assert_eq!(listed(&alder, Some("dropped")).len(), 3);

    for _ in 0..60 {
        alder.does(|tx| verbs::test(tx, &Actor::Operator, &Test { user: Some("ann".into()) })).unwrap();
    }
    assert_eq!(listed(&alder, Some("waiting")).len() as u64, DAY_MAX);
    assert_eq!(listed(&alder, Some("dropped")).last().unwrap().reason, "50 mails were written to this user within a day");
    alder.does(|tx| verbs::test(tx, &Actor::Operator, &Test { user: Some("bob".into()) })).unwrap();
    assert_eq!(listed(&alder, Some("waiting")).len() as u64, DAY_MAX + 1, "the others are not kept from theirs");
    let long = Message::AccessAsked { reason: "x".repeat(501), user: 2, by: 3, record: clara, request: 1 };
    assert_eq!(code(alder.does(|tx| verbs::write(tx, &long))), "note-too-long");
}

/// Rows are kept for 30 days after their end, and a mail that could not even be tried for 14.
#[test]
fn old_mails_are_forgotten() {
    let (mut alder, _) = alder();
    let test = |alder: &mut Office| alder.does(|tx| verbs::test(tx, &Actor::Operator, &Test { user: Some("ann".into()) })).unwrap();
    test(&mut alder);
    let id = letter(&mut alder).id;
    alder.does(|tx| verbs::sent(tx, id)).unwrap();
    test(&mut alder);
    alder.lets_pass(WAIT_MAX_MS);
    assert_eq!(alder.does(verbs::prune).unwrap().mails, 0);
    assert_eq!(listed(&alder, None).iter().map(|mail| mail.state).collect::<Vec<_>>(), ["sent", "dropped"]);
    test(&mut alder);
    alder.lets_pass(KEPT_MS - WAIT_MAX_MS);
    assert_eq!(dropped(&mut alder), "it waited for 14 days");
    assert_eq!(alder.does(verbs::prune).unwrap().mails, 1);
    assert_eq!(listed(&alder, None).len(), 2);
}

/// Administrators alone see mails and change their texts; a text that does not pass the trial is not kept.
#[test]
fn texts_are_changed_by_administrators_and_tried_first() {
    let (mut alder, _) = alder();
    assert_eq!(code(alder.sees(|view| verbs::list(view, &as_user("ann"), &in_state(None)))), "not-admin");
    assert_eq!(code(alder.sees(|view| verbs::list(view, &as_user("rita"), &in_state(Some("lost"))))), "bad-mail-state");
    let change = TextChange { subject: Some("Hello from {{ office }}".into()), ..TextChange::default() };
    let refuses = |_: MailKind, _: &crate::domain::mail::Text| Err(Refusal::invalid("bad-mail-text", "no", ""));
    let set = |alder: &mut Office, actor: &Actor| alder.does(|tx| verbs::set_text(tx, actor, MailKind::Test, &change, |_, _| Ok(())));
    assert_eq!(code(set(&mut alder, &as_user("ann"))), "not-admin");
    assert_eq!(code(alder.does(|tx| verbs::set_text(tx, &as_user("rita"), MailKind::Test, &change, refuses))), "bad-mail-text");
    assert!(!alder.sees(|view| verbs::show_text(view, &as_user("rita"), MailKind::Test)).unwrap().edited);
    let set = set(&mut alder, &as_user("rita")).unwrap();
    assert!(set.edited && set.text.text == crate::domain::mail::text(MailKind::Test).text);
    alder.does(|tx| verbs::test(tx, &as_user("rita"), &Test::default())).unwrap();
    assert_eq!(letter(&mut alder).text.subject, "Hello from {{ office }}");
    let two_lines = TextChange { subject: Some("a\nb".into()), ..TextChange::default() };
    assert_eq!(code(alder.does(|tx| verbs::set_text(tx, &as_user("rita"), MailKind::Test, &two_lines, |_, _| Ok(())))), "bad-subject");
    let long = TextChange { text: Some("x".repeat(40_000)), ..TextChange::default() };
    assert_eq!(code(alder.does(|tx| verbs::set_text(tx, &as_user("rita"), MailKind::Test, &long, |_, _| Ok(())))), "text-too-long");
    assert!(!alder.does(|tx| verbs::reset_text(tx, &as_user("rita"), MailKind::Test)).unwrap().edited);
    change_address_away(&mut alder);
    assert_eq!(code(alder.does(|tx| verbs::test(tx, &as_user("rita"), &Test { user: Some("ann".into()) }))), "no-address");
}

fn change_address_away(alder: &mut Office) {
    change(alder, "ann", |user| user.email.clear());
}
