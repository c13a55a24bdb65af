//! A conformance suite for HTTP adapters of `workos-login` (feature `conformance`).
//!
//! The suite sends requests through an implementation of [`BlockingHttpClient`] or [`HttpClient`]
//! to mock servers with injected faults, and checks what the documentation of these traits
//! requires:
//!
//! * The request arrives unchanged and without credentials of an earlier response (cookies).
//! * A response of any status is returned, with its headers and its body.
//! * No redirect is followed.
//! * A request is sent once, also if the connection of the previous request was closed.
//! * A connection that breaks, and a response that is not HTTP, is an error and not a response.
//! * The body is limited, also after decompression.
//! * The timeout covers the whole exchange: connection, headers and body.
//! * An error shows no secret of the request.
//!
//! One test runs all checks. Slow responses are a few seconds long, so a client that ignores the
//! timeout fails instead of blocking.
//!
//! ```
//! use workos_login_mock_server::conformance;
//! # use std::time::SystemTime;
//! # use workos_login::{BlockingHttpClient, ExchangeLimits};
//! # use workos_login::http::{Request, Response};
//! # struct MyClient;
//! # impl BlockingHttpClient for MyClient {
//! #     type Error = std::io::Error;
//! #     fn execute(&self, _: Request<Vec<u8>>, _: ExchangeLimits) -> Result<Response<Vec<u8>>, std::io::Error> {
//! #         Err(std::io::Error::other("no network"))
//! #     }
//! #     fn now(&self) -> SystemTime { SystemTime::now() }
//! # }
//! # let result = std::panic::catch_unwind(|| {
//! conformance::assert_conforms(&MyClient);
//! # });
//! # assert!(result.is_err());
//! ```

use std::error::Error;
use std::fmt::Write;
use std::net::TcpListener;
use std::time::Duration;

use http::{Request, Response};
use workos_login::{BlockingHttpClient, BoxFuture, ExchangeLimits, HttpClient};

use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::gzip;
use crate::response::MockResponse;
use crate::server::Server;

/// Runs the suite with a blocking client.
///
/// # Panics
///
/// If a check fails. The message lists every failed check.
pub fn assert_conforms<C: BlockingHttpClient>(client: &C) {
    report(&failures(&|request, limits| {
        client
            .execute(request, limits)
            .map_err(|error| shown(&error))
    }));
}

/// Runs the suite with an asynchronous client. `block_on` runs a future to completion, as
/// `tokio::runtime::Runtime::block_on` does.
///
/// # Panics
///
/// If a check fails. The message lists every failed check.
pub fn assert_conforms_async<C: HttpClient>(
    client: &C,
    block_on: impl for<'a> Fn(
        BoxFuture<'a, Result<Response<Vec<u8>>, C::Error>>,
    ) -> Result<Response<Vec<u8>>, C::Error>,
) {
    report(&failures(&|request, limits| {
        block_on(client.execute(request, limits)).map_err(|error| shown(&error))
    }));
}

/// A client. Its error is what `Display` and `Debug` show of the error and its sources.
type Execute<'a> = dyn Fn(Request<Vec<u8>>, ExchangeLimits) -> Outcome + 'a;
type Outcome = Result<Response<Vec<u8>>, String>;
/// Fails with a description of what was observed instead.
type Check = fn(&Suite<'_>) -> Result<(), String>;

const CHECKS: [(&str, Check); 9] = [
    ("sends the request unchanged", request_is_unchanged),
    ("returns a response of any status", statuses_are_returned),
    ("follows no redirect", no_redirect_is_followed),
    ("sends a request once", requests_are_sent_once),
    (
        "reports a broken connection as an error",
        broken_connections_are_errors,
    ),
    ("limits the body", body_is_limited),
    (
        "limits the body after decompression",
        decompressed_body_is_limited,
    ),
    ("ends at the timeout", timeout_covers_the_exchange),
    ("shows no secret in an error", errors_show_no_secret),
];

fn failures(execute: &Execute<'_>) -> Vec<(&'static str, String)> {
    let failed = CHECKS.into_iter().filter_map(|(name, check)| {
        let suite = Suite {
            execute,
            server: start(),
        };
        Some((name, check(&suite).err()?))
    });
    failed.collect()
}

#[track_caller]
fn report(failures: &[(&str, String)]) {
    let list = failures
        .iter()
        .fold(String::new(), |mut list, (name, seen)| {
            let _ = write!(list, "\n* {name}: {seen}");
            list
        });
    assert!(
        failures.is_empty(),
        "the HTTP client does not conform; it must hold that it{list}"
    );
}

/// A client and the mock server of one check.
struct Suite<'a> {
    execute: &'a Execute<'a>,
    server: Server,
}

