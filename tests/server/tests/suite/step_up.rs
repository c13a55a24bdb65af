//! Step-ups and the grants that complete them.

use serde_json::{Value, json};
use workos_login_mock_server::{Challenge, Config, Organization, Server, User};

use crate::support::*;

const PREFIX: &str = "urn:workos:oauth:grant-type:";

/// A server with one user behind these challenges, and that user's step-up.
fn gated(challenges: &[Challenge]) -> (Server, Got) {
    let server = start_with(|config| {
        config.users = vec![
            challenges
                .iter()
                .fold(User::alice(), |user, gate| user.with_challenge(*gate)),
        ];
    });
    let step = exchange(&server, &code(&server, ALICE));
    (server, step)
}

fn complete(server: &Server, grant: &str, step: &Value, fields: &Value) -> Got {
    let mut body = json!({
        "grant_type": format!("{PREFIX}{grant}"),
        "client_id": server.client_id(),
        "client_secret": Config::API_KEY,
        "pending_authentication_token": step["pending_authentication_token"],
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    authenticate(server, &body)
}

fn step(answer: &Got, code: &str) -> Value {
    assert_eq!(answer.refusal(), (403, code.to_owned()), "{answer:?}");
    answer.json()
}

#[test]
fn an_email_code_completes_the_login_and_a_wrong_one_does_no_harm() {
    let (server, answer) = gated(&[Challenge::EmailVerification]);
    let step = step(&answer, "email_verification_required");
    assert_eq!(step["email"], ALICE);
    assert!(text(&step["email_verification_id"]).starts_with("email_verification_"));
    let grant = "email-verification:code";
    let wrong = complete(&server, grant, &step, &json!({"code": "000000"}));
    assert_eq!(wrong.refusal(), (400, "invalid_one_time_code".into()));
    assert_eq!(
        complete(&server, grant, &step, &json!({})).refusal(),
        (400, "invalid_request".into())
    );
    let done = complete(
        &server,
        grant,
        &step,
        &json!({"code": Challenge::ONE_TIME_CODE}),
    );
    assert_eq!(done.json()["user"]["id"], User::ALICE_ID);
    let again = complete(
        &server,
        grant,
        &step,
        &json!({"code": Challenge::ONE_TIME_CODE}),
    );
    assert_eq!(
        again.refusal(),
        (400, "invalid_pending_authentication_token".into())
    );
}

#[test]
fn an_embedded_challenge_is_completed_by_its_id() {
    let (server, answer) = gated(&[Challenge::MfaChallenge]);
    let step = step(&answer, "mfa_challenge");
    assert!(step.get("authentication_factors").is_none());
    let right = json!({"code": Challenge::ONE_TIME_CODE, "authentication_challenge_id": step["authentication_challenge"]["id"]});
    let unknown = json!({"code": Challenge::ONE_TIME_CODE, "authentication_challenge_id": "auth_challenge_x"});
    assert_eq!(complete(&server, "mfa-totp", &step, &unknown).status, 404);
    assert_eq!(complete(&server, "mfa-totp", &step, &right).status, 200);
}

#[test]
fn a_listed_factor_needs_a_challenge_first() {
    let (server, answer) = gated(&[Challenge::MfaFactors]);
    let step = step(&answer, "mfa_challenge");
    assert!(step.get("authentication_challenge").is_none());
    let factor = text(&step["authentication_factors"][0]["id"]);
    let path = format!("/auth/factors/{factor}/challenge");
    assert_eq!(
        post_with_key(&server, &path, "sk_wrong", &json!({})).status,
        401
    );
    assert_eq!(
        post_with_key(
            &server,
            "/auth/factors/x/challenge",
            Config::API_KEY,
            &json!({})
        )
        .status,
        404
    );
    let challenge = post_with_key(&server, &path, Config::API_KEY, &json!({}));
    assert_eq!(challenge.status, 201);
    assert_eq!(challenge.json()["authentication_factor_id"], factor);
    let fields = json!({"code": Challenge::ONE_TIME_CODE, "authentication_challenge_id": challenge.json()["id"]});
    assert_eq!(complete(&server, "mfa-totp", &step, &fields).status, 200);
}

#[test]
fn an_enrolment_brings_its_own_challenge() {
    let (server, answer) = gated(&[Challenge::MfaEnrollment]);
    let step = step(&answer, "mfa_enrollment");
    let path = format!(
        "/user_management/users/{}/auth_factors",
        text(&step["user"]["id"])
    );
    let enrolled = post_with_key(&server, &path, Config::API_KEY, &json!({"type": "totp"}));
    assert_eq!(enrolled.status, 201);
    let enrolled = enrolled.json();
    assert_eq!(enrolled["authentication_factor"]["totp"]["user"], ALICE);
    let fields = json!({"code": Challenge::ONE_TIME_CODE, "authentication_challenge_id": enrolled["authentication_challenge"]["id"]});
    assert_eq!(complete(&server, "mfa-totp", &step, &fields).status, 200);
}

#[test]
fn a_person_of_several_organizations_picks_one() {
    let server = start();
    let answer = exchange(&server, &code(&server, BOB));
    let step = step(&answer, "organization_selection_required");
    assert_eq!(
        step["organizations"][1],
        json!({"id": Organization::GLOBEX_ID, "name": "Globex"})
    );
    assert_eq!(step["user"]["id"], User::BOB_ID);
    let grant = "organization-selection";
    let unknown = json!({"organization_id": "org_01K1N0S0CHPLACE000000000A0"});
    assert_eq!(
        complete(&server, grant, &step, &unknown).refusal(),
        (400, "organization_not_found".into())
    );
    let picked = complete(
        &server,
        grant,
        &step,
        &json!({"organization_id": Organization::GLOBEX_ID}),
    );
    assert_eq!(picked.json()["organization_id"], Organization::GLOBEX_ID);
}

#[test]
fn a_radar_challenge_is_named_in_its_answer() {
    let (server, answer) = gated(&[Challenge::RadarEmail]);
    let step = step(&answer, "radar_email_challenge");
    let grant = "radar-email-challenge:code";
    let other =
        json!({"code": Challenge::ONE_TIME_CODE, "radar_challenge_id": "radar_challenge_x"});
    assert_eq!(complete(&server, grant, &step, &other).status, 404);
    let fields =
        json!({"code": Challenge::ONE_TIME_CODE, "radar_challenge_id": step["radar_challenge_id"]});
    assert_eq!(complete(&server, grant, &step, &fields).status, 200);
}

#[test]
fn a_text_message_has_to_be_sent_before_its_code_is_right() {
    let (server, answer) = gated(&[Challenge::RadarSms]);
    let step = step(&answer, "radar_sms_challenge");
    let grant = "radar-sms-challenge:code";
    let early = complete(
        &server,
        grant,
        &step,
        &json!({"code": Challenge::ONE_TIME_CODE}),
    );
    assert_eq!(early.refusal(), (400, "invalid_one_time_code".into()));
    let sent = post_with_key(
        &server,
        "/user_management/radar_challenges",
        Config::API_KEY,
        &json!({
            "user_id": User::ALICE_ID, "phone_number": "+15555550142",
            "pending_authentication_token": step["pending_authentication_token"],
        }),
    );
    assert_eq!(sent.json()["phone_number"], "+15555550142");
    let fields = json!({"code": Challenge::ONE_TIME_CODE, "verification_id": sent.json()["verification_id"], "phone_number": "+15555550142"});
    assert_eq!(complete(&server, grant, &step, &fields).status, 200);
}

#[test]
fn single_sign_on_is_completed_by_no_grant() {
    let (_server, answer) = gated(&[Challenge::SsoRequired]);
    assert_eq!(answer.refusal(), (400, "sso_required".into()));
    assert!(text(&answer.json()["connection_ids"][0]).starts_with("conn_"));
    assert!(answer.json().get("pending_authentication_token").is_none());
}

#[test]
fn gates_come_one_after_the_other() {
    let (server, answer) = gated(&[Challenge::EmailVerification, Challenge::MfaChallenge]);
    let first = step(&answer, "email_verification_required");
    let crossed = complete(
        &server,
        "organization-selection",
        &first,
        &json!({"organization_id": Organization::ACME_ID}),
    );
    assert_eq!(
        crossed.refusal(),
        (400, "invalid_pending_authentication_token".into())
    );
    let answer = complete(
        &server,
        "email-verification:code",
        &first,
        &json!({"code": Challenge::ONE_TIME_CODE}),
    );
    let second = step(&answer, "mfa_challenge");
    let fields = json!({"code": Challenge::ONE_TIME_CODE, "authentication_challenge_id": second["authentication_challenge"]["id"]});
    assert_eq!(complete(&server, "mfa-totp", &second, &fields).status, 200);
}

#[test]
fn a_public_client_cannot_complete_a_step_up() {
    let (server, answer) = gated(&[Challenge::EmailVerification]);
    let step = step(&answer, "email_verification_required");
    let fields = json!({"code": Challenge::ONE_TIME_CODE, "client_secret": null});
    let grant = "email-verification:code";
    assert_eq!(
        complete(&server, grant, &step, &fields).refusal(),
        (400, "invalid_client".into())
    );
    server.configure(|config| config.api_key = None);
    assert_eq!(
        complete(&server, grant, &step, &fields).refusal(),
        (400, "unauthorized_client".into())
    );
}
