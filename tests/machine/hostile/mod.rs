//! Answers that mean harm: each is read by a stated rule or refused by name, and never makes a session with a hole in it.

mod bodies;
mod devices;
mod tokens;

use std::fmt::Debug;

use workos_login::http::{HeaderValue, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::url::Url;
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingDevice, DevicePoll, Exchange, Outcome,
    RefreshPolicy,
};

use crate::conformance::answering;
use crate::oauth;
use crate::scenario::{Scenario, now, secs, stored};

/// Answers an exchange, and checks that whatever comes of it is whole.
#[track_caller]
pub(crate) fn answered(exchange: &str, response: Response<Vec<u8>>) {
    let public = Scenario::public();
    match exchange {
        "code" => given(public.to_exchanging(), response, outcome),
        "refresh" => given(public.to_refreshing(), response, |session| whole(&session)),
        "switch" => given(public.to_switching(), response, |session| whole(&session)),
        "challenge" => given(answering(), response, outcome),
        "poll" => given(public.to_polling(), response, polled),
        "device" => given(public.client.device(), response, |device| started(&device)),
        "oauth-code" => given(oauth::exchanging(), response, outcome),
        "oauth-refresh" => given(oauth::refreshing(), response, |session| whole(&session)),
        "oauth-poll" => given(oauth::polling(), response, polled),
        "oauth-device" => given(oauth::requesting_device(), response, |device| {
            started(&device);
        }),
        other => panic!("there is no exchange {other}"),
    }
}

#[track_caller]
fn given<E: Exchange>(exchange: E, response: Response<Vec<u8>>, check: impl FnOnce(E::Output))
where
    E::Output: Debug,
{
    let sent = exchange.request();
    match exchange.response(response, now()) {
        Ok(output) => check(output),
        Err(refused) => {
            assert!(refused.retry_in(now()).is_none_or(|wait| wait <= secs(60)));
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.chars().any(char::is_control), "{shown}");
            let (exchange, _) = refused.into_parts();
            assert_eq!(exchange.request().body(), sent.body());
        }
    }
}

fn outcome(outcome: Outcome) {
    match outcome {
        Outcome::Authenticated(session) => whole(&session),
        Outcome::AuthenticationChallenge(challenge) => {
            let form = stored(&challenge);
            let read: AuthenticationChallenge = serde_json::from_str(&form).unwrap();
            assert_eq!(stored(&read), form);
        }
        other => panic!("{other:?}"),
    }
}

fn polled(poll: DevicePoll) {
    match poll {
        DevicePoll::Done(done) => outcome(done),
        DevicePoll::Pending(device) => started(&device),
    }
}

/// A session without a hole: a user, a token that can be used, and a life that is unknown or begins now.
fn whole(session: &Authenticated) {
    assert!(session.user().is_none_or(|user| !user.id().is_empty()));
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    let header = HeaderValue::from_str(&bearer).unwrap();
    assert_eq!(header.to_str().unwrap(), bearer);
    assert!(!bearer.ends_with(' '));
    if let Some(token) = session.refresh_token() {
        assert!(!token.expose_secret().is_empty());
    }
    let due = session.refresh_in(&RefreshPolicy::default(), now());
    assert_eq!(due.is_some(), session.expires_in(now()).is_some());
    assert_ne!(due, Some(secs(0)));

    let form = stored(session);
    let read: Authenticated = serde_json::from_str(&form).unwrap();
    assert_eq!(stored(&read), form);
    for later in [now(), now() + secs(1), now() + secs(1_000_000_000)] {
        assert_eq!(read.expires_in(later), session.expires_in(later));
    }
}

/// A device that has something to show, and will ask and stop asking.
fn started(device: &AwaitingDevice) {
    assert!(!device.user_code().is_empty());
    for page in [
        Some(device.verification_uri()),
        device.verification_uri_complete(),
    ] {
        let scheme = page.map(|page| page.parse::<Url>().unwrap().scheme().to_owned());
        assert!(scheme.is_none_or(|scheme| scheme == "http" || scheme == "https"));
    }
    assert!(device.expires_in(now()) > secs(0));
    assert!(device.poll_in(now()) > secs(0));

    let form = stored(device);
    let read: AwaitingDevice = serde_json::from_str(&form).unwrap();
    assert_eq!(stored(&read), form);
    assert_eq!(read.poll_in(now()), device.poll_in(now()));
    assert_eq!(read.expires_in(now()), device.expires_in(now()));
}
