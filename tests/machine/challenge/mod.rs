//! Authentication challenges: their data, their answers and the logins that continue them.

mod answer;
mod data;
mod login;

use workos_login::{AuthenticationChallenge, DevicePoll, Error, Exchange, Outcome};

use crate::scenario::{Scenario, challenge_file, challenge_of, fixture, now, refusal, response};

/// The challenge of a fixture, as the response to every exchange that can have it.
#[track_caller]
fn everywhere(name: &str) -> Vec<AuthenticationChallenge> {
    let body = fixture(&challenge_file(name));
    let public = Scenario::public();
    let mut challenges = Vec::new();
    for status in [400, 401, 403] {
        let response = || response(status, &*body);
        for exchanging in [
            public.to_exchanging(),
            Scenario::confidential().to_exchanging(),
        ] {
            challenges.push(challenge_of(exchanging.response(response(), now())));
        }
        for refreshing in [public.to_refreshing(), public.to_switching()] {
            match refusal(refreshing, response()).1 {
                Error::AuthenticationChallenge(challenge) => challenges.push(*challenge),
                other => panic!("{other:?}"),
            }
        }
        for polling in [public.to_polling(), Scenario::oauth().to_polling()] {
            match polling.response(response(), now()) {
                Ok(DevicePoll::Done(Outcome::AuthenticationChallenge(challenge))) => {
                    challenges.push(*challenge)
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(challenges.len(), 18);
    challenges
}

/// The data of a challenge that must be of this variant.
macro_rules! part {
    ($challenge:expr, $variant:ident) => {
        match $challenge {
            workos_login::AuthenticationChallenge::$variant(part) => part,
            other => panic!("{other:?}"),
        }
    };
}

use part;
