//! The answer of a standard token endpoint: who it is about, and how long it is good.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Error, RefreshPolicy};

use super::{ISSUER, exchanging, id_token, session, session_from, tokens};
use crate::scenario::{
    CLIENT_ID, ORGANIZATION, SESSION, fixture, jwt, kind, now, refusal, refused, response, secs,
    stored,
};

#[test]
fn reads_every_member_of_a_token_response() {
    let wire: Value = serde_json::from_str(&fixture("connect_token.json")).unwrap();
    let session = session();
    let user = session.user().unwrap();
    assert_eq!(user.id(), "user_01KRD61NFP1TMK7DSQQ9C3Z534");
    assert_eq!(user.email(), Some("nadia.okafor@example.org"));
    assert_eq!(session.access_token().expose_secret(), wire["access_token"]);
    assert_eq!(
        session.refresh_token().unwrap().expose_secret(),
        wire["refresh_token"]
    );
    assert_eq!(
        session.id_token().unwrap().expose_secret(),
        wire["id_token"]
    );
    assert_eq!(session.session_id().unwrap().as_str(), SESSION);
    assert_eq!(session.organization_id().unwrap().as_str(), ORGANIZATION);
    assert_eq!(session.expires_in(now()), Some(secs(300)));
    assert!(session.authentication_method().is_none());
    assert!(session.impersonator().is_none() && session.provider_tokens().is_none());
    assert!(session.authkit_authorization_code().is_none());
}

#[test]
fn refuses_to_refresh_without_a_refresh_token() {
    let session = session_from(&fixture("connect_token_no_refresh.json"));
    assert!(session.refresh_token().is_none());
    let due = session.refresh_in(&RefreshPolicy::default(), now());
    assert_eq!(due, Some(secs(150)));
    let (session, error) = refused(session.refresh(&super::client()));
    assert_eq!(kind(&error), "Client");
    assert!(error.to_string().contains("offline_access"), "{error}");
    assert_eq!(
        session.user().unwrap().id(),
        "user_01KRD61NFP1TMK7DSQQ9C3Z534"
    );
}

#[test]
fn reads_the_claims_about_the_user() {
    let session = session_from(&tokens(|body| {
        body["id_token"] = id_token(|claims| {
            claims["email"] = json!("n@example.org");
            claims["email_verified"] = json!(true);
            claims["name"] = json!("Nadia Okafor");
            claims["given_name"] = json!("Nadia");
            claims["family_name"] = json!("Okafor");
            claims["picture"] = json!("https://cdn.example/p.png");
            claims["locale"] = json!("en-GB");
        })
        .into();
    }));
    assert_eq!(
        serde_json::to_value(session.user()).unwrap(),
        json!({
            "id": "user_1",
            "email": "n@example.org",
            "email_verified": true,
            "name": "Nadia Okafor",
            "first_name": "Nadia",
            "last_name": "Okafor",
            "profile_picture_url": "https://cdn.example/p.png",
            "locale": "en-GB",
        })
    );
}

#[test]
fn an_id_token_requires_a_subject_only() {
    let session = session_from(&tokens(|_| {}));
    let user = serde_json::to_value(session.user()).unwrap();
    assert_eq!(user, json!({ "id": "user_1" }));
}

#[test]
fn leaves_out_claims_of_the_wrong_type() {
    let session = session_from(&tokens(|body| {
        body["id_token"] = id_token(|claims| {
            claims["email"] = json!(["n@example.org"]);
            claims["email_verified"] = json!("true");
            claims["name"] = json!(null);
            claims["picture"] = json!({});
        })
        .into();
    }));
    let user = serde_json::to_value(session.user()).unwrap();
    assert_eq!(user, json!({ "id": "user_1" }));
}

#[track_caller]
fn malformed(body: &str, why: &str) {
    let (_, error) = refusal(exchanging(), response(200, body));
    assert!(matches!(error, Error::Malformed(_)), "{error:?}");
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(error.request_id(), Some("req_fixture"));
}

