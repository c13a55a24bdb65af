//! The text form of a fault: its name and, for some, a value after `=`.
//!
//! The form is used on the command line and in the messages of tests that cover every fault. `Display`
//! writes what `FromStr` parses; the unit test covers all names. A fault without a value is a row of
//! [`SIMPLE`], a fault with one has a branch in [`parse`] and in `Display`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::fault::Fault;
use crate::response::MockResponse;

impl Fault {
    /// Returns one of each kind, with default values, for tests that cover all of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        NAMES.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

impl FromStr for Fault {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, ParseFaultError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        parse(name, value).ok_or_else(|| ParseFaultError(text.to_owned()))
    }
}

/// Writes the form that [`FromStr`] reads, except for the body of a response.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(delay) => write!(formatter, "delay={delay:?}"),
            Self::Drip(delay) => write!(formatter, "drip={delay:?}"),
            Self::GzipBomb(size) => write!(formatter, "gzip-bomb={size}"),
            Self::LargeBody(size) => write!(formatter, "large-body={size}"),
            Self::Redirect { status, location } => {
                write!(formatter, "redirect={status};{location}")
            }
            Self::Response(response) => {
                formatter.write_str("status=")?;
                write_status(formatter, response)
            }
            Self::ResponseReplaced(response) => {
                formatter.write_str("response-replaced=")?;
                write_status(formatter, response)
            }
            Self::SlowBody(delay) => write!(formatter, "slow-body={delay:?}"),
            Self::SlowHeaders(delay) => write!(formatter, "slow-headers={delay:?}"),
            simple => {
                let name = SIMPLE.iter().find(|(_, fault)| fault == simple);
                formatter.write_str(name.map_or("", |(name, _)| name))
            }
        }
    }
}

/// The error of parsing a [`Fault`] or an [`Injection`](crate::Injection).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseFaultError(pub(crate) String);

impl fmt::Display for ParseFaultError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES.join(", ");
        write!(
            formatter,
            "unknown fault or invalid value {:?}; use one of {names}",
            self.0
        )
    }
}

impl std::error::Error for ParseFaultError {}

fn parse(name: &str, value: Option<&str>) -> Option<Fault> {
    let delay = |default| value.map_or(Some(Duration::from_millis(default)), duration);
    let size = |default| value.map_or(Some(default), |value| value.parse().ok());
    let fault = match name {
        "delay" => Fault::Delay(delay(1000)?),
        "drip" => Fault::Drip(delay(5)?),
        "gzip-bomb" => Fault::GzipBomb(size(64 << 20)?),
        "large-body" => Fault::LargeBody(size(300_000)?),
        "redirect" => redirect(value)?,
        "response-replaced" => Fault::ResponseReplaced(status(value.unwrap_or("504"))?),
        "slow-body" => Fault::SlowBody(delay(5)?),
        "slow-headers" => Fault::SlowHeaders(delay(50)?),
        "status" => Fault::Response(status(value.unwrap_or("503"))?),
        name => {
            let (_, fault) = SIMPLE.iter().find(|(own, _)| *own == name)?;
            return value.is_none().then(|| fault.clone());
        }
    };
    Some(fault)
}

/// Parses `307` and `307;http://elsewhere/`.
fn redirect(value: Option<&str>) -> Option<Fault> {
    let value = value.unwrap_or("307");
    let (status, location) = value.split_once(';').unwrap_or((value, "/elsewhere"));
    Some(Fault::Redirect {
        status: status.parse().ok()?,
        location: location.to_owned(),
    })
}

/// Parses `503` and `503;retry-after=7`.
fn status(value: &str) -> Option<MockResponse> {
    let mut parts = value.split(';');
    let response = MockResponse::new(parts.next()?.parse().ok()?);
    parts.try_fold(response, |response, header| {
        let (name, value) = header.split_once('=')?;
        Some(response.header(name, value))
    })
}

/// Writes the form that [`status`] parses.
fn write_status(formatter: &mut fmt::Formatter<'_>, response: &MockResponse) -> fmt::Result {
    write!(formatter, "{}", response.status)?;
    let mut headers = response.headers.iter();
    headers.try_for_each(|(name, value)| write!(formatter, ";{name}={value}"))
}

/// Parses `2s`, `1.5s` and `20ms`: the forms that `Debug` of [`Duration`] writes.
fn duration(text: &str) -> Option<Duration> {
    // `Debug` writes microseconds with the micro sign.
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

/// The faults without a value.
const SIMPLE: [(&str, Fault); 18] = [
    ("bad-chunk", Fault::BadChunk),
    ("endless-body", Fault::EndlessBody),
    ("endless-headers", Fault::EndlessHeaders),
    ("hang", Fault::Hang),
    ("html-502", Fault::Html502),
    ("html-page", Fault::HtmlPage),
    ("incomplete-body", Fault::IncompleteBody),
    ("invalid-gzip", Fault::InvalidGzip),
    ("invalid-http", Fault::InvalidHttp),
    ("invalid-json", Fault::InvalidJson),
    ("none", Fault::None),
    ("request-lost", Fault::RequestLost),
    ("reset-after", Fault::ResetAfter),
    ("reset-before", Fault::ResetBefore),
    ("reset-during", Fault::ResetDuring),
    ("response-lost", Fault::ResponseLost),
    ("stale-connection", Fault::StaleConnection),
    ("truncated-json", Fault::TruncatedJson),
];

const NAMES: [&str; 27] = [
    "bad-chunk",
    "delay",
    "drip",
    "endless-body",
    "endless-headers",
    "gzip-bomb",
    "hang",
    "html-502",
    "html-page",
    "incomplete-body",
    "invalid-gzip",
    "invalid-http",
    "invalid-json",
    "large-body",
    "none",
    "redirect",
    "request-lost",
    "reset-after",
    "reset-before",
    "reset-during",
    "response-lost",
    "response-replaced",
    "slow-body",
    "slow-headers",
    "stale-connection",
    "status",
    "truncated-json",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_parses_from_its_text_form() {
        assert_eq!(Fault::all().len(), NAMES.len());
        for (name, fault) in NAMES.into_iter().zip(Fault::all()) {
            assert!(fault.to_string().starts_with(name), "{fault}");
            assert_eq!(fault.to_string().parse(), Ok(fault.clone()), "{fault}");
        }
        for text in [
            "delay=1.5s",
            "drip=20ms",
            "redirect=308;http://127.0.0.1:1/x;y",
            "response-replaced=502;retry-after=7",
            "status=429;retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn rejects_an_unknown_name_and_an_invalid_value() {
        for text in [
            "",
            "hangs",
            "hang=1",
            "delay=",
            "delay=-1s",
            "delay=1",
            "large-body=x",
            "status=x",
            "status=200;x",
            "redirect=x",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
