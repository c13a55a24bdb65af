//! The claims that are read from an access token.
//!
//! They are not verified: the token comes from the token endpoint over TLS.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine as _, decoded_len_estimate};
use serde::de::{DeserializeOwned, SeqAccess};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::ids::{OrganizationId, SessionId};
use crate::wiped::Wiped;
use crate::wire::lenient::{Item, Lenient, lenient, lenient_list, one_pass};

/// Reads the payload of a compact JWS (RFC 7515 section 3.1). `None` for an opaque or damaged token.
pub(crate) fn payload<T: DeserializeOwned>(token: &str) -> Option<T> {
    let (_header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if signature.contains('.') {
        return None;
    }
    // The usual size needs no allocation. A buffer that grew would leave an unwiped copy of the claims.
    let mut stack = Wiped::<1024>::new();
    let mut heap = Zeroizing::new(Vec::new());
    let size = decoded_len_estimate(payload.len());
    let buffer = match stack.get_mut(..size) {
        Some(buffer) => buffer,
        None => {
            heap.resize(size, 0);
            heap.as_mut_slice()
        }
    };
    let length = URL_SAFE_NO_PAD.decode_slice(payload, buffer).ok()?;
    super::object(&buffer[..length])
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
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "one_pass")]
    exp: Option<NumericDate>,
    #[serde(default, deserialize_with = "one_pass")]
    iat: Option<NumericDate>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) sid: Option<SessionId>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) org_id: Option<OrganizationId>,
}

impl Claims {
    /// Returns the lifetime by the server's clock: `exp - iat`. `None` if it is unknown.
    ///
    /// A token that expires before it was issued has an unknown lifetime: a lifetime of zero would cause endless refreshes.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        let lifetime = self.exp?.0.checked_sub(self.iat?.0)?;
        (lifetime > 0).then(|| Duration::from_secs(lifetime))
    }

    /// Returns when the token was issued, by the server's clock.
    pub(crate) fn issued_at(&self) -> Option<SystemTime> {
        self.iat?.time()
    }
}

/// The whole seconds of a NumericDate, which can have a fraction (RFC 7519 section 2).
#[derive(Clone, Copy)]
struct NumericDate(u64);

impl NumericDate {
    fn time(self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.0))
    }
}

impl Lenient<'_> for NumericDate {
    fn number(seconds: u64) -> Option<Self> {
        Some(Self(seconds))
    }

    /// `None` for a negative number, and beyond 64 bits.
    fn float(seconds: f64) -> Option<Self> {
        let duration = Duration::try_from_secs_f64(seconds).ok()?;
        Some(Self(duration.as_secs()))
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
}

/// The time of the last authentication. Unlike the other claims, every login may need it.
#[derive(Deserialize)]
pub(crate) struct AuthTime {
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) auth_time: Option<SystemTime>,
}

/// For `#[serde(default, deserialize_with = "numeric_date")]`. `None` also for what is no NumericDate.
pub(crate) fn numeric_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SystemTime>, D::Error> {
    let date: Option<NumericDate> = one_pass(deserializer)?;
    Ok(date.and_then(NumericDate::time))
}

/// The `nbf` of a JWT (RFC 7519 section 4.1.5).
///
/// One that cannot be read allows no time: it must not lift the restriction that it states.
pub(crate) struct NotBefore(Option<SystemTime>);

impl NotBefore {
    pub(crate) fn allows(&self, now: SystemTime) -> bool {
        self.0.is_some_and(|begin| begin <= now)
    }
}

impl<'de> Deserialize<'de> for NotBefore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        numeric_date(deserializer).map(Self)
    }
}

/// A list of the audiences (`aud`): a text, or a list of texts (RFC 7519 section 4.1.3). Anything else is no audience.
pub(crate) fn audience<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Box<str>>, D::Error> {
    // Not an error: without an audience, the rules decide whether one is required.
    let audience: Option<Audience> = one_pass(deserializer)?;
    Ok(audience.map_or_else(Vec::new, |Audience(audiences)| audiences))
}

struct Audience(Vec<Box<str>>);

impl<'de> Lenient<'de> for Audience {
    fn text(audience: &str) -> Option<Self> {
        Some(Self(vec![audience.into()]))
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let (mut audiences, mut is_valid) = (Vec::new(), true);
        while let Some(Item(audience)) = list.next_element()? {
            is_valid &= audience.is_some();
            audiences.extend(audience);
        }
        Ok(is_valid.then_some(Self(audiences)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_payload_of_any_size() {
        for size in [0, 1000, 2000] {
            let text = "a".repeat(size);
            let json = format!(r#"{{"sid":"session_1","text":"{text}"}}"#);
            let token = format!("header.{}.signature", URL_SAFE_NO_PAD.encode(json));
            let claims: Claims = payload(&token).unwrap();
            assert_eq!(claims.sid.unwrap().as_str(), "session_1", "{size}");
        }
    }

    #[test]
    fn a_numeric_date_can_have_a_fraction() {
        let lifetime = |exp: &str| {
            let json = format!(r#"{{"exp":{exp},"iat":1000}}"#);
            serde_json::from_str::<Claims>(&json).unwrap().lifetime()
        };
        assert_eq!(lifetime("1300.9"), Some(Duration::from_secs(300)));
        for odd in ["-5", "-0.5", "1e30", "1000", "\"1300\"", "null"] {
            assert_eq!(lifetime(odd), None, "{odd}");
        }
    }
}
