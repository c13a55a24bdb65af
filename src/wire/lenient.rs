//! Reading a member that a login can do without: its value if it has the expected type, else nothing.
//!
//! An answer grows and changes over the years, and JWT templates put any JSON into claims. What a
//! session needs is checked by hand afterwards, and by name.

use std::fmt;
use std::marker::PhantomData;

use secrecy::SecretString;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use crate::ids::{ConnectionId, OrganizationId, SessionId};

/// What a member can be read as.
pub(crate) trait Lenient: Sized {
    fn text(_: &str) -> Option<Self> {
        None
    }

    fn flag(_: bool) -> Option<Self> {
        None
    }
}

impl Lenient for Box<str> {
    fn text(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Lenient for SecretString {
    fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Lenient for bool {
    fn flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

macro_rules! lenient_id {
    ($($id:ty),*) => {
        $(impl Lenient for $id {
            fn text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })*
    };
}

lenient_id!(ConnectionId, OrganizationId, SessionId);

/// For `#[serde(default, deserialize_with = "lenient")]`.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: Lenient>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(LenientVisitor(PhantomData))
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for LenientVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(text))
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(T::flag(flag))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// For a number, a list or an object: read if it has the expected form, else nothing.
pub(crate) fn lenient_json<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}
