//! What each challenge carries: exactly what the service gave, whichever exchange met it.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{ConnectionId, Exchange, User};

use super::{everywhere, part};
use crate::scenario::{Scenario, challenge_of, edited, fixture, now};

/// Checks that the user is the one of the fixture, member for member.
#[track_caller]
fn is_user_of(file: &str, user: Option<&User>) {
    let mut wire: Value = serde_json::from_str(&fixture(file)).unwrap();
    let wire = wire["user"].take();
    let read = user.map_or(Value::Null, |user| serde_json::to_value(user).unwrap());
    let wire = match wire {
        Value::Object(mut members) => {
            assert_eq!(members.remove("object"), Some(json!("user")));
            Value::Object(members)
        }
        other => other,
    };
    assert_eq!(read, wire, "{file}");
}

fn texts(connections: &[ConnectionId]) -> Vec<&str> {
    connections.iter().map(ConnectionId::as_str).collect()
}

#[test]
fn email_verification_has_the_email_address_and_the_id() {
    for challenge in everywhere("step_up_email_verification_required.json") {
        assert_eq!(challenge.code(), "email_verification_required");
        let challenge = part!(challenge, EmailVerification);
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
        assert_eq!(
            challenge.email_verification_id(),
            Some("email_verification_01KXCYJ48VZTVYVSE72PDAH111")
        );
    }
}

#[test]
fn mfa_enrollment_has_the_user() {
    for file in [
        "step_up_mfa_enrollment.json",
        "step_up_mfa_enrollment_oauth.json",
    ] {
        for challenge in everywhere(file) {
            assert_eq!(challenge.code(), "mfa_enrollment");
            is_user_of(file, part!(challenge, MfaEnrollment).user());
        }
    }
}

#[test]
fn totp_has_the_factors_or_the_mfa_challenge() {
    let file = "step_up_mfa_challenge_factors.json";
    for challenge in everywhere(file) {
        assert_eq!(challenge.code(), "mfa_challenge");
        let challenge = part!(challenge, Totp);
        is_user_of(file, challenge.user());
        assert_eq!(
            challenge.factor_ids().collect::<Vec<_>>(),
            ["auth_factor_01K12SDSMAB3GB85XBR5WEV14Q"]
        );
        assert_eq!(challenge.challenge_id(), None);
    }
    for challenge in everywhere("step_up_mfa_challenge_embedded.json") {
        let challenge = part!(challenge, Totp);
        assert_eq!(
            challenge.challenge_id(),
            Some("auth_challenge_01KJ9PJFSQMDY1ZZMCWRPMAT6H")
        );
        assert_eq!(challenge.factor_ids().count(), 0);
        assert!(challenge.user().is_none());
    }
}

#[test]
fn organization_selection_has_the_organizations() {
    let file = "step_up_organization_selection_required.json";
    for challenge in everywhere(file) {
        assert_eq!(challenge.code(), "organization_selection_required");
        let challenge = part!(challenge, OrganizationSelection);
        let organizations: Vec<_> = challenge
            .organizations()
            .iter()
            .map(|organization| (organization.id().as_str(), organization.name()))
            .collect();
        assert_eq!(
            organizations,
            [
                ("org_01KVAT1B7BJM4R31T4Y7ZGRV9B", Some("Lagoon Labs")),
                ("org_01KQ0PKXK8VPZ198YJP4FDWVQ2", Some("Mesa Works")),
            ]
        );
        is_user_of(file, challenge.user());
    }
}

#[test]
fn sso_has_the_connections_and_the_email_address() {
    for challenge in everywhere("step_up_sso_required.json") {
        assert_eq!(challenge.code(), "sso_required");
        let challenge = part!(challenge, Sso);
        assert_eq!(
            texts(challenge.connection_ids()),
            [
                "conn_01KXK1PFG0RMPAY4WC3EWAB5TC",
                "conn_01KJHHMC4ZCX6916EJJ3TEM98C"
            ]
        );
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
    }
    for challenge in everywhere("step_up_sso_required_bare_403.json") {
        let challenge = part!(challenge, Sso);
        assert!(challenge.connection_ids().is_empty());
        assert_eq!(challenge.email(), None);
    }
}

