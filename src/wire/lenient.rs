//! Members that a login can do without: read if they have the expected type, else absent.
//!
//! Responses change over the years, and JWT templates put any JSON into claims. A member is taken as raw JSON first, so that an
//! unexpected value costs nothing but itself. A text, which most members of a token response are, is read in one pass instead. The
//! members that a session needs are checked by name afterwards.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// For `#[serde(default, deserialize_with = "lenient")]`.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    // The raw JSON borrows from the body, so nothing is copied before it is known to have the expected type.
    Ok(read(<&RawValue>::deserialize(deserializer)?).unwrap_or_default())
}

/// A text, read in one pass.
pub(crate) fn lenient_text<'de, D: Deserializer<'de>, T: for<'a> From<&'a str>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(Text(PhantomData))
}

/// A text, read in one pass; empty if it is absent.
pub(crate) fn lenient_text_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Box<str>, D::Error> {
    Ok(lenient_text(deserializer)?.unwrap_or_default())
}

/// A secret; an empty one is absent.
pub(crate) fn lenient_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    let secret: Option<SecretString> = lenient_text(deserializer)?;
    Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
}

/// A list: those of its elements that have the expected type, in their order.
pub(crate) fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    // The usual case first, without an allocation for each raw value.
    Ok(read(raw).unwrap_or_else(|| {
        let list: Option<Vec<&RawValue>> = read(raw);
        list.into_iter().flatten().filter_map(read).collect()
    }))
}

/// A map: those of its values that have the expected type.
pub(crate) fn lenient_map<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<BTreeMap<Box<str>, T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(read(raw).unwrap_or_else(|| {
        let map: Option<BTreeMap<Box<str>, &RawValue>> = read(raw);
        let members = map.into_iter().flatten();
        members
            .filter_map(|(key, raw)| Some((key, read(raw)?)))
            .collect()
    }))
}

fn read<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// Reads a text, and passes over any other value.
struct Text<T>(PhantomData<T>);

impl<'de, T: for<'a> From<&'a str>> Visitor<'de> for Text<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(Some(text.into()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Members {
        #[serde(default, deserialize_with = "lenient_text")]
        text: Option<Box<str>>,
        #[serde(default, deserialize_with = "lenient_secret")]
        secret: Option<SecretString>,
        #[serde(default, deserialize_with = "lenient_list")]
        list: Vec<Box<str>>,
        #[serde(default, deserialize_with = "lenient_map")]
        map: BTreeMap<Box<str>, Box<str>>,
    }

    fn members(json: &str) -> Members {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn members_of_another_type_are_absent() {
        for odd in ["null", "7", "-7", "0.5", "true", "[[]]", r#"{"a":{}}"#] {
            let json = format!(r#"{{"text":{odd},"secret":{odd},"list":{odd},"map":{odd}}}"#);
            let read = members(&json);
            assert!(read.text.is_none() && read.secret.is_none(), "{odd}");
            assert!(read.list.is_empty() && read.map.is_empty(), "{odd}");
        }
        assert!(members(r#"{"secret":""}"#).secret.is_none());
    }

    #[test]
    fn elements_and_values_of_another_type_are_left_out() {
        let read =
            members(r#"{"list":["a",7,null,["b"],"é"],"map":{"b":"1","a":"2","b":"3","c":4}}"#);
        assert_eq!(read.list, ["a".into(), "é".into()]);
        let map: Vec<_> = read
            .map
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(map, [("a", "2"), ("b", "3")]);
    }
}
