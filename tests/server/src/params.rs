//! Parameters of a query, a form or a JSON object, each at most once.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use url::form_urlencoded;

use crate::log::RecordedRequest;
use crate::response::MockResponse;

#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn from_form(text: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(text)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// Reads the body in either of the two encodings that the service takes.
    pub(crate) fn from_body(request: &RecordedRequest) -> Result<Self, MockResponse> {
        let content_type = request.header("content-type").unwrap_or_default();
        match content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "application/x-www-form-urlencoded" => Ok(Self::from_form(&request.body)),
            "application/json" => {
                let JsonParams(params) =
                    serde_json::from_slice(&request.body).map_err(|error| {
                        MockResponse::invalid_request(&format!("The body cannot be read: {error}."))
                    })?;
                Ok(Self(params))
            }
            _ => Err(MockResponse::invalid_request(
                "The body has to be JSON or a form.",
            )),
        }
    }

    /// The parameter of this name, which may be absent or empty but not there twice.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, MockResponse> {
        let mut values = self
            .0
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| &**value);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(MockResponse::invalid_request(&format!(
                "A parameter is there twice: {name}."
            ))),
        }
    }

    /// The parameter of this name, which has to be there and to say something.
    pub(crate) fn required(&self, name: &str) -> Result<&str, MockResponse> {
        self.get(name)?
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                MockResponse::invalid_request(&format!("A required parameter is missing: {name}."))
            })
    }

    /// The name of a parameter that is there twice, other than those that may be.
    pub(crate) fn repeated(&self, except: &str) -> Option<&str> {
        let names: Vec<_> = self.0.iter().map(|(name, _)| &**name).collect();
        names
            .iter()
            .enumerate()
            .find(|(at, name)| **name != except && names[..*at].contains(name))
            .map(|(_, name)| *name)
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// A JSON object read as parameters. Read by hand, because a map would hide a name that is there
/// twice.
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
                // One of the official clients sends null for what it leaves out.
                Value::Null => {}
                Value::String(value) => params.push((name.into_owned(), value)),
                Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                    return Err(serde::de::Error::custom(format_args!(
                        "{name} is not a string"
                    )));
                }
            }
        }
        Ok(JsonParams(params))
    }
}
