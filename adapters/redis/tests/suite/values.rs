//! The content of the database.

use std::time::Duration;

use workos_login::Client;
use workos_login::secrecy::ExposeSecret as _;
use workos_login_redis::{Error, RedisSessions};
use workos_login_session::{Expected, SealingKeys, Store as _, StoredSession};

use crate::server::{Server, client, id, record, session};

#[tokio::test]
async fn the_database_contains_neither_the_session_id_nor_a_token() {
    let server = Server::start();
    let id = id("a");
    let store = server.sessions().store(client(), &id);
    store.save(&record("1"), Expected::Nothing).await.unwrap();
    let names: Vec<String> = server.run(&["KEYS", "*"]);
    let value: Vec<u8> = server.run(&["GET", &names[0]]);
    let contents = format!("{names:?} {}", String::from_utf8_lossy(&value));
    for secret in [id.expose_secret(), "access-1", "refresh-1", "user_1"] {
        assert!(!contents.contains(secret), "{contents}");
    }
}

#[tokio::test]
async fn a_value_opens_under_its_key_for_its_client_only() {
    let server = Server::start();
    let store = server.store("a");
    store.save(&record("1"), Expected::Nothing).await.unwrap();
    let names: Vec<String> = server.run(&["KEYS", "*"]);
    let other = server.store("b");
    other.save(&record("2"), Expected::Nothing).await.unwrap();
    let value: Vec<u8> = server.run(&["GET", &names[0]]);
    let copy: Vec<String> = server.run(&["KEYS", "*"]);
    let target = copy.iter().find(|name| **name != names[0]).unwrap();
    server.run::<()>(&["COPY", &names[0], target, "REPLACE"]);
    assert!(!value.is_empty());

    let other_client = Client::public("client_2".parse().unwrap());
    let other_keys = SealingKeys::new(7_654_321, &[2; 32]);
    let other_keys = RedisSessions::connect(&server.url(), other_keys).unwrap();
    for store in [
        other,
        server.sessions().store(other_client, &id("a")),
        other_keys.store(client(), &id("a")),
    ] {
        let error = store.load().await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Error::Unreadable));
        assert!(!error.to_string().contains("7654321"));
    }
    assert!(store.load().await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_is_kept_for_its_lifetime() {
    let server = Server::start();
    let sessions = server.sessions().session_ttl(Duration::from_secs(1000));
    let mut without = session("1");
    without.as_object_mut().unwrap().remove("refresh_token");
    let without: StoredSession =
        serde_json::from_value(serde_json::json!({"version": 1, "session": without})).unwrap();
    for (name, record, max) in [("a", record("1"), 1000), ("b", without, 300)] {
        let store = sessions.store(client(), &id(name));
        store.save(&record, Expected::Nothing).await.unwrap();
        let names: Vec<String> = server.run(&["KEYS", "*"]);
        let left: u64 = server.run(&["TTL", &names[0]]);
        assert!((max - 60..=max).contains(&left), "{left}");
        server.run::<()>(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn sessions_survive_the_replacement_of_a_key() {
    let server = Server::start();
    server
        .store("a")
        .save(&record("1"), Expected::Nothing)
        .await
        .unwrap();
    let both = SealingKeys::new(2, &[2; 32]);
    let both = both.and_opens(7_654_321, &[1; 32]);
    let both = RedisSessions::connect(&server.url(), both).unwrap();
    let store = both.store(client(), &id("a"));
    let found = store.load().await.unwrap().unwrap();
    store
        .save(&found, Expected::Generation(found.generation()))
        .await
        .unwrap();
    assert!(server.store("a").load().await.is_err());
    assert!(store.load().await.unwrap().is_some());
}
