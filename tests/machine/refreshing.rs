//! A refresh: its request, its response and the session that an error returns.

use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, Client, Exchange, RefreshCredential, Refreshing};

use crate::exchanging::sent_to_the_token_endpoint;
use crate::scenario::{
    API_KEY, CLIENT_ID, ORGANIZATION, OTHER_ORGANIZATION, Scenario, body, edited, fixture, jwt,
    kind, lost, message_contains, now, organization, refusal, refused, response, secs, stored,
    without,
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

/// The session that a refresh returns for a body.
#[track_caller]
fn refreshed(body: String) -> Authenticated {
    let refreshing = Scenario::public().to_refreshing();
    refreshing.response(response(200, body), now()).unwrap()
}

#[test]
fn returns_the_session_of_the_response() {
    let response = response(200, fixture("success_refresh_rotated.json"));
    let later = now() + secs(9999);
    let session = Scenario::public().to_refreshing().response(response, later);
    let session = session.unwrap();
    assert_eq!(refresh_token(&session), SECOND);
    let method = session.authentication_method();
    assert_eq!(method.map(|method| method.as_str()), Some("Password"));
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
    let lifetime = session.expires_in(later);
    assert_eq!(lifetime, Some(secs(4_102_444_800 - 1_780_000_000)));
    assert!(session.refresh(&Scenario::public().client).is_ok());
}

#[test]
fn accepts_a_refresh_token_that_is_not_rotated() {
    let file = "success_refresh_rotated.json";
    let same = edited(file, |body| body["refresh_token"] = FIRST.into());
    assert_eq!(refresh_token(&refreshed(same)), FIRST);
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
    let success = response(200, success_for(Some(OTHER_ORGANIZATION)));
    let session = Scenario::public().to_switching().response(success, now());
    let session = session.unwrap();
    let other = organization(OTHER_ORGANIZATION);
    assert_eq!(session.organization_id(), Some(&other));
    let refreshing = session.refresh(&Scenario::public().client).unwrap();
    assert_eq!(
        body(&refreshing.request())["organization_id"],
        OTHER_ORGANIZATION
    );
}

/// Checks that a response for another organization is rejected and keeps the session with the new refresh token.
#[track_caller]
fn other_organization(refreshing: Refreshing, organization: Option<&str>) {
    let success = response(200, success_for(organization));
    let (refreshing, error) = refusal(refreshing, success);
    assert_eq!(kind(&error), "Malformed");
    message_contains(&error, "another organization than requested");
    assert_eq!(error.request_id(), Some("req_fixture"));
    let mut expected = serde_json::to_value(Scenario::public().to_authenticated()).unwrap();
    expected["refresh_token"] = SECOND.into();
    let kept = serde_json::to_value(refreshing.into_session()).unwrap();
    assert_eq!(kept, expected);
}

#[test]
fn c46_rejects_another_organization_and_keeps_the_new_refresh_token() {
    let scenario = Scenario::public();
    let (refreshing, switching) = (Scenario::to_refreshing, Scenario::to_switching);
    other_organization(refreshing(&scenario), Some(OTHER_ORGANIZATION));
    other_organization(refreshing(&scenario), None);
    other_organization(switching(&scenario), Some(ORGANIZATION));
    other_organization(switching(&scenario), None);
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
    let success = response(200, success_for(None));
    assert!(refreshing().response(success, now()).is_ok());
}

#[test]
fn reads_the_organization_from_the_access_token_before_the_session() {
    let session = refreshed(without("success_refresh_rotated.json", "organization_id"));
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
}

/// Checks the error of a response and that it keeps the session unchanged.
#[track_caller]
fn keeps_the_session(status: u16, body: &str, expected: &str) {
    let public = Scenario::public();
    for refreshing in [public.to_refreshing(), public.to_switching()] {
        let sent = refreshing.request();
        let (refreshing, error) = refusal(refreshing, response(status, body));
        assert_eq!(kind(&error), expected, "{status} {body}");
        assert_eq!(refreshing.request().body(), sent.body());
        let kept = stored(&refreshing.into_session());
        assert_eq!(kept, stored(&public.to_authenticated()), "{status} {body}");
    }
}

#[test]
fn m13_only_invalid_grant_ends_a_session() {
    for (status, expected) in [
        (401, "Rejected"),
        (403, "Rejected"),
        (404, "Rejected"),
        (422, "Rejected"),
        (408, "Unavailable"),
        (429, "Unavailable"),
        (500, "Unavailable"),
        (502, "Unavailable"),
        (503, "Unavailable"),
        (504, "Unavailable"),
    ] {
        for body in [
            "",
            r#"{"error":"never_heard_of"}"#,
            r#"{"code":"never_heard_of"}"#,
        ] {
            keeps_the_session(status, body, expected);
        }
        keeps_the_session(status, r#"{"error":"invalid_grant"}"#, "InvalidGrant");
    }
    keeps_the_session(
        429,
        &fixture("error_oauth_too_many_requests.json"),
        "Unavailable",
    );
    keeps_the_session(
        403,
        &fixture("step_up_unknown_future.json"),
        "AuthenticationChallenge",
    );
    keeps_the_session(302, "", "Malformed");
    keeps_the_session(200, "<html>", "Malformed");
    keeps_the_session(200, "{}", "Malformed");
    keeps_the_session(400, r#"{"error":"invalid_client"}"#, "Client");
}

#[test]
fn refuses_a_client_that_the_session_is_not_bound_to() {
    let elsewhere = Scenario::public()
        .client
        .base_url("https://api.workos-test.com".parse().unwrap());
    for client in [
        Client::public("client_other".parse().unwrap()),
        elsewhere.unwrap(),
    ] {
        let session = Scenario::public().to_authenticated();
        let before = stored(&session);
        let (session, error) = refused(session.refresh(&client));
        assert_eq!(kind(&error), "Client");
        message_contains(&error, "use the client that created it");
        assert_eq!(stored(&session), before);
        let (session, error) =
            refused(session.switch_organization(&client, &organization("org_1")));
        assert_eq!(kind(&error), "Client");
        assert_eq!(stored(&session), before);
        assert!(session.refresh(&Scenario::public().client).is_ok());
    }
}

#[test]
fn c50_keeps_the_session_on_a_transport_error() {
    let before = stored(&Scenario::public().to_authenticated());
    for refreshing in [
        Scenario::public().to_refreshing(),
        Scenario::public().to_switching(),
    ] {
        assert_eq!(stored(&lost(refreshing, now()).into_session()), before);
    }
}

#[test]
fn returns_the_session_of_an_abandoned_refresh() {
    let public = Scenario::public();
    for refreshing in [public.to_refreshing(), public.to_switching()] {
        let session = stored(&refreshing.into_session());
        assert_eq!(session, stored(&public.to_authenticated()));
    }
}

#[test]
fn rejects_another_user() {
    let body = edited("success_refresh_rotated.json", |body| {
        body["user"]["id"] = json!("user_other")
    });
    let (refreshing, error) = refusal(Scenario::public().to_refreshing(), response(200, body));
    message_contains(&error, "another user");
    let session = refreshing.into_session();
    assert_eq!(session.refresh_token().unwrap().expose_secret(), FIRST);
}

/// A scenario whose refresh token is in a cookie of the service.
fn cookie() -> Scenario<workos_login::Public> {
    Scenario::of(Client::public(CLIENT_ID.parse().unwrap()).refresh_cookie())
}

#[test]
fn with_the_cookie_neither_a_session_nor_a_refresh_has_a_refresh_token() {
    let scenario = cookie();
    for body in [
        fixture("success_full.json"),
        without("success_full.json", "refresh_token"),
    ] {
        let session = scenario.to_authenticated_from(&body);
        assert!(matches!(
            session.refresh_credential(),
            RefreshCredential::Cookie
        ));
        assert!(session.refresh_token().is_none());
        assert!(!stored(&session).to_string().contains(FIRST));
        let refreshing = session.refresh(&scenario.client).unwrap();
        assert_eq!(
            self::body(&refreshing.request()),
            json!({
                "grant_type": "refresh_token",
                "client_id": CLIENT_ID,
                "organization_id": ORGANIZATION,
            })
        );
        let file = "success_refresh_rotated.json";
        let fresh = refreshing.response(response(200, without(file, "refresh_token")), now());
        assert!(matches!(
            fresh.unwrap().refresh_credential(),
            RefreshCredential::Cookie
        ));
    }
}

#[test]
fn without_the_cookie_a_response_must_have_a_refresh_token() {
    let refreshing = Scenario::public().to_refreshing();
    let body = without("success_refresh_rotated.json", "refresh_token");
    let refused = refreshing.response(response(200, body), now()).unwrap_err();
    message_contains(refused.error(), "refresh_token");
}

#[test]
fn restores_a_session_by_the_cookie_alone() {
    let client = cookie().client;
    let restoring = client.restore(None);
    sent_to_the_token_endpoint(&restoring.request());
    assert_eq!(
        body(&restoring.request()),
        json!({"grant_type": "refresh_token", "client_id": CLIENT_ID})
    );
    let session = restoring.response(response(200, fixture("success_full.json")), now());
    assert!(session.unwrap().bound_to(&client).is_ok());
    let ended = response(400, r#"{"error":"invalid_grant"}"#);
    let refused = client.restore(None).response(ended, now()).unwrap_err();
    assert!(matches!(
        refused.error(),
        workos_login::Error::InvalidGrant(_)
    ));
}

#[test]
fn restores_a_session_by_a_refresh_token_alone() {
    let client = Scenario::public().client;
    let restoring = client.restore_by_token("kept".into(), None);
    sent_to_the_token_endpoint(&restoring.request());
    assert_eq!(
        body(&restoring.request()),
        json!({"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": "kept"})
    );
    assert!(!format!("{restoring:?}").contains("kept"));
    let session = restoring.response(response(200, fixture("success_full.json")), now());
    assert!(session.unwrap().refresh_token().is_some());
}

#[test]
fn restores_no_session_of_another_organization() {
    let other = OTHER_ORGANIZATION.parse().unwrap();
    let restoring = cookie().client.restore(Some(&other));
    assert_eq!(
        body(&restoring.request())["organization_id"],
        OTHER_ORGANIZATION
    );
    let refused = restoring
        .response(response(200, fixture("success_full.json")), now())
        .unwrap_err();
    message_contains(refused.error(), "organization");
}

#[test]
fn the_base_url_keeps_the_cookie() {
    let client = Client::public(CLIENT_ID.parse().unwrap())
        .refresh_cookie()
        .base_url("http://127.0.0.1:1".parse().unwrap())
        .unwrap();
    let session = Scenario::of(client).to_authenticated_from(&fixture("success_full.json"));
    assert!(session.refresh_token().is_none());
}
