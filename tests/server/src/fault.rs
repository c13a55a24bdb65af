//! The ways in which a server, a proxy or a wire goes wrong, by name.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::injection::Injection;

/// Something that goes wrong with one request.
///
/// Some faults spoil the real answer: the server has acted by then, a code is spent and a refresh
/// token rotated. The others put something in its place, and the server has not acted;
/// [`acts`](Self::acts) tells them apart.
///
/// Each has a name, for the command line and for tables of tests; what follows the `=` may be
/// left out where a default is given.
///
/// ```
/// use std::time::Duration;
/// use workos_login_mock_server::Fault;
///
/// assert_eq!("slow=250ms".parse(), Ok(Fault::Slow(Duration::from_millis(250))));
/// assert_eq!("hang".parse(), Ok(Fault::Hang));
/// assert_eq!(Fault::ResetDuring.to_string(), "reset-during");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `status=503`, `status=429;retry-after=1`: exactly this answer. The server does not act.
    Answer(Answer),
    /// `answer-lost-after`: the server acts, and then the connection is closed without a word.
    AnswerLostAfter,
    /// `answer-lost-before`: the connection is closed without a word before the server acts.
    AnswerLostBefore,
    /// `bad-chunk`: a chunked answer whose second chunk has no length. The server has acted.
    BadChunk,
    /// `close-before`: the connection is closed instead of an answer, which looks to the client
    /// like the two above. The server does not act.
    CloseBefore,
    /// `cut`: `Content-Length` is right, but the connection is closed after half of the body. The
    /// server has acted.
    Cut,
    /// `drip=5ms`: the real answer, one byte at a time, with this pause between them.
    Drip(Duration),
    /// `endless-body`: a body without an end, as fast as it is read. The server does not act.
    EndlessBody,
    /// `endless-headers`: headers without an end. The server does not act.
    EndlessHeaders,
    /// `garbage`: bytes that are not HTTP. The server does not act.
    Garbage,
    /// `garbage-json`: an answer labelled as JSON that is none. The server does not act.
    GarbageJson,
    /// `gzip-bomb=67108864`: the real answer and so many bytes of white space behind it,
    /// compressed to a thousandth. The server has acted.
    GzipBomb(usize),
    /// `gzip-lie`: the real answer, which claims to be compressed and is not.
    GzipLie,
    /// `hang`: nothing at all until the client goes away. The server does not act.
    Hang,
    /// `html-502`: what a proxy says about a dead server. The server does not act.
    Html502,
    /// `html-page`: a web page with status 200, as a captive portal gives. The server does not
    /// act.
    HtmlPage,
    /// `huge=300000`: the real answer with so many bytes of white space behind it.
    Huge(usize),
    /// `none`: nothing goes wrong. Of use before a fault, for the requests that come first.
    None,
    /// `redirect=307`, `redirect=302;http://127.0.0.1:1/`: a redirect, to a path that does not
    /// exist when no place is given. The server does not act.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        status: u16,
        /// `Location`, as it is.
        location: String,
    },
    /// `reset-after`: the real answer, and a TCP reset right behind it. Some systems throw away
    /// what was not read before the reset.
    ResetAfter,
    /// `reset-before`: a TCP reset instead of an answer. The server does not act.
    ResetBefore,
    /// `reset-during`: half of the real answer, and then a TCP reset.
    ResetDuring,
    /// `short-body`: good HTTP, but the JSON ends in the middle. The server has acted.
    ShortBody,
    /// `slow=1s`: the server acts, and answers so much later.
    Slow(Duration),
    /// `slow-headers=50ms`: the real answer, its status line and headers one byte at a time.
    SlowHeaders(Duration),
    /// `stale`: the real answer on a connection that stays open, and is reset as soon as the next
    /// request comes in on it.
    Stale,
}

