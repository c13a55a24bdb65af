//! Behaviour of single adapters: custom clients, the default timeout, futures.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::Instant;
use workos_login::limits::EXCHANGE_TIMEOUT;
use workos_login::{
    Authenticated, BlockingHttpClient, Client, Exchanging, HttpClient, Outcome, Public, Refreshing,
    SendError, TransportError,
};
use workos_login_mock_server::Fault;

use crate::adapters::Ureq;
use crate::support::{authenticated, exchanging, malformed, start};

#[test]
fn a_custom_ureq_agent_follows_no_redirect() {
    let (server, elsewhere) = (start(), start());
    let custom = Ureq::from(ureq::Agent::new_with_defaults());
    let exchanging = exchanging(&server);
    server.inject(Fault::Redirect {
        status: 307,
        location: format!("{}/user_management/authenticate", elsewhere.base_url()),
    });
    let (exchanging, _) = malformed(custom.send(exchanging));
    assert_eq!(elsewhere.connection_count(), 0);
    authenticated(custom.send(exchanging));
}

/// The clock of the runtime advances to the next timer when all tasks are idle.
#[test]
fn hyper_ends_an_exchange_after_the_default_timeout() {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(Fault::Hang);
    let client = workos_login_hyper::client().unwrap();
    let (result, elapsed) = timed(client.send(exchanging));
    let reason = reason(result);
    assert!(
        matches!(
            reason.source(),
            workos_login_hyper::Error::TimedOut(EXCHANGE_TIMEOUT)
        ),
        "{reason:?}"
    );
    assert_eq!(elapsed.as_secs(), EXCHANGE_TIMEOUT.as_secs());
}

#[test]
fn reqwest_ends_an_exchange_after_the_default_timeout() {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(Fault::Hang);
    let client = workos_login_reqwest::client().unwrap();
    let (result, elapsed) = timed(client.send(exchanging));
    let reason = reason(result);
    assert!(
        matches!(
            reason.source(),
            workos_login_reqwest::Error::TimedOut(EXCHANGE_TIMEOUT)
        ),
        "{reason:?}"
    );
    assert_eq!(elapsed.as_secs(), EXCHANGE_TIMEOUT.as_secs());
}

fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        (future.await, begun.elapsed())
    })
}

#[track_caller]
fn reason<S, T: Debug>(result: Result<Outcome, SendError<S, T>>) -> Box<TransportError<S, T>> {
    match result {
        Err(SendError::Transport(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_futures_are_send() {
    fn is_send<T: Send>(_: &T) {}

    fn futures(exchanging: Exchanging, other: Exchanging, refresh: impl Fn() -> Refreshing) {
        let hyper = workos_login_hyper::client().unwrap();
        let reqwest = workos_login_reqwest::client().unwrap();
        is_send(&hyper.send(exchanging));
        is_send(&hyper.send(refresh()));
        is_send(&reqwest.send(other));
        is_send(&reqwest.send(refresh()));
    }

    // A compile-time check.
    let _ = |client: &Client<Public>, session: fn() -> Authenticated, own: fn() -> Exchanging| {
        futures(own(), own(), || session().refresh(client).unwrap());
    };
}
