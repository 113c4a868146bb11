//! Records that may stand for the same person or company: those that share an e-mail address or a telephone number.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::access::Sight;
use crate::domain::points::points;
use crate::store::records::{self, RecordRow};
use crate::store::{StoreFault, View};

/// Most records that a warning names.
const NAMED_MAX: usize = 20;

/// A record that a new one looks like.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Duplicate {
    /// `duplicate`.
    pub code: &'static str,
    /// The record that is there.
    pub record: String,
    /// Its name.
    pub name: String,
    /// What both have: `email` or `phone`.
    pub by: &'static str,
}

/// The records that share a point with the text that a record is found by, each once. Only those that are seen: of a hidden one nothing is
/// said, neither that it is there nor that it is not.
pub(super) fn alike(view: &View<'_>, sight: &Sight, search: &str, but: Option<i64>) -> Result<Vec<Duplicate>, StoreFault> {
    let mut alike: Vec<Duplicate> = Vec::new();
    for point in points(search) {
        for RecordRow { record, name, .. } in records::with_point(view, sight, &point, but, NAMED_MAX)? {
            let record = record.to_string();
            if alike.len() < NAMED_MAX && !alike.iter().any(|known| known.record == record) {
                alike.push(Duplicate { code: "duplicate", record, name, by: point.way.as_str() });
            }
        }
    }
    Ok(alike)
}

/// Whether there is one at all.
pub(super) fn is_alike(view: &View<'_>, sight: &Sight, search: &str, but: Option<i64>) -> Result<bool, StoreFault> {
    for point in points(search) {
        if !records::with_point(view, sight, &point, but, 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
