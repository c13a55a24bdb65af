//! Secrets are wiped from memory when their owner is dropped. Each test searches the memory of its own process.
//!
//! A secret must be found while a state holds it, which shows that the search works, and must not be found after the
//! last owner is dropped. Values that the caller owns (URLs, requests, stored states, responses) are wiped by the tests.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod memory;

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use workos_login::http::Response;
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback, Client,
    ConnectionSelector, DevicePoll, Exchange, Outcome, Public, Refused, Screen, UserManagement,
};
use zeroize::Zeroizing;

use crate::memory::Memory;

#[test]
fn finds_a_secret_that_was_not_wiped() {
    let mut memory = Memory::new();
    memory.generate("not wiped");
    memory.generate("wiped");
    drop(memory.reveal("wiped"));
    drop(memory.reveal("not wiped").to_string());
    memory.assert_held(&["not wiped"]);
}

#[test]
fn wipes_the_secrets_of_a_login_and_a_refresh() {
    let mut memory = Memory::new();
    let client = public();
    let pending = begin(&client, &mut memory);
    memory.assert_held(&["state"]);
    let pending: AwaitingCallback = stored_and_loaded(pending);

    memory.generate("code");
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    register_from_request("code_verifier", &exchanging, &mut memory);
    memory.assert_held(&["code", "code_verifier"]);

    let names = ["first access token", "first refresh token"];
    let body = success(names, &mut memory);
    let outcome = respond(exchanging, 200, body).unwrap();
    memory.assert_held(&names);
    let session: Authenticated = stored_and_loaded(outcome.authenticated().unwrap());

    let refreshing = session.clone().refresh(&client).unwrap();
    drop(session);
    drop(Zeroizing::new(refreshing.request().into_body()));
    memory.assert_held(&names);
    let names = ["second access token", "second refresh token"];
    let body = success(names, &mut memory);
    let session = respond(refreshing, 200, body).unwrap();
    memory.assert_held(&names);
    drop(session);
    memory.assert_held(&[]);
}

#[test]
fn wipes_the_secrets_of_refused_transitions() {
    let mut memory = Memory::new();
    let client = public();
    let pending = begin(&client, &mut memory);
    memory.generate("code");
    memory.generate("mismatched state");
    let mismatched = callback(&memory, "mismatched state");
    let refused = pending.accept(&client, mismatched, now()).unwrap_err();
    memory.assert_held(&["state"]);
    let (pending, error) = refused.into_parts();
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    drop(error);
    memory.assert_held(&["code"]);

    memory.generate("error description");
    let description = memory.reveal("error description");
    let body = text(&[
        r#"{"error":"invalid_grant","error_description":""#,
        &description,
        r#""}"#,
    ]);
    drop(description);
    let (exchanging, error) = respond(exchanging, 400, body).unwrap_err().into_parts();
    memory.assert_held(&["code", "error description"]);
    drop(exchanging);
    memory.assert_held(&["error description"]);
    drop(error);
    memory.assert_held(&[]);
}

