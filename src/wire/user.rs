//! A user: the same members in an answer and in a stored form.

use std::fmt;

use serde::de::MapAccess;
use serde::{Deserialize, Serialize, Serializer};

use crate::wire::lenient::{Item, Lenient, lenient, lenient_or_empty};

/// `T` is how a text is held: borrowed from what is read, or by its place among the texts that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(bound(deserialize = "T: Default + Lenient<'de> + Ord"))]
pub(crate) struct User<T> {
    /// Empty when it is absent or not a text; such a user is refused by name.
    #[serde(default, deserialize_with = "lenient_or_empty")]
    pub(crate) id: T,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) email: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) email_verified: Option<bool>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) name: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) first_name: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) last_name: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) profile_picture_url: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) locale: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) external_id: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) metadata: Option<Pairs<T>>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) last_sign_in_at: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) created_at: Option<T>,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) updated_at: Option<T>,
}

impl<T> User<T> {
    /// The same user, whose texts are held in another way.
    pub(crate) fn map<U>(self, mut hold: impl FnMut(T) -> U) -> User<U> {
        User {
            id: hold(self.id),
            email: self.email.map(&mut hold),
            email_verified: self.email_verified,
            name: self.name.map(&mut hold),
            first_name: self.first_name.map(&mut hold),
            last_name: self.last_name.map(&mut hold),
            profile_picture_url: self.profile_picture_url.map(&mut hold),
            locale: self.locale.map(&mut hold),
            external_id: self.external_id.map(&mut hold),
            metadata: self.metadata.map(|Pairs(pairs)| {
                let pairs = pairs.into_iter();
                Pairs(pairs.map(|(key, value)| (hold(key), hold(value))).collect())
            }),
            last_sign_in_at: self.last_sign_in_at.map(&mut hold),
            created_at: self.created_at.map(&mut hold),
            updated_at: self.updated_at.map(&mut hold),
        }
    }
}

/// A map, sorted by key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pairs<T>(pub(crate) Vec<(T, T)>);

/// Those of the values that are texts. Of several with the same key, the last one counts.
impl<'de, T: Lenient<'de> + Ord> Lenient<'de> for Pairs<T> {
    fn map<M: MapAccess<'de>>(mut map: M) -> Result<Option<Self>, M::Error> {
        let mut pairs: Vec<(T, T)> = Vec::new();
        while let Some((Item(key), Item(value))) = map.next_entry()? {
            pairs.extend(key.zip(value));
        }
        pairs.reverse();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs.dedup_by(|(one, _), (other, _)| one == other);
        Ok(Some(Self(pairs)))
    }
}

impl<T: Serialize> Serialize for Pairs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<T: fmt::Debug> fmt::Debug for Pairs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.0.iter().map(|(key, value)| (key, value));
        f.debug_map().entries(pairs).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[track_caller]
    fn reads_as(json: &str, pairs: &[(&str, &str)]) {
        let Item::<Pairs<Cow<'_, str>>>(read) = serde_json::from_str(json).unwrap();
        let read = read.unwrap().0;
        let read: Vec<_> = read.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(read, pairs);
    }

    #[test]
    fn pairs_are_sorted_by_key() {
        reads_as(r#"{"b":"1","a":"2"}"#, &[("a", "2"), ("b", "1")]);
    }

    #[test]
    fn the_last_text_of_a_key_counts() {
        reads_as(
            r#"{"a":"1","b":"2","a":"3","a":"4","a":5}"#,
            &[("a", "4"), ("b", "2")],
        );
    }

    #[test]
    fn what_is_not_a_text_is_left_out() {
        reads_as(r#"{"a":1,"b":{"c":"d"},"e":null}"#, &[]);
    }
}
