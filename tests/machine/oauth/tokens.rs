//! The token response: the ID token and the lifetime of the access token.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Error, RefreshPolicy};

use super::{ISSUER, exchanging, id_token, session, session_from, tokens};
use crate::scenario::{
    CLIENT_ID, ORGANIZATION, SESSION, each, fixture, jwt, kind, message_contains, now, refusal,
    refused, response, secs, stored,
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
    message_contains(&error, "offline_access");
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
fn an_id_token_requires_no_claim_about_the_user_but_the_subject() {
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
    message_contains(&error, why);
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
        // The fraction is dropped.
        json!(f64::from(now) - 59.5),
    ] {
        refused_id_token(|claims| claims["exp"] = expired, "has expired");
    }
    // The clocks may differ by a minute. RFC 7519 allows fractions.
    for good in [
        json!(now - 59),
        json!(f64::from(now) - 58.5),
        json!(now + 300),
    ] {
        session_from(&tokens(|body| {
            body["id_token"] = id_token(|claims| claims["exp"] = good).into()
        }));
    }
}

#[test]
fn rejects_an_id_token_without_a_required_date() {
    for name in ["exp", "iat"] {
        let why = format!("has no valid {name}");
        for odd in [json!(null), json!("1780000300"), json!(-1), json!(1e300)] {
            refused_id_token(|claims| claims[name] = odd, &why);
        }
    }
}

#[test]
fn rejects_an_id_token_that_is_not_valid_yet() {
    for begin in [json!(1_780_000_061), json!(1e300), json!("0"), json!(-1)] {
        refused_id_token(|claims| claims["nbf"] = begin, "is not valid yet");
    }
}

#[test]
fn rejects_an_id_token_of_another_authorized_party() {
    let several = json!([CLIENT_ID, "client_other"]);
    for (audience, party, good) in [
        (several.clone(), json!("client_other"), false),
        (several.clone(), json!(""), false),
        // Which of the audiences requested the token is unknown.
        (several.clone(), json!(null), false),
        (json!([CLIENT_ID]), json!("client_other"), false),
        (json!(CLIENT_ID), json!("client_other"), false),
        (several, json!(CLIENT_ID), true),
        (json!(CLIENT_ID), json!(CLIENT_ID), true),
        (json!([CLIENT_ID]), json!(null), true),
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

/// The lifetime of an access token with these claims, in a response with this `expires_in`.
#[track_caller]
fn lifetime(claims: Option<&str>, expires_in: Value) -> Option<u64> {
    let session = session_from(&tokens(|body| {
        if let Some(claims) = claims {
            body["access_token"] = jwt(claims).into();
        }
        body["expires_in"] = expires_in;
    }));
    let due = session.refresh_in(&RefreshPolicy::default(), now());
    assert_eq!(due.is_some(), session.expires_in(now()).is_some());
    session.expires_in(now()).map(|lifetime| lifetime.as_secs())
}

#[test]
fn uses_the_shorter_of_expires_in_and_the_claims() {
    let hour = Some(r#"{"iat":1000,"exp":4600}"#);
    assert_eq!(lifetime(hour, json!(300)), Some(300));
    assert_eq!(lifetime(hour, json!(3600)), Some(3600));
    assert_eq!(lifetime(hour, json!(7200)), Some(3600));
    assert_eq!(lifetime(hour, json!(null)), Some(3600));
    assert_eq!(lifetime(None, json!(300)), Some(300));
    assert_eq!(lifetime(Some("{}"), json!(300)), Some(300));
    assert_eq!(lifetime(Some(r#"{"exp":4600}"#), json!(300)), Some(300));
    assert_eq!(lifetime(None, json!(null)), None);
    assert_eq!(lifetime(Some("{}"), json!(null)), None);
}

#[test]
fn c42_treats_an_invalid_or_missing_expires_in_as_unknown() {
    let hour = Some(r#"{"iat":1000,"exp":4600}"#);
    // Without `expires_in`.
    assert_eq!(session_from(&tokens(|_| {})).expires_in(now()), None);
    for odd in each(json!([null, 0, -1, 0.5, "300", 1e300, [300], true])) {
        assert_eq!(lifetime(None, odd.clone()), None, "{odd}");
        assert_eq!(lifetime(hour, odd.clone()), Some(3600), "{odd}");
    }
    assert_eq!(lifetime(None, json!(300.0)), Some(300));
    assert_eq!(lifetime(None, json!(300.9)), Some(300));
    assert_eq!(
        lifetime(Some(r#"{"iat":2,"exp":1}"#), json!(300)),
        Some(300)
    );
    assert_eq!(
        lifetime(None, json!(u64::MAX / 2)),
        Some(9_223_372_036_854_775)
    );
}
