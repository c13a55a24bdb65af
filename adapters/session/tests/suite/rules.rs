//! The rules of keeping a session alive, as far as a driver has a part in them.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use workos_login::secrecy::ExposeSecret;
use workos_login::session::{Machine, SessionEnded, SessionPolicy, StoredSession};
use workos_login_mock_server::{Endpoint, Fault, MockResponse, Organization};
use workos_login_session::{BlockingSessionManager, Error, MemoryStore, Store, Token, Warning};

use crate::support::*;

fn text(token: &Token) -> String {
    token.secret().expose_secret().to_owned()
}

#[track_caller]
fn signed_out(result: Result<Token, Error>) -> std::sync::Arc<SessionEnded> {
    match result {
        Err(Error::SessionEnded(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn k1_a_fresh_token_needs_neither_the_store_nor_the_service() {
    let server = server(|_| ());
    let store = Flaky::holding(session(&server));
    let keeper = keeper(&server, store.clone());
    let first = keeper.token().unwrap();
    let asked = store.asked.load(SeqCst);
    store.fail(&["load", "lock", "save"]);
    assert_eq!(text(&keeper.token().unwrap()), text(&first));
    assert_eq!(store.asked.load(SeqCst), asked);
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn k1_a_fresh_token_is_at_hand_while_another_thread_is_at_work() {
    let server = server(|_| ());
    let store = holding(session(&server));
    let (sending, sends) = mpsc::channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = std::sync::Mutex::new(waits);
    let keeper = BlockingSessionManager::new(machine(&server), store, move |exchange, limit| {
        sending.send(()).unwrap();
        waits.lock().unwrap().recv().unwrap();
        over_ureq(exchange, limit)
    });
    let old = keeper.token().unwrap();
    thread::scope(|scope| {
        let refusing = scope.spawn(|| keeper.refused(&old));
        sends.recv().unwrap();
        assert_eq!(text(&keeper.token().unwrap()), text(&old));
        go_on.send(()).unwrap();
        assert_ne!(text(&refusing.join().unwrap().unwrap()), text(&old));
    });
}

#[test]
fn k2_many_threads_of_two_processes_share_one_refresh() {
    let server = server(|config| config.reuse_ends_session = true);
    let store = holding(spent(&session(&server)));
    // Two keepers on one store are what two processes are.
    let keepers = [keeper(&server, store.clone()), keeper(&server, store)];
    let tokens: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..24)
            .map(|number| {
                let keeper = &keepers[number % 2];
                scope.spawn(move || text(&keeper.token().unwrap()))
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
fn k2_those_who_wait_get_the_failure_too_and_ask_nothing_themselves() {
    let server = server(|_| ());
    let store = Flaky::holding(spent(&session(&server)));
    let (sending, sends) = mpsc::channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = std::sync::Mutex::new(waits);
    server.inject(Fault::status(503).on(Endpoint::Refresh).always());
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            sending.send(()).unwrap();
            waits.lock().unwrap().recv().unwrap();
            over_ureq(exchange, limit)
        });
    thread::scope(|scope| {
        let first = scope.spawn(|| keeper.token());
        sends.recv().unwrap();
        let others: Vec<_> = (0..8).map(|_| scope.spawn(|| keeper.token())).collect();
        go_on.send(()).unwrap();
        drop(go_on);
        for thread in others.into_iter().chain([first]) {
            assert!(matches!(
                thread.join().unwrap(),
                Err(Error::TryAgain { .. })
            ));
        }
    });
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k3_what_another_process_has_refreshed_is_adopted() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    let first = keeper(&server, store.clone());
    let second = keeper(&server, store);
    let refreshed = first.token().unwrap();
    assert_eq!(text(&second.token().unwrap()), text(&refreshed));
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k4_the_intent_is_stored_before_anything_is_sent() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    let seen = store.clone();
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            let record = serde_json::to_value(seen.load().unwrap().unwrap()).unwrap();
            assert!(record["intent"]["at"].is_u64(), "there is no intent");
            over_ureq(exchange, limit)
        });
    keeper.token().unwrap();
    let record = serde_json::to_value(store.load().unwrap().unwrap()).unwrap();
    assert!(record["intent"].is_null());
}

#[test]
fn k4_a_store_that_cannot_be_written_is_found_out_before_anything_is_sent() {
    let server = server(|_| ());
    let store = Flaky::holding(spent(&session(&server)));
    store.fail(&["save"]);
    let keeper = keeper(&server, store.clone());
    let error = keeper.token().unwrap_err();
    assert_eq!(error.store_error(), Some(&Failed("save")));
    assert_eq!(refreshes(&server).len(), 0);
    store.fail(&[]);
    keeper.token().unwrap();
}

#[test]
fn k5_a_new_session_that_cannot_be_stored_is_handed_out_with_a_warning_and_stored_later() {
    let server = server(|_| ());
    let store = Flaky::holding(spent(&session(&server)));
    let failing = store.clone();
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            failing.fail(&["save"]);
            over_ureq(exchange, limit)
        });
    let token = keeper.token().unwrap();
    assert!(
        matches!(token.warning(), Some(Warning::NotStored(Some(cause))) if cause.is::<Failed>())
    );
    assert!(matches!(
        keeper.token().unwrap().warning(),
        Some(Warning::NotStored(_))
    ));
    assert_eq!(
        keeper.flush().unwrap_err().store_error(),
        Some(&Failed("save"))
    );
    store.fail(&[]);
    keeper.flush().unwrap();
    let stored = store.stored().unwrap();
    assert_eq!(
        stored.session().access_token().expose_secret(),
        text(&token)
    );
    assert!(keeper.token().unwrap().warning().is_none());
}

#[test]
fn k5_nobody_sees_a_new_token_before_it_is_stored() {
    let server = server(|_| ());
    let store = Flaky::holding(spent(&session(&server)));
    let keeper = keeper(&server, store.clone());
    let token = keeper.token().unwrap();
    let stored = store.stored().unwrap();
    assert_eq!(
        stored.session().access_token().expose_secret(),
        text(&token)
    );
}

#[test]
fn k6_an_answer_that_was_lost_after_the_server_acted_is_asked_for_again() {
    let server = server(|config| {
        config.replay_window = Duration::from_secs(30);
        config.reuse_ends_session = true;
    });
    let keeper = keeper(&server, holding(spent(&session(&server))));
    server.inject(Fault::ResponseLost.times(2).on(Endpoint::Refresh));
    assert!(keeper.token().unwrap().warning().is_none());
    let sent = refreshes(&server);
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|request| request.parameter("refresh_token") == sent[0].parameter("refresh_token"))
    );
}

