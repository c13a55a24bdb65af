//! Logs users in to an [axum](axum) web server: routes, sealed session cookies, refresh and extractors.
//!
//! ```no_run
#![doc = include_str!("program.rs.txt")]
//! ```
//!
//! # Cookies
//!
//! | cookie | content | lifetime |
//! |---|---|---|
//! | `__Host-workos-session`, and `….1` to `….7` past 3.8 kB | the sealed session, or the key of a session in a store | [`session_ttl`](WebAuthBuilder::session_ttl) |
//! | `__Host-workos-login-…`, one for each pending login, at most 4 | the sealed pending login and the page to return to | 10 minutes |
//!
//! All are `HttpOnly`, `Secure` and `SameSite=Lax`. A redirect URI on plain http with a loopback host, for development, has cookies without
//! `Secure` and without the prefix. Sealed cookies are AES-256-GCM; cookie name, client ID and issuer are in the associated data. A cookie that
//! does not open means "not logged in", and is deleted.
//!
//! # Refresh
//!
//! The layer refreshes a session that is due before the handler runs, once for all parallel requests of a process. A request that still
//! carries the cookie of before the refresh is served, for 60 seconds after the first request with the new one.
//! A session outlives a lost response and an outage of the service: with [`SealedCookies`] within one process, with a
//! [`StoreFactory`](workos_login_session::StoreFactory) across replicas and restarts.
//!
//! # Logout
//!
//! A logout clears the cookies and the store, and redirects to the session logout URL. It is a `POST`, or a `GET` with
//! the token of [`LoggedIn::logout_path`], so that another site cannot cause it. A copy of a sealed cookie that was made before the
//! logout opens until the session ends at the service; a session in a store is rejected at once.
//!
//! # Limits
//!
//! * While a store cannot be reached, a session is served by the processes that have served it within the last hour, until its access token
//!   expires. Every other request that needs a session gets 503.
//! * A session that is longer than 8 cookies is rejected by [`SealedCookies`] with an error that is logged: use a store.
//! * A code exchange whose response is lost is not repeated, because a code can be used once. The page says so, and its link logs in again.
//! * After a refresh that the service responds to with an authentication challenge, the user is logged in until the access token expires.
//!   The next login leads through the challenge; a logout still ends the session.
//! * The paths `/login` and `/logout` and the names of the cookies are fixed.

mod cookies;
mod current;
mod error;
mod extract;
mod handlers;
mod http;
mod kept;
mod layer;
mod pending;
mod return_to;
mod sealed;
mod sessions;
mod stored;
mod web_auth;

pub use crate::error::BuildError;
pub use crate::extract::{Bearer, BearerRejection, LoggedIn, LoginRequired, StepUpRequired};
pub use crate::layer::{AuthLayer, AuthService};
pub use crate::sealed::SealedCookies;
pub use crate::sessions::Sessions;
pub use crate::web_auth::{LoginParameter, WebAuth, WebAuthBuilder};
pub use workos_login;
pub use workos_login_session::{self, SealingKeys};
