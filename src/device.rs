//! The device authorization grant (RFC 8628): this device shows a user code, which the user enters in a browser on any device.
//!
//! [`Client::device`] leads to [`RequestingDevice`], whose response is an [`AwaitingDevice`]. A poll ([`PollingDevice`]) leads back to it, or to an
//! [`Outcome`].
//!
//! Three times control the polling. The lifetime of the device code starts at the device authorization response. The polling interval is the
//! minimum that the service demands; each `slow_down` adds five seconds to it (section 3.5). The backoff is the time from the last poll to the next:
//! the polling interval, doubled after each poll without a response and reset by a response.
//!
//! The user compares the user code and the verification URI. Both are validated by one function, whether they come from the service or from the store.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, Response, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::client::{Client, ClientKind, Configuration, OAuth, UserManagement};
use crate::client_binding::ClientBinding;
use crate::error::{
    ClientError, ClientErrorKind, Error, Expired, ExpiredKind, MalformedKind, ResponseKind,
};
use crate::error_codes::{Unsuccessful, classify};
use crate::exchange::{Exchange, Refused, sealed};
use crate::limits::{
    MAX_POLLING_BACKOFF, MIN_POLLING_INTERVAL, POLLING_INTERVAL, SLOW_DOWN_INCREMENT,
    TIMESTAMP_TOLERANCE,
};
use crate::login::authenticated::Authenticated;
use crate::login::exchanging::Outcome;
use crate::login::requirements::Requirements;
use crate::scope::Scope;
use crate::stored::{self, Invalid, NO_PENDING_LOGIN, Stored, VERSION, duration, required, secret};
use crate::timestamp::{Timestamp, millis};
use crate::wire::device::{DeviceAuthorization, device_request};
use crate::wire::grant::Grant;
use crate::wire::request::post;

impl<K: UserManagement> Client<K> {
    /// Prepares a device authorization request.
    pub fn device(&self) -> RequestingDevice {
        RequestingDevice::new(self, &self.endpoints().device_authorization, None)
    }
}

impl Client<OAuth> {
    /// Prepares a device authorization request for `scope`.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the server has [no device authorization endpoint](crate::Server::device_authorization_endpoint).
    pub fn device(&self, scope: &Scope) -> Result<RequestingDevice, ClientError> {
        match &self.server().device_authorization {
            Some(endpoint) => Ok(RequestingDevice::new(self, endpoint, Some(scope.clone()))),
            None => Err(ClientError(ClientErrorKind::NoDeviceAuthorizationEndpoint)),
        }
    }
}

/// A device authorization request. Send it with an HTTP client, through [`Exchange`].
#[derive(Debug)]
#[must_use = "the request has not been sent"]
pub struct RequestingDevice {
    client: Arc<Configuration>,
    endpoint: Uri,
    scope: Option<Scope>,
}

impl RequestingDevice {
    pub(crate) fn new<A: ClientKind>(
        client: &Client<A>,
        endpoint: &Uri,
        scope: Option<Scope>,
    ) -> Self {
        Self {
            client: client.configuration().clone(),
            endpoint: endpoint.clone(),
            scope,
        }
    }

    fn read(
        &self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<AwaitingDevice, Error> {
        let reply = classify(
            response,
            &self.client.binding,
            ResponseKind::DeviceAuthorization,
            now,
        )?;
        let authorization: DeviceAuthorization = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let lifetime = authorization
            .lifetime()
            .ok_or_else(|| missing("expires_in"))?;
        let polling_interval = authorization
            .interval()
            // RFC 8628 section 3.2: five seconds if there is none. A fraction of a second would make the polling a busy loop.
            .unwrap_or(POLLING_INTERVAL)
            .max(MIN_POLLING_INTERVAL);
        let form = Form {
            device_code: authorization.device_code,
            lifetime: Some(millis(lifetime)),
            user_code: authorization.user_code,
            verification_uri: authorization.verification_uri,
            verification_uri_complete: authorization.verification_uri_complete,
            started_at: Some(Timestamp::from(now)),
            polling_interval: Some(millis(polling_interval)),
            // As in the official SDKs, the first poll also follows after one interval.
            polled_at: Some(Timestamp::from(now)),
            backoff: Some(millis(polling_interval)),
            ..Form::default()
        };
        // The response passes the same validation as a stored form, so each state can be read back.
        form.into_state(self.client.binding.clone())
            .map_err(|Invalid(name)| missing(name).into())
    }
}

impl Exchange for RequestingDevice {
    type Output = AwaitingDevice;

