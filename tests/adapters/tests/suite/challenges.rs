//! A login that the service stops for one more step: the step comes as a state, and leads on.

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
    ALICE, BOB, authenticated, confidential, done, login, public, redirect_uri, refused,
    signing_in, start, start_behind, stopped, stored,
};

fn an_email_address_is_confirmed<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::EmailVerification, |_, step| {
        let AuthenticationChallenge::EmailVerification(step) = step else {
            panic!("{step:?}")
        };
        assert_eq!(step.email(), Some(ALICE));
        let id = step.email_verification_id().unwrap();
        assert!(id.starts_with("email_verification_"), "{id}");
        move |client, code| step.answer(client, code)
    });
}

fn a_second_factor_answers_the_challenge_that_came_with_the_step<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::MfaChallenge, |_, step| {
        let AuthenticationChallenge::Totp(step) = step else {
            panic!("{step:?}")
        };
        assert_eq!(step.factor_ids().count(), 0);
        let challenge = step.challenge_id().unwrap().to_owned();
        move |client, code| step.answer(client, &challenge, code)
    });
}

fn a_second_factor_answers_a_challenge_that_was_made_for_it<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::MfaFactors, |server, step| {
        let AuthenticationChallenge::Totp(step) = step else {
            panic!("{step:?}")
        };
        assert_eq!(step.challenge_id(), None);
        assert_eq!(step.user().unwrap().id(), User::ALICE_ID);
        let factor = step.factor_ids().next().unwrap();
        let challenge = manage(
            server,
            &format!("/auth/factors/{factor}/challenge"),
            &json!({}),
        );
        move |client, code| step.answer(client, text(&challenge["id"]), code)
    });
}

fn a_second_factor_is_set_up<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::MfaEnrollment, |server, step| {
        let AuthenticationChallenge::MfaEnrollment(step) = step else {
            panic!("{step:?}")
        };
        let user = step.user().unwrap().id();
        let path = format!("/user_management/users/{user}/auth_factors");
        let enrolled = manage(server, &path, &json!({"type": "totp"}));
        move |client, code| {
            let challenge = &enrolled["authentication_challenge"]["id"];
            step.answer(client, text(challenge), code)
        }
    });
}

fn a_radar_challenge_by_email_is_answered<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::RadarEmail, |_, step| {
        let AuthenticationChallenge::RadarEmail(step) = step else {
            panic!("{step:?}")
        };
        assert_eq!(step.user().unwrap().id(), User::ALICE_ID);
        let id = step.radar_challenge_id().unwrap();
        assert!(id.starts_with("radar_challenge_"), "{id}");
        move |client, code| step.answer(client, code)
    });
}

fn a_radar_challenge_by_sms_is_answered<A: Adapter>() {
    takes_a_code::<A, _>(Challenge::RadarSms, |server, step| {
        let AuthenticationChallenge::RadarSms(step) = step else {
            panic!("{step:?}")
        };
        let message = json!({
            "user_id": step.user().unwrap().id(),
            "phone_number": "+15555550142",
            "pending_authentication_token": step.pending_authentication_token().unwrap().expose_secret(),
        });
        let sent = manage(server, "/user_management/radar_challenges", &message);
        move |client, code| {
            let verification =
                SmsVerification::new(text(&sent["verification_id"]), text(&sent["phone_number"]));
            step.answer(client, code, Some(verification))
        }
    });
}

/// Logs Alice in behind a gate. A wrong code leaves the step as good as it was, the right one ends it.
fn takes_a_code<A: Adapter, F>(
    gate: Challenge,
    prepare: impl FnOnce(&Server, AuthenticationChallenge) -> F,
) where
    F: Fn(&Client<Confidential>, &str) -> Exchanging,
{
    let (server, adapter) = (start_behind([gate]), A::new());
    let client = confidential(&server);
    let exchanging = signing_in(&server, &client, login(&client), ALICE);
    let step = stored(&stopped(adapter.send(exchanging)));
    let answer = prepare(&server, step);
    server.clear_requests();
    for wrong in ["000000", "12345"] {
        let (_, error) = refused(adapter.send(answer(&client, wrong)));
        assert!(is_mistyped(&error), "{error:?}");
    }
    let session = authenticated(adapter.send(answer(&client, Challenge::ONE_TIME_CODE)));
    assert_eq!(session.user().email(), Some(ALICE));
    let (_, error) = refused(adapter.send(answer(&client, Challenge::ONE_TIME_CODE)));
    assert!(matches!(error, Error::InvalidGrant(_)), "{error:?}");
    assert_eq!(server.request_count(), 4);
}

fn an_organization_is_selected<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = confidential(&server);
    let exchanging = signing_in(&server, &client, login(&client), BOB);
    let step = stored(&stopped(adapter.send(exchanging)));
    let AuthenticationChallenge::OrganizationSelection(step) = step else {
        panic!("{step:?}")
    };
    assert_eq!(step.user().unwrap().id(), User::BOB_ID);
    let listed: Vec<_> = step
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
    let (_, error) = refused(adapter.send(step.select(&client, &nowhere)));
    let Error::Rejected(answer) = error else {
        panic!("{error:?}")
    };
    assert_eq!(answer.code(), Some("organization_not_found"));
    let globex = step.organizations()[1].id();
    let session = authenticated(adapter.send(step.select(&client, globex)));
    assert_eq!(session.organization_id(), Some(globex));
}

