//! Waits that end with an error, and the pending logins that they return.

use std::thread;
use std::time::{Duration, SystemTime};

use workos_login::{AwaitingCallback, Callback, Error, RedirectUri};
use workos_login_loopback::{Listener, Progress, WaitError};

use crate::support::{Browser, LONG, Response, Setup, Wait, bind_again, client, each_mode};

/// Checks that the pending login can still be completed.
#[track_caller]
fn is_intact(pending: AwaitingCallback, browser: &Browser) {
    let callback = Callback::parse(&browser.callback()).unwrap();
    pending
        .accept(&client("client_123"), callback, SystemTime::now())
        .map(drop)
        .unwrap();
}

/// Sends a callback that ends the wait with [`WaitError::Refused`], and checks the page and the error.
#[track_caller]
fn refused(
    wait: Wait,
    callback: &str,
    title: &str,
    is_expected: impl Fn(&Error) -> bool,
) -> (Response, WaitError) {
    let response = wait.get(callback);
    assert_eq!((response.status(), response.title()), (200, title));
    let error = wait.error();
    assert!(
        matches!(&error, WaitError::Refused(refused) if is_expected(refused.error())),
        "{error:?}"
    );
    (response, error)
}

#[test]
fn a_denied_login_ends_the_wait_and_the_page_shows_it() {
    each_mode(|mode| {
        for (code, title) in [
            ("access_denied", "Login denied"),
            ("server_error", "Login failed"),
            ("invalid_scope", "Login failed"),
        ] {
            let wait = mode.wait();
            let callback = wait.denial(code);
            let (response, error) = refused(wait, &callback, title, |error| {
                error
                    .error_response()
                    .is_some_and(|it| it.code() == Some(code))
            });
            assert!(
                response
                    .body()
                    .to_lowercase()
                    .contains("you are not logged in")
            );
            assert!(!response.0.contains("description"), "{response:?}");
            let WaitError::Refused(refused) = &error else {
                panic!("{error:?}");
            };
            assert_eq!(error.to_string(), refused.to_string());
        }
    });
}

#[test]
fn an_expired_login_ends_the_wait_and_the_page_shows_it() {
    each_mode(|mode| {
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let wait = Setup::begun_at(Listener::bind().unwrap(), an_hour_ago).wait(mode);
        let callback = wait.callback();
        refused(wait, &callback, "Login expired", |error| {
            matches!(error, Error::Expired(_))
        });
    });
}

#[test]
fn a_callback_of_another_issuer_ends_the_wait_and_the_error_names_both() {
    each_mode(|mode| {
        for (iss, named) in [
            ("&iss=https://evil.example", ["as.example", "evil.example"]),
            ("", ["as.example"; 2]),
        ] {
            let wait = Setup::oauth(Listener::bind().unwrap(), "https://as.example").wait(mode);
            let callback = wait.callback() + iss;
            let (_, error) = refused(wait, &callback, "Login failed", |error| {
                matches!(error, Error::CallbackMismatch(_))
            });
            for issuer in named {
                assert!(error.to_string().contains(issuer), "{error}");
            }
        }
    });
}

#[test]
fn a_login_of_another_client_ends_the_wait_and_is_intact() {
    each_mode(|mode| {
        let setup = Setup {
            client: client("client_other"),
            ..Setup::new(Listener::bind().unwrap())
        };
        let browser = setup.browser.clone();
        let (_, error) = refused(
            setup.wait(mode),
            &browser.callback(),
            "Login failed",
            |error| matches!(error, Error::Client(_)),
        );
        is_intact(error.into_pending(), &browser);
    });
}

#[test]
fn a_login_whose_wait_timed_out_can_be_waited_for_again() {
    each_mode(|mode| {
        let setup = Setup::new(Listener::bind().unwrap()).timeout(Duration::from_millis(50));
        let (browser, client) = (setup.browser.clone(), setup.client.clone());
        let error = setup.wait(mode).error();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "timed out waiting for the callback; begin the login again"
        );
        let pending = error.into_pending();
        let listener = bind_again(pending.redirect_uri());
        Setup {
            browser,
            client,
            listener,
            pending,
            timeout: LONG,
        }
        .wait(mode)
        .finish();
    });
}

