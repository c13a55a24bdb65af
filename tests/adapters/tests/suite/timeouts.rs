//! The timeout is over the whole exchange: an answer that comes bit by bit ends as well.

use std::time::Duration;

use workos_login::Error;
use workos_login_test_server::Fault;

use crate::adapters::Adapter;
use crate::support::{authenticated, exchanging, lost, start};

fn a_silent_service_is_given_up<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(Fault::Hang);
    let exchanging = lost(A::hasty().send(exchanging));
    server.clear_faults();
    authenticated(A::new().send(exchanging));
}

/// Each byte comes in good time, and the last of some hundred comes after seconds.
fn a_dripping_answer_is_given_up<A: Adapter>() {
    ends_in_the_middle::<A>(Fault::Drip(PAUSE));
}

fn dripping_headers_are_given_up<A: Adapter>() {
    ends_in_the_middle::<A>(Fault::SlowHeaders(2 * PAUSE));
}

fn a_late_answer_is_given_up<A: Adapter>() {
    ends_in_the_middle::<A>(Fault::Slow(Duration::from_secs(20)));
}

fn ends_in_the_middle<A: Adapter>(fault: Fault) {
    let server = start();
    let exchanging = exchanging(&server);
    server.inject(fault);
    server.clear();
    let exchanging = lost(A::hasty().send(exchanging));
    assert!(server.request_count() <= 1);
    // On a very slow machine the time is over before the service has seen the request.
    server.clear_faults();
    match A::new().send(exchanging) {
        Ok(outcome) => drop(outcome.authenticated().unwrap()),
        Err(error) => assert!(
            matches!(error.refusal(), Some(Error::Grant(_))),
            "{error:?}"
        ),
    }
}

const PAUSE: Duration = Duration::from_millis(20);

on_every_adapter!(
    a_dripping_answer_is_given_up,
    a_late_answer_is_given_up,
    a_silent_service_is_given_up,
    dripping_headers_are_given_up,
);
