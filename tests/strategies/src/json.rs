//! JSON of any type, and damage to texts that are JSON.

use serde_json::{Map, Number, Value, json};
use workos_login::limits::MAX_RESPONSE_BYTES;

use crate::choices::{Choices, values};

/// A JSON value of any type: for a member or a claim of which a program expects another type.
///
/// ```
/// use proptest::prelude::*;
/// use workos_login_strategies::Json;
///
/// proptest!(|(json: Json)| {
///     let text = json.value().to_string();
///     prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Json(Value);

impl Json {
    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        Self(value(choices, 3))
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        json.0
    }
}

/// Lists and objects are nested up to `depth`.
fn value(choices: &mut Choices<'_>, depth: u32) -> Value {
    let kinds = if depth == 0 { 6 } else { 8 };
    match choices.below(kinds) {
        0 => Value::Null,
        1 => choices.once_in(2).into(),
        2 => number(choices),
        3 => choices.text().into(),
        // Texts and numbers that other parsers read as something else.
        4 => choices
            .one_of(&[
                "",
                "null",
                "300",
                "true",
                "0x1",
                "1e9",
                "https://example.org/",
            ])
            .into(),
        5 => u64::from(choices.number()).into(),
        6 => (0..choices.below(4))
            .map(|_| value(choices, depth - 1))
            .collect(),
        _ => {
            let members =
                (0..choices.below(4)).map(|_| (choices.text(), value(choices, depth - 1)));
            Value::Object(members.collect())
        }
    }
}

/// Numbers at the borders of the types that programs read them into.
fn number(choices: &mut Choices<'_>) -> Value {
    let number = choices.one_of(&[
        0.0,
        1.0,
        -1.0,
        0.5,
        -0.0,
        1e-9,
        0.9999,
        300.0,
        4_294_967_296.0,
        1e10,
        1e18,
        1e19,
        1e20,
        1e308,
    ]);
    match choices.below(4) {
        0 => Number::from_f64(number).map_or(Value::Null, Value::Number),
        1 => i64::MIN.into(),
        2 => i64::MAX.into(),
        _ => u64::MAX.into(),
    }
}

/// The difference between a JSON text and the expected one.
///
/// A place is a number that selects one of the members of the text, of nested ones too, or one of its bytes.
///
/// ```
/// use workos_login_strategies::Damage;
///
/// let json = serde_json::json!({"access_token": "a"});
/// assert_eq!(Damage::Intact.apply(&json), br#"{"access_token":"a"}"#);
/// assert_eq!(Damage::MissingMember { place: 0 }.apply(&json), b"{}");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// Nothing.
    Intact,
    /// A member has another value.
    Member {
        /// The member.
        place: u16,
        /// Its value.
        value: Json,
    },
    /// A member is missing.
    MissingMember {
        /// The member.
        place: u16,
    },
    /// The text ends early.
    Truncated {
        /// At which byte.
        place: u16,
    },
    /// A byte is another one.
    Byte {
        /// The byte.
        place: u16,
        /// Its value.
        byte: u8,
    },
    /// The text is another one: HTML, empty, `null`, or anything else.
    Text(String),
    /// The JSON is followed by spaces, up to one byte over [`MAX_RESPONSE_BYTES`].
    TooLong,
    /// The text is a list of lists, more deeply nested than parsers allow.
    Nested,
}

impl Damage {
    /// Returns the damaged text of `json`.
    #[must_use]
    pub fn apply(&self, json: &Value) -> Vec<u8> {
        let mut json = json.clone();
        match self {
            Self::Intact | Self::TooLong | Self::Truncated { .. } | Self::Byte { .. } => {}
            Self::Member { place, value } => {
                at(&mut json, *place, |members, name| {
                    members.insert(name, value.0.clone());
                });
            }
            Self::MissingMember { place } => at(&mut json, *place, |members, name| {
                members.remove(&name);
            }),
            Self::Text(text) => return text.clone().into_bytes(),
            Self::Nested => return vec![b'['; 1024],
        }
        let mut text = json.to_string().into_bytes();
        let length = text.len();
        match self {
            Self::Truncated { place } => text.truncate(usize::from(*place) % length),
            Self::Byte { place, byte } => text[usize::from(*place) % length] = *byte,
            Self::TooLong => text.resize(MAX_RESPONSE_BYTES + 1, b' '),
            _ => {}
        }
        text
    }

    /// Returns no damage in seven of eight cases.
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        if !choices.once_in(8) {
            return Self::Intact;
        }
        match choices.below(16) {
            0..=5 => Self::Member {
                place: choices.number(),
                value: Json::generate(choices),
            },
            6..=8 => Self::MissingMember {
                place: choices.number(),
            },
            9 | 10 => Self::Truncated {
                place: choices.number(),
            },
            11 | 12 => Self::Byte {
                place: choices.number(),
                byte: u8::try_from(choices.below(256)).unwrap_or_default(),
            },
            13 => Self::Text(match choices.below(4) {
                0 => String::new(),
                1 => "<html><title>502 Bad Gateway</title></html>".to_owned(),
                2 => "null".to_owned(),
                _ => choices.text(),
            }),
            14 => Self::TooLong,
            _ => Self::Nested,
        }
    }
}

/// Changes the member at `place`, counted through all objects in it.
fn at(json: &mut Value, place: u16, change: impl FnOnce(&mut Map<String, Value>, String)) {
    let count = count(json);
    if count > 0 {
        let mut index = usize::from(place) % count;
        if let Some((members, name)) = find(json, &mut index) {
            change(members, name);
        }
    }
}

fn count(json: &Value) -> usize {
    match json {
        Value::Object(members) => members.len() + members.values().map(count).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(count).sum(),
        _ => 0,
    }
}

fn find<'a>(
    json: &'a mut Value,
    index: &mut usize,
) -> Option<(&'a mut Map<String, Value>, String)> {
    match json {
        Value::Object(members) => {
            if let Some(name) = members.keys().nth(*index).cloned() {
                return Some((members, name));
            }
            *index -= members.len();
            members.values_mut().find_map(|value| find(value, index))
        }
        Value::Array(elements) => elements.iter_mut().find_map(|value| find(value, index)),
        _ => None,
    }
}

/// Merges the members of two objects; those of `more` replace others of the same name.
pub(crate) fn merged(mut json: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut json, more) {
        members.extend(more);
    }
    json
}

/// A user as User Management represents it.
pub(crate) fn user(id: &str) -> Value {
    json!({
        "object": "user",
        "id": id,
        "email": "nadia@example.org",
        "email_verified": true,
        "first_name": "Nadia",
        "last_name": null,
        "metadata": {"team": "platform"},
        "created_at": "2026-03-04T09:15:27.482Z",
        "updated_at": "2026-03-04T09:15:27.482Z",
    })
}

values!(Json, Damage);
