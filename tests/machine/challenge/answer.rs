//! The grants that answer a challenge. Only a confidential client has them.

use serde_json::{Value, json};
use workos_login::{Client, ClientError, Confidential, Exchange, Exchanging, SmsVerification};

use super::part;
use crate::exchanging::sent_to_the_token_endpoint;
use crate::scenario::{
    API_KEY, CLIENT_ID, OTHER_ORGANIZATION, Scenario, body, challenge_file, challenge_of, edited,
    error_response, fixture, kind, message_contains, now, organization, refusal, response, stored,
};

/// The data of a challenge of a fixture.
macro_rules! challenge {
    ($name:expr, $variant:ident) => {
        part!(Scenario::confidential().to_challenge($name), $variant)
    };
}

/// Checks that the body has exactly these members, the grant and the client.
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
fn sends_the_grant_of_each_challenge() {
    let client = &Scenario::confidential().client;
    let wire = |name: &str| -> Value { serde_json::from_str(&fixture(name)).unwrap() };

    let email = challenge!("email_verification_required", EmailVerification);
    let members =
        json!({ "code": "1", "pending_authentication_token": "iUKhPHGYZNCHz8ifgB77J5qjw" });
    sends(
        &email.answer(client, "1").unwrap(),
        "email-verification:code",
        members,
    );

    let embedded = challenge!("mfa_challenge_embedded", Totp);
    let members = json!({
        "code": "1",
        "pending_authentication_token": "nGhNG1PUX70hr6QPvqxzNvVeM",
        "authentication_challenge_id": "auth_challenge_01KJ9PJFSQMDY1ZZMCWRPMAT6H",
    });
    sends(
        &embedded
            .answer(client, embedded.challenge_id().unwrap(), "1")
            .unwrap(),
        "mfa-totp",
        members,
    );

    let created = wire("mfa_challenge_created.json")["id"].clone();
    let factors = challenge!("mfa_challenge_factors", Totp);
    let members = json!({
        "code": "1",
        "pending_authentication_token": "951mx0zWsVR9I2ciMnSACrwm5",
        "authentication_challenge_id": created,
    });
    sends(
        &factors
            .answer(client, created.as_str().unwrap(), "1")
            .unwrap(),
        "mfa-totp",
        members,
    );

    let enrolled = wire("mfa_factor_enrolled.json")["authentication_challenge"]["id"].clone();
    let enrollment = challenge!("mfa_enrollment", MfaEnrollment);
    let members = json!({
        "code": "1",
        "pending_authentication_token": "MbxHpowxMu2xwRZDssFHSGn9P",
        "authentication_challenge_id": enrolled,
    });
    sends(
        &enrollment
            .answer(client, enrolled.as_str().unwrap(), "1")
            .unwrap(),
        "mfa-totp",
        members,
    );

    let selection = challenge!("organization_selection_required", OrganizationSelection);
    let members = json!({
        "pending_authentication_token": "Q64Pj0KHUPeeZmWtScFLps2Iu",
        "organization_id": "org_01KQ0PKXK8VPZ198YJP4FDWVQ2",
    });
    sends(
        &selection
            .select(client, selection.organizations()[1].id())
            .unwrap(),
        "organization-selection",
        members,
    );

    let email = challenge!("radar_email_challenge", RadarEmail);
    let members = json!({
        "code": "1",
        "pending_authentication_token": "FpGZ29J5z8DlQp1KviKKT5s1U",
        "radar_challenge_id": "radar_challenge_01K23KKJK97D8MQW3F69GNEZMB",
    });
    sends(
        &email.answer(client, "1").unwrap(),
        "radar-email-challenge:code",
        members,
    );

    let sent = wire("radar_sms_challenge_sent.json");
    let text = |name: &str| sent[name].as_str().unwrap();
    let verification = SmsVerification::new(text("verification_id"), text("phone_number"));
    let sms = challenge!("radar_sms_challenge", RadarSms);
    let members = json!({
        "code": "1",
        "pending_authentication_token": "uymOcoKFDNx7XVmiTd7DpPJ0g",
        "verification_id": "radar_verification_01KQQ5B6A8XCV7F3BE53VV2R6N",
        "phone_number": "+15555550142",
    });
    sends(
        &sms.answer(client, "1", Some(verification)).unwrap(),
        "radar-sms-challenge:code",
        members,
    );
    for (name, token) in [
        ("radar_sms_challenge", "uymOcoKFDNx7XVmiTd7DpPJ0g"),
        ("radar_sign_up_challenge", "yzXsdJTFikTxwQx644lIM9GlQ"),
    ] {
        let members = json!({ "code": "1", "pending_authentication_token": token });
        sends(
            &challenge!(name, RadarSms)
                .answer(client, "1", None)
                .unwrap(),
            "radar-sms-challenge:code",
            members,
        );
    }
}

