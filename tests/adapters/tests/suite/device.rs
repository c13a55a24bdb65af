//! The device authorization grant from the user code to the session. A test advances the manual clock of the server.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use workos_login::limits::TIMESTAMP_TOLERANCE;
use workos_login::{
    AwaitingDevice, Client, DevicePoll, Error, PollingDevice, SendError, UserManagement,
};
use workos_login_mock_server::{Config, Fault, MockResponse, Server};

use crate::adapters::Adapter;
use crate::support::{
    ALICE, approved, authenticated, confidential, public, refused, start, stored,
};

fn polls_until_the_user_approves<A: Adapter>() {
    let (server, adapter) = (start_with_manual_clock(), A::new());
    let client = public(server.base_url());
    let device = begin(&adapter, &client);
    let page = format!("{}/device", server.base_url());
    assert_eq!(device.verification_uri(), page);
    let complete = format!("{page}?user_code={}", device.user_code());
    assert_eq!(device.verification_uri_complete(), Some(&*complete));
    assert_eq!(wait(&device), 5 * SECOND);

    let device = pending(poll(&adapter, &client, &device));
    assert_eq!(wait(&device), 5 * SECOND);
    // This poll is too early, so the service responds with `slow_down`.
    let device = pending(poll(&adapter, &client, &device));
    assert_eq!(wait(&device), 10 * SECOND);
    server.advance(wait(&device));
    let device = pending(poll(&adapter, &client, &device));
    assert_eq!(wait(&device), 10 * SECOND);

    server.approve_device(device.user_code(), ALICE).unwrap();
    server.advance(wait(&device));
    server.clear_requests();
    let session = authenticated(approved(poll(&adapter, &client, &device)));
    assert_eq!(session.user().unwrap().email(), Some(ALICE));
    assert_eq!(server.request_count(), 1);
    adapter.send(session.refresh(&client).unwrap()).unwrap();
}

fn reports_that_the_user_denied_the_login<A: Adapter>() {
    let (server, adapter) = (start_with_manual_clock(), A::new());
    let client = public(server.base_url());
    let device = begin(&adapter, &client);
    let device = pending(poll(&adapter, &client, &device));
    server.deny_device(device.user_code()).unwrap();
    server.advance(wait(&device));
    let (_, error) = refused(poll(&adapter, &client, &device));
    let Error::Denied(denied) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(denied.code(), Some("access_denied"));
    assert_eq!(error.retry_in(SystemTime::now()), None);
}

fn reports_a_device_code_that_expired_at_the_service<A: Adapter>() {
    let (server, adapter) = (start_with_manual_clock(), A::new());
    let client = public(server.base_url());
    let device = begin(&adapter, &client);
    server.advance(300 * SECOND);
    let (_, error) = refused(poll(&adapter, &client, &device));
    assert!(matches!(error, Error::Expired(_)), "{error:?}");
    assert_eq!(error.retry_in(SystemTime::now()), None);
}

/// The code is still valid at the service, whose clock does not advance.
fn does_not_send_an_expired_device_code<A: Adapter>() {
    let (server, adapter) = (start_with_manual_clock(), A::new());
    let client = public(server.base_url());
    let device = begin(&adapter, &client);
    let after = SystemTime::now() + 300 * SECOND;
    assert_eq!(device.expires_in(after), Duration::ZERO);
    server.clear_requests();
    let (device, error) = device.poll(&client, after).unwrap_err().into_parts();
    assert!(matches!(error, Error::Expired(_)), "{error:?}");
    assert_eq!(server.request_count(), 0);
    server.approve_device(device.user_code(), ALICE).unwrap();
    authenticated(approved(poll(&adapter, &client, &device)));
}