#[test]
fn wipes_the_secrets_of_a_confidential_client_and_a_challenge() {
    let mut memory = Memory::new();
    memory.generate("API key");
    memory.generate("code");
    let client = {
        let key = text(&["sk_", &memory.reveal("API key")]);
        Client::confidential("client_01".parse().unwrap(), key.parse().unwrap())
    };
    let pending = begin(&client, &mut memory);
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    memory.assert_held(&["API key", "code"]);

    memory.generate("pending authentication token");
    let token = memory.reveal("pending authentication token");
    let body = text(&[
        r#"{"code":"mfa_challenge","authentication_challenge":{"id":"auth_challenge_01"},"pending_authentication_token":""#,
        &token,
        r#""}"#,
    ]);
    drop(token);
    let Outcome::AuthenticationChallenge(challenge) = respond(exchanging, 403, body).unwrap()
    else {
        panic!("expected a challenge")
    };
    let challenge: AuthenticationChallenge = stored_and_loaded(*challenge);
    memory.assert_held(&["API key", "pending authentication token"]);
    let AuthenticationChallenge::Totp(challenge) = challenge else {
        panic!("expected a TOTP challenge: {challenge:?}")
    };
    memory.generate("one-time code");
    let code = memory.reveal("one-time code");
    let exchanging = challenge
        .answer(&client, "auth_challenge_01", &code)
        .unwrap();
    drop((code, challenge));
    memory.assert_held(&["API key", "pending authentication token", "one-time code"]);

    let body = text(&[r#"{"code":"mfa_challenge","message":"again"}"#]);
    drop(respond(exchanging, 403, body));
    memory.assert_held(&["API key"]);
    drop(client);
    memory.assert_held(&[]);
}

#[test]
fn wipes_the_secrets_of_a_device_login() {
    let mut memory = Memory::new();
    let client = public();
    memory.generate("device code");
    let code = memory.reveal("device code");
    let body = text(&[
        r#"{"user_code":"ABCD-EFGH","verification_uri":"https://x.test/device","expires_in":300,"device_code":""#,
        &code,
        r#""}"#,
    ]);
    drop(code);
    let device = respond(client.device(), 200, body).unwrap();
    let device: AwaitingDevice = stored_and_loaded(device);
    memory.assert_held(&["device code"]);

    let polling = device.poll(&client, now()).unwrap();
    let body = text(&[r#"{"error":"authorization_pending"}"#]);
    let DevicePoll::Pending(device) = respond(polling, 400, body).unwrap() else {
        panic!("expected a pending authorization")
    };
    let polling = device
        .poll(&client, now() + Duration::from_secs(10))
        .unwrap();
    let names = ["access token", "refresh token"];
    let body = success(names, &mut memory);
    let done = respond(polling, 200, body).unwrap();
    memory.assert_held(&names);
    drop(done);
    memory.assert_held(&[]);
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

fn public() -> Client<Public> {
    Client::public("client_01".parse().unwrap())
}

/// Begins a login and registers its state.
fn begin<A: UserManagement>(client: &Client<A>, memory: &mut Memory) -> AwaitingCallback {
    let redirect_uri = "http://127.0.0.1:8080/callback".parse().unwrap();
    let start = client.login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri);
    let (url, pending) = start.begin(now(), &mut rand::rng());
    let url = Zeroizing::new(String::from(url));
    memory.register("state", between(&url, "&state=", '&'));
    pending
}

fn callback(memory: &Memory, state: &str) -> Callback {
    let (code, state) = (memory.reveal("code"), memory.reveal(state));
    Callback::parse(&text(&["/callback?code=", &code, "&state=", &state])).unwrap()
}

fn register_from_request(name: &'static str, exchange: &impl Exchange, memory: &mut Memory) {
    let body = Zeroizing::new(exchange.request().into_body());
    let body = str::from_utf8(&body).unwrap();
    memory.register(name, between(body, &format!(r#""{name}":""#), '"'));
}

/// Returns the body of a successful token response with new tokens.
fn success([access, refresh]: [&'static str; 2], memory: &mut Memory) -> Zeroizing<String> {
    memory.generate(access);
    memory.generate(refresh);
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sid":"session_01","iat":0,"exp":300}"#);
    text(&[
        r#"{"user":{"id":"user_01"},"access_token":"e30."#,
        &claims,
        ".",
        &memory.reveal(access),
        r#"","refresh_token":""#,
        &memory.reveal(refresh),
        r#""}"#,
    ])
}

/// Gives a response to an exchange, and wipes its body.
#[expect(clippy::needless_pass_by_value, reason = "the body is wiped here")]
fn respond<E: Exchange>(
    exchange: E,
    status: u16,
    body: Zeroizing<String>,
) -> Result<E::Output, Refused<E>>
where
    E::Output: Debug,
{
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body.as_bytes())
        .unwrap();
    exchange.response(response, now())
}

/// Stores a state, loads it again and wipes the stored form.
fn stored_and_loaded<S: Serialize, T: DeserializeOwned>(state: S) -> T {
    // A buffer that does not grow: growing would leave a copy that is not wiped.
    let mut form = Zeroizing::new(Vec::with_capacity(16 * 1024));
    serde_json::to_writer(&mut *form, &state).unwrap();
    drop(state);
    serde_json::from_slice(&form).unwrap()
}

fn text(parts: &[&str]) -> Zeroizing<String> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.extend(parts.iter().copied());
    text
}

fn between<'a>(text: &'a str, before: &str, end: char) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split(end).next().unwrap()
}
