//! A login about to begin: what reaches the address, and what is kept.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};
use workos_login::limits::MAX_STATE_BYTES;
use workos_login::url::Url;
use workos_login::{
    AppStateTooLong, Client, ConnectionSelector, Provider, Public, ReservedParameter, Screen, Start,
};

use crate::scenario::{
    CLIENT_ID, CODE_CHALLENGE, CODE_VERIFIER, Counting, REDIRECT_URI, STATE, Scenario, begin,
    fixture, now, organization, pairs, secs, stored,
};

fn start(scenario: &Scenario<Public>) -> Start<'_, Public> {
    scenario.to_start()
}

/// The values of a parameter, in the order they are sent.
fn values(url: &Url, name: &str) -> Vec<String> {
    let named = pairs(url).into_iter().filter(|(given, _)| given == name);
    named.map(|(_, value)| value).collect()
}

/// Checks that an option reaches the address, once, as `name=value`.
#[track_caller]
fn check(name: &str, value: &str, option: impl FnOnce(Start<'_, Public>) -> Start<'_, Public>) {
    let scenario = Scenario::public();
    let (url, _) = begin(option(start(&scenario)));
    assert_eq!(values(&url, name), [value], "{url}");
}

#[test]
fn builds_the_whole_authorization_url() {
    let (url, _) = begin(Scenario::public().to_start());
    assert_eq!(
        url.as_str(),
        format!(
            "https://api.workos.com/user_management/authorize?client_id={CLIENT_ID}\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A52143%2Fcallback&response_type=code\
             &code_challenge={CODE_CHALLENGE}&code_challenge_method=S256&state={STATE}&provider=authkit"
        )
    );
}

#[test]
fn debug_of_the_authorization_url_shows_no_state() {
    let (address, _) = Scenario::public()
        .to_start()
        .begin(now(), &mut Counting::default());
    assert!(address.to_string().contains(STATE));
    assert_eq!(
        format!("{address:?}"),
        "AuthorizationUrl(\"https://api.workos.com/user_management/authorize\", ..)"
    );
}

#[test]
fn the_authorization_url_converts_to_an_equal_url() {
    let scenario = Scenario::public().redirect_uri("https://a.example/é?b=c d");
    let (address, _) = start(&scenario)
        .login_hint("ünï@example.org?#&%/\\")
        .app_state("~!*'()\u{1f511}")
        .unwrap()
        .begin(now(), &mut Counting::default());
    assert_eq!(Url::from(address.clone()).as_str(), address.as_ref());
    assert_eq!(String::from(address.clone()), address.as_str());
}

#[test]
fn generates_state_and_code_verifier_in_one_call() {
    let mut generator = Counting::default();
    let (_, pending) = Scenario::public().to_start().begin(now(), &mut generator);
    assert_eq!(generator.calls, [66]);
    let stored: Value = serde_json::from_str(&stored(&pending)).unwrap();
    assert_eq!(stored["state"], STATE);
    assert_eq!(stored["code_verifier"], CODE_VERIFIER);
}

#[test]
fn c14_uses_a_new_state_and_code_verifier_for_each_login() {
    let scenario = Scenario::public();
    let mut generator = Counting::default();
    let mut drawn = || {
        let (url, pending) = scenario.to_start().begin(now(), &mut generator);
        let pending: Value = serde_json::from_str(&stored(&pending)).unwrap();
        [
            values(&url.into(), "state").remove(0),
            pending["code_verifier"].to_string(),
        ]
    };
    let all: BTreeSet<String> = (0..3).flat_map(|_| drawn()).collect();
    assert_eq!(all.len(), 6);
}

#[test]
fn the_verifier_is_not_in_the_address_and_the_key_neither() {
    let (url, _) = begin(Scenario::confidential().to_start());
    for secret in [
        CODE_VERIFIER,
        crate::scenario::API_KEY,
        "client_secret",
        "code_verifier",
    ] {
        assert!(!url.as_str().contains(secret), "{secret}");
    }
}

/// The parameters of a fixture, as pairs, with those of this login in place of the fixture's own.
fn expected(params: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in params {
        match value {
            Value::Array(list) => pairs.extend(list.iter().map(|item| (name.clone(), text(item)))),
            Value::Object(map) => pairs.extend(
                map.iter()
                    .map(|(key, value)| (format!("{name}[{key}]"), text(value))),
            ),
            _ if name.starts_with("code_challenge") => {}
            _ if name == "state" => pairs.push((name.clone(), format!("{STATE}.{}", text(value)))),
            _ => pairs.push((name.clone(), text(value))),
        }
    }
    pairs.push(("code_challenge".to_owned(), CODE_CHALLENGE.to_owned()));
    pairs.push(("code_challenge_method".to_owned(), "S256".to_owned()));
    pairs.sort();
    pairs
}

/// Builds the address of a fixture through the public options.
fn build(params: &Map<String, Value>) -> Url {
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let client = Client::public(text("client_id").unwrap().parse().unwrap());
    let selector = match (text("provider").unwrap(), text("screen_hint")) {
        ("authkit", None) => ConnectionSelector::AuthKit(Screen::Default),
        ("authkit", Some("sign-in")) => ConnectionSelector::AuthKit(Screen::SignIn),
        ("authkit", Some("sign-up")) => ConnectionSelector::AuthKit(Screen::SignUp),
        (name, _) => ConnectionSelector::Provider(Provider::from(name)),
    };
    let mut start = client
        .login(selector, text("redirect_uri").unwrap().parse().unwrap())
        .app_state(text("state").unwrap())
        .unwrap();
    for (name, value) in params {
        let value = || value.as_str().unwrap();
        start = match name.as_str() {
            "claim_nonce" => start.claim_nonce(value()),
            "connection_id" => start.connection(&value().parse().unwrap()),
            "domain_hint" => start.domain_hint(value()),
            "invitation_token" => start.invitation_token(value()),
            "login_hint" => start.login_hint(value()),
            "max_age" => start.max_age(secs(value().parse().unwrap())),
            "organization_id" => start.organization(&value().parse().unwrap()),
            "prompt" => start.prompt(value()),
            "provider_query_params" => {
                let map = params[name].as_object().unwrap();
                map.iter().fold(start, |start, (key, value)| match value {
                    Value::String(text) => start.provider_query_param(key, text),
                    other => start.provider_query_param(key, other),
                })
            }
            "provider_scopes" => {
                let scopes = params[name].as_array().unwrap();
                start.provider_scopes(scopes.iter().map(|scope| scope.as_str().unwrap()))
            }
            _ => start,
        };
    }
    begin(start).0
}

#[test]
fn builds_the_authorization_url_of_every_fixture() {
    let table: Value = serde_json::from_str(&fixture("authorize_urls.json")).unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let params = case["params"].as_object().unwrap();
        let url = build(params);
        let mut sent = pairs(&url);
        sent.sort();
        assert_eq!(sent, expected(params), "{}", case["name"]);
        let expected = case["url"].as_str().unwrap().split_once('?').unwrap().0;
        assert_eq!(url.as_str().split_once('?').unwrap().0, expected);
    }
}

