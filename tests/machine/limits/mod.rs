//! Every limit: one below, at and one above it.

mod nesting;
mod times;

use std::fmt::Debug;

use serde_json::{Value, json};
use workos_login::http::HeaderName;
use workos_login::limits::{
    MAX_CALLBACK_BYTES, MAX_CODE_BYTES, MAX_ID_BYTES, MAX_REDIRECT_URI_BYTES, MAX_REQUEST_ID_BYTES,
    MAX_RESPONSE_BYTES, MAX_STATE_BYTES, MAX_STORED_BYTES,
};
use workos_login::{
    ApiKey, Authenticated, AuthenticationChallenge, AwaitingCallback, Callback, ClientId,
    ConnectionId, Exchange, OrganizationId, OrganizationSelectionChallenge, Outcome, RedirectUri,
    SessionId,
};

use crate::exchanges::{EXCHANGES, done, outcome_of, success};
use crate::scenario::{
    CODE, STATE, Scenario, challenge_file, edited, kind, message_contains, now, refusal, reloaded,
    response, session, stored, success_with_claims, with_header,
};

/// Checks the outcome of one below a limit, of the limit and of one above it.
#[track_caller]
fn around<T: Clone + Debug + PartialEq>(
    limit: usize,
    outcome: impl Fn(usize) -> T,
    within: T,
    beyond: T,
) {
    let outcomes = [limit - 1, limit, limit + 1].map(outcome);
    assert_eq!(outcomes, [within.clone(), within, beyond], "around {limit}");
}

/// The kind of the error of a callback that is too long.
fn parsed(uri: &str) -> Option<&'static str> {
    let error = Callback::parse(uri).err()?;
    let message = error.to_string();
    assert!(message.contains(" longer than "), "{message}");
    Some(kind(&error))
}

#[test]
fn limits_the_length_of_a_callback() {
    for end in ["", "#fragment"] {
        let uri = |length: usize| {
            let start = format!("myapp://callback?code={CODE}&state={STATE}&x=");
            let padding = "x".repeat(length - start.len() - end.len());
            parsed(&format!("{start}{padding}{end}"))
        };
        around(MAX_CALLBACK_BYTES, uri, None, Some("Malformed"));
    }
}

#[test]
fn limits_the_decoded_state_of_a_callback() {
    for result in ["code=x", "error=x"] {
        for letter in ["a", "%61", "%C3%A9"] {
            let size = if letter == "%C3%A9" { 2 } else { 1 };
            let state = |length: usize| {
                let text = letter.repeat(length / size) + &"a".repeat(length % size);
                parsed(&format!("{result}&state={text}"))
            };
            around(MAX_STATE_BYTES, state, None, Some("Malformed"));
        }
    }
}

#[test]
fn limits_the_decoded_code_of_a_callback() {
    for letter in ["a", "%61"] {
        let code = |length: usize| parsed(&format!("code={}&state=x", letter.repeat(length)));
        around(MAX_CODE_BYTES, code, None, Some("Malformed"));
    }
}

#[test]
fn limits_the_application_state() {
    let scenario = Scenario::public();
    let fits = |length: usize| {
        let start = scenario
            .to_start()
            .app_state("a".repeat(length - STATE.len() - 1));
        start.map(drop).map_err(|refused| refused.to_string())
    };
    let refused = "application state is longer than 2004 bytes; store it and send its ID";
    around(MAX_STATE_BYTES, fits, Ok(()), Err(refused.to_owned()));
}

#[test]
fn accepts_the_longest_state() {
    let scenario = Scenario::public();
    let text = "é".repeat((MAX_STATE_BYTES - STATE.len() - 1) / 2);
    let start = scenario.to_start().app_state(text).unwrap();
    let (url, pending) = crate::scenario::begin(start);
    let state = url
        .query()
        .unwrap()
        .split('&')
        .find(|pair| pair.starts_with("state="));
    let callback = Callback::parse(&format!("code={CODE}&{}", state.unwrap())).unwrap();
    assert!(pending.accept(&scenario.client, callback, now()).is_ok());
}

