//! Parameters of a query, a form or a JSON object.
//!
//! A repeated parameter is an error (RFC 6749 section 3.1). Therefore the parameters are kept as a
//! list of pairs: a map would hide the repetition.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use url::form_urlencoded;

use crate::response::MockResponse;

#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn from_form(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// Parses a body in one of the two encodings that the service accepts.
    pub(crate) fn from_body(content_type: &str, body: &[u8]) -> Result<Self, MockResponse> {
        // A parameter such as `charset` does not matter.
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        match &*essence.to_ascii_lowercase() {
            "application/x-www-form-urlencoded" => Ok(Self::from_form(body)),
            "application/json" => match serde_json::from_slice(body) {
                Ok(JsonParams(params)) => Ok(Self(params)),
                Err(error) => Err(MockResponse::invalid_request(&format!(
                    "The body is not valid: {error}."
                ))),
            },
            _ => Err(MockResponse::invalid_request(
                "The body must be JSON or a form.",
            )),
        }
    }

    /// Returns the parameter, which may be absent or empty.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, MockResponse> {
        let mut values = self.0.iter().filter(|(own, _)| own == name);
        let first = values.next().map(|(_, value)| &**value);
        match values.next() {
            None => Ok(first),
            Some(_) => Err(MockResponse::invalid_request(&repeated(name))),
        }
    }

    /// Returns the parameter, which must be present and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, MockResponse> {
        let value = self.get(name)?.filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            MockResponse::invalid_request(&format!("A required parameter is missing: {name}."))
        })
    }

    /// Fails if a parameter other than `allowed` is repeated.
    pub(crate) fn reject_repeated(&self, allowed: &str) -> Result<(), String> {
        let names: Vec<_> = self.0.iter().map(|(name, _)| &**name).collect();
        let mut repetitions = names
            .iter()
            .enumerate()
            .filter(|(at, name)| **name != allowed && names[..*at].contains(name));
        match repetitions.next() {
            None => Ok(()),
            Some((_, name)) => Err(repeated(name)),
        }
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

fn repeated(name: &str) -> String {
    format!("A parameter is repeated: {name}.")
}

struct JsonParams(Vec<(String, String)>);

impl<'de> Deserialize<'de> for JsonParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = JsonParams;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonParams, A::Error> {
        let mut params = Vec::new();
        while let Some((name, value)) = map.next_entry::<Cow<'de, str>, Value>()? {
            match value {
                // One of the official SDKs sends null for an absent parameter.
                Value::Null => {}
                Value::String(value) => params.push((name.into_owned(), value)),
                Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                    return Err(A::Error::custom(format_args!("{name} is not a string")));
                }
            }
        }
        Ok(JsonParams(params))
    }
}
