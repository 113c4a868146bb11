//! Long lists of users, groups and mails: part by part, each of them once and in order, with what they were narrowed to kept, whatever
//! changes between two parts.

use std::collections::BTreeSet;

use interoffice_tests::web::{Browser, Reply};
use interoffice_tests::{Office, card, import, says, says_not};
use serde_json::{Value, json};

/// How many of each there are, which is more than two parts of a page.
const MANY: usize = 120;

/// An office with many users, groups and mails: Rita administers, everybody else is called Member.
fn office() -> Office {
    let office = Office::open("Office A");
    let made = |path: &str, body: &Value| assert_eq!(office.api("POST", path, body).status, 200, "{path} {body}");
    made("/users", &json!({ "name": "rita", "account": "admin", "first_name": "Rita", "last_name": "Rowan" }));
    // The last ones are made first: the order is not that of making.
    for number in (0..MANY).rev() {
        made("/users", &json!({ "name": format!("user{number:03}"), "first_name": "Mona", "last_name": format!("Member {number}") }));
        made("/groups", &json!({ "name": format!("Group {number:03}"), "members": ["rita"] }));
    }
    // Whoever is signed in was invited before, by a mail where there is an address.
    office.cli(&["user", "rename", "user000", "--email", "first@a.example"]).ok();
    (0..MANY).for_each(|_| made("/mails/test", &json!({ "user": "user000" })));
    office
}

/// Every part of a list, as long as each answer says where the next one begins; `between` happens after each part.
fn parts(browser: &mut Browser, path: &str, between: &mut dyn FnMut(usize)) -> Vec<Vec<Value>> {
    let (mut parts, mut after) = (Vec::new(), String::new());
    loop {
        let mark = if path.contains('?') { '&' } else { '?' };
        let place = if after.is_empty() { path.to_owned() } else { format!("{path}{mark}after={after}") };
        let page = browser.get(&place).ok();
        parts.push(page["items"].as_array().expect("items").clone());
        let Some(next) = page["next"].as_str() else { return parts };
        assert!(parts.len() < 50, "{path} has no end");
        next.clone_into(&mut after);
        between(parts.len());
    }
}

fn all(browser: &mut Browser, path: &str) -> Vec<Value> {
    parts(browser, path, &mut |_| {}).concat()
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["name"].as_str()).collect()
}

fn ids(items: &[Value]) -> Vec<i64> {
    items.iter().filter_map(|item| item["id"].as_i64()).collect()
}

fn lengths(parts: &[Vec<Value>]) -> Vec<usize> {
    parts.iter().map(Vec::len).collect()
}

/// UI, lists: every user, group and mail is told once, in order, in parts that are full but for the last one, and a search or a state holds
/// for all parts.
#[test]
fn users_groups_and_mails_are_told_part_by_part_each_of_them_once() {
    let office = office();
    let mut rita = office.signed_in("rita");
    let everybody: Vec<String> = ["rita".to_owned()].into_iter().chain((0..MANY).map(|number| format!("user{number:03}"))).collect();
    let every_group: Vec<String> = (0..MANY).map(|number| format!("Group {number:03}")).collect();

    let users = parts(&mut rita, "/users", &mut |_| {});
    assert_eq!((lengths(&users), names(&users.concat())), (vec![50, 50, 21], everybody.iter().map(String::as_str).collect()));
    let groups = parts(&mut rita, "/groups", &mut |_| {});
    assert_eq!((lengths(&groups), names(&groups.concat())), (vec![50, 50, 20], every_group.iter().map(String::as_str).collect()));
    assert_eq!(groups[2][0]["members"], json!(["rita"]), "who may see the members sees them on every part");
    let mails = parts(&mut rita, "/mails", &mut |_| {});
    let found = ids(&mails.concat());
    assert_eq!((lengths(&mails), found.iter().collect::<BTreeSet<_>>().len()), (vec![50, 50, 20], MANY));
    assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "the newest first: {found:?}");
    assert_eq!(rita.get("/mails?limit=1").ok()["set_up"], false);

    let called = parts(&mut rita, "/users?text=mona%20member&limit=25", &mut |_| {});
    assert_eq!(
        (lengths(&called), called.concat().len()),
        (vec![25, 25, 25, 25, 20], MANY),
        "the search holds for every part, each is full"
    );
    assert_eq!(names(&all(&mut rita, "/users?text=11&limit=4")).len(), 11, "few among many are found in full parts too");
    assert_eq!(lengths(&parts(&mut rita, "/users?text=11&limit=4", &mut |_| {})), [4, 4, 3]);
    let state = |state: &str, rita: &mut Browser| ids(&all(rita, &format!("/mails?state={state}&limit=7")));
    let each: Vec<i64> = ["waiting", "sent", "failed", "dropped"].into_iter().flat_map(|word| state(word, &mut rita)).collect();
    assert_eq!((each.len(), each.into_iter().collect::<BTreeSet<_>>()), (MANY, found.into_iter().collect()), "by state each is told once");
    for path in ["/users?limit=1000", "/groups?limit=1000", "/mails?limit=1000"] {
        assert_eq!(rita.get(path).ok()["next"], Value::Null, "{path}: all of it is the last part");
    }

    // Who administers nothing sees the same users, and of groups the names alone.
    let mut mona = office.signed_in("user007");
    assert_eq!(names(&all(&mut mona, "/users?limit=30")), everybody);
    let seen = all(&mut mona, "/groups?limit=30");
    assert_eq!(names(&seen), every_group);
    assert!(seen.iter().all(|group| group["members"].is_null() && group["records"].is_null()));
    assert_eq!(mona.get("/mails?limit=10").code(), "not-admin");
}

