//! Sharing options of a record: who has access, asking for it, and whether the daily digest tells of it. Of a record that is known by its
//! name alone one learns here which users and groups have it, and no more.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Console;
use super::client::one;
use super::form::Fields;
use super::inside::segment;
use super::links::level_words;
use super::shell::{Shell, go, ok};
use super::trouble::{Trouble, sentence};
use super::visit::{Person, Visit};

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/clients/{id}/sharing", get(show)).route("/clients/{id}/digest", post(set_digest))
}

/// A user with access; the level is not told to who has none.
#[derive(Clone, Deserialize)]
pub(super) struct UserShare {
    pub(super) user: String,
    #[serde(default)]
    pub(super) level: String,
}

/// A group with access.
#[derive(Clone, Deserialize)]
pub(super) struct GroupShare {
    pub(super) group: String,
    #[serde(default)]
    pub(super) level: String,
}

/// Whether access can be asked for.
#[derive(Clone, Deserialize)]
pub(super) struct Asking {
    pub(super) possible: bool,
    pub(super) message: Option<String>,
    pub(super) waiting: Option<u64>,
}

impl Asking {
    /// Why not, as a sentence.
    fn why(&self) -> String {
        sentence(self.message.as_deref().unwrap_or_default())
    }
}

/// Who has a record, as the API says.
#[derive(Clone, Deserialize)]
pub(super) struct Sharing {
    pub(super) record: String,
    pub(super) name: String,
    /// Not told to who has no access.
    #[serde(default)]
    pub(super) owner: String,
    #[serde(default)]
    pub(super) users: Vec<UserShare>,
    #[serde(default)]
    pub(super) groups: Vec<GroupShare>,
    #[serde(default)]
    pub(super) whole_office: String,
    #[serde(default)]
    pub(super) may_share: bool,
    #[serde(default)]
    pub(super) daily_digest: Option<bool>,
    #[serde(default)]
    pub(super) request: Option<Asking>,
    /// What the viewer has.
    #[serde(default)]
    pub(super) access: String,
}

impl Sharing {
    /// Who has the record of this id.
    pub(super) async fn of(visit: &Visit, id: &str) -> Result<Self, Trouble> {
        let mut sharing: Self = visit.api.get(&format!("/records/{}/shares", segment(id))).await?;
        if sharing.access.is_empty() {
            sharing.access = one(visit, &sharing.record).await?.access;
        }
        Ok(sharing)
    }

    /// Where the record's page is.
    pub(super) fn place(&self) -> String {
        format!("/clients/{}", segment(&self.record))
    }

    /// Whether its name alone is known.
    pub(super) fn is_locked(&self) -> bool {
        self.access == "none"
    }

    /// Whether `me` sees it by a right to edit all clients, and may take a share of it.
    pub(super) fn is_for_self(&self, me: &Person) -> bool {
        let all = matches!(me.all_clients.as_str(), "write" | "full-control") || me.may("all-clients");
        all && !self.may_share
            && self.owner != me.name
            && self.users.iter().all(|share| share.user != me.name || share.level != "full-control")
    }

    fn access_words(&self) -> &'static str {
        level_words(&self.access)
    }

    fn office_words(&self) -> &'static str {
        level_words(&self.whole_office)
    }
}

impl UserShare {
    fn words(&self) -> &'static str {
        level_words(&self.level)
    }
}

impl GroupShare {
    fn words(&self) -> &'static str {
        level_words(&self.level)
    }
}

#[derive(Template)]
#[template(path = "sharing.html")]
struct Page {
    shell: Shell,
    sharing: Sharing,
    for_self: bool,
}

impl Page {
    /// Whether who looks knows the name alone, and can ask for more.
    fn asks(&self) -> bool {
        let possible = |asking: &Asking| asking.waiting.is_none() && asking.possible;
        self.sharing.is_locked() && self.sharing.request.as_ref().is_some_and(possible)
    }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let sharing = Sharing::of(&visit, &id).await?;
    let shell = visit.shell(&format!("Sharing options of {}", sharing.name), "clients");
    Ok(ok(&Page { shell, for_self: sharing.is_for_self(&visit.me.user), sharing }))
}

async fn set_digest(visit: Visit, Path(id): Path<String>, fields: Fields) -> Result<Response, Trouble> {
    let receive = fields.is_on("digest");
    visit.api.post::<Value>(&format!("/records/{}/digest", segment(&id)), &json!({ "receive": receive })).await?;
    let text = if receive { "Your daily digest tells of this client" } else { "Your daily digest no longer tells of this client" };
    Ok(go(&format!("/clients/{}", segment(&id)), text))
}
