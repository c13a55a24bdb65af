//! The code exchange: its request and its response.

use serde_json::{Value, json};
use workos_login::Exchange;
use workos_login::http::{Method, Request, Response};
use workos_login::secrecy::ExposeSecret;

use crate::scenario::{
    API_KEY, CLIENT_ID, CODE, CODE_VERIFIER, Scenario, body, fixture, kind, now, refusal, response,
    secs, session,
};

#[test]
fn a_public_client_sends_code_and_code_verifier() {
    let request = Scenario::public().to_exchanging().request();
    sent_to_the_token_endpoint(&request);
    assert_eq!(
        body(&request),
        json!({
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": CODE,
            "code_verifier": CODE_VERIFIER,
        })
    );
}

#[test]
fn a_confidential_client_sends_its_api_key_too() {
    let request = Scenario::confidential().to_exchanging().request();
    sent_to_the_token_endpoint(&request);
    assert_eq!(
        body(&request),
        json!({
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "client_secret": API_KEY,
            "code": CODE,
            "code_verifier": CODE_VERIFIER,
        })
    );
}

#[track_caller]
pub(crate) fn sent_to_the_token_endpoint(request: &Request<Vec<u8>>) {
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri(),
        "https://api.workos.com/user_management/authenticate"
    );
    let mut headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            (
                "user-agent",
                concat!("workos-login/", env!("CARGO_PKG_VERSION"))
            ),
        ]
    );
}

#[test]
fn a_retry_sends_the_same_request() {
    let exchanging = Scenario::confidential().to_exchanging();
    assert_eq!(exchanging.request().body(), exchanging.request().body());
    let (again, _) = refusal(exchanging, response(503, ""));
    assert_eq!(
        again.request().body(),
        Scenario::confidential().to_exchanging().request().body()
    );
}

/// Checks that a session has every member of a fixture.
#[track_caller]
fn matches_fixture(name: &str) {
    let wire: Value = serde_json::from_str(&fixture(name)).unwrap();
    let session = session(&fixture(name));
    let user = session.user().unwrap();
    let text = |pointer: &str| wire.pointer(pointer).and_then(Value::as_str);
    let impersonator = session.impersonator();
    let provider = session.provider_tokens();
    for (pointer, read) in [
        ("/user/id", Some(user.id())),
        ("/user/email", user.email()),
        ("/user/name", user.name()),
        ("/user/first_name", user.first_name()),
        ("/user/last_name", user.last_name()),
        ("/user/profile_picture_url", user.profile_picture_url()),
        ("/user/locale", user.locale()),
        ("/user/external_id", user.external_id()),
        ("/user/last_sign_in_at", user.last_sign_in_at()),
        ("/user/created_at", user.created_at()),
        ("/user/updated_at", user.updated_at()),
        (
            "/access_token",
            Some(session.access_token().expose_secret()),
        ),
        (
            "/refresh_token",
            session.refresh_token().map(|token| token.expose_secret()),
        ),
        (
            "/organization_id",
            session.organization_id().map(|id| id.as_str()),
        ),
        (
            "/authentication_method",
            session
                .authentication_method()
                .map(|method| method.as_str()),
        ),
        (
            "/authkit_authorization_code",
            session
                .authkit_authorization_code()
                .map(|code| code.expose_secret()),
        ),
        (
            "/impersonator/email",
            impersonator.map(|impersonator| impersonator.email()),
        ),
        (
            "/impersonator/reason",
            impersonator.and_then(|impersonator| impersonator.reason()),
        ),
        (
            "/oauth_tokens/access_token",
            provider.map(|tokens| tokens.access_token().expose_secret()),
        ),
        (
            "/oauth_tokens/provider",
            provider.and_then(|tokens| tokens.provider()),
        ),
        (
            "/oauth_tokens/refresh_token",
            provider.and_then(|tokens| Some(tokens.refresh_token()?.expose_secret())),
        ),
    ] {
        assert_eq!(read, text(pointer), "{name}: {pointer}");
    }
    assert_eq!(
        user.email_verified(),
        wire["user"]["email_verified"].as_bool()
    );
    let metadata = wire["user"]["metadata"].as_object().into_iter().flatten();
    let metadata: Vec<_> = metadata
        .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
        .collect();
    assert_eq!(user.metadata().collect::<Vec<_>>(), metadata, "{name}");
}

#[test]
fn reads_every_member_of_a_token_response() {
    for name in [
        "minimal",
        "full",
        "null_optionals",
        "impersonated",
        "refresh_rotated",
        "refresh_expired_token",
        "forward_compatible",
    ] {
        matches_fixture(&format!("success_{name}.json"));
    }
}

#[test]
fn reads_scopes_and_expiry_of_provider_tokens() {
    let session = session(&fixture("success_full.json"));
    let tokens = session.provider_tokens().unwrap();
    assert_eq!(
        tokens.scopes().collect::<Vec<_>>(),
        ["openid", "email", "profile"]
    );
    assert_eq!(tokens.expires_at(), Some(now() + secs(3600)));
}

#[test]
fn a_challenge_converts_into_an_error() {
    let body = fixture("step_up_unknown_future.json");
    let outcome = Scenario::public()
        .to_exchanging()
        .response(response(403, body), now());
    let error = outcome.unwrap().authenticated().unwrap_err();
    assert_eq!(kind(&error), "AuthenticationChallenge");
    assert_eq!(
        error.to_string(),
        "service requires an authentication challenge (quantum_check_required); answer it, or start a new login"
    );
}

#[test]
fn accepts_a_body_of_any_byte_type() {
    let body = fixture("success_minimal.json");
    let exchanging = || Scenario::public().to_exchanging();
    let parts = || response(200, "").into_parts().0;
    let text = Response::from_parts(parts(), body.as_str());
    assert!(exchanging().response(text, now()).is_ok());
    let slice = Response::from_parts(parts(), body.as_bytes());
    assert!(exchanging().response(slice, now()).is_ok());
}
