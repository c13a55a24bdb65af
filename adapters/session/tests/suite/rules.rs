//! The invariants of session refresh, as far as the drivers have a part in them.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use workos_login::secrecy::ExposeSecret;
use workos_login_mock_server::{Endpoint, Fault, MockResponse, Organization};
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Expected, Machine, MemoryStore, SessionEnded,
    SessionError, SessionPolicy, SessionWarning, StoreError, StoredSession,
};

use crate::support::*;
use crate::world::{self, ALICE, LIFETIME, World};

#[test]
fn k1_a_fresh_token_needs_neither_the_store_nor_the_service() {
    let server = server(|_| ());
    let store = Flaky::holding(session(&server));
    let manager = manager(&server, store.clone());
    let first = manager.access_token().unwrap();
    let asked = store.calls.load(SeqCst);
    store.fail(&["load", "lock", "save"]);
    assert_eq!(text(&manager.access_token().unwrap()), text(&first));
    assert_eq!(store.calls.load(SeqCst), asked);
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k1_a_token_is_fresh_until_it_is_due_whatever_the_clock_showed_before() {
    let mut world = World::empty();
    let received = world.now;
    world.record = Some(StoredSession::new(world::session(1, ALICE, None, received)));
    let due = received + LIFETIME / 2;
    let second = Duration::from_secs(1);
    for first in [received, received - second, received + second] {
        let machine = world::machine();
        world.now = first;
        assert!(world.access_token(&machine).is_ok());
        let fresh = |now| machine.fresh(now).is_some();
        let [micro, minute] = [Duration::from_micros(1), Duration::from_secs(60)];
        assert!(fresh(first) && fresh(received) && fresh(due - micro));
        assert!(!fresh(due) && !fresh(due + second));
        // A clock that was set back further than the tolerance: the age is unknown.
        assert!(fresh(received - minute) && !fresh(received - minute - second));
    }
}

#[test]
fn k1_a_fresh_token_is_returned_while_another_thread_refreshes() {
    let server = server(|_| ());
    let store = holding(session(&server));
    let (sending, sends) = mpsc::channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    let manager = manager_with(&server, store, move || {
        sending.send(()).unwrap();
        waits.lock().unwrap().recv().unwrap();
    });
    let old = manager.access_token().unwrap();
    thread::scope(|scope| {
        let refusing = scope.spawn(|| manager.refresh_rejected(&old));
        sends.recv().unwrap();
        assert_eq!(text(&manager.access_token().unwrap()), text(&old));
        go_on.send(()).unwrap();
        assert_ne!(text(&refusing.join().unwrap().unwrap()), text(&old));
    });
}

#[test]
fn k2_many_threads_of_two_processes_share_one_refresh() {
    let server = server(|config| config.reuse_ends_session = true);
    let store = holding(expired(&session(&server)));
    // Two managers that share a store stand for two processes.
    let managers = [manager(&server, store.clone()), manager(&server, store)];
    let tokens: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..24)
            .map(|number| {
                let manager = &managers[number % 2];
                scope.spawn(move || text(&manager.access_token().unwrap()))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k2_callers_that_wait_receive_the_failure_and_send_nothing() {
    let server = server(|_| ());
    let store = Flaky::holding(expired(&session(&server)));
    let (sending, sends) = mpsc::channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    server.inject(Fault::status(429).on(Endpoint::Refresh).always());
    let manager = manager_with(&server, store.clone(), move || {
        sending.send(()).unwrap();
        waits.lock().unwrap().recv().unwrap();
    });
    thread::scope(|scope| {
        let first = scope.spawn(|| manager.access_token());
        sends.recv().unwrap();
        let others: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| manager.access_token()))
            .collect();
        go_on.send(()).unwrap();
        drop(go_on);
        for thread in others.into_iter().chain([first]) {
            assert!(matches!(
                thread.join().unwrap(),
                Err(SessionError::Unavailable { .. })
            ));
        }
    });
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k3_the_session_that_another_process_refreshed_is_adopted() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    let first = manager(&server, store.clone());
    let second = manager(&server, store);
    let refreshed = first.access_token().unwrap();
    assert_eq!(text(&second.access_token().unwrap()), text(&refreshed));
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k4_the_intent_is_stored_before_the_request_is_sent() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    let seen = store.clone();
    let manager = manager_with(&server, store.clone(), move || {
        let record = serde_json::to_value(seen.load().unwrap().unwrap()).unwrap();
        assert!(record["intent"]["at"].is_u64(), "the intent is missing");
    });
    manager.access_token().unwrap();
    let record = serde_json::to_value(store.load().unwrap().unwrap()).unwrap();
    assert!(record["intent"].is_null());
}

#[test]
fn k4_nothing_is_sent_if_the_store_cannot_be_written() {
    let server = server(|_| ());
    let store = Flaky::holding(expired(&session(&server)));
    store.fail(&["save"]);
    let manager = manager(&server, store.clone());
    assert_store_failed(manager.access_token().err().as_ref(), "save");
    assert_eq!(refreshes(&server).len(), 0);
    store.fail(&[]);
    manager.access_token().unwrap();
}

#[test]
fn k5_a_session_that_cannot_be_stored_is_returned_with_a_warning_and_stored_later() {
    let server = server(|_| ());
    let store = Flaky::holding(expired(&session(&server)));
    let failing = store.clone();
    let manager = manager_with(&server, store.clone(), move || {
        failing.fail(&["save"]);
    });
    let token = manager.access_token().unwrap();
    let Some(SessionWarning::NotStored(cause)) = token.warning() else {
        panic!("{token:?}");
    };
    let cause: &StoreError = cause.downcast_ref().unwrap();
    assert_eq!(cause.downcast_ref(), Some(&Failed("save")));
    assert!(matches!(
        manager.access_token().unwrap().warning(),
        Some(SessionWarning::NotStored(_))
    ));
    assert_store_failed(manager.flush().err().as_ref(), "save");
    store.fail(&[]);
    manager.flush().unwrap();
    assert_eq!(stored_token(&store.inner), Some(text(&token)));
    assert!(manager.access_token().unwrap().warning().is_none());
}

#[test]
fn k5_a_new_token_is_stored_when_it_is_returned() {
    let server = server(|_| ());
    let store = Flaky::holding(expired(&session(&server)));
    let manager = manager(&server, store.clone());
    let token = manager.access_token().unwrap();
    assert_eq!(stored_token(&store.inner), Some(text(&token)));
}

#[test]
fn k6_a_refresh_whose_response_was_lost_is_retried_with_the_same_token() {
    let server = server(|config| {
        config.replay_window = Duration::from_secs(30);
        config.reuse_ends_session = true;
    });
    let manager = manager(&server, holding(expired(&session(&server))));
    server.inject(Fault::ResponseLost.times(2).on(Endpoint::Refresh));
    assert!(manager.access_token().unwrap().warning().is_none());
    let sent = refreshes(&server);
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|request| request.parameter("refresh_token") == sent[0].parameter("refresh_token"))
    );
}

