//! The authorization URL, the callback with its issuer, and the token request.

use workos_login::http::Method;
use workos_login::{AwaitingCallback, Error, Exchange, Exchanging, MismatchKind, Server};

use super::{ISSUER, begin, client, client_of, exchanging, pending, scope, server};
use crate::scenario::{
    CLIENT_ID, CODE, CODE_CHALLENGE, CODE_VERIFIER, Counting, NONCE, REDIRECT_URI, STATE, callback,
    field, form, kind, now, pairs, real_callback, refused, secs, stored,
};

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter().copied();
    pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

#[test]
fn sends_each_parameter_of_the_protocol_once() {
    let (url, _) = begin(&client());
    assert_eq!(
        pairs(&url),
        owned(&[
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", STATE),
            ("nonce", NONCE),
            ("scope", "openid email offline_access"),
            ("prompt", "consent"),
        ])
    );
}

#[test]
fn sends_the_options_of_openid_connect() {
    let client = client();
    let (url, _) = client
        .login(scope(), REDIRECT_URI.parse().unwrap())
        .prompt("consent")
        .login_hint("nadia@example.org")
        .max_age(std::time::Duration::ZERO)
        .parameter("resource", "https://api.example")
        .unwrap()
        .begin(now(), &mut Counting::default());
    assert_eq!(
        pairs(&url.into())[8..],
        owned(&[
            ("prompt", "consent"),
            ("login_hint", "nadia@example.org"),
            ("max_age", "0"),
            ("resource", "https://api.example"),
        ])
    );
}

#[test]
fn offline_access_is_requested_with_consent() {
    let client = client();
    let prompt = |scope: &str, prompt: Option<&str>| {
        let start = client.login(scope.parse().unwrap(), REDIRECT_URI.parse().unwrap());
        let start = match prompt {
            Some(prompt) => start.prompt(prompt),
            None => start,
        };
        let (url, _) = start.begin(now(), &mut Counting::default());
        let prompts = pairs(&url.into())
            .into_iter()
            .filter(|(name, _)| name == "prompt");
        prompts.map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(prompt("email offline_access", None), ["consent"]);
    assert_eq!(
        prompt("offline_access", Some("login consent")),
        ["login consent"]
    );
    assert!(prompt("email offline_access_x", None).is_empty());
    assert_eq!(prompt("email", Some("login")), ["login"]);
}

#[test]
fn sends_a_form_with_the_redirect_uri_and_no_secret() {
    let request = exchanging().request();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(request.headers()["accept"], "application/json");
    assert!(!request.headers().contains_key("authorization"));
    let mut sent = form(&request);
    sent.sort();
    assert_eq!(
        sent,
        owned(&[
            ("client_id", CLIENT_ID),
            ("code", CODE),
            ("code_verifier", CODE_VERIFIER),
            ("grant_type", "authorization_code"),
            ("redirect_uri", REDIRECT_URI),
        ])
    );
}

#[test]
fn encodes_every_character() {
    let odd = "a+b/c=d&e%20é";
    let escaped = "code=a%2Bb%2Fc%3Dd%26e%2520%C3%A9";
    let real = callback(&format!("{escaped}&state={STATE}"));
    let exchanging = pending().accept(&client(), real, now()).unwrap();
    assert!(form(&exchanging.request()).contains(&("code".to_owned(), odd.to_owned())));
}

#[test]
fn finishes_a_stored_login() {
    let pending: AwaitingCallback = serde_json::from_str(&stored(&pending())).unwrap();
    let request = pending
        .accept(&client(), real_callback(), now())
        .unwrap()
        .request();
    assert_eq!(request.body(), exchanging().request().body());
}

/// The result of a callback at an authorization server that advertises the issuer parameter, or does not.
#[track_caller]
fn accept(advertises: bool, rest: &str) -> Result<Exchanging, Error> {
    let server = if advertises {
        server().advertises_iss()
    } else {
        server()
    };
    let client = client_of(server);
    let (_, pending) = begin(&client);
    let before = stored(&pending);
    let callback = callback(&format!("/callback?state={STATE}&{rest}"));
    pending.accept(&client, callback, now()).map_err(|refusal| {
        let (pending, error) = refusal.into_parts();
        assert_eq!(stored(&pending), before);
        error
    })
}

/// Checks that the issuer of a callback is rejected, after the state matched and before an error is read.
#[track_caller]
fn mismatch(advertises: bool, rest: &str, expected: MismatchKind, received: Option<&str>) {
    let error = accept(advertises, rest).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("access_denied") && !shown.contains("number"),
        "{shown}"
    );
    let Error::CallbackMismatch(mismatch) = error else {
        panic!("{rest}: {shown}")
    };
    assert_eq!(mismatch.kind(), expected, "{rest}");
    assert!(mismatch.state_matched());
    assert_eq!(mismatch.received_issuer(), received);
    assert_eq!(mismatch.expected_issuer(), Some(ISSUER));
}

