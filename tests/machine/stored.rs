//! The stored forms of all persistent states: one golden file each, every format, and what is rejected.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, AwaitingDevice, Client, Exchange,
};

use crate::device::{PENDING, SLOW_DOWN, pending};
use crate::fixtures;
use crate::oauth;
use crate::scenario::{
    API_KEY, CLIENT_ID, CODE, CODE_VERIFIER, ORGANIZATION, REDIRECT_URI, STATE, Scenario, begin,
    body, callback, challenge_file, challenge_of, data, edited, fixture, message_contains, now,
    refusal, reloaded, response, secs, session, stored,
};

/// A persistent state in one of its variants, as JSON, and what depends on its type.
struct Case {
    name: String,
    form: String,
    /// The members that cannot be absent, separated by spaces.
    required: &'static str,
    /// Reads JSON and stores it again.
    again: fn(&str) -> Result<String, String>,
    /// Reads JSON and stores it again in each of the other formats.
    formats: fn(&str),
    /// Returns whether `null` is an absent state.
    absent: fn() -> bool,
}

fn case<T: Serialize + DeserializeOwned>(name: &str, required: &'static str, state: &T) -> Case {
    Case {
        name: name.to_owned(),
        form: stored(state),
        required,
        again: |form| match serde_json::from_str::<T>(form) {
            Ok(state) => Ok(stored(&state)),
            Err(error) => Err(error.to_string()),
        },
        formats: every_format::<T>,
        absent: || serde_json::from_str::<Option<T>>("null").unwrap().is_none(),
    }
}

fn every_format<T: Serialize + DeserializeOwned>(form: &str) {
    let state: T = serde_json::from_reader(form.as_bytes()).unwrap();
    let value = serde_json::to_value(&state).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(&state, &mut cbor).unwrap();
    let message_pack = rmp_serde::to_vec_named(&state).unwrap();
    let yaml = serde_yaml_ng::to_string(&state).unwrap();
    let toml = toml::to_string(&state).unwrap();
    let bson = bson::serialize_to_vec(&state).unwrap();
    let read: [(&str, T); 6] = [
        ("JSON value", serde_json::from_value(value).unwrap()),
        ("CBOR", ciborium::from_reader(&*cbor).unwrap()),
        ("MessagePack", rmp_serde::from_slice(&message_pack).unwrap()),
        ("YAML", serde_yaml_ng::from_str(&yaml).unwrap()),
        ("TOML", toml::from_str(&toml).unwrap()),
        ("BSON", bson::deserialize_from_slice(&bson).unwrap()),
    ];
    for (format, state) in read {
        assert_eq!(stored(&state), form, "{format}");
    }
    // Without names, absent members would shift all that follow.
    let unnamed = rmp_serde::to_vec(&state).unwrap();
    assert!(rmp_serde::from_slice::<T>(&unnamed).is_err());
}

fn pending_login() -> AwaitingCallback {
    let scenario = Scenario::public();
    begin(scenario.to_start().app_state("/after").unwrap()).1
}

/// A device login after a `slow_down` and a lost response.
/// A session whose refresh token is in a cookie.
fn cookie_session() -> Authenticated {
    let client = Client::public(CLIENT_ID.parse().unwrap());
    Scenario::of(client.refresh_cookie()).to_authenticated()
}

fn pending_device() -> AwaitingDevice {
    let client = Scenario::public().client;
    let polling = Scenario::public().to_polling();
    let slower = pending(polling, SLOW_DOWN, now() + secs(5));
    let polling = slower.poll(&client, now() + secs(15)).unwrap();
    polling.into_awaiting(now() + secs(20))
}

/// A challenge to a refresh, which has an organization.
fn challenge(name: &str) -> AuthenticationChallenge {
    let response = response(403, fixture(&challenge_file(name)));
    match refusal(Scenario::confidential().to_refreshing(), response).1 {
        workos_login::Error::AuthenticationChallenge(challenge) => *challenge,
        other => panic!("{other:?}"),
    }
}

