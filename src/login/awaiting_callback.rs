//! A pending login: the browser shows the login page, and the callback is awaited.
//!
//! [`Start::begin`](crate::Start::begin) leads in; [`AwaitingCallback::accept`] or [`AwaitingCallback::handle`] leads out, to
//! [`Exchanging`].
//!
//! A redirect URI can be reached by an attacker, too: by a link in a web page, by another program on the machine. What arrives there is
//! therefore checked in a fixed order. `state` is first, because it is the only secret that the response shares with the request;
//! whatever lacks it is not of this login and has no effect. Then the redirect URI, the client binding, the issuer and the lifetime
//! are checked, and only then `code` or `error` is used.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::client::{Client, ClientKind};
use crate::client_binding::ClientBinding;
use crate::error::{
    CallbackMismatch, ClientError, Error, Expired, ExpiredKind, MismatchKind, ResponseKind,
};
use crate::error_codes::classify_callback;
use crate::exchange::Refused;
use crate::limits::{MAX_CALLBACK_BYTES, TIMESTAMP_TOLERANCE};
use crate::login::callback::{Callback, split_query};
use crate::login::exchanging::Exchanging;
use crate::login::pkce::{RANDOM_CHARS, Verifier};
use crate::login::redirect_uri::RedirectUri;
use crate::login::requirements::Requirements;
use crate::service::Service;
use crate::stored::{self, Invalid, NO_PENDING_LOGIN, Stored, VERSION, required, secret};
use crate::timestamp::{Timestamp, millis};
use crate::wire::grant::Grant;

/// A pending login, which awaits its callback in this process or in another one.
///
/// It is a persistent state. If it is stored before the browser opens, the login can be finished after a restart:
///
/// ```
/// use std::time::SystemTime;
/// use workos_login::{AwaitingCallback, Callback, Client, Error, Screen, ConnectionSelector};
///
/// let client = Client::public("client_123".parse()?);
/// let (url, pending) = client
///     .login(ConnectionSelector::AuthKit(Screen::Default), "http://127.0.0.1:8080/callback".parse()?)
///     .begin(SystemTime::now(), &mut rand::rng());
/// let stored = serde_json::to_string(&pending)?;
/// drop(pending); // The process ends here.
///
/// let pending: AwaitingCallback = serde_json::from_str(&stored)?;
/// let other = Callback::parse("/callback?code=abc&state=other")?;
/// let refused = pending.accept(&client, other, SystemTime::now()).unwrap_err();
/// let (pending, error) = refused.into_parts();
/// assert!(matches!(error, Error::CallbackMismatch(_))); // keep waiting
/// # let url = workos_login::url::Url::from(url);
/// # let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
/// # let real = Callback::parse(&format!("/callback?code=abc&state={state}"))?;
/// # pending.accept(&client, real, SystemTime::now()).map_err(Error::from)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It can be used once. This does not compile:
///
/// ```compile_fail,E0382
/// # use std::time::SystemTime;
/// # use workos_login::*;
/// fn twice<K: ClientKind>(client: &Client<K>, pending: AwaitingCallback, first: Callback, second: Callback) {
///     let _ = pending.accept(client, first, SystemTime::now());
///     let _ = pending.accept(client, second, SystemTime::now());
/// }
/// ```
///
/// And this does:
///
/// ```
/// # use std::time::SystemTime;
/// # use workos_login::*;
/// fn once<K: ClientKind>(client: &Client<K>, pending: AwaitingCallback, first: Callback) {
///     let _ = pending.accept(client, first, SystemTime::now());
/// }
/// ```
///
/// # Storage
///
/// The stored form contains the code verifier, the state and the nonce, which are secrets. A native application stores it in the OS keyring,
/// a server in a sealed, `HttpOnly`, `SameSite=Lax` cookie, or in a store under an ID from such a cookie. A server must bind the
/// pending login to the browser that started it, and never find it by `state` alone (login CSRF, RFC 9700 section 4.7).
pub struct AwaitingCallback {
    pub(super) binding: Arc<ClientBinding>,
    pub(super) redirect_uri: RedirectUri,
    pub(super) state: SecretString,
    pub(super) verifier: Verifier,
    /// Only a login at an authorization server has one.
    pub(super) nonce: Option<SecretString>,
    pub(super) max_age: Option<Duration>,
    pub(super) started_at: Timestamp,
    pub(super) lifetime: Duration,
}

