//! Log people in to WorkOS (AuthKit, User Management) from programs that cannot keep a secret.
//!
//! Terminal tools, desktop, mobile and single-page applications: OAuth 2.0 authorization code with PKCE,
//! device flow, refresh, logout. And the same with a secret beside PKCE, for servers. The crate is **sans-IO**: typed
//! states make `http::Request` values and take responses. It opens no socket, reads no clock, draws no randomness.
//!
//! ```text
//!         Client<Public> | Client<Confidential> | Client<OAuth>
//!            login(..) │                  │ device()
//!                      ▼                  ▼
//!                    Start          RequestingDevice ~ HTTP
//!    begin(now, rng)   │                  ▼
//!       url to open ◀──┤            AwaitingDevice ◀──────┐
//!                      ▼                  │ poll          │ Pending
//!             AwaitingCallback ◀┐         ▼               │
//!                      │ accept │   PollingDevice ~ HTTP ─┤
//!                      ├────────┘         │ Done          │
//!                      ▼  CallbackMismatch          │               │
//!              Exchanging ~ HTTP ◀────────┼── answer ── AuthenticationChallenge
//!                      │                  │               ▲
//!                      └──── Outcome ◀────┘───────────────┘
//!                               ▼
//!                         Authenticated ── refresh ─▶ Refreshing ~ HTTP ─▶ Authenticated
//!                               │ logout_url
//!                               ▼
//!                          url to open
//! ```
//!
//! There are two kinds of state. One **rests** until a person or the clock does something: it can be stored and read
//! back, by another process or a later version. The other **talks**: it owes the network one HTTP exchange, gives one
//! request and takes one response, through the trait [`Exchange`]. An adapter is one function over that trait; there
//! are ready ones for reqwest, ureq and hyper.
//!
//! # A whole login
//!
//! Without I/O the example needs no network: here the service answers with what was written down before.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use workos_login::{AwaitingCallback, Callback, Client, Exchange, Screen, ConnectionSelector};
//!
//! let client = Client::public("client_123".parse()?);
//!
//! // Start → AwaitingCallback: one value to open in the browser, one value to keep.
//! let (url, pending) = client
//!     .login(ConnectionSelector::AuthKit(Screen::SignIn), "http://127.0.0.1:8080/callback".parse()?)
//!     .begin(SystemTime::now(), &mut rand::rng());
//! let stored = serde_json::to_string(&pending)?;
//!
//! // The user logs in, and the browser comes back. This process may be another one by then.
//! # let url = workos_login::url::Url::from(url);
//! # let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
//! let address = format!("http://127.0.0.1:8080/callback?code=abc&state={state}");
//! let pending: AwaitingCallback = serde_json::from_str(&stored)?;
//!
//! // AwaitingCallback → Exchanging: one request to send.
//! let exchanging = pending.accept(&client, Callback::parse(&address)?, SystemTime::now())?;
//! let request: http::Request<Vec<u8>> = exchanging.request();
//! assert_eq!(request.uri(), "https://api.workos.com/user_management/authenticate");
//!
//! // Exchanging → Authenticated: one response to take.
//! let response = http::Response::builder()
//!     .header("content-type", "application/json")
//!     .body(r#"{"user": {"id": "user_1", "first_name": "Nadia"}, "access_token": "a", "refresh_token": "r"}"#)?;
//! let session = exchanging.response(response, SystemTime::now())?.authenticated()?;
//! assert_eq!(session.user().first_name(), Some("Nadia"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a caller can rely on
//!
//! * **Nothing is lost by a refusal.** A forged callback, a 503 or a broken connection gives the state back: [`Refused`].
//! * **Only the moves that the protocol allows compile.** A pending login cannot be used twice, a public client has
//!   nowhere to put a secret.
//! * **Everything that waits can be stored.** A login, a device and a session are refused by a client that they do not belong to.
//! * **No secret is shown**: not by `Debug` or `Display`, not in an error, not in a panic. What the types here hold is wiped
//!   from memory when it is dropped; what was handed out (a request, an address, a stored form) is the caller's.
//! * **No input panics or grows memory without a bound**: [`limits`] has the numbers.
//! * **A live session is not lost** to a race, a lost answer, a crash or a bad minute: [`session`].
//!
//! # Which type for what
//!
//! | to | use |
//! |---|---|
//! | log in from a browser | [`Client::public`], [`Start`], [`AwaitingCallback`], [`Exchanging`] |
//! | log in where there is no browser | [`AwaitingDevice`] |
//! | log in on a server | [`Client::confidential`], and bind the pending login to the browser: [`AwaitingCallback`] |
//! | log in to a standard OAuth server | [`Client::oauth`], [`Server`] |
//! | take another step when the service asks | [`AuthenticationChallenge`] |
//! | keep a session alive | [`session::Machine`], and `workos-login-session` to drive it |
//! | know what to do about an error | [`Error`], [`error_codes`] |

mod challenge;
mod client;
mod device;
mod error;
mod exchange;
mod http_client;
mod ids;
mod login;
mod open_enum;
mod service;
mod stored;
mod texts;
mod timestamp;
mod user;
mod wire;

pub mod error_codes;
pub mod limits;
pub mod session;

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
    RefreshPolicy, Refreshing, ReservedParameter, Screen, Start,
};
pub use crate::service::{InvalidEndpoint, InvalidScope, Scope, Server};
pub use crate::timestamp::Timestamp;
pub use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};

pub use http;
pub use rand_core;
pub use secrecy;
pub use url;
