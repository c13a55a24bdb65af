//! Any steps in any order, for a client with a secret, against a small model of which one is open.

use proptest::prelude::*;
use serde_json::json;
use workos_login::{
    AuthenticationChallenge, Client, Confidential, Exchange, Exchanging, Outcome, SendError,
};

use crate::scenario::{Scenario, body, edited, fixture, kind, now, organization, response, stored};

/// What can happen to a login with steps. A move that does not fit the state it meets changes nothing.
#[derive(Clone, Debug)]
enum Move {
    /// The user enters this code, or chooses an organization.
    ErrorResponse(u32),
    /// The service's answer to the request that is out.
    Came(Came),
    /// The request is given up: the challenge, which was kept, is open again.
    BackToTheStep,
    Lost,
    SaveAndLoad,
}

#[derive(Clone, Copy, Debug)]
enum Came {
    Success,
    IncorrectCode,
    TooManyAttempts,
    Unavailable,
    Garbled,
    /// Another challenge, by its place in [`STEPS`].
    Step(usize),
}

/// The steps that a grant completes, and the member of the request that holds what the user gave.
const STEPS: [(&str, &str); 6] = [
    ("step_up_email_verification_required.json", "code"),
    ("step_up_mfa_challenge_embedded.json", "code"),
    ("step_up_mfa_enrollment.json", "code"),
    (
        "step_up_organization_selection_required.json",
        "organization_id",
    ),
    ("step_up_radar_email_challenge.json", "code"),
    ("step_up_radar_sms_challenge.json", "code"),
];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let came = prop_oneof![
        1 => Just(Came::Success),
        3 => Just(Came::IncorrectCode),
        1 => Just(Came::TooManyAttempts),
        2 => Just(Came::Unavailable),
        1 => Just(Came::Garbled),
        4 => (0..STEPS.len()).prop_map(Came::Step),
    ];
    let one = prop_oneof![
        6 => (0_u32..1_000_000).prop_map(Move::ErrorResponse),
        6 => came.prop_map(Move::Came),
        2 => Just(Move::BackToTheStep),
        1 => Just(Move::Lost),
        2 => Just(Move::SaveAndLoad),
    ];
    prop::collection::vec(one, 0..40)
}

struct Machine {
    client: Client<Confidential>,
    /// The open challenge: it stays while an answer to it is out.
    challenge: Box<AuthenticationChallenge>,
    out: Option<Exchanging>,
    done: bool,
}

/// The challenge that is open, what was answered, and how often the service has asked for a challenge: each has its own token.
struct Model {
    challenge: usize,
    asked: u32,
    answered: Option<u32>,
    done: bool,
}

fn asks_for(challenge: usize, asked: u32) -> String {
    edited(STEPS[challenge].0, |body| {
        body["pending_authentication_token"] = json!(format!("token{asked}"));
    })
}

fn respond(
    challenge: &AuthenticationChallenge,
    client: &Client<Confidential>,
    code: u32,
) -> Exchanging {
    let text = code.to_string();
    match challenge {
        AuthenticationChallenge::EmailVerification(challenge) => challenge.answer(client, &text),
        AuthenticationChallenge::Totp(challenge) => {
            challenge.answer(client, "auth_challenge_1", &text)
        }
        AuthenticationChallenge::MfaEnrollment(challenge) => {
            challenge.answer(client, "auth_challenge_1", &text)
        }
        AuthenticationChallenge::OrganizationSelection(challenge) => {
            challenge.select(client, &organization(&text))
        }
        AuthenticationChallenge::RadarEmail(challenge) => challenge.answer(client, &text),
        AuthenticationChallenge::RadarSms(challenge) => challenge.answer(client, &text, None),
        other => panic!("{other:?}"),
    }
}

/// What the service answers; `asked` is the number of the challenge, when it asks for one.
fn reply(came: Came, asked: u32) -> (u16, String, Option<&'static str>) {
    match came {
        Came::Success => (200, fixture("success_full.json"), None),
        Came::IncorrectCode => (
            400,
            fixture("error_plain_invalid_one_time_code.json"),
            Some("IncorrectCode"),
        ),
        Came::TooManyAttempts => {
            let body = r#"{"code":"one_time_code_too_many_attempts"}"#;
            (400, body.to_owned(), Some("InvalidGrant"))
        }
        Came::Unavailable => (503, String::new(), Some("Unavailable")),
        Came::Garbled => (200, "<html>".to_owned(), Some("Malformed")),
        Came::Step(challenge) => (403, asks_for(challenge, asked), None),
    }
}

impl Machine {
    fn play(&mut self, challenge: &Move, asked: u32) -> Option<&'static str> {
        match (challenge, self.out.take()) {
            (Move::ErrorResponse(code), None) if !self.done => {
                self.out = Some(respond(&self.challenge, &self.client, *code));
            }
            (Move::Came(came), Some(out)) => {
                let (status, body, _) = reply(*came, asked);
                match out.response(response(status, body), now()) {
                    Ok(Outcome::Authenticated(_)) => self.done = true,
                    Ok(Outcome::AuthenticationChallenge(next)) => self.challenge = next,
                    Ok(other) => panic!("{other:?}"),
                    Err(refused) => {
                        let (out, error) = refused.into_parts();
                        self.out = Some(out);
                        return Some(kind(&error));
                    }
                }
            }
            (Move::Lost, Some(out)) => {
                self.out = Some(SendError::transport(out, "connection reset").into_state());
            }
            (Move::SaveAndLoad, out) => {
                let form = stored(&*self.challenge);
                *self.challenge = serde_json::from_str(&form).unwrap();
                assert_eq!(stored(&*self.challenge), form);
                self.out = out;
            }
            (Move::BackToTheStep, _) => {}
            (_, out) => self.out = out,
        }
        None
    }
}

impl Model {
    fn expect(&mut self, challenge: &Move) -> Option<&'static str> {
        match (challenge, self.answered) {
            (Move::ErrorResponse(code), None) if !self.done => self.answered = Some(*code),
            (Move::BackToTheStep, _) => self.answered = None,
            (Move::Came(came), Some(_)) => {
                let (_, _, error) = reply(*came, self.asked);
                match came {
                    Came::Success => (self.answered, self.done) = (None, true),
                    Came::Step(next) => {
                        self.asked += 1;
                        (self.answered, self.challenge) = (None, *next);
                    }
                    _ => {}
                }
                return error;
            }
            _ => {}
        }
        None
    }
}

proptest! {
    #[test]
    fn a_challenge_agrees_with_its_model(first in 0..STEPS.len(), moves in moves()) {
        let scenario = Scenario::confidential();
        let mut machine = Machine {
            challenge: Box::new(scenario.to_challenge_from(&asks_for(first, 0))),
            client: scenario.client,
            out: None,
            done: false,
        };
        let mut model = Model { challenge: first, asked: 0, answered: None, done: false };
        for challenge in &moves {
            let error = machine.play(challenge, model.asked + 1);
            prop_assert_eq!(error, model.expect(challenge), "{:?}", challenge);
            prop_assert_eq!(machine.done, model.done);
            prop_assert_eq!(machine.out.is_some(), model.answered.is_some());
            if let (Some(out), Some(code)) = (&machine.out, model.answered) {
                let sent = body(&out.request());
                prop_assert_eq!(&sent[STEPS[model.challenge].1], &json!(code.to_string()));
                let token = format!("token{}", model.asked);
                prop_assert_eq!(&sent["pending_authentication_token"], &json!(token));
            }
        }
    }
}
