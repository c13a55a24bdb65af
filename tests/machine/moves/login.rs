//! A login of a confidential client with its challenges, its session and the refreshes of it.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingCallback, Callback, Client, Confidential,
    Error, Exchange, Exchanging, Outcome, Refreshing,
};

use super::{Move, Reply, moves, unavailable};
use crate::scenario::{
    CODE, CODE_VERIFIER, ORGANIZATION, OTHER_ORGANIZATION, STATE, Scenario, body, edited, jwt,
    kind, lost, now, organization, reloaded, stored,
};

#[derive(Clone, Copy, Debug)]
enum Own {
    /// A callback arrives, by its index in [`CALLBACKS`].
    Callback(usize),
    /// The user enters this code, or selects an organization.
    Answer(u32),
    /// A refresh begins, for the same organization or another one.
    Refresh { switch: bool },
}

/// The beginnings of callbacks, with their error if the login has not expired.
const CALLBACKS: [(&str, &str, Option<&str>); 7] = [
    ("/callback?code=fixtureCode01&state=", STATE, None),
    (
        "/callback?error=access_denied&state=",
        STATE,
        Some("Denied"),
    ),
    (
        "/callback?code=fixtureCode01&state=",
        CODE_VERIFIER,
        Some("CallbackMismatch"),
    ),
    (
        "/callback?error=access_denied&state=",
        "",
        Some("CallbackMismatch"),
    ),
    ("/callback?code=fixtureCode01", "", Some("CallbackMismatch")),
    (
        "myapp:/callback?code=fixtureCode01&state=",
        STATE,
        Some("CallbackMismatch"),
    ),
    (
        "/callback?code=x&code=fixtureCode01&state=",
        STATE,
        Some("Malformed"),
    ),
];

/// The challenges that are answered with a grant, with the member of the request for the answer, and an unknown one.
const CHALLENGES: [(&str, &str); 7] = [
    ("step_up_email_verification_required.json", "code"),
    ("step_up_mfa_challenge_embedded.json", "code"),
    ("step_up_mfa_enrollment.json", "code"),
    (
        "step_up_organization_selection_required.json",
        "organization_id",
    ),
    ("step_up_radar_email_challenge.json", "code"),
    ("step_up_radar_sms_challenge.json", "code"),
    ("step_up_unknown_future.json", ""),
];

const UNKNOWN: usize = 6;
const LOGIN_TTL: Duration = Duration::from_secs(600);
const TOKEN_LIFETIME: Duration = Duration::from_secs(300);

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Machine {
    Awaiting(AwaitingCallback),
    Exchanging(Exchanging),
    Challenged(Box<AuthenticationChallenge>),
    Answering(Box<AuthenticationChallenge>, Exchanging),
    Authenticated(Authenticated),
    Refreshing(Refreshing),
}

/// The expected state of the machine.
#[derive(Clone, Debug)]
enum Model {
    Awaiting,
    Exchanging,
    Challenged(Challenge),
    Answering(Challenge, u32),
    Authenticated(Session),
    /// With the number of the refresh token and the organization of the request.
    Refreshing(Session, u32, &'static str),
}

/// The index of a challenge and the number of its pending authentication token.
#[derive(Clone, Copy, Debug)]
struct Challenge(usize, u32);

/// A session, with the numbers of the responses that its tokens are from.
#[derive(Clone, Debug)]
struct Session {
    access: u32,
    refresh: u32,
    organization: &'static str,
    received: Duration,
}

fn other(organization: &str) -> &'static str {
    if organization == ORGANIZATION {
        OTHER_ORGANIZATION
    } else {
        ORGANIZATION
    }
}

