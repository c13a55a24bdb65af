//! A [`Scenario`] walks to any state. Time, randomness and responses are fixed.

use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use workos_login::http::{HeaderName, Request, Response};
use workos_login::rand_core::utils::next_word_via_fill;
use workos_login::rand_core::{TryCryptoRng, TryRng};
use workos_login::url::{Url, form_urlencoded};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback, Client,
    ClientKind, Confidential, ConnectionSelector, Error, Exchange, Exchanging, OAuth,
    OrganizationId, Organizations, Outcome, PollingDevice, Public, RedirectUri, Refreshing,
    Refused, RequestingDevice, Screen, SendError, Start,
};

use crate::oauth;

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
pub(crate) const API_KEY: &str = "sk_test_fixture";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:52143/callback";
pub(crate) const CODE: &str = "fixtureCode01";
/// The organization and the session of the fixtures.
pub(crate) const ORGANIZATION: &str = "org_01KVAT1B7BJM4R31T4Y7ZGRV9B";
pub(crate) const OTHER_ORGANIZATION: &str = "org_other";
pub(crate) const SESSION: &str = "session_01KANPKVAH3QK9VJPDJVNT68B7";
/// The bytes 0 to 32 and 33 to 65 of the [`Counting`] generator, encoded and cut to 43 characters.
pub(crate) const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const CODE_VERIFIER: &str = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0B";
/// The bytes 66 to 98, encoded in the same way: the nonce of a login at an authorization server.
pub(crate) const NONCE: &str = "QkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGF";
/// The `S256` code challenge of [`CODE_VERIFIER`].
pub(crate) const CODE_CHALLENGE: &str = "MVwCA9yGVElHL4fYtrHdhXpOELxMuCAwSmWWGxPNr_4";

/// The time at which every scenario begins: the `iat` of the tokens of the fixtures.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + secs(1_780_000_000)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A kind of client with the login and the responses of the tests.
pub(crate) trait Kind: ClientKind + Sized {
    /// The fixture of a token response.
    const TOKENS: &'static str = "success_full.json";
    /// The fixture of a device authorization response.
    const DEVICE: &'static str = "device_authorization.json";

    fn start(client: &Client<Self>, redirect_uri: RedirectUri) -> Start<'_, Self>;
    fn device(client: &Client<Self>) -> RequestingDevice;
}

macro_rules! user_management {
    ($($kind:ty),+) => {
        $(impl Kind for $kind {
            fn start(client: &Client<Self>, redirect_uri: RedirectUri) -> Start<'_, Self> {
                client.login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri)
            }

            fn device(client: &Client<Self>) -> RequestingDevice {
                client.device()
            }
        })+
    };
}

user_management!(Public, Confidential);

impl Kind for OAuth {
    const TOKENS: &'static str = "connect_token.json";
    const DEVICE: &'static str = "connect_device_authorization.json";

    fn start(client: &Client<Self>, redirect_uri: RedirectUri) -> Start<'_, Self> {
        client.login(oauth::scope(), redirect_uri)
    }

    fn device(client: &Client<Self>) -> RequestingDevice {
        client.device(&oauth::scope()).unwrap()
    }
}

/// A client and its redirect URI; `to_…` walks to a state.
pub(crate) struct Scenario<K> {
    pub(crate) client: Client<K>,
    redirect_uri: RedirectUri,
}

impl Scenario<Public> {
    pub(crate) fn public() -> Self {
        Self::of(Client::public(CLIENT_ID.parse().unwrap()))
    }
}

impl Scenario<Confidential> {
    pub(crate) fn confidential() -> Self {
        let key = API_KEY.parse().unwrap();
        Self::of(Client::confidential(CLIENT_ID.parse().unwrap(), key))
    }

