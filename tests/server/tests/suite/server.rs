//! The server itself: log, connections, shutdown.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use workos_login_mock_server::{Config, Fault, Server};

use crate::support::*;

#[test]
fn a_dropped_server_closes_its_connections_and_its_port() {
    let server = start();
    let address = server.address();
    let mut idle = TcpStream::connect(address).unwrap();
    assert!(server.wait_for_open_connections(1, TIMEOUT));
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(read_all(&mut idle).0.is_empty());
}

#[test]
fn an_address_in_use_is_an_error() {
    let server = start();
    let second = Server::start(Config::with(|config| config.address = server.address()));
    assert!(second.is_err());
}

#[test]
fn a_server_starts_and_stops_inside_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = start();
        assert_eq!(log_in(&server, ALICE)["user"]["email"], ALICE);
    });
}

#[test]
fn two_servers_share_no_state() {
    let (one, two) = (start(), start());
    let session = log_in(&one, ALICE);
    assert_invalid_grant(&refresh(&two, text(&session["refresh_token"])));
    assert_eq!(two.request_count(), 1);
}

#[test]
fn the_log_contains_the_request() {
    let server = start();
    refresh(&server, "secret-token");
    let requests = server.requests();
    let [request] = &*requests else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (&*request.method, &*request.path),
        ("POST", "/user_management/authenticate")
    );
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    assert_eq!(
        request.parameter("refresh_token").as_deref(),
        Some("secret-token")
    );
    assert!(request.text().contains("secret-token"));
    assert_eq!(request.connection, 1);
    assert_eq!(server.connection_count(), 1);
    server.clear_requests();
    assert_eq!((server.requests().len(), server.request_count()), (0, 0));
}

#[test]
fn the_log_keeps_a_thousand_requests_and_counts_all() {
    let server = start();
    let agent = agent();
    for number in 0..1010 {
        let _ = agent
            .get(format!("{}/{number}", server.base_url()))
            .call()
            .unwrap()
            .body_mut()
            .read_to_string();
    }
    assert_eq!(server.request_count(), 1010);
    let requests = server.requests();
    assert_eq!(
        (requests.len(), &*requests[0].path, &*requests[999].path),
        (1000, "/10", "/1009")
    );
}

#[test]
fn a_test_can_wait_for_a_request() {
    let server = start();
    assert!(!server.wait_for_requests(1, Duration::ZERO));
    let url = format!("{}/x", server.base_url());
    let client = std::thread::spawn(move || get(&url).status);
    assert!(server.wait_for_requests(1, TIMEOUT));
    assert_eq!(client.join().unwrap(), 404);
}

#[test]
fn an_unknown_path_gets_404_with_a_message_and_a_request_id() {
    let server = start();
    let response = get(&format!("{}/nowhere", server.base_url()));
    assert_eq!(response.status, 404);
    assert!(response.json()["message"].is_string());
    assert!(response.header("x-request-id").is_some());
}

#[test]
fn a_body_that_is_too_long_gets_413_and_is_not_recorded() {
    let server = start();
    let response = post_form(
        &server,
        "/user_management/authenticate",
        &[("code", &"a".repeat(100_000))],
    );
    assert_eq!(response.status, 413);
    assert!(server.requests()[0].body.is_empty());
}

#[test]
fn a_fault_without_endpoint_skips_pages() {
    let server = start();
    server.inject(Fault::ResetBefore);
    assert!(!code(&server, ALICE).is_empty());
    assert_eq!(server.pending_faults(), 1);
    server.clear_faults();
    assert_eq!(log_in(&server, ALICE)["user"]["email"], ALICE);
}

#[test]
fn a_clock_of_the_test_is_the_clock_of_the_server() {
    let now = Arc::new(AtomicU64::new(1_800_000_000));
    let time = Arc::clone(&now);
    let server = start_with(|config| {
        config.set_clock(move || UNIX_EPOCH + Duration::from_secs(time.load(Ordering::Relaxed)));
    });
    let code = code(&server, ALICE);
    now.fetch_add(600, Ordering::Relaxed);
    assert_eq!(
        server.now(),
        UNIX_EPOCH + Duration::from_secs(1_800_000_600)
    );
    assert_invalid_grant(&exchange(&server, &code));
    server.advance(Duration::from_secs(1));
    assert_eq!(
        server.now(),
        UNIX_EPOCH + Duration::from_secs(1_800_000_601)
    );
}
