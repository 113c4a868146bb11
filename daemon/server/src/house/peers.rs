//! The way from other doors to the peer door: what they may ask of it, without knowing it.

use std::future::Future;
use std::pin::Pin;

use interoffice_certs::Invite;
use interoffice_core::domain::reach::Tried;
use interoffice_core::store::Fault;
use interoffice_protocol::ids::OfficeId;
use serde::Serialize;

/// An answer that takes its time.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the peer door does for the other doors.
pub(crate) trait PeerHandle: Send + Sync {
    /// Dials the office that made `invite` and goes through the pairing up to the words to compare; answers with that office.
    ///
    /// A step that fails is refused in words that name the step.
    fn accept_invite(&self, invite: Invite) -> Later<'_, Result<OfficeId, Fault>>;

    /// Asks a paired office for a sign of life, now.
    fn ping(&self, office: OfficeId) -> Later<'_, Result<PingReport, Fault>>;

    /// Calls this office at each address that it gives to others, all at the same time, and hangs up at once; in their order.
    ///
    /// Refused while that is being done already.
    fn try_own_addresses(&self) -> Later<'_, Result<Vec<Tried>, Fault>>;

    /// How the way to each office is, at once and without asking anybody.
    fn states(&self) -> Vec<PeerState>;
}

/// The answer to a ping.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PingReport {
    /// Whether the office answered.
    pub(crate) reachable: bool,
    /// How long question and answer took (microseconds).
    pub(crate) round_trip_us: Option<u64>,
    /// The address that answered, or that was tried last.
    pub(crate) address: Option<String>,
    /// Why there was no answer, in words.
    pub(crate) reason: Option<String>,
}

/// How the way to one office is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PeerState {
    /// The office (base32).
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub(crate) office: OfficeId,
    /// In a word or two: connected, not answering, not reachable, cut off.
    pub(crate) state: String,
    /// Why, in words; empty when there is nothing to explain.
    pub(crate) reason: String,
    /// Since when (milliseconds since 1970, UTC).
    pub(crate) since_ms: i64,
    /// When the office was last heard from.
    pub(crate) last_heard_ms: Option<i64>,
    /// When it will be tried again.
    pub(crate) next_attempt_ms: Option<i64>,
}

fn as_text<S: serde::Serializer>(office: &OfficeId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(office)
}
