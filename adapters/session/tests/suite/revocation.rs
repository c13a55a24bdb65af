//! A logout ends the session at an authorization server with a revocation endpoint (RFC 7009).

use serde_json::json;
use workos_login::{Authenticated, Client, OAuth, Server};
use workos_login_session::{LoggedOut, Machine, Revocation, SessionPolicy, StoredSession};

use crate::world::*;

const ISSUER: &str = "https://auth.example.com";

fn oauth_client(revocation_endpoint: Option<&str>) -> Client<OAuth> {
    let url = |path: &str| format!("{ISSUER}/{path}").parse().unwrap();
    let server = Server::new(ISSUER, &url("authorize"), &url("token")).unwrap();
    let server = match revocation_endpoint {
        Some(path) => server.revocation_endpoint(&url(path)).unwrap(),
        None => server,
    };
    Client::oauth("client_1".parse().unwrap(), server)
}

/// A session of the authorization server.
fn oauth_session(world: &World, refresh_token: Option<&str>) -> Authenticated {
    let mut stored = serde_json::to_value(session(1, ALICE, None, world.now)).unwrap();
    stored["issuer"] = ISSUER.into();
    stored["refresh_token"] = refresh_token.map_or(serde_json::Value::Null, Into::into);
    serde_json::from_value(stored).unwrap()
}

/// The logout of a stored session, and what was sent.
fn log_out(client: Client<OAuth>, mut world: World) -> (LoggedOut, World) {
    world.record = Some(StoredSession::new(oauth_session(&world, Some("refresh_1"))));
    let logged_out = ready(Machine::new(client, SessionPolicy::default()).log_out(&mut world));
    assert!(logged_out.session().is_some());
    (logged_out, world)
}

#[test]
fn a_logout_revokes_the_refresh_token_after_the_store_is_cleared() {
    let mut world = World::empty().reply(reply(200, &json!({})));
    world.during_send = Some(Box::new(|world| assert_eq!(world.stored(), None)));
    let (logged_out, world) = log_out(oauth_client(Some("revoke")), world);
    assert!(matches!(logged_out.revocation(), Revocation::Revoked));
    assert_eq!(
        world.revoked,
        ["token=refresh_1&token_type_hint=refresh_token&client_id=client_1"]
    );
}

#[test]
fn a_logout_of_a_session_without_a_refresh_token_revokes_the_access_token() {
    let mut world = World::empty().reply(reply(200, &json!({})));
    world.record = Some(StoredSession::new(oauth_session(&world, None)));
    let machine = Machine::new(oauth_client(Some("revoke")), SessionPolicy::default());
    let logged_out = ready(machine.log_out(&mut world));
    assert!(matches!(logged_out.revocation(), Revocation::Revoked));
    assert!(world.revoked[0].contains("&token_type_hint=access_token&"));
}

#[test]
fn a_revocation_that_fails_is_reported_and_the_store_is_cleared() {
    let cases = [
        ("lost", lost()),
        ("unavailable", error(503, "temporarily_unavailable")),
        ("unsupported", error(400, "unsupported_token_type")),
        ("client error", error(401, "invalid_client")),
    ];
    for (name, reply) in cases {
        let world = World::empty().reply(reply);
        let (logged_out, world) = log_out(oauth_client(Some("revoke")), world);
        let Revocation::Failed(cause) = logged_out.revocation() else {
            panic!("{name}: {:?}", logged_out.revocation());
        };
        assert_eq!(cause.is::<workos_login::Error>(), name != "lost", "{name}");
        assert_eq!(world.revoked.len(), 1, "{name}");
        assert_eq!(world.stored(), None, "{name}");
        assert!(logged_out.error().is_none(), "{name}");
    }
}

#[test]
fn a_logout_that_cannot_clear_the_store_revokes_the_refresh_token() {
    let mut world = World::empty().reply(reply(200, &json!({})));
    world.failing = vec!["clear"];
    let (logged_out, world) = log_out(oauth_client(Some("revoke")), world);
    assert!(logged_out.error().is_some());
    assert!(matches!(logged_out.revocation(), Revocation::Revoked));
    assert_eq!(world.revoked.len(), 1);
}

#[test]
fn a_logout_without_a_revocation_endpoint_sends_nothing_and_says_so() {
    let (logged_out, world) = log_out(oauth_client(None), World::empty());
    assert!(matches!(logged_out.revocation(), Revocation::Unsupported));
    assert_eq!(world.revoked, [""; 0]);

    // WorkOS ends a session in the browser only.
    let mut world = World::due();
    let logged_out = ready(machine().log_out(&mut world));
    assert!(matches!(logged_out.revocation(), Revocation::Unsupported));

    let mut world = World::empty();
    let machine = Machine::new(oauth_client(Some("revoke")), SessionPolicy::default());
    let logged_out = ready(machine.log_out(&mut world));
    assert!(matches!(logged_out.revocation(), Revocation::NoSession));
}
