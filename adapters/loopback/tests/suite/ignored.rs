//! What does not end the wait: everything but the callback that is awaited.

use std::io::{Read, Write};
use std::net::Shutdown;

use workos_login::limits::MAX_CALLBACK_BYTES;

use crate::support::{each_way, receive};

#[test]
fn a_favicon_does_not_end_the_wait() {
    each_way(|way| {
        let login = way.login();
        assert_eq!(login.get("/favicon.ico").status(), 404);
        login.finish();
    });
}

#[test]
fn only_the_exact_path_counts_even_with_the_awaited_state() {
    each_way(|way| {
        let login = way.login();
        let query = login.callback().split_off("/callback".len());
        for path in [
            "/",
            "/callback/",
            "/callbac",
            "/CALLBACK",
            "//callback",
            "/a/../callback",
            "/%63allback",
        ] {
            assert_eq!(login.get(format!("{path}{query}")).status(), 404, "{path}");
        }
        login.finish();
    });
}

#[test]
fn only_a_get_counts_even_with_the_awaited_state() {
    each_way(|way| {
        let login = way.login();
        for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"] {
            let answer = login.send(login.request(method, login.callback()));
            assert_eq!(answer.status(), 405, "{method}");
            assert_eq!(answer.header("Allow"), Some("GET"), "{method}");
            assert_eq!(answer.body(), "", "{method}");
        }
        login.finish();
    });
}

#[test]
fn a_forged_callback_gets_an_answer_and_the_wait_goes_on() {
    each_way(|way| {
        let login = way.login();
        let state = &login.state;
        for query in [
            "code=stolen&state=made-up".to_owned(),
            "code=stolen".to_owned(),
            "code=stolen&state=".to_owned(),
            format!("code=stolen&state={state}x"),
            format!("code=stolen&State={state}"),
        ] {
            let answer = login.get(format!("/callback?{query}"));
            assert_eq!(
                (answer.status(), answer.title()),
                (400, "Login does not match"),
                "{query}"
            );
        }
        login.finish();
    });
}

#[test]
fn a_forged_denial_gets_an_answer_and_the_wait_goes_on() {
    each_way(|way| {
        let login = way.login();
        let answer = login.get("/callback?error=access_denied&state=made-up");
        assert_eq!(answer.title(), "Login does not match");
        login.finish();
    });
}

#[test]
fn a_target_that_is_no_callback_does_not_end_the_wait() {
    each_way(|way| {
        let login = way.login();
        let state = &login.state;
        for query in [
            String::new(),
            format!("?state={state}"),
            format!("?code=a&code=b&state={state}"),
            format!("?code=a&state={state}&state={state}"),
            format!("?code=a&error=b&state={state}"),
            format!("?code={}&state={state}", "a".repeat(8192)),
        ] {
            let answer = login.get(format!("/callback{query}"));
            assert_eq!(
                (answer.status(), answer.title()),
                (400, "Invalid callback"),
                "{query}"
            );
        }
        login.finish();
    });
}

#[test]
fn a_host_that_is_not_this_machine_is_refused() {
    each_way(|way| {
        let login = way.login();
        let (target, port) = (login.callback(), login.port());
        for host in [
            "evil.example",
            "evil.example:80",
            "127.0.0.1",
            "127.0.0.1:1",
            "",
        ] {
            let answer = login.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(answer.status(), 421, "{host}");
        }
        let rebound = format!("GET {target} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n");
        assert_eq!(login.send(rebound).status(), 421);
        let whole = format!("http://evil.example:{port}{target}");
        assert_eq!(login.get(whole).status(), 421);
        login.finish();
    });
}

#[test]
fn a_request_names_exactly_one_host() {
    each_way(|way| {
        let login = way.login();
        let (target, host) = (
            login.callback(),
            format!("Host: 127.0.0.1:{}\r\n", login.port()),
        );
        for hosts in [String::new(), format!("{host}{host}")] {
            let answer = login.send(format!("GET {target} HTTP/1.1\r\n{hosts}\r\n"));
            assert_eq!(answer.status(), 400, "{hosts}");
        }
        login.finish();
    });
}

#[test]
fn what_is_not_http_is_answered_and_the_wait_goes_on() {
    each_way(|way| {
        let login = way.login();
        for bytes in [
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], // a TLS handshake
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET callback HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET ftp://127.0.0.1/callback HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"hello\r\n\r\n",
            b"\0",
        ] {
            assert_eq!(login.send(bytes).status(), 400, "{bytes:?}");
        }
        login.finish();
    });
}

#[test]
fn a_request_that_is_too_large_is_answered_and_the_wait_goes_on() {
    each_way(|way| {
        let login = way.login();
        let port = login.port();
        let long = format!(
            "{}&padding={}",
            login.callback(),
            "a".repeat(MAX_CALLBACK_BYTES)
        );
        assert_eq!(login.get(long).status(), 414);
        assert_eq!(
            login.send(format!("GET /{}", "a".repeat(100_000))).status(),
            414
        );
        for headers in [
            format!("Cookie: {}\r\n", "a".repeat(100_000)),
            "a: b\r\n".repeat(200),
        ] {
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n",
                login.callback()
            );
            assert_eq!(login.send(request).status(), 431);
        }
        login.finish();
    });
}

#[test]
fn half_a_request_is_answered_and_the_wait_goes_on() {
    each_way(|way| {
        let login = way.login();
        let request = login.request("GET", login.callback());
        for end in [1, 5, 20, request.len() - 1] {
            let mut stream = login.connect();
            stream.write_all(&request.as_bytes()[..end]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert_eq!(receive(stream).status(), 400, "{end}");
        }
        login.finish();
    });
}

#[test]
fn a_connection_that_closes_without_a_word_gets_none() {
    each_way(|way| {
        let login = way.login();
        let mut stream = login.connect();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
        login.finish();
    });
}

#[test]
fn silent_connections_do_not_keep_the_callback_waiting() {
    each_way(|way| {
        let login = way.login();
        let silent: Vec<_> = (0..20).map(|_| login.connect()).collect();
        login.finish();
        drop(silent);
    });
}

#[test]
fn requests_that_never_end_do_not_keep_the_callback_waiting() {
    each_way(|way| {
        let login = way.login();
        let endless: Vec<_> = (0..20)
            .map(|_| {
                let mut stream = login.connect();
                stream.write_all(b"GET /callback?code=").unwrap();
                stream
            })
            .collect();
        login.finish();
        drop(endless);
    });
}

#[test]
fn more_connections_than_are_served_make_room_for_the_callback() {
    each_way(|way| {
        let login = way.login();
        let connections: Vec<_> = (0..200)
            .map(|index| {
                let mut stream = login.connect();
                if index % 2 == 0 {
                    // It may have had to make room already.
                    let _ = stream.write_all(b"GET ");
                }
                stream
            })
            .collect();
        login.finish();
        drop(connections);
    });
}

#[test]
fn answers_that_nobody_reads_do_not_keep_the_callback_waiting() {
    each_way(|way| {
        let login = way.login();
        let request = login.request("GET", "/favicon.ico");
        let unread: Vec<_> = (0..20)
            .map(|_| {
                let mut stream = login.connect();
                stream.write_all(request.as_bytes()).unwrap();
                stream
            })
            .collect();
        login.finish();
        drop(unread);
    });
}
