//! The identifiers that go in and out, each a type of its own so that they cannot be swapped.
//!
//! All are opaque: nothing is read from their shape, except that an API key is not a client id.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::MAX_ID_BYTES;
use crate::wire::text;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $parse:path, $error:ty) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $parse(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer, Self::from_str)
            }
        }
    };
}

id! {
    /// The id of an application, `client_…` in the WorkOS dashboard. Public, not a secret.
    ///
    /// ```
    /// use workos_login::ClientId;
    ///
    /// let id: ClientId = "client_123".parse()?;
    /// let refused = "sk_test_123".parse::<ClientId>().unwrap_err();
    /// assert!(refused.to_string().contains("API key"));
    /// # Ok::<(), workos_login::InvalidClientId>(())
    /// ```
    ClientId, check_client_id, InvalidClientId
}

id! {
    /// The id of an SSO connection, `conn_…`.
    ConnectionId, check_id, InvalidId
}

id! {
    /// The id of an organization, `org_…`.
    OrganizationId, check_id, InvalidId
}

id! {
    /// The id of a session at the service, `session_…`: the `sid` claim of the access token.
    SessionId, check_id, InvalidId
}

/// The API key of an environment, `sk_…`, which is also its client secret. Only a server can keep one.
///
/// It is wiped from memory when dropped and `Debug` does not show it.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Flaw::of(text) {
            Some(flaw) => Err(InvalidApiKey(KeyFlaw::Text(flaw))),
            None if text.starts_with("client_") => Err(InvalidApiKey(KeyFlaw::ClientId)),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiKey").finish_non_exhaustive()
    }
}

/// A text that cannot be a client id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidClientId(ClientFlaw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientFlaw {
    ApiKey,
    Text(Flaw),
}

impl fmt::Display for InvalidClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ClientFlaw::ApiKey => f.write_str(
                "this is an API key, not a client id: a program that is given to its users must not contain it; \
                 use the client id (client_…) from the WorkOS dashboard",
            ),
            ClientFlaw::Text(flaw) => {
                write!(f, "the client id {flaw}: copy the one (client_…) from the WorkOS dashboard")
            }
        }
    }
}

impl std::error::Error for InvalidClientId {}

/// A text that cannot be a connection, organization or session id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId(Flaw);

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the id {}", self.0)
    }
}

impl std::error::Error for InvalidId {}

/// A text that cannot be an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidApiKey(KeyFlaw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyFlaw {
    ClientId,
    Text(Flaw),
}

impl fmt::Display for InvalidApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            KeyFlaw::ClientId => f.write_str(
                "this is a client id, not an API key: use the key (sk_…) from the WorkOS dashboard",
            ),
            KeyFlaw::Text(flaw) => write!(f, "the API key {flaw}"),
        }
    }
}

impl std::error::Error for InvalidApiKey {}

/// What is wrong with a text that should be an id or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Empty,
    TooLong,
    Whitespace,
}

impl Flaw {
    fn of(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(Self::Empty)
        } else if text.len() > MAX_ID_BYTES {
            Some(Self::TooLong)
        // What is graphic ASCII is neither, and nearly all of an id: the tables of Unicode are asked about the rest.
        } else if text
            .chars()
            .any(|c| !c.is_ascii_graphic() && (c.is_whitespace() || c.is_control()))
        {
            Some(Self::Whitespace)
        } else {
            None
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong => write!(f, "is longer than {MAX_ID_BYTES} bytes"),
            Self::Whitespace => f.write_str("contains white space or a control character"),
        }
    }
}

fn check_client_id(text: &str) -> Result<(), InvalidClientId> {
    if text.starts_with("sk_") {
        return Err(InvalidClientId(ClientFlaw::ApiKey));
    }
    Flaw::of(text).map_or(Ok(()), |flaw| Err(InvalidClientId(ClientFlaw::Text(flaw))))
}

fn check_id(text: &str) -> Result<(), InvalidId> {
    Flaw::of(text).map_or(Ok(()), |flaw| Err(InvalidId(flaw)))
}
