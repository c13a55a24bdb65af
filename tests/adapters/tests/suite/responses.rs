//! Every status reaches the core, and the request reaches the service as the core made it.

use workos_login::secrecy::ExposeSecret;
use workos_login::{Error, Exchange};
use workos_login_mock_server::{Endpoint, MockResponse};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, authenticated, confidential, exchanging, log_in, login, public, refused, signing_in,
    start,
};

fn a_whole_login_ends_with_a_session<A: Adapter>() {
    let server = start();
    let session = log_in(&A::new(), &server);
    assert_eq!(session.user().email(), Some(ALICE));
    assert_eq!(server.sessions().len(), 1);
}

fn a_server_logs_in_with_its_key<A: Adapter>() {
    let server = start();
    let client = confidential(&server);
    let exchanging = signing_in(&server, &client, login(&client), ALICE);
    authenticated(A::new().send(exchanging));
}

fn a_refresh_gives_new_tokens<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let session = log_in(&adapter, &server);
    let old = session.refresh_token().cloned();
    let client = public(server.base_url());
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_ne!(
        session.refresh_token().unwrap().expose_secret(),
        old.unwrap().expose_secret()
    );
    assert_eq!(session.user().email(), Some(ALICE));
}

fn a_code_that_is_not_known_here_comes_through<A: Adapter>() {
    let server = start();
    for status in [400, 401, 403, 404, 422] {
        server.respond_with(
            Endpoint::CodeExchange,
            [MockResponse::plain_error(status, "of_tomorrow", "No.")
                .header("x-request-id", "req_1")],
        );
        let (_, error) = refused(A::new().send(exchanging(&server)));
        let Error::Rejected(answer) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(answer.status(), status);
        assert_eq!(answer.code(), Some("of_tomorrow"));
        assert_eq!(error.request_id(), Some("req_1"));
    }
}

fn the_request_arrives_as_the_core_made_it<A: Adapter>() {
    let server = start();
    let exchanging = exchanging(&server);
    let made = exchanging.request();
    server.clear_requests();
    authenticated(A::new().send(exchanging));
    let [arrived] = &*server.requests() else {
        panic!("one request for one call")
    };
    assert_eq!(arrived.method, made.method().as_str());
    assert_eq!(arrived.path, made.uri().path());
    assert_eq!(arrived.query, None);
    assert_eq!(arrived.body, *made.body());
    for (name, value) in made.headers() {
        assert_eq!(arrived.header(name.as_str()), value.to_str().ok(), "{name}");
    }
    for name in [
        "authorization",
        "cookie",
        "idempotency-key",
        "referer",
        "expect",
    ] {
        assert_eq!(arrived.header(name), None, "{name}");
    }
}

on_every_adapter!(
    a_code_that_is_not_known_here_comes_through,
    a_refresh_gives_new_tokens,
    a_server_logs_in_with_its_key,
    a_whole_login_ends_with_a_session,
    the_request_arrives_as_the_core_made_it,
);
