//! What is read of an access token. It is not verified: it came straight from the token endpoint over TLS.

use std::borrow::Cow;
use std::time::Duration;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine as _, decoded_len_estimate};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::ids::{OrganizationId, SessionId};
use crate::wire::lenient::lenient;

/// The payload of a compact JWS (RFC 7515 section 3.1). It is wiped from memory when dropped.
pub(crate) struct Payload(Zeroizing<Vec<u8>>);

impl Payload {
    /// `None` for an opaque or damaged token.
    pub(crate) fn of(token: &str) -> Option<Self> {
        let (_header, rest) = token.split_once('.')?;
        let (payload, signature) = rest.split_once('.')?;
        if signature.contains('.') {
            return None;
        }
        let mut json = Zeroizing::new(Vec::with_capacity(decoded_len_estimate(payload.len())));
        URL_SAFE_NO_PAD.decode_vec(payload, &mut json).ok()?;
        Some(Self(json))
    }

    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        super::object(&self.0)
    }
}

/// The claims that a session can use. Every one may be missing, of another type, or anything at all.
#[derive(Default, Deserialize)]
pub(crate) struct Claims<'a> {
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    iat: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    sid: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    org_id: Option<Cow<'a, str>>,
}

impl Claims<'_> {
    /// How long the token lives, by the server's own clock: `exp - iat`. `None` when that is unknown.
    ///
    /// A token that ends before it was made says nothing about its life, and to call its life zero
    /// would ask for a new one for ever.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let seconds = |claim: Option<&RawValue>| claim?.get().parse::<u64>().ok();
        let life = seconds(self.exp)?.checked_sub(seconds(self.iat)?)?;
        (life > 0).then(|| Duration::from_secs(life))
    }

    pub(crate) fn session_id(&self) -> Option<SessionId> {
        self.sid.as_ref()?.parse().ok()
    }

    pub(crate) fn organization_id(&self) -> Option<OrganizationId> {
        self.org_id.as_ref()?.parse().ok()
    }
}
