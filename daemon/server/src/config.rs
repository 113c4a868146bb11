//! `interoffice.toml` in the data folder: addresses and log level. What people set while the daemon runs stands in the database instead.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use interoffice_protocol::limits;
use serde::Deserialize;
use toml::{Table, Value};

use crate::mail_config::{self, MailConfig};

/// Name of the file in the data folder.
pub(crate) const FILE: &str = "interoffice.toml";
/// Where the peer door listens unless told otherwise.
pub(crate) const LISTEN: &str = "0.0.0.0:4870";
/// Where the http door listens unless told otherwise.
pub(crate) const HTTP_LISTEN: &str = "0.0.0.0:4880";
/// Environment variables that begin with this overlay the file.
const ENV_PREFIX: &str = "INTEROFFICE__";
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// The settings of one start.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The door to other offices.
    pub(crate) peer: PeerConfig,
    /// The door to people and their programs.
    pub(crate) http: HttpConfig,
    /// What the daemon says about itself.
    pub(crate) log: LogConfig,
    /// Where mails go.
    pub(crate) mail: MailConfig,
}

/// The door to other offices.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PeerConfig {
    /// UDP address to listen at.
    pub(crate) listen: SocketAddr,
    /// Addresses (`host:port`) under which other offices reach this one; they go into invites.
    pub(crate) advertise: Vec<String>,
}

/// The door to people and their programs.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpConfig {
    /// TCP address to listen at; empty keeps the door shut.
    pub(crate) listen: String,
    /// Where browsers find it, such as `https://office-a.example`; empty for the address it listens at.
    pub(crate) url: String,
    /// Host names and addresses that the certificate of the office's own is for.
    pub(crate) names: Vec<String>,
    /// PEM file of a certificate to show instead, with `key`; both empty for the office's own.
    pub(crate) certificate: String,
    /// PEM file of its key.
    pub(crate) key: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub(crate) proxies: Vec<IpAddr>,
}

/// What the daemon says about itself.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// error, warn, info, debug or trace.
    pub(crate) level: String,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([0, 0, 0, 0], 4870)), advertise: Vec::new() }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: HTTP_LISTEN.to_owned(),
            url: String::new(),
            names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            certificate: String::new(),
            key: String::new(),
            proxies: Vec::new(),
        }
    }
}

impl HttpConfig {
    /// The address to listen at, `None` when the door stays shut.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }

    fn check(&self, place: &str) -> Result<(), ConfigFault> {
        if !self.listen.is_empty() && self.address().is_none() {
            let shut = if place == "--http" { "give off" } else { "leave it empty" };
            let message = format!("'{}' is not an address such as {HTTP_LISTEN}; {shut} to keep the door shut", self.listen);
            return Err(bad_key(&format!("{place}: http.listen"), message));
        }
        if self.certificate.is_empty() != self.key.is_empty() {
            return Err(bad_key(&format!("{place}: http.certificate"), "a certificate and its key are given together".to_owned()));
        }
        let url = self.url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
        if !self.url.is_empty() && url.is_none_or(|host| host.is_empty() || host.contains(['/', '?', '#', ' '])) {
            let message = format!("'{}' is not like https://office-a.example", self.url);
            return Err(bad_key(&format!("{place}: http.url"), message));
        }
        Ok(())
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned() }
    }
}

