//! The core receives a response of any status.

use workos_login::Error;
use workos_login::secrecy::ExposeSecret;
use workos_login_mock_server::{Endpoint, MockResponse};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, authenticated, confidential, exchanging, exchanging_as, log_in, login, public, refused,
    start,
};

fn completes_a_login<A: Adapter>() {
    let server = start();
    let session = log_in(&A::new(), &server);
    assert_eq!(session.user().unwrap().email(), Some(ALICE));
    assert_eq!(server.sessions().len(), 1);
}

fn logs_in_as_a_confidential_client<A: Adapter>() {
    let server = start();
    let client = confidential(&server);
    let exchanging = exchanging_as(&server, &client, login(&client), ALICE);
    authenticated(A::new().send(exchanging));
}

fn refreshes_a_session<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let session = log_in(&adapter, &server);
    let old = session.refresh_token().cloned();
    let client = public(server.base_url());
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_ne!(
        session.refresh_token().unwrap().expose_secret(),
        old.unwrap().expose_secret()
    );
    assert_eq!(session.user().unwrap().email(), Some(ALICE));
}

fn returns_an_unknown_error_code<A: Adapter>() {
    let server = start();
    for status in [400, 401, 403, 404, 422] {
        server.respond_with(
            Endpoint::CodeExchange,
            [MockResponse::plain_error(status, "unknown_code", "No.")
                .header("x-request-id", "req_1")],
        );
        let (_, error) = refused(A::new().send(exchanging(&server)));
        let Error::Rejected(answer) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(answer.status().unwrap(), status);
        assert_eq!(answer.code(), Some("unknown_code"));
        assert_eq!(error.request_id(), Some("req_1"));
    }
}

on_every_adapter!(
    returns_an_unknown_error_code,
    refreshes_a_session,
    logs_in_as_a_confidential_client,
    completes_a_login,
);
