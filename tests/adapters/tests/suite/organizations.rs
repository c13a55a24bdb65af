//! A session switches to another organization, or is unchanged.

use workos_login::secrecy::ExposeSecret;
use workos_login::{
    Authenticated, AuthenticationChallenge, Client, Error, OrganizationId, Public, Refreshing,
};
use workos_login_mock_server::{Endpoint, MockResponse, Organization, Server};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, BOB, authenticated, exchanging_as, log_in, login, malformed, public, redirect_uri,
    refused, start,
};

fn switches_to_another_organization<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = bob_at_acme(&adapter, &server, &client);
    server.clear_requests();
    let switching = session.switch_organization(&client, &globex()).unwrap();
    let session = adapter.send(switching).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
    // A refresh sends the current organization.
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
    let named: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.parameter("organization_id").unwrap())
        .collect();
    assert_eq!(named, [Organization::GLOBEX_ID, Organization::GLOBEX_ID]);
}

fn reads_the_organization_from_the_access_token<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = bob_at_acme(&adapter, &server, &client);
    server.configure(|config| {
        config
            .token_response_fields
            .insert("organization_id".into(), None);
    });
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(session.organization_id(), Some(&acme()));
    let switching = session.switch_organization(&client, &globex()).unwrap();
    let session = adapter.send(switching).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
}

fn keeps_the_session_if_the_organization_is_rejected<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let mut session = log_in(&adapter, &server);
    for (organization, code) in [
        (globex(), "organization_membership_not_found"),
        (unknown_organization(), "organization_not_found"),
    ] {
        let before = to_json(&session);
        let switching = session.switch_organization(&client, &organization).unwrap();
        let (switching, error) = refused(adapter.send(switching));
        let Error::Denied(answer) = error else {
            panic!("{error:?}")
        };
        assert_eq!(answer.code(), Some(code));
        session = switching.into_session();
        assert_eq!(to_json(&session), before);
    }
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(session.user().unwrap().email(), Some(ALICE));
    assert_eq!(session.organization_id(), Some(&acme()));
}

/// `invalid_grant` rejects the switch and does not end the session.
fn keeps_the_session_if_a_switch_returns_invalid_grant<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = bob_at_acme(&adapter, &server, &client);
    let before = to_json(&session);
    let no = MockResponse::oauth_error(400, "invalid_grant", "No.");
    server.respond_with(Endpoint::Refresh, [no]);
    let switching = session.switch_organization(&client, &globex()).unwrap();
    let (switching, error) = refused(adapter.send(switching));
    assert!(matches!(error, Error::InvalidGrant(_)), "{error:?}");
    assert!(
        error.to_string().contains("the session is unchanged"),
        "{error}"
    );
    let session = switching.into_session();
    assert_eq!(to_json(&session), before);
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

fn keeps_the_session_if_a_refresh_returns_a_challenge<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let mut session = bob_at_acme(&adapter, &server, &client);
    for destination in [None, Some(globex())] {
        let challenge = MockResponse::json(
            403,
            r#"{"code": "mfa_enrollment", "message": "No.", "pending_authentication_token": "t",
                "user": {"id": "user_1", "email": "bob@example.com"}}"#,
        );
        server.respond_with(Endpoint::Refresh, [challenge]);
        let before = to_json(&session);
        let refreshing = refresh(session, &client, destination.as_ref());
        let (refreshing, error) = refused(adapter.send(refreshing));
        let Error::AuthenticationChallenge(challenge) = error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(*challenge, AuthenticationChallenge::MfaEnrollment(_)),
            "{challenge:?}"
        );
        session = refreshing.into_session();
        assert_eq!(to_json(&session), before);

        // The login that completes the challenge has the organization of the refresh.
        let next = exchanging_as(
            &server,
            &client,
            challenge.login(&client, redirect_uri()),
            BOB,
        );
        let next = authenticated(adapter.send(next));
        let expected = destination.unwrap_or_else(acme);
        assert_eq!(next.organization_id(), Some(&expected));
    }
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

/// The old refresh token is a used one then, and would end the session.
fn keeps_the_refresh_token_of_a_response_for_another_organization<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    server.configure(|config| config.reuse_ends_session = true);
    let client = public(server.base_url());
    for (destination, other) in [(None, globex()), (Some(globex()), acme())] {
        let session = bob_at_acme(&adapter, &server, &client);
        let before = session.access_token().clone();
        let used = session.refresh_token().cloned().unwrap();
        server.configure(|config| {
            let other = other.as_str().into();
            config
                .token_response_fields
                .insert("organization_id".into(), Some(other));
        });
        let refreshing = refresh(session, &client, destination.as_ref());
        let (refreshing, reason) = malformed(adapter.send(refreshing));
        assert!(reason.contains("another organization"), "{reason}");
        let session = refreshing.into_session();
        assert_eq!(session.organization_id(), Some(&acme()));
        assert_eq!(
            session.access_token().expose_secret(),
            before.expose_secret()
        );
        let newest = session.refresh_token().unwrap();
        assert_ne!(newest.expose_secret(), used.expose_secret());

        server.configure(|config| config.token_response_fields.clear());
        let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
        assert_eq!(session.organization_id(), Some(&acme()));
    }
}

fn bob_at_acme<A: Adapter>(adapter: &A, server: &Server, client: &Client<Public>) -> Authenticated {
    let login = login(client).organization(&acme());
    let session = authenticated(adapter.send(exchanging_as(server, client, login, BOB)));
    assert_eq!(session.organization_id(), Some(&acme()));
    session
}

/// Refreshes a session, and switches the organization if there is a destination.
fn refresh(
    session: Authenticated,
    client: &Client<Public>,
    destination: Option<&OrganizationId>,
) -> Refreshing {
    match destination {
        None => session.refresh(client),
        Some(organization) => session.switch_organization(client, organization),
    }
    .unwrap()
}

/// Serializes a session with all its members.
fn to_json(session: &Authenticated) -> String {
    serde_json::to_string(session).unwrap()
}

fn acme() -> OrganizationId {
    Organization::ACME_ID.parse().unwrap()
}

fn globex() -> OrganizationId {
    Organization::GLOBEX_ID.parse().unwrap()
}

fn unknown_organization() -> OrganizationId {
    "org_01K1N0S0CHPLACE000000000A0".parse().unwrap()
}

on_every_adapter!(
    keeps_the_session_if_a_switch_returns_invalid_grant,
    switches_to_another_organization,
    keeps_the_session_if_a_refresh_returns_a_challenge,
    keeps_the_refresh_token_of_a_response_for_another_organization,
    keeps_the_session_if_the_organization_is_rejected,
    reads_the_organization_from_the_access_token,
);