/// The names of the golden files, and the fixtures.
const CHALLENGES: [(&str, &str); 12] = [
    (
        "allowed_methods",
        "organization_authentication_methods_required_403",
    ),
    ("email_completion", "email_completion_required"),
    ("email_verification", "email_verification_required"),
    ("mfa_enrollment", "mfa_enrollment"),
    ("organization_selection", "organization_selection_required"),
    ("other", "passkey_progressive_enrollment"),
    ("radar_email", "radar_email_challenge"),
    ("radar_sms", "radar_sms_challenge"),
    ("sso", "sso_required"),
    ("totp", "mfa_challenge_embedded"),
    ("totp_factors", "mfa_challenge_factors"),
    ("unknown", "unknown_future"),
];

fn cases() -> Vec<Case> {
    let session = "client_id issuer access_token received_at";
    let callback = "client_id issuer redirect_uri state code_verifier started_at lifetime";
    let device = "client_id issuer device_code user_code verification_uri started_at lifetime polling_interval polled_at backoff";
    let server = "issuer authorization_endpoint token_endpoint scope";
    let mut cases = vec![
        case(
            "authenticated",
            session,
            &Scenario::public().to_authenticated(),
        ),
        case("authenticated_cookie", session, &cookie_session()),
        case("authenticated_oauth", session, &oauth::session()),
        case("awaiting_callback", callback, &pending_login()),
        case(
            "awaiting_callback_oauth",
            callback,
            &oauth::pending_with_max_age(),
        ),
        case("server", server, &oauth::discovered_server()),
        case("awaiting_device", device, &pending_device()),
    ];
    for (name, file) in CHALLENGES {
        let name = format!("challenge_{name}");
        cases.push(case(&name, "client_id issuer code", &challenge(file)));
    }
    cases
}

fn case_of(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

impl Case {
    /// Checks that a form of this type is rejected with a message that contains `why`, and quotes no secret.
    #[track_caller]
    fn rejects(&self, form: &str, why: &str) {
        let message = (self.again)(form).expect_err(form);
        assert!(message.contains(why), "{}: {message}", self.name);
        for secret in secrets(&self.form).iter().chain(&secrets(form)) {
            assert!(!message.contains(secret), "{}: {message}", self.name);
        }
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.form).unwrap()
    }

    /// The form with one member set to `value`.
    fn with(&self, pointer: &str, value: Value) -> String {
        with(&self.value(), pointer, value)
    }

    fn without(&self, member: &str) -> String {
        let mut form = self.value();
        form.as_object_mut().unwrap().remove(member).unwrap();
        form.to_string()
    }
}

/// A stored form with one member set to `value`; the member is named by a JSON pointer.
fn with(state: &impl Serialize, pointer: &str, value: Value) -> String {
    let mut form = serde_json::to_value(state).unwrap();
    *form.pointer_mut(pointer).unwrap() = value;
    form.to_string()
}

/// All texts of a form that are long enough to be a secret, and not the names of its members.
fn secrets(form: &str) -> Vec<String> {
    let Ok(form) = serde_json::from_str::<Value>(form) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for pointer in pointers(&form, "") {
        let text = form.pointer(&pointer).and_then(Value::as_str);
        texts.extend(text.filter(|text| text.len() > 20).map(ToOwned::to_owned));
    }
    texts
}

/// The pointers of all members and elements, however deep.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(values) => (0..)
            .zip(values)
            .map(|(index, value): (usize, _)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (name, value) in members {
        let member = format!("{at}/{name}");
        all.extend(pointers(value, &member));
        all.push(member);
    }
    all
}

#[test]
fn stores_every_state_as_its_golden_file() {
    for case in cases() {
        let file = format!("{}_v2.json", case.name);
        let golden: Value = serde_json::from_str(&data(&file)).unwrap();
        assert_eq!(case.value(), golden, "{file}");
        assert_eq!((case.again)(&data(&file)).unwrap(), case.form, "{file}");
    }
}

#[test]
fn stores_every_state_in_every_format() {
    for case in cases() {
        (case.formats)(&case.form);
    }
}

