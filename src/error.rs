//! Errors, ordered by what the caller does next.
//!
//! [`Error`] has one variant for each reaction of a caller: keep waiting, fix the configuration, start a new login, retry. Which
//! error code leads to which variant is decided in [`error_codes`](crate::error_codes).
//!
//! What the service reports is an [`ErrorResponse`] in every variant, because the error of a callback and the error of the token
//! endpoint have the same members (RFC 6749 sections 4.1.2.1 and 5.2). What this crate rejects by itself has a type for each
//! variant, with a private kind and accessors.
//!
//! A message names the problem and then the remedy. It contains no secret and no response body. What it quotes from a response or
//! a callback is [`Escaped`].

use std::error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use crate::challenge::AuthenticationChallenge;
use crate::escaped::Escaped;
use crate::limits::{MAX_RESPONSE_BYTES, MAX_RETRY_AFTER};
use crate::stored::NO_PENDING_LOGIN;
use crate::timestamp::Timestamp;

/// The reason a transition was refused. The variant says what to do next.
///
/// | variant | cause | the caller | the returned state |
/// |---|---|---|---|
/// | [`AuthenticationChallenge`](Self::AuthenticationChallenge) | the service requires an extra step | answers it, or starts the login that it describes | is in the variant; a refresh keeps its session |
/// | [`CallbackMismatch`](Self::CallbackMismatch) | the callback is not of this login | keeps waiting, unless [`state` matched](CallbackMismatch::state_matched) | is unchanged |
/// | [`Client`](Self::Client) | the configuration, or a state of another client | fixes it | is unchanged |
/// | [`Denied`](Self::Denied) | the user or the service denied the login | tells the user, starts a new login | is of no further use |
/// | [`Expired`](Self::Expired) | the pending login or the device code has expired | starts a new login | is of no further use |
/// | [`IncorrectCode`](Self::IncorrectCode) | the one-time code is incorrect | asks for the code again | is unchanged |
/// | [`InvalidGrant`](Self::InvalidGrant) | the code or the token is invalid | starts a new login | is of no further use |
/// | [`Malformed`](Self::Malformed) | a response or a callback violates the protocol | reports it; after a refresh, treats the response as lost | is unchanged |
/// | [`NoPendingLogin`](Self::NoPendingLogin) | no pending login is stored | starts a new login | does not exist |
/// | [`Rejected`](Self::Rejected) | an error code that this crate does not know | reports it | is unchanged |
/// | [`Unavailable`](Self::Unavailable) | 408, 429, 5xx, or such an error in a callback | waits for [`retry_in`](Self::retry_in) and retries; without it, starts a new login later | has its request to send |
///
/// [`error_codes`](crate::error_codes) lists which error code leads to which variant.
///
/// Neither `Display` nor `Debug` shows a token, a code, a `state`, a response body or an `error_description`, which can quote the
/// authorization code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The service requires an authentication challenge.
    AuthenticationChallenge(Box<AuthenticationChallenge>),
    /// The callback does not match the pending login. Keep waiting, unless its [`state` matched](CallbackMismatch::state_matched).
    CallbackMismatch(CallbackMismatch),
    /// The configuration is wrong, or the state is bound to another client.
    Client(ClientError),
    /// The user, the identity provider or the service denied the login. Its [`code`](ErrorResponse::code) is most often
    /// `access_denied`; the set is open.
    Denied(ErrorResponse),
    /// The pending login or the device code has expired.
    Expired(Expired),
    /// The one-time code is incorrect. The authentication challenge can be answered again.
    IncorrectCode(ErrorResponse),
    /// The authorization code, the device code, the refresh token or the challenge is invalid.
    InvalidGrant(ErrorResponse),
    /// A response or a callback violates the protocol.
    Malformed(Malformed),
    /// No pending login is stored for this callback.
    ///
    /// The code that stores pending logins returns it: `load(id)?.ok_or(Error::NoPendingLogin)?`. Reading a stored `null` as an
    /// [`AwaitingCallback`](crate::AwaitingCallback) has the same message.
    NoPendingLogin,
    /// The service rejected the request with an error code that this crate does not know, or with none.
    Rejected(ErrorResponse),
    /// The service is temporarily unavailable.
    ///
    /// After an exchange, the same request can be sent again. After a callback with `temporarily_unavailable` or `server_error`
    /// there is no request to send again: [`retry_in`](Self::retry_in) is `None`, and the user can start a new login later.
    Unavailable(ErrorResponse),
}

