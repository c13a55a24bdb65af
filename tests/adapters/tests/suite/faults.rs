//! Every way in which an exchange goes wrong on the wire, and what the caller is told: one table, for a code exchange,
//! a refresh and a device poll alike.
//!
//! Each row is one call. The request goes out once, nobody follows a redirect, and the state comes back: sent again, it
//! gets its answer where the service has not acted, and the service's plain refusal where it has.
//!
//! With `--nocapture` the table is printed as it was met.

use std::fmt::{self, Debug, Display, Write};
use std::mem::discriminant;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, Error, Exchange, ExchangeLimits, SendError};
use workos_login_mock_server::{Fault, MockResponse, Server};

use crate::adapters::{Adapter, short_limits};
use crate::support::{ALICE, authenticated, done, exchanging, log_in, public, start};

fn a_code_exchange_ends_as_the_table_says<A: Adapter>() {
    ends_as_the_table_says::<A, _>(
        "code exchange",
        |_, server| exchanging(server),
        |outcome| outcome.authenticated().unwrap(),
    );
}

fn a_refresh_ends_as_the_table_says<A: Adapter>() {
    let refreshing = |adapter: &A, server: &Server| {
        let session = log_in(adapter, server);
        session.refresh(&public(server.base_url())).unwrap()
    };
    ends_as_the_table_says::<A, _>("refresh", refreshing, |session| session);
}

fn a_device_poll_ends_as_the_table_says<A: Adapter>() {
    let polling = |adapter: &A, server: &Server| {
        let client = public(server.base_url());
        let device = adapter.send(client.device()).unwrap();
        server.approve_device(device.user_code(), ALICE).unwrap();
        device.poll(&client, SystemTime::now()).unwrap()
    };
    ends_as_the_table_says::<A, _>("device poll", polling, |poll| {
        authenticated::<(), ()>(done(Ok(poll)))
    });
}

/// One call, and what is to come of it.
struct Row {
    fault: Fault,
    over: Over,
    expected: Expected,
}

/// Which client of the adapter the exchange goes over.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Over {
    /// The adapter's own.
    New,
    /// The adapter's own, with a short timeout.
    Hasty,
    /// One with a connection in its pool, on which the fault has struck before.
    Pooled,
    /// One that decompresses, if there is such a one.
    Unpacking,
}

