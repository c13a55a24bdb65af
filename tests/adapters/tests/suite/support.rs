//! Logins up to the exchange, and checks of the result of an exchange.

use std::fmt::Debug;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;
use workos_login::url::Url;
use workos_login::{
    Authenticated, AuthenticationChallenge, Callback, Client, Confidential, ConnectionSelector,
    DevicePoll, Error, Exchange, Exchanging, Outcome, Public, RedirectUri, Screen, SendError,
    Start, UserManagement,
};
use workos_login_mock_server::{Challenge, Config, Server, User};

use crate::adapters::Adapter;

pub(crate) const ALICE: &str = "alice@example.com";
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

pub(crate) fn start() -> Server {
    Server::start(Config::default()).unwrap()
}

pub(crate) fn public(base_url: &str) -> Client<Public> {
    Client::public(Config::CLIENT_ID.parse().unwrap())
        .base_url(Url::parse(base_url).unwrap())
        .unwrap()
}

pub(crate) fn confidential(server: &Server) -> Client<Confidential> {
    let key = Config::API_KEY.parse().unwrap();
    Client::confidential(Config::CLIENT_ID.parse().unwrap(), key)
        .base_url(Url::parse(server.base_url()).unwrap())
        .unwrap()
}

/// Starts a server with one user, Alice, who has these challenges.
pub(crate) fn start_with_challenges(challenges: impl IntoIterator<Item = Challenge>) -> Server {
    let alice = challenges
        .into_iter()
        .fold(User::alice(), User::with_challenge);
    Server::start(Config::with(|config| config.users = vec![alice])).unwrap()
}

pub(crate) fn redirect_uri() -> RedirectUri {
    REDIRECT_URI.parse().unwrap()
}

/// Returns a login with AuthKit.
pub(crate) fn login<A: UserManagement>(client: &Client<A>) -> Start<'_, A> {
    client.login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri())
}

/// Logs Alice in up to the code exchange.
pub(crate) fn exchanging(server: &Server) -> Exchanging {
    let client = public(server.base_url());
    exchanging_as(server, &client, login(&client), ALICE)
}

/// Logs this user in up to the code exchange.
pub(crate) fn exchanging_as<A: UserManagement>(
    server: &Server,
    client: &Client<A>,
    login: Start<'_, A>,
    email: &str,
) -> Exchanging {
    let (url, pending) = login.begin(SystemTime::now(), &mut rand::rng());
    let callback = server.log_in(url.as_str(), email).unwrap();
    let callback = Callback::parse(&callback).unwrap();
    pending.accept(client, callback, SystemTime::now()).unwrap()
}

/// Serializes a state and reads it back.
pub(crate) fn stored<S: Serialize + DeserializeOwned>(state: &S) -> S {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

/// Returns the exchange of an unknown code with any server.
pub(crate) fn exchanging_at(base_url: &str) -> Exchanging {
    let client = public(base_url);
    let (url, pending) = login(&client).begin(SystemTime::now(), &mut rand::rng());
    let url = Url::from(url);
    let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    let callback = Callback::parse(&format!("code=made-up&state={state}")).unwrap();
    pending
        .accept(&client, callback, SystemTime::now())
        .unwrap()
}

/// Logs Alice in.
#[track_caller]
pub(crate) fn log_in<A: Adapter>(adapter: &A, server: &Server) -> Authenticated {
    authenticated(adapter.send(exchanging(server)))
}

#[track_caller]
pub(crate) fn authenticated<S, T: Debug>(
    result: Result<Outcome, SendError<S, T>>,
) -> Authenticated {
    match result {
        Ok(outcome) => outcome.authenticated().unwrap(),
        Err(error) => panic!("{error:?}"),
    }
}

/// Returns the outcome of a poll after the user approved.
#[track_caller]
pub(crate) fn approved<S, T>(
    result: Result<DevicePoll, SendError<S, T>>,
) -> Result<Outcome, SendError<S, T>> {
    match result {
        Ok(DevicePoll::Done(outcome)) => Ok(outcome),
        Ok(DevicePoll::Pending(device)) => panic!("{device:?}"),
        Err(error) => Err(error),
    }
}

/// Returns the challenge of the response.
#[track_caller]
pub(crate) fn challenged<S, T: Debug>(
    result: Result<Outcome, SendError<S, T>>,
) -> AuthenticationChallenge {
    match result {
        Ok(Outcome::AuthenticationChallenge(step)) => *step,
        Ok(outcome) => panic!("{outcome:?}"),
        Err(error) => panic!("{error:?}"),
    }
}

/// Returns the state after a transport error.
#[track_caller]
pub(crate) fn lost<E: Exchange, T: Debug>(result: Result<E::Output, SendError<E, T>>) -> E {
    match result {
        Err(error @ SendError::Transport(_)) => error.into_state(),
        Err(error @ SendError::Refused(_)) => panic!("refused: {error:?}"),
        Ok(_) => panic!("success"),
    }
}

/// Returns the text of the adapter's error.
#[track_caller]
pub(crate) fn transport_error<E: Exchange, T: std::error::Error>(
    result: Result<E::Output, SendError<E, T>>,
) -> String {
    match result {
        Err(SendError::Transport(error)) => error.source().to_string(),
        Err(SendError::Refused(refused)) => panic!("{refused:?}"),
        Ok(_) => panic!("success"),
    }
}

/// Returns the state and the error of a refused response.
#[track_caller]
pub(crate) fn refused<E: Exchange, T: Debug>(
    result: Result<E::Output, SendError<E, T>>,
) -> (E, Error) {
    match result {
        Err(SendError::Refused(refused)) => refused.into_parts(),
        Err(error @ SendError::Transport(_)) => panic!("transport error: {error:?}"),
        Ok(_) => panic!("success"),
    }
}

/// Returns the state and the reason why the response violates the protocol.
#[track_caller]
pub(crate) fn malformed<E: Exchange, T: Debug>(
    result: Result<E::Output, SendError<E, T>>,
) -> (E, String) {
    match refused(result) {
        (state, Error::Malformed(reason)) => (state, reason.to_string()),
        (_, error) => panic!("{error:?}"),
    }
}
