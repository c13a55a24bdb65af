//! The grants that complete a challenge, which only a client with a secret has.

use serde_json::{Value, json};
use workos_login::{
    Confidential, EmailVerificationChallenge, Exchange, Exchanging, MfaEnrollmentChallenge,
    OrganizationSelectionChallenge, SmsVerification, TotpChallenge,
};

use super::part;
use crate::exchanging::sent_to_the_token_endpoint;
use crate::scenario::{
    API_KEY, CLIENT_ID, OTHER_ORGANIZATION, Scenario, body, challenge_of, edited, fixture, kind,
    now, organization, refusal, response, stored,
};

fn scenario() -> Scenario<Confidential> {
    Scenario::confidential()
}

fn verify_email() -> EmailVerificationChallenge {
    let challenge = scenario().to_challenge(&fixture("step_up_email_verification_required.json"));
    part!(challenge, EmailVerification)
}

fn select_organization() -> OrganizationSelectionChallenge {
    let challenge =
        scenario().to_challenge(&fixture("step_up_organization_selection_required.json"));
    part!(challenge, OrganizationSelection)
}

fn enter_totp(file: &str) -> TotpChallenge {
    part!(scenario().to_challenge(&fixture(file)), Totp)
}

fn enroll_mfa(file: &str) -> MfaEnrollmentChallenge {
    part!(scenario().to_challenge(&fixture(file)), MfaEnrollment)
}

/// Checks that the body is these members, the grant, and who asks.
#[track_caller]
fn sends(exchanging: &Exchanging, grant: &str, mut members: Value) {
    let request = exchanging.request();
    sent_to_the_token_endpoint(&request);
    members["grant_type"] = format!("urn:workos:oauth:grant-type:{grant}").into();
    members["client_id"] = CLIENT_ID.into();
    members["client_secret"] = API_KEY.into();
    assert_eq!(body(&request), members);
}

#[test]
fn a_mailed_code_is_sent_with_the_pending_token() {
    sends(
        &verify_email().answer(&scenario().client, "123456"),
        "email-verification:code",
        json!({ "code": "123456", "pending_authentication_token": "iUKhPHGYZNCHz8ifgB77J5qjw" }),
    );
}

#[test]
fn a_second_factor_is_sent_with_its_challenge() {
    let embedded = enter_totp("step_up_mfa_challenge_embedded.json");
    sends(
        &embedded.answer(
            &scenario().client,
            embedded.challenge_id().unwrap(),
            "123456",
        ),
        "mfa-totp",
        json!({
            "code": "123456",
            "pending_authentication_token": "nGhNG1PUX70hr6QPvqxzNvVeM",
            "authentication_challenge_id": "auth_challenge_01KJ9PJFSQMDY1ZZMCWRPMAT6H",
        }),
    );
    let made: Value = serde_json::from_str(&fixture("mfa_challenge_created.json")).unwrap();
    let challenge_id = made["id"].as_str().unwrap();
    let factors = enter_totp("step_up_mfa_challenge_factors.json");
    sends(
        &factors.answer(&scenario().client, challenge_id, "123456"),
        "mfa-totp",
        json!({
            "code": "123456",
            "pending_authentication_token": "951mx0zWsVR9I2ciMnSACrwm5",
            "authentication_challenge_id": challenge_id,
        }),
    );
}

#[test]
fn an_enrolled_factor_is_sent_with_its_first_challenge() {
    let enrolled: Value = serde_json::from_str(&fixture("mfa_factor_enrolled.json")).unwrap();
    let challenge_id = enrolled["authentication_challenge"]["id"].as_str().unwrap();
    sends(
        &enroll_mfa("step_up_mfa_enrollment.json").answer(
            &scenario().client,
            challenge_id,
            "123456",
        ),
        "mfa-totp",
        json!({
            "code": "123456",
            "pending_authentication_token": "MbxHpowxMu2xwRZDssFHSGn9P",
            "authentication_challenge_id": challenge_id,
        }),
    );
}

#[test]
fn a_chosen_organization_is_sent_with_the_pending_token() {
    let challenge = select_organization();
    sends(
        &challenge.select(&scenario().client, challenge.organizations()[1].id()),
        "organization-selection",
        json!({
            "pending_authentication_token": "Q64Pj0KHUPeeZmWtScFLps2Iu",
            "organization_id": "org_01KQ0PKXK8VPZ198YJP4FDWVQ2",
        }),
    );
}