#[test]
fn k6_an_attempt_without_a_response_times_out() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let manager = manager(&server, holding(expired(&session(&server))));
    server.inject(Fault::Hang.on(Endpoint::Refresh));
    manager.access_token().unwrap();
    assert_eq!(refreshes(&server).len(), 2);
}

#[test]
fn k6_invalid_grant_after_a_lost_response_is_reported_as_a_lost_response() {
    let server = server(|_| ());
    let manager = manager(&server, holding(expired(&session(&server))));
    server.inject(Fault::ResponseLost.on(Endpoint::Refresh));
    assert!(matches!(
        *ended(manager.access_token()),
        SessionEnded::ResponseLost(_)
    ));
}

#[test]
fn k7_a_transient_error_returns_the_old_token_until_it_expires() {
    let server = server(|_| ());
    let old = session(&server);
    let store = holding(due(&old));
    let manager = manager(&server, store.clone());
    server.inject(
        Fault::Response(MockResponse::new(503).header("retry-after", "40")).on(Endpoint::Refresh),
    );
    let token = manager.access_token().unwrap();
    assert_eq!(text(&token), old.access_token().expose_secret());
    assert!(matches!(
        token.warning(),
        Some(SessionWarning::NotRefreshed(Some(cause))) if cause.to_string().contains("503")
    ));
    assert!(store.load().unwrap().is_some());
}