#[test]
fn allowed_methods_has_the_methods_and_the_connections() {
    let code = "organization_authentication_methods_required";
    for challenge in everywhere(&format!("step_up_{code}_403.json")) {
        assert_eq!(challenge.code(), code);
        let challenge = part!(challenge, AllowedMethods);
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
        assert_eq!(
            texts(challenge.connection_ids()),
            ["conn_01KXK1PFG0RMPAY4WC3EWAB5TC"]
        );
        assert_eq!(
            challenge.methods().collect::<Vec<_>>(),
            [
                ("apple_oauth", false),
                ("google_oauth", true),
                ("magic_auth", false),
                ("password", false),
            ]
        );
    }
    for challenge in everywhere(&format!("step_up_{code}_oauth.json")) {
        let challenge = part!(challenge, AllowedMethods);
        assert_eq!(challenge.email(), None);
        assert!(challenge.connection_ids().is_empty());
        assert_eq!(challenge.methods().count(), 0);
    }
}

#[test]
fn radar_has_the_user_and_its_id() {
    let file = "step_up_radar_email_challenge.json";
    for challenge in everywhere(file) {
        assert_eq!(challenge.code(), "radar_email_challenge");
        let challenge = part!(challenge, RadarEmail);
        assert_eq!(
            challenge.radar_challenge_id(),
            Some("radar_challenge_01K23KKJK97D8MQW3F69GNEZMB")
        );
        is_user_of(file, challenge.user());
    }
    let file = "step_up_radar_sms_challenge.json";
    for challenge in everywhere(file) {
        assert_eq!(challenge.code(), "radar_sms_challenge");
        let challenge = part!(challenge, RadarSms);
        is_user_of(file, challenge.user());
        let token = challenge.pending_authentication_token().unwrap();
        assert_eq!(token.expose_secret(), "uymOcoKFDNx7XVmiTd7DpPJ0g");
    }
}

#[test]
fn radar_keeps_its_older_codes() {
    for code in ["radar_challenge", "radar_sign_up_challenge"] {
        for challenge in everywhere(&format!("step_up_{code}.json")) {
            assert_eq!(challenge.code(), code);
            assert!(part!(challenge, RadarSms).user().is_none());
        }
        // Only the challenge by e-mail has an id.
        let with_id = edited(&format!("step_up_{code}.json"), |body| {
            body["radar_challenge_id"] = json!("radar_challenge_1");
        });
        let challenge = Scenario::public().to_challenge(&with_id);
        assert_eq!(challenge.code(), code);
        let challenge = part!(challenge, RadarEmail);
        assert_eq!(challenge.radar_challenge_id(), Some("radar_challenge_1"));
    }
}

#[test]
fn email_completion_has_its_token() {
    for challenge in everywhere("step_up_email_completion_required.json") {
        assert_eq!(challenge.code(), "email_completion_required");
        let challenge = part!(challenge, EmailCompletion);
        let token = challenge.email_completion_token().unwrap();
        assert_eq!(token.expose_secret(), "x29DuqKl24TgmFAh3jbPCiho6");
    }
}

#[test]
fn other_has_its_code() {
    for (file, code) in [
        (
            "application_consent_required",
            "application_consent_required",
        ),
        (
            "passkey_progressive_enrollment",
            "passkey_progressive_enrollment",
        ),
        ("mfa_verification", "mfa_verification"),
        (
            "email_password_auth_disabled",
            "email_password_auth_disabled",
        ),
        (
            "authentication_method_not_allowed_plain",
            "authentication_method_not_allowed",
        ),
        (
            "authentication_method_not_allowed_oauth",
            "authentication_method_not_allowed",
        ),
    ] {
        for challenge in everywhere(&format!("step_up_{file}.json")) {
            assert_eq!(challenge.code(), code, "{file}");
            assert_eq!(challenge.request_id(), Some("req_fixture"));
            assert_eq!(part!(challenge, Other).code(), code);
        }
    }
}