/// The body of the success or the challenge with this number.
fn reply_body(reply: Reply, number: u32, requested: &str) -> String {
    if let Reply::Challenge(challenge) = reply {
        return edited(CHALLENGES[challenge].0, |body| {
            body["pending_authentication_token"] = json!(format!("pending{number}"));
        });
    }
    let organization = if reply == Reply::Success {
        requested
    } else {
        other(requested)
    };
    edited("success_refresh_rotated.json", |body| {
        body["access_token"] = json!(format!("{}{number}", jwt(r#"{"iat":1000,"exp":1300}"#)));
        body["refresh_token"] = json!(format!("refresh{number}"));
        body["organization_id"] = json!(organization);
    })
}

fn answer(
    challenge: &AuthenticationChallenge,
    client: &Client<Confidential>,
    code: u32,
) -> Option<Exchanging> {
    let text = code.to_string();
    Some(match challenge {
        AuthenticationChallenge::EmailVerification(challenge) => {
            challenge.answer(client, &text).unwrap()
        }
        AuthenticationChallenge::Totp(challenge) => {
            challenge.answer(client, "auth_challenge_1", &text).unwrap()
        }
        AuthenticationChallenge::MfaEnrollment(challenge) => {
            challenge.answer(client, "auth_challenge_1", &text).unwrap()
        }
        AuthenticationChallenge::OrganizationSelection(challenge) => {
            challenge.select(client, &organization(&text)).unwrap()
        }
        AuthenticationChallenge::RadarEmail(challenge) => challenge.answer(client, &text).unwrap(),
        AuthenticationChallenge::RadarSms(challenge) => {
            challenge.answer(client, &text, None).unwrap()
        }
        AuthenticationChallenge::Unknown(_) => return None,
        other => panic!("{other:?}"),
    })
}

type Played = (Machine, Option<&'static str>);

/// Makes a move and returns the machine with the error that it leads to.
fn play(
    machine: Machine,
    next: Move<Own>,
    client: &Client<Confidential>,
    number: u32,
    at: SystemTime,
) -> Played {
    let next_state = match (machine, next) {
        (Machine::Awaiting(pending), Move::Own(Own::Callback(index))) => {
            return accept(pending, index, client, at);
        }
        (Machine::Exchanging(exchanging), Move::Respond(reply)) => {
            return exchange(exchanging, reply, number, at, Machine::Exchanging);
        }
        (Machine::Answering(challenge, exchanging), Move::Respond(reply)) => {
            return exchange(exchanging, reply, number, at, |exchanging| {
                Machine::Answering(challenge, exchanging)
            });
        }
        (Machine::Refreshing(refreshing), Move::Respond(reply)) => {
            return refresh(refreshing, reply, number, at);
        }
        (Machine::Exchanging(exchanging), Move::Lose) => Machine::Exchanging(lost(exchanging, at)),
        (Machine::Answering(challenge, exchanging), Move::Lose) => {
            Machine::Answering(challenge, lost(exchanging, at))
        }
        (Machine::Refreshing(refreshing), Move::Lose) => Machine::Refreshing(lost(refreshing, at)),
        (Machine::Challenged(challenge), Move::Own(Own::Answer(code))) => {
            match answer(&challenge, client, code) {
                Some(exchanging) => Machine::Answering(challenge, exchanging),
                None => Machine::Challenged(challenge),
            }
        }
        (Machine::Authenticated(session), Move::Own(Own::Refresh { switch: false })) => {
            Machine::Refreshing(session.refresh(client).unwrap())
        }
        (Machine::Authenticated(session), Move::Own(Own::Refresh { switch: true })) => {
            let to = organization(other(session.organization_id().unwrap().as_str()));
            Machine::Refreshing(session.switch_organization(client, &to).unwrap())
        }
        (Machine::Answering(challenge, _), Move::Abandon) => Machine::Challenged(challenge),
        (Machine::Refreshing(refreshing), Move::Abandon) => {
            Machine::Authenticated(refreshing.into_session())
        }
        (Machine::Awaiting(pending), Move::Reload) => Machine::Awaiting(reloaded(&pending)),
        (Machine::Challenged(challenge), Move::Reload) => Machine::Challenged(reloaded(&challenge)),
        (Machine::Answering(challenge, exchanging), Move::Reload) => {
            Machine::Answering(reloaded(&challenge), exchanging)
        }
        (Machine::Authenticated(session), Move::Reload) => {
            Machine::Authenticated(reloaded(&session))
        }
        (machine, _) => machine,
    };
    (next_state, None)
}

fn accept(
    pending: AwaitingCallback,
    index: usize,
    client: &Client<Confidential>,
    at: SystemTime,
) -> Played {
    let before = stored(&pending);
    let (uri, state, _) = CALLBACKS[index];
    let callback = match Callback::parse(&format!("{uri}{state}")) {
        Ok(callback) => callback,
        Err(error) => return (Machine::Awaiting(pending), Some(kind(&error))),
    };
    match pending.accept(client, callback, at) {
        Ok(exchanging) => (Machine::Exchanging(exchanging), None),
        Err(refused) => {
            let (pending, error) = refused.into_parts();
            assert_eq!(stored(&pending), before, "{uri}");
            (Machine::Awaiting(pending), Some(kind(&error)))
        }
    }
}

fn exchange(
    exchanging: Exchanging,
    reply: Reply,
    number: u32,
    at: SystemTime,
    unchanged: impl FnOnce(Exchanging) -> Machine,
) -> Played {
    let response = reply.response(|| reply_body(reply, number, ORGANIZATION));
    match exchanging.response(response, at) {
        Ok(Outcome::Authenticated(session)) => (Machine::Authenticated(*session), None),
        Ok(Outcome::AuthenticationChallenge(challenge)) => (Machine::Challenged(challenge), None),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => {
            let retried = refused.retry_in(at).is_some();
            let (exchanging, error) = refused.into_parts();
            assert_eq!(retried, matches!(error, Error::Unavailable(_)));
            (unchanged(exchanging), Some(kind(&error)))
        }
    }
}

fn refresh(refreshing: Refreshing, reply: Reply, number: u32, at: SystemTime) -> Played {
    let requested = body(&refreshing.request())["organization_id"].clone();
    let response = reply.response(|| reply_body(reply, number, requested.as_str().unwrap()));
    match refreshing.response(response, at) {
        Ok(session) => (Machine::Authenticated(session), None),
        Err(refused) => {
            let (refreshing, error) = refused.into_parts();
            (Machine::Refreshing(refreshing), Some(kind(&error)))
        }
    }
}

/// The expected result of a move.
fn expect(
    model: Model,
    next: Move<Own>,
    number: u32,
    elapsed: Duration,
) -> (Model, Option<&'static str>) {
    let session = |organization| Session {
        access: number,
        refresh: number,
        organization,
        received: elapsed,
    };
    match (model, next) {
        (Model::Awaiting, Move::Own(Own::Callback(index))) => match CALLBACKS[index].2 {
            None | Some("Denied") if elapsed >= LOGIN_TTL => (Model::Awaiting, Some("Expired")),
            None => (Model::Exchanging, None),
            error => (Model::Awaiting, error),
        },
        (model @ (Model::Exchanging | Model::Answering(..)), Move::Respond(reply)) => match reply {
            Reply::Success => (Model::Authenticated(session(ORGANIZATION)), None),
            Reply::OtherOrganization => (Model::Authenticated(session(OTHER_ORGANIZATION)), None),
            Reply::Challenge(challenge) => (Model::Challenged(Challenge(challenge, number)), None),
            reply => {
                let answers = matches!(model, Model::Answering(..));
                (model, reply.error(answers))
            }
        },
        (Model::Challenged(challenge), Move::Own(Own::Answer(code))) if challenge.0 != UNKNOWN => {
            (Model::Answering(challenge, code), None)
        }
        (Model::Answering(challenge, _), Move::Abandon) => (Model::Challenged(challenge), None),
        (Model::Authenticated(session), Move::Own(Own::Refresh { switch })) => {
            let here = session.organization;
            let requested = if switch { other(here) } else { here };
            (
                Model::Refreshing(session.clone(), session.refresh, requested),
                None,
            )
        }
        (Model::Refreshing(kept, sent, requested), Move::Respond(reply)) => match reply {
            Reply::Success => (Model::Authenticated(session(requested)), None),
            Reply::OtherOrganization => {
                let kept = Session {
                    refresh: number,
                    ..kept
                };
                (Model::Refreshing(kept, sent, requested), Some("Malformed"))
            }
            Reply::Challenge(_) => (
                Model::Refreshing(kept, sent, requested),
                Some("AuthenticationChallenge"),
            ),
            reply => (Model::Refreshing(kept, sent, requested), reply.error(false)),
        },
        (Model::Refreshing(session, ..), Move::Abandon) => (Model::Authenticated(session), None),
        (model, _) => (model, None),
    }
}

/// Checks whatever is visible of the machine.
fn check(machine: &Machine, model: &Model, elapsed: Duration) {
    let at = now() + elapsed;
    match (machine, model) {
        (Machine::Awaiting(pending), Model::Awaiting) => {
            assert_eq!(pending.expires_in(at), LOGIN_TTL.saturating_sub(elapsed));
        }
        (Machine::Exchanging(exchanging), Model::Exchanging) => {
            let sent = body(&exchanging.request());
            assert_eq!(
                (&sent["code"], &sent["code_verifier"]),
                (&json!(CODE), &json!(CODE_VERIFIER))
            );
        }
        (Machine::Challenged(challenge), Model::Challenged(Challenge(index, _))) => {
            assert!(CHALLENGES[*index].0.contains(challenge.code()) || *index == UNKNOWN);
        }
        (Machine::Answering(_, exchanging), Model::Answering(Challenge(index, number), code)) => {
            let sent = body(&exchanging.request());
            assert_eq!(sent[CHALLENGES[*index].1], code.to_string());
            assert_eq!(
                sent["pending_authentication_token"],
                format!("pending{number}")
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
                Some(&organization(expected.organization))
            );
            let left = TOKEN_LIFETIME.saturating_sub(elapsed - expected.received);
            assert_eq!(session.expires_in(at), Some(left));
        }
        (Machine::Refreshing(refreshing), Model::Refreshing(_, sent, requested)) => {
            let request = body(&refreshing.request());
            assert_eq!(request["refresh_token"], format!("refresh{sent}"));
            assert_eq!(request["organization_id"], *requested);
        }
        (_, model) => panic!("the machine is in another state than {model:?}"),
    }
}

fn own() -> impl Strategy<Value = Own> {
    prop_oneof![
        1 => Just(Own::Callback(0)),
        1 => (0..CALLBACKS.len()).prop_map(Own::Callback),
        2 => (0_u32..1_000_000).prop_map(Own::Answer),
        2 => any::<bool>().prop_map(|switch| Own::Refresh { switch }),
    ]
}

fn replies() -> impl Strategy<Value = Reply> {
    let refused = [
        Reply::IncorrectCode,
        Reply::TooManyAttempts,
        Reply::InvalidGrant,
        Reply::Malformed,
    ];
    prop_oneof![
        4 => Just(Reply::Success),
        1 => Just(Reply::OtherOrganization),
        4 => (0..CHALLENGES.len()).prop_map(Reply::Challenge),
        3 => select(Vec::from(refused)),
        1 => unavailable(),
    ]
}

proptest! {
    #[test]
    fn a_login_agrees_with_its_model(moves in moves(own(), replies(), 0..400_000)) {
        let scenario = Scenario::confidential();
        let mut machine = Machine::Awaiting(scenario.to_awaiting_callback());
        let mut model = Model::Awaiting;
        let mut elapsed = Duration::ZERO;
        for (number, next) in (1..).zip(moves) {
            if let Move::Advance(millis) = next {
                elapsed += Duration::from_millis(millis.unsigned_abs());
            }
            let (state, error) = play(machine, next, &scenario.client, number, now() + elapsed);
            let (expected, expected_error) = expect(model, next, number, elapsed);
            prop_assert_eq!(error, expected_error, "{:?}", next);
            check(&state, &expected, elapsed);
            (machine, model) = (state, expected);
        }
    }
}
