//! The crate of this project.

use std::time::SystemTime;

use http::Response;
use rand::rand_core::{TryCryptoRng, TryRng, UnwrapErr};
use rand::rngs::SysRng;
use std::convert::Infallible;
use workos_login::session::{Machine, SessionPolicy, Step};
use workos_login::rand_core::CryptoRng;
use workos_login::{
    Authenticated, AuthorizationUrl, AwaitingCallback, Callback, Client, Exchange, Exchanging,
    Outcome, RedirectUri, Refused, Screen, ConnectionSelector,
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
            let address = returned(&App::new().begin(&mut scene::seeded()).0);
            Work::new(|| (), move |()| Callback::parse(&address))
        }
        Row::BuildRequest => {
            let (app, begin) = (App::new(), begun());
            let input = move || {
                let (url, pending) = begin();
                (pending, callback(&returned(&url)))
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
            let (app, mut rng, mut address) =
                (App::new(), scene::seeded(), String::with_capacity(256));
            Work::new(scene::success, move |response| {
                let (url, pending) = app.begin(&mut rng);
                scene::come_back(&mut address, url.as_str());
                let exchanging = app.accept(pending, callback(&address));
                let request = exchanging.request();
                (session(exchanging, response), request, url)
            })
        }
        Row::ReadRefusal => {
            let app = App::new();
            Work::new(
                move || (app.exchanging(), scene::refusal()),
                |(exchanging, response)| refusal(exchanging, response),
            )
        }
        Row::Save => {
            let pending = begun()().1;
            Work::new(|| (), move |()| serde_json::to_string(&pending))
        }
        Row::Load => {
            let stored = serde_json::to_string(&begun()().1).expect("a pending login is JSON");
            Work::new(
                || (),
                move |()| serde_json::from_str::<AwaitingCallback>(&stored),
            )
        }
        Row::Fresh => {
            let keeper = keeper();
            Work::new(scene::now, move |now| keeper.fresh(now).is_some())
        }
    })
}

/// Pending logins of one client.
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
            client: Client::public(scene::CLIENT_ID.parse().expect("this is a client id")),
            redirect_uri: scene::REDIRECT_URI
                .parse()
                .expect("this is a redirect address"),
        }
    }

    fn begin(&self, rng: &mut impl CryptoRng) -> (AuthorizationUrl, AwaitingCallback) {
        self.client
            .login(ConnectionSelector::AuthKit(Screen::Default), self.redirect_uri.clone())
            .begin(scene::now(), rng)
    }

    fn accept(&self, pending: AwaitingCallback, callback: Callback) -> Exchanging {
        pending
            .accept(&self.client, callback, scene::now())
            .expect("this is the callback of this login")
    }

    fn exchanging(&self) -> Exchanging {
        let (url, pending) = self.begin(&mut scene::seeded());
        self.accept(pending, callback(&returned(&url)))
    }
}

fn returned(url: &AuthorizationUrl) -> String {
    let mut address = String::new();
    scene::come_back(&mut address, url.as_str());
    address
}

fn callback(address: &str) -> Callback {
    Callback::parse(address).expect("this is a callback")
}

fn session(exchanging: Exchanging, response: Response<Vec<u8>>) -> Authenticated {
    exchanging
        .response(response, scene::now())
        .map_err(|refused| refused.into_parts().1)
        .and_then(Outcome::authenticated)
        .expect("this is a success")
}

fn refusal(exchanging: Exchanging, response: Response<Vec<u8>>) -> Refused<Exchanging> {
    exchanging
        .response(response, scene::now())
        .expect_err("this is a refusal")
}

/// A keeper that holds a session, and whose store says yes to everything.
fn keeper() -> Machine {
    let app = App::new();
    let mut keeper = Machine::new(&app.client, SessionPolicy::default());
    let session = session(app.exchanging(), scene::success());
    let now: SystemTime = scene::now();
    let mut step = keeper.log_in(session, now);
    loop {
        step = match step {
            Step::Load(load) => load.loaded(&mut keeper, Ok(None), now),
            Step::Lock(lock) => lock.locked(&mut keeper, Ok(true), now),
            Step::Save(save) => save.saved(&mut keeper, true, now),
            Step::Unlock(unlock) => unlock.unlocked(),
            Step::Clear(_) | Step::Done(_) | Step::Send(_) | Step::Wait(_) => break,
        }
    }
    assert!(keeper.fresh(now).is_some(), "the session is new");
    keeper
}

/// Counts how often it is asked.
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
    fn the_whole_login_ends_in_the_session_of_the_answer() {
        let session = session(App::new().exchanging(), scene::success());
        assert_eq!(session.user().email(), Some("nadia.okafor@example.org"));
        assert_eq!(
            session.expires_in(scene::now()),
            Some(Duration::from_secs(4_102_444_800 - 1_780_000_000))
        );
        assert!(session.session_id().is_some());
    }

    #[test]
    fn the_floor_opens_the_same_address_and_sends_the_same_body() {
        let app = App::new();
        let (url, pending) = app.begin(&mut scene::seeded());
        let floor = crate::floor::tests::Walk::new(&mut scene::seeded());
        assert_eq!(url.as_str(), floor.url);

        let request = app.accept(pending, callback(&returned(&url))).request();
        assert_eq!(request.uri(), floor.request.uri());
        let json = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap();
        assert_eq!(json(request.body()), json(floor.request.body()));
    }
}
