//! What every answer of the http door carries, and what is stopped before anything looks at it: requests that another site made a browser
//! send, and a handler that panics.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use super::answer::problem;

/// Headers of every answer: TLS for two years, nothing shown inside other pages, no guessing of types, nothing told to other sites,
/// nothing kept by caches.
const HEADERS: [(HeaderName, &str); 8] = [
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Puts the shield around everything that the http door answers.
pub(super) fn around(router: Router) -> Router {
    let foreign = CsrfLayer::new().with_rejection_response(|_| {
        let detail = "another site made the browser send this";
        problem(403, "foreign-origin", detail, "use the pages of this office, or send no Origin header").into_response()
    });
    let broken = CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
        let detail = "the program met a case it does not know";
        problem(500, "panic", detail, "the daemon's log says more").into_response()
    });
    router.layer(foreign).layer(broken).layer(from_fn(dress))
}

async fn dress(request: Request, next: Next) -> Response {
    if request.method() == axum::http::Method::TRACE {
        return (StatusCode::METHOD_NOT_ALLOWED, "").into_response();
    }
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
