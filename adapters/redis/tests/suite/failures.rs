//! Redis that is down, slow, full, read-only or restarted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login_redis::{Error, RedisSessions};
use workos_login_session::{
    Expected, Machine, ManualClock, SessionError, SessionManager, SessionPolicy, SessionWarning,
    Store as _, StoreError,
};

use crate::server::{Server, client, id, keys, record};

/// A failure, how it ends, and the error of a save.
type Failure = (fn(&mut Server), fn(&mut Server), Error);

const FAILURES: [(&str, Failure); 4] = [
    ("down", (Server::kill, Server::restart, Error::Unavailable)),
    (
        "slow",
        (
            |server| server.run(&["CLIENT", "PAUSE", "20000", "ALL"]),
            // The pause ends with the process.
            |server| {
                server.kill();
                server.restart();
            },
            Error::TimedOut,
        ),
    ),
    (
        "full",
        (
            |server| server.run(&["CONFIG", "SET", "maxmemory", "1"]),
            |server| server.run(&["CONFIG", "SET", "maxmemory", "0"]),
            Error::Full,
        ),
    ),
    (
        "read-only",
        (
            // The address of the primary is never reached.
            |server| server.run(&["REPLICAOF", "127.0.0.1", "1"]),
            |server| server.run(&["REPLICAOF", "NO", "ONE"]),
            Error::ReadOnly,
        ),
    ),
];

fn is(error: &StoreError, expected: Error) -> bool {
    error.downcast_ref() == Some(&expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_has_an_error_of_its_own_and_ends() {
    for (name, (fail, repair, expected)) in FAILURES {
        let mut server = Server::start();
        let store = server.store("a");
        store.save(&record("1"), Expected::Nothing).await.unwrap();
        fail(&mut server);
        let lock = Duration::from_secs(1);
        let results = [
            store.save(&record("2"), Expected::Anything).await,
            store.lock(lock, lock).await.map(drop),
            store.check().await,
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(is(&error, expected), "{name}: {error:?}");
        }
        repair(&mut server);
        // The same connection, without a failed command in between.
        let found = store.load().await.unwrap().unwrap();
        assert_eq!(found.generation(), record("1").generation(), "{name}");
        store.save(&record("2"), Expected::Anything).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usable_tokens_are_returned_during_a_failure_and_nobody_is_signed_out() {
    for (name, (fail, repair, expected)) in FAILURES {
        let mut server = Server::start();
        let store = server.store("a");
        store.save(&record("1"), Expected::Nothing).await.unwrap();
        let clock = ManualClock::new(SystemTime::now());
        let manager = SessionManager::with_clock(
            Machine::new(client(), SessionPolicy::default()),
            Arc::new(store),
            workos_login_hyper::client().unwrap(),
            Arc::new(clock.clone()),
        );
        assert!(manager.access_token().await.unwrap().warning().is_none());

        fail(&mut server);
        clock.advance(Duration::from_secs(200));
        let token = manager.access_token().await.unwrap();
        match token.warning() {
            Some(SessionWarning::Store(error)) => assert!(is(error, expected), "{name}: {error}"),
            other => panic!("{name}: {other:?}"),
        }
        clock.advance(Duration::from_secs(200));
        match manager.access_token().await {
            Err(SessionError::Store(error)) => assert!(is(&error, expected), "{name}: {error}"),
            other => panic!("{name}: {other:?}"),
        }

        repair(&mut server);
        assert!(manager.session().await.unwrap().is_some(), "{name}");
        let stored = server.store("a").load().await.unwrap();
        assert!(stored.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_contain_it() {
    let server = Server::start();
    server.run::<()>(&["CONFIG", "SET", "requirepass", "correct"]);
    for query in ["", "?pass=incorrect-password"] {
        let url = format!("{}{query}", server.url());
        let sessions = RedisSessions::connect(&url, keys()).unwrap();
        let error = sessions.store(client(), &id("a")).check().await;
        let error = error.unwrap_err();
        assert!(is(&error, Error::AccessDenied), "{error:?}");
        let shown = format!("{error} {error:?} {sessions:?}");
        assert!(!shown.contains("incorrect-password"), "{shown}");
    }
}

#[test]
fn an_invalid_url_is_not_shown() {
    for url in ["http://:secret@localhost", "rediss://:secret@localhost", ""] {
        let error = RedisSessions::connect(url, keys()).unwrap_err();
        assert_eq!(error, Error::InvalidUrl);
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}
