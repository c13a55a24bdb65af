//! The memory of many sessions.

use workos_login_session::StoredSession;

use crate::server::{Server, client, id, session};
use workos_login_session::{Expected, Store as _};

/// As long as in production: an access token of 1 kB and a user of 1 kB.
fn record(number: usize) -> StoredSession {
    let mut session = session(&format!("{number}-{}", "x".repeat(1000)));
    session["refresh_token"] = format!("refresh-{number}").into();
    session["user"]["first_name"] = "x".repeat(1000).into();
    serde_json::from_value(serde_json::json!({"version": 1, "session": session})).unwrap()
}

fn memory(server: &Server) -> f64 {
    let info: String = server.run(&["INFO", "memory"]);
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    line.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_use_at_most_one_and_a_half_times_their_sealed_size() {
    let count: usize = std::env::var("REDIS_SESSIONS").map_or(5_000, |text| text.parse().unwrap());
    let server = Server::start();
    server.run::<()>(&["CONFIG", "SET", "appendfsync", "no"]);
    let sessions = server.sessions();
    // The scripts, the connection and its buffers.
    let warm = sessions.store(client(), &id("warm"));
    warm.save(&record(0), Expected::Nothing).await.unwrap();
    let before = memory(&server);
    for number in 0..count {
        let store = sessions.store(client(), &id(&number.to_string()));
        store
            .save(&record(number), Expected::Nothing)
            .await
            .unwrap();
    }
    let used = memory(&server) - before;
    let names: Vec<String> = server.run(&["KEYS", "*"]);
    let length: f64 = server.run(&["STRLEN", &names[0]]);
    let sealed = length * count as f64;
    println!(
        "{count} sessions of {length} sealed bytes: {:.1} MB in Redis, {:.2} times the sealed values",
        used / 1e6,
        used / sealed
    );
    assert!(used <= sealed * 1.5, "{used} bytes for {sealed}");
}
