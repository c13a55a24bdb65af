//! The kinds of request that can be told apart.

use std::fmt;
use std::str::FromStr;

use crate::authenticate::{AUTHORIZATION_CODE, DEVICE_CODE, REFRESH_TOKEN};
use crate::log::RecordedRequest;
use crate::step_up::STEP_UP_GRANTS;

/// A kind of request, to say where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `authenticate`: every grant, those below included.
    Authenticate,
    /// `code-exchange`: the grant `authorization_code`.
    CodeExchange,
    /// `device-poll`: the device grant.
    DevicePoll,
    /// `device-authorization`: where a device asks for its codes.
    DeviceAuthorization,
    /// `jwks`: the key set.
    Jwks,
    /// `management`: the calls that carry the API key in a header.
    Management,
    /// `pages`: what only a browser asks for: authorize, device page, logout.
    Pages,
    /// `refresh`: the grant `refresh_token`.
    Refresh,
    /// `authentication-challenge`: the service's own grants, which complete a step-up.
    AuthenticationChallenge,
}

impl Endpoint {
    /// What kind of request this is; `None` for a path that the service does not have.
    pub(crate) fn of(request: &RecordedRequest) -> Option<Self> {
        let endpoint = match &*request.path {
            "/user_management/authenticate" => match request.parameter("grant_type").as_deref() {
                Some(AUTHORIZATION_CODE) => Self::CodeExchange,
                Some(REFRESH_TOKEN) => Self::Refresh,
                Some(DEVICE_CODE) => Self::DevicePoll,
                Some(grant) if grant.starts_with(STEP_UP_GRANTS) => Self::AuthenticationChallenge,
                _ => Self::Authenticate,
            },
            "/user_management/authorize/device" => Self::DeviceAuthorization,
            "/user_management/authorize" | "/user_management/sessions/logout" | "/device" => {
                Self::Pages
            }
            path if path.starts_with("/sso/jwks/") => Self::Jwks,
            path if path.starts_with("/user_management/") || path.starts_with("/auth/") => {
                Self::Management
            }
            _ => return None,
        };
        Some(endpoint)
    }

    /// Whether a request of the other kind is one of this kind.
    pub(crate) fn covers(self, other: Self) -> bool {
        let grants = [
            Self::CodeExchange,
            Self::DevicePoll,
            Self::Refresh,
            Self::AuthenticationChallenge,
        ];
        self == other || (self == Self::Authenticate && grants.contains(&other))
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        ALL.into_iter()
            .find(|endpoint| endpoint.to_string() == text)
            .ok_or_else(|| ParseEndpointError(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Authenticate => "authenticate",
            Self::CodeExchange => "code-exchange",
            Self::DevicePoll => "device-poll",
            Self::DeviceAuthorization => "device-authorization",
            Self::Jwks => "jwks",
            Self::Management => "management",
            Self::Pages => "pages",
            Self::Refresh => "refresh",
            Self::AuthenticationChallenge => "authentication-challenge",
        })
    }
}

/// No kind of request goes by this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEndpointError(String);

impl fmt::Display for ParseEndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ALL.map(|endpoint| endpoint.to_string()).join(", ");
        write!(
            formatter,
            "no such kind of request: {:?}; there are {names}",
            self.0
        )
    }
}

impl std::error::Error for ParseEndpointError {}

const ALL: [Endpoint; 9] = [
    Endpoint::Authenticate,
    Endpoint::CodeExchange,
    Endpoint::DevicePoll,
    Endpoint::DeviceAuthorization,
    Endpoint::Jwks,
    Endpoint::Management,
    Endpoint::Pages,
    Endpoint::Refresh,
    Endpoint::AuthenticationChallenge,
];
