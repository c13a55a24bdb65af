//! This library.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use http::{Request, Response};
use rand::rand_core::{TryCryptoRng, TryRng, UnwrapErr};
use rand::rngs::SysRng;
use workos_login::rand_core::CryptoRng;
use workos_login::{
    Authenticated, AuthorizationUrl, AwaitingCallback, BlockingHttpClient, Callback, Client,
    ConnectionSelector, Exchange, ExchangeLimits, Exchanging, Outcome, RedirectUri, Refused,
    Screen,
};
use workos_login_session::{
    BlockingSessionManager, Machine, ManualClock, MemoryStore, SessionPolicy,
};

use crate::work::{Offer, Work};
use crate::{Row, scene};

pub(crate) fn offer(row: Row) -> Offer {
    let begun = || {
        let app = App::new();
        move || app.begin(&mut scene::seeded())
    };
    Offer::Does(match row {
        Row::BeginSeeded => {
            let (app, mut rng) = (App::new(), scene::seeded());
            Work::new(|| (), move |()| app.begin(&mut rng))
        }
        Row::BeginSystem => {
            let app = App::new();
            Work::new(|| (), move |()| app.begin(&mut UnwrapErr(SysRng)))
        }
        Row::ReadCallback => {
            let callback_url = callback_of(&App::new().begin(&mut scene::seeded()).0);
            Work::new(|| (), move |()| Callback::parse(&callback_url))
        }
        Row::BuildRequest => {
            let (app, begin) = (App::new(), begun());
            let input = move || {
                let (url, pending) = begin();
                (pending, callback(&callback_of(&url)))
            };
            Work::new(input, move |(pending, callback)| {
                let exchanging = app.accept(pending, callback);
                (exchanging.request(), exchanging)
            })
        }
        Row::ReadSuccess => {
            let app = App::new();
            Work::new(
                move || (app.exchanging(), scene::success()),
                |(exchanging, response)| session(exchanging, response),
            )
        }
        Row::WholeLogin => {
            let (app, mut rng, mut callback_url) =
                (App::new(), scene::seeded(), String::with_capacity(256));
            Work::new(scene::success, move |response| {
                let (url, pending) = app.begin(&mut rng);
                scene::redirect(&mut callback_url, url.as_str());
                let exchanging = app.accept(pending, callback(&callback_url));
                let request = exchanging.request();
                (session(exchanging, response), request, url)
            })
        }
        Row::ReadErrorResponse => {
            let app = App::new();
            Work::new(
                move || (app.exchanging(), scene::error_response()),
                |(exchanging, response)| error_response(exchanging, response),
            )
        }
        Row::Store => {
            let pending = begun()().1;
            Work::new(|| (), move |()| serde_json::to_string(&pending))
        }
        Row::Load => {
            let stored =
                serde_json::to_string(&begun()().1).expect("a pending login can be serialized");
            Work::new(
                || (),
                move |()| serde_json::from_str::<AwaitingCallback>(&stored),
            )
        }
        Row::Fresh => {
            let manager = manager();
            Work::new(|| (), move |()| manager.fresh_access_token().is_some())
        }
    })
}

/// Creates pending logins of one client.
pub(crate) fn pending(count: usize) -> Vec<AwaitingCallback> {
    let (app, mut rng) = (App::new(), scene::seeded());
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| app.begin(&mut rng).1));
    all
}

pub(crate) fn entropy_calls() -> usize {
    let mut rng = Counting(0);
    App::new().begin(&mut rng);
    rng.0
}

struct App {
    client: Client,
    redirect_uri: RedirectUri,
}

impl App {
    fn new() -> Self {
        Self {
            client: Client::public(scene::CLIENT_ID.parse().expect("a valid client id")),
            redirect_uri: scene::REDIRECT_URI.parse().expect("a valid redirect URI"),
        }
    }

    fn begin(&self, rng: &mut impl CryptoRng) -> (AuthorizationUrl, AwaitingCallback) {
        self.client
            .login(
                ConnectionSelector::AuthKit(Screen::Default),
                self.redirect_uri.clone(),
            )
            .begin(scene::now(), rng)
    }

    fn accept(&self, pending: AwaitingCallback, callback: Callback) -> Exchanging {
        pending
            .accept(&self.client, callback, scene::now())
            .expect("the matching callback")
    }

    fn exchanging(&self) -> Exchanging {
        let (url, pending) = self.begin(&mut scene::seeded());
        self.accept(pending, callback(&callback_of(&url)))
    }
}

fn callback_of(url: &AuthorizationUrl) -> String {
    let mut callback_url = String::new();
    scene::redirect(&mut callback_url, url.as_str());
    callback_url
}

fn callback(callback_url: &str) -> Callback {
    Callback::parse(callback_url).expect("a valid callback")
}

fn session(exchanging: Exchanging, response: Response<Vec<u8>>) -> Authenticated {
    exchanging
        .response(response, scene::now())
        .map_err(|refused| refused.into_parts().1)
        .and_then(Outcome::authenticated)
        .expect("a token response")
}

fn error_response(exchanging: Exchanging, response: Response<Vec<u8>>) -> Refused<Exchanging> {
    exchanging
        .response(response, scene::now())
        .expect_err("an error response")
}

/// Returns a session manager with a session.
fn manager() -> BlockingSessionManager {
    let app = App::new();
    let clock = Arc::new(ManualClock::new(scene::now()));
    let manager = BlockingSessionManager::with_clock(
        Machine::new(app.client.clone(), SessionPolicy::default()),
        MemoryStore::new(),
        Offline,
        clock,
    );
    manager
        .log_in(session(app.exchanging(), scene::success()))
        .expect("a session in memory");
    assert!(manager.fresh_access_token().is_some(), "the session is new");
    manager
}

/// An HTTP client without a network.
struct Offline;

impl BlockingHttpClient for Offline {
    type Error = io::Error;

    fn execute(&self, _: Request<Vec<u8>>, _: ExchangeLimits) -> io::Result<Response<Vec<u8>>> {
        Err(io::Error::other("no network"))
    }

    fn now(&self) -> SystemTime {
        scene::now()
    }
}

/// A generator that counts its calls.
struct Counting(usize);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0 += 1;
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0 += 1;
        bytes.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_whole_login_returns_the_session_of_the_response() {
        let session = session(App::new().exchanging(), scene::success());
        assert_eq!(
            session.user().unwrap().email(),
            Some("nadia.okafor@example.org")
        );
        assert_eq!(
            session.expires_in(scene::now()),
            Some(Duration::from_secs(4_102_444_800 - 1_780_000_000))
        );
        assert!(session.session_id().is_some());
    }

    #[test]
    fn the_floor_has_the_same_authorization_url_and_token_request() {
        let app = App::new();
        let (url, pending) = app.begin(&mut scene::seeded());
        let floor = crate::floor::tests::Walk::new(&mut scene::seeded());
        assert_eq!(url.as_str(), floor.url);

        let request = app.accept(pending, callback(&callback_of(&url))).request();
        assert_eq!(request.uri(), floor.request.uri());
        let json = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap();
        assert_eq!(json(request.body()), json(floor.request.body()));
    }
}
