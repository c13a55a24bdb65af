//! [`Endpoint`]: the kinds of request to which a fault can be limited.
//!
//! All grants share one path, the token endpoint. They are told apart by `grant_type` in the body,
//! because a test usually means one of them.

use std::fmt;
use std::str::FromStr;

use crate::request::RecordedRequest;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `authenticate`: the token endpoint with any grant, including the four kinds below that have
    /// a variant of their own.
    Authenticate,
    /// `authentication-challenge`: WorkOS's own grants, which complete an authentication
    /// challenge.
    AuthenticationChallenge,
    /// `code-exchange`: the grant `authorization_code`.
    CodeExchange,
    /// `device-authorization`: the device authorization request (RFC 8628 section 3.1).
    DeviceAuthorization,
    /// `device-poll`: the device code grant.
    DevicePoll,
    /// `jwks`: the signing keys.
    Jwks,
    /// `management`: the requests that carry the API key in `Authorization`.
    Management,
    /// `pages`: the requests of a browser: authorization endpoint, device page, session logout
    /// URL.
    Pages,
    /// `refresh`: the grant `refresh_token`.
    Refresh,
}

impl Endpoint {
    /// Returns the kind of a request, or `None` for a path that the service does not have.
    pub(crate) fn of(request: &RecordedRequest) -> Option<Self> {
        let endpoint = match &*request.path {
            "/user_management/authenticate" => match request.parameter("grant_type").as_deref() {
                Some(grant_type::AUTHORIZATION_CODE) => Self::CodeExchange,
                Some(grant_type::REFRESH_TOKEN) => Self::Refresh,
                Some(grant_type::DEVICE_CODE) => Self::DevicePoll,
                Some(grant) if grant.starts_with(grant_type::WORKOS) => {
                    Self::AuthenticationChallenge
                }
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

    /// Returns whether `other` is this kind or one of its grants.
    pub(crate) fn includes(self, other: Self) -> bool {
        let grants = [
            Self::AuthenticationChallenge,
            Self::CodeExchange,
            Self::DevicePoll,
            Self::Refresh,
        ];
        self == other || (self == Self::Authenticate && grants.contains(&other))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::AuthenticationChallenge => "authentication-challenge",
            Self::CodeExchange => "code-exchange",
            Self::DeviceAuthorization => "device-authorization",
            Self::DevicePoll => "device-poll",
            Self::Jwks => "jwks",
            Self::Management => "management",
            Self::Pages => "pages",
            Self::Refresh => "refresh",
        }
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, ParseEndpointError> {
        ALL.into_iter()
            .find(|endpoint| endpoint.name() == text)
            .ok_or_else(|| ParseEndpointError(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The error of parsing an [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseEndpointError(String);

impl fmt::Display for ParseEndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ALL.map(Endpoint::name).join(", ");
        write!(
            formatter,
            "unknown endpoint {:?}; use one of {names}",
            self.0
        )
    }
}

impl std::error::Error for ParseEndpointError {}

/// The values of `grant_type`.
pub(crate) mod grant_type {
    pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
    pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
    /// The prefix of the grants that complete an authentication challenge.
    pub(crate) const WORKOS: &str = "urn:workos:oauth:grant-type:";
}

const ALL: [Endpoint; 9] = [
    Endpoint::Authenticate,
    Endpoint::AuthenticationChallenge,
    Endpoint::CodeExchange,
    Endpoint::DeviceAuthorization,
    Endpoint::DevicePoll,
    Endpoint::Jwks,
    Endpoint::Management,
    Endpoint::Pages,
    Endpoint::Refresh,
];