    /// An answer to an authentication challenge.
    pub(crate) fn to_answering(&self) -> Exchanging {
        match self.to_challenge("email_verification_required") {
            AuthenticationChallenge::EmailVerification(challenge) => {
                challenge.answer(&self.client, "123456").unwrap()
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Scenario<OAuth> {
    pub(crate) fn oauth() -> Self {
        Self::of(oauth::client())
    }
}

impl<K: Kind + Organizations> Scenario<K> {
    pub(crate) fn to_switching(&self) -> Refreshing {
        self.to_authenticated()
            .switch_organization(&self.client, &organization(OTHER_ORGANIZATION))
            .unwrap()
    }
}

impl<K: Kind> Scenario<K> {
    pub(crate) fn of(client: Client<K>) -> Self {
        Self {
            client,
            redirect_uri: REDIRECT_URI.parse().unwrap(),
        }
    }

    pub(crate) fn redirect_uri(self, text: &str) -> Self {
        Self {
            redirect_uri: text.parse().unwrap(),
            ..self
        }
    }

    pub(crate) fn to_start(&self) -> Start<'_, K> {
        K::start(&self.client, self.redirect_uri.clone())
    }

    pub(crate) fn to_awaiting_callback(&self) -> AwaitingCallback {
        begin(self.to_start()).1
    }

    pub(crate) fn to_exchanging(&self) -> Exchanging {
        self.to_awaiting_callback()
            .accept(&self.client, real_callback(), now())
            .unwrap()
    }

    /// A session with every member that a token response can have; at User Management, one of [`ORGANIZATION`].
    pub(crate) fn to_authenticated(&self) -> Authenticated {
        self.to_authenticated_from(&fixture(K::TOKENS))
    }

    #[track_caller]
    pub(crate) fn to_authenticated_from(&self, body: &str) -> Authenticated {
        let outcome = self.to_exchanging().response(response(200, body), now());
        outcome.unwrap().authenticated().unwrap()
    }

    pub(crate) fn to_refreshing(&self) -> Refreshing {
        self.to_authenticated().refresh(&self.client).unwrap()
    }

    /// The challenge of a fixture, as the response to a code exchange.
    #[track_caller]
    pub(crate) fn to_challenge(&self, name: &str) -> AuthenticationChallenge {
        self.to_challenge_from(&fixture(&challenge_file(name)))
    }

    #[track_caller]
    pub(crate) fn to_challenge_from(&self, body: &str) -> AuthenticationChallenge {
        challenge_of(self.to_exchanging().response(response(403, body), now()))
    }

    pub(crate) fn to_requesting_device(&self) -> RequestingDevice {
        K::device(&self.client)
    }

    /// A device login that expires in five minutes and is polled every five seconds.
    pub(crate) fn to_awaiting_device(&self) -> AwaitingDevice {
        self.to_awaiting_device_from(&fixture(K::DEVICE))
    }

    #[track_caller]
    pub(crate) fn to_awaiting_device_from(&self, body: &str) -> AwaitingDevice {
        let requesting = self.to_requesting_device();
        requesting.response(response(200, body), now()).unwrap()
    }

    pub(crate) fn to_polling(&self) -> PollingDevice {
        self.to_awaiting_device().poll(&self.client, now()).unwrap()
    }
}

/// The authentication challenge that an exchange returned.
#[track_caller]
pub(crate) fn challenge_of<E: Debug>(outcome: Result<Outcome, E>) -> AuthenticationChallenge {
    match outcome {
        Ok(Outcome::AuthenticationChallenge(challenge)) => *challenge,
        other => panic!("not a challenge: {other:?}"),
    }
}

/// Begins a login with the counting generator.
pub(crate) fn begin<K: ClientKind>(start: Start<'_, K>) -> (Url, AwaitingCallback) {
    let (url, pending) = start.begin(now(), &mut Counting::default());
    (url.into(), pending)
}

/// Generates the bytes 0, 1, 2 and so on, and records the length of each call.
#[derive(Default)]
pub(crate) struct Counting {
    next: u8,
    pub(crate) calls: Vec<usize>,
}

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.calls.push(bytes.len());
        for byte in bytes {
            *byte = self.next;
            self.next = self.next.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

pub(crate) fn organization(id: &str) -> OrganizationId {
    id.parse().unwrap()
}

#[track_caller]
pub(crate) fn callback(uri: &str) -> Callback {
    Callback::parse(uri).unwrap()
}

/// The callback that a login with the [`Counting`] generator accepts.
pub(crate) fn real_callback() -> Callback {
    callback(&format!("code={CODE}&state={STATE}"))
}

/// The text of a file in `tests/data`.
#[track_caller]
pub(crate) fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a wire fixture. An ID token in it gets the nonce of the login.
#[track_caller]
pub(crate) fn fixture(name: &str) -> String {
    let text = data(&format!("wire/{name}"));
    let Ok(mut body) = serde_json::from_str::<Value>(&text) else {
        return text;
    };
    let Some(id_token) = body["id_token"].as_str() else {
        return text;
    };
    let payload = id_token.split('.').nth(1).unwrap();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["nonce"] = NONCE.into();
    body["id_token"] = jwt(&claims.to_string()).into();
    body.to_string()
}

/// The wire fixture of an authentication challenge.
pub(crate) fn challenge_file(name: &str) -> String {
    format!("step_up_{name}.json")
}

/// A wire fixture that was edited.
#[track_caller]
pub(crate) fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut body = serde_json::from_str(&fixture(name)).unwrap();
    edit(&mut body);
    body.to_string()
}

/// A wire fixture without a member.
#[track_caller]
pub(crate) fn without(name: &str, member: &str) -> String {
    edited(name, |body| {
        drop(body.as_object_mut().unwrap().remove(member))
    })
}

/// The elements of a JSON array.
pub(crate) fn each(values: Value) -> Vec<Value> {
    match values {
        Value::Array(values) => values,
        other => panic!("{other}"),
    }
}

/// A success whose access token has these claims.
pub(crate) fn success_with_claims(claims: &str) -> String {
    edited("success_minimal.json", |body| {
        body["access_token"] = jwt(claims).into();
    })
}

/// An unsigned token: the core reads its claims and does not verify it.
pub(crate) fn jwt(claims: &str) -> String {
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
}

/// A response of the service.
pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-request-id", "req_fixture")
        .body(body.into())
        .unwrap()
}

/// An error response with this error code.
pub(crate) fn error_response(status: u16, code: &str) -> Response<Vec<u8>> {
    response(status, json!({ "error": code }).to_string())
}

/// A response with this header.
pub(crate) fn with_header(
    mut response: Response<Vec<u8>>,
    name: HeaderName,
    value: &str,
) -> Response<Vec<u8>> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// The names and values of a form body, in their order.
#[track_caller]
pub(crate) fn form(request: &Request<Vec<u8>>) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(request.body());
    pairs.into_owned().collect()
}

/// The names and values of a query, in their order.
pub(crate) fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

/// The JSON body of a request.
#[track_caller]
pub(crate) fn body(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

/// The value of a member of a request, if it is present; JSON or a form.
#[track_caller]
pub(crate) fn field(request: &Request<Vec<u8>>, name: &str) -> Option<String> {
    let fields: Vec<(String, String)> = match serde_json::from_slice::<Map<_, _>>(request.body()) {
        Ok(json) => json
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect(),
        Err(_) => form(request),
    };
    let mut values = fields.into_iter().filter(|(given, _)| given == name);
    let value = values.next().map(|(_, value)| value);
    assert_eq!(values.next(), None, "{name}");
    value
}

pub(crate) fn stored(state: &impl Serialize) -> String {
    serde_json::to_string(state).unwrap()
}

/// Stores a state and loads it again. Its stored form must be the same.
#[track_caller]
pub(crate) fn reloaded<T: Serialize + DeserializeOwned>(state: &T) -> T {
    let form = stored(state);
    let read = serde_json::from_str(&form).unwrap();
    assert_eq!(stored(&read), form);
    read
}

/// Loses the response of an exchange, as an adapter does.
#[track_caller]
pub(crate) fn lost<E: Exchange>(exchange: E, at: SystemTime) -> E {
    let lost = SendError::transport(exchange, "connection reset");
    assert!(lost.retry_in(at).is_some());
    lost.into_state()
}

/// Gives a response that must be refused to an exchange.
#[track_caller]
pub(crate) fn refusal<E: Exchange>(exchange: E, response: Response<Vec<u8>>) -> (E, Error)
where
    E::Output: Debug,
{
    refused(exchange.response(response, now()))
}

#[track_caller]
pub(crate) fn refused<T: Debug, S>(result: Result<T, Refused<S>>) -> (S, Error) {
    result.unwrap_err().into_parts()
}

/// Checks that an error message contains a text.
#[track_caller]
pub(crate) fn message_contains(error: &impl Display, text: &str) {
    let message = error.to_string();
    assert!(message.contains(text), "{message}");
}

/// The session that a code exchange returns for a body.
#[track_caller]
pub(crate) fn session(body: &str) -> Authenticated {
    Scenario::public().to_authenticated_from(body)
}

/// The name of the variant.
pub(crate) fn kind(error: &Error) -> &'static str {
    match error {
        Error::Client(_) => "Client",
        Error::Denied(_) => "Denied",
        Error::Expired(_) => "Expired",
        Error::CallbackMismatch(_) => "CallbackMismatch",
        Error::InvalidGrant(_) => "InvalidGrant",
        Error::Malformed(_) => "Malformed",
        Error::IncorrectCode(_) => "IncorrectCode",
        Error::NoPendingLogin => "NoPendingLogin",
        Error::Rejected(_) => "Rejected",
        Error::AuthenticationChallenge(_) => "AuthenticationChallenge",
        Error::Unavailable(_) => "Unavailable",
        _ => "a new variant",
    }
}
