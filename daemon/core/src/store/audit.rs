//! The audit: one line a verb, written in the same transaction. Ids and user names only, never contents.

use interoffice_protocol::names::UserName;
use serde::Serialize;

use super::{Ring, Row, Sql, SqlExt, StoreFault, Tx, Value, View};
use crate::domain::actor::Actor;

/// One line of the audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct AuditLine {
    /// Number, without gaps.
    pub id: u64,
    /// When (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub verb: String,
    /// On what.
    pub object: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// Counts and reasons.
    pub detail: String,
}

/// Writes down that `actor` did `verb` on `object`.
pub fn done(tx: &Tx<'_>, actor: &Actor, verb: &'static str, object: &str, detail: &str) -> Result<(), StoreFault> {
    tx.ring(Ring::Audit);
    append(tx.sql(), tx.now_ms, actor, verb, object, "done", detail)
}

/// Writes down that `actor` was refused `verb` on `object`, when the refusal itself is not what the transaction ends with.
pub fn denied(tx: &Tx<'_>, actor: &Actor, verb: &'static str, object: &str, code: &str, detail: &str) -> Result<(), StoreFault> {
    tx.ring(Ring::Audit);
    append(tx.sql(), tx.now_ms, actor, verb, object, code, detail)
}

/// Writes a line about nobody and takes it back in the same transaction, of which nothing remains: the commit takes as long as that of
/// [`denied`], so that it does not tell who is there.
pub fn in_vain(tx: &Tx<'_>, actor: &Actor, verb: &'static str, code: &str, detail: &str) -> Result<(), StoreFault> {
    append(tx.sql(), tx.now_ms, actor, verb, "", code, detail)?;
    tx.sql().execute("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)", &[])?;
    Ok(())
}

pub(super) fn append(
    sql: &dyn Sql,
    now_ms: i64,
    actor: &Actor,
    verb: &str,
    object: &str,
    outcome: &str,
    detail: &str,
) -> Result<(), StoreFault> {
    let user = actor.user().map_or("", |user| user.as_str());
    let by = actor.by().map_or("", |by| by.as_str());
    let params: [Value; 8] =
        [now_ms.into(), actor.to_string().into(), verb.into(), object.into(), outcome.into(), detail.into(), user.into(), by.into()];
    let sql_text =
        "INSERT INTO audit (at_ms, actor, verb, object, outcome, detail, user_name, by_name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    sql.execute(sql_text, &params)?;
    Ok(())
}

const COLUMNS: &str = "id, at_ms, actor, verb, object, outcome, detail";

fn line(row: &Row<'_>) -> Result<AuditLine, StoreFault> {
    Ok(AuditLine {
        id: row.uint(0)?,
        at_ms: row.int(1)?,
        actor: row.text(2)?,
        verb: row.text(3)?,
        object: row.text(4)?,
        outcome: row.text(5)?,
        detail: row.text(6)?,
    })
}

/// The lines after number `after`, at most `limit`, oldest first.
pub fn since(view: &View<'_>, after: u64, limit: usize) -> Result<Vec<AuditLine>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2");
    view.sql().all(&sql, &[after.into(), limit.into()], line)
}

/// How what was attempted ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, for whatever reason.
    Refused,
    /// It was refused with this code.
    Code(String),
}

/// Which lines are looked for; what is not given leaves nothing out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// A verb, or the beginning of verbs up to a dot: `link` and `link.accept`.
    pub verb: Option<String>,
    /// The user who acted, for whom somebody acted, or who acted for another.
    pub user: Option<UserName>,
    /// What was acted on: ids and user names, each of which the line has to be about.
    pub objects: Vec<String>,
    /// Not before (milliseconds since 1970, UTC).
    pub from_ms: i64,
    /// Not after (milliseconds since 1970, UTC).
    pub to_ms: i64,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Only lines before this place: its time (milliseconds since 1970, UTC) and its number.
    pub before: Option<(i64, u64)>,
}

impl Filter {
    /// The condition on everything but the verb, with its parameters.
    fn condition(&self) -> (String, Vec<Value>) {
        let to_ms = self.before.map_or(self.to_ms, |(at_ms, _)| at_ms.min(self.to_ms));
        let mut params: Vec<Value> = vec![self.from_ms.into(), to_ms.into()];
        let mut sql = "at_ms >= ?1 AND at_ms <= ?2".to_owned();
        let mut and = |condition: &str, value: Value| {
            params.push(value);
            sql.push_str(&condition.replace('?', &format!("?{}", params.len())));
        };
        if let Some((at_ms, id)) = self.before {
            and(" AND (at_ms < ?", at_ms.into());
            and(" OR id < ?)", id.into());
        }
        for object in &self.objects {
            and(" AND object = ?", object.into());
        }
        match &self.outcome {
            Some(Outcome::Done) => and(" AND outcome = ?", "done".into()),
            Some(Outcome::Refused) => sql.push_str(" AND outcome <> 'done'"),
            Some(Outcome::Code(code)) => and(" AND outcome <> 'done' AND outcome = ?", code.into()),
            None => {}
        }
        (sql, params)
    }

