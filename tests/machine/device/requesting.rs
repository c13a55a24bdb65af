//! The device authorization request and its response.

use serde_json::{Value, json};
use workos_login::http::{Method, Request};
use workos_login::{AwaitingDevice, Error, Exchange};

use crate::oauth;
use crate::scenario::{
    CLIENT_ID, Scenario, body, each, edited, fixture, form, kind, message_contains, now, refusal,
    response, secs, stored,
};

#[track_caller]
fn sent_to_user_management(request: &Request<Vec<u8>>) {
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri(),
        "https://api.workos.com/user_management/authorize/device"
    );
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers().len(), 3);
    assert_eq!(body(request), json!({ "client_id": CLIENT_ID }));
}

#[test]
fn sends_the_client_id_and_no_api_key() {
    sent_to_user_management(&Scenario::public().client.device().request());
    sent_to_user_management(&Scenario::confidential().client.device().request());
}

#[test]
fn sends_a_form_with_the_scope_to_an_authorization_server() {
    let request = oauth::requesting_device().request();
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        request.body(),
        format!("client_id={CLIENT_ID}&scope=openid+email+offline_access").as_bytes()
    );
    assert_eq!(form(&request).len(), 2);
}

#[test]
fn reads_every_member_of_the_response() {
    let device = Scenario::public().to_awaiting_device();
    assert_eq!(device.user_code(), "KVRT-MPWD");
    assert_eq!(
        device.verification_uri(),
        "https://lagoon-77.authkit.app/device"
    );
    assert_eq!(
        device.verification_uri_complete(),
        Some("https://lagoon-77.authkit.app/device?user_code=KVRT-MPWD")
    );
    assert_eq!(device.expires_in(now()), secs(300));
    assert_eq!(device.poll_in(now()), secs(5));

    let device = oauth::awaiting_device();
    assert_eq!(device.user_code(), "ZQWM-RTKP");
    assert_eq!(device.expires_in(now()), secs(300));
    assert_eq!(device.poll_in(now()), secs(5));
}

#[test]
fn accepts_a_response_with_the_required_members_only() {
    let minimal = fixture("device_authorization_minimal.json");
    let device = Scenario::public().to_awaiting_device_from(&minimal);
    assert_eq!(device.user_code(), "H2TQ9ZKD");
    assert_eq!(device.verification_uri_complete(), None);
    assert_eq!(device.expires_in(now()), secs(300));
    assert_eq!(device.poll_in(now()), secs(5));
}

/// A response with or without this member.
fn with(member: &str, value: Option<Value>) -> String {
    edited("device_authorization.json", |body| match value {
        Some(value) => body[member] = value,
        None => drop(body.as_object_mut().unwrap().remove(member)),
    })
}

#[track_caller]
fn interval(value: Option<Value>, seconds: f64) {
    let body = with("interval", value);
    let device = Scenario::public().to_awaiting_device_from(&body);
    assert_eq!(device.poll_in(now()).as_secs_f64(), seconds, "{body}");
}

#[test]
fn an_invalid_polling_interval_is_five_seconds() {
    interval(None, 5.0);
    for odd in each(json!([
        null,
        0,
        0.0,
        -1,
        -0.5,
        "7",
        [7],
        {},
        true,
        1e-9,
        1e300
    ])) {
        interval(Some(odd), 5.0);
    }
}

#[test]
fn reads_a_polling_interval_with_a_fraction() {
    for (value, seconds) in [
        (json!(1), 1.0),
        (json!(7), 7.0),
        (json!(7.0), 7.0),
        (json!(7.5), 7.5),
        // At most the lifetime.
        (json!(1e9), 300.0),
    ] {
        interval(Some(value), seconds);
    }
}

#[test]
fn reads_a_lifetime_with_a_fraction() {
    for (value, seconds) in [(json!(300.0), 300), (json!(3e2), 300), (json!(1), 1)] {
        let device = Scenario::public().to_awaiting_device_from(&with("expires_in", Some(value)));
        assert_eq!(device.expires_in(now()), secs(seconds));
    }
}

#[track_caller]
fn rejects(member: &str, value: Option<Value>) {
    let body = with(member, value);
    let requesting = Scenario::public().client.device();
    let (requesting, error) = refusal(requesting, response(200, &*body));
    assert!(matches!(error, Error::Malformed(_)), "{body}");
    assert_eq!(
        error.to_string(),
        format!("response has no valid {member} (status 200); report it to the service")
    );
    assert_eq!(error.request_id(), Some("req_fixture"));
    sent_to_user_management(&requesting.request());
}

