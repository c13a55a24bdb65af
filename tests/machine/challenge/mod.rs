//! One more challenge that the service asks for: its data, the grants that complete it, the login that continues it.

mod answer;
mod data;
mod login;

use workos_login::{AuthenticationChallenge, DevicePoll, Error, Exchange, Outcome};

use crate::oauth;
use crate::scenario::{Scenario, challenge_of, fixture, kind, now, refusal, response};

/// The challenge of a fixture, as every exchange that can meet it gives it.
#[track_caller]
fn everywhere(file: &str) -> Vec<AuthenticationChallenge> {
    let body = fixture(file);
    let response = |status| response(status, &*body);
    let public = Scenario::public();
    let mut steps = Vec::new();
    for status in [400, 401, 403] {
        let exchanging = public.to_exchanging();
        steps.push(challenge_of(exchanging.response(response(status), now())));
        let exchanging = Scenario::confidential().to_exchanging();
        steps.push(challenge_of(exchanging.response(response(status), now())));
        for refreshing in [public.to_refreshing(), public.to_switching()] {
            let (_, error) = refusal(refreshing, response(status));
            match error {
                Error::AuthenticationChallenge(challenge) => steps.push(*challenge),
                other => panic!("{}", kind(&other)),
            }
        }
        for polling in [public.to_polling(), oauth::polling()] {
            match polling.response(response(status), now()) {
                Ok(DevicePoll::Done(Outcome::AuthenticationChallenge(challenge))) => {
                    steps.push(*challenge)
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(steps.len(), 18);
    steps
}

/// The part of the challenge that `body` asks for, which has to be of this variant.
macro_rules! part {
    ($challenge:expr, $variant:ident) => {
        match $challenge {
            workos_login::AuthenticationChallenge::$variant(part) => part,
            other => panic!("{other:?}"),
        }
    };
}

use part;
