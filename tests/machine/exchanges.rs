//! Every exchange by its name, and how it classifies a response.

use std::fmt::Debug;

use serde_json::Value;
use workos_login::http::{HeaderValue, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::url::Url;
use workos_login::{
    Authenticated, AuthenticationChallenge, AwaitingDevice, DevicePoll, Error, Exchange, Outcome,
    RefreshPolicy, Refreshing,
};

use crate::scenario::{
    Kind, OTHER_ORGANIZATION, Scenario, edited, fixture, kind, now, reloaded, secs, stored,
};

/// The exchanges with User Management, then those with another authorization server.
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

/// Returns the exchanges that lead to a session.
pub(crate) fn token_exchanges() -> impl Iterator<Item = &'static str> {
    EXCHANGES
        .into_iter()
        .filter(|name| !name.ends_with("device"))
}

/// Gives a response to an exchange and returns the name of the state, challenge or error that it leads to.
///
/// Whatever it leads to must be intact: a refused transition returns the exchange unchanged, and a state can be used,
/// stored and loaded.
#[track_caller]
pub(crate) fn outcome_of(exchange: &str, response: Response<Vec<u8>>) -> String {
    let (public, oauth) = (Scenario::public, Scenario::oauth);
    match exchange {
        "code" => classify(public().to_exchanging(), response),
        "refresh" => refresh(&public(), Scenario::to_refreshing, response),
        "switch" => refresh(&public(), Scenario::to_switching, response),
        "challenge" => classify(Scenario::confidential().to_answering(), response),
        "poll" => classify(public().to_polling(), response),
        "device" => classify(public().to_requesting_device(), response),
        "oauth-code" => classify(oauth().to_exchanging(), response),
        "oauth-refresh" => refresh(&oauth(), Scenario::to_refreshing, response),
        "oauth-poll" => classify(oauth().to_polling(), response),
        "oauth-device" => classify(oauth().to_requesting_device(), response),
        other => panic!("there is no exchange {other}"),
    }
}

/// Checks the [`outcome_of`] a response.
#[track_caller]
pub(crate) fn leads_to(exchange: &str, response: Response<Vec<u8>>, expected: &str) {
    let shown = format!(
        "{exchange}: {:.300}",
        String::from_utf8_lossy(response.body())
    );
    let status = response.status();
    assert_eq!(
        outcome_of(exchange, response),
        expected,
        "{status} at {shown}"
    );
}

/// An error response keeps the session of a refresh.
#[track_caller]
fn refresh<K: Kind>(
    scenario: &Scenario<K>,
    refreshing: fn(&Scenario<K>) -> Refreshing,
    response: Response<Vec<u8>>,
) -> String {
    let is_error = !response.status().is_success();
    classify_and(refreshing(scenario), response, |refreshing| {
        if is_error {
            let session = stored(&refreshing.into_session());
            assert_eq!(session, stored(&scenario.to_authenticated()));
        }
    })
}

#[track_caller]
fn classify<E: Exchange>(exchange: E, response: Response<Vec<u8>>) -> String
where
    E::Output: Debug + Classified,
{
    classify_and(exchange, response, drop)
}

#[track_caller]
fn classify_and<E: Exchange>(
    exchange: E,
    response: Response<Vec<u8>>,
    refused_by: impl FnOnce(E),
) -> String
where
    E::Output: Debug + Classified,
{
    let sent = exchange.request();
    let has_id = response
        .headers()
        .get("x-request-id")
        .is_some_and(|id| id == "req_fixture");
    match exchange.response(response, now()) {
        Ok(output) => output.classify().to_owned(),
        Err(refused) => {
            assert!(refused.retry_in(now()).is_none_or(|wait| wait <= secs(60)));
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.chars().any(char::is_control), "{shown}");
            let (exchange, error) = refused.into_parts();
            assert_eq!(exchange.request().body(), sent.body());
            refused_by(exchange);
            assert!(
                !has_id || error.request_id() == Some("req_fixture"),
                "{error:?}"
            );
            match &error {
                Error::AuthenticationChallenge(challenge) => challenge_kind(challenge).to_owned(),
                error => kind(error).to_owned(),
            }
        }
    }
}

/// The output of an exchange.
trait Classified {
    /// Checks that it is intact and returns its name.
    fn classify(&self) -> &'static str;
}