impl Error {
    /// Returns how long to wait before the same request can be sent again; `None` if it must not be.
    ///
    /// It is the `Retry-After` of the response (RFC 9110 section 10.2.3), or one second without it, and at most
    /// [`MAX_RETRY_AFTER`].
    #[must_use]
    pub fn retry_in(&self, now: SystemTime) -> Option<Duration> {
        match self {
            Self::Unavailable(response) if response.kind != ResponseKind::Authorization => {
                let wait = match response.retry_at {
                    Some(at) => at.ahead_of(now),
                    None => Duration::from_secs(1),
                };
                // A program that obeyed any `Retry-After` could be suspended for years by one header.
                Some(wait.min(MAX_RETRY_AFTER))
            }
            _ => None,
        }
    }

    /// Returns the error response of the service, if it sent one.
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Client(error) => error.error_response(),
            Self::Expired(expired) => expired.error_response(),
            Self::Denied(response)
            | Self::IncorrectCode(response)
            | Self::InvalidGrant(response)
            | Self::Rejected(response)
            | Self::Unavailable(response) => Some(response),
            Self::AuthenticationChallenge(_)
            | Self::CallbackMismatch(_)
            | Self::Malformed(_)
            | Self::NoPendingLogin => None,
        }
    }

    /// Returns the `x-request-id` of the response, which the service's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::AuthenticationChallenge(challenge) => challenge.request_id(),
            Self::Malformed(malformed) => malformed.request_id(),
            error => error.error_response()?.request_id(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthenticationChallenge(challenge) => write!(
                f,
                "service requires an authentication challenge ({}); answer it, or start a new login",
                Escaped(challenge.code())
            ),
            Self::CallbackMismatch(mismatch) => mismatch.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::Denied(response) => response.denied(f),
            Self::Expired(expired) => expired.fmt(f),
            Self::IncorrectCode(response) => write!(
                f,
                "one-time code is incorrect ({}); enter it again",
                response.reason()
            ),
            Self::InvalidGrant(response) => response.invalid_grant(f),
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::NoPendingLogin => f.write_str(NO_PENDING_LOGIN),
            Self::Rejected(response) => response.rejected(f),
            Self::Unavailable(response) => response.unavailable(f),
        }
    }
}

// There is no `source`: the message of a variant is already that of its part, and would be shown twice.
impl error::Error for Error {}

/// An error response of the service: the body of a response that is not a success, or the `error` of a callback.
#[derive(Clone)]
pub struct ErrorResponse {
    pub(crate) kind: ResponseKind,
    pub(crate) status: Option<StatusCode>,
    pub(crate) code: Option<Box<str>>,
    pub(crate) description: Option<SecretString>,
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) retry_at: Option<Timestamp>,
}

/// The request that an error response belongs to. The meaning of an error code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    /// A callback, which RFC 6749 calls an authorization response.
    Authorization,
    ChallengeAnswer,
    CodeExchange,
    DeviceAuthorization,
    DevicePoll,
    Discovery,
    #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
    Jwks,
    OrganizationSwitch,
    Refresh,
    Revocation,
    UserInfo,
}

impl ResponseKind {
    /// Returns the media types of a success; none if its body is not read.
    pub(crate) fn media_types(self) -> &'static [&'static str] {
        match self {
            // RFC 7517 section 8.5.1; most servers send the other one.
            #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
            Self::Jwks => &["application/jwk-set+json", "application/json"],
            // RFC 7009 section 2.2: the client ignores the body.
            Self::Revocation => &[],
            _ => &["application/json"],
        }
    }
}

