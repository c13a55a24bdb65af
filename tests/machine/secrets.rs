//! No secret is shown. Each is a marker; every value and error of a login is formatted and searched for it.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::{
    ApiKey, Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Callback,
    Client, ClientId, Confidential, Exchange, Exchanging, Outcome, Refused, SendError,
    SmsVerification,
};

use crate::fixtures;
use crate::oauth::{self, ISSUER};
use crate::scenario::{
    CLIENT_ID, CODE_VERIFIER, NONCE, ORGANIZATION, OTHER_ORGANIZATION, STATE, Scenario,
    challenge_of, edited, jwt, now, organization, response, secs, stored,
};

/// Searches for a marker in every text that is shown, and counts the texts.
struct Watch {
    marker: String,
    shown: usize,
}

impl Watch {
    fn text(&mut self, text: &str) {
        self.shown += 1;
        assert!(!text.is_empty());
        assert!(!text.contains(&self.marker), "{text}");
    }

    fn debug(&mut self, value: &impl Debug) {
        self.text(&format!("{value:?}"));
        self.text(&format!("{value:#?}"));
    }

    fn error(&mut self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.text(&format!("{error}"));
            self.text(&format!("{error:#}"));
            self.debug(&error);
            next = error.source();
        }
    }

    /// The message of `unwrap` and `expect`.
    fn panic<E: Debug>(&mut self, result: Result<(), E>) {
        let panic = catch_unwind(AssertUnwindSafe(|| result.unwrap()));
        self.text(panic.unwrap_err().downcast_ref::<String>().unwrap());
    }

    fn refused<S: Debug + 'static>(&mut self, refused: Refused<S>) {
        self.error(&refused);
        self.error(refused.error());
        self.panic(Err(refused));
    }

    /// An exchange, its transport error, and its output or error for every response with the marker.
    fn exchange<E: Exchange + Debug + 'static>(
        &mut self,
        exchange: impl Fn() -> E,
        more: &[(u16, String)],
    ) where
        E::Output: Debug,
    {
        self.debug(&exchange());
        let lost = SendError::transport(exchange(), ConnectionReset);
        self.error(&lost);
        let SendError::Transport(lost) = lost else {
            unreachable!()
        };
        self.debug(&lost);
        for (status, body) in responses(&self.marker).iter().chain(more) {
            match exchange().response(response(*status, &**body), now()) {
                Ok(output) => self.debug(&output),
                Err(refused) => {
                    self.refused(refused);
                    let refused = exchange().response(response(*status, &**body), now());
                    self.error(&SendError::<_, ConnectionReset>::from(refused.unwrap_err()));
                }
            }
        }
    }
}

/// The transport error of an HTTP client.
#[derive(Debug)]
struct ConnectionReset;

impl Display for ConnectionReset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset")
    }
}

impl Error for ConnectionReset {}

/// A client whose API key is the marker.
fn client(marker: &str) -> Client<Confidential> {
    let key: ApiKey = format!("sk_{marker}").parse().unwrap();
    Client::confidential(CLIENT_ID.parse().unwrap(), key)
}

/// The marker, as long as a state and a code verifier.
fn long(marker: &str) -> String {
    format!("{marker}{}", "0".repeat(43))
}

/// A pending login whose code verifier and state are the marker.
fn pending(marker: &str) -> AwaitingCallback {
    let form = stored(&Scenario::public().to_awaiting_callback());
    let form = form
        .replace(STATE, &long(marker))
        .replace(CODE_VERIFIER, &long(marker));
    serde_json::from_str(&form).unwrap()
}

fn exchanging(marker: &str) -> Exchanging {
    let callback = Callback::parse(&format!("/callback?code={marker}&state={}", long(marker)));
    pending(marker)
        .accept(&client(marker), callback.unwrap(), now())
        .unwrap()
}