impl Classified for Outcome {
    fn classify(&self) -> &'static str {
        match self {
            Self::Authenticated(session) => session.classify(),
            Self::AuthenticationChallenge(challenge) => {
                assert_eq!(reloaded(&**challenge).code(), challenge.code());
                challenge_kind(challenge)
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Classified for DevicePoll {
    fn classify(&self) -> &'static str {
        match self {
            Self::Done(outcome) => outcome.classify(),
            Self::Pending(device) => {
                device.classify();
                match device.poll_in(now()).as_secs() {
                    5 => "Pending",
                    10 => "SlowDown",
                    seconds => panic!("{seconds}"),
                }
            }
        }
    }
}

/// A session has tokens that can be sent, and a lifetime that is unknown or begins now.
impl Classified for Authenticated {
    fn classify(&self) -> &'static str {
        assert!(self.user().is_none_or(|user| !user.id().is_empty()));
        let bearer = format!("Bearer {}", self.access_token().expose_secret());
        assert_eq!(
            HeaderValue::from_str(&bearer).unwrap().to_str().unwrap(),
            bearer
        );
        assert!(!bearer.ends_with(' '));
        assert!(
            self.refresh_token()
                .is_none_or(|token| !token.expose_secret().is_empty())
        );
        let due = self.refresh_in(&RefreshPolicy::default(), now());
        assert_eq!(due.is_some(), self.expires_in(now()).is_some());
        assert_ne!(due, Some(secs(0)));
        let read = reloaded(self);
        for later in [now(), now() + secs(1), now() + secs(1_000_000_000)] {
            assert_eq!(read.expires_in(later), self.expires_in(later));
        }
        "Authenticated"
    }
}

/// A device login shows a user code and a web page, is polled after some time, and expires.
impl Classified for AwaitingDevice {
    fn classify(&self) -> &'static str {
        assert!(!self.user_code().is_empty());
        for page in [
            Some(self.verification_uri()),
            self.verification_uri_complete(),
        ] {
            let scheme = page.map(|page| page.parse::<Url>().unwrap().scheme().to_owned());
            assert!(scheme.is_none_or(|scheme| scheme == "http" || scheme == "https"));
        }
        assert!(self.expires_in(now()) > secs(0));
        assert!(self.poll_in(now()) > secs(0));
        let read = reloaded(self);
        assert_eq!(read.poll_in(now()), self.poll_in(now()));
        assert_eq!(read.expires_in(now()), self.expires_in(now()));
        "AwaitingDevice"
    }
}

/// The name of the variant.
pub(crate) fn challenge_kind(challenge: &AuthenticationChallenge) -> &'static str {
    match challenge {
        AuthenticationChallenge::AllowedMethods(_) => "AllowedMethods",
        AuthenticationChallenge::EmailCompletion(_) => "EmailCompletion",
        AuthenticationChallenge::EmailVerification(_) => "EmailVerification",
        AuthenticationChallenge::MfaEnrollment(_) => "MfaEnrollment",
        AuthenticationChallenge::OrganizationSelection(_) => "OrganizationSelection",
        AuthenticationChallenge::Other(_) => "Other",
        AuthenticationChallenge::RadarEmail(_) => "RadarEmail",
        AuthenticationChallenge::RadarSms(_) => "RadarSms",
        AuthenticationChallenge::Sso(_) => "Sso",
        AuthenticationChallenge::Totp(_) => "Totp",
        AuthenticationChallenge::Unknown(_) => "Unknown",
        _ => "a new variant",
    }
}

/// The body of a success of an exchange.
pub(crate) fn success(exchange: &str) -> String {
    match exchange {
        "code" | "refresh" | "challenge" | "poll" => fixture("success_full.json"),
        "switch" => edited("success_full.json", |body| {
            body["organization_id"] = OTHER_ORGANIZATION.into()
        }),
        "device" => fixture("device_authorization.json"),
        "oauth-code" | "oauth-refresh" | "oauth-poll" => fixture("connect_token.json"),
        "oauth-device" => fixture("connect_device_authorization.json"),
        other => panic!("there is no exchange {other}"),
    }
}

/// The body of a success of an exchange that was edited.
pub(crate) fn success_with(exchange: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut body = serde_json::from_str(&success(exchange)).unwrap();
    edit(&mut body);
    body.to_string()
}

/// The name of what the success of an exchange leads to.
pub(crate) fn done(exchange: &str) -> &'static str {
    if exchange.ends_with("device") {
        "AwaitingDevice"
    } else {
        "Authenticated"
    }
}

/// A row of a table: `NAME STATUS EXCHANGE=KIND … else=KIND`.
///
/// An exchange with another authorization server has the kind of its namesake, unless it has one of its own.
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