#[test]
fn k6_an_attempt_ends_at_its_limit_so_that_the_next_one_is_in_time() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let keeper = keeper(&server, holding(spent(&session(&server))));
    server.inject(Fault::Hang.on(Endpoint::Refresh));
    keeper.token().unwrap();
    assert_eq!(refreshes(&server).len(), 2);
}

#[test]
fn k6_a_token_that_is_refused_after_a_lost_answer_is_not_called_an_end_by_the_service() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(spent(&session(&server))));
    server.inject(Fault::ResponseLost.on(Endpoint::Refresh));
    assert!(matches!(
        *signed_out(keeper.token()),
        SessionEnded::ResponseLost(_)
    ));
}

#[test]
fn k7_a_bad_minute_ends_nothing_and_the_old_token_is_handed_out_while_it_is_good() {
    let server = server(|_| ());
    let old = session(&server);
    let store = holding(due(&old));
    let keeper = keeper(&server, store.clone());
    server.inject(
        Fault::Response(MockResponse::new(503).header("retry-after", "7")).on(Endpoint::Refresh),
    );
    let token = keeper.token().unwrap();
    assert_eq!(text(&token), old.access_token().expose_secret());
    assert!(matches!(
        token.warning(),
        Some(Warning::NotRefreshed(Some(cause))) if cause.to_string().contains("503")
    ));
    assert!(store.load().unwrap().is_some());
}

