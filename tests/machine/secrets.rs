//! Every secret is filled with a marker, everything that can be reached is shown, and the marker is searched for.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use serde_json::json;
use workos_login::{
    ApiKey, Authenticated, AwaitingCallback, Callback, Client, Confidential, Exchange, Exchanging,
    Outcome, SendError, TransportError,
};

use crate::fixtures;
use crate::scenario::{
    CLIENT_ID, CODE_VERIFIER, OTHER_ORGANIZATION, REDIRECT_URI, STATE, Scenario, edited, jwt, now,
    organization, response, stored,
};

/// Looks for a marker in everything that is shown to it, and counts how much that was.
pub(crate) struct Watch {
    pub(crate) marker: String,
    pub(crate) shown: usize,
}

impl Watch {
    pub(crate) fn text(&mut self, text: &str) {
        self.shown += 1;
        assert!(!text.is_empty());
        assert!(!text.contains(&self.marker), "{text}");
    }

    pub(crate) fn debug(&mut self, value: &impl Debug) {
        self.text(&format!("{value:?}"));
        self.text(&format!("{value:#?}"));
    }

    pub(crate) fn error(&mut self, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.text(&format!("{error}"));
            self.text(&format!("{error:#}"));
            self.text(&format!("{error:?}"));
            self.text(&format!("{error:#?}"));
            next = error.source();
        }
    }

    /// What `unwrap` and `expect` would print.
    pub(crate) fn panic<E: Debug>(&mut self, result: Result<(), E>) {
        let panic = catch_unwind(AssertUnwindSafe(|| result.unwrap()));
        self.text(panic.unwrap_err().downcast_ref::<String>().unwrap());
    }
}

/// The client whose key is the marker.
pub(crate) fn client(marker: &str) -> Client<Confidential> {
    let key: ApiKey = format!("sk_{marker}").parse().unwrap();
    Client::confidential(CLIENT_ID.parse().unwrap(), key)
}

/// A login whose verifier and state are the marker.
fn pending(marker: &str) -> AwaitingCallback {
    let form = stored(&Scenario::public().to_awaiting_callback())
        .replace(STATE, &state(marker))
        .replace(CODE_VERIFIER, &state(marker));
    serde_json::from_str(&form).unwrap()
}

/// The marker, made long enough for a state and a verifier.
fn state(marker: &str) -> String {
    format!("{marker}{}", "0".repeat(43))
}

fn exchanging(marker: &str) -> Exchanging {
    let real = format!("/callback?code={marker}&state={}", state(marker));
    pending(marker)
        .accept(&client(marker), Callback::parse(&real).unwrap(), now())
        .unwrap()
}

/// A success in which every token is the marker.
fn success(marker: &str) -> String {
    edited("success_full.json", |body| {
        body["access_token"] = json!(format!(
            "{}{marker}",
            jwt(r#"{"iat":0,"exp":300,"sid":"session_1"}"#)
        ));
        body["refresh_token"] = json!(marker);
        body["oauth_tokens"]["access_token"] = json!(marker);
        body["oauth_tokens"]["refresh_token"] = json!(marker);
        body["authkit_authorization_code"] = json!(marker);
        body["new"] = json!(marker);
    })
}

fn session(marker: &str) -> Authenticated {
    let outcome = exchanging(marker).response(response(200, success(marker)), now());
    outcome.unwrap().authenticated().unwrap()
}

/// Answers that are refused, each with the marker wherever the service could put one.
pub(crate) fn refused_answers(marker: &str) -> Vec<(u16, String)> {
    let mut answers = vec![
        (200, marker.to_owned()),
        (200, format!("\"{marker}\"")),
        (
            200,
            format!("{{\"access_token\":\"{marker}\",\"refresh_token\":\"{marker}\"}}"),
        ),
        (
            200,
            format!("{{\"user\":\"{marker}\",\"access_token\":\"{marker}\"}}"),
        ),
        (
            200,
            success(marker).replacen('{', &format!("{{\"organization_id\":[\"{marker}\"],"), 1),
        ),
        (302, marker.to_owned()),
        (404, marker.to_owned()),
        (503, marker.to_owned()),
    ];
    for code in [
        "invalid_grant",
        "invalid_client",
        "sign_up_not_allowed",
        "never_heard_of",
        "too_many_requests",
    ] {
        answers.push((
            400,
            json!({ "error": code, "error_description": marker, "x": marker }).to_string(),
        ));
        answers.push((
            400,
            json!({ "code": code, "message": marker, "x": marker }).to_string(),
        ));
    }
    answers
}

/// A transport error as an HTTP client makes it.
#[derive(Debug)]
pub(crate) struct Broken;

impl Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection reset")
    }
}