fn one_step_leads_to_the_next<A: Adapter>() {
    let (server, adapter) = (
        start_behind([Challenge::EmailVerification, Challenge::MfaChallenge]),
        A::new(),
    );
    let client = confidential(&server);
    let exchanging = signing_in(&server, &client, login(&client), ALICE);
    let AuthenticationChallenge::EmailVerification(first) = stopped(adapter.send(exchanging))
    else {
        panic!("not the first step")
    };
    let second = stopped(adapter.send(first.answer(&client, Challenge::ONE_TIME_CODE)));
    let AuthenticationChallenge::Totp(second) = second else {
        panic!("{second:?}")
    };
    let challenge = second.challenge_id().unwrap();
    authenticated(adapter.send(second.answer(&client, challenge, Challenge::ONE_TIME_CODE)));
}

/// The step stays as it was, so that the answer to it can be made again.
fn an_answer_to_a_step_that_is_lost_is_sent_again<A: Adapter>() {
    let (server, adapter) = (start_behind([Challenge::EmailVerification]), A::new());
    let client = confidential(&server);
    let exchanging = signing_in(&server, &client, login(&client), ALICE);
    let AuthenticationChallenge::EmailVerification(step) = stopped(adapter.send(exchanging)) else {
        panic!("another step")
    };
    for fault in [Fault::ResetBefore, Fault::Html502, Fault::status(429)] {
        server.inject(fault.on(Endpoint::AuthenticationChallenge));
        let error = adapter
            .send(step.answer(&client, Challenge::ONE_TIME_CODE))
            .unwrap_err();
        assert!(error.retry_in(SystemTime::now()).is_some(), "{error:?}");
        assert_eq!(server.pending_faults(), 0);
    }
    authenticated(adapter.send(step.answer(&client, Challenge::ONE_TIME_CODE)));
}

fn a_device_poll_is_stopped_by_a_step<A: Adapter>() {
    let (server, adapter) = (start_behind([Challenge::EmailVerification]), A::new());
    let client = confidential(&server);
    let device = adapter.send(client.device()).unwrap();
    server.approve_device(device.user_code(), ALICE).unwrap();
    let polling = device.poll(&client, SystemTime::now()).unwrap();
    let AuthenticationChallenge::EmailVerification(step) = stopped(done(adapter.send(polling)))
    else {
        panic!("another step")
    };
    authenticated(adapter.send(step.answer(&client, Challenge::ONE_TIME_CODE)));
}

/// For a client without a secret each step is the data of the next login, and the hosted page takes the step there.
fn a_public_client_goes_on_by_another_login<A: Adapter>() {
    for gate in [
        Challenge::EmailVerification,
        Challenge::MfaChallenge,
        Challenge::MfaFactors,
        Challenge::MfaEnrollment,
        Challenge::RadarEmail,
        Challenge::RadarSms,
        Challenge::SsoRequired,
    ] {
        let (server, adapter) = (start_behind([gate]), A::new());
        let client = public(server.base_url());
        let exchanging = signing_in(&server, &client, login(&client), ALICE);
        let step = stored(&stopped(adapter.send(exchanging)));
        server.configure(|config| config.users[0].challenges.clear());
        let parameters = parameters(step.login(&client, redirect_uri()));
        // A step with its challenge inside does not say whose it is.
        let hint = (gate != Challenge::MfaChallenge).then_some(ALICE);
        assert_eq!(parameters.get("login_hint").map(|hint| &**hint), hint);
        let (name, value) = match &step {
            AuthenticationChallenge::Sso(step) => {
                ("connection_id", step.connection_ids()[0].as_str())
            }
            _ => ("provider", "authkit"),
        };
        assert_eq!(parameters[name], value, "{gate:?}");
        let next = step.login(&client, redirect_uri());
        let session = authenticated(adapter.send(signing_in(&server, &client, next, ALICE)));
        assert_eq!(session.user().email(), Some(ALICE), "{gate:?}");
    }
}

fn a_public_client_selects_an_organization_by_another_login<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let exchanging = signing_in(&server, &client, login(&client), BOB);
    let AuthenticationChallenge::OrganizationSelection(step) = stopped(adapter.send(exchanging))
    else {
        panic!("another step")
    };
    for organization in step.organizations() {
        let next = step.login(&client, organization.id(), redirect_uri());
        let session = authenticated(adapter.send(signing_in(&server, &client, next, BOB)));
        assert_eq!(session.organization_id(), Some(organization.id()));
    }
}

fn is_mistyped(error: &Error) -> bool {
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

/// A call of the management API, which is not this crate's: whoever answers such a step makes it.
fn manage(server: &Server, path: &str, body: &Value) -> Value {
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
    a_device_poll_is_stopped_by_a_step,
    a_public_client_goes_on_by_another_login,
    a_public_client_selects_an_organization_by_another_login,
    a_radar_challenge_by_email_is_answered,
    a_radar_challenge_by_sms_is_answered,
    a_second_factor_answers_a_challenge_that_was_made_for_it,
    a_second_factor_answers_the_challenge_that_came_with_the_step,
    a_second_factor_is_set_up,
    an_answer_to_a_step_that_is_lost_is_sent_again,
    an_email_address_is_confirmed,
    an_organization_is_selected,
    one_step_leads_to_the_next,
);
