//! Any moves in any order, against a small model of what should become of the login.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login::{
    Authenticated, AwaitingCallback, Callback, Client, Error, Exchange, Exchanging, Outcome,
    Public, Refreshing, SendError,
};

use crate::scenario::{
    CODE, CODE_VERIFIER, ORGANIZATION, OTHER_ORGANIZATION, STATE, Scenario, body, edited, fixture,
    kind, now, organization, response, secs, stored,
};

/// What can happen to a login. A move that does not fit the state it meets changes nothing.
#[derive(Clone, Debug)]
enum Move {
    /// A callback: the real one, or one that only looks like it.
    Callback(Came),
    /// The service's answer to the request that is out.
    ErrorResponse(Answered),
    /// The connection broke before there was an answer.
    Lost,
    /// A refresh begins: for the same organization, or into the other one.
    Refresh {
        switch: bool,
    },
    /// The refresh is given up.
    GiveUp,
    SaveAndLoad,
    TimePasses(u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Came {
    Real,
    Denied,
    CallbackMismatch,
    ForgedDenial,
    Stateless,
    WrongAddress,
    Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answered {
    Success,
    OtherOrganization,
    Garbled,
    InvalidGrant,
    Unavailable,
    UnknownChallenge,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let callback = prop_oneof![
        4 => Just(Came::Real),
        1 => Just(Came::Denied),
        1 => Just(Came::CallbackMismatch),
        1 => Just(Came::ForgedDenial),
        1 => Just(Came::Stateless),
        1 => Just(Came::WrongAddress),
        1 => Just(Came::Malformed),
    ];
    let answer = prop_oneof![
        6 => Just(Answered::Success),
        1 => Just(Answered::OtherOrganization),
        1 => Just(Answered::Garbled),
        1 => Just(Answered::InvalidGrant),
        1 => Just(Answered::Unavailable),
        1 => Just(Answered::UnknownChallenge),
    ];
    let one = prop_oneof![
        4 => callback.prop_map(Move::Callback),
        8 => answer.prop_map(Move::ErrorResponse),
        1 => Just(Move::Lost),
        4 => any::<bool>().prop_map(|switch| Move::Refresh { switch }),
        1 => Just(Move::GiveUp),
        2 => Just(Move::SaveAndLoad),
        2 => (0_u64..400).prop_map(Move::TimePasses),
    ];
    prop::collection::vec(one, 0..40)
}

/// The machine under test.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Machine {
    Awaiting(AwaitingCallback),
    Exchanging(Exchanging),
    Authenticated(Authenticated),
    Refreshing(Refreshing),
    /// A step-up ends the story here.
    Over,
}

/// What the machine should be.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Awaiting,
    Exchanging,
    Authenticated(Session),
    Refreshing {
        session: Session,
        sent: u32,
        asked: Home,
    },
    Over,
}

#[derive(Clone, Debug, PartialEq)]
struct Session {
    /// The numbers of the answers that its tokens came with.
    access: u32,
    refresh: u32,
    organization: Home,
    received: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Home {
    First,
    Other,
}

impl Home {
    fn id(self) -> &'static str {
        match self {
            Self::First => ORGANIZATION,
            Self::Other => OTHER_ORGANIZATION,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::First => Self::Other,
            Self::Other => Self::First,
        }
    }
}

struct World {
    client: Client<Public>,
    elapsed: Duration,
    /// How many successes the service has given: each has its own tokens.
    answers: u32,
}

const LIFE: Duration = Duration::from_secs(600);
const TOKEN_LIFE: Duration = Duration::from_secs(300);

impl World {
    fn success(&mut self, home: Home) -> String {
        self.answers += 1;
        let number = self.answers;
        edited("success_refresh_rotated.json", |body| {
            let claims = crate::scenario::jwt(r#"{"iat":1000,"exp":1300}"#);
            body["access_token"] = json!(format!("{claims}{number}"));
            body["refresh_token"] = json!(format!("refresh{number}"));
            body["organization_id"] = json!(home.id());
        })
    }

    /// The status and the body of an answer; `home` is the organization that was asked for.
    fn reply(&mut self, came: Answered, home: Home) -> (u16, String) {
        match came {
            Answered::Success => (200, self.success(home)),
            Answered::OtherOrganization => (200, self.success(home.not())),
            Answered::Garbled => (200, "<html>".to_owned()),
            Answered::InvalidGrant => (400, fixture("error_oauth_invalid_grant_code.json")),
            Answered::Unavailable => (503, String::new()),
            Answered::UnknownChallenge => (403, fixture("step_up_unknown_future.json")),
        }
    }
}

fn uri(came: Came) -> String {
    match came {
        Came::Real => format!("/callback?code={CODE}&state={STATE}"),
        Came::Denied => format!("/callback?error=access_denied&state={STATE}"),
        Came::CallbackMismatch => format!("/callback?code={CODE}&state={CODE_VERIFIER}"),
        Came::ForgedDenial => "/callback?error=access_denied&state=".to_owned(),
        Came::Stateless => format!("/callback?code={CODE}"),
        Came::WrongAddress => format!("myapp:/callback?code={CODE}&state={STATE}"),
        Came::Malformed => format!("/callback?code={CODE}&code={CODE}&state={STATE}"),
    }
}

/// Makes the move, and returns the machine with the kind of error that came of it.
fn play(machine: Machine, step: &Move, world: &mut World) -> (Machine, Option<&'static str>) {
    let at = now() + world.elapsed;
    match (machine, step) {
        (Machine::Awaiting(pending), Move::Callback(came)) => {
            let before = stored(&pending);
            let callback = match Callback::parse(&uri(*came)) {
                Ok(callback) => callback,
                Err(error) => return (Machine::Awaiting(pending), Some(kind(&error))),
            };
            match pending.accept(&world.client, callback, at) {
                Ok(exchanging) => (Machine::Exchanging(exchanging), None),
                Err(refused) => {
                    let (pending, error) = refused.into_parts();
                    assert_eq!(stored(&pending), before, "{came:?}");
                    (Machine::Awaiting(pending), Some(kind(&error)))
                }
            }
        }
        (Machine::Exchanging(exchanging), Move::ErrorResponse(came)) => {
            let (status, body) = world.reply(*came, Home::First);
            match exchanging.response(response(status, body), at) {
                Ok(Outcome::Authenticated(session)) => (Machine::Authenticated(*session), None),
                Ok(_) => (Machine::Over, None),
                Err(refused) => {
                    let again = refused.retry_in(at).is_some();
                    let (exchanging, error) = refused.into_parts();
                    assert_eq!(again, matches!(error, Error::Unavailable(_)));
                    (Machine::Exchanging(exchanging), Some(kind(&error)))
                }
            }
        }
        (Machine::Refreshing(refreshing), Move::ErrorResponse(came)) => {
            let asked = body(&refreshing.request())["organization_id"] == ORGANIZATION;
            let asked = if asked { Home::First } else { Home::Other };
            let (status, body) = world.reply(*came, asked);
            match refreshing.response(response(status, body), at) {
                Ok(session) => (Machine::Authenticated(session), None),
                Err(refused) => {
                    let (refreshing, error) = refused.into_parts();
                    (Machine::Refreshing(refreshing), Some(kind(&error)))
                }
            }
        }
        (Machine::Exchanging(exchanging), Move::Lost) => {
            (Machine::Exchanging(lost(exchanging)), None)
        }
        (Machine::Refreshing(refreshing), Move::Lost) => {
            (Machine::Refreshing(lost(refreshing)), None)
        }
        (Machine::Authenticated(session), Move::Refresh { switch: false }) => (
            Machine::Refreshing(session.refresh(&world.client).unwrap()),
            None,
        ),
        (Machine::Authenticated(session), Move::Refresh { switch: true }) => {
            let here = session.organization_id() == Some(&organization(ORGANIZATION));
            let there = if here { Home::Other } else { Home::First };
            let refreshing = session.switch_organization(&world.client, &organization(there.id()));
            (Machine::Refreshing(refreshing.unwrap()), None)
        }
        (Machine::Refreshing(refreshing), Move::GiveUp) => {
            (Machine::Authenticated(refreshing.into_session()), None)
        }
        (Machine::Awaiting(pending), Move::SaveAndLoad) => {
            let saved = stored(&pending);
            let loaded = serde_json::from_str(&saved).unwrap();
            assert_eq!(stored(&loaded), saved);
            (Machine::Awaiting(loaded), None)
        }
        (Machine::Authenticated(session), Move::SaveAndLoad) => {
            let saved = stored(&session);
            let loaded = serde_json::from_str(&saved).unwrap();
            assert_eq!(stored(&loaded), saved);
            (Machine::Authenticated(loaded), None)
        }
        (machine, _) => (machine, None),
    }
}

/// Loses the answer of an exchange, as an adapter would.
fn lost<E: Exchange>(exchange: E) -> E {
    let lost = SendError::transport(exchange, "connection reset");
    assert!(lost.retry_in(now()).is_some());
    lost.into_state()
}

/// What the move should lead to. `answers` counts the successes, this one included.
fn expect(
    model: Model,
    step: &Move,
    elapsed: Duration,
    answers: u32,
) -> (Model, Option<&'static str>) {
    match (model, step) {
        (Model::Awaiting, Move::Callback(came)) => match came {
            Came::Malformed => (Model::Awaiting, Some("Malformed")),
            Came::CallbackMismatch | Came::ForgedDenial | Came::Stateless | Came::WrongAddress => {
                (Model::Awaiting, Some("CallbackMismatch"))
            }
            _ if elapsed >= LIFE => (Model::Awaiting, Some("Expired")),
            Came::Denied => (Model::Awaiting, Some("Denied")),
            Came::Real => (Model::Exchanging, None),
        },
        (Model::Exchanging, Move::ErrorResponse(came)) => {
            let session = |organization| {
                Model::Authenticated(Session {
                    access: answers,
                    refresh: answers,
                    organization,
                    received: elapsed,
                })
            };
            match came {
                Answered::Success => (session(Home::First), None),
                Answered::OtherOrganization => (session(Home::Other), None),
                Answered::UnknownChallenge => (Model::Over, None),
                refused => (Model::Exchanging, Some(error_of(*refused))),
            }
        }
        (
            Model::Refreshing {
                session,
                sent,
                asked,
            },
            Move::ErrorResponse(came),
        ) => match came {
            Answered::Success => {
                let session = Session {
                    access: answers,
                    refresh: answers,
                    organization: asked,
                    received: elapsed,
                };
                (Model::Authenticated(session), None)
            }
            Answered::OtherOrganization => {
                let session = Session {
                    refresh: answers,
                    ..session
                };
                (
                    Model::Refreshing {
                        session,
                        sent,
                        asked,
                    },
                    Some("Malformed"),
                )
            }
            refused => (
                Model::Refreshing {
                    session,
                    sent,
                    asked,
                },
                Some(error_of(*refused)),
            ),
        },
        (Model::Authenticated(session), Move::Refresh { switch }) => {
            let home = session.organization;
            let asked = if *switch { home.not() } else { home };
            (
                Model::Refreshing {
                    sent: session.refresh,
                    asked,
                    session,
                },
                None,
            )
        }
        (Model::Refreshing { session, .. }, Move::GiveUp) => (Model::Authenticated(session), None),
        (model, _) => (model, None),
    }
}

fn error_of(came: Answered) -> &'static str {
    match came {
        Answered::Garbled => "Malformed",
        Answered::InvalidGrant => "InvalidGrant",
        Answered::Unavailable => "Unavailable",
        Answered::UnknownChallenge => "AuthenticationChallenge",
        Answered::Success | Answered::OtherOrganization => unreachable!("this is not refused"),
    }
}

/// Checks everything of the machine that can be seen against the model.
fn agree(machine: &Machine, model: &Model, elapsed: Duration) {
    let at = now() + elapsed;
    match (machine, model) {
        (Machine::Awaiting(pending), Model::Awaiting) => {
            assert_eq!(pending.expires_in(at), LIFE.saturating_sub(elapsed));
        }
        (Machine::Exchanging(exchanging), Model::Exchanging) => {
            let sent = body(&exchanging.request());
            assert_eq!(
                (sent["code"].as_str(), sent["code_verifier"].as_str()),
                (Some(CODE), Some(CODE_VERIFIER))
            );
        }
        (Machine::Authenticated(session), Model::Authenticated(expected)) => {
            let access = session.access_token().expose_secret();
            assert!(
                access.ends_with(&format!(".sig{}", expected.access)),
                "{access}"
            );
            let refresh = session.refresh_token().unwrap().expose_secret();
            assert_eq!(refresh, format!("refresh{}", expected.refresh));
            assert_eq!(
                session.organization_id(),
                Some(&organization(expected.organization.id()))
            );
            let left = TOKEN_LIFE.saturating_sub(elapsed - expected.received);
            assert_eq!(session.expires_in(at), Some(left));
        }
        (Machine::Refreshing(refreshing), Model::Refreshing { sent, asked, .. }) => {
            let request = body(&refreshing.request());
            assert_eq!(request["refresh_token"], format!("refresh{sent}"));
            assert_eq!(request["organization_id"], asked.id());
        }
        (Machine::Over, Model::Over) => {}
        (_, model) => panic!("the machine is somewhere else than {model:?}"),
    }
}

proptest! {
    #[test]
    fn a_login_agrees_with_its_model(moves in moves()) {
        let scenario = Scenario::public();
        let mut machine = Machine::Awaiting(scenario.to_awaiting_callback());
        let mut model = Model::Awaiting;
        let mut world = World { client: scenario.client, elapsed: Duration::ZERO, answers: 0 };
        for step in &moves {
            if let Move::TimePasses(seconds) = step {
                world.elapsed += secs(*seconds);
            }
            let (next, error) = play(machine, step, &mut world);
            let (expected, expected_error) = expect(model, step, world.elapsed, world.answers);
            prop_assert_eq!(error, expected_error, "{:?}", step);
            agree(&next, &expected, world.elapsed);
            (machine, model) = (next, expected);
        }
    }
}
