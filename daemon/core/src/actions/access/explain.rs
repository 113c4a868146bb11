//! Why somebody sees a record: every source by its name.

use interoffice_protocol::ids::RecordId;
use interoffice_protocol::names::UserName;
use interoffice_protocol::record::Level;
use serde::Serialize;

use super::super::records::seen;
use super::super::{groups as group_verbs, rights, users as user_verbs};
use crate::domain::access::{Decision, Source, Viewer};
use crate::domain::actor::Actor;
use crate::domain::refusal::Refusal;
use crate::store::{Fault, StoreFault, View, groups, users};

/// One reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Reason {
    /// What gives the access: `owner`, `administrator`, `grant`, `group`, `proxy`, `whole-office`, `all-clients`, `super-user`, `unassigned` or
    /// `open-office`.
    pub source: &'static str,
    /// `read`, `write` or `full-control`.
    pub level: &'static str,
    /// The reason in words.
    pub because: String,
}

/// What a user may do with a record, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Explained {
    /// The user.
    pub user: String,
    /// `read`, `write`, `full-control`, or `none`.
    pub level: &'static str,
    /// Whether the user is disabled, and so sees nothing in spite of the reasons.
    pub disabled: bool,
    /// Every reason.
    pub because: Vec<Reason>,
}

impl Explained {
    fn of(user: &str, disabled: bool, decision: &Decision) -> Self {
        let reason = |because: &crate::domain::access::Because| Reason {
            source: because.source.as_str(),
            level: because.level.as_str(),
            because: because.source.words(),
        };
        Self {
            user: user.to_owned(),
            level: decision.level.map_or("none", Level::as_str),
            disabled,
            because: decision.because.iter().map(reason).collect(),
        }
    }
}

/// Explains a record: for one user, or for everybody who sees it. Who may see a record may ask about him- or herself; about others
/// asks who has Full Control. Reasons that tell who is in a group are for administrators and members of that group.
pub fn explain(view: &View<'_>, actor: &Actor, record: RecordId, about: Option<&UserName>) -> Result<Vec<Explained>, Fault> {
    let (row, own) = seen(view, actor, record)?;
    let myself = about.is_some() && actor.user() == about;
    if own.level < Some(Level::FullControl) && !myself {
        if about.is_none()
            && let Some(me) = actor.user()
        {
            return Ok(vec![Explained::of(me.as_str(), false, &own)]);
        }
        let remedy = format!("ask {}, who owns it", row.owner_name);
        return Err(Refusal::denied("not-owner", "only who has Full Control of a record learns what others may do with it", remedy).into());
    }
    let asked = match about {
        Some(name) => vec![user_verbs::find(view, name)?],
        None => users::list(view)?,
    };
    let viewer = rights::viewer(view, actor)?;
    let mut explained = Vec::new();
    for user in asked {
        let mut decision = rights::access_of(view, &Viewer::User(user.person()), &row)?;
        if !myself {
            hide_members(view, &viewer, &mut decision)?;
        }
        if about.is_some() || (decision.level.is_some() && !user.disabled) {
            explained.push(Explained::of(user.name.as_str(), user.disabled, &decision));
        }
    }
    Ok(explained)
}

/// Leaves out what would tell the viewer who is in a group that he or she may not look into.
pub(in crate::actions) fn hide_members(view: &View<'_>, viewer: &Viewer, decision: &mut Decision) -> Result<(), StoreFault> {
    let mut known = Vec::with_capacity(decision.because.len());
    for because in decision.because.drain(..) {
        let shown = match &because.source {
            Source::Group(name) => match groups::find(view, name)? {
                Some(group) => group_verbs::may_know(view, viewer, &group)?,
                None => false,
            },
            _ => true,
        };
        known.extend(shown.then_some(because));
    }
    decision.level = known.iter().map(|because| because.level).max();
    decision.because = known;
    Ok(())
}
