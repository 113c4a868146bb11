//! Records as people see them.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::record::{FieldName, Level, Record};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::seen;
use crate::domain::actor::Actor;
use crate::domain::edit::ParamView;
use crate::domain::retention;
use crate::store::records::{self, RecordRow};
use crate::store::{Fault, StoreFault, View, grants, office};

/// A record as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RecordSummary {
    /// Its id, base32.
    pub id: String,
    /// `contact`, `business` or `household`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The user who owns it.
    pub owner: String,
    /// The user who is responsible, its owner; null when no user is assigned.
    pub responsible: Option<String>,
    /// Everybody it is connected to: its owner first, disabled or not, then the co-owners by name. Who is disabled is none, and no assistant is.
    pub connected_to: Vec<String>,
    /// Whether it opens for the viewer without a connection, which takes ownership or co-ownership: the viewer is in `connected_to`.
    pub offline: bool,
    /// Whether it is marked private.
    pub private: bool,
    /// Whether no user is assigned, so that all users see it.
    pub unassigned: bool,
    /// Whether it is out of use.
    pub archived: bool,
    /// `active`; `archived`, out of use while the relationship goes on; or `ended` with the relationship, kept and then deleted.
    pub status: &'static str,
    /// When the record of an ended relationship is deleted (milliseconds since 1970, UTC).
    pub deletion_ms: Option<i64>,
    /// Its version, such as `1.3`.
    pub version: String,
    /// Last change (milliseconds since 1970, UTC).
    pub changed_ms: i64,
}

impl RecordSummary {
    /// What `actor` sees of a record in a list.
    pub(super) fn of(view: &View<'_>, actor: &Actor, row: &RecordRow) -> Result<Self, StoreFault> {
        let mut connected_to = vec![row.owner_name.to_string()];
        connected_to.extend(grants::co_owners(view, row.id)?);
        let deletion_ms = match row.ended_ms {
            Some(ended_ms) => Some(retention::deletion_ms(ended_ms, row.reminded_ms, office::keep_years(view)?)),
            None => None,
        };
        let offline = actor.user().is_some_and(|name| connected_to.iter().any(|owner| owner == name.as_str()));
        Ok(Self {
            id: row.record.to_string(),
            kind: row.kind.as_str(),
            name: row.name.clone(),
            owner: row.owner_name.to_string(),
            responsible: row.assigned.then(|| row.owner_name.to_string()),
            connected_to,
            offline,
            private: row.private,
            unassigned: !row.assigned,
            archived: row.archived,
            status: match row.ended_ms {
                Some(_) => "ended",
                None if row.archived => "archived",
                None => "active",
            },
            deletion_ms,
            version: row.version.to_string(),
            changed_ms: row.changed_ms,
        })
    }
}

/// One property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct PropertyView {
    /// vCard name, such as `EMAIL`.
    pub name: String,
    /// The group that ties properties together, empty for none.
    pub group: String,
    /// Parameters in their order.
    pub params: Vec<ParamView>,
    /// The value with vCard escapes.
    pub value: String,
}

/// One related item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RelatedView {
    /// Its id, base32.
    pub id: String,
    /// `case`, `policy`, `investment` or `opportunity`.
    pub kind: &'static str,
    /// One line.
    pub title: String,
    /// Status in words.
    pub status: String,
    /// Further text.
    pub detail: String,
}

/// What a record says, for own records and received copies alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Content {
    /// Properties by their JSContact names, in the order of [`FieldName::ALL`].
    #[serde(serialize_with = "as_map")]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<PropertyView>>)]
    pub fields: Vec<(&'static str, Vec<PropertyView>)>,
    /// Cases, policies, investments and opportunities.
    pub related: Vec<RelatedView>,
    /// Ids of the records that belong to a household, base32.
    pub members: Vec<String>,
}

fn as_map<S: Serializer>(fields: &[(&'static str, Vec<PropertyView>)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    for (name, properties) in fields {
        map.serialize_entry(name, properties)?;
    }
    map.end()
}

impl Content {
    /// What `record` says.
    pub fn of(record: &Record) -> Self {
        let of_field = |field: FieldName| -> Vec<PropertyView> {
            let properties = record.properties.iter().filter(|property| property.field == field);
            properties
                .map(|property| PropertyView {
                    name: property.name.clone(),
                    group: property.group.clone(),
                    params: property.params.iter().map(ParamView::from).collect(),
                    value: property.value.clone(),
                })
                .collect()
        };
        let fields = FieldName::ALL.iter().map(|field| (field.as_str(), of_field(*field)));
        let related = record.related.iter().map(|item| RelatedView {
            id: item.id.to_string(),
            kind: item.kind.as_str(),
            title: item.title.clone(),
            status: item.status.clone(),
            detail: item.detail.clone(),
        });
        Self {
            fields: fields.filter(|(_, properties)| !properties.is_empty()).collect(),
            related: related.collect(),
            members: record.members.iter().map(RecordId::to_string).collect(),
        }
    }
}

/// A record with all it says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct RecordView {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: RecordSummary,
    /// What the viewer may do: `read`, `write` or `full-control`.
    pub access: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// One of the office's own records that the actor may see.
pub fn show(view: &View<'_>, actor: &Actor, record: RecordId) -> Result<RecordView, Fault> {
    let (row, decision) = seen(view, actor, record)?;
    of_row(view, actor, &row, decision.level)
}

/// A member of a household, by its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = HouseholdMember)]
pub struct Member {
    /// Its id, base32.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Those of `members` that are records of the office's own and that the actor sees, in their order. One that is hidden, or known by its
/// name alone, is left out like one that is not there.
pub fn members_seen(view: &View<'_>, actor: &Actor, members: &[RecordId]) -> Result<Vec<Member>, Fault> {
    let mut found = Vec::new();
    for member in members {
        match seen(view, actor, *member) {
            Ok((row, _)) => found.push(Member { id: row.record.to_string(), name: row.name }),
            Err(Fault::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}

/// The view of a record that was found.
pub(super) fn of_row(view: &View<'_>, actor: &Actor, row: &RecordRow, level: Option<Level>) -> Result<RecordView, Fault> {
    let body = records::load_body(view, row.record)?;
    let (_, record) = body.ok_or_else(|| StoreFault::Corrupt("a record has no body".to_owned()))?;
    let summary = RecordSummary::of(view, actor, row)?;
    Ok(RecordView { summary, access: level.map_or("none", Level::as_str), content: Content::of(&record) })
}
