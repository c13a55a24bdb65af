//! A pending login: which callbacks it accepts. A refused one returns it unchanged.

use std::time::Duration;

use workos_login::{
    AwaitingCallback, Callback, CallbackOutcome, Client, ClientKind, Error, Exchange, MismatchKind,
    Public, Refused,
};

use crate::scenario::{
    CODE, Kind, REDIRECT_URI, STATE, Scenario, begin, callback, field, kind, now, real_callback,
    refused, secs, stored,
};

/// Checks that a login at User Management and one at another authorization server reject a callback and stay unchanged.
#[track_caller]
fn rejects(uri: &str, expected: &str) -> Error {
    rejects_at(&Scenario::oauth(), uri, 0, expected);
    rejects_at(&Scenario::public(), uri, 0, expected)
}

#[track_caller]
fn rejects_at<K: Kind>(scenario: &Scenario<K>, uri: &str, age: u64, expected: &str) -> Error {
    let pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    let refusal = pending
        .accept(&scenario.client, callback(uri), now() + secs(age))
        .unwrap_err();
    assert_eq!(refusal.retry_in(now()), None);
    let (pending, error) = refusal.into_parts();
    assert_eq!(kind(&error), expected, "{uri}: {error}");
    assert_eq!(stored(&pending), before, "{uri}");
    assert!(is_accepted(pending, &scenario.client), "{uri}");
    error
}

/// Checks that a callback is rejected because of this check.
#[track_caller]
fn mismatch(uri: &str, expected: MismatchKind) {
    let Error::CallbackMismatch(mismatch) = rejects(uri, "CallbackMismatch") else {
        unreachable!()
    };
    assert_eq!(mismatch.kind(), expected, "{uri}");
    let state_matched = expected == MismatchKind::RedirectUri;
    assert_eq!(mismatch.state_matched(), state_matched, "{uri}");
}

/// Returns whether a pending login accepts its callback.
fn is_accepted<K: ClientKind>(pending: AwaitingCallback, client: &Client<K>) -> bool {
    pending.accept(client, real_callback(), now()).is_ok()
}

#[track_caller]
fn accepts<K: Kind>(scenario: &Scenario<K>, uri: &str) {
    let pending = scenario.to_awaiting_callback();
    let exchanging = pending.accept(&scenario.client, callback(uri), now());
    let request = exchanging.unwrap().request();
    assert_eq!(field(&request, "code").as_deref(), Some(CODE), "{uri}");
}

#[test]
fn accepts_a_callback_with_the_same_state() {
    for start in [&format!("{REDIRECT_URI}?"), "/callback?", ""] {
        let uri = format!("{start}code={CODE}&state={STATE}");
        accepts(&Scenario::public(), &uri);
        accepts(&Scenario::oauth(), &uri);
    }
}

#[test]
fn c19_rejects_a_callback_without_a_state() {
    mismatch("/callback?code=x", MismatchKind::MissingState);
    mismatch("code=x", MismatchKind::MissingState);
    mismatch("/callback?error=access_denied", MismatchKind::MissingState);
}

#[test]
fn c20_rejects_a_callback_with_a_different_state() {
    for state in [
        "made-up",
        "",
        &STATE[..42],
        &STATE[1..],
        &format!("{STATE}x"),
        &format!("{STATE}%00"),
        &STATE.to_lowercase(),
    ] {
        mismatch(
            &format!("/callback?code=x&state={state}"),
            MismatchKind::State,
        );
    }
    for place in 0..STATE.len() {
        let mut state = STATE.as_bytes().to_vec();
        state[place] ^= 1;
        let state = String::from_utf8(state).unwrap();
        mismatch(&format!("code={CODE}&state={state}"), MismatchKind::State);
    }
    // A test cannot measure the time of a comparison: it is done by `subtle`.
    let source = include_str!("../../src/login/awaiting_callback.rs");
    assert!(source.contains(".ct_eq("));
}

#[test]
fn c21_m6_rejects_an_error_with_a_different_state() {
    mismatch("error=access_denied", MismatchKind::MissingState);
    mismatch(
        "/callback?error=access_denied&state=made-up",
        MismatchKind::State,
    );
    rejects(&format!("error=access_denied&state={STATE}"), "Denied");
}

#[test]
fn c26_rejects_a_callback_at_a_different_redirect_uri() {
    for address in [
        "http://127.0.0.1:52144/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.2:52143/callback",
        "http://localhost:52143/callback",
        "https://127.0.0.1:52143/callback",
        "http://127.0.0.1:52143/callback/",
        "http://127.0.0.1:52143/Callback",
        "http://127.0.0.1:52143/other",
        "http://127.0.0.1:52143/",
        "http://127.0.0.1:52143",
        "http://user@127.0.0.1:52143/callback",
        "myapp://callback",
        "myapp:/callback",
        "/other",
        "/",
        "//127.0.0.1:52143/callback",
        "//evil.example/callback",
        // Without a scheme.
        "evil.example/cb",
        "127.0.0.1:9/other",
    ] {
        for result in ["code=x", "error=access_denied"] {
            mismatch(
                &format!("{address}?{result}&state={STATE}"),
                MismatchKind::RedirectUri,
            );
        }
    }
}

