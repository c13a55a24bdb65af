//! The new login that continues a challenge, for a client without a secret.

use workos_login::url::Url;
use workos_login::{AuthenticationChallenge, Error, Exchange};

use super::{everywhere, part};
use crate::scenario::{
    CLIENT_ID, CODE_CHALLENGE, ORGANIZATION, OTHER_ORGANIZATION, REDIRECT_URI, STATE, Scenario,
    begin, challenge_of, edited, fixture, now, organization, pairs, refusal, response,
};

const HINT: (&str, &str) = ("login_hint", "nadia.okafor@example.org");
const HOSTED: [(&str, &str); 2] = [("provider", "authkit"), ("screen_hint", "sign-in")];

fn login(challenge: &AuthenticationChallenge) -> Url {
    let client = Scenario::public().client;
    begin(challenge.login(&client, REDIRECT_URI.parse().unwrap())).0
}

/// Checks that the address has what every login has, and beside it exactly this.
#[track_caller]
fn has(url: &Url, own: &[(&str, &str)]) {
    let every = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("code_challenge", CODE_CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", STATE),
    ];
    let mut expected: Vec<_> = every.iter().chain(own).collect();
    expected.sort();
    let pairs = pairs(url);
    let mut pairs: Vec<_> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
    pairs.sort_unstable();
    assert_eq!(pairs.iter().collect::<Vec<_>>(), expected);
}

#[track_caller]
fn at_code_exchange(file: &str) -> AuthenticationChallenge {
    Scenario::public().to_challenge(&fixture(file))
}

#[track_caller]
fn continues(file: &str, own: &[(&str, &str)]) {
    has(&login(&at_code_exchange(file)), own);
}

#[test]
fn sso_continues_at_its_first_connection() {
    let connection = ("connection_id", "conn_01KXK1PFG0RMPAY4WC3EWAB5TC");
    continues("step_up_sso_required.json", &[connection, HINT]);
    continues("step_up_sso_required_bare_403.json", &HOSTED);
}

#[test]
fn allowed_methods_continues_at_its_connection() {
    let connection = ("connection_id", "conn_01KXK1PFG0RMPAY4WC3EWAB5TC");
    let challenge = "step_up_organization_authentication_methods_required";
    continues(&format!("{challenge}_403.json"), &[connection, HINT]);
    continues(&format!("{challenge}_oauth.json"), &HOSTED);
    let without_connection = edited(&format!("{challenge}_403.json"), |body| {
        body["sso_connection_ids"] = serde_json::json!([]);
    });
    let challenge = Scenario::public().to_challenge(&without_connection);
    has(&login(&challenge), &[HOSTED[0], HOSTED[1], HINT]);
}

#[test]
fn other_challenges_continue_on_the_hosted_login_page() {
    for known in [
        "step_up_email_verification_required.json",
        "step_up_mfa_enrollment.json",
        "step_up_mfa_challenge_factors.json",
        "step_up_organization_selection_required.json",
        "step_up_radar_email_challenge.json",
        "step_up_radar_sms_challenge.json",
    ] {
        continues(known, &[HOSTED[0], HOSTED[1], HINT]);
    }
    for unknown in [
        "step_up_mfa_enrollment_oauth.json",
        "step_up_mfa_challenge_embedded.json",
        "step_up_mfa_verification.json",
        "step_up_authentication_method_not_allowed_plain.json",
        "step_up_authentication_method_not_allowed_oauth.json",
        "step_up_email_password_auth_disabled.json",
        "step_up_passkey_progressive_enrollment.json",
        "step_up_radar_challenge.json",
        "step_up_radar_sign_up_challenge.json",
        "step_up_application_consent_required.json",
        "step_up_email_completion_required.json",
        "step_up_unknown_future.json",
    ] {
        continues(unknown, &HOSTED);
    }
}

#[test]
fn continues_in_the_selected_organization() {
    let client = Scenario::public().client;
    for challenge in everywhere("step_up_organization_selection_required.json") {
        let challenge = part!(challenge, OrganizationSelection);
        let chosen = challenge.organizations()[1].id();
        let start = challenge.login(&client, chosen, REDIRECT_URI.parse().unwrap());
        let organization = ("organization_id", "org_01KQ0PKXK8VPZ198YJP4FDWVQ2");
        has(&begin(start).0, &[HOSTED[0], HOSTED[1], HINT, organization]);
    }
}

