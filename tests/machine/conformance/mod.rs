//! The requirements of the RFCs and of WorkOS, as numbered statements with one test or more each.
//!
//! The name of a test begins with its numbers: `c` for a statement, `m` for a mistake of another client. The tests in the
//! modules of states and in adapters are listed in [`elsewhere`].

mod authorization;
mod elsewhere;
mod pkce;
mod token;

use std::collections::BTreeSet;

use workos_login::http::Request;
use workos_login::url::Url;
use workos_login::{AwaitingCallback, Exchange};

use crate::scenario::{Scenario, begin, now, pairs};

/// The tests of this module, as text.
const HERE: [&str; 3] = [
    include_str!("authorization.rs"),
    include_str!("pkce.rs"),
    include_str!("token.rs"),
];

/// The names of the tests in a source file.
fn tests(source: &str) -> impl Iterator<Item = &str> {
    source.split("#[test]").skip(1).filter_map(|after| {
        let name = after.split_once("fn ")?.1;
        name.split_once(['(', '<']).map(|(name, _)| name)
    })
}

/// The numbers at the beginning of a test's name, without leading zeros.
fn numbers(test: &str) -> impl Iterator<Item = String> {
    test.split('_').map_while(|word| {
        let digits: u32 = word.strip_prefix(['c', 'm'])?.parse().ok()?;
        Some(format!("{}{digits}", &word[..1]))
    })
}

#[test]
fn every_statement_has_a_test() {
    let elsewhere = elsewhere::elsewhere().map(|(numbers, ..)| numbers);
    let names = HERE.into_iter().flat_map(tests).chain(elsewhere);
    let tested: BTreeSet<String> = names.flat_map(numbers).collect();
    let statements = (1..=64).map(|number| format!("c{number}"));
    let mistakes = (1..=18).map(|number| format!("m{number}"));
    assert_eq!(tested, statements.chain(mistakes).collect());
}

/// Every character that a parameter can have (RFC 6749 appendix A).
const VSCHAR: &str = concat!(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
);

/// The authorization URL of every kind of client.
fn authorization_urls() -> [Url; 3] {
    [
        begin(Scenario::public().to_start()).0,
        begin(Scenario::confidential().to_start()).0,
        begin(Scenario::oauth().to_start()).0,
    ]
}

/// The value of a parameter that must be present once.
#[track_caller]
fn only(url: &Url, name: &str) -> String {
    let values = pairs(url).into_iter().filter(|(given, _)| given == name);
    let values: Vec<String> = values.map(|(_, value)| value).collect();
    assert_eq!(values.len(), 1, "{name} in {url}");
    values.concat()
}

type Named = (&'static str, Request<Vec<u8>>);

/// Every request of public clients.
fn public_requests() -> Vec<Named> {
    let (public, oauth) = (Scenario::public(), Scenario::oauth());
    vec![
        ("public code", public.to_exchanging().request()),
        ("public refresh", public.to_refreshing().request()),
        ("public switch", public.to_switching().request()),
        ("public device", public.to_requesting_device().request()),
        ("public poll", public.to_polling().request()),
        ("oauth code", oauth.to_exchanging().request()),
        ("oauth refresh", oauth.to_refreshing().request()),
        ("oauth device", oauth.to_requesting_device().request()),
        ("oauth poll", oauth.to_polling().request()),
    ]
}

/// Every request. One challenge stands for all of them.
fn requests() -> Vec<Named> {
    let confidential = Scenario::confidential();
    let mut requests = public_requests();
    requests.extend([
        ("confidential code", confidential.to_exchanging().request()),
        (
            "confidential refresh",
            confidential.to_refreshing().request(),
        ),
        ("confidential switch", confidential.to_switching().request()),
        (
            "confidential challenge",
            confidential.to_answering().request(),
        ),
        (
            "confidential device",
            confidential.to_requesting_device().request(),
        ),
        ("confidential poll", confidential.to_polling().request()),
    ]);
    requests
}

/// A login that was begun with these random bytes.
fn begun_with(random: [u8; 66]) -> (Url, AwaitingCallback) {
    let start = Scenario::public();
    let (url, pending) = start.to_start().begin(now(), &mut pkce::Fixed(random));
    (url.into(), pending)
}

/// The number of random bits that change what `read` returns for a pending login.
fn significant_bits(read: impl Fn(&AwaitingCallback) -> String) -> usize {
    let zero = read(&begun_with([0; 66]).1);
    let flipped = |bit: usize| {
        let mut random = [0; 66];
        random[bit / 8] = 1 << (bit % 8);
        read(&begun_with(random).1)
    };
    let values: BTreeSet<String> = (0..66 * 8)
        .map(flipped)
        .filter(|text| *text != zero)
        .collect();
    values.len()
}
