//! A local WorkOS for tests and demonstrations.
//!
//! **This is not production software.** It knows no passwords, its signing key is printed in its
//! source, and it breaks on request. Use it to test a login, or to show one without an account.
//!
//! [`Server::start`] gives a real HTTP server on the loopback interface, on a thread of its own,
//! which stops when the [`Server`] is dropped. A test then lets its program log in, plays the
//! person at the browser ([`Server::log_in`], [`Server::deny`]), puts the clock forward
//! ([`Server::advance`]), lets things go wrong ([`Server::inject`]) and looks at what was sent
//! ([`Server::requests`]).
//!
//! ```
//! use workos_login_mock_server::{Config, Fault, Server};
//!
//! let server = Server::start(Config::default())?;
//!
//! // The program under test makes this address and opens a browser with it.
//! let address = format!(
//!     "{}/user_management/authorize?client_id={}&response_type=code&provider=authkit&state=s\
//!      &redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcallback\
//!      &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
//!     server.base_url(),
//!     server.client_id(),
//! );
//! let callback = server.log_in(&address, "alice@example.com")?;
//! assert!(callback.starts_with("http://127.0.0.1:8080/callback?code="));
//!
//! // Its next call gets a TCP reset in the middle of the answer.
//! server.inject(Fault::ResetDuring);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Who can sign in
//!
//! Three [`User`]s are there from the start: Alice in one organization, Bob in two, Carol in
//! none. Their ids are constants, and all of it can be changed in the [`Config`].
//!
//! # What it keeps
//!
//! Nothing on disk, and no more than ten thousand of anything in memory: the oldest goes first.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod authenticate;
mod authorize;
mod bounded;
mod clock;
mod code_grant;
mod config;
mod connection;
mod device;
mod endpoint;
mod factors;
mod fault;
mod gzip;
mod ids;
mod injection;
mod log;
mod login;
mod logout;
mod page;
mod params;
mod person;
mod refresh_grant;
mod response;
mod route;
mod server;
mod session;
mod spoil;
mod step_up;
mod token;
mod user;
mod world;

pub use config::{Config, LoginPage};
pub use endpoint::{Endpoint, ParseEndpointError};
pub use fault::{Fault, ParseFaultError};
pub use injection::Injection;
pub use log::RecordedRequest;
pub use response::MockResponse;
pub use server::Server;
pub use user::{Challenge, Membership, Organization, User};