#[test]
fn a_timeout_of_zero_does_not_block() {
    each_mode(|mode| {
        let setup = Setup::new(Listener::bind().unwrap()).timeout(Duration::ZERO);
        let error = setup.wait(mode).error();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error:?}");
    });
}

#[test]
fn another_thread_cancels_the_wait_and_the_login_is_intact() {
    each_mode(|mode| {
        let wait = mode.wait();
        let browser = wait.browser.clone();
        // The response shows that the wait has started.
        assert_eq!(wait.get("/").status(), 404);
        let canceller = wait.canceller.clone();
        thread::spawn(move || canceller.cancel());
        let error = wait.error();
        assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
        assert_eq!(error.to_string(), "the wait for the callback was cancelled");
        is_intact(error.into_pending(), &browser);
    });
}

#[test]
fn a_wait_that_is_cancelled_before_it_starts_ends_at_once() {
    each_mode(|mode| {
        let setup = Setup::new(Listener::bind().unwrap());
        setup.listener.canceller().cancel();
        let error = setup.wait(mode).error();
        assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
    });
}

#[test]
fn a_login_with_another_redirect_uri_is_rejected_and_intact() {
    each_mode(|mode| {
        let setup = Setup::new(Listener::bind().unwrap());
        let browser = setup.browser.clone();
        let listener = Listener::bind().unwrap();
        let message = format!(
            "the login has the redirect URI {}, but the listener has {}; \
             begin the login with the listener's redirect URI",
            browser.redirect_uri,
            listener.redirect_uri()
        );
        let error = Setup { listener, ..setup }.wait(mode).error();
        assert!(
            matches!(error, WaitError::RedirectUriMismatch { .. }),
            "{error:?}"
        );
        assert_eq!(error.to_string(), message);
        is_intact(error.into_pending(), &browser);
    });
}

#[test]
fn the_port_is_free_after_a_refused_callback() {
    each_mode(|mode| {
        let wait = mode.wait();
        let redirect_uri: RedirectUri = wait.redirect_uri.as_str().parse().unwrap();
        wait.get(wait.denial("access_denied"));
        let error = wait.error();
        bind_again(&redirect_uri);
        drop(error);
    });
}

#[test]
fn the_port_is_free_after_the_future_is_dropped() {
    let setup = Setup::new(Listener::bind().unwrap());
    let redirect_uri = setup.listener.redirect_uri().clone();
    drop(
        setup
            .listener
            .wait_async(&setup.client, setup.pending, setup.timeout),
    );
    bind_again(&redirect_uri);
}

#[test]
fn reports_the_remaining_time_from_the_start() {
    let setup = Setup::new(Listener::bind().unwrap());
    let canceller = setup.listener.canceller();
    let mut reported = Vec::new();
    let error = setup
        .listener
        .wait_with(&setup.client, setup.pending, LONG, |progress| {
            let Progress::Remaining(remaining) = progress else {
                panic!("{progress:?}");
            };
            reported.push(remaining);
            if reported.len() == 2 {
                canceller.cancel();
            }
        })
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
    let [first, second] = reported[..] else {
        panic!("{reported:?}");
    };
    assert!(second < first && first <= LONG, "{reported:?}");
}

#[test]
fn no_error_shows_a_secret() {
    each_mode(|mode| {
        let wait = mode.wait();
        let state = wait.state.clone();
        wait.get(wait.denial("access_denied"));
        let refused = wait.error();
        let setup = Setup::new(Listener::bind().unwrap()).timeout(Duration::ZERO);
        let other_state = setup.browser.state.clone();
        let timed_out = setup.wait(mode).error();
        for text in [
            format!("{refused} {refused:?} {refused:#?}"),
            format!("{timed_out} {timed_out:?} {timed_out:#?}"),
        ] {
            for secret in [&*state, &*other_state, "a description", "a+description"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    });
}
