//! Every kind of exchange by its name, and what an answer comes out as there.

use std::fmt::Debug;

use workos_login::http::Response;
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingDevice, DevicePoll, Error, Exchange,
    Exchanging, Outcome, PollingDevice, Refreshing,
};

use crate::oauth;
use crate::scenario::{Scenario, fixture, kind, now, refusal, secs, stored};

/// The exchanges with User Management, and after them those with a standard OAuth server.
pub(crate) const EXCHANGES: [&str; 10] = [
    "code",
    "refresh",
    "switch",
    "challenge",
    "poll",
    "device",
    "oauth-code",
    "oauth-refresh",
    "oauth-poll",
    "oauth-device",
];

/// What this exchange makes of an answer. A refusal has to give back what it was asked with.
#[track_caller]
pub(crate) fn outcome_of(exchange: &str, response: Response<Vec<u8>>) -> String {
    let public = Scenario::public();
    match exchange {
        "code" => outcome(public.to_exchanging(), response),
        "refresh" => refreshed(public.to_refreshing(), response, &public.to_authenticated()),
        "switch" => refreshed(public.to_switching(), response, &public.to_authenticated()),
        "challenge" => outcome(answering(), response),
        "poll" => polled(public.to_polling(), response),
        "device" => started(public.client.device(), response),
        "oauth-code" => outcome(oauth::exchanging(), response),
        "oauth-refresh" => refreshed(oauth::refreshing(), response, &oauth::session()),
        "oauth-poll" => polled(oauth::polling(), response),
        "oauth-device" => started(oauth::requesting_device(), response),
        other => panic!("there is no exchange {other}"),
    }
}

fn answering() -> Exchanging {
    let scenario = Scenario::confidential();
    match scenario.to_challenge(&fixture("step_up_email_verification_required.json")) {
        AuthenticationChallenge::EmailVerification(challenge) => {
            challenge.answer(&scenario.client, "123456")
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn outcome(exchange: impl Exchange<Output = Outcome>, response: Response<Vec<u8>>) -> String {
    come(exchange, response, |outcome| match outcome {
        Outcome::Authenticated(_) => "Authenticated".to_owned(),
        Outcome::AuthenticationChallenge(challenge) => challenge_kind(&challenge).to_owned(),
        other => panic!("{other:?}"),
    })
}

#[track_caller]
fn refreshed(
    refreshing: Refreshing,
    response: Response<Vec<u8>>,
    before: &Authenticated,
) -> String {
    if response.status().is_success() {
        return come(refreshing, response, |_| "Authenticated".to_owned());
    }
    let (refreshing, error) = refusal(refreshing, response);
    assert_eq!(stored(&refreshing.into_session()), stored(before));
    error_kind(&error)
}

#[track_caller]
fn polled(polling: PollingDevice, response: Response<Vec<u8>>) -> String {
    come(polling, response, |poll| match poll {
        DevicePoll::Done(Outcome::Authenticated(_)) => "Authenticated".to_owned(),
        DevicePoll::Done(Outcome::AuthenticationChallenge(challenge)) => {
            challenge_kind(&challenge).to_owned()
        }
        DevicePoll::Pending(device) if device.poll_in(now()) == secs(5) => "Pending".to_owned(),
        DevicePoll::Pending(device) if device.poll_in(now()) == secs(10) => "SlowDown".to_owned(),
        other => panic!("{other:?}"),
    })
}

#[track_caller]
fn started(
    requesting: impl Exchange<Output = AwaitingDevice>,
    response: Response<Vec<u8>>,
) -> String {
    come(requesting, response, |_| "AwaitingDevice".to_owned())
}

#[track_caller]
fn come<E: Exchange>(
    exchange: E,
    response: Response<Vec<u8>>,
    success: impl FnOnce(E::Output) -> String,
) -> String
where
    E::Output: Debug,
{
    let sent = exchange.request();
    match exchange.response(response, now()) {
        Ok(output) => success(output),
        Err(refused) => {
            let (exchange, error) = refused.into_parts();
            assert_eq!(exchange.request().body(), sent.body());
            error_kind(&error)
        }
    }
}

/// The kind of an error; of a challenge-up, the kind of the challenge.
fn error_kind(error: &Error) -> String {
    assert_eq!(error.request_id(), Some("req_fixture"), "{error:?}");
    match error {
        Error::AuthenticationChallenge(challenge) => challenge_kind(challenge).to_owned(),
        error => kind(error).to_owned(),
    }
}

/// The name of the variant: what the service asks for.
pub(crate) fn challenge_kind(challenge: &AuthenticationChallenge) -> &'static str {
    match challenge {
        AuthenticationChallenge::Other(_) => "Other",
        AuthenticationChallenge::EmailCompletion(_) => "EmailCompletion",
        AuthenticationChallenge::EmailVerification(_) => "EmailVerification",
        AuthenticationChallenge::Totp(_) => "Totp",
        AuthenticationChallenge::MfaEnrollment(_) => "MfaEnrollment",
        AuthenticationChallenge::AllowedMethods(_) => "AllowedMethods",
        AuthenticationChallenge::OrganizationSelection(_) => "OrganizationSelection",
        AuthenticationChallenge::RadarEmail(_) => "RadarEmail",
        AuthenticationChallenge::RadarSms(_) => "RadarSms",
        AuthenticationChallenge::Sso(_) => "Sso",
        AuthenticationChallenge::Unknown(_) => "Unknown",
        _ => "a variant that is new",
    }
}

/// A row of a table in a test: `NAME STATUS EXCHANGE=KIND … else=KIND`.
///
/// An exchange with a standard OAuth server is read like its namesake unless it has a kind of its own.
pub(crate) struct Row<'a> {
    pub(crate) name: &'a str,
    pub(crate) status: &'a str,
    kinds: Vec<(&'a str, &'a str)>,
}

impl<'a> Row<'a> {
    pub(crate) fn read(table: &'a str) -> impl Iterator<Item = Self> {
        table.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, status) = (words.next()?, words.next()?);
            let kinds = words.map(|word| word.split_once('=').unwrap()).collect();
            Some(Self {
                name,
                status,
                kinds,
            })
        })
    }

    pub(crate) fn kind(&self, exchange: &str) -> &'a str {
        let namesake = exchange.strip_prefix("oauth-").unwrap_or(exchange);
        self.get(exchange)
            .or_else(|| self.get(namesake))
            .or_else(|| self.get("else"))
            .unwrap_or_default()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.kinds.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }
}
