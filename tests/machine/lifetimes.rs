//! Tokens that lie about their life. A life that cannot be read is unknown: not for ever, and not over.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::{Authenticated, DevicePoll, Exchange, Outcome, RefreshPolicy};

use crate::oauth;
use crate::scenario::{ORGANIZATION, Scenario, edited, jwt, now, response, secs};

/// A success with these claims in its access token.
fn user_management(claims: &str) -> String {
    edited("success_full.json", |body| {
        body["organization_id"] = ORGANIZATION.into();
        body["access_token"] = jwt(claims).into();
    })
}

fn standard(claims: &str, expires_in: Value) -> String {
    edited("connect_token.json", |body| {
        body["access_token"] = jwt(claims).into();
        body["expires_in"] = expires_in;
    })
}

/// The sessions that a token with these claims is in, however it came.
fn sessions(claims: &str) -> [Authenticated; 5] {
    let public = Scenario::public();
    let body = user_management(claims);
    let there = |outcome: Outcome| outcome.authenticated().unwrap();
    let polled = public.to_polling().response(response(200, &*body), now());
    let DevicePoll::Done(polled) = polled.unwrap() else {
        panic!("the user is done")
    };
    // The session before has an organization of its own, or none, as the token says.
    let standard = standard(claims, Value::Null);
    let before = oauth::session_from(&standard);
    [
        public.to_authenticated_from(&body),
        public
            .to_refreshing()
            .response(response(200, &*body), now())
            .unwrap(),
        there(polled),
        before.clone(),
        before
            .refresh(&oauth::client())
            .unwrap()
            .response(response(200, standard), now())
            .unwrap(),
    ]
}

#[track_caller]
fn lives(claims: &str, life: Option<u64>) {
    for session in sessions(claims) {
        assert_eq!(session.expires_in(now()), life.map(secs), "{claims}");
        let due = session.refresh_in(&RefreshPolicy::default(), now());
        assert_eq!(due.is_some(), life.is_some(), "{claims}");
        assert_ne!(due, Some(Duration::ZERO), "{claims}");
        let century = now() + secs(3_000_000_000);
        let later = session.expires_in(century);
        assert_eq!(
            later,
            life.map(|life| secs(life.saturating_sub(3_000_000_000)))
        );
    }
}

/// The claims of tokens whose life cannot be known.
const UNKNOWN: [&str; 22] = [
    "{}",
    r#"{"exp":1780000300}"#,
    r#"{"iat":1780000000}"#,
    r#"{"iat":null,"exp":1780000300}"#,
    r#"{"iat":1780000000,"exp":null}"#,
    r#"{"iat":"1780000000","exp":"1780000300"}"#,
    r#"{"iat":1780000000,"exp":"1780000300"}"#,
    r#"{"iat":-1780000000,"exp":300}"#,
    r#"{"iat":1780000000,"exp":-1}"#,
    r#"{"iat":1780000000,"exp":18446744073709551616}"#,
    r#"{"iat":1780000000,"exp":1e30}"#,
    r#"{"iat":1780000000,"exp":1e999}"#,
    r#"{"iat":1780000000,"exp":999999999999999999999999999999}"#,
    r#"{"iat":1780000000,"exp":true}"#,
    r#"{"iat":1780000000,"exp":[1780000300]}"#,
    r#"{"iat":{"s":1780000000},"exp":1780000300}"#,
    r#"{"iat":1780000000,"exp":1780000000}"#,
    r#"{"iat":1780000000,"exp":1779999999}"#,
    r#"{"iat":1780000000,"exp":0}"#,
    r#"{"iat":1,"iat":1,"exp":300}"#,
    r#"{"iat":1,"exp":300,"exp":301}"#,
    "[1780000000,1780000300]",
];

#[test]
fn m4_an_invalid_lifetime_is_unknown_in_every_session() {
    for claims in UNKNOWN {
        lives(claims, None);
    }
}

#[test]
fn the_lifetime_is_exp_minus_iat() {
    // The scenario is at 1780000000: two hours behind, two hours ahead, long past, at the end of all numbers.
    lives(r#"{"iat":1780000000,"exp":1780000300}"#, Some(300));
    lives(r#"{"iat":1779992800,"exp":1779993100}"#, Some(300));
    lives(r#"{"iat":1780007200,"exp":1780007500}"#, Some(300));
    lives(r#"{"iat":0,"exp":300}"#, Some(300));
    lives(r#"{"iat":0,"exp":1}"#, Some(1));
    lives(
        r#"{"iat":18446744073709551314,"exp":18446744073709551614}"#,
        Some(300),
    );
}

#[test]
fn refreshing_when_due_causes_no_loop() {
    for claims in UNKNOWN.into_iter().chain([
        r#"{"iat":0,"exp":1}"#,
        r#"{"iat":0,"exp":300}"#,
        r#"{"iat":1780007200,"exp":1780007500}"#,
    ]) {
        for policy in [
            RefreshPolicy::default(),
            RefreshPolicy::default().margin(Duration::ZERO),
            RefreshPolicy::default().margin(Duration::MAX),
        ] {
            let public = Scenario::public();
            let mut session = public.to_authenticated_from(&user_management(claims));
            let mut sent = 0;
            while session.refresh_in(&policy, now()) == Some(Duration::ZERO) && sent < 50 {
                let refreshing = session.refresh(&public.client).unwrap();
                let body = user_management(claims);
                session = refreshing.response(response(200, body), now()).unwrap();
                sent += 1;
            }
            assert_eq!(sent, 0, "{claims} {policy:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_token_is_due_for_refresh_on_receipt(
        iat in any::<u64>(),
        exp in any::<u64>(),
        told in any::<Option<i64>>(),
        margin in any::<Duration>(),
    ) {
        let claims = json!({ "iat": iat, "exp": exp }).to_string();
        let policy = RefreshPolicy::default().margin(margin);
        for session in [
            Scenario::public().to_authenticated_from(&user_management(&claims)),
            oauth::session_from(&standard(&claims, json!(told))),
        ] {
            prop_assert_ne!(session.refresh_in(&policy, now()), Some(Duration::ZERO));
            let due = session.refresh_in(&policy, now());
            prop_assert_eq!(due.is_some(), session.expires_in(now()).is_some());
            prop_assert!(due <= session.expires_in(now()));
        }
    }
}
