//! Reading a member that a login can do without: its value if it has the expected type, else nothing.
//!
//! An answer grows and changes over the years, and JWT templates put any JSON into claims. What a
//! session needs is checked by hand afterwards, and by name.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use secrecy::SecretString;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::ids::{ConnectionId, OrganizationId, SessionId};

/// What a member can be read as. What is not said here is nothing.
pub(crate) trait Lenient<'de>: Sized {
    fn text(_: &str) -> Option<Self> {
        None
    }

    /// A text that stays where it is while what was read is in use.
    fn borrowed_text(text: &'de str) -> Option<Self> {
        Self::text(text)
    }

    fn flag(_: bool) -> Option<Self> {
        None
    }

    fn number(_: u64) -> Option<Self> {
        None
    }

    fn list<S: SeqAccess<'de>>(mut list: S) -> Result<Option<Self>, S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn map<M: MapAccess<'de>>(mut map: M) -> Result<Option<Self>, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Lenient<'_> for Box<str> {
    fn text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl<'de> Lenient<'de> for Cow<'de, str> {
    fn text(text: &str) -> Option<Self> {
        Some(Cow::Owned(text.into()))
    }

    fn borrowed_text(text: &'de str) -> Option<Self> {
        Some(Cow::Borrowed(text))
    }
}

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

macro_rules! lenient_id {
    ($($id:ty),*) => {
        $(impl Lenient<'_> for $id {
            fn text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })*
    };
}

lenient_id!(ConnectionId, OrganizationId, SessionId);

/// For `#[serde(default, deserialize_with = "lenient")]`.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: Lenient<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(LenientVisitor(PhantomData))
}

/// For a text that is checked by name afterwards.
pub(crate) fn lenient_or_empty<'de, D: Deserializer<'de>, T: Default + Lenient<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(lenient(deserializer)?.unwrap_or_default())
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(text))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::borrowed_text(text))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(T::flag(flag))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(T::number(number))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, list: S) -> Result<Self::Value, S::Error> {
        T::list(list)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::map(map)
    }
}

/// One value inside a list or a map.
pub(crate) struct Item<T>(pub(crate) Option<T>);

impl<'de, T: Lenient<'de>> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer).map(Self)
    }
}

/// For any other form, in JSON that is at hand as a whole: read if it has it, else nothing.
pub(crate) fn lenient_json<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// For a list: those of its elements that have the expected form, in their order.
pub(crate) fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let elements: Option<Vec<Box<RawValue>>> = lenient_json(deserializer)?;
    Ok(elements
        .into_iter()
        .flatten()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
        .collect())
}
