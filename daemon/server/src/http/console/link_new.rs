//! A new link: somebody at another office is asked for one. The offices that can be asked are offered, and typed all the same where there
//! are many.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::form::{Fields, Wrong};
use super::links::{Link, RECEIVING};
use super::shell::{Shell, go, ok, unfit};
use super::trouble::Trouble;
use super::visit::Visit;

/// Most offices that are offered.
const OFFERED: usize = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/links/new", get(show).post(request))
}

/// Fields of the form that asks somebody, by the code of what is wrong with one.
pub(super) const REQUEST_FIELDS: [(&str, &str); 8] = [
    ("unknown-office", "office"),
    ("ambiguous-office", "office"),
    ("own-office", "office"),
    ("not-paired", "office"),
    ("peer-blocked", "office"),
    ("bad-user-name", "user"),
    ("purpose-too-long", "purpose"),
    ("text-too-long", "purpose"),
];

#[derive(Deserialize)]
struct Peers {
    items: Vec<Peer>,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
    standing: String,
}

/// The paired offices by name, of which the forms that ask somebody there offer some.
#[derive(Default)]
pub(super) struct Offices(Vec<String>);

impl Offices {
    /// Those of this office. Without them a form works all the same: their names are typed.
    pub(super) async fn of(visit: &Visit) -> Self {
        let Ok(Peers { items }) = visit.api.get::<Peers>("/peers").await else { return Self::default() };
        Self(items.into_iter().filter(|peer| peer.standing == "paired").map(|peer| peer.name).collect())
    }

    /// Those that are offered.
    pub(super) fn offered(&self) -> &[String] {
        &self.0[..self.0.len().min(OFFERED)]
    }

    /// The only one, which is filled in beforehand.
    pub(super) fn only(&self) -> &str {
        if let [only] = self.0.as_slice() { only } else { "" }
    }

    /// What stands in the field of the office: what was typed, else the only one there is.
    pub(super) fn filled(&self, asked: &Fields) -> String {
        if asked.is_on("office") { asked.text("office").to_owned() } else { self.only().to_owned() }
    }

    /// Who can be asked, below the label.
    pub(super) fn hint(&self) -> String {
        match self.0.as_slice() {
            [] => "This office is paired with no other yet.".to_owned(),
            [_] => "The only one that is paired with this office.".to_owned(),
            few if few.len() <= 5 => format!("Paired with this office: {}.", few.join(", ")),
            many => format!("This office is paired with {} others; begin to type, and they are offered.", many.len()),
        }
    }
}

#[derive(Template)]
#[template(path = "link_new.html")]
struct Page {
    shell: Shell,
    asked: Fields,
    offices: Offices,
    wrong: Option<Wrong>,
}

async fn page(visit: &Visit, asked: Fields, wrong: Option<Wrong>) -> Page {
    Page { shell: visit.shell("New Linked User", "links"), asked, offices: Offices::of(visit).await, wrong }
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&page(&visit, Fields::default(), None).await))
}

async fn request(visit: Visit, fields: Fields) -> Result<Response, Trouble> {
    let wrong = match (fields.text("office"), fields.text("user")) {
        ("", _) => Some(Wrong::missing("office", "Enter the office’s name")),
        (_, "") => Some(Wrong::missing("user", "Enter the user name at that office")),
        _ => None,
    };
    if wrong.is_some() {
        return Ok(unfit(&page(&visit, fields, wrong).await));
    }
    let level = fields.some("level").unwrap_or_else(|| "read".to_owned());
    let (office, user, purpose) = (fields.text("office"), fields.text("user"), fields.text("purpose"));
    let asked = json!({ "office": office, "user": user, "purpose": purpose, "level": level });
    match visit.api.post::<Link>("/links", &asked).await {
        Ok(link) => Ok(go(&format!("/links?list={RECEIVING}"), &format!("Asked {} at {}: Waiting", link.remote_user, link.office_name))),
        Err(problem) if matches!(problem.status, 404 | 409 | 422) => {
            let wrong = Some(Wrong::of(problem, &REQUEST_FIELDS));
            Ok(unfit(&page(&visit, fields, wrong).await))
        }
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Offices};

    #[test]
    fn the_only_office_is_filled_in_until_somebody_types() {
        let named = |count: usize| Offices((1..=count).map(|number| format!("Office {number}")).collect());
        let typed = Fields(vec![("office".to_owned(), " 7o6v ".to_owned())]);
        assert_eq!((named(1).filled(&Fields::default()), named(1).filled(&typed)), ("Office 1".to_owned(), "7o6v".to_owned()));
        assert_eq!((named(2).filled(&Fields::default()), named(0).only()), (String::new(), ""));
        assert_eq!((named(51).offered().len(), named(0).offered().len()), (50, 0));
        assert_eq!(named(2).hint(), "Paired with this office: Office 1, Office 2.");
        assert_eq!(named(1).hint(), "The only one that is paired with this office.");
        assert!(named(6).hint().contains("6 others") && named(0).hint().contains("no other yet"));
    }
}
