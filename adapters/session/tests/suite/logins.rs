//! Logins that could not be stored, and what is left after a logout (K5, K13).

use std::rc::Rc;
use std::time::SystemTime;

use serde_json::json;
use workos_login::Authenticated;
use workos_login_session::{Machine, SessionError, SessionWarning, StoredSession};

use crate::world::*;

/// A session without an ID, as an authorization server's.
fn without_id(number: u32, user: &str, now: SystemTime) -> Authenticated {
    let mut response = token_response(number, user, None);
    let claims = json!({"jti": number, "iat": 1000, "exp": 1000 + LIFETIME.as_secs()});
    response["access_token"] = access_token(&claims).into();
    log_in(&client(), &response, now)
}

/// A new login of Bob while the store, which holds a session of Alice, cannot be written.
fn unsaved_login(machine: &Machine) -> World {
    let mut world = World::empty();
    world.record = Some(StoredSession::new(without_id(1, ALICE, world.now)));
    world.failing = vec!["save"];
    let login = without_id(5, BOB, world.now);
    let token = ready(machine.log_in(login, &mut world)).unwrap();
    assert!(matches!(
        token.warning(),
        Some(SessionWarning::NotStored(_))
    ));
    assert_eq!(world.stored(), Some(1));
    world.failing = Vec::new();
    world
}

#[test]
fn k5_a_login_that_could_not_be_stored_is_not_replaced_by_the_session_of_another_user() {
    let machine = machine();
    let mut world = unsaved_login(&machine);
    // Another process refreshes the old session.
    let refreshed = without_id(2, ALICE, world.now);
    world.record = Some(StoredSession::new(refreshed));
    ready(machine.flush(&mut world)).unwrap();
    assert_eq!(world.stored(), Some(5));
    let token = world.access_token(&machine).unwrap();
    assert_eq!(token.session().user().unwrap().id(), BOB);
    assert!(token.warning().is_none());
}

#[test]
fn k5_a_login_that_could_not_be_stored_is_stored_by_the_next_operation() {
    let machine = machine();
    let mut world = unsaved_login(&machine);
    world.advance(LIFETIME * 2 / 3);
    world = world.reply(reply(200, &token_response(6, BOB, None)));
    world.access_token(&machine).unwrap();
    assert_eq!(world.sent[0].refresh_token, "refresh_5");
    assert_eq!(world.stored(), Some(6));
}

#[test]
fn a_logout_after_a_login_that_could_not_be_stored_returns_the_new_session() {
    let machine = machine();
    let mut world = unsaved_login(&machine);
    let logged_out = ready(machine.log_out(&mut world));
    assert_eq!(number(logged_out.session().unwrap()), 5);
    assert!(logged_out.error().is_none());
    assert_eq!(world.stored(), None);
}

#[test]
fn a_logout_of_an_unreadable_record_says_so_and_clears_it() {
    let mut world = World::due();
    world.failing = vec!["load"];
    let logged_out = ready(machine().log_out(&mut world));
    assert!(logged_out.session().is_none());
    assert!(logged_out.unreadable().is_some());
    assert!(logged_out.error().is_none());
    assert_eq!(world.stored(), None);

    let mut world = World::empty();
    let logged_out = ready(machine().log_out(&mut world));
    assert!(logged_out.session().is_none());
    assert!(logged_out.unreadable().is_none());
}

#[test]
fn a_logout_that_cannot_clear_the_store_says_so() {
    let mut world = World::due();
    world.failing = vec!["clear"];
    let logged_out = ready(machine().log_out(&mut world));
    assert_eq!(number(logged_out.session().unwrap()), 1);
    assert!(matches!(logged_out.error(), Some(SessionError::Store(_))));
}

#[test]
fn a_login_replaces_an_unreadable_record() {
    let mut world = World::due();
    world.failing = vec!["load"];
    let machine = machine();
    let login = session(5, BOB, None, world.now);
    let token = ready(machine.log_in(login, &mut world)).unwrap();
    assert!(token.warning().is_none());
    assert_eq!(world.stored(), Some(5));
}

#[test]
fn a_login_replaces_the_session_of_another_user() {
    let mut world = World::due();
    let login = session(5, BOB, None, world.now);
    ready(machine().log_in(login, &mut world)).unwrap();
    assert_eq!(world.stored(), Some(5));
}

#[test]
fn a_login_does_not_wait_longer_than_the_lease() {
    let mut world = World::due();
    world.is_locked = true;
    let login = session(5, BOB, None, world.now);
    ready(machine().log_in(login, &mut world)).unwrap();
    assert_eq!(world.waited_for_lock.as_secs(), 60);
    assert_eq!(world.stored(), Some(5));
}

#[test]
fn k13_a_response_that_arrives_after_a_logout_of_this_process_is_discarded() {
    let mut world = World::expired().reply(refreshed(2));
    let machine = Rc::new(machine());
    let same_process = Rc::clone(&machine);
    // The logout waited for one lease, and the store fails since.
    world.during_send = Some(Box::new(move |world| {
        let logged_out = ready(same_process.log_out(&mut World::empty()));
        assert_eq!(number(logged_out.session().unwrap()), 1);
        world.failing = vec!["load", "save"];
    }));
    world.access_token(&machine).unwrap_err();
    assert!(machine.session().is_none());
}
