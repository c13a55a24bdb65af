//! A login whose callback is a link that the operating system opens, perhaps in another process.

use std::sync::Arc;
use std::thread;

use workos_login_mock_server::{Endpoint, Fault, Organization, Server};
use workos_login_native::workos_login::Error;
use workos_login_native::{HandledUrl, NativeApp, NativeError};

use crate::support::{ALICE, BOB, app, email, server};

const EXCHANGE: &str = "/user_management/authenticate";
const REDIRECT_URI: &str = "com.example.acme:/callback";

fn linked(server: &Server) -> NativeApp {
    app(server).redirect_uri(REDIRECT_URI.parse().unwrap())
}

fn begin(app: &NativeApp, server: &Server, email: &str) -> String {
    server.log_in(app.begin().unwrap().as_str(), email).unwrap()
}

#[track_caller]
fn check_ignored(handled: &Result<HandledUrl, NativeError>) {
    assert!(matches!(handled, Ok(HandledUrl::Ignored)), "{handled:?}");
}

#[test]
fn the_link_of_the_pending_login_leads_to_the_session_once() {
    let server = server();
    let app = linked(&server);
    let link = begin(&app, &server, ALICE);
    assert!(link.starts_with(REDIRECT_URI), "{link}");

    for url in [
        "com.example.acme:/other",
        "https://example.com/",
        "acme",
        "",
    ] {
        let handled = app.handle_url(url);
        assert!(matches!(handled, Ok(HandledUrl::NotOurs)), "{handled:?}");
    }
    check_ignored(&app.handle_url(&format!("{REDIRECT_URI}?code=1&state=made-up")));
    check_ignored(&app.handle_url(&format!("{REDIRECT_URI}?error=access_denied")));
    let Ok(HandledUrl::Session(session)) = app.handle_url(&link) else {
        panic!("no session")
    };
    assert_eq!(email(&session), ALICE);
    assert!(app.session().unwrap().is_some());
    check_ignored(&app.handle_url(&link));
    assert_eq!(server.requests_to(EXCHANGE).len(), 1);
}

#[test]
fn without_a_pending_login_the_link_is_ignored() {
    let server = server();
    check_ignored(&linked(&server).handle_url(&format!("{REDIRECT_URI}?code=1&state=2")));
}

#[test]
fn an_application_without_a_redirect_uri_has_no_link() {
    let server = server();
    let app = app(&server);
    let handled = app.handle_url(&format!("{REDIRECT_URI}?code=1&state=2"));
    assert!(matches!(handled, Ok(HandledUrl::NotOurs)));
    assert!(matches!(app.begin(), Err(NativeError::MissingRedirectUri)));
}

#[test]
fn a_later_login_replaces_the_pending_one() {
    let server = server();
    let app = linked(&server);
    let first = begin(&app, &server, ALICE);
    let second = begin(&app, &server, ALICE);
    check_ignored(&app.handle_url(&first));
    assert!(matches!(
        app.handle_url(&second),
        Ok(HandledUrl::Session(_))
    ));
}

#[test]
fn a_transient_error_keeps_the_pending_login() {
    let server = server();
    let app = linked(&server);
    let link = begin(&app, &server, ALICE);
    // The first attempt and its retries.
    for _ in 0..4 {
        server.inject(Fault::Html502.on(Endpoint::CodeExchange));
    }
    let failed = app.handle_url(&link);
    assert!(
        matches!(failed, Err(NativeError::Login(Error::Unavailable(_)))),
        "{failed:?}"
    );
    assert!(matches!(app.handle_url(&link), Ok(HandledUrl::Session(_))));
}

#[test]
fn a_denied_login_is_over() {
    let server = server();
    let app = linked(&server);
    let link = server.deny(app.begin().unwrap().as_str()).unwrap();
    let denied = app.handle_url(&link);
    assert!(matches!(denied, Err(NativeError::Login(Error::Denied(_)))));
    check_ignored(&app.handle_url(&link));
}

#[test]
fn a_challenge_is_continued_by_another_login() {
    let server = server();
    let app = linked(&server);
    let link = begin(&app, &server, BOB);
    let Err(NativeError::Challenge(unanswered)) = app.handle_url(&link) else {
        panic!("no challenge")
    };
    let acme = Organization::ACME_ID.parse().unwrap();
    let url = app.begin_with(|login| {
        let login = login.challenge(unanswered.challenge().clone());
        login.organization(&acme)
    });
    let link = server.log_in(url.unwrap().as_str(), BOB).unwrap();
    assert!(matches!(app.handle_url(&link), Ok(HandledUrl::Session(_))));
}

#[test]
fn one_of_many_that_get_the_link_exchanges_its_code() {
    let server = server();
    let app = linked(&server);
    let link: Arc<str> = begin(&app, &server, ALICE).into();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (app, link) = (app.clone(), link.clone());
            thread::spawn(move || matches!(app.handle_url(&link), Ok(HandledUrl::Session(_))))
        })
        .collect();
    let sessions = threads.into_iter().filter_map(|thread| thread.join().ok());
    assert_eq!(sessions.filter(|is_session| *is_session).count(), 1);
    assert_eq!(server.requests_to(EXCHANGE).len(), 1);
}