#[test]
fn k7_with_an_expired_token_retry_in_is_the_retry_after_of_the_service() {
    for status in [408, 429, 500, 503] {
        let server = server(|_| ());
        let store = holding(expired(&session(&server)));
        let manager = manager(&server, store.clone());
        let answer = MockResponse::new(status).header("retry-after", "40");
        server.inject(Fault::Response(answer).on(Endpoint::Refresh));
        let Err(SessionError::Unavailable { retry_in, cause }) = manager.access_token() else {
            panic!("status {status}");
        };
        assert!(retry_in > Duration::from_secs(30) && retry_in <= Duration::from_secs(40));
        assert!(cause.unwrap().to_string().contains(&status.to_string()));
        assert!(store.load().unwrap().is_some());
    }
}

#[test]
fn k7_without_a_network_the_cause_is_the_error_of_the_http_client() {
    let server = server(|_| ());
    let session = session(&server);
    let manager = BlockingSessionManager::new(
        Machine::new(client(&server), policy().replay_window(Duration::ZERO)),
        holding(expired(&session)),
        workos_login_ureq::agent(),
    );
    drop(server);
    let Err(SessionError::Unavailable { cause, .. }) = manager.access_token() else {
        panic!("there is no network");
    };
    assert!(cause.unwrap().is::<workos_login_ureq::Error>());
}

#[test]
fn k8_a_rejected_refresh_token_is_cleared() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    let manager = manager(&server, store.clone());
    server.end_all_sessions();
    assert!(matches!(
        *ended(manager.access_token()),
        SessionEnded::Service(_)
    ));
    assert!(store.load().unwrap().is_none());
}

#[test]
fn k8_a_rejected_refresh_token_does_not_clear_another_session() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    server.end_all_sessions();
    let new = session(&server);
    let other = (store.clone(), new.clone());
    let manager = manager_with(&server, store.clone(), move || {
        // A login without the lock.
        other
            .0
            .save(&StoredSession::new(other.1.clone()), Expected::Anything)
            .unwrap();
    });
    let token = manager.access_token().unwrap();
    assert_eq!(text(&token), new.access_token().expose_secret());
    assert!(store.load().unwrap().is_some());
}

#[test]
fn k9_nothing_is_sent_during_the_backoff() {
    let server = server(|_| ());
    let manager = manager(&server, holding(expired(&session(&server))));
    let answer = MockResponse::new(503).header("retry-after", "60");
    server.inject(Fault::Response(answer).on(Endpoint::Refresh).always());
    for _ in 0..20 {
        assert!(matches!(
            manager.access_token(),
            Err(SessionError::Unavailable { .. })
        ));
    }
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k10_an_http_client_that_panics_leaves_no_lock_held() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let store = holding(expired(&session(&server)));
    let first = std::sync::atomic::AtomicBool::new(true);
    let manager = manager_with(&server, store.clone(), move || {
        assert!(!first.swap(false, SeqCst), "the first request panics");
    });
    thread::scope(|scope| assert!(scope.spawn(|| manager.access_token()).join().is_err()));
    manager.access_token().unwrap();
}

#[test]
fn k11_a_refresh_keeps_the_organization_and_a_switch_changes_it() {
    let server = server(|_| ());
    let manager = manager(&server, MemoryStore::new());
    manager.log_in(acme_session(&server)).unwrap();
    let organization = || {
        let session = manager.session().unwrap().unwrap();
        session.organization_id().map(|id| id.as_str().to_owned())
    };
    for id in [Organization::GLOBEX_ID, Organization::ACME_ID] {
        let before = manager.access_token().unwrap();
        let token = manager.switch_organization(&id.parse().unwrap()).unwrap();
        assert_ne!(text(&token), text(&before));
        assert_eq!(organization().as_deref(), Some(id));
        manager.refresh_rejected(&token).unwrap();
        assert_eq!(organization().as_deref(), Some(id));
    }
}

#[test]
fn k11_a_rejected_switch_leaves_the_session_unchanged() {
    let server = server(|_| ());
    let manager = manager(&server, MemoryStore::new());
    let token = manager.log_in(session(&server)).unwrap();
    let elsewhere = Organization::GLOBEX_ID.parse().unwrap();
    let error = manager.switch_organization(&elsewhere).unwrap_err();
    assert!(matches!(error, SessionError::Failed(_)), "{error:?}");
    assert_eq!(text(&manager.access_token().unwrap()), text(&token));
}

