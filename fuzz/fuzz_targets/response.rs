//! Any answer to each exchange: it is read or refused, and what is read can be stored and read back.
#![no_main]

use arbitrary::Arbitrary;
use http::{HeaderName, HeaderValue, Response};
use libfuzzer_sys::fuzz_target;
use workos_login::{
    Authenticated, AuthenticationChallenge, DevicePoll, Exchange, Outcome, Refused,
};
use workos_login_fuzz::{authenticated, awaiting_device, client, exchanging, now};

#[derive(Arbitrary, Debug)]
struct ErrorResponse<'a> {
    exchange: u8,
    status: u16,
    json: bool,
    headers: Vec<(&'a str, &'a [u8])>,
    body: &'a [u8],
}

fuzz_target!(|answer: ErrorResponse<'_>| {
    let mut response = Response::new(answer.body);
    *response.status_mut() =
        http::StatusCode::from_u16(200 + answer.status % 400).expect("a status");
    if answer.json {
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("application/json"));
    }
    for (name, value) in answer.headers.into_iter().take(8) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value))
        {
            response.headers_mut().append(name, value);
        }
    }
    match answer.exchange % 4 {
        0 => match exchanging().response(response, now()) {
            Ok(outcome) => reached(outcome),
            Err(refused) => shown(&refused),
        },
        1 => match authenticated()
            .refresh(&client())
            .expect("a session of this client")
            .response(response, now())
        {
            Ok(session) => kept(&session),
            Err(refused) => shown(&refused),
        },
        2 => match client().device().response(response, now()) {
            Ok(device) => {
                let stored = serde_json::to_string(&device).expect("a stored device");
                let read: workos_login::AwaitingDevice =
                    serde_json::from_str(&stored).expect("what was stored");
                assert_eq!(
                    serde_json::to_string(&read).expect("a stored device"),
                    stored
                );
                let _ = (device.poll_in(now()), device.expires_in(now()));
            }
            Err(refused) => shown(&refused),
        },
        _ => {
            let device = awaiting_device()
                .poll(&client(), now())
                .expect("a device of this client");
            match device.response(response, now()) {
                Ok(DevicePoll::Done(outcome)) => reached(outcome),
                Ok(DevicePoll::Pending(_)) => {}
                Err(refused) => {
                    shown(&refused);
                    let _ = refused.into_parts().0.into_awaiting(now());
                }
            }
        }
    }
});

fn reached(outcome: Outcome) {
    match outcome {
        Outcome::Authenticated(session) => kept(&session),
        Outcome::AuthenticationChallenge(step) => {
            let stored = serde_json::to_string(&step).expect("a stored step");
            let read: AuthenticationChallenge =
                serde_json::from_str(&stored).expect("what was stored");
            assert_eq!(serde_json::to_string(&read).expect("a stored step"), stored);
        }
        _ => {}
    }
}

fn kept(session: &Authenticated) {
    let stored = serde_json::to_string(session).expect("a stored session");
    let read: Authenticated = serde_json::from_str(&stored).expect("what was stored");
    assert_eq!(
        serde_json::to_string(&read).expect("a stored session"),
        stored
    );
    let _ = (
        session.expires_in(now()),
        session.logout_url(&client(), Some("https://example.org")),
        format!("{session:?}"),
    );
}

fn shown<S>(refused: &Refused<S>) {
    let _ = format!("{refused} {refused:?}");
    assert!(
        refused
            .retry_in(now())
            .is_none_or(|wait| wait.as_secs() <= 60)
    );
}