impl Error for Broken {}

/// What the answer that asks for a challenge can hold, and nobody else may read.
pub(crate) const SECRETS_OF_A_STEP: [&str; 4] = [
    "email_completion_token",
    "error_description",
    "message",
    "pending_authentication_token",
];

/// Shows everything that a login can come across, with the marker in every secret of it.
fn show_all(watch: &mut Watch) {
    let marker = watch.marker.clone();
    let marker = marker.as_str();
    let client = client(marker);

    // Before the browser.
    watch.debug(&client);
    watch.debug(&format!("sk_{marker}").parse::<ApiKey>().unwrap());
    let mistaken = format!("sk_{marker}")
        .parse::<workos_login::ClientId>()
        .unwrap_err();
    watch.error(&mistaken);
    watch.error(&format!("sk {marker}").parse::<ApiKey>().unwrap_err());
    watch.error(&format!("client_{marker}").parse::<ApiKey>().unwrap_err());
    let start = client
        .login(
            workos_login::ConnectionSelector::AuthKit(workos_login::Screen::Default),
            REDIRECT_URI.parse().unwrap(),
        )
        .invitation_token(marker)
        .password_reset_token(marker)
        .claim_nonce(marker)
        .app_state(marker)
        .unwrap();
    watch.debug(&start);
    watch.error(&start.parameter("client_secret", marker).unwrap_err());
    watch.debug(&pending(marker));

    // The callback, and every refusal of it.
    let code = |state: &str| {
        Callback::parse(&format!(
            "/callback?code={marker}&state={state}&iss={marker}"
        ))
        .unwrap()
    };
    let denied = |state: &str| {
        format!("/callback?error=access_denied&error_description={marker}&state={state}")
    };
    watch.debug(&code(&state(marker)));
    watch.debug(&Callback::parse(&denied(marker)).unwrap());
    for malformed in ["", "&code=y&code=z", "&code=y&error=z"] {
        watch.error(&Callback::parse(&format!("/{marker}?state={marker}{malformed}")).unwrap_err());
    }
    let other = Client::public("client_other".parse().unwrap());
    for refused in [
        pending(marker).accept(&client, code(marker), now()),
        pending(marker).accept(&other, code(&state(marker)), now()),
        pending(marker).accept(
            &client,
            code(&state(marker)),
            now() + crate::scenario::secs(600),
        ),
        pending(marker).accept(
            &client,
            Callback::parse(&denied(&state(marker))).unwrap(),
            now(),
        ),
        pending(marker).accept(
            &client,
            Callback::parse(&format!("x:{}", denied(&state(marker)))).unwrap(),
            now(),
        ),
    ] {
        let refused = refused.unwrap_err();
        watch.error(&refused);
        watch.error(refused.error());
        watch.panic(Err(refused));
    }

    // The exchange, and every refusal of it.
    watch.debug(&exchanging(marker));
    for (status, body) in refused_answers(marker) {
        let refused = exchanging(marker)
            .response(response(status, body), now())
            .unwrap_err();
        watch.error(&refused);
        watch.error(refused.error());
        let sent = SendError::<_, Broken>::from(refused);
        watch.error(&sent);
        watch.panic(Err(sent));
    }
    let lost = SendError::transport(exchanging(marker), Broken);
    watch.error(&lost);
    let SendError::Transport(lost) = lost else {
        unreachable!()
    };
    let lost: TransportError<_, _> = *lost;
    watch.debug(&lost);

    // A challenge that is asked for.
    let challenge = json!({
        "code": "never_heard_of",
        "message": marker,
        "pending_authentication_token": marker,
        "x": marker,
    });
    let outcome = exchanging(marker)
        .response(response(403, challenge.to_string()), now())
        .unwrap();
    watch.debug(&outcome);
    let Outcome::AuthenticationChallenge(step_up) = outcome else {
        panic!()
    };
    watch.debug(&step_up);
    watch.error(
        &Outcome::AuthenticationChallenge(step_up)
            .authenticated()
            .unwrap_err(),
    );

    for (name, _) in fixtures::responses("step_up_") {
        let body = edited(name, |body| {
            for secret in SECRETS_OF_A_STEP {
                body[secret] = json!(marker);
            }
        });
        let outcome = exchanging(marker).response(response(403, body), now());
        let Outcome::AuthenticationChallenge(step_up) = outcome.unwrap() else {
            panic!("{name}")
        };
        watch.debug(&step_up);
        watch.error(
            &Outcome::AuthenticationChallenge(step_up)
                .authenticated()
                .unwrap_err(),
        );
    }

    // The session, its refresh, and every refusal of it.
    let outcome = exchanging(marker)
        .response(response(200, success(marker)), now())
        .unwrap();
    watch.debug(&outcome);
    watch.debug(&session(marker));
    watch.debug(&session(marker).provider_tokens().unwrap());
    watch.debug(&session(marker).access_token());
    watch.panic(Err(session(marker)));
    let refused = session(marker).refresh(&other).unwrap_err();
    watch.error(&refused);
    let refreshing = || session(marker).refresh(&client).unwrap();
    watch.debug(&refreshing());
    watch.debug(
        &session(marker)
            .switch_organization(&client, &organization(OTHER_ORGANIZATION))
            .unwrap(),
    );
    for (status, body) in refused_answers(marker) {
        let refused = refreshing()
            .response(response(status, body), now())
            .unwrap_err();
        watch.error(&refused);
        watch.error(refused.error());
        watch.panic(Err(refused));
    }
    let refused = refreshing()
        .response(response(403, challenge.to_string()), now())
        .unwrap_err();
    watch.error(&refused);
    let elsewhere = success(marker).replace("org_01KVAT1B7BJM4R31T4Y7ZGRV9B", "org_elsewhere");
    let refused = refreshing()
        .response(response(200, elsewhere), now())
        .unwrap_err();
    watch.error(&refused);
    watch.error(&SendError::transport(refreshing(), Broken));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn c55_c62_m9_m16_shows_no_secret(marker in "[A-Za-z0-9]{20,40}") {
        let mut watch = Watch { marker, shown: 0 };
        show_all(&mut watch);
        prop_assert!(watch.shown > 300, "only {} texts", watch.shown);
    }
}

#[test]
#[should_panic(expected = "fixture-secret")]
fn finds_a_marker_that_is_shown() {
    let mut watch = Watch {
        marker: "fixture-secret".to_owned(),
        shown: 0,
    };
    watch.debug(&"a fixture-secret in the open");
}

#[test]
fn the_markers_are_the_secrets() {
    let marker = "fixtureMarkerOfTheSecrets";
    let request = exchanging(marker).request();
    let sent = String::from_utf8(request.into_body()).unwrap();
    assert_eq!(
        sent.matches(marker).count(),
        3,
        "key, code and verifier: {sent}"
    );
    let session = stored(&session(marker));
    assert_eq!(session.matches(marker).count(), 5, "five tokens: {session}");
    let pending = stored(&pending(marker));
    assert_eq!(
        pending.matches(marker).count(),
        2,
        "state and verifier: {pending}"
    );
}
