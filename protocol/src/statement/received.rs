//! Checking a statement that came from a peer against that peer's chain of keys.

use super::verify::{Verified, VerifyFault, check_signature, open};
use super::{Audience, Body, Chain, Signed, sign};
use crate::ids::OfficeId;
use crate::seeded::{Bug, planted};

/// Checks a statement that came over a connection whose other end is `from`, at the office `to`, at `now_ms`.
///
/// The received bytes are checked; nothing is encoded again.
///
/// # Errors
/// [`VerifyFault`]; an unknown kind, version or critical extension is to be answered Unsupported, the rest is misbehaviour.
pub fn verify(signed: Signed, chain: &Chain, to: OfficeId, now_ms: i64) -> Result<Verified, VerifyFault> {
    let verified = open(signed)?;
    if verified.envelope().from != chain.office() {
        return Err(VerifyFault::ForeignFrom);
    }
    match verified.envelope().to {
        Audience::Office(office) if office == to || planted(Bug::RecipientNotChecked) => {}
        _ => return Err(VerifyFault::ForeignTo),
    }
    let version = verified.signed().key_set_version;
    let set = chain.set(version).ok_or(VerifyFault::UnknownKeySet(version))?;
    let reencoded = planted(Bug::VerifyReencoded).then(|| sign::reencoded(&verified));
    if !check_signature(reencoded.as_ref().unwrap_or(verified.signed()), &set.statement_key) {
        return Err(VerifyFault::BadSignature);
    }
    // Last of all, so that whoever is told this knows that the office did say it.
    let ends = matches!(verified.body(), Body::Delete(_) | Body::Withdraw(_) | Body::Decline(_) | Body::Receipt(_));
    if now_ms > set.not_after_ms && !ends { Err(VerifyFault::ExpiredKeySet) } else { Ok(verified) }
}