impl Fault {
    /// An answer with this status and nothing else.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Answer(Answer::new(status))
    }

    /// A redirect with this status to a path of this server that does not exist.
    #[must_use]
    pub fn redirect(status: u16) -> Self {
        Self::Redirect {
            status,
            location: "/elsewhere".to_owned(),
        }
    }

    /// Whether the server acts on the request although the client is told nothing useful.
    #[must_use]
    pub fn acts(&self) -> bool {
        match self {
            Self::AnswerLostAfter
            | Self::BadChunk
            | Self::Cut
            | Self::Drip(_)
            | Self::GzipBomb(_)
            | Self::GzipLie
            | Self::Huge(_)
            | Self::None
            | Self::ResetAfter
            | Self::ResetDuring
            | Self::ShortBody
            | Self::Slow(_)
            | Self::SlowHeaders(_)
            | Self::Stale => true,
            Self::Answer(_)
            | Self::AnswerLostBefore
            | Self::CloseBefore
            | Self::EndlessBody
            | Self::EndlessHeaders
            | Self::Garbage
            | Self::GarbageJson
            | Self::Hang
            | Self::Html502
            | Self::HtmlPage
            | Self::Redirect { .. }
            | Self::ResetBefore => false,
        }
    }

    /// For the next so many requests.
    #[must_use]
    pub fn times(self, times: usize) -> Injection {
        Injection::from(self).times(times)
    }

    /// For every request from now on.
    #[must_use]
    pub fn always(self) -> Injection {
        Injection::from(self).always()
    }

    /// For requests of this kind only.
    #[must_use]
    pub fn on(self, endpoint: Endpoint) -> Injection {
        Injection::from(self).on(endpoint)
    }

    /// One of each, with defaults: for a test over all of them.
    #[must_use]
    pub fn every() -> Vec<Self> {
        NAMES.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let unknown = || UnknownFault(text.to_owned());
        let pause = |default| {
            value
                .map_or(Some(Duration::from_millis(default)), duration)
                .ok_or_else(unknown)
        };
        let size = |default| value.map_or(Ok(default), str::parse).map_err(|_| unknown());
        let fault = match name {
            "drip" => Self::Drip(pause(5)?),
            "gzip-bomb" => Self::GzipBomb(size(64 << 20)?),
            "huge" => Self::Huge(size(300_000)?),
            "redirect" => redirect(value).ok_or_else(unknown)?,
            "slow" => Self::Slow(pause(1000)?),
            "slow-headers" => Self::SlowHeaders(pause(50)?),
            "status" => Self::Answer(status(value).ok_or_else(unknown)?),
            _ if value.is_some() => return Err(unknown()),
            "answer-lost-after" => Self::AnswerLostAfter,
            "answer-lost-before" => Self::AnswerLostBefore,
            "bad-chunk" => Self::BadChunk,
            "close-before" => Self::CloseBefore,
            "cut" => Self::Cut,
            "endless-body" => Self::EndlessBody,
            "endless-headers" => Self::EndlessHeaders,
            "garbage" => Self::Garbage,
            "garbage-json" => Self::GarbageJson,
            "gzip-lie" => Self::GzipLie,
            "hang" => Self::Hang,
            "html-502" => Self::Html502,
            "html-page" => Self::HtmlPage,
            "none" => Self::None,
            "reset-after" => Self::ResetAfter,
            "reset-before" => Self::ResetBefore,
            "reset-during" => Self::ResetDuring,
            "short-body" => Self::ShortBody,
            "stale" => Self::Stale,
            _ => return Err(unknown()),
        };
        Ok(fault)
    }
}

