//! A transport error returns the state and states the remedy. `faults` has every kind of transport error.

use std::net::TcpListener;

use workos_login::ExchangeLimits;
use workos_login_mock_server::Fault;

use crate::adapters::{Adapter, short_limits};
use crate::support::{exchanging, exchanging_at, log_in, lost, public, start, transport_error};

fn keeps_the_session_if_the_refresh_response_is_lost<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = log_in(&adapter, &server);
    server.inject(Fault::RequestLost);
    let refreshing = lost(adapter.send(session.refresh(&client).unwrap()));
    let session = refreshing.into_session();
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

fn states_the_problem_and_the_remedy<A: Adapter>() {
    let adapter = A::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let text = transport_error(adapter.send(exchanging_at(&format!("http://{}", closed.unwrap()))));
    assert!(
        text.starts_with("cannot connect to the service; check the network"),
        "{text}"
    );

    let server = start();
    for (fault, limits, expected) in [
        (
            Fault::Hang,
            short_limits(),
            "no response within 1 s; check the network and try again",
        ),
        (
            Fault::IncompleteBody,
            ExchangeLimits::default(),
            "no complete response; check the network and try again",
        ),
        (
            Fault::RequestLost,
            ExchangeLimits::default(),
            "no complete response; check the network and try again",
        ),
    ] {
        let exchanging = exchanging(&server);
        server.inject(fault);
        assert_eq!(
            transport_error(adapter.send_within(exchanging, limits)),
            expected
        );
    }
}

on_every_adapter!(
    states_the_problem_and_the_remedy,
    keeps_the_session_if_the_refresh_response_is_lost,
);
