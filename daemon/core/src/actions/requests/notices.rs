//! The moments at which somebody is told of a request: the bell rings, so that an open list is looked at again, and mails are written
//! as rows of the same transaction.

use super::super::mails;
use crate::domain::access::{Viewer, decide, may_share};
use crate::domain::mail::Message;
use crate::store::records::RecordRow;
use crate::store::requests::RequestRow;
use crate::store::users::{self, UserRow};
use crate::store::{Fault, Ring, StoreFault, Tx, View, grants, office};

/// What there is to tell.
#[derive(Clone, Debug)]
pub struct News<'a> {
    /// The request as it stands now.
    pub request: RequestRow,
    /// The user who asks.
    pub requester: &'a UserRow,
    /// The record.
    pub record: &'a RecordRow,
    /// The enabled users who may answer, by name.
    pub answerers: Vec<UserRow>,
}

impl<'a> News<'a> {
    pub(super) fn of(view: &View<'_>, request: &RequestRow, requester: &'a UserRow, record: &'a RecordRow) -> Result<Self, Fault> {
        let answerers = answerers(view, record)?;
        Ok(Self { request: request.clone(), requester, record, answerers })
    }
}

/// The request's local row.
fn row_of(request: &RequestRow) -> Result<i64, StoreFault> {
    i64::try_from(request.id).map_err(|_| StoreFault::Corrupt("a request has an impossible number".to_owned()))
}

/// A user asked: whoever may answer is told.
pub(super) fn tell_answerers(tx: &Tx<'_>, news: &News<'_>) -> Result<(), Fault> {
    tx.ring(Ring::Requests);
    let (record, by, request) = (news.record.record, news.requester.id, row_of(&news.request)?);
    for user in &news.answerers {
        mails::write(tx, &Message::AccessAsked { user: user.id, by, record, request, reason: news.request.message.clone() })?;
    }
    Ok(())
}

/// A request was granted: the user who asked is told.
pub(super) fn tell_requester_of_grant(tx: &Tx<'_>, news: &News<'_>) -> Result<(), Fault> {
    tx.ring(Ring::Requests);
    let (record, user, by, request) = (news.record.record, news.requester.id, news.request.answered_by, row_of(&news.request)?);
    mails::write(tx, &Message::AccessGranted { user, by, record, request })?;
    Ok(())
}

/// A request was refused: the user who asked is told.
pub(super) fn tell_requester_of_refusal(tx: &Tx<'_>, news: &News<'_>) -> Result<(), Fault> {
    tx.ring(Ring::Requests);
    let (record, user, by, request) = (news.record.record, news.requester.id, news.request.answered_by, row_of(&news.request)?);
    mails::write(tx, &Message::AccessRefused { user, by, record, request, reason: news.request.reason.clone() })?;
    Ok(())
}

/// The enabled users who may answer requests for a record, by name: those who may share it, administrators who see it among them.
pub fn answerers(view: &View<'_>, record: &RecordRow) -> Result<Vec<UserRow>, Fault> {
    let (policy, reaching) = (office::load(view)?.policy, grants::reaching_all(view, record.id)?);
    let mut may = users::list(view)?;
    may.retain(|user| {
        let grants = reaching.iter().filter(|(reached, _)| *reached == user.id).map(|(_, grant)| grant.clone());
        let viewer = Viewer::User(user.person());
        !user.disabled && may_share(&viewer, &policy, &decide(&viewer, &policy, &record.facts(grants.collect())))
    });
    Ok(may)
}
