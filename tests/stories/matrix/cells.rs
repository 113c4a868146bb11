//! The cells of the matrix: every user asks about every record, and every list is looked through for each record.

use std::collections::BTreeMap;

use interoffice_tests::Dice;
use interoffice_tests::web::Line;
use serde_json::Value;

use super::asked::{answer, connected, short};
use super::expected::{self, Question, expected};
use super::office::Stage;
use super::oracle::{Level, Record, World};

/// Questions that each user asks about each record, thrown anew for each.
const QUESTIONS: usize = 7;

/// What was counted, and what differed.
#[derive(Debug, Default)]
pub(super) struct Matrix {
    /// Cells by what was asked.
    pub(super) cells: BTreeMap<String, usize>,
    /// Answers by their first word and code.
    pub(super) answers: BTreeMap<String, usize>,
    pub(super) differences: Vec<String>,
}

impl Matrix {
    /// Compares one cell.
    pub(super) fn compare(&mut self, what: &str, cell: &str, expected: &str, got: &str, why: impl FnOnce() -> String) {
        *self.cells.entry(what.to_owned()).or_default() += 1;
        let words = if expected.starts_with("200") { 1 } else { 2 };
        *self.answers.entry(expected.split(' ').take(words).collect::<Vec<_>>().join(" ")).or_default() += 1;
        if expected != got {
            self.differences.push(format!("{cell}\n  expected {expected}\n  got      {got}\n{}", why()));
        }
    }

    pub(super) fn total(&self) -> usize {
        self.cells.values().sum()
    }

    pub(super) fn join(mut self, other: Self) -> Self {
        for (what, number) in other.cells {
            *self.cells.entry(what).or_default() += number;
        }
        for (what, number) in other.answers {
            *self.answers.entry(what).or_default() += number;
        }
        self.differences.extend(other.differences);
        self
    }

    /// Panics when anything differed, with the first thirty, and when the dice left out one of these answers.
    pub(super) fn judge(&self, least: usize, answers: &[&str]) {
        let told = self.differences.iter().take(30).cloned().collect::<Vec<_>>().join("\n\n");
        assert!(self.differences.is_empty(), "{} of {} cells differ from the oracle\n\n{told}", self.differences.len(), self.total());
        assert!(self.total() >= least, "{} cells: {:?}", self.total(), self.cells);
        for answer in answers {
            assert!(self.answers.contains_key(*answer), "nobody is answered {answer}: {:?}", self.answers);
        }
    }
}

fn questions(dice: &mut Dice, world: &World, record: &Record) -> Vec<Question> {
    let users = world.users.len();
    let level = |dice: &mut Dice| Level::ALL[dice.below(4)];
    let groups: Vec<_> = world.groups.keys().cloned().collect();
    let asked = Level::ALL[1 + dice.below(3)];
    let mut all = vec![
        Question::ShowByBeginning,
        Question::Shares,
        Question::ExplainMe,
        Question::ExplainAll,
        Question::ExplainOther(dice.below(users)),
        Question::Edit,
        Question::EditLate,
        Question::Mark,
        Question::TurnLate,
        Question::PlanGrant(dice.below(users), level(dice)),
        Question::PlanGroup(groups[dice.below(groups.len())].clone(), level(dice)),
        Question::PlanWhole(level(dice)),
        Question::PlanOwner(dice.below(users), level(dice)),
        Question::PlanArchive,
        Question::PlanDelete,
        Question::Digest,
        Question::Export,
        Question::Ask(asked),
    ];
    if !record.archived {
        all.push(Question::Unarchive);
    }
    dice.shuffle(&mut all);
    all.truncate(QUESTIONS - 1);
    all.push(Question::Show);
    all
}

