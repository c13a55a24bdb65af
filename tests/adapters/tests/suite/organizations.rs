//! A session moves to another organization, or stays exactly what it was.

use workos_login::secrecy::ExposeSecret;
use workos_login::{
    Authenticated, AuthenticationChallenge, Client, Error, OrganizationId, Public, Refreshing,
};
use workos_login_mock_server::{Endpoint, MockResponse, Organization, Server};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, BOB, authenticated, log_in, login, malformed, public, redirect_uri, refused, signing_in,
    start,
};

fn a_session_moves_to_another_organization<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = bob_at_acme(&adapter, &server, &client);
    server.clear_requests();
    let moving = session.switch_organization(&client, &globex()).unwrap();
    let session = adapter.send(moving).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
    // A refresh names where the session is now.
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
    let named: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.parameter("organization_id").unwrap())
        .collect();
    assert_eq!(named, [Organization::GLOBEX_ID, Organization::GLOBEX_ID]);
}

fn an_organization_that_only_the_token_names_is_found_there<A: Adapter>() {
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
    let moving = session.switch_organization(&client, &globex()).unwrap();
    let session = adapter.send(moving).unwrap();
    assert_eq!(session.organization_id(), Some(&globex()));
}

fn an_organization_that_is_refused_leaves_the_session_as_it_was<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let mut session = log_in(&adapter, &server);
    for (organization, code) in [
        (globex(), "organization_membership_not_found"),
        (nowhere(), "organization_not_found"),
    ] {
        let before = form(&session);
        let moving = session.switch_organization(&client, &organization).unwrap();
        let (moving, error) = refused(adapter.send(moving));
        let Error::Rejected(answer) = error else {
            panic!("{error:?}")
        };
        assert_eq!(answer.code(), Some(code));
        session = moving.into_session();
        assert_eq!(form(&session), before);
    }
    let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
    assert_eq!(session.user().email(), Some(ALICE));
    assert_eq!(session.organization_id(), Some(&acme()));
}

/// A move that `invalid_grant` answers is refused, and ends nothing either.
fn a_move_that_is_refused_for_good_leaves_the_session_as_it_was<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let session = bob_at_acme(&adapter, &server, &client);
    let before = form(&session);
    let no = MockResponse::oauth_error(400, "invalid_grant", "No.");
    server.respond_with(Endpoint::Refresh, [no]);
    let moving = session.switch_organization(&client, &globex()).unwrap();
    let (moving, error) = refused(adapter.send(moving));
    assert!(matches!(error, Error::InvalidGrant(_)), "{error:?}");
    assert!(error.to_string().contains("stays as it is"), "{error}");
    let session = moving.into_session();
    assert_eq!(form(&session), before);
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

fn a_step_at_a_refresh_leaves_the_session_as_it_was<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    let client = public(server.base_url());
    let mut session = bob_at_acme(&adapter, &server, &client);
    for destination in [None, Some(globex())] {
        let step = MockResponse::json(
            403,
            r#"{"code": "mfa_enrollment", "message": "No.", "pending_authentication_token": "t",
                "user": {"id": "user_1", "email": "bob@example.com"}}"#,
        );
        server.respond_with(Endpoint::Refresh, [step]);
        let before = form(&session);
        let refreshing = refresh(session, &client, destination.as_ref());
        let (refreshing, error) = refused(adapter.send(refreshing));
        let Error::AuthenticationChallenge(step) = error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(*step, AuthenticationChallenge::MfaEnrollment(_)),
            "{step:?}"
        );
        session = refreshing.into_session();
        assert_eq!(form(&session), before);

        // The login that takes the step is for the organization that the refresh was for.
        let next = signing_in(&server, &client, step.login(&client, redirect_uri()), BOB);
        let next = authenticated(adapter.send(next));
        let expected = destination.unwrap_or_else(acme);
        assert_eq!(next.organization_id(), Some(&expected));
    }
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

/// The old refresh token is spent by then, and would end the session.
fn an_answer_for_another_organization_keeps_the_newest_refresh_token<A: Adapter>() {
    let (server, adapter) = (start(), A::new());
    server.configure(|config| config.reuse_ends_session = true);
    let client = public(server.base_url());
    for (destination, other) in [(None, globex()), (Some(globex()), acme())] {
        let session = bob_at_acme(&adapter, &server, &client);
        let before = session.access_token().clone();
        let spent = session.refresh_token().cloned().unwrap();
        server.configure(|config| {
            let other = other.as_str().into();
            config
                .token_response_fields
                .insert("organization_id".into(), Some(other));
        });
        let refreshing = refresh(session, &client, destination.as_ref());
        let (refreshing, flaw) = malformed(adapter.send(refreshing));
        assert!(flaw.contains("another organization"), "{flaw}");
        let session = refreshing.into_session();
        assert_eq!(session.organization_id(), Some(&acme()));
        assert_eq!(
            session.access_token().expose_secret(),
            before.expose_secret()
        );
        let newest = session.refresh_token().unwrap();
        assert_ne!(newest.expose_secret(), spent.expose_secret());

        server.configure(|config| config.token_response_fields.clear());
        let session = adapter.send(session.refresh(&client).unwrap()).unwrap();
        assert_eq!(session.organization_id(), Some(&acme()));
    }
}

fn bob_at_acme<A: Adapter>(adapter: &A, server: &Server, client: &Client<Public>) -> Authenticated {
    let login = login(client).organization(&acme());
    let session = authenticated(adapter.send(signing_in(server, client, login, BOB)));
    assert_eq!(session.organization_id(), Some(&acme()));
    session
}

/// A refresh, into another organization if there is a destination.
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

/// All that a session is.
fn form(session: &Authenticated) -> String {
    serde_json::to_string(session).unwrap()
}

fn acme() -> OrganizationId {
    Organization::ACME_ID.parse().unwrap()
}

fn globex() -> OrganizationId {
    Organization::GLOBEX_ID.parse().unwrap()
}

fn nowhere() -> OrganizationId {
    "org_01K1N0S0CHPLACE000000000A0".parse().unwrap()
}

on_every_adapter!(
    a_move_that_is_refused_for_good_leaves_the_session_as_it_was,
    a_session_moves_to_another_organization,
    a_step_at_a_refresh_leaves_the_session_as_it_was,
    an_answer_for_another_organization_keeps_the_newest_refresh_token,
    an_organization_that_is_refused_leaves_the_session_as_it_was,
    an_organization_that_only_the_token_names_is_found_there,
);
