//! What holds for one adapter alone, or for some: settings of custom clients, futures.

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
fn an_agent_that_follows_redirects_follows_none_here() {
    let (server, elsewhere) = (start(), start());
    let careless = Ureq::from(ureq::Agent::new_with_defaults());
    let exchanging = exchanging(&server);
    server.inject(Fault::Redirect {
        status: 307,
        location: format!("{}/user_management/authenticate", elsewhere.base_url()),
    });
    let (exchanging, _) = malformed(careless.send(exchanging));
    assert_eq!(elsewhere.connection_count(), 0);
    authenticated(careless.send(exchanging));
}

/// The clock of these tests jumps to the next timer when nothing else is to be done: half a minute takes no time.
#[test]
fn an_exchange_over_hyper_ends_when_its_time_is_over() {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(Fault::Hang);
    let client = workos_login_hyper::client().unwrap();
    let (result, elapsed) = clocked(client.send(exchanging));
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
fn an_exchange_over_reqwest_ends_when_its_time_is_over() {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(Fault::Hang);
    let client = workos_login_reqwest::client().unwrap();
    let (result, elapsed) = clocked(client.send(exchanging));
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

fn clocked<T>(future: impl Future<Output = T>) -> (T, Duration) {
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
fn the_futures_can_change_their_thread() {
    fn is_send<T: Send>(_: &T) {}

    fn futures(exchanging: Exchanging, other: Exchanging, refresh: impl Fn() -> Refreshing) {
        let hyper = workos_login_hyper::client().unwrap();
        let reqwest = workos_login_reqwest::client().unwrap();
        is_send(&hyper.send(exchanging));
        is_send(&hyper.send(refresh()));
        is_send(&reqwest.send(other));
        is_send(&reqwest.send(refresh()));
    }

    // To compile is to pass; there is nothing to run.
    let _ = |client: &Client<Public>, session: fn() -> Authenticated, own: fn() -> Exchanging| {
        futures(own(), own(), || session().refresh(client).unwrap());
    };
}