/// The name, which [`FromStr`] reads. Of an [`Answer`](Fault::Answer) the body is not part of it.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Answer(answer) => {
                write!(formatter, "status={}", answer.status)?;
                return answer
                    .headers
                    .iter()
                    .try_for_each(|(name, value)| write!(formatter, ";{name}={value}"));
            }
            Self::Drip(pause) => return write!(formatter, "drip={pause:?}"),
            Self::GzipBomb(size) => return write!(formatter, "gzip-bomb={size}"),
            Self::Huge(size) => return write!(formatter, "huge={size}"),
            Self::Redirect { status, location } => {
                return write!(formatter, "redirect={status};{location}");
            }
            Self::Slow(pause) => return write!(formatter, "slow={pause:?}"),
            Self::SlowHeaders(pause) => return write!(formatter, "slow-headers={pause:?}"),
            Self::AnswerLostAfter => "answer-lost-after",
            Self::AnswerLostBefore => "answer-lost-before",
            Self::BadChunk => "bad-chunk",
            Self::CloseBefore => "close-before",
            Self::Cut => "cut",
            Self::EndlessBody => "endless-body",
            Self::EndlessHeaders => "endless-headers",
            Self::Garbage => "garbage",
            Self::GarbageJson => "garbage-json",
            Self::GzipLie => "gzip-lie",
            Self::Hang => "hang",
            Self::Html502 => "html-502",
            Self::HtmlPage => "html-page",
            Self::None => "none",
            Self::ResetAfter => "reset-after",
            Self::ResetBefore => "reset-before",
            Self::ResetDuring => "reset-during",
            Self::ShortBody => "short-body",
            Self::Stale => "stale",
        };
        formatter.write_str(name)
    }
}

/// No fault goes by this name, or its value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(pub(crate) String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "no such fault: {:?}; there are {}",
            self.0,
            NAMES.join(", ")
        )
    }
}

impl std::error::Error for UnknownFault {}

/// `307`, or `307;http://elsewhere/`.
fn redirect(value: Option<&str>) -> Option<Fault> {
    let Some((status, location)) =
        value.map(|value| value.split_once(';').unwrap_or((value, "/elsewhere")))
    else {
        return Some(Fault::redirect(307));
    };
    Some(Fault::Redirect {
        status: status.parse().ok()?,
        location: location.to_owned(),
    })
}

/// `503`, or `503;retry-after=7`.
fn status(value: Option<&str>) -> Option<Answer> {
    let mut parts = value.unwrap_or("503").split(';');
    let answer = Answer::new(parts.next()?.parse().ok()?);
    parts.try_fold(answer, |answer, header| {
        let (name, value) = header.split_once('=')?;
        Some(answer.header(name, value))
    })
}

/// `2s`, `1.5s`, `20ms`; what [`Duration`]'s `Debug` writes for times of that size.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == 'µ');
    let unit = match &text[digits.len()..] {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" | "us" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * unit).ok()
}

const NAMES: [&str; 26] = [
    "answer-lost-after",
    "answer-lost-before",
    "bad-chunk",
    "close-before",
    "cut",
    "drip",
    "endless-body",
    "endless-headers",
    "garbage",
    "garbage-json",
    "gzip-bomb",
    "gzip-lie",
    "hang",
    "html-502",
    "html-page",
    "huge",
    "none",
    "redirect",
    "reset-after",
    "reset-before",
    "reset-during",
    "short-body",
    "slow",
    "slow-headers",
    "stale",
    "status",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_back_from_its_name() {
        assert_eq!(Fault::every().len(), NAMES.len());
        for fault in Fault::every() {
            assert_eq!(fault.to_string().parse(), Ok(fault.clone()), "{fault}");
        }
        for name in [
            "slow=1.5s",
            "drip=20ms",
            "redirect=308;http://127.0.0.1:1/x;y",
            "status=429;retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
        ] {
            assert_eq!(name.parse::<Fault>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for name in [
            "",
            "hangs",
            "hang=1",
            "slow=",
            "slow=-1s",
            "slow=1",
            "huge=x",
            "status=x",
            "status=200;x",
            "redirect=x",
        ] {
            assert!(name.parse::<Fault>().is_err(), "{name}");
        }
    }
}
