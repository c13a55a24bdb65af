//! The data of each challenge: the same at every exchange.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{ConnectionId, Exchange, Outcome, User};

use super::{everywhere, part};
use crate::scenario::{Scenario, challenge_file, challenge_of, edited, fixture, now, response};

/// Checks that a user has every member of the one of the fixture.
#[track_caller]
fn is_user_of(name: &str, user: Option<&User>) {
    let mut wire: Value = serde_json::from_str(&fixture(&challenge_file(name))).unwrap();
    if let Some(members) = wire["user"].as_object_mut() {
        assert_eq!(members.remove("object"), Some(json!("user")));
    }
    let read = user.map_or(Value::Null, |user| serde_json::to_value(user).unwrap());
    assert_eq!(read, wire["user"], "{name}");
}

fn texts(connections: &[ConnectionId]) -> Vec<&str> {
    connections.iter().map(ConnectionId::as_str).collect()
}

#[test]
fn email_verification_has_the_email_address_and_the_id() {
    for challenge in everywhere("email_verification_required") {
        assert_eq!(challenge.code(), "email_verification_required");
        let challenge = part!(challenge, EmailVerification);
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
        let id = "email_verification_01KXCYJ48VZTVYVSE72PDAH111";
        assert_eq!(challenge.email_verification_id(), Some(id));
    }
}

#[test]
fn mfa_enrollment_has_the_user() {
    for name in ["mfa_enrollment", "mfa_enrollment_oauth"] {
        for challenge in everywhere(name) {
            assert_eq!(challenge.code(), "mfa_enrollment");
            is_user_of(name, part!(challenge, MfaEnrollment).user());
        }
    }
}

#[test]
fn totp_has_the_factors_or_the_mfa_challenge() {
    for challenge in everywhere("mfa_challenge_factors") {
        assert_eq!(challenge.code(), "mfa_challenge");
        let challenge = part!(challenge, Totp);
        is_user_of("mfa_challenge_factors", challenge.user());
        let factors: Vec<_> = challenge.factor_ids().collect();
        assert_eq!(factors, ["auth_factor_01K12SDSMAB3GB85XBR5WEV14Q"]);
        assert_eq!(challenge.challenge_id(), None);
    }
    for challenge in everywhere("mfa_challenge_embedded") {
        let challenge = part!(challenge, Totp);
        let id = "auth_challenge_01KJ9PJFSQMDY1ZZMCWRPMAT6H";
        assert_eq!(challenge.challenge_id(), Some(id));
        assert_eq!(challenge.factor_ids().count(), 0);
        assert!(challenge.user().is_none());
    }
}

#[test]
fn organization_selection_has_the_organizations() {
    let name = "organization_selection_required";
    for challenge in everywhere(name) {
        assert_eq!(challenge.code(), name);
        let challenge = part!(challenge, OrganizationSelection);
        let organizations = challenge.organizations().iter();
        let organizations: Vec<_> = organizations
            .map(|organization| (organization.id().as_str(), organization.name()))
            .collect();
        assert_eq!(
            organizations,
            [
                ("org_01KVAT1B7BJM4R31T4Y7ZGRV9B", Some("Lagoon Labs")),
                ("org_01KQ0PKXK8VPZ198YJP4FDWVQ2", Some("Mesa Works")),
            ]
        );
        is_user_of(name, challenge.user());
    }
}

#[test]
fn sso_has_the_connections_and_the_email_address() {
    for challenge in everywhere("sso_required") {
        assert_eq!(challenge.code(), "sso_required");
        let challenge = part!(challenge, Sso);
        let connections = [
            "conn_01KXK1PFG0RMPAY4WC3EWAB5TC",
            "conn_01KJHHMC4ZCX6916EJJ3TEM98C",
        ];
        assert_eq!(texts(challenge.connection_ids()), connections);
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
    }
    for challenge in everywhere("sso_required_bare_403") {
        let challenge = part!(challenge, Sso);
        assert!(challenge.connection_ids().is_empty());
        assert_eq!(challenge.email(), None);
    }
}

#[test]
fn allowed_methods_has_the_methods_and_the_connections() {
    let code = "organization_authentication_methods_required";
    for challenge in everywhere(&format!("{code}_403")) {
        assert_eq!(challenge.code(), code);
        let challenge = part!(challenge, AllowedMethods);
        assert_eq!(challenge.email(), Some("nadia.okafor@example.org"));
        assert_eq!(
            texts(challenge.connection_ids()),
            ["conn_01KXK1PFG0RMPAY4WC3EWAB5TC"]
        );
        let methods: Vec<_> = challenge.methods().collect();
        assert_eq!(
            methods,
            [
                ("apple_oauth", false),
                ("google_oauth", true),
                ("magic_auth", false),
                ("password", false)
            ]
        );
    }
    for challenge in everywhere(&format!("{code}_oauth")) {
        let challenge = part!(challenge, AllowedMethods);
        assert_eq!(challenge.email(), None);
        assert!(challenge.connection_ids().is_empty());
        assert_eq!(challenge.methods().count(), 0);
    }
}

