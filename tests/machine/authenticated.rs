//! A session: its lifetime, its organization and its logout URL.

use std::time::Duration;

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Client, RefreshPolicy};

use crate::exchanges::leads_to;
use crate::scenario::{
    CLIENT_ID, ORGANIZATION, SESSION, Scenario, edited, fixture, jwt, now, response, secs, session,
    stored, success_with_claims,
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

#[test]
fn reads_the_lifetime_of_every_token_fixture() {
    let century = Some(secs(4_102_444_800 - 1_780_000_000));
    for (name, lifetime) in [
        ("valid_minimal", century),
        ("valid_full", century),
        ("valid_impersonated", century),
        ("valid_template_overrides", century),
        ("expired", Some(secs(300))),
        ("unknown_kid", century),
        ("no_kid", century),
        ("wrong_key_same_kid", century),
        ("alg_none", century),
        ("missing_exp", None),
        ("missing_sid", century),
        ("not_yet_valid", century),
        ("two_segments", None),
    ] {
        assert_eq!(token(name).expires_in(now()), lifetime, "{name}");
    }
}

#[test]
fn the_lifetime_of_an_opaque_token_is_unknown() {
    for token in [
        "opaque",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "a.!.c",
        "a.e30.c.d",
        "e30.e30.",
        "e30.e30",
        "e30.e30.e30.e30",
        "e30.e30.e30.e30.e30",
        "e30.e30=.sig",
        "e30.eyJ.sig",
        "e30.W10.sig",
        "e30.bnVsbA.sig",
        "e30._w.sig",
    ] {
        let body = edited("success_minimal.json", |body| {
            body["access_token"] = token.into()
        });
        for exchange in ["code", "challenge", "poll"] {
            leads_to(exchange, response(200, &*body), "Authenticated");
        }
        let session = session(&body);
        assert_eq!(session.access_token().expose_secret(), token);
        assert_eq!(session.expires_in(now()), None, "{token}");
        assert_eq!(session.organization_id(), None, "{token}");
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
    let policy = RefreshPolicy::default();
    let [narrow, none, wide] = [secs(10), Duration::ZERO, Duration::MAX]
        .map(|margin| RefreshPolicy::default().margin(margin));
    for (lifetime, policy, age, due) in [
        (3600, &policy, 0, secs(3300)),
        (3600, &policy, 3299, secs(1)),
        (3600, &policy, 3300, Duration::ZERO),
        (3600, &policy, 9999, Duration::ZERO),
        (600, &policy, 0, secs(300)),
        (300, &policy, 0, secs(150)),
        (1, &policy, 0, Duration::from_millis(500)),
        (300, &narrow, 0, secs(290)),
        (300, &wide, 0, secs(150)),
        (300, &none, 299, secs(1)),
    ] {
        let claims = json!({ "iat": 0, "exp": lifetime }).to_string();
        let session = session(&success_with_claims(&claims));
        assert_eq!(
            session.refresh_in(policy, now() + secs(age)),
            Some(due),
            "{lifetime} {age}"
        );
    }
}

#[test]
fn reads_the_organization_from_the_access_token_if_the_response_has_none() {
    let organization = |body: &str| session(body).organization_id().map(ToString::to_string);
    let claims = success_with_claims(&json!({ "org_id": ORGANIZATION }).to_string());
    assert_eq!(organization(&claims).as_deref(), Some(ORGANIZATION));
    assert_eq!(organization(&fixture("success_minimal.json")), None);
    let mut both: Value = serde_json::from_str(&claims).unwrap();
    both["organization_id"] = json!("org_of_the_response");
    assert_eq!(
        organization(&both.to_string()).as_deref(),
        Some("org_of_the_response")
    );
}

#[test]
fn ignores_claims_of_the_wrong_type() {
    let client = Scenario::public().client;
    for odd in [
        json!(null),
        json!(7),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["x"]),
        json!({ "x": {} }),
        json!(""),
        json!("a b"),
        json!("a\nb"),
        json!("x".repeat(257)),
    ] {
        let claims =
            json!({ "sid": odd, "org_id": odd, "iat": 0, "exp": 300, "role": odd, "aud": odd });
        let session = session(&success_with_claims(&claims.to_string()));
        assert_eq!(session.session_id(), None, "{odd}");
        assert_eq!(session.organization_id(), None, "{odd}");
        assert_eq!(session.expires_in(now()), Some(secs(300)), "{odd}");
        assert_eq!(session.logout_url(&client, None), None, "{odd}");
        // The session has an organization, and a response for none is rejected.
        for (organization, expected) in [
            (Value::Null, "Malformed"),
            (ORGANIZATION.into(), "Authenticated"),
        ] {
            let body = edited("success_full.json", |body| {
                body["organization_id"] = organization;
                body["access_token"] = jwt(&claims.to_string()).into();
            });
            leads_to("refresh", response(200, body), expected);
        }
    }
    let session = token("valid_template_overrides");
    assert_eq!(session.session_id().map(|id| id.as_str()), Some(SESSION));
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
    let session = scenario.to_authenticated();
    let url = session.logout_url(&scenario.client, None).unwrap();
    let expected = format!(
        "http://127.0.0.1:8080/prefix/user_management/sessions/logout?session_id={SESSION}"
    );
    assert_eq!(url.as_str(), expected);
    assert_eq!(
        session.logout_url(&at("https://api.workos.com"), None),
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
