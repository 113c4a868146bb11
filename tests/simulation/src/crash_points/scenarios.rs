//! What two offices do while the disk of one of them is hurt. Each scenario may be played again over what an earlier attempt left:
//! what is done already is refused, and that is all.

use interoffice_core::actions::links::Ask;
use interoffice_core::actions::sharing::Selection;
use interoffice_core::actions::users::NewUser;
use interoffice_core::actions::{links, office as office_verbs, peers, records, sharing, specialists, users};
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::edit::{Edit, PropertyEdit};
use interoffice_core::store::peers::Introduction;
use interoffice_core::store::{Fault, StoreFault};
use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{Level, Scope};
use rusqlite::Connection;

use super::books;
use super::office::{End, Stop};
use super::stage::{NORTH, SOUTH, Stage};
use crate::keys;

/// What happens on a stage.
pub(crate) type Play = fn(&mut Stage) -> End<()>;

/// See the module.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Whose disk is hurt.
    pub(crate) patient: usize,
    /// What both have done before.
    pub(crate) before: Play,
    /// What they do.
    pub(crate) play: Play,
    /// Whether the link is over in the end, and with it every copy gone.
    pub(crate) ends: bool,
    /// Records of the link whose copies are gone in the end although the link goes on.
    pub(crate) withdrawn: fn(&Stage) -> Vec<usize>,
}

fn none(_: &Stage) -> Vec<usize> {
    Vec::new()
}

const fn goes_on(name: &'static str, patient: usize, before: Play, play: Play) -> Scenario {
    Scenario { name, patient, before, play, ends: false, withdrawn: none }
}

const fn ends(name: &'static str, patient: usize, before: Play, play: Play) -> Scenario {
    Scenario { name, patient, before, play, ends: true, withdrawn: none }
}

const fn withdraws(name: &'static str, patient: usize, before: Play, play: Play) -> Scenario {
    Scenario { name, patient, before, play, ends: false, withdrawn: |_| vec![0, 1] }
}

/// Every scenario.
pub(crate) const ALL: [Scenario; 20] = [
    goes_on("first start", NORTH, |_| Ok(()), |stage| furnish(stage, NORTH)),
    goes_on("pairing", NORTH, furnished, pair),
    goes_on("request", NORTH, paired, request),
    goes_on("request arrives", SOUTH, paired, request),
    goes_on("accept", SOUTH, requested, accept),
    goes_on("acceptance arrives", NORTH, requested, accept),
    goes_on("share", NORTH, linked, share),
    goes_on("batch applied", SOUTH, linked, share),
    goes_on("edit of a shared record", NORTH, shared, edit),
    withdraws("unshare", NORTH, shared, unshare),
    withdraws("withdrawal, rebuild and receipt", SOUTH, shared, unshare),
    ends("link deleted by its owner, receipt judged", NORTH, shared, delete_at_owner),
    ends("link deleted by its owner, copies erased", SOUTH, shared, delete_at_owner),
    ends("link deleted by its reader", SOUTH, shared, delete_at_reader),
    ends("right disabled", NORTH, shared, disable_right),
    ends("reader disabled", SOUTH, shared, disable_reader),
    withdraws("records deleted", NORTH, shared, delete_records),
    goes_on("import", NORTH, furnished, import_more),
    ends("copies of an unknown link", SOUTH, unknown_copies, tidy_up),
    goes_on("copies of the oldest schema", SOUTH, oldest_copies, edit),
];

fn name(text: &str) -> Result<UserName, Fault> {
    UserName::new(text).map_err(|error| StoreFault::Corrupt(error.to_string()).into())
}

fn user(text: &str) -> Result<Actor, Fault> {
    Ok(Actor::User(name(text)?))
}

/// Takes a refusal for "that is done already".
fn done(end: End<impl Sized>) -> End<()> {
    match end {
        Ok(_) | Err(Stop::Refused(_)) => Ok(()),
        Err(stop) => Err(stop),
    }
}

const PEOPLE: [&str; 2] = ["alice", "bob"];

fn furnish(stage: &mut Stage, place: usize) -> End<()> {
    let me = &mut stage.offices[place];
    let (title, who) = (me.name, PEOPLE[place]);
    done(me.write(|tx| office_verbs::set_up(tx, title)))?;
    let new = NewUser { name: who.to_owned(), ..NewUser::default() };
    done(me.write(|tx| users::add(tx, &Actor::Operator, &new)))?;
    done(me.write(|tx| {
        let plan = specialists::plan_enable(tx, &Actor::Operator, &name(who)?, None)?;
        specialists::enable(tx, &Actor::Operator, &name(who)?, None, &plan.id)
    }))
}

