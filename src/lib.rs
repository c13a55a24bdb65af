//! Log people in to WorkOS.

mod authenticated;
mod awaiting_callback;
mod callback;
mod client;
mod connect;
mod device;
mod endpoints;
mod error;
mod exchange;
mod exchanging;
mod ids;
mod open_enum;
mod pkce;
mod prepared;
mod redirect_uri;
mod refresh_policy;
mod refreshing;
mod reply;
mod saved;
mod stamp;
mod start;
mod step_up;
mod user;
mod wire;

pub mod answers;
pub mod keeper;
pub mod limits;

pub use crate::authenticated::Authenticated;
pub use crate::awaiting_callback::AwaitingCallback;
pub use crate::callback::Callback;
pub use crate::client::{Auth, Client, Confidential, Connect, Public, UserManagement};
pub use crate::connect::{InvalidScope, Scope, Server};
pub use crate::device::{AwaitingDevice, DevicePoll, PollingDevice, RequestingDevice};
pub use crate::endpoints::InvalidBaseUrl;
pub use crate::error::{Answer, ClientProblem, Denied, Error, Expired, Forged, Malformed};
pub use crate::exchange::{Exchange, Lost, Refused, SendError};
pub use crate::exchanging::{Exchanging, Outcome};
pub use crate::ids::{
    ApiKey, ClientId, ConnectionId, InvalidApiKey, InvalidClientId, InvalidId, OrganizationId,
    SessionId,
};
pub use crate::redirect_uri::{InvalidRedirectUri, RedirectUri};
pub use crate::refresh_policy::RefreshPolicy;
pub use crate::refreshing::Refreshing;
pub use crate::start::{AppStateTooLong, Provider, ReservedParameter, Screen, Start, Via};
pub use crate::step_up::{
    BareStep, CompleteEmail, EnrollMfa, EnterRadarEmailCode, EnterRadarSmsCode, EnterTotp,
    Organization, SelectOrganization, SmsVerification, StepUp, UnknownStep, UseAllowedMethod,
    UseSso, VerifyEmail,
};
pub use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};

pub use http;
pub use rand_core;
pub use secrecy;
pub use url;
