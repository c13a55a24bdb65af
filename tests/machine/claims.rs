//! The claims of the access token of a session. A JWT template can set them to any value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use workos_login::Authenticated;

use crate::oauth;
use crate::scenario::{Scenario, fixture, jwt, session, success_with_claims};

fn with(claims: &Value) -> Authenticated {
    session(&success_with_claims(&claims.to_string()))
}

fn at(seconds: u64) -> Option<SystemTime> {
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[test]
fn reads_the_claims_of_the_access_token() {
    for session in [Scenario::public().to_authenticated(), oauth::session()] {
        assert_eq!(session.role().as_deref(), Some("admin"));
        assert_eq!(session.roles(), ["admin", "billing"]);
        assert_eq!(session.permissions(), ["reports:read", "reports:write"]);
        assert_eq!(session.entitlements(), ["audit-logs"]);
        assert_eq!(session.feature_flags(), ["beta-editor"]);
        assert_eq!(session.auth_time(), at(1_779_999_970));
    }
}

#[test]
fn stores_the_claims() {
    let session = Scenario::public().to_authenticated();
    let stored = serde_json::to_string(&session).unwrap();
    assert!(!stored.contains("beta-editor"));
    let read: Authenticated = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.feature_flags(), session.feature_flags());
}

#[test]
fn missing_claims_are_absent() {
    let opaque = oauth::session_from(&oauth::tokens(|_| {}));
    for session in [with(&json!({})), opaque] {
        assert_eq!(session.role(), None);
        assert!(session.roles().is_empty() && session.permissions().is_empty());
        assert!(session.entitlements().is_empty() && session.feature_flags().is_empty());
        assert_eq!(session.auth_time(), None);
    }
}

#[test]
fn claims_of_another_type_are_absent() {
    for odd in [
        json!(null),
        json!(true),
        json!(-7),
        json!({ "slug": "admin" }),
        json!([[]]),
        json!([7, null]),
    ] {
        let session = with(&json!({
            "role": odd, "roles": odd, "permissions": odd, "entitlements": odd, "feature_flags": odd, "auth_time": odd,
        }));
        assert_eq!(session.role(), None, "{odd}");
        assert!(session.roles().is_empty() && session.permissions().is_empty());
        assert!(session.entitlements().is_empty() && session.feature_flags().is_empty());
        assert_eq!(session.auth_time(), None, "{odd}");
    }
    let template = fixture("jwt_claims_template_overrides.json");
    let session = session(&success_with_claims(&template));
    assert_eq!(session.role(), None);
    assert!(session.permissions().is_empty());
    assert!(session.session_id().is_some());
}

#[test]
fn a_claim_of_another_type_does_not_affect_the_others() {
    let session = with(&json!({ "role": 7, "roles": ["a", 7, "b"], "auth_time": 8.9 }));
    assert_eq!(session.role(), None);
    assert_eq!(session.roles(), ["a", "b"]);
    assert_eq!(session.auth_time(), at(8));
}

#[test]
fn an_auth_time_beyond_the_clock_is_absent() {
    for (odd, expected) in [
        (json!(0), at(0)),
        (json!("1780000000"), None),
        (json!(-1), None),
        (json!(1e300), None),
        (json!(u64::MAX), None),
    ] {
        assert_eq!(
            with(&json!({ "auth_time": odd })).auth_time(),
            expected,
            "{odd}"
        );
    }
}

#[test]
fn reads_auth_time_from_the_id_token_if_the_access_token_has_none() {
    let session = |access: &str| {
        oauth::session_from(&oauth::tokens(|body| {
            body["access_token"] = access.into();
            body["id_token"] = oauth::id_token(|claims| claims["auth_time"] = json!(5)).into();
        }))
    };
    assert_eq!(session("opaque").auth_time(), at(5));
    assert_eq!(session(&jwt(r#"{"auth_time":6}"#)).auth_time(), at(6));
}

#[test]
fn custom_claims_are_read_as_a_type_of_the_caller() {
    #[derive(serde::Deserialize)]
    struct Custom {
        custom_tier: String,
        custom_meta: Value,
    }
    let template = fixture("jwt_claims_template_overrides.json");
    let overridden = session(&success_with_claims(&template));
    let custom: Custom = overridden.claims().unwrap();
    assert_eq!(custom.custom_tier, "gold");
    assert_eq!(custom.custom_meta["a"], 1);
    let all: Value = overridden.claims().unwrap();
    assert_eq!(all["aud"][0], "https://api.example.com");

    assert!(
        with(&json!({ "custom_tier": 7 }))
            .claims::<Custom>()
            .is_none()
    );
    assert!(
        oauth::session_from(&oauth::tokens(|_| {}))
            .claims::<Value>()
            .is_none()
    );
    for odd in ["[]", "7", "{", "{}x"] {
        let session = session(&success_with_claims(odd));
        assert!(session.claims::<Value>().is_none());
    }
}
