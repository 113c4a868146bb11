//! `./bench office`: one office with many records, users and groups, whose list, search and page of clients are asked by a user who sees
//! 200 of the records and by one who sees them all.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use interoffice_core::domain::fold::fold;
use interoffice_core::domain::sample::Sample;
use interoffice_tests::web::Line;
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::measures::{ms, percentile};
use crate::office::Office;
use crate::results::{Results, say};
use crate::socket::Socket;

/// Records of the office.
const RECORDS: usize = 100_000;
/// Users who own them, beside the two who ask.
const OWNERS: usize = 20;
/// All users.
const USERS: usize = 200;
const GROUPS: usize = 50;
/// Records that the narrow user sees: own ones, some by name, the rest through groups.
const NARROW: [usize; 3] = [60, 50, 90];
/// Times that each question is asked.
const ASKED: usize = 200;
const NOTE_BYTES: usize = 470;
const SEED: u64 = 100_000;

/// Makes the office, asks it, and takes it away again.
pub(crate) fn measure(arguments: &Arguments, results: &mut Results) -> Result<()> {
    let folder = arguments.folder.join(format!("office-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut office = Office::set_up(&arguments.binary, folder.join("a"), "Harbour Law")?;
    let said = |what: &str, since: Instant| say(&format!("{what}: {:.1} s", since.elapsed().as_secs_f64()));
    let started = Instant::now();
    people(&office)?;
    let ids = records(&office)?;
    results.add("office_import_per_s", RECORDS as f64 / started.elapsed().as_secs_f64());
    said("importing", started);
    let started = Instant::now();
    shares(&office, &ids)?;
    said("sharing", started);
    office.kill();
    office.start()?;
    for (desk, user) in [("wide", "root"), ("narrow", "nan")] {
        ask(&mut office.socket(user)?, desk, results)?;
        pages(Line::new(office.signed_in(user)?), desk, results)?;
    }
    office.kill();
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn owner(number: usize) -> String {
    format!("owner{number}")
}

fn people(office: &Office) -> Result<()> {
    let mut desk = office.socket("")?;
    desk.post("/users", &json!({ "name": "root", "account": "admin" }))?;
    desk.post("/users", &json!({ "name": "nan" }))?;
    for number in 2..USERS {
        let name = if number < OWNERS + 2 { owner(number - 2) } else { format!("user{number}") };
        desk.post("/users", &json!({ "name": name }))?;
    }
    for number in 0..GROUPS {
        // Every tenth group is one of the narrow user's, and each has some others in it.
        let mut members: Vec<String> =
            (0..4).map(|member| format!("user{}", OWNERS + 2 + (number * 7 + member * 31) % (USERS - OWNERS - 2))).collect();
        members.sort();
        members.dedup();
        members.extend((number % 10 == 0).then(|| "nan".to_owned()));
        desk.post("/groups", &json!({ "name": format!("Group {number}"), "members": members }))?;
    }
    confirmed(&mut desk, "/client-access", &json!({ "on": true }))?;
    Ok(())
}

/// Does what needs a plan.
fn confirmed(desk: &mut Socket, path: &str, body: &Value) -> Result<Value> {
    let plan = desk.post(&format!("{path}/plan"), body)?;
    let mut body = body.clone();
    body["plan"] = plan["id"].clone();
    desk.post(path, &body)
}

/// Imports the records, each owner's from a file; gives the ids by owner, the narrow user's last.
fn records(office: &Office) -> Result<Vec<Vec<String>>> {
    let each = (RECORDS - NARROW[0]) / OWNERS;
    let mut ids = Vec::new();
    for number in 0..=OWNERS {
        let (name, count) = if number < OWNERS { (owner(number), each) } else { ("nan".to_owned(), RECORDS - each * OWNERS) };
        let cards = Sample { seed: SEED + number as u64, count, note_bytes: NOTE_BYTES }.cards();
        let mut desk = office.socket(&name)?;
        let answer = desk.call("POST", "/records/import", "text/vcard", cards.as_bytes())?;
        if answer.status != 200 {
            bail!("importing for {name}: {} {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        let report: Value = serde_json::from_slice(answer.body)?;
        let new: Vec<String> = report["records"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if new.len() != count {
            bail!("{} of {count} records were imported", new.len());
        }
        ids.push(new);
    }
    Ok(ids)
}

/// Shares records with the narrow user by name and through groups, and others with other groups and users.
fn shares(office: &Office, ids: &[Vec<String>]) -> Result<()> {
    let mut desk = office.socket("root")?;
    let mut grant = |record: &str, change: Value| -> Result<()> {
        confirmed(&mut desk, &format!("/records/{record}/shares"), &json!({ "changes": [change] }))?;
        Ok(())
    };
    let record = |number: usize| ids[number % OWNERS].get(number / OWNERS * 17).context("a record");
    for number in 0..NARROW[1] {
        grant(record(number)?, json!({ "user": "nan", "level": "read" }))?;
    }
    for number in 0..NARROW[2] {
        let group = format!("Group {}", number % 5 * 10);
        grant(record(NARROW[1] + number)?, json!({ "group": group, "level": "read" }))?;
    }
    for number in 0..500 {
        let at = NARROW[1] + NARROW[2] + number;
        let group = 1 + (number % 9) + number / 9 % 5 * 10;
        grant(record(at)?, json!({ "group": format!("Group {group}"), "level": "write" }))?;
        grant(record(at)?, json!({ "user": format!("user{}", 30 + number % 150), "level": "read" }))?;
    }
    Ok(())
}

/// The line of the report for this question of the narrow or the wide user.
fn key(who: &str, what: &str, percent: &str) -> Result<&'static str> {
    let key = format!("office_{who}_{what}_{percent}_ms");
    crate::results::key(&key).with_context(|| format!("no line {key}"))
}

/// Looks at the page of clients as a browser does that has its style and script already.
fn pages(mut line: Line, who: &'static str, results: &mut Results) -> Result<()> {
    for (what, place) in [("page", "/clients?tab=all"), ("sought", "/clients?tab=all&text=an")] {
        let mut times = Vec::with_capacity(ASKED);
        for _ in 0..ASKED {
            let before = Instant::now();
            let reply = line.page(place);
            times.push(ms(before.elapsed()));
            let shown = String::from_utf8_lossy(&reply.bytes).matches("<tr").count();
            if reply.status != 200 || shown < 20 {
                bail!("{place} answered {} with {shown} rows", reply.status);
            }
        }
        results.add(key(who, what, "p50")?, percentile(times.clone(), 50));
        results.add(key(who, what, "p95")?, percentile(times, 95));
    }
    Ok(())
}

/// What is searched for, by the number of the question.
type Text<'n> = Box<dyn Fn(usize) -> String + 'n>;

/// Asks for the first page of the list, and searches: for names that are there, for two letters, for what stands everywhere and nowhere.
fn ask(desk: &mut Socket, who: &'static str, results: &mut Results) -> Result<()> {
    let everything = desk.get("/records?limit=1000")?;
    let items = everything["items"].as_array().context("a list")?;
    let expected = if who == "narrow" { NARROW.iter().sum() } else { 1_000 };
    if items.len() != expected {
        bail!("the {who} user sees {} records on the first page of 1,000", items.len());
    }
    let names: Vec<String> = items.iter().filter_map(|item| item["name"].as_str()).map(fold).filter(|name| name.is_ascii()).collect();
    let name = |number: usize| names[number * 7 % names.len()].clone();
    let word = |number: usize| name(number).split_whitespace().rfind(|word| word.len() > 2).unwrap_or("ann").to_owned();
    let letters = |number: usize| -> String {
        let letter = |at: usize| char::from(b'a' + (at % 26) as u8);
        [letter(number), letter(number * 11 + number / 26)].iter().collect()
    };
    let asked: [(&str, Text<'_>); 5] = [
        ("list", Box::new(|_| String::new())),
        ("name", Box::new(|number| if number % 2 == 0 { name(number) } else { word(number) })),
        ("letters", Box::new(letters)),
        ("common", Box::new(|number| ["example", "555", "an", "ann com"][number % 4].to_owned())),
        ("nothing", Box::new(|number| format!("qx{number}zj"))),
    ];
    for (what, text) in asked {
        let mut times = Vec::with_capacity(ASKED);
        for number in 0..ASKED {
            let path = match text(number).as_str() {
                "" => "/records?limit=50".to_owned(),
                text => format!("/records?limit=50&text={}", escaped(text)),
            };
            let before = Instant::now();
            let answer = desk.call("GET", &path, "application/json", b"")?;
            times.push(ms(before.elapsed()));
            if answer.status != 200 {
                bail!("GET {path}: {} {}", answer.status, String::from_utf8_lossy(answer.body));
            }
        }
        results.add(key(who, what, "p50")?, percentile(times.clone(), 50));
        results.add(key(who, what, "p95")?, percentile(times, 95));
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
