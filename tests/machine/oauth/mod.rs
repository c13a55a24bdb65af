//! Logins with an authorization server other than WorkOS.

mod at_hash;
mod discovery;
mod id_token;
mod login;
mod logout;
mod max_age;
mod nonce;
mod refresh;
mod server;
mod tokens;
mod userinfo;

use serde_json::{Value, json};
use workos_login::url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Client, Exchanging, OAuth, PollingDevice,
    Refreshing, RequestingDevice, Scope, Server,
};

use crate::scenario::{CLIENT_ID, Counting, NONCE, REDIRECT_URI, Scenario, edited, jwt, now, secs};

pub(crate) const ISSUER: &str = "https://lagoon-77.authkit.app";

/// The authorization server of the fixtures.
pub(crate) fn server() -> Server {
    let endpoint = |path: &str| format!("{ISSUER}/oauth2/{path}").parse().unwrap();
    Server::new(ISSUER, &endpoint("authorize"), &endpoint("token"))
        .unwrap()
        .device_authorization_endpoint(&endpoint("device_authorization"))
        .unwrap()
}

/// A server with everything that discovery can find.
pub(crate) fn discovered_server() -> Server {
    let endpoint = |path: &str| format!("{ISSUER}/oauth2/{path}").parse().unwrap();
    server()
        .jwks_uri(&endpoint("jwks"))
        .and_then(|server| server.userinfo_endpoint(&endpoint("userinfo")))
        .and_then(|server| server.revocation_endpoint(&endpoint("revoke?tenant=a")))
        .and_then(|server| server.end_session_endpoint(&endpoint("logout?tenant=a")))
        .unwrap()
        .advertises_iss()
}

pub(crate) fn client() -> Client<OAuth> {
    client_of(server())
}

fn client_of(server: Server) -> Client<OAuth> {
    Client::oauth(CLIENT_ID.parse().unwrap(), server)
}

pub(crate) fn scope() -> Scope {
    "email offline_access".parse().unwrap()
}

pub(crate) fn scenario() -> Scenario<OAuth> {
    Scenario::oauth()
}

pub(crate) fn pending() -> AwaitingCallback {
    scenario().to_awaiting_callback()
}

pub(crate) fn pending_with_max_age() -> AwaitingCallback {
    let client = client();
    let start = client.login(scope(), REDIRECT_URI.parse().unwrap());
    start
        .max_age(secs(300))
        .begin(now(), &mut Counting::default())
        .1
}

fn begin(client: &Client<OAuth>) -> (Url, AwaitingCallback) {
    crate::scenario::begin(client.login(scope(), REDIRECT_URI.parse().unwrap()))
}

pub(crate) fn exchanging() -> Exchanging {
    scenario().to_exchanging()
}

/// A session with an ID token and a refresh token.
pub(crate) fn session() -> Authenticated {
    scenario().to_authenticated()
}

#[track_caller]
pub(crate) fn session_from(body: &str) -> Authenticated {
    scenario().to_authenticated_from(body)
}

pub(crate) fn refreshing() -> Refreshing {
    scenario().to_refreshing()
}

pub(crate) fn requesting_device() -> RequestingDevice {
    scenario().to_requesting_device()
}

pub(crate) fn awaiting_device() -> AwaitingDevice {
    scenario().to_awaiting_device()
}

pub(crate) fn polling() -> PollingDevice {
    scenario().to_polling()
}

/// The claims of an ID token for this client; `edit` changes them.
pub(crate) fn id_token(edit: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "iss": ISSUER, "sub": "user_1", "aud": CLIENT_ID, "nonce": NONCE,
        "iat": 1_780_000_000, "exp": 1_780_003_600,
    });
    edit(&mut claims);
    jwt(&claims.to_string())
}

/// A token response with an opaque access token and an ID token only; `edit` changes it.
pub(crate) fn tokens(edit: impl FnOnce(&mut Value)) -> String {
    edited("connect_token_no_refresh.json", |body| {
        *body = json!({ "access_token": "opaque", "id_token": id_token(|_| {}) });
        edit(body);
    })
}
