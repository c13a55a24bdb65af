#![doc = include_str!("../README.md")]

mod cookies;
mod current;
mod error;
mod extract;
mod handlers;
mod http;
mod in_cookies;
#[cfg(feature = "node-sealed-sessions")]
mod iron;
mod kept;
mod layer;
mod login_parameter;
#[cfg(feature = "node-sealed-sessions")]
mod node;
mod pending;
mod return_to;
mod sealed;
mod sessions;
mod settings;
mod stored;
mod verification;
mod web_auth;

pub use crate::error::BuildError;
pub use crate::extract::{Bearer, BearerRejection, LoggedIn, LoginRequired, StepUpRequired};
pub use crate::layer::{AuthLayer, AuthService};
pub use crate::login_parameter::LoginParameter;
#[cfg(feature = "node-sealed-sessions")]
pub use crate::node::NodeSealedSessions;
pub use crate::sealed::SealedCookies;
pub use crate::sessions::Sessions;
pub use crate::web_auth::{WebAuth, WebAuthBuilder};
pub use workos_login;
pub use workos_login_session::{self, SealingKeys};
