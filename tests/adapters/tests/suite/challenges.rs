//! A login with authentication challenges: each challenge is a state, and its answer continues the login.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::url::Url;
use workos_login::{
    AuthenticationChallenge, Client, Confidential, Error, Exchanging, Public, SmsVerification,
    Start,
};
use workos_login_mock_server::{Challenge, Config, Endpoint, Fault, Organization, Server, User};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, BOB, approved, authenticated, challenged, confidential, exchanging_as, login, public,
    redirect_uri, refused, start, start_with_challenges, stored,
};

fn answers_an_email_verification_challenge<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::EmailVerification, |_, challenge| {
        let AuthenticationChallenge::EmailVerification(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        assert_eq!(challenge.email(), Some(ALICE));
        let id = challenge.email_verification_id().unwrap();
        assert!(id.starts_with("email_verification_"), "{id}");
        move |client, code| challenge.answer(client, code).unwrap()
    });
}

fn answers_the_mfa_challenge_of_the_response<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::MfaChallenge, |_, challenge| {
        let AuthenticationChallenge::Totp(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        assert_eq!(challenge.factor_ids().count(), 0);
        let mfa_challenge = challenge.challenge_id().unwrap().to_owned();
        move |client, code| challenge.answer(client, &mfa_challenge, code).unwrap()
    });
}

fn answers_an_mfa_challenge_created_for_a_factor<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::MfaFactors, |server, challenge| {
        let AuthenticationChallenge::Totp(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        assert_eq!(challenge.challenge_id(), None);
        assert_eq!(challenge.user().unwrap().id(), User::ALICE_ID);
        let factor = challenge.factor_ids().next().unwrap();
        let mfa_challenge = post_to_management_api(
            server,
            &format!("/auth/factors/{factor}/challenge"),
            &json!({}),
        );
        move |client, code| {
            challenge
                .answer(client, text(&mfa_challenge["id"]), code)
                .unwrap()
        }
    });
}

fn enrolls_a_second_factor<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::MfaEnrollment, |server, challenge| {
        let AuthenticationChallenge::MfaEnrollment(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        let user = challenge.user().unwrap().id();
        let path = format!("/user_management/users/{user}/auth_factors");
        let enrolled = post_to_management_api(server, &path, &json!({"type": "totp"}));
        move |client, code| {
            let mfa_challenge = &enrolled["authentication_challenge"]["id"];
            challenge.answer(client, text(mfa_challenge), code).unwrap()
        }
    });
}

fn answers_a_radar_email_challenge<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::RadarEmail, |_, challenge| {
        let AuthenticationChallenge::RadarEmail(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        assert_eq!(challenge.user().unwrap().id(), User::ALICE_ID);
        let id = challenge.radar_challenge_id().unwrap();
        assert!(id.starts_with("radar_challenge_"), "{id}");
        move |client, code| challenge.answer(client, code).unwrap()
    });
}

fn answers_a_radar_sms_challenge<A: Adapter>() {
    answers_with_a_code::<A, _>(Challenge::RadarSms, |server, challenge| {
        let AuthenticationChallenge::RadarSms(challenge) = challenge else {
            panic!("{challenge:?}")
        };
        let message = json!({
            "user_id": challenge.user().unwrap().id(),
            "phone_number": "+15555550142",
            "pending_authentication_token": challenge.pending_authentication_token().unwrap().expose_secret(),
        });
        let sent = post_to_management_api(server, "/user_management/radar_challenges", &message);
        move |client, code| {
            let verification =
                SmsVerification::new(text(&sent["verification_id"]), text(&sent["phone_number"]));
            challenge.answer(client, code, Some(verification)).unwrap()
        }
    });
}

