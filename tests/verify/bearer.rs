//! The resource server: the `Authorization` header, and the error responses of RFC 6750 and RFC 9470.

use std::time::Duration;

use serde_json::json;
use workos_login::http::header::AUTHORIZATION;
use workos_login::http::{HeaderMap, HeaderValue, StatusCode};
use workos_login::keys::{BearerError, InvalidToken, bearer_token};

use crate::issuer::{AUDIENCE, access_token, now, oauth, oauth_client, secs};

fn headers(values: &[&str]) -> HeaderMap {
    let values = values.iter().map(|value| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (AUTHORIZATION, value)
    });
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        headers.append(name, value);
    }
    headers
}

#[track_caller]
fn is_response(error: &BearerError, status: u16, www_authenticate: Option<&str>) {
    assert_eq!(error.status(), StatusCode::from_u16(status).unwrap());
    let value = error.www_authenticate();
    assert_eq!(
        value.as_ref().map(|value| value.to_str().unwrap()),
        www_authenticate
    );
}

#[test]
fn the_token_is_that_of_the_bearer_scheme() {
    for value in [
        "Bearer abc.def-ghi_~+/==",
        "bearer abc.def-ghi_~+/==",
        "BEARER   abc.def-ghi_~+/==",
    ] {
        assert_eq!(
            bearer_token(&headers(&[value])).unwrap(),
            "abc.def-ghi_~+/=="
        );
    }
}

#[test]
fn a_request_without_a_bearer_token_gets_no_error_code() {
    for values in [
        &[][..],
        &["Basic dXNlcjpwYXNz"],
        &["DPoP abc"],
        &["Bearer2 abc"],
        &[""],
        &["abc"],
    ] {
        let error = bearer_token(&headers(values)).unwrap_err();
        assert_eq!(error.code(), None);
        is_response(&error, 401, Some("Bearer"));
    }
}

#[test]
fn a_malformed_request_is_an_invalid_request() {
    let expected = r#"Bearer error="invalid_request", error_description="the request has no single bearer token""#;
    for values in [
        &["Bearer"][..],
        &["Bearer "],
        &["Bearer a b"],
        &["Bearer ="],
        &["Bearer a=b"],
        &["Bearer \u{e9}"],
        &["Bearer\tabc def"][..1],
        &["Bearer a,b"],
        &["Bearer abc", "Bearer abc"],
        &["Bearer abc", "Basic dXNlcjpwYXNz"],
    ] {
        let Err(error) = bearer_token(&headers(values)) else {
            panic!("{values:?}");
        };
        if values != ["Bearer\tabc def"] {
            is_response(&error, 400, Some(expected));
        }
    }
}

#[test]
fn an_invalid_token_is_named_without_details() {
    let keys = oauth();
    let authorize = |token: &str| keys.authorize(&headers(&[&format!("Bearer {token}")]), now());
    assert_eq!(
        authorize(&access_token(&json!({}))).unwrap().subject(),
        "user_1"
    );
    let error = authorize("abc").unwrap_err();
    assert_eq!(error.invalid_token(), Some(InvalidToken::Malformed));
    is_response(
        &error,
        401,
        Some(r#"Bearer error="invalid_token", error_description="the access token is invalid""#),
    );
    let error = authorize(&access_token(&json!({"exp": 1}))).unwrap_err();
    is_response(
        &error,
        401,
        Some(r#"Bearer error="invalid_token", error_description="the access token has expired""#),
    );
}

#[test]
fn a_sender_constrained_token_is_no_bearer_token() {
    let token = access_token(&json!({"cnf": {"jkt": "thumbprint"}}));
    let error = oauth()
        .authorize(&headers(&[&format!("Bearer {token}")]), now())
        .unwrap_err();
    assert_eq!(error.invalid_token(), Some(InvalidToken::Type));
}

#[test]
fn a_token_that_cannot_be_verified_is_not_invalid() {
    let keys = oauth_client().key_set(AUDIENCE).unwrap();
    let token = access_token(&json!({}));
    let error = keys
        .authorize(&headers(&[&format!("Bearer {token}")]), now())
        .unwrap_err();
    assert_eq!(error.keys_required_in(), Some(Duration::ZERO));
    is_response(&error, 503, None);
}

#[test]
fn the_authentication_must_be_recent() {
    let verify = |auth_time| {
        let token = access_token(&json!({"auth_time": auth_time}));
        oauth().verify_access_token(&token, now()).unwrap()
    };
    let table = [
        (json!(1_780_000_000), true),
        (json!(1_779_999_700), true),
        (json!(1_779_999_699), false),
        (json!(0), false),
        // The clock of the issuer is a little ahead, or wrong.
        (json!(1_780_000_060), true),
        (json!(1_780_000_061), false),
        (json!(4_102_444_800_u64), false),
        // Unknown.
        (json!(null), false),
        (json!("1780000000"), false),
        (json!(-1), false),
        (json!([1_780_000_000]), false),
    ];
    for (auth_time, is_recent) in table {
        let user = verify(auth_time.clone());
        let result = user.require_auth_within(secs(300), now());
        assert_eq!(result.is_ok(), is_recent, "{auth_time}");
    }
    let error = verify(json!(null))
        .require_auth_within(secs(300), now())
        .unwrap_err();
    assert_eq!(error.code(), Some("insufficient_user_authentication"));
    is_response(
        &error,
        401,
        Some(
            r#"Bearer error="insufficient_user_authentication", error_description="a more recent authentication is required", max_age="300""#,
        ),
    );
}

#[test]
fn permissions_and_scopes_are_required_exactly() {
    let token = access_token(&json!({"permissions": ["reports:read"], "scope": "read write"}));
    let user = oauth().verify_access_token(&token, now()).unwrap();
    user.require_permission("reports:read").unwrap();
    user.require_scope("write").unwrap();
    for permission in ["reports", "reports:read ", "", "read"] {
        let error = user.require_permission(permission).unwrap_err();
        is_response(
            &error,
            403,
            Some(
                r#"Bearer error="insufficient_scope", error_description="the access token lacks a scope or permission""#,
            ),
        );
    }
    let error = user.require_scope("delete").unwrap_err();
    is_response(
        &error,
        403,
        Some(
            r#"Bearer error="insufficient_scope", error_description="the access token lacks a scope or permission", scope="delete""#,
        ),
    );
    // A scope that would end the quoted string is not quoted.
    let error = user.require_scope("a\", x=\"\n").unwrap_err();
    assert!(
        !error
            .www_authenticate()
            .unwrap()
            .to_str()
            .unwrap()
            .contains("scope=\"a")
    );
}
