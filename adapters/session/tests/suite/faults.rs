//! Every fault of the server during a refresh, over each HTTP adapter: the stored session is the old one or the new one.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::HttpClient;
use workos_login::secrecy::ExposeSecret;
use workos_login_mock_server::{Endpoint, Fault, Server};
use workos_login_session::{
    BlockingSessionManager, Clock, Machine, ManualClock, MemoryStore, OnThreads, SessionError,
    SessionManager, SystemClock, Token,
};

use crate::support::*;

/// Returns an access token of a new process, by this clock.
type Process<'a> = &'a dyn Fn(Machine, MemoryStore, Arc<dyn Clock>) -> Result<Token, SessionError>;

fn assert_every_fault_keeps_the_session(process: Process<'_>) {
    let server = server(|config| config.replay_window = Duration::from_secs(60));
    for fault in Fault::all() {
        for times in [1, 20] {
            assert_keeps_the_session(&server, &fault, times, process);
        }
    }
}

fn assert_keeps_the_session(server: &Server, fault: &Fault, times: usize, process: Process<'_>) {
    let old = expired(&session(server));
    let store = holding(old.clone());
    server.inject(fault.clone().times(times).on(Endpoint::Refresh));
    // A lost response is retried about twice.
    let policy = policy()
        .attempt_timeout(Duration::from_millis(200))
        .replay_window(Duration::from_millis(400));
    let machine = Machine::new(client(server), policy.clone());
    let first = process(machine, store.clone(), Arc::new(SystemClock));
    assert!(
        times > 1 || server.pending_faults() == 0,
        "{fault} was not injected"
    );
    server.clear_faults();

    let stored = stored_token(&store).expect("a session is never lost");
    match &first {
        Ok(token) => assert_eq!(stored, text(token), "{fault}"),
        Err(SessionError::Unavailable { .. } | SessionError::Failed(_)) => {
            assert_eq!(stored, old.access_token().expose_secret(), "{fault}");
        }
        Err(error) => panic!("{fault}: {error:?}"),
    }
    // The next process continues, after the stored backoff.
    let later = ManualClock::new(SystemTime::now() + Duration::from_secs(61));
    let machine = Machine::new(client(server), policy);
    let second = process(machine, store, Arc::new(later));
    assert!(second.is_ok(), "{fault}, {times}: {second:?}");
}

fn assert_async(http: &(impl HttpClient + Clone + Send + Sync + 'static)) {
    let runtime = runtime();
    assert_every_fault_keeps_the_session(&|machine, store, clock| {
        let store = Arc::new(OnThreads::new(store));
        let manager = SessionManager::with_clock(machine, store, Short(http.clone()), clock);
        runtime.block_on(manager.access_token())
    });
}

#[test]
fn no_fault_during_a_refresh_over_ureq_loses_the_session() {
    assert_every_fault_keeps_the_session(&|machine, store, clock| {
        let http = Short(workos_login_ureq::agent());
        BlockingSessionManager::with_clock(machine, store, http, clock).access_token()
    });
}

#[test]
fn no_fault_during_a_refresh_over_reqwest_loses_the_session() {
    assert_async(&workos_login_reqwest::client().unwrap());
}

#[test]
fn no_fault_during_a_refresh_over_hyper_loses_the_session() {
    assert_async(&workos_login_hyper::client().unwrap());
}