#[test]
fn a_radar_code_from_a_mail_is_sent_with_its_challenge() {
    let challenge = scenario().to_challenge(&fixture("step_up_radar_email_challenge.json"));
    sends(
        &part!(challenge, RadarEmail).answer(&scenario().client, "123456"),
        "radar-email-challenge:code",
        json!({
            "code": "123456",
            "pending_authentication_token": "FpGZ29J5z8DlQp1KviKKT5s1U",
            "radar_challenge_id": "radar_challenge_01K23KKJK97D8MQW3F69GNEZMB",
        }),
    );
}

#[test]
fn a_radar_code_from_an_sms_is_sent_with_what_its_sending_answered() {
    let challenge = scenario().to_challenge(&fixture("step_up_radar_sms_challenge.json"));
    let challenge = part!(challenge, RadarSms);
    let sent: Value = serde_json::from_str(&fixture("radar_sms_challenge_sent.json")).unwrap();
    let verification = SmsVerification::new(
        sent["verification_id"].as_str().unwrap(),
        sent["phone_number"].as_str().unwrap(),
    );
    sends(
        &challenge.answer(&scenario().client, "123456", Some(verification)),
        "radar-sms-challenge:code",
        json!({
            "code": "123456",
            "pending_authentication_token": "uymOcoKFDNx7XVmiTd7DpPJ0g",
            "verification_id": "radar_verification_01KQQ5B6A8XCV7F3BE53VV2R6N",
            "phone_number": "+15555550142",
        }),
    );
    sends(
        &challenge.answer(&scenario().client, "123456", None),
        "radar-sms-challenge:code",
        json!({ "code": "123456", "pending_authentication_token": "uymOcoKFDNx7XVmiTd7DpPJ0g" }),
    );
    let older = scenario().to_challenge(&fixture("step_up_radar_sign_up_challenge.json"));
    sends(
        &part!(older, RadarSms).answer(&scenario().client, "123456", None),
        "radar-sms-challenge:code",
        json!({ "code": "123456", "pending_authentication_token": "yzXsdJTFikTxwQx644lIM9GlQ" }),
    );
}

#[test]
fn omits_a_pending_authentication_token_that_is_absent() {
    sends(
        &enroll_mfa("step_up_mfa_enrollment_oauth.json").answer(
            &scenario().client,
            "auth_challenge_1",
            "123456",
        ),
        "mfa-totp",
        json!({ "code": "123456", "authentication_challenge_id": "auth_challenge_1" }),
    );
    for absent in [json!(null), json!(""), json!(7)] {
        let without = |file: &str| {
            let body = edited(file, |body| {
                body["pending_authentication_token"] = absent.clone();
                body["radar_challenge_id"] = absent.clone();
            });
            scenario().to_challenge(&body)
        };
        let client = &scenario().client;
        let email = without("step_up_email_verification_required.json");
        sends(
            &part!(email, EmailVerification).answer(client, "1"),
            "email-verification:code",
            json!({ "code": "1" }),
        );
        let selection = without("step_up_organization_selection_required.json");
        sends(
            &part!(selection, OrganizationSelection).select(client, &organization("org_1")),
            "organization-selection",
            json!({ "organization_id": "org_1" }),
        );
        let sms = without("step_up_radar_sms_challenge.json");
        sends(
            &part!(sms, RadarSms).answer(client, "1", None),
            "radar-sms-challenge:code",
            json!({ "code": "1" }),
        );
    }
    let without = edited("step_up_radar_email_challenge.json", |body| {
        let members = body.as_object_mut().unwrap();
        members.remove("pending_authentication_token");
        members.remove("radar_challenge_id");
    });
    let challenge = scenario().to_challenge(&without);
    sends(
        &part!(challenge, RadarEmail).answer(&scenario().client, "1"),
        "radar-email-challenge:code",
        json!({ "code": "1" }),
    );
}

/// An answer to every challenge that a grant completes.
fn every_answer() -> Vec<Exchanging> {
    let scenario = scenario();
    let client = &scenario.client;
    let challenge = |file: &str| scenario.to_challenge(&fixture(file));
    let email = part!(challenge("step_up_radar_email_challenge.json"), RadarEmail);
    let sms = part!(challenge("step_up_radar_sms_challenge.json"), RadarSms);
    let totp = enter_totp("step_up_mfa_challenge_factors.json");
    let enroll = enroll_mfa("step_up_mfa_enrollment.json");
    vec![
        verify_email().answer(client, "1"),
        totp.answer(client, "c", "1"),
        enroll.answer(client, "c", "1"),
        select_organization().select(client, &organization("org_1")),
        email.answer(client, "1"),
        sms.answer(client, "1", None),
    ]
}

