//! A small client, and the first steps that many tests share.

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
/// Long enough for the slowest machine; no test waits for it unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn start() -> Server {
    Server::start(Config::default()).unwrap()
}

pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Server {
    Server::start(Config::with(change)).unwrap()
}

/// An answer as a client reads it.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the `error` or `code`.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let body = self.json();
        let code = body["error"]
            .as_str()
            .or(body["code"].as_str())
            .unwrap_or("");
        (self.status, code.to_owned())
    }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

fn got(response: Result<http::Response<ureq::Body>, ureq::Error>) -> Got {
    let (parts, mut body) = response.unwrap().into_parts();
    let text = body.read_to_string().unwrap();
    Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text,
    }
}

pub(crate) fn get(url: &str) -> Got {
    got(agent().get(url).call())
}

/// A JSON body, as most clients send it.
pub(crate) fn post(server: &Server, path: &str, body: &Value) -> Got {
    let url = format!("{}{path}", server.base_url());
    got(agent()
        .post(&url)
        .header("content-type", "application/json")
        .send(body.to_string()))
}

/// A form body, as standard clients send it.
pub(crate) fn post_form(server: &Server, path: &str, body: &[(&str, &str)]) -> Got {
    let url = format!("{}{path}", server.base_url());
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(body)
        .finish();
    got(agent()
        .post(&url)
        .content_type("application/x-www-form-urlencoded")
        .send(body))
}

pub(crate) fn post_with_key(server: &Server, path: &str, key: &str, body: &Value) -> Got {
    let url = format!("{}{path}", server.base_url());
    let request = agent()
        .post(&url)
        .header("authorization", format!("Bearer {key}"));
    got(request
        .header("content-type", "application/json")
        .send(body.to_string()))
}

pub(crate) fn authenticate(server: &Server, body: &Value) -> Got {
    post(server, "/user_management/authenticate", body)
}

/// An authorization URL; `changes` set parameters, or leave them out.
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

/// A parameter of a callback.
pub(crate) fn parameter(callback: &str, name: &str) -> Option<String> {
    let url = Url::parse(callback).unwrap();
    url.query_pairs()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.into_owned())
}

/// A fresh code for this user.
pub(crate) fn code(server: &Server, email: &str) -> String {
    code_for(server, email, &[])
}

pub(crate) fn code_for(server: &Server, email: &str, changes: &[(&str, Option<&str>)]) -> String {
    let callback = server
        .log_in(&authorize_url(server, changes), email)
        .unwrap();
    parameter(&callback, "code").unwrap_or_else(|| panic!("{callback}"))
}

pub(crate) fn exchange(server: &Server, code: &str) -> Got {
    authenticate(
        server,
        &json!({
            "grant_type": "authorization_code", "client_id": server.client_id(),
            "code": code, "code_verifier": VERIFIER,
        }),
    )
}

pub(crate) fn refresh(server: &Server, token: &str) -> Got {
    authenticate(server, &refresh_body(server, token))
}

pub(crate) fn refresh_body(server: &Server, token: &str) -> Value {
    json!({"grant_type": "refresh_token", "client_id": server.client_id(), "refresh_token": token})
}

/// A whole login; the tokens.
pub(crate) fn log_in(server: &Server, email: &str) -> Value {
    let answer = exchange(server, &code(server, email));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a string: {value}"))
}

pub(crate) fn claims(answer: &Value) -> Value {
    let payload = text(&answer["access_token"]).split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Sends one raw refresh and returns the connection, which may be used again.
pub(crate) fn raw_refresh(server: &Server, token: &str) -> TcpStream {
    raw_post(
        server,
        &refresh_body(server, token).to_string(),
        "keep-alive",
    )
}

/// Sends one raw body to the authenticate path; the connection ends with its answer.
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
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads until the end, and says what the end was.
pub(crate) fn read_all(stream: &mut impl Read) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop);
    (bytes, end)
}
