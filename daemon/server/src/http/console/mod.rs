//! The console: pages for people, in front of the API. A page asks the API for what it shows and sends it what somebody decided, with the
//! cookies of whoever looks at it; so it can do nothing that a program could not, and each rule stands in one place ([0017]).
//!
//! Every page works without scripts: links, forms, and after a form that was taken the way to another page (303).
//!
//! [0017]: ../../../../../docs/decisions/0017-the-console-asks-the-api.md

mod access_control;
mod account;
mod activities;
mod assets;
mod audit;
mod card_form;
mod client;
mod client_access;
mod clients;
mod copies;
mod create;
mod disposal;
mod edit;
mod entry;
mod event_words;
mod events;
mod facts;
mod first_run;
mod form;
mod groups;
mod help;
mod household;
mod import;
mod inside;
mod link_new;
mod link_records;
mod links;
mod lists;
mod mails;
mod office;
mod offices;
mod overview;
mod people;
mod person_edit;
mod person_end;
mod person_rights;
mod plans;
mod preview;
mod prove;
mod reach;
mod requests;
mod roles;
mod settings;
mod shares;
mod sharing;
mod shell;
mod shown;
mod trouble;
mod visit;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;

/// Longest form (bytes).
const FORM_BYTES: usize = 256 * 1024;

/// What pages need: the API behind its gate.
#[derive(Clone)]
pub(super) struct Console {
    api: Router,
}

impl FromRef<Console> for Router {
    fn from_ref(console: &Console) -> Self {
        console.api.clone()
    }
}

/// Every page, with the API behind them.
pub(super) fn around(api: Router) -> Router {
    let console = Console { api };
    Router::new()
        .merge(overview::routes())
        .merge(entry::routes())
        .merge(clients::routes())
        .merge(client::routes())
        .merge(create::routes())
        .merge(import::routes())
        .merge(activities::routes())
        .merge(edit::routes())
        .merge(disposal::routes())
        .merge(sharing::routes())
        .merge(shares::routes())
        .merge(access_control::routes())
        .merge(requests::routes())
        .merge(groups::routes())
        .merge(client_access::routes())
        .merge(links::routes())
        .merge(link_new::routes())
        .merge(link_records::routes())
        .merge(preview::routes())
        .merge(people::routes())
        .merge(person_edit::routes())
        .merge(person_rights::routes())
        .merge(person_end::routes())
        .merge(roles::routes())
        .merge(audit::routes())
        .merge(settings::routes())
        .merge(mails::routes())
        .merge(help::routes())
        .merge(first_run::routes())
        .merge(offices::routes())
        .merge(office::routes())
        .merge(account::routes())
        .layer(
            ServiceBuilder::new()
                .layer(DefaultBodyLimit::max(FORM_BYTES))
                .layer(from_fn(visit::lead))
                .layer(from_fn_with_state(console.clone(), prove::ask)),
        )
        .merge(prove::routes())
        .merge(assets::routes())
        .fallback(trouble::no_such_page)
        .layer(from_fn_with_state(console.clone(), trouble::tell))
        .with_state(console)
}
