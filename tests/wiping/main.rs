//! What the types hold is wiped from memory when it is dropped: the memory of this very process is searched.
//!
//! A secret is searched for while somebody holds it, when it has to be there, and after the last one is gone, when it
//! must not. What was handed out is the caller's to wipe, and so done here: addresses, requests, stored forms, answers.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod memory;

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use workos_login::http::Response;
use workos_login::session::StoredSession;
use workos_login::{
    AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback, Client,
    ConnectionSelector, DevicePoll, Exchange, Outcome, Public, Refused, Screen, UserManagement,
};
use zeroize::Zeroizing;

use crate::memory::Memory;

#[test]
fn the_search_finds_what_nobody_wipes() {
    let mut memory = Memory::new();
    memory.invent("forgotten");
    memory.invent("wiped");
    drop(memory.reveal("wiped"));
    drop(memory.reveal("forgotten").to_string());
    memory.assert_held(&["forgotten"]);
}

#[test]
fn a_login_leaves_nothing_behind() {
    let mut memory = Memory::new();
    let client = public();
    let pending = begin(&client, &mut memory);
    memory.assert_held(&["state"]);
    let pending: AwaitingCallback = stored_and_read(pending);

    memory.invent("code");
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    learn_from_request("code_verifier", &exchanging, &mut memory);
    memory.assert_held(&["code", "code_verifier"]);

    let names = ["first access token", "first refresh token"];
    let body = success(names, &mut memory);
    let outcome = answered(exchanging, 200, body).unwrap();
    memory.assert_held(&names);
    let record: StoredSession =
        stored_and_read(StoredSession::new(outcome.authenticated().unwrap()));

    let refreshing = record.session().clone().refresh(&client).unwrap();
    drop(record);
    drop(Zeroizing::new(refreshing.request().into_body()));
    memory.assert_held(&names);
    let names = ["second access token", "second refresh token"];
    let body = success(names, &mut memory);
    let session = answered(refreshing, 200, body).unwrap();
    memory.assert_held(&names);
    drop(session);
    memory.assert_held(&[]);
}

#[test]
fn a_refusal_leaves_nothing_behind() {
    let mut memory = Memory::new();
    let client = public();
    let pending = begin(&client, &mut memory);
    memory.invent("code");
    memory.invent("forged state");
    let forged = callback(&memory, "forged state");
    let refused = pending.accept(&client, forged, now()).unwrap_err();
    memory.assert_held(&["state"]);
    let (pending, error) = refused.into_parts();
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    drop(error);
    memory.assert_held(&["code"]);

    memory.invent("what the service says");
    let said = memory.reveal("what the service says");
    let body = text(&[
        r#"{"error":"invalid_grant","error_description":""#,
        &said,
        r#""}"#,
    ]);
    drop(said);
    let (exchanging, error) = answered(exchanging, 400, body).unwrap_err().into_parts();
    memory.assert_held(&["code", "what the service says"]);
    drop(exchanging);
    memory.assert_held(&["what the service says"]);
    drop(error);
    memory.assert_held(&[]);
}

#[test]
fn a_server_and_its_step_ups_leave_nothing_behind() {
    let mut memory = Memory::new();
    memory.invent("API key");
    memory.invent("code");
    let client = {
        let key = text(&["sk_", &memory.reveal("API key")]);
        Client::confidential("client_01".parse().unwrap(), key.parse().unwrap())
    };
    let pending = begin(&client, &mut memory);
    let callback = callback(&memory, "state");
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    memory.assert_held(&["API key", "code"]);

    memory.invent("pending token");
    let token = memory.reveal("pending token");
    let body = text(&[
        r#"{"code":"mfa_challenge","authentication_challenge":{"id":"auth_challenge_01"},"pending_authentication_token":""#,
        &token,
        r#""}"#,
    ]);
    drop(token);
    let Outcome::AuthenticationChallenge(step) = answered(exchanging, 403, body).unwrap() else {
        panic!("a step was asked for")
    };
    let step: AuthenticationChallenge = stored_and_read(*step);
    memory.assert_held(&["API key", "pending token"]);
    let AuthenticationChallenge::Totp(challenge) = step else {
        panic!("another step was asked for: {step:?}")
    };
    memory.invent("one-time code");
    let code = memory.reveal("one-time code");
    let exchanging = challenge.answer(&client, "auth_challenge_01", &code);
    drop((code, challenge));
    memory.assert_held(&["API key", "pending token", "one-time code"]);

    let body = text(&[r#"{"code":"mfa_challenge","message":"again"}"#]);
    drop(answered(exchanging, 403, body));
    memory.assert_held(&["API key"]);
    drop(client);
    memory.assert_held(&[]);
}

#[test]
fn a_device_leaves_nothing_behind() {
    let mut memory = Memory::new();
    let client = public();
    memory.invent("device code");
    let code = memory.reveal("device code");
    let body = text(&[
        r#"{"user_code":"ABCD-EFGH","verification_uri":"https://x.test/device","expires_in":300,"device_code":""#,
        &code,
        r#""}"#,
    ]);
    drop(code);
    let device = answered(client.device(), 200, body).unwrap();
    let device: AwaitingDevice = stored_and_read(device);
    memory.assert_held(&["device code"]);

    let polling = device.poll(&client, now()).unwrap();
    let body = text(&[r#"{"error":"authorization_pending"}"#]);
    let DevicePoll::Pending(device) = answered(polling, 400, body).unwrap() else {
        panic!("the user has not answered")
    };
    let polling = device
        .poll(&client, now() + Duration::from_secs(10))
        .unwrap();
    let names = ["access token", "refresh token"];
    let body = success(names, &mut memory);
    let done = answered(polling, 200, body).unwrap();
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

/// Begins a login whose state is known by its name.
fn begin<A: UserManagement>(client: &Client<A>, memory: &mut Memory) -> AwaitingCallback {
    let redirect_uri = "http://127.0.0.1:8080/callback".parse().unwrap();
    let start = client.login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri);
    let (url, pending) = start.begin(now(), &mut rand::rng());
    let url = Zeroizing::new(String::from(url));
    memory.learn("state", between(&url, "&state=", '&'));
    pending
}

fn callback(memory: &Memory, state: &str) -> Callback {
    let (code, state) = (memory.reveal("code"), memory.reveal(state));
    Callback::parse(&text(&["/callback?code=", &code, "&state=", &state])).unwrap()
}

fn learn_from_request(name: &'static str, exchange: &impl Exchange, memory: &mut Memory) {
    let body = Zeroizing::new(exchange.request().into_body());
    let body = str::from_utf8(&body).unwrap();
    memory.learn(name, between(body, &format!(r#""{name}":""#), '"'));
}

/// The body of a success with new tokens.
fn success([access, refresh]: [&'static str; 2], memory: &mut Memory) -> Zeroizing<String> {
    memory.invent(access);
    memory.invent(refresh);
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

/// Answers an exchange with a body that is wiped afterwards.
#[expect(clippy::needless_pass_by_value, reason = "the body ends here")]
fn answered<E: Exchange>(
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

/// Stores a state in a form that is wiped afterwards, and reads it again.
fn stored_and_read<S: Serialize, T: DeserializeOwned>(state: S) -> T {
    // With room for it: the places that a text grows out of are not wiped.
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
