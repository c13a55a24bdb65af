//! The error of binding a listener.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use workos_login::{InvalidRedirectUri, RedirectUri};

/// An error of [`Listener::bind`](crate::Listener::bind) and its variants. No socket is open.
#[derive(Debug)]
#[non_exhaustive]
pub enum BindError {
    /// The port is in use by another program or another login.
    AddressInUse(SocketAddr),
    /// The redirect URI with its assigned port is invalid, because it is too long.
    InvalidRedirectUri(InvalidRedirectUri),
    /// The operating system cannot open the socket.
    #[non_exhaustive]
    Io {
        /// The address of the socket.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The redirect URI is not `http` on 127.0.0.1, `[::1]` or `localhost`.
    NotLoopback(RedirectUri),
}

impl BindError {
    pub(crate) fn io(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse(address),
            _ => Self::Io { address, source },
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressInUse(address) => write!(
                f,
                "port {} of {} is in use by another program or another login; \
                 end it and try again, or register a redirect URI with another port",
                address.port(),
                address.ip()
            ),
            Self::InvalidRedirectUri(invalid) => invalid.fmt(f),
            Self::Io { address, source } if source.kind() == io::ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "no permission to listen on port {} of {}; register a redirect URI with a port above 1023",
                    address.port(),
                    address.ip()
                )
            }
            Self::Io { address, .. } => write!(f, "cannot listen on {address}"),
            Self::NotLoopback(redirect_uri) => write!(
                f,
                "redirect URI {redirect_uri} is not http on 127.0.0.1, [::1] or localhost; \
                 register a loopback redirect URI"
            ),
        }
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // `Display` already includes the message of the inner error.
            Self::AddressInUse(_) | Self::InvalidRedirectUri(_) | Self::NotLoopback(_) => None,
        }
    }
}
