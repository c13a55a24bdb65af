//! Device authorization responses.

use serde_json::json;
use workos_login::http::Response;

use crate::choices::{Choices, values};
use crate::json::Damage;
use crate::response::{Delivery, ErrorBody};

/// A device authorization response (RFC 8628 section 3.2).
///
/// ```
/// use std::time::SystemTime;
/// use proptest::prelude::*;
/// use workos_login::{Client, Exchange};
/// use workos_login_strategies::DeviceResponse;
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(response: DeviceResponse)| {
///     let now = SystemTime::now();
///     if let Ok(device) = client.device().response(response.to_http(), now) {
///         prop_assert!(device.poll_in(now) <= device.expires_in(now));
///     }
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceResponse {
    content: DeviceContent,
    damage: Damage,
    delivery: Delivery,
}

/// The content of a device authorization response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceContent {
    /// A user code and a verification URI.
    #[non_exhaustive]
    Codes {
        /// The lifetime in seconds.
        expires_in: u16,
        /// The polling interval in seconds.
        interval: Option<u16>,
        /// `true` if there is a `verification_uri_complete`.
        is_complete: bool,
    },
    /// An error response.
    Error(ErrorBody),
}

impl DeviceContent {
    /// Makes a response with a lifetime and a polling interval in seconds.
    #[must_use]
    pub fn codes(expires_in: u16, interval: Option<u16>) -> Self {
        Self::Codes {
            expires_in,
            interval,
            is_complete: false,
        }
    }
}

impl DeviceResponse {
    /// Makes a response without damage.
    #[must_use]
    pub fn new(content: DeviceContent) -> Self {
        Self {
            content,
            damage: Damage::Intact,
            delivery: Delivery::default(),
        }
    }

    /// Returns what the response contains.
    #[must_use]
    pub fn content(&self) -> &DeviceContent {
        &self.content
    }

    /// Returns whether the response arrives as the service sends it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.damage == Damage::Intact && self.delivery == Delivery::default()
    }

    /// Returns the HTTP response.
    #[must_use]
    pub fn to_http(&self) -> Response<Vec<u8>> {
        let (status, body, retry_after) = match &self.content {
            DeviceContent::Codes {
                expires_in,
                interval,
                is_complete,
            } => {
                let mut body = json!({
                    "device_code": "device_code_1",
                    "user_code": "BCDF-GHJK",
                    "verification_uri": "https://example.authkit.app/device",
                    "expires_in": expires_in,
                });
                if let Some(interval) = interval {
                    body["interval"] = json!(interval);
                }
                if *is_complete {
                    let complete = "https://example.authkit.app/device?user_code=BCDF-GHJK";
                    body["verification_uri_complete"] = json!(complete);
                }
                (200, body, None)
            }
            DeviceContent::Error(error) => (error.status(), error.body(), error.retry_after()),
        };
        self.delivery
            .deliver(status, self.damage.apply(&body), retry_after)
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let content = if choices.once_in(4) {
            DeviceContent::Error(ErrorBody::generate(choices))
        } else {
            DeviceContent::Codes {
                expires_in: choices.one_of(&[300, 1, 900, 65_535, 0]),
                interval: choices.one_of(&[Some(5), None, Some(1), Some(0), Some(65_535)]),
                is_complete: choices.once_in(2),
            }
        };
        Self {
            content,
            damage: Damage::generate(choices),
            delivery: Delivery::generate(choices),
        }
    }
}

values!(DeviceResponse);
