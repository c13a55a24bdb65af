//! When a refresh is sent: not without need, not twice, and on request (K1, K2, K3).

use std::time::Duration;

use workos_login::Authenticated;
use workos_login_session::{
    LockTimeout, SessionEnded, SessionError, SessionWarning, StoredSession,
};

use crate::support::{ended, text};
use crate::world::*;

#[test]
fn k2_a_caller_with_a_usable_token_waits_for_the_lock_for_one_second() {
    let mut world = World::due();
    world.is_locked = true;
    let token = world.access_token(&machine()).unwrap();
    assert_eq!(world.waited_for_lock, Duration::from_secs(1));
    assert_eq!(number(token.session()), 1);
    let Some(SessionWarning::NotRefreshed(Some(cause))) = token.warning() else {
        panic!("{token:?}");
    };
    assert!(cause.is::<LockTimeout>());
}

#[test]
fn k10_a_caller_without_a_usable_token_waits_for_the_lock_for_one_lease() {
    let mut world = World::expired();
    world.is_locked = true;
    let result = world.access_token(&machine());
    assert!(
        matches!(result, Err(SessionError::Unavailable { cause: Some(cause), .. }) if cause.is::<LockTimeout>())
    );
    assert_eq!(world.waited_for_lock, Duration::from_secs(60));
}

#[test]
fn refresh_now_refreshes_a_session_that_is_not_due() {
    let mut world = World::empty().reply(refreshed(2)).reply(refreshed(3));
    let machine = machine();
    ready(machine.log_in(session(1, ALICE, Some(ACME), world.now), &mut world)).unwrap();
    for expected in [2, 3] {
        let token = ready(machine.refresh_now(&mut world)).unwrap();
        assert_eq!(number(token.session()), expected);
        assert_eq!(world.stored(), Some(expected));
    }
}

#[test]
fn refresh_now_refreshes_the_stored_session_of_a_new_process() {
    let mut world = World::due().reply(refreshed(2));
    let token = ready(machine().refresh_now(&mut world)).unwrap();
    assert_eq!(number(token.session()), 2);
}

#[test]
fn refresh_now_refreshes_a_token_of_unknown_lifetime() {
    let mut world = World::empty().reply(refreshed(2));
    let mut response = token_response(1, ALICE, Some(ACME));
    response["access_token"] = "opaque".into();
    let login = log_in(&client(), &response, world.now);
    world.record = Some(StoredSession::new(login));
    let machine = machine();
    assert_eq!(number(world.access_token(&machine).unwrap().session()), 1);
    assert_eq!(world.sent, []);
    let token = ready(machine.refresh_now(&mut world)).unwrap();
    assert_eq!(number(token.session()), 2);
}

#[test]
fn refresh_now_fails_if_the_refresh_fails() {
    let mut world = World::due().reply(error(429, "too_many_requests"));
    let result = ready(machine().refresh_now(&mut world));
    assert!(matches!(result, Err(SessionError::Unavailable { .. })));
}

#[test]
fn k12_a_rejected_token_that_another_process_has_replaced_is_not_refreshed() {
    let mut world = World::due();
    let machine = machine();
    world.is_locked = true;
    let rejected = world.access_token(&machine).unwrap();
    world.is_locked = false;
    world.record = Some(StoredSession::new(session(2, ALICE, Some(ACME), world.now)));
    let token = ready(machine.refresh_rejected(&rejected, &mut world)).unwrap();
    assert_ne!(text(&token), text(&rejected));
    assert_eq!(world.sent, []);
}

#[test]
fn a_session_without_a_refresh_token_is_used_until_it_expires() {
    let mut world = World::due();
    // Only an authorization server returns none.
    let mut stored = serde_json::to_value(&**world.session()).unwrap();
    stored["refresh_token"] = serde_json::Value::Null;
    let session: Authenticated = serde_json::from_value(stored).unwrap();
    world.record = Some(StoredSession::new(session));
    let machine = machine();
    assert!(world.access_token(&machine).unwrap().warning().is_none());
    let error = ready(machine.refresh_now(&mut world)).unwrap_err();
    assert!(matches!(error, SessionError::Failed(_)), "{error:?}");
    world.advance(LIFETIME);
    assert!(matches!(
        *ended(world.access_token(&machine)),
        SessionEnded::Expired
    ));
    assert_eq!(world.sent, []);
}

#[test]
fn k10_nothing_is_sent_that_could_outlast_the_lease() {
    let mut world = World::expired();
    world.load_takes = Duration::from_secs(57);
    let result = world.access_token(&machine());
    assert!(matches!(result, Err(SessionError::Unavailable { .. })));
    assert_eq!(world.sent, []);
}
