//! What is asked about the office and its people: who may ask, each user tried with each question. None of it changes anything: what an
//! administrator may do names what is not there, or is so already.

use interoffice_tests::web::Line;
use serde_json::{Value, json};

use super::asked::short;
use super::cells::Matrix;
use super::office::Stage;
use super::oracle::{Account, Level, World};

/// Who is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Everybody of the office.
    All,
    /// S-02, I-31, P-02: administrators.
    Admins,
    /// The user that it is about, and administrators.
    ZedAndAdmins,
    /// S-01: specialists whose role lets them.
    Specialists,
}

/// A question, who is answered, and how.
struct Door {
    method: &'static str,
    path: &'static str,
    body: Value,
    who: Who,
    answer: &'static str,
}

/// What is about signing in is for nobody's program; so is the address to which links go that set a password.
fn is_in_person(method: &str, path: &str) -> bool {
    (method == "PATCH" && path.starts_with("/users/"))
        || ["/sessions", "/tokens", "/second-factor", "/invite"].iter().any(|part| path.contains(part))
        || path.starts_with("/session")
}

fn doors() -> Vec<Door> {
    let door = |who, method, path, body, answer| Door { method, path, body, who, answer };
    let get = |who, path, answer| Door { method: "GET", path, body: Value::Null, who, answer };
    let plan = |path, answer| Door { method: "POST", path, body: json!({}), who: Who::Admins, answer };
    let mut all: Vec<Door> = ["/groups", "/groups/Empty", "/roles", "/roles/Reader", "/settings", "/client-access", "/users", "/users/zed"]
        .into_iter()
        .chain(["/specialists", "/proxies", "/links", "/peers", "/requests", "/status", "/id", "/chores", "/users?text=zed"])
        .map(|path| get(Who::All, path, "200"))
        .collect();
    all.extend(["/audit", "/audit/export", "/mails", "/mail/texts", "/mail/texts/invitation"].map(|path| get(Who::Admins, path, "200")));
    all.extend(["/users/zed/sessions", "/users/zed/tokens", "/users/zed/proxies"].map(|path| get(Who::ZedAndAdmins, path, "200")));
    all.extend([
        get(Who::All, "/groups/none", "404 unknown-group"),
        get(Who::All, "/users/nobody99", "404 unknown-user"),
        get(Who::All, "/links/abcdabcd", "404 unknown-link"),
        get(Who::All, "/requests/999999", "404 unknown-request"),
        door(Who::Admins, "POST", "/groups", json!({ "name": "Empty" }), "409 group-exists"),
        door(Who::Admins, "PATCH", "/groups/Empty", json!({ "name": "Empty" }), "200"),
        door(Who::Admins, "POST", "/groups/Empty/members", json!({ "user": "nobody99" }), "404 unknown-user"),
        door(Who::Admins, "DELETE", "/groups/Empty/members/zed", Value::Null, "404 not-member"),
        plan("/groups/Empty/delete/plan", "200"),
        door(Who::Admins, "POST", "/roles", json!({ "name": "Reader" }), "409 role-exists"),
        door(Who::Admins, "DELETE", "/roles/Administrator", Value::Null, "403 fixed-role"),
        door(Who::Admins, "POST", "/roles/Administrator/change/plan", json!({ "permissions": [] }), "403 fixed-role"),
        plan("/roles/Reader/change/plan", "200"),
        door(Who::Admins, "PATCH", "/settings", json!({}), "200"),
        plan("/client-access/plan", "200"),
        door(Who::Admins, "POST", "/users", json!({ "name": "zed" }), "409 user-exists"),
        door(Who::ZedAndAdmins, "PATCH", "/users/zed", json!({}), "200"),
        door(Who::Admins, "POST", "/users/zed/all-clients/plan", json!({ "level": "write" }), "200"),
        plan("/users/zed/assign/plan", "200"),
        plan("/users/zed/disable/plan", "200"),
        plan("/users/nobody99/delete/plan", "404 unknown-user"),
        plan("/users/nobody99/enable", "404 unknown-user"),
        plan("/users/nobody99/invite", "404 unknown-user"),
        door(Who::Admins, "POST", "/users/zed/hand-over/plan", json!({ "to": "nobody99" }), "404 unknown-user"),
        door(Who::Admins, "POST", "/users/zed/rights", json!({ "right": "super-user", "on": false }), "200"),
        door(Who::ZedAndAdmins, "POST", "/users/zed/proxies/plan", json!({ "proxy": "nobody99", "on": true }), "404 unknown-user"),
        door(Who::ZedAndAdmins, "DELETE", "/users/zed/sessions/999999", Value::Null, "404 unknown-session"),
        door(Who::ZedAndAdmins, "DELETE", "/users/zed/tokens/999999", Value::Null, "404 unknown-token"),
        door(Who::ZedAndAdmins, "DELETE", "/users/zed/second-factor", Value::Null, "200"),
        plan("/specialists/zed/enable/plan", "200"),
        plan("/specialists/nobody99/disable/plan", "404 unknown-user"),
        plan("/peers/nobody/remove/plan", "404 unknown-office"),
        plan("/peers/nobody/block", "404 unknown-office"),
        plan("/peers/nobody/confirm", "404 unknown-office"),
        door(Who::Admins, "POST", "/mails/test", json!({ "user": "zed" }), "409 no-address"),
        plan("/mails/999999/retry", "404 unknown-mail"),
        door(Who::Admins, "DELETE", "/mail/texts/invitation", Value::Null, "200"),
        plan("/office/addresses/test", "200"),
        door(Who::Specialists, "POST", "/links", json!({ "office": "Nowhere", "user": "bob", "purpose": "x" }), "404 unknown-office"),
        door(Who::Specialists, "POST", "/links/accept", json!({ "links": ["abcdabcd"] }), "404 unknown-link"),
        door(Who::All, "POST", "/links/abcdabcd/delete/plan", json!({}), "404 unknown-link"),
    ]);
    all
}

