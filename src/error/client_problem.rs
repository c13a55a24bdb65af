//! A mistake on this side.

use std::fmt;

use crate::error::{ErrorResponse, Shown};

/// A mistake on this side: configuration, or a state used with the wrong client.
#[derive(Clone, Debug)]
pub struct ClientError(pub(crate) ClientErrorKind);

#[derive(Clone, Debug)]
pub(crate) enum ClientErrorKind {
    Answered(ErrorResponse),
    NoDeviceEndpoint,
    NoOrganizations,
    NoRefreshToken,
    OtherClient { state: Box<str>, client: Box<str> },
}

impl ClientError {
    /// Returns the service's answer, when it is the service that noticed.
    #[must_use]
    pub fn answer(&self) -> Option<&ErrorResponse> {
        match &self.0 {
            ClientErrorKind::Answered(answer) => Some(answer),
            ClientErrorKind::NoDeviceEndpoint
            | ClientErrorKind::NoOrganizations
            | ClientErrorKind::NoRefreshToken
            | ClientErrorKind::OtherClient { .. } => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ClientErrorKind::Answered(answer) => {
                let code = answer.code().unwrap_or_default();
                write!(f, "the service refused this client ({}): ", Shown(code))?;
                f.write_str(match code {
                    "access_denied" => "switch the device login on for this team in the WorkOS dashboard",
                    "invalid_client" => "check the client id, and the API key of a confidential client",
                    "pkce_not_supported" | "unauthorized_client" => {
                        "check in the WorkOS dashboard that this client may use this grant"
                    }
                    "token_too_big" => "make the custom claims of the token smaller",
                    _ => "the request is not what the service expects; check the client id and the base URL",
                })
            }
            ClientErrorKind::NoDeviceEndpoint => f.write_str("this server has no device authorization endpoint: set it, or log in with a browser"),
            ClientErrorKind::NoOrganizations => f.write_str("a standard OAuth server has no organizations to move between: begin a new login"),
            ClientErrorKind::NoRefreshToken => {
                f.write_str("the session has no refresh token: ask for the scope offline_access, and sign in again")
            }
            ClientErrorKind::OtherClient { state, client } => write!(
                f,
                "this state belongs to {}, not to {}: use the client that began it",
                Shown(state),
                Shown(client)
            ),
        }
    }
}
