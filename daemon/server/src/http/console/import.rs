//! Clients from a file of address cards: chosen in the browser, sent whole, told what became of it.

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::Console;
use super::client::Client;
use super::form::{Wrong, mendable};
use super::inside::{self, segment};
use super::shell::{Shell, go, ok, unfit};
use super::shown::counted;
use super::trouble::{Trouble, sentence};
use super::visit::Visit;
use crate::api::Problem;
use crate::http::IMPORT_BYTES;
use crate::http::answer::problem;

/// What a form has beside its file (bytes).
const AROUND_BYTES: usize = 64 * 1024;
/// Up to how many cards that were left out, and clients that look alike, are told one by one.
const TOLD_MAX: usize = 50;
const ALIKE_MAX: usize = 20;
/// The field of the file.
const FILE: &str = "file";

pub(super) fn routes() -> Router<Console> {
    let whole_file = DefaultBodyLimit::max(IMPORT_BYTES + AROUND_BYTES);
    Router::new().route("/clients/import", get(show).post(take).layer(whole_file))
}

#[derive(Deserialize)]
struct Access {
    office_security: bool,
}

#[derive(Template)]
#[template(path = "client_import.html")]
struct Page {
    shell: Shell,
    /// Whether users see what is assigned to them alone.
    assigns: bool,
    private: bool,
    unassigned: bool,
    wrong: Option<Wrong>,
}

/// What a form brought.
#[derive(Default)]
struct Asked {
    file: Bytes,
    private: bool,
    unassigned: bool,
}

/// What an import did.
#[derive(Default, Deserialize)]
struct Report {
    created: u64,
    updated: u64,
    unchanged: u64,
    broken: Vec<Broken>,
    possible_duplicates: u64,
    duplicates: Vec<String>,
}

/// A card that was left out.
#[derive(Deserialize)]
struct Broken {
    line: usize,
    reason: String,
}

impl Report {
    fn words(&self) -> String {
        let mut said = vec![counted(self.created, "new client")];
        if self.updated > 0 {
            said.push(format!("{} changed", self.updated));
        }
        if self.unchanged > 0 {
            said.push(format!("{} as before", self.unchanged));
        }
        said.join(", ")
    }

    /// Why nothing at all came of the file, where one reason says it.
    fn nothing(&self) -> Option<Wrong> {
        match self.broken.as_slice() {
            [only] if self.created + self.updated + self.unchanged == 0 => Some(Wrong::missing(FILE, &only.reason)),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "client_imported.html")]
struct DonePage {
    shell: Shell,
    report: Report,
    /// The first of the new clients that look like others.
    alike: Vec<Client>,
}

impl DonePage {
    fn left_out(&self) -> impl Iterator<Item = (usize, String)> {
        self.report.broken.iter().take(TOLD_MAX).map(|broken| (broken.line, sentence(&broken.reason)))
    }

    fn broken_count(&self) -> u64 {
        self.report.broken.len() as u64
    }

    fn untold(&self) -> usize {
        self.report.broken.len().saturating_sub(TOLD_MAX)
    }
}

async fn page(visit: &Visit, asked: &Asked, wrong: Option<Wrong>) -> Result<Page, Trouble> {
    let access: Access = visit.api.get("/client-access").await?;
    let shell = visit.shell("Import clients", "clients");
    Ok(Page { shell, assigns: access.office_security, private: asked.private, unassigned: asked.unassigned, wrong })
}

async fn show(visit: Visit) -> Result<Response, Trouble> {
    Ok(ok(&page(&visit, &Asked::default(), None).await?))
}

fn too_large() -> Problem {
    let most = format!("the file is larger than {} MB", IMPORT_BYTES / (1024 * 1024));
    problem(413, "too-large", &most, "import it in parts")
}

fn unread() -> Problem {
    problem(400, "bad-form", "this form could not be read", "go back, load the page again, and send it once more")
}

/// What stands in the form. It is taken whole before it is looked into: in pieces, each would be a reason to search all of them again.
async fn read(request: Request) -> Result<Asked, Problem> {
    let (parts, body) = request.into_parts();
    let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let whole = whole.map_err(|error| if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { unread() })?;
    let mut form = Multipart::from_request(Request::from_parts(parts, Body::from(whole)), &()).await.map_err(|_| unread())?;
    let unread = |_: MultipartError| unread();
    let mut asked = Asked::default();
    while let Some(field) = form.next_field().await.map_err(unread)? {
        match field.name() {
            Some(FILE) => asked.file = field.bytes().await.map_err(unread)?,
            Some("private") => asked.private = true,
            Some("unassigned") => asked.unassigned = true,
            _ => {}
        }
    }
    if asked.file.len() > IMPORT_BYTES { Err(too_large()) } else { Ok(asked) }
}

async fn take(visit: Visit, request: Request) -> Result<Response, Trouble> {
    if !visit.me.user.may("edit") {
        let remedy = "an administrator can choose another role or change this one";
        return Err(problem(403, "role", "your role does not allow to make or edit records", remedy).into());
    }
    let mut asked = match read(request).await {
        Ok(asked) => asked,
        Err(problem) if problem.status == 413 => {
            let wrong = Wrong::of(problem, &[("too-large", FILE)]);
            return Ok(unfit(&page(&visit, &Asked::default(), Some(wrong)).await?));
        }
        Err(problem) => return Err(problem.into()),
    };
    if asked.file.is_empty() {
        let wrong = Wrong::missing(FILE, "Choose a file: an address book exports one that ends with .vcf");
        return Ok(unfit(&page(&visit, &asked, Some(wrong)).await?));
    }
    let place = format!("/records/import?private={}&unassigned={}", asked.private, asked.unassigned);
    let answer = visit.api.call(Method::POST, &place, Some(std::mem::take(&mut asked.file))).await?;
    let report: Report = match inside::read(answer).await {
        Ok(report) => report,
        Err(problem) if mendable(&problem) => return Ok(unfit(&page(&visit, &asked, Some(Wrong::of(problem, &[]))).await?)),
        Err(problem) => return Err(problem.into()),
    };
    if let Some(wrong) = report.nothing() {
        return Ok(unfit(&page(&visit, &asked, Some(wrong)).await?));
    }
    if report.broken.is_empty() && report.possible_duplicates == 0 {
        return Ok(go("/clients?tab=mine", &format!("Imported: {}", report.words())));
    }
    let mut alike = Vec::new();
    for id in report.duplicates.iter().take(ALIKE_MAX) {
        // One that went meanwhile is no reason not to tell of the others.
        alike.extend(visit.api.get::<Client>(&format!("/records/{}", segment(id))).await);
    }
    Ok(ok(&DonePage { shell: visit.shell("Imported", "clients"), report, alike }))
}