    fn request(&self) -> Request<Vec<u8>> {
        post(
            &self.endpoint,
            self.client.service.encoding(),
            &device_request(
                self.client.binding.client_id.as_str(),
                self.scope.as_ref().map(Scope::as_str),
            ),
        )
    }

    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<AwaitingDevice, Refused<Self>> {
        self.read(&response, now)
            .map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for RequestingDevice {}

/// A pending device login, which this or another process polls.
///
/// Show the verification URI and the user code, wait for [`poll_in`](Self::poll_in), poll:
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// # use workos_login::*;
/// # fn sleep(_: Duration) {}
/// # fn send<E: Exchange>(exchange: E) -> Result<E::Output, SendError<E, std::io::Error>> {
/// #     Err(SendError::transport(exchange, std::io::Error::other("no network")))
/// # }
/// fn log_in(client: &Client) -> Result<Outcome, Box<dyn std::error::Error>> {
///     let mut device = send(client.device())?;
///     println!("Go to {} and enter {}", device.verification_uri(), device.user_code());
///     loop {
///         sleep(device.poll_in(SystemTime::now()));
///         match send(device.poll(client, SystemTime::now())?) {
///             Ok(DevicePoll::Done(outcome)) => return Ok(outcome),
///             Ok(DevicePoll::Pending(still)) => device = still,
///             // A transport error or a transient error: poll again after the backoff.
///             Err(error) if error.retry_in(SystemTime::now()).is_some() => {
///                 device = error.into_state().into_awaiting(SystemTime::now());
///             }
///             Err(error) => return Err(error.into()),
///         }
///     }
/// }
/// ```
///
/// # Storage
///
/// The stored form contains the device code. The user code and the verification URIs are shown to the user.
#[derive(Clone)]
pub struct AwaitingDevice {
    binding: Arc<ClientBinding>,
    device_code: SecretString,
    user_code: Box<str>,
    verification_uri: Box<str>,
    verification_uri_complete: Option<Box<str>>,
    started_at: Timestamp,
    lifetime: Duration,
    /// The minimum time between two polls, as the service demands it.
    polling_interval: Duration,
    /// When the last poll was responded to or lost; before the first poll the start.
    polled_at: Timestamp,
    /// The time from `polled_at` to the next poll: the polling interval, or more after a transport error.
    backoff: Duration,
}

impl AwaitingDevice {
    /// Checks that this state is bound to `client`: to its client ID and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        client.check(&self.binding)
    }

    /// Returns the user code.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Returns the verification URI, where the user enters the user code. Its scheme is http or https.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// Returns the verification URI that contains the user code, for a browser or a QR code.
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.verification_uri_complete.as_deref()
    }

    /// Returns the time until the next poll, which may also be the first (RFC 8628 section 3.5).
    ///
    /// It never exceeds the remaining lifetime, after which [`poll`](Self::poll) returns [`Error::Expired`].
    #[must_use]
    pub fn poll_in(&self, now: SystemTime) -> Duration {
        // After a clock was set back, `elapsed` is zero and the wait is one backoff, never more.
        let wait = self.backoff.saturating_sub(self.polled_at.elapsed(now));
        wait.min(self.expires_in(now))
    }

    /// Returns the time until the device code expires; zero if it has expired.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Duration {
        if self.started_at.ahead_of(now) > TIMESTAMP_TOLERANCE {
            return Duration::ZERO;
        }
        self.lifetime.saturating_sub(self.started_at.elapsed(now))
    }