#[test]
fn m15_sends_every_option() {
    check("claim_nonce", "nonce-77", |s| s.claim_nonce("nonce-77"));
    check("connection_id", "conn_1", |s| {
        s.connection(&"conn_1".parse().unwrap())
    });
    check("domain_hint", "example.org", |s| {
        s.domain_hint("example.org")
    });
    check("invitation_token", "inv-9", |s| s.invitation_token("inv-9"));
    check("login_hint", "a+b@example.org", |s| {
        s.login_hint("a+b@example.org")
    });
    check("max_age", "3600", |s| s.max_age(secs(3600)));
    check("organization_id", "org_1", |s| {
        s.organization(&organization("org_1"))
    });
    check("password_reset_token", "reset-1", |s| {
        s.password_reset_token("reset-1")
    });
    check("prompt", "select_account", |s| s.prompt("select_account"));
    check("provider_query_params[hd]", "example.org", |s| {
        s.provider_query_param("hd", "example.org")
    });
    check("provider_query_params[n]", "3", |s| {
        s.provider_query_param("n", 3)
    });
    check("provider_query_params[b]", "true", |s| {
        s.provider_query_param("b", true)
    });
    check("provider_scopes", "openid", |s| {
        s.provider_scopes(["openid"])
    });
    check("new_parameter", "1", |s| {
        s.parameter("new_parameter", "1").unwrap()
    });
}

#[test]
fn m18_sends_a_max_age_of_zero() {
    check("max_age", "0", |s| s.max_age(Duration::ZERO));
}

#[test]
fn sends_the_last_value_of_an_option() {
    check("login_hint", "b", |s| s.login_hint("a").login_hint("b"));
    check("prompt", "login", |s| {
        s.prompt("none").parameter("prompt", "login").unwrap()
    });
    check("organization_id", "org_2", |s| {
        s.organization(&organization("org_1"))
            .organization(&organization("org_2"))
    });
    check("provider_scopes", "b", |s| {
        s.provider_scopes(["a", "c"]).provider_scopes(["b"])
    });
    check("provider_query_params[hd]", "b", |s| {
        s.provider_query_param("hd", "a")
            .provider_query_param("hd", "b")
    });
    check("state", &format!("{STATE}.b"), |s| {
        s.app_state("a").unwrap().app_state("b").unwrap()
    });
}

#[test]
fn an_empty_list_removes_provider_scopes() {
    let (url, _) = begin(
        start(&Scenario::public())
            .provider_scopes(["a"])
            .provider_scopes(Vec::<String>::new()),
    );
    assert_eq!(values(&url, "provider_scopes"), Vec::<String>::new());
}

#[track_caller]
fn selects(selector: ConnectionSelector, expected: &[(&str, &str)]) {
    const SELECTORS: [&str; 4] = [
        "provider",
        "screen_hint",
        "connection_id",
        "organization_id",
    ];
    let scenario = Scenario::public();
    let start = scenario
        .client
        .login(selector, REDIRECT_URI.parse().unwrap());
    let mut sent = pairs(&begin(start).0);
    sent.retain(|(name, _)| SELECTORS.contains(&name.as_str()));
    let expected: Vec<_> = expected
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    assert_eq!(sent, expected);
}

