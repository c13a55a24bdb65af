//! One table of all faults and of the result that the caller receives: for a code exchange, a refresh and a device poll.
//!
//! Each row is one exchange. The request is sent once, no redirect is followed, and the state is returned. Sent again, it
//! succeeds if the service has not processed the request, and is rejected with `invalid_grant` if it has.
//!
//! `--nocapture` prints the table with the actual results.

use std::fmt::{self, Debug, Display, Write};
use std::mem::discriminant;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, Error, Exchange, ExchangeLimits, SendError};
use workos_login_mock_server::{Fault, MockResponse, Server};

use crate::adapters::{Adapter, short_limits};
use crate::support::{ALICE, approved, authenticated, exchanging, log_in, public, start};

fn a_code_exchange_meets_every_fault<A: Adapter>() {
    meets_every_fault::<A, _>(
        "code exchange",
        |_, server| exchanging(server),
        |outcome| outcome.authenticated().unwrap(),
    );
}

fn a_refresh_meets_every_fault<A: Adapter>() {
    let refreshing = |adapter: &A, server: &Server| {
        let session = log_in(adapter, server);
        session.refresh(&public(server.base_url())).unwrap()
    };
    meets_every_fault::<A, _>("refresh", refreshing, |session| session);
}

fn a_device_poll_meets_every_fault<A: Adapter>() {
    let polling = |adapter: &A, server: &Server| {
        let client = public(server.base_url());
        let device = adapter.send(client.device()).unwrap();
        server.approve_device(device.user_code(), ALICE).unwrap();
        device.poll(&client, SystemTime::now()).unwrap()
    };
    meets_every_fault::<A, _>("device poll", polling, |poll| {
        authenticated::<(), ()>(approved(Ok(poll)))
    });
}

/// One exchange and its expected result.
struct Row {
    fault: Fault,
    setup: Setup,
    expected: Expected,
}

/// The client and the limits of an exchange.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Setup {
    /// The client of the adapter.
    New,
    /// The client of the adapter, with a short timeout.
    Short,
    /// A custom client whose pooled connection has the fault.
    Pooled,
    /// A custom client that decompresses if it can.
    Decompressing,
}