fn expected(world: &World, user: usize, door: &Door) -> String {
    let who = &world.users[user];
    if who.disabled {
        return "401 not-signed-in".to_owned();
    }
    if is_in_person(door.method, door.path) && is_program(user) {
        return "403 not-for-tokens".to_owned();
    }
    match door.who {
        Who::Admins if !world.administers(user) => "403 not-admin",
        Who::ZedAndAdmins if !world.administers(user) && who.name != "zed" => "403 not-admin",
        Who::Specialists if !who.specialist => "403 not-specialist",
        Who::Specialists if !world.may(user, "exchange") => "403 role",
        // P-07: naming a proxy is sharing.
        Who::ZedAndAdmins if door.path == "/users/zed/proxies/plan" => {
            return world.shares(user).map_or_else(|code| format!("403 {code}"), |()| door.answer.to_owned());
        }
        _ => door.answer,
    }
    .to_owned()
}

/// Whether a program asks for this user.
fn is_program(user: usize) -> bool {
    user % 2 == 1
}

/// Each user is tried at each door.
pub(super) fn knock(stage: &mut Stage, phase: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let Stage { world, lines, dice, .. } = stage;
    for (user, line) in lines.iter_mut().enumerate() {
        for door in doors() {
            if world.users[user].disabled && dice.below(10) > 0 {
                continue;
            }
            let got = short(&line.ask(door.method, door.path, &door.body, &[]));
            let cell = format!("{phase}: {} asks {} {} {}", world.users[user].name, door.method, door.path, door.body);
            matrix.compare("office", &cell, &expected(world, user, &door), &got, || world.why(user, None));
        }
        if !world.users[user].disabled {
            make(&mut matrix, world, line, user, phase);
            groups(&mut matrix, world, line, user, phase);
            proxies(&mut matrix, world, line, user, phase);
            name_proxies(&mut matrix, world, line, user, phase);
            act_for(&mut matrix, world, line, user, phase);
        }
    }
    matrix
}

/// V-01, I-33, I-34, S-55: who makes records, and for whom; without a name none is made.
fn make(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    let is_practitioner = world.users[user].account == Account::Practitioner;
    for (owner, assign) in [(None, None), (None, Some(json!([]))), (Some("sue"), Some(json!(["sue"]))), (Some("asa"), None)] {
        let mut new = json!({ "name": "" });
        new["owner"] = json!(owner);
        new["assign"] = json!(assign);
        let for_other = owner.is_some_and(|owner| owner != world.users[user].name);
        let wanted = if !world.may(user, "edit") {
            "403 role"
        } else if owner == Some("asa") {
            "403 assistant"
        } else if owner.is_none() && !is_practitioner {
            "403 owns-no-clients"
        } else if for_other && is_practitioner && !world.administers(user) {
            "403 not-admin"
        } else if assign.is_none() && world.security {
            "422 need-assignment"
        } else if assign == Some(json!([])) && !world.administers(user) && !world.sharing {
            "403 sharing-off"
        } else {
            "422 name-needed"
        };
        let got = short(&line.ask("POST", "/records", &new, &[]));
        let cell = format!("{phase}: {} makes a record {new}", world.users[user].name);
        matrix.compare("making", &cell, wanted, &got, || world.why(user, None));
    }
}