#[test]
fn reads_back_the_state_of_every_response() {
    for (name, response) in fixtures::responses("step_up_") {
        let exchanging = Scenario::public().to_exchanging();
        let challenge = challenge_of(exchanging.response(response, now()));
        let read = reloaded(&challenge);
        assert_eq!(read.code(), challenge.code(), "{name}");
        assert_eq!(format!("{read:?}"), format!("{challenge:?}"), "{name}");
    }
    for (name, _) in fixtures::responses("success_") {
        let session = session(&fixture(name));
        let read = reloaded(&session);
        assert_eq!(read.user(), session.user(), "{name}");
        let later = now() + secs(7);
        assert_eq!(read.expires_in(later), session.expires_in(later), "{name}");
    }
    reloaded(&session(&edited("success_full.json", |body| {
        body["oauth_tokens"] = json!({ "access_token": "a" });
        body["impersonator"] = json!({ "email": "support@example.org" });
    })));
    let minimal = fixture("device_authorization_minimal.json");
    for device in [
        pending_device(),
        oauth::awaiting_device(),
        Scenario::public().to_awaiting_device_from(&minimal),
    ] {
        let read = reloaded(&device);
        assert_eq!(format!("{read:?}"), format!("{device:?}"));
        for seconds in [0, 1, 7, 299, 300] {
            let at = now() + secs(seconds);
            assert_eq!(read.poll_in(at), device.poll_in(at));
            assert_eq!(read.expires_in(at), device.expires_in(at));
        }
    }
}

