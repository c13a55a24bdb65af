//! A stored session of another client or issuer is rejected before anything of it is used.

use workos_login::{Client, Public};
use workos_login_session::{SessionError, SessionWarning, StoredSession};

use crate::world::*;

fn client_2() -> Client<Public> {
    Client::public("client_2".parse().unwrap())
}

/// A world whose store holds a session of another client.
fn holding_one_of(client: &Client<Public>) -> World {
    let mut world = World::empty();
    let login = log_in(
        client,
        &token_response(1, ALICE, Some(ACME)),
        world.now - LIFETIME * 2 / 3,
    );
    world.record = Some(StoredSession::new(login));
    world
}

#[test]
fn an_access_token_of_another_client_is_not_returned() {
    let mut world = holding_one_of(&client_2());
    let result = world.access_token(&machine());
    assert!(matches!(result, Err(SessionError::OtherClient(_))));
    assert_eq!(world.sent, []);
    assert_eq!(world.stored(), Some(1));
}

#[test]
fn a_session_of_another_issuer_is_not_refreshed() {
    let issuer = "https://auth.example.com".parse().unwrap();
    let mut world = holding_one_of(&client().base_url(issuer).unwrap());
    for result in [
        world.access_token(&machine()),
        world.switch(&machine(), GLOBEX),
        ready(machine().refresh_now(&mut world)),
    ] {
        assert!(matches!(result, Err(SessionError::OtherClient(_))));
    }
    let session = ready(machine().stored_session(&mut world));
    assert!(matches!(session, Err(SessionError::OtherClient(_))));
    assert_eq!(world.sent, []);
}

#[test]
fn a_machine_with_a_usable_token_returns_it_with_a_warning() {
    let mut world = World::empty();
    let machine = machine();
    let own = session(5, ALICE, Some(ACME), world.now - LIFETIME * 2 / 3);
    ready(machine.log_in(own, &mut world)).unwrap();
    world.record = holding_one_of(&client_2()).record;
    let token = world.access_token(&machine).unwrap();
    assert_eq!(number(token.session()), 5);
    assert!(matches!(
        token.warning(),
        Some(SessionWarning::OtherClient(_))
    ));
    assert_eq!(world.stored(), Some(1));
    assert_eq!(world.sent, []);
}

#[test]
fn a_logout_does_not_clear_the_session_of_another_client() {
    let mut world = holding_one_of(&client_2());
    let logged_out = ready(machine().log_out(&mut world));
    assert!(logged_out.session().is_none());
    assert!(matches!(
        logged_out.error(),
        Some(SessionError::OtherClient(_))
    ));
    assert_eq!(world.stored(), Some(1));
}

#[test]
fn a_login_does_not_overwrite_the_session_of_another_client() {
    let mut world = holding_one_of(&client_2());
    let machine = machine();
    let login = session(5, BOB, None, world.now);
    let token = ready(machine.log_in(login, &mut world)).unwrap();
    assert_eq!(number(token.session()), 5);
    let Some(SessionWarning::NotStored(cause)) = token.warning() else {
        panic!("{token:?}");
    };
    assert!(cause.is::<workos_login::ClientError>());
    assert_eq!(world.stored(), Some(1));
    // It is stored when the store no longer holds the other session.
    world.record = None;
    ready(machine.flush(&mut world)).unwrap();
    assert_eq!(world.stored(), Some(5));
}

#[test]
fn a_login_of_another_client_is_rejected() {
    let mut world = World::due();
    let other = holding_one_of(&client_2()).session().as_ref().clone();
    let result = ready(machine().log_in(other, &mut world));
    assert!(matches!(result, Err(SessionError::Failed(_))));
    assert_eq!(world.stored(), Some(1));
}