    /// The query with its parameters, for lines of these verbs alone; without one for all.
    ///
    /// Each verb, and each of the two ways in which a user acts, is looked up by itself, in the order of its index, and the answers are
    /// merged: a range of verbs would have to be read whole and sorted. No line is found twice, since nobody acts for him- or herself.
    fn query(&self, verbs: Option<&[String]>, limit: usize) -> (String, Vec<Value>) {
        let (condition, mut params) = self.condition();
        params.push(limit.into());
        let (order, at_most) = ("ORDER BY at_ms DESC, id DESC", format!("LIMIT ?{}", params.len()));
        let mut parameter = |value: Value| {
            params.push(value);
            params.len()
        };
        let who = self.user.as_ref().map(|user| parameter(user.as_str().into()));
        let ways = who.map_or(vec![String::new()], |who| vec![format!("user_name = ?{who} AND "), format!("by_name = ?{who} AND ")]);
        let of_verb = |verb: usize| format!("verb = ?{verb} AND ");
        let verbs = verbs.map_or(vec![String::new()], |verbs| verbs.iter().map(|verb| of_verb(parameter(verb.into()))).collect());
        let one = |only: &str| format!("SELECT {COLUMNS} FROM audit WHERE {only}{condition} {order} {at_most}");
        let mut branches = Vec::with_capacity(ways.len() * verbs.len());
        for (way, verb) in ways.iter().flat_map(|way| verbs.iter().map(move |verb| (way, verb))) {
            branches.push(one(&format!("{way}{verb}")));
        }
        if branches.len() == 1 {
            return (branches.remove(0), params);
        }
        let named = |(number, branch): (usize, &String)| format!("SELECT {COLUMNS} FROM ({branch}) AS branch_{number}");
        let merged: Vec<String> = branches.iter().enumerate().map(named).collect();
        (format!("SELECT {COLUMNS} FROM ({}) AS merged {order} {at_most}", merged.join(" UNION ALL ")), params)
    }
}

/// The lines that `filter` chooses, at most `limit`, newest first.
pub fn page(view: &View<'_>, filter: &Filter, limit: usize) -> Result<Vec<AuditLine>, StoreFault> {
    let verbs = filter.verb.as_ref().map(|verb| verbs(view, verb)).transpose()?;
    let (sql, params) = filter.query(verbs.as_deref(), limit);
    view.sql().all(&sql, &params, line)
}

/// A place among the lines about one thing, newest first: behind so many lines of a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The moment (milliseconds since 1970, UTC).
    pub at_ms: i64,
    /// Lines of that moment that stand before the place.
    pub skip: u64,
}

/// The lines about one thing behind `from`, at most `limit`, newest first; with `verbs` only what was done, and only these.
pub fn about(view: &View<'_>, object: &str, verbs: Option<&[&str]>, from: Place, limit: usize) -> Result<Vec<AuditLine>, StoreFault> {
    let (sql, params) = about_query(object, verbs, from, limit);
    view.sql().all(&sql, &params, line)
}

/// What was done under a verb in one moment (milliseconds since 1970, UTC).
pub fn of_moment(view: &View<'_>, verb: &str, at_ms: i64) -> Result<Vec<AuditLine>, StoreFault> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE verb = ?1 AND at_ms = ?2 AND outcome = 'done' ORDER BY id");
    view.sql().all(&sql, &[verb.into(), at_ms.into()], line)
}

fn about_query(object: &str, verbs: Option<&[&str]>, from: Place, limit: usize) -> (String, Vec<Value>) {
    let mut params: Vec<Value> = vec![object.into(), from.at_ms.into(), limit.into(), from.skip.into()];
    let only = verbs.map_or_else(String::new, |verbs| {
        let places: Vec<String> = (0..verbs.len()).map(|number| format!("?{}", params.len() + number + 1)).collect();
        params.extend(verbs.iter().map(|verb| Value::from(*verb)));
        // Not by the index of verbs, which would have to be read whole: a thing has few lines.
        format!(" AND outcome = 'done' AND verb || '' IN ({})", places.join(", "))
    });
    let order = "ORDER BY at_ms DESC, id DESC LIMIT ?3 OFFSET ?4";
    (format!("SELECT {COLUMNS} FROM audit WHERE object = ?1 AND at_ms <= ?2{only} {order}"), params)
}

/// The verbs that are `verb` or begin with it up to a dot; each is found by one step into the index.
fn verbs(view: &View<'_>, verb: &str) -> Result<Vec<String>, StoreFault> {
    let mut verbs = vec![verb.to_owned()];
    // A slash is the letter behind the dot.
    let (mut last, end) = (format!("{verb}."), format!("{verb}/"));
    while let Some(next) = next_verb(view, &last, &end)? {
        verbs.push(next.clone());
        last = next;
    }
    Ok(verbs)
}

fn next_verb(view: &View<'_>, after: &str, before: &str) -> Result<Option<String>, StoreFault> {
    let sql = "SELECT min(verb) FROM audit WHERE verb > ?1 AND verb < ?2";
    Ok(view.sql().first(sql, &[after.into(), before.into()], |row| row.text_or_null(0))?.flatten())
}

/// The number of the last line, 0 for none.
pub fn last(view: &View<'_>) -> Result<u64, StoreFault> {
    view.sql().count("SELECT max(id) FROM audit", &[])
}

#[cfg(test)]
mod tests;
