//! What each question about a record is answered with, by the rules of the oracle: a status, and what matters of the answer.

use super::oracle::{Account, Level, Record, World};

/// A question about one record that one user asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Question {
    Show,
    ShowByBeginning,
    Shares,
    ExplainMe,
    ExplainAll,
    ExplainOther(usize),
    /// Sets what is set already, to the version that it has.
    Edit,
    /// An edit to a version that is not the present one, so nothing changes.
    EditLate,
    /// Sets the mark private to what it is.
    Mark,
    /// Turns the mark round, to a version that is not the present one.
    TurnLate,
    PlanGrant(usize, Level),
    PlanGroup(String, Level),
    PlanWhole(Level),
    /// Gives the record away, and the owner of before keeps this.
    PlanOwner(usize, Level),
    PlanArchive,
    PlanDelete,
    Unarchive,
    Digest,
    Export,
    /// Asks for access; what was asked for is taken back.
    Ask(Level),
}

const HIDDEN: &str = "404 unknown-record";

fn refused(code: &str) -> String {
    format!("403 {code}")
}

/// What the answer to a question is.
pub(super) fn expected(world: &World, user: usize, record: &Record, question: &Question) -> String {
    if world.users[user].disabled {
        return "401 not-signed-in".to_owned();
    }
    let level = world.level(user, record);
    match question {
        Question::Show if world.by_name(user, record) => "200 access id kind name".to_owned(),
        Question::Shares if world.by_name(user, record) => locked_shares(world, record),
        Question::Ask(wanted) => ask(world, user, record, level, *wanted),
        _ => by_level(world, user, record, level, question),
    }
}

/// Answers for whom names alone are shown are the same as for whom nothing is.
fn by_level(world: &World, user: usize, record: &Record, level: Level, question: &Question) -> String {
    // What a role does not allow is refused before the record is looked for.
    let needed = match question {
        Question::Edit | Question::EditLate | Question::Mark | Question::TurnLate => Some("edit"),
        Question::PlanArchive | Question::Unarchive => Some("archive"),
        Question::PlanDelete => Some("delete"),
        Question::Export => Some("export"),
        _ => None,
    };
    if needed.is_some_and(|permission| !world.may(user, permission)) {
        return refused("role");
    }
    if level == Level::None {
        return HIDDEN.to_owned();
    }
    match question {
        Question::Show | Question::ShowByBeginning | Question::Export => whole(world, user, record, level),
        Question::Shares => shares(world, user, record, level),
        Question::ExplainMe => format!("200 {}", explained(world, user, user, record, true)),
        Question::ExplainAll => explain_all(world, user, record, level),
        Question::ExplainOther(other) if other == &user => format!("200 {}", explained(world, user, user, record, true)),
        Question::ExplainOther(other) if level == Level::Full => format!("200 {}", explained(world, user, *other, record, false)),
        Question::ExplainOther(_) => refused("not-owner"),
        Question::Edit | Question::EditLate if level == Level::Read => refused("read-only"), // V-23
        Question::Edit => "200".to_owned(),
        Question::EditLate => "412 changed-meanwhile".to_owned(),
        Question::PlanOwner(to, keep) => plan_owner(world, user, record, *to, *keep),
        Question::PlanGrant(to, given) => plan_grant(world, user, record, level, *to, *given),
        Question::PlanGroup(..) => may_share(world, user, level),
        // K-10: what is private is shared by name only.
        Question::PlanWhole(given) if record.private && *given > Level::None => "409 private-record".to_owned(),
        Question::PlanWhole(_) => may_share(world, user, level),
        Question::Digest => "200".to_owned(),
        // V-21, V-24: the rest takes Full Control.
        _ if level < Level::Full => refused("not-owner"),
        // K-05: a mark that lets others see a record is a share.
        Question::TurnLate if record.private => world.shares(user).map_or_else(refused, |()| "412 changed-meanwhile".to_owned()),
        Question::TurnLate => "412 changed-meanwhile".to_owned(),
        Question::PlanArchive if record.archived => "409 already-archived".to_owned(),
        Question::Mark | Question::PlanArchive | Question::PlanDelete | Question::Unarchive => "200".to_owned(),
        Question::Ask(_) => unreachable!("answered before"),
    }
}

fn whole(world: &World, user: usize, record: &Record, level: Level) -> String {
    format!("200 whole {} {}", level.word(), connected(world, user, record))
}

/// V-11 to V-14, V-28: to whom a record is connected, and whether it opens without a connection.
pub(super) fn connected(world: &World, user: usize, record: &Record) -> String {
    let connected = world.connected(record);
    let offline = connected.contains(&world.users[user].name.as_str());
    format!("of {}, offline {offline}", connected.join(" "))
}

