//! When a refresh is sent: not without need, not twice, and on request (K1, K2, K3).

use std::time::Duration;

use serde_json::{Value, json};
use workos_login::Authenticated;
use workos_login::limits::EXCHANGE_TIMEOUT;
use workos_login_session::{
    LockTimeout, Machine, SessionEnded, SessionError, SessionPolicy, SessionWarning, StoredSession,
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
    stored["refresh_token"] = Value::Null;
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

#[test]
fn an_attempt_has_at_most_the_exchange_timeout() {
    let moment = Duration::from_millis(1);
    for (set, expected) in [
        (EXCHANGE_TIMEOUT - moment, EXCHANGE_TIMEOUT - moment),
        (EXCHANGE_TIMEOUT, EXCHANGE_TIMEOUT),
        (EXCHANGE_TIMEOUT + moment, EXCHANGE_TIMEOUT),
    ] {
        let policy = SessionPolicy::default()
            .attempt_timeout(set)
            .replay_window(Duration::from_secs(60));
        let mut world = World::expired().reply(refreshed(2));
        world.access_token(&Machine::new(client(), policy)).unwrap();
        assert_eq!(world.sent[0].timeout, expected);
    }
}

#[test]
fn c48_a_used_refresh_token_is_not_sent_again() {
    let mut world = World::due();
    let (here, there) = (machine(), machine());
    // The other process knows the first session, and none of the next three.
    world.is_locked = true;
    world.access_token(&there).unwrap();
    world.is_locked = false;
    for number in 2..5 {
        world.replies.push_back(refreshed(number));
        world.access_token(&here).unwrap();
        world.advance(LIFETIME);
    }
    world.replies.push_back(refreshed(5));
    world.access_token(&there).unwrap();
    let sent: Vec<_> = world.sent.iter().map(|sent| &*sent.refresh_token).collect();
    assert_eq!(sent, ["refresh_1", "refresh_2", "refresh_3", "refresh_4"]);
}

#[test]
fn c49_a_rejected_refresh_token_does_not_clear_a_new_login() {
    let mut world = World::due().reply(error(400, "invalid_grant"));
    let login = session(8, BOB, None, world.now);
    world.during_send = Some(Box::new(|world| {
        world.record = Some(StoredSession::new(login));
    }));
    let token = world.access_token(&machine()).unwrap();
    assert_eq!(number(token.session()), 8);
    assert_eq!(world.stored(), Some(8));
}

/// Returns how many refreshes are sent by calls at these times, in seconds, if every access token has these claims.
fn refreshes(claims: &Value, times: impl Iterator<Item = u64>) -> usize {
    let response = |number: u32| {
        let mut response = token_response(number, ALICE, Some(ACME));
        let mut claims = claims.clone();
        claims["jti"] = number.into();
        response["access_token"] = access_token(&claims).into();
        response
    };
    let mut world = World::empty();
    let begun = world.now;
    let machine = machine();
    let login = log_in(&client(), &response(0), begun);
    ready(machine.log_in(login, &mut world)).unwrap();
    for (number, time) in (1..).zip(times) {
        world.now = begun + Duration::from_secs(time);
        world.replies = [reply(200, &response(number))].into();
        let sent = world.sent.len();
        let token = world.access_token(&machine).unwrap();
        assert!(token.warning().is_none(), "{claims}");
        assert!(world.sent.len() <= sent + 1, "one refresh in one call");
    }
    world.sent.len()
}

#[test]
fn k9_a_service_that_issues_expired_tokens_causes_no_loop() {
    for claims in [
        json!({"iat": 0, "exp": 300}),
        json!({"iat": 4_000_000_000_u64, "exp": 4_000_000_300_u64}),
        json!({"iat": 300, "exp": 300}),
        json!({"iat": 300, "exp": 0}),
        json!({}),
    ] {
        assert_eq!(
            refreshes(&claims, std::iter::repeat_n(0, 50)),
            0,
            "{claims}"
        );
        assert_eq!(refreshes(&claims, 0..50), 0, "{claims}");
    }
    // A lifetime of one second is one refresh in each second with a call.
    let claims = json!({"iat": 0, "exp": 1});
    assert_eq!(
        refreshes(&claims, (0..50).flat_map(|second| [second; 10])),
        49
    );
    assert_eq!(refreshes(&claims, (0..50).map(|number| number * 1000)), 49);
    // A token of unknown lifetime is used until a server rejects it.
    let claims = json!({"iat": "0", "exp": "300"});
    assert_eq!(
        refreshes(&claims, (0..50).map(|number| number * 1_000_000)),
        0
    );
}
