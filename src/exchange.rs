//! HTTP exchanges: a request to send, a response to take, and what it means if there is none.
//!
//! An exchange ends in one of three ways, and none of them loses the state. A success is the next state. A response that is not a success is
//! [`Refused`], with the state and an [`Error`]. Without a complete response the HTTP client has an error of its own, and [`SendError`]
//! contains it with the state: whether the service processed the request is unknown then.

use std::error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use crate::error::Error;

/// An in-flight state: it has one HTTP request to send and takes one response.
///
/// An HTTP adapter sends [`request`](Self::request) and passes the response to [`response`](Self::response), whatever its status.
/// [`HttpClient`](crate::HttpClient) and [`BlockingHttpClient`](crate::BlockingHttpClient) do so; what they must observe is
/// listed there. The trait is sealed: every exchange is a state of this crate.
///
/// ```
/// use std::time::SystemTime;
/// use workos_login::{Exchange, SendError};
///
/// # mod http_client {
/// #     pub fn send(_: http::Request<Vec<u8>>) -> std::io::Result<http::Response<Vec<u8>>> {
/// #         Err(std::io::Error::other("no network"))
/// #     }
/// # }
/// fn send<E: Exchange>(exchange: E) -> Result<E::Output, SendError<E, std::io::Error>> {
///     match http_client::send(exchange.request()) {
///         Ok(response) => Ok(exchange.response(response, SystemTime::now())?),
///         Err(source) => Err(SendError::transport(exchange, source)),
///     }
/// }
/// ```
pub trait Exchange: fmt::Debug + Sized + sealed::Sealed {
    /// The next state, or what a successful response contains.
    type Output;

    /// Returns the request. Each call returns an equal one.
    ///
    /// The caller owns it. Its body contains secrets, which are not wiped.
    fn request(&self) -> Request<Vec<u8>>;

    /// Takes the response that was received at `now`.
    ///
    /// # Errors
    ///
    /// [`Refused`] with the [`Error`] and this state, which can be sent again if [`Refused::retry_in`] is not `None`.
    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Self::Output, Refused<Self>>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "the trait is sealed")]
    pub trait Sealed {}
}

/// A refused transition: the unchanged state, and the reason.
///
/// `?` converts it into its [`Error`] and drops the state.
// Boxed, so that a `Result` of a transition is not as large as the state and the error.
pub struct Refused<S>(Box<(S, Error)>);

impl<S> Refused<S> {
    pub(crate) fn new(state: S, error: impl Into<Error>) -> Self {
        Self(Box::new((state, error.into())))
    }

    /// Returns why the transition was refused.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.1
    }

    /// Returns how long to wait before the request can be sent again; `None` if it must not be.
    #[must_use]
    pub fn retry_in(&self, now: SystemTime) -> Option<Duration> {
        self.error().retry_in(now)
    }

    /// Returns the state and the reason.
    #[must_use]
    pub fn into_parts(self) -> (S, Error) {
        *self.0
    }
}

impl<S> From<Refused<S>> for Error {
    fn from(refused: Refused<S>) -> Self {
        refused.0.1
    }
}

impl<S> fmt::Display for Refused<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl<S> fmt::Debug for Refused<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("error", self.error())
            .finish_non_exhaustive()
    }
}

impl<S> error::Error for Refused<S> {}

/// The error of an exchange that was sent with an HTTP client whose error is `T`.
#[expect(
    clippy::exhaustive_enums,
    reason = "there is a response, or there is none"
)]
pub enum SendError<S, T> {
    /// The response was received, and the transition was refused.
    Refused(Refused<S>),
    /// No complete response was received. The service may have processed the request.
    Transport(Box<TransportError<S, T>>),
}

impl<S, T> SendError<S, T> {
    /// Makes the error of an exchange without a complete response.
    pub fn transport(state: S, source: T) -> Self {
        Self::Transport(Box::new(TransportError { state, source }))
    }

    /// Returns how long to wait before the request can be sent again; `None` if it must not be.
    ///
    /// After a transport error it is one second. A repeated code exchange is harmless: the code can be exchanged once, and the
    /// worst response is [`Error::InvalidGrant`]. A repeated refresh can end the session, because the refresh token may have been
    /// used. The session machine in `workos-login-session` knows when a refresh can be retried.
    #[must_use]
    pub fn retry_in(&self, now: SystemTime) -> Option<Duration> {
        match self {
            Self::Refused(refused) => refused.retry_in(now),
            // Without a response there is no `Retry-After`. The pause keeps a loop of retries from being a busy one.
            Self::Transport(_) => Some(Duration::from_secs(1)),
        }
    }

    /// Returns why the transition was refused; `None` after a transport error.
    #[must_use]
    pub fn refusal(&self) -> Option<&Error> {
        match self {
            Self::Refused(refused) => Some(refused.error()),
            Self::Transport(_) => None,
        }
    }

    /// Returns the state as it was before it was sent.
    #[must_use]
    pub fn into_state(self) -> S {
        match self {
            Self::Refused(refused) => refused.into_parts().0,
            Self::Transport(error) => error.state,
        }
    }
}

impl<S, T> From<Refused<S>> for SendError<S, T> {
    fn from(refused: Refused<S>) -> Self {
        Self::Refused(refused)
    }
}

impl<S, T> fmt::Display for SendError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

impl<S, T: fmt::Debug> fmt::Debug for SendError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Transport(error) => error.fmt(f),
        }
    }
}

impl<S, T: error::Error + 'static> error::Error for SendError<S, T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            // Its message is that of this error already.
            Self::Refused(_) => None,
            Self::Transport(error) => Some(&error.source),
        }
    }
}

/// A transport error: no complete response was received.
pub struct TransportError<S, T> {
    state: S,
    source: T,
}

impl<S, T> TransportError<S, T> {
    /// Returns the error of the HTTP client.
    #[must_use]
    pub fn source(&self) -> &T {
        &self.source
    }

    /// Returns the error of the HTTP client, and drops the state.
    #[must_use]
    pub fn into_source(self) -> T {
        self.source
    }

    /// Returns the state as it was before it was sent, and the error of the HTTP client.
    #[must_use]
    pub fn into_parts(self) -> (S, T) {
        (self.state, self.source)
    }
}

impl<S, T> fmt::Display for TransportError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no response was received; check the network and retry")
    }
}

impl<S, T: fmt::Debug> fmt::Debug for TransportError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<S, T: error::Error + 'static> error::Error for TransportError<S, T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}