#[test]
fn limits_the_redirect_uri() {
    let refused = Err("redirect URI is longer than 2048 bytes; register a shorter one".to_owned());
    let uri = |length: usize| {
        let start = "myapp://callback/";
        format!("{start}{}", "a".repeat(length - start.len()))
    };
    let parsed = |length: usize| {
        let parsed: Result<RedirectUri, _> = uri(length).parse();
        parsed.map(drop).map_err(|refused| refused.to_string())
    };
    around(MAX_REDIRECT_URI_BYTES, parsed, Ok(()), refused);
    let stored = |length: usize| {
        let form = stored(&Scenario::public().to_awaiting_callback());
        let form = form.replace(crate::scenario::REDIRECT_URI, &uri(length));
        serde_json::from_str::<AwaitingCallback>(&form).is_ok()
    };
    around(MAX_REDIRECT_URI_BYTES, stored, true, false);
}

/// An ID of this length.
fn id(length: usize) -> String {
    "i".repeat(length)
}

#[test]
fn limits_the_ids_of_the_caller() {
    let parsed = |length: usize| {
        let id = id(length);
        let errors = [
            id.parse::<ClientId>().err().map(|error| error.to_string()),
            id.parse::<ApiKey>().err().map(|error| error.to_string()),
            id.parse::<ConnectionId>()
                .err()
                .map(|error| error.to_string()),
            id.parse::<OrganizationId>()
                .err()
                .map(|error| error.to_string()),
            id.parse::<SessionId>().err().map(|error| error.to_string()),
        ];
        errors.map(|error| error.is_some_and(|text| text.contains("longer than 256 bytes")))
    };
    around(MAX_ID_BYTES, parsed, [false; 5], [true; 5]);
}

#[test]
fn limits_the_ids_of_a_response() {
    // An invalid organization of a response is an error; other invalid IDs are left out.
    let organization = |length: usize| {
        let body = edited("success_minimal.json", |body| {
            body["organization_id"] = id(length).into();
        });
        outcome_of("code", response(200, body))
    };
    around(
        MAX_ID_BYTES,
        organization,
        "Authenticated".to_owned(),
        "Malformed".to_owned(),
    );
    let claims = |length: usize| {
        let claims = json!({ "org_id": id(length), "sid": id(length) }).to_string();
        let session = session(&success_with_claims(&claims));
        [
            session.organization_id().is_some(),
            session.session_id().is_some(),
        ]
    };
    around(MAX_ID_BYTES, claims, [true; 2], [false; 2]);
    let connections = |length: usize| {
        let body = edited("step_up_sso_required.json", |body| {
            body["connection_ids"] = json!([id(length), "conn_1"]);
        });
        match Scenario::public().to_challenge_from(&body) {
            AuthenticationChallenge::Sso(challenge) => challenge.connection_ids().len(),
            other => panic!("{other:?}"),
        }
    };
    around(MAX_ID_BYTES, connections, 2, 1);
    let organizations = |length: usize| {
        let listed = json!([{ "id": id(length) }, { "id": "org_1", "name": "One" }]);
        organizations(&listed).organizations().len()
    };
    around(MAX_ID_BYTES, organizations, 2, 1);
}

#[test]
fn limits_the_ids_of_a_stored_form() {
    let form = stored(&Scenario::public().to_authenticated());
    for member in ["client_id", "organization_id", "session_id"] {
        let read = |length: usize| {
            let mut form: Value = serde_json::from_str(&form).unwrap();
            form[member] = id(length).into();
            serde_json::from_value::<Authenticated>(form).is_ok()
        };
        around(MAX_ID_BYTES, read, true, false);
    }
}

/// A body of exactly this length.
fn padded(body: &str, length: usize) -> String {
    format!("{body}{}", " ".repeat(length - body.len()))
}

#[test]
fn c39_m12_limits_the_response_size() {
    for exchange in EXCHANGES {
        let error = r#"{"error":"invalid_client"}"#.to_owned();
        for (status, body, within) in [
            (200, success(exchange), done(exchange)),
            (400, error, "Client"),
        ] {
            let outcome = |length| outcome_of(exchange, response(status, padded(&body, length)));
            around(
                MAX_RESPONSE_BYTES,
                outcome,
                within.to_owned(),
                "Malformed".to_owned(),
            );
        }
    }
    for status in [200, 400] {
        let long = response(status, vec![b'{'; 8_000_000]);
        let (_, error) = refusal(Scenario::public().to_exchanging(), long);
        message_contains(&error, "longer than 262144 bytes");
    }
}