#[test]
fn names_a_required_member_that_is_missing_or_invalid() {
    for member in ["device_code", "user_code", "verification_uri", "expires_in"] {
        rejects(member, None);
        for odd in [json!(null), json!(""), json!([]), json!({}), json!(true)] {
            rejects(member, Some(odd));
        }
    }
    for member in ["device_code", "user_code", "verification_uri"] {
        rejects(member, Some(json!(300)));
    }
    for lifetime in [json!(0), json!(-5), json!("300"), json!(1e300)] {
        rejects("expires_in", Some(lifetime));
    }
}

/// URIs that must not be opened in a browser.
const NO_PAGES: [&str; 10] = [
    "ht\ntps://ex.org/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "mailto:x@example.org",
    "myapp://device",
    "//lagoon-77.authkit.app/device",
    "/device",
    "https://",
    "lagoon-77.authkit.app/device",
];

#[test]
fn rejects_a_verification_uri_that_is_not_a_web_page() {
    for bad in NO_PAGES {
        rejects("verification_uri", Some(json!(bad)));
    }
    for good in [
        "http://127.0.0.1:1/d",
        "HTTPS://x.example",
        "https://[::1]/",
    ] {
        let body = with("verification_uri", Some(json!(good)));
        let device = Scenario::public().to_awaiting_device_from(&body);
        assert_eq!(device.verification_uri(), good);
    }
}

#[test]
fn omits_a_complete_verification_uri_that_is_not_a_web_page() {
    for bad in NO_PAGES {
        let body = with("verification_uri_complete", Some(json!(bad)));
        let device = Scenario::public().to_awaiting_device_from(&body);
        assert_eq!(device.verification_uri_complete(), None, "{bad}");
    }
}

/// Characters that change how the text around them is shown, or that are not shown.
const INVISIBLE: &str = "\0\n\u{1b}\u{7f}\u{9b}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}";

#[test]
fn rejects_invisible_characters_from_the_service_and_from_the_store() {
    let form = stored(&Scenario::public().to_awaiting_device());
    for c in INVISIBLE.chars() {
        for (member, text) in [
            ("user_code", format!("KVRT{c}MPWD")),
            (
                "verification_uri",
                format!("https://lagoon-77.authkit.app/{c}device"),
            ),
        ] {
            rejects(member, Some(json!(text)));
            let mut form: Value = serde_json::from_str(&form).unwrap();
            assert!(form[member].is_string());
            form[member] = json!(text);
            let error = serde_json::from_str::<AwaitingDevice>(&form.to_string()).unwrap_err();
            message_contains(&error, member);
        }
        let complete = json!(format!("https://lagoon-77.authkit.app/{c}device"));
        let body = with("verification_uri_complete", Some(complete));
        let device = Scenario::public().to_awaiting_device_from(&body);
        assert_eq!(device.verification_uri_complete(), None, "{c:?}");
    }
    for visible in ["KVRT MPWD", "кврт-мпвд", "１２３４", "שלום"] {
        let body = with("user_code", Some(json!(visible)));
        let device = Scenario::public().to_awaiting_device_from(&body);
        let read: AwaitingDevice = serde_json::from_str(&stored(&device)).unwrap();
        assert_eq!(read.user_code(), visible);
    }
}

#[test]
fn rejects_a_stored_verification_uri_that_is_not_a_web_page() {
    let form = stored(&Scenario::public().to_awaiting_device());
    for bad in NO_PAGES {
        let mut form: Value = serde_json::from_str(&form).unwrap();
        form["verification_uri_complete"] = json!(bad);
        let device: AwaitingDevice = serde_json::from_str(&form.to_string()).unwrap();
        assert_eq!(device.verification_uri_complete(), None, "{bad}");
        form["verification_uri"] = json!(bad);
        assert!(
            serde_json::from_str::<AwaitingDevice>(&form.to_string()).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn names_the_remedy_and_keeps_the_request() {
    for (name, status, remedy) in [
        (
            "device_error_invalid_client.json",
            400,
            "check the client ID",
        ),
        (
            "device_error_not_enabled.json",
            403,
            "enable the device authorization grant",
        ),
    ] {
        let requesting = Scenario::public().to_requesting_device();
        let (requesting, error) = refusal(requesting, response(status, fixture(name)));
        assert_eq!(kind(&error), "Client");
        message_contains(&error, remedy);
        sent_to_user_management(&requesting.request());
    }
    let (_, error) = refusal(Scenario::public().to_requesting_device(), response(503, ""));
    assert_eq!(error.retry_in(now()), Some(secs(1)));
}
