//! Settings of the office, each with what it does; and the page that says what a backup is today.

use askama::Template;
use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::form::{Fields, Wrong, mendable};
use super::shell::{Shell, go, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;

const HERE: &str = "settings";

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/settings", get(show).post(change)).route("/backups", get(backups))
}

/// The settings as the API gives them.
#[derive(Deserialize)]
struct Settings {
    office_security: bool,
    second_factor: bool,
    time_zone: String,
    log_views: bool,
    log_downloads: bool,
    warn_duplicates: bool,
    ask_responsible: bool,
    keep_years: u32,
}

/// A switch with what it does.
struct Switch {
    name: &'static str,
    words: &'static str,
    help: &'static str,
    on: bool,
}

impl Settings {
    fn access(&self) -> [Switch; 2] {
        [
            Switch {
                name: "office_security",
                words: "Office security",
                help: "Users see only the contacts that are assigned to them. It goes on by itself with the first specialist, and can’t be switched off while there is one.",
                on: self.office_security,
            },
            Switch {
                name: "second_factor",
                words: "A second factor for everybody",
                help: "Whoever has none sets one up at the next step in the console, before anything else. Have your own set up first.",
                on: self.second_factor,
            },
        ]
    }

    fn audit(&self) -> [Switch; 2] {
        [
            Switch {
                name: "log_views",
                words: "Write down when a record is looked at",
                help: "Each look at a whole record becomes a line of the audit. Lists do not count.",
                on: self.log_views,
            },
            Switch {
                name: "log_downloads",
                words: "Write down when records are exported",
                help: "Each export becomes a line of the audit.",
                on: self.log_downloads,
            },
        ]
    }

    fn records(&self) -> [Switch; 2] {
        [
            Switch {
                name: "warn_duplicates",
                words: "Warn of duplicates",
                help: "Whoever makes a record that looks like another one is asked first.",
                on: self.warn_duplicates,
            },
            Switch {
                name: "ask_responsible",
                words: "Ask who is responsible",
                help: "Whoever makes a record says who is responsible for it.",
                on: self.ask_responsible,
            },
        ]
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    settings: Settings,
    years: String,
    wrong: Option<Wrong>,
}

async fn load(visit: &Visit) -> Result<Settings, Trouble> {
    Ok(visit.api.get("/settings").await?)
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    let settings = load(&visit).await?;
    let years = settings.keep_years.to_string();
    Ok(ok(&SettingsPage { shell: visit.shell("Settings", HERE), settings, years, wrong: None }))
}

const SETTING_FIELDS: [(&str, &str); 3] =
    [("specialists-exist", "office_security"), ("unknown-time-zone", "time_zone"), ("bad-years", "keep_years")];

/// What was changed, and nothing else; the settings become what the form says, so that it can be shown again.
fn changes(settings: &mut Settings, fields: &Fields) -> Result<Value, Wrong> {
    let mut asked = json!({});
    let switches = [
        ("office_security", &mut settings.office_security),
        ("second_factor", &mut settings.second_factor),
        ("log_views", &mut settings.log_views),
        ("log_downloads", &mut settings.log_downloads),
        ("warn_duplicates", &mut settings.warn_duplicates),
        ("ask_responsible", &mut settings.ask_responsible),
    ];
    for (name, now) in switches {
        let on = fields.is_on(name);
        if on != *now {
            (asked[name], *now) = (on.into(), on);
        }
    }
    if fields.text("time_zone") != settings.time_zone {
        fields.text("time_zone").clone_into(&mut settings.time_zone);
        asked["time_zone"] = settings.time_zone.as_str().into();
    }
    let wrong = || Wrong::missing("keep_years", "Enter a number of years from 1 to 100");
    let years: u32 = fields.text("keep_years").parse().map_err(|_| wrong())?;
    if years != settings.keep_years {
        asked["keep_years"] = years.into();
    }
    Ok(asked)
}

async fn change(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let mut settings = load(&visit).await?;
    let wrong = match changes(&mut settings, &fields) {
        Ok(asked) if asked == json!({}) => return Ok(go("/settings", "Nothing changed")),
        Ok(asked) => match visit.api.send::<Value>(Method::PATCH, "/settings", &asked).await {
            Ok(_) => return Ok(go("/settings", "The settings are kept")),
            Err(problem) if mendable(&problem) => Wrong::of(problem, &SETTING_FIELDS),
            Err(problem) => return Err(problem.into()),
        },
        Err(wrong) => wrong,
    };
    let years = fields.text("keep_years").to_owned();
    Ok(unfit(&SettingsPage { shell: visit.shell("Settings", HERE), settings, years, wrong: Some(wrong) }))
}

#[derive(Deserialize)]
struct Status {
    daemon: Daemon,
}

#[derive(Deserialize)]
struct Daemon {
    folder: String,
    version: String,
}

#[derive(Template)]
#[template(path = "backups.html")]
struct BackupsPage {
    shell: Shell,
    daemon: Daemon,
}

async fn backups(visit: Visit) -> Result<Response, Trouble> {
    let status: Status = visit.api.get("/status").await?;
    Ok(ok(&BackupsPage { shell: visit.shell("Backups", "backups"), daemon: status.daemon }))
}
