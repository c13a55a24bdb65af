//! A mock WorkOS with fault injection, for tests of logins.
//!
//! **This is not production software.** It has no passwords, and the private keys that sign its
//! tokens are part of its source.
//!
//! [`Server::start`] starts an HTTP server on the loopback interface, on a thread of its own. It
//! stops when the [`Server`] is dropped. A test lets the program under test log in, acts as the
//! user's browser ([`Server::log_in`], [`Server::deny`]), advances the clock
//! ([`Config::set_clock`]), injects faults ([`Server::inject`]) and inspects the requests
//! ([`Server::requests`]).
//!
//! ```
//! use workos_login_mock_server::{Config, Fault, Server};
//!
//! let server = Server::start(Config::default())?;
//!
//! // The program under test makes this URL and opens it in a browser.
//! let authorization_url = format!(
//!     "{}/user_management/authorize?client_id={}&response_type=code&provider=authkit&state=s\
//!      &redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcallback\
//!      &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
//!     server.base_url(),
//!     server.client_id(),
//! );
//! let callback = server.log_in(&authorization_url, "alice@example.com")?;
//! assert!(callback.starts_with("http://127.0.0.1:8080/callback?code="));
//!
//! // The code exchange fails with a TCP reset in the middle of the response.
//! server.inject(Fault::ResetDuring);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Users
//!
//! The default configuration has three [`User`]s: Alice with one organization, Bob with two, Carol
//! with none. Their ids are constants. [`Config`] changes users and behaviour, also while the
//! server runs.
//!
//! # Limits
//!
//! Nothing is written to disk. Each collection in memory is limited to ten thousand entries; the
//! oldest is removed first.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod access_token;
mod browser;
mod clock;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
mod delivery;
mod endpoint;
mod fault;
mod fault_text;
mod gzip;
mod handlers;
mod ids;
mod injection;
mod params;
mod request;
mod request_log;
mod response;
mod server;
mod signer;
mod state;
mod timestamp;
mod user;

pub use config::{Config, LoginPage};
pub use endpoint::{Endpoint, ParseEndpointError};
pub use fault::Fault;
pub use fault_text::ParseFaultError;
pub use injection::Injection;
pub use request::RecordedRequest;
pub use response::MockResponse;
pub use server::Server;
pub use user::{Challenge, Membership, Organization, User};
