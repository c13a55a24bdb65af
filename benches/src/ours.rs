//! This library.

use http::{Request, Response};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use workos_login::rand_core::CryptoRng;
use workos_login::{
    Authenticated, AuthorizationUrl, AwaitingCallback, Callback, Client, ConnectionSelector,
    Exchange, Exchanging, Outcome, RedirectUri, Refused, Screen,
};

use crate::work::Work;
use crate::{Row, scene};

pub(crate) fn work(row: Row) -> Work {
    let (app, mut rng) = (App::new(), scene::seeded());
    let mut text = String::with_capacity(256);
    match row {
        Row::Begin => Work::new(|| (), move |()| app.begin(&mut rng)),
        Row::BeginSystem => Work::new(|| (), move |()| app.begin(&mut UnwrapErr(SysRng))),
        Row::Callback => {
            let beginner = App::new();
            let (_, callback) = beginner.with_callback();
            let input = move || beginner.with_callback().0;
            Work::new(input, move |pending| app.accept(pending, &callback))
        }
        Row::CallbackAndRequest => {
            let beginner = App::new();
            let (_, callback) = beginner.with_callback();
            let input = move || beginner.with_callback().0;
            Work::new(input, move |pending| {
                let exchanging = app.accept(pending, &callback);
                (exchanging.request(), exchanging)
            })
        }
        Row::ToRequest => Work::new(|| (), move |()| app.to_request(&mut rng, &mut text)),
        Row::ToErrorResponse => Work::new(scene::error_response, move |response| {
            let (url, exchanging, request) = app.to_request(&mut rng, &mut text);
            (error_response(exchanging, response), request, url)
        }),
        Row::Response => Work::new(
            move || (app.exchanging(), scene::success()),
            |(exchanging, response)| session(exchanging, response),
        ),
        Row::WholeLogin => Work::new(scene::success, move |response| {
            let (url, exchanging, request) = app.to_request(&mut UnwrapErr(SysRng), &mut text);
            (session(exchanging, response), request, url)
        }),
        Row::StorePending => {
            let pending = app.begin(&mut rng).1;
            Work::new(|| (), move |()| serde_json::to_string(&pending))
        }
        Row::LoadPending => {
            let stored = stored_pending();
            Work::new(
                || (),
                move |()| serde_json::from_str::<AwaitingCallback>(&stored),
            )
        }
        Row::StoreSession => {
            let session = session(app.exchanging(), scene::success());
            Work::new(|| (), move |()| serde_json::to_string(&session))
        }
        Row::LoadSession => {
            let stored = stored_session();
            Work::new(
                || (),
                move |()| serde_json::from_str::<Authenticated>(&stored),
            )
        }
    }
}

/// Returns the stored form of a pending login.
pub(crate) fn stored_pending() -> String {
    let pending = App::new().begin(&mut scene::seeded()).1;
    serde_json::to_string(&pending).expect("a pending login can be serialized")
}

/// Returns the client of all logins.
#[must_use]
pub fn client() -> Client {
    Client::public(scene::CLIENT_ID.parse().expect("a valid client ID"))
}

/// Returns the stored form of a session.
#[must_use]
pub fn stored_session() -> String {
    let session = session(App::new().exchanging(), scene::success());
    serde_json::to_string(&session).expect("a session can be serialized")
}

/// Creates pending logins of one client.
pub(crate) fn pending(count: usize) -> Vec<AwaitingCallback> {
    let (app, mut rng) = (App::new(), scene::seeded());
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| app.begin(&mut rng).1));
    all
}

struct App {
    client: Client,
    redirect_uri: RedirectUri,
}

impl App {
    fn new() -> Self {
        Self {
            client: client(),
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

    /// Begins a login that is always the same.
    fn with_callback(&self) -> (AwaitingCallback, String) {
        let (url, pending) = self.begin(&mut scene::seeded());
        let mut callback = String::new();
        scene::redirect(&mut callback, url.as_str());
        (pending, callback)
    }

    fn accept(&self, pending: AwaitingCallback, callback: &str) -> Exchanging {
        let callback = Callback::parse(callback).expect("a valid callback");
        pending
            .accept(&self.client, callback, scene::now())
            .expect("the matching callback")
    }

    fn to_request(
        &self,
        rng: &mut impl CryptoRng,
        callback: &mut String,
    ) -> (AuthorizationUrl, Exchanging, Request<Vec<u8>>) {
        let (url, pending) = self.begin(rng);
        scene::redirect(callback, url.as_str());
        let exchanging = self.accept(pending, callback);
        let request = exchanging.request();
        (url, exchanging, request)
    }

    fn exchanging(&self) -> Exchanging {
        let (pending, callback) = self.with_callback();
        self.accept(pending, &callback)
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

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
        let (ours, floor) = (App::new(), crate::floor::App::new());
        let (url, pending) = ours.begin(&mut scene::seeded());
        let (floor_url, floor_pending) = floor.begin(&mut scene::seeded());
        let parts = |url: &str| {
            let url = Url::parse(url).unwrap();
            let mut query: Vec<_> = url.query_pairs().into_owned().collect();
            query.sort();
            (url.path().to_owned(), query)
        };
        assert_eq!(parts(url.as_str()), parts(&floor_url));

        let mut callback = String::new();
        scene::redirect(&mut callback, url.as_str());
        let request = ours.accept(pending, &callback).request();
        let floor_request = floor.request(&floor_pending, &callback).unwrap();
        assert_eq!(request.uri(), floor_request.uri());
        let json = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap();
        assert_eq!(json(request.body()), json(floor_request.body()));
    }
}