/// Every user asks about every record.
pub(super) fn ask_all(stage: &mut Stage, phase: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let Stage { world, lines, dice, .. } = stage;
    for (user, line) in lines.iter_mut().enumerate() {
        for record in &world.records {
            let mut asked = questions(dice, world, record);
            if world.users[user].disabled {
                // Whom no session counts for any more is a stranger, who may not ask often.
                asked = asked.split_off(asked.len() - usize::from(dice.below(4) == 0));
            }
            // Few own anything, and what they give away is a rule of its own; so is sharing with oneself.
            if record.owner == user && !world.users[user].disabled {
                asked.push(Question::PlanOwner(dice.below(world.users.len()), Level::ALL[dice.below(4)]));
            }
            if !world.users[user].disabled && dice.below(3) == 0 {
                asked.push(Question::PlanGrant(user, Level::ALL[dice.below(4)]));
            }
            for question in asked {
                let got = answer(world, line, user, record, &question);
                let wanted = expected(world, user, record, &question);
                let cell = format!("{phase}: {} asks {question:?} of {}", world.users[user].name, record.name);
                let what = format!("{question:?}").split('(').next().unwrap_or_default().to_owned();
                matrix.compare(&what, &cell, &wanted, &got, || world.why(user, Some(record)));
            }
        }
    }
    matrix
}

/// What a list shows of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Entry {
    Absent,
    Name,
    Seen,
}

/// A list, and which records stand in it.
struct List {
    what: &'static str,
    path: String,
    shows: fn(&World, usize, &Record) -> Entry,
}

fn seen_if(seen: bool) -> Entry {
    if seen { Entry::Seen } else { Entry::Absent }
}

fn is_listed(world: &World, user: usize, record: &Record) -> bool {
    !record.archived && world.level(user, record) > Level::None
}

fn lists() -> Vec<List> {
    let list = |what, path: &str, shows| List { what, path: path.to_owned(), shows };
    let seen: fn(&World, usize, &Record) -> Entry = |world, user, record| seen_if(is_listed(world, user, record));
    let archived: fn(&World, usize, &Record) -> Entry =
        |world, user, record| seen_if(record.archived && world.level(user, record) > Level::None);
    let mine: fn(&World, usize, &Record) -> Entry = |_, user, record| seen_if(record.owner == user && !record.archived);
    let with_names: fn(&World, usize, &Record) -> Entry = |world, user, record| {
        if world.by_name(user, record) { Entry::Name } else { seen_if(is_listed(world, user, record)) }
    };
    vec![
        list("list", "/records?limit=1000", seen),
        list("list in pages", "/records?limit=3", seen),
        list("list of archived", "/records?archived=true&limit=1000", archived),
        list("list of mine", "/records?mine=true&limit=1000", mine),
        list("list with names", "/records?locked=true&limit=1000", with_names),
        list("list with names in pages", "/records?locked=true&limit=4", with_names),
        list("search by name", "/records?text=matter&limit=1000", seen),
        list("search by name with names", "/records?text=matter&locked=true&limit=1000", with_names),
        // K-04: what a record says beside its name finds it for nobody who may not see it.
        list("search by mail", "/records?text=secret.example&limit=1000", seen),
        list("search by mail with names", "/records?text=secret.example&locked=true&limit=1000", seen),
        list("list by kind", "/records?kind=contact&limit=1000", seen),
        list("list of another kind", "/records?kind=household&locked=true&limit=1000", |_, _, _| Entry::Absent),
    ]
}

/// A record in a list: its id, what is shown of it, and to whom it is connected.
type Shown = (String, Entry, String);

/// Every page of a list; the records with what is shown of each, or a word for why there are none.
fn pages(line: &mut Line, path: &str) -> Result<Vec<Shown>, String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let reply = line.ask("GET", &format!("{path}{after}"), &Value::Null, &[]);
        if reply.status != 200 {
            return Err(short(&reply));
        }
        let body = reply.json();
        for item in body["items"].as_array().into_iter().flatten() {
            let is_name = item["access"] == "none";
            if is_name && item.as_object().is_none_or(|item| item.len() != 4) {
                return Err(format!("more than a name: {item}"));
            }
            let entry = if is_name { Entry::Name } else { Entry::Seen };
            found.push((item["id"].as_str().unwrap_or_default().to_owned(), entry, connected(item)));
        }
        match body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(found),
        }
    }
}

