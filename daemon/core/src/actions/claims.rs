//! Requests that a client named by a key: the claim stands in the transaction of the verb, so that a request sent twice is done once.

use crate::domain::refusal::Refusal;
use crate::store::claims::{self, Claim};
use crate::store::{Fault, Tx, View};

/// A request and the key by which its client named it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keyed {
    /// Who asks.
    pub actor: String,
    /// The key.
    pub key: String,
    /// A keyed hash of what is asked: nobody who finds it can try out what that was.
    pub request: [u8; 32],
}

/// Refuses a key that stands for another request.
fn same(claim: &Claim, keyed: &Keyed) -> Result<(), Refusal> {
    if claim.request == keyed.request {
        return Ok(());
    }
    let message = "this idempotency key was used for another request";
    Err(Refusal::invalid("key-reused", message, "take a new key for each request, the same one only to ask again"))
}

/// The answer that the request got before; `None` when it is new.
///
/// # Errors
/// A refusal when the key stands for another request, or when it was done and its answer is not known.
pub fn answered(view: &View<'_>, keyed: &Keyed) -> Result<Option<(u16, Vec<u8>)>, Fault> {
    let Some(claim) = claims::find(view, &keyed.actor, &keyed.key)? else { return Ok(None) };
    same(&claim, keyed)?;
    match claim.answer {
        Some(answer) => Ok(Some(answer)),
        None => Err(in_doubt().into()),
    }
}

fn in_doubt() -> Refusal {
    let message = "this request is being done or was done, and its answer is not known";
    Refusal::conflict("answer-unknown", message, "look at what it was to change; ask again in a while for the answer")
}

/// Claims the request in the transaction that does it.
pub fn take(tx: &Tx<'_>, keyed: &Keyed) -> Result<(), Fault> {
    if claims::take(tx, &keyed.actor, &keyed.key, &keyed.request)? { Ok(()) } else { Err(in_doubt().into()) }
}

/// Keeps the answer to a request that was claimed; of one that was refused there is no claim, and it can be asked again.
pub fn keep(tx: &Tx<'_>, keyed: &Keyed, status: u16, body: &[u8]) -> Result<(), Fault> {
    Ok(claims::answer(tx, &keyed.actor, &keyed.key, status, body)?)
}

/// Forgets claims that are older than a day; says how many.
pub fn prune(tx: &Tx<'_>) -> Result<u64, Fault> {
    Ok(claims::prune(tx)?)
}
