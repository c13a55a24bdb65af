//! What the stored forms of all resting states have in common.
//!
//! A state is stored as its own fields, each checked on the way in by its type. The version is written first and
//! so read first: a form of another version is refused as such, not for a field that it does not have.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// The version of a stored form, always the one that this crate writes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Version;

const VERSION: u64 = 1;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VERSION.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionVisitor)
    }
}

struct VersionVisitor;

impl Visitor<'_> for VersionVisitor {
    type Value = Version;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a version")
    }

    fn visit_u64<E: de::Error>(self, version: u64) -> Result<Version, E> {
        match version {
            VERSION => Ok(Version),
            other => Err(E::custom(format_args!(
                "this was stored in the form of version {other}, and only version {VERSION} can be read: begin again"
            ))),
        }
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Version, E> {
        Err(E::custom(
            "the version of the stored form is not a number: begin again",
        ))
    }
}

/// A state that rests, and can be stored.
///
/// Serde's own messages quote what they did not expect, and here that can be a secret. So a state is read from a map and from
/// nothing else, and its members that are not texts are read with [`unquoted`].
pub(crate) trait Stored: Sized {
    /// What is said when the store has nothing: `null`.
    const NOTHING: &'static str;

    /// Reads the members, each checked by its type.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Checks what no type can.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

pub(crate) fn read<'de, D: Deserializer<'de>, T: Stored>(deserializer: D) -> Result<T, D::Error> {
    // Any, and not a map: told what to expect, a deserializer would quote the rest by itself.
    deserializer.deserialize_any(StoredVisitor(PhantomData))
}

struct StoredVisitor<T>(PhantomData<T>);

impl<'de, T: Stored> Visitor<'de> for StoredVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored form, which is an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        let state = T::read(MapAccessDeserializer::new(map))?;
        state.check().map_err(de::Error::custom)?;
        Ok(state)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        read(deserializer)
    }

    fn visit_none<E: de::Error>(self) -> Result<T, E> {
        Err(E::custom(T::NOTHING))
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        self.visit_none()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(
            "the stored form is a text, not an object: it was probably encoded twice",
        ))
    }
}

/// Gives a type whose serde is derived with `#[serde(remote = "Self")]` its `Serialize` and `Deserialize`.
macro_rules! stored {
    ($state:ty, $nothing:expr $(, $check:item)?) => {
        impl $crate::stored::Stored for $state {
            const NOTHING: &'static str = $nothing;

            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }

            $($check)?
        }

        impl serde::Serialize for $state {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $state {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::stored::read(deserializer)
            }
        }
    };
}

pub(crate) use stored;

/// What a store that has no pending login is told, wherever that is noticed.
pub(crate) const NO_PENDING_LOGIN: &str = "no pending login is stored for this callback: it was lost with a restart, or has \
     ended; store the pending login before the browser opens, and begin again";

/// What a store that has no session is told.
pub(crate) const NO_SESSION: &str = "no session is stored: sign in";

const DAMAGED: &str = "a member of the stored form is damaged: begin again";

/// For `#[serde(deserialize_with = "unquoted")]`: a member whose error must not quote it.
pub(crate) fn unquoted<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer).map_err(|_| D::Error::custom(DAMAGED))
}

/// For the stored form only.
pub(crate) fn expose<S: Serializer>(
    secret: &SecretString,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// For the stored form only.
pub(crate) fn expose_optional<S: Serializer>(
    secret: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.expose_secret()),
        None => serializer.serialize_none(),
    }
}

/// For `#[serde(deserialize_with = "nested")]`: a member that is an object, with checks of its own that are worth hearing.
pub(crate) fn nested<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(NestedVisitor(PhantomData))
}

/// For `#[serde(deserialize_with = "shared")]`: such a member that many hold together.
pub(crate) fn shared<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Arc<T>, D::Error> {
    nested(deserializer).map(Arc::new)
}

struct NestedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NestedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(DAMAGED))
    }
}

/// Whole milliseconds, for `#[serde(with = "saved::millis")]`.
pub(crate) mod millis {
    use super::{Deserializer, Duration, Serialize, Serializer, unquoted};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        u64::try_from(duration.as_millis())
            .unwrap_or(u64::MAX)
            .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        unquoted(deserializer).map(Duration::from_millis)
    }
}

/// Whole seconds or nothing, for `#[serde(with = "saved::optional_secs")]`.
pub(crate) mod optional_secs {
    use super::{Deserializer, Duration, Serialize, Serializer, unquoted};

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        duration
            .map(|duration| duration.as_secs())
            .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(unquoted::<D, Option<u64>>(deserializer)?.map(Duration::from_secs))
    }
}
