//! The secrets of a device login, of a challenge and of standard OAuth: a marker in each, and everything shown.

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingDevice, DevicePoll, Exchange, Outcome,
    SendError, SmsVerification,
};

use crate::fixtures;
use crate::oauth::{self, ISSUER};
use crate::scenario::{
    CLIENT_ID, NONCE, Scenario, edited, jwt, now, organization, response, secs, stored,
};
use crate::secrets::{Broken, SECRETS_OF_A_STEP, Watch, client, refused_answers};

fn device_start(marker: &str) -> String {
    edited("device_authorization.json", |body| {
        body["device_code"] = json!(marker);
        body["new"] = json!(marker);
    })
}

fn device(marker: &str) -> AwaitingDevice {
    Scenario::of(client(marker)).to_awaiting_device_from(&device_start(marker))
}

fn show_device(watch: &mut Watch) {
    let marker = watch.marker.clone();
    let marker = marker.as_str();
    let client = client(marker);
    watch.debug(&client.device());
    watch.debug(&device(marker));
    let damaged = edited("device_authorization.json", |body| {
        body["device_code"] = json!(marker);
        body["user_code"] = json!([marker]);
    });
    let mut refused = refused_answers(marker);
    refused.push((200, damaged));
    for (status, body) in refused {
        let refused = client
            .device()
            .response(response(status, body), now())
            .unwrap_err();
        watch.error(&refused);
        watch.error(refused.error());
        watch.panic(Err(refused));
    }

    let polling = || device(marker).poll(&client, now()).unwrap();
    watch.debug(&polling());
    watch.debug(&polling().into_awaiting(now()));
    watch.error(&SendError::transport(polling(), Broken));
    for refused in [
        device(marker).poll(&client, now() + secs(300)),
        device(marker).poll(&oauth::client(), now()),
    ] {
        let refused = refused.unwrap_err();
        watch.error(&refused);
        watch.panic(Err(refused));
    }
    for (status, body) in refused_answers(marker) {
        let refused = polling()
            .response(response(status, body), now())
            .unwrap_err();
        watch.error(&refused);
        watch.error(refused.error());
        watch.panic(Err(refused));
    }
    for code in [
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
    ] {
        let body = json!({ "error": code, "error_description": marker, "x": marker });
        match polling().response(response(400, body.to_string()), now()) {
            Ok(poll) => watch.debug(&poll),
            Err(refused) => watch.error(&refused),
        }
    }
}

/// A challenge in which every secret is the marker.
fn challenge(name: &str, marker: &str) -> AuthenticationChallenge {
    let body = edited(name, |body| {
        for secret in SECRETS_OF_A_STEP {
            body[secret] = json!(marker);
        }
    });
    let polling = Scenario::public().to_polling();
    match polling.response(response(403, body), now()) {
        Ok(DevicePoll::Done(Outcome::AuthenticationChallenge(challenge))) => *challenge,
        other => panic!("{other:?}"),
    }
}

fn show_steps(watch: &mut Watch) {
    let marker = watch.marker.clone();
    let marker = marker.as_str();
    let client = client(marker);
    for (name, _) in fixtures::responses("step_up_") {
        let challenge = challenge(name, marker);
        watch.debug(&challenge);
        let exchanging = match &challenge {
            AuthenticationChallenge::EmailVerification(challenge) => {
                watch.debug(challenge);
                challenge.answer(&client, marker)
            }
            AuthenticationChallenge::Totp(challenge) => {
                challenge.answer(&client, "auth_challenge_1", marker)
            }
            AuthenticationChallenge::MfaEnrollment(challenge) => {
                challenge.answer(&client, "auth_challenge_1", marker)
            }
            AuthenticationChallenge::OrganizationSelection(challenge) => {
                challenge.select(&client, &organization("org_1"))
            }
            AuthenticationChallenge::RadarEmail(challenge) => challenge.answer(&client, marker),
            AuthenticationChallenge::RadarSms(challenge) => {
                let sms = SmsVerification::new("radar_verification_1", "+15555550142");
                challenge.answer(&client, marker, Some(sms))
            }
            AuthenticationChallenge::EmailCompletion(challenge) => {
                watch.debug(challenge);
                watch.debug(&challenge.email_completion_token());
                continue;
            }
            AuthenticationChallenge::Unknown(challenge) => {
                watch.debug(challenge);
                watch.debug(&challenge.body());
                continue;
            }
            _ => continue,
        };
        watch.debug(&exchanging);
        let mistyped = json!({ "code": "invalid_one_time_code", "message": marker });
        let refused = exchanging.response(response(400, mistyped.to_string()), now());
        watch.error(&refused.unwrap_err());
    }
}

