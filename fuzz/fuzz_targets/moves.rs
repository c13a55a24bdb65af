//! No sequence of transitions panics, a refused callback changes nothing, and a stored state is loaded as it was.
//!
//! An input is text with one move a line: see [`Move::parse`]. A first line `device` starts a device login.
#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Callback, DevicePoll, Exchange, Outcome,
    RefreshPolicy,
};
use workos_login_fuzz::{SUCCESS, awaiting_device, begin, client, json, matching_callback, now};

enum Move<'a> {
    Callback(&'a str),
    ClockBack(Duration),
    DeniedCallback,
    MatchingCallback,
    Response { status: u16, body: &'a str },
    StoreAndLoad,
    Wait(Duration),
}

impl<'a> Move<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
        let seconds = || {
            argument
                .parse()
                .ok()
                .map(|n: u32| Duration::from_secs(n.into()))
        };
        Some(match name {
            "callback" => Self::Callback(argument),
            "clock-back" => Self::ClockBack(seconds()?),
            "denied" => Self::DeniedCallback,
            "matching" => Self::MatchingCallback,
            "response" => {
                let (status, body) = argument.split_once(' ')?;
                let status = status.parse().ok()?;
                if !(100..1000).contains(&status) {
                    return None;
                }
                Self::Response { status, body }
            }
            "store" => Self::StoreAndLoad,
            "success" => Self::Response {
                status: 200,
                body: SUCCESS,
            },
            "wait" => Self::Wait(seconds()?),
            _ => return None,
        })
    }
}

enum State {
    Device(AwaitingDevice),
    Login(AwaitingCallback),
    Session(Box<Authenticated>),
    Over,
}

fuzz_target!(|input: &str| {
    let (url, pending) = begin();
    let matching = matching_callback(&url);
    let mut clock = now();
    let mut lines = input.lines().peekable();
    let mut state = match lines.next_if_eq(&"device") {
        Some(_) => State::Device(awaiting_device()),
        None => State::Login(pending),
    };
    for step in lines.filter_map(Move::parse).take(64) {
        state = apply(state, step, &matching, &mut clock);
    }
});

fn apply(state: State, step: Move<'_>, matching: &str, clock: &mut SystemTime) -> State {
    match step {
        Move::Callback(text) => accept(state, text, *clock),
        Move::ClockBack(duration) => {
            *clock = clock.checked_sub(duration).unwrap_or(*clock);
            state
        }
        Move::DeniedCallback => {
            let denied = matching.replace("code=abc", "error=access_denied");
            accept(state, &denied, *clock)
        }
        Move::MatchingCallback => accept(state, matching, *clock),
        Move::Response { status, body } => match state {
            State::Device(device) => poll(device, status, body, *clock),
            State::Session(session) => refresh(*session, status, body, *clock),
            state => state,
        },
        Move::StoreAndLoad => store_and_load(state),
        Move::Wait(duration) => {
            *clock = clock.checked_add(duration).unwrap_or(*clock);
            state
        }
    }
}

fn accept(state: State, text: &str, clock: SystemTime) -> State {
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

fn poll(device: AwaitingDevice, status: u16, body: &str, clock: SystemTime) -> State {
    let wait = device.poll_in(clock);
    let Ok(polling) = device.poll(&client(), clock) else {
        return State::Over;
    };
    match polling.response(json(status, body), clock) {
        Ok(DevicePoll::Done(Outcome::Authenticated(session))) => State::Session(session),
        Ok(DevicePoll::Done(_)) => State::Over,
        Ok(DevicePoll::Pending(device)) => State::Device(device),
        Err(refused) => {
            let device = refused.into_parts().0.into_awaiting(clock);
            assert!(device.poll_in(clock) >= wait);
            State::Device(device)
        }
    }
}

fn refresh(session: Authenticated, status: u16, body: &str, clock: SystemTime) -> State {
    let due = session.refresh_in(&RefreshPolicy::default(), clock);
    assert!(due <= session.expires_in(clock));
    let Ok(refreshing) = session.refresh(&client()) else {
        return State::Over;
    };
    match refreshing.response(json(status, body), clock) {
        Ok(session) => State::Session(Box::new(session)),
        Err(refused) => State::Session(Box::new(refused.into_parts().0.into_session())),
    }
}

fn store_and_load(state: State) -> State {
    match state {
        State::Device(device) => {
            let stored = serde_json::to_string(&device).expect("a stored device login");
            State::Device(serde_json::from_str(&stored).expect("a stored state can be loaded"))
        }
        State::Login(pending) => {
            let stored = serde_json::to_string(&pending).expect("a stored login");
            State::Login(serde_json::from_str(&stored).expect("a stored state can be loaded"))
        }
        State::Session(session) => {
            let stored = serde_json::to_string(&session).expect("a stored session");
            State::Session(serde_json::from_str(&stored).expect("a stored state can be loaded"))
        }
        State::Over => State::Over,
    }
}
