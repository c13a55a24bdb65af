//! The lifetime of an access token: `exp` − `iat`, counted from receipt. An invalid one is unknown: neither unlimited nor zero.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::{Authenticated, DevicePoll, Exchange, Outcome, RefreshPolicy};

use crate::oauth;
use crate::scenario::{
    ORGANIZATION, Scenario, edited, jwt, now, response, secs, session, success_with_claims,
};

/// A response of User Management whose access token has these claims.
fn user_management(claims: &str) -> String {
    edited("success_full.json", |body| {
        body["organization_id"] = ORGANIZATION.into();
        body["access_token"] = jwt(claims).into();
    })
}

/// A response of another authorization server.
fn oauth(claims: &str, expires_in: Value) -> String {
    edited("connect_token.json", |body| {
        body["access_token"] = jwt(claims).into();
        body["expires_in"] = expires_in;
    })
}

/// The sessions of every exchange, with an access token with these claims.
fn sessions(claims: &str) -> [Authenticated; 5] {
    let public = Scenario::public();
    let um = || response(200, user_management(claims));
    let DevicePoll::Done(Outcome::Authenticated(polled)) =
        public.to_polling().response(um(), now()).unwrap()
    else {
        panic!("expected a session")
    };
    // A session of the same claims, so that the refresh does not change its organization.
    let first = oauth::session_from(&oauth(claims, Value::Null));
    let refreshing = first.clone().refresh(&oauth::client()).unwrap();
    let second = response(200, oauth(claims, Value::Null));
    [
        public.to_authenticated_from(&user_management(claims)),
        public.to_refreshing().response(um(), now()).unwrap(),
        *polled,
        first,
        refreshing.response(second, now()).unwrap(),
    ]
}

/// Checks the lifetime of a token with these claims, now and later, and that it is not due for refresh on receipt.
#[track_caller]
fn lifetime(claims: &str, seconds: Option<u64>) {
    for session in sessions(claims) {
        assert_eq!(session.expires_in(now()), seconds.map(secs), "{claims}");
        let century = session.expires_in(now() + secs(3_000_000_000));
        assert_eq!(century, seconds.map(|_| Duration::ZERO), "{claims}");
        for margin in [secs(300), Duration::ZERO, Duration::MAX] {
            let due = session.refresh_in(&RefreshPolicy::default().margin(margin), now());
            assert_eq!(due.is_some(), seconds.is_some(), "{claims}");
            assert_ne!(due, Some(Duration::ZERO), "{claims}");
        }
    }
}

#[test]
fn the_lifetime_is_exp_minus_iat() {
    for (claims, seconds) in [
        (r#"{"iat":1780000000,"exp":1780000300}"#, 300),
        // Clocks of the service two hours behind, two hours ahead and in 1970.
        (r#"{"iat":1779992800,"exp":1779993100}"#, 300),
        (r#"{"iat":1780007200,"exp":1780007500}"#, 300),
        (r#"{"iat":0,"exp":300}"#, 300),
        (r#"{"iat":0,"exp":1}"#, 1),
        (
            r#"{"iat":18446744073709551314,"exp":18446744073709551614}"#,
            300,
        ),
        (r#"{"iat":0,"exp":300.5}"#, 300),
        (r#"{"iat":0.9,"exp":300.1}"#, 300),
        (r#"{"iat":1.78e9,"exp":1780000300.999}"#, 300),
    ] {
        lifetime(claims, Some(seconds));
    }
    // The longest duration of a stored form.
    let longest = session(&success_with_claims(
        r#"{"iat":0,"exp":18446744073709551615}"#,
    ));
    assert_eq!(
        longest.expires_in(now()),
        Some(Duration::from_millis(i64::MAX as u64))
    );
}

#[test]
fn m4_an_invalid_lifetime_is_unknown_in_every_session() {
    for claims in [
        "{}",
        "",
        "not json",
        "[1780000000,1780000300]",
        r#"{"exp":1780000300}"#,
        r#"{"iat":1780000000}"#,
        r#"{"iat":null,"exp":1780000300}"#,
        r#"{"iat":1780000000,"exp":null}"#,
        r#"{"iat":"1780000000","exp":"1780000300"}"#,
        r#"{"iat":1780000000,"exp":"1780000300"}"#,
        r#"{"iat":1780000000,"exp":true}"#,
        r#"{"iat":1780000000,"exp":[1780000300]}"#,
        r#"{"iat":{"s":[1]},"exp":1780000300}"#,
        r#"{"iat":-1780000000,"exp":300}"#,
        r#"{"iat":-0.5,"exp":300}"#,
        r#"{"iat":1780000000,"exp":-1}"#,
        r#"{"iat":0,"exp":0.5}"#,
        r#"{"iat":0,"exp":18446744073709551616}"#,
        r#"{"iat":0,"exp":999999999999999999999999999999}"#,
        r#"{"iat":0,"exp":1e20}"#,
        r#"{"iat":0,"exp":1e30}"#,
        r#"{"iat":0,"exp":1e400}"#,
        r#"{"iat":1780000000,"exp":1780000000}"#,
        r#"{"iat":1780000000,"exp":1779999999}"#,
        r#"{"iat":1780000000,"exp":0}"#,
        r#"{"iat":1,"iat":1,"exp":300}"#,
        r#"{"iat":1,"exp":300,"exp":301}"#,
    ] {
        lifetime(claims, None);
    }
}

proptest! {
    #[test]
    fn no_token_is_due_for_refresh_on_receipt(
        iat in any::<u64>(),
        exp in any::<u64>(),
        expires_in in any::<Option<i64>>(),
        margin in any::<Duration>(),
    ) {
        let claims = json!({ "iat": iat, "exp": exp }).to_string();
        let policy = RefreshPolicy::default().margin(margin);
        for session in [
            Scenario::public().to_authenticated_from(&user_management(&claims)),
            oauth::session_from(&oauth(&claims, json!(expires_in))),
        ] {
            let due = session.refresh_in(&policy, now());
            prop_assert_ne!(due, Some(Duration::ZERO));
            prop_assert_eq!(due.is_some(), session.expires_in(now()).is_some());
            prop_assert!(due <= session.expires_in(now()));
        }
    }
}
