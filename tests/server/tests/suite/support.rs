//! An HTTP client, and the steps that many tests share.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use workos_login_mock_server::{Config, Server};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback?keep=this";
pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const CAROL: &str = "carol@example.com";
/// Sufficient on a slow machine. It expires only in a failing test.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn start() -> Server {
    Server::start(Config::default()).unwrap()
}

pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Server {
    Server::start(Config::with(change)).unwrap()
}

/// Stops the clock of the server. Afterwards only `advance` moves it.
pub(crate) fn stop_clock(server: &Server) {
    let now = server.now();
    server.configure(|config| config.set_clock(move || now));
}

/// A response.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the status and the `error` or `code`.
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        let code = body["error"]
            .as_str()
            .or(body["code"].as_str())
            .unwrap_or("");
        (self.status, code.to_owned())
    }
}

#[track_caller]
pub(crate) fn assert_invalid_grant(response: &Received) {
    assert_eq!(response.error(), (400, "invalid_grant".to_owned()));
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into()
}

fn received(response: Result<http::Response<ureq::Body>, ureq::Error>) -> Received {
    let (parts, mut body) = response.unwrap().into_parts();
    let text = body.read_to_string().unwrap();
    Received {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text,
    }
}

pub(crate) fn get(url: &str) -> Received {
    received(agent().get(url).call())
}

/// Sends a JSON body.
pub(crate) fn post(server: &Server, path: &str, body: &Value) -> Received {
    let url = format!("{}{path}", server.base_url());
    received(
        agent()
            .post(&url)
            .header("content-type", "application/json")
            .send(body.to_string()),
    )
}

/// Sends a form.
pub(crate) fn post_form(server: &Server, path: &str, body: &[(&str, &str)]) -> Received {
    post_form_to(&format!("{}{path}", server.base_url()), body)
}

pub(crate) fn post_form_to(url: &str, body: &[(&str, &str)]) -> Received {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(body)
        .finish();
    received(
        agent()
            .post(url)
            .content_type("application/x-www-form-urlencoded")
            .send(body),
    )
}

pub(crate) fn post_with_key(server: &Server, path: &str, key: &str, body: &Value) -> Received {
    let url = format!("{}{path}", server.base_url());
    let request = agent()
        .post(&url)
        .header("authorization", format!("Bearer {key}"));
    received(
        request
            .header("content-type", "application/json")
            .send(body.to_string()),
    )
}

pub(crate) fn authenticate(server: &Server, body: &Value) -> Received {
    post(server, "/user_management/authenticate", body)
}

/// Returns an authorization URL. `changes` set parameters or remove them.
pub(crate) fn authorize_url(server: &Server, changes: &[(&str, Option<&str>)]) -> String {
    let mut parameters = vec![
        ("client_id", server.client_id()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("provider", "authkit"),
        ("state", "st/at e&é"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(own, _)| own != name);
        parameters.extend(value.map(|value| (*name, value)));
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("{}/user_management/authorize?{query}", server.base_url())
}

/// Returns a parameter of a callback.
pub(crate) fn parameter(callback: &str, name: &str) -> Option<String> {
    let url = Url::parse(callback).unwrap();
    url.query_pairs()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.into_owned())
}

/// Returns a new authorization code for this user.
pub(crate) fn code(server: &Server, email: &str) -> String {
    code_for(server, email, &[])
}

pub(crate) fn code_for(server: &Server, email: &str, changes: &[(&str, Option<&str>)]) -> String {
    let callback = server
        .log_in(&authorize_url(server, changes), email)
        .unwrap();
    parameter(&callback, "code").unwrap_or_else(|| panic!("{callback}"))
}

pub(crate) fn exchange(server: &Server, code: &str) -> Received {
    authenticate(
        server,
        &json!({
            "grant_type": "authorization_code", "client_id": server.client_id(),
            "code": code, "code_verifier": VERIFIER,
        }),
    )
}

pub(crate) fn refresh(server: &Server, token: &str) -> Received {
    authenticate(server, &refresh_body(server, token))
}

pub(crate) fn refresh_body(server: &Server, token: &str) -> Value {
    json!({"grant_type": "refresh_token", "client_id": server.client_id(), "refresh_token": token})
}

/// Completes a login and returns the token response.
pub(crate) fn log_in(server: &Server, email: &str) -> Value {
    let response = exchange(server, &code(server, email));
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
}

pub(crate) fn claims(response: &Value) -> Value {
    let payload = text(&response["access_token"]).split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Sends one raw refresh and returns the connection, which stays open.
pub(crate) fn raw_refresh(server: &Server, token: &str) -> TcpStream {
    raw_post(
        server,
        &refresh_body(server, token).to_string(),
        "keep-alive",
    )
}

/// Sends one raw body to the authenticate path; the connection ends with the response.
pub(crate) fn raw_last(server: &Server, body: &str) -> TcpStream {
    raw_post(server, body, "close")
}

fn raw_post(server: &Server, body: &str, connection: &str) -> TcpStream {
    raw(
        server,
        &format!(
            "POST /user_management/authenticate HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

fn raw(server: &Server, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads to the end of the connection and returns how it ended.
pub(crate) fn read_all(stream: &mut impl Read) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop);
    (bytes, end)
}
