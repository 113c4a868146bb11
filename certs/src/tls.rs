//! TLS for the peer door: version 1.3 alone, certificates from both sides, no authorities.
//!
//! A handshake proves that the other end holds the key of the certificate it shows, and nothing more. Whose key that is stands
//! in the chain of key sets that the first frame carries; its check against [`spki_pin`] is the peer door's first duty.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, ServerConfig, SignatureScheme,
};

use crate::keys::OfficeKeys;
use crate::pin::spki_pin;

/// The application protocol of the peer door, version 1.
pub const ALPN: &[u8] = b"interoffice/1";

/// What a certificate's key may sign a handshake with.
static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[webpki::aws_lc_rs::ECDSA_P256_SHA256, webpki::aws_lc_rs::ED25519],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[webpki::aws_lc_rs::ECDSA_P256_SHA256]),
        (SignatureScheme::ED25519, &[webpki::aws_lc_rs::ED25519]),
    ],
};

/// Why a TLS configuration could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the TLS configuration could not be made from this office's key: {0}")]
pub struct TlsFault(#[from] Error);

/// The cryptography of every TLS connection: aws-lc-rs, key exchange that holds against quantum computers first.
pub fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// Makes [`provider`] the one of this process, for libraries that ask for it; later calls change nothing.
pub fn install_provider() {
    // The error says that there is one already, and that is what was asked for.
    let _ = provider().install_default();
}

/// What the peer door shows and demands when an office dials in.
///
/// # Errors
/// [`TlsFault`] when the library refuses this office's key.
pub fn server_config(keys: &OfficeKeys) -> Result<Arc<ServerConfig>, TlsFault> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(PossessionOnly))
        .with_single_cert(vec![keys.certificate().clone()], keys.tls_key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.max_early_data_size = 0;
    // Every connection proves possession anew, so that a key that was replaced opens no door.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// What the peer door shows and demands when it dials another office.
///
/// # Errors
/// [`TlsFault`] when the library refuses this office's key.
pub fn client_config(keys: &OfficeKeys) -> Result<Arc<ClientConfig>, TlsFault> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PossessionOnly))
        .with_client_auth_cert(vec![keys.certificate().clone()], keys.tls_key())?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.enable_early_data = false;
    config.resumption = Resumption::disabled();
    // The office that is dialled is nobody's business on the way.
    config.enable_sni = false;
    Ok(Arc::new(config))
}

/// Accepts any one certificate whose key signed the handshake. Dates and issuer are not looked at: identity outlives certificates.
#[derive(Debug)]
struct PossessionOnly;

impl PossessionOnly {
    fn check(certificate: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Result<(), Error> {
        if !intermediates.is_empty() {
            return Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
        }
        spki_pin(certificate).map(drop).map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))
    }

    fn check_signature(
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &SIGNATURES)
    }
}

/// Neither configuration speaks TLS 1.2; should one ever come to, its signatures are refused.
fn tls13_only() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
}

impl ServerCertVerifier for PossessionOnly {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Self::check(end_entity, intermediates).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls13_only()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SIGNATURES.supported_schemes()
    }
}

impl ClientCertVerifier for PossessionOnly {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Self::check(end_entity, intermediates).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls13_only()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SIGNATURES.supported_schemes()
    }
}
