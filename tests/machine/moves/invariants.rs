//! Any moves in any order, with each kind of client, against the invariants of all states.

use proptest::collection::vec;
use proptest::prelude::*;
use workos_login::{Error, Exchange, RefreshPolicy};
use workos_login_strategies::{Applied, LoginClient, Machine, Move, State};

use crate::oauth;
use crate::scenario::{Scenario, secs};

/// The prefixes of the secrets that the strategies generate.
const SECRETS: [&str; 7] = [
    "access_token_",
    "code_1",
    "email_completion_token_",
    "pending_authentication_token_",
    "provider_access_token",
    "provider_refresh_token",
    "refresh_token_",
];

fn client() -> impl Strategy<Value = LoginClient> {
    prop::sample::select(vec![
        LoginClient::from(Scenario::public().client),
        Scenario::confidential().client.into(),
        oauth::client().into(),
    ])
}

/// The stored form of a persistent state, or the body of the request that is in flight.
fn content(state: &State) -> Option<String> {
    let request = match state {
        State::Answering(_, exchange) | State::Exchanging(exchange) => exchange.request(),
        State::PollingDevice(exchange) => exchange.request(),
        State::Refreshing(exchange) => exchange.request(),
        State::RequestingDevice(exchange) => exchange.request(),
        state => return state.stored(),
    };
    Some(String::from_utf8(request.into_body()).unwrap())
}

fn check_error(error: &Error, machine: &Machine) -> Result<(), TestCaseError> {
    let shown = format!("{error} {error:?}");
    prop_assert!(!shown.chars().any(char::is_control), "{shown}");
    for secret in SECRETS {
        prop_assert!(!shown.contains(secret), "{shown}");
    }
    if let Some(wait) = error.retry_in(machine.now()) {
        prop_assert!(matches!(error, Error::Unavailable(_)) && wait <= secs(60));
    }
    Ok(())
}

fn check_state(machine: &Machine) -> Result<(), TestCaseError> {
    let (client, now) = (machine.client(), machine.now());
    match machine.state() {
        State::AwaitingCallback(pending) => prop_assert!(pending.bound_to(client).is_ok()),
        State::AwaitingDevice(device) => {
            prop_assert!(device.bound_to(client).is_ok());
            prop_assert!(device.poll_in(now) <= device.expires_in(now));
        }
        State::Challenge(challenge) => prop_assert!(challenge.bound_to(client).is_ok()),
        State::Authenticated(session) => {
            prop_assert!(session.bound_to(client).is_ok());
            let due = session.refresh_in(&RefreshPolicy::default(), now);
            prop_assert!(due <= session.expires_in(now));
        }
        _ => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_refused_move_changes_nothing(
        client in client(),
        moves in vec(any::<Move>(), 0..100),
    ) {
        let mut machine = Machine::new(client);
        for next in &moves {
            let before = content(machine.state());
            let is_unchanged = match machine.apply(next) {
                Applied::Refused(error) => {
                    check_error(&error, &machine)?;
                    true
                }
                Applied::Skipped => true,
                _ => matches!(next, Move::ResponseLost | Move::StoreAndLoad),
            };
            if is_unchanged {
                prop_assert_eq!(content(machine.state()), before, "{:?}", next);
            }
            check_state(&machine)?;
        }
    }
}