/// A word by which the copies of a card are found.
pub(crate) fn canary(number: usize) -> String {
    format!("canary{number}x")
}

fn card(number: usize) -> String {
    let word = canary(number);
    format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:00000000-0000-4000-8000-{number:012}\r\nFN:Person {word}\r\nN:{word};Person;;;\r\n\
         EMAIL:{word}@person.example\r\nNOTE:Words about {word}\r\nEND:VCARD\r\n"
    )
}

fn import(stage: &mut Stage, numbers: std::ops::Range<usize>) -> End<Vec<RecordId>> {
    let file = records::read_cards(numbers.map(card).collect::<String>().as_bytes());
    let options = records::ImportOptions::default();
    let report = stage.offices[NORTH].write(|tx| records::import_cards(tx, &user("alice")?, &file.cards, &options))?;
    Ok(report.records.iter().filter_map(|id| id.parse().ok()).collect())
}

fn furnished(stage: &mut Stage) -> End<()> {
    furnish(stage, NORTH)?;
    furnish(stage, SOUTH)?;
    stage.records = import(stage, 0..6)?;
    Ok(())
}

fn paired(stage: &mut Stage) -> End<()> {
    furnished(stage)?;
    pair(stage)
}

fn requested(stage: &mut Stage) -> End<()> {
    paired(stage)?;
    request(stage)?;
    stage.settle()
}

fn linked(stage: &mut Stage) -> End<()> {
    requested(stage)?;
    accept(stage)?;
    stage.settle()
}

fn shared(stage: &mut Stage) -> End<()> {
    linked(stage)?;
    share(stage)?;
    stage.settle()
}

fn pair(stage: &mut Stage) -> End<()> {
    stage.tokens += 1;
    let token = [stage.tokens; 16];
    let words = ["one", "two", "three", "four", "five"];
    done(stage.offices[NORTH].write(|tx| peers::invite(tx, &Actor::Operator, &token)))?;
    for (me, other) in [(NORTH, SOUTH), (SOUTH, NORTH)] {
        let (chain, title) = (keys::chain(other), stage.offices[other].name);
        let who = Introduction { chain: &chain, name: title, addresses: &[format!("{title}.example:4433")] };
        let token = (me == NORTH).then_some(&token);
        done(stage.offices[me].write(|tx| peers::met(tx, &who, &words, token)))?;
    }
    for (me, other) in [(NORTH, SOUTH), (SOUTH, NORTH)] {
        let (mine, theirs) = (stage.offices[me].id, stage.offices[other].id);
        done(stage.offices[me].write(|tx| peers::confirm(tx, &Actor::Operator, &theirs.to_string())))?;
        done(stage.offices[other].write(|tx| peers::confirmed_there(tx, mine)))?;
    }
    stage.connect()
}

fn request(stage: &mut Stage) -> End<()> {
    let ask = Ask {
        office: stage.offices[SOUTH].name.to_owned(),
        user: "bob".to_owned(),
        purpose: "referrals".to_owned(),
        level: Level::Read,
        scope: Scope::standard(),
        not_after_ms: None,
    };
    if stage.link.is_none() {
        let view = stage.offices[NORTH].write(|tx| links::request(tx, &user("alice")?, &ask));
        stage.link = match view {
            Ok(view) => view.link.parse().ok(),
            Err(Stop::Refused(_)) => None,
            Err(stop) => return Err(stop),
        };
    }
    stage.connect()?;
    stage.talk().map(drop)
}

fn the_link(stage: &Stage) -> String {
    stage.link.map_or_else(String::new, |link| link.to_string())
}

fn accept(stage: &mut Stage) -> End<()> {
    let link = the_link(stage);
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[SOUTH].write(|tx| links::accept(tx, &user("bob")?, std::slice::from_ref(&link))))?;
    stage.talk().map(drop)
}

fn chosen(stage: &Stage, places: &[usize]) -> Vec<RecordId> {
    places.iter().filter_map(|place| stage.records.get(*place).copied()).collect()
}

fn selection(stage: &Stage, places: &[usize]) -> Selection {
    Selection { records: chosen(stage, places).iter().map(RecordId::to_string).collect(), ..Selection::default() }
}

fn share(stage: &mut Stage) -> End<()> {
    let (link, chosen) = (the_link(stage), selection(stage, &[0, 1, 2, 3]));
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[NORTH].write(|tx| {
        let plan = sharing::plan_share(tx, &user("alice")?, &link, &chosen)?;
        sharing::share(tx, &user("alice")?, &link, &chosen, &plan.id)
    }))?;
    stage.talk().map(drop)
}