/// UI, lists: a place that no answer gave, and a part of no length or too long a one, are refused with what to do.
#[test]
fn a_place_that_is_none_is_refused_and_says_what_to_do() {
    let office = Office::open("Office A");
    office.cli(&["user", "add", "rita", "--account", "admin"]).ok();
    let mut rita = office.signed_in("rita");
    let refused = |reply: &Reply, code: &str, what: &str| {
        assert_eq!((reply.status, reply.code().as_str()), (422, code), "{what}");
        let problem = reply.json();
        assert!(["detail", "remedy"].iter().all(|word| problem[word].as_str().is_some_and(|text| text.len() > 10)), "{what}: {problem}");
    };
    for list in ["users", "groups", "mails"] {
        for place in ["%3F", "not!a!place", "rita%20"] {
            let path = format!("/{list}?after={place}");
            refused(&rita.get(&path), "bad-place", &path);
            let page = rita.send("GET", &format!("/{}?after={place}", if list == "users" { "people" } else { list }), &[], b"");
            assert_eq!(page.status, 422, "the page of {list}");
            says(&String::from_utf8_lossy(&page.bytes), "no place in a list");
            says(&String::from_utf8_lossy(&page.bytes), "Begin with its first page.");
        }
        for limit in ["0", "1001"] {
            let path = format!("/{list}?limit={limit}");
            refused(&rita.get(&path), "bad-limit", &path);
        }
    }
}

/// UI, lists: what changes between two parts neither doubles nor drops anything else.
#[test]
fn what_changes_between_two_parts_doubles_and_drops_nothing_else() {
    let office = office();
    let mut rita = office.signed_in("rita");
    let mut other = office.signed_in("rita");
    let last_of = |part: usize| part * 50 - 1;

    // The user on whom the second part begins goes, one comes before and one behind.
    let users = parts(&mut rita, "/users", &mut |part| {
        if part == 1 {
            other.carry_out(&format!("/users/user{:03}/delete", last_of(1) - 1), &json!({})).ok();
            other.post("/users", &json!({ "name": "aaron" })).ok();
            other.post("/users", &json!({ "name": "user0995" })).ok();
        }
    });
    let users = users.concat();
    let expected: Vec<String> = ["rita".to_owned()].into_iter().chain((0..MANY).map(|number| format!("user{number:03}"))).collect();
    let without = |new: &str| names(&users).into_iter().filter(|name| *name != new).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(without("user0995"), expected, "who came before is not told, who came behind is, and all others once");
    assert_eq!(users.len(), expected.len() + 1);

    let groups = parts(&mut rita, "/groups", &mut |part| {
        if part == 1 {
            let gone = format!("/groups/Group%20{:03}", last_of(1));
            other.carry_out(&format!("{gone}/delete"), &json!({})).ok();
            other.json("PATCH", "/groups/Group%20000", &json!({ "name": "Group 0995" }), &[]).ok();
        }
    });
    let groups = groups.concat();
    let (found, once) = (names(&groups), names(&groups).into_iter().collect::<BTreeSet<_>>());
    assert_eq!((found.len(), once.len()), (MANY + 1, MANY + 1), "what has another name now is told under both, nothing else is");

    let mails = parts(&mut rita, "/mails", &mut |_| {
        other.post("/mails/test", &json!({ "user": "user000" })).ok();
    });
    let found = ids(&mails.concat());
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (MANY, MANY), "mails that came meanwhile are newer than all");
}

