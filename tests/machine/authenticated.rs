//! A session: how long it is good, for whom, and how it ends.

use std::time::Duration;

use serde_json::{Value, json};
use workos_login::{Authenticated, Client, RefreshPolicy};

use crate::scenario::{
    CLIENT_ID, ORGANIZATION, SESSION, Scenario, edited, fixture, now, secs, session, stored,
    success_with_claims,
};

/// A session with the token of this name.
#[track_caller]
fn token(name: &str) -> Authenticated {
    let tokens: Value = serde_json::from_str(&fixture("jwt_tokens.json")).unwrap();
    let token = tokens[name].clone();
    assert!(token.is_string(), "{name}");
    session(&edited("success_minimal.json", |body| {
        body["access_token"] = token
    }))
}

const CENTURY: Option<Duration> = Some(Duration::from_secs(4_102_444_800 - 1_780_000_000));

#[track_caller]
fn lives(name: &str, life: Option<Duration>) {
    assert_eq!(token(name).expires_in(now()), life, "{name}");
}

#[test]
fn reads_the_lifetime_of_every_token_fixture() {
    lives("valid_minimal", CENTURY);
    lives("valid_full", CENTURY);
    lives("valid_impersonated", CENTURY);
    lives("valid_template_overrides", CENTURY);
    lives("expired", Some(secs(300)));
    lives("unknown_kid", CENTURY);
    lives("no_kid", CENTURY);
    lives("wrong_key_same_kid", CENTURY);
    lives("alg_none", CENTURY);
    lives("missing_exp", None);
    lives("missing_sid", CENTURY);
    lives("not_yet_valid", CENTURY);
    lives("two_segments", None);
}

/// Checks the life of a session whose access token has these claims.
#[track_caller]
fn claims(claims: &str, life: Option<Duration>) {
    let session = session(&success_with_claims(claims));
    assert_eq!(session.expires_in(now()), life, "{claims}");
    assert_eq!(
        session
            .refresh_in(&RefreshPolicy::default(), now())
            .is_some(),
        life.is_some()
    );
}

