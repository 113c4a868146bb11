//! The http door: the JSON API over TLS, and the same API on the control socket. A handler asks the house and never another office.
//!
//! Who may open the socket is the operator; the header [`crate::api::AS_HEADER`] names a user for whom the operator acts. At the TLS
//! listener people sign in, and programs show a token ([`gate`]).

mod access;
mod activities;
mod admission;
mod answer;
mod asked;
mod audit;
mod changes;
mod chores;
mod client_access;
mod console;
mod copies;
mod events;
pub(crate) mod gate;
mod groups;
mod ledger;
mod limits;
mod links;
pub(crate) mod listener;
mod locked;
mod mails;
mod members;
mod object_events;
mod office;
mod once;
mod openapi;
mod passes;
mod peers;
mod preferences;
mod proxies;
mod record_ids;
mod record_new;
mod records;
mod records_files;
mod records_removal;
mod requests;
mod roles;
mod session;
mod settings;
mod sharing;
mod shield;
mod specialists;
mod status;
mod stream;
mod users;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tokio::net::UnixListener;
use utoipa_axum::router::OpenApiRouter;

use crate::api::{BASE, Problem};
use crate::house::House;

pub(crate) use gate::{Door, Web};

/// Longest body of a request (bytes); importing has a bound of its own.
const BODY_BYTES: usize = 1024 * 1024;
/// Longest file of contacts (bytes).
pub(crate) const IMPORT_BYTES: usize = 50 * 1024 * 1024;
/// A request that takes longer is told so; what it started is finished all the same.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Every route of the API, behind this door.
pub(crate) fn router(house: House, door: Door) -> Router {
    let (api, _) = routes().split_for_parts();
    let api = api.fallback(no_such_place).method_not_allowed_fallback(no_such_method);
    let api = Router::new().nest(BASE, api).fallback(no_such_place);
    let once = api.layer(from_fn_with_state(house.clone(), once::once));
    let guarded = once.layer(from_fn_with_state((house.clone(), door.clone()), gate::guard));
    match door {
        Door::Socket => guarded.with_state(house),
        Door::Web(_) => shield::around(console::around(guarded.with_state(house))),
    }
}

/// Every route with what it takes and answers.
fn routes() -> OpenApiRouter<House> {
    let quick = OpenApiRouter::with_openapi(openapi::head())
        .merge(office::routes())
        .merge(status::routes())
        .merge(settings::routes())
        .merge(users::routes())
        .merge(roles::routes())
        .merge(session::routes())
        .merge(passes::routes())
        .merge(proxies::routes())
        .merge(preferences::routes())
        .merge(specialists::routes())
        .merge(peers::routes())
        .merge(links::routes())
        .merge(sharing::routes())
        .merge(ledger::routes())
        .merge(object_events::routes())
        .merge(records::routes())
        .merge(records_removal::routes())
        .merge(record_new::routes())
        .merge(access::routes())
        .merge(activities::routes())
        .merge(groups::routes())
        .merge(client_access::routes())
        .merge(requests::routes())
        .merge(mails::routes())
        .merge(chores::routes())
        .merge(openapi::routes())
        .merge(audit::routes())
        .layer(from_fn(timely))
        .layer(DefaultBodyLimit::max(BODY_BYTES));
    let long = OpenApiRouter::new()
        .merge(events::routes())
        .merge(records_files::routes())
        .merge(audit::long_routes())
        .layer(DefaultBodyLimit::max(IMPORT_BYTES));
    quick.merge(long)
}

/// Serves the API on `listener` until the house stops.
pub(crate) async fn serve(house: House, listener: UnixListener) -> std::io::Result<()> {
    let stopped = {
        let house = house.clone();
        async move { house.stopped().await }
    };
    // A `Router` given as it is would have its whole table of routes copied for every connection, `into_make_service` shares it.
    axum::serve(listener, router(house, Door::Socket).into_make_service()).with_graceful_shutdown(stopped).await
}

async fn timely(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            answer::problem(504, "timed-out", "the daemon did not finish this in a minute", "look at `interoffice status`, then ask again")
                .into_response()
        }
    }
}

async fn no_such_place(State(_): State<House>, request: Request) -> Problem {
    let detail = format!("there is nothing at {}", request.uri().path());
    answer::problem(404, "no-such-place", &detail, "client and daemon may be of different versions: compare `interoffice --version`")
}

async fn no_such_method(request: Request) -> Problem {
    let detail = format!("{} is not possible at {}", request.method(), request.uri().path());
    answer::problem(405, "no-such-method", &detail, "")
}
