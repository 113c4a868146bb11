//! TLS for the http door: a certificate of the office's own, signed by itself, or one that was given as files.

use std::io::{Error, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::tls::provider;

/// Folder in the data folder for the certificate that the office made itself.
const FOLDER: &str = "web";
/// Years that such a certificate counts: nobody vouches for it, so whoever trusts it has looked at it, and should not have to every year.
const YEARS: i32 = 10;

/// Where the certificate of the http door and its key stand, in PEM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebCertificate {
    /// The certificate, with those that vouch for it behind it.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Why the http door has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum WebFault {
    /// A file can't be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {message}; a certificate and its key are given as PEM files", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The library made no certificate.
    #[error("the certificate of the http door could not be made: {0}")]
    Making(#[from] rcgen::Error),
    /// Certificate and key do not go together, or the library refuses them.
    #[error("the certificate of the http door can't be used: {0}")]
    Tls(#[from] rustls::Error),
}

impl WebCertificate {
    /// The certificate that the office makes itself, in its data folder.
    pub fn own(data: &Path) -> Self {
        let folder = data.join(FOLDER);
        Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
    }

    /// Makes a certificate for these host names and addresses unless there is one; `year` is the present one.
    ///
    /// # Errors
    /// [`WebFault::Making`] for a name that is none, [`WebFault::File`] when the disk refuses.
    pub fn make_once(&self, names: &[String], year: i32) -> Result<(), WebFault> {
        if self.certificate.exists() && self.key.exists() {
            return Ok(());
        }
        let mut params = CertificateParams::new(names.to_vec())?;
        params.not_before = date_time_ymd(year - 1, 1, 1);
        params.not_after = date_time_ymd(year + YEARS, 1, 1);
        params.distinguished_name.push(DnType::CommonName, "interoffice");
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        if let Some(folder) = self.key.parent() {
            std::fs::create_dir_all(folder).map_err(file(folder))?;
        }
        write(&self.key, Zeroizing::new(key.serialize_pem()).as_bytes())?;
        write(&self.certificate, certificate.pem().as_bytes())
    }
}

fn file(path: &Path) -> impl FnOnce(Error) -> WebFault {
    let path = path.to_owned();
    move |error| WebFault::File { path, error }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), WebFault> {
    let written = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    written.and_then(|mut open| open.write_all(bytes).and_then(|()| open.sync_all())).map_err(file(path))
}

/// What the http door shows: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, no certificate asked of the other end.
///
/// # Errors
/// [`WebFault`], which names the file.
pub fn web_config(files: &WebCertificate) -> Result<Arc<ServerConfig>, WebFault> {
    let unusable = |path: &Path, message: String| WebFault::Unusable { path: path.to_owned(), message };
    let pem = std::fs::read(&files.certificate).map_err(file(&files.certificate))?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| unusable(&files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable(&files.certificate, "there is no certificate in it".to_owned()));
    }
    let pem = Zeroizing::new(std::fs::read(&files.key).map_err(file(&files.key))?);
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| unusable(&files.key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_office_makes_its_certificate_once_and_keeps_the_key_to_itself() {
        let folder = tempfile::tempdir().unwrap();
        let files = WebCertificate::own(folder.path());
        assert!(matches!(web_config(&files), Err(WebFault::File { .. })));
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        files.make_once(&names, 2026).unwrap();
        let made = std::fs::read(&files.certificate).unwrap();
        assert_eq!(std::fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(web_config(&files).is_ok());
        files.make_once(&names, 2027).unwrap();
        assert_eq!(std::fs::read(&files.certificate).unwrap(), made);
    }

    #[test]
    fn files_that_hold_something_else_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = WebCertificate { certificate: folder.path().join("a.pem"), key: folder.path().join("b.pem") };
        std::fs::write(&files.certificate, "nothing").unwrap();
        std::fs::write(&files.key, "nothing").unwrap();
        let words = web_config(&files).unwrap_err().to_string();
        assert!(words.contains("a.pem") && words.contains("no certificate"), "{words}");
    }
}
