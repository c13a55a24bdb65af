//! What the RFCs and the service demand of a client, as numbered statements: one test each, with its number in its name.
//!
//! `c` is a statement of an RFC or of the service, `m` a mistake that another client made. What only an adapter can show, or
//! another module here shows already, is listed in [`elsewhere`].

mod authorization;
mod callback;
mod device;
mod elsewhere;
mod native;
mod pkce;
mod refresh;
mod token;

use std::collections::BTreeSet;

use workos_login::http::Request;
use workos_login::url::{Url, form_urlencoded};
use workos_login::{AuthenticationChallenge, AwaitingCallback, Exchange, Exchanging};

use crate::conformance::elsewhere::ELSEWHERE;
use crate::oauth;
use crate::scenario::{Counting, OTHER_ORGANIZATION, Scenario, begin, edited, fixture, now, pairs};

/// The modules here, as text.
const HERE: [&str; 7] = [
    include_str!("authorization.rs"),
    include_str!("callback.rs"),
    include_str!("device.rs"),
    include_str!("native.rs"),
    include_str!("pkce.rs"),
    include_str!("refresh.rs"),
    include_str!("token.rs"),
];

/// The names of the tests in a source file.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    source.split("#[test]").skip(1).filter_map(|after| {
        let name = after.split_once("fn ")?.1;
        name.split_once(['(', '<']).map(|(name, _)| name)
    })
}

/// The number at the beginning of a test's name, without its leading zero.
fn number(test: &str) -> Option<String> {
    let number = test.split('_').next()?;
    let digits = number.strip_prefix(['c', 'm'])?;
    let digits: u32 = digits.parse().ok()?;
    Some(format!("{}{digits}", &number[..1]))
}

#[test]
fn every_statement_has_a_test() {
    let here = HERE.into_iter().flat_map(tests).filter_map(number);
    let elsewhere = ELSEWHERE.iter().map(|entry| entry.number.to_owned());
    let mut found: Vec<String> = here.chain(elsewhere).collect();
    let statements = (1..=64).map(|number| format!("c{number}"));
    let mistakes = (1..=18).map(|number| format!("m{number}"));
    let mut expected: Vec<String> = statements.chain(mistakes).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Every character that a parameter can have (RFC 6749 appendix A).
pub(crate) const VSCHAR: &str = concat!(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
);

/// The address of a login of every kind of client.
fn addresses() -> [Url; 3] {
    let connect = oauth::client();
    let login = connect.login(oauth::scope(), "myapp://callback".parse().unwrap());
    [
        begin(Scenario::public().to_start()).0,
        begin(Scenario::confidential().to_start()).0,
        login.begin(now(), &mut Counting::default()).0.into(),
    ]
}

/// The value of a parameter, which has to be there once.
#[track_caller]
fn only(url: &Url, name: &str) -> String {
    let values = pairs(url).into_iter().filter(|(given, _)| given == name);
    let values: Vec<String> = values.map(|(_, value)| value).collect();
    assert_eq!(values.len(), 1, "{name} in {url}");
    values.concat()
}

type Named = (&'static str, Request<Vec<u8>>);

/// Every request that a client without a secret can make.
fn without_secret() -> Vec<Named> {
    let public = Scenario::public();
    vec![
        ("public code", public.to_exchanging().request()),
        ("public refresh", public.to_refreshing().request()),
        ("public switch", public.to_switching().request()),
        ("public device", public.client.device().request()),
        ("public poll", public.to_polling().request()),
        ("oauth code", oauth::exchanging().request()),
        ("oauth refresh", oauth::refreshing().request()),
        ("oauth device", oauth::requesting_device().request()),
        ("oauth poll", oauth::polling().request()),
    ]
}

/// Every request that a client with a secret can make, except that of one step stands for all of them.
fn with_secret() -> Vec<Named> {
    let confidential = Scenario::confidential();
    vec![
        ("confidential code", confidential.to_exchanging().request()),
        (
            "confidential refresh",
            confidential.to_refreshing().request(),
        ),
        ("confidential switch", confidential.to_switching().request()),
        ("confidential challenge", answering().request()),
        (
            "confidential device",
            confidential.client.device().request(),
        ),
        ("confidential poll", confidential.to_polling().request()),
    ]
}

/// The answer to a step-up.
pub(crate) fn answering() -> Exchanging {
    let scenario = Scenario::confidential();
    match scenario.to_challenge_from(&fixture("step_up_email_verification_required.json")) {
        AuthenticationChallenge::EmailVerification(step) => step.answer(&scenario.client, "123456"),
        other => panic!("{other:?}"),
    }
}

fn requests() -> Vec<Named> {
    let mut requests = without_secret();
    requests.extend(with_secret());
    requests
}

/// The names and the values of a request's body, however it is written.
fn fields(request: &Request<Vec<u8>>) -> Vec<(String, String)> {
    match serde_json::from_slice::<serde_json::Map<_, _>>(request.body()) {
        Ok(json) => json
            .into_iter()
            .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
            .collect(),
        Err(_) => form_urlencoded::parse(request.body())
            .into_owned()
            .collect(),
    }
}

/// The value of a field, when it is there.
pub(crate) fn field(request: &Request<Vec<u8>>, name: &str) -> Option<String> {
    let mut values = fields(request)
        .into_iter()
        .filter(|(given, _)| given == name);
    let value = values.next().map(|(_, value)| value);
    assert_eq!(values.next(), None, "{name}");
    value
}

/// The grants that requests ask for, each once.
fn grant_types(requests: &[Named]) -> Vec<String> {
    let grants = requests
        .iter()
        .filter_map(|(_, request)| field(request, "grant_type"));
    grants.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The body of a success of this exchange.
pub(crate) fn success(exchange: &str) -> String {
    fixture(match exchange {
        "code" | "refresh" | "challenge" | "poll" => "success_full.json",
        "switch" => {
            return edited("success_full.json", |body| {
                body["organization_id"] = OTHER_ORGANIZATION.into();
            });
        }
        "device" => "device_authorization.json",
        "oauth-code" | "oauth-refresh" | "oauth-poll" => "connect_token.json",
        "oauth-device" => "connect_device_authorization.json",
        other => panic!("there is no exchange {other}"),
    })
}

/// A login that is begun with exactly these bytes.
fn drawn(random: [u8; 66]) -> (Url, AwaitingCallback) {
    let (url, pending) = Scenario::public()
        .to_start()
        .begin(now(), &mut pkce::Fixed(random));
    (url.into(), pending)
}

/// How many of the random bits change what `read` finds in a pending login.
fn bits_that_count(read: impl Fn(&AwaitingCallback) -> String) -> usize {
    let zero = read(&drawn([0; 66]).1);
    let flipped = |bit: usize| {
        let mut random = [0; 66];
        random[bit / 8] = 1 << (bit % 8);
        read(&drawn(random).1)
    };
    let values: BTreeSet<String> = (0..66 * 8)
        .map(flipped)
        .filter(|text| *text != zero)
        .collect();
    values.len()
}
