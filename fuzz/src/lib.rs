//! Values that the fuzz targets share: a fixed time, a generator with fixed output, and one value of each state.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::{TryCryptoRng, TryRng};
use workos_login::url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Callback, Client, ConnectionSelector,
    Exchange, Exchanging, Public, Screen,
};

/// The time at which every input starts.
pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

/// A generator that returns the same bytes for every call.
pub struct FixedRng;

impl TryRng for FixedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x0102_0304)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x0102_0304_0506_0708)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = index.to_le_bytes()[0];
        }
        Ok(())
    }
}

impl TryCryptoRng for FixedRng {}

pub fn client() -> Client<Public> {
    Client::public("client_01".parse().expect("a client id"))
}

pub fn begin() -> (Url, AwaitingCallback) {
    let (url, pending) = client()
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            "http://127.0.0.1:8080/callback"
                .parse()
                .expect("a redirect URI"),
        )
        .begin(now(), &mut FixedRng);
    (url.into(), pending)
}

/// Returns the `state` of an authorization URL.
pub fn state(url: &Url) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == "state")
        .map(|(_, state)| state.into_owned())
}

/// Returns the callback that matches the pending login of `url`.
pub fn matching_callback(url: &Url) -> String {
    format!(
        "/callback?code=abc&state={}",
        state(url).unwrap_or_default()
    )
}

pub fn exchanging() -> Exchanging {
    let (url, pending) = begin();
    let callback = Callback::parse(&matching_callback(&url)).expect("a callback");
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