impl ErrorResponse {
    /// Returns the HTTP status; `None` for a callback. The status alone ends no session.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the error code exactly as the service wrote it: the `code` of the body, else its `error`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns the `message` or the `error_description`. It can quote a code or a token: do not log or print it.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(|text| text.expose_secret())
    }

    /// Returns the `x-request-id` of the response, which the service's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    fn reason(&self) -> Reason<'_> {
        Reason(self)
    }

    fn denied(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, remedy) = match self.kind {
            ResponseKind::ChallengeAnswer | ResponseKind::OrganizationSwitch => {
                ("organization", "choose another organization")
            }
            ResponseKind::Refresh => ("refresh", "log in again"),
            ResponseKind::Authorization
            | ResponseKind::CodeExchange
            | ResponseKind::DeviceAuthorization
            | ResponseKind::DevicePoll => ("login", "start a new login"),
            ResponseKind::Discovery | ResponseKind::Revocation | ResponseKind::UserInfo => {
                ("request", "check the issuer or the endpoint")
            }
            #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
            ResponseKind::Jwks => ("request", "check the client ID or the JWKS URI"),
        };
        write!(f, "{what} was denied ({}); {remedy}", self.reason())
    }

    fn invalid_grant(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        match self.kind {
            ResponseKind::Authorization | ResponseKind::CodeExchange => write!(
                f,
                "authorization code is invalid ({reason}): it was used, has expired, was issued to another client, or does not \
                 match the code verifier; start a new login"
            ),
            ResponseKind::ChallengeAnswer => write!(
                f,
                "authentication challenge can no longer be answered ({reason}); start a new login"
            ),
            ResponseKind::DeviceAuthorization | ResponseKind::DevicePoll => {
                write!(f, "device code is invalid ({reason}); start a new login")
            }
            ResponseKind::OrganizationSwitch => write!(
                f,
                "organization switch was rejected ({reason}) and the session is unchanged; log in to the organization instead"
            ),
            ResponseKind::Refresh => write!(f, "session has ended ({reason}); log in again"),
            ResponseKind::Discovery | ResponseKind::Revocation | ResponseKind::UserInfo => {
                write!(f, "request was rejected ({reason}); log in again")
            }
            #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
            ResponseKind::Jwks => write!(
                f,
                "request was rejected ({reason}); check the client ID or the JWKS URI"
            ),
        }
    }

    fn rejected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        match self.kind {
            ResponseKind::Discovery => {
                return write!(
                    f,
                    "authorization server publishes no metadata ({reason}); check the issuer, or set the endpoints"
                );
            }
            ResponseKind::UserInfo => {
                return write!(
                    f,
                    "userinfo endpoint rejected the access token ({reason}); refresh the session, or request another scope"
                );
            }
            _ => {}
        }
        f.write_str("service rejected the request")?;
        if let Some(status) = self.status {
            write!(f, " with status {}", status.as_u16())?;
        }
        match self.code() {
            Some(code) => write!(
                f,
                " and the unknown error code {}; see the documentation of the service",
                Escaped(code)
            ),
            None => f.write_str(" and no error code; check the base URL or the endpoint"),
        }
    }

    fn unavailable(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = match self.kind {
            ResponseKind::Authorization => "start a new login later",
            _ => "retry later",
        };
        let reason = self.reason();
        write!(f, "service is temporarily unavailable ({reason}); {remedy}")
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("code", &self.code().map(Escaped))
            .field("request_id", &self.request_id().map(Escaped))
            .finish_non_exhaustive()
    }
}

/// The error code, or the status of a response without one.
struct Reason<'a>(&'a ErrorResponse);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.code(), self.0.status) {
            (Some(code), _) => Escaped(code).fmt(f),
            (None, Some(status)) => write!(f, "status {}", status.as_u16()),
            (None, None) => f.write_str("no error code"),
        }
    }
}

/// A callback that does not match the pending login.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackMismatch {
    kind: MismatchKind,
    expected_issuer: Option<Box<str>>,
    received_issuer: Option<Box<str>>,
}

/// The check of a callback that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MismatchKind {
    /// `iss` is another issuer than that of the login (RFC 9207 section 2.4).
    Issuer,
    /// `iss` is missing, although the authorization server always sends it (RFC 9207 section 2.4).
    MissingIssuer,
    /// `state` is missing.
    MissingState,
    /// The callback came to another URI than the redirect URI.
    RedirectUri,
    /// `state` is not that of the login.
    State,
}