impl Suite<'_> {
    fn execute(&self) -> Outcome {
        self.execute_within(ExchangeLimits::default())
    }

    fn execute_within(&self, limits: ExchangeLimits) -> Outcome {
        (self.execute)(request(self.server.base_url()), limits)
    }

    fn execute_under(&self, fault: Fault) -> Outcome {
        self.execute_under_within(fault, ExchangeLimits::default())
    }

    /// A fault applies to every request of the call, so that a retry does not hide it.
    fn execute_under_within(&self, fault: Fault, limits: ExchangeLimits) -> Outcome {
        self.server.inject(fault.always());
        let outcome = self.execute_within(limits);
        self.server.clear_faults();
        outcome
    }
}

fn request_is_unchanged(suite: &Suite<'_>) -> Result<(), String> {
    // A client with a cookie store would send this cookie with the next request.
    let cookie = MockResponse::new(503).header("set-cookie", "session=1");
    suite.server.respond_with(Endpoint::CodeExchange, [cookie]);
    response(suite.execute())?;
    suite.server.clear_requests();
    response(suite.execute())?;
    let requests = suite.server.requests();
    let [received] = &*requests else {
        return Err(format!("{} requests for one call", requests.len()));
    };
    let sent = request(suite.server.base_url());
    ensure(received.method == "POST", || received.method.clone())?;
    ensure(
        received.path == sent.uri().path() && received.query.is_none(),
        || format!("{} {:?}", received.path, received.query),
    )?;
    ensure(received.body == *sent.body(), || received.text())?;
    for (name, value) in sent.headers() {
        let header = received.header(name.as_str());
        ensure(header == value.to_str().ok(), || {
            format!("{name}: {header:?}")
        })?;
    }
    for name in [
        "authorization",
        "cookie",
        "expect",
        "idempotency-key",
        "referer",
    ] {
        let header = received.header(name);
        ensure(header.is_none(), || format!("{name}: {header:?}"))?;
    }
    Ok(())
}

fn statuses_are_returned(suite: &Suite<'_>) -> Result<(), String> {
    for status in [200, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504] {
        let sent = MockResponse::plain_error(status, "a_code", "A message.")
            .header("x-request-id", "req_1")
            .header("retry-after", "7");
        let body = sent.body.clone();
        suite.server.respond_with(Endpoint::CodeExchange, [sent]);
        let received = response(suite.execute()).map_err(|error| format!("{status}: {error}"))?;
        let headers = ["x-request-id", "retry-after"].map(|name| received.headers().get(name));
        ensure(
            received.status() == status
                && *received.body() == body
                && headers.iter().all(Option::is_some),
            || format!("{status}: {received:?}"),
        )?;
    }
    Ok(())
}

fn no_redirect_is_followed(suite: &Suite<'_>) -> Result<(), String> {
    let elsewhere = start();
    let other = format!("{}/user_management/authenticate", elsewhere.base_url());
    for status in [301, 302, 303, 307, 308] {
        for location in [&*other, "/elsewhere"] {
            suite.server.clear_requests();
            let received = response(suite.execute_under(Fault::Redirect {
                status,
                location: location.to_owned(),
            }))?;
            ensure(received.status() == status, || {
                format!(
                    "{status} led to a response with status {}",
                    received.status()
                )
            })?;
            let requests = suite.server.request_count() + elsewhere.connection_count();
            ensure(requests == 1, || format!("{status} led to another request"))?;
        }
    }
    Ok(())
}

fn requests_are_sent_once(suite: &Suite<'_>) -> Result<(), String> {
    for fault in [
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::ResetBefore,
        Fault::ResetDuring,
        // The connection ends after a complete response, while it can be in a pool.
        Fault::ResetAfter,
        Fault::StaleConnection,
        Fault::IncompleteBody,
        Fault::BadChunk,
        Fault::InvalidHttp,
        Fault::status(429),
        Fault::status(503),
    ] {
        for call in ["first", "next"] {
            suite.server.clear_requests();
            // The result is the subject of other checks.
            let _ = match call {
                "first" => suite.execute_under(fault.clone()),
                _ => suite.execute(),
            };
            let count = suite.server.request_count();
            ensure(count <= 1, || {
                format!("{fault}: {count} requests for the {call} call")
            })?;
        }
    }
    Ok(())
}

fn broken_connections_are_errors(suite: &Suite<'_>) -> Result<(), String> {
    for fault in [
        Fault::RequestLost,
        Fault::ResponseLost,
        Fault::ResetBefore,
        Fault::ResetDuring,
        Fault::IncompleteBody,
        Fault::BadChunk,
        Fault::InvalidHttp,
        Fault::EndlessHeaders,
    ] {
        fails(&fault.to_string(), suite.execute_under(fault))?;
    }
    // The port is free after the listener is dropped.
    let unused = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let unused = unused.map_err(|error| error.to_string())?;
    let request = request(&format!("http://{unused}"));
    let outcome = (suite.execute)(request, ExchangeLimits::default());
    fails("no server", outcome)
}

