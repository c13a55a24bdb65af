//! Pages of other origins: CORS, and the refresh token in a cookie.

use serde_json::json;
use workos_login_mock_server::Server;

use crate::support::*;

const ORIGIN: &str = "http://127.0.0.1:8080";

fn start_with_cookie() -> Server {
    start_with(|config| {
        config.allowed_origins = vec![ORIGIN.to_owned()];
        config.refresh_cookie = true;
    })
}

/// Sends a JSON body as a page of `origin` does, and returns the whole response.
fn from_page(server: &Server, origin: &str, cookie: &str, body: &serde_json::Value) -> String {
    use std::io::Write;
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "POST /user_management/authenticate HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: {origin}\r\n\
         cookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let (bytes, _) = read_all(&mut stream);
    String::from_utf8(bytes).unwrap()
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
