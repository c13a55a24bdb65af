//! Requests and connections that do not end the wait.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

use workos_login::Error;
use workos_login::limits::MAX_CALLBACK_BYTES;
use workos_login_loopback::{Listener, Progress, WaitError};

use crate::support::{Browser, LONG, Setup, each_mode, receive};

/// Checks the status and the title of the response to each request, and that the wait continues.
#[track_caller]
fn ignores<B: AsRef<[u8]>>(status: u16, title: &str, requests: impl Fn(&Browser) -> Vec<B>) {
    each_mode(|mode| {
        let wait = mode.wait();
        for request in requests(&wait) {
            let response = wait.send(&request);
            let request = String::from_utf8_lossy(request.as_ref());
            assert_eq!(
                (response.status(), response.title()),
                (status, title),
                "{request}"
            );
        }
        wait.finish();
    });
}

/// Checks the response to a `GET` of each request target, and that the wait continues.
#[track_caller]
fn ignores_targets(status: u16, title: &str, targets: impl Fn(&Browser) -> Vec<String>) {
    ignores(status, title, |browser| {
        targets(browser)
            .iter()
            .map(|target| browser.request("GET", target))
            .collect()
    });
}

#[test]
fn ignores_every_other_path_also_with_the_state() {
    ignores_targets(404, "Not found", |browser| {
        let query = browser.callback().split_off("/callback".len());
        [
            "/favicon.ico",
            "/",
            "/callback/",
            "/callbac",
            "/CALLBACK",
            "//callback",
            "/a/../callback",
            "/%63allback",
        ]
        .iter()
        .flat_map(|path| [(*path).to_owned(), format!("{path}{query}")])
        .collect()
    });
}

#[test]
fn ignores_every_other_method_also_with_the_state() {
    each_mode(|mode| {
        let wait = mode.wait();
        for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"] {
            let response = wait.send(wait.request(method, wait.callback()));
            assert_eq!(response.status(), 405, "{method}");
            assert_eq!(response.header("Allow"), Some("GET"), "{method}");
            assert_eq!(response.body(), "", "{method}");
        }
        wait.finish();
    });
}

#[test]
fn ignores_a_callback_with_a_different_state() {
    ignores_targets(400, "Login does not match", |Browser { state, .. }| {
        vec![
            "/callback?code=x&state=other".to_owned(),
            "/callback?code=x".to_owned(),
            "/callback?code=x&state=".to_owned(),
            format!("/callback?code=x&state={state}x"),
            format!("/callback?code=x&State={state}"),
            "/callback?error=access_denied&state=other".to_owned(),
        ]
    });
}

#[test]
fn ignores_an_invalid_callback() {
    ignores_targets(400, "Invalid callback", |Browser { state, .. }| {
        vec![
            "/callback".to_owned(),
            format!("/callback?state={state}"),
            format!("/callback?code=a&code=b&state={state}"),
            format!("/callback?code=a&state={state}&state={state}"),
            format!("/callback?code=a&error=b&state={state}"),
            format!("/callback?code={}&state={state}", "a".repeat(8192)),
        ]
    });
}

#[test]
fn reports_a_malformed_callback_only_if_it_has_the_state() {
    let setup = Setup::new(Listener::bind().unwrap());
    let (browser, canceller) = (setup.browser.clone(), setup.listener.canceller());
    let requests = thread::spawn(move || {
        let state = &browser.state;
        for query in [
            "code=a&error=b&state=other",
            "code=a&error=b",
            &format!("code=a&error=b&state={state}"),
            &format!("code=a&code=b&state={state}"),
            &format!("state={state}"),
        ] {
            assert_eq!(browser.get(format!("/callback?{query}")).status(), 400);
        }
        canceller.cancel();
    });
    let mut reported = Vec::new();
    let error = setup
        .listener
        .wait_with(&setup.client, setup.pending, LONG, |progress| {
            if let Progress::MalformedCallback(error) = progress {
                reported.push(matches!(error, Error::Malformed(_)));
            }
        })
        .map(drop)
        .unwrap_err();
    requests.join().unwrap();
    assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
    assert_eq!(reported, [true; 3]);
}

#[test]
fn ignores_a_request_for_a_host_that_is_not_loopback() {
    ignores(421, "Invalid request", |browser| {
        let (target, port) = (browser.callback(), browser.port());
        let absolute = format!("http://evil.example:{port}{target}");
        [
            "evil.example",
            "evil.example:80",
            &format!("evil.example:{port}"),
            "127.0.0.1",
            "127.0.0.1:1",
            "",
        ]
        .iter()
        .map(|host| format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
        .chain([browser.request("GET", absolute)])
        .collect()
    });
}

#[test]
fn ignores_a_request_without_exactly_one_host() {
    ignores(400, "Invalid request", |browser| {
        let target = browser.callback();
        let host = format!("Host: 127.0.0.1:{}\r\n", browser.port());
        vec![
            format!("GET {target} HTTP/1.1\r\n\r\n"),
            format!("GET {target} HTTP/1.1\r\n{host}{host}\r\n"),
        ]
    });
}

#[test]
fn ignores_bytes_that_are_not_http_1() {
    ignores(400, "Invalid request", |_| {
        vec![
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], // a TLS ClientHello
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET callback HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET ftp://127.0.0.1/callback HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"hello\r\n\r\n",
            b"\0",
        ]
    });
}

#[test]
fn ignores_a_request_target_that_is_too_long() {
    ignores(414, "Invalid request", |browser| {
        let (callback, padding) = (browser.callback(), "a".repeat(MAX_CALLBACK_BYTES));
        vec![
            browser.request("GET", format!("{callback}&padding={padding}")),
            format!("GET /{}", "a".repeat(100_000)),
        ]
    });
}

#[test]
fn ignores_request_headers_that_are_too_large() {
    ignores(431, "Invalid request", |browser| {
        [
            format!("Cookie: {}\r\n", "a".repeat(100_000)),
            "a: b\r\n".repeat(200),
        ]
        .iter()
        .map(|headers| {
            let request = browser.request("GET", browser.callback());
            format!("{}\r\n{headers}\r\n", request.trim_end())
        })
        .collect()
    });
}

#[test]
fn ignores_an_incomplete_request() {
    each_mode(|mode| {
        let wait = mode.wait();
        let request = wait.request("GET", wait.callback());
        for end in [1, 5, 20, request.len() - 1] {
            let mut stream = wait.connect();
            stream.write_all(&request.as_bytes()[..end]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(receive(stream).status(), 400, "{end}");
        }
        wait.finish();
    });
}

#[test]
fn an_empty_connection_is_closed_without_a_response() {
    each_mode(|mode| {
        let wait = mode.wait();
        let mut stream = wait.connect();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
        wait.finish();
    });
}

#[test]
fn other_connections_do_not_block_the_callback() {
    each_mode(|mode| {
        // The number of connections, and what they send in turn.
        for (count, sent) in [
            (20, [""; 2]),
            (20, ["GET /callback?code="; 2]),
            // The responses are not read.
            (20, ["GET /favicon.ico HTTP/1.1\r\n\r\n"; 2]),
            // More than the maximum.
            (200, ["", "GET "]),
        ] {
            let wait = mode.wait();
            let connections: Vec<_> = (0..count)
                .zip(sent.iter().cycle())
                .map(|(_, sent)| {
                    let mut stream = wait.connect();
                    // An evicted connection is already closed.
                    let _ = stream.write_all(sent.as_bytes());
                    stream
                })
                .collect();
            wait.finish();
            drop(connections);
        }
    });
}