#[test]
fn an_incorrect_code_keeps_the_challenge() {
    let scenario = scenario();
    let challenge = verify_email();
    let before = format!("{challenge:?}");
    let mistyped = response(400, fixture("error_plain_invalid_one_time_code.json"));
    let exchanging = challenge.answer(&scenario.client, "000000");
    let sent = exchanging.request();
    let (exchanging, error) = refusal(exchanging, mistyped);
    assert_eq!(kind(&error), "IncorrectCode");
    assert_eq!(
        error.to_string(),
        "one-time code is incorrect (invalid_one_time_code); enter it again"
    );
    assert_eq!(error.retry_in(now()), None);
    assert_eq!(exchanging.request().body(), sent.body());

    assert_eq!(format!("{challenge:?}"), before);
    let again = challenge.answer(&scenario.client, "123456");
    assert_eq!(body(&again.request())["code"], "123456");
    let success = response(200, fixture("success_full.json"));
    let session = again.response(success, now()).unwrap();
    let session = session.authenticated().unwrap();
    assert_eq!(stored(&session), stored(&scenario.to_authenticated()));
}

#[test]
fn every_challenge_accepts_another_code_after_an_incorrect_one() {
    for exchanging in every_answer() {
        let mistyped = response(400, fixture("error_plain_invalid_one_time_code.json"));
        let (_, error) = refusal(exchanging, mistyped);
        assert_eq!(kind(&error), "IncorrectCode");
    }
}

#[test]
fn names_a_challenge_that_can_no_longer_be_answered() {
    for code in [
        "one_time_code_expired",
        "one_time_code_previously_used",
        "one_time_code_too_many_attempts",
        "invalid_pending_authentication_token",
        "user_mismatch",
        "invalid_grant",
    ] {
        for exchanging in every_answer() {
            let body = json!({ "code": code, "message": "x" }).to_string();
            let (_, error) = refusal(exchanging, response(400, body));
            assert_eq!(kind(&error), "InvalidGrant", "{code}");
            assert_eq!(
                error.to_string(),
                format!(
                    "authentication challenge can no longer be answered ({code}); start a new login"
                )
            );
        }
    }
}

#[test]
fn retries_an_answer_after_a_transient_error() {
    for exchanging in every_answer() {
        let sent = exchanging.request();
        let (exchanging, error) = refusal(exchanging, response(503, ""));
        assert!(error.retry_in(now()).is_some());
        assert_eq!(exchanging.request().body(), sent.body());
        let success = response(200, fixture("success_minimal.json"));
        assert!(exchanging.response(success, now()).is_ok());
    }
}

#[test]
fn another_organization_can_be_selected_after_a_rejected_one() {
    let scenario = scenario();
    let challenge = select_organization();
    let choice = challenge.select(&scenario.client, &organization(OTHER_ORGANIZATION));
    let refused = fixture("error_oauth_organization_membership_not_found.json");
    let (_, error) = refusal(choice, response(400, refused));
    assert_eq!(kind(&error), "Denied");
    let second = challenge.select(&scenario.client, challenge.organizations()[0].id());
    let success = response(200, fixture("success_full.json"));
    let session = second.response(success, now()).unwrap();
    let session = session.authenticated().unwrap();
    assert_eq!(
        session.organization_id(),
        Some(challenge.organizations()[0].id())
    );
}

#[test]
fn one_challenge_can_follow_another() {
    let scenario = scenario();
    let first = verify_email().answer(&scenario.client, "123456");
    let next = fixture("step_up_organization_selection_required.json");
    let next = challenge_of(first.response(response(403, next), now()));
    let second = part!(next, OrganizationSelection);
    let second = second.select(&scenario.client, &organization("org_1"));
    let next = fixture("step_up_mfa_challenge_embedded.json");
    let next = challenge_of(second.response(response(403, next), now()));
    let third = part!(next, Totp);
    let third = third.answer(&scenario.client, third.challenge_id().unwrap(), "1");
    let success = response(200, fixture("success_full.json"));
    let outcome = third.response(success, now()).unwrap();
    assert!(outcome.authenticated().is_ok());
}

#[test]
fn encodes_every_character() {
    let odd = "1\"2\\3\né";
    let exchanging = verify_email().answer(&scenario().client, odd);
    assert_eq!(body(&exchanging.request())["code"], odd);
}