#[track_caller]
fn refused_id_token(edit: impl FnOnce(&mut Value), why: &str) {
    let token = id_token(edit);
    malformed(&tokens(|body| body["id_token"] = token.into()), why);
}

#[test]
fn a_session_without_an_id_token_has_no_user() {
    for absent in [json!(null), json!(""), json!(7), json!({})] {
        let session = session_from(&tokens(|body| body["id_token"] = absent));
        assert_eq!(session.user(), None);
        assert!(session.id_token().is_none());
        let read: Authenticated = serde_json::from_str(&stored(&session)).unwrap();
        assert_eq!(read.user(), None);
    }
}

#[test]
fn rejects_an_invalid_id_token() {
    let payload = id_token(|_| {});
    let payload = payload.split('.').nth(1).unwrap();
    for damaged in [
        "opaque".to_owned(),
        format!("e30.{payload}"),
        format!("e30.{payload}.sig.more.parts"),
        format!("e30.{payload}=.sig"),
        "e30..sig".to_owned(),
        jwt("[]"),
        jwt("{"),
    ] {
        let body = tokens(|body| body["id_token"] = damaged.clone().into());
        malformed(&body, "an ID token that cannot be read");
    }
}

#[test]
fn rejects_an_id_token_of_another_issuer() {
    for other in [
        json!("https://evil.example"),
        json!(format!("{ISSUER}/")),
        json!([ISSUER]),
        json!(null),
        json!(""),
    ] {
        refused_id_token(|claims| claims["iss"] = other, "is from another issuer");
    }
    let remove = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove("iss"));
    refused_id_token(remove, "is from another issuer");
}

#[test]
fn rejects_an_id_token_for_another_client() {
    for other in [
        json!("client_other"),
        json!(["client_other", "client_more"]),
        json!([]),
        json!(null),
        json!(""),
        json!({ CLIENT_ID: true }),
        json!(format!("{CLIENT_ID} client_other")),
    ] {
        refused_id_token(|claims| claims["aud"] = other, "is for another client");
    }
    let remove = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove("aud"));
    refused_id_token(remove, "is for another client");
}

#[test]
fn rejects_an_expired_id_token() {
    let now = 1_780_000_000;
    for expired in [
        json!(now - 60),
        json!(now - 3600),
        json!(0),
        json!(-1),
        json!(f64::from(now) - 60.5),
    ] {
        refused_id_token(|claims| claims["exp"] = expired, "has expired");
    }
    // The clocks may differ by a minute. RFC 7519 allows fractions.
    for good in [
        json!(now - 59),
        json!(f64::from(now) - 59.5),
        json!(now + 300),
        json!(1e300),
    ] {
        session_from(&tokens(|body| {
            body["id_token"] = id_token(|claims| claims["exp"] = good).into()
        }));
    }
}

#[test]
fn rejects_another_authorized_party_if_there_are_several_audiences() {
    for (audience, party, good) in [
        (
            json!([CLIENT_ID, "client_other"]),
            json!("client_other"),
            false,
        ),
        (json!([CLIENT_ID, "client_other"]), json!(""), false),
        (json!([CLIENT_ID, "client_other"]), json!(CLIENT_ID), true),
        (json!([CLIENT_ID, "client_other"]), json!(null), true),
        // An identity provider may issue the token of one audience through another client of the same application.
        (json!([CLIENT_ID]), json!("client_other"), true),
        (json!(CLIENT_ID), json!("client_other"), true),
    ] {
        let edit = |claims: &mut Value| {
            claims["aud"] = audience.clone();
            claims["azp"] = party.clone();
        };
        if good {
            session_from(&tokens(|body| body["id_token"] = id_token(edit).into()));
        } else {
            refused_id_token(edit, "was issued to another client");
        }
    }
}

#[test]
fn rejects_an_id_token_without_a_subject() {
    for nobody in [json!(""), json!(null), json!(7), json!(["user_1"])] {
        refused_id_token(|claims| claims["sub"] = nobody, "names no user");
    }
}

