//! The errors of building a [`WebAuth`](crate::WebAuth).

use std::error::Error;
use std::fmt;

/// An incomplete or insecure configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The redirect URI is neither https nor http with a loopback host.
    Insecure,
    /// The name or the domain of the cookie that is shared with Node is invalid.
    InvalidCookie,
    /// There is no redirect URI.
    NoRedirectUri,
    /// There are no sessions.
    NoSessions,
    /// The cookie password that is shared with Node is too short.
    ShortPassword,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Insecure => {
                "redirect URI is not https, which would show the cookies to the network; use https (http is for \
                 127.0.0.1, [::1] and localhost only)"
            }
            Self::InvalidCookie => {
                "cookie name or domain is invalid; use letters, digits, \"-\", \".\", and in a name \"_\""
            }
            Self::NoRedirectUri => "no redirect URI is set; call `redirect_uri`",
            Self::NoSessions => "no sessions are set; call `sessions`",
            Self::ShortPassword => {
                "cookie password has less than 32 characters; use the one of the service in Node"
            }
        })
    }
}

impl Error for BuildError {}
