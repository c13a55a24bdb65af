//! What is read of an access token. It is not verified: it came straight from the token endpoint over TLS.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::ids::{OrganizationId, SessionId};
use crate::wire::lenient::{lenient, lenient_json};

/// The claims that a session can use. Every one may be missing, of another type, or anything at all.
#[derive(Default, Deserialize)]
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "lenient_json")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "lenient_json")]
    iat: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) sid: Option<SessionId>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) org_id: Option<OrganizationId>,
}

impl Claims {
    /// An opaque or damaged token has no claims.
    pub(crate) fn read(token: &str) -> Self {
        payload(token).unwrap_or_default()
    }

    /// How long the token lives, by the server's own clock: `exp - iat`. `None` when that is unknown.
    ///
    /// A token that ends before it was made says nothing about its life, and to call its life zero
    /// would ask for a new one for ever.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let seconds = self.exp?.checked_sub(self.iat?)?;
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}

/// Reads the payload of a compact JWS (RFC 7515 section 3.1).
pub(crate) fn payload<T: DeserializeOwned>(token: &str) -> Option<T> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let mut json = Zeroizing::new(Vec::with_capacity(payload.len()));
    URL_SAFE_NO_PAD.decode_vec(payload, &mut json).ok()?;
    super::object(&json)
}