/// Every list of every user, looked through for every record.
pub(super) fn look_through(stage: &mut Stage, phase: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let Stage { world, lines, .. } = stage;
    for (user, line) in lines.iter_mut().enumerate() {
        for list in lists() {
            let found = pages(line, &list.path);
            compare_list(&mut matrix, world, user, phase, &list, found);
        }
        for owner in (0..world.users.len()).filter(|_| !world.users[user].disabled) {
            let path = format!("/records?owner={}&limit=1000", world.users[owner].name);
            let found = pages(line, &path);
            for record in world.records.iter().filter(|record| record.owner == owner) {
                let wanted = format!("{:?}", seen_if(is_listed(world, user, record)));
                let got = told(&found, record);
                let cell = format!("{phase}: {} looks for {} in {path}", world.users[user].name, record.name);
                matrix.compare("list of an owner", &cell, &wanted, &got, || world.why(user, Some(record)));
            }
        }
        export(&mut matrix, world, line, user, phase);
    }
    matrix
}

fn told(found: &Result<Vec<Shown>, String>, record: &Record) -> String {
    let Ok(found) = found else { return found.as_ref().err().cloned().unwrap_or_default() };
    let times: Vec<_> = found.iter().filter(|(id, ..)| *id == record.id).map(|(_, entry, _)| format!("{entry:?}")).collect();
    if times.is_empty() { "Absent".to_owned() } else { times.join(" and ") }
}

fn compare_list(matrix: &mut Matrix, world: &World, user: usize, phase: &str, list: &List, found: Result<Vec<Shown>, String>) {
    for record in &world.records {
        let wanted = match world.users[user].disabled {
            true => "401 not-signed-in".to_owned(),
            false => format!("{:?}", (list.shows)(world, user, record)),
        };
        let cell = format!("{phase}: {} looks for {} in the {}", world.users[user].name, record.name, list.what);
        matrix.compare(list.what, &cell, &wanted, &told(&found, record), || world.why(user, Some(record)));
        let shown = found.as_ref().ok().and_then(|found| found.iter().find(|(id, entry, _)| *id == record.id && *entry == Entry::Seen));
        if let Some((.., got)) = shown {
            let wanted = format!("200 {}", expected::connected(world, user, record));
            matrix.compare("connected in lists", &cell, &wanted, &format!("200 {got}"), || world.why(user, Some(record)));
        }
    }
}

/// The whole export, in which each record stands that the list has, with what the user may do.
fn export(matrix: &mut Matrix, world: &World, line: &mut Line, user: usize, phase: &str) {
    let reply = line.ask("GET", "/records/export?format=json", &Value::Null, &[]);
    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
    let rows: Vec<Value> = text.lines().filter_map(|row| serde_json::from_str(row).ok()).collect();
    for record in &world.records {
        let wanted = match world.level(user, record) {
            _ if world.users[user].disabled => "401 not-signed-in".to_owned(),
            _ if !world.may(user, "export") => "403 role".to_owned(),
            level if is_listed(world, user, record) => level.word().to_owned(),
            _ => "Absent".to_owned(),
        };
        let got = match rows.iter().find(|row| row["id"] == record.id.as_str()) {
            _ if reply.status != 200 => short(&reply),
            Some(row) => row["access"].as_str().unwrap_or("?").to_owned(),
            None => "Absent".to_owned(),
        };
        let cell = format!("{phase}: {} looks for {} in the export", world.users[user].name, record.name);
        matrix.compare("export", &cell, &wanted, &got, || world.why(user, Some(record)));
    }
}
