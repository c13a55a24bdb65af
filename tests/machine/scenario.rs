//! Walks to any state, the same way each time, so that a test starts where it is interesting.

use std::convert::Infallible;
use std::fmt::Debug;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use workos_login::http::{HeaderName, Request, Response};
use workos_login::rand_core::{TryCryptoRng, TryRng};
use workos_login::url::{Url, form_urlencoded};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback, Client,
    ClientKind, Confidential, ConnectionSelector, Error, Exchange, Exchanging, OrganizationId,
    Outcome, PollingDevice, Public, RedirectUri, Refreshing, Refused, Screen, Start,
    UserManagement,
};

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
pub(crate) const API_KEY: &str = "sk_test_fixture";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:52143/callback";
pub(crate) const CODE: &str = "fixtureCode01";
/// The organization and the session of the fixtures.
pub(crate) const ORGANIZATION: &str = "org_01KVAT1B7BJM4R31T4Y7ZGRV9B";
pub(crate) const OTHER_ORGANIZATION: &str = "org_other";
pub(crate) const SESSION: &str = "session_01KANPKVAH3QK9VJPDJVNT68B7";
/// The bytes 0 to 32 and 33 to 65, as the counting generator gives them, encoded and cut to 43 characters.
pub(crate) const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub(crate) const CODE_VERIFIER: &str = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0B";
/// The bytes 66 to 98, encoded in the same way: the nonce of a login at an authorization server.
pub(crate) const NONCE: &str = "QkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGF";
/// The S256 challenge of [`CODE_VERIFIER`].
pub(crate) const CODE_CHALLENGE: &str = "MVwCA9yGVElHL4fYtrHdhXpOELxMuCAwSmWWGxPNr_4";

/// The moment at which every scenario begins: the `iat` of the fixtures' tokens.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + secs(1_780_000_000)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A client, on its way through a login.
pub(crate) struct Scenario<A> {
    pub(crate) client: Client<A>,
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
}

impl<A: ClientKind + UserManagement> Scenario<A> {
    pub(crate) fn of(client: Client<A>) -> Self {
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

    pub(crate) fn to_start(&self) -> Start<'_, A> {
        self.client.login(
            ConnectionSelector::AuthKit(Screen::Default),
            self.redirect_uri.clone(),
        )
    }

    pub(crate) fn to_awaiting_callback(&self) -> AwaitingCallback {
        begin(self.to_start()).1
    }

    pub(crate) fn to_exchanging(&self) -> Exchanging {
        let callback = callback(&format!("code={CODE}&state={STATE}"));
        self.to_awaiting_callback()
            .accept(&self.client, callback, now())
            .unwrap()
    }

    /// A session of [`ORGANIZATION`], with everything that an answer can have.
    pub(crate) fn to_authenticated(&self) -> Authenticated {
        self.to_authenticated_from(&fixture("success_full.json"))
    }

    #[track_caller]
    pub(crate) fn to_authenticated_from(&self, body: &str) -> Authenticated {
        let outcome = self.to_exchanging().response(response(200, body), now());
        outcome.unwrap().authenticated().unwrap()
    }

    pub(crate) fn to_refreshing(&self) -> Refreshing {
        self.to_authenticated().refresh(&self.client).unwrap()
    }

    pub(crate) fn to_switching(&self) -> Refreshing {
        self.to_authenticated()
            .switch_organization(&self.client, &organization(OTHER_ORGANIZATION))
            .unwrap()
    }

    /// The step that the code exchange is answered with.
    #[track_caller]
    pub(crate) fn to_challenge(&self, body: &str) -> AuthenticationChallenge {
        challenge_of(self.to_exchanging().response(response(403, body), now()))
    }

    /// A device login with five minutes of life, that is polled every five seconds.
    pub(crate) fn to_awaiting_device(&self) -> AwaitingDevice {
        self.to_awaiting_device_from(&fixture("device_authorization.json"))
    }

    #[track_caller]
    pub(crate) fn to_awaiting_device_from(&self, body: &str) -> AwaitingDevice {
        let requesting = self.client.device();
        requesting.response(response(200, body), now()).unwrap()
    }

    pub(crate) fn to_polling(&self) -> PollingDevice {
        let device = self.to_awaiting_device();
        device.poll(&self.client, now()).unwrap()
    }
}

/// The step that an exchange came out as.
#[track_caller]
pub(crate) fn challenge_of<E: Debug>(outcome: Result<Outcome, E>) -> AuthenticationChallenge {
    match outcome {
        Ok(Outcome::AuthenticationChallenge(step)) => *step,
        other => panic!("this is no step-up: {other:?}"),
    }
}

/// Begins a login with the counting generator.
pub(crate) fn begin<A: ClientKind + UserManagement>(
    start: Start<'_, A>,
) -> (Url, AwaitingCallback) {
    let (url, pending) = start.begin(now(), &mut Counting::default());
    (url.into(), pending)
}

/// Gives the bytes 0, 1, 2 and so on, and counts how often it is asked.
#[derive(Default)]
pub(crate) struct Counting {
    next: u8,
    pub(crate) calls: Vec<usize>,
}

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
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

/// A wire fixture, changed.
#[track_caller]
pub(crate) fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut body = serde_json::from_str(&fixture(name)).unwrap();
    edit(&mut body);
    body.to_string()
}

/// A success whose access token has these claims.
pub(crate) fn success_with_claims(claims: &str) -> String {
    edited("success_minimal.json", |body| {
        body["access_token"] = jwt(claims).into();
    })
}

/// An unsigned token: the core reads what it says, and verifies nothing.
pub(crate) fn jwt(claims: &str) -> String {
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
}

/// An answer as the service gives it.
pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response<Vec<u8>> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-request-id", "req_fixture")
        .body(body.into())
        .unwrap()
}

/// An answer with this header, in place of the one it had.
pub(crate) fn with_header(
    mut response: Response<Vec<u8>>,
    name: HeaderName,
    value: &str,
) -> Response<Vec<u8>> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// The form body of a request: its names and values, in their order.
#[track_caller]
pub(crate) fn form(request: &Request<Vec<u8>>) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(request.body());
    pairs.into_owned().collect()
}

/// The query of an address, in its order.
pub(crate) fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

/// The JSON body of a request.
#[track_caller]
pub(crate) fn body(request: &Request<Vec<u8>>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

pub(crate) fn stored(state: &impl serde::Serialize) -> String {
    serde_json::to_string(state).unwrap()
}

/// Answers an exchange, and returns the refusal in its parts.
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

/// Answers a code exchange with a body that has to be a session.
#[track_caller]
pub(crate) fn session(body: &str) -> Authenticated {
    Scenario::public().to_authenticated_from(body)
}

/// The name of the variant: what the caller does next.
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
        _ => "a variant that is new",
    }
}
