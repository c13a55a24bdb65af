//! A refresh: what is sent, what is kept, and what cannot end a session.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Client, Exchange, Refreshing};

use crate::exchanging::sent_to_the_token_endpoint;
use crate::scenario::{
    API_KEY, CLIENT_ID, ORGANIZATION, OTHER_ORGANIZATION, Scenario, body, edited, fixture, jwt,
    kind, now, organization, refusal, refused, response, stored,
};

/// The refresh token of `success_full.json` and of `success_refresh_rotated.json`.
const FIRST: &str = "FC7JQLJUDKHbzfId42QyWFwxt";
const SECOND: &str = "LHkljAf6bxno8FKg7JEq9fjtC";

fn refresh_token(session: &Authenticated) -> &str {
    session.refresh_token().unwrap().expose_secret()
}

#[test]
fn c46_requests_the_organization_of_the_session_and_no_scope() {
    let request = Scenario::public().to_refreshing().request();
    sent_to_the_token_endpoint(&request);
    assert_eq!(
        body(&request),
        json!({
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "refresh_token": FIRST,
            "organization_id": ORGANIZATION,
        })
    );
}

#[test]
fn a_confidential_client_sends_its_api_key() {
    let request = Scenario::confidential().to_refreshing().request();
    sent_to_the_token_endpoint(&request);
    assert_eq!(body(&request)["client_secret"], API_KEY);
}

#[test]
fn requests_no_organization_if_the_session_has_none() {
    let scenario = Scenario::public();
    let session = scenario.to_authenticated_from(&fixture("success_minimal.json"));
    let request = session.refresh(&scenario.client).unwrap().request();
    let sent = body(&request);
    let names: Vec<_> = sent
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["client_id", "grant_type", "refresh_token"]);
}

#[test]
fn a_switch_requests_the_new_organization() {
    let sent = body(&Scenario::public().to_switching().request());
    assert_eq!(sent["organization_id"], OTHER_ORGANIZATION);
    assert_eq!(sent["refresh_token"], FIRST);
}

#[test]
fn returns_the_session_of_the_response() {
    let response = response(200, fixture("success_refresh_rotated.json"));
    let later = now() + crate::scenario::secs(9999);
    let session = Scenario::public()
        .to_refreshing()
        .response(response, later)
        .unwrap();
    assert_eq!(refresh_token(&session), SECOND);
    assert_eq!(
        session.authentication_method().map(|m| m.as_str()),
        Some("Password")
    );
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
    let life = session.expires_in(later);
    assert_eq!(
        life,
        Some(crate::scenario::secs(4_102_444_800 - 1_780_000_000))
    );
    assert!(session.refresh(&Scenario::public().client).is_ok());
}

#[test]
fn accepts_a_refresh_token_that_is_not_rotated() {
    let same = edited("success_refresh_rotated.json", |body| {
        body["refresh_token"] = FIRST.into()
    });
    let session = Scenario::public()
        .to_refreshing()
        .response(response(200, same), now())
        .unwrap();
    assert_eq!(refresh_token(&session), FIRST);
}

