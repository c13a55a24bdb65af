//! The device authorization request and its response (RFC 8628 sections 3.1 and 3.2).

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::wire::lenient::{lenient, one_pass};
use crate::wire::request::Field;

/// Only an authorization server takes `scope`.
pub(crate) fn device_request<'a>(client_id: &'a str, scope: Option<&'a str>) -> [Field<'a>; 2] {
    [("client_id", Some(client_id)), ("scope", scope)]
}

#[derive(Deserialize)]
pub(crate) struct DeviceAuthorization {
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) device_code: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) user_code: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) verification_uri: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) verification_uri_complete: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    expires_in: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    interval: Option<f64>,
}

impl DeviceAuthorization {
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        positive(self.expires_in)
    }

    /// `None` if it is absent or zero.
    pub(crate) fn interval(&self) -> Option<Duration> {
        positive(self.interval)
    }
}

/// Whole milliseconds of a number of seconds, which services also write with a fraction (`300.0`).
fn positive(seconds: Option<f64>) -> Option<Duration> {
    let millis = Duration::try_from_secs_f64(seconds?).ok()?.as_millis();
    (millis > 0).then(|| Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
}
