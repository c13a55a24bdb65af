//! Members that a login can do without: read if they have the expected type, else absent.
//!
//! Responses change over the years, and JWT templates put any JSON into claims. A text, a list or another simple value is read in
//! [one pass](Lenient). A member whose type has members of its own is taken as raw JSON first, so that an unexpected value costs nothing
//! but itself. What a session needs is checked by name afterwards.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use secrecy::SecretString;
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

/// For `#[serde(default, deserialize_with = "one_pass")]`: a member that is read without raw JSON in between.
pub(crate) fn one_pass<'de, D: Deserializer<'de>, T: Lenient<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(OnePass(PhantomData))
}

/// As [`one_pass`], with the default if the member is absent or of another type.
pub(crate) fn one_pass_or_default<'de, D: Deserializer<'de>, T: Default + Lenient<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(one_pass(deserializer)?.unwrap_or_default())
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

fn read<'de, T: Deserialize<'de>>(raw: &'de RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A value that is read in one pass. It is absent if the JSON is of a type that it has no method for.
pub(crate) trait Lenient<'de>: Sized {
    fn text(_: &str) -> Option<Self> {
        None
    }

    fn flag(_: bool) -> Option<Self> {
        None
    }

    fn number(_: u64) -> Option<Self> {
        None
    }

    fn float(_: f64) -> Option<Self> {
        None
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Lenient<'_> for Box<str> {
    fn text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

/// An empty secret is absent.
impl Lenient<'_> for SecretString {
    fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Lenient<'_> for bool {
    fn flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl Lenient<'_> for u64 {
    fn number(number: u64) -> Option<Self> {
        Some(number)
    }
}

/// Those of the elements that have the expected type.
impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Self::new();
        while let Some(Item(element)) = list.next_element()? {
            elements.extend(element);
        }
        Ok(Some(elements))
    }
}

/// Those of the members whose value has the expected type.
impl<'de, T: Lenient<'de>> Lenient<'de> for BTreeMap<Box<str>, T> {
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut members = Self::new();
        while let Some((key, Item(value))) = map.next_entry()? {
            members.extend(value.map(|value| (key, value)));
        }
        Ok(Some(members))
    }
}

/// An element or a value, which is absent if it has another type.
pub(super) struct Item<T>(pub(super) Option<T>);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_pass(deserializer).map(Self)
    }
}

struct OnePass<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for OnePass<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        Ok(T::text(text))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Option<T>, E> {
        Ok(T::flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        Ok(T::number(number))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Option<T>, E> {
        Ok(T::float(float))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Option<T>, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Members {
        #[serde(default, deserialize_with = "one_pass")]
        text: Option<Box<str>>,
        #[serde(default, deserialize_with = "one_pass")]
        secret: Option<SecretString>,
        #[serde(default, deserialize_with = "one_pass_or_default")]
        list: Vec<Box<str>>,
        #[serde(default, deserialize_with = "one_pass_or_default")]
        map: BTreeMap<Box<str>, Box<str>>,
        #[serde(default, deserialize_with = "lenient_list")]
        raw_list: Vec<Box<str>>,
    }

    fn members(json: &str) -> Members {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn members_of_another_type_are_absent() {
        for odd in ["null", "7", "-7", "0.5", "true", "[[]]", r#"{"a":{}}"#] {
            let names = ["text", "secret", "list", "map", "raw_list"];
            let json = names.map(|name| format!(r#""{name}":{odd}"#)).join(",");
            let json = format!("{{{json}}}");
            let read = members(&json);
            assert!(read.text.is_none() && read.secret.is_none(), "{odd}");
            assert!(read.list.is_empty() && read.raw_list.is_empty(), "{odd}");
            assert!(read.map.is_empty(), "{odd}");
        }
        assert!(members(r#"{"secret":""}"#).secret.is_none());
    }

    #[test]
    fn elements_and_values_of_another_type_are_left_out() {
        let (list, map) = (
            r#"["a",7,null,["b"],"é"]"#,
            r#"{"b":"1","a":"2","b":"3","c":4}"#,
        );
        let read = members(&format!(
            r#"{{"list":{list},"map":{map},"raw_list":{list}}}"#
        ));
        assert_eq!(read.list, ["a".into(), "é".into()]);
        assert_eq!(read.raw_list, read.list);
        let members: Vec<_> = read
            .map
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        assert_eq!(members, [("a", "2"), ("b", "3")]);
    }
}