#[test]
fn stores_the_version_first_and_no_api_key() {
    for case in cases() {
        assert!(case.form.starts_with(r#"{"version":2,"#), "{}", case.name);
        assert!(!case.form.contains(API_KEY) && !case.form.contains("client_secret"));
        assert!(!case.form.contains("null"), "{}", case.form);
    }
}

#[test]
fn rejects_other_versions() {
    for case in cases() {
        for version in [0, 1, 3, 4_294_967_295_u32] {
            let why = format!("has version {version}, and this release reads version 2: ");
            case.rejects(&case.with("/version", version.into()), &why);
            // Another version may have no other member of this one.
            let other = json!({ "version": version, "of_tomorrow": {} });
            case.rejects(&other.to_string(), &why);
        }
        case.rejects(&case.without("version"), "has no version: ");
        case.rejects("{}", "has no version");
        for odd in [json!("2"), json!(-2), json!([2])] {
            case.rejects(&case.with("/version", odd), "damaged");
        }
    }
}

#[test]
fn rejects_the_forms_of_version_1() {
    let v1 = [
        (
            "awaiting_callback",
            json!({
                "version": 1, "owner": { "client_id": "client_1", "issuer": "https://api.workos.com" },
                "redirect_uri": REDIRECT_URI, "state": STATE, "verifier": CODE_VERIFIER,
                "begun": 1_780_000_000_000_u64, "life": 600_000,
            }),
            "has version 1",
        ),
        (
            "authenticated",
            json!({
                "version": 1, "owner": { "client_id": "client_1", "issuer": "https://api.workos.com" },
                "user": { "id": "user_1" }, "organization_id": null, "access_token": "a", "id_token": null,
                "received": 1_780_000_000_000_u64, "lifetime": 300,
            }),
            "has version 1",
        ),
        (
            "challenge_unknown",
            json!({ "unknown": { "step": { "version": 1, "code": "x" }, "body": "{}" } }),
            "has no version",
        ),
    ];
    for (name, form, why) in v1 {
        case_of(name).rejects(&form.to_string(), why);
    }
}

#[test]
fn names_a_missing_member() {
    for case in cases() {
        for member in case.required.split(' ') {
            let why = format!("`{member}` of the stored form is missing or invalid");
            case.rejects(&case.without(member), &why);
        }
    }
}

#[test]
fn names_an_invalid_member_and_does_not_quote_it() {
    for (name, member, value) in [
        ("awaiting_callback", "state", json!("")),
        ("awaiting_callback", "state", json!(&STATE[..42])),
        (
            "awaiting_callback",
            "code_verifier",
            json!(&CODE_VERIFIER[..42]),
        ),
        ("awaiting_callback", "code_verifier", json!(" ".repeat(43))),
        ("awaiting_callback", "redirect_uri", json!("/callback")),
        (
            "awaiting_callback",
            "redirect_uri",
            json!("javascript:alert_1234567890()"),
        ),
        ("awaiting_callback", "client_id", json!("")),
        (
            "awaiting_callback",
            "client_id",
            json!("sk_test_xxxxxxxxxxxxxxxxxxxxxxxxx"),
        ),
        ("awaiting_callback", "issuer", json!("")),
        ("awaiting_callback_oauth", "nonce", json!("")),
        ("awaiting_callback_oauth", "nonce", json!(&STATE[..42])),
        ("authenticated", "client_id", json!("client 1")),
        ("authenticated", "access_token", json!("")),
        (
            "authenticated",
            "access_token",
            json!("aaaaaaaaaaaaaaaaaaaaaaaaa\r\nX-Evil: 1"),
        ),
        ("authenticated", "user/id", json!("")),
        (
            "authenticated",
            "organization_id",
            json!("org 1234567890123456789012"),
        ),
        ("authenticated", "session_id", json!("")),
        (
            "server",
            "issuer",
            json!("http://server.example/1234567890"),
        ),
        ("server", "issuer", json!("")),
        (
            "server",
            "authorization_endpoint",
            json!("/authorize/12345678901234"),
        ),
        (
            "server",
            "token_endpoint",
            json!("http://server.example/1234567890"),
        ),
        (
            "server",
            "jwks_uri",
            json!("https://server.example/jwks#1234567890"),
        ),
        (
            "server",
            "userinfo_endpoint",
            json!("https://user@server.example/1234567890"),
        ),
        (
            "server",
            "revocation_endpoint",
            json!("ftp://server.example/1234567890"),
        ),
        (
            "server",
            "end_session_endpoint",
            json!("javascript:alert_1234567890()"),
        ),
        (
            "server",
            "scope",
            json!("openid \"1234567890123456789012\""),
        ),
        ("awaiting_device", "device_code", json!("")),
        ("awaiting_device", "user_code", json!("")),
        ("awaiting_device", "lifetime", json!(0)),
        ("awaiting_device", "polling_interval", json!(0)),
        ("awaiting_device", "backoff", json!(0)),
        ("challenge_sso", "organization_id", json!("")),
    ] {
        let case = case_of(name);
        let why = format!("`{}` of the stored form", member.split('/').next().unwrap());
        case.rejects(&case.with(&format!("/{member}"), value), &why);
    }
}

#[test]
fn an_unknown_challenge_requires_a_body() {
    let case = case_of("challenge_sso");
    case.rejects(
        &case.with("/code", json!("quantum_check_required")),
        "`body`",
    );
}

#[test]
fn does_not_quote_a_value_in_the_wrong_place() {
    let secret = "fixture-secret-fixture-secret\n";
    for case in cases() {
        for pointer in pointers(&case.value(), "") {
            for odd in [json!(secret), json!([secret]), json!({ secret: secret })] {
                if let Err(message) = (case.again)(&case.with(&pointer, odd)) {
                    assert!(!message.contains("fixture-secret"), "{pointer}: {message}");
                }
            }
        }
        let values = case
            .value()
            .as_object()
            .unwrap()
            .values()
            .cloned()
            .collect();
        for (form, why) in [
            (json!(case.form), "damaged or encoded twice"),
            (json!([case.value()]), "damaged"),
            (values, "damaged"),
            (json!(7), "damaged"),
        ] {
            case.rejects(&form.to_string(), why);
        }
    }
}

#[test]
fn rejects_every_prefix_and_does_not_quote_it() {
    for case in cases() {
        for length in (0..case.form.len()).step_by(7) {
            if !case.form.is_char_boundary(length) {
                continue;
            }
            case.rejects(&case.form[..length], "");
        }
    }
}

#[test]
fn does_not_read_one_state_as_another() {
    let state = |case: &Case| match case.name.starts_with("challenge") {
        true => "challenge".to_owned(),
        false => {
            let name = case.name.trim_end_matches("_oauth");
            name.trim_end_matches("_cookie").to_owned()
        }
    };
    for one in cases() {
        for other in cases() {
            if state(&one) != state(&other) {
                one.rejects(&other.form, "is missing or invalid");
            }
        }
    }
}

#[test]
fn names_an_absent_state() {
    for case in cases() {
        assert!((case.absent)());
        let message = match case.name.split('_').next() {
            Some("authenticated") => "no session is stored",
            Some("server") => "no server is stored",
            _ => "no pending login is stored",
        };
        case.rejects("null", message);
    }
}

#[test]
fn ignores_members_of_a_later_release() {
    for case in cases() {
        let extended = case.form.replacen('{', r#"{"added":{"later":[1]},"#, 1);
        assert_eq!((case.again)(&extended).unwrap(), case.form);
    }
}

#[test]
fn stores_a_lifetime_with_a_fraction_of_a_millisecond() {
    let lifetime = std::time::Duration::from_micros(1500);
    let (_, pending) = begin(Scenario::public().to_start().expires_after(lifetime));
    assert_eq!(
        pending.expires_in(now()),
        reloaded(&pending).expires_in(now())
    );
}

fn golden<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&data(&format!("{name}_v2.json"))).unwrap()
}

#[test]
fn finishes_a_stored_login() {
    let pending: AwaitingCallback = golden("awaiting_callback");
    assert_eq!(pending.app_state(), Some("/after"));
    assert_eq!(pending.expires_in(now() + secs(1)), secs(599));
    let real = callback(&format!("/callback?code={CODE}&state={STATE}.%2Fafter"));
    let exchanging = pending
        .accept(&Scenario::public().client, real, now())
        .unwrap();
    assert_eq!(body(&exchanging.request())["code_verifier"], CODE_VERIFIER);
}

#[test]
fn refreshes_a_stored_session() {
    let session: Authenticated = golden("authenticated");
    let sent = session
        .refresh(&Scenario::public().client)
        .unwrap()
        .request();
    let fresh = Scenario::public().to_refreshing().request();
    assert_eq!(sent.body(), fresh.body());
}

#[test]
fn polls_a_stored_device_login() {
    let device: AwaitingDevice = golden("awaiting_device");
    assert_eq!(device.user_code(), "KVRT-MPWD");
    assert_eq!(device.poll_in(now() + secs(20)), secs(20));
    assert_eq!(device.expires_in(now() + secs(20)), secs(280));
    let scenario = Scenario::public();
    let polling = device.poll(&scenario.client, now() + secs(40)).unwrap();
    let fresh = scenario.to_polling().request();
    assert_eq!(body(&polling.request()), body(&fresh));
    let device = pending(polling, PENDING, now() + secs(40));
    assert_eq!(device.poll_in(now() + secs(40)), secs(10));
}

#[test]
fn answers_and_continues_a_stored_challenge() {
    let client = Scenario::confidential().client;
    let AuthenticationChallenge::OrganizationSelection(selection) =
        golden("challenge_organization_selection")
    else {
        panic!()
    };
    assert_eq!(selection.organizations()[1].name(), Some("Mesa Works"));
    let sent = selection
        .select(&client, selection.organizations()[1].id())
        .unwrap()
        .request();
    assert_eq!(
        body(&sent)["pending_authentication_token"],
        "Q64Pj0KHUPeeZmWtScFLps2Iu"
    );

    let selection: AuthenticationChallenge = golden("challenge_organization_selection");
    let client = Scenario::public().client;
    let (url, _) = begin(selection.login(&client, REDIRECT_URI.parse().unwrap()));
    let organization = url
        .query_pairs()
        .find(|(name, _)| name == "organization_id");
    assert_eq!(organization.unwrap().1, ORGANIZATION);
}

#[test]
fn binds_a_stored_challenge_to_its_client() {
    let challenge: AuthenticationChallenge = golden("challenge_sso");
    assert!(challenge.bound_to(&Scenario::public().client).is_ok());
    assert!(challenge.bound_to(&Scenario::confidential().client).is_ok());
    let other = Client::public("client_other".parse().unwrap());
    assert!(challenge.bound_to(&other).is_err());
    let elsewhere = Scenario::public()
        .client
        .base_url("https://eu.example".parse().unwrap());
    assert!(challenge.bound_to(&elsewhere.unwrap()).is_err());
    assert!(challenge.bound_to(&oauth::client()).is_err());
}

#[test]
fn rejects_a_session_with_a_refresh_token_and_a_refresh_cookie() {
    let mut form = serde_json::to_value(cookie_session()).unwrap();
    form["refresh_token"] = "r".into();
    let form = form.to_string();
    let error = serde_json::from_str::<Authenticated>(&form).unwrap_err();
    message_contains(&error, "`refresh_cookie`");
}