/// P-16: who is in a group.
fn groups(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    let listed = line.ask("GET", "/groups", &Value::Null, &[]).json();
    for (group, members) in &world.groups {
        let mut names: Vec<_> = members.iter().map(|member| world.users[*member].name.as_str()).collect();
        names.sort_unstable();
        let wanted = if world.knows_members(user, group) { json!(names) } else { Value::Null };
        let one = line.ask("GET", &format!("/groups/{group}"), &Value::Null, &[]).json();
        let in_list = listed["items"].as_array().into_iter().flatten().find(|item| item["name"] == group.as_str()).cloned();
        for got in [one, in_list.unwrap_or_default()] {
            let cell = format!("{phase}: {} looks who is in {group}", world.users[user].name);
            matrix.compare("members", &cell, &wanted.to_string(), &got["members"].to_string(), || world.why(user, None));
        }
    }
}

/// S-52: who is whose proxy is known to both and to administrators.
fn proxies(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    let listed = line.ask("GET", "/proxies", &Value::Null, &[]).json();
    for (proxy, who) in world.users.iter().enumerate() {
        for owner in &who.proxy_of {
            let wanted = world.administers(user) || user == proxy || user == *owner;
            let is_it = |item: &&Value| item["proxy"] == who.name.as_str() && item["owner"] == world.users[*owner].name.as_str();
            let got = listed["items"].as_array().into_iter().flatten().any(|item| is_it(&item));
            let cell = format!("{phase}: {} looks for {} among the proxies", world.users[user].name, who.name);
            matrix.compare("proxies", &cell, &wanted.to_string(), &got.to_string(), || world.why(user, None));
        }
    }
}

/// P-07, S-52: naming a proxy lets somebody see records, and is for whoever shares; taking one away is for all whom it concerns.
fn name_proxies(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    let (all, own) = (world.users.len(), &world.users[user].proxy_of);
    let others = [1, 5, all - 1].map(|step| (user, (user + step) % all));
    let tries = others.into_iter().chain([(user, user), ((user + 3) % all, user), ((user + 4) % all, (user + 6) % all)]);
    let has = (0..all).filter(|other| world.users[*other].proxy_of.contains(&user)).map(|proxy| (user, proxy));
    for (owner, proxy) in tries.chain(has).chain(own.iter().map(|owner| (*owner, user))) {
        for on in [true, false] {
            let (owner_name, name) = (&world.users[owner].name, &world.users[proxy].name);
            let path = format!("/users/{owner_name}/proxies/plan");
            let got = short(&line.ask("POST", &path, &json!({ "proxy": name, "on": on }), &[]));
            let cell = format!("{phase}: {} makes {name} a proxy of {owner_name}: {on}", world.users[user].name);
            matrix.compare("naming proxies", &cell, &named_proxy(world, user, owner, proxy, on), &got, || world.why(user, None));
        }
    }
}

fn named_proxy(world: &World, user: usize, owner: usize, proxy: usize, on: bool) -> String {
    let is_it = world.users[proxy].proxy_of.contains(&owner);
    let plain = match () {
        () if !world.administers(user) && user != owner => "403 not-admin",
        () if on && world.shares(user) == Err("role") => "403 role",
        () if on && world.shares(user) == Err("sharing-off") => "403 sharing-off",
        () if world.users[owner].disabled || world.users[proxy].disabled => "409 user-disabled",
        () if owner == proxy => "422 own-proxy",
        () if on && user == proxy => "403 own-proxy",
        () if on && is_it => "409 already-proxy",
        () if !on && !is_it => "404 unknown-proxy",
        () => "200",
    };
    plain.to_owned()
}

/// I-39: an administrator who sees all acts for others, and then sees what they see; nobody else does.
fn act_for(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    // Who is refused counts as a stranger, who may not ask often: two tries are enough.
    let tries = if world.sees_everything(user) { world.users.len() } else { 2 };
    for (other, who) in world.users.iter().enumerate().filter(|(other, _)| *other != user).take(tries) {
        let reply = line.ask("GET", "/records?limit=1000", &Value::Null, &[("x-interoffice-as", &who.name)]);
        let wanted = match (world.sees_everything(user), who.disabled) {
            (false, _) => "403 not-admin".to_owned(),
            (true, true) => "403 user-disabled".to_owned(),
            (true, false) => {
                let seen = world.records.iter().filter(|record| !record.archived && world.level(other, record) > Level::None);
                seen.map(|record| record.name.as_str()).collect::<Vec<_>>().join(", ")
            }
        };
        let body = reply.json();
        let names = body["items"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str());
        let got = if reply.status == 200 { names.collect::<Vec<_>>().join(", ") } else { short(&reply) };
        let cell = format!("{phase}: {} acts for {}", world.users[user].name, who.name);
        matrix.compare("acting for", &cell, &wanted, &got, || world.why(other, None));
    }
}