/// A success in which every token is the marker.
fn success(marker: &str) -> String {
    edited("success_full.json", |body| {
        let access_token = jwt(r#"{"iat":0,"exp":300,"sid":"session_1"}"#);
        body["access_token"] = json!(format!("{access_token}{marker}"));
        body["oauth_tokens"]["access_token"] = json!(marker);
        body["oauth_tokens"]["refresh_token"] = json!(marker);
        for member in ["refresh_token", "authkit_authorization_code", "new"] {
            body[member] = json!(marker);
        }
    })
}

fn session(marker: &str) -> Authenticated {
    let outcome = exchanging(marker).response(response(200, success(marker)), now());
    outcome.unwrap().authenticated().unwrap()
}

/// A success of an authorization server in which every token is the marker.
fn oauth_success(marker: &str, edit: impl FnOnce(&mut Value)) -> String {
    edited("connect_token.json", |body| {
        let claims = json!({
            "iss": ISSUER, "sub": "user_1", "aud": CLIENT_ID, "nonce": NONCE, "iat": 0, "exp": 4_102_444_800_u64,
        });
        body["access_token"] = json!(marker);
        body["refresh_token"] = json!(marker);
        body["id_token"] = json!(format!("{}{marker}", jwt(&claims.to_string())));
        edit(body);
    })
}

fn device(marker: &str) -> AwaitingDevice {
    let body = edited("device_authorization.json", |body| {
        body["device_code"] = json!(marker);
        body["new"] = json!(marker);
    });
    Scenario::of(client(marker)).to_awaiting_device_from(&body)
}

/// A challenge fixture in which every secret is the marker.
fn challenge_body(file: &str, marker: &str) -> String {
    edited(file, |body| {
        for member in [
            "email_completion_token",
            "error_description",
            "message",
            "pending_authentication_token",
        ] {
            body[member] = json!(marker);
        }
    })
}

fn challenge(file: &str, marker: &str) -> AuthenticationChallenge {
    challenge_of(exchanging(marker).response(response(403, challenge_body(file, marker)), now()))
}

/// Responses with the marker in every member that can hold one.
fn responses(marker: &str) -> Vec<(u16, String)> {
    let duplicated = format!("{{\"organization_id\":[\"{marker}\"],");
    let mut responses = vec![
        (200, marker.to_owned()),
        (200, format!("\"{marker}\"")),
        (200, json!({ "access_token": marker, "refresh_token": marker }).to_string()),
        (200, json!({ "user": marker, "access_token": marker }).to_string()),
        (200, success(marker).replacen('{', &duplicated, 1)),
        (200, success(marker).replace(ORGANIZATION, "org_elsewhere")),
        (302, marker.to_owned()),
        (404, marker.to_owned()),
        (503, marker.to_owned()),
        (403, json!({ "code": "never_heard_of", "pending_authentication_token": marker, "x": marker }).to_string()),
    ];
    for code in [
        "access_denied",
        "authorization_pending",
        "expired_token",
        "invalid_client",
        "invalid_grant",
        "invalid_one_time_code",
        "never_heard_of",
        "sign_up_not_allowed",
        "slow_down",
        "too_many_requests",
    ] {
        responses.push((
            400,
            json!({ "error": code, "error_description": marker, "x": marker }).to_string(),
        ));
        responses.push((
            400,
            json!({ "code": code, "message": marker, "x": marker }).to_string(),
        ));
    }
    responses
}

fn show_login(watch: &mut Watch, marker: &str) {
    let client = client(marker);
    watch.debug(&client);
    watch.debug(&format!("sk_{marker}").parse::<ApiKey>().unwrap());
    watch.error(&format!("sk_{marker}").parse::<ClientId>().unwrap_err());
    watch.error(&format!("sk {marker}").parse::<ApiKey>().unwrap_err());
    watch.error(&format!("client_{marker}").parse::<ApiKey>().unwrap_err());
    let scenario = Scenario::of(client.clone());
    let start = scenario
        .to_start()
        .invitation_token(marker)
        .password_reset_token(marker)
        .claim_nonce(marker);
    let start = start.app_state(marker).unwrap();
    watch.debug(&start);
    watch.error(&start.parameter("client_secret", marker).unwrap_err());
    watch.debug(&pending(marker));

    let parse = |uri: &str| Callback::parse(uri).unwrap();
    let code = |state: &str| {
        parse(&format!(
            "/callback?code={marker}&state={state}&iss={marker}"
        ))
    };
    let denied = |start: &str| {
        parse(&format!(
            "{start}/callback?error=access_denied&error_description={marker}&state={}",
            long(marker)
        ))
    };
    watch.debug(&code(&long(marker)));
    watch.debug(&denied(""));
    for malformed in ["", "&code=y&code=z", "&code=y&error=z"] {
        watch.error(&Callback::parse(&format!("/{marker}?state={marker}{malformed}")).unwrap_err());
    }
    let other = Client::public("client_other".parse().unwrap());
    for refused in [
        pending(marker).accept(&client, code(marker), now()),
        pending(marker).accept(&other, code(&long(marker)), now()),
        pending(marker).accept(&client, code(&long(marker)), now() + secs(600)),
        pending(marker).accept(&client, denied(""), now()),
        pending(marker).accept(&client, denied("x:"), now()),
    ] {
        watch.refused(refused.unwrap_err());
    }

    watch.exchange(|| exchanging(marker), &[(200, success(marker))]);
    watch.debug(&session(marker));
    watch.debug(&session(marker).provider_tokens().unwrap());
    watch.debug(&session(marker).access_token());
    watch.panic(Err(session(marker)));
    watch.error(&session(marker).refresh(&other).unwrap_err());
    watch.exchange(
        || session(marker).refresh(&client).unwrap(),
        &[(200, success(marker))],
    );
    let to = organization(OTHER_ORGANIZATION);
    watch.exchange(
        || session(marker).switch_organization(&client, &to).unwrap(),
        &[],
    );
}

fn show_challenges(watch: &mut Watch, marker: &str) {
    let client = client(marker);
    for (file, _) in fixtures::responses("step_up_") {
        let challenge = challenge(file, marker);
        watch.debug(&challenge);
        watch.error(
            &Outcome::AuthenticationChallenge(challenge.clone().into())
                .authenticated()
                .unwrap_err(),
        );
        let exchanging = match &challenge {
            AuthenticationChallenge::EmailVerification(challenge) => {
                challenge.answer(&client, marker).unwrap()
            }
            AuthenticationChallenge::Totp(challenge) => challenge
                .answer(&client, "auth_challenge_1", marker)
                .unwrap(),
            AuthenticationChallenge::MfaEnrollment(challenge) => challenge
                .answer(&client, "auth_challenge_1", marker)
                .unwrap(),
            AuthenticationChallenge::OrganizationSelection(challenge) => {
                challenge.select(&client, &organization("org_1")).unwrap()
            }
            AuthenticationChallenge::RadarEmail(challenge) => {
                challenge.answer(&client, marker).unwrap()
            }
            AuthenticationChallenge::RadarSms(challenge) => {
                let sms = SmsVerification::new("radar_verification_1", "+15555550142");
                challenge.answer(&client, marker, Some(sms)).unwrap()
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
        let incorrect = json!({ "code": "invalid_one_time_code", "message": marker });
        let refused = exchanging.response(response(400, incorrect.to_string()), now());
        watch.refused(refused.unwrap_err());
    }
}

fn show_device(watch: &mut Watch, marker: &str) {
    let client = client(marker);
    let invalid = edited("device_authorization.json", |body| {
        body["device_code"] = json!(marker);
        body["user_code"] = json!([marker]);
    });
    watch.exchange(|| client.device(), &[(200, invalid)]);
    watch.debug(&device(marker));
    let polling = || device(marker).poll(&client, now()).unwrap();
    watch.exchange(polling, &[]);
    watch.debug(&polling().into_awaiting(now()));
    watch.refused(device(marker).poll(&client, now() + secs(300)).unwrap_err());
    watch.refused(device(marker).poll(&oauth::client(), now()).unwrap_err());
}

fn show_oauth(watch: &mut Watch, marker: &str) {
    let client = oauth::client();
    let session = || oauth::session_from(&oauth_success(marker, |_| {}));
    watch.debug(&client);
    watch.debug(&session());
    watch.debug(&session().id_token());
    watch.panic(Err(session()));
    let id_token = |claims: Value| {
        (
            200,
            oauth_success(marker, |body| {
                body["id_token"] = json!(jwt(&claims.to_string()))
            }),
        )
    };
    let responses = [
        id_token(json!({ "iss": marker, "sub": "user_1", "aud": CLIENT_ID })),
        id_token(json!({ "iss": ISSUER, "sub": "user_1", "aud": marker })),
        id_token(json!({ "iss": ISSUER, "sub": marker, "aud": CLIENT_ID })),
        id_token(json!({ "iss": ISSUER, "sub": [marker], "aud": CLIENT_ID })),
        (
            200,
            oauth_success(marker, |body| body["id_token"] = json!(marker)),
        ),
        (
            200,
            oauth_success(marker, |body| body["token_type"] = json!(marker)),
        ),
    ];
    watch.exchange(oauth::exchanging, &[]);
    watch.exchange(|| session().refresh(&client).unwrap(), &responses);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn c55_c62_m9_m16_shows_no_secret(marker in "[A-Za-z0-9]{20,40}") {
        for show in [show_login, show_challenges, show_device, show_oauth] {
            let mut watch = Watch { marker: marker.clone(), shown: 0 };
            show(&mut watch, &marker);
            prop_assert!(watch.shown > 100, "only {} texts", watch.shown);
        }
    }
}

#[test]
#[should_panic(expected = "fixture-secret")]
fn finds_a_marker_that_is_shown() {
    let marker = "fixture-secret".to_owned();
    Watch { marker, shown: 0 }.debug(&"a fixture-secret that is shown");
}

#[test]
fn the_markers_are_the_secrets() {
    let marker = "fixtureMarkerOfTheSecrets";
    let count = |text: &str| text.matches(marker).count();
    let sent = exchanging(marker).request().into_body();
    assert_eq!(
        count(&String::from_utf8(sent).unwrap()),
        3,
        "API key, code and code verifier"
    );
    assert_eq!(
        count(&stored(&pending(marker))),
        2,
        "state and code verifier"
    );
    assert_eq!(count(&stored(&session(marker))), 5, "five tokens");
    assert_eq!(count(&stored(&device(marker))), 1, "the device code");
    let session = oauth::session_from(&oauth_success(marker, |_| {}));
    assert_eq!(count(&stored(&session)), 3, "three tokens");
    for (file, expected) in [
        ("step_up_email_verification_required.json", 1),
        ("step_up_email_completion_required.json", 2),
        ("step_up_unknown_future.json", 5),
    ] {
        assert_eq!(count(&stored(&challenge(file, marker))), expected, "{file}");
    }
}
