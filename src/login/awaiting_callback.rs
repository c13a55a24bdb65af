//! The browser is open, and the user is on the login page.
//!
//! [`Start::begin`](crate::Start::begin) leads in; [`AwaitingCallback::accept`] leads out, to [`Exchanging`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::client::{Client, ClientBinding, ClientKind};
use crate::error::{
    CallbackMismatch, ClientError, Error, Expired, ExpiredKind, MismatchKind, ResponseKind,
};
use crate::error_codes::classify_callback;
use crate::exchange::Refused;
use crate::limits::{MAX_CALLBACK_BYTES, TIMESTAMP_TOLERANCE};
use crate::login::callback::{Callback, split_query};
use crate::login::exchanging::Exchanging;
use crate::login::pkce::{TOKEN_CHARS, Verifier};
use crate::login::redirect_uri::{RedirectUri, before_query};
use crate::service::Service;
use crate::stored::{NO_PENDING_LOGIN, Version, expose, millis, shared, stored, unquoted};
use crate::timestamp::Timestamp;
use crate::wire::grant::Grant;

/// A pending login: it waits for the callback, in this process or in the next one.
///
/// Store it before the browser opens, and the login survives a restart:
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
/// drop(pending); // the process ends here
///
/// let pending: AwaitingCallback = serde_json::from_str(&stored)?;
/// let forged = Callback::parse("/callback?code=abc&state=made-up")?;
/// let refused = pending.accept(&client, forged, SystemTime::now()).unwrap_err();
/// let (pending, error) = refused.into_parts();
/// assert!(matches!(error, Error::CallbackMismatch(_))); // and `pending` waits on
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
/// fn twice<A: ClientKind>(client: &Client<A>, pending: AwaitingCallback, first: Callback, second: Callback) {
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
/// fn once<A: ClientKind>(client: &Client<A>, pending: AwaitingCallback, first: Callback) {
///     let _ = pending.accept(client, first, SystemTime::now());
/// }
/// ```
///
/// # This is a secret
///
/// Its stored form (JSON, or any other format that names its members) holds the code verifier and the state. Keep it in the operating system's keychain, on
/// a server in an encrypted, `HttpOnly`, `SameSite=Lax` cookie or in a store under an id from one. A
/// server must bind it to the browser that began the login (RFC 9700 section 4.7).
#[derive(Deserialize, Serialize)]
#[serde(remote = "Self")]
pub struct AwaitingCallback {
    version: Version,
    #[serde(rename = "owner", deserialize_with = "shared")]
    binding: Arc<ClientBinding>,
    redirect_uri: RedirectUri,
    #[serde(serialize_with = "expose")]
    state: SecretString,
    verifier: Verifier,
    #[serde(deserialize_with = "unquoted")]
    begun: Timestamp,
    #[serde(with = "millis")]
    life: Duration,
}