fn survives_lost_responses_and_transient_errors<A: Adapter>() {
    let (server, adapter) = (start_with_manual_clock(), A::new());
    server.configure(|config| config.device_code_lifetime = 3600 * SECOND);
    let client = public(server.base_url());
    let mut device = begin(&adapter, &client);
    let busy = MockResponse::new(429).header("retry-after", "50");
    for (fault, seconds) in [
        (Fault::ResponseLost, 10),
        (Fault::status(503), 20),
        (Fault::Html502, 40),
        (Fault::ResetDuring, 60),
        (Fault::RequestLost, 60),
        // A response resets the backoff.
        (Fault::None, 5),
        (Fault::Response(busy), 50),
        (Fault::IncompleteBody, 60),
        (Fault::None, 5),
        (Fault::status(429), 10),
    ] {
        server.inject(fault.clone());
        device = match poll(&adapter, &client, &device) {
            Ok(DevicePoll::Pending(device)) => device,
            Ok(DevicePoll::Done(outcome)) => panic!("{fault}: {outcome:?}"),
            Err(error) => {
                assert!(error.retry_in(SystemTime::now()).is_some(), "{error:?}");
                error.into_state().into_awaiting(SystemTime::now())
            }
        };
        assert_eq!(server.pending_faults(), 0);
        assert_eq!(wait(&device).as_secs(), seconds, "{fault}");
        server.advance(wait(&device));
    }
    server.approve_device(device.user_code(), ALICE).unwrap();
    authenticated(approved(poll(&adapter, &client, &device)));
}

fn sends_no_client_secret<A: Adapter>() {
    let server = start_with_manual_clock();
    check_for_client_secrets(&A::new(), &server, &public(server.base_url()));
    check_for_client_secrets(&A::new(), &server, &confidential(&server));
}

fn check_for_client_secrets<A: Adapter>(
    adapter: &A,
    server: &Server,
    client: &Client<impl UserManagement>,
) {
    server.clear_requests();
    let device = begin(adapter, client);
    let device = pending(poll(adapter, client, &device));
    server.approve_device(device.user_code(), ALICE).unwrap();
    server.advance(wait(&device));
    authenticated(approved(poll(adapter, client, &device)));
    for request in server.requests() {
        let mut names: Vec<_> = request
            .parameters()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.sort();
        match &*request.path {
            "/user_management/authorize/device" => assert_eq!(names, ["client_id"]),
            "/user_management/authenticate" => {
                assert_eq!(names, ["client_id", "device_code", "grant_type"]);
            }
            path => assert_eq!(path, "/device", "the page that the browser requests"),
        }
        assert_eq!(request.header("authorization"), None);
        let shown = format!("{:?} {}", request.headers, request.text());
        assert!(!shown.contains(Config::API_KEY), "{shown}");
    }
    assert_eq!(server.request_count(), 4);
}

/// Starts a server with a manual clock, so that a poll is too early only where a test intends it.
fn start_with_manual_clock() -> Server {
    let server = start();
    let now = server.now();
    server.configure(|config| config.set_clock(move || now));
    server
}

fn begin<A: Adapter>(adapter: &A, client: &Client<impl UserManagement>) -> AwaitingDevice {
    adapter.send(client.device()).unwrap()
}

/// Polls as a process that has just loaded the pending login.
fn poll<A: Adapter>(
    adapter: &A,
    client: &Client<impl UserManagement>,
    device: &AwaitingDevice,
) -> Result<DevicePoll, SendError<PollingDevice, A::Error>> {
    let device = stored(device);
    adapter.send(device.poll(client, SystemTime::now()).unwrap())
}

#[track_caller]
fn pending<T: Debug>(polled: Result<DevicePoll, SendError<PollingDevice, T>>) -> AwaitingDevice {
    match polled {
        Ok(DevicePoll::Pending(device)) => device,
        other => panic!("{other:?}"),
    }
}

/// Returns the whole interval before the next poll, by a clock that is slightly behind.
fn wait(device: &AwaitingDevice) -> Duration {
    device.poll_in(SystemTime::now() - TIMESTAMP_TOLERANCE / 2)
}

const SECOND: Duration = Duration::from_secs(1);

on_every_adapter!(
    does_not_send_an_expired_device_code,
    reports_a_device_code_that_expired_at_the_service,
    polls_until_the_user_approves,
    survives_lost_responses_and_transient_errors,
    reports_that_the_user_denied_the_login,
    sends_no_client_secret,
);