/// Logs Alice in with a challenge. An incorrect code can be corrected, and the correct one can be used once.
fn answers_with_a_code<A: Adapter, F>(
    kind: Challenge,
    prepare: impl FnOnce(&Server, AuthenticationChallenge) -> F,
) where
    F: Fn(&Client<Confidential>, &str) -> Exchanging,
{
    let (server, adapter) = (start_with_challenges([kind]), A::new());
    let client = confidential(&server);
    let exchanging = exchanging_as(&server, &client, login(&client), ALICE);
    let challenge = stored(&challenged(adapter.send(exchanging)));
    let answer = prepare(&server, challenge);
    server.clear_requests();
    for wrong in ["000000", "12345"] {
        let (_, error) = refused(adapter.send(answer(&client, wrong)));
        assert!(is_incorrect_code(&error), "{error:?}");
    }
    let session = authenticated(adapter.send(answer(&client, Challenge::ONE_TIME_CODE)));
    assert_eq!(session.user().unwrap().email(), Some(ALICE));
    let (_, error) = refused(adapter.send(answer(&client, Challenge::ONE_TIME_CODE)));
    assert!(matches!(error, Error::InvalidGrant(_)), "{error:?}");
    assert_eq!(server.request_count(), 4);
}

fn selects_an_organization<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = confidential(&server);
    let exchanging = exchanging_as(&server, &client, login(&client), BOB);
    let challenge = stored(&challenged(adapter.send(exchanging)));
    let AuthenticationChallenge::OrganizationSelection(challenge) = challenge else {
        panic!("{challenge:?}")
    };
    assert_eq!(challenge.user().unwrap().id(), User::BOB_ID);
    let listed: Vec<_> = challenge
        .organizations()
        .iter()
        .map(|organization| (organization.id().as_str(), organization.name()))
        .collect();
    assert_eq!(
        listed,
        [
            (Organization::ACME_ID, Some("Acme")),
            (Organization::GLOBEX_ID, Some("Globex"))
        ]
    );
    let nowhere = "org_01K1N0S0CHPLACE000000000A0".parse().unwrap();
    let (_, error) = refused(adapter.send(challenge.select(&client, &nowhere).unwrap()));
    let Error::Denied(answer) = error else {
        panic!("{error:?}")
    };
    assert_eq!(answer.code(), Some("organization_not_found"));
    let globex = challenge.organizations()[1].id();
    let session = authenticated(adapter.send(challenge.select(&client, globex).unwrap()));
    assert_eq!(session.organization_id(), Some(globex));
}

fn answers_one_challenge_after_another<A: Adapter>() {
    let (server, adapter) = (
        start_with_challenges([Challenge::EmailVerification, Challenge::MfaChallenge]),
        A::new(),
    );
    let client = confidential(&server);
    let exchanging = exchanging_as(&server, &client, login(&client), ALICE);
    let AuthenticationChallenge::EmailVerification(first) = challenged(adapter.send(exchanging))
    else {
        panic!("not an email verification challenge")
    };
    let second = challenged(adapter.send(first.answer(&client, Challenge::ONE_TIME_CODE).unwrap()));
    let AuthenticationChallenge::Totp(second) = second else {
        panic!("{second:?}")
    };
    let mfa_challenge = second.challenge_id().unwrap();
    authenticated(
        adapter.send(
            second
                .answer(&client, mfa_challenge, Challenge::ONE_TIME_CODE)
                .unwrap(),
        ),
    );
}

/// The challenge is unchanged, so it can be answered again.
fn answers_again_after_a_lost_response<A: Adapter>() {
    let (server, adapter) = (
        start_with_challenges([Challenge::EmailVerification]),
        A::new(),
    );
    let client = confidential(&server);
    let exchanging = exchanging_as(&server, &client, login(&client), ALICE);
    let AuthenticationChallenge::EmailVerification(challenge) =
        challenged(adapter.send(exchanging))
    else {
        panic!("another challenge")
    };
    for fault in [Fault::ResetBefore, Fault::Html502, Fault::status(429)] {
        server.inject(fault.on(Endpoint::AuthenticationChallenge));
        let error = adapter
            .send(challenge.answer(&client, Challenge::ONE_TIME_CODE).unwrap())
            .unwrap_err();
        assert!(error.retry_in(SystemTime::now()).is_some(), "{error:?}");
        assert_eq!(server.pending_faults(), 0);
    }
    authenticated(adapter.send(challenge.answer(&client, Challenge::ONE_TIME_CODE).unwrap()));
}

