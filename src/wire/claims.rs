//! The claims that are read from an access token.
//!
//! They are not verified: the token comes from the token endpoint over TLS.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine as _, decoded_len_estimate};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::ids::{OrganizationId, SessionId};
use crate::wire::lenient::{lenient, lenient_list};

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
        // Sized up front: a buffer that grew would leave an unwiped copy of the claims.
        let mut json = Zeroizing::new(Vec::with_capacity(decoded_len_estimate(payload.len())));
        URL_SAFE_NO_PAD.decode_vec(payload, &mut json).ok()?;
        Some(Self(json))
    }

    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        super::object(&self.0)
    }
}

/// Returns the algorithm that a JWS header names (RFC 7515 section 4.1.1).
pub(crate) fn algorithm(token: &str) -> Option<Box<str>> {
    #[derive(Deserialize)]
    struct Header {
        alg: Box<str>,
    }
    let (header, _) = token.split_once('.')?;
    let header: Header = super::object(&URL_SAFE_NO_PAD.decode(header).ok()?)?;
    Some(header.alg)
}

/// The claims that a session uses. Each can be absent or of any type.
#[derive(Default, Deserialize)]
pub(crate) struct Claims<'a> {
    #[serde(borrow)]
    exp: Option<&'a RawValue>,
    #[serde(borrow)]
    iat: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) sid: Option<SessionId>,
    #[serde(borrow)]
    org_id: Option<&'a RawValue>,
}

impl Claims<'_> {
    pub(crate) fn organization_id(&self) -> Option<OrganizationId> {
        serde_json::from_str(self.org_id?.get()).ok()
    }

    /// Returns the lifetime by the server's clock: `exp - iat`. `None` if it is unknown.
    ///
    /// A token that expires before it was issued has an unknown lifetime: a lifetime of zero would cause endless refreshes.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let lifetime = seconds(self.exp?)?.checked_sub(seconds(self.iat?)?)?;
        (lifetime > 0).then(|| Duration::from_secs(lifetime))
    }
}

/// The claims about the user that a caller can read. Each can be absent or of any type.
#[derive(Default, Deserialize)]
pub(crate) struct UserClaims {
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) role: Option<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(crate) roles: Vec<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(crate) permissions: Vec<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(crate) entitlements: Vec<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(crate) feature_flags: Vec<String>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) auth_time: Option<SystemTime>,
}

/// For `#[serde(default, deserialize_with = "numeric_date")]`. `None` also for what is no NumericDate.
pub(crate) fn numeric_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    let seconds = seconds(<&RawValue>::deserialize(deserializer)?);
    Ok(seconds.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))))
}

/// A NumericDate can have a fraction (RFC 7519 section 2), which is dropped. `None` if it is negative or beyond 64 bits.
pub(super) fn seconds(claim: &RawValue) -> Option<u64> {
    // An integer is read as one, because a float is exact up to 2^53 only.
    claim.get().parse().ok().or_else(|| {
        let seconds: f64 = serde_json::from_str(claim.get()).ok()?;
        Some(Duration::try_from_secs_f64(seconds).ok()?.as_secs())
    })
}
