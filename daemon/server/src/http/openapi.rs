//! What the API is, in the words of OpenAPI: written from the routes themselves, served at `/openapi.json` and kept in `docs`.

use axum::Json;
use serde::Serialize;
use utoipa::PartialSchema as _;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, RefOr, Required, ServerBuilder,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Problems;
use crate::api::{BASE, Problem};
use crate::house::House;

const WORDS: &str = "One office's own API: its records, who may see them, its links with other offices, its users. A person signs in at \
    `POST /session` and is known by a cookie, a program sends `Authorization: Bearer TOKEN`. What changes much at once has a plan: ask \
    for it at the path that ends with `/plan`, read it, and send its id along. Times are milliseconds since 1970 (UTC). A problem has a \
    stable `code`, one sentence in `detail`, and in `remedy` what to do.";

/// Cookie of a session, whose name ends with the office.
const SESSION: &str = "__Host-session-OFFICE";
const SESSION_WORDS: &str = "Set by `POST /session`. In place of OFFICE stand the first ten letters of the office's id.";

/// What stands before the routes.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("interoffice")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(WORDS))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let components = ComponentsBuilder::new()
        .schema("Problem", Problem::schema())
        .security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(SESSION, SESSION_WORDS))))
        .security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(BASE).build()]))
        .components(Some(components.build()))
        .security(Some(["session", "token"].map(|name| SecurityRequirement::new(name, [""; 0]))))
        .build()
}

pub(super) fn routes() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// A document in the words of OpenAPI.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
struct Document(OpenApi);

/// What the API is.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi.openapi", tag = "openapi", security(()), responses((status = 200, body = Document), Problems))]
async fn openapi() -> Json<Document> {
    Json(Document(document()))
}

/// The whole document.
pub(super) fn document() -> OpenApi {
    let mut document = super::routes().into_openapi();
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            describe_key(post);
        }
        if let Some(patch) = item.patch.as_mut().filter(|patch| patch.operation_id.as_deref() == Some("records.edit")) {
            let tag =
                parameter("If-Match", "The version that the change is made to, as `ETag` gave it; of another one the change is refused");
            patch.parameters.get_or_insert_default().push(tag);
        }
        if let Some(get) = item.get.as_mut().filter(|get| get.operation_id.as_deref() == Some("records.show"))
            && let Some(RefOr::T(response)) = get.responses.responses.get_mut("200")
        {
            let text = ObjectBuilder::new().schema_type(Type::String);
            response
                .headers
                .insert("ETag".to_owned(), HeaderBuilder::new().schema(Some(text)).description(Some("The version")).build().into());
        }
    }
    document
}

fn parameter(name: &str, words: &str) -> RefOr<Parameter> {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(words))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
        .into()
}

/// Requests whose answers are no secrets can be sent twice and are done once.
fn describe_key(post: &mut Operation) {
    let secret = ["session.", "passes."];
    if post.operation_id.as_deref().is_some_and(|id| secret.iter().any(|part| id.starts_with(part))) {
        return;
    }
    let words = "A name of the client's own for this request, 1 to 200 characters: sent again within a day, it is not done again and gets \
        the first answer";
    post.parameters.get_or_insert_default().push(parameter("Idempotency-Key", words));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Where the document is kept.
    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    #[test]
    fn the_document_that_is_kept_is_the_one_of_these_routes() {
        let now = format!("{}\n", document().to_pretty_json().unwrap());
        if std::env::var_os("INTEROFFICE_WRITE_OPENAPI").is_some() {
            std::fs::write(KEPT, &now).unwrap();
        }
        let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
        assert!(
            kept == now,
            "docs/openapi.json is not what the routes say: run this test with INTEROFFICE_WRITE_OPENAPI=1 and read the difference"
        );
    }

    #[test]
    fn whatever_the_document_names_is_in_it() {
        fn named(value: &serde_json::Value, found: &mut BTreeSet<String>) {
            match value {
                serde_json::Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(|name| name.as_str()).map(str::to_owned));
                    members.values().for_each(|member| named(member, found));
                }
                serde_json::Value::Array(items) => items.iter().for_each(|item| named(item, found)),
                _ => {}
            }
        }
        let document = serde_json::to_value(document()).unwrap();
        let mut names = BTreeSet::new();
        named(&document, &mut names);
        let missing: Vec<_> = names.iter().filter(|name| document.pointer(name.trim_start_matches('#')).is_none()).collect();
        assert!(names.len() > 50 && missing.is_empty(), "{missing:?} of {}", names.len());
    }

    #[test]
    fn every_operation_has_a_name_a_sentence_and_an_answer() {
        let document = document();
        for (path, item) in &document.paths.paths {
            for operation in [&item.get, &item.post, &item.patch, &item.put, &item.delete].into_iter().flatten() {
                assert!(operation.operation_id.is_some() && operation.summary.is_some(), "{path}");
                assert!(operation.responses.responses.keys().any(|status| status.starts_with('2')), "{path}");
            }
        }
        assert!(document.paths.paths.len() > 80, "{}", document.paths.paths.len());
    }
}
