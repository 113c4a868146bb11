//! `[mail]` in `interoffice.toml`: where mails go. What is unsafe or makes no sense together is refused at the start.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Value;

/// Every key, for the environment.
pub(crate) const KEYS: [&str; 7] = ["smtp", "security", "password_file", "ca_file", "folder", "from", "base_url"];

/// Where mails go. An empty key is as good as none.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailConfig {
    /// `smtp://user@host:port`; user and port may be left out.
    pub(crate) smtp: String,
    /// How the way to the server is guarded; `starttls` when not given.
    pub(crate) security: String,
    /// File that holds the user's password, in the data folder unless the path is absolute.
    pub(crate) password_file: String,
    /// File with the certificates that may vouch for the server, in PEM; those of the system when not given.
    pub(crate) ca_file: String,
    /// Folder that mails are written into instead, in the data folder unless the path is absolute.
    pub(crate) folder: String,
    /// The office's own address, such as `Office A <office@a.example>`.
    pub(crate) from: String,
    /// Address of the office's console, which links in mails begin with.
    pub(crate) base_url: String,
}

/// How the way to the mail server is guarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Security {
    /// Begins plain and must turn into TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all; on this machine alone.
    Plain,
}

/// A mail server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Server {
    /// Name or address.
    pub(crate) host: String,
    /// TCP port.
    pub(crate) port: u16,
    /// Who signs in; empty for nobody.
    pub(crate) user: String,
    /// How the way to it is guarded.
    pub(crate) security: Security,
}

/// Where mails go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Nowhere: they wait.
    Off,
    /// To a server.
    Smtp(Server),
    /// Into a folder.
    Folder(PathBuf),
}

/// A key that can't be used.
pub(crate) type BadKey = (&'static str, String);

impl MailConfig {
    /// Whether mails go anywhere.
    pub(crate) fn is_on(&self) -> bool {
        !self.smtp.is_empty() || !self.folder.is_empty()
    }

    /// Address of the console without a slash at its end.
    pub(crate) fn console(&self) -> String {
        self.base_url.trim_end_matches('/').to_owned()
    }

    /// Where mails go.
    ///
    /// # Errors
    /// The key that can't be used, and what would be right.
    pub(crate) fn way(&self) -> Result<Way, BadKey> {
        self.check_together()?;
        if !self.folder.is_empty() {
            return Ok(Way::Folder(PathBuf::from(&self.folder)));
        }
        if self.smtp.is_empty() { Ok(Way::Off) } else { Ok(Way::Smtp(self.server()?)) }
    }

    fn check_together(&self) -> Result<(), BadKey> {
        let bad = |key: &'static str, words: &str| Err((key, words.to_owned()));
        if !self.smtp.is_empty() && !self.folder.is_empty() {
            return bad("folder", "mails go to a server or into a folder: give `smtp` or `folder`, not both");
        }
        if self.smtp.is_empty() {
            for (key, value) in [("security", &self.security), ("password_file", &self.password_file), ("ca_file", &self.ca_file)] {
                if !value.is_empty() {
                    return bad(key, "says something about a mail server, and `smtp` names none");
                }
            }
        }
        if !self.is_on() {
            return Ok(());
        }
        if self.from.is_empty() {
            return bad("from", "is missing: the office's own address, such as \"Office A <office@a.example>\"");
        }
        if self.base_url.is_empty() {
            return bad("base_url", "is missing: the address of the office's console, which links in mails begin with");
        }
        self.check_base_url()
    }

    /// What a link begins with is read by people's browsers: secrets in links go over TLS, except on this machine.
    fn check_base_url(&self) -> Result<(), BadKey> {
        let bad = |words: &str| Err(("base_url", format!("'{}' {words}", self.base_url)));
        let (scheme, rest) = self.base_url.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.is_empty() || self.base_url.contains(['?', '#', '@', '"', '<', '>']) || self.base_url.contains(char::is_whitespace) {
            return bad("is no address like https://office.example");
        }
        let host = authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(authority, |(host, _)| host);
        match scheme {
            "https" => Ok(()),
            "http" if is_loopback(host) => Ok(()),
            "http" => bad("begins with http, which is for this machine alone: use https"),
            _ => bad("is no address like https://office.example"),
        }
    }

    fn server(&self) -> Result<Server, BadKey> {
        let bad = |words: String| ("smtp", words);
        let form = || bad(format!("'{}' is not like smtp://user@mail.example:587", hide_password(&self.smtp)));
        let rest = self.smtp.strip_prefix("smtp://").ok_or_else(form)?;
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        if user.contains(':') {
            return Err(bad("holds a password: put it into a file and name that in `password_file`".to_owned()));
        }
        let (host, port) = host_and_port(place.trim_end_matches('/')).ok_or_else(form)?;
        let security = match self.security.as_str() {
            "" | "starttls" => Security::StartTls,
            "tls" => Security::Tls,
            "plain" => Security::Plain,
            other => return Err(("security", format!("'{other}' is none of starttls, tls, plain"))),
        };
        if security == Security::Plain && !is_loopback(&host) {
            return Err(("security", format!("plain is for a server on this machine alone, and {host} is another: use starttls or tls")));
        }
        if security == Security::Plain && !self.ca_file.is_empty() {
            return Err(("ca_file", "makes no difference while `security` is plain".to_owned()));
        }
        if user.is_empty() != self.password_file.is_empty() {
            let words = "user and password belong together: name the user in `smtp` and the file with the password in `password_file`";
            return Err(("password_file", words.to_owned()));
        }
        let usual = match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::Plain => 25,
        };
        Ok(Server { host, port: port.unwrap_or(usual), user: decoded(user).ok_or_else(form)?, security })
    }

    /// The section of the file, with a sentence for each key; what is not set stands there as an example.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from(
            "\n[mail]\n# Nothing is sent unless `smtp` or `folder` is set; mails then wait in the database for 14 days at most.\n",
        );
        let keys = [
            ("smtp", &self.smtp, "Mail server. User and port may be left out.", "smtp://office%40a.example@mail.a.example:587"),
            (
                "security",
                &self.security,
                "starttls (required of the server), tls (from the first byte), or plain (on this machine only).",
                "starttls",
            ),
            (
                "password_file",
                &self.password_file,
                "File with the password of that user, for the owner alone; in this folder unless absolute.",
                "smtp-password",
            ),
            ("ca_file", &self.ca_file, "Certificates (PEM) that may vouch for the server; those of the system unless set.", "mail-ca.pem"),
            ("folder", &self.folder, "Writes mails into this folder as .eml files instead.", "mails"),
            ("from", &self.from, "The office's own address.", "Office A <office@a.example>"),
            ("base_url", &self.base_url, "Address of the console, which links in mails begin with.", "https://office.a.example"),
        ];
        for (key, value, words, example) in keys {
            let set = !value.is_empty();
            let shown = Value::from(if set { value } else { example }).to_string();
            // Writing into a String can't fail.
            let _ = writeln!(text, "# {words}\n{}{key} = {shown}", if set { "" } else { "# " });
        }
        text
    }
}

