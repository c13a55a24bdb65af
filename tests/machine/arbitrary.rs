//! Any value in any member, any bytes, any headers.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Number, Value};
use workos_login::http::{HeaderName, HeaderValue, Response};

use crate::conformance::success;
use crate::exchanges::EXCHANGES;
use crate::hostile::answered;
use crate::scenario::{fixture, jwt, response};

/// Bodies whose members are replaced: what an exchange wants, and what may come in its place.
fn body(exchange: &str, kind: usize) -> Value {
    let name = [
        "error_oauth_invalid_grant_refresh.json",
        "error_plain_validation_errors.json",
        "step_up_mfa_challenge_factors.json",
        "step_up_organization_selection_required.json",
        "step_up_unknown_future.json",
    ];
    let text = match kind.checked_sub(1) {
        None => success(exchange),
        Some(other) => fixture(name[other]),
    };
    serde_json::from_str(&text).unwrap()
}

const KINDS: usize = 6;

/// Every place in a value, as a path.
fn places(value: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    found.push(path.to_vec());
    if let Value::Object(members) = value {
        for (name, member) in members {
            let path = [path, std::slice::from_ref(name)].concat();
            places(member, &path, found);
        }
    }
}

fn number() -> impl Strategy<Value = Number> {
    let float = any::<f64>().prop_filter_map("JSON has no such number", Number::from_f64);
    let near = prop::sample::select(vec![
        0.0, 0.5, 1e-9, 0.9999, 1.0, 1.5, 300.0, 1e10, 1e18, 1e19, 1e20, 1e308,
    ]);
    let near = near.prop_filter_map("JSON has no such number", Number::from_f64);
    prop_oneof![
        any::<u64>().prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        float,
        near,
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,20}",
        "https?://[a-z]{1,5}/[ -~]{0,5}",
        prop::sample::select(vec![
            "",
            "\0",
            "\r\n",
            "a b",
            "é",
            "mfa_challenge",
            "invalid_grant",
            "slow_down",
            "300",
        ])
        .prop_map(str::to_owned),
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
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![3 => Just(200_u16), 1 => Just(400), 1 => Just(403), 1 => 200..600_u16]
}

fn kind() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0), 0..KINDS]
}

fn exchange() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&EXCHANGES[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn accepts_or_rejects_any_value_in_any_member(
        exchange in exchange(),
        kind in kind(),
        status in status(),
        replaced in vec((any::<prop::sample::Index>(), json()), 1..4),
    ) {
        let mut body = body(exchange, kind);
        for (index, value) in replaced {
            let mut paths = Vec::new();
            places(&body, &[], &mut paths);
            let path = index.get(&paths);
            *path.iter().fold(&mut body, |body, name| &mut body[name]) = value;
        }
        answered(exchange, response(status, body.to_string()));
    }

    #[test]
    fn accepts_or_rejects_any_value_in_any_claim(
        exchange in exchange(),
        claims in btree_map(
            prop::sample::select(vec![
                "exp", "iat", "sid", "org_id", "iss", "sub", "aud", "email", "name",
            ]),
            json(),
            0..9,
        ),
        token in prop::sample::select(vec!["access_token", "id_token"]),
    ) {
        let claims = serde_json::to_string(&claims).unwrap();
        let mut body = body(exchange, 0);
        body[token] = jwt(&claims).into();
        answered(exchange, response(200, body.to_string()));
    }

    #[test]
    fn accepts_or_rejects_any_bytes(
        exchange in exchange(),
        status in status(),
        bytes in vec(any::<u8>(), 0..200),
    ) {
        answered(exchange, response(status, bytes));
    }

    #[test]
    fn accepts_or_rejects_any_changed_byte(
        exchange in exchange(),
        kind in kind(),
        status in status(),
        changed in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = body(exchange, kind).to_string().into_bytes();
        for (index, byte) in changed {
            *index.get_mut(&mut bytes) = byte;
        }
        answered(exchange, response(status, bytes));
    }

    #[test]
    fn accepts_or_rejects_any_header(
        exchange in exchange(),
        kind in kind(),
        status in status(),
        headers in vec(
            (
                prop::sample::select(vec![
                    "content-encoding", "content-length", "content-type", "date", "location",
                    "retry-after", "set-cookie", "www-authenticate", "x-request-id",
                ]),
                prop_oneof![
                    vec(any::<u8>(), 0..200),
                    text().prop_map(String::into_bytes),
                    prop::sample::select(vec!["application/json", "Thu, 28 May 2026 20:26:50 GMT", "99"])
                        .prop_map(|text| text.as_bytes().to_vec()),
                ],
            ),
            0..6,
        ),
    ) {
        let mut response = Response::new(body(exchange, kind).to_string().into_bytes());
        *response.status_mut() = status.try_into().unwrap();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        answered(exchange, response);
    }
}
