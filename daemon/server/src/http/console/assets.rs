//! Style, script and icons: built in, named by what they say, so that a browser keeps them until they change.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::Console;

/// A file of the console.
struct Asset {
    path: String,
    kind: &'static str,
    bytes: &'static [u8],
}

/// Where pages find style, script and icons.
pub(super) struct Assets {
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) icons: &'static str,
}

static ALL: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("console", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/console.css")),
        asset("console", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/console.js")),
        asset("icons", "svg", "image/svg+xml", include_bytes!("../../../assets/icons.svg")),
    ]
});

fn asset(name: &str, ending: &str, kind: &'static str, bytes: &'static [u8]) -> Asset {
    let digest = HEXLOWER.encode(&Sha256::digest(bytes)[..6]);
    Asset { path: format!("/assets/{name}-{digest}.{ending}"), kind, bytes }
}

/// Where the files of this build are.
pub(super) fn assets() -> Assets {
    let [style, script, icons] = &*ALL;
    Assets { style: &style.path, script: &script.path, icons: &icons.path }
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/assets/{file}", get(file)).route("/favicon.ico", get(favicon))
}

async fn file(Path(name): Path<String>) -> Response {
    let wanted = |asset: &&Asset| asset.path.strip_prefix("/assets/") == Some(&name);
    match ALL.iter().find(wanted) {
        Some(asset) => kept(asset.kind, asset.bytes),
        None => (StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}

async fn favicon() -> Response {
    kept("image/svg+xml", include_bytes!("../../../assets/favicon.svg"))
}

fn kept(kind: &'static str, bytes: &'static [u8]) -> Response {
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, keep)], bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_costs_at_most_30_kb_of_style_and_6_kb_of_script() {
        let [style, script, _] = &*ALL;
        assert!(style.bytes.len() <= 30_000, "{} bytes of style", style.bytes.len());
        assert!(script.bytes.len() <= 6_000, "{} bytes of script", script.bytes.len());
    }
}