impl CallbackMismatch {
    pub(crate) fn issuer(received: Option<&str>, expected: &str) -> Self {
        Self {
            kind: match received {
                Some(_) => MismatchKind::Issuer,
                None => MismatchKind::MissingIssuer,
            },
            expected_issuer: Some(expected.into()),
            received_issuer: received.map(Into::into),
        }
    }

    /// Returns which check failed.
    #[must_use]
    pub fn kind(&self) -> MismatchKind {
        self.kind
    }

    /// Returns whether `state` matched and a later check failed.
    ///
    /// The callback is then the response to this login, and no other one is to be expected: start a new login. Otherwise, keep
    /// waiting.
    #[must_use]
    pub fn state_matched(&self) -> bool {
        match self.kind {
            // `state` is compared first, so every later mismatch has the `state` of this login.
            MismatchKind::Issuer | MismatchKind::MissingIssuer | MismatchKind::RedirectUri => true,
            MismatchKind::MissingState | MismatchKind::State => false,
        }
    }

    /// Returns the issuer of the login, if that of the callback is another one or missing.
    #[must_use]
    pub fn expected_issuer(&self) -> Option<&str> {
        self.expected_issuer.as_deref()
    }

    /// Returns the `iss` of the callback, if it is not the issuer of the login.
    #[must_use]
    pub fn received_issuer(&self) -> Option<&str> {
        self.received_issuer.as_deref()
    }
}

impl From<MismatchKind> for CallbackMismatch {
    fn from(kind: MismatchKind) -> Self {
        Self {
            kind,
            expected_issuer: None,
            received_issuer: None,
        }
    }
}

impl fmt::Display for CallbackMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = Escaped(self.expected_issuer().unwrap_or_default());
        match self.kind {
            MismatchKind::Issuer => {
                let received = Escaped(self.received_issuer().unwrap_or_default());
                write!(
                    f,
                    "callback is from the issuer {received}, expected {expected}"
                )?;
            }
            MismatchKind::MissingIssuer => {
                write!(f, "callback has no iss, which {expected} always sends")?;
            }
            MismatchKind::MissingState => f.write_str("callback has no state")?,
            MismatchKind::RedirectUri => {
                f.write_str("callback came to another URI than the redirect URI")?;
            }
            MismatchKind::State => f.write_str("callback has the state of another login")?,
        }
        f.write_str(if self.state_matched() {
            "; start a new login"
        } else {
            "; keep waiting for the callback of this login"
        })
    }
}

impl fmt::Debug for CallbackMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackMismatch")
            .field("kind", &self.kind)
            .field("expected_issuer", &self.expected_issuer().map(Escaped))
            .field("received_issuer", &self.received_issuer().map(Escaped))
            .finish()
    }
}

/// A client error: the configuration is wrong, or a state was used with another client.
#[derive(Clone, Debug)]
pub struct ClientError(pub(crate) ClientErrorKind);

#[derive(Clone, Debug)]
pub(crate) enum ClientErrorKind {
    Binding {
        state: Box<str>,
        client: Box<str>,
    },
    NoDeviceAuthorizationEndpoint,
    #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
    NoJwksUri,
    NoOrganizations,
    NoRefreshToken,
    NoRevocationEndpoint,
    NoUserInfoEndpoint,
    Response(ErrorResponse),
}

impl ClientError {
    /// Returns the error response, if the service reported the error.
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        match &self.0 {
            ClientErrorKind::Response(response) => Some(response),
            _ => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ClientErrorKind::Binding { state, client } => write!(
                f,
                "state is bound to {}, not to {}; use the client that created it",
                Escaped(state),
                Escaped(client)
            ),
            ClientErrorKind::NoDeviceAuthorizationEndpoint => f.write_str(
                "server has no device authorization endpoint; set it, or log in with a browser",
            ),
            #[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
            ClientErrorKind::NoJwksUri => {
                f.write_str("server has no JWKS URI; set it to verify tokens")
            }
            ClientErrorKind::NoOrganizations => f.write_str(
                "an authorization server has no organizations to switch to; start a new login",
            ),
            ClientErrorKind::NoRefreshToken => f.write_str(
                "session has no refresh token; request the scope offline_access and log in again",
            ),
            ClientErrorKind::NoRevocationEndpoint => f.write_str(
                "server has no revocation endpoint; set it, or log out at the end-session endpoint",
            ),
            ClientErrorKind::NoUserInfoEndpoint => {
                f.write_str("server has no userinfo endpoint; set it to fetch the user's data")
            }
            ClientErrorKind::Response(response) => write!(
                f,
                "service rejected the client ({}); {}",
                response.reason(),
                client_remedy(response)
            ),
        }
    }
}