#[test]
fn radar_has_the_user_and_its_id() {
    for challenge in everywhere("radar_email_challenge") {
        assert_eq!(challenge.code(), "radar_email_challenge");
        let challenge = part!(challenge, RadarEmail);
        let id = "radar_challenge_01K23KKJK97D8MQW3F69GNEZMB";
        assert_eq!(challenge.radar_challenge_id(), Some(id));
        is_user_of("radar_email_challenge", challenge.user());
    }
    for challenge in everywhere("radar_sms_challenge") {
        assert_eq!(challenge.code(), "radar_sms_challenge");
        let challenge = part!(challenge, RadarSms);
        is_user_of("radar_sms_challenge", challenge.user());
        let token = challenge.pending_authentication_token().unwrap();
        assert_eq!(token.expose_secret(), "uymOcoKFDNx7XVmiTd7DpPJ0g");
    }
}

#[test]
fn radar_keeps_its_older_codes() {
    for code in ["radar_challenge", "radar_sign_up_challenge"] {
        for challenge in everywhere(code) {
            assert_eq!(challenge.code(), code);
            assert!(part!(challenge, RadarSms).user().is_none());
        }
        // Only the challenge by e-mail has an ID.
        let body = edited(&challenge_file(code), |body| {
            body["radar_challenge_id"] = json!("radar_challenge_1")
        });
        let challenge = Scenario::public().to_challenge_from(&body);
        assert_eq!(challenge.code(), code);
        assert_eq!(
            part!(challenge, RadarEmail).radar_challenge_id(),
            Some("radar_challenge_1")
        );
    }
}

#[test]
fn email_completion_has_its_token() {
    for challenge in everywhere("email_completion_required") {
        assert_eq!(challenge.code(), "email_completion_required");
        let challenge = part!(challenge, EmailCompletion);
        let token = challenge.email_completion_token().unwrap();
        assert_eq!(token.expose_secret(), "x29DuqKl24TgmFAh3jbPCiho6");
    }
}

#[test]
fn other_has_its_code() {
    for (name, code) in [
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
        for challenge in everywhere(name) {
            assert_eq!(challenge.code(), code, "{name}");
            assert_eq!(challenge.request_id(), Some("req_fixture"));
            assert_eq!(part!(challenge, Other).code(), code);
        }
    }
}

#[test]
fn unknown_has_its_code_its_token_and_the_body() {
    let body = fixture(&challenge_file("unknown_future"));
    for challenge in everywhere("unknown_future") {
        assert_eq!(challenge.code(), "quantum_check_required");
        let challenge = part!(challenge, Unknown);
        assert_eq!(challenge.code(), "quantum_check_required");
        let token = challenge.pending_authentication_token().unwrap();
        assert_eq!(token.expose_secret(), "dKGy5AwwyWlt6XyILDquQhvaB");
        assert_eq!(challenge.body().expose_secret(), body);
    }
}

#[test]
fn unknown_has_the_whole_body_or_is_no_challenge() {
    let body = b"{\"code\":\"new\",\"pending_authentication_token\":\"p\",\"x\":\"\xff\"}";
    let outcome = Scenario::public()
        .to_exchanging()
        .response(response(403, body), now());
    if let Ok(Outcome::AuthenticationChallenge(challenge)) = outcome {
        assert!(!part!(*challenge, Unknown).body().expose_secret().is_empty());
    }
}

#[test]
fn a_pending_authentication_token_without_a_code_is_a_challenge() {
    let challenge = Scenario::public().to_challenge_from(r#"{"pending_authentication_token":"p"}"#);
    assert_eq!(challenge.code(), "");
    let token = part!(challenge, Unknown)
        .pending_authentication_token()
        .unwrap()
        .clone();
    assert_eq!(token.expose_secret(), "p");
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
fn leaves_out_members_of_the_wrong_type() {
    let challenge = |name, edit: fn(&mut Value)| {
        Scenario::public().to_challenge_from(&edited(&challenge_file(name), edit))
    };
    let selection = challenge("organization_selection_required", |body| {
        body["organizations"] = json!([{"name": "No ID"}, 7, null, {"id": ""}, {"id": "org_1"}, {"id": "org_2", "name": 7}]);
        body["user"] = json!("user_1");
    });
    let selection = part!(selection, OrganizationSelection);
    let organizations: Vec<_> = selection
        .organizations()
        .iter()
        .map(|one| (one.id().as_str(), one.name()))
        .collect();
    assert_eq!(organizations, [("org_1", None), ("org_2", None)]);
    assert!(selection.user().is_none());
    let without_id = challenge("organization_selection_required", |body| {
        body["user"] = json!({})
    });
    assert!(part!(without_id, OrganizationSelection).user().is_none());

    let sso = challenge("sso_required", |body| {
        body["connection_ids"] = json!(["conn_1", 7, "", null, ["conn_2"]]);
        body["email"] = json!({});
    });
    let sso = part!(sso, Sso);
    assert_eq!(texts(sso.connection_ids()), ["conn_1"]);
    assert_eq!(sso.email(), None);

    let totp = challenge("mfa_challenge_factors", |body| {
        body["authentication_factors"] = json!([{"type": "totp"}, {"id": "auth_factor_1"}]);
        body["authentication_challenge"] = json!("auth_challenge_1");
    });
    let totp = part!(totp, Totp);
    assert_eq!(totp.factor_ids().collect::<Vec<_>>(), ["auth_factor_1"]);
    assert_eq!(totp.challenge_id(), None);

    let methods = challenge("organization_authentication_methods_required_403", |body| {
        body["auth_methods"]["new"] = json!({ "x": 1 });
    });
    assert_eq!(part!(methods, AllowedMethods).methods().count(), 4);
}
