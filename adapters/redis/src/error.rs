//! The error of Redis.

use std::error;
use std::fmt;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use workos_login::limits::MAX_STORED_BYTES;
use workos_login_session::StoreError;

/// The error of Redis. The message has the remedy.
///
/// It has no source, because messages of the server and of the client can contain arguments of a command and the URL.
/// In a [`StoreError`], it is found by [`downcast_ref`](StoreError::downcast_ref).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The server rejects the user, the password or the commands.
    AccessDenied,
    /// The server failed for another reason.
    Failed,
    /// The memory of the server is full.
    Full,
    /// The URL is invalid, or has a scheme that is not enabled.
    InvalidUrl,
    /// The server is loading its data after a restart.
    Loading,
    /// The server is a read-only replica, or rejects writes because its persistence or its replication failed.
    ReadOnly,
    /// The server did not respond in time.
    TimedOut,
    /// The session is longer than [`MAX_STORED_BYTES`].
    TooLong,
    /// There is no connection to the server.
    Unavailable,
    /// The value cannot be opened with these keys, or is not a session that this version supports.
    Unreadable,
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::AuthenticationFailed | ErrorKind::Server(ServerErrorKind::NoPerm) => {
                return Self::AccessDenied;
            }
            ErrorKind::Server(ServerErrorKind::BusyLoading) => return Self::Loading,
            ErrorKind::Server(ServerErrorKind::ReadOnly) => return Self::ReadOnly,
            ErrorKind::InvalidClientConfig => return Self::InvalidUrl,
            _ => {}
        }
        match error.code() {
            Some("NOAUTH" | "WRONGPASS" | "NOPERM") => return Self::AccessDenied,
            Some("OOM") => return Self::Full,
            Some("MISCONF" | "NOREPLICAS" | "MASTERDOWN") => return Self::ReadOnly,
            _ => {}
        }
        if error.is_timeout() {
            return Self::TimedOut;
        }
        match error.is_io_error() || error.is_connection_dropped() {
            true => Self::Unavailable,
            false => Self::Failed,
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessDenied => {
                "Redis denied access; check the user and the password of the URL, and allow the user GET, SET, DEL, PEXPIRE, \
                 EVAL and EVALSHA for workos-login:*"
            }
            Self::Failed => "Redis failed; see its log",
            Self::Full => {
                "the memory of Redis is full; raise maxmemory, or set a maxmemory-policy that evicts keys of other applications"
            }
            Self::InvalidUrl => {
                "the URL of Redis is invalid; use redis://USER:PASSWORD@HOST:PORT/DATABASE or unix:/PATH, and for rediss:// \
                 enable a TLS feature of the crate redis"
            }
            Self::Loading => "Redis is loading its data; try again in a few seconds",
            Self::ReadOnly => {
                "Redis accepts no writes; connect to the primary instead of a replica, and check its persistence and its replicas"
            }
            Self::TimedOut => "Redis did not respond in time; check its load and the network",
            Self::TooLong => {
                return write!(
                    f,
                    "the session is longer than the maximum of {MAX_STORED_BYTES} bytes; request fewer claims"
                );
            }
            Self::Unavailable => {
                "Redis is unavailable; check that it runs and that the URL is correct"
            }
            Self::Unreadable => {
                "the stored session cannot be opened; add the key that sealed it to the keys of all replicas, or log in again"
            }
        })
    }
}

impl error::Error for Error {}