/// The remedy of a client error. It names no dashboard, because the service can be any authorization server.
fn client_remedy(response: &ErrorResponse) -> &'static str {
    match response.code().unwrap_or_default() {
        "access_denied" => "enable the device authorization grant at the service",
        "invalid_client" | "unauthorized" => {
            "check the client ID, and the API key of a confidential client"
        }
        "invalid_organization_id" => "check the organization ID",
        "invalid_scope" => {
            "request other scopes with `Scope`, or with `provider_scopes` at an identity provider"
        }
        "pkce_not_supported"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "unsupported_response_type" => "enable this grant for the client at the service",
        "unsupported_token_type" => "log out at the end-session endpoint instead",
        "token_too_big" => "reduce the custom claims of the access token",
        _ if response.kind == ResponseKind::Authorization => {
            "check the options of the login and its redirect URI"
        }
        _ => "check the client ID, and the base URL or the endpoints",
    }
}

/// A pending login or a device code that has expired.
#[derive(Clone, Debug)]
pub struct Expired {
    kind: ExpiredKind,
    response: Option<ErrorResponse>,
}

/// The state or code that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpiredKind {
    /// The device code: by its lifetime, or by the error code `expired_token` (RFC 8628 section 3.5).
    DeviceCode,
    /// The pending login.
    PendingLogin,
}

impl Expired {
    pub(crate) fn device_code(response: ErrorResponse) -> Self {
        Self {
            kind: ExpiredKind::DeviceCode,
            response: Some(response),
        }
    }

    /// Returns what has expired.
    #[must_use]
    pub fn kind(&self) -> ExpiredKind {
        self.kind
    }

    /// Returns the error response, if the service reported the expiry.
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        self.response.as_ref()
    }
}

impl From<ExpiredKind> for Expired {
    fn from(kind: ExpiredKind) -> Self {
        Self {
            kind,
            response: None,
        }
    }
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ExpiredKind::DeviceCode => "device code has expired; start a new login",
            ExpiredKind::PendingLogin => "pending login has expired; start a new login",
        })
    }
}

/// A response or a callback that violates the protocol.
#[derive(Clone)]
pub struct Malformed {
    kind: MalformedKind,
    status: Option<StatusCode>,
    request_id: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MalformedKind {
    Body(MalformedBody),
    CallbackTooLong(&'static str, usize),
    CodeAndError,
    /// The media type of a response that is not `application/json`; `None` if it has none.
    ContentType(Option<Box<str>>),
    Duplicate(&'static str),
    IdToken(&'static str),
    Missing(&'static str),
    NeitherCodeNorError,
    /// Server metadata of another issuer than the one that was asked for.
    OtherIssuer {
        expected: Box<str>,
        received: Box<str>,
    },
    OtherOrganization,
    OtherUser,
    /// The host of the `Location`; `None` if it is relative or missing.
    Redirect(Option<Box<str>>),
    ResponseTooLong,
    StaleAuthentication,
}

/// The reason a body is not the expected JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MalformedBody {
    ByteOrderMark,
    Compressed,
    Empty,
    Html,
    Json,
}

impl Malformed {
    pub(crate) fn response(
        kind: MalformedKind,
        status: StatusCode,
        request_id: Option<Box<str>>,
    ) -> Self {
        Self {
            kind,
            status: Some(status),
            request_id,
        }
    }

    /// Returns the HTTP status; `None` for a callback.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the media type of a response that was rejected because it is not `application/json`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        match &self.kind {
            MalformedKind::ContentType(content_type) => content_type.as_deref(),
            _ => None,
        }
    }

    /// Returns the host that a redirect points to.
    #[must_use]
    pub fn redirect_host(&self) -> Option<&str> {
        match &self.kind {
            MalformedKind::Redirect(host) => host.as_deref(),
            _ => None,
        }
    }

    /// Returns whether the response to a refresh is for another organization than requested.
    ///
    /// The session keeps its organization, and has the refresh token of the response.
    #[must_use]
    pub fn is_other_organization(&self) -> bool {
        self.kind == MalformedKind::OtherOrganization
    }

    /// Returns the `x-request-id` of the response, which the service's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    fn remedy(&self) -> &'static str {
        match &self.kind {
            MalformedKind::Body(MalformedBody::Compressed) => {
                "decompress it in the HTTP client, or send no accept-encoding"
            }
            MalformedKind::CallbackTooLong(..)
            | MalformedKind::CodeAndError
            | MalformedKind::Duplicate(_)
            | MalformedKind::NeitherCodeNorError => "ignore it and keep waiting",
            MalformedKind::Body(_)
            | MalformedKind::ContentType(_)
            | MalformedKind::Redirect(_)
            | MalformedKind::ResponseTooLong => {
                "check the base URL or the endpoint, and proxies in between"
            }
            MalformedKind::IdToken(_) | MalformedKind::Missing(_) => "report it to the service",
            MalformedKind::OtherIssuer { .. } => "spell the issuer as the server does",
            MalformedKind::OtherOrganization => {
                "the session keeps its organization; switch the organization to change it"
            }
            MalformedKind::OtherUser => "the session is unchanged; log in again",
            MalformedKind::StaleAuthentication => "start a new login",
        }
    }
}

impl From<MalformedKind> for Malformed {
    fn from(kind: MalformedKind) -> Self {
        Self {
            kind,
            status: None,
            request_id: None,
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let Some(status) = self.status {
            write!(f, " (status {})", status.as_u16())?;
        }
        write!(f, "; {}", self.remedy())
    }
}

impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Malformed")
            // Through `Display`, which escapes what it quotes from the response.
            .field("kind", &format_args!("{}", self.kind))
            .field("status", &self.status)
            .field("request_id", &self.request_id().map(Escaped))
            .finish()
    }
}