#[test]
fn debug_shows_no_personal_data() {
    for (name, response) in crate::fixtures::responses("step_up_") {
        let exchanging = Scenario::public().to_exchanging();
        let challenge = challenge_of(exchanging.response(response, now()));
        let shown = format!("{challenge:?} {challenge:#?}");
        assert!(shown.contains(challenge.code()), "{name}: {shown}");
        for personal in [
            "nadia",
            "Nadia",
            "Okafor",
            "example.org",
            "Lagoon",
            "user_01",
        ] {
            assert!(!shown.contains(personal), "{name}: {shown}");
        }
    }
    let session = Scenario::public().to_authenticated();
    let shown = format!("{session:?} {:?}", session.user());
    assert!(
        shown.contains("user_01") && !shown.contains("adia"),
        "{shown}"
    );
}

#[test]
fn unknown_has_its_code_its_token_and_the_body() {
    let file = "step_up_unknown_future.json";
    for challenge in everywhere(file) {
        assert_eq!(challenge.code(), "quantum_check_required");
        let challenge = part!(challenge, Unknown);
        assert_eq!(challenge.code(), "quantum_check_required");
        let token = challenge.pending_authentication_token().unwrap();
        assert_eq!(token.expose_secret(), "dKGy5AwwyWlt6XyILDquQhvaB");
        let fields: Value = serde_json::from_str(challenge.body().expose_secret()).unwrap();
        assert_eq!(
            fields,
            serde_json::from_str::<Value>(&fixture(file)).unwrap()
        );
        assert_eq!(fields["hint"]["a"], 1);
    }
}

#[test]
fn a_pending_authentication_token_without_a_code_is_a_challenge() {
    let challenge = Scenario::public().to_challenge(r#"{"pending_authentication_token":"p"}"#);
    assert_eq!(challenge.code(), "");
    let challenge = part!(challenge, Unknown);
    assert_eq!(
        challenge
            .pending_authentication_token()
            .unwrap()
            .expose_secret(),
        "p"
    );
}

#[test]
fn leaves_out_members_of_the_wrong_type() {
    let challenge =
        |file, edit: fn(&mut Value)| Scenario::public().to_challenge(&edited(file, edit));
    let file = "step_up_organization_selection_required.json";
    let selection = part!(
        challenge(file, |body| {
            let organizations = &mut body["organizations"];
            *organizations = json!([{"name": "No Id"}, 7, null, {"id": ""}, {"id": "org_1"}]);
            body["user"] = json!("nobody");
        }),
        OrganizationSelection
    );
    let left = selection.organizations();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].id().as_str(), left[0].name()), ("org_1", None));
    assert!(selection.user().is_none());

    let sso = part!(
        challenge("step_up_sso_required.json", |body| {
            body["connection_ids"] = json!(["conn_1", 7, "", null, ["conn_2"]]);
            body["email"] = json!({});
        }),
        Sso
    );
    assert_eq!(texts(sso.connection_ids()), ["conn_1"]);
    assert_eq!(sso.email(), None);

    let challenge = part!(
        challenge("step_up_mfa_challenge_factors.json", |body| {
            body["authentication_factors"] = json!([{"type": "totp"}, {"id": "auth_factor_1"}]);
            body["authentication_challenge"] = json!("auth_challenge_1");
        }),
        Totp
    );
    assert_eq!(
        challenge.factor_ids().collect::<Vec<_>>(),
        ["auth_factor_1"]
    );
    assert_eq!(challenge.challenge_id(), None);
}

#[test]
fn an_organization_whose_name_is_odd_can_be_chosen() {
    let body = edited("step_up_organization_selection_required.json", |body| {
        body["organizations"][0]["name"] = json!(7);
    });
    let challenge = part!(
        Scenario::public().to_challenge(&body),
        OrganizationSelection
    );
    assert_eq!(challenge.organizations().len(), 2);
}

#[test]
fn one_odd_method_does_not_hide_the_others() {
    let file = "step_up_organization_authentication_methods_required_403.json";
    let body = edited(file, |body| body["auth_methods"]["new"] = json!({ "x": 1 }));
    let challenge = part!(Scenario::public().to_challenge(&body), AllowedMethods);
    assert_eq!(challenge.methods().count(), 4);
}

#[test]
fn a_user_without_an_id_is_no_user_of_a_step() {
    let body = edited("step_up_organization_selection_required.json", |body| {
        body["user"] = json!({})
    });
    let challenge = part!(
        Scenario::public().to_challenge(&body),
        OrganizationSelection
    );
    assert!(challenge.user().is_none());
}
