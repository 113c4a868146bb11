//! Making one record by hand.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use interoffice_protocol::epoch::Version;
use interoffice_protocol::ids::{RecordId, RelatedId};
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::{FieldName, Level, Property, Record, RecordKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{rights, users as user_verbs};
use super::duplicates::{self, Duplicate};
use crate::domain::access::{Person, Viewer};
use crate::domain::actor::Actor;
use crate::domain::edit::{Edit, PropertyEdit, encode};
use crate::domain::plan::counted;
use crate::domain::refusal::Refusal;
use crate::domain::role::Permission;
use crate::domain::search::search_text;
use crate::domain::user::Account;
use crate::domain::vcard;
use crate::store::grants::{self, Grantee};
use crate::store::records::{self, Content, NewRecord};
use crate::store::users::UserRow;
use crate::store::{Fault, Tx, View, audit, office};

/// Most users that a record is assigned to from the start; who needs more shares it with a group.
const ASSIGNED_MAX: usize = 100;

/// What a record is made with; everything but the name may be left out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewContact {
    /// Its full name.
    pub name: String,
    /// `contact`, `business` or `household`; `contact` when not given.
    pub kind: Option<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// The organisation that it belongs to.
    pub organisation: Option<String>,
    /// Further properties.
    pub properties: Vec<PropertyEdit>,
    /// The user who is to own it; who makes it when not given.
    pub owner: Option<String>,
    /// The users whom it is assigned to, its owner among them or not; an empty list for nobody, so that all users see it.
    pub assign: Option<Vec<String>>,
    /// Marks it private.
    pub private: bool,
    /// Makes it although it looks like another one.
    pub confirm_duplicates: bool,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Created {
    /// Whether it was made; it is not while there are warnings that nobody confirmed.
    pub created: bool,
    /// Its id; `None` when it was not made.
    pub record: Option<String>,
    /// Its name.
    pub name: String,
    /// The user who owns it.
    pub owner: String,
    /// The users whom it is assigned to, its owner first; empty for nobody, so that all users see it.
    pub assigned: Vec<String>,
    /// The records that it looks like, as far as the actor sees them.
    pub warnings: Vec<Duplicate>,
}

/// Makes a record. One that shares an e-mail address or a telephone number with another that the actor sees is made only once that was
/// confirmed, while the office wants such warnings.
pub fn create(tx: &Tx<'_>, actor: &Actor, new: &NewContact) -> Result<Created, Fault> {
    let who = actor.user().map_or("", |name| name.as_str());
    tx.attempt(actor, "record.create", who);
    rights::require(tx, actor, Permission::Edit)?;
    let habits = office::habits(tx)?;
    if habits.ask_responsible {
        check_responsible(new)?;
    }
    let owner = owner(tx, actor, new.owner.as_deref())?;
    let assigned = assigned(tx, actor, &owner, new.assign.as_deref())?;
    let id = RecordId(tx.moment.uuid_v7());
    let (record, uid) = contents(tx, id, new)?;
    let (body, search) = (encode(&record)?, search_text(&record));
    let warnings = if habits.warn_duplicates { duplicates::alike(tx, &rights::sight(tx, actor)?, &search, None)? } else { Vec::new() };
    let made = warnings.is_empty() || new.confirm_duplicates;
    if made {
        let version = Version { epoch: office::load(tx)?.epoch.counter, counter: 1 };
        let related = records::related_counts(&record);
        let content = Content { version, name: &record.display_name, search: &search, related, body: &body, card: None };
        let row = NewRecord {
            record: id,
            kind: record.kind,
            owner: owner.id,
            assigned: assigned.is_some(),
            private: new.private,
            uid: &uid,
            content,
        };
        let row = records::insert(tx, &row)?;
        for user in assigned.iter().flatten() {
            grants::set(tx, row, Grantee::User(user.id), Some(Level::Write))?;
        }
        let others = counted(assigned.as_ref().map_or(0, Vec::len) as u64, "other user", "other users");
        let whom = if assigned.is_some() { format!("assigned to {others}") } else { "assigned to nobody".to_owned() };
        audit::done(tx, actor, "record.create", &id.to_string(), &format!("owner {}, {whom}", owner.name))?;
    }
    let all = assigned.map(|others| [owner.name.to_string()].into_iter().chain(others.into_iter().map(|user| user.name.to_string())));
    Ok(Created {
        created: made,
        record: made.then(|| id.to_string()),
        name: record.display_name,
        owner: owner.name.to_string(),
        assigned: all.map(Iterator::collect).unwrap_or_default(),
        warnings,
    })
}

/// Refuses a record for which nobody said who is responsible: a user, or expressly nobody.
fn check_responsible(new: &NewContact) -> Result<(), Refusal> {
    if new.owner.is_some() || new.assign.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let message = "it has to be said who is responsible for the client";
    Err(Refusal::invalid("need-responsible", message, "say it: --owner USER, you or somebody else; or --unassigned for nobody"))
}

/// Who is to own it: who makes it, or somebody for whom an assistant, an administrator or the operator makes it.
fn owner(view: &View<'_>, actor: &Actor, named: Option<&str>) -> Result<UserRow, Fault> {
    let acting = if *actor == Actor::Operator { None } else { Some(rights::require_user(view, actor)?) };
    let owner = match (named, acting.as_ref()) {
        (Some(name), _) => enabled(view, name)?,
        (None, Some(acting)) => acting.clone(),
        (None, None) => {
            let message = "a record belongs to a user, and the operator is none";
            return Err(Refusal::invalid("need-owner", message, "say who is to own it: --owner USER, or act --as USER").into());
        }
    };
    if owner.account != Account::Practitioner && named.is_none() {
        let message = format!("the account of {} owns no clients", owner.name);
        return Err(Refusal::denied("owns-no-clients", message, "say who is to own the record: --owner USER").into());
    }
    owner.account.check_owns(owner.name.as_str())?;
    match acting {
        Some(acting) if acting.id != owner.id && acting.account == Account::Practitioner && !acting.role.administers => {
            let message = "a record belongs to who makes it; assistants and administrators make records for others";
            Err(Refusal::denied("not-admin", message, "make it without --owner, and give it away: interoffice record owner").into())
        }
        _ => Ok(owner),
    }
}

fn enabled(view: &View<'_>, name: &str) -> Result<UserRow, Fault> {
    let name = UserName::new(name).map_err(|error| Refusal::invalid("bad-user-name", error.to_string(), ""))?;
    user_verbs::enabled(view, &name)
}

/// The users beside the owner whom it is assigned to; `None` for nobody at all. With office security on somebody has to say it.
fn assigned(view: &View<'_>, actor: &Actor, owner: &UserRow, named: Option<&[String]>) -> Result<Option<Vec<UserRow>>, Fault> {
    let Some(named) = named else {
        if !office::load(view)?.policy.office_security {
            return Ok(Some(Vec::new()));
        }
        let message = "office security is on, and a record is seen by the users whom it is assigned to";
        let remedy = "say whom: --assign USER, once for each; or --unassigned, so that all users see it";
        return Err(Refusal::invalid("need-assignment", message, remedy).into());
    };
    if named.len() > ASSIGNED_MAX {
        return Err(Refusal::invalid("too-many-shares", "a record is assigned to at most 100 users", "share it with a group").into());
    }
    let names: BTreeSet<&String> = named.iter().collect();
    let users = names.into_iter().map(|name| enabled(view, name)).collect::<Result<Vec<_>, _>>()?;
    let others: Vec<UserRow> = users.into_iter().filter(|user| user.id != owner.id).collect();
    let is_me = |user: &UserRow| actor.user() == Some(&user.name);
    if named.is_empty() || !others.iter().all(is_me) {
        // Whom a record is assigned to follows the office's policy for shares. It belongs to making the record, so no role forbids it.
        let viewer = match rights::viewer(view, actor)? {
            Viewer::User(person) => Viewer::User(Person { role_shares: true, ..person }),
            operator => operator,
        };
        rights::require_sharing(view, &viewer)?;
    }
    Ok((!named.is_empty()).then_some(others))
}

/// The record and the UID of its card.
fn contents(tx: &Tx<'_>, id: RecordId, new: &NewContact) -> Result<(Record, String), Refusal> {
    let unknown = || Refusal::invalid("bad-kind", "there is no such kind of record", "use contact, business or household");
    let kind = new.kind.as_deref().map_or(Some(RecordKind::Contact), RecordKind::parse).ok_or_else(unknown)?;
    if new.name.trim().is_empty() {
        return Err(Refusal::invalid("name-needed", "a record has a full name", "give its name"));
    }
    let uid = uuid(id);
    let card_uid = Property {
        field: FieldName::Other,
        name: "UID".to_owned(),
        group: String::new(),
        params: Vec::new(),
        value: format!("urn:uuid:{uid}"),
    };
    let properties = vec![vcard::neutral(&card_uid)];
    let mut record = Record { kind, display_name: String::new(), properties, members: Vec::new(), related: Vec::new() };
    let text = |name: &str, value: &String| PropertyEdit { name: name.to_owned(), value: vcard::escape(value.trim()), params: Vec::new() };
    let mut add = vec![text("FN", &new.name)];
    add.extend(new.emails.iter().map(|email| text("EMAIL", email)));
    add.extend(new.phones.iter().map(|phone| text("TEL", phone)));
    add.extend(new.organisation.iter().map(|organisation| text("ORG", organisation)));
    add.extend(new.properties.iter().cloned());
    Edit { add, ..Edit::default() }.apply(&mut record, || RelatedId(tx.moment.uuid_v7()))?;
    Ok((record, uid))
}

/// A record id as the UUID that it is.
fn uuid(id: RecordId) -> String {
    let hex = HEXLOWER.encode(&id.0);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
