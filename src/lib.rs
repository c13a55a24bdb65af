//! Sign users in to [WorkOS](https://workos.com) (AuthKit, User Management) from public clients: command-line tools, desktop and mobile
//! applications, single-page applications.
//!
//! The crate implements the authorization code grant with PKCE, the device authorization grant, refresh and logout. Confidential
//! clients send their API key beside PKCE, and public clients of any OAuth 2.0 or OpenID Connect server are supported, too.
//!
//! It is sans-IO: typed states produce `http::Request` values and take responses. It opens no socket, reads no clock and has no
//! random number generator.
//!
//! ```text
//!        Client<Public> | Client<Confidential> | Client<OAuth>
//!           login(..) │                  │ device(..)
//!                     ▼                  ▼
//!                   Start          RequestingDevice ~ HTTP
//!   begin(now, rng)   │                  ▼
//! authorization URL ◀─┤            AwaitingDevice ◀──────┐
//!                     ▼                  │ poll          │ Pending
//!            AwaitingCallback ◀┐         ▼               │
//!                     │ accept │   PollingDevice ~ HTTP ─┤
//!                     ├────────┘         │ Done          │
//!                     ▼  mismatch        │               │
//!             Exchanging ~ HTTP ◀────────┼── answer ── AuthenticationChallenge
//!                     │                  │               ▲
//!                     └──── Outcome ◀────┘───────────────┘
//!                              ▼
//!                        Authenticated ── refresh ─▶ Refreshing ~ HTTP ─▶ Authenticated
//! ```
//!
//! A state is persistent or in flight. A persistent state waits for the user or for time to pass, and can be serialized. An in-flight
//! state (`~ HTTP`) has one request to send and takes one response, through the trait [`Exchange`].
//!
//! # A login
//!
//! The response of the service is canned here, because no I/O is needed:
//!
//! ```
//! use std::time::SystemTime;
//! use workos_login::secrecy::ExposeSecret;
//! use workos_login::{AwaitingCallback, Callback, Client, ConnectionSelector, Exchange, Screen};
//!
//! let client = Client::public("client_123".parse()?);
//!
//! // Start → AwaitingCallback: a URL to open in the browser, and a state to store.
//! let (url, pending) = client
//!     .login(ConnectionSelector::AuthKit(Screen::SignIn), "http://127.0.0.1:8080/callback".parse()?)
//!     .begin(SystemTime::now(), &mut rand::rng());
//! let stored = serde_json::to_string(&pending)?;
//!
//! // The user logs in, and the service redirects the browser. This process may be another one.
//! # let url = workos_login::url::Url::from(url);
//! # let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
//! let uri = format!("http://127.0.0.1:8080/callback?code=abc&state={state}");
//! let pending: AwaitingCallback = serde_json::from_str(&stored)?;
//!
//! // AwaitingCallback → Exchanging: a request to send.
//! let exchanging = pending.accept(&client, Callback::parse(&uri)?, SystemTime::now())?;
//! let request: http::Request<Vec<u8>> = exchanging.request();
//! assert_eq!(request.uri(), "https://api.workos.com/user_management/authenticate");
//!
//! // Exchanging → Authenticated: a response to take.
//! let response = http::Response::builder()
//!     .header("content-type", "application/json")
//!     .body(r#"{"user": {"id": "user_1", "first_name": "Nadia"}, "access_token": "a", "refresh_token": "r"}"#)?;
//! let session = exchanging.response(response, SystemTime::now())?.authenticated()?;
//! assert_eq!(session.access_token().expose_secret(), "a");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Guarantees
//!
//! * A refused transition returns the state: [`Refused`]. A mismatched callback, a 503 or a lost response loses nothing.
//! * Invalid transitions do not compile. A pending login cannot be used twice, and a public client has no place for a secret.
//! * Every persistent state can be serialized and read back by another process. Pending logins, device logins and sessions are bound
//!   to their client and issuer.
//! * No secret is shown by `Debug`, `Display`, an error or a panic. Secrets that the types hold are wiped on drop; a request, a URL and
//!   a stored form are the caller's.
//! * No input causes a panic or unbounded memory: [`limits`].
//!
//! # Types
//!
//! | task | types |
//! |---|---|
//! | log in with a browser | [`Client::public`], [`Start`], [`AwaitingCallback`], [`Exchanging`] |
//! | log in on a server | [`Client::confidential`], [`EndUser`]; the pending login is bound to the browser: [`AwaitingCallback`] |
//! | log in at another authorization server | [`Client::oauth`], [`Server`], [`Discovering`], [`Scope`] |
//! | log in on another device | [`RequestingDevice`], [`AwaitingDevice`], [`PollingDevice`] |
//! | answer an authentication challenge | [`AuthenticationChallenge`] |
//! | refresh a session, switch its organization | [`Authenticated`], [`Refreshing`]; `workos-login-session` keeps a session fresh |
//! | keep the refresh token in a cookie of the service | [`Client::refresh_cookie`], [`Restoring`], [`RefreshCredential`] |
//! | read the user's data, log out of an authorization server | [`FetchingUserInfo`], [`Revoking`] |
//! | verify access tokens and ID tokens | `keys` (feature `verify` or `verify-rustcrypto`) |
//! | send requests | [`HttpClient`], [`BlockingHttpClient`], [`Exchange`] |
//! | handle errors | [`Error`], [`Refused`], [`SendError`], [`error_codes`] |