fn a_device_poll_returns_a_challenge<A: Adapter>() {
    let (server, adapter) = (
        start_with_challenges([Challenge::EmailVerification]),
        A::new(),
    );
    let client = confidential(&server);
    let device = adapter.send(client.device()).unwrap();
    server.approve_device(device.user_code(), ALICE).unwrap();
    let polling = device.poll(&client, SystemTime::now()).unwrap();
    let AuthenticationChallenge::EmailVerification(challenge) =
        challenged(approved(adapter.send(polling)))
    else {
        panic!("another challenge")
    };
    authenticated(adapter.send(challenge.answer(&client, Challenge::ONE_TIME_CODE).unwrap()));
}

/// A public client cannot answer a challenge. It begins another login, and the login page completes the challenge.
fn a_public_client_continues_with_another_login<A: Adapter>() {
    for kind in [
        Challenge::EmailVerification,
        Challenge::MfaChallenge,
        Challenge::MfaFactors,
        Challenge::MfaEnrollment,
        Challenge::RadarEmail,
        Challenge::RadarSms,
        Challenge::SsoRequired,
    ] {
        let (server, adapter) = (start_with_challenges([kind]), A::new());
        let client = public(server.base_url());
        let exchanging = exchanging_as(&server, &client, login(&client), ALICE);
        let challenge = stored(&challenged(adapter.send(exchanging)));
        server.configure(|config| config.users[0].challenges.clear());
        let parameters = parameters(challenge.login(&client, redirect_uri()));
        // This response does not name the user.
        let hint = (kind != Challenge::MfaChallenge).then_some(ALICE);
        assert_eq!(parameters.get("login_hint").map(|hint| &**hint), hint);
        let (name, value) = match &challenge {
            AuthenticationChallenge::Sso(challenge) => {
                ("connection_id", challenge.connection_ids()[0].as_str())
            }
            _ => ("provider", "authkit"),
        };
        assert_eq!(parameters[name], value, "{kind:?}");
        let next = challenge.login(&client, redirect_uri());
        let session = authenticated(adapter.send(exchanging_as(&server, &client, next, ALICE)));
        assert_eq!(session.user().unwrap().email(), Some(ALICE), "{kind:?}");
    }
}

fn a_public_client_selects_an_organization_with_another_login<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let exchanging = exchanging_as(&server, &client, login(&client), BOB);
    let AuthenticationChallenge::OrganizationSelection(challenge) =
        challenged(adapter.send(exchanging))
    else {
        panic!("another challenge")
    };
    for organization in challenge.organizations() {
        let next = challenge.login(&client, organization.id(), redirect_uri());
        let session = authenticated(adapter.send(exchanging_as(&server, &client, next, BOB)));
        assert_eq!(session.organization_id(), Some(organization.id()));
    }
}

fn is_incorrect_code(error: &Error) -> bool {
    let code = match error {
        Error::IncorrectCode(answer) => answer.code(),
        _ => None,
    };
    code == Some("invalid_one_time_code") && error.retry_in(SystemTime::now()).is_none()
}

fn parameters(login: Start<'_, Public>) -> HashMap<String, String> {
    let (url, _) = login.begin(SystemTime::now(), &mut rand::rng());
    Url::from(url).query_pairs().into_owned().collect()
}

/// Calls the management API, which is out of scope of the library. The application does this to answer the challenge.
fn post_to_management_api(server: &Server, path: &str, body: &Value) -> Value {
    let mut response = ureq::post(format!("{}{path}", server.base_url()))
        .header("authorization", format!("Bearer {}", Config::API_KEY))
        .header("content-type", "application/json")
        .send(body.to_string())
        .unwrap();
    serde_json::from_slice(&response.body_mut().read_to_vec().unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

on_every_adapter!(
    a_device_poll_returns_a_challenge,
    a_public_client_continues_with_another_login,
    a_public_client_selects_an_organization_with_another_login,
    answers_a_radar_email_challenge,
    answers_a_radar_sms_challenge,
    answers_an_mfa_challenge_created_for_a_factor,
    answers_the_mfa_challenge_of_the_response,
    enrolls_a_second_factor,
    answers_again_after_a_lost_response,
    answers_an_email_verification_challenge,
    selects_an_organization,
    answers_one_challenge_after_another,
);
