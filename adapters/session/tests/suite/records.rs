//! The stored form of a record.

use serde_json::{Value, json};
use workos_login::limits::{MAX_RESPONSE_BYTES, MAX_STORED_BYTES};
use workos_login::secrecy::ExposeSecret;
use workos_login_session::{Machine, SessionPolicy, StoredSession};

use crate::world::*;

/// A record with every member.
fn record() -> Value {
    let mut world = World::due().reply(error(429, "too_many_requests"));
    world.access_token(&machine()).unwrap();
    let mut record = serde_json::to_value(&world.record).unwrap();
    let mut world = World::due().reply(error(403, "sso_required"));
    world.access_token(&machine()).unwrap();
    record["challenged"] = world.member("challenged");
    let hash = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    record["intent"] = json!({"fingerprint": hash, "organization": GLOBEX, "at": 1});
    record
}

#[test]
fn a_record_can_be_stored_and_loaded() {
    let record = record();
    let loaded: StoredSession = serde_json::from_value(record.clone()).unwrap();
    assert_eq!(serde_json::to_value(&loaded).unwrap(), record);
    let names: Vec<_> = record.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["challenged", "intent", "retry_at", "session", "version"]
    );
    let minimal = StoredSession::new(loaded.session().clone());
    let minimal = serde_json::to_value(&minimal).unwrap();
    assert_eq!(minimal.as_object().unwrap().len(), 2);
}

#[test]
fn a_damaged_record_is_rejected_without_a_quote() {
    const SECRET: &str = "secret-of-the-user";
    let rejected = |record: &Value| {
        let error = serde_json::from_str::<StoredSession>(&record.to_string());
        let text = format!("{0} {0:?}", error.unwrap_err());
        assert!(!text.contains(SECRET), "{text}");
        text
    };
    for member in ["version", "session", "intent", "retry_at", "challenged"] {
        for value in [json!(SECRET), json!({ SECRET: SECRET }), json!([SECRET])] {
            let mut record = record();
            record[member] = value;
            rejected(&record);
        }
    }
    for member in ["fingerprint", "organization", "at"] {
        let mut record = record();
        record["intent"][member] = format!("{SECRET} ").into();
        rejected(&record);
    }
    for record in [json!(SECRET), json!([SECRET]), Value::Null] {
        rejected(&record);
    }
    let mut record = record();
    record["version"] = 2.into();
    assert!(rejected(&record).contains("version 2"));
}

#[test]
fn an_intent_of_another_refresh_token_is_no_open_one() {
    let mut world = World::due().reply(refreshed(2));
    world.record = Some(serde_json::from_value(record()).unwrap());
    let mut stored = serde_json::to_value(&world.record).unwrap();
    for name in ["challenged", "retry_at"] {
        stored[name] = Value::Null;
    }
    world.record = Some(serde_json::from_value(stored).unwrap());
    world.access_token(&machine()).unwrap();
    assert_eq!(world.sent[0].organization.as_deref(), Some(ACME));
}

#[test]
fn the_largest_record_fits_into_the_limit() {
    let text = "\u{1}".repeat(MAX_RESPONSE_BYTES / 6 - 1000);
    let mut response = token_response(1, ALICE, Some(ACME));
    response["user"]["first_name"] = text.clone().into();
    let login = log_in(&client(), &response, World::empty().now);
    let mut record = serde_json::to_value(StoredSession::new(login)).unwrap();
    let mut world = World::due().reply(error(403, "sso_required"));
    world.access_token(&machine()).unwrap();
    record["challenged"] = world.member("challenged");
    let length = record.to_string().len() + MAX_RESPONSE_BYTES;
    assert!(length < MAX_STORED_BYTES, "{length}");
}

#[test]
fn a_generation_reveals_no_token_and_distinguishes_sessions() {
    let now = World::empty().now;
    let record = |number| StoredSession::new(session(number, ALICE, None, now));
    let (first, second) = (record(1), record(2));
    assert_ne!(first.generation(), second.generation());
    assert_ne!(
        first.generation().to_string(),
        second.generation().to_string()
    );
    let text = format!("{0} {0:?}", first.generation());
    let session = first.session();
    assert!(!text.contains(session.access_token().expose_secret()));
    assert!(!text.contains(session.refresh_token().unwrap().expose_secret()));
}

#[test]
fn a_refresh_by_cookie_is_announced_and_repeated_like_any_other() {
    let client = client().refresh_cookie();
    let response = token_response(1, ALICE, Some(ACME));
    let mut world = World::empty();
    let session = log_in(&client, &response, world.now - LIFETIME * 2 / 3);
    world.record = Some(StoredSession::new(session));
    world.replies.extend((0..9).map(|_| lost()));
    world.during_send = Some(Box::new(|world| {
        assert!(world.record.as_ref().unwrap().has_unanswered_refresh());
    }));
    let machine = || Machine::new(client.clone(), SessionPolicy::default());
    assert!(world.access_token(&machine()).unwrap().warning().is_some());
    let attempts = world.sent.len();
    // Another process continues, with the same request.
    world.replies.clear();
    world.advance(std::time::Duration::from_secs(120));
    let mut world = world.reply(refreshed(2));
    world.access_token(&machine()).unwrap();
    assert_eq!(world.sent.len(), attempts + 1);
    assert!(world.sent.iter().all(|sent| sent.refresh_token.is_empty()));
    assert!(!world.record.as_ref().unwrap().has_unanswered_refresh());
}