fn host_and_port(place: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<IpAddr>().ok()?;
            (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some(""))?)
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    let port = if port.is_empty() { None } else { Some(port.parse::<u16>().ok().filter(|port| *port > 0)?) };
    (!host.is_empty() && host.chars().all(letters)).then(|| (host.to_owned(), port))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Undoes `%40` and the like.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

/// The text without what may be a password, for a complaint about it.
fn hide_password(smtp: &str) -> String {
    smtp.rsplit_once('@').map_or_else(|| smtp.to_owned(), |(_, place)| format!("…@{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(smtp: &str, security: &str) -> MailConfig {
        let text = |text: &str| text.to_owned();
        let password_file = if smtp.contains('@') { text("password") } else { String::new() };
        MailConfig {
            smtp: text(smtp),
            security: text(security),
            password_file,
            from: text("a@a.example"),
            base_url: text("https://a.example"),
            ..MailConfig::default()
        }
    }

    fn key(config: &MailConfig) -> &'static str {
        config.way().map_or_else(|(key, _)| key, |way| panic!("{way:?}"))
    }

    #[test]
    fn a_server_is_named_by_its_address() {
        let Way::Smtp(server) = smtp("smtp://office%40a.example@mail.a.example", "").way().unwrap() else { panic!() };
        let expected = Server { host: "mail.a.example".into(), port: 587, user: "office@a.example".into(), security: Security::StartTls };
        assert_eq!(server, expected);
        let Way::Smtp(server) = smtp("smtp://ann@b.example@[::1]:2525/", "plain").way().unwrap() else { panic!() };
        assert_eq!((server.host.as_str(), server.port, server.user.as_str()), ("::1", 2525, "ann@b.example"));
        let Way::Smtp(server) = smtp("smtp://mail.a.example", "tls").way().unwrap() else { panic!() };
        assert_eq!((server.port, server.security), (465, Security::Tls));
        assert_eq!(MailConfig::default().way(), Ok(Way::Off));
    }

    #[test]
    fn what_is_unsafe_or_makes_no_sense_is_refused_with_its_key() {
        for bad in ["mail.a.example", "smtps://mail.a.example", "smtp://", "smtp://a b", "smtp://a:0", "smtp://a:x", "smtp://%zz@a"] {
            assert_eq!(key(&smtp(bad, "")), "smtp", "{bad}");
        }
        let password = smtp("smtp://ann:geheim@a", "").way().unwrap_err();
        assert!(password.0 == "smtp" && !password.1.contains("geheim") && password.1.contains("password_file"), "{password:?}");
        assert!(!smtp("smpt://ann:geheim@a", "").way().unwrap_err().1.contains("geheim"));
        assert_eq!(key(&smtp("smtp://mail.a.example", "plain")), "security");
        assert_eq!(key(&smtp("smtp://a", "ssl")), "security");
        assert_eq!(key(&MailConfig { password_file: String::new(), ..smtp("smtp://ann@a", "") }), "password_file");
        assert_eq!(key(&MailConfig { password_file: "x".into(), ..smtp("smtp://a", "") }), "password_file");
        assert_eq!(key(&MailConfig { folder: "mails".into(), ..smtp("smtp://a", "") }), "folder");
        assert_eq!(key(&MailConfig { ca_file: "ca".into(), ..smtp("smtp://localhost", "plain") }), "ca_file");
        assert_eq!(key(&MailConfig { security: "tls".into(), ..MailConfig::default() }), "security");
        assert_eq!(key(&MailConfig { from: String::new(), ..smtp("smtp://a", "") }), "from");
        for bad in ["", "a.example", "ftp://a", "https://", "http://a.example", "https://a/?x", "https://a\nb", "http://127.0.0.1.example"]
        {
            assert_eq!(key(&MailConfig { base_url: bad.into(), ..smtp("smtp://a", "") }), "base_url", "{bad}");
        }
        for good in ["https://a.example/", "http://localhost:8080", "http://[::1]:8080/x", "http://127.0.0.1"] {
            assert!(MailConfig { base_url: good.into(), ..smtp("smtp://a", "") }.way().is_ok(), "{good}");
        }
    }
}
