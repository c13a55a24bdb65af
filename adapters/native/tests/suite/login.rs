//! A login in a browser on this machine, and the session after it.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use workos_login_mock_server::{Config, Endpoint, Fault, Organization, Server};
use workos_login_native::workos_login::{AwaitingCallback, Error};
use workos_login_native::workos_login_session::{
    BlockingStore, Expected, PendingLoginStore, StoreError, StoreLock, StoredSession,
};
use workos_login_native::{
    Browser, Location, Login, LoginEvent, NativeApp, NativeError, NativeSession, Storage,
};

use crate::support::{
    ALICE, BOB, Events, app, client, email, log_in, server, token, visit, with_browser,
};

/// Logs Alice in, and returns the result and the page that her browser shows in the end.
fn log_in_and_read_page<'a>(
    app: &NativeApp,
    server: &Arc<Server>,
    options: impl FnOnce(Login<'a>) -> Login<'a>,
) -> (Result<NativeSession, NativeError>, String) {
    let (sender, page) = mpsc::channel();
    let session = app.login_with(|login| {
        let server = server.clone();
        options(login).open_with(move |url| {
            let callback = server.log_in(url.as_str(), ALICE).unwrap();
            let sender = sender.clone();
            thread::spawn(move || sender.send(visit(&callback)).unwrap());
            Ok(())
        })
    });
    (session, page.recv().unwrap())
}

#[test]
fn a_login_stores_the_session_of_the_user() {
    let server = server();
    let app = app(&server);
    assert!(app.session().unwrap().is_none());
    let events = Events::default();
    let (session, page) = log_in_and_read_page(&app, &server, |login| {
        login.progress(|event| events.record(&event))
    });
    assert_eq!(email(&session.unwrap()), ALICE);
    assert_eq!(events.names(), ["page", "exchanging"]);
    let text = format!("logged in as <bdi>{ALICE}</bdi>");
    assert!(page.contains(&text), "{page}");
    assert!(page.contains("Acme CLI"), "{page}");

    let session = app.clone().session().unwrap().unwrap();
    assert_eq!(session.location(), Location::Memory);
    assert_eq!(token(&session), token(&session));
}

#[test]
fn the_authorization_url_has_the_options_of_the_login() {
    let server = server();
    let organization = Organization::GLOBEX_ID.parse().unwrap();
    let app = app(&server).redirect_uri("http://127.0.0.1:0/done".parse().unwrap());
    let session = app.login_with(|login| {
        let server = server.clone();
        let login = login.organization(&organization).login_hint(BOB);
        login.open_with(move |url| {
            let url = url.as_str();
            for part in [Organization::GLOBEX_ID, "login_hint=bob%40", "%2Fdone"] {
                assert!(url.contains(part), "{url}");
            }
            let callback = server.log_in(url, BOB).unwrap();
            thread::spawn(move || visit(&callback));
            Ok(())
        })
    });
    let session = session.unwrap().authenticated().unwrap().unwrap();
    assert_eq!(session.organization_id(), Some(&organization));
}

#[test]
fn a_denied_login_leaves_the_old_session() {
    let server = server();
    let app = app(&server);
    log_in(&app, &server, ALICE);
    let denied = app.login_with(|login| {
        let server = server.clone();
        login.open_with(move |url| {
            let callback = server.deny(url.as_str()).unwrap();
            thread::spawn(move || visit(&callback));
            Ok(())
        })
    });
    assert!(matches!(denied, Err(NativeError::Login(Error::Denied(_)))));
    assert_eq!(email(&app.session().unwrap().unwrap()), ALICE);
}

#[test]
fn a_lost_response_of_the_code_exchange_is_retried() {
    let server = server();
    server.inject(Fault::RequestLost.on(Endpoint::CodeExchange));
    let events = Events::default();
    let session = app(&server).login_with(|login| {
        let login = login.progress(|event| events.record(&event));
        with_browser(login, &server, ALICE)
    });
    session.unwrap();
    assert_eq!(events.names(), ["page", "exchanging", "retrying"]);
}

#[test]
fn a_login_without_a_callback_times_out() {
    let server = server();
    let mut waited = false;
    let timed_out = app(&server).login_with(|login| {
        login
            .no_browser()
            .timeout(Duration::from_millis(50))
            .progress(|event| match event {
                LoginEvent::Page(page) => {
                    assert!(matches!(page.browser(), Browser::NotOpened));
                    assert_eq!(page.url().as_str(), page.printed_url());
                }
                LoginEvent::WaitingForCallback { .. } => waited = true,
                _ => {}
            })
    });
    assert!(waited);
    assert!(matches!(timed_out, Err(NativeError::TimedOut)));
    assert_eq!(server.request_count(), 0);
}