/// The challenge that a refresh meets, or one that moves to the other organization.
#[track_caller]
fn at_refresh(file: &str, switch: bool) -> AuthenticationChallenge {
    let scenario = Scenario::public();
    let refreshing = if switch {
        scenario.to_switching()
    } else {
        scenario.to_refreshing()
    };
    let (refreshing, error) = refusal(refreshing, response(403, fixture(file)));
    let session = refreshing.into_session();
    assert_eq!(session.organization_id(), Some(&organization(ORGANIZATION)));
    match error {
        Error::AuthenticationChallenge(challenge) => *challenge,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_challenge_to_a_refresh_continues_in_the_requested_organization() {
    for (switch, id) in [(false, ORGANIZATION), (true, OTHER_ORGANIZATION)] {
        let organization = ("organization_id", id);
        let enrollment = at_refresh("step_up_mfa_enrollment.json", switch);
        has(
            &login(&enrollment),
            &[HOSTED[0], HOSTED[1], HINT, organization],
        );
        let sso = at_refresh("step_up_sso_required.json", switch);
        let connection = ("connection_id", "conn_01KXK1PFG0RMPAY4WC3EWAB5TC");
        has(&login(&sso), &[connection, HINT, organization]);
        let unknown = at_refresh("step_up_unknown_future.json", switch);
        has(&login(&unknown), &[HOSTED[0], HOSTED[1], organization]);
    }
}

#[test]
fn the_selected_organization_precedes_the_one_of_the_refresh() {
    let challenge = at_refresh("step_up_organization_selection_required.json", false);
    let challenge = part!(challenge, OrganizationSelection);
    let client = Scenario::public().client;
    let chosen = organization("org_chosen");
    let start = challenge.login(&client, &chosen, REDIRECT_URI.parse().unwrap());
    let own = [
        HOSTED[0],
        HOSTED[1],
        HINT,
        ("organization_id", "org_chosen"),
    ];
    has(&begin(start).0, &own);
}

#[test]
fn a_challenge_to_a_refresh_without_an_organization_selects_none() {
    let scenario = Scenario::public();
    let session = scenario.to_authenticated_from(&fixture("success_minimal.json"));
    let refreshing = session.refresh(&scenario.client).unwrap();
    let challenge = response(403, fixture("step_up_mfa_enrollment_oauth.json"));
    let Error::AuthenticationChallenge(challenge) = refusal(refreshing, challenge).1 else {
        panic!()
    };
    has(&login(&challenge), &HOSTED);
}

#[test]
fn accepts_options() {
    let challenge = at_code_exchange("step_up_sso_required.json");
    let client = Scenario::public().client;
    let start = challenge.login(&client, REDIRECT_URI.parse().unwrap());
    let (url, pending) = begin(
        start
            .login_hint("other@example.org")
            .app_state("/after")
            .unwrap(),
    );
    assert_eq!(pending.app_state(), Some("/after"));
    let hints: Vec<_> = pairs(&url)
        .into_iter()
        .filter(|(name, _)| name == "login_hint")
        .map(|(_, hint)| hint)
        .collect();
    assert_eq!(hints, ["other@example.org"]);
}

#[test]
fn the_token_of_a_step_is_not_in_the_address() {
    for name in [
        "step_up_organization_selection_required.json",
        "step_up_email_completion_required.json",
        "step_up_unknown_future.json",
    ] {
        let url = login(&at_code_exchange(name));
        for secret in [
            "Q64Pj0KHUPeeZmWtScFLps2Iu",
            "x29DuqKl24TgmFAh3jbPCiho6",
            "dKGy5AwwyWlt6XyILDquQhvaB",
        ] {
            assert!(!url.as_str().contains(secret));
        }
    }
}

#[test]
fn a_confidential_client_can_start_a_new_login() {
    let scenario = Scenario::confidential();
    let exchanging = scenario.to_exchanging();
    let response = response(400, fixture("step_up_sso_required.json"));
    let challenge = challenge_of(exchanging.response(response, now()));
    let start = challenge.login(&scenario.client, REDIRECT_URI.parse().unwrap());
    let (url, _) = begin(start);
    let connection = ("connection_id", "conn_01KXK1PFG0RMPAY4WC3EWAB5TC");
    has(&url, &[connection, HINT]);
}
