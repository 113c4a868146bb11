//! What both ends of the JSON API must spell alike: the base path, the header that names a user, and the shape of a problem.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the API begins.
pub(crate) const BASE: &str = "/api/v1";
/// Names the user for whom the operator acts; without it the operator acts.
pub(crate) const AS_HEADER: &str = "x-interoffice-as";
/// File name of the control socket in the data folder.
pub(crate) const SOCKET: &str = "control.sock";
/// Media type of [`Problem`].
pub(crate) const PROBLEM_TYPE: &str = "application/problem+json";

/// Why a request was not done, in the members of RFC 9457 that say something; `type` and `title` follow from the status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// HTTP status.
    pub(crate) status: u16,
    /// Stable code, such as `link-not-active`.
    pub(crate) code: String,
    /// One sentence: what is wrong.
    pub(crate) detail: String,
    /// What to do about it; may be empty.
    pub(crate) remedy: String,
    /// Seconds to wait before asking again, when that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_s: Option<u64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remedy.as_str() {
            "" => f.write_str(&self.detail),
            remedy => write!(f, "{}: {remedy}", self.detail),
        }
    }
}