#[derive(Debug)]
enum Expected {
    Answered,
    /// A reset may overtake the answer before it, so both are right.
    AnsweredOrLost,
    Lost,
    /// With this status, for this reason.
    Malformed(u16, &'static str),
    /// To be tried again after so many seconds.
    Unavailable(RangeInclusive<f64>),
}

#[rustfmt::skip]
fn table<A: Adapter>(elsewhere: &str) -> Vec<Row> {
    use Expected::{Answered, AnsweredOrLost, Lost, Malformed, Unavailable};
    use Over::{Hasty, New, Pooled, Unpacking};

    const HTML: Expected = Malformed(200, "the answer is not JSON by its content type");
    const JSON: Expected = Malformed(200, "the answer is not the JSON object that was expected");
    const LONG: Expected = Malformed(200, "the answer is longer than 262144 bytes");
    const NEVER_FOLLOWED: &str = "the service answered with a redirect, which is never followed";
    let pause = Duration::from_millis(20);
    let row = |fault, over, expected| Row { fault, over, expected };
    let mut table = Vec::new();
    // First, because the date comes nearer while the others are met.
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
        row(Fault::None,                   New,    Answered),
        // The connection breaks, before the service has acted or after.
        row(Fault::RequestLost,            New,    Lost),
        row(Fault::ResetBefore,            New,    Lost),
        row(Fault::ResponseLost,           New,    Lost),
        row(Fault::ResetDuring,            New,    Lost),
        row(Fault::ResetAfter,             New,    AnsweredOrLost),
        row(Fault::IncompleteBody,         New,    Lost),
        row(Fault::BadChunk,               New,    Lost),
        row(Fault::StaleConnection,        New,    Answered),
        row(Fault::StaleConnection,        Pooled, Lost),
        // Something else speaks, or it does not come to an end.
        row(Fault::InvalidHttp,            New,    Lost),
        row(Fault::InvalidJson,            New,    JSON),
        row(Fault::TruncatedJson,          New,    JSON),
        row(Fault::HtmlPage,               New,    HTML),
        row(Fault::Html502,                New,    Unavailable(1.0..=1.0)),
        row(Fault::LargeBody(300_000),     New,    LONG),
        row(Fault::EndlessBody,            New,    LONG),
        row(Fault::EndlessHeaders,         New,    Lost),
        // The time of the whole exchange is over, though each byte came in good time.
        row(Fault::Hang,                   Hasty,  Lost),
        row(Fault::Drip(pause),            Hasty,  Lost),
        row(Fault::SlowHeaders(2 * pause), Hasty,  Lost),
        row(Fault::Delay(1000 * pause),    Hasty,  Lost),
    ]);
    for (over, unpacks) in [(New, A::DECOMPRESSES_BY_DEFAULT), (Unpacking, A::DECOMPRESSES)] {
        table.extend([
            row(Fault::GzipBomb(0),        over, if unpacks { Answered } else { JSON }),
            row(Fault::GzipBomb(64 << 20), over, if unpacks { LONG } else { JSON }),
            row(Fault::InvalidGzip,            over, if unpacks { Lost } else { Answered }),
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

/// Sends an exchange through every row of the table, made anew for each.
fn ends_as_the_table_says<A: Adapter, E: Exchange>(
    name: &str,
    exchange: impl Fn(&A, &Server) -> E,
    session: impl Fn(E::Output) -> Authenticated,
) {
    let (server, elsewhere, new) = (start(), start(), A::new());
    let table = table::<A>(elsewhere.base_url());
    assert_it_has_every_fault(&table);
    let mut printed = String::new();
    for row in &table {
        let state = exchange(&new, &server);
        let own = match row.over {
            Over::New | Over::Hasty => None,
            Over::Pooled => Some(A::pooled()),
            Over::Unpacking => Some(A::decompressing()),
        };
        let adapter = own.as_ref().unwrap_or(&new);
        server.inject(row.fault.clone());
        if row.over == Over::Pooled {
            log_in(adapter, &server);
        }
        server.clear_requests();
        let connections = server.connection_count();

        let limits = match row.over {
            Over::Hasty => short_limits(),
            Over::New | Over::Pooled | Over::Unpacking => ExchangeLimits::default(),
        };
        let (met, state) = meet(adapter.send_within(state, limits), &session);
        assert!(row.expected.admits(&met), "{row}: {met}");
        let sent = server.request_count();
        match row.over {
            // Whether the service had seen it when the time was over is a matter of the machine.
            Over::Hasty => assert!(sent <= 1, "{row}: sent {sent} times"),
            // It went out on the old connection, which was reset, and nothing came after it.
            Over::Pooled => {
                assert_eq!(sent, 0, "{row}");
                assert_eq!(server.connection_count(), connections, "{row}");
            }
            Over::New | Over::Unpacking => assert_eq!(sent, 1, "{row}"),
        }
        write!(printed, "{:<8} {name:<14} {row:<66} {met}", A::NAME).unwrap();

        if let Some(state) = state {
            server.clear_faults();
            server.clear_requests();
            let (again, _) = meet(adapter.send(state), &session);
            let acted = row.fault.acts() && row.over != Over::Pooled;
            let as_expected = match (&again, row.over) {
                (Met::Answered, Over::Hasty) => true,
                (Met::Answered, _) => !acted,
                (Met::Spent, _) => acted,
                (Met::Lost | Met::Malformed(_) | Met::Unavailable(_), _) => false,
            };
            assert!(as_expected, "{row}: {met}, then {again}");
            // The request that was given up may have come in only now.
            let late = u64::from(row.over == Over::Hasty);
            let sent = server.request_count();
            assert!((1..=1 + late).contains(&sent), "{row}: sent {sent} times");
            write!(printed, ", then {again}").unwrap();
        }
        printed.push('\n');
    }
    assert_eq!(elsewhere.connection_count(), 0);
    print!("{printed}");
}

fn assert_it_has_every_fault(table: &[Row]) {
    for fault in Fault::all() {
        let is_it = |row: &Row| discriminant(&row.fault) == discriminant(&fault);
        assert!(table.iter().any(is_it), "no row for {fault}");
    }
}

/// What became of a call.
enum Met {
    Answered,
    Lost,
    Malformed(String),
    /// The service has acted on this request before.
    Spent,
    Unavailable(Duration),
}

/// What became of a call, and the state that it gave back.
fn meet<E: Exchange, T: Debug>(
    result: Result<E::Output, SendError<E, T>>,
    session: impl Fn(E::Output) -> Authenticated,
) -> (Met, Option<E>) {
    let error = match result {
        Ok(output) => {
            assert_eq!(session(output).user().email(), Some(ALICE));
            return (Met::Answered, None);
        }
        Err(error) => error,
    };
    let wait = error.retry_in(SystemTime::now());
    let met = match (error.refusal(), wait) {
        (None, Some(SECOND)) => Met::Lost,
        (Some(Error::Malformed(flaw)), None) => Met::Malformed(flaw.to_string()),
        (Some(Error::Unavailable(_)), Some(wait)) => Met::Unavailable(wait),
        (Some(Error::InvalidGrant(answer)), None) if answer.code() == Some("invalid_grant") => {
            Met::Spent
        }
        _ => panic!("to be tried again in {wait:?}: {error:?}"),
    };
    (met, Some(error.into_state()))
}

impl Expected {
    fn admits(&self, met: &Met) -> bool {
        match (self, met) {
            (Self::Answered | Self::AnsweredOrLost, Met::Answered)
            | (Self::Lost | Self::AnsweredOrLost, Met::Lost) => true,
            (Self::Malformed(status, reason), Met::Malformed(flaw)) => {
                flaw.starts_with(reason) && flaw.ends_with(&format!("(status {status})"))
            }
            (Self::Unavailable(seconds), Met::Unavailable(wait)) => {
                seconds.contains(&wait.as_secs_f64())
            }
            _ => false,
        }
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = &self.fault;
        match self.over {
            Over::New => f.pad(&fault.to_string()),
            over => f.pad(&format!("{fault} ({over:?})")),
        }
    }
}

impl Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Lost => f.write_str("lost"),
            Self::Malformed(flaw) => write!(f, "malformed: {flaw}"),
            Self::Spent => f.write_str("invalid_grant"),
            Self::Unavailable(wait) => write!(f, "unavailable for {:.0} s", wait.as_secs_f64()),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

on_every_adapter!(
    a_code_exchange_ends_as_the_table_says,
    a_device_poll_ends_as_the_table_says,
    a_refresh_ends_as_the_table_says,
);
