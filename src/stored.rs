//! The stored form of the persistent states and of a server.
//!
//! A persistent state is stored as its [`Stored::Form`]: a plain serde struct, the only place where the names of its members are
//! and where its secrets are exposed. The forms that are written most, of a pending login and of a session, borrow from their state.
//! Reading it back has four steps, the same for all states:
//!
//! 1. The form is read. Serde quotes what it does not expect, and a stored form holds secrets, so every error of this step is
//!    replaced by a fixed text. Nothing stored (`null`) has a text of its own.
//! 2. The version is compared, so that the form of another version is rejected as such and not for a missing member. A later
//!    version must not change the type of a member; it adds a member with a new name.
//! 3. The members are parsed by their types. An invalid member is named, and its value is not.
//! 4. A state of a login is bound to its client ID and its issuer. Code that loads it calls `bound_to` before anything of it is used.
//!
//! Version 2 has these conventions:
//!
//! | member | value |
//! |---|---|
//! | `version` | 2, the first member |
//! | `client_id`, `issuer` | the client binding |
//! | `…_at` | a timestamp: milliseconds since the Unix epoch |
//! | `lifetime`, `max_age`, `polling_interval`, `backoff` | a duration in milliseconds |
//! | absent | none; `null` is never written |
//!
//! Members are read by name and with the type that they were written with. So every format that has maps, texts and 64-bit numbers can store them: JSON,
//! CBOR, MessagePack (with named fields), YAML, TOML and BSON are tested.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::client_binding::ClientBinding;
use crate::timestamp::millis;

/// The version of the stored forms that this release writes and reads.
pub(crate) const VERSION: u64 = 2;

/// The message for a callback whose pending login is not in the store.
pub(crate) const NO_PENDING_LOGIN: &str = "no pending login is stored for this callback: it was lost with a restart, or has \
     ended; store the pending login before the browser opens, and begin again";

/// The message for a store without a session.
pub(crate) const NO_SESSION: &str = "no session is stored: log in";

/// A persistent state, or a server.
pub(crate) trait Stored: Sized {
    /// The members as they are stored. All are optional, so that the version is compared first.
    type Form: DeserializeOwned;

    /// The message if nothing is stored.
    const NOTHING: &'static str;

    /// The action that creates a new state if the form is rejected.
    const REMEDY: &'static str = "log in again";

    fn version(form: &Self::Form) -> Option<u64>;

    /// Parses the members.
    fn parse(form: Self::Form) -> Result<Self, Invalid>;
}

/// Reads a persistent state from its stored form.
pub(crate) fn read<'de, D: Deserializer<'de>, T: Stored>(deserializer: D) -> Result<T, D::Error> {
    let rejected = match deserializer.deserialize_option(FormVisitor::<T>(PhantomData)) {
        Ok(Some(form)) => match T::version(&form) {
            // The version decides before any member is parsed: a form of a later release may lack what this one requires.
            Some(VERSION) => match T::parse(form) {
                Ok(state) => return Ok(state),
                Err(invalid) => Rejected::Member(invalid),
            },
            version => Rejected::Version(version),
        },
        Ok(None) => return Err(de::Error::custom(T::NOTHING)),
        // Serde's error can quote a member, and a member can be a secret.
        Err(_) => Rejected::Damaged,
    };
    Err(de::Error::custom(format_args!("{rejected}: {}", T::REMEDY)))
}

/// Reads a map or nothing. A list is rejected: members that are absent would shift all that follow.
struct FormVisitor<T>(PhantomData<T>);

impl<'de, T: Stored> Visitor<'de> for FormVisitor<T> {
    type Value = Option<T::Form>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored form")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::Form::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// The reason a stored form is rejected. It shows no value of the form but the version.
enum Rejected {
    Damaged,
    Member(Invalid),
    Version(Option<u64>),
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged => f.write_str("the stored form is damaged or encoded twice"),
            Self::Member(Invalid(name)) => write!(
                f,
                "the member `{name}` of the stored form is missing or invalid"
            ),
            Self::Version(Some(version)) => write!(
                f,
                "the stored form has version {version}, and this release reads version {VERSION}"
            ),
            Self::Version(None) => f.write_str("the stored form has no version"),
        }
    }
}

/// The name of a member that is missing or invalid.
#[derive(Debug)]
pub(crate) struct Invalid(pub(crate) &'static str);

pub(crate) fn required<T>(member: Option<T>, name: &'static str) -> Result<T, Invalid> {
    member.ok_or(Invalid(name))
}

pub(crate) fn parsed<T: FromStr>(
    member: Option<impl AsRef<str>>,
    name: &'static str,
) -> Result<Option<T>, Invalid> {
    member
        .map(|text| text.as_ref().parse().map_err(|_| Invalid(name)))
        .transpose()
}

/// A duration that is not zero.
pub(crate) fn duration(millis: Option<u64>, name: &'static str) -> Result<Duration, Invalid> {
    // A state with a lifetime of zero would never have been stored, and an interval of zero would poll without a pause.
    let millis = millis.filter(|millis| *millis > 0);
    required(millis, name).map(Duration::from_millis)
}

pub(crate) fn binding(
    client_id: Option<impl AsRef<str>>,
    issuer: Option<impl Into<Box<str>>>,
) -> Result<Arc<ClientBinding>, Invalid> {
    let client_id = required(parsed(client_id, "client_id")?, "client_id")?;
    // Any other text is accepted: it is compared with the issuer of a client and used for nothing else.
    let issuer = issuer.map(Into::into).filter(|issuer| !issuer.is_empty());
    let issuer = required(issuer, "issuer")?;
    Ok(Arc::new(ClientBinding { client_id, issuer }))
}

/// Rounds a duration to what a stored form holds.
pub(crate) fn storable(duration: Duration) -> Duration {
    Duration::from_millis(millis(duration))
}

/// Writes a secret of a form: `#[serde(serialize_with = "secret")]`.
pub(crate) fn secret<T: Borrow<SecretString>, S: Serializer>(
    secret: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let exposed = secret
        .as_ref()
        .map(|secret| secret.borrow().expose_secret());
    exposed.serialize(serializer)
}

/// Writes a secret that is always present: `#[serde(serialize_with = "expose")]`.
pub(crate) fn expose<S: Serializer>(
    secret: &SecretString,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
