//! Requests for access that wait: who knows of one, who answers it and who takes it back (P-15, P-18, P-22, P-24).

use interoffice_tests::web::Line;
use serde_json::{Value, json};

use super::asked::short;
use super::cells::Matrix;
use super::office::Stage;
use super::oracle::{Level, World};

/// Requests that are made.
const REQUESTS: usize = 8;

/// A request that waits.
struct Request {
    number: u64,
    user: usize,
    /// The record's place.
    record: usize,
}

/// P-18: whoever may share the record answers.
fn answers(world: &World, user: usize, request: &Request) -> bool {
    world.level(user, &world.records[request.record]) == Level::Full && world.shares(user).is_ok()
}

fn expected(world: &World, user: usize, request: &Request, question: &str) -> String {
    let (mine, answers) = (user == request.user, answers(world, user, request));
    if world.users[user].disabled {
        return "401 not-signed-in".to_owned();
    }
    match question {
        "list" => if mine || answers { "there" } else { "absent" }.to_owned(),
        "list of mine" => if mine { "there" } else { "absent" }.to_owned(),
        _ if !mine && !answers => "404 unknown-request".to_owned(),
        "show" => {
            let record = &world.records[request.record];
            let named = world.level(user, record) > Level::None || world.by_name(user, record);
            format!("200 {} waiting, named {named}, may answer {}", world.users[request.user].name, answers && !mine)
        }
        "grant" | "refuse" if mine => "403 not-answerer".to_owned(),
        "withdraw" if !mine => "403 not-requester".to_owned(),
        _ => "200".to_owned(),
    }
}

fn ask(line: &mut Line, request: &Request, question: &str) -> String {
    let path = format!("/requests/{}", request.number);
    match question {
        "list" | "list of mine" => {
            let mine = question == "list of mine";
            let reply = line.ask("GET", &format!("/requests?limit=1000&mine={mine}"), &Value::Null, &[]);
            let body = reply.json();
            let is_it = |item: &Value| item["id"] == request.number;
            match reply.status {
                200 if body["items"].as_array().into_iter().flatten().any(is_it) => "there".to_owned(),
                200 => "absent".to_owned(),
                _ => short(&reply),
            }
        }
        "show" => {
            let reply = line.ask("GET", &path, &Value::Null, &[]);
            if reply.status != 200 {
                return short(&reply);
            }
            let body = reply.json();
            let word = |member: &str| body[member].as_str().unwrap_or("?").to_owned();
            let (named, may) = (!body["name"].is_null(), &body["may_answer"]);
            format!("200 {} {}, named {named}, may answer {may}", word("requester"), word("state"))
        }
        verb => short(&line.ask("POST", &format!("{path}/{verb}"), &json!({}), &[])),
    }
}

/// Some users ask for what is hidden from them; everybody is asked about each request, and those who asked take it back at last.
pub(super) fn ask_and_wait(stage: &mut Stage, phase: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let Stage { world, lines, dice, .. } = stage;
    let mut wanted: Vec<(usize, usize)> = (0..world.users.len())
        .flat_map(|user| (0..world.records.len()).map(move |record| (user, record)))
        .filter(|(user, record)| !world.users[*user].disabled && world.by_name(*user, &world.records[*record]))
        .collect();
    dice.shuffle(&mut wanted);
    wanted.truncate(REQUESTS);
    let made = wanted.into_iter().map(|(user, record)| {
        let path = format!("/records/{}/requests", world.records[record].id);
        let number = lines[user].ask("POST", &path, &json!({ "level": "write" }), &[]).ok()["id"].as_u64().expect("a number");
        Request { number, user, record }
    });
    let requests: Vec<Request> = made.collect();
    for (user, line) in lines.iter_mut().enumerate().filter(|(user, _)| !world.users[*user].disabled) {
        for request in &requests {
            let mine = user == request.user;
            let harmless = ["show", "list", "list of mine", "grant", "refuse", "withdraw"].into_iter().filter(|question| match *question {
                "grant" | "refuse" => mine || !answers(world, user, request),
                "withdraw" => !mine,
                _ => true,
            });
            for question in harmless {
                let (got, wanted) = (ask(line, request, question), expected(world, user, request, question));
                let record = &world.records[request.record];
                let asker = &world.users[request.user].name;
                let cell = format!("{phase}: {} asks {question} of the request of {asker} for {}", world.users[user].name, record.name);
                matrix.compare("requests", &cell, &wanted, &got, || world.why(user, Some(record)));
            }
        }
    }
    for request in &requests {
        let got = ask(&mut lines[request.user], request, "withdraw");
        matrix.compare("requests", &format!("{phase}: taken back"), "200", &got, String::new);
    }
    matrix
}
