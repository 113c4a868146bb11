//! What a request asks: who asks, a JSON body, and the parameters behind the question mark; what does not fit is answered as a problem.

use std::borrow::Cow;
use std::fmt;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use interoffice_core::domain::actor::Actor;
use interoffice_core::domain::plan::PlanId;
use interoffice_core::domain::refusal::Refusal;
use interoffice_protocol::names::UserName;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::__dev::ComposeSchema;
use utoipa::ToSchema;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use super::answer::problem;
use super::gate::Caller;
use crate::api::Problem;

/// Who asks.
pub(super) struct As(pub(super) Actor);

impl<S: Sync> FromRequestParts<S> for As {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without a word of the gate nobody asks.
        Ok(Self(parts.extensions.get::<Caller>().map_or(Actor::Stranger, |caller| caller.actor.clone())))
    }
}

fn bad_user(detail: &str) -> Problem {
    problem(422, "bad-user-name", detail, "")
}

/// A user name that stands in a path or a body.
pub(super) fn user_name(text: &str) -> Result<UserName, Problem> {
    UserName::new(text).map_err(|error| bad_user(&error.to_string()))
}

/// The JSON body of a request; an empty body counts as `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let parsed = serde_json::from_slice(text);
        parsed.map(Self).map_err(|error| problem(422, "bad-body", &format!("the body does not fit: {error}"), ""))
    }
}

/// A body that could not be taken in.
pub(super) fn unread(rejection: &BytesRejection) -> Problem {
    let status = rejection.status().as_u16();
    let code = if status == 413 { "body-too-big" } else { "bad-body" };
    problem(status, code, &rejection.body_text(), "")
}

/// The parameters behind the question mark.
pub(super) struct Params<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(params) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| problem(422, "bad-query", &rejection.body_text(), ""))?;
        Ok(Self(params))
    }
}

/// The body of a verb that needs a plan: what is asked for, and the plan that was agreed to.
#[derive(Debug)]
pub(super) struct Agreed<T> {
    plan: Option<PlanId>,
    /// What is asked for, the same as for the plan.
    pub(super) asked: T,
}

/// The members of an object, none twice.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = serde_json::Map<String, serde_json::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Self::Value::new();
        while let Some((name, value)) = object.next_entry::<String, _>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            members.insert(name, value);
        }
        Ok(members)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Agreed<T> {
    /// What is not the plan is what is asked for, which takes no member that it does not know: `flatten` would let them pass.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut members = from.deserialize_map(Members)?;
        let plan = members.remove("plan").map(Option::<PlanId>::deserialize).transpose().map_err(D::Error::custom)?;
        let asked = T::deserialize(serde_json::Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { plan: plan.flatten(), asked })
    }
}

impl<T: ToSchema> ToSchema for Agreed<T> {
    fn name() -> Cow<'static, str> {
        format!("{}Agreed", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: ToSchema> ComposeSchema for Agreed<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let mut object = match T::schema() {
            RefOr::T(Schema::Object(object)) => object,
            // What is asked for is a struct with names, which always has an object for its schema.
            _ => ObjectBuilder::new().build(),
        };
        let plan = ObjectBuilder::new().schema_type(Type::String).description(Some("Id of the plan that was read")).build();
        object.properties.insert("plan".to_owned(), plan.into());
        object.required.push("plan".to_owned());
        object.into()
    }
}

/// The body of a verb that needs nothing but a plan.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl<T> Agreed<T> {
    /// What is asked for and the plan, or a refusal that says how to get one.
    pub(super) fn split(self) -> Result<(T, PlanId), Problem> {
        let missing =
            || Refusal::invalid("need-plan", "this changes much at once and needs a plan", "ask for the plan first, then send its id");
        let plan = self.plan.ok_or_else(missing)?;
        Ok((self.asked, plan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Asked {
        note: Option<String>,
    }

    fn read(text: &str) -> Result<(Option<PlanId>, Option<String>), String> {
        let agreed: Agreed<Asked> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok((agreed.plan, agreed.asked.note))
    }

    #[test]
    fn asvs_15_3_3_a_body_with_a_plan_takes_no_member_that_nobody_knows() {
        assert_eq!(read(r#"{"plan":"p","note":"n"}"#), Ok((Some(PlanId::from("p")), Some("n".to_owned()))));
        assert_eq!(read("{}"), Ok((None, None)));
        assert_eq!(read(r#"{"plan":null}"#), Ok((None, None)));
        for bad in
            [r#"{"plan":"p","everything":true}"#, r#"{"plan":"p","plan":"q"}"#, r#"{"note":"a","note":"b"}"#, r#"{"plan":1}"#, "[]", "1"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Agreed<Nothing>>(r#"{"plan":"p","note":"n"}"#).is_err());
    }
}
