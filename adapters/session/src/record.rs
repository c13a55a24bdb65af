//! The session record: a session, and the refresh of it that is in flight or failed.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use workos_login::secrecy::{ExposeSecret, SecretString};
use workos_login::{
    Authenticated, AuthenticationChallenge, OrganizationId, RefreshCredential, Timestamp,
};

use crate::error::StoreError;

const VERSION: u64 = 1;

/// A session as a store holds it.
///
/// Beside the session, it holds the refresh intent, the backoff, and the authentication challenge that blocks further refreshes.
/// After a crash, the next process can distinguish "was never sent" from "may have been sent at that time".
///
/// # Secrets
///
/// Its stored form (JSON) holds the tokens. Store it as an [`Authenticated`] is stored.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct StoredSession {
    pub(crate) members: Members,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Members {
    #[serde(deserialize_with = "version")]
    version: u64,
    session: Arc<Authenticated>,
    #[serde(
        default,
        deserialize_with = "unquoted",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) intent: Option<Intent>,
    #[serde(
        default,
        deserialize_with = "unquoted",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) retry_at: Option<Timestamp>,
    #[serde(
        default,
        deserialize_with = "unquoted",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) challenged: Option<Arc<AuthenticationChallenge>>,
}

impl StoredSession {
    /// Makes the record of a session of which no refresh was sent.
    #[must_use]
    pub fn new(session: impl Into<Arc<Authenticated>>) -> Self {
        let members = Members {
            version: VERSION,
            session: session.into(),
            intent: None,
            retry_at: None,
            challenged: None,
        };
        Self { members }
    }

    /// Returns the session.
    #[must_use]
    pub fn session(&self) -> &Arc<Authenticated> {
        &self.members.session
    }

    /// Returns the generation of the session.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation::of(&self.members.session)
    }

    /// Returns whether a refresh was sent whose response is not stored. The next operation repeats it, due or not.
    #[must_use]
    pub fn has_unanswered_refresh(&self) -> bool {
        self.open_intent().is_some()
    }

    /// Returns the intent, if it is one to refresh with the refresh token of this session.
    pub(crate) fn open_intent(&self) -> Option<&Intent> {
        let intent = self.members.intent.as_ref()?;
        (Some(intent.fingerprint) == self.generation().refresh).then_some(intent)
    }
}

/// A refresh that is about to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// The refresh token.
    pub(crate) fingerprint: Fingerprint,
    /// The organization that the session switches to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) at: Timestamp,
}

/// The version of a session: the fingerprints of its refresh token and its access token.
///
/// A server may return the same refresh token again, so the access token counts, too. `Display` is a text that is equal for equal
/// generations only, and reveals no token; a store can compare it instead of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Generation {
    pub(crate) refresh: Option<Fingerprint>,
    pub(crate) access: Fingerprint,
}

impl Generation {
    /// Returns the generation of a session.
    #[must_use]
    pub fn of(session: &Authenticated) -> Self {
        Self {
            refresh: match session.refresh_credential() {
                RefreshCredential::Token(token) => Some(Fingerprint::of(token)),
                // The cookie cannot be read. Each refresh by it returns a new access token, which stands for it.
                RefreshCredential::Cookie => Some(Fingerprint::of(session.access_token())),
                RefreshCredential::None => None,
            },
            access: Fingerprint::of(session.access_token()),
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refresh) = self.refresh {
            f.write_str(&refresh.text())?;
        }
        write!(f, ".{}", self.access.text())
    }
}

/// The record that the store must hold for a save or a clear to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a store distinguishes all cases")]
pub enum Expected {
    /// Anything or nothing.
    Anything,
    /// No record.
    Nothing,
    /// A record of this generation.
    Generation(Generation),
}

impl Expected {
    /// Checks that a store holds the expected record. An unreadable record is [`Anything`](Self::Anything) only.
    ///
    /// # Errors
    ///
    /// [`StoreError::conflict`].
    pub fn check(self, stored: Option<&StoredSession>) -> Result<(), StoreError> {
        let is_expected = match self {
            Self::Anything => true,
            Self::Nothing => stored.is_none(),
            Self::Generation(generation) => {
                stored.is_some_and(|record| record.generation() == generation)
            }
        };
        is_expected.then_some(()).ok_or_else(StoreError::conflict)
    }
}

/// A hash of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
    }

    fn text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth, ..] = self.0;
        write!(
            f,
            "Fingerprint({first:02x}{second:02x}{third:02x}{fourth:02x}…)"
        )
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(&*text).ok();
        let hash = bytes.and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or_else(|| D::Error::custom(DAMAGED))
    }
}

const DAMAGED: &str = "a member of the stored session is damaged; log in again";

/// Reads a member whose error must not quote it.
fn unquoted<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    T::deserialize(deserializer).map_err(|_| D::Error::custom(DAMAGED))
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match unquoted(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format_args!(
            "the session was stored in version {other} of the format, and only version {VERSION} is supported; log in again"
        ))),
    }
}

impl<'de> Deserialize<'de> for StoredSession {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Any, not a map: serde's own message for another type than the expected one quotes the input.
        deserializer.deserialize_any(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = StoredSession;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored session, which is an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<StoredSession, M::Error> {
        let members = Members::deserialize(MapAccessDeserializer::new(map))?;
        Ok(StoredSession { members })
    }

    fn visit_unit<E: de::Error>(self) -> Result<StoredSession, E> {
        Err(E::custom("no session is stored; log in"))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<StoredSession, E> {
        Err(E::custom(
            "the stored session is a string, not an object; it was probably encoded twice",
        ))
    }
}
