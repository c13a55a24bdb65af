//! Every wait of a login can be cancelled.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use workos_login_mock_server::{Endpoint, Fault, MockResponse, Server};
use workos_login_native::{Canceller, DeviceGrant, Login, LoginEvent, NativeError, NativeSession};

use crate::support::{ALICE, app, log_in, server, with_browser};

/// Logs in, and cancels the login at the first event that `is_reached` accepts.
fn cancel_at(
    server: &Arc<Server>,
    options: impl FnOnce(Login<'_>) -> Login<'_>,
    is_reached: impl Fn(&LoginEvent<'_>) -> bool + Send,
) -> Result<NativeSession, NativeError> {
    let canceller = Canceller::new();
    app(server).login_with(|login| {
        let login = options(login).canceller(&canceller);
        login.progress(move |event| {
            if is_reached(&event) {
                canceller.cancel();
            }
        })
    })
}

fn device(login: Login<'_>) -> Login<'_> {
    login.device(DeviceGrant::Always).no_browser()
}

#[track_caller]
fn check(result: &Result<NativeSession, NativeError>) {
    assert!(matches!(result, Err(NativeError::Cancelled)), "{result:?}");
}

#[test]
fn the_wait_for_the_callback_can_be_cancelled() {
    check(&cancel_at(
        &server(),
        |login| login.no_browser(),
        |event| matches!(event, LoginEvent::WaitingForCallback { .. }),
    ));
}

#[test]
fn the_wait_for_the_polling_interval_can_be_cancelled() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(3600));
    check(&cancel_at(&server, device, |event| {
        matches!(event, LoginEvent::WaitingForApproval { .. })
    }));
}

#[test]
fn the_wait_for_a_retry_can_be_cancelled() {
    let server = server();
    let response = MockResponse::new(503).header("retry-after", "60");
    server.respond_with(Endpoint::DeviceAuthorization, [response]);
    check(&cancel_at(&server, device, |event| {
        matches!(event, LoginEvent::Retrying { .. })
    }));
}

#[test]
fn the_wait_for_a_response_can_be_cancelled() {
    let server = server();
    server.inject(Fault::Hang.on(Endpoint::CodeExchange));
    let canceller = Canceller::new();
    let other = canceller.clone();
    let waiting = server.clone();
    let cancelling = thread::spawn(move || {
        assert!(waiting.wait_for_requests(1, Duration::from_secs(20)));
        other.cancel();
    });
    check(
        &app(&server).login_with(|login| with_browser(login.canceller(&canceller), &server, ALICE)),
    );
    cancelling.join().unwrap();
}

#[test]
fn a_login_that_was_cancelled_before_does_not_start() {
    let server = server();
    let canceller = Canceller::new();
    canceller.cancel();
    assert!(canceller.is_cancelled());
    let login = app(&server).login_with(|login| login.no_browser().canceller(&canceller));
    check(&login);
}

#[test]
fn a_cancelled_login_leaves_the_session() {
    let server = server();
    let app = app(&server);
    log_in(&app, &server, ALICE);
    let canceller = Canceller::new();
    check(&app.login_with(|login| {
        let login = login.no_browser().canceller(&canceller);
        login.progress(|_| canceller.cancel())
    }));
    assert!(app.session().unwrap().is_some());
}
