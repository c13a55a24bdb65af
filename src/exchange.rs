//! The one thing that touches the network: a request out, a response in.

use std::error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use crate::error::Error;

/// A state that owes the network exactly one HTTP exchange.
///
/// An adapter is one function over this trait: it sends [`request`](Self::request) and hands what comes
/// back to [`response`](Self::response), whatever its status. It
///
/// * follows no redirect: the answer to one is refused here, and the request holds secrets;
/// * sends the request once; whether it may be repeated is for the caller, who asks
///   [`retry_in`](SendError::retry_in);
/// * ends after [`EXCHANGE_TIMEOUT`](crate::limits::EXCHANGE_TIMEOUT), and reads no more than
///   [`MAX_RESPONSE_BYTES`](crate::limits::MAX_RESPONSE_BYTES) of the body, after decompression.
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
    /// What a good answer leads to.
    type Output;

    /// Returns the request, the same each time. It is the caller's from here on, and its body is a secret.
    fn request(&self) -> Request<Vec<u8>>;

    /// Takes the response. `now` is the moment at which it was received.
    ///
    /// # Errors
    ///
    /// [`Refused`] with the [`Error`] that says what to do, and this state, ready to be sent again
    /// where [`Refused::retry_in`] says so.
    fn response(
        self,
        response: Response<impl AsRef<[u8]>>,
        now: SystemTime,
    ) -> Result<Self::Output, Refused<Self>>;
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "nobody else can implement an exchange")]
    pub trait Sealed {}
}

/// A step that was not taken: the state as it was, and why.
///
/// `?` turns it into its [`Error`] and drops the state.
pub struct Refused<S>(Box<(S, Error)>);

impl<S> Refused<S> {
    pub(crate) fn new(state: S, error: impl Into<Error>) -> Self {
        Self(Box::new((state, error.into())))
    }

    /// Returns why the step was refused.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.1
    }

    /// Returns how long to wait before the same step is worth another try; `None` when it is pointless.
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

/// Why an adapter could not finish an exchange. `T` is the error of its HTTP client.
#[expect(
    clippy::exhaustive_enums,
    reason = "there was an answer, or there was none"
)]
pub enum SendError<S, T> {
    /// The service answered, and the answer was refused.
    Refused(Refused<S>),
    /// There was no whole answer. The request may have been acted on or not.
    Transport(Box<TransportError<S, T>>),
}

/// An exchange without an answer.
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
}

impl<S, T: fmt::Debug> fmt::Debug for TransportError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lost")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<S, T> SendError<S, T> {
    /// Makes the error of an exchange that broke off before there was a whole answer.
    pub fn transport(state: S, source: T) -> Self {
        Self::Transport(Box::new(TransportError { state, source }))
    }

    /// Returns how long to wait before the same request is worth sending again; `None` when it is pointless.
    ///
    /// After a lost answer, one second. Repeating a code exchange does no harm: the code is good for one
    /// answer. A refresh is another matter: its token may be spent. The keeper has the rules for it.
    #[must_use]
    pub fn retry_in(&self, now: SystemTime) -> Option<Duration> {
        match self {
            Self::Refused(refused) => refused.retry_in(now),
            Self::Transport(_) => Some(Duration::from_secs(1)),
        }
    }

    /// Returns the reason, when the service gave one.
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
            Self::Transport(lost) => lost.state,
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
            Self::Transport(_) => {
                f.write_str("there was no answer from the service: check the network and try again")
            }
        }
    }
}

impl<S, T: fmt::Debug> fmt::Debug for SendError<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Transport(lost) => lost.fmt(f),
        }
    }
}

impl<S, T: error::Error + 'static> error::Error for SendError<S, T> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            // Its text is this error's own.
            Self::Refused(_) => None,
            Self::Transport(lost) => Some(&lost.source),
        }
    }
}
