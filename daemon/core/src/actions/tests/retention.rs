//! Records whose relationship was ended: the audit says a month before that they will be deleted, whether a mail tells somebody or not.

use super::offices::{Office, as_user};
use crate::actions::records;
use crate::actions::users;
use crate::actions::users::NewUser;
use crate::domain::actor::Actor;
use crate::domain::retention::REMIND_MS;
use crate::domain::user::Account;

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn p_45_the_audit_says_a_month_before_that_a_record_will_be_deleted_also_where_nobody_reads_mail() {
    let mut office = Office::new("Alder", 1);
    office.add("bob", Account::Practitioner);
    let ann = NewUser { name: "ann".to_owned(), email: "ann@alder.example".to_owned(), ..NewUser::default() };
    office.does(|tx| users::add(tx, &Actor::Operator, &ann)).unwrap();
    for owner in ["ann", "bob"] {
        let card = format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{owner}\r\nFN:{owner}\r\nEND:VCARD\r\n");
        let record = office.import(owner, &card);
        let plan = office.does(|tx| records::plan_end(tx, &as_user(owner), &record)).unwrap();
        office.does(|tx| records::end(tx, &as_user(owner), &record, &plan.id)).unwrap();
    }
    office.waits(5 * 366 * DAY_MS - REMIND_MS);
    let said = |office: &Office, verb: &str| {
        let lines = office.audit().into_iter().filter(|line| line.verb == verb);
        lines.map(|line| (line.actor, line.detail)).collect::<Vec<_>>()
    };
    let kept = office.does(records::keep).unwrap();
    assert_eq!((kept.reminded, kept.deleted), (2, 0));
    let told = ["by mail to 1 user", "nobody reads mail"].map(|how| ("daemon".to_owned(), how.to_owned()));
    assert_eq!(said(&office, "record.deletion-near"), told);
    office.does(records::keep).unwrap();
    assert_eq!(said(&office, "record.deletion-near").len(), 2, "once");
    office.waits(REMIND_MS);
    assert_eq!(office.does(records::keep).unwrap().deleted, 2, "the duty to delete depends on no mail");
    assert_eq!(said(&office, "record.delete").len(), 2);
}
