//! Any sequence of moves: none panics, a forged one changes nothing, and storing is the identity.
#![no_main]

use std::time::{Duration, SystemTime};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Callback, DevicePoll, Exchange, Outcome,
    RefreshPolicy,
};
use workos_login_fuzz::{SUCCESS, awaiting_device, begin, callback, client, json, now};

#[derive(Arbitrary, Debug)]
enum Move<'a> {
    Response { status: u16, body: &'a str },
    Callback { text: &'a str },
    Denied,
    Pass { seconds: u32 },
    Pending { slow: bool },
    Real,
    SaveAndLoad,
    StepBack { seconds: u32 },
    Success,
}

enum State {
    Device(AwaitingDevice),
    Login(AwaitingCallback),
    Session(Box<Authenticated>),
    Over,
}

fuzz_target!(|input: (bool, Vec<Move<'_>>)| {
    let (device, moves) = input;
    let (url, pending) = begin();
    let real = callback(&url);
    let mut clock = now();
    let mut state = if device {
        State::Device(awaiting_device())
    } else {
        State::Login(pending)
    };
    for step in moves.into_iter().take(64) {
        state = take(state, step, &real, &mut clock);
    }
});

fn take(state: State, step: Move<'_>, real: &str, clock: &mut SystemTime) -> State {
    let response = match step {
        Move::Pass { seconds } => {
            *clock = clock
                .checked_add(Duration::from_secs(seconds.into()))
                .unwrap_or(*clock);
            return state;
        }
        Move::StepBack { seconds } => {
            *clock = clock
                .checked_sub(Duration::from_secs(seconds.into()))
                .unwrap_or(*clock);
            return state;
        }
        Move::SaveAndLoad => return save_and_load(state),
        Move::Callback { text } => return call_back(state, text, *clock),
        Move::Real => return call_back(state, real, *clock),
        Move::Denied => {
            return call_back(
                state,
                &real.replace("code=abc", "error=access_denied"),
                *clock,
            );
        }
        Move::Response { status, body } => json(200 + status % 400, body),
        Move::Pending { slow: true } => json(400, r#"{"error": "slow_down"}"#),
        Move::Pending { slow: false } => json(400, r#"{"error": "authorization_pending"}"#),
        Move::Success => json(200, SUCCESS),
    };
    match state {
        State::Device(device) => {
            let wait = device.poll_in(*clock);
            match device.poll(&client(), *clock) {
                Err(_) => State::Over,
                Ok(polling) => match polling.response(response, *clock) {
                    Ok(DevicePoll::Done(Outcome::Authenticated(session))) => {
                        State::Session(session)
                    }
                    Ok(DevicePoll::Done(_)) => State::Over,
                    Ok(DevicePoll::Pending(device)) => State::Device(device),
                    Err(refused) => {
                        let device = refused.into_parts().0.into_awaiting(*clock);
                        assert!(device.poll_in(*clock) >= wait);
                        State::Device(device)
                    }
                },
            }
        }
        State::Session(session) => {
            let lifetime = session.refresh_in(&RefreshPolicy::default(), *clock);
            assert!(lifetime <= session.expires_in(*clock));
            match session.refresh(&client()) {
                Err(_) => State::Over,
                Ok(refreshing) => match refreshing.response(response, *clock) {
                    Ok(session) => State::Session(Box::new(session)),
                    Err(refused) => State::Session(Box::new(refused.into_parts().0.into_session())),
                },
            }
        }
        state => state,
    }
}

fn call_back(state: State, text: &str, clock: SystemTime) -> State {
    let State::Login(pending) = state else {
        return state;
    };
    let Ok(callback) = Callback::parse(text) else {
        return State::Login(pending);
    };
    let before = serde_json::to_string(&pending).expect("a stored login");
    match pending.accept(&client(), callback, clock) {
        Ok(exchanging) => match exchanging.response(json(200, SUCCESS), clock) {
            Ok(Outcome::Authenticated(session)) => State::Session(session),
            Ok(_) | Err(_) => State::Over,
        },
        Err(refused) => {
            let pending = refused.into_parts().0;
            assert_eq!(
                serde_json::to_string(&pending).expect("a stored login"),
                before
            );
            State::Login(pending)
        }
    }
}

fn save_and_load(state: State) -> State {
    match state {
        State::Device(device) => {
            let stored = serde_json::to_string(&device).expect("a stored device");
            State::Device(serde_json::from_str(&stored).expect("what was stored"))
        }
        State::Login(pending) => {
            let stored = serde_json::to_string(&pending).expect("a stored login");
            State::Login(serde_json::from_str(&stored).expect("what was stored"))
        }
        State::Session(session) => {
            let stored = serde_json::to_string(&session).expect("a stored session");
            State::Session(serde_json::from_str(&stored).expect("what was stored"))
        }
        State::Over => State::Over,
    }
}