#[test]
fn omits_a_pending_authentication_token_that_is_absent() {
    let client = &Scenario::confidential().client;
    for absent in [None, Some(json!(null)), Some(json!("")), Some(json!(7))] {
        let without = |name: &str| {
            let body = edited(&challenge_file(name), |body| {
                for member in ["pending_authentication_token", "radar_challenge_id"] {
                    match &absent {
                        Some(value) => body[member] = value.clone(),
                        None => drop(body.as_object_mut().unwrap().remove(member)),
                    }
                }
            });
            Scenario::confidential().to_challenge_from(&body)
        };
        let code = || json!({ "code": "1" });
        let email = part!(without("email_verification_required"), EmailVerification);
        sends(
            &email.answer(client, "1").unwrap(),
            "email-verification:code",
            code(),
        );
        let selection = part!(
            without("organization_selection_required"),
            OrganizationSelection
        );
        let selected = selection.select(client, &organization("org_1")).unwrap();
        sends(
            &selected,
            "organization-selection",
            json!({ "organization_id": "org_1" }),
        );
        let sms = part!(without("radar_sms_challenge"), RadarSms);
        sends(
            &sms.answer(client, "1", None).unwrap(),
            "radar-sms-challenge:code",
            code(),
        );
        if absent.is_none() {
            let email = part!(without("radar_email_challenge"), RadarEmail);
            sends(
                &email.answer(client, "1").unwrap(),
                "radar-email-challenge:code",
                code(),
            );
        }
    }
    let enrollment = challenge!("mfa_enrollment_oauth", MfaEnrollment);
    let members = json!({ "code": "1", "authentication_challenge_id": "auth_challenge_1" });
    sends(
        &enrollment.answer(client, "auth_challenge_1", "1").unwrap(),
        "mfa-totp",
        members,
    );
}

/// An answer from this client to every challenge that a grant answers.
fn answers(client: &Client<Confidential>) -> [Result<Exchanging, ClientError>; 6] {
    [
        challenge!("email_verification_required", EmailVerification).answer(client, "1"),
        challenge!("mfa_challenge_factors", Totp).answer(client, "c", "1"),
        challenge!("mfa_enrollment", MfaEnrollment).answer(client, "c", "1"),
        challenge!("organization_selection_required", OrganizationSelection)
            .select(client, &organization("org_1")),
        challenge!("radar_email_challenge", RadarEmail).answer(client, "1"),
        challenge!("radar_sms_challenge", RadarSms).answer(client, "1", None),
    ]
}

fn every_answer() -> [Exchanging; 6] {
    answers(&Scenario::confidential().client).map(Result::unwrap)
}

#[test]
fn refuses_an_answer_from_a_client_that_it_is_not_bound_to() {
    let client = Scenario::confidential().client;
    let elsewhere = client.base_url("https://eu.example".parse().unwrap());
    let key = || API_KEY.parse().unwrap();
    let other = Client::confidential("client_other".parse().unwrap(), key());
    for client in [elsewhere.unwrap(), other] {
        for answer in answers(&client) {
            message_contains(&answer.unwrap_err(), "use the client that created it");
        }
    }
}

#[test]
fn an_incorrect_code_keeps_the_challenge() {
    for exchanging in every_answer() {
        let sent = exchanging.request();
        let incorrect = response(400, fixture("error_plain_invalid_one_time_code.json"));
        let (exchanging, error) = refusal(exchanging, incorrect);
        assert_eq!(kind(&error), "IncorrectCode");
        assert_eq!(
            error.to_string(),
            "one-time code is incorrect (invalid_one_time_code); enter it again"
        );
        assert_eq!(error.retry_in(now()), None);
        assert_eq!(exchanging.request().body(), sent.body());
    }
    let scenario = Scenario::confidential();
    let challenge = challenge!("email_verification_required", EmailVerification);
    let before = format!("{challenge:?}");
    let incorrect = challenge.answer(&scenario.client, "000000").unwrap();
    drop(refusal(
        incorrect,
        error_response(400, "invalid_one_time_code"),
    ));
    assert_eq!(format!("{challenge:?}"), before);
    let again = challenge.answer(&scenario.client, "123456").unwrap();
    assert_eq!(body(&again.request())["code"], "123456");
    let outcome = again.response(response(200, fixture("success_full.json")), now());
    let session = outcome.unwrap().authenticated().unwrap();
    assert_eq!(stored(&session), stored(&scenario.to_authenticated()));
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
            let (_, error) = refusal(exchanging, error_response(400, code));
            assert_eq!(kind(&error), "InvalidGrant", "{code}");
            let message = format!(
                "authentication challenge can no longer be answered ({code}); start a new login"
            );
            assert_eq!(error.to_string(), message);
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
    let client = &Scenario::confidential().client;
    let challenge = challenge!("organization_selection_required", OrganizationSelection);
    let first = challenge
        .select(client, &organization(OTHER_ORGANIZATION))
        .unwrap();
    let (_, error) = refusal(
        first,
        error_response(400, "organization_membership_not_found"),
    );
    assert_eq!(kind(&error), "Denied");
    let id = challenge.organizations()[0].id();
    let success = response(200, fixture("success_full.json"));
    let outcome = challenge
        .select(client, id)
        .unwrap()
        .response(success, now());
    assert_eq!(
        outcome.unwrap().authenticated().unwrap().organization_id(),
        Some(id)
    );
}

#[test]
fn one_challenge_can_follow_another() {
    let client = &Scenario::confidential().client;
    let next = |exchanging: Exchanging, name: &str| {
        let body = fixture(&challenge_file(name));
        challenge_of(exchanging.response(response(403, body), now()))
    };
    let first = challenge!("email_verification_required", EmailVerification)
        .answer(client, "1")
        .unwrap();
    let second = part!(
        next(first, "organization_selection_required"),
        OrganizationSelection
    );
    let second = second.select(client, &organization("org_1")).unwrap();
    let third = part!(next(second, "mfa_challenge_embedded"), Totp);
    let third = third
        .answer(client, third.challenge_id().unwrap(), "1")
        .unwrap();
    let outcome = third.response(response(200, fixture("success_full.json")), now());
    assert!(outcome.unwrap().authenticated().is_ok());
}

#[test]
fn encodes_every_character() {
    let odd = "1\"2\\3\né";
    let challenge = challenge!("email_verification_required", EmailVerification);
    let exchanging = challenge
        .answer(&Scenario::confidential().client, odd)
        .unwrap();
    assert_eq!(body(&exchanging.request())["code"], odd);
}
