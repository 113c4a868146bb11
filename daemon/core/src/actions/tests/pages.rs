//! Pages of users and groups where more are looked through than are shown: each is full but for the last one, and none is told twice.

use super::offices::{Office, as_user, code};
use crate::actions::groups::{self, GroupQuery, NewGroup};
use crate::actions::users::{self, NewUser, UserQuery, UserView};
use crate::domain::actor::Actor;
use crate::domain::page::Page;

/// Users of the office, which is several batches of those that are looked through at once.
const MANY: usize = 650;

/// An office with many users, of whom every fifth is called Petra.
fn alder() -> Office {
    let mut alder = Office::new("Alder", 1);
    let user = |number: usize| {
        let first_name = if number.is_multiple_of(5) { "Petra" } else { "Mona" };
        NewUser { name: format!("u{number:03}"), first_name: first_name.to_owned(), ..NewUser::default() }
    };
    alder.does(|tx| (0..MANY).try_for_each(|number| users::add(tx, &Actor::Operator, &user(number)).map(drop))).unwrap();
    alder
}

fn page(alder: &Office, text: &str, after: Option<String>, limit: usize) -> Page<UserView> {
    let query = UserQuery { text: text.to_owned(), after, limit: Some(limit) };
    alder.sees(|view| users::search(view, &as_user("u001"), &query)).unwrap()
}

fn pages(alder: &Office, text: &str, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let Page { items, next } = page(alder, text, after, limit);
        pages.push(items.into_iter().map(|user| user.name).collect());
        after = next;
        if after.is_none() {
            return pages;
        }
    }
}

#[test]
fn a_search_goes_through_all_users_and_its_pages_are_full() {
    let alder = alder();
    let every = |step: usize| (0..MANY).step_by(step).map(|number| format!("u{number:03}")).collect::<Vec<_>>();
    for limit in [1, 7, 50, 64, 65, 129, 130, 131, 1_000] {
        let found = pages(&alder, "petra", limit);
        let (last, full) = found.split_last().unwrap();
        assert!(full.iter().all(|page| page.len() == limit), "{limit}");
        assert!((1..=limit).contains(&last.len()), "{limit}: no page is empty");
        assert_eq!(found.concat(), every(5), "{limit}");
    }
    for limit in [199, 200, 201, 325, 649, 650] {
        assert_eq!(pages(&alder, "", limit).concat(), every(1), "{limit}");
    }
    assert_eq!(pages(&alder, "nobody", 10), [Vec::<String>::new()]);
    let first = page(&alder, "petra", None, 3).next;
    assert_eq!(page(&alder, "", first, 1).items[0].name, "u011", "a place is one in the order of names, whatever is looked for");
}

#[test]
fn a_group_whose_name_folds_to_nothing_is_told_like_any_other() {
    let mut alder = Office::new("Alder", 1);
    let names = ["\u{301}", "Äpfel", "birnen", "Zitronen"];
    for name in names {
        let group = NewGroup { name: name.to_owned(), members: Vec::new() };
        alder.does(|tx| groups::add(tx, &Actor::Operator, &group)).unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let query = GroupQuery { after, limit: Some(1) };
        let Page { items, next } = alder.sees(|view| groups::list(view, &Actor::Operator, &query)).unwrap();
        found.extend(items.into_iter().map(|group| group.name));
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, names);
    let bad = GroupQuery { after: Some("?".to_owned()), limit: None };
    assert_eq!(code(alder.sees(|view| groups::list(view, &Actor::Operator, &bad))), "bad-place");
}