    /// Prepares the next poll. It never sends the API key.
    ///
    /// # Errors
    ///
    /// The state is returned unchanged:
    ///
    /// * [`Error::Expired`]: the device code has expired. Start again.
    /// * [`Error::Client`]: the login is bound to another client.
    pub fn poll<A: ClientKind>(
        self,
        client: &Client<A>,
        now: SystemTime,
    ) -> Result<PollingDevice, Refused<Self>> {
        if let Err(problem) = self.bound_to(client) {
            return Err(Refused::new(self, problem));
        }
        if self.expires_in(now).is_zero() {
            return Err(Refused::new(self, Expired::from(ExpiredKind::DeviceCode)));
        }
        // The interval is not enforced: the service responds to an early poll with `slow_down` (RFC 8628 section 3.5).
        Ok(PollingDevice {
            client: client.configuration().clone(),
            grant: Grant::device_code(self.device_code.clone()),
            asked_wait: None,
            device: Box::new(self),
        })
    }

    /// Returns this state after a poll; the next one follows after `interval`.
    fn polled(&self, interval: Duration, now: SystemTime) -> Self {
        Self {
            polling_interval: interval,
            polled_at: Timestamp::from(now),
            backoff: interval,
            ..self.clone()
        }
    }
}

impl fmt::Debug for AwaitingDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingDevice")
            .field("binding", &self.binding)
            .field("user_code", &self.user_code)
            .field("verification_uri", &self.verification_uri)
            .field("started_at", &self.started_at)
            .field("lifetime", &self.lifetime)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

/// A poll of a device login. Send it with an HTTP client, through [`Exchange`].
#[derive(Debug)]
#[must_use = "the device login is inside"]
pub struct PollingDevice {
    client: Arc<Configuration>,
    grant: Grant,
    /// The wait that the service demanded with a transient error.
    asked_wait: Option<Duration>,
    device: Box<AwaitingDevice>,
}

impl PollingDevice {
    /// Returns the pending device login after a transport error or a transient error.
    ///
    /// The backoff is doubled, up to a minute (RFC 8628 section 3.5), and is at least what the service demanded. The next response resets it to the
    /// polling interval.
    #[must_use]
    pub fn into_awaiting(self, now: SystemTime) -> AwaitingDevice {
        let doubled = self
            .device
            .backoff
            .saturating_mul(2)
            .min(MAX_POLLING_BACKOFF);
        // After several `slow_down` the polling interval can exceed the maximum of the backoff. What the service demands takes
        // precedence.
        let backoff = doubled
            .max(self.device.polling_interval)
            .max(self.asked_wait.unwrap_or_default());
        AwaitingDevice {
            polled_at: Timestamp::from(now),
            backoff,
            ..*self.device
        }
    }

    fn read(
        &mut self,
        response: &Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<DevicePoll, Error> {
        // That of an earlier response to this request is void.
        self.asked_wait = None;
        match classify(
            response,
            &self.client.binding,
            ResponseKind::DevicePoll,
            now,
        ) {
            Ok(reply) => {
                let session =
                    // A device authorization request has neither a nonce nor a `max_age`.
                    Authenticated::read(&reply, &self.client, &Requirements::default(), now)?;
                Ok(DevicePoll::Done(Outcome::Authenticated(Box::new(session))))
            }
            Err(Unsuccessful::AuthorizationPending(_)) => Ok(DevicePoll::Pending(
                self.device.polled(self.device.polling_interval, now),
            )),
            Err(Unsuccessful::SlowDown(_)) => {
                // For this and all later polls (RFC 8628 section 3.5), so it changes the interval and not only the backoff.
                let interval = self
                    .device
                    .polling_interval
                    .saturating_add(SLOW_DOWN_INCREMENT);
                Ok(DevicePoll::Pending(self.device.polled(interval, now)))
            }
            Err(Unsuccessful::AuthenticationChallenge(step)) => {
                Ok(DevicePoll::Done(Outcome::AuthenticationChallenge(step)))
            }
            Err(Unsuccessful::Error(error)) => {
                // The caller decides whether to poll on. `into_awaiting` then respects the `Retry-After`.
                self.asked_wait = error.retry_in(now);
                Err(error)
            }
        }
    }
}

impl Exchange for PollingDevice {
    type Output = DevicePoll;

