//! The new login that continues a challenge. A public client has no other way.

use serde_json::json;
use workos_login::url::Url;
use workos_login::{AuthenticationChallenge, Error};

use super::{everywhere, part};
use crate::scenario::{
    CLIENT_ID, CODE_CHALLENGE, ORGANIZATION, OTHER_ORGANIZATION, REDIRECT_URI, STATE, Scenario,
    begin, challenge_file, edited, fixture, organization, pairs, refusal, response,
};

type Pair<'a> = (&'a str, &'a str);

const HINT: Pair<'_> = ("login_hint", "nadia.okafor@example.org");
const CONNECTION: Pair<'_> = ("connection_id", "conn_01KXK1PFG0RMPAY4WC3EWAB5TC");
const PROVIDER: Pair<'_> = ("provider", "authkit");
const SCREEN: Pair<'_> = ("screen_hint", "sign-in");

/// Checks that an authorization URL has the parameters of every login and exactly these.
#[track_caller]
fn has(url: &Url, own: &[Pair<'_>]) {
    let every = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("code_challenge", CODE_CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", STATE),
    ];
    let mut expected = [&every[..], own].concat();
    expected.sort_unstable();
    let pairs = pairs(url);
    let mut pairs: Vec<_> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
    pairs.sort_unstable();
    assert_eq!(pairs, expected);
}

#[track_caller]
fn continues(challenge: &AuthenticationChallenge, own: &[Pair<'_>]) {
    let client = Scenario::public().client;
    has(
        &begin(challenge.login(&client, REDIRECT_URI.parse().unwrap())).0,
        own,
    );
}

/// Checks the login that continues the challenge of a fixture.
#[track_caller]
fn fixture_continues(name: &str, own: &[Pair<'_>]) {
    continues(&Scenario::public().to_challenge(name), own);
}

#[test]
fn sso_continues_at_its_first_connection() {
    fixture_continues("sso_required", &[CONNECTION, HINT]);
    fixture_continues("sso_required_bare_403", &[PROVIDER, SCREEN]);
}

#[test]
fn allowed_methods_continues_at_its_connection() {
    let name = "organization_authentication_methods_required_403";
    fixture_continues(name, &[CONNECTION, HINT]);
    fixture_continues(
        "organization_authentication_methods_required_oauth",
        &[PROVIDER, SCREEN],
    );
    let body = edited(&challenge_file(name), |body| {
        body["sso_connection_ids"] = json!([])
    });
    continues(
        &Scenario::public().to_challenge_from(&body),
        &[PROVIDER, SCREEN, HINT],
    );
}

#[test]
fn other_challenges_continue_on_the_hosted_login_page() {
    for with_user in [
        "email_verification_required",
        "mfa_enrollment",
        "mfa_challenge_factors",
        "organization_selection_required",
        "radar_email_challenge",
        "radar_sms_challenge",
    ] {
        fixture_continues(with_user, &[PROVIDER, SCREEN, HINT]);
    }
    for without_user in [
        "mfa_enrollment_oauth",
        "mfa_challenge_embedded",
        "mfa_verification",
        "authentication_method_not_allowed_plain",
        "authentication_method_not_allowed_oauth",
        "email_password_auth_disabled",
        "passkey_progressive_enrollment",
        "radar_challenge",
        "radar_sign_up_challenge",
        "application_consent_required",
        "email_completion_required",
        "unknown_future",
    ] {
        fixture_continues(without_user, &[PROVIDER, SCREEN]);
    }
}

#[test]
fn continues_in_the_selected_organization() {
    let client = Scenario::public().client;
    for challenge in everywhere("organization_selection_required") {
        let challenge = part!(challenge, OrganizationSelection);
        let selected = challenge.organizations()[1].id();
        let start = challenge.login(&client, selected, REDIRECT_URI.parse().unwrap());
        has(
            &begin(start).0,
            &[
                PROVIDER,
                SCREEN,
                HINT,
                ("organization_id", selected.as_str()),
            ],
        );
    }
}

/// The challenge of a refresh, which keeps the session, or of a switch to another organization.
#[track_caller]
fn at_refresh(name: &str, switch: bool) -> AuthenticationChallenge {
    let scenario = Scenario::public();
    let refreshing = if switch {
        scenario.to_switching()
    } else {
        scenario.to_refreshing()
    };
    let (refreshing, error) = refusal(refreshing, response(403, fixture(&challenge_file(name))));
    assert_eq!(
        refreshing.into_session().organization_id(),
        Some(&organization(ORGANIZATION))
    );
    match error {
        Error::AuthenticationChallenge(challenge) => *challenge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_challenge_to_a_refresh_continues_in_the_requested_organization() {
    for (switch, id) in [(false, ORGANIZATION), (true, OTHER_ORGANIZATION)] {
        let organization = ("organization_id", id);
        continues(
            &at_refresh("mfa_enrollment", switch),
            &[PROVIDER, SCREEN, HINT, organization],
        );
        continues(
            &at_refresh("sso_required", switch),
            &[CONNECTION, HINT, organization],
        );
        continues(
            &at_refresh("unknown_future", switch),
            &[PROVIDER, SCREEN, organization],
        );
    }
}

#[test]
fn the_selected_organization_precedes_the_one_of_the_refresh() {
    let challenge = part!(
        at_refresh("organization_selection_required", false),
        OrganizationSelection
    );
    let client = Scenario::public().client;
    let start = challenge.login(
        &client,
        &organization("org_1"),
        REDIRECT_URI.parse().unwrap(),
    );
    has(
        &begin(start).0,
        &[PROVIDER, SCREEN, HINT, ("organization_id", "org_1")],
    );
}

#[test]
fn a_challenge_to_a_refresh_without_an_organization_selects_none() {
    let scenario = Scenario::public();
    let session = scenario.to_authenticated_from(&fixture("success_minimal.json"));
    let refreshing = session.refresh(&scenario.client).unwrap();
    let challenge = response(403, fixture(&challenge_file("mfa_enrollment_oauth")));
    let Error::AuthenticationChallenge(challenge) = refusal(refreshing, challenge).1 else {
        panic!("expected a challenge")
    };
    continues(&challenge, &[PROVIDER, SCREEN]);
}

#[test]
fn accepts_options() {
    let client = Scenario::public().client;
    let start = Scenario::public()
        .to_challenge("sso_required")
        .login(&client, REDIRECT_URI.parse().unwrap());
    let (url, pending) = begin(
        start
            .login_hint("other@example.org")
            .app_state("/after")
            .unwrap(),
    );
    assert_eq!(pending.app_state(), Some("/after"));
    let hints = pairs(&url)
        .into_iter()
        .filter(|(name, _)| name == "login_hint");
    assert_eq!(
        hints.map(|(_, hint)| hint).collect::<Vec<_>>(),
        ["other@example.org"]
    );
}

#[test]
fn a_confidential_client_can_start_a_new_login() {
    let scenario = Scenario::confidential();
    let challenge = scenario.to_challenge("sso_required");
    let start = challenge.login(&scenario.client, REDIRECT_URI.parse().unwrap());
    has(&begin(start).0, &[CONNECTION, HINT]);
}