/// UI, lists: a command tells the first 50 and says that there are more; `--limit 0` tells all.
#[test]
fn commands_tell_fifty_and_say_that_there_are_more() {
    let office = office();
    for (list, total) in [("user", MANY + 1), ("group", MANY), ("mail", MANY)] {
        let first = office.cli(&[list, "list", "--output", "jsonl"]).ok();
        assert_eq!(first.out.lines().count(), 50, "{list}");
        says(&first.err, "There are more: --limit 0 shows all.");
        let whole = office.cli(&[list, "list", "--limit", "0", "--output", "jsonl"]).ok();
        assert_eq!(whole.out.lines().collect::<BTreeSet<_>>().len(), total, "{list}");
        says_not(&whole.err, "There are more");
        assert_eq!(office.json(&[list, "list", "--limit", "60"]).as_array().map(Vec::len), Some(60), "{list}");
    }
    let found = office.cli(&["user", "list", "--text", "member 11", "--limit", "0", "--output", "jsonl"]).ok();
    assert_eq!(found.out.lines().count(), 11);
    says_not(&found.err, "There are more");
}

/// The page at `place`.
#[track_caller]
fn page(browser: &mut Browser, place: &str) -> String {
    let reply = browser.send("GET", place, &[], b"");
    let page = String::from_utf8(reply.bytes).expect("a page");
    assert_eq!(reply.status, 200, "{place}: {page}");
    page
}

/// What leads from a page to the next part of its list.
fn next(page: &str) -> Option<String> {
    let link = page.split("<a ").find(|link| link.split('>').next().is_some_and(|tag| tag.contains("rel=\"next\"")))?;
    let place = link.split("href=\"").nth(1)?.split('"').next()?;
    Some(place.replace("&amp;", "&").replace("&#38;", "&"))
}

/// What stands in the heads of the rows of a page.
fn heads(page: &str) -> Vec<String> {
    let heads = page.split("<th scope=\"row\">").skip(1).filter_map(|row| row.split("</th>").next());
    heads.map(|head| head.split(['<', '>']).filter(|text| !text.starts_with(['a', '/'])).collect::<String>()).collect()
}

/// UI, lists: the pages of users, groups and mails show 50 and lead on to the rest, and the address keeps what was looked for.
#[test]
fn pages_of_lists_lead_on_and_keep_what_was_looked_for() {
    let office = office();
    let mut rita = office.signed_in("rita");
    for (place, kept, total) in [
        ("/people", "/people?after=", MANY + 1),
        ("/people?text=member", "/people?text=member&after=", MANY),
        ("/groups", "/groups?after=", MANY),
        ("/mails", "/mails?after=", MANY),
    ] {
        let (mut at, mut seen, mut count) = (place.to_owned(), Vec::new(), 0);
        loop {
            let page = page(&mut rita, &at);
            assert!(page.len() < 40_000, "{at} has {} bytes", page.len());
            seen.extend(heads(&page));
            count += 1;
            let Some(more) = next(&page) else { break };
            assert!(more.starts_with(kept), "{more}");
            at = more;
        }
        assert_eq!((count, seen.len()), (3, total), "{place}");
        assert_eq!(page(&mut rita, place).matches("rel=\"next\"").count(), 1, "{place}");
    }
    let none = page(&mut rita, "/people?text=nobody-at-all");
    says(&none, "nobody-at-all");
    says(&none, "href=\"/people\"");
}

/// The answer to a form of the console.
#[track_caller]
fn sent(browser: &mut Browser, place: &str, form: &str) -> Reply {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    browser.send("POST", place, &headers, form.as_bytes())
}