#[test]
fn compares_the_state_of_a_malformed_callback() {
    let pending = Scenario::public().to_awaiting_callback();
    for (uri, matches) in [
        (format!("{REDIRECT_URI}?state={STATE}"), true),
        (format!("/callback?code=x&error=y&state={STATE}"), true),
        (
            format!("/callback?code=x&code=y&state={STATE}#state=z"),
            true,
        ),
        (format!("state=other&state={STATE}"), true),
        ("/callback?code=x&error=y&state=other".into(), false),
        (format!("/callback?State={STATE}"), false),
        (format!("/callback?state={STATE}x"), false),
        (format!("/callback#state={STATE}"), false),
        (
            format!("/callback?state={STATE}&x={}", "a".repeat(1 << 20)),
            false,
        ),
        (String::new(), false),
    ] {
        assert_eq!(pending.matches_state(&uri), matches, "{uri:.100}");
    }
}

#[test]
fn returns_code_and_description_of_a_denied_login() {
    let uri = format!("/callback?error=access_denied&error_description=No&state={STATE}");
    let Error::Denied(denied) = rejects(&uri, "Denied") else {
        unreachable!()
    };
    assert_eq!(
        (denied.code(), denied.description()),
        (Some("access_denied"), Some("No"))
    );
}

#[test]
fn escapes_control_characters_of_an_error_code() {
    let error = rejects(&format!("error=%1B%5B2J%0Ax&state={STATE}"), "Denied");
    let shown = format!("{error} {error:?}");
    assert!(!shown.chars().any(char::is_control), "{shown}");
}

/// Clients that no state of [`Scenario::public`] is bound to.
fn other_clients() -> [Client<Public>; 4] {
    let at = |url: &str| {
        Scenario::public()
            .client
            .base_url(url.parse().unwrap())
            .unwrap()
    };
    [
        Client::public("client_other".parse().unwrap()),
        at("https://api.workos-test.com"),
        at("https://api.workos.com/proxy"),
        at("http://localhost:8080"),
    ]
}

#[test]
fn refuses_a_client_that_it_is_not_bound_to() {
    let scenario = Scenario::public();
    let mut pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    for other in other_clients() {
        assert!(pending.bound_to(&other).is_err());
        let (returned, error) = refused(pending.accept(&other, real_callback(), now()));
        assert_eq!(kind(&error), "Client");
        assert_eq!(stored(&returned), before);
        pending = returned;
    }
    assert!(is_accepted(pending, &scenario.client));
}

#[test]
fn accepts_an_equal_client() {
    let pending = Scenario::public().to_awaiting_callback();
    let equal = Scenario::public()
        .client
        .base_url("https://api.workos.com/".parse().unwrap());
    assert!(is_accepted(pending, &equal.unwrap()));
}

#[test]
fn compares_the_state_before_the_client() {
    let pending = Scenario::public().to_awaiting_callback();
    let mismatched = callback("code=x&state=made-up");
    let (_, error) = refused(pending.accept(&other_clients()[0], mismatched, now()));
    assert_eq!(kind(&error), "CallbackMismatch");
}

#[test]
fn c31_expires_after_its_lifetime() {
    let scenario = Scenario::public();
    let accept = |lifetime: Duration, age: Duration| -> Result<_, Refused<AwaitingCallback>> {
        let (_, pending) = begin(scenario.to_start().expires_after(lifetime));
        pending.accept(&scenario.client, real_callback(), now() + age)
    };
    let moment = Duration::from_millis(1);
    for lifetime in [secs(60), secs(600)] {
        assert!(accept(lifetime, lifetime - moment).is_ok());
        let (pending, error) = refused(accept(lifetime, lifetime));
        assert_eq!(kind(&error), "Expired");
        assert!(is_accepted(pending, &scenario.client));
    }
    assert!(accept(Duration::ZERO, Duration::ZERO).is_err());
    rejects_at(
        &Scenario::public(),
        &format!("code={CODE}&state={STATE}"),
        600,
        "Expired",
    );
}

#[test]
fn compares_the_state_before_the_lifetime_and_the_lifetime_before_the_error() {
    let denied = format!("error=access_denied&state={STATE}");
    rejects_at(&Scenario::public(), &denied, 600, "Expired");
    rejects_at(
        &Scenario::public(),
        "code=x&state=made-up",
        600,
        "CallbackMismatch",
    );
}

#[test]
fn compares_the_application_state_too() {
    let scenario = Scenario::public();
    let accepts = |state: &str| {
        let (_, pending) = begin(scenario.to_start().app_state("a+b c").unwrap());
        let callback = Callback::parse(&format!("code={CODE}&state={state}")).unwrap();
        pending.accept(&scenario.client, callback, now()).is_ok()
    };
    assert!(accepts(&format!("{STATE}.a%2Bb+c")));
    for end in ["", ".", ".a%2Bb+d", ".a+b+c"] {
        assert!(!accepts(&format!("{STATE}{end}")), "{end}");
    }
}

