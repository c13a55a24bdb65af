//! Which claims make an access token, which an ID token, and what is read of them.

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::MAX_LEEWAY;
use workos_login::secrecy::ExposeSecret;
use workos_login::url::Url;
use workos_login::{Callback, Exchange, OrganizationId};

use crate::issuer::{
    AUDIENCE, CLIENT_ID, ISSUER, Key, access_claims, access_token, header, id_claims, id_token,
    now, oauth, oauth_client, response, secs, with, workos, workos_token,
};

const ED: Key = Key::Ed25519(1);

fn typed(typ: &str, claims: &Value) -> String {
    let header = with(header(ED, "ed"), &json!({"typ": typ}));
    ED.token(header.to_string(), claims.to_string())
}

/// Which of the two a token is accepted as.
#[track_caller]
fn is_accepted_as(keys: &KeySet, token: &str) -> &'static str {
    let access = keys.verify_access_token(token, now()).is_ok();
    let id = keys.verify_id_token(token, now()).is_ok();
    match (access, id) {
        (true, false) => "access token",
        (false, true) => "ID token",
        (false, false) => "neither",
        (true, true) => panic!("accepted as both"),
    }
}

#[test]
fn an_access_token_and_an_id_token_are_told_apart() {
    let both = json!({"aud": [AUDIENCE, CLIENT_ID], "azp": CLIENT_ID});
    let table = [
        (access_token(&json!({})), "access token"),
        (id_token(&json!({})), "ID token"),
        // For the client and for this server, with and without what only an access token has.
        (id_token(&both), "ID token"),
        (access_token(&both), "access token"),
        (
            access_token(&with(
                both.clone(),
                &json!({"client_id": null, "scope": "read"}),
            )),
            "access token",
        ),
        (access_token(&json!({"client_id": null})), "access token"),
        // Claims that only an ID token has.
        (access_token(&json!({"nonce": "n"})), "neither"),
        (
            access_token(&with(both.clone(), &json!({"nonce": "n"}))),
            "ID token",
        ),
        (
            id_token(&json!({"nonce": "n", "at_hash": "h", "c_hash": "h"})),
            "ID token",
        ),
        (access_token(&json!({"at_hash": "h"})), "neither"),
        (access_token(&json!({"c_hash": "h"})), "neither"),
        // `typ` decides where it is specific.
        (typed("at+jwt", &access_claims()), "access token"),
        (
            typed("application/at+jwt", &access_claims()),
            "access token",
        ),
        (
            typed("AT+JWT", &with(access_claims(), &json!({"nonce": "n"}))),
            "access token",
        ),
        (typed("at+jwt", &id_claims()), "neither"),
        (typed("at+jwt", &with(id_claims(), &both)), "access token"),
        (typed("application/jwt", &id_claims()), "ID token"),
        (typed("logout+jwt", &id_claims()), "neither"),
        (typed("dpop+jwt", &access_claims()), "neither"),
        (typed("", &access_claims()), "neither"),
        // A logout token without a `typ` of its own.
        (
            id_token(
                &json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}),
            ),
            "neither",
        ),
        (
            access_token(
                &json!({"events": {"http://schemas.openid.net/event/backchannel-logout": null}}),
            ),
            "neither",
        ),
    ];
    for (token, expected) in table {
        assert_eq!(is_accepted_as(&oauth(), &token), expected, "{token}");
    }
}

#[test]
fn an_id_token_is_for_this_client() {
    let table = [
        (json!({"aud": "other"}), InvalidToken::Audience),
        (json!({"aud": null}), InvalidToken::Audience),
        (json!({"aud": [CLIENT_ID, "other"]}), InvalidToken::Audience),
        (
            json!({"aud": [CLIENT_ID, "other"], "azp": "other"}),
            InvalidToken::Audience,
        ),
        (json!({"azp": "other"}), InvalidToken::Audience),
        (
            json!({"iss": "https://other.example.com"}),
            InvalidToken::Issuer,
        ),
        (json!({"iss": null}), InvalidToken::Issuer),
        (json!({"sub": null}), InvalidToken::MissingSubject),
        (json!({"exp": 1_780_000_000}), InvalidToken::Expired),
        (json!({"exp": null}), InvalidToken::MissingExpiry),
        (json!({"iat": null}), InvalidToken::MissingIssueTime),
        (json!({"iat": "now"}), InvalidToken::MissingIssueTime),
        (json!({"nbf": "0"}), InvalidToken::NotYetValid),
        (json!({"nbf": 1_780_000_001}), InvalidToken::NotYetValid),
    ];
    for (members, expected) in table {
        let error = oauth()
            .verify_id_token(&id_token(&members), now())
            .unwrap_err();
        assert_eq!(error, VerifyError::Invalid(expected), "{members}");
    }
}

