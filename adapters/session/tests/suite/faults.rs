//! Every fault of the server at a refresh, over each HTTP adapter: the stored session is what it was or the new one.

use std::time::Duration;

use workos_login::HttpClient;
use workos_login::secrecy::ExposeSecret;
use workos_login::session::{Machine, SessionPolicy};
use workos_login_mock_server::{Endpoint, Fault, Server};
use workos_login_session::{
    BlockingSessionManager, Error, MemoryStore, SessionManager, Store, Token,
};

use crate::support::*;

/// A lost answer is asked for twice or so: a fault takes half a second, not ten.
fn policy() -> SessionPolicy {
    crate::support::policy()
        .attempt_limit(Duration::from_millis(200))
        .replay_window(Duration::from_millis(400))
}

fn every_fault(token: impl Fn(Machine, MemoryStore) -> Result<Token, Error>) {
    let server = server(|config| config.replay_window = Duration::from_secs(60));
    for fault in Fault::all() {
        for times in [1, 20] {
            strike(&server, &fault, times, &token);
        }
    }
}

fn strike(
    server: &Server,
    fault: &Fault,
    times: usize,
    token: impl Fn(Machine, MemoryStore) -> Result<Token, Error>,
) {
    let old = spent(&session(server));
    let store = holding(old.clone());
    server.inject(fault.clone().times(times).on(Endpoint::Refresh));
    let first = token(Machine::new(&client(server), policy()), store.clone());
    assert!(
        times > 1 || server.pending_faults() == 0,
        "{fault} did not strike"
    );
    server.clear_faults();

    let stored = store.load().unwrap().expect("a session is never lost");
    let stored = stored.session().access_token().expose_secret();
    match &first {
        Ok(token) => assert_eq!(stored, token.secret().expose_secret(), "{fault}"),
        Err(Error::TryAgain { .. } | Error::Failed(_)) => {
            assert_eq!(stored, old.access_token().expose_secret(), "{fault}");
        }
        Err(error) => panic!("{fault}: {error:?}"),
    }
    // Another process takes up what was left.
    let patient = Machine::new(&client(server), SessionPolicy::default());
    let second = token(patient, store);
    assert!(second.is_ok(), "{fault}, {times}: {second:?}");
}

#[test]
fn no_fault_at_a_refresh_over_ureq_loses_the_session() {
    every_fault(|machine, store| BlockingSessionManager::new(machine, store, over_ureq).token());
}

#[test]
fn no_fault_at_a_refresh_over_reqwest_loses_the_session() {
    let runtime = runtime();
    let http = workos_login_reqwest::client().unwrap();
    every_fault(|machine, store| {
        let http = http.clone();
        let send = move |exchange| {
            let http = http.clone();
            async move { http.send(exchange).await }
        };
        let keeper = SessionManager::new(machine, store, send, tokio::time::sleep);
        runtime.block_on(keeper.token())
    });
}

#[test]
fn no_fault_at_a_refresh_over_hyper_loses_the_session() {
    let runtime = runtime();
    let http = workos_login_hyper::client().unwrap();
    every_fault(|machine, store| {
        let http = http.clone();
        let send = move |exchange| {
            let http = http.clone();
            async move { http.send(exchange).await }
        };
        let keeper = SessionManager::new(machine, store, send, tokio::time::sleep);
        runtime.block_on(keeper.token())
    });
}
