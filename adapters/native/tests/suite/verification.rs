//! The verification of the token that names the user.

use workos_login_mock_server::{Endpoint, Fault, MockResponse};
use workos_login_native::workos_login::Error;
use workos_login_native::{NativeError, VerifiedToken};

use crate::support::{ALICE, app, email, log_in, server};

#[test]
fn the_access_token_of_a_session_is_verified() {
    let server = server();
    let session = log_in(&app(&server), &server, ALICE);
    let VerifiedToken::AccessToken(claims) = session.verify().unwrap() else {
        panic!("not an access token")
    };
    let user = session.authenticated().unwrap().unwrap();
    assert_eq!(claims.subject(), user.user().unwrap().id());
    assert_eq!(email(&session), ALICE);
}

#[test]
fn a_token_that_no_key_of_the_issuer_has_signed_is_not_verified() {
    let server = server();
    let session = log_in(&app(&server), &server, ALICE);
    server.respond_with(Endpoint::Jwks, [MockResponse::json(200, r#"{"keys": []}"#)]);
    let error = session.verify().unwrap_err();
    assert!(matches!(error, NativeError::Unverified(_)), "{error:?}");
    assert!(error.to_string().contains("cannot be verified"), "{error}");
}

#[test]
fn without_keys_no_token_is_verified() {
    let server = server();
    let session = log_in(&app(&server), &server, ALICE);
    server.inject(Fault::ResponseLost.on(Endpoint::Jwks).always());
    let error = session.verify().unwrap_err();
    assert!(matches!(error, NativeError::Http(_)), "{error:?}");
    server.clear_faults();
    server.respond_with(Endpoint::Jwks, [MockResponse::new(503)]);
    let error = session.verify().unwrap_err();
    let is_unavailable = matches!(&error, NativeError::Login(Error::Unavailable(_)));
    assert!(is_unavailable, "{error:?}");
}

#[test]
fn a_session_that_has_ended_is_not_verified() {
    let server = server();
    let session = log_in(&app(&server), &server, ALICE);
    session.log_out().unwrap();
    let error = session.verify().unwrap_err();
    assert!(matches!(error, NativeError::Session(_)), "{error:?}");
}
