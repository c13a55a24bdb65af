//! A pending login: every refusal gives it back, and it still works afterwards.

use std::time::{Duration, SystemTime};

use workos_login::{
    AwaitingCallback, Callback, CallbackOutcome, Client, Error, Exchange, Exchanging, MismatchKind,
    Public, Refused,
};

use crate::scenario::{
    CODE, CODE_VERIFIER, STATE, Scenario, begin, body, callback, kind, now, refused, secs, stored,
};

/// Hands `uri` to a pending login, which has to refuse it and stay what it was.
#[track_caller]
fn check(uri: &str, expected: &str) -> Error {
    check_at(&Scenario::public(), now(), uri, expected)
}

#[track_caller]
fn check_at(scenario: &Scenario<Public>, now: SystemTime, uri: &str, expected: &str) -> Error {
    let pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    let (pending, error) = refused(pending.accept(&scenario.client, callback(uri), now));
    assert_eq!(kind(&error), expected, "{uri}: {error}");
    assert_eq!(stored(&pending), before, "{uri}");
    assert!(still_works(pending, &scenario.client), "{uri}");
    error
}

/// Checks that a pending login rejects `uri` because of this check, and stays what it was.
#[track_caller]
fn mismatch(uri: &str, expected: MismatchKind) {
    let Error::CallbackMismatch(mismatch) = check(uri, "CallbackMismatch") else {
        unreachable!()
    };
    assert_eq!(mismatch.kind(), expected, "{uri}");
    let state_matched = expected == MismatchKind::RedirectUri;
    assert_eq!(mismatch.state_matched(), state_matched, "{uri}");
}

/// Whether the real callback, in time, still leads on.
fn still_works(pending: AwaitingCallback, client: &Client<Public>) -> bool {
    let real = callback(&format!("code={CODE}&state={STATE}"));
    pending.accept(client, real, now()).is_ok()
}

#[track_caller]
fn accepts(uri: &str) {
    let scenario = Scenario::public();
    let pending = scenario.to_awaiting_callback();
    let exchanging = pending
        .accept(&scenario.client, callback(uri), now())
        .unwrap();
    assert_eq!(body(&exchanging.request())["code"], CODE, "{uri}");
}

#[test]
fn accepts_a_callback_with_the_same_state() {
    accepts(&format!(
        "http://127.0.0.1:52143/callback?code={CODE}&state={STATE}"
    ));
    accepts(&format!("/callback?code={CODE}&state={STATE}"));
    accepts(&format!("code={CODE}&state={STATE}"));
}

#[test]
fn the_exchange_proves_the_login_with_its_own_verifier() {
    let exchanging = Scenario::public().to_exchanging();
    assert_eq!(body(&exchanging.request())["code_verifier"], CODE_VERIFIER);
}

#[test]
fn c20_rejects_a_callback_with_a_different_state() {
    let almost = STATE.replace('g', "h");
    for state in [
        "made-up",
        "",
        &STATE[..42],
        &format!("{STATE}x"),
        &almost,
        &STATE.to_lowercase(),
    ] {
        let uri = format!("/callback?code=x&state={state}");
        mismatch(&uri, MismatchKind::State);
    }
}

#[test]
fn c19_rejects_a_callback_without_a_state() {
    mismatch("/callback?code=x", MismatchKind::MissingState);
}

