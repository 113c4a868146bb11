//! Checking a statement that came from a peer against that peer's chain of keys.

use super::verify::{Verified, VerifyFault, check_signature, open};
use super::{Audience, Body, Chain, KeySet, Signed, sign};
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
    let reencoded = planted(Bug::VerifyReencoded).then(|| sign::reencoded(&verified));
    let set = signed_under(reencoded.as_ref().unwrap_or(verified.signed()), chain)?;
    // Last of all, so that whoever is told this knows that the office did say it.
    let ends = matches!(verified.body(), Body::Delete(_) | Body::Withdraw(_) | Body::Decline(_) | Body::Receipt(_));
    if now_ms > set.not_after_ms && !ends { Err(VerifyFault::ExpiredKeySet) } else { Ok(verified) }
}

/// Whether the office of `chain` said what is not understood here: what it says counts in its order of statements, what somebody else says
/// in its name does not.
///
/// # Errors
/// [`VerifyFault::UnknownKeySet`] and [`VerifyFault::BadSignature`].
pub fn said_by(signed: &Signed, chain: &Chain) -> Result<(), VerifyFault> {
    signed_under(signed, chain).map(|_| ())
}

/// The key set under which a statement is signed.
fn signed_under<'c>(signed: &Signed, chain: &'c Chain) -> Result<&'c KeySet, VerifyFault> {
    let set = chain.set(signed.key_set_version).ok_or(VerifyFault::UnknownKeySet(signed.key_set_version))?;
    if check_signature(signed, &set.statement_key) { Ok(set) } else { Err(VerifyFault::BadSignature) }
}