#[test]
fn the_id_token_of_a_session_is_verified_with_the_keys_of_its_server() {
    let client = oauth_client();
    let redirect_uri = "http://127.0.0.1:9/callback".parse().unwrap();
    let start = client.login("email".parse().unwrap(), redirect_uri);
    let (url, pending) = start.begin(now(), &mut rand::rng());
    let url = Url::parse(url.as_str()).unwrap();
    let parameter = |name| url.query_pairs().find(|(key, _)| key == name).unwrap().1;
    let callback = format!("code=c&state={}", parameter("state"));
    let callback = Callback::parse(&callback).unwrap();
    let exchanging = pending.accept(&client, callback, now()).unwrap();
    let nonce = parameter("nonce");
    let id_token = id_token(&json!({ "nonce": nonce }));
    let tokens = json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": id_token });
    let session = exchanging.response(response(&tokens), now()).unwrap();
    let session = session.authenticated().unwrap();

    let id_token = session.id_token().unwrap().expose_secret();
    let user = oauth().verify_id_token(id_token, now()).unwrap();
    assert_eq!(user.nonce(), Some(&*nonce));
    assert_eq!(user.subject(), session.user().unwrap().id());
}

#[test]
fn the_claims_of_an_id_token_are_read() {
    let token = id_token(&json!({
        "nonce": "n", "name": "Nadia", "email_verified": true, "sid": "session_1", "auth_time": 1_779_999_990,
    }));
    let user = oauth().verify_id_token(&token, now()).unwrap();
    assert_eq!(user.issuer(), ISSUER);
    assert_eq!(user.subject(), "user_1");
    assert_eq!(user.nonce(), Some("n"));
    assert_eq!(user.email(), Some("user@example.com"));
    assert_eq!(user.email_verified(), Some(true));
    assert_eq!(user.name(), Some("Nadia"));
    assert_eq!(user.session_id().unwrap().as_str(), "session_1");
    assert_eq!(user.auth_age(now()), Some(secs(10)));
    assert_eq!(user.expires_in(now()), secs(300));
}

#[test]
fn an_access_token_of_user_management_needs_no_issuer_and_audience() {
    let keys = workos();
    keys.verify_access_token(&workos_token(&json!({})), now())
        .unwrap();
    // A template can set the audience to the client ID and omit `client_id`; the session is still there.
    let token = workos_token(&json!({"aud": CLIENT_ID, "sid": "session_1"}));
    assert_eq!(is_accepted_as(&keys, &token), "access token");
    // An ID token of WorkOS Connect is signed by the same keys.
    let token =
        workos_token(&json!({"iss": ISSUER, "aud": CLIENT_ID, "email": "user@example.com"}));
    assert_eq!(is_accepted_as(&keys, &token), "neither");
    let token =
        workos_token(&json!({"iss": ISSUER, "aud": CLIENT_ID, "nonce": "n", "sid": "session_1"}));
    assert_eq!(is_accepted_as(&keys, &token), "neither");
}

#[test]
fn the_issuer_and_the_audience_of_user_management_can_be_required() {
    let keys = workos().issuer("https://api.workos.com").audience(AUDIENCE);
    let error = |members| {
        let token = workos_token(&members);
        keys.verify_access_token(&token, now())
            .map(|user| user.subject().to_owned())
    };
    let good = json!({"iss": "https://api.workos.com", "aud": ["other", AUDIENCE]});
    assert_eq!(error(good), Ok("user_1".to_owned()));
    assert_eq!(
        error(json!({"aud": AUDIENCE})),
        Err(InvalidToken::Issuer.into())
    );
    assert_eq!(
        error(json!({"iss": "https://api.workos.com"})),
        Err(InvalidToken::Audience.into())
    );
}

#[test]
fn user_management_signs_with_rs256_only() {
    for (key, kid) in [(Key::P256, "ec"), (ED, "ed")] {
        let token = key.token(header(key, kid).to_string(), access_claims().to_string());
        let error = workos().verify_access_token(&token, now()).unwrap_err();
        assert_eq!(error, VerifyError::Invalid(InvalidToken::UnknownKeyId));
    }
}

#[test]
fn a_claim_of_an_unexpected_type_is_absent() {
    for odd in [
        json!(null),
        json!(true),
        json!(1),
        json!(1.5),
        json!({"a": []}),
        json!([[], {}]),
    ] {
        let members = json!({
            "iss": odd, "aud": odd, "jti": odd, "client_id": odd, "scope": odd, "sid": odd, "org_id": odd, "role": odd,
            "roles": odd, "permissions": odd, "entitlements": odd, "feature_flags": odd, "act": odd, "impersonator": odd,
            "auth_time": odd, "azp": odd, "nonce": odd, "at_hash": odd, "c_hash": odd, "events": odd, "email": odd,
            "email_verified": odd, "name": odd, "iat": odd,
        });
        let token = Key::Rsa.token(
            header(Key::Rsa, "rsa").to_string(),
            with_nulls(json!({"sub": "user_1", "exp": 1_780_000_300}), &members).to_string(),
        );
        let user = workos().verify_access_token(&token, now()).unwrap();
        assert_eq!(user.role(), None);
        assert_eq!(user.client_id(), None);
        assert_eq!(user.organization_id(), None);
        assert_eq!(user.session_id(), None);
        assert_eq!(user.impersonator(), None);
        assert_eq!(user.scopes().count(), 0);
        for list in [
            user.roles().count(),
            user.permissions().count(),
            user.entitlements().count(),
        ] {
            assert_eq!(list, 0);
        }
    }
}

