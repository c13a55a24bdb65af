//! A login on another device.

use workos_login_mock_server::{Endpoint, MockResponse};
use workos_login_native::workos_login::Error;
use workos_login_native::{Browser, DeviceGrant, LoginEvent, NativeError};

use crate::support::{ALICE, BOB, Events, app, email, server, visit, without_browser};

/// Approves the login as soon as the user code is shown.
fn approve<'a>(
    server: &'a workos_login_mock_server::Server,
    events: &'a Events,
) -> impl FnMut(LoginEvent<'_>) + Send + 'a {
    move |event| {
        events.record(&event);
        if let LoginEvent::Page(page) = event
            && let Some(code) = page.user_code()
        {
            assert_eq!(page.printed_url(), format!("{}/device", server.base_url()));
            assert!(page.url().as_str().ends_with(code));
            server.approve_device(code, ALICE).unwrap();
        }
    }
}

#[test]
fn a_login_on_another_device_is_approved_with_its_user_code() {
    let server = server();
    let events = Events::default();
    let session = app(&server).login_with(|login| {
        let login = login.device(DeviceGrant::Always).no_browser();
        login.progress(approve(&server, &events))
    });
    assert_eq!(email(&session.unwrap()), ALICE);
    assert_eq!(events.names(), ["requesting", "user code", "waiting"]);
}

#[test]
fn a_login_without_a_browser_uses_the_device_authorization_grant() {
    let server = server();
    let events = Events::default();
    let session =
        app(&server).login_with(|login| without_browser(login).progress(approve(&server, &events)));
    assert_eq!(email(&session.unwrap()), ALICE);
    assert_eq!(events.names(), ["requesting", "user code", "waiting"]);
}

#[test]
fn the_user_opens_the_page_if_the_grant_is_not_enabled_or_not_wanted() {
    for device in [DeviceGrant::IfNoBrowser, DeviceGrant::Never] {
        let server = server();
        let response = MockResponse::oauth_error(403, "access_denied", "Not switched on.");
        server.respond_with(Endpoint::DeviceAuthorization, [response]);
        let session = app(&server).login_with(|login| {
            let server = server.clone();
            without_browser(login)
                .device(device)
                .progress(move |event| {
                    if let LoginEvent::Page(page) = event {
                        assert!(matches!(page.browser(), Browser::Failed(_)));
                        let callback = server.log_in(page.printed_url(), ALICE).unwrap();
                        std::thread::spawn(move || visit(&callback));
                    }
                })
        });
        session.unwrap();
    }
}

#[test]
fn a_selected_organization_needs_a_browser() {
    let server = server();
    let organization = "org_1".parse().unwrap();
    let ended = app(&server).login_with(|login| {
        without_browser(login)
            .organization(&organization)
            .timeout(std::time::Duration::from_millis(50))
    });
    assert!(matches!(ended, Err(NativeError::TimedOut)));
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_denied_login_on_another_device_ends_the_login() {
    let server = server();
    let ended = app(&server).login_with(|login| {
        let login = login.device(DeviceGrant::Always).no_browser();
        login.progress(|event| {
            if let LoginEvent::Page(page) = event {
                server.deny_device(page.user_code().unwrap()).unwrap();
            }
        })
    });
    assert!(matches!(ended, Err(NativeError::Login(Error::Denied(_)))));
}

#[test]
fn a_challenge_of_a_device_login_is_presented_in_a_browser_on_this_machine() {
    let server = server();
    let events = Events::default();
    let session = app(&server).login_with(|login| {
        let login = login.device(DeviceGrant::Always).no_browser();
        login.progress(|event| {
            events.record(&event);
            match event {
                LoginEvent::Page(page) => match page.user_code() {
                    Some(code) => server.approve_device(code, BOB).unwrap(),
                    None => {
                        let callback = server.log_in(page.printed_url(), BOB).unwrap();
                        std::thread::spawn(move || visit(&callback));
                    }
                },
                LoginEvent::Challenge(offer) => {
                    offer.select(
                        &workos_login_mock_server::Organization::ACME_ID
                            .parse()
                            .unwrap(),
                    );
                }
                _ => {}
            }
        })
    });
    assert_eq!(email(&session.unwrap()), BOB);
    assert!(
        events
            .names()
            .ends_with(&["challenge", "page", "exchanging"])
    );
}
