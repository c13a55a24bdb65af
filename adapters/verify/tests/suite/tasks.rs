//! The verifier for tasks. Each future is polled by hand, so that the order is the test's.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use futures_lite::future::{block_on, poll_once};
use workos_login::keys::{InvalidToken, VerifyError};
use workos_login_verify::TokenVerifier;

use crate::issuer::{Answer, Issuer, headers, secs, token};

fn verifier(issuer: &Issuer) -> TokenVerifier<Issuer> {
    TokenVerifier::new(Issuer::keys(), issuer.clone())
}

/// Polls a future once: `None` if it is pending.
fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
    block_on(poll_once(future))
}

#[test]
fn callers_without_keys_share_one_fetch() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    let token = token("key");
    let mut callers: Vec<_> = (0..20)
        .map(|_| Box::pin(verifier.verify_access_token(&token)))
        .collect();
    for caller in &mut callers {
        assert!(poll(caller).is_none());
    }
    issuer.permit();
    for caller in callers {
        assert_eq!(block_on(caller).unwrap().subject(), "user_1");
    }
    assert_eq!(issuer.fetches(), 1);
}

#[test]
fn old_keys_are_used_while_one_caller_fetches() {
    let issuer = Issuer::new(1);
    let verifier = verifier(&issuer);
    let token = token("key");
    block_on(verifier.verify_access_token(&token)).unwrap();
    issuer.advance(secs(600));
    let mut first = pin!(verifier.verify_access_token(&token));
    assert!(poll(&mut first).is_none());
    assert!(poll(verifier.verify_access_token(&token)).unwrap().is_ok());
    issuer.permit();
    block_on(first).unwrap();
    assert_eq!(issuer.fetches(), 2);
}

#[test]
fn a_token_of_a_new_key_waits_for_the_fetch_in_flight() {
    let issuer = Issuer::new(1);
    let verifier = verifier(&issuer);
    let [old, new] = ["key", "new"].map(token);
    block_on(verifier.verify_access_token(&old)).unwrap();
    issuer.publish("new");
    issuer.advance(secs(30));
    let mut first = pin!(verifier.verify_access_token(&new));
    let mut second = pin!(verifier.verify_access_token(&new));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_none());
    assert!(poll(verifier.verify_access_token(&old)).unwrap().is_ok());
    issuer.permit();
    block_on(first).unwrap();
    block_on(second).unwrap();
    assert_eq!(issuer.fetches(), 2);
}

#[test]
fn a_fetch_survives_the_caller_that_began_it() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    let token = token("key");
    for _ in 0..10 {
        assert!(poll(verifier.verify_access_token(&token)).is_none());
    }
    issuer.permit();
    block_on(verifier.verify_access_token(&token)).unwrap();
    assert_eq!(issuer.fetches(), 1);
}

#[test]
fn made_up_key_ids_cause_one_fetch_in_a_cooldown() {
    let issuer = Issuer::new(100);
    let verifier = verifier(&issuer);
    for second in 0..90 {
        let made_up = token(&format!("made-up-{second}"));
        let error = block_on(verifier.verify_access_token(&made_up)).unwrap_err();
        assert_eq!(error, VerifyError::Invalid(InvalidToken::UnknownKeyId));
        // A caller that is dropped causes no further one.
        let _ = poll(verifier.verify_access_token(&made_up));
        issuer.advance(secs(1));
    }
    assert_eq!(issuer.fetches(), 3);
}

#[test]
fn a_fetch_that_fails_makes_no_token_invalid() {
    let issuer = Issuer::new(100);
    let verifier = verifier(&issuer);
    let key = token("key");
    for answer in [
        Answer::TransportError,
        Answer::Status(503),
        Answer::Status(404),
    ] {
        issuer.answer(answer);
        let error = block_on(verifier.authorize(&headers(&key))).unwrap_err();
        assert_eq!(error.status(), 503);
        assert_eq!(error.keys_required_in(), Some(secs(1)));
        assert!(verifier.fetch_error().is_some());
        // The next one does not wait for a fetch.
        assert!(poll(verifier.verify_access_token(&key)).unwrap().is_err());
        issuer.advance(secs(1));
    }
    issuer.answer(Answer::Jwks);
    block_on(verifier.verify_access_token(&key)).unwrap();
    assert!(verifier.fetch_error().is_none());
    assert_eq!(issuer.fetches(), 4);
}

#[test]
fn the_error_of_a_fetch_has_its_source() {
    let issuer = Issuer::new(1);
    issuer.answer(Answer::TransportError);
    let verifier = verifier(&issuer);
    assert_eq!(block_on(verifier.refresh()), secs(1));
    let error = verifier.fetch_error().unwrap();
    assert_eq!(error.source().unwrap().to_string(), "no network");
}

#[test]
fn old_keys_stay_in_use_if_fetches_fail() {
    let issuer = Issuer::new(100);
    let verifier = verifier(&issuer);
    let token = token("key");
    block_on(verifier.verify_access_token(&token)).unwrap();
    issuer.answer(Answer::Status(500));
    issuer.advance(secs(24 * 60 * 60 - 1));
    block_on(verifier.verify_access_token(&token)).unwrap();
    assert_eq!(issuer.fetches(), 2);
    issuer.advance(secs(1));
    block_on(verifier.verify_access_token(&token)).unwrap_err();
}

#[test]
fn a_refresh_in_the_background_fetches_what_is_due() {
    let issuer = Issuer::new(2);
    let verifier = verifier(&issuer);
    assert_eq!(block_on(verifier.refresh()), secs(600));
    assert_eq!(block_on(verifier.refresh()), secs(600));
    assert_eq!(issuer.fetches(), 1);
    issuer.advance(secs(600));
    assert_eq!(block_on(verifier.refresh()), secs(600));
    assert_eq!(issuer.fetches(), 2);
}

#[test]
fn a_client_that_panics_does_not_break_the_verifier() {
    let issuer = Issuer::new(2);
    let verifier = verifier(&issuer);
    issuer.answer(Answer::Panic);
    let verify = || block_on(verifier.verify_access_token(&token("key")));
    catch_unwind(AssertUnwindSafe(verify)).unwrap_err();
    issuer.answer(Answer::Jwks);
    issuer.advance(secs(1));
    verify().unwrap();
}

#[test]
fn a_request_is_authorized() {
    let issuer = Issuer::new(1);
    let verifier = verifier(&issuer);
    let user = block_on(verifier.authorize(&headers(&token("key")))).unwrap();
    assert_eq!(user.subject(), "user_1");
    let error = block_on(verifier.authorize(&headers("token"))).unwrap_err();
    assert_eq!(error.status(), 401);
    block_on(verifier.verify_id_token(&token("key"))).unwrap_err();
}

#[test]
fn futures_are_send() {
    fn is_send<T: Send>(_: T) {}
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    is_send(verifier.verify_access_token(""));
    is_send(verifier.refresh());
    is_send(verifier);
}
