//! Why an office could not be reached, or a connection ended, in words that an admin can act on.

use std::net::SocketAddr;

use quinn::{ConnectError, ConnectionError, TransportErrorCode};
use rustls::AlertDescription;

/// Longest reason of a peer that is shown (characters).
const REASON_CHARS_MAX: usize = 200;
/// Transport errors from here on carry a TLS alert in their low byte (RFC 9001, section 4.8).
const CRYPTO_ERRORS: std::ops::Range<u64> = 0x100..0x200;

/// Which step failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DialFault {
    /// The name service does not know the name, or does not answer.
    #[error("the name in {name} can't be looked up ({why}): check its spelling and this machine's name service")]
    Name {
        /// `host:port`.
        name: String,
        /// The system's reason.
        why: String,
    },
    /// The name exists and has no address.
    #[error("the name in {0} has no address: ask the other office where it can be reached")]
    NoAddress(String),
    /// This daemon can't send there at all.
    #[error("this daemon can't send to {address} ({why}): check the address it listens on in interoffice.toml")]
    Local {
        /// The address dialled.
        address: SocketAddr,
        /// The library's reason.
        why: String,
    },
    /// This daemon is shutting down.
    #[error("this daemon is stopping")]
    Stopping,
    /// Not one packet, or not all of them, in time.
    #[error(
        "no answer from {address} within {within_s} s: check that the daemon there runs and that every firewall on the way lets UDP through"
    )]
    NoAnswer {
        /// The address dialled.
        address: SocketAddr,
        /// How long was waited (seconds).
        within_s: u64,
    },
    /// The other end takes no connections now.
    #[error("{0} refused the connection: the daemon there is overloaded or stopping, and will be tried again")]
    Refused(SocketAddr),
    /// The other end has no QUIC version in common.
    #[error("{0} speaks no version of QUIC that this program knows: update the older of the two programs")]
    QuicVersion(SocketAddr),
    /// The other end is no interoffice daemon, or one of another wire version.
    #[error("{0} does not speak interoffice/1: check host and port, then update the older of the two programs")]
    Protocol(SocketAddr),
    /// The other end has no TLS version or key exchange in common.
    #[error("{0} has no TLS 1.3 settings in common with this program: update the older of the two programs")]
    TlsVersion(SocketAddr),
    /// One end's certificate did not pass.
    #[error("the handshake with {address} failed over a certificate ({alert}): check on both sides that the keys folder is whole")]
    Certificate {
        /// The other end.
        address: SocketAddr,
        /// What was wrong.
        alert: &'static str,
    },
    /// The TLS handshake failed otherwise.
    #[error("the handshake with {address} failed: {why}")]
    Handshake {
        /// The other end.
        address: SocketAddr,
        /// The library's reason.
        why: String,
    },
    /// The other office closed the connection on purpose.
    #[error("{address} closed the connection (code {code}): {reason}")]
    Closed {
        /// The other end.
        address: SocketAddr,
        /// The application's code.
        code: u64,
        /// Its reason, without control characters.
        reason: String,
    },
    /// The connection was there and is no more.
    #[error("the connection to {address} was lost: {why}")]
    Lost {
        /// The other end.
        address: SocketAddr,
        /// How.
        why: String,
    },
}

impl DialFault {
    /// Why the name in `address` has no answer.
    pub(crate) fn of_lookup(address: &str, fault: &std::io::Error) -> Self {
        let said = fault.to_string();
        // What the standard library puts in front says what these words say already.
        let why = said.strip_prefix("failed to lookup address information: ").unwrap_or(&said);
        Self::Name { name: address.to_owned(), why: why.to_owned() }
    }

    /// Why an attempt could not even begin.
    pub(crate) fn of_attempt(address: SocketAddr, fault: ConnectError) -> Self {
        match fault {
            ConnectError::EndpointStopping => Self::Stopping,
            ConnectError::InvalidRemoteAddress(_) if address.is_ipv6() && address.port() != 0 => {
                Self::Local { address, why: "it listens on an IPv4 address, and this is an IPv6 one".into() }
            }
            other => Self::Local { address, why: other.to_string() },
        }
    }

    /// Why a connection with `address` failed or ended.
    pub(crate) fn of(address: SocketAddr, fault: &ConnectionError) -> Self {
        match fault {
            ConnectionError::VersionMismatch => Self::QuicVersion(address),
            ConnectionError::TransportError(fault) => Self::of_code(address, fault.code, &fault.to_string()),
            ConnectionError::ConnectionClosed(close) => Self::of_code(address, close.error_code, &close.to_string()),
            ConnectionError::ApplicationClosed(close) => {
                Self::Closed { address, code: close.error_code.into_inner(), reason: printable(&String::from_utf8_lossy(&close.reason)) }
            }
            ConnectionError::Reset => Self::Lost { address, why: "the daemon there was restarted".into() },
            ConnectionError::TimedOut => Self::Lost { address, why: "nothing was heard from it for too long".into() },
            ConnectionError::LocallyClosed => Self::Stopping,
            ConnectionError::CidsExhausted => Self::Local { address, why: fault.to_string() },
        }
    }

    fn of_code(address: SocketAddr, code: TransportErrorCode, words: &str) -> Self {
        let number = u64::from(code);
        // A daemon that stops in the middle of a handshake may not say why yet, and says application error.
        if matches!(code, TransportErrorCode::CONNECTION_REFUSED | TransportErrorCode::APPLICATION_ERROR) {
            return Self::Refused(address);
        }
        if !CRYPTO_ERRORS.contains(&number) {
            return Self::Lost { address, why: printable(words) };
        }
        let certificate = |alert| Self::Certificate { address, alert };
        match AlertDescription::from(number as u8) {
            AlertDescription::NoApplicationProtocol => Self::Protocol(address),
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
                Self::TlsVersion(address)
            }
            AlertDescription::CertificateRequired => certificate("none was shown"),
            AlertDescription::BadCertificate => certificate("it does not parse, or its key did not sign the handshake"),
            AlertDescription::DecryptError => certificate("its key did not sign the handshake"),
            AlertDescription::UnsupportedCertificate => certificate("it is of an unsupported kind"),
            AlertDescription::CertificateExpired => certificate("it has expired"),
            AlertDescription::CertificateRevoked => certificate("it was revoked"),
            AlertDescription::CertificateUnknown | AlertDescription::UnknownCA | AlertDescription::AccessDenied => {
                certificate("it was not accepted")
            }
            _ => Self::Handshake { address, why: printable(words) },
        }
    }
}

/// The first characters of a text from outside, with nothing in it that could drive a terminal.
fn printable(text: &str) -> String {
    text.chars().take(REASON_CHARS_MAX).map(|character| if character.is_control() { ' ' } else { character }).collect()
}
