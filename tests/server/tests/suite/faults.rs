//! Fault injection: what a client observes on the socket, and whether the server acts.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use workos_login_mock_server::{Endpoint, Fault, Injection, MockResponse};

use crate::support::*;

/// The observation of a client at a refresh under a fault.
struct Observed {
    head: String,
    body: Vec<u8>,
    /// How the connection ended.
    end: Option<ErrorKind>,
    /// `true` if the refresh token is used.
    acted: bool,
}

impl Observed {
    fn of(fault: Fault) -> Self {
        let server = start();
        let token = text(&log_in(&server, ALICE)["refresh_token"]).to_owned();
        server.inject(fault);
        let mut stream = raw_last(&server, &refresh_body(&server, &token).to_string());
        let (bytes, end) = read_all(&mut stream);
        assert_eq!(server.pending_faults(), 0);
        let at = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .map_or(bytes.len(), |at| at + 4);
        Self {
            head: String::from_utf8_lossy(&bytes[..at]).into_owned(),
            body: bytes[at..].to_vec(),
            end: end.err().map(|error| error.kind()),
            acted: refresh(&server, &token).status == 400,
        }
    }

    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1);
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn length(&self) -> usize {
        self.header("content-length").parse().unwrap()
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn is_token_response(&self) -> bool {
        let json = self.json();
        self.status() == 200 && json.is_some_and(|body| body["access_token"].is_string())
    }

    fn is_silent(&self) -> bool {
        self.head.is_empty() && self.body.is_empty()
    }

    fn is_gzip_bomb(&self) -> bool {
        let mut content = GzDecoder::new(&*self.body);
        let mut beginning = [0; 1];
        content.read_exact(&mut beginning).unwrap();
        let rest = std::io::copy(&mut content.take(1 << 20), &mut std::io::sink()).unwrap();
        self.header("content-encoding") == "gzip"
            && self.body.len() < 256 << 10
            && (&beginning, rest) == (b"{", 1 << 20)
    }
}

/// Other systems discard what was not read before a reset.
const OTHER_SYSTEM: bool = cfg!(not(target_os = "linux"));

#[test]
fn each_fault_delivers_the_documented_response() {
    const DATE: &str = "Wed, 21 Oct 2026 07:28:00 GMT";
    const CLOSED: Option<ErrorKind> = None;
    const RESET: Option<ErrorKind> = Some(ErrorKind::ConnectionReset);
    type Check = fn(&Observed) -> bool;
    let moment = Duration::from_micros(1);
    let busy = MockResponse::json(429, "{}").header("retry-after", DATE);
    let elsewhere = Fault::Redirect {
        status: 307,
        location: "http://127.0.0.2:1/x".to_owned(),
    };
    let rows: [(Fault, bool, _, Check); 24] = [
        (Fault::None, true, CLOSED, Observed::is_token_response),
        (Fault::Response(busy), false, CLOSED, |seen| {
            seen.status() == 429 && seen.header("retry-after") == DATE && seen.body == b"{}"
        }),
        (Fault::status(503), false, CLOSED, |seen| {
            seen.status() == 503 && seen.body.is_empty()
        }),
        (Fault::RequestLost, false, CLOSED, Observed::is_silent),
        (Fault::ResponseLost, true, CLOSED, Observed::is_silent),
        ("response-replaced".parse().unwrap(), true, CLOSED, |seen| {
            seen.status() == 504 && seen.body.is_empty()
        }),
        (Fault::BadChunk, true, CLOSED, |seen| {
            seen.header("transfer-encoding") == "chunked"
                && seen.body.ends_with(b"\r\nno length\r\n")
                && seen.body.len() > 100
        }),
        (Fault::IncompleteBody, true, CLOSED, |seen| {
            seen.body.len() == seen.length() / 2
        }),
        (
            Fault::Delay(moment),
            true,
            CLOSED,
            Observed::is_token_response,
        ),
        (
            Fault::Drip(moment),
            true,
            CLOSED,
            Observed::is_token_response,
        ),
        (
            Fault::SlowBody(moment),
            true,
            CLOSED,
            Observed::is_token_response,
        ),
        (
            Fault::SlowHeaders(moment),
            true,
            CLOSED,
            Observed::is_token_response,
        ),
        (Fault::InvalidHttp, false, CLOSED, |seen| {
            !seen.head.starts_with("HTTP") && !seen.head.is_empty()
        }),
        (Fault::InvalidJson, false, CLOSED, |seen| {
            seen.header("content-type") == "application/json; charset=utf-8"
                && seen.status() == 200
                && seen.json().is_none()
        }),
        (
            "gzip-bomb".parse().unwrap(),
            true,
            CLOSED,
            Observed::is_gzip_bomb,
        ),
        (Fault::InvalidGzip, true, CLOSED, |seen| {
            seen.header("content-encoding") == "gzip" && seen.is_token_response()
        }),
        (Fault::Html502, false, CLOSED, |seen| {
            seen.status() == 502 && seen.header("content-type") == "text/html"
        }),
        (Fault::HtmlPage, false, CLOSED, |seen| {
            seen.status() == 200
                && seen.header("content-type") == "text/html"
                && seen.body.starts_with(b"<html")
        }),
        ("large-body".parse().unwrap(), true, CLOSED, |seen| {
            seen.body.len() > 256 << 10 && seen.is_token_response()
        }),
        (elsewhere, false, CLOSED, |seen| {
            seen.status() == 307 && seen.header("location") == "http://127.0.0.2:1/x"
        }),
        (Fault::ResetAfter, true, RESET, |seen| {
            seen.is_token_response() || OTHER_SYSTEM
        }),
        (Fault::ResetBefore, false, RESET, Observed::is_silent),
        (Fault::ResetDuring, true, RESET, |seen| {
            seen.json().is_none() && (!seen.is_silent() || OTHER_SYSTEM)
        }),
        (Fault::TruncatedJson, true, CLOSED, |seen| {
            seen.body.len() == seen.length() && seen.body.starts_with(b"{") && seen.json().is_none()
        }),
    ];
    for (fault, acts, end, check) in rows {
        let seen = Observed::of(fault.clone());
        assert!(check(&seen), "{fault}: {}", seen.head);
        assert_eq!(seen.end, end, "{fault}");
        assert_eq!((seen.acted, fault.acts()), (acts, acts), "{fault}");
    }
}

