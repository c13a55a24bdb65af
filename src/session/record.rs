//! What rests in the store: a session, and what is known of a refresh of it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::login::authenticated::Authenticated;
use crate::timestamp::Timestamp;

/// A session as a store keeps it.
///
/// Beside the session it says whether a refresh of it was sent, and when. After a crash the next process can
/// tell "was never sent" from "may have been sent at that time".
///
/// # This is a secret
///
/// It holds the session. Keep it as an [`Authenticated`] is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StoredSession {
    session: Authenticated,
    intent: Option<Intent>,
}

impl StoredSession {
    /// Makes the record of a session that no refresh was sent for.
    #[must_use]
    pub fn new(session: Authenticated) -> Self {
        Self {
            session,
            intent: None,
        }
    }

    pub(crate) fn about_to_refresh(session: Authenticated, intent: Intent) -> Self {
        Self {
            intent: Some(intent),
            ..Self::new(session)
        }
    }

    /// Returns the session.
    #[must_use]
    pub fn session(&self) -> &Authenticated {
        &self.session
    }

    /// When a refresh with the very token of this session may have been sent first.
    pub(crate) fn sent(&self) -> Option<Timestamp> {
        let intent = self.intent.as_ref()?;
        (Some(intent.fingerprint) == Generation::of(&self.session).refresh).then_some(intent.at)
    }

    pub(crate) fn into_session(self) -> Authenticated {
        self.session
    }
}

/// That a refresh is about to be sent, and with which token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Intent {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) at: Timestamp,
}

/// What tells one state of a session from another, without showing it.
///
/// A server may hand out the same refresh token again, so the access token counts, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) refresh: Option<Fingerprint>,
    pub(crate) access: Fingerprint,
}

impl Generation {
    pub(crate) fn of(session: &Authenticated) -> Self {
        Self {
            refresh: session.refresh_token().map(Fingerprint::of),
            access: Fingerprint::of(session.access_token()),
        }
    }
}

/// A hash of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
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
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(&*text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| {
            de::Error::custom("the fingerprint in the stored session is damaged: sign in again")
        })
    }
}