const DENIED: &str = "error=access_denied&error_description=Call+this+number";

/// `iss=` with the issuer, encoded as a server does.
fn iss() -> String {
    format!("iss={}", ISSUER.replace(':', "%3A").replace('/', "%2F"))
}

#[test]
fn accepts_a_callback_of_the_issuer() {
    for advertises in [true, false] {
        for iss in [iss(), format!("iss={ISSUER}")] {
            let exchanging = accept(advertises, &format!("code={CODE}&{iss}")).unwrap();
            assert_eq!(field(&exchanging.request(), "code").as_deref(), Some(CODE));
            let denied = accept(advertises, &format!("{DENIED}&{iss}"));
            assert_eq!(kind(&denied.unwrap_err()), "Denied");
        }
    }
}

#[test]
fn c27_c29_rejects_a_callback_of_another_issuer() {
    for other in [
        "https://evil.example",
        "https://lagoon-77.authkit.app/",
        "https://LAGOON-77.authkit.app",
        "HTTPS://lagoon-77.authkit.app",
        "http://lagoon-77.authkit.app",
        "https://lagoon-77.authkit.app:443",
        "lagoon-77.authkit.app",
        "",
    ] {
        for rest in ["code=x", DENIED, "error=server_error"] {
            for advertises in [true, false] {
                mismatch(
                    advertises,
                    &format!("{rest}&iss={other}"),
                    MismatchKind::Issuer,
                    Some(other),
                );
            }
        }
    }
}

#[test]
fn c28_c29_rejects_a_callback_without_an_issuer_if_it_is_advertised() {
    let code = format!("code={CODE}");
    assert!(accept(false, &code).is_ok());
    assert_eq!(kind(&accept(false, DENIED).unwrap_err()), "Denied");
    for rest in [&*code, DENIED] {
        mismatch(true, rest, MismatchKind::MissingIssuer, None);
    }
}

#[test]
fn compares_the_client_before_the_issuer_of_the_callback() {
    let elsewhere = |path: &str| format!("https://other.example/{path}").parse().unwrap();
    let server = Server::new("https://other.example", &elsewhere("a"), &elsewhere("t")).unwrap();
    let real = callback(&format!("code={CODE}&state={STATE}&{}", iss()));
    let (_, error) = refused(pending().accept(&client_of(server), real, now()));
    assert_eq!(kind(&error), "Client");
}

#[test]
fn compares_the_issuer_before_the_lifetime() {
    let late = now() + secs(9_999);
    let mismatched = callback(&format!("error=access_denied&state={STATE}&iss=x"));
    let (pending, error) = refused(pending().accept(&client(), mismatched, late));
    assert_eq!(kind(&error), "CallbackMismatch");
    let real = callback(&format!("code={CODE}&state={STATE}&{}", iss()));
    let (_, error) = refused(pending.accept(&client(), real, late));
    assert_eq!(kind(&error), "Expired");
}

#[test]
fn rejects_two_issuers() {
    let twice = format!("/callback?code={CODE}&state={STATE}&{}&iss=x", iss());
    assert!(workos_login::Callback::parse(&twice).is_err());
}

#[test]
fn compares_the_state_before_the_issuer() {
    let mismatched = callback(&format!("code={CODE}&state={CODE_VERIFIER}&iss=x"));
    let (_, error) = refused(pending().accept(&client(), mismatched, now()));
    assert!(
        matches!(error, Error::CallbackMismatch(mismatch) if mismatch.kind() == MismatchKind::State)
    );
}

#[test]
fn debug_shows_the_issuer() {
    assert!(format!("{:?}", server()).contains(ISSUER));
}