#[test]
fn a_redirect_has_each_status_and_a_default_location() {
    for status in [301, 302, 303, 307, 308] {
        let seen = Observed::of(Fault::redirect(status));
        assert_eq!(
            (seen.status(), seen.header("location")),
            (status, "/elsewhere")
        );
    }
}

#[test]
fn a_lost_response_uses_up_an_authorization_code() {
    let server = start();
    let code = code(&server, ALICE);
    server.inject(Fault::ResponseLost.on(Endpoint::CodeExchange));
    let body = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": VERIFIER,
    });
    let mut stream = raw_last(&server, &body.to_string());
    assert!(read_all(&mut stream).0.is_empty());
    assert_eq!(server.sessions().len(), 1);
    assert_invalid_grant(&exchange(&server, &code));
}

#[test]
fn an_endless_response_continues_until_the_client_closes_the_connection() {
    const LIMIT: u64 = 8 << 20;
    for (fault, beginning) in [
        (Fault::EndlessBody, "HTTP/1.1 200 "),
        (Fault::EndlessHeaders, "HTTP/1.1 200 OK\r\nx-filler: a"),
    ] {
        let server = start();
        server.inject(fault);
        let mut read = Vec::new();
        raw_refresh(&server, "t")
            .take(LIMIT)
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read.len() as u64, LIMIT);
        assert!(read.starts_with(beginning.as_bytes()));
        assert!(server.wait_for_open_connections(0, TIMEOUT));
    }
}

#[test]
fn a_hanging_server_is_silent_until_the_client_closes_the_connection() {
    let server = start();
    server.inject(Fault::Hang);
    let mut stream = raw_refresh(&server, "t");
    assert!(server.wait_for_requests(1, TIMEOUT));
    stream.set_nonblocking(true).unwrap();
    assert_eq!(
        stream.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(server.open_connections(), 1);
    drop(stream);
    assert!(server.wait_for_open_connections(0, TIMEOUT));
}

#[test]
fn a_delayed_response_follows_a_processed_request() {
    let server = start();
    let token = text(&log_in(&server, ALICE)["refresh_token"]).to_owned();
    let requests = server.request_count();
    server.inject(Fault::Delay(Duration::from_secs(3600)));
    let stream = raw_refresh(&server, &token);
    assert!(server.wait_for_requests(requests + 1, TIMEOUT));
    assert_invalid_grant(&refresh(&server, &token));
    drop(stream);
    assert!(server.wait_for_open_connections(0, TIMEOUT));
}

#[test]
fn a_stale_connection_is_reset_by_the_next_request_on_it() {
    let server = start();
    let token = text(&log_in(&server, ALICE)["refresh_token"]).to_owned();
    server.inject(Fault::StaleConnection);
    let mut stream = raw_refresh(&server, &token);
    let mut response = Vec::new();
    while !response.ends_with(b"\"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        response.extend(byte);
    }
    assert!(response.starts_with(b"HTTP/1.1 200 "));
    assert_eq!(server.open_connections(), 1);
    let requests = server.request_count();
    stream.write_all(b"G").unwrap();
    assert_eq!(
        read_all(&mut stream).1.unwrap_err().kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(server.request_count(), requests);
}

#[test]
fn every_fault_ends_when_the_client_closes_the_connection() {
    for fault in Fault::all() {
        let server = start();
        server.inject(fault.clone());
        let client = raw_refresh(&server, "t");
        // Closing earlier could discard bytes that the server has not read.
        assert!(server.wait_for_requests(1, TIMEOUT), "{fault}");
        drop(client);
        assert!(server.wait_for_open_connections(0, TIMEOUT), "{fault}");
    }
}

#[test]
fn every_fault_ends_with_the_server() {
    for fault in Fault::all() {
        let server = start();
        server.inject(fault.clone());
        let mut stream = raw_refresh(&server, "t");
        assert!(server.wait_for_requests(1, TIMEOUT), "{fault}");
        drop(server);
        // The connection ends, and the read timeout of this socket does not expire.
        let end = read_all(&mut stream).1.err().map(|error| error.kind());
        assert!(
            matches!(end, None | Some(ErrorKind::ConnectionReset)),
            "{fault}: {end:?}"
        );
    }
}

#[test]
fn a_fault_applies_to_the_given_number_of_requests() {
    let server = start();
    server.inject(Fault::None);
    server.inject(Fault::status(503).times(2).on(Endpoint::Refresh));
    let statuses: Vec<_> = (0..4).map(|_| refresh(&server, "t").status).collect();
    assert_eq!(statuses, [400, 503, 503, 400]);
    server.inject("jwks:status=500*always".parse::<Injection>().unwrap());
    let keys = format!("{}/sso/jwks/{}", server.base_url(), server.client_id());
    assert_eq!(
        (
            get(&keys).status,
            refresh(&server, "t").status,
            get(&keys).status
        ),
        (500, 400, 500)
    );
    server.clear_faults();
    assert_eq!(get(&keys).status, 200);
}