/// The users whom a page offers to choose from.
fn offered(page: &str, field: &str) -> Vec<String> {
    let list = page.split(&format!("name=\"{field}\"")).nth(1).and_then(|rest| rest.split("</select>").next()).unwrap_or_default();
    let values = list.split("<option value=\"").skip(1).filter_map(|option| option.split('"').next());
    values.filter(|value| value.len() > 1).map(str::to_owned).collect()
}

/// UI, lists: where one user of many is chosen, a page offers those whom a search finds; what was typed to be looked for is looked for first,
/// whichever button sent it. Of many groups one is named.
#[test]
fn one_of_many_users_is_looked_for_and_then_chosen() {
    let office = office();
    let petra = import(office.user("user007"), &card("Petra Miller")).remove(0);
    let mut rita = office.signed_in("rita");
    let forms = [
        (format!("/clients/{petra}/access"), format!("/clients/{petra}/owner"), "owner", "keep=none"),
        ("/people/user007/hand-over".to_owned(), "/people/user007/hand-over".to_owned(), "to", ""),
        ("/people/user007/proxies".to_owned(), "/people/user007/proxies".to_owned(), "proxy", ""),
    ];
    for (place, action, field, with) in &forms {
        let at_first = page(&mut rita, place);
        assert_eq!(offered(&at_first, field), Vec::<String>::new(), "{place}");
        says(&at_first, "More than 100 users are here");
        for button in ["do=find", ""] {
            let found = sent(&mut rita, action, &format!("{button}&find=member+11&found=&{field}=&{with}"));
            let found = (found.status, String::from_utf8(found.bytes).expect("a page"));
            assert_eq!((found.0, offered(&found.1, field).len()), (200, 11), "{place} {button}: {}", found.1);
            says(&found.1, "11 users are found: choose one below.");
            assert!(found.1.len() < 40_000, "{place}");
        }
        let none = sent(&mut rita, action, &format!("do=find&find=zz-nobody&{field}=&{with}"));
        says(&String::from_utf8_lossy(&none.bytes), "Nobody in this office is called like that.");
        let short = sent(&mut rita, action, &format!("do=find&find=z&{field}=&{with}"));
        says(&String::from_utf8_lossy(&short.bytes), "two letters");
        let many = sent(&mut rita, action, &format!("do=find&find=member&{field}=&{with}"));
        let many = String::from_utf8(many.bytes).expect("a page");
        says(&many, "write more of the name");
        assert!(many.len() < 40_000 && offered(&many, field).len() > 40, "{place}");
        let sure = sent(&mut rita, action, &format!("find=member+11&found=member+11&{field}=user115&{with}"));
        says(&String::from_utf8_lossy(&sure.bytes), "user115");
        assert_eq!(sure.status, 200, "{place} says what will happen");
    }
    let new = page(&mut rita, "/clients/new");
    assert!(new.len() < 40_000 && offered(&new, "responsible").is_empty());
    let found = sent(&mut rita, "/clients/new", "do=save&fn-1=Zoe&find=member+11&found=&responsible=");
    let found = String::from_utf8(found.bytes).expect("a page");
    assert_eq!(offered(&found, "responsible").len(), 11);
    let made = sent(&mut rita, "/clients/new", "do=save&fn-1=Zoe&find=member+11&found=member+11&responsible=user115");
    assert_eq!((made.status, office.json(&["record", "list", "zoe"])[0]["owner"].as_str()), (303, Some("user115")));

    let shares = format!("/clients/{petra}/shares");
    let dialog = page(&mut rita, &shares);
    assert!(dialog.len() < 40_000 && dialog.matches("Group 1").count() == 0, "no list of all groups");
    let added = sent(&mut rita, &shares, "do=group&group=group+117");
    says(&String::from_utf8_lossy(&added.bytes), "level:group:Group 117");
    let unknown = sent(&mut rita, &shares, "do=group&group=Nowhere");
    assert_eq!(unknown.status, 422);
    says(&String::from_utf8_lossy(&unknown.bytes), "has no group");
    says(&String::from_utf8_lossy(&unknown.bytes), "value=\"Nowhere\"");
}
