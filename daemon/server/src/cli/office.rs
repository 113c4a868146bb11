//! `init`, `serve`, `id`: setting an office up, running its daemon, and showing who it is.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::exit::{Exit, Failure};
use super::output::{Printer, pairs, text};
use super::{Context, app};

/// Set up a new office: its folder, keys and database
///
/// Prints the recovery key once; it is stored nowhere. It outranks every other key of the office. No command of this version uses
/// it yet; keep it all the same, since it can't be made later.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice init --name \"Office A\"
  interoffice init --name \"Office B\" --dir ~/office-b --listen 0.0.0.0:4871 --advertise b.example:4871 --http 0.0.0.0:4881
  interoffice init --name \"Office A\" --admin rita --admin-email rita@a.example --password-file password.txt")]
pub(super) struct Init {
    /// What the office calls itself; other offices see it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// UDP address at which other offices reach the daemon
    #[arg(long, value_name = "IP:PORT", default_value = crate::config::LISTEN)]
    listen: SocketAddr,
    /// Address that invites name, as other offices see it; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Vec<String>,
    /// TCP address for browsers and programs, over TLS; `off` keeps this door shut
    #[arg(long, value_name = "IP:PORT", default_value = crate::config::HTTP_LISTEN)]
    http: String,
    /// Where browsers find it, such as https://office-a.example [default: the address it listens at]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Sign-in name of the first administrator; without it a link is printed with which he or she is added
    #[arg(long, value_name = "NAME", requires = "password_file")]
    admin: Option<String>,
    /// E-mail address of the first administrator
    #[arg(long, value_name = "ADDRESS", requires = "admin")]
    admin_email: Option<String>,
    /// File that holds the first administrator's password; `-` reads it from stdin
    #[arg(long, value_name = "FILE", requires = "admin")]
    password_file: Option<PathBuf>,
}

/// Run the office's daemon until it is told to stop
///
/// The log goes to stderr and holds ids, never names or contents. SIGTERM and Ctrl-C stop it gracefully.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice serve
  interoffice serve --dir ~/office-b
  INTEROFFICE__LOG__LEVEL=debug interoffice serve")]
pub(super) struct Serve {}

/// Show who this office is
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  interoffice id
  interoffice id --qr
  interoffice id --output json")]
pub(super) struct Id {
    /// Show the office code as a QR code too
    #[arg(long)]
    qr: bool,
}

pub(super) fn init(folder: &Path, init: &Init, printer: Printer) -> Result<(), Failure> {
    let wanted = app::NewOffice {
        name: init.name.clone(),
        listen: init.listen,
        advertise: init.advertise.clone(),
        http: if init.http == "off" { String::new() } else { init.http.clone() },
        url: init.url.clone().unwrap_or_default(),
        administrator: administrator(init)?,
    };
    app::keep_private();
    let made = app::init(folder, &wanted).map_err(|error| Failure::new(exit_of(&error), error.to_string()))?;
    let shown = json!({
        "office": made.office.to_string(),
        "code": made.code,
        "name": init.name,
        "folder": folder.display().to_string(),
        "recovery_key": made.recovery_key.as_str(),
        "set_up_link": made.set_up.as_ref().filter(|_| !wanted.http.is_empty()).map(|token| link(&wanted, token)),
        "administrator": wanted.administrator.as_ref().map(|administrator| administrator.name.clone()),
    });
    printer.one(&shown, |shown| {
        let known = pairs(&[
            ("Office", text(shown, "name")),
            ("Code", text(shown, "code")),
            ("Folder", text(shown, "folder")),
            ("Recovery key", text(shown, "recovery_key")),
        ]);
        format!(
            "{known}\nWrite the recovery key down and lock it away: it is shown this once and stored nowhere. No command uses it yet, \
             and none can make it later.\n{administrator}\nNext:\n  interoffice serve --dir {folder}\n{first}",
            administrator = administrator_words(shown),
            first = first_steps(shown),
            folder = folder.display()
        )
    })
}

/// Where the first administrator is added with the secret of the set-up.
fn link(wanted: &app::NewOffice, token: &str) -> String {
    let url = wanted.url.trim_end_matches('/');
    let listen = || wanted.http.replace("0.0.0.0", "localhost").replace("[::]", "localhost");
    if url.is_empty() { format!("https://{}/set-up#{token}", listen()) } else { format!("{url}/set-up#{token}") }
}

/// That the first administrator can sign in, as a sentence.
fn administrator_words(shown: &Value) -> String {
    shown["administrator"].as_str().map(|name| format!("\n{name} administers the office and can sign in.\n")).unwrap_or_default()
}

/// What comes once the daemon runs: the link that makes the first administrator, on a line of its own, or the first commands.
fn first_steps(shown: &Value) -> String {
    if let Some(link) = shown["set_up_link"].as_str() {
        return format!(
            "Once it runs, open this link in a browser and choose the name and password of the first administrator. It counts once, \
             within a day.\n\n  {link}\n"
        );
    }
    let folder = text(shown, "folder");
    format!("In another terminal, while it runs:\n  interoffice user add NAME --dir {folder}\n  interoffice peer invite --dir {folder}\n")
}

/// The first administrator that the arguments name, with the password from its file.
fn administrator(init: &Init) -> Result<Option<app::Administrator>, Failure> {
    let (Some(name), Some(file)) = (&init.admin, &init.password_file) else { return Ok(None) };
    let mut password = Zeroizing::new(String::new());
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut password)
    } else {
        std::fs::File::open(file).and_then(|mut open| open.read_to_string(&mut password))
    };
    read.map_err(|error| Failure::usage(format!("--password-file {}: {error}", file.display())))?;
    // An editor ends the line; that belongs to no password.
    let password = Zeroizing::new(password.trim_end_matches(['\n', '\r']).to_owned());
    Ok(Some(app::Administrator { name: name.clone(), email: init.admin_email.clone().unwrap_or_default(), password }))
}

fn exit_of(error: &app::AppFault) -> Exit {
    match error {
        app::AppFault::Exists(_) | app::AppFault::Running(_) => Exit::Conflict,
        app::AppFault::BadAddress(_) | app::AppFault::BadName(_) | app::AppFault::Administrator(_) | app::AppFault::Config(_) => {
            Exit::Usage
        }
        _ => Exit::Failed,
    }
}

pub(super) fn serve(folder: &Path, _: &Serve) -> Result<(), Failure> {
    app::serve(folder).map_err(|error| Failure::new(exit_of(&error), error.to_string()))
}

pub(super) async fn id(context: &Context, id: &Id) -> Result<(), Failure> {
    let identity: Value = context.client.get("/id").await?;
    context.printer.one(&identity, |identity| {
        let mut words =
            pairs(&[("Office", text(identity, "name")), ("Code", text(identity, "code")), ("Addresses", text(identity, "addresses"))]);
        if id.qr {
            words.push('\n');
            words.push_str(&qr(&text(identity, "code")));
        }
        words
    })
}

/// `text` as a QR code of half blocks, dark on light; empty when it is too long for one.
pub(super) fn qr(text: &str) -> String {
    let Ok(code) = QrCode::new(text.as_bytes()) else { return String::new() };
    let image = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    format!("{image}\n")
}
