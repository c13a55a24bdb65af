//! The authorization of a refresh: a token, a cookie or none.

use std::fmt;

use secrecy::SecretString;

/// The credential that authorizes the refresh of a session.
#[derive(Clone)]
#[expect(clippy::exhaustive_enums, reason = "a refresh distinguishes all cases")]
pub enum RefreshCredential {
    /// A refresh token.
    Token(SecretString),
    /// The refresh token is in an `HttpOnly` cookie of the service, and only the browser can read it. The request has no
    /// `refresh_token`, and must be sent with cookies.
    Cookie,
    /// Nothing: the session ends with its access token.
    None,
}

impl RefreshCredential {
    /// Returns the refresh token, if it is known here.
    #[must_use]
    pub fn token(&self) -> Option<&SecretString> {
        match self {
            Self::Token(token) => Some(token),
            Self::Cookie | Self::None => None,
        }
    }
}

impl From<Option<SecretString>> for RefreshCredential {
    fn from(token: Option<SecretString>) -> Self {
        token.map_or(Self::None, Self::Token)
    }
}

impl fmt::Debug for RefreshCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::Cookie => "Cookie",
            Self::None => "None",
        })
    }
}
