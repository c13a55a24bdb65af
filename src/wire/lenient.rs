//! Reading a member that a login can do without: its value if it has the expected type, else nothing.
//!
//! An answer grows and changes over the years, and JWT templates put any JSON into claims. What a
//! session needs is checked by hand afterwards, and by name.

use std::collections::BTreeMap;
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

    fn number(_: u64) -> Option<Self> {
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

impl Lenient for u64 {
    fn number(number: u64) -> Option<Self> {
        Some(number)
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

/// For a text that is checked by name afterwards.
pub(crate) fn lenient_or_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Box<str>, D::Error> {
    Ok(lenient(deserializer)?.unwrap_or_default())
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

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(T::number(number))
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

/// One value inside a list or a map.
struct Item<T>(Option<T>);

impl<'de, T: Lenient> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient(deserializer).map(Self)
    }
}

/// For a map of texts: those of its values that are texts.
pub(crate) fn lenient_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Texts>, D::Error> {
    Ok(match deserializer.deserialize_any(CollectionVisitor)? {
        Collection::Map(map) => Some(map),
        Collection::List(_) | Collection::Neither => None,
    })
}

/// For a list of texts: those of its elements that are texts.
pub(crate) fn lenient_texts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Box<str>>>, D::Error> {
    Ok(match deserializer.deserialize_any(CollectionVisitor)? {
        Collection::List(list) => Some(list),
        Collection::Map(_) | Collection::Neither => None,
    })
}

/// Texts by key.
pub(crate) type Texts = BTreeMap<Box<str>, Box<str>>;

enum Collection {
    List(Vec<Box<str>>),
    Map(Texts),
    Neither,
}

struct CollectionVisitor;

impl<'de> Visitor<'de> for CollectionVisitor {
    type Value = Collection;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Collection, E> {
        Ok(Collection::Neither)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Collection, S::Error> {
        let mut list = Vec::new();
        while let Some(Item(text)) = seq.next_element()? {
            list.extend(text);
        }
        Ok(Collection::List(list))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Collection, M::Error> {
        let mut texts = BTreeMap::new();
        while let Some((key, Item(text))) = map.next_entry::<Box<str>, Item<Box<str>>>()? {
            texts.extend(text.map(|text| (key, text)));
        }
        Ok(Collection::Map(texts))
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