#[test]
fn c07_sends_the_connection_selector() {
    selects(
        ConnectionSelector::AuthKit(Screen::Default),
        &[("provider", "authkit")],
    );
    selects(
        ConnectionSelector::AuthKit(Screen::SignIn),
        &[("provider", "authkit"), ("screen_hint", "sign-in")],
    );
    selects(
        ConnectionSelector::AuthKit(Screen::SignUp),
        &[("provider", "authkit"), ("screen_hint", "sign-up")],
    );
    selects(
        ConnectionSelector::Connection("conn_1".parse().unwrap()),
        &[("connection_id", "conn_1")],
    );
    selects(
        ConnectionSelector::Organization(organization("org_1")),
        &[("organization_id", "org_1")],
    );
    selects(
        ConnectionSelector::Provider(Provider::GitHub),
        &[("provider", "GitHubOAuth")],
    );
    selects(
        ConnectionSelector::Provider(Provider::from("NewOAuth")),
        &[("provider", "NewOAuth")],
    );
}

#[test]
fn an_organization_option_replaces_the_selector() {
    let scenario = Scenario::public();
    let start = scenario
        .client
        .login(
            ConnectionSelector::Organization(organization("org_1")),
            REDIRECT_URI.parse().unwrap(),
        )
        .organization(&organization("org_2"));
    assert_eq!(values(&begin(start).0, "organization_id"), ["org_2"]);
}

#[test]
fn names_every_provider_as_the_service_does() {
    for name in [
        "AppleOAuth",
        "BitbucketOAuth",
        "GitHubOAuth",
        "GitLabOAuth",
        "GoogleOAuth",
        "IntuitOAuth",
        "LinkedInOAuth",
        "MicrosoftOAuth",
        "SalesforceOAuth",
        "SlackOAuth",
        "VercelMarketplaceOAuth",
        "VercelOAuth",
        "XeroOAuth",
    ] {
        let provider = Provider::from(name);
        assert_eq!(provider.as_str(), name);
        assert!(!matches!(provider, Provider::Other(_)), "{name}");
    }
    assert!(matches!(Provider::from("GithubOAuth"), Provider::Other(_)));
}

#[test]
fn rejects_reserved_parameter_names() {
    for name in [
        "",
        "access_token",
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "connection_id",
        "id_token",
        "organization_id",
        "provider",
        "redirect_uri",
        "refresh_token",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "screen_hint",
        "state",
    ] {
        let refused = start(&Scenario::public())
            .parameter(name, "hunter2")
            .unwrap_err();
        let _: &ReservedParameter = &refused;
        let shown = format!("{refused} {refused:?}");
        assert!(shown.contains(name), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn accepts_names_that_resemble_reserved_ones() {
    check("State", "1", |s| s.parameter("State", "1").unwrap());
    check("x_state", "1", |s| s.parameter("x_state", "1").unwrap());
}

#[test]
fn encodes_every_character_of_an_option() {
    let text: String = (' '..='~').chain("é€😀\n\0".chars()).collect();
    check("login_hint", &text, |s| s.login_hint(&text));
    check("a&b=c#d?", "x", |s| s.parameter("a&b=c#d?", "x").unwrap());
    let (url, _) = begin(start(&Scenario::public()).login_hint("a&state=b#c"));
    assert_eq!(url.fragment(), None);
    assert_eq!(values(&url, "state"), [STATE]);
}

#[test]
fn sends_the_redirect_uri_as_it_is_registered() {
    for text in [
        "HTTPS://App.example.org",
        "myapp://callback",
        "https://a.example/cb?next=/a b&x=1",
    ] {
        let (url, pending) = begin(Scenario::public().redirect_uri(text).to_start());
        assert_eq!(values(&url, "redirect_uri"), [text]);
        assert_eq!(pending.redirect_uri().as_str(), text);
    }
}

#[test]
fn appends_the_application_state_to_the_random_part() {
    for text in ["/after?x=1", "", "a.b", "s t+a~t(e)!*'é"] {
        let (url, pending) = begin(start(&Scenario::public()).app_state(text).unwrap());
        assert_eq!(values(&url, "state"), [format!("{STATE}.{text}")]);
        assert_eq!(pending.app_state(), Some(text));
    }
    assert_eq!(Scenario::public().to_awaiting_callback().app_state(), None);
}

#[test]
fn the_applications_state_has_what_the_random_part_leaves() {
    let room = MAX_STATE_BYTES - STATE.len() - 1;
    for (length, fits) in [(room - 1, true), (room, true), (room + 1, false)] {
        let scenario = Scenario::public();
        assert_eq!(
            start(&scenario).app_state("a".repeat(length)).is_ok(),
            fits,
            "{length}"
        );
    }
    let refused = start(&Scenario::public())
        .app_state("a".repeat(4096))
        .unwrap_err();
    let _: &AppStateTooLong = &refused;
    assert!(refused.to_string().contains(&room.to_string()), "{refused}");
}
