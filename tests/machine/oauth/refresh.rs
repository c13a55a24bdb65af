//! A refresh. An authorization server may omit what has not changed (RFC 6749 section 6).

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Exchange};

use super::{client, id_token, refreshing, session, session_from, tokens};
use crate::scenario::{
    CLIENT_ID, edited, field, fixture, form, kind, message_contains, now, refusal, response, secs,
    stored, without,
};

const FIRST: &str = "Dq6wKj2NdiC7moEj9g1qpyrEKLXT4E";
const SECOND: &str = "hzMIwuSSG3TMWZAHdDjcXPRoJV1pOU";

fn refresh_token(session: &Authenticated) -> Option<&str> {
    session.refresh_token().map(|token| token.expose_secret())
}

#[test]
fn c46_sends_no_organization_scope_or_secret() {
    assert!(session().organization_id().is_some());
    let request = refreshing().request();
    assert_eq!(request.uri(), "https://lagoon-77.authkit.app/oauth2/token");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let mut sent = form(&request);
    sent.sort();
    let expected = [
        ("client_id", CLIENT_ID),
        ("grant_type", "refresh_token"),
        ("refresh_token", FIRST),
    ];
    assert_eq!(
        sent,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn keeps_what_the_response_leaves_out() {
    let response = response(200, fixture("connect_token_refreshed.json"));
    let later = now() + secs(1_000);
    let before = session();
    let fresh = refreshing().response(response, later).unwrap();
    assert_eq!(fresh.user(), before.user());
    let id_tokens = [&fresh, &before].map(|session| session.id_token().unwrap().expose_secret());
    assert_eq!(id_tokens[0], id_tokens[1]);
    assert_eq!(refresh_token(&fresh), Some(SECOND));
    assert_eq!(fresh.expires_in(later), Some(secs(300)));
    assert_eq!(fresh.organization_id(), before.organization_id());
}

#[test]
fn c45_replaces_the_refresh_token_only_if_a_new_one_is_returned() {
    let after = |body: String| {
        let fresh = refreshing().response(response(200, body), now()).unwrap();
        let token = refresh_token(&fresh).map(str::to_owned);
        let sent = field(
            &fresh.refresh(&client()).unwrap().request(),
            "refresh_token",
        );
        assert_eq!(sent, token);
        token.unwrap()
    };
    let file = "connect_token_refreshed.json";
    assert_eq!(after(fixture(file)), SECOND);
    assert_eq!(after(without(file, "refresh_token")), FIRST);
    for absent in [json!(null), json!(""), json!(7)] {
        assert_eq!(
            after(edited(file, |body| body["refresh_token"] = absent)),
            FIRST
        );
    }
}

/// A session of `user_1` with an ID token, a refresh token and an opaque access token.
fn plain() -> Authenticated {
    session_from(&tokens(|body| body["refresh_token"] = json!("first")))
}

fn refreshed(edit: impl FnOnce(&mut Value)) -> String {
    tokens(|body| {
        body["access_token"] = json!("newer");
        body["refresh_token"] = json!("second");
        edit(body);
    })
}

#[test]
fn a_new_id_token_updates_the_user() {
    let newer = id_token(|claims| claims["email"] = json!("new@example.org"));
    let body = refreshed(|body| body["id_token"] = json!(newer));
    let refreshing = plain().refresh(&client()).unwrap();
    let fresh = refreshing.response(response(200, body), now()).unwrap();
    assert_eq!(fresh.user().unwrap().email(), Some("new@example.org"));
    assert_eq!(fresh.id_token().unwrap().expose_secret(), newer);
    assert_eq!(fresh.access_token().expose_secret(), "newer");
    assert_eq!(refresh_token(&fresh), Some("second"));
}

/// Checks that a refresh rejects an ID token and keeps the session.
#[track_caller]
fn rejects_id_token(edit: impl FnOnce(&mut Value), why: &str) {
    let token = id_token(edit);
    let body = refreshed(|body| body["id_token"] = json!(token));
    let (refreshing, error) = refusal(plain().refresh(&client()).unwrap(), response(200, body));
    assert_eq!(kind(&error), "Malformed");
    message_contains(&error, why);
    assert_eq!(stored(&refreshing.into_session()), stored(&plain()));
}

#[test]
fn rejects_another_user() {
    rejects_id_token(
        |claims| claims["sub"] = json!("user_2"),
        "is about another user than before",
    );
    rejects_id_token(
        |claims| claims["iss"] = json!("https://x.example"),
        "another issuer",
    );
    rejects_id_token(
        |claims| claims["aud"] = json!("client_other"),
        "another client",
    );
    rejects_id_token(|claims| claims["sub"] = json!(""), "names no user");
}

#[test]
fn c46_rejects_another_organization_and_keeps_the_new_refresh_token() {
    let elsewhere = crate::scenario::jwt(r#"{"iat":0,"exp":300,"org_id":"org_other"}"#);
    let body = edited("connect_token_refreshed.json", |body| {
        body["access_token"] = json!(elsewhere);
    });
    let (refreshing, error) = refusal(refreshing(), response(200, body));
    assert_eq!(kind(&error), "Malformed");
    let kept = refreshing.into_session();
    assert_eq!(refresh_token(&kept), Some(SECOND));
    assert_eq!(
        kept.access_token().expose_secret(),
        session().access_token().expose_secret()
    );
    assert_eq!(kept.organization_id(), session().organization_id());
}

#[test]
fn an_error_response_keeps_the_session() {
    for status in [400, 401] {
        for (code, expected) in [
            ("invalid_grant", "InvalidGrant"),
            ("invalid_client", "Client"),
            ("never_heard_of", "Rejected"),
        ] {
            let body = json!({ "error": code }).to_string();
            let (refreshing, error) = refusal(refreshing(), response(status, body));
            assert_eq!(kind(&error), expected, "{status} {code}");
            assert_eq!(stored(&refreshing.into_session()), stored(&session()));
        }
    }
}

#[test]
fn refreshes_a_stored_session() {
    let read: Authenticated = serde_json::from_str(&stored(&session())).unwrap();
    assert_eq!(stored(&read), stored(&session()));
    let request = read.refresh(&client()).unwrap().request();
    assert_eq!(request.body(), refreshing().request().body());
}

#[test]
fn accepts_an_opaque_access_token() {
    let body = edited("connect_token_refreshed.json", |body| {
        body["access_token"] = json!("opaque")
    });
    assert!(refreshing().response(response(200, body), now()).is_ok());
}