#[test]
fn recognizes_its_redirect_uri() {
    for (redirect_uri, recognized, others) in [
        (
            "https://app.example.org/cb?next=1",
            &[
                "https://app.example.org/cb?code=x&state=y",
                "https://app.example.org/cb",
                "https://app.example.org/cb#x",
                "HTTPS://APP.EXAMPLE.ORG:443/cb?error=x",
                "/cb?code=x",
            ][..],
            &[
                "https://app.example.org/cb/",
                "https://app.example.org/",
                "https://app.example.org:8443/cb",
                "http://app.example.org/cb",
                "https://app.example.org.evil.example/cb",
                "https://app.example.org@evil.example/cb",
                "https://evil.example/cb?x=https://app.example.org/cb",
                "code=x&state=y",
                "",
            ][..],
        ),
        (
            "myapp://callback",
            &[
                "myapp://callback?code=x",
                "MYAPP://callback?code=x",
                "myapp://callback/?code=x",
            ],
            &[
                "myapp://callback/other",
                "myapp://other",
                "myapp:callback",
                "otherapp://callback",
            ],
        ),
        (
            "com.example.app:/cb",
            &["com.example.app:/cb?code=x"],
            &[
                "com.example.app:/cb/",
                "com.example.app://cb",
                "com.example.app:cb",
            ],
        ),
    ] {
        let pending = Scenario::public()
            .redirect_uri(redirect_uri)
            .to_awaiting_callback();
        for uri in recognized {
            assert!(pending.is_callback(uri), "{uri} for {redirect_uri}");
        }
        for uri in others {
            assert!(!pending.is_callback(uri), "{uri} for {redirect_uri}");
        }
    }
    let pending = Scenario::public().to_awaiting_callback();
    let uri = |length: usize| format!("{REDIRECT_URI}?code={}", "a".repeat(length));
    assert!(pending.is_callback(&uri(1000)));
    assert!(!pending.is_callback(&uri(16 * 1024)));
}

/// Checks what `handle` makes of a URI, and that it leaves the pending login unchanged.
#[track_caller]
fn handles(client: &Client<Public>, uri: &str, expected: &str) {
    let scenario = Scenario::public();
    let pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    let (pending, outcome) = match pending.handle(client, uri, now()) {
        Ok(CallbackOutcome::Exchanging(exchanging)) => {
            assert_eq!(
                field(&exchanging.request(), "code").as_deref(),
                Some(CODE),
                "{uri}"
            );
            assert_eq!(expected, "Exchanging", "{uri}");
            return;
        }
        Ok(CallbackOutcome::Ignored { pending, error }) => {
            (pending, format!("ignored {}", kind(&error)))
        }
        Ok(CallbackOutcome::NotACallback(pending)) => (pending, "NotACallback".to_owned()),
        Err(refused) => {
            let (pending, error) = refused.into_parts();
            (pending, kind(&error).to_owned())
        }
    };
    assert_eq!(outcome, expected, "{uri:.100}");
    assert_eq!(stored(&pending), before, "{uri:.100}");
    assert!(is_accepted(pending, &scenario.client), "{uri:.100}");
}

#[test]
fn handle_ends_the_login_only_if_the_state_matches() {
    let client = Scenario::public().client;
    let long = "a".repeat(16 * 1024);
    for (query, expected) in [
        (&*format!("code={CODE}&state={STATE}"), "Exchanging"),
        (&format!("error=access_denied&state={STATE}"), "Denied"),
        (&format!("error=server_error&state={STATE}"), "Unavailable"),
        (&format!("error=invalid_scope&state={STATE}"), "Client"),
        (&format!("code=x&error=y&state={STATE}"), "Malformed"),
        (&format!("code=x&code=y&state={STATE}"), "Malformed"),
        (&format!("state={STATE}"), "Malformed"),
        ("code=x&state=other", "ignored CallbackMismatch"),
        (
            "error=access_denied&state=other",
            "ignored CallbackMismatch",
        ),
        ("code=x", "ignored CallbackMismatch"),
        ("code=x&error=y&state=other", "ignored Malformed"),
        ("state=other", "ignored Malformed"),
        ("", "ignored Malformed"),
        (&long, "NotACallback"),
    ] {
        for redirect_uri in [REDIRECT_URI, "/callback"] {
            handles(&client, &format!("{redirect_uri}?{query}"), expected);
        }
    }
    for uri in [
        "",
        "/",
        "/favicon.ico",
        "myapp://callback",
        "http://127.0.0.1:1/callback",
    ] {
        handles(
            &client,
            &format!("{uri}?code={CODE}&state={STATE}"),
            "NotACallback",
        );
    }
    let [other, ..] = other_clients();
    handles(
        &other,
        &format!("/callback?code={CODE}&state={STATE}"),
        "Client",
    );
    handles(
        &other,
        "/callback?code=x&state=other",
        "ignored CallbackMismatch",
    );
}