impl AwaitingCallback {
    /// Returns whether `uri` is the redirect URI of this login, whatever its query.
    ///
    /// Scheme, host, port and path are compared, or the path of a URI that begins with it. A bare query is not a URI.
    #[must_use]
    pub fn is_callback(&self, uri: &str) -> bool {
        self.redirect_uri.matches(uri)
    }

    /// Checks that this state is bound to `client`: to its client ID and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        client.check(&self.binding)
    }

    /// Returns whether a `state` parameter of `uri` is that of this login, compared in constant time.
    ///
    /// Unlike [`accept`](Self::accept), it works for a URI that [`Callback::parse`] rejects. It tells a malformed response to
    /// this login from any other request.
    #[must_use]
    pub fn matches_state(&self, uri: &str) -> bool {
        uri.len() <= MAX_CALLBACK_BYTES
            // One of several is enough: the URI is malformed then (RFC 6749 section 3.1), but its sender knows the `state` of this login.
            && form_urlencoded::parse(split_query(uri).1.as_bytes())
                .any(|(name, value)| name == "state" && self.is_state(&value))
    }

    /// Returns the redirect URI.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Returns the application state that was set with [`Start::app_state`](crate::Start::app_state).
    #[must_use]
    pub fn app_state(&self) -> Option<&str> {
        self.state
            .expose_secret()
            .get(RANDOM_CHARS..)?
            .strip_prefix('.')
    }

    /// Returns the time until this login expires; zero if it has expired.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Duration {
        let now = Timestamp::from(now);
        // The clock was set back since the start. The age is unknown, so the login counts as expired.
        if self.started_at.since(now) > TIMESTAMP_TOLERANCE {
            return Duration::ZERO;
        }
        self.lifetime.saturating_sub(now.since(self.started_at))
    }

    /// Accepts the callback of this login and prepares the code exchange.
    ///
    /// `state` is compared first and in constant time (RFC 9700 section 4.7), then the redirect URI, the client binding, the
    /// issuer (RFC 9207 section 2.4) and the lifetime. No parameter is trusted before, not even `error`.
    ///
    /// # Errors
    ///
    /// The pending login is returned unchanged:
    ///
    /// * [`Error::CallbackMismatch`]: the callback is not of this login. Keep waiting, unless its
    ///   [`state` matched](CallbackMismatch::state_matched).
    /// * [`Error::Client`]: the login is bound to another client, or the service rejected the client.
    /// * [`Error::Expired`], [`Error::Denied`], [`Error::Unavailable`]: the login is over. Start a new one.
    pub fn accept<K: ClientKind>(
        self,
        client: &Client<K>,
        callback: Callback,
        now: SystemTime,
    ) -> Result<Exchanging, Refused<Self>> {
        match self.check(client, callback, now) {
            Ok(code) => {
                // RFC 6749 section 4.1.3 requires the redirect URI of the authorization request again, to defend against a code that was
                // issued for another one. User Management does not define the parameter, and no official SDK sends it.
                let redirect_uri = match client.service() {
                    Service::OAuth(_) => Some(self.redirect_uri.as_str().into()),
                    Service::UserManagement(_) => None,
                };
                let grant = Grant::authorization_code(code, self.verifier.into(), redirect_uri);
                // `started_at` is by the local clock and `auth_time` by that of the service, which may be behind.
                let since = |age| self.started_at.minus(TIMESTAMP_TOLERANCE).minus(age);
                let requirements = Requirements {
                    nonce: self.nonce,
                    authenticated_since: self.max_age.map(since),
                };
                Ok(Exchanging::new(
                    client,
                    grant,
                    ResponseKind::CodeExchange,
                    requirements,
                ))
            }
            Err(error) => Err(Refused::new(self, error)),
        }
    }

    /// Handles a URI that a listener, a web view or the operating system received.
    ///
    /// It is [`is_callback`](Self::is_callback), [`Callback::parse`] and [`accept`](Self::accept) in one transition, for a caller
    /// that waits until the callback arrives. An attacker can send a request to a redirect URI, so only a callback with the `state` of
    /// this login ends the wait:
    ///
    /// ```
    /// # use std::time::SystemTime;
    /// # use workos_login::*;
    /// # fn next_uri() -> String { "myapp://callback?code=abc".into() }
    /// fn wait(client: &Client, mut pending: AwaitingCallback) -> Result<Exchanging, Error> {
    ///     loop {
    ///         pending = match pending.handle(client, &next_uri(), SystemTime::now())? {
    ///             CallbackOutcome::Exchanging(exchanging) => return Ok(exchanging),
    ///             CallbackOutcome::Ignored { pending, .. } => pending,
    ///             CallbackOutcome::NotACallback(pending) => pending, // open the URI, or respond with 404
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The login is over, and the pending login is returned unchanged: the errors of [`accept`](Self::accept) and
    /// [`Error::Malformed`], each with the `state` of this login.
    pub fn handle<K: ClientKind>(
        self,
        client: &Client<K>,
        uri: &str,
        now: SystemTime,
    ) -> Result<CallbackOutcome, Refused<Self>> {
        if !self.is_callback(uri) {
            return Ok(CallbackOutcome::NotACallback(self));
        }
        // Before the URI is parsed: a malformed response to this login ends it, too, because no other one follows.
        let is_of_this_login = self.matches_state(uri);
        let refused = match Callback::parse(uri) {
            Ok(callback) => match self.accept(client, callback, now) {
                Ok(exchanging) => return Ok(CallbackOutcome::Exchanging(exchanging)),
                Err(refused) => refused,
            },
            Err(error) => Refused::new(self, error),
        };
        if is_of_this_login {
            return Err(refused);
        }
        let (pending, error) = refused.into_parts();
        Ok(CallbackOutcome::Ignored { pending, error })
    }

    fn is_state(&self, state: &str) -> bool {
        is_equal(state.as_bytes(), self.state.expose_secret().as_bytes())
    }

    fn check<K: ClientKind>(
        &self,
        client: &Client<K>,
        callback: Callback,
        now: SystemTime,
    ) -> Result<SecretString, Error> {
        // Every authorization request has a `state`, so every response has it, an error as well (RFC 6749 sections 4.1.2 and 4.1.2.1).
        // It is first because an attacker can send a request to the redirect URI (CSRF, RFC 9700 section 4.7): a check that came before
        // would tell the attacker something, and an `error` that came before would let the attacker end the login.
        let state = callback
            .state
            .as_ref()
            .ok_or(CallbackMismatch::from(MismatchKind::MissingState))?;
        if !self.is_state(state.expose_secret()) {
            return Err(CallbackMismatch::from(MismatchKind::State).into());
        }
        // A redirect URI of its own for each server defends against mix-up (RFC 8252 section 8.10, RFC 9700 section 4.4.2.2). A
        // callback that was passed on as a bare query has no address to compare.
        if callback
            .address
            .as_ref()
            .is_some_and(|address| !self.redirect_uri.is_address(address))
        {
            return Err(CallbackMismatch::from(MismatchKind::RedirectUri).into());
        }
        // Before the issuer, which is that of the client: with another client the right callback would be a mismatch.
        client.check(&self.binding)?;
        // Before the lifetime, so that a mix-up is reported as one however late it is.
        check_issuer(client.service(), callback.iss.as_deref())?;
        // Only the callback of this login is measured by the clock. Any other one was a mismatch, which ends nothing.
        if self.expires_in(now).is_zero() {
            return Err(Expired::from(ExpiredKind::PendingLogin).into());
        }
        // Nothing is left that could make `code` or `error` the response to another request.
        callback.result.map_err(classify_callback)
    }
}

