//! Why a listener could not be opened.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use workos_login::{InvalidRedirectUri, RedirectUri};

/// Why there is no listener. Nothing was opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum BindError {
    /// The redirect address, with its free port filled in, is longer than such an address may be.
    Invalid(InvalidRedirectUri),
    /// The operating system refuses the socket.
    #[non_exhaustive]
    Io {
        /// What was to be opened.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The redirect address is not `http` on 127.0.0.1, `[::1]` or `localhost`.
    NotLoopback(RedirectUri),
    /// Another program listens there already.
    Taken(SocketAddr),
}

impl BindError {
    pub(crate) fn io(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::Taken(address),
            _ => Self::Io { address, source },
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Io { address, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "this user may not listen on port {} of {}: register a redirect address with a port above 1023",
                    address.port(),
                    address.ip()
                )
            }
            Self::Io { address, .. } => {
                write!(f, "the operating system cannot listen on {address}")
            }
            Self::NotLoopback(redirect_uri) => write!(
                f,
                "a listener serves http on 127.0.0.1, [::1] or localhost only, not {redirect_uri}: \
                 register a redirect address on one of them"
            ),
            Self::Taken(address) => write!(
                f,
                "port {} of {} is taken by another program, or by another login of this one: \
                 end it and try again, or register a redirect address with another port",
                address.port(),
                address.ip()
            ),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // Its text is this error's own.
            Self::Invalid(_) | Self::NotLoopback(_) | Self::Taken(_) => None,
        }
    }
}