/// Settings that can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigFault {
    /// The file can't be read.
    #[error("{}: {error}; is this the data folder of an office? `interoffice init` makes one", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}: {message}", path.display())]
    NoToml {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        message: String,
    },
    /// A key has no meaning or a wrong value.
    #[error("{place}: {message}")]
    BadKey {
        /// File and key, or the environment variable.
        place: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl Config {
    /// Reads the settings of the office in `folder`; `env` overlays them (`INTEROFFICE__PEER__LISTEN=…` for `[peer] listen`).
    pub(crate) fn load(folder: &Path, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigFault> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| ConfigFault::Unreadable { path: path.clone(), error })?;
        Self::parse(&path, &text, env)
    }

    fn parse(path: &Path, text: &str, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigFault> {
        let no_toml = |error: toml::de::Error| ConfigFault::NoToml { path: path.to_owned(), message: error.to_string().trim().to_owned() };
        // Parsed as settings first, so that a wrong key is shown with its line.
        let of_file: Self = toml::from_str(text).map_err(no_toml)?;
        of_file.check(&path.display().to_string())?;
        let mut table: Table = toml::from_str(text).map_err(no_toml)?;
        for (name, value) in env {
            let Some(key) = name.strip_prefix(ENV_PREFIX) else { continue };
            overlay(&mut table, &name, key, value)?;
            let merged = Self::deserialize(Value::Table(table.clone()));
            merged.map_err(|error| bad_key(&name, one_line(&error.to_string())))?.check(&name)?;
        }
        let whole = Self::deserialize(Value::Table(table));
        whole.map_err(|error| bad_key(&path.display().to_string(), one_line(&error.to_string())))?.check_whole(path)
    }

    /// Refuses settings that can't be used; `place` says where they stand.
    pub(crate) fn check(&self, place: &str) -> Result<(), ConfigFault> {
        if !LEVELS.contains(&self.log.level.as_str()) {
            return Err(bad_key(&format!("{place}: log.level"), format!("'{}' is none of {}", self.log.level, LEVELS.join(", "))));
        }
        if self.peer.advertise.len() > limits::ADDRESSES_MAX {
            return Err(bad_key(&format!("{place}: peer.advertise"), format!("at most {} addresses fit", limits::ADDRESSES_MAX)));
        }
        for address in &self.peer.advertise {
            check_address(address).map_err(|message| bad_key(&format!("{place}: peer.advertise"), message))?;
        }
        self.http.check(place)
    }

    /// Checks keys that only make sense together, which file and environment may say in parts.
    fn check_whole(self, path: &Path) -> Result<Self, ConfigFault> {
        match self.mail.way() {
            Ok(_) => Ok(self),
            Err((key, message)) => Err(bad_key(&format!("{}: mail.{key}", path.display()), message)),
        }
    }

    /// The file that says this, with a sentence for each key.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from("# Settings of this office's daemon; they count from the next start.\n");
        let advertise = quoted(&self.peer.advertise);
        // Writing into a String can't fail.
        let _ = write!(
            text,
            "\n[peer]\n# UDP address at which other offices reach the daemon.\nlisten = \"{}\"\n\
             # Addresses (host:port) that invites name; as the other offices see them, not as this machine does.\nadvertise = [{}]\n\
             \n[http]\n# TCP address for browsers and programs, over TLS; \"\" keeps this door shut.\nlisten = \"{}\"\n\
             # Where browsers find it, such as \"https://office-a.example\"; \"\" for the address above.\nurl = \"{}\"\n\
             # Host names and addresses that the certificate of the office's own is for; to change them, remove the folder web.\n\
             names = [{}]\n\
             # PEM files of a certificate to show instead, and of its key.\ncertificate = {}\nkey = {}\n\
             # Addresses of proxies whose X-Forwarded-For is believed.\nproxies = [{}]\n\
             \n[log]\n# error, warn, info, debug or trace; the log goes to stderr.\nlevel = \"{}\"\n",
            self.peer.listen,
            advertise.join(", "),
            self.http.listen,
            self.http.url,
            quoted(&self.http.names).join(", "),
            Value::from(self.http.certificate.as_str()),
            Value::from(self.http.key.as_str()),
            quoted(&self.http.proxies.iter().map(IpAddr::to_string).collect::<Vec<_>>()).join(", "),
            self.log.level,
        );
        text + &self.mail.to_toml()
    }
}

/// Texts as TOML has them.
fn quoted(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| Value::from(text.as_str()).to_string()).collect()
}

/// Refuses what is not `host:port`.
pub(crate) fn check_address(address: &str) -> Result<(), String> {
    let fits = address.len() <= limits::ADDRESS_BYTES_MAX
        && address.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains(char::is_whitespace) && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
    if fits { Ok(()) } else { Err(format!("'{address}' is not host:port, such as office-a.example:4870")) }
}

