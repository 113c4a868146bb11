//! What may be seen of records by their names' beginnings and through links, by whom.

use interoffice_protocol::ids::RecordId;

use super::offices::{Office, ann_shares_with_bob, as_user, code, share_all};
use crate::actions::records::{self, Named, own_in_range};
use crate::actions::sharing;
use crate::domain::actor::Actor;
use crate::domain::edit::Edit;
use crate::domain::user::Account;

fn card(name: &str, uid: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:{name}\r\nEND:VCARD\r\n")
}

fn make_private(office: &mut Office, user: &str, record: RecordId) {
    let edit = Edit { private: Some(true), ..Edit::default() };
    office.does(|tx| records::edit(tx, &as_user(user), record, &edit)).unwrap();
}

#[test]
fn an_admin_who_is_a_specialist_sees_that_a_link_shows_a_record_and_not_which() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    for admin in ["adam", "anna"] {
        alder.add(admin, Account::Admin);
    }
    alder.enable("anna");
    let secret = alder.import("ann", &(card("Zoe Secret", "1") + &card("Yan", "2")))[0];
    make_private(&mut alder, "ann", secret);
    let selection = sharing::Selection { all_mine: true, include_private: true, ..Default::default() };
    let plan = alder.does(|tx| sharing::plan_share(tx, &as_user("ann"), &link, &selection)).unwrap();
    alder.does(|tx| sharing::share(tx, &as_user("ann"), &link, &selection, &plan.id)).unwrap();
    let seen = |actor: &Actor| alder.sees(|view| sharing::shared_with(view, actor, &link, 0, 100)).unwrap();
    let names = |actor: &Actor| seen(actor).into_iter().map(|record| record.name).collect::<Vec<_>>();
    for actor in [as_user("ann"), as_user("adam"), Actor::Operator] {
        assert_eq!(names(&actor), ["Zoe Secret", "Yan"], "{actor}");
    }
    let half = seen(&as_user("anna"));
    assert_eq!(half.len(), 2);
    assert_eq!(
        (half[0].record.as_str(), half[0].name.as_str(), half[0].kind, half[0].state),
        (secret.to_string().as_str(), "", "", "pending")
    );
    // What she may not see one by one, she does not see in the list either.
    let access = |record: &str| alder.sees(|view| records::show(view, &as_user("anna"), record.parse().unwrap())).is_ok();
    for record in &half {
        assert_eq!(access(&record.record), !record.name.is_empty(), "{}", record.record);
    }
}

#[test]
fn the_beginning_of_an_id_names_one_record_among_those_that_may_be_seen() {
    let mut alder = Office::new("Alder", 1);
    alder.add("ann", Account::Practitioner);
    alder.add("carl", Account::Practitioner);
    let ids = alder.import("ann", &(card("Zoe", "1") + &card("Yan", "2")));
    let other = alder.import("carl", &card("Kim", "3"))[0];
    make_private(&mut alder, "carl", other);
    let begins = |record: RecordId, letters: usize, actor: &Actor| {
        let Named::Beginning(from, to) = Named::parse(&record.to_string()[..letters]).unwrap() else { panic!("a beginning") };
        alder.sees(|view| own_in_range(view, actor, from, to)).unwrap()
    };
    assert_eq!(begins(ids[0], 25, &as_user("ann")), [ids[0]]);
    // All of them were made within the same second, so their ids begin alike.
    assert_eq!(begins(ids[0], 6, &as_user("ann")).len(), 2);
    assert_eq!(begins(other, 25, &as_user("ann")), [], "a hidden record is not told apart from one that is not there");
    assert_eq!(begins(other, 25, &as_user("carl")), [other]);
    assert_eq!(code(alder.sees(|view| own_in_range(view, &as_user("nobody"), ids[0], ids[0]))), "unknown-user");
}

#[test]
fn a_list_of_shared_records_ends_at_the_last_place_and_takes_any_number() {
    let (mut alder, _birch, link) = ann_shares_with_bob();
    alder.import("ann", &card("Zoe", "1"));
    share_all(&mut alder, "ann", &link);
    assert_eq!(alder.sees(|view| sharing::shared_with(view, &as_user("ann"), &link, u64::MAX, 100)).unwrap(), []);
}