#[test]
fn k7_a_spent_token_leads_to_try_again_for_as_long_as_the_service_asks_for() {
    for status in [408, 429, 500, 503] {
        let server = server(|_| ());
        let store = holding(spent(&session(&server)));
        let keeper = keeper(&server, store.clone());
        let answer = MockResponse::new(status).header("retry-after", "40");
        server.inject(Fault::Response(answer).on(Endpoint::Refresh));
        let Err(Error::TryAgain { after, cause }) = keeper.token() else {
            panic!("status {status}");
        };
        assert!(after > Duration::from_secs(30) && after <= Duration::from_secs(40));
        assert!(cause.unwrap().to_string().contains(&status.to_string()));
        assert!(store.load().unwrap().is_some());
    }
}

#[test]
fn k7_without_a_network_the_reason_is_the_http_clients() {
    let server = server(|_| ());
    let session = session(&server);
    let keeper = BlockingSessionManager::new(
        Machine::new(&client(&server), policy().replay_window(Duration::ZERO)),
        holding(spent(&session)),
        over_ureq,
    );
    drop(server);
    let error = keeper.token().unwrap_err();
    let Error::TryAgain {
        cause: Some(cause), ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(cause.source().unwrap().is::<HttpError>());
}

#[test]
fn k8_a_refused_token_clears_the_store_that_holds_it() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    let keeper = keeper(&server, store.clone());
    server.end_all_sessions();
    assert!(matches!(
        *signed_out(keeper.token()),
        SessionEnded::Ended(_)
    ));
    assert!(store.load().unwrap().is_none());
}

#[test]
fn k8_a_refused_token_does_not_clear_another_session() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    server.end_all_sessions();
    let new = session(&server);
    let other = (store.clone(), new.clone());
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            // Somebody signs in without the lock.
            other.0.save(&StoredSession::new(other.1.clone())).unwrap();
            over_ureq(exchange, limit)
        });
    let token = keeper.token().unwrap();
    assert_eq!(text(&token), new.access_token().expose_secret());
    assert!(store.load().unwrap().is_some());
}

#[test]
fn k9_while_a_pause_lasts_nothing_is_sent() {
    let server = server(|_| ());
    let keeper = keeper(&server, holding(spent(&session(&server))));
    let answer = MockResponse::new(503).header("retry-after", "60");
    server.inject(Fault::Response(answer).on(Endpoint::Refresh).always());
    for _ in 0..20 {
        assert!(matches!(keeper.token(), Err(Error::TryAgain { .. })));
    }
    assert_eq!(refreshes(&server).len(), 1);
}

#[test]
fn k10_a_driver_that_panics_gives_the_lock_back() {
    let server = server(|config| config.replay_window = Duration::from_secs(30));
    let store = holding(spent(&session(&server)));
    let first = std::sync::atomic::AtomicBool::new(true);
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            assert!(!first.swap(false, SeqCst), "the first one panics");
            over_ureq(exchange, limit)
        });
    thread::scope(|scope| assert!(scope.spawn(|| keeper.token()).join().is_err()));
    keeper.token().unwrap();
}

#[test]
fn k11_a_refresh_stays_in_its_organization_and_a_switch_moves_it() {
    let server = server(|_| ());
    let keeper = keeper(&server, MemoryStore::new());
    keeper.log_in(movable_session(&server)).unwrap();
    let organization = || {
        let session = keeper.session().unwrap().unwrap();
        session.organization_id().map(|id| id.as_str().to_owned())
    };
    for id in [Organization::GLOBEX_ID, Organization::ACME_ID] {
        let before = keeper.token().unwrap();
        let token = keeper.switch(id.parse().unwrap()).unwrap();
        assert_ne!(text(&token), text(&before));
        assert_eq!(organization().as_deref(), Some(id));
        keeper.refused(&token).unwrap();
        assert_eq!(organization().as_deref(), Some(id));
    }
}

#[test]
fn k11_a_switch_that_is_refused_leaves_the_session_as_it_was() {
    let server = server(|_| ());
    let keeper = keeper(&server, MemoryStore::new());
    let token = keeper.log_in(session(&server)).unwrap();
    let elsewhere = Organization::GLOBEX_ID.parse().unwrap();
    let error = keeper.switch(elsewhere).unwrap_err();
    assert!(matches!(error, Error::Failed(_)), "{error:?}");
    assert_eq!(text(&keeper.token().unwrap()), text(&token));
}