#[derive(Debug)]
enum Expected {
    Success,
    /// A reset can overtake the response, so both are correct.
    SuccessOrLost,
    Lost,
    /// The status and the reason.
    Malformed(u16, &'static str),
    /// The number of seconds before a retry.
    Unavailable(RangeInclusive<f64>),
}

#[rustfmt::skip]
fn table<A: Adapter>(elsewhere: &str) -> Vec<Row> {
    use Expected::{Success, SuccessOrLost, Lost, Malformed, Unavailable};
    use Setup::{Short, New, Pooled, Decompressing};

    const HTML: Expected = Malformed(200, "response has the content type text/html");
    const GZIP: Expected = Malformed(200, "response body is compressed");
    const JSON: Expected = Malformed(200, "response body is not the expected JSON object");
    const LONG: Expected = Malformed(200, "response body is longer than 262144 bytes");
    const NEVER_FOLLOWED: &str = "response is a redirect";
    let pause = Duration::from_millis(20);
    let row = |fault, setup, expected| Row { fault, setup, expected };
    let mut table = Vec::new();
    // First, because the date approaches while the other rows run.
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(50));
    for (status, retry_after, wait) in [
        (503, "50",                             20.0..=50.0),
        (429, "50",                             20.0..=50.0),
        (429, "0",                              0.0..=0.0),
        (429, "61",                             30.0..=60.0),
        (429, "86400",                          60.0..=60.0),
        (429, "99999999999999999999999",        60.0..=60.0),
        (429, &soon,                            20.0..=50.0),
        (429, "Tue, 31 Dec 2999 23:59:59 GMT",  60.0..=60.0),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT",  0.0..=0.0),
        (429, "Wednesday, 21-Oct-15 07:28:00 GMT", 0.0..=0.0),
        (429, "Wed Oct 21 07:28:00 2015",       0.0..=0.0),
        (429, "",                               1.0..=1.0),
        (429, "-5",                             1.0..=1.0),
        (429, "1.5",                            1.0..=1.0),
        (429, "tomorrow",                       1.0..=1.0),
    ] {
        let answer = MockResponse::new(status).header("retry-after", retry_after);
        table.push(row(Fault::Response(answer),       New,    Unavailable(wait)));
    }
    for status in [408, 429, 500, 502, 503, 504] {
        table.push(row(Fault::status(status),         New,    Unavailable(1.0..=1.0)));
    }
    table.extend([
        row(Fault::None,                   New,    Success),
        // The connection breaks before or after the service processes the request.
        row(Fault::RequestLost,            New,    Lost),
        row(Fault::ResetBefore,            New,    Lost),
        row(Fault::ResponseLost,           New,    Lost),
        row(Fault::ResetDuring,            New,    Lost),
        row(Fault::ResetAfter,             New,    SuccessOrLost),
        row(Fault::IncompleteBody,         New,    Lost),
        row(Fault::BadChunk,               New,    Lost),
        row(Fault::StaleConnection,        New,    Success),
        row(Fault::StaleConnection,        Pooled, Lost),
        row(Fault::ResponseReplaced(MockResponse::new(502)), New, Unavailable(1.0..=1.0)),
        row(Fault::ResponseReplaced(MockResponse::new(504)), New, Unavailable(1.0..=1.0)),
        // The response is not HTTP, not the protocol, or endless.
        row(Fault::InvalidHttp,            New,    Lost),
        row(Fault::InvalidJson,            New,    JSON),
        row(Fault::TruncatedJson,          New,    JSON),
        row(Fault::HtmlPage,               New,    HTML),
        row(Fault::Html502,                New,    Unavailable(1.0..=1.0)),
        row(Fault::LargeBody(300_000),     New,    LONG),
        row(Fault::EndlessBody,            New,    LONG),
        row(Fault::EndlessHeaders,         New,    Lost),
        // The timeout covers the whole exchange, although each byte arrives in time.
        row(Fault::Hang,                   Short,  Lost),
        row(Fault::Drip(pause),            Short,  Lost),
        row(Fault::SlowBody(pause),        Short,  Lost),
        row(Fault::SlowHeaders(2 * pause), Short,  Lost),
        row(Fault::Delay(1000 * pause),    Short,  Lost),
    ]);
    for (setup, decompresses) in [(New, A::DECOMPRESSES_BY_DEFAULT), (Decompressing, A::DECOMPRESSES)] {
        table.extend([
            row(Fault::GzipBomb(0),        setup, if decompresses { Success } else { GZIP }),
            row(Fault::GzipBomb(64 << 20), setup, if decompresses { LONG } else { GZIP }),
            row(Fault::InvalidGzip,        setup, if decompresses { Lost } else { Success }),
        ]);
    }
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{elsewhere}/user_management/authenticate");
        table.extend([
            row(Fault::redirect(status),       New,    Malformed(status, NEVER_FOLLOWED)),
            row(Fault::Redirect { status, location }, New, Malformed(status, NEVER_FOLLOWED)),
        ]);
    }
    table
}

