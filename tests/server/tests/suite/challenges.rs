//! Authentication challenges and the grants that complete them.

use serde_json::{Value, json};
use workos_login_mock_server::{Challenge, Config, Organization, Server, User};

use crate::support::*;

/// A login that was stopped by an authentication challenge.
struct Stopped {
    server: Server,
    response: Received,
}

impl Stopped {
    /// Logs Alice in, whose login must complete these challenges.
    fn by(challenges: &[Challenge]) -> Self {
        let alice = challenges.iter().copied();
        let alice = alice.fold(User::alice(), User::with_challenge);
        let server = start_with(|config| config.users = vec![alice]);
        let response = exchange(&server, &code(&server, ALICE));
        Self { server, response }
    }

    #[track_caller]
    fn body(&self, code: &str) -> Value {
        challenge(&self.response, code)
    }

    fn complete(&self, grant: &str, challenge: &Value, fields: &Value) -> Received {
        complete(&self.server, grant, challenge, fields)
    }

    fn manage(&self, path: &str, key: &str, body: &Value) -> Received {
        post_with_key(&self.server, path, key, body)
    }
}

#[track_caller]
fn challenge(response: &Received, code: &str) -> Value {
    assert_eq!(response.error(), (403, code.to_owned()), "{response:?}");
    response.json()
}

