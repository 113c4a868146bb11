//! A mail server as the way for mails (RFC 5321): one connection that is kept while there is something to send. TLS is required, by
//! STARTTLS (RFC 3207) or from the first byte (RFC 8314); a server on this machine may be spoken to without.

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use interoffice_protocol::names::plain;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use zeroize::Zeroizing;

use super::MailFault;
use super::transport::Refused;
use crate::mail_config::{MailConfig, Security, Server};

/// Longest time until a connection stands, with TLS and signing in.
const CONNECT: Duration = Duration::from_secs(30);
/// Longest time for handing one mail over: servers look for spam and viruses before they answer.
const SEND: Duration = Duration::from_secs(60);
/// Longest time for a sign of life on a connection that stands, and for taking leave.
const SIGN: Duration = Duration::from_secs(5);
/// Longest reason that is kept (characters).
const REASON_CHARS: usize = 200;

/// The way to one mail server.
pub(super) struct Smtp {
    server: Server,
    password: Zeroizing<String>,
    tls: Option<TlsParameters>,
    connection: Option<AsyncSmtpConnection>,
}

impl Smtp {
    /// Reads the files that the settings name; nothing is dialled yet.
    pub(super) fn open(folder: &Path, config: &MailConfig, server: Server) -> Result<Self, MailFault> {
        let password = if server.user.is_empty() { Zeroizing::default() } else { password(&folder.join(&config.password_file))? };
        let tls = match server.security {
            Security::Plain => None,
            Security::StartTls | Security::Tls => Some(tls(folder, config, &server.host)?),
        };
        Ok(Self { server, password, tls, connection: None })
    }

    /// Makes sure that the connection stands.
    pub(super) async fn ready(&mut self) -> Result<(), String> {
        // A connection counts again only once it has given a sign of life.
        if let Some(mut connection) = self.connection.take()
            && tokio::time::timeout(SIGN, connection.test_connected()).await == Ok(true)
        {
            self.connection = Some(connection);
            return Ok(());
        }
        match tokio::time::timeout(CONNECT, self.connect()).await {
            Ok(Ok(connection)) => {
                self.connection = Some(connection);
                Ok(())
            }
            Ok(Err(error)) => Err(words(&error)),
            Err(_) => Err(format!("no answer within {} seconds", CONNECT.as_secs())),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (hello, place) = (ClientId::default(), (self.server.host.as_str(), self.server.port));
        let from_the_start = self.tls.clone().filter(|_| self.server.security == Security::Tls);
        let mut connection = AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), &hello, from_the_start, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.server.security == Security::StartTls) {
            // A server that does not offer it, or somebody between who hides that it does, is told nothing.
            connection.starttls(tls, &hello).await?;
        }
        if !self.server.user.is_empty() {
            let credentials = Credentials::new(self.server.user.clone(), self.password.to_string());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }

    /// Hands a mail over; a connection on which that failed is given up.
    pub(super) async fn send(&mut self, message: &Message) -> Result<(), Refused> {
        let Some(mut connection) = self.connection.take() else { return Err(Refused::Later("the connection is gone".to_owned())) };
        let bytes = message.formatted();
        match tokio::time::timeout(SEND, connection.send(message.envelope(), &bytes)).await {
            Ok(Ok(_)) => {
                self.connection = Some(connection);
                Ok(())
            }
            Ok(Err(error)) if error.is_permanent() || error.is_client() => {
                Err(Refused::ForGood(format!("the mail server refused it: {}", words(&error))))
            }
            Ok(Err(error)) => Err(Refused::Later(format!("the mail server did not take it: {}", words(&error)))),
            Err(_) => Err(Refused::Later(format!("the mail server did not answer within {} seconds", SEND.as_secs()))),
        }
    }

    /// Takes leave of the server.
    pub(super) async fn rest(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // A server that does not answer is left all the same.
            let _ = tokio::time::timeout(SIGN, connection.quit()).await;
        }
    }
}

/// What went wrong, without what a server says in its own words: those name addresses.
fn words(error: &Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    let all = match error.status() {
        Some(code) => {
            let enhanced = source.split_whitespace().find(|word| is_enhanced(word)).map(|word| format!(" {word}")).unwrap_or_default();
            format!("it answered {code}{enhanced}")
        }
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_response() => "its answer can't be read".to_owned(),
        None if source.is_empty() => "the connection failed".to_owned(),
        None => source,
    };
    plain(&all).chars().take(REASON_CHARS).collect()
}

/// Whether a word is a status code such as `5.1.1` (RFC 3463).
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The password in a file that nobody but its owner may read.
fn password(path: &Path) -> Result<Zeroizing<String>, MailFault> {
    let bad = |words: String| MailFault::bad("password_file", format!("{}: {words}", path.display()));
    let mode = fs::metadata(path).map_err(|error| bad(error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(bad("others can read it: chmod 600 it".to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| bad(error.to_string()))?);
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains(['\r', '\n']) {
        return Err(bad("holds no password: it is one line".to_owned()));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// Whom a server must be vouched for by: the office's own list, or the system's.
fn tls(folder: &Path, config: &MailConfig, host: &str) -> Result<TlsParameters, MailFault> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if !config.ca_file.is_empty() {
        let path = folder.join(&config.ca_file);
        let bad = |words: String| MailFault::bad("ca_file", format!("{}: {words}", path.display()));
        let pem = fs::read(&path).map_err(|error| bad(error.to_string()))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(bad("holds no certificate in PEM".to_owned()));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| bad(words(&error)))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(|error| MailFault::bad("smtp", words(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_no_address() {
        for (word, is) in [("5.1.1", true), ("4.22.333", true), ("5.1", false), ("10.0.0.1", false), ("5.1.1234", false), ("a.b.c", false)]
        {
            assert_eq!(is_enhanced(word), is, "{word}");
        }
    }

    #[test]
    fn files_that_can_not_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        assert!(password(&path).unwrap_err().to_string().contains("mail.password_file"));
        fs::write(&path, "secret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = password(&path).unwrap_err().to_string();
        assert!(open.contains("chmod 600") && !open.contains("secret"), "{open}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(password(&path).unwrap().as_str(), "secret");
        fs::write(&path, "two\nlines").unwrap();
        assert!(password(&path).is_err());
        fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
        let config = MailConfig { ca_file: "ca.pem".into(), ..MailConfig::default() };
        assert!(tls(folder.path(), &config, "mail.a.example").err().unwrap().to_string().contains("mail.ca_file"));
    }
}