impl AwaitingCallback {
    pub(crate) fn new(
        binding: Arc<ClientBinding>,
        redirect_uri: RedirectUri,
        state: SecretString,
        verifier: Verifier,
        begun: Timestamp,
        life: Duration,
    ) -> Self {
        Self {
            version: Version,
            binding,
            redirect_uri,
            state,
            verifier,
            begun,
            // What is stored are whole milliseconds, and a restart changes nothing.
            life: Duration::from_millis(u64::try_from(life.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// Whether `uri`, which a web view, a listener or the operating system is about to open, can be ours.
    ///
    /// Only the address is compared, as in [`accept`](Self::accept): scheme, host, port and path of a whole
    /// URL, or the path of one that has no more. A bare query is not an address.
    #[must_use]
    pub fn is_callback(&self, uri: &str) -> bool {
        uri.len() <= MAX_CALLBACK_BYTES && self.redirect_uri.is_address(before_query(uri))
    }

    /// Checks that this state is bound to `client`: to its client id and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        self.binding.check(client)
    }

    /// Returns whether a `state` parameter of `uri` is that of this login, compared in constant time.
    ///
    /// Unlike [`accept`](Self::accept), it works for a URI that [`Callback::parse`] rejects. It tells a malformed response to
    /// this login from any other request.
    #[must_use]
    pub fn matches_state(&self, uri: &str) -> bool {
        uri.len() <= MAX_CALLBACK_BYTES
            && form_urlencoded::parse(split_query(uri).1.as_bytes())
                .any(|(name, value)| name == "state" && self.is_state(&value))
    }

    /// Returns the redirect address that this login comes back to.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// Returns the text that was given to [`Start::app_state`](crate::Start::app_state).
    #[must_use]
    pub fn app_state(&self) -> Option<&str> {
        self.state
            .expose_secret()
            .get(TOKEN_CHARS..)?
            .strip_prefix('.')
    }

    /// Returns how much longer this login can be finished; zero when it has expired.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Duration {
        let now = Timestamp::from(now);
        if self.begun.since(now) > TIMESTAMP_TOLERANCE {
            return Duration::ZERO;
        }
        self.life.saturating_sub(now.since(self.begun))
    }

    /// Accepts the callback of this login, and prepares the exchange of its code for tokens.
    ///
    /// The state is compared first and in constant time (RFC 9700 section 4.7), then the address and the issuer. Until
    /// all of them fit, nothing that the callback says is believed, an error neither.
    ///
    /// # Errors
    ///
    /// The refusal gives the pending login back, unchanged:
    ///
    /// * [`Error::CallbackMismatch`]: the callback is not of this login. Keep waiting, unless its
    ///   [state matched](CallbackMismatch::state_matched).
    /// * [`Error::Client`]: this login was begun by another client.
    /// * [`Error::Expired`], [`Error::Denied`]: the login is over. Begin again.
    pub fn accept<A: ClientKind>(
        self,
        client: &Client<A>,
        callback: Callback,
        now: SystemTime,
    ) -> Result<Exchanging, Refused<Self>> {
        match self.check(client, callback, now) {
            Ok(code) => {
                let redirect_uri = match client.service() {
                    Service::OAuth(_) => Some(self.redirect_uri.as_str().into()),
                    Service::UserManagement(_) => None,
                };
                let grant = Grant::authorization_code(code, self.verifier.into(), redirect_uri);
                Ok(Exchanging::new(client, grant, ResponseKind::CodeExchange))
            }
            Err(error) => Err(Refused::new(self, error)),
        }
    }

    fn is_state(&self, state: &str) -> bool {
        let expected = self.state.expose_secret().as_bytes();
        state.as_bytes().ct_eq(expected).into()
    }

    fn check<A: ClientKind>(
        &self,
        client: &Client<A>,
        callback: Callback,
        now: SystemTime,
    ) -> Result<SecretString, Error> {
        let state = callback
            .state
            .as_ref()
            .ok_or(CallbackMismatch::from(MismatchKind::MissingState))?;
        if !self.is_state(state.expose_secret()) {
            return Err(CallbackMismatch::from(MismatchKind::State).into());
        }
        if callback
            .address
            .as_ref()
            .is_some_and(|address| !self.redirect_uri.is_address(address))
        {
            return Err(CallbackMismatch::from(MismatchKind::RedirectUri).into());
        }
        // Before the issuer, which is that of the client: with another client the right callback would be a mismatch.
        self.binding.check(client)?;
        check_issuer(client.service(), callback.iss.as_deref())?;
        if self.expires_in(now).is_zero() {
            return Err(Expired::from(ExpiredKind::PendingLogin).into());
        }
        callback.result.map_err(classify_callback)
    }
}

/// RFC 9207 section 2.4. User Management does not name itself in a callback, so there a name means nothing.
fn check_issuer(service: &Service, iss: Option<&str>) -> Result<(), CallbackMismatch> {
    let Service::OAuth(server) = service else {
        return Ok(());
    };
    match iss {
        Some(iss) if iss == service.issuer() => Ok(()),
        None if !server.advertises_iss => Ok(()),
        iss => Err(CallbackMismatch::issuer(iss, service.issuer())),
    }
}

impl fmt::Debug for AwaitingCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingCallback")
            .field("binding", &self.binding)
            .field("redirect_uri", &self.redirect_uri)
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}

stored!(
    AwaitingCallback,
    NO_PENDING_LOGIN,
    fn check(&self) -> Result<(), &'static str> {
        match self.state.expose_secret().len() {
            0..TOKEN_CHARS => Err(
                "the state of the stored login is too short: what was stored is damaged, begin again",
            ),
            _ => Ok(()),
        }
    }
);