#[test]
fn an_expired_token_is_refreshed_once_for_all_threads() {
    let server = server();
    let set_lifetime = |seconds| {
        server.configure(|config| config.access_token_lifetime = Duration::from_secs(seconds))
    };
    set_lifetime(1);
    let session = log_in(&app(&server), &server, ALICE);
    set_lifetime(300);
    thread::sleep(Duration::from_secs(1));
    server.clear_requests();
    let mut tokens: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| token(&session))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(server.request_count(), 1);
}

#[test]
fn a_session_switches_its_organization_and_is_refreshed_on_request() {
    let server = server();
    let acme = Organization::ACME_ID.parse().unwrap();
    let globex = Organization::GLOBEX_ID.parse().unwrap();
    let app = app(&server);
    let session = app.login_with(|login| with_browser(login.organization(&acme), &server, BOB));
    let session = session.unwrap();
    let switched = session.switch_organization(&globex).unwrap();
    assert_eq!(switched.session().organization_id(), Some(&globex));
    let before = token(&session);
    session.refresh_now().unwrap();
    assert_ne!(token(&session), before);
}

#[test]
fn a_logout_removes_the_session_and_returns_its_logout_url() {
    let server = server();
    let app = app(&server);
    let session = log_in(&app, &server, ALICE);
    let logged_out = session.log_out().unwrap();
    let url = logged_out.url().unwrap().as_str();
    assert!(url.ends_with(&server.sessions()[0]), "{url}");
    assert!(app.session().unwrap().is_none());
    assert!(session.access_token().is_err());
    assert!(session.authenticated().unwrap().is_none());
    assert!(app.log_out().unwrap().session().is_none());
}

#[test]
fn accounts_and_clients_have_sessions_of_their_own() {
    let server = server();
    let app = app(&server);
    log_in(&app, &server, ALICE);
    let work = app.clone().account("work");
    assert!(work.session().unwrap().is_none());
    assert!(app.session().unwrap().is_some());
}

/// A store that can be neither read nor written. Its check may not show it.
struct Damaged {
    passes_check: bool,
}

fn damaged() -> StoreError {
    StoreError::new(io::Error::other("damaged"))
}

impl BlockingStore for Damaged {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        Err(damaged())
    }

    fn save(&self, _: &StoredSession, _: Expected) -> Result<(), StoreError> {
        Err(damaged())
    }

    fn clear(&self, _: Expected) -> Result<(), StoreError> {
        Err(damaged())
    }

    fn lock(&self, _: Duration, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(())))
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.passes_check {
            true => Ok(()),
            false => Err(damaged()),
        }
    }
}

impl PendingLoginStore for Damaged {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        Ok(None)
    }

    fn save_login(&self, _: &AwaitingCallback) -> Result<(), StoreError> {
        Err(damaged())
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        Err(damaged())
    }

    fn lock_login(&self, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(())))
    }
}

#[test]
fn no_login_starts_if_the_store_is_not_writable() {
    let server = server();
    let store = Damaged {
        passes_check: false,
    };
    let app = app(&server).storage(Storage::Custom(Arc::new(store)));
    let app = app.redirect_uri("acme:/callback".parse().unwrap());
    let refused = app.login_with(|login| login.open_with(|_| panic!("the login was started")));
    assert!(matches!(refused, Err(NativeError::NotWritable(_))));
    assert!(matches!(app.begin(), Err(NativeError::NotWritable(_))));
    assert!(matches!(app.log_out(), Err(NativeError::StillStored(_))));
}

#[test]
fn the_page_says_that_the_session_could_not_be_stored() {
    let server = server();
    let store = Damaged { passes_check: true };
    let app = app(&server).storage(Storage::Custom(Arc::new(store)));
    let (failed, page) = log_in_and_read_page(&app, &server, |login| login);
    let error = failed.unwrap_err();
    assert!(matches!(error, NativeError::NotStored(_)), "{error:?}");
    let text = format!("You are not logged in: <bdi>{error}</bdi>");
    assert!(page.contains(&text), "{page}");
    assert!(page.contains("return to Acme CLI"), "{page}");
}

#[test]
fn no_secret_is_shown_by_debug() {
    let server = server();
    let app = NativeApp::new(client(&server), "Acme CLI").storage(Storage::Memory);
    let session = log_in(&app, &server, ALICE);
    let shown = format!("{app:?} {session:?} {:?}", session.log_out());
    for secret in ["eyJ", Config::API_KEY] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