/// A success for this organization, or for none.
fn success_for(organization: Option<&str>) -> String {
    edited("success_refresh_rotated.json", |body| {
        body["organization_id"] = json!(organization);
        body["access_token"] = jwt(r#"{"iat":0,"exp":300}"#).into();
    })
}

#[test]
fn a_switched_session_has_the_new_organization() {
    let response = response(200, success_for(Some(OTHER_ORGANIZATION)));
    let session = Scenario::public()
        .to_switching()
        .response(response, now())
        .unwrap();
    assert_eq!(
        session.organization_id(),
        Some(&organization(OTHER_ORGANIZATION))
    );
    let sent = body(
        &session
            .refresh(&Scenario::public().client)
            .unwrap()
            .request(),
    );
    assert_eq!(sent["organization_id"], OTHER_ORGANIZATION);
}

/// Checks that an answer for another organization is an error which keeps the session and the newest token.
#[track_caller]
fn other_organization(refreshing: Refreshing, body: String) {
    let before = Scenario::public().to_authenticated();
    let (refreshing, error) = refusal(refreshing, response(200, body));
    assert_eq!(kind(&error), "Malformed");
    assert!(
        error
            .to_string()
            .contains("another organization than requested"),
        "{error}"
    );
    assert_eq!(error.request_id(), Some("req_fixture"));
    let session = refreshing.into_session();
    let mut expected: Value = serde_json::from_str(&stored(&before)).unwrap();
    expected["refresh_token"] = SECOND.into();
    let kept: Value = serde_json::from_str(&stored(&session)).unwrap();
    assert_eq!(kept, expected);
}

#[test]
fn c46_rejects_another_organization_and_keeps_the_new_refresh_token() {
    let scenario = Scenario::public();
    other_organization(
        scenario.to_refreshing(),
        success_for(Some(OTHER_ORGANIZATION)),
    );
    other_organization(scenario.to_refreshing(), success_for(None));
    other_organization(scenario.to_switching(), success_for(Some(ORGANIZATION)));
    other_organization(scenario.to_switching(), success_for(None));
}

#[test]
fn rejects_an_organization_if_the_session_has_none() {
    let scenario = Scenario::public();
    let refreshing = || {
        let session = scenario.to_authenticated_from(&fixture("success_minimal.json"));
        session.refresh(&scenario.client).unwrap()
    };
    let (kept, error) = refusal(refreshing(), response(200, success_for(Some(ORGANIZATION))));
    assert_eq!(kind(&error), "Malformed");
    let session = kept.into_session();
    assert_eq!(session.organization_id(), None);
    assert_eq!(refresh_token(&session), SECOND);
    assert!(
        refreshing()
            .response(response(200, success_for(None)), now())
            .is_ok()
    );
}

#[test]
fn reads_the_organization_from_the_access_token_before_the_session() {
    let absent = edited("success_refresh_rotated.json", |body| {
        body.as_object_mut().unwrap().remove("organization_id");
    });
    let session = Scenario::public()
        .to_refreshing()
        .response(response(200, absent), now())
        .unwrap();
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
}

/// Checks that an answer keeps the session as it was, and what it comes out as.
#[track_caller]
fn keeps_the_session(status: u16, body: &str, expected: &str) {
    for refreshing in [
        Scenario::public().to_refreshing(),
        Scenario::public().to_switching(),
    ] {
        let sent = refreshing.request();
        let (refreshing, error) = refusal(refreshing, response(status, body));
        assert_eq!(kind(&error), expected, "{status} {body}");
        assert_eq!(refreshing.request().body(), sent.body());
        let kept = stored(&refreshing.into_session());
        assert_eq!(
            kept,
            stored(&Scenario::public().to_authenticated()),
            "{status} {body}"
        );
    }
}

#[test]
fn invalid_grant_is_final_at_any_status() {
    for status in [400, 401, 403, 404, 429, 500] {
        keeps_the_session(status, r#"{"error":"invalid_grant"}"#, "InvalidGrant");
    }
}

#[test]
fn m13_only_invalid_grant_ends_a_session() {
    for status in [401, 403, 404, 422] {
        keeps_the_session(status, "", "Rejected");
        keeps_the_session(status, r#"{"error":"never_heard_of"}"#, "Rejected");
    }
    for status in [408, 429, 500, 502, 503, 504] {
        keeps_the_session(status, "", "Unavailable");
        keeps_the_session(status, r#"{"code":"never_heard_of"}"#, "Unavailable");
    }
    keeps_the_session(
        429,
        &fixture("error_oauth_too_many_requests.json"),
        "Unavailable",
    );
    keeps_the_session(302, "", "Malformed");
    keeps_the_session(200, "<html>", "Malformed");
    keeps_the_session(200, "{}", "Malformed");
    keeps_the_session(400, &fixture("error_oauth_invalid_client.json"), "Client");
}

#[test]
fn a_step_up_at_a_refresh_keeps_the_session() {
    keeps_the_session(
        403,
        &fixture("step_up_unknown_future.json"),
        "AuthenticationChallenge",
    );
}

/// Checks that a session of another client is not refreshed, and stays.
#[track_caller]
fn foreign(client: &Client) {
    let session = Scenario::public().to_authenticated();
    let before = stored(&session);
    let (session, error) = refused(session.refresh(client));
    assert_eq!(kind(&error), "Client");
    assert!(
        error.to_string().contains("use the client that created it"),
        "{error}"
    );
    assert_eq!(stored(&session), before);
    let (session, error) = refused(session.switch_organization(client, &organization("org_1")));
    assert_eq!(kind(&error), "Client");
    assert_eq!(stored(&session), before);
    assert!(session.refresh(&Scenario::public().client).is_ok());
}

#[test]
fn refuses_a_client_that_the_session_is_not_bound_to() {
    foreign(&Client::public("client_other".parse().unwrap()));
    let elsewhere = "https://api.workos-test.com".parse().unwrap();
    foreign(&Scenario::public().client.base_url(elsewhere).unwrap());
}

#[test]
fn returns_the_session_of_an_abandoned_refresh() {
    let before = stored(&Scenario::public().to_authenticated());
    assert_eq!(
        stored(&Scenario::public().to_refreshing().into_session()),
        before
    );
    assert_eq!(
        stored(&Scenario::public().to_switching().into_session()),
        before
    );
}

#[test]
fn an_empty_code_gives_way_to_the_error() {
    let gone = response(400, r#"{"code":"","error":"invalid_grant"}"#);
    let (_, error) = refusal(Scenario::public().to_refreshing(), gone);
    assert_eq!(kind(&error), "InvalidGrant");
}

#[test]
fn rejects_another_user() {
    let body = edited("success_refresh_rotated.json", |body| {
        body["user"]["id"] = json!("user_other")
    });
    let (refreshing, error) = refusal(Scenario::public().to_refreshing(), response(200, body));
    assert!(error.to_string().contains("another user"), "{error}");
    let session = refreshing.into_session();
    assert_eq!(session.refresh_token().unwrap().expose_secret(), FIRST);
}

#[test]
fn a_refused_switch_does_not_say_that_the_session_has_ended() {
    let gone = response(400, r#"{"error":"invalid_grant"}"#);
    let (_, error) = refusal(Scenario::public().to_switching(), gone);
    assert!(
        error.to_string().contains("the session is unchanged"),
        "{error}"
    );
}

#[test]
fn a_step_up_keeps_the_request_id() {
    let step = response(403, fixture("step_up_unknown_future.json"));
    let (_, error) = refusal(Scenario::public().to_refreshing(), step);
    assert_eq!(error.request_id(), Some("req_fixture"));
}
