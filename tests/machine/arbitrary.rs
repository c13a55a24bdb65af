//! Any value in any member, any bytes and any headers lead to an intact state or error.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Number, Value};
use workos_login::http::{HeaderName, HeaderValue, Response};

use crate::exchanges::{EXCHANGES, outcome_of, success};
use crate::scenario::{fixture, jwt, response};

/// The fixtures whose members are replaced, beside a success.
const FIXTURES: [&str; 5] = [
    "error_oauth_invalid_grant_refresh.json",
    "error_plain_validation_errors.json",
    "step_up_mfa_challenge_factors.json",
    "step_up_organization_selection_required.json",
    "step_up_unknown_future.json",
];

/// An exchange and a body for it: a success or a fixture.
fn exchange() -> impl Strategy<Value = (&'static str, Value)> {
    let fixtures = prop_oneof![Just(None), prop::option::of(select(&FIXTURES[..]))];
    (select(&EXCHANGES[..]), fixtures).prop_map(|(exchange, name)| {
        let body = name.map_or_else(|| success(exchange), fixture);
        (exchange, serde_json::from_str(&body).unwrap())
    })
}

/// The paths of a value and of all its members.
fn paths(value: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    found.push(path.to_vec());
    for (name, member) in value.as_object().into_iter().flatten() {
        paths(member, &[path, std::slice::from_ref(name)].concat(), found);
    }
}

fn number() -> impl Strategy<Value = Number> {
    let edges = [
        0.0, 0.5, 1e-9, 0.9999, 1.0, 1.5, 300.0, 1e10, 1e18, 1e19, 1e20, 1e308,
    ];
    let float = prop_oneof![any::<f64>(), select(Vec::from(edges))];
    prop_oneof![
        any::<u64>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        float.prop_filter_map("JSON has no such number", Number::from_f64),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let edges = [
        "",
        "\0",
        "\r\n",
        "a b",
        "é",
        "mfa_challenge",
        "invalid_grant",
        "slow_down",
        "300",
    ];
    prop_oneof![
        any::<String>(),
        "[ -~]{0,20}",
        "https?://[a-z]{1,5}/[ -~]{0,5}",
        select(Vec::from(edges)).prop_map(str::to_owned),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let members = btree_map(text(), inner.clone(), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![3 => Just(200_u16), 1 => Just(400), 1 => Just(403), 1 => 200..600_u16]
}

fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let names = [
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "location",
        "retry-after",
        "set-cookie",
        "www-authenticate",
        "x-request-id",
    ];
    let values = ["application/json", "Thu, 28 May 2026 20:26:50 GMT", "99"];
    let value = prop_oneof![
        vec(any::<u8>(), 0..200),
        text().prop_map(String::into_bytes),
        select(Vec::from(values)).prop_map(|text| text.as_bytes().to_vec()),
    ];
    (select(Vec::from(names)), value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn accepts_or_rejects_any_value_in_any_member(
        (exchange, mut body) in exchange(),
        status in status(),
        replaced in vec((any::<Index>(), json()), 1..4),
    ) {
        for (index, value) in replaced {
            let mut found = Vec::new();
            paths(&body, &[], &mut found);
            *index.get(&found).iter().fold(&mut body, |body, name| &mut body[name]) = value;
        }
        outcome_of(exchange, response(status, body.to_string()));
    }

    #[test]
    fn accepts_or_rejects_any_value_in_any_claim(
        exchange in select(&EXCHANGES[..]),
        claims in btree_map(select(&["exp", "iat", "sid", "org_id", "iss", "sub", "aud", "email", "name"][..]), json(), 0..9),
        token in select(&["access_token", "id_token"][..]),
    ) {
        let claims = serde_json::to_string(&claims).unwrap();
        let mut body: Value = serde_json::from_str(&success(exchange)).unwrap();
        body[token] = jwt(&claims).into();
        outcome_of(exchange, response(200, body.to_string()));
    }

    #[test]
    fn accepts_or_rejects_any_bytes(exchange in select(&EXCHANGES[..]), status in status(), bytes in vec(any::<u8>(), 0..200)) {
        outcome_of(exchange, response(status, bytes));
    }

    #[test]
    fn accepts_or_rejects_any_changed_byte(
        (exchange, body) in exchange(),
        status in status(),
        changed in vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = body.to_string().into_bytes();
        for (index, byte) in changed {
            *index.get_mut(&mut bytes) = byte;
        }
        outcome_of(exchange, response(status, bytes));
    }

    #[test]
    fn accepts_or_rejects_any_header(
        (exchange, body) in exchange(),
        status in status(),
        headers in vec(header(), 0..6),
    ) {
        let mut response = Response::new(body.to_string().into_bytes());
        *response.status_mut() = status.try_into().unwrap();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        outcome_of(exchange, response);
    }
}
