//! Pages of other origins: CORS, and the refresh token in a cookie.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};
use workos_login_mock_server::Server;

use crate::support::*;

const ORIGIN: &str = "http://127.0.0.1:8080";

fn start_with_cookie() -> Server {
    start_with(|config| {
        config.allowed_origins = vec![ORIGIN.to_owned()];
        config.refresh_cookie = true;
    })
}

/// Sends a request as a page of `origin` does, and returns the whole response.
fn send(server: &Server, origin: &str, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: {origin}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let (bytes, _) = read_all(&mut stream);
    String::from_utf8(bytes).unwrap()
}

/// Sends a JSON body with a cookie.
fn from_page(server: &Server, origin: &str, cookie: &str, body: &Value) -> String {
    let headers = format!("cookie: {cookie}\r\ncontent-type: application/json\r\n");
    let line = "POST /user_management/authenticate";
    send(server, origin, line, &headers, &body.to_string())
}

#[test]
fn a_page_refreshes_with_its_cookie_alone() {
    let server = start_with_cookie();
    let exchange = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code(&server, ALICE), "code_verifier": VERIFIER,
    });
    let response = from_page(&server, ORIGIN, "", &exchange);
    assert!(response.contains(&format!("access-control-allow-origin: {ORIGIN}")));
    assert!(response.contains("workos-has-session=1"));
    assert!(!response.contains("\"refresh_token\""));
    let (_, cookie) = response.split_once("set-cookie: ").unwrap();
    let (cookie, attributes) = cookie.split_once(';').unwrap();
    assert!(attributes.starts_with(" HttpOnly"));
    let refresh = json!({"grant_type": "refresh_token", "client_id": server.client_id()});
    let response = from_page(&server, ORIGIN, cookie, &refresh);
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    // Without the cookie there is no refresh token.
    let response = from_page(&server, ORIGIN, "", &refresh);
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
}

#[test]
fn a_page_of_another_origin_has_no_access() {
    let server = start_with_cookie();
    let refresh = json!({"grant_type": "refresh_token", "client_id": server.client_id()});
    let response = from_page(&server, "http://other.example", "", &refresh);
    assert!(!response.contains("access-control"), "{response}");
    assert!(!response.contains("set-cookie"), "{response}");
}

#[test]
fn only_an_allowed_origin_passes_the_preflight() {
    let server = start_with_cookie();
    let headers =
        "access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n";
    for (origin, is_allowed) in [
        (ORIGIN, true),
        ("http://other.example", false),
        ("null", false),
    ] {
        let line = "OPTIONS /user_management/authenticate";
        let response = send(&server, origin, line, headers, "");
        assert!(response.starts_with("HTTP/1.1 204"), "{response}");
        for header in [
            &*format!("access-control-allow-origin: {origin}\r\n"),
            "access-control-allow-credentials: true\r\n",
        ] {
            assert_eq!(response.contains(header), is_allowed, "{response}");
        }
        // A header that is not listed fails the preflight.
        assert!(response.contains("access-control-allow-headers: content-type\r\n"));
    }
}

#[test]
fn a_page_without_cookie_mode_receives_its_refresh_token() {
    let server = start_with(|config| config.allowed_origins = vec![ORIGIN.to_owned()]);
    let session = log_in(&server, ALICE);
    let body = refresh_body(&server, text(&session["refresh_token"]));
    let response = from_page(&server, ORIGIN, "", &body);
    assert!(response.contains("\"refresh_token\""), "{response}");
    assert!(!response.contains("set-cookie"), "{response}");
}

#[test]
fn a_logout_removes_the_cookies() {
    let server = start_with_cookie();
    let session = log_in(&server, ALICE);
    let sid = claims(&session)["sid"].as_str().unwrap().to_owned();
    let line = format!("GET /user_management/sessions/logout?session_id={sid}");
    let response = send(&server, ORIGIN, &line, "", "");
    for name in ["mock-refresh-token", "workos-has-session"] {
        assert!(
            response.contains(&format!("set-cookie: {name}=; Max-Age=0;")),
            "{response}"
        );
    }
}
