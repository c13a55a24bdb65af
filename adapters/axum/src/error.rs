//! The errors of building a [`WebAuth`](crate::WebAuth).

use std::error::Error;
use std::fmt;

/// An incomplete or insecure configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The redirect URI is neither https nor http with a loopback host.
    Insecure,
    /// There is no redirect URI.
    NoRedirectUri,
    /// There are no sessions.
    NoSessions,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Insecure => {
                "redirect URI is not https, which would show the cookies to the network; use https (http is for \
                 127.0.0.1, [::1] and localhost only)"
            }
            Self::NoRedirectUri => "no redirect URI is set; call `redirect_uri`",
            Self::NoSessions => "no sessions are set; call `sessions`",
        })
    }
}

impl Error for BuildError {}