fn complete(server: &Server, grant: &str, challenge: &Value, fields: &Value) -> Received {
    let mut body = json!({
        "grant_type": format!("urn:workos:oauth:grant-type:{grant}"),
        "client_id": server.client_id(),
        "client_secret": Config::API_KEY,
        "pending_authentication_token": challenge["pending_authentication_token"],
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    authenticate(server, &body)
}

const CODE: &str = Challenge::ONE_TIME_CODE;
const EMAIL_VERIFICATION: &str = "email-verification:code";
const INVALID_PENDING_TOKEN: &str = "invalid_pending_authentication_token";

#[test]
fn email_verification_accepts_the_code_once_and_an_incorrect_code_changes_nothing() {
    let login = Stopped::by(&[Challenge::EmailVerification]);
    let body = login.body("email_verification_required");
    assert_eq!(body["email"], ALICE);
    assert!(text(&body["email_verification_id"]).starts_with("email_verification_"));
    for (fields, error) in [
        (json!({"code": "000000"}), (400, "invalid_one_time_code")),
        (json!({}), (400, "invalid_request")),
        (json!({"code": CODE}), (200, "")),
        (json!({"code": CODE}), (400, INVALID_PENDING_TOKEN)),
    ] {
        let response = login.complete(EMAIL_VERIFICATION, &body, &fields);
        assert_eq!(response.error(), (error.0, error.1.to_owned()), "{fields}");
    }
    assert_eq!(login.server.sessions().len(), 1);
}

#[test]
fn an_embedded_mfa_challenge_is_completed_by_its_id() {
    let login = Stopped::by(&[Challenge::MfaChallenge]);
    let body = login.body("mfa_challenge");
    assert!(body.get("authentication_factors").is_none());
    for (id, status) in [
        (&json!("auth_challenge_x"), 404),
        (&body["authentication_challenge"]["id"], 200),
    ] {
        let fields = json!({"code": CODE, "authentication_challenge_id": id});
        let response = login.complete("mfa-totp", &body, &fields);
        assert_eq!(response.status, status);
    }
}

#[test]
fn a_listed_factor_requires_an_mfa_challenge() {
    let login = Stopped::by(&[Challenge::MfaFactors]);
    let body = login.body("mfa_challenge");
    assert!(body.get("authentication_challenge").is_none());
    let factor = text(&body["authentication_factors"][0]["id"]);
    let path = format!("/auth/factors/{factor}/challenge");
    let wrong_key = login.manage(&path, "sk_wrong", &json!({}));
    assert_eq!(wrong_key.status, 401);
    let unknown = login.manage("/auth/factors/x/challenge", Config::API_KEY, &json!({}));
    assert_eq!(unknown.status, 404);
    let created = login.manage(&path, Config::API_KEY, &json!({}));
    assert_eq!(created.status, 201);
    assert_eq!(created.json()["authentication_factor_id"], factor);
    let fields = json!({"code": CODE, "authentication_challenge_id": created.json()["id"]});
    assert_eq!(login.complete("mfa-totp", &body, &fields).status, 200);
}

#[test]
fn an_mfa_enrollment_includes_an_mfa_challenge() {
    let login = Stopped::by(&[Challenge::MfaEnrollment]);
    let body = login.body("mfa_enrollment");
    let user = text(&body["user"]["id"]);
    let path = format!("/user_management/users/{user}/auth_factors");
    let enrolled = login.manage(&path, Config::API_KEY, &json!({"type": "totp"}));
    assert_eq!(enrolled.status, 201);
    let enrolled = enrolled.json();
    assert_eq!(enrolled["authentication_factor"]["totp"]["user"], ALICE);
    let id = &enrolled["authentication_challenge"]["id"];
    let fields = json!({"code": CODE, "authentication_challenge_id": id});
    assert_eq!(login.complete("mfa-totp", &body, &fields).status, 200);
}

#[test]
fn a_user_with_several_organizations_selects_one() {
    let server = start();
    let response = exchange(&server, &code(&server, BOB));
    let body = challenge(&response, "organization_selection_required");
    let globex = json!({"id": Organization::GLOBEX_ID, "name": "Globex"});
    assert_eq!(body["organizations"][1], globex);
    assert_eq!(body["user"]["id"], User::BOB_ID);
    let select = |id| {
        let fields = json!({"organization_id": id});
        complete(&server, "organization-selection", &body, &fields)
    };
    let unknown = select("org_01K1N0S0CHPLACE000000000A0");
    assert_eq!(unknown.error(), (400, "organization_not_found".into()));
    let selected = select(Organization::GLOBEX_ID).json();
    assert_eq!(selected["organization_id"], Organization::GLOBEX_ID);
}

#[test]
fn a_radar_email_challenge_is_completed_by_its_id() {
    let login = Stopped::by(&[Challenge::RadarEmail]);
    let body = login.body("radar_email_challenge");
    for (id, status) in [
        (&json!("radar_challenge_x"), 404),
        (&body["radar_challenge_id"], 200),
    ] {
        let fields = json!({"code": CODE, "radar_challenge_id": id});
        let response = login.complete("radar-email-challenge:code", &body, &fields);
        assert_eq!(response.status, status);
    }
}

#[test]
fn a_radar_sms_challenge_accepts_no_code_before_the_message_is_sent() {
    let login = Stopped::by(&[Challenge::RadarSms]);
    let body = login.body("radar_sms_challenge");
    let grant = "radar-sms-challenge:code";
    let early = login.complete(grant, &body, &json!({"code": CODE}));
    assert_eq!(early.error(), (400, "invalid_one_time_code".into()));
    let sent = login.manage(
        "/user_management/radar_challenges",
        Config::API_KEY,
        &json!({
            "user_id": User::ALICE_ID, "phone_number": "+15555550142",
            "pending_authentication_token": body["pending_authentication_token"],
        }),
    );
    assert_eq!(sent.json()["phone_number"], "+15555550142");
    let fields = json!({
        "code": CODE, "verification_id": sent.json()["verification_id"],
        "phone_number": "+15555550142",
    });
    assert_eq!(login.complete(grant, &body, &fields).status, 200);
}

#[test]
fn sso_is_completed_by_no_grant() {
    let response = Stopped::by(&[Challenge::SsoRequired]).response;
    assert_eq!(response.error(), (400, "sso_required".into()));
    let body = response.json();
    assert!(text(&body["connection_ids"][0]).starts_with("conn_"));
    assert!(body.get("pending_authentication_token").is_none());
}

#[test]
fn challenges_follow_each_other_and_each_accepts_only_its_own_grant() {
    let login = Stopped::by(&[Challenge::EmailVerification, Challenge::MfaChallenge]);
    let first = login.body("email_verification_required");
    let organization = json!({"organization_id": Organization::ACME_ID});
    let other_grant = login.complete("organization-selection", &first, &organization);
    assert_eq!(other_grant.error(), (400, INVALID_PENDING_TOKEN.into()));
    let response = login.complete(EMAIL_VERIFICATION, &first, &json!({"code": CODE}));
    let second = challenge(&response, "mfa_challenge");
    let id = &second["authentication_challenge"]["id"];
    let fields = json!({"code": CODE, "authentication_challenge_id": id});
    assert_eq!(login.complete("mfa-totp", &second, &fields).status, 200);
}

#[test]
fn a_public_client_cannot_complete_a_challenge() {
    let login = Stopped::by(&[Challenge::EmailVerification]);
    let body = login.body("email_verification_required");
    let fields = json!({"code": CODE, "client_secret": null});
    let complete = || login.complete(EMAIL_VERIFICATION, &body, &fields).error();
    assert_eq!(complete(), (400, "invalid_client".into()));
    login.server.configure(|config| config.api_key = None);
    assert_eq!(complete(), (400, "unauthorized_client".into()));
}
