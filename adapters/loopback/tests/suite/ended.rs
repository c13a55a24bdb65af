//! What ends the wait without a login, and what comes back.

use std::thread;
use std::time::{Duration, SystemTime};

use workos_login::{AwaitingCallback, Callback, Error, RedirectUri};
use workos_login_loopback::{Listener, WaitError};

use crate::support::{Begun, Login, PATIENCE, Site, bind_again, client, each_way};

/// Checks that the login can still be finished.
#[track_caller]
fn is_intact(pending: AwaitingCallback, site: &Site) {
    let callback = Callback::parse(&site.callback()).unwrap();
    pending
        .accept(&client("client_123"), callback, SystemTime::now())
        .map(drop)
        .unwrap();
}

fn site_of(login: &Login) -> Site {
    Site {
        redirect_uri: login.redirect_uri.clone(),
        state: login.state.clone(),
    }
}

#[test]
fn a_denied_login_says_so_on_the_page_and_returns_denied() {
    each_way(|way| {
        let login = way.login();
        let answer = login.get(login.denial("access_denied"));
        assert_eq!((answer.status(), answer.title()), (200, "Login denied"));
        assert!(answer.body().contains("You are not signed in."));
        assert!(!answer.0.contains("provider"), "{answer:?}");
        let error = login.error();
        assert_eq!(
            error.to_string(),
            "the login was denied (access_denied): begin again to try once more"
        );
        let WaitError::Refused(refused) = error else {
            panic!("{error:?}");
        };
        assert!(
            matches!(refused.error(), Error::Denied(denied) if denied.code() == "access_denied")
        );
    });
}

#[test]
fn a_login_that_failed_at_the_service_says_so_on_the_page() {
    each_way(|way| {
        let login = way.login();
        let answer = login.get(login.denial("server_error"));
        assert_eq!(answer.title(), "Login failed");
        let error = login.error();
        let WaitError::Refused(refused) = error else {
            panic!("{error:?}");
        };
        assert!(
            matches!(refused.error(), Error::Denied(denied) if denied.code() == "server_error")
        );
    });
}

#[test]
fn a_callback_that_is_too_late_says_so_on_the_page_and_returns_expired() {
    each_way(|way| {
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let login = Begun::at_time(Listener::bind().unwrap(), long_ago).wait(way);
        assert_eq!(login.get(login.callback()).title(), "Login expired");
        let error = login.error();
        let WaitError::Refused(refused) = error else {
            panic!("{error:?}");
        };
        assert!(matches!(refused.error(), Error::Expired(_)));
    });
}

#[test]
fn a_login_of_another_client_fails_on_the_page_too_and_comes_back_intact() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap());
        let login = Begun {
            client: client("client_other"),
            ..begun
        }
        .wait(way);
        let site = site_of(&login);
        assert_eq!(login.get(login.callback()).title(), "Login failed");
        let error = login.error();
        assert!(
            matches!(&error, WaitError::Refused(refused) if matches!(refused.error(), Error::Client(_))),
            "{error:?}"
        );
        is_intact(error.into_pending(), &site);
    });
}

#[test]
fn a_timeout_gives_the_pending_login_back_and_it_can_be_waited_for_again() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap()).timeout(Duration::from_millis(50));
        let client = begun.client.clone();
        let login = begun.wait(way);
        let site = site_of(&login);
        let error = login.error();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "timed out waiting for the callback; begin the login again"
        );
        let pending = error.into_pending();
        let listener = bind_again(pending.redirect_uri());
        Begun {
            site,
            client,
            listener,
            pending,
            timeout: PATIENCE,
        }
        .wait(way)
        .finish();
    });
}

#[test]
fn with_no_time_only_what_is_there_already_is_taken() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap()).timeout(Duration::ZERO);
        let error = begun.wait(way).error();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error:?}");
    });
}

#[test]
fn another_thread_can_cancel_the_wait_and_the_login_comes_back() {
    each_way(|way| {
        let login = way.login();
        let site = site_of(&login);
        // It is being waited for now: it answers.
        assert_eq!(login.get("/").status(), 404);
        let canceller = login.canceller.clone();
        thread::spawn(move || canceller.cancel());
        let error = login.error();
        assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
        assert_eq!(error.to_string(), "the wait for the callback was cancelled");
        is_intact(error.into_pending(), &site);
    });
}

#[test]
fn a_wait_that_is_cancelled_before_it_begins_ends_at_once() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap());
        begun.listener.canceller().cancel();
        let error = begun.wait(way).error();
        assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
    });
}

#[test]
fn a_login_that_comes_back_elsewhere_is_not_waited_for() {
    each_way(|way| {
        let begun = Begun::at(Listener::bind().unwrap());
        let listener = Listener::bind().unwrap();
        let text = format!(
            "the login has the redirect URI {}, but the listener has {}; begin the login with the listener's redirect URI",
            begun.site.redirect_uri,
            listener.redirect_uri()
        );
        let login = Begun { listener, ..begun }.wait(way);
        let site = site_of(&login);
        let error = login.error();
        assert!(
            matches!(error, WaitError::RedirectUriMismatch { .. }),
            "{error:?}"
        );
        assert_eq!(error.to_string(), text);
        is_intact(error.into_pending(), &site);
    });
}

#[test]
fn the_port_is_free_after_a_wait_that_failed() {
    each_way(|way| {
        let login = way.login();
        let redirect_uri: RedirectUri = login.redirect_uri.as_str().parse().unwrap();
        login.get(login.denial("access_denied"));
        let error = login.error();
        bind_again(&redirect_uri);
        drop(error);
    });
}

#[test]
fn the_port_is_free_when_the_future_is_dropped() {
    let Begun {
        client,
        listener,
        pending,
        timeout,
        ..
    } = Begun::at(Listener::bind().unwrap());
    let redirect_uri = listener.redirect_uri().clone();
    drop(listener.wait_async(&client, pending, timeout));
    bind_again(&redirect_uri);
}

#[test]
fn the_time_that_is_left_is_told_from_the_beginning() {
    let Begun {
        client,
        listener,
        pending,
        ..
    } = Begun::at(Listener::bind().unwrap());
    let canceller = listener.canceller();
    let mut told = Vec::new();
    let error = listener
        .wait_with(&client, pending, Duration::from_secs(600), |left| {
            told.push(left);
            if told.len() == 2 {
                canceller.cancel();
            }
        })
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, WaitError::Cancelled(_)), "{error:?}");
    let [first, second] = told[..] else {
        panic!("{told:?}");
    };
    assert!(
        second < first && first <= Duration::from_secs(600),
        "{told:?}"
    );
}

#[test]
fn no_error_shows_a_secret() {
    each_way(|way| {
        let login = way.login();
        let state = login.state.clone();
        login.get(login.denial("access_denied"));
        let refused = login.error();
        let timed_out = Begun::at(Listener::bind().unwrap()).timeout(Duration::ZERO);
        let other = timed_out.site.state.clone();
        let timed_out = timed_out.wait(way).error();
        for text in [
            format!("{refused} {refused:?} {refused:#?}"),
            format!("{timed_out} {timed_out:?} {timed_out:#?}"),
        ] {
            for secret in [&*state, &*other, "provider says", "what+the"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    });
}
