//! Any response to each exchange is read or refused, and every state that results can be stored and loaded.
//!
//! An input is text: a line `EXCHANGE STATUS`, header lines, an empty line, and the body.
#![no_main]

use std::fmt::Debug;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use workos_login::{Authenticated, DevicePoll, Discovery, Exchange, Outcome, Refused, Server};
use workos_login_fuzz::{
    ISSUER, authenticated, awaiting_device, client, exchanging, now, oauth_authenticated,
    oauth_client, oauth_exchanging,
};

fuzz_target!(|input: &[u8]| {
    let Some((exchange, response)) = parse(input) else {
        return;
    };
    match exchange {
        "code" => match exchanging().response(response, now()) {
            Ok(outcome) => check_outcome(&outcome),
            Err(refused) => check_refused(&refused),
        },
        "refresh" => match authenticated()
            .refresh(&client())
            .expect("a session of this client")
            .response(response, now())
        {
            Ok(session) => check_session(&session),
            Err(refused) => check_refused(&refused),
        },
        "device" => match client().device().response(response, now()) {
            Ok(device) => {
                round_trip(&device);
                let _ = (device.poll_in(now()), device.expires_in(now()));
            }
            Err(refused) => check_refused(&refused),
        },
        "poll" => {
            let device = awaiting_device()
                .poll(&client(), now())
                .expect("a device login of this client");
            match device.response(response, now()) {
                Ok(DevicePoll::Done(outcome)) => check_outcome(&outcome),
                Ok(DevicePoll::Pending(device)) => round_trip(&device),
                Err(refused) => {
                    check_refused(&refused);
                    let _ = refused.into_parts().0.into_awaiting(now());
                }
            }
        }
        "oauth-code" => match oauth_exchanging().response(response, now()) {
            Ok(outcome) => check_outcome(&outcome),
            Err(refused) => check_refused(&refused),
        },
        "userinfo" => {
            let fetching = oauth_authenticated().fetch_user_info(&oauth_client());
            let fetching = fetching.expect("a session of this client");
            match fetching.response(response, now()) {
                Ok(session) => check_session(&session),
                Err(refused) => check_refused(&refused),
            }
        }
        "revocation" => {
            let revoking = oauth_authenticated().revoke(&oauth_client());
            let revoking = revoking.expect("a session of this client");
            if let Err(refused) = revoking.response(response, now()) {
                check_refused(&refused);
            }
        }
        "discovery" => {
            let discovering = Server::discover(ISSUER).expect("an issuer");
            match discovering.response(response, now()) {
                Ok(Discovery::Found(server)) => {
                    assert_eq!(server.issuer(), ISSUER);
                    round_trip(&server);
                }
                Ok(Discovery::Next(next)) => assert_eq!(next.request().method(), "GET"),
                Err(refused) => check_refused(&refused),
            }
        }
        _ => {}
    }
});

fn parse(input: &[u8]) -> Option<(&str, Response<&[u8]>)> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    let mut lines = input[..end].split(|byte| *byte == b'\n');
    let (exchange, status) = str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    let mut response = Response::new(&input[end + 2..]);
    *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).ok()?;
    for line in lines.take(8) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        response.headers_mut().append(name, value);
    }
    Some((exchange, response))
}

fn check_outcome(outcome: &Outcome) {
    match outcome {
        Outcome::Authenticated(session) => check_session(session),
        Outcome::AuthenticationChallenge(challenge) => round_trip(&**challenge),
        _ => {}
    }
}

fn check_session(session: &Authenticated) {
    round_trip(session);
    let _ = (
        session.expires_in(now()),
        session.logout_url(&client(), Some("https://example.org")),
        session.end_session_url(&oauth_client(), None, Some("state")),
        (session.role(), session.permissions(), session.auth_time()),
        format!("{session:?}"),
    );
}

fn check_refused<S: Debug>(refused: &Refused<S>) {
    let _ = format!("{refused} {refused:?}");
    assert!(
        refused
            .retry_in(now())
            .is_none_or(|wait| wait.as_secs() <= 60)
    );
}

fn round_trip<T: Serialize + DeserializeOwned>(state: &T) {
    let stored = serde_json::to_string(state).expect("a state can be stored");
    let loaded: T = serde_json::from_str(&stored).expect("a stored state can be loaded");
    assert_eq!(
        serde_json::to_string(&loaded).expect("a stored state"),
        stored
    );
}