#[test]
fn compares_the_state_of_a_malformed_callback() {
    let pending = Scenario::public().to_awaiting_callback();
    for (uri, matches) in [
        (
            format!("http://127.0.0.1:52143/callback?state={STATE}"),
            true,
        ),
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
fn c21_m6_rejects_an_error_with_a_different_state() {
    mismatch(
        "/callback?error=access_denied&state=made-up",
        MismatchKind::State,
    );
    mismatch("/callback?error=access_denied", MismatchKind::MissingState);
}

#[test]
fn c26_rejects_a_callback_at_a_different_redirect_uri() {
    for address in [
        "http://127.0.0.1:52144/callback",
        "http://127.0.0.2:52143/callback",
        "http://localhost:52143/callback",
        "https://127.0.0.1:52143/callback",
        "http://127.0.0.1:52143/callback/",
        "http://127.0.0.1:52143/Callback",
        "http://127.0.0.1:52143/",
        "http://127.0.0.1:52143",
        "http://user@127.0.0.1:52143/callback",
        "myapp://callback",
        "myapp:/callback",
        "/other",
        "/",
        "//127.0.0.1:52143/callback",
        "//evil.example/callback",
    ] {
        for result in ["code=x", "error=access_denied"] {
            let uri = format!("{address}?{result}&state={STATE}");
            mismatch(&uri, MismatchKind::RedirectUri);
        }
    }
}

#[test]
fn returns_code_and_description_of_a_denied_login() {
    let uri = format!("/callback?error=access_denied&error_description=No&state={STATE}");
    let error = check(&uri, "Denied");
    let Error::Denied(denied) = error else {
        unreachable!()
    };
    assert_eq!(
        (denied.code(), denied.description()),
        (Some("access_denied"), Some("No"))
    );
}

#[test]
fn escapes_control_characters_of_an_error_code() {
    let error = check(&format!("error=%1B%5B2J%0Ax&state={STATE}"), "Denied");
    assert!(
        !error.to_string().chars().any(char::is_control),
        "{error:?}"
    );
    assert!(
        !format!("{error:?}").chars().any(char::is_control),
        "{error:?}"
    );
}

/// Hands the real callback to another client, and then to the login's own.
#[track_caller]
fn foreign(other: &Client<Public>) {
    let scenario = Scenario::public();
    let pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    let real = callback(&format!("code={CODE}&state={STATE}"));
    let (pending, error) = refused(pending.accept(other, real, now()));
    assert_eq!(kind(&error), "Client");
    assert_eq!(stored(&pending), before);
    assert!(still_works(pending, &scenario.client));
}

#[test]
fn refuses_a_client_that_it_is_not_bound_to() {
    let url = |text: &str| text.parse().unwrap();
    foreign(&Client::public("client_other".parse().unwrap()));
    let same = || Scenario::public().client;
    foreign(&same().base_url(url("https://api.workos-test.com")).unwrap());
    foreign(
        &same()
            .base_url(url("https://api.workos.com/proxy"))
            .unwrap(),
    );
    foreign(&same().base_url(url("http://localhost:8080")).unwrap());
}

#[test]
fn accepts_an_equal_client() {
    let pending = Scenario::public().to_awaiting_callback();
    let again = Scenario::public()
        .client
        .base_url("https://api.workos.com/".parse().unwrap());
    assert!(still_works(pending, &again.unwrap()));
}

#[test]
fn compares_the_state_before_the_client() {
    let other = Client::public("client_other".parse().unwrap());
    let pending = Scenario::public().to_awaiting_callback();
    let forged = callback("code=x&state=made-up");
    assert_eq!(
        kind(&refused(pending.accept(&other, forged, now())).1),
        "CallbackMismatch"
    );
}

fn after(login: Duration, elapsed: Duration) -> Result<Exchanging, Refused<AwaitingCallback>> {
    let scenario = Scenario::public();
    let (_, pending) = begin(scenario.to_start().expires_after(login));
    let real = callback(&format!("code={CODE}&state={STATE}"));
    pending.accept(&scenario.client, real, now() + elapsed)
}

#[test]
fn c31_expires_after_its_lifetime() {
    let moment = Duration::from_millis(1);
    let (pending, error) = refused(after(secs(60), secs(60)));
    assert_eq!(kind(&error), "Expired");
    assert!(still_works(pending, &Scenario::public().client));
    assert!(after(secs(60), secs(60) - moment).is_ok());
    assert!(after(secs(600), secs(599)).is_ok());
    assert!(after(Duration::ZERO, Duration::ZERO).is_err());
}

#[test]
fn expires_after_ten_minutes_by_default() {
    let pending = Scenario::public().to_awaiting_callback();
    assert_eq!(pending.expires_in(now()), secs(600));
    assert_eq!(pending.expires_in(now() + secs(599)), secs(1));
    assert_eq!(pending.expires_in(now() + secs(600)), Duration::ZERO);
    assert_eq!(pending.expires_in(now() + secs(6000)), Duration::ZERO);
}

#[test]
fn compares_the_state_before_the_lifetime_and_the_lifetime_before_the_error() {
    let uri = format!("error=access_denied&state={STATE}");
    check_at(&Scenario::public(), now() + secs(600), &uri, "Expired");
    check_at(
        &Scenario::public(),
        now() + secs(600),
        "code=x&state=made-up",
        "CallbackMismatch",
    );
}

#[test]
fn offers_no_retry_of_a_refused_callback() {
    for uri in [
        "code=x&state=made-up".to_owned(),
        format!("error=access_denied&state={STATE}"),
    ] {
        let scenario = Scenario::public();
        let pending = scenario.to_awaiting_callback();
        let refused = pending
            .accept(&scenario.client, callback(&uri), now())
            .unwrap_err();
        assert_eq!(refused.retry_in(now()), None);
    }
}

#[test]
fn compares_the_application_state_too() {
    let scenario = Scenario::public();
    let begun = || begin(scenario.to_start().app_state("a+b c").unwrap()).1;
    let accept = |state: &str| {
        let callback = Callback::parse(&format!("code={CODE}&state={state}")).unwrap();
        begun().accept(&scenario.client, callback, now()).is_ok()
    };
    assert!(accept(&format!("{STATE}.a%2Bb+c")));
    for state in [
        STATE.to_owned(),
        format!("{STATE}."),
        format!("{STATE}.a%2Bb+d"),
        format!("{STATE}.a+b+c"),
    ] {
        assert!(!accept(&state), "{state}");
    }
}

#[track_caller]
fn is_ours(redirect_uri: &str, uri: &str, expected: bool) {
    let pending = Scenario::public()
        .redirect_uri(redirect_uri)
        .to_awaiting_callback();
    assert_eq!(
        pending.is_callback(uri),
        expected,
        "{uri} for {redirect_uri}"
    );
}

#[test]
fn recognizes_its_redirect_uri() {
    let web = "https://app.example.org/cb?next=1";
    is_ours(web, "https://app.example.org/cb?code=x&state=y", true);
    is_ours(web, "https://app.example.org/cb", true);
    is_ours(web, "https://app.example.org/cb#x", true);
    is_ours(web, "HTTPS://APP.EXAMPLE.ORG:443/cb?error=x", true);
    is_ours(web, "/cb?code=x", true);
    is_ours(web, "https://app.example.org/cb/", false);
    is_ours(web, "https://app.example.org/", false);
    is_ours(web, "https://app.example.org:8443/cb", false);
    is_ours(web, "http://app.example.org/cb", false);
    is_ours(web, "https://app.example.org.evil.example/cb", false);
    is_ours(web, "https://app.example.org@evil.example/cb", false);
    is_ours(
        web,
        "https://evil.example/cb?x=https://app.example.org/cb",
        false,
    );
    is_ours(web, "code=x&state=y", false);
    is_ours(web, "", false);

    let private = "myapp://callback";
    is_ours(private, "myapp://callback?code=x", true);
    is_ours(private, "MYAPP://callback?code=x", true);
    is_ours(private, "myapp://callback/?code=x", true);
    is_ours(private, "myapp://callback/other", false);
    is_ours(private, "myapp://other", false);
    is_ours(private, "myapp:callback", false);
    is_ours(private, "otherapp://callback", false);

    let short = "com.example.app:/cb";
    is_ours(short, "com.example.app:/cb?code=x", true);
    is_ours(short, "com.example.app:/cb/", false);
    is_ours(short, "com.example.app://cb", false);
    is_ours(short, "com.example.app:cb", false);
}

/// Checks what a pending login makes of a URI, and that it stays what it was.
#[track_caller]
fn handles(client: &Client<Public>, uri: &str, expected: &str) {
    let scenario = Scenario::public();
    let pending = scenario.to_awaiting_callback();
    let before = stored(&pending);
    let (pending, outcome) = match pending.handle(client, uri, now()) {
        Ok(CallbackOutcome::Exchanging(exchanging)) => {
            assert_eq!(body(&exchanging.request())["code"], CODE, "{uri}");
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
    assert!(still_works(pending, &scenario.client), "{uri:.100}");
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
        for redirect_uri in ["http://127.0.0.1:52143/callback", "/callback"] {
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
    let other = Client::public("client_other".parse().unwrap());
    let uri = |state| format!("/callback?code={CODE}&state={state}");
    handles(&other, &uri(STATE), "Client");
    handles(&other, &uri("other"), "ignored CallbackMismatch");
}

#[test]
fn rejects_a_callback_uri_without_a_scheme() {
    for address in ["evil.example/cb?x=1", "127.0.0.1:9/other?x=1"] {
        check(
            &format!("{address}&code={CODE}&state={STATE}"),
            "CallbackMismatch",
        );
    }
}

#[test]
fn does_not_recognize_a_uri_that_is_too_long() {
    let pending = Scenario::public().to_awaiting_callback();
    let address = pending.redirect_uri().to_string();
    assert!(pending.is_callback(&format!("{address}?code={}", "a".repeat(1000))));
    assert!(!pending.is_callback(&format!("{address}?code={}", "a".repeat(16 * 1024))));
}