#[test]
fn k13_a_logout_in_another_process_wins_over_a_refresh_under_way() {
    let server = server(|_| ());
    let store = holding(spent(&session(&server)));
    let other = store.clone();
    let keeper =
        BlockingSessionManager::new(machine(&server), store.clone(), move |exchange, limit| {
            // It waited for one lease, and went on without the lock.
            other.clear().unwrap();
            over_ureq(exchange, limit)
        });
    assert!(matches!(
        *signed_out(keeper.token()),
        SessionEnded::LoggedOut
    ));
    assert!(store.load().unwrap().is_none());
    assert!(keeper.session().unwrap().is_none());
}

#[test]
fn k13_a_logout_forgets_the_session_also_when_the_store_cannot() {
    let server = server(|_| ());
    let store = Flaky::holding(session(&server));
    let keeper = keeper(&server, store.clone());
    keeper.token().unwrap();
    for failing in [&["clear"][..], &["load", "clear"], &["lock", "clear"]] {
        store.fail(failing);
        let logged_out = keeper.log_out();
        assert!(
            logged_out
                .store_error()
                .is_some_and(|error| error.is::<Failed>())
        );
    }
    store.fail(&["load"]);
    assert!(keeper.log_out().store_error().is_none());
    store.fail(&[]);
    assert!(matches!(
        *signed_out(keeper.token()),
        SessionEnded::NotLoggedIn
    ));
}

#[test]
fn an_unreadable_store_leaves_the_old_token_while_it_is_good() {
    let server = server(|_| ());
    let store = Flaky::default();
    let keeper = keeper(&server, store.clone());
    keeper.log_in(due(&session(&server))).unwrap();
    for failing in ["load", "save", "lock"] {
        store.fail(&[failing]);
        let token = keeper.token().unwrap();
        assert!(
            matches!(token.warning(), Some(Warning::StoreFailed(Some(cause))) if cause.is::<Failed>()),
            "{failing}: {token:?}"
        );
        let error = keeper.refused(&token).unwrap_err();
        assert_eq!(error.store_error(), Some(&Failed(failing)));
    }
    assert_eq!(refreshes(&server).len(), 0);
}

#[test]
fn a_session_that_cannot_be_stored_at_a_login_comes_with_a_warning() {
    let server = server(|_| ());
    let store = Flaky::default();
    store.fail(&["check", "save"]);
    let keeper = keeper(&server, store.clone());
    assert_eq!(
        keeper.check().unwrap_err().store_error(),
        Some(&Failed("check"))
    );
    let token = keeper.log_in(session(&server)).unwrap();
    assert!(matches!(token.warning(), Some(Warning::NotStored(Some(_)))));
    store.fail(&[]);
    keeper.check().unwrap();
    keeper.flush().unwrap();
    assert!(store.stored().is_some());
}

#[test]
fn nobody_is_signed_in_at_first() {
    let server = server(|_| ());
    let keeper = keeper(&server, MemoryStore::new());
    assert!(keeper.session().unwrap().is_none());
    assert!(matches!(
        *signed_out(keeper.token()),
        SessionEnded::NotLoggedIn
    ));
    assert!(keeper.log_out().session().is_none());
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
    let keeper = keeper(&server, store.clone());
    server.inject(Fault::RequestLost.on(Endpoint::Refresh).always());
    let keeper = BlockingSessionManager::new(
        Machine::new(
            &client(&server),
            SessionPolicy::default().replay_window(Duration::ZERO),
        ),
        keeper.store().clone(),
        over_ureq,
    );
    let token = keeper.token().unwrap();
    let error = keeper.refused(&token).unwrap_err();
    let logged_out = format!(
        "{keeper:?}{store:?}{token:?}{error:?}{error}{:?}",
        keeper.log_out()
    );
    for secret in secrets {
        assert!(!logged_out.contains(&secret));
    }
}