/// Sends a new exchange for each row of the table.
fn meets_every_fault<A: Adapter, E: Exchange>(
    name: &str,
    exchange: impl Fn(&A, &Server) -> E,
    session: impl Fn(E::Output) -> Authenticated,
) {
    let (server, elsewhere, new) = (start(), start(), A::new());
    let table = table::<A>(elsewhere.base_url());
    assert_complete(&table);
    let mut printed = String::new();
    for row in &table {
        let state = exchange(&new, &server);
        let own = match row.setup {
            Setup::New | Setup::Short => None,
            Setup::Pooled => Some(A::pooled()),
            Setup::Decompressing => Some(A::decompressing()),
        };
        let adapter = own.as_ref().unwrap_or(&new);
        server.inject(row.fault.clone());
        if row.setup == Setup::Pooled {
            log_in(adapter, &server);
        }
        server.clear_requests();
        let connections = server.connection_count();

        let limits = match row.setup {
            Setup::Short => short_limits(),
            Setup::New | Setup::Pooled | Setup::Decompressing => ExchangeLimits::default(),
        };
        let (actual, state) = classify(adapter.send_within(state, limits), &session);
        assert!(row.expected.matches(&actual), "{row}: {actual}");
        let sent = server.request_count();
        match row.setup {
            // The request may or may not have arrived before the timeout.
            Setup::Short => assert!(sent <= 1, "{row}: sent {sent} times"),
            // It was sent on the pooled connection, which was reset, and not sent again.
            Setup::Pooled => {
                assert_eq!(sent, 0, "{row}");
                assert_eq!(server.connection_count(), connections, "{row}");
            }
            Setup::New | Setup::Decompressing => assert_eq!(sent, 1, "{row}"),
        }
        write!(printed, "{:<8} {name:<14} {row:<66} {actual}", A::NAME).unwrap();

        if let Some(state) = state {
            server.clear_faults();
            server.clear_requests();
            let (again, _) = classify(adapter.send(state), &session);
            let acted = row.fault.acts() && row.setup != Setup::Pooled;
            let as_expected = match (&again, row.setup) {
                (Actual::Success, Setup::Short) => true,
                (Actual::Success, _) => !acted,
                (Actual::Used, _) => acted,
                (Actual::Lost | Actual::Malformed(_) | Actual::Unavailable(_), _) => false,
            };
            assert!(as_expected, "{row}: {actual}, then {again}");
            // The request of the first attempt can arrive late.
            let late = u64::from(row.setup == Setup::Short);
            let sent = server.request_count();
            assert!((1..=1 + late).contains(&sent), "{row}: sent {sent} times");
            write!(printed, ", then {again}").unwrap();
        }
        printed.push('\n');
    }
    assert_eq!(elsewhere.connection_count(), 0);
    print!("{printed}");
}

fn assert_complete(table: &[Row]) {
    for fault in Fault::all() {
        let is_it = |row: &Row| discriminant(&row.fault) == discriminant(&fault);
        assert!(table.iter().any(is_it), "no row for {fault}");
    }
}

/// The actual result of an exchange.
enum Actual {
    Success,
    Lost,
    Malformed(String),
    /// The service has processed this request before.
    Used,
    Unavailable(Duration),
}

/// Returns the actual result and the state, if it was returned.
fn classify<E: Exchange, T: Debug>(
    result: Result<E::Output, SendError<E, T>>,
    session: impl Fn(E::Output) -> Authenticated,
) -> (Actual, Option<E>) {
    let error = match result {
        Ok(output) => {
            assert_eq!(session(output).user().unwrap().email(), Some(ALICE));
            return (Actual::Success, None);
        }
        Err(error) => error,
    };
    let wait = error.retry_in(SystemTime::now());
    let actual = match (error.refusal(), wait) {
        (None, Some(SECOND)) => Actual::Lost,
        (Some(Error::Malformed(reason)), None) => Actual::Malformed(reason.to_string()),
        (Some(Error::Unavailable(_)), Some(wait)) => Actual::Unavailable(wait),
        (Some(Error::InvalidGrant(answer)), None) if answer.code() == Some("invalid_grant") => {
            Actual::Used
        }
        _ => panic!("retry in {wait:?}: {error:?}"),
    };
    (actual, Some(error.into_state()))
}

impl Expected {
    fn matches(&self, actual: &Actual) -> bool {
        match (self, actual) {
            (Self::Success | Self::SuccessOrLost, Actual::Success)
            | (Self::Lost | Self::SuccessOrLost, Actual::Lost) => true,
            (Self::Malformed(status, reason), Actual::Malformed(text)) => {
                text.starts_with(reason) && text.contains(&format!(" (status {status}); "))
            }
            (Self::Unavailable(seconds), Actual::Unavailable(wait)) => {
                seconds.contains(&wait.as_secs_f64())
            }
            _ => false,
        }
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = &self.fault;
        match self.setup {
            Setup::New => f.pad(&fault.to_string()),
            setup => f.pad(&format!("{fault} ({setup:?})")),
        }
    }
}

impl Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("success"),
            Self::Lost => f.write_str("lost"),
            Self::Malformed(reason) => write!(f, "malformed: {reason}"),
            Self::Used => f.write_str("invalid_grant"),
            Self::Unavailable(wait) => write!(f, "unavailable for {:.0} s", wait.as_secs_f64()),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

on_every_adapter!(
    a_code_exchange_meets_every_fault,
    a_device_poll_meets_every_fault,
    a_refresh_meets_every_fault,
);