#[test]
fn limits_the_request_id() {
    let is_kept = |length: usize| {
        let response = response(503, "");
        let name = HeaderName::from_static("x-request-id");
        let response = with_header(response, name, &"r".repeat(length));
        let (_, error) = refusal(Scenario::public().to_exchanging(), response);
        error.request_id().is_some()
    };
    around(MAX_REQUEST_ID_BYTES, is_kept, true, false);
}

/// The challenge to select one of these organizations.
fn organizations(listed: &Value) -> OrganizationSelectionChallenge {
    let body = edited("step_up_organization_selection_required.json", |body| {
        body["organizations"] = listed.clone();
    });
    match Scenario::public().to_challenge_from(&body) {
        AuthenticationChallenge::OrganizationSelection(challenge) => challenge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_as_many_organizations_as_fit_into_a_response() {
    let rest = organizations_body(0).len();
    let each = organizations_body(2).len() - organizations_body(1).len();
    let maximum = (MAX_RESPONSE_BYTES - rest) / each;
    assert!(maximum > 10_000, "{maximum}");
    let outcome = |number: usize| {
        let response = response(403, organizations_body(number));
        match Scenario::public().to_exchanging().response(response, now()) {
            Ok(Outcome::AuthenticationChallenge(challenge)) => match *challenge {
                AuthenticationChallenge::OrganizationSelection(challenge) => {
                    Ok(challenge.organizations().len() == number)
                }
                other => panic!("{other:?}"),
            },
            Ok(other) => panic!("{other:?}"),
            Err(refused) => Err(kind(refused.error())),
        }
    };
    around(maximum, outcome, Ok(true), Err("Malformed"));
}

fn organizations_body(number: usize) -> String {
    edited("step_up_organization_selection_required.json", |body| {
        body["organizations"] = vec![json!({ "id": "org_01" }); number].into();
    })
}

/// A response of the maximum length: one member is this letter, repeated, in its escaped form.
fn largest(name: &str, member: &str, letter: &str) -> String {
    let body = |text: &str| {
        edited(name, |body| {
            let at = member.split('.').fold(body, |body, name| &mut body[name]);
            *at = text.into();
        })
    };
    let maximum = (MAX_RESPONSE_BYTES - body("").len()) / letter.len();
    let body = body("here").replace("here", &letter.repeat(maximum));
    assert!(body.len() > MAX_RESPONSE_BYTES - letter.len());
    body
}

#[test]
fn stores_whatever_fits_into_a_response() {
    for letter in ["x", "\\\"", "\\u0001"] {
        let session = session(&largest("success_full.json", "user.email", letter));
        assert!(
            stored(&reloaded(&session)).len() < MAX_STORED_BYTES,
            "{letter}"
        );
        for (name, member) in [
            ("unknown_future", "email"),
            ("unknown_future", "of_tomorrow"),
            ("sso_required", "email"),
        ] {
            let body = largest(&challenge_file(name), member, letter);
            let challenge = Scenario::public().to_challenge_from(&body);
            assert!(
                stored(&reloaded(&challenge)).len() < MAX_STORED_BYTES,
                "{letter}"
            );
        }
    }
}

#[test]
fn rejects_a_stored_state_without_its_random_part() {
    let read = |length: usize| {
        let form = stored(&Scenario::public().to_awaiting_callback());
        let form = form.replace(STATE, &"s".repeat(length));
        serde_json::from_str::<AwaitingCallback>(&form).is_ok()
    };
    assert!(!read(STATE.len() - 1));
    assert!(read(STATE.len()));
    assert!(read(STATE.len() + 1));
}

#[test]
fn every_limit_is_tested() {
    let limits = include_str!("../../../src/limits.rs");
    let here = concat!(
        include_str!("mod.rs"),
        include_str!("times.rs"),
        // Those of verification are tested with the features that need them.
        include_str!("../../verify/claims.rs"),
        include_str!("../../verify/fetches.rs"),
        include_str!("../../verify/forged.rs"),
        include_str!("../../verify/jwks.rs"),
        include_str!("../../../adapters/verify/tests/suite/issuer.rs"),
    );
    let names: Vec<&str> = limits
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split(':').next())
        .collect();
    assert!(names.contains(&"MAX_RESPONSE_BYTES"), "{names:?}");
    for name in names {
        // Once in the import and once in the test.
        assert!(here.matches(name).count() > 1, "{name} is not tested");
    }
}