impl fmt::Display for MalformedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(body) => body.fmt(f),
            Self::CallbackTooLong(part, limit) => {
                write!(f, "callback has a {part} longer than {limit} bytes")
            }
            Self::CodeAndError => f.write_str("callback has both code and error"),
            Self::ContentType(None) => f.write_str("response has no content type"),
            Self::ContentType(Some(content_type)) => write!(
                f,
                "response has the content type {}, expected application/json",
                Escaped(content_type)
            ),
            Self::Duplicate(name) => write!(f, "callback has more than one {name}"),
            Self::IdToken(problem) => write!(f, "response has an ID token that {problem}"),
            Self::Missing(name) => write!(f, "response has no valid {name}"),
            Self::NeitherCodeNorError => f.write_str("callback has neither code nor error"),
            Self::OtherIssuer { expected, received } => write!(
                f,
                "server metadata is of the issuer {}, expected {}",
                Escaped(received),
                Escaped(expected)
            ),
            Self::OtherOrganization => {
                f.write_str("response is for another organization than requested")
            }
            Self::OtherUser => f.write_str("response is for another user than the session"),
            Self::Redirect(None) => f.write_str("response is a redirect, which is not followed"),
            Self::Redirect(Some(host)) => write!(
                f,
                "response is a redirect to {}, which is not followed",
                Escaped(host)
            ),
            Self::ResponseTooLong => {
                write!(f, "response body is longer than {MAX_RESPONSE_BYTES} bytes")
            }
            Self::StaleAuthentication => {
                f.write_str("response is for an authentication that is older than max_age")
            }
        }
    }
}

impl fmt::Display for MalformedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "response body begins with a byte order mark",
            Self::Compressed => "response body is compressed",
            Self::Empty => "response body is empty",
            Self::Html => "response body is HTML",
            Self::Json => "response body is not the expected JSON object",
        })
    }
}

/// Makes what returns only one kind of error convertible into [`Error`].
macro_rules! variants {
    ($($variant:ident($part:ident)),+ $(,)?) => {
        $(
            impl From<$part> for Error {
                fn from(part: $part) -> Self {
                    Self::$variant(part)
                }
            }

            impl error::Error for $part {}
        )+
    };
}

variants! {
    CallbackMismatch(CallbackMismatch),
    Client(ClientError),
    Expired(Expired),
    Malformed(Malformed),
}