fn edit(stage: &mut Stage) -> End<()> {
    stage.connect()?;
    stage.talk()?;
    for record in chosen(stage, &[0, 2]) {
        let set = vec![PropertyEdit { name: "NOTE".into(), value: "something else".into(), params: Vec::new() }];
        let edit = Edit { set, ..Edit::default() };
        done(stage.offices[NORTH].write(|tx| records::edit(tx, &user("alice")?, record, &edit)))?;
    }
    stage.talk().map(drop)
}

fn unshare(stage: &mut Stage) -> End<()> {
    let (link, chosen) = (the_link(stage), selection(stage, &[0, 1]));
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[NORTH].write(|tx| {
        let plan = sharing::plan_unshare(tx, &user("alice")?, &link, &chosen)?;
        sharing::unshare(tx, &user("alice")?, &link, &chosen, &plan.id)
    }))?;
    finish(stage)
}

/// Says, removes, and says what was removed.
fn finish(stage: &mut Stage) -> End<()> {
    stage.talk()?;
    stage.work(SOUTH)?;
    stage.work(NORTH)?;
    stage.talk().map(drop)
}

fn delete_link(stage: &mut Stage, place: usize) -> End<()> {
    let link = the_link(stage);
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[place].write(|tx| {
        let plan = links::plan_delete(tx, &user(PEOPLE[place])?, &link)?;
        links::delete(tx, &user(PEOPLE[place])?, &link, &plan.id)
    }))?;
    finish(stage)
}

fn delete_at_owner(stage: &mut Stage) -> End<()> {
    delete_link(stage, NORTH)
}

fn delete_at_reader(stage: &mut Stage) -> End<()> {
    delete_link(stage, SOUTH)
}

fn disable_right(stage: &mut Stage) -> End<()> {
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[NORTH].write(|tx| {
        let plan = specialists::plan_disable(tx, &Actor::Operator, &name("alice")?)?;
        specialists::disable(tx, &Actor::Operator, &name("alice")?, &plan.id)
    }))?;
    finish(stage)
}

fn disable_reader(stage: &mut Stage) -> End<()> {
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[SOUTH].write(|tx| {
        let plan = users::plan_disable(tx, &Actor::Operator, &name("bob")?)?;
        users::disable(tx, &Actor::Operator, &name("bob")?, &plan.id)
    }))?;
    finish(stage)
}

fn delete_records(stage: &mut Stage) -> End<()> {
    let chosen = chosen(stage, &[0, 1]);
    stage.connect()?;
    stage.talk()?;
    done(stage.offices[NORTH].write(|tx| {
        let plan = records::plan_delete(tx, &user("alice")?, &chosen)?;
        records::delete(tx, &user("alice")?, &chosen, &plan.id)
    }))?;
    finish(stage)
}

fn import_more(stage: &mut Stage) -> End<()> {
    import(stage, 100..130).map(drop)
}

/// The reader's database is of a time before the link, and its copies are there.
fn unknown_copies(stage: &mut Stage) -> End<()> {
    paired(stage)?;
    let office = stage.offices[SOUTH].folder.clone();
    let kept = office.with_extension("kept");
    stage.offices[SOUTH].stop();
    let io = |error: std::io::Error| Stop::Wrong(error.to_string());
    std::fs::copy(office.join("office.db"), &kept).map_err(io)?;
    stage.offices[SOUTH].start()?;
    request(stage)?;
    accept(stage)?;
    share(stage)?;
    stage.offices[SOUTH].stop();
    std::fs::copy(&kept, office.join("office.db")).map_err(io)?;
    std::fs::remove_file(&kept).map_err(io)?;
    stage.offices[SOUTH].start()?;
    // The owner's office would find the reader's to be of an earlier time: that is another story.
    (stage.link, stage.apart) = (None, true);
    Ok(())
}

fn tidy_up(stage: &mut Stage) -> End<()> {
    stage.work(SOUTH).map(drop)
}

/// The reader's copies were received by the first program that there was.
fn oldest_copies(stage: &mut Stage) -> End<()> {
    shared(stage)?;
    stage.offices[SOUTH].stop();
    for path in books::databases(&stage.offices[SOUTH].folder).into_iter().skip(1) {
        let old = Connection::open(path)
            .and_then(|conn| conn.execute_batch("DROP TABLE activities; ALTER TABLE copies DROP COLUMN seal; PRAGMA user_version = 1"));
        old.map_err(|error| Stop::Wrong(error.to_string()))?;
    }
    Ok(())
}
