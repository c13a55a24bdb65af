//! Userinfo (OpenID Connect Core section 5.3).

use serde_json::{Value, json};
use workos_login::http::{Method, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, DevicePoll, Exchange, FetchingUserInfo, Outcome};

use super::{client, client_of, discovered_server, id_token, polling, session_from, tokens};
use crate::scenario::{kind, now, refusal, refused, response, stored};

/// A session of `user_1` with the e-mail address and the name of the ID token.
fn session() -> Authenticated {
    session_from(&tokens(|body| {
        body["refresh_token"] = json!("r");
        body["id_token"] = id_token(|claims| {
            claims["email"] = json!("old@example.org");
            claims["email_verified"] = json!(true);
            claims["name"] = json!("Nadia");
        })
        .into();
    }))
}

fn fetching(session: Authenticated) -> FetchingUserInfo {
    session
        .fetch_user_info(&client_of(discovered_server()))
        .unwrap()
}

fn fetched(claims: &Value) -> Authenticated {
    let response = response(200, claims.to_string());
    fetching(session()).response(response, now()).unwrap()
}

fn user(session: &Authenticated) -> Value {
    serde_json::to_value(session.user()).unwrap()
}

#[test]
fn the_access_token_is_sent_as_a_sensitive_bearer_token() {
    let request = fetching(session()).request();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(
        request.uri(),
        "https://lagoon-77.authkit.app/oauth2/userinfo"
    );
    let bearer = &request.headers()["authorization"];
    assert_eq!(bearer, "Bearer opaque");
    assert!(bearer.is_sensitive());
    assert!(!format!("{:?} {request:?}", fetching(session())).contains("opaque"));
}

#[test]
fn adds_the_data_of_the_user_to_the_session() {
    let before = session();
    let session = fetched(&json!({
        "sub": "user_1",
        "given_name": "Nadia",
        "family_name": "Okafor",
        "picture": "https://cdn.example/p.png",
        "locale": "en-GB",
        "name": "Nadia Okafor",
        "groups": ["a"],
    }));
    assert_eq!(
        user(&session),
        json!({
            "id": "user_1",
            "email": "old@example.org",
            "email_verified": true,
            "name": "Nadia Okafor",
            "first_name": "Nadia",
            "last_name": "Okafor",
            "profile_picture_url": "https://cdn.example/p.png",
            "locale": "en-GB",
        })
    );
    let rest = |session: &Authenticated| {
        let mut form: Value = serde_json::from_str(&stored(session)).unwrap();
        form.as_object_mut().unwrap().remove("user");
        form
    };
    assert_eq!(rest(&session), rest(&before));
}

#[test]
fn another_email_address_is_not_verified_because_the_old_one_was() {
    for (claims, email, verified) in [
        (json!({}), "old@example.org", json!(true)),
        (
            json!({ "email": "old@example.org" }),
            "old@example.org",
            json!(true),
        ),
        (
            json!({ "email": "new@example.org" }),
            "new@example.org",
            json!(null),
        ),
        (
            json!({ "email": "new@example.org", "email_verified": true }),
            "new@example.org",
            json!(true),
        ),
        (
            json!({ "email_verified": false }),
            "old@example.org",
            json!(false),
        ),
    ] {
        let mut claims = claims;
        claims["sub"] = json!("user_1");
        let user = user(&fetched(&claims));
        assert_eq!(user["email"], email, "{claims}");
        assert_eq!(
            user.get("email_verified").unwrap_or(&Value::Null),
            &verified,
            "{claims}"
        );
    }
}

#[test]
fn rejects_the_data_of_another_user() {
    for other in ["user_2", "USER_1", "user_1 "] {
        let response = response(
            200,
            json!({ "sub": other, "email": "evil@example.org" }).to_string(),
        );
        let (exchange, error) = refusal(fetching(session()), response);
        assert_eq!(kind(&error), "Malformed");
        assert!(
            error
                .to_string()
                .contains("is for another user than the session"),
            "{error}"
        );
        assert_eq!(stored(&exchange.into_session()), stored(&session()));
    }
    for nobody in [json!(""), json!(null), json!(7)] {
        let response = response(200, json!({ "sub": nobody }).to_string());
        let (_, error) = refusal(fetching(session()), response);
        assert!(error.to_string().contains("no valid sub"), "{error}");
    }
}

#[test]
fn a_device_login_without_an_id_token_gets_its_user_from_userinfo() {
    let body = tokens(|body| body["id_token"] = json!(null));
    let polled = polling().response(response(200, body), now()).unwrap();
    let DevicePoll::Done(Outcome::Authenticated(session)) = polled else {
        panic!("{polled:?}")
    };
    assert_eq!(session.user(), None);
    let body = json!({ "sub": "user_7", "email": "n@example.org" }).to_string();
    let session = fetching(*session)
        .response(response(200, body), now())
        .unwrap();
    assert_eq!(session.user().unwrap().id(), "user_7");
    let read: Authenticated = serde_json::from_str(&stored(&session)).unwrap();
    assert_eq!(read.user(), session.user());
}

#[test]
fn a_refresh_keeps_the_data_that_its_id_token_lacks() {
    let session = fetched(&json!({ "sub": "user_1", "family_name": "Okafor" }));
    let body = tokens(|body| body["refresh_token"] = json!("s"));
    let fresh = session.refresh(&client()).unwrap();
    let fresh = fresh.response(response(200, body), now()).unwrap();
    assert_eq!(fresh.user().unwrap().last_name(), Some("Okafor"));
    assert_eq!(fresh.user().unwrap().email(), Some("old@example.org"));
    assert_eq!(fresh.refresh_token().unwrap().expose_secret(), "s");
}

#[test]
fn a_rejected_access_token_does_not_end_the_session() {
    for (status, body, expected) in [
        (401, "", "Rejected"),
        (401, r#"{"error":"invalid_token"}"#, "Rejected"),
        (403, r#"{"error":"insufficient_scope"}"#, "Rejected"),
        (400, r#"{"error":"invalid_grant"}"#, "Rejected"),
        (
            403,
            r#"{"code":"mfa_challenge","pending_authentication_token":"t"}"#,
            "Rejected",
        ),
        (503, "", "Unavailable"),
        (200, "eyJ", "Malformed"),
        (302, "", "Malformed"),
    ] {
        let (exchange, error) = refusal(fetching(session()), response(status, body));
        assert_eq!(kind(&error), expected, "{status} {body}");
        if expected == "Rejected" {
            assert!(error.to_string().contains("refresh the session"), "{error}");
            assert_eq!(error.error_response().unwrap().status().unwrap(), status);
        }
        assert_eq!(stored(&exchange.into_session()), stored(&session()));
    }
    let signed = Response::builder().header("content-type", "application/jwt");
    let (_, error) = refusal(fetching(session()), signed.body(b"a.b.c".to_vec()).unwrap());
    assert!(error.to_string().contains("application/jwt"), "{error}");
}

#[test]
fn a_server_without_an_endpoint_and_another_client_are_refused() {
    let (same, error) = refused(session().fetch_user_info(&client()));
    assert_eq!(kind(&error), "Client");
    assert!(
        error.to_string().contains("no userinfo endpoint"),
        "{error}"
    );
    assert_eq!(stored(&same), stored(&session()));
    let other = workos_login::Client::oauth("other".parse().unwrap(), discovered_server());
    let (_, error) = refused(session().fetch_user_info(&other));
    assert!(error.to_string().contains("is bound to"), "{error}");
}
