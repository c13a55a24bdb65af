//! Every fault, byte by byte, as it looks from a socket.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::Value;
use workos_login_mock_server::{Endpoint, Fault, MockResponse, Server};

use crate::support::*;

/// What is left of a refresh under a fault.
struct Seen {
    server: Server,
    token: String,
    head: String,
    body: Vec<u8>,
    /// How the connection ended.
    end: Option<ErrorKind>,
}

impl Seen {
    /// Whether the server has acted: then the token is spent.
    fn acted(&self) -> bool {
        match refresh(&self.server, &self.token).status {
            200 => false,
            400 => true,
            other => panic!("{other}"),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn status(&self) -> u16 {
        self.head
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{:?}", self.head))
            .parse()
            .unwrap()
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn silent(&self) -> bool {
        self.head.is_empty() && self.body.is_empty()
    }
}

/// A refresh under this fault, read to the end of the connection.
fn under(fault: Fault) -> Seen {
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
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let end = end.err().map(|error| error.kind());
    Seen {
        server,
        token,
        head,
        body: bytes[at..].to_vec(),
        end,
    }
}

#[test]
fn no_fault_is_the_real_answer() {
    let seen = under(Fault::None);
    assert_eq!((seen.status(), seen.end), (200, None));
    assert!(seen.json().unwrap()["access_token"].is_string());
    assert!(seen.acted());
}

#[test]
fn an_answer_is_given_as_it_is() {
    let answer =
        MockResponse::json(429, "{}").header("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT");
    let seen = under(Fault::Response(answer));
    assert_eq!(seen.status(), 429);
    assert_eq!(
        seen.header("retry-after"),
        Some("Wed, 21 Oct 2026 07:28:00 GMT")
    );
    assert_eq!(seen.body, b"{}");
    assert!(!seen.acted());
}

#[test]
fn a_status_alone_has_no_body() {
    let seen = under(Fault::status(503));
    assert_eq!((seen.status(), seen.body.len()), (503, 0));
    assert!(!seen.acted());
}

#[test]
fn an_answer_lost_before_leaves_the_token_good() {
    let seen = under(Fault::RequestLost);
    assert!(seen.silent());
    assert_eq!(seen.end, None);
    assert!(!seen.acted());
}

#[test]
fn an_answer_lost_after_has_spent_the_token() {
    let seen = under(Fault::ResponseLost);
    assert!(seen.silent());
    assert_eq!(seen.end, None);
    assert!(seen.acted());
}

#[test]
fn an_answer_lost_after_spends_a_code_too() {
    let server = start();
    let code = code(&server, ALICE);
    server.inject(Fault::ResponseLost.on(Endpoint::CodeExchange));
    let body = serde_json::json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": VERIFIER,
    });
    let mut stream = raw_last(&server, &body.to_string());
    assert!(read_all(&mut stream).0.is_empty());
    assert_eq!(server.sessions().len(), 1);
    assert_eq!(
        exchange(&server, &code).refusal(),
        (400, "invalid_grant".into())
    );
}

#[test]
fn a_bad_chunk_follows_a_good_one() {
    let seen = under(Fault::BadChunk);
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert!(seen.body.ends_with(b"\r\nno length\r\n"));
    assert!(seen.body.len() > 100);
    assert!(seen.acted());
}

#[test]
fn a_cut_body_is_half_of_its_length() {
    let seen = under(Fault::IncompleteBody);
    let length: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert_eq!((seen.body.len(), seen.end), (length / 2, None));
    assert!(seen.acted());
}

#[test]
fn a_dripping_answer_is_whole_in_the_end() {
    let seen = under(Fault::Drip(Duration::from_micros(1)));
    assert_eq!(seen.status(), 200);
    assert!(seen.json().is_some());
    assert!(seen.acted());
}

#[test]
fn an_endless_body_is_longer_than_anyone_reads() {
    endless(Fault::EndlessBody, "HTTP/1.1 200 ");
}

#[test]
fn endless_headers_are_longer_than_anyone_reads() {
    endless(Fault::EndlessHeaders, "HTTP/1.1 200 OK\r\nx-filler: a");
}

#[track_caller]
fn endless(fault: Fault, beginning: &str) {
    const ENOUGH: u64 = 8 << 20;
    let server = start();
    server.inject(fault);
    let mut read = Vec::new();
    raw_refresh(&server, "t")
        .take(ENOUGH)
        .read_to_end(&mut read)
        .unwrap();
    assert_eq!(read.len() as u64, ENOUGH);
    assert!(read.starts_with(beginning.as_bytes()));
    assert!(server.wait_for_open_connections(0, PATIENCE));
}

#[test]
fn garbage_is_not_http() {
    let seen = under(Fault::InvalidHttp);
    assert!(!seen.head.starts_with("HTTP"));
    assert!(!seen.head.is_empty());
    assert!(!seen.acted());
}

#[test]
fn garbage_json_is_labelled_json_and_is_none() {
    let seen = under(Fault::InvalidJson);
    assert_eq!(seen.status(), 200);
    assert_eq!(
        seen.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(seen.json(), None);
    assert!(!seen.acted());
}

#[test]
fn a_gzip_bomb_is_small_and_its_content_is_not() {
    let seen = under("gzip-bomb".parse().unwrap());
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert!(seen.body.len() < 256 << 10, "{}", seen.body.len());
    let mut content = GzDecoder::new(&*seen.body);
    let mut beginning = [0; 1];
    content.read_exact(&mut beginning).unwrap();
    assert_eq!(&beginning, b"{");
    let rest = std::io::copy(&mut content.take(1 << 20), &mut std::io::sink()).unwrap();
    assert_eq!(rest, 1 << 20);
    assert!(seen.acted());
}

#[test]
fn a_gzip_lie_is_plain_json() {
    let seen = under(Fault::InvalidGzip);
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert!(seen.json().is_some());
    assert!(seen.acted());
}

#[test]
fn a_hanging_server_says_nothing_until_the_client_leaves() {
    let server = start();
    server.inject(Fault::Hang);
    let mut stream = raw_refresh(&server, "t");
    assert!(server.wait_for_requests(1, PATIENCE));
    stream.set_nonblocking(true).unwrap();
    assert_eq!(
        stream.read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(server.open_connections(), 1);
    drop(stream);
    assert!(server.wait_for_open_connections(0, PATIENCE));
}

#[test]
fn a_proxy_answers_502_in_html() {
    let seen = under(Fault::Html502);
    assert_eq!(
        (seen.status(), seen.header("content-type")),
        (502, Some("text/html"))
    );
    assert!(!seen.acted());
}

#[test]
fn a_captive_portal_answers_200_in_html() {
    let seen = under(Fault::HtmlPage);
    assert_eq!(
        (seen.status(), seen.header("content-type")),
        (200, Some("text/html"))
    );
    assert!(seen.body.starts_with(b"<html"));
    assert!(!seen.acted());
}

#[test]
fn a_huge_answer_is_right_but_for_its_size() {
    let seen = under("large-body".parse().unwrap());
    assert!(seen.body.len() > 256 << 10);
    assert!(seen.json().is_some());
    assert!(seen.acted());
}

#[test]
fn a_redirect_leads_where_it_is_told() {
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(
            under(Fault::redirect(status)).header("location"),
            Some("/elsewhere")
        );
    }
    let seen = under("redirect=307;http://127.0.0.2:1/x".parse().unwrap());
    assert_eq!(
        (seen.status(), seen.header("location")),
        (307, Some("http://127.0.0.2:1/x"))
    );
    assert!(!seen.acted());
}

#[test]
fn a_reset_after_the_answer_comes_behind_all_of_it() {
    let seen = under(Fault::ResetAfter);
    // Other systems throw away what was not read yet.
    assert!(seen.json().is_some() || cfg!(not(target_os = "linux")));
    assert_eq!(seen.end, Some(ErrorKind::ConnectionReset));
    assert!(seen.acted());
}

#[test]
fn a_reset_before_the_answer_leaves_the_token_good() {
    let seen = under(Fault::ResetBefore);
    assert!(seen.silent());
    assert_eq!(seen.end, Some(ErrorKind::ConnectionReset));
    assert!(!seen.acted());
}

#[test]
fn a_reset_during_the_answer_leaves_half_of_it() {
    let seen = under(Fault::ResetDuring);
    assert_eq!(seen.json(), None);
    assert!(!seen.silent() || cfg!(not(target_os = "linux")));
    assert_eq!(seen.end, Some(ErrorKind::ConnectionReset));
    assert!(seen.acted());
}

#[test]
fn a_short_body_is_good_http_and_bad_json() {
    let seen = under(Fault::TruncatedJson);
    let length: usize = seen.header("content-length").unwrap().parse().unwrap();
    assert_eq!((seen.body.len(), seen.json()), (length, None));
    assert!(seen.body.starts_with(b"{"));
    assert!(seen.acted());
}

#[test]
fn a_slow_server_has_acted_before_it_answers() {
    let server = start();
    let token = text(&log_in(&server, ALICE)["refresh_token"]).to_owned();
    let requests = server.request_count();
    server.inject(Fault::Delay(Duration::from_secs(3600)));
    let stream = raw_refresh(&server, &token);
    assert!(server.wait_for_requests(requests + 1, PATIENCE));
    assert_eq!(
        refresh(&server, &token).refusal(),
        (400, "invalid_grant".into())
    );
    drop(stream);
    assert!(server.wait_for_open_connections(0, PATIENCE));

    assert!(
        under(Fault::Delay(Duration::from_millis(1)))
            .json()
            .is_some()
    );
}

#[test]
fn slow_headers_are_followed_by_the_whole_body() {
    let seen = under(Fault::SlowHeaders(Duration::from_micros(1)));
    assert_eq!(seen.status(), 200);
    assert!(seen.json().is_some());
    assert!(seen.acted());
}

#[test]
fn a_stale_connection_fails_with_the_next_request_on_it() {
    let server = start();
    let token = text(&log_in(&server, ALICE)["refresh_token"]).to_owned();
    server.inject(Fault::StaleConnection);
    let mut stream = raw_refresh(&server, &token);
    let mut answer = Vec::new();
    while !answer.ends_with(b"\"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
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
fn every_fault_lets_go_when_the_client_leaves() {
    for fault in Fault::all() {
        let server = start();
        server.inject(fault.clone());
        let client = raw_refresh(&server, "t");
        // Gone sooner, the client may take back what the server has not read yet.
        assert!(server.wait_for_requests(1, PATIENCE), "{fault}");
        drop(client);
        assert!(server.wait_for_open_connections(0, PATIENCE), "{fault}");
    }
}

#[test]
fn every_fault_ends_with_the_server() {
    for fault in Fault::all() {
        let server = start();
        server.inject(fault.clone());
        let mut stream = raw_refresh(&server, "t");
        assert!(server.wait_for_requests(1, PATIENCE), "{fault}");
        drop(server);
        // Whatever it was, it is over: the data comes to an end or the connection is reset, but
        // the patience of this socket does not.
        let end = read_all(&mut stream).1.err().map(|error| error.kind());
        assert!(
            matches!(end, None | Some(ErrorKind::ConnectionReset)),
            "{fault}: {end:?}"
        );
    }
}

#[test]
fn a_fault_strikes_as_often_as_it_should() {
    let server = start();
    server.inject(Fault::None);
    server.inject(Fault::status(503).times(2).on(Endpoint::Refresh));
    let statuses: Vec<_> = (0..4).map(|_| refresh(&server, "t").status).collect();
    assert_eq!(statuses, [400, 503, 503, 400]);
    server.inject(
        "jwks:status=500*always"
            .parse::<workos_login_mock_server::Injection>()
            .unwrap(),
    );
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