/// V-17: direct access with its levels; P-12: groups and the whole office; K-05: whether the viewer may share.
fn shares(world: &World, user: usize, record: &Record, level: Level) -> String {
    let mut users: Vec<_> =
        record.users.keys().map(|user| format!("{}={}", world.users[*user].name, world.by_name_level(*user, record).word())).collect();
    users.sort_unstable();
    let groups: Vec<_> = record.groups.iter().map(|(group, level)| format!("{group}={}", level.word())).collect();
    let may = level == Level::Full && world.shares(user).is_ok();
    let asks = world.takes_requests() && !record.archived && level < world.highest(user);
    let owner = &world.users[record.owner].name;
    format!("200 {owner} users {users:?} groups {groups:?} office {} may {may} asks {asks}", record.whole_office.word())
}

/// INV-58, P-15 to P-17: groups by name, individuals by name, no level and no owner.
fn locked_shares(world: &World, record: &Record) -> String {
    let groups: Vec<_> = record.groups.keys().collect();
    format!("200 locked users {:?} groups {groups:?} asks true", world.individuals(record))
}

/// Why `about` sees the record, as `user` learns it. P-16: a group is no reason that tells who is in it.
fn explained(world: &World, user: usize, about: usize, record: &Record, myself: bool) -> String {
    let mut reasons = world.reasons(about, record);
    reasons.retain(|reason| myself || reason.group.as_ref().is_none_or(|group| world.knows_members(user, group)));
    let level = reasons.iter().map(|reason| reason.level).max().unwrap_or_default();
    let mut words: Vec<_> = reasons.iter().map(|reason| format!("{}:{}", reason.source, reason.level.word())).collect();
    words.sort_unstable();
    format!("{}={}{words:?}", world.users[about].name, level.word())
}

fn explain_all(world: &World, user: usize, record: &Record, level: Level) -> String {
    if level < Level::Full {
        return format!("200 {}", explained(world, user, user, record, true));
    }
    let mut all: Vec<_> = (0..world.users.len())
        .filter(|other| !world.users[*other].disabled)
        .map(|other| explained(world, user, other, record, false))
        .filter(|words| !words.ends_with("=none[]"))
        .collect();
    all.sort_unstable();
    format!("200 {}", all.join(" "))
}

/// I-12, I-37: the owner gives a record away, or an administrator, to a practitioner. P-07: whoever has it beside the new owner is let in,
/// and that is for those who share.
fn plan_owner(world: &World, user: usize, record: &Record, to: usize, keep: Level) -> String {
    if record.owner != user && !world.sees_everything(user) {
        return refused("not-owner");
    }
    if let (true, Err(code)) = (keep > Level::None, world.shares(user)) {
        return refused(code);
    }
    match &world.users[to] {
        other if other.disabled => "409 user-disabled".to_owned(),
        other if other.account == Account::Assistant => refused("assistant"), // I-33
        other if other.account == Account::Admin => refused("admin-only"),    // I-34
        _ if to == record.owner => "409 already-owner".to_owned(),
        _ => "200".to_owned(),
    }
}

fn plan_grant(world: &World, user: usize, record: &Record, level: Level, to: usize, given: Level) -> String {
    if world.users[to].disabled && given > Level::None {
        return "409 user-disabled".to_owned();
    }
    if to == record.owner {
        return "409 owner-has-all".to_owned();
    }
    if given > world.highest(to) {
        return refused("assistant");
    }
    // V-19, V-29: whoever edits all clients may share a record with him- or herself.
    let edits_all = world.users[user].all_clients >= Level::Write && !record.private;
    if to == user && edits_all {
        return "200".to_owned();
    }
    may_share(world, user, level)
}

/// K-05: Full Control and the office's policy, both.
fn may_share(world: &World, user: usize, level: Level) -> String {
    if level < Level::Full {
        return refused("not-owner"); // V-22, V-23
    }
    world.shares(user).map_or_else(refused, |()| "200".to_owned())
}

/// P-15, P-19: asking is for whoever sees the record or its name, and wants more than he or she has.
fn ask(world: &World, user: usize, record: &Record, level: Level, wanted: Level) -> String {
    if level == Level::None && !world.by_name(user, record) {
        return HIDDEN.to_owned();
    }
    if !world.takes_requests() {
        return refused("requesting-off");
    }
    if record.archived {
        return "409 record-archived".to_owned();
    }
    if level >= wanted {
        return "409 has-access".to_owned();
    }
    if wanted > world.highest(user) {
        return refused("assistant");
    }
    "200 waiting, withdrawn".to_owned()
}