fn overlay(table: &mut Table, name: &str, key: &str, value: String) -> Result<(), ConfigFault> {
    let unknown = || {
        let message = "names no setting; the sections are PEER, HTTP, MAIL and LOG, as in INTEROFFICE__PEER__LISTEN";
        bad_key(name, message.to_owned())
    };
    let (section, key) = key.split_once("__").ok_or_else(unknown)?;
    let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
    let value = match (section.as_str(), key.as_str()) {
        ("peer" | "http", "listen") | ("http", "url" | "certificate" | "key") | ("log", "level") => Value::String(value),
        ("mail", key) if mail_config::KEYS.contains(&key) => Value::String(value),
        ("peer", "advertise") | ("http", "names" | "proxies") => {
            value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect::<Vec<_>>().into()
        }
        _ => return Err(unknown()),
    };
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    section.as_table_mut().ok_or_else(unknown)?.insert(key, value);
    Ok(())
}

fn bad_key(place: &str, message: String) -> ConfigFault {
    ConfigFault::BadKey { place: place.to_owned(), message }
}

fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, env: &[(&str, &str)]) -> Result<Config, ConfigFault> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(Path::new("/data/interoffice.toml"), text, env)
    }

    fn complaint(text: &str, env: &[(&str, &str)]) -> String {
        parse(text, env).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = parse("", &[]).unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.peer.listen.to_string(), LISTEN);
    }

    #[test]
    fn what_init_writes_is_read_back() {
        let config = Config {
            peer: PeerConfig { listen: "127.0.0.1:5000".parse().unwrap(), advertise: vec!["a.example:5000".into(), "[::1]:5000".into()] },
            http: HttpConfig {
                listen: "127.0.0.1:4881".into(),
                url: "https://a.example".into(),
                names: vec!["a.example".into()],
                certificate: "/etc/a \"b\".pem".into(),
                key: "/etc/a.key".into(),
                proxies: vec!["10.0.0.1".parse().unwrap()],
            },
            log: LogConfig { level: "debug".into() },
            mail: MailConfig {
                folder: "mails".into(),
                from: "a@a.example".into(),
                base_url: "https://a.example".into(),
                ..Default::default()
            },
        };
        assert_eq!(parse(&config.to_toml(), &[]).unwrap(), config);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let env = [("INTEROFFICE__PEER__ADVERTISE", "a:1, b:2"), ("INTEROFFICE__LOG__LEVEL", "warn"), ("INTEROFFICE_DIR", "/x")];
        let config = parse("[log]\nlevel = \"debug\"\n", &env).unwrap();
        assert_eq!((config.log.level.as_str(), config.peer.advertise.len()), ("warn", 2));
        let mail = [("INTEROFFICE__MAIL__FROM", "a@a.example"), ("INTEROFFICE__MAIL__BASE_URL", "https://a.example")];
        let config = parse("[mail]\nfolder = \"mails\"\n", &mail).unwrap();
        assert!(config.mail.is_on() && config.mail.from == "a@a.example", "file and environment may share the keys");
    }

    #[test]
    fn complaints_name_the_place_and_the_key() {
        let unknown = complaint("[peer]\nlistn = \"x\"\n", &[]);
        assert!(unknown.contains("/data/interoffice.toml") && unknown.contains("listn") && unknown.contains("line 2"), "{unknown}");
        let level = complaint("[log]\nlevel = \"loud\"\n", &[]);
        assert!(level.contains("log.level") && level.contains("'loud' is none of error"), "{level}");
        let address = complaint("[peer]\nadvertise = [\"nowhere\"]\n", &[]);
        assert!(address.contains("peer.advertise") && address.contains("not host:port"), "{address}");
        let env = complaint("", &[("INTEROFFICE__PEER__LISTEN", "here")]);
        assert!(env.starts_with("INTEROFFICE__PEER__LISTEN"), "{env}");
        let http = complaint("[http]\nlisten = \"here\"\n", &[]);
        assert!(http.contains("http.listen") && http.contains("0.0.0.0:4880"), "{http}");
        assert!(complaint("[http]\nkey = \"a.key\"\n", &[]).contains("given together"));
        assert!(complaint("[http]\nurl = \"http://a.example\"\n", &[]).contains("http.url"));
        let mail = complaint("[mail]\nsmtp = \"smtp://mail.a.example\"\nsecurity = \"plain\"\n", &[]);
        assert!(mail.contains("mail.from: is missing"), "{mail}");
        let stray = complaint("", &[("INTEROFFICE__PEER__LISTN", "0.0.0.0:1")]);
        assert!(stray.starts_with("INTEROFFICE__PEER__LISTN: names no setting"), "{stray}");
    }
}
