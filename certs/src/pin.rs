//! Pins: what a key set says of a TLS certificate, whoever issued it and however long it is valid.

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// Longest certificate that is looked at; ours have about 400 bytes.
const CERTIFICATE_BYTES_MAX: usize = 4 * 1024;

/// A certificate that can't be pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// Longer than any certificate an office makes.
    #[error("the certificate has {0} bytes where at most {CERTIFICATE_BYTES_MAX} may stand")]
    TooLong(usize),
    /// Not an X.509 certificate of version 3.
    #[error("the certificate does not parse")]
    Encoding,
}

/// SHA-256 of the certificate's SubjectPublicKeyInfo: what key sets list as a TLS pin.
///
/// # Errors
/// [`BadCertificate`] when there is nothing to pin.
pub fn spki_pin(certificate: &CertificateDer<'_>) -> Result<[u8; 32], BadCertificate> {
    if certificate.len() > CERTIFICATE_BYTES_MAX {
        return Err(BadCertificate::TooLong(certificate.len()));
    }
    let parsed = EndEntityCert::try_from(certificate).map_err(|_| BadCertificate::Encoding)?;
    Ok(Sha256::digest(parsed.subject_public_key_info()).into())
}