#[test]
fn m4_an_invalid_lifetime_is_unknown() {
    claims(r#"{"iat":1000,"exp":1300}"#, Some(secs(300)));
    claims(r#"{"iat":0,"exp":1}"#, Some(secs(1)));
    claims(
        r#"{"iat":0,"exp":18446744073709551615}"#,
        // What a stored form holds.
        Some(Duration::from_millis(i64::MAX as u64)),
    );
    claims(r#"{"iat":0,"exp":18446744073709551616}"#, None);
    claims(r#"{"iat":0,"exp":1e400}"#, None);
    claims(r#"{"iat":0,"exp":99999999999999999999999999}"#, None);
    claims(r#"{"iat":-5,"exp":300}"#, None);
    claims(r#"{"iat":0,"exp":-300}"#, None);
    claims(r#"{"iat":0,"exp":300.5}"#, Some(secs(300)));
    claims(r#"{"iat":0.9,"exp":300.1}"#, Some(secs(300)));
    claims(r#"{"iat":1.78e9,"exp":1780000300.999}"#, Some(secs(300)));
    claims(r#"{"iat":0,"exp":0.5}"#, None);
    claims(r#"{"iat":-0.5,"exp":300}"#, None);
    claims(r#"{"iat":0,"exp":1e20}"#, None);
    claims(r#"{"iat":0,"exp":"300"}"#, None);
    claims(r#"{"iat":0,"exp":null}"#, None);
    claims(r#"{"iat":0,"exp":[300]}"#, None);
    claims(r#"{"iat":{"x":[1]},"exp":300}"#, None);
    claims(r#"{"exp":300}"#, None);
    claims(r#"{"iat":300}"#, None);
    claims(r#"{"iat":300,"exp":300}"#, None);
    claims(r#"{"iat":301,"exp":300}"#, None);
    claims(r#"{}"#, None);
    claims(r#"[1,2]"#, None);
    claims("not json", None);
    claims("", None);
}

#[test]
fn the_lifetime_of_an_opaque_token_is_unknown() {
    for token in ["opaque", "a.b", "a.b.c", "a.!.c", "a.e30.c.d", "..", "."] {
        let body = edited("success_minimal.json", |body| {
            body["access_token"] = token.into()
        });
        let session = session(&body);
        assert_eq!(session.expires_in(now()), None, "{token}");
        assert_eq!(session.session_id(), None, "{token}");
    }
}

#[test]
fn counts_the_lifetime_from_receipt() {
    let session = session(&fixture("success_refresh_expired_token.json"));
    assert_eq!(session.expires_in(now()), Some(secs(300)));
    assert_eq!(session.expires_in(now() + secs(299)), Some(secs(1)));
    assert_eq!(session.expires_in(now() + secs(300)), Some(Duration::ZERO));
    assert_eq!(session.expires_in(now() + secs(3000)), Some(Duration::ZERO));
}

#[test]
fn is_due_for_refresh_five_minutes_before_expiry_or_at_half_of_the_lifetime() {
    let due = |life: u64, policy: &RefreshPolicy, later: u64| {
        let session = session(&success_with_claims(&format!(
            r#"{{"iat":0,"exp":{life}}}"#
        )));
        session.refresh_in(policy, now() + secs(later))
    };
    let policy = RefreshPolicy::default();
    assert_eq!(due(3600, &policy, 0), Some(secs(3300)));
    assert_eq!(due(3600, &policy, 3299), Some(secs(1)));
    assert_eq!(due(3600, &policy, 3300), Some(Duration::ZERO));
    assert_eq!(due(3600, &policy, 9999), Some(Duration::ZERO));
    assert_eq!(due(600, &policy, 0), Some(secs(300)));
    assert_eq!(due(300, &policy, 0), Some(secs(150)));
    assert_eq!(due(1, &policy, 0), Some(Duration::from_millis(500)));
    let narrow = RefreshPolicy::default().margin(secs(10));
    assert_eq!(due(300, &narrow, 0), Some(secs(290)));
    let wide = RefreshPolicy::default().margin(Duration::MAX);
    assert_eq!(due(300, &wide, 0), Some(secs(150)));
    let none = RefreshPolicy::default().margin(Duration::ZERO);
    assert_eq!(due(300, &none, 299), Some(secs(1)));
}

#[test]
fn reads_the_organization_from_the_access_token_if_the_response_has_none() {
    let organization = |body: &str| session(body).organization_id().map(|id| id.to_string());
    let named = format!(r#"{{"org_id":"{ORGANIZATION}"}}"#);
    assert_eq!(
        organization(&success_with_claims(&named)).as_deref(),
        Some(ORGANIZATION)
    );
    assert_eq!(organization(&success_with_claims(r#"{"org_id":7}"#)), None);
    assert_eq!(organization(&success_with_claims(r#"{"org_id":""}"#)), None);
    assert_eq!(
        organization(&success_with_claims(r#"{"org_id":"a b"}"#)),
        None
    );
    assert_eq!(organization(&fixture("success_minimal.json")), None);
    let mut both: Value = serde_json::from_str(&success_with_claims(&named)).unwrap();
    both["organization_id"] = json!("org_of_the_answer");
    assert_eq!(
        organization(&both.to_string()).as_deref(),
        Some("org_of_the_answer")
    );
}

#[test]
fn ignores_claims_of_the_wrong_type() {
    let session = token("valid_template_overrides");
    assert_eq!(session.session_id().map(|id| id.as_str()), Some(SESSION));
    for odd in [
        "null",
        "7",
        "1.5",
        "true",
        "[]",
        "[\"x\"]",
        "{\"x\":{}}",
        "\"\"",
        "\"a b\"",
        "\"a\\nb\"",
    ] {
        let claims =
            format!(r#"{{"sid":{odd},"org_id":{odd},"iat":0,"exp":300,"role":{odd},"aud":{odd}}}"#);
        let session = crate::scenario::session(&success_with_claims(&claims));
        assert_eq!(session.session_id(), None, "{odd}");
        assert_eq!(session.organization_id(), None, "{odd}");
        assert_eq!(session.expires_in(now()), Some(secs(300)), "{odd}");
        assert_eq!(
            session.logout_url(&Scenario::public().client, None),
            None,
            "{odd}"
        );
    }
}

#[test]
fn builds_the_logout_url_of_every_fixture() {
    let table: Value = serde_json::from_str(&fixture("logout_urls.json")).unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let claims = json!({ "sid": case["session_id"] }).to_string();
        let url = session(&success_with_claims(&claims))
            .logout_url(&Scenario::public().client, case["return_to"].as_str());
        assert_eq!(url.unwrap().as_str(), case["url"].as_str().unwrap());
    }
}

#[test]
fn omits_an_empty_return_to() {
    let session = Scenario::public().to_authenticated();
    let client = Scenario::public().client;
    let url = session.logout_url(&client, Some("")).unwrap();
    assert_eq!(url, session.logout_url(&client, None).unwrap());
    assert!(!url.as_str().contains("return_to"), "{url}");
}

#[test]
fn has_no_logout_url_without_a_session_id() {
    assert_eq!(
        token("missing_sid").logout_url(&Scenario::public().client, None),
        None
    );
}

#[test]
fn has_a_logout_url_for_its_own_client_only() {
    let at = |base: &str| {
        Scenario::public()
            .client
            .base_url(base.parse().unwrap())
            .unwrap()
    };
    let scenario = Scenario::of(at("http://127.0.0.1:8080/prefix/"));
    let url = scenario
        .to_authenticated()
        .logout_url(&scenario.client, None)
        .unwrap();
    let expected = format!(
        "http://127.0.0.1:8080/prefix/user_management/sessions/logout?session_id={SESSION}"
    );
    assert_eq!(url.as_str(), expected);
    assert_eq!(
        scenario
            .to_authenticated()
            .logout_url(&at("https://api.workos.com"), None),
        None
    );
    let other = Client::public("client_other".parse().unwrap());
    assert_eq!(
        Scenario::public()
            .to_authenticated()
            .logout_url(&other, None),
        None
    );
}

#[test]
fn is_bound_to_a_client_id_and_not_to_a_kind_of_client() {
    let session = Scenario::confidential().to_authenticated();
    assert!(
        session
            .logout_url(&Scenario::public().client, None)
            .is_some()
    );
    assert!(stored(&session).contains(CLIENT_ID));
}
