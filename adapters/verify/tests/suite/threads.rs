//! The verifier for threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use workos_login::keys::{InvalidToken, VerifyError};
use workos_login_verify::BlockingTokenVerifier;

use crate::issuer::{Answer, Issuer, headers, secs, token};

fn verifier(issuer: &Issuer) -> BlockingTokenVerifier<Issuer> {
    BlockingTokenVerifier::new(Issuer::keys(), issuer.clone())
}

#[test]
fn threads_share_one_fetch() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    let barrier = Barrier::new(8);
    let verify_at_once = |key_id: &str| {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    verifier.verify_access_token(&token(key_id)).unwrap();
                });
            }
        });
    };
    verify_at_once("key");
    assert_eq!(issuer.fetches(), 1);
    issuer.publish("new");
    issuer.advance(secs(30));
    verify_at_once("new");
    assert_eq!(issuer.fetches(), 2);
    issuer.advance(secs(600));
    verify_at_once("new");
    assert_eq!(issuer.fetches(), 3);
}

#[test]
fn made_up_key_ids_cause_one_fetch_in_a_cooldown() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    for second in 0..90 {
        let made_up = token(&format!("made-up-{second}"));
        let error = verifier.verify_access_token(&made_up).unwrap_err();
        assert_eq!(error, VerifyError::Invalid(InvalidToken::UnknownKeyId));
        issuer.advance(secs(1));
    }
    assert_eq!(issuer.fetches(), 3);
}

#[test]
fn a_fetch_that_fails_makes_no_token_invalid() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    issuer.answer(Answer::Status(503));
    let error = verifier.authorize(&headers(&token("key"))).unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.keys_required_in()),
        (503, Some(secs(1)))
    );
    verifier.verify_access_token(&token("key")).unwrap_err();
    assert_eq!(issuer.fetches(), 1);
    issuer.advance(secs(1));
    issuer.answer(Answer::Jwks);
    assert_eq!(verifier.refresh(), secs(600));
    assert!(verifier.fetch_error().is_none());
    verifier.verify_id_token(&token("key")).unwrap_err();
    assert_eq!(
        verifier
            .authorize(&headers(&token("key")))
            .unwrap()
            .subject(),
        "user_1"
    );
}

#[test]
fn a_client_that_panics_does_not_break_the_verifier() {
    let issuer = Issuer::new(0);
    let verifier = verifier(&issuer);
    let verify = || verifier.verify_access_token(&token("key"));
    issuer.answer(Answer::Panic);
    catch_unwind(AssertUnwindSafe(verify)).unwrap_err();
    issuer.answer(Answer::Jwks);
    issuer.advance(secs(1));
    verify().unwrap();
    issuer.advance(secs(600));
    verify().unwrap();
    assert_eq!(issuer.fetches(), 3);
}