fn body_is_limited(suite: &Suite<'_>) -> Result<(), String> {
    let mut small = ExchangeLimits::default();
    // A client can have a constant limit instead of the given one.
    small.max_body = 1000;
    for limits in [ExchangeLimits::default(), small] {
        let max = limits.max_body;
        for (size, expected) in [(max, max), (max + 1, max + 1), (4 * max, max + 1)] {
            let sent = MockResponse::new(200).body(vec![b' '; size]);
            suite.server.respond_with(Endpoint::CodeExchange, [sent]);
            let read = response(suite.execute_within(limits))?.body().len();
            ensure(read == expected, || {
                format!("a body of {size} bytes with a maximum of {max}: {read} bytes")
            })?;
        }
        let endless = suite.execute_under_within(Fault::EndlessBody, limits);
        let read = response(endless)?.body().len();
        ensure(read == max + 1, || {
            format!("an endless body with a maximum of {max}: {read} bytes")
        })?;
    }
    Ok(())
}

/// A client that does not decompress returns the compressed bytes.
///
/// The compressed body is truncated after sixteen times the maximum, so a client that reads beyond
/// the maximum fails.
fn decompressed_body_is_limited(suite: &Suite<'_>) -> Result<(), String> {
    let max = ExchangeLimits::default().max_body;
    let mut bomb = gzip::bomb(b"{}", 16 * max);
    bomb.truncate(bomb.len() - 20);
    let truncated = MockResponse::new(200)
        .header("content-encoding", "gzip")
        .body(bomb);
    suite
        .server
        .respond_with(Endpoint::CodeExchange, [truncated]);
    let large = response(suite.execute())?;
    ensure(is_gzip(&large) || large.body().len() == max + 1, || {
        format!("{} bytes of a larger body", large.body().len())
    })?;
    let small = response(suite.execute_under(Fault::GzipBomb(0)))?;
    ensure(is_gzip(&small) || small.body().ends_with(b"}"), || {
        format!("{small:?}")
    })
}

fn is_gzip(response: &Response<Vec<u8>>) -> bool {
    response.body().starts_with(b"\x1f\x8b")
}

fn timeout_covers_the_exchange(suite: &Suite<'_>) -> Result<(), String> {
    let limits = ExchangeLimits::default().timeout(Duration::from_millis(200));
    // Each takes seconds, and each byte arrives long before a timeout between two bytes.
    for fault in [
        Fault::Delay(Duration::from_secs(3)),
        Fault::SlowHeaders(Duration::from_millis(20)),
        Fault::SlowBody(Duration::from_millis(30)),
    ] {
        fails(
            &fault.to_string(),
            suite.execute_under_within(fault, limits),
        )?;
    }
    Ok(())
}

fn errors_show_no_secret(suite: &Suite<'_>) -> Result<(), String> {
    for fault in [
        Fault::RequestLost,
        Fault::IncompleteBody,
        Fault::EndlessHeaders,
        Fault::InvalidHttp,
    ] {
        if let Err(shown) = suite.execute_under(fault.clone()) {
            let secret = [CODE, VERIFIER]
                .into_iter()
                .find(|secret| shown.contains(secret));
            ensure(secret.is_none(), || format!("{fault}: {shown}"))?;
        }
    }
    Ok(())
}

/// Returns a code exchange, which the server rejects.
fn request(base_url: &str) -> Request<Vec<u8>> {
    let body = format!(
        "{{\"grant_type\":\"authorization_code\",\"client_id\":\"{}\",\"code\":\"{CODE}\",\"code_verifier\":\"{VERIFIER}\"}}",
        Config::CLIENT_ID
    );
    Request::post(format!("{base_url}/user_management/authenticate"))
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .header("user-agent", "conformance/1")
        .body(body.into_bytes())
        .expect("the URL and the headers are valid")
}

fn start() -> Server {
    Server::start(Config::default()).expect("the loopback interface has a free port")
}

fn response(outcome: Outcome) -> Result<Response<Vec<u8>>, String> {
    outcome.map_err(|error| format!("an error instead of a response: {error}"))
}

fn fails(fault: &str, outcome: Outcome) -> Result<(), String> {
    match outcome {
        Ok(response) => Err(format!(
            "{fault}: a response with status {}",
            response.status()
        )),
        Err(_) => Ok(()),
    }
}

fn ensure(condition: bool, observed: impl FnOnce() -> String) -> Result<(), String> {
    match condition {
        true => Ok(()),
        false => Err(observed()),
    }
}

fn shown(error: &(dyn Error + 'static)) -> String {
    let mut shown = format!("{error} ({error:?})");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(shown, ": {error} ({error:?})");
        source = error.source();
    }
    shown
}

const CODE: &str = "code_that_an_error_must_not_show";
const VERIFIER: &str = "verifier-that-an-error-must-not-show-0123456";
