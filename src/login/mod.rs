//! The login: from the authorization request to a session and its refresh.

pub(crate) mod authenticated;
pub(crate) mod authorization_url;
pub(crate) mod awaiting_callback;
pub(crate) mod callback;
mod claims;
pub(crate) mod connection_selector;
pub(crate) mod exchanging;
mod id_token;
mod import;
pub(crate) mod pkce;
pub(crate) mod redirect_uri;
pub(crate) mod refresh_credential;
pub(crate) mod refresh_policy;
pub(crate) mod refreshing;
pub(crate) mod requirements;
pub(crate) mod restoring;
pub(crate) mod start;
mod token_response;

pub use self::authenticated::Authenticated;
pub use self::authorization_url::AuthorizationUrl;
pub use self::awaiting_callback::{AwaitingCallback, CallbackOutcome};
pub use self::callback::Callback;
pub use self::connection_selector::{ConnectionSelector, Provider, Screen};
pub use self::exchanging::{Exchanging, Outcome};
pub use self::redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use self::refresh_credential::RefreshCredential;
pub use self::refresh_policy::RefreshPolicy;
pub use self::refreshing::Refreshing;
pub use self::restoring::Restoring;
pub use self::start::{AppStateTooLong, ReservedParameter, Start};