#[test]
fn k13_a_logout_of_another_process_takes_precedence_over_a_refresh_in_flight() {
    let server = server(|_| ());
    let store = holding(expired(&session(&server)));
    let other = store.clone();
    let manager = manager_with(&server, store.clone(), move || {
        // It waited for one lease, and continued without the lock.
        other.clear(Expected::Anything).unwrap();
    });
    assert!(matches!(
        *ended(manager.access_token()),
        SessionEnded::LoggedOut
    ));
    assert!(store.load().unwrap().is_none());
    assert!(manager.session().unwrap().is_none());
}

#[test]
fn k13_a_logout_ends_the_session_of_this_process_even_if_the_store_fails() {
    let server = server(|_| ());
    let store = Flaky::holding(session(&server));
    let manager = manager(&server, store.clone());
    manager.access_token().unwrap();
    for failing in [&["clear"][..], &["load", "clear"], &["lock", "clear"]] {
        store.fail(failing);
        assert_store_failed(manager.log_out().error(), "clear");
    }
    store.fail(&["load"]);
    let logged_out = manager.log_out();
    assert!(logged_out.error().is_none());
    assert!(logged_out.unreadable().is_some());
    store.fail(&[]);
    assert!(matches!(
        *ended(manager.access_token()),
        SessionEnded::NotLoggedIn
    ));
}

#[test]
fn k13_no_thread_sees_a_session_after_its_logout() {
    const THREADS: usize = 16;
    let server = server(|_| ());
    let manager = manager(&server, holding(session(&server)));
    let step = Barrier::new(THREADS + 1);
    let seen: Vec<_> = thread::scope(|scope| {
        let see = || {
            let before = manager.access_token().is_ok() && manager.fresh_access_token().is_some();
            step.wait();
            step.wait();
            (before, manager.fresh_access_token().is_some())
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(see)).collect();
        step.wait();
        let _ = manager.log_out();
        step.wait();
        let threads = threads.into_iter();
        threads.map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(seen, [(true, false); THREADS]);
}

#[test]
fn a_store_that_fails_leaves_the_old_token_until_it_expires() {
    let server = server(|_| ());
    let store = Flaky::default();
    let manager = manager(&server, store.clone());
    manager.log_in(due(&session(&server))).unwrap();
    for failing in ["load", "save", "lock"] {
        store.fail(&[failing]);
        let token = manager.access_token().unwrap();
        let Some(SessionWarning::Store(error)) = token.warning() else {
            panic!("{failing}: {token:?}");
        };
        assert_eq!(error.downcast_ref(), Some(&Failed(failing)));
        assert_store_failed(manager.refresh_rejected(&token).err().as_ref(), failing);
    }
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn a_login_that_cannot_be_stored_returns_a_warning() {
    let server = server(|_| ());
    let store = Flaky::default();
    store.fail(&["check", "save"]);
    let manager = manager(&server, store.clone());
    assert_store_failed(manager.check().err().as_ref(), "check");
    let token = manager.log_in(session(&server)).unwrap();
    assert!(matches!(
        token.warning(),
        Some(SessionWarning::NotStored(_))
    ));
    store.fail(&[]);
    manager.check().unwrap();
    manager.flush().unwrap();
    assert!(stored_token(&store.inner).is_some());
}

#[test]
fn no_user_is_logged_in_at_first() {
    let server = server(|_| ());
    let manager = manager(&server, MemoryStore::new());
    assert!(manager.session().unwrap().is_none());
    assert!(matches!(
        *ended(manager.access_token()),
        SessionEnded::NotLoggedIn
    ));
    assert!(manager.log_out().session().is_none());
}

#[test]
fn no_secret_is_shown() {
    let server = server(|_| ());
    let session = session(&server);
    let secrets = [
        session.access_token().expose_secret().to_owned(),
        session.refresh_token().unwrap().expose_secret().to_owned(),
    ];
    let store = holding(due(&session));
    server.inject(Fault::RequestLost.on(Endpoint::Refresh).always());
    let policy = SessionPolicy::default().replay_window(Duration::ZERO);
    let manager = BlockingSessionManager::new(
        Machine::new(client(&server), policy),
        store.clone(),
        workos_login_ureq::agent(),
    );
    let token = manager.access_token().unwrap();
    let error = manager.refresh_rejected(&token).unwrap_err();
    let logged_out = format!(
        "{manager:?}{store:?}{token:?}{error:?}{error}{:?}",
        manager.log_out()
    );
    for secret in secrets {
        assert!(!logged_out.contains(&secret));
    }
}
