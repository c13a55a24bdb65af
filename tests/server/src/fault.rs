//! The faults that the server can inject.
//!
//! A fault is applied to one request. Two kinds exist, and [`Fault::acts`] tells them apart:
//!
//! * A fault that acts changes the delivery of the real response. The server has processed the
//!   request: an authorization code is used, a refresh token is rotated. A client that sends the
//!   request again meets the consequences.
//! * A fault that does not act takes the place of the response. The state of the server is
//!   unchanged, and the same request succeeds afterwards.
//!
//! [`Injection`](crate::Injection) says to which requests a fault applies. The text form of a
//! fault is in `fault_text.rs`; `delivery.rs` applies it.

use std::time::Duration;

use crate::response::MockResponse;

/// A failure of the server, of a proxy or of the network that is applied to one request.
///
/// Each fault has a name, for command lines and for tables of tests. The value after `=` is
/// optional; the documentation of each variant shows the default.
///
/// ```
/// use std::time::Duration;
/// use workos_login_mock_server::Fault;
///
/// assert_eq!("delay=250ms".parse(), Ok(Fault::Delay(Duration::from_millis(250))));
/// assert_eq!("hang".parse(), Ok(Fault::Hang));
/// assert_eq!(Fault::ResetDuring.to_string(), "reset-during");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `bad-chunk`: a chunked response whose second chunk has no length. The server acts.
    BadChunk,
    /// `delay=1s`: the server acts, and responds after this delay.
    Delay(Duration),
    /// `drip=5ms`: the real response, one byte at a time, with this delay between two bytes. The
    /// server acts.
    Drip(Duration),
    /// `endless-body`: a body without an end. The server does not act.
    EndlessBody,
    /// `endless-headers`: headers without an end. The server does not act.
    EndlessHeaders,
    /// `gzip-bomb=67108864`: the real response followed by this many bytes of white space,
    /// compressed to about a thousandth of its size. The server acts.
    GzipBomb(usize),
    /// `hang`: no response until the client closes the connection. The server does not act.
    Hang,
    /// `html-502`: the error page of a proxy. The server does not act.
    Html502,
    /// `html-page`: a web page with status 200, as a captive portal sends it. The server does not
    /// act.
    HtmlPage,
    /// `incomplete-body`: `Content-Length` is correct, but the connection is closed after half of
    /// the body. The server acts.
    IncompleteBody,
    /// `invalid-gzip`: the real response with `Content-Encoding: gzip` and a body that is not
    /// compressed. The server acts.
    InvalidGzip,
    /// `invalid-http`: bytes that are not HTTP. The server does not act.
    InvalidHttp,
    /// `invalid-json`: `Content-Type` is JSON and the body is not. The server does not act.
    InvalidJson,
    /// `large-body=300000`: the real response followed by this many bytes of white space. The
    /// server acts.
    LargeBody(usize),
    /// `none`: no failure. Precedes another fault that is meant for a later request.
    None,
    /// `redirect=307`, `redirect=302;http://127.0.0.1:1/`: a redirect. Without a location it leads
    /// to a path of this server that does not exist. The server does not act.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// The value of `Location`.
        location: String,
    },
    /// `request-lost`: the connection is closed without a response. The server does not act.
    RequestLost,
    /// `reset-after`: the real response and then a TCP reset. Some operating systems discard the
    /// bytes that were not read before the reset. The server acts.
    ResetAfter,
    /// `reset-before`: a TCP reset instead of a response. The server does not act.
    ResetBefore,
    /// `reset-during`: half of the real response and then a TCP reset. The server acts.
    ResetDuring,
    /// `status=503`, `status=429;retry-after=1`: this response. The server does not act.
    Response(MockResponse),
    /// `response-lost`: the server acts, and the connection is closed without a response. To the
    /// client it is indistinguishable from `request-lost`.
    ResponseLost,
    /// `response-replaced=504`: the server acts, and the client gets this response instead of the
    /// real one, as from a gateway that timed out. It is written as the value of `status`.
    ResponseReplaced(MockResponse),
    /// `slow-body=5ms`: the real response, its body one byte at a time. The server acts.
    SlowBody(Duration),
    /// `slow-headers=50ms`: the real response, its status line and headers one byte at a time. The
    /// server acts.
    SlowHeaders(Duration),
    /// `stale-connection`: the real response on a connection that stays open and is reset when the
    /// next request arrives on it. The server acts.
    StaleConnection,
    /// `truncated-json`: a complete HTTP response whose JSON ends in the middle. The server acts.
    TruncatedJson,
}

impl Fault {
    /// Returns a response with this status and an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Response(MockResponse::new(status))
    }

    /// Returns a redirect with this status to a path of this server that does not exist.
    #[must_use]
    pub fn redirect(status: u16) -> Self {
        Self::Redirect {
            status,
            location: "/elsewhere".to_owned(),
        }
    }

    /// Returns whether the server processes the request before the failure.
    #[must_use]
    pub fn acts(&self) -> bool {
        match self {
            Self::BadChunk
            | Self::Delay(_)
            | Self::Drip(_)
            | Self::GzipBomb(_)
            | Self::IncompleteBody
            | Self::InvalidGzip
            | Self::LargeBody(_)
            | Self::None
            | Self::ResetAfter
            | Self::ResetDuring
            | Self::ResponseLost
            | Self::ResponseReplaced(_)
            | Self::SlowBody(_)
            | Self::SlowHeaders(_)
            | Self::StaleConnection
            | Self::TruncatedJson => true,
            Self::EndlessBody
            | Self::EndlessHeaders
            | Self::Hang
            | Self::Html502
            | Self::HtmlPage
            | Self::InvalidHttp
            | Self::InvalidJson
            | Self::Redirect { .. }
            | Self::RequestLost
            | Self::ResetBefore
            | Self::Response(_) => false,
        }
    }
}