    fn request(&self) -> Request<Vec<u8>> {
        self.client.token_request(&self.grant)
    }

    fn response(
        mut self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<DevicePoll, Refused<Self>> {
        self.read(&response, now)
            .map_err(|error| Refused::new(self, error))
    }
}

impl sealed::Sealed for PollingDevice {}

/// The result of a poll.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "RFC 8628 has no third result")]
pub enum DevicePoll {
    /// The grant has ended: with a session or an authentication challenge.
    Done(Outcome),
    /// The user has not finished. Wait for [`AwaitingDevice::poll_in`] and poll again.
    Pending(AwaitingDevice),
}

/// The members from the service and from the store; [`Form::into_state`] validates both.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    version: Option<u64>,
    client_id: Option<Box<str>>,
    issuer: Option<Box<str>>,
    #[serde(serialize_with = "secret")]
    device_code: Option<SecretString>,
    user_code: Option<Box<str>>,
    verification_uri: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_uri_complete: Option<Box<str>>,
    started_at: Option<Timestamp>,
    lifetime: Option<u64>,
    polling_interval: Option<u64>,
    polled_at: Option<Timestamp>,
    backoff: Option<u64>,
}

impl Form {
    fn into_state(self, binding: Arc<ClientBinding>) -> Result<AwaitingDevice, Invalid> {
        let device_code = self
            .device_code
            .filter(|code| !code.expose_secret().is_empty());
        let user_code = self
            .user_code
            .filter(|code| !code.is_empty() && is_visible(code));
        let verification_uri = self.verification_uri.filter(|uri| is_page(uri));
        Ok(AwaitingDevice {
            binding,
            device_code: required(device_code, "device_code")?,
            lifetime: duration(self.lifetime, "lifetime")?,
            user_code: required(user_code, "user_code")?,
            verification_uri: required(verification_uri, "verification_uri")?,
            // The user can do without it.
            verification_uri_complete: self.verification_uri_complete.filter(|uri| is_page(uri)),
            started_at: required(self.started_at, "started_at")?,
            polling_interval: duration(self.polling_interval, "polling_interval")?,
            polled_at: required(self.polled_at, "polled_at")?,
            backoff: duration(self.backoff, "backoff")?,
        })
    }
}

impl Stored for AwaitingDevice {
    type Form = Form;

    const NOTHING: &'static str = NO_PENDING_LOGIN;

    fn version(form: &Form) -> Option<u64> {
        form.version
    }

    fn parse(mut form: Form) -> Result<Self, Invalid> {
        let binding = stored::binding(form.client_id.take(), form.issuer.take())?;
        form.into_state(binding)
    }
}

impl Serialize for AwaitingDevice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form {
            version: Some(VERSION),
            client_id: Some(self.binding.client_id.as_str().into()),
            issuer: Some(self.binding.issuer.clone()),
            device_code: Some(self.device_code.clone()),
            user_code: Some(self.user_code.clone()),
            verification_uri: Some(self.verification_uri.clone()),
            verification_uri_complete: self.verification_uri_complete.clone(),
            started_at: Some(self.started_at),
            lifetime: Some(millis(self.lifetime)),
            polling_interval: Some(millis(self.polling_interval)),
            polled_at: Some(self.polled_at),
            backoff: Some(millis(self.backoff)),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AwaitingDevice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::read(deserializer)
    }
}

/// The verification URI is shown and opened in a browser: only http and https are allowed.
fn is_page(uri: &str) -> bool {
    is_visible(uri) && Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Returns whether a text is shown as it is.
///
/// Control and format characters (the categories Cc, Cf, Zl and Zp of Unicode), fillers and selectors can hide or reorder parts of it.
fn is_visible(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
                | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}')
    })
}