/// A session of a standard OAuth server in which every token is the marker.
fn session(marker: &str) -> Authenticated {
    oauth::session_from(&tokens(marker, |_| {}))
}

fn tokens(marker: &str, edit: impl FnOnce(&mut Value)) -> String {
    let claims = json!({ "iss": ISSUER, "sub": "user_1", "aud": CLIENT_ID, "nonce": NONCE });
    edited("connect_token.json", |body| {
        body["access_token"] = json!(marker);
        body["refresh_token"] = json!(marker);
        body["id_token"] = json!(format!("{}{marker}", jwt(&claims.to_string())));
        edit(body);
    })
}

fn show_standard(watch: &mut Watch) {
    let marker = watch.marker.clone();
    let marker = marker.as_str();
    let client = oauth::client();
    watch.debug(&client);
    watch.debug(&session(marker));
    watch.debug(&session(marker).id_token());
    watch.panic(Err(session(marker)));
    let refreshing = || session(marker).refresh(&client).unwrap();
    watch.debug(&refreshing());
    let mut refused = refused_answers(marker);
    for claims in [
        json!({ "iss": marker, "sub": "user_1", "aud": CLIENT_ID }),
        json!({ "iss": ISSUER, "sub": "user_1", "aud": marker }),
        json!({ "iss": ISSUER, "sub": marker, "aud": CLIENT_ID }),
        json!({ "iss": ISSUER, "sub": [marker], "aud": CLIENT_ID }),
    ] {
        let id_token = jwt(&claims.to_string());
        let body = tokens(marker, |body| body["id_token"] = json!(id_token));
        refused.push((200, body));
    }
    refused.push((200, tokens(marker, |body| body["id_token"] = json!(marker))));
    refused.push((
        200,
        tokens(marker, |body| body["token_type"] = json!(marker)),
    ));
    for (status, body) in refused {
        // An answer of User Management can be one of a standard server, which needs less.
        match refreshing().response(response(status, body), now()) {
            Ok(session) => watch.debug(&session),
            Err(refused) => {
                watch.error(&refused);
                watch.error(refused.error());
                watch.panic(Err(refused));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_of_a_device_a_step_or_a_token_is_ever_shown(marker in "[A-Za-z0-9]{20,40}") {
        let mut watch = Watch { marker, shown: 0 };
        show_device(&mut watch);
        show_steps(&mut watch);
        show_standard(&mut watch);
        prop_assert!(watch.shown > 300, "only {} texts", watch.shown);
    }
}

#[test]
fn the_markers_are_the_secrets() {
    let marker = "fixtureMarkerOfTheSecrets";
    let count = |form: &str| form.matches(marker).count();
    assert_eq!(count(&stored(&device(marker))), 1, "the device code");
    assert_eq!(count(&stored(&session(marker))), 3, "three tokens");
    for (name, expected) in [
        ("step_up_email_verification_required.json", 1),
        ("step_up_email_completion_required.json", 2),
        ("step_up_unknown_future.json", 5),
    ] {
        assert_eq!(count(&stored(&challenge(name, marker))), expected, "{name}");
    }
}