/// The result of [`AwaitingCallback::handle`].
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "every variant returns the state, which a wildcard would lose"
)]
pub enum CallbackOutcome {
    /// The callback of this login. The code exchange is next.
    Exchanging(Exchanging),
    /// A request for the redirect URI without the `state` of this login. Keep waiting.
    Ignored {
        /// The pending login, unchanged.
        pending: AwaitingCallback,
        /// [`Error::CallbackMismatch`] or [`Error::Malformed`].
        error: Error,
    },
    /// Another URI than the redirect URI. Keep waiting.
    NotACallback(AwaitingCallback),
}

/// Compares in constant time. Texts of different lengths are unequal at once: the random part of a `state` always has the same.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    // `subtle` hides the result of each comparison from the optimizer, so that words take an eighth of the time of bytes.
    let ((left_words, left), (right_words, right)) = (left.as_chunks(), right.as_chunks());
    let words = left_words.iter().zip(right_words);
    let equal =
        words.map(|(&left, &right)| u64::from_ne_bytes(left).ct_eq(&u64::from_ne_bytes(right)));
    let equal = equal.fold(left.ct_eq(right), |all, equal| all & equal);
    left_words.len() == right_words.len() && equal.into()
}

/// Checks `iss` (RFC 9207 section 2.4). User Management does not define it, so there it is an unknown parameter and ignored.
fn check_issuer(service: &Service, iss: Option<&str>) -> Result<(), CallbackMismatch> {
    let Service::OAuth(server) = service else {
        return Ok(());
    };
    match iss {
        // RFC 9207 section 2.4: simple string comparison, without any normalization.
        Some(iss) if iss == service.issuer() => Ok(()),
        // A server that advertises the parameter always sends it, so its absence is a mix-up. From any other server it is compared
        // if it is there.
        None if !server.advertises_iss => Ok(()),
        iss => Err(CallbackMismatch::issuer(iss, service.issuer())),
    }
}

