//! Identifiers and the API key. Each is a type of its own, so that they cannot be confused.
//!
//! All are opaque, up to the prefix that tells an API key from a client ID. They are limited to what a header or a URL can carry: up to
//! [`MAX_ID_BYTES`] bytes without white space and control characters.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::MAX_ID_BYTES;
use crate::wire::lenient::Lenient;
use crate::wire::text;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $error:ident, $other:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the ID as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Flaw::of(text, $other).map_or_else(|| Ok(Self(text.into())), |flaw| Err($error(flaw)))
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

        impl Lenient<'_> for $name {
            fn text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}

id! {
    /// A client ID, `client_…` in the WorkOS dashboard. It is not a secret.
    ///
    /// ```
    /// use workos_login::ClientId;
    ///
    /// let id: ClientId = "client_123".parse()?;
    /// let error = "sk_test_123".parse::<ClientId>().unwrap_err();
    /// assert!(error.to_string().contains("API key"));
    /// # Ok::<(), workos_login::InvalidClientId>(())
    /// ```
    ClientId, InvalidClientId, "sk_"
}

id! {
    /// The ID of a connection, `conn_…`.
    ConnectionId, InvalidId, ""
}

id! {
    /// The ID of an organization, `org_…`.
    OrganizationId, InvalidId, ""
}

id! {
    /// The ID of a session at the service, `session_…`: the `sid` claim of the access token.
    SessionId, InvalidId, ""
}

/// The API key of an environment, `sk_…`. It is the client secret of a confidential client.
///
/// It is wiped from memory when it is dropped, and `Debug` does not show it.
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
        Flaw::of(text, "client_")
            .map_or_else(|| Ok(Self(text.into())), |flaw| Err(InvalidApiKey(flaw)))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiKey").finish_non_exhaustive()
    }
}

macro_rules! invalid {
    ($(#[$doc:meta])* $name:ident, $id:literal, $other:literal, $remedy:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(Flaw);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Flaw::Other => f.write_str($other),
                    Flaw::Empty => f.write_str(concat!("the ", $id, " is empty", $remedy)),
                    Flaw::TooLong => write!(f, concat!("the ", $id, " is longer than {} bytes", $remedy), MAX_ID_BYTES),
                    Flaw::Whitespace => {
                        f.write_str(concat!("the ", $id, " contains white space or a control character", $remedy))
                    }
                }
            }
        }

        impl std::error::Error for $name {}
    };
}

invalid! {
    /// The error for text that is not a client ID.
    InvalidClientId, "client ID",
    "this is an API key, not a client ID, and must not be part of a program that is distributed to its users; \
     use the client ID (client_…) from the WorkOS dashboard",
    "; copy it (client_…) from the WorkOS dashboard"
}

invalid! {
    /// The error for text that is not a connection, organization or session ID.
    InvalidId, "ID", "this is another kind of ID", ""
}

invalid! {
    /// The error for text that is not an API key.
    InvalidApiKey, "API key",
    "this is a client ID, not an API key; use the key (sk_…) from the WorkOS dashboard",
    ""
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Empty,
    /// It has the prefix of the other kind.
    Other,
    TooLong,
    Whitespace,
}

impl Flaw {
    /// Returns the flaw of an ID or a key, if any; `other` is a prefix that it must not have.
    fn of(text: &str, other: &str) -> Option<Self> {
        let blank = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() {
            Some(Self::Empty)
        // Before the other flaws: an API key in the place of a client ID would be distributed with the program.
        } else if !other.is_empty() && text.starts_with(other) {
            Some(Self::Other)
        } else if text.len() > MAX_ID_BYTES {
            Some(Self::TooLong)
        } else {
            (!is_graphic(text) && text.chars().any(blank)).then_some(Self::Whitespace)
        }
    }
}

/// Returns whether a text has graphic ASCII characters only, as most texts of the protocol.
pub(crate) fn is_graphic(text: &str) -> bool {
    // A fold over all bytes is vectorized. A loop that can stop at any byte is several times slower for a valid text.
    text.bytes()
        .fold(true, |all, byte| all & byte.is_ascii_graphic())
}
