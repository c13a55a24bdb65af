//! `max_age`: the maximum age of the authentication of a session (OpenID Connect Core sections 3.1.2.1 and 3.1.3.7).

use std::time::Duration;

use serde_json::{Value, json};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, Client, ClientKind, Error, Exchange,
    Exchanging, Start,
};

use super::{client, id_token, session_from, tokens};
use crate::scenario::{
    CODE, Counting, REDIRECT_URI, STATE, Scenario, callback, challenge_of, fixture, kind,
    message_contains, now, refusal, response, secs, stored, success_with_claims,
};

/// The time at which a login begins, in seconds since the Unix epoch.
const NOW: u64 = 1_780_000_000;

/// The code exchange of a login that was stored in between; the callback comes after `waited`.
fn exchanging<K: ClientKind>(
    client: &Client<K>,
    start: Start<'_, K>,
    waited: Duration,
) -> Exchanging {
    let (_, pending) = start.begin(now(), &mut Counting::default());
    let pending: AwaitingCallback = serde_json::from_str(&stored(&pending)).unwrap();
    let real = callback(&format!("code={CODE}&state={STATE}"));
    pending.accept(client, real, now() + waited).unwrap()
}

/// Finishes a login at an authorization server whose ID token has this `auth_time`.
fn log_in(
    max_age: Option<u64>,
    auth_time: &Value,
    waited: Duration,
) -> Result<Authenticated, Error> {
    let client = client();
    let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
    let start = match max_age {
        Some(seconds) => start.max_age(secs(seconds)),
        None => start,
    };
    let body = tokens(|body| {
        body["id_token"] = id_token(|claims| claims["auth_time"] = auth_time.clone()).into();
    });
    let exchanging = exchanging(&client, start, waited);
    let outcome = exchanging.response(response(200, body), now() + waited)?;
    outcome.authenticated()
}

/// Finishes a login at User Management whose access token has these claims.
fn log_in_to_user_management(max_age: u64, claims: &Value) -> Result<Authenticated, Error> {
    let scenario = Scenario::public();
    let start = scenario.to_start().max_age(secs(max_age));
    let exchanging = exchanging(&scenario.client, start, secs(0));
    let body = success_with_claims(&claims.to_string());
    exchanging
        .response(response(200, body), now())?
        .authenticated()
}

#[track_caller]
fn rejected(result: Result<Authenticated, Error>, why: &str) {
    let error = result.unwrap_err();
    assert_eq!(kind(&error), "Malformed");
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn rejects_an_authentication_that_is_older_than_max_age() {
    for (max_age, auth_time, recent) in [
        (0, NOW, true),
        (0, NOW - 60, true),
        (0, NOW - 61, false),
        (300, NOW + 5, true),
        (300, NOW - 360, true),
        (300, NOW - 361, false),
        (300, 0, false),
        (u64::MAX, 0, true),
    ] {
        let oauth = log_in(Some(max_age), &json!(auth_time), secs(0));
        let workos = log_in_to_user_management(max_age, &json!({ "auth_time": auth_time }));
        for result in [oauth, workos] {
            if recent {
                result.unwrap();
            } else {
                rejected(
                    result,
                    "an authentication that is older than max_age (status 200); start a new login",
                );
            }
        }
    }
}

#[test]
fn the_age_counts_from_the_start_of_the_login() {
    let at_the_start = json!(NOW);
    log_in(Some(0), &at_the_start, secs(599)).unwrap();
    rejected(
        log_in(Some(0), &json!(NOW - 61), secs(599)),
        "older than max_age",
    );
}

#[test]
fn accepts_any_auth_time_without_max_age() {
    for auth_time in [json!(0), json!(null), json!("yesterday")] {
        log_in(None, &auth_time, secs(0)).unwrap();
    }
}

#[test]
fn requires_auth_time_if_max_age_was_requested() {
    for absent in [json!(null), json!("1780000000"), json!(-1), json!([NOW])] {
        rejected(
            log_in(Some(300), &absent, secs(0)),
            "has no auth_time, which max_age requires",
        );
    }
}

#[test]
fn requires_an_id_token_if_max_age_was_requested() {
    let client = client();
    let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
    let start = start.max_age(secs(300));
    let body = tokens(|body| body["id_token"] = json!(null));
    let result = exchanging(&client, start, secs(0)).response(response(200, body), now());
    let error = result.unwrap_err().into_parts().1;
    assert!(error.to_string().contains("no valid id_token"), "{error}");
}

#[test]
fn requires_an_access_token_with_auth_time_at_user_management() {
    for claims in [json!({}), json!({ "auth_time": "now" })] {
        rejected(log_in_to_user_management(0, &claims), "no valid auth_time");
    }
}

#[test]
fn the_answer_to_a_challenge_of_the_login_is_compared() {
    let scenario = Scenario::confidential();
    let start = scenario.to_start().max_age(secs(300));
    let challenge = fixture("step_up_email_verification_required.json");
    let mut exchanging = exchanging(&scenario.client, start, secs(0));
    // A challenge can follow another one, and be stored in between.
    for _ in 0..2 {
        let challenge = challenge_of(exchanging.response(response(403, challenge.clone()), now()));
        let challenge = serde_json::from_str(&stored(&challenge)).unwrap();
        let AuthenticationChallenge::EmailVerification(challenge) = challenge else {
            panic!("{challenge:?}");
        };
        exchanging = challenge.answer(&scenario.client, "1").unwrap();
    }
    let old = success_with_claims(&json!({ "auth_time": NOW - 361 }).to_string());
    let (exchanging, error) = refusal(exchanging, response(200, old));
    message_contains(&error, "older than max_age");
    let recent = success_with_claims(&json!({ "auth_time": NOW - 360 }).to_string());
    exchanging.response(response(200, recent), now()).unwrap();
}

#[test]
fn max_age_as_a_parameter_is_compared_like_the_option() {
    let client = client();
    let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
    let start = start.parameter("max_age", "300").unwrap();
    let body = tokens(|body| {
        body["id_token"] = id_token(|claims| claims["auth_time"] = json!(NOW - 400)).into();
    });
    let result = exchanging(&client, start, secs(0)).response(response(200, body), now());
    assert!(
        result
            .unwrap_err()
            .to_string()
            .contains("older than max_age")
    );
}

#[test]
fn a_refresh_does_not_require_a_recent_authentication() {
    let session = log_in(Some(300), &json!(NOW), secs(0)).unwrap();
    assert!(session.refresh_token().is_none());
    let first = session_from(&tokens(|body| body["refresh_token"] = "r".into()));
    let old = tokens(|body| {
        body["id_token"] = id_token(|claims| claims["auth_time"] = json!(5)).into();
    });
    first
        .refresh(&client())
        .unwrap()
        .response(response(200, old), now())
        .unwrap();
}
