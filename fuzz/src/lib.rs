//! Values that the fuzz targets share: a fixed time and one value of each state.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workos_login::url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Callback, Client, ConnectionSelector,
    Exchange, Exchanging, OAuth, Public, Scope, Screen,
};
use workos_login_strategies::{CallbackContent, CallbackForm, CallbackUri, CountingRng};

/// The time at which every input starts.
pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

pub fn client() -> Client<Public> {
    Client::public("client_01".parse().expect("a client ID"))
}

pub fn begin() -> (Url, AwaitingCallback) {
    let (url, pending) = client()
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            "http://127.0.0.1:8080/callback"
                .parse()
                .expect("a redirect URI"),
        )
        .begin(now(), &mut CountingRng::default());
    (url.into(), pending)
}

/// Returns the `state` of an authorization URL.
pub fn state(url: &Url) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == "state")
        .map(|(_, state)| state.into_owned())
}

pub fn exchanging() -> Exchanging {
    let (url, pending) = begin();
    let matching = CallbackUri::new(CallbackForm::Path, CallbackContent::Code).for_login(&url);
    let callback = Callback::parse(&matching).expect("a callback");
    pending
        .accept(&client(), callback, now())
        .expect("the matching callback")
}

/// A successful response of the authenticate endpoint.
pub const SUCCESS: &str = include_str!("../../tests/data/wire/success_full.json");

pub fn json(status: u16, body: &str) -> http::Response<Vec<u8>> {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body.as_bytes().to_vec())
        .expect("a response")
}

pub fn authenticated() -> Authenticated {
    let outcome = exchanging()
        .response(json(200, SUCCESS), now())
        .expect("a success");
    outcome.authenticated().expect("a session")
}

pub fn awaiting_device() -> AwaitingDevice {
    let body = include_str!("../../tests/data/wire/device_authorization.json");
    client()
        .device()
        .response(json(200, body), now())
        .expect("a device authorization response")
}

/// The issuer of the authorization server.
pub const ISSUER: &str = "https://server.example";

/// Returns a client of an authorization server with every endpoint.
pub fn oauth_client() -> Client<OAuth> {
    let server = serde_json::json!({
        "version": 2,
        "issuer": ISSUER,
        "authorization_endpoint": "https://server.example/authorize",
        "token_endpoint": "https://server.example/token",
        "userinfo_endpoint": "https://server.example/userinfo",
        "revocation_endpoint": "https://server.example/revoke",
        "end_session_endpoint": "https://server.example/logout",
        "scope": "openid email",
    });
    let server = serde_json::from_value(server).expect("a stored server");
    Client::oauth("client_01".parse().expect("a client ID"), server)
}

/// Returns the code exchange of a login at the authorization server that has a `max_age`.
pub fn oauth_exchanging() -> Exchanging {
    let client = oauth_client();
    let redirect_uri = "http://127.0.0.1:8080/callback".parse();
    let start = client.login(Scope::default(), redirect_uri.expect("a redirect URI"));
    let start = start.max_age(Duration::from_secs(300));
    let (url, pending) = start.begin(now(), &mut CountingRng::default());
    let url = Url::from(url);
    let matching = CallbackUri::new(CallbackForm::Path, CallbackContent::Code).for_login(&url);
    let callback = Callback::parse(&matching).expect("a callback");
    let exchanging = pending.accept(&client, callback, now());
    exchanging.expect("the matching callback")
}

/// Returns a session at the authorization server, whose user is `user_1`.
pub fn oauth_authenticated() -> Authenticated {
    let session = serde_json::json!({
        "version": 2,
        "client_id": "client_01",
        "issuer": ISSUER,
        "access_token": "a",
        "refresh_token": "r",
        "received_at": 1_780_000_000_000_u64,
        "user": { "id": "user_1", "email": "n@example.org", "email_verified": true },
    });
    serde_json::from_value(session).expect("a stored session")
}