fn with_nulls(mut claims: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

#[test]
fn lists_keep_their_texts() {
    let token = workos_token(&json!({
        "permissions": ["a", 1, null, "b", ["c"]], "scope": " read  write ", "impersonator": {"email": "i@example.org"},
    }));
    let user = workos().verify_access_token(&token, now()).unwrap();
    assert!(user.permissions().eq(["a", "b"]));
    assert!(user.scopes().eq(["read", "write"]));
    assert_eq!(user.impersonator(), Some("i@example.org"));
}

#[test]
fn custom_claims_have_the_type_of_the_caller() {
    #[derive(serde::Deserialize)]
    struct Custom {
        plan: Option<String>,
        seats: u32,
    }
    let token = workos_token(&json!({"plan": "gold", "seats": 3}));
    let user = workos().verify_access_token(&token, now()).unwrap();
    let custom: Custom = user.claims().unwrap();
    assert_eq!((custom.plan.as_deref(), custom.seats), (Some("gold"), 3));
    let token = workos_token(&json!({"seats": "three"}));
    let user = workos().verify_access_token(&token, now()).unwrap();
    assert!(user.claims::<Custom>().is_none());
}

#[test]
fn the_leeway_is_settable_and_limited() {
    let expired = access_token(&json!({"exp": 1_779_999_990}));
    let early = access_token(&json!({"nbf": 1_780_000_010}));
    for (leeway, is_valid) in [(secs(10), false), (secs(11), true)] {
        let keys = oauth().leeway(leeway);
        assert_eq!(keys.verify_access_token(&expired, now()).is_ok(), is_valid);
    }
    for (leeway, is_valid) in [(secs(9), false), (secs(10), true)] {
        let keys = oauth().leeway(leeway);
        assert_eq!(keys.verify_access_token(&early, now()).is_ok(), is_valid);
    }
    let keys = oauth().leeway(secs(u64::MAX));
    let limit = 1_780_000_000 - MAX_LEEWAY.as_secs();
    for (exp, is_valid) in [(limit, false), (limit + 1, true)] {
        let token = access_token(&json!({"exp": exp}));
        assert_eq!(keys.verify_access_token(&token, now()).is_ok(), is_valid);
    }
}

#[test]
fn nothing_is_shown_that_could_be_a_secret() {
    let token = access_token(&json!({"custom": "marker", "email": "marker"}));
    let user = oauth().verify_access_token(&token, now()).unwrap();
    assert!(!format!("{user:?}").contains("marker"));
    let user = oauth()
        .verify_id_token(&id_token(&json!({"email": "marker"})), now())
        .unwrap();
    assert!(!format!("{user:?}").contains("marker"));
}

proptest! {
    /// RFC 8725 section 3.12, for any mixture of what tells the two apart.
    #[test]
    fn no_token_is_accepted_as_both(
        typ in prop::option::of(prop::sample::select(vec!["JWT", "at+jwt", "application/at+jwt", "jwt", "logout+jwt"])),
        audience in prop::sample::select(vec![
            json!(CLIENT_ID), json!(AUDIENCE), json!([AUDIENCE, CLIENT_ID]), json!([CLIENT_ID]), json!("other"),
        ]),
        members in prop::collection::vec(
            (prop::sample::select(vec!["nonce", "at_hash", "c_hash", "client_id", "scope", "azp", "sid", "events", "jti", "email"]),
             prop::sample::select(vec![json!("text"), json!(CLIENT_ID), json!(1), json!({})])),
            0..6,
        ),
        audience_is_the_client in any::<bool>(),
    ) {
        let mut claims = json!({"iss": ISSUER, "sub": "user_1", "exp": 1_780_000_300, "aud": audience});
        for (name, value) in members {
            claims[name] = value;
        }
        let header = with(header(ED, "ed"), &json!({"typ": typ}));
        let token = ED.token(header.to_string(), claims.to_string());
        let keys = if audience_is_the_client { oauth().audience(CLIENT_ID) } else { oauth() };
        is_accepted_as(&keys, &token);
    }
}

#[test]
fn organizations_have_their_type() {
    let token = workos_token(&json!({"org_id": "org_1"}));
    let user = workos().verify_access_token(&token, now()).unwrap();
    let organization: OrganizationId = "org_1".parse().unwrap();
    assert_eq!(user.organization_id(), Some(&organization));
}