impl fmt::Debug for AwaitingCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingCallback")
            .field("binding", &self.binding)
            .field("redirect_uri", &self.redirect_uri)
            .field("started_at", &self.started_at)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form<'a> {
    version: Option<u64>,
    client_id: Option<Cow<'a, str>>,
    issuer: Option<Cow<'a, str>>,
    redirect_uri: Option<Cow<'a, str>>,
    #[serde(serialize_with = "secret")]
    state: Option<Cow<'a, SecretString>>,
    #[serde(serialize_with = "secret")]
    code_verifier: Option<Cow<'a, SecretString>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    nonce: Option<Cow<'a, SecretString>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    started_at: Option<Timestamp>,
    lifetime: Option<u64>,
}

impl Stored for AwaitingCallback {
    type Form = Form<'static>;

    const NOTHING: &'static str = NO_PENDING_LOGIN;

    fn version(form: &Self::Form) -> Option<u64> {
        form.version
    }

    fn parse(form: Self::Form) -> Result<Self, Invalid> {
        // A shorter value could be guessed.
        let is_random = |text: &SecretString| text.expose_secret().len() >= RANDOM_CHARS;
        let nonce = form.nonce.map(Cow::into_owned);
        if nonce.as_ref().is_some_and(|nonce| !is_random(nonce)) {
            return Err(Invalid("nonce"));
        }
        let state = form.state.map(Cow::into_owned).filter(is_random);
        let verifier = required(form.code_verifier, "code_verifier")?.into_owned();
        let redirect_uri = required(form.redirect_uri, "redirect_uri")?;
        Ok(Self {
            binding: stored::binding(form.client_id, form.issuer)?,
            redirect_uri: RedirectUri::of_stored(&redirect_uri)
                .map_err(|_| Invalid("redirect_uri"))?,
            state: required(state, "state")?,
            verifier: verifier.try_into().map_err(|_| Invalid("code_verifier"))?,
            nonce,
            // Zero is valid here, unlike in a lifetime: it requires a new authentication.
            max_age: form.max_age.map(Duration::from_millis),
            started_at: required(form.started_at, "started_at")?,
            lifetime: required(form.lifetime, "lifetime").map(Duration::from_millis)?,
        })
    }
}

impl Serialize for AwaitingCallback {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form {
            version: Some(VERSION),
            client_id: Some(self.binding.client_id.as_str().into()),
            issuer: Some((&*self.binding.issuer).into()),
            redirect_uri: Some(self.redirect_uri.as_str().into()),
            state: Some(Cow::Borrowed(&self.state)),
            code_verifier: Some(Cow::Borrowed(self.verifier.secret())),
            nonce: self.nonce.as_ref().map(Cow::Borrowed),
            max_age: self.max_age.map(millis),
            started_at: Some(self.started_at),
            lifetime: Some(millis(self.lifetime)),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AwaitingCallback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::read(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::is_equal;

    #[test]
    fn texts_are_equal_if_all_bytes_are() {
        for length in 0..50 {
            let text = vec![b'a'; length];
            assert!(is_equal(&text, &text.clone()), "{length}");
            for other in [length + 1, length + 8] {
                assert!(!is_equal(&text, &vec![b'a'; other]), "{length} {other}");
            }
            for place in 0..length {
                let mut other = text.clone();
                other[place] ^= 1;
                assert!(!is_equal(&text, &other), "{length} {place}");
            }
        }
    }
}