#[test]
fn accepts_several_audiences() {
    for audience in [json!([CLIENT_ID]), json!(["client_other", CLIENT_ID])] {
        let body = tokens(|body| {
            body["id_token"] = id_token(|claims| claims["aud"] = audience.clone()).into();
        });
        assert_eq!(
            session_from(&body).user().unwrap().id(),
            "user_1",
            "{audience}"
        );
    }
}

#[test]
fn accepts_bearer_tokens_only() {
    for bearer in [
        json!("Bearer"),
        json!("bearer"),
        json!("BEARER"),
        json!(null),
    ] {
        session_from(&tokens(|body| body["token_type"] = bearer));
    }
    session_from(&tokens(|_| {}));
    for other in ["DPoP", "mac", "N_A", "Bearer ", "bearer,mac", ""] {
        malformed(
            &tokens(|body| body["token_type"] = other.into()),
            "no valid token_type",
        );
    }
}

#[test]
fn rejects_an_access_token_that_does_not_fit_into_a_header() {
    for bad in [
        json!(""),
        json!(null),
        json!("a b"),
        json!("a\nb"),
        json!("é"),
    ] {
        malformed(
            &tokens(|body| body["access_token"] = bad),
            "no valid access_token",
        );
    }
}

/// The life of an access token with these claims, in an answer with this `expires_in`.
fn life(claims: Option<&str>, expires_in: Value) -> Option<u64> {
    let session = session_from(&tokens(|body| {
        if let Some(claims) = claims {
            body["access_token"] = jwt(claims).into();
        }
        body["expires_in"] = expires_in;
    }));
    session.expires_in(now()).map(|life| life.as_secs())
}

#[test]
fn uses_the_shorter_of_expires_in_and_the_claims() {
    let hour = Some(r#"{"iat":1000,"exp":4600}"#);
    assert_eq!(life(hour, json!(300)), Some(300));
    assert_eq!(life(hour, json!(3600)), Some(3600));
    assert_eq!(life(hour, json!(7200)), Some(3600));
    assert_eq!(life(hour, json!(null)), Some(3600));
    assert_eq!(life(None, json!(300)), Some(300));
    assert_eq!(life(Some("{}"), json!(300)), Some(300));
    assert_eq!(life(Some(r#"{"exp":4600}"#), json!(300)), Some(300));
    assert_eq!(life(None, json!(null)), None);
    assert_eq!(life(Some("{}"), json!(null)), None);
}

#[test]
fn c42_treats_an_invalid_or_missing_expires_in_as_unknown() {
    for odd in [
        json!(0),
        json!(-1),
        json!(0.5),
        json!("300"),
        json!(1e300),
        json!([300]),
        json!(true),
    ] {
        assert_eq!(life(None, odd.clone()), None, "{odd}");
        let hour = Some(r#"{"iat":1000,"exp":4600}"#);
        assert_eq!(life(hour, odd.clone()), Some(3600), "{odd}");
    }
    assert_eq!(life(None, json!(300.0)), Some(300));
    assert_eq!(life(None, json!(300.9)), Some(300));
    assert_eq!(life(Some(r#"{"iat":2,"exp":1}"#), json!(300)), Some(300));
    assert_eq!(life(None, json!(u64::MAX / 2)), Some(9_223_372_036_854_775));
}

#[test]
fn both_shapes_of_an_error_are_read_at_400_and_at_401() {
    for status in [400, 401] {
        for (code, expected) in [
            ("invalid_grant", "InvalidGrant"),
            ("invalid_client", "Client"),
            ("unauthorized_client", "Client"),
            ("unsupported_grant_type", "Client"),
            ("invalid_scope", "Client"),
            ("never_heard_of", "Rejected"),
        ] {
            for body in [
                json!({ "error": code }),
                json!({ "code": code, "message": "x" }),
            ] {
                let (_, error) = refusal(exchanging(), response(status, body.to_string()));
                assert_eq!(kind(&error), expected, "{status} {body}");
            }
        }
    }
}
