//! The exchange of a code: what is sent, and what is made of every answer.

use serde_json::{Value, json};
use workos_login::http::{Method, Request, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, AuthenticationChallenge, Exchange, Outcome};

use crate::scenario::{
    API_KEY, CLIENT_ID, CODE, CODE_VERIFIER, Scenario, body, fixture, kind, now, refusal, response,
    session,
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
fn c33_m1_a_public_client_sends_its_id_and_no_client_secret() {
    for request in [
        Scenario::public().to_exchanging().request(),
        Scenario::public().to_refreshing().request(),
        Scenario::public().to_switching().request(),
    ] {
        let all = format!("{request:?} {}", String::from_utf8_lossy(request.body()));
        assert!(!all.contains("client_secret"), "{all}");
        assert!(!all.to_lowercase().contains("authorization\":"), "{all}");
    }
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

/// Every member of a session that a fixture has, as the session tells it.
#[track_caller]
fn matches_fixture(name: &str) -> Authenticated {
    let wire: Value = serde_json::from_str(&fixture(name)).unwrap();
    let session = session(&fixture(name));
    let user = session.user().unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let own = |value: Option<&str>| value.map(str::to_owned);
    for (member, told) in [
        ("id", Some(user.id().to_owned())),
        ("email", own(user.email())),
        ("name", own(user.name())),
        ("first_name", own(user.first_name())),
        ("last_name", own(user.last_name())),
        ("profile_picture_url", own(user.profile_picture_url())),
        ("locale", own(user.locale())),
        ("external_id", own(user.external_id())),
        ("last_sign_in_at", own(user.last_sign_in_at())),
        ("created_at", own(user.created_at())),
        ("updated_at", own(user.updated_at())),
    ] {
        assert_eq!(told, text(&wire["user"][member]), "{name}: {member}");
    }
    assert_eq!(
        user.email_verified(),
        wire["user"]["email_verified"].as_bool()
    );
    let metadata: Vec<_> = user.metadata().collect();
    let wire_metadata = wire["user"]["metadata"].as_object().into_iter().flatten();
    let wire_metadata: Vec<_> = wire_metadata
        .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
        .collect();
    assert_eq!(metadata, wire_metadata, "{name}");

    assert_eq!(
        Some(session.access_token().expose_secret()),
        wire["access_token"].as_str()
    );
    let refresh_token = session.refresh_token().map(|token| token.expose_secret());
    assert_eq!(refresh_token, wire["refresh_token"].as_str(), "{name}");
    assert_eq!(
        session.organization_id().map(|id| id.as_str()),
        wire["organization_id"].as_str()
    );
    assert_eq!(
        session
            .authentication_method()
            .map(|method| method.as_str()),
        wire["authentication_method"].as_str()
    );
    let code = session
        .authkit_authorization_code()
        .map(|code| code.expose_secret());
    assert_eq!(code, wire["authkit_authorization_code"].as_str(), "{name}");
    let impersonator = session.impersonator();
    assert_eq!(
        impersonator.map(|by| by.email()),
        wire["impersonator"]["email"].as_str()
    );
    assert_eq!(
        impersonator.and_then(|by| by.reason()),
        wire["impersonator"]["reason"].as_str()
    );
    let provider = session.provider_tokens();
    let wire = &wire["oauth_tokens"];
    assert_eq!(
        provider.map(|p| p.access_token().expose_secret()),
        wire["access_token"].as_str()
    );
    assert_eq!(
        provider.and_then(|p| p.provider()),
        wire["provider"].as_str()
    );
    let refresh_token = provider
        .and_then(|p| p.refresh_token())
        .map(|token| token.expose_secret());
    assert_eq!(refresh_token, wire["refresh_token"].as_str());
    session
}

#[test]
fn reads_every_member_of_a_token_response() {
    matches_fixture("success_minimal.json");
    matches_fixture("success_full.json");
    matches_fixture("success_null_optionals.json");
    matches_fixture("success_impersonated.json");
    matches_fixture("success_refresh_rotated.json");
    matches_fixture("success_refresh_expired_token.json");
    matches_fixture("success_forward_compatible.json");
}

#[test]
fn reads_scopes_and_expiry_of_provider_tokens() {
    let session = session(&fixture("success_full.json"));
    let tokens = session.provider_tokens().unwrap();
    assert_eq!(
        tokens.scopes().collect::<Vec<_>>(),
        ["openid", "email", "profile"]
    );
    assert_eq!(
        tokens.expires_at(),
        Some(now() + crate::scenario::secs(3600))
    );
}

#[test]
fn an_unknown_step_up_keeps_its_code_its_token_and_its_body() {
    let body = fixture("step_up_unknown_future.json");
    let outcome = Scenario::public()
        .to_exchanging()
        .response(response(403, &*body), now())
        .unwrap();
    let error = match outcome {
        Outcome::AuthenticationChallenge(step) => {
            let AuthenticationChallenge::Unknown(step) = *step else {
                panic!("{step:?}")
            };
            assert_eq!(step.code(), "quantum_check_required");
            let token = step.pending_authentication_token().unwrap();
            assert_eq!(token.expose_secret(), "dKGy5AwwyWlt6XyILDquQhvaB");
            assert_eq!(step.body().expose_secret(), body);
            let again = Scenario::public()
                .to_exchanging()
                .response(response(403, &*body), now());
            again.unwrap().authenticated().unwrap_err()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(&error), "AuthenticationChallenge");
    assert_eq!(
        error.to_string(),
        "service requires an authentication challenge (quantum_check_required); answer it, or start a new login"
    );
}

#[test]
fn an_unknown_code_without_a_pending_token_is_no_step_up() {
    let body = r#"{"code":"quantum_check_required","message":"x"}"#;
    let (_, error) = refusal(Scenario::public().to_exchanging(), response(403, body));
    assert_eq!(kind(&error), "Rejected");
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
