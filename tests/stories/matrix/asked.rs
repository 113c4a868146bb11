//! Asks the daemon, as the user, and says in the oracle's words what it answered.

use interoffice_tests::web::{Line, Reply};
use serde_json::{Value, json};

use super::expected::Question;
use super::oracle::{Record, World};

/// An answer that only its status and code matter of.
pub(super) fn short(reply: &Reply) -> String {
    if reply.status < 300 { reply.status.to_string() } else { format!("{} {}", reply.status, reply.code()) }
}

fn is_ok(reply: &Reply) -> bool {
    reply.status == 200
}

/// Asks a question; gives the answer as [`super::expected::expected`] words it.
pub(super) fn answer(world: &World, line: &mut Line, user: usize, record: &Record, question: &Question) -> String {
    let path = format!("/records/{}", record.id);
    let me = &world.users[user].name;
    let mut get = |path: &str| line.ask("GET", path, &Value::Null, &[]);
    match question {
        Question::Show => shown(&get(&path), record),
        Question::ShowByBeginning => shown(&get(&path[..path.len() - 2]), record),
        Question::Shares => shares(&get(&format!("{path}/shares"))),
        Question::ExplainMe => explained(&get(&format!("{path}/explain?user={me}"))),
        Question::ExplainAll => explained(&get(&format!("{path}/explain"))),
        Question::ExplainOther(other) => explained(&get(&format!("{path}/explain?user={}", world.users[*other].name))),
        Question::Export => exported(&get(&format!("/records/export?format=json&ids={}", record.id)), record),
        _ => changed(world, line, record, question, &path),
    }
}

/// What would change something, but does not: a plan, what is so already, or a version that is not the present one.
fn changed(world: &World, line: &mut Line, record: &Record, question: &Question, path: &str) -> String {
    let same = json!([{ "name": "FN", "value": record.name }]);
    let late = [("if-match", "\"99.99\"")];
    let name = |user: &usize| world.users[*user].name.as_str();
    let one = json!({ "records": [record.id] });
    let plan_share = |change: Value| (format!("{path}/shares/plan"), json!({ "changes": [change] }));
    let mut post = |(path, body): (String, Value)| short(&line.ask("POST", &path, &body, &[]));
    match question {
        Question::PlanGrant(to, level) => post(plan_share(json!({ "user": name(to), "level": level.word() }))),
        Question::PlanGroup(group, level) => post(plan_share(json!({ "group": group, "level": level.word() }))),
        Question::PlanWhole(level) => post(plan_share(json!({ "whole_office": true, "level": level.word() }))),
        Question::PlanOwner(to, keep) => post((format!("{path}/owner/plan"), json!({ "owner": name(to), "keep": keep.word() }))),
        Question::PlanArchive => post(("/records/archive/plan".to_owned(), one)),
        Question::PlanDelete => post(("/records/delete/plan".to_owned(), one)),
        Question::Unarchive => post(("/records/unarchive".to_owned(), one)),
        Question::Digest => post((format!("{path}/digest"), json!({ "receive": true }))),
        Question::Edit => short(&line.ask("PATCH", path, &json!({ "set": same }), &[("if-match", "\"1.1\"")])),
        Question::EditLate => short(&line.ask("PATCH", path, &json!({ "set": same }), &late)),
        Question::Mark => short(&line.ask("PATCH", path, &json!({ "private": record.private }), &[])),
        Question::TurnLate => short(&line.ask("PATCH", path, &json!({ "private": !record.private }), &late)),
        Question::Ask(level) => {
            let reply = line.ask("POST", &format!("{path}/requests"), &json!({ "level": level.word() }), &[]);
            if !is_ok(&reply) {
                return short(&reply);
            }
            let number = reply.json()["id"].to_string();
            let back = line.ask("POST", &format!("/requests/{number}/withdraw"), &json!({}), &[]).json();
            format!("200 {}, {}", reply.json()["state"].as_str().unwrap_or("?"), back["state"].as_str().unwrap_or("?"))
        }
        read => unreachable!("{read:?} reads"),
    }
}

fn words<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().into_iter().flatten().filter_map(|item| item[member].as_str()).collect()
}

/// A record as it is shown: whole, or only its name. What does not fit either is told as it is.
fn shown(reply: &Reply, record: &Record) -> String {
    if !is_ok(reply) {
        return short(reply);
    }
    whole(&reply.json(), record)
}

fn whole(body: &Value, record: &Record) -> String {
    let (named, told) = (body["name"] == record.name.as_str(), body.to_string());
    let has_mail = told.contains(&format!("hidden{}@secret.example", &record.name[record.name.len() - 2..]));
    if body["access"] == "none" && named && !has_mail {
        let keys: Vec<_> = body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        return format!("200 {}", keys.join(" "));
    }
    if !named || !has_mail {
        return format!("200 and not the record: {told}");
    }
    let access = body["access"].as_str().unwrap_or("?");
    format!("200 whole {access} {}", connected(body))
}

/// To whom a record is connected, and whether it opens without a connection, as it is shown alone or in a list.
pub(super) fn connected(body: &Value) -> String {
    let connected: Vec<_> = body["connected_to"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("of {}, offline {}", connected.join(" "), body["offline"])
}

fn exported(reply: &Reply, record: &Record) -> String {
    if !is_ok(reply) {
        return short(reply);
    }
    whole(&reply.json(), record)
}

fn shares(reply: &Reply) -> String {
    if !is_ok(reply) {
        return short(reply);
    }
    let body = reply.json();
    let asks = &body["request"]["possible"];
    if body["access"] == "none" {
        let told: Vec<_> = body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        assert_eq!(told, ["access", "groups", "name", "record", "request", "users"], "{body}");
        return format!("200 locked users {:?} groups {:?} asks {asks}", words(&body["users"], "user"), words(&body["groups"], "group"));
    }
    let with = |list: &Value, who: &str| -> Vec<String> {
        let items = list.as_array().into_iter().flatten();
        items.map(|item| format!("{}={}", item[who].as_str().unwrap_or("?"), item["level"].as_str().unwrap_or("?"))).collect()
    };
    let (owner, office) = (body["owner"].as_str().unwrap_or("?"), body["whole_office"].as_str().unwrap_or("?"));
    let (users, groups) = (with(&body["users"], "user"), with(&body["groups"], "group"));
    format!("200 {owner} users {users:?} groups {groups:?} office {office} may {} asks {asks}", body["may_share"])
}

fn explained(reply: &Reply) -> String {
    if !is_ok(reply) {
        return short(reply);
    }
    let mut all = Vec::new();
    for user in reply.json()["items"].as_array().into_iter().flatten() {
        let of = |reason: &Value| format!("{}:{}", reason["source"].as_str().unwrap_or("?"), reason["level"].as_str().unwrap_or("?"));
        let mut reasons: Vec<_> = user["because"].as_array().into_iter().flatten().map(of).collect();
        reasons.sort_unstable();
        all.push(format!("{}={}{reasons:?}", user["user"].as_str().unwrap_or("?"), user["level"].as_str().unwrap_or("?")));
    }
    all.sort_unstable();
    format!("200 {}", all.join(" "))
}