mod challenge;
mod client;
mod client_binding;
mod device;
mod discovery;
mod end_user;
mod endpoint;
mod error;
mod escaped;
mod exchange;
mod http_client;
mod ids;
mod jwt_rules;
mod login;
mod open_enum;
mod revocation;
mod scope;
mod server;
mod service;
mod stored;
mod timestamp;
mod user;
mod userinfo;
mod wiped;
mod wire;

pub mod error_codes;
#[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
pub mod keys;
pub mod limits;

pub use crate::challenge::{
    AllowedMethodsChallenge, AuthenticationChallenge, EmailCompletionChallenge,
    EmailVerificationChallenge, MfaEnrollmentChallenge, Organization,
    OrganizationSelectionChallenge, OtherChallenge, RadarEmailChallenge, RadarSmsChallenge,
    SmsVerification, SsoChallenge, TotpChallenge, UnknownChallenge,
};
pub use crate::client::{
    Any, Client, ClientKind, Confidential, OAuth, Organizations, Public, UserManagement,
};
pub use crate::device::{AwaitingDevice, DevicePoll, PollingDevice, RequestingDevice};
pub use crate::discovery::{Discovering, Discovery};
pub use crate::end_user::EndUser;
pub use crate::endpoint::InvalidEndpoint;
pub use crate::error::{
    CallbackMismatch, ClientError, Error, ErrorResponse, Expired, ExpiredKind, Malformed,
    MismatchKind,
};
pub use crate::exchange::{Exchange, Refused, SendError, TransportError};
pub use crate::http_client::{BlockingHttpClient, BoxFuture, ExchangeLimits, HttpClient};
pub use crate::ids::{
    ApiKey, ClientId, ConnectionId, InvalidApiKey, InvalidClientId, InvalidId, OrganizationId,
    SessionId,
};
pub use crate::login::{
    AppStateTooLong, Authenticated, AuthorizationUrl, AwaitingCallback, Callback, CallbackOutcome,
    ConnectionSelector, Exchanging, InvalidRedirectUri, Outcome, Provider, RedirectUri,
    RefreshCredential, RefreshPolicy, Refreshing, ReservedParameter, Restoring, Screen, Start,
};
pub use crate::revocation::Revoking;
pub use crate::scope::{InvalidScope, Scope};
pub use crate::server::Server;
pub use crate::timestamp::Timestamp;
pub use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};
pub use crate::userinfo::FetchingUserInfo;

pub use http;
pub use rand_core;
pub use secrecy;
pub use url;
